// Package balance makes noisy tables add up: the best linear estimate of a tree of counts, and exact variances of it.
//
// Everything here is arithmetic on released numbers and their public variances; nothing is clipped or rounded, so the
// estimates stay unbiased and every sum of them is an estimate too.
package balance

import (
	"fmt"
	"math"
)

// Tree is a tree of nodes, some of them measured with a known variance. The value of a node is the sum of its children.
// It is made once for a shape of tables and fits any number of hours, because variances do not depend on data. A Tree
// does not change and may be used by several goroutines.
type Tree struct {
	parent   []int
	variance []float64 // of the measurement; +Inf when there is none
	order    []int     // parents before children
	inner    []bool
	sum      []float64 // V: of an inner node, the variance of the sum of its children's z
	below    []float64 // s: variance of the best estimate of a node from what lies below it and itself
	final    []float64 // variance of the best estimate of a node from everything
}

// New makes a tree from the parent of each node (-1 for the one root) and the variance of each measurement (+Inf where
// a node is not measured). Leaves must be measured: what nobody measured cannot be told apart.
func New(parent []int, variance []float64) (*Tree, error) {
	if len(parent) != len(variance) || len(parent) == 0 {
		return nil, fmt.Errorf("balance: got %d parents and %d variances; every node has both", len(parent), len(variance))
	}
	t := &Tree{parent: parent, variance: variance, inner: make([]bool, len(parent))}
	if err := t.sort(); err != nil {
		return nil, err
	}
	for v, s := range variance {
		if !(s > 0) || (math.IsInf(s, 1) && !t.inner[v]) {
			return nil, fmt.Errorf("balance: node %d has variance %v; want a positive one, +Inf only above the leaves", v, s)
		}
	}
	t.spread()
	return t, nil
}

// sort finds an order in which parents stand before their children, and refuses anything that is not one tree.
func (t *Tree) sort() error {
	n := len(t.parent)
	children := make([][]int, n)
	root := -1
	for v, p := range t.parent {
		switch {
		case p == -1 && root == -1:
			root = v
		case p < 0 || p >= n:
			return fmt.Errorf("balance: node %d has the parent %d; a tree of %d nodes has one root (-1) and parents from 0 to %d", v, p, n, n-1)
		default:
			children[p] = append(children[p], v)
			t.inner[p] = true
		}
	}
	if root < 0 {
		return fmt.Errorf("balance: no node of %d is the root; give one the parent -1", n)
	}
	t.order = append(make([]int, 0, n), root)
	for i := 0; i < len(t.order); i++ {
		t.order = append(t.order, children[t.order[i]]...)
	}
	if len(t.order) != n {
		return fmt.Errorf("balance: %d of %d nodes hang on a circle of parents; every node leads to the root", n-len(t.order), n)
	}
	return nil
}

// spread computes the variances of both passes; they are public and the same for every hour.
func (t *Tree) spread() {
	n := len(t.parent)
	t.sum, t.below, t.final = make([]float64, n), make([]float64, n), make([]float64, n)
	for i := n - 1; i >= 0; i-- {
		v := t.order[i]
		switch {
		case !t.inner[v]:
			t.below[v] = t.variance[v]
		case math.IsInf(t.variance[v], 1):
			t.below[v] = t.sum[v]
		default:
			t.below[v] = t.sum[v] * t.variance[v] / (t.sum[v] + t.variance[v])
		}
		if p := t.parent[v]; p >= 0 {
			t.sum[p] += t.below[v]
		}
	}
	t.final[t.order[0]] = t.below[t.order[0]]
	for _, v := range t.order[1:] {
		p := t.parent[v]
		g := t.below[v] / t.sum[p]
		t.final[v] = t.below[v] - g*g*(t.sum[p]-t.final[p])
	}
}

// Len is the number of nodes.
func (t *Tree) Len() int { return len(t.parent) }

// Fit writes into h the best linear unbiased estimate of every node from the measurements y (privacy.md, section 12):
// children add up to their parents exactly, up to rounding. The value of y at a node that is not measured is not read.
// Both slices have one place a node and may not be the same.
func (t *Tree) Fit(y, h []float64) {
	if len(y) != t.Len() || len(h) != t.Len() {
		panic(fmt.Sprintf("balance: a tree of %d nodes got %d values and room for %d", t.Len(), len(y), len(h)))
	}
	sums := make([]float64, t.Len()) // S: sum of the children's z
	for i := len(t.order) - 1; i >= 0; i-- {
		v := t.order[i]
		switch s := t.variance[v]; {
		case !t.inner[v]:
			h[v] = y[v]
		case math.IsInf(s, 1):
			h[v] = sums[v]
		default:
			h[v] = (t.sum[v]*y[v] + s*sums[v]) / (t.sum[v] + s)
		}
		if p := t.parent[v]; p >= 0 {
			sums[p] += h[v]
		}
	}
	for _, v := range t.order[1:] {
		p := t.parent[v]
		h[v] += t.below[v] / t.sum[p] * (h[p] - sums[p])
	}
}

// Variance is the exact variance of the estimate of a node.
func (t *Tree) Variance(node int) float64 { return t.final[node] }

// Functional is the exact variance of the sum of a[v]*h[v] over the leaves (privacy.md, section 13). a has one place a
// node; places of inner nodes are not read, because an inner node is the sum of its leaves.
func (t *Tree) Functional(a []float64) float64 {
	if len(a) != t.Len() {
		panic(fmt.Sprintf("balance: a tree of %d nodes got %d coefficients", t.Len(), len(a)))
	}
	type up struct{ weighted, squared, rest float64 } // sums over children of A*s, A*A*s and r
	ups := make([]up, t.Len())
	variance := 0.0
	for i := len(t.order) - 1; i >= 0; i-- {
		v := t.order[i]
		coefficient, rest := 0.0, 0.0
		if !t.inner[v] {
			coefficient = a[v]
		} else if u := ups[v]; u.squared != 0 || u.rest != 0 {
			coefficient = u.weighted / t.sum[v]
			rest = u.rest + max(0, u.squared-u.weighted*u.weighted/t.sum[v])
		}
		s := t.below[v]
		if p := t.parent[v]; p >= 0 {
			ups[p].weighted += coefficient * s
			ups[p].squared += coefficient * coefficient * s
			ups[p].rest += rest
		} else {
			variance = rest + coefficient*coefficient*s
		}
	}
	return variance
}
