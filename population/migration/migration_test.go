package migration_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/throng-stats/throng/population/migration"
)

// zones 1, 2, 3 = N; 4, 5 = S; 6, 7 = E; 9 has none.
func zone(tile uint32) (uint32, bool) {
	z, ok := map[uint32]uint32{1: 'N', 2: 'N', 3: 'N', 4: 'S', 5: 'S', 6: 'E', 7: 'E'}[tile]
	return z, ok
}

func landUse(tile uint32) (float64, bool) {
	w, ok := map[uint32]float64{1: 1, 2: .5, 4: .5, 6: 1, 7: .1, 5: 0}[tile]
	return w, ok
}

// The worked check of methods.md, section 13.
func TestFlows(t *testing.T) {
	for _, c := range []struct {
		before, now []uint32
		weighted    bool
		overlap     float64
		outcome     migration.Outcome
		want        string
	}{
		{[]uint32{1, 2, 3}, []uint32{4, 5, 6}, false, 0, migration.Moved, "N>E 0.333333 N>S 0.666667"},
		{[]uint32{1, 2}, []uint32{2, 4}, false, .5, migration.Stayed, ""},
		{[]uint32{1, 2, 4}, []uint32{4, 5, 6}, false, 1. / 3, migration.Moved, "N>E 0.222222 N>S 0.444444 S>E 0.111111"},
		{[]uint32{1, 2, 9}, []uint32{6}, false, 0, migration.Moved, "N>E 1.000000"},
		{[]uint32{1}, []uint32{2}, false, 0, migration.SameZone, ""},
		{[]uint32{1, 4}, []uint32{6, 7, 2}, true, 0, migration.Moved, "N>E 0.458333 S>E 0.229167 S>N 0.104167"},
		{[]uint32{9}, []uint32{6}, false, 0, migration.Unzoned, ""},
		{[]uint32{5}, []uint32{6}, true, 0, migration.Unzoned, ""}, // no weight at all
		{nil, nil, false, 0, migration.Unzoned, ""},
	} {
		g := migration.Ground{Zone: zone}
		if c.weighted {
			g.Weight = landUse
		}
		flows, outcome := g.Flows(c.before, c.now, migration.Threshold)
		var words []string
		sum := 0.0
		for _, f := range flows {
			words = append(words, fmt.Sprintf("%c>%c %.6f", f.From, f.To, f.Share))
			sum += f.Share
		}
		if got := strings.Join(words, " "); got != c.want || outcome != c.outcome {
			t.Errorf("%v to %v: got %q, outcome %d; want %q, %d", c.before, c.now, got, outcome, c.want, c.outcome)
		}
		if got := migration.Overlap(c.before, c.now); math.Abs(got-c.overlap) > 1e-12 {
			t.Errorf("%v to %v: overlap %v, want %v", c.before, c.now, got, c.overlap)
		}
		if sum > 1+1e-12 {
			t.Errorf("%v to %v: a device adds %v, want at most 1", c.before, c.now, sum)
		}
	}
}

func TestMainFlow(t *testing.T) {
	if _, ok := migration.Main(nil); ok {
		t.Error("no flow has a main one")
	}
	got, ok := migration.Main([]migration.Flow{{1, 2, .25}, {1, 3, .5}, {2, 1, .5}})
	if !ok || got != (migration.Flow{From: 1, To: 3, Share: .5}) {
		t.Errorf("got %v, want the smaller of the largest pairs", got)
	}
}
