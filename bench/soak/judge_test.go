package main

import (
	"math"
	"testing"
)

// TestGrowth: a line that rises from 90 to 110 grows by a fifth of its mean; what swings about it is uncertainty, and what swings with the
// minutes of a day is neither.
func TestGrowth(t *testing.T) {
	for _, c := range []struct {
		v       []float64
		day     int
		growth  float64
		verdict string
	}{
		{[]float64{90, 95, 100, 105, 110}, 1, 20, "growing"},
		{[]float64{100, 100, 100, 100}, 1, 0, "flat"},
		{[]float64{110, 100, 90}, 1, -20, "flat"},
		{[]float64{100, 140, 60, 140, 60, 100}, 1, -160. / 7, "undecided"},
		{[]float64{60, 140, 60, 140, 60, 140}, 2, 0, "flat"},
		{[]float64{50, 140, 60, 150, 70, 160, 80, 170}, 2, 100 * 35. / 110, "growing"},
	} {
		growth, margin := growthOf(c.v, c.day)
		if math.Abs(growth-c.growth) > 1e-9 || verdictOf(growth, margin, 10) != c.verdict {
			t.Errorf("%v: %+.3f ± %.3f, %s; want %+.3f, %s", c.v, growth, margin, verdictOf(growth, margin, 10), c.growth, c.verdict)
		}
	}
}

// TestStudent: against a table of the distribution.
func TestStudent(t *testing.T) {
	for free, want := range map[float64]float64{4: 2.776, 5: 2.571, 7: 2.365, 15: 2.131, 100: 1.984} {
		if got := student(free); math.Abs(got-want) > .01 {
			t.Errorf("%v degrees: %.4f, want %.3f", free, got, want)
		}
	}
}
