package attack

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// Reference values: normal tables; Clopper, Pearson 1934 (R binom.test 5 of 10); epsilon from cdp2adp.py of IBM
// discrete-gaussian-differential-privacy (docs/privacy/audit.md).
func TestReferenceNumbers(t *testing.T) {
	for _, c := range []struct {
		name            string
		got, want, near float64
	}{
		{"Phi(1.96)", phi(1.959963984540054), .975, 1e-12},
		{"quantile(.975)", quantile(.975), 1.959963984540054, 1e-9},
		{"AUC at rho .1", bestAUC(.1), .624, 5e-4},
		{"AUC at rho .7", bestAUC(.7), .799, 5e-4},
		{"accuracy at rho .1", bestAccuracy(.1), .5885, 5e-5},
		{"lower bound of 5 of 10", clopperPearson(5, 10, .025, false), .18708603, 1e-7},
		{"upper bound of 5 of 10", clopperPearson(5, 10, .025, true), .81291397, 1e-7},
		{"upper bound of 0 of 100", clopperPearson(0, 100, .05, true), 1 - math.Pow(.05, .01), 1e-9},
		{"lower bound of 0 of 100", clopperPearson(0, 100, .05, false), 0, 0},
		{"epsilon(.025, 1e-6)", epsilon(.025, 1e-6), 1.014074254726128, 2e-3},
		{"epsilon(1/32, 1e-3)", epsilon(1./32, 1e-3), .6880024554878085, 2e-3},
		{"largest probability at sigma2 429", peak(429), .01926, 5e-6},
	} {
		if math.Abs(c.got-c.want) > c.near {
			t.Errorf("%s: got %.10g, want %.10g", c.name, c.got, c.want)
		}
	}
}

func TestAUC(t *testing.T) {
	for _, c := range []struct {
		with, without []float64
		want          float64
	}{
		{[]float64{2, 3}, []float64{0, 1}, 1},
		{[]float64{0, 1}, []float64{2, 3}, 0},
		{[]float64{1, 1}, []float64{1, 1}, .5},
		{[]float64{1, 3}, []float64{2, 1}, (.5 + 0 + 1 + 1) / 4},
	} {
		if got := auc(c.with, c.without); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("AUC of %v against %v: got %v, want %v", c.with, c.without, got, c.want)
		}
	}
	// Two normals one standard deviation apart: Phi(1 / sqrt 2).
	r := rand.New(rand.NewPCG(1, 1))
	a, b := make([]float64, 20_000), make([]float64, 20_000)
	for i := range a {
		a[i], b[i] = r.NormFloat64()+1, r.NormFloat64()
	}
	if got, want := auc(a, b), phi(1/math.Sqrt2); math.Abs(got-want) > errors49*aucError(len(a), len(b)) {
		t.Errorf("AUC of shifted normals: got %.4f, want %.4f", got, want)
	}
}

func TestCholesky(t *testing.T) {
	a := [][]float64{{4, 2, 1}, {2, 5, 3}, {1, 3, 6}}
	x := cholesky(a, 1e-12).solve([]float64{11, 21, 25})
	for i, want := range []float64{1, 2, 3} {
		if math.Abs(x[i]-want) > 1e-12 {
			t.Errorf("x[%d]: got %v, want %v", i, x[i], want)
		}
	}
	singular := cholesky([][]float64{{1, 1}, {1, 1}}, 1e-9).solve([]float64{1, 0})
	if math.IsNaN(singular[0]) || math.Abs(singular[0]) < 1e6 {
		t.Errorf("a singular matrix gave %v, want a large direction and no NaN", singular)
	}
}

// TestAssign compares with all permutations of six.
func TestAssign(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	for range 50 {
		const n = 6
		cost := make([][]float64, n)
		for i := range cost {
			for range n {
				cost[i] = append(cost[i], float64(r.IntN(20)-5))
			}
		}
		best := math.Inf(1)
		permute([]int{0, 1, 2, 3, 4, 5}, func(p []int) {
			best = min(best, total(cost, p))
		})
		got := assign(cost)
		if c := total(cost, got); c != best {
			t.Fatalf("cost %v by %v, want %v; costs %v", c, got, best, cost)
		}
		if s := slices.Sorted(slices.Values(got)); !slices.Equal(s, []int{0, 1, 2, 3, 4, 5}) {
			t.Fatalf("%v is no assignment", got)
		}
	}
}

func total(cost [][]float64, of []int) float64 {
	sum := 0.0
	for i, k := range of {
		sum += cost[i][k]
	}
	return sum
}

func permute(p []int, use func([]int)) {
	var rest func(int)
	rest = func(i int) {
		if i == len(p) {
			use(p)
			return
		}
		for k := i; k < len(p); k++ {
			p[i], p[k] = p[k], p[i]
			rest(i + 1)
			p[i], p[k] = p[k], p[i]
		}
	}
	rest(0)
}
