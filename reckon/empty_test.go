package reckon

import (
	"math"
	"math/rand"
	"slices"
	"testing"

	"github.com/throng-stats/throng/release/storetest"
)

// TestEmptyRegion: where nobody is, estimates are as often below zero as above. What is clipped at zero anywhere makes every
// sum of small cells too large (privacy.md, section 14). The mean of n independent releases lies outside 4.9/sqrt(n) once
// in a million; clipping moves it by .4.
func TestEmptyRegion(t *testing.T) {
	const seed, n = 5, 2000
	geo := storetest.Geography(4, 3)
	rnd := rand.New(rand.NewSource(seed))
	exact := truth(geo)
	var sums [][]float64
	for range n {
		noisy := slices.Clone(exact)
		for k, one := range exact {
			noisy[k].Raw = make([]int64, len(one.Raw))
			for i := range noisy[k].Raw {
				noisy[k].Raw[i] = int64(math.Round(math.Sqrt(float64(one.Sigma2)) * rnd.NormFloat64()))
			}
		}
		got, err := Estimates(ProductPresent, geo, noisy)
		if err != nil {
			t.Fatal(err)
		}
		for k, table := range got {
			if len(sums) <= k {
				sums = append(sums, make([]float64, len(table.Estimate)))
			}
			for i, v := range table.Estimate {
				sums[k][i] += v / table.NoiseSD[i]
			}
		}
	}
	for k, table := range sums {
		for i, sum := range table {
			if z := sum / math.Sqrt(n); math.Abs(z) > 4.9 {
				t.Errorf("seed %d: table %d cell %d: the mean is %.1f standard errors from zero", seed, k, i, z)
			}
		}
	}
}
