package balance

import (
	"math"
	"slices"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/reckon/allot"
)

// byClass is Breakdown where public shares say for how many people a device of a class stands. With A(k) the people for which
// a device of class k of a block stands in the area (allot.Index.UpClass), A that of all, and the rest of Breakdown,
//
//	cell(j) = sum over blocks of sum over k of W(j,k)*h(k) + c(j)*(T - sum of A*h),   W(j,k) = [j = k]*A(k) + r(j)*(A - A(k)).
//
// r says who gets what shares of classes and the share of all disagree about: those who are not known, whose factor nobody
// knows, or where the table has none everybody by c. The codes of a bin sum to the total of the area as before. Contrasts of a
// block have the covariance sigma2*([k = l] - 1/n), so that
//
//	Var cell(j) = sigma2 * sum over blocks of (sum of W*W - (sum of W)^2/n) + Var( sum over leaves of ((sum of W)/n - c(j)*A + c(j)*a) * h ).
func (r *Reckoner) byClass(a allot.Area, m *margin, lifted, c []float64, b Breakdown) {
	n, nodes := len(m.codes), len(lifted)
	own := make([][]float64, n) // A(k) by class, then block
	for k, code := range m.codes {
		own[k], _ = r.index.UpClass(a, m.level, m.dim, code)
	}
	rest := c
	if k := slices.Index(m.codes, throng.Unknown); k >= 0 {
		rest = make([]float64, n)
		rest[k] = 1
	}
	spread := r.spread(a)
	for j := range n {
		weight := make([]float64, nodes*n) // W(j,k) by block, then class
		up, fixed := make([]float64, nodes), 0.0
		for node, all := range lifted {
			sum, squares := 0.0, 0.0
			for k := range n {
				w := rest[j] * (all - own[k][node])
				if j == k {
					w += own[k][node]
				}
				weight[node*n+k] = w
				sum += w
				squares += w * w
			}
			fixed += squares - sum*sum/float64(n)
			up[node] = sum/float64(n) - c[j]*all
		}
		b.NoiseSD[j] = math.Sqrt(max(0, m.sigma2*fixed+r.lifted(m.level, up, spread, c[j])))
		for bin := range r.times {
			b.Estimate[bin*n+j] = r.cell(a, m, bin, weight, up, c[j])
		}
	}
}

// lifted is the variance of sum of up*h over blocks and part*a*h over leaves.
func (r *Reckoner) lifted(level string, up, spread []float64, part float64) float64 {
	byLeaf := make([]float64, len(spread))
	for leaf, node := range r.index.Node(level) {
		if byLeaf[leaf] = part * spread[leaf]; node >= 0 {
			byLeaf[leaf] += up[node]
		}
	}
	return r.functional(byLeaf)
}

// cell is one class in one bin: contrasts by their weights, and what is fitted by up and part.
func (r *Reckoner) cell(a allot.Area, m *margin, bin int, weight, up []float64, part float64) float64 {
	v := 0.0
	for i, leaf := range a.Leaf {
		v += part * a.Weight[i] * r.leaves[bin][leaf]
	}
	n, above := len(m.codes), r.above[m.level][bin]
	for node, u := range up {
		v += u * above[node]
		for k := range n {
			v += weight[node*n+k] * m.contrast[bin][node*n+k]
		}
	}
	return v
}
