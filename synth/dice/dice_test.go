package dice

import (
	"math"
	"testing"
)

func TestSameNameSameStream(t *testing.T) {
	a, b := New(7, 1, 2), New(9)
	b.Uint64()
	b.Reset(7, 1, 2)
	for i := range 100 {
		if x, y := a.Uint64(), b.Uint64(); x != y {
			t.Fatalf("draw %d: got %d and %d from one name", i, x, y)
		}
	}
	if New(7, 1, 2).Uint64() == New(7, 2, 1).Uint64() {
		t.Error("the order of the parts of a name must matter")
	}
}

// The tolerances are 5 standard deviations of the mean of n draws: a false alarm in 1.7 million runs, and the seed is fixed.
func TestMeans(t *testing.T) {
	const n = 100_000
	d := New(1)
	for _, c := range []struct {
		name     string
		draw     func() float64
		mean, sd float64
	}{
		{"Poisson 0.4", func() float64 { return float64(d.Poisson(.4)) }, .4, math.Sqrt(.4)},
		{"Poisson 30", func() float64 { return float64(d.Poisson(30)) }, 30, math.Sqrt(30)},
		{"LogNormal", func() float64 { return d.LogNormal(40, .7) }, 40, 40 * math.Sqrt(math.Exp(.49)-1)},
		{"Pick", func() float64 { return float64(d.Pick([]float64{1, 0, 1})) }, 1, 1},
		{"Find", func() float64 { return float64(d.Find(Sums([]float64{1, 0, 1}))) }, 1, 1},
		{"Unit", func() float64 { return Unit(d.Uint64()) }, .5, math.Sqrt(1. / 12)},
	} {
		sum := 0.0
		for range n {
			sum += c.draw()
		}
		if got, tolerance := sum/n, 5*c.sd/math.Sqrt(n); math.Abs(got-c.mean) > tolerance {
			t.Errorf("%s: mean %.4f, want %.4f ± %.4f (seed 1)", c.name, got, c.mean, tolerance)
		}
	}
}
