package migration_test

import (
	"testing"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/locate"
	"github.com/throng-stats/throng/population"
	"github.com/throng-stats/throng/population/migration"
	"github.com/throng-stats/throng/population/usual"
)

// country has zones E, N, S; leaves 1, 2, 3 lie in N, 4 and 5 in S, 6 in E, 0 in none.
func country(t *testing.T) *locate.Ground {
	t.Helper()
	zones, err := throng.NewZones([]throng.Zone{{ID: "E"}, {ID: "N"}, {ID: "S"}})
	if err != nil {
		t.Fatal(err)
	}
	g := &locate.Ground{Zones: zones}
	for leaf, zone := range []int32{-1, 1, 1, 1, 2, 2, 0} {
		g.Places = append(g.Places, locate.Place{ID: string(rune('a' + leaf)), Zone: zone, Leaf: int32(leaf)})
	}
	g.Index()
	return g
}

// TestMoves has the cases of methods.md, section 13, each with the one pair that is counted. docs/method/migration.md shows them.
func TestMoves(t *testing.T) {
	for _, c := range []struct {
		rule        string
		before, now population.Home
		want        string
	}{
		{usual.Permanence, population.Home{1, 2, 3}, population.Home{4, 5, 6}, "N>S"}, // shares N>S .667, N>E .333
		{usual.Permanence, population.Home{1, 2}, population.Home{2, 4}, ""},          // overlap .5
		{usual.Permanence, population.Home{1, 2, 4}, population.Home{4, 5, 6}, "N>S"}, // .444 of N>S, N>E .222, S>E .111
		{usual.Permanence, population.Home{0, 1, 2}, population.Home{6}, "N>E"},
		{usual.Permanence, population.Home{1}, population.Home{2}, ""},       // inside N
		{usual.Permanence, population.Home{0}, population.Home{6}, ""},       // from outside all zones
		{usual.Permanence, population.Home{1, 4}, population.Home{6}, "N>E"}, // a tie goes to the smaller pair
		{usual.Permanence, nil, population.Home{6}, ""},
		{usual.Modal, population.Home{1}, population.Home{2}, "N>S"},
		{usual.Modal, population.Home{2}, population.Home{2}, ""},
		{usual.Modal, population.Home{2}, nil, ""},
		{usual.Modal, nil, nil, ""},
	} {
		s, got := migration.New(country(t), c.rule), ""
		shape, at := s.Tables()[0].Shape, make([]int, 2)
		s.Contribute(&population.Pair{Before: c.before, Now: c.now}, func(_ int, cell uint64) {
			shape.At(cell, at)
			got += shape.Dims[0].Codes[at[0]] + ">" + shape.Dims[1].Codes[at[1]]
		})
		if got != c.want {
			t.Errorf("%s %v to %v: got %q, want %q", c.rule, c.before, c.now, got, c.want)
		}
		if d2 := s.Tables()[0].D2(); d2 != 2 {
			t.Errorf("D2 is %d, want 2", d2)
		}
	}
}
