package calibrate

import (
	"math"
	"strings"
	"testing"

	"github.com/throng-stats/throng"
)

func zones(t *testing.T) throng.Zones {
	t.Helper()
	z, err := throng.NewZones([]throng.Zone{
		{ID: "P", Level: 0}, {ID: "A", Parent: "P", Level: 1}, {ID: "B", Parent: "P", Level: 1}, {ID: "A1", Parent: "A", Level: 2},
	})
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestPeople(t *testing.T) {
	got, err := People(zones(t), map[string]float64{"P": 0.5, "A": 0.4}, 0.95)
	if err != nil {
		t.Fatal(err)
	}
	// B takes the share of P, A1 that of A; zones above the finest have no factor of their own.
	for id, want := range map[string]float64{"B": 1.9, "A1": 2.375, "A": 0, "P": 0} {
		i, _ := got.Index(id)
		if f := got.At(i).Factor; math.Abs(f-want) > 1e-12 {
			t.Errorf("factor of %s is %v, want %v", id, f, want)
		}
	}
	if got, err = People(zones(t), nil, 1); err != nil || got.At(got.Finest()[0]).Factor != 1 {
		t.Errorf("without shares a device is a person: got %v, %v", got, err)
	}
}

func TestPeopleRefuses(t *testing.T) {
	for _, c := range []struct {
		name  string
		share map[string]float64
		dedup float64
		want  string
	}{
		{"dedup", nil, 0, "people per device"},
		{"dedup not a number", nil, math.NaN(), "people per device"},
		{"share", map[string]float64{"P": 1.2}, 1, "at most 1"},
		{"stranger", map[string]float64{"X": 0.2}, 1, "does not have"},
		{"gap", map[string]float64{"A": 0.2}, 1, "zone B"},
	} {
		if _, err := People(zones(t), c.share, c.dedup); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want an error with %q", c.name, err, c.want)
		}
	}
}

// TestRake is the check of methods.md, section 22.
func TestRake(t *testing.T) {
	margins := []Margin{{0, []float64{80, 90}}, {1, []float64{85, 85}}}
	x, ok, err := Rake([]int{2, 2}, []float64{40, 30, 35, 50}, margins)
	if err != nil || !ok {
		t.Fatalf("got %v, met %v, %v", x, ok, err)
	}
	for i, want := range []float64{46.763582, 33.236418, 38.236418, 51.763582} {
		if math.Abs(x[i]-want) > 1e-6 {
			t.Errorf("cell %d is %v, want %v", i, x[i], want)
		}
	}
	first := []float64{40, 30, 35, 50}
	scaleTo(first, []int{2, 2}, 0, margins[0].Target)
	scaleTo(first, []int{2, 2}, 1, margins[1].Target)
	for i, want := range []float64{46.944162, 33.410405, 38.055838, 51.589595} {
		if math.Abs(first[i]-want) > 1e-6 {
			t.Errorf("first round: cell %d is %v, want %v", i, first[i], want)
		}
	}
}

func TestRakeScalesLaterMarginsAndLetsCellsGrow(t *testing.T) {
	x, ok, err := Rake([]int{2, 1, 2}, []float64{-7, 3, 4, 5}, []Margin{{0, []float64{10, 20}}, {2, []float64{1, 2}}})
	if err != nil || !ok {
		t.Fatalf("got %v, met %v, %v", x, ok, err)
	}
	if s := x[0] + x[2]; math.Abs(s-10) > 1e-6 || x[0] <= 0 {
		t.Errorf("first column is %v with a first cell of %v, want 10 and a positive cell", s, x[0])
	}
}

func TestRakeRefuses(t *testing.T) {
	for _, c := range []struct {
		name    string
		codes   []int
		cells   []float64
		margins []Margin
	}{
		{"cells", []int{2}, []float64{1}, []Margin{{0, []float64{1, 1}}}},
		{"no margin", []int{1}, []float64{1}, nil},
		{"dimension", []int{1}, []float64{1}, []Margin{{1, []float64{1}}}},
		{"targets", []int{1}, []float64{1}, []Margin{{0, []float64{1, 2}}}},
		{"negative", []int{2}, []float64{1, 1}, []Margin{{0, []float64{2, -1}}}},
		{"nothing", []int{2}, []float64{1, 1}, []Margin{{0, []float64{0, 0}}}},
	} {
		if x, _, err := Rake(c.codes, c.cells, c.margins); err == nil {
			t.Errorf("%s: got %v, want an error", c.name, x)
		}
	}
}
