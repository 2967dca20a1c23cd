package balance

import (
	"math"
	"math/rand"
	"strings"
	"testing"
)

// dense solves the same problem the plain way: unknown leaves x, one row of W a measured node, generalised least
// squares x = (W'S⁻¹W)⁻¹ W'S⁻¹y, covariance (W'S⁻¹W)⁻¹. It is the yardstick of the two passes.
type dense struct {
	leaves []int
	cov    [][]float64
	x      []float64
}

func solve(parent []int, variance, y []float64) dense {
	inner := make([]bool, len(parent))
	for _, p := range parent {
		if p >= 0 {
			inner[p] = true
		}
	}
	var d dense
	place := map[int]int{}
	for v := range parent {
		if !inner[v] {
			place[v] = len(d.leaves)
			d.leaves = append(d.leaves, v)
		}
	}
	n := len(d.leaves)
	under := make([][]int, len(parent))
	for _, leaf := range d.leaves {
		for v := leaf; v >= 0; v = parent[v] {
			under[v] = append(under[v], place[leaf])
		}
	}
	normal, right := make([][]float64, n), make([]float64, n)
	for i := range normal {
		normal[i] = make([]float64, n)
	}
	for v, s := range variance {
		if math.IsInf(s, 1) {
			continue
		}
		for _, i := range under[v] {
			right[i] += y[v] / s
			for _, j := range under[v] {
				normal[i][j] += 1 / s
			}
		}
	}
	d.cov = invert(normal)
	d.x = make([]float64, n)
	for i := range d.x {
		for j := range right {
			d.x[i] += d.cov[i][j] * right[j]
		}
	}
	return d
}

// invert is Gauss-Jordan elimination with partial pivoting.
func invert(m [][]float64) [][]float64 {
	n := len(m)
	a := make([][]float64, n)
	for i := range a {
		a[i] = append(append([]float64{}, m[i]...), make([]float64, n)...)
		a[i][n+i] = 1
	}
	for c := range n {
		best := c
		for r := c; r < n; r++ {
			if math.Abs(a[r][c]) > math.Abs(a[best][c]) {
				best = r
			}
		}
		a[c], a[best] = a[best], a[c]
		for r := range n {
			f := a[r][c] / a[c][c]
			if r == c {
				continue
			}
			for k := range a[r] {
				a[r][k] -= f * a[c][k]
			}
		}
		for k, f := 0, a[c][c]; k < 2*n; k++ {
			a[c][k] /= f
		}
	}
	for i := range a {
		a[i] = a[i][n:]
	}
	return a
}

// irregular draws a tree of 2 to 40 nodes in shuffled order; inner nodes are measured two times out of three.
func irregular(rnd *rand.Rand) (parent []int, variance, y []float64) {
	n := 2 + rnd.Intn(39)
	name := rnd.Perm(n)
	parent, variance, y = make([]int, n), make([]float64, n), make([]float64, n)
	inner := make([]bool, n)
	parent[name[0]] = -1
	for i := 1; i < n; i++ {
		p := name[rnd.Intn(i)]
		parent[name[i]], inner[p] = p, true
	}
	for v := range n {
		variance[v], y[v] = math.Exp(3*rnd.NormFloat64()), 1000*rnd.NormFloat64()
		if inner[v] && rnd.Intn(3) == 0 {
			variance[v], y[v] = math.Inf(1), math.NaN()
		}
	}
	return parent, variance, y
}

// near allows a relative error of 1e-9 of the larger of the two and a scale: both ways lose at most about 40 * 2^-52
// times the condition of the normal matrix, which is below 1e5 for these variances.
func near(a, b, scale float64) bool {
	return math.Abs(a-b) <= 1e-9*max(scale, math.Abs(a), math.Abs(b))
}

func TestTwoPassesEqualDenseLeastSquares(t *testing.T) {
	const seed = 12
	rnd := rand.New(rand.NewSource(seed))
	for round := range 50 {
		parent, variance, y := irregular(rnd)
		tree, err := New(parent, variance)
		if err != nil {
			t.Fatalf("seed %d round %d: %v", seed, round, err)
		}
		h := make([]float64, len(y))
		tree.Fit(y, h)
		d := solve(parent, variance, y)
		for i, v := range d.leaves {
			if !near(h[v], d.x[i], 1000) || !near(tree.Variance(v), d.cov[i][i], 0) {
				t.Fatalf("seed %d round %d leaf %d: got %v var %v, dense says %v var %v", seed, round, v, h[v], tree.Variance(v), d.x[i], d.cov[i][i])
			}
		}
		checkFunctionals(t, rnd, tree, d)
		checkSums(t, parent, h)
	}
}

func checkFunctionals(t *testing.T, rnd *rand.Rand, tree *Tree, d dense) {
	t.Helper()
	for k := range 8 {
		a := make([]float64, tree.Len())
		for _, v := range d.leaves {
			if k%2 == 0 || rnd.Intn(3) == 0 {
				a[v] = rnd.NormFloat64()
			}
		}
		want, scale := 0.0, 0.0
		for i, v := range d.leaves {
			for j, w := range d.leaves {
				want += a[v] * a[w] * d.cov[i][j]
				scale += math.Abs(a[v] * a[w] * d.cov[i][j])
			}
		}
		if got := tree.Functional(a); !near(got, want, scale) {
			t.Fatalf("functional: variance %v, dense says %v", got, want)
		}
	}
	all := make([]float64, tree.Len())
	for _, v := range d.leaves {
		all[v] = 1
	}
	if got, want := tree.Functional(all), tree.Variance(tree.order[0]); !near(got, want, 0) {
		t.Fatalf("the sum of all leaves has variance %v, the root %v", got, want)
	}
}

func checkSums(t *testing.T, parent []int, h []float64) {
	t.Helper()
	sum, inner := make([]float64, len(h)), make([]bool, len(h))
	for v, p := range parent {
		if p >= 0 {
			sum[p] += h[v]
			inner[p] = true
		}
	}
	for v := range h {
		if inner[v] && !near(sum[v], h[v], 1000) {
			t.Fatalf("children of node %d sum to %v, the node is %v", v, sum[v], h[v])
		}
	}
}

func TestNewRefuses(t *testing.T) {
	inf := math.Inf(1)
	for _, c := range []struct {
		name     string
		parent   []int
		variance []float64
		want     string
	}{
		{"nothing", nil, nil, "every node has both"},
		{"lengths", []int{-1}, []float64{1, 2}, "every node has both"},
		{"two roots", []int{-1, -1}, []float64{1, 1}, "one root"},
		{"no root", []int{1, 0}, []float64{1, 1}, "is the root"},
		{"circle", []int{-1, 2, 1}, []float64{1, 1, 1}, "circle"},
		{"stranger", []int{-1, 7}, []float64{1, 1}, "one root"},
		{"leaf not measured", []int{-1, 0}, []float64{1, inf}, "positive"},
		{"zero", []int{-1, 0}, []float64{0, 1}, "positive"},
		{"nan", []int{-1, 0}, []float64{math.NaN(), 1}, "positive"},
	} {
		if _, err := New(c.parent, c.variance); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want an error with %q", c.name, err, c.want)
		}
	}
}
