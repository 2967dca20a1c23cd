package balance

import (
	"fmt"
	"math"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/reckon/allot"
	"github.com/throng-stats/throng/release"
)

// Modelled is the status of an estimate that says how people are spread within something larger that was measured.
const Modelled = "modelled"

// Grains of breakdowns: the fewest public residents for which a breakdown is measured (privacy.md, section 27). Areas
// below them get the composition of the blocks or areas around them.
const (
	BlockGrain = 2000
	AreaGrain  = 5000
)

// Series is the number of people in an area, bin by bin.
type Series struct {
	Estimate []float64 // people, signed, unbiased for the allocated number
	NoiseSD  float64   // exact standard deviation of the noise, the same in every bin
	AllocSD  []float64 // bound of the error at the border (allot.Area.Border)
	Status   string    // "" or Modelled
}

// Total is the sum of a(leaf)*h(leaf) over the leaves of an area (privacy.md, section 13).
func (r *Reckoner) Total(a allot.Area) Series {
	s := Series{Estimate: make([]float64, len(r.times)), AllocSD: make([]float64, len(r.times))}
	for bin, h := range r.leaves {
		for i, leaf := range a.Leaf {
			s.Estimate[bin] += a.Weight[i] * h[leaf]
		}
		s.AllocSD[bin] = a.Border(h)
	}
	s.NoiseSD = math.Sqrt(r.functional(r.spread(a)))
	if a.Smaller() {
		s.Status = Modelled
	}
	return s
}

// spread writes the weights of an area into a slice with a place for every leaf.
func (r *Reckoner) spread(a allot.Area) []float64 {
	byLeaf := make([]float64, len(r.nodes.Leaf))
	for i, leaf := range a.Leaf {
		byLeaf[leaf] = a.Weight[i]
	}
	return byLeaf
}

// Breakdown is the number of people in an area by class, bin by bin.
type Breakdown struct {
	Dim      string
	Codes    []string
	Estimate []float64 // by bin, then code: people, signed; the codes of a bin sum to the total of the area
	NoiseSD  []float64 // by code: exact, the same in every bin
	Status   string    // "" or Modelled
}

// Breakdown splits the total of an area by the classes of a measured table. With A the devices of each block spread as
// its residents are (allot.Index.Up), T the total of the area and c the public composition of its residents,
//
//	cell(k) = sum over blocks of A*h(k) + c(k)*(T - sum of A*h),   h(k) = y(k) + (h - S)/n.
//
// Contrasts y(k) - S/n have variance sigma2*(1-1/n) and are independent of every h, so that
//
//	Var cell(k) = sum of A*A*sigma2*(1-1/n) + Var( sum over leaves of ((1/n - c(k))*A + c(k)*a) * h ).
//
// It refuses tables that the release does not have.
func (r *Reckoner) Breakdown(a allot.Area, table string) (Breakdown, error) {
	m := r.margins[table]
	if m == nil {
		return Breakdown{}, fmt.Errorf("balance: the release has no table %.40q; it has %v (%w)", table, r.Tables(), release.ErrMissing)
	}
	n := len(m.codes)
	b := Breakdown{Dim: m.dim, Codes: m.codes, Estimate: make([]float64, len(r.times)*n), NoiseSD: make([]float64, n)}
	if grain := r.grain(m.level); a.Smaller() || r.index.Residents(a) < grain {
		b.Status = Modelled
	}
	lifted, c := r.index.Up(a, m.level), r.index.Composition(a, m.dim, m.codes)
	if r.index.Calibrated(m.dim, m.codes) {
		r.byClass(a, m, lifted, c, b)
		return b, nil
	}
	for bin := range r.times {
		r.cells(a, m, bin, lifted, c, b.Estimate[bin*n:][:n])
	}
	squares := 0.0
	for _, w := range lifted {
		squares += w * w
	}
	fixed := squares * m.sigma2 * (1 - 1/float64(n))
	ofUp, ofTotal, both := r.quadratic(a, m.level, lifted)
	for k := range n {
		u := 1/float64(n) - c[k]
		b.NoiseSD[k] = math.Sqrt(max(0, fixed+u*u*ofUp+2*u*c[k]*both+c[k]*c[k]*ofTotal))
	}
	return b, nil
}

// cells writes the breakdown of one bin.
func (r *Reckoner) cells(a allot.Area, m *margin, bin int, lifted, c, into []float64) {
	leaves, above, contrast := r.leaves[bin], r.above[m.level][bin], m.contrast[bin]
	n, rest := float64(len(m.codes)), 0.0
	for i, leaf := range a.Leaf {
		rest += a.Weight[i] * leaves[leaf]
	}
	for node, w := range lifted {
		if w == 0 {
			continue
		}
		h := above[node]
		rest -= w * h
		for k := range into {
			into[k] += w * (contrast[node*len(into)+k] + h/n)
		}
	}
	for k := range into {
		into[k] += c[k] * rest
	}
}

// quadratic gives Var(sum A*h), Var(sum a*h) and their covariance: three functionals for all classes, because the
// variance of a cell is a quadratic form in its composition.
func (r *Reckoner) quadratic(a allot.Area, level string, lifted []float64) (ofUp, ofTotal, both float64) {
	total := r.spread(a)
	up, sum := make([]float64, len(total)), make([]float64, len(total))
	for leaf, node := range r.index.Node(level) {
		if node >= 0 {
			up[leaf] = lifted[node]
		}
		sum[leaf] = up[leaf] + total[leaf]
	}
	ofUp, ofTotal = r.functional(up), r.functional(total)
	return ofUp, ofTotal, (r.functional(sum) - ofUp - ofTotal) / 2
}

func (r *Reckoner) grain(level string) float64 {
	if level == throng.LevelArea {
		return AreaGrain
	}
	return BlockGrain
}
