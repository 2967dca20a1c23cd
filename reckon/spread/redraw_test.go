package spread

import (
	"math"
	"slices"
	"testing"
)

// TestNormals: mean 0, variance 1, no kurtosis, and a tail. Each bound is five standard errors of 200,000 draws, so that
// together they would lie about once in a million seeds; the seed is fixed.
func TestNormals(t *testing.T) {
	const n = 200_000
	draw := normals{state: 1}
	var mean, square, fourth, beyond float64
	for range n {
		x := draw.next()
		mean += x / n
		square += x * x / n
		fourth += x * x * x * x / n
		if math.Abs(x) > 1.96 {
			beyond += 1. / n
		}
	}
	for _, c := range []struct {
		what            string
		got, want, var1 float64
	}{{"mean", mean, 0, 1}, {"variance", square, 1, 2}, {"fourth moment", fourth, 3, 96}, {"beyond 1.96", beyond, .05, .05 * .95}} {
		if tolerance := 5 * math.Sqrt(c.var1/n); math.Abs(c.got-c.want) > tolerance {
			t.Errorf("%s: got %v, want %v within %v", c.what, c.got, c.want, tolerance)
		}
	}
}

// TestUniformIsNeverZero: the logarithm of the smallest number is finite.
func TestUniformIsNeverZero(t *testing.T) {
	if least := float64(uint64(0)>>11+1) / (1 << 53); !(least > 0) || math.IsInf(math.Log(least), 0) {
		t.Errorf("the least uniform number is %v", least)
	}
	if most := float64(math.MaxUint64>>11+1) / (1 << 53); most != 1 {
		t.Errorf("the most uniform number is %v, want 1", most)
	}
}

// TestRedraw: where every cell is one tile EM is linear, so the redraws scatter as the noise itself; the same seed gives
// the same redraws, another seed others, and the counts stay as they are.
func TestRedraw(t *testing.T) {
	m, err := New(2, 2, []Link{{0, 0, 1}, {1, 1, 1}})
	if err != nil {
		t.Fatal(err)
	}
	counts, o := []float64{500, 300}, Options{SD: 20, Prior: []float64{5, 3}}
	scatter := func(seed uint64) (of []float64) {
		m.Redraw(counts, o, 2000, seed, func(people []float64) { of = append(of, people[0]-500) })
		return of
	}
	first := scatter(7)
	square := 0.0
	for _, d := range first {
		square += d * d / float64(len(first))
	}
	// The pull is alpha = (20*2/800)^2/2 = .00125: it takes .1 % off. Five standard errors of a variance of 2,000 draws: 16 %.
	if math.Abs(square/400-1) > .16 {
		t.Errorf("redraws scatter with the variance %v, want about 400", square)
	}
	if !slices.Equal(first, scatter(7)) || slices.Equal(first, scatter(8)) {
		t.Error("redraws are not a function of the seed")
	}
	if counts[0] != 500 || counts[1] != 300 {
		t.Errorf("the counts were changed to %v", counts)
	}
}

// TestMix: parts have streams of their own.
func TestMix(t *testing.T) {
	seen := map[uint64]bool{}
	for seed := range uint64(20) {
		for part := range 50 {
			seen[Mix(seed, part)] = true
		}
	}
	if len(seen) != 1000 {
		t.Errorf("1,000 parts have %d seeds", len(seen))
	}
}
