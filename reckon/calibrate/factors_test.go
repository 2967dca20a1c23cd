package calibrate

import (
	"math"
	"strings"
	"testing"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/release"
)

func zonesXY(t *testing.T) throng.Zones {
	t.Helper()
	zones, err := throng.NewZones([]throng.Zone{{ID: "R"}, {ID: "X", Parent: "R", Level: 1}, {ID: "Y", Parent: "R", Level: 1}})
	if err != nil {
		t.Fatal(err)
	}
	return zones
}

// TestFactorsByClass: X has 300 young with share .1 (sd .01) and 700 old with .5 (sd .02): .38 with sd sqrt(.003^2+.014^2).
// Y takes the row of R.
func TestFactorsByClass(t *testing.T) {
	got, err := Factors(zonesXY(t), []Share{{Zone: "X", Age: "0-17", Share: .1, SD: .01}, {Zone: "X", Age: "18+", Share: .5, SD: .02}, {Zone: "R", Share: .4}},
		[]release.Residents{{Zone: "X", Gender: "F", Age: "0-17", People: 300}, {Zone: "X", Gender: "M", Age: "18+", People: 700}}, .95)
	if err != nil {
		t.Fatal(err)
	}
	sd := math.Hypot(.003, .014)
	want := []release.Factor{
		{Zone: "X", People: .95 / .38, SD: .95 / .38 * sd / .38}, {Zone: "X", Age: "0-17", People: 9.5, SD: .95},
		{Zone: "X", Age: "18+", People: 1.9, SD: .076}, {Zone: "Y", People: .95 / .4, SD: math.NaN()},
	}
	if len(got) != len(want) {
		t.Fatalf("got %v", got)
	}
	for i, w := range want {
		g := got[i]
		if g.Zone != w.Zone || g.Age != w.Age || math.Abs(g.People-w.People) > 1e-12 || math.IsNaN(g.SD) != math.IsNaN(w.SD) || math.Abs(g.SD-w.SD) > 1e-12 {
			t.Errorf("got %v, want %v", g, w)
		}
	}
}

func TestFactorsRefuse(t *testing.T) {
	for want, rows := range map[string][]Share{
		"not have":   {{Zone: "Q", Share: .5}},
		"deviation":  {{Zone: "R", Share: 1.5}},
		"second":     {{Zone: "R", Share: .5}, {Zone: "R", Share: .5}},
		"zone above": {{Zone: "X", Share: .5}},
	} {
		if _, err := Factors(zonesXY(t), rows, nil, 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	if _, err := Factors(zonesXY(t), nil, nil, 0); err == nil {
		t.Error("dedup 0 was taken")
	}
}
