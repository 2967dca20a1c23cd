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

// TestClasses: a factor of the class itself counts before those of gender and age, which are taken together by the devices of
// their residents: 300 of factor 3 and 200 of factor 2 are 500 people with 200 devices.
func TestClasses(t *testing.T) {
	zones := zonesXY(t)
	c := NewClasses(zones, []release.Factor{{Zone: "X", People: 9}, {Zone: "X", Gender: "F", Age: "18+", People: 3}, {Zone: "X", Gender: "M", Age: "18+", People: 2}, {Zone: "X", Gender: "F", People: 4},
		{Zone: "Y", Age: "18+", People: 5}},
		[]release.Residents{{Zone: "X", Gender: "F", Age: "18+", People: 300}, {Zone: "X", Gender: "M", Age: "18+", People: 200}, {Zone: "Y", Gender: "M", Age: "18+", People: 1000}})
	x, _ := zones.Index("X")
	y, _ := zones.Index("Y")
	for _, one := range []struct {
		zone      int
		dim, code string
		want      float64
		ok        bool
	}{{x, "age", "18+", 2.5, true}, {x, "gender", "F", 4, true}, {x, "gender", "M", 2, true}, {y, "age", "18+", 5, true}, {y, "gender", "F", 0, false}, {x, "age", "U", 0, false}} {
		if f, ok := c.Of(one.zone, one.dim, one.code); math.Abs(f-one.want) > 1e-12 || ok != one.ok {
			t.Errorf("%s %s of %d: got %v %v, want %v %v", one.dim, one.code, one.zone, f, ok, one.want, one.ok)
		}
	}
	// 500 people with 200 devices and 1,000 with 200: 3.75. Of women nobody lives in Y.
	nine := func(int) float64 { return 9 }
	if f := c.Mean("age", "18+", []int{x, y}, nine); math.Abs(f-3.75) > 1e-12 {
		t.Errorf("18+ of both: %v, want 3.75", f)
	}
	if f := c.Mean("gender", "F", []int{x, y}, nine); math.Abs(f-4) > 1e-12 {
		t.Errorf("F of both: %v, want 4", f)
	}
}

// TestResidents: of 300 children one in ten has a device and of 700 adults half of them, 380 devices or 2.63 people each, however many
// adults come to work and make the share of all .6. A row of gender and age goes before that of age, that before gender. Y has no
// rows of classes, and 1,000 people of factor 4.
func TestResidents(t *testing.T) {
	zones, err := throng.NewZones([]throng.Zone{{ID: "R"}, {ID: "X", Parent: "R", Level: 1, Residents: 1000}, {ID: "Y", Parent: "R", Level: 1, Residents: 1000}})
	if err != nil {
		t.Fatal(err)
	}
	residents := []release.Residents{{Zone: "X", Gender: "F", Age: "0-17", People: 300}, {Zone: "X", Gender: "M", Age: "18+", People: 700}, {Zone: "Y", Gender: "M", Age: "18+", People: 1000}}
	byAge := []release.Factor{{Zone: "X", People: 1 / .6}, {Zone: "X", Age: "0-17", People: 10}, {Zone: "X", Age: "18+", People: 2}, {Zone: "Y", People: 4}}
	four := func(int) float64 { return 4 }
	for _, c := range []struct {
		more  []release.Factor
		zones []string
		want  float64
	}{
		{nil, []string{"X"}, 1000. / 380}, {nil, []string{"Y"}, 4}, {nil, []string{"X", "Y"}, 2000. / 630},
		{[]release.Factor{{Zone: "X", Gender: "F", Age: "0-17", People: 5}, {Zone: "X", Gender: "M", People: 9}}, []string{"X"}, 1000. / 410},
	} {
		var at []int
		for _, id := range c.zones {
			z, _ := zones.Index(id)
			at = append(at, z)
		}
		if f := NewClasses(zones, append(c.more, byAge...), residents).Residents(at, four); math.Abs(f-c.want) > 1e-12 {
			t.Errorf("%v with %v: %v people a device, want %v", c.zones, c.more, f, c.want)
		}
	}
}
