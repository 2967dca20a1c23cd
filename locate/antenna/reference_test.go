package antenna

import (
	"math"
	"testing"
)

// Whatever the width, the reference decides by the whole degree nearest to half of it, from 1 to 180, the first of two.
func TestReferenceBeamDegrees(t *testing.T) {
	for _, c := range []struct{ width, like float64 }{{65, 64}, {67, 66}, {66.9, 66}, {67.1, 68}, {0, 2}, {.5, 2}, {120, 360}, {400, 360}} {
		if got, want := ReferenceBeam(c.width, -30).Sigma(), ReferenceBeam(c.like, -30).Sigma(); got != want {
			t.Errorf("width %v: sigma %v, want that of %v, %v", c.width, got, c.like, want)
		}
	}
	near(t, "loss of a given bell", BeamOf(71.10, -30).Loss(180), -30, 1e-9)
}

// The rules of a model one by one, and none.
func TestModel(t *testing.T) {
	usual := UsualModel()
	near(t, "dominance", usual.Dominance(-90.392861), Dominance(-90.392861), 1e-12)
	radios := []Radio{{Power: 10, PathLoss: 3.75, Range: 1000, Height: 30}, {Power: 5, PathLoss: 3.75, Range: 1000, Height: 30}, {Power: 10, PathLoss: 3.75, Range: 999.9, Height: 30}, {Power: 1e-9, PathLoss: 3.75, Range: 5000, Height: 30}}
	x, y := []float64{0, 0, 0, 0}, []float64{0, 0, 0, 0}
	cells := func(m Model) (list []int) {
		for _, h := range m.At(radios, x, y, 600, 800) { // 1000 m away: the third does not reach so far
			list = append(list, h.Cell)
		}
		return list
	}
	none := Model{Steepness: usual.Steepness, Midpoint: usual.Midpoint}
	one, half := 1, 50.
	most, best := none, none
	most.Most, best.OfBest = &one, &half
	for _, c := range []struct {
		name string
		m    Model
		want int
	}{{"usual", usual, 2}, {"none", none, 3}, {"one a tile", most, 1}, {"half of the best", best, 2}} {
		if got := cells(c.m); len(got) != c.want || got[0] != 0 {
			t.Errorf("%s: got the cells %v, want %d, the first first", c.name, got, c.want)
		}
	}
	if got := usual.At(nil, nil, nil, 0, 0); len(got) != 0 {
		t.Errorf("no antennas: got %v", got)
	}
	if s := usual.At(radios[:1], x, y, 600, 800)[0].S; math.Abs(s-Dominance(radios[0].Strength(600, 800))) > 1e-12 {
		t.Errorf("got %v, want the dominance of the strength", s)
	}
}
