package balance

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/reckon/allot"
	"github.com/throng-stats/throng/release"
)

// Reckoner answers for any area from the measured tables of one release of present. Zones and drawn perimeters go
// through the same methods. It does not change and may be used by several goroutines.
type Reckoner struct {
	index   *allot.Index
	tree    *Tree
	nodes   Nodes
	times   []string
	leaves  [][]float64            // by bin, then leaf: consistent estimate in devices
	above   map[string][][]float64 // by level, then bin, then block or area
	margins map[string]*margin     // by table
}

// margin is one measured breakdown, centred on its own total.
type margin struct {
	dim      string
	level    string
	codes    []string
	sigma2   float64
	total    [][]float64 // by bin, then node: S, the sum over the codes
	contrast [][]float64 // by bin, then node and code: y - S/n, independent of everything that is fitted
}

// NewReckoner reads the tables total (zone@leaf, time) and any of gender, age (zone@block, time, class) and origin
// (zone@area, time, class), and fits the tree for every bin. Of a live release it reads leaf in place of total, and block and
// area, which measure the totals of those levels alone. It refuses tables whose codes are not those of the geography.
func NewReckoner(index *allot.Index, measured []release.Table) (*Reckoner, error) {
	r := &Reckoner{index: index, margins: map[string]*margin{}, above: map[string][][]float64{}}
	i := slices.IndexFunc(measured, isTotal)
	if i < 0 {
		return nil, fmt.Errorf("balance: the release has no measured table total; it cannot be reckoned")
	}
	total := measured[i]
	if err := r.check(total, throng.LevelLeaf, ""); err != nil {
		return nil, err
	}
	r.times = total.Shape.Dims[1].Codes
	for _, t := range measured {
		if isTotal(t) {
			continue
		}
		m, err := r.centre(t)
		if err != nil {
			return nil, err
		}
		if r.margins[t.Shape.Name] != nil {
			return nil, fmt.Errorf("balance: the table %s is there twice", t.Shape.Name)
		}
		r.margins[t.Shape.Name] = m
	}
	var err error
	r.tree, r.nodes, err = Measurement(index.Tree(), float64(total.Sigma2), r.variance(throng.LevelBlock), r.variance(throng.LevelArea))
	if err != nil {
		return nil, err
	}
	r.fit(total)
	return r, nil
}

// isTotal reports whether a table is the count by leaf.
func isTotal(t release.Table) bool {
	return t.Shape.Name == "total" || t.Shape.Name == throng.LevelLeaf
}

// check compares a measured table with the geography and with the bins of the total.
func (r *Reckoner) check(t release.Table, level, class string) error {
	dims := t.Shape.Dims
	want := "zone@" + level + ", time"
	if class != "" {
		want += ", " + class
	}
	got := ""
	for i, d := range dims {
		if got += d.Name; d.Level != "" {
			got += "@" + d.Level
		}
		if i+1 < len(dims) {
			got += ", "
		}
	}
	if got != want {
		return fmt.Errorf("balance: table %s has the dimensions %s, want %s", t.Shape.Name, got, want)
	}
	ids := r.index.Tree().LeafIDs()
	switch level {
	case throng.LevelBlock:
		ids = r.index.Tree().BlockIDs()
	case throng.LevelArea:
		ids = r.index.Tree().AreaIDs()
	}
	if !slices.Equal(dims[0].Codes, ids) || (r.times != nil && !slices.Equal(dims[1].Codes, r.times)) {
		return fmt.Errorf("balance: the codes of table %s are not those of the geography and of the table total; use the geography that the release names", t.Shape.Name)
	}
	if t.Kind != release.Measured || len(t.Raw) != t.Shape.Cells() || t.Sigma2 == 0 {
		return fmt.Errorf("balance: table %s has %d of %d measured cells and variance %d; want a measured table with a positive variance", t.Shape.Name, len(t.Raw), t.Shape.Cells(), t.Sigma2)
	}
	return nil
}

// centre takes a breakdown apart into its total and its contrasts.
func (r *Reckoner) centre(t release.Table) (*margin, error) {
	m := &margin{sigma2: float64(t.Sigma2)}
	switch dims := t.Shape.Dims; {
	case len(dims) == 3:
		m.level, m.dim, m.codes = dims[0].Level, dims[2].Name, dims[2].Codes
	case len(dims) == 2 && dims[0].Level == t.Shape.Name: // a level of a live count
		m.level, m.codes = t.Shape.Name, []string{""}
	default:
		return nil, fmt.Errorf("balance: table %s has %d dimensions, want zone, time and a class", t.Shape.Name, len(dims))
	}
	if m.level != throng.LevelBlock && m.level != throng.LevelArea {
		return nil, fmt.Errorf("balance: table %s is counted on level %q, want %s or %s", t.Shape.Name, m.level, throng.LevelBlock, throng.LevelArea)
	}
	if err := r.check(t, m.level, m.dim); err != nil {
		return nil, err
	}
	nodes, n := len(t.Shape.Dims[0].Codes), len(m.codes)
	for bin := range r.times {
		total, contrast := make([]float64, nodes), make([]float64, nodes*n)
		for b := range nodes {
			row := t.Raw[(b*len(r.times)+bin)*n:][:n]
			for _, y := range row {
				total[b] += float64(y)
			}
			for k, y := range row {
				contrast[b*n+k] = float64(y) - total[b]/float64(n)
			}
		}
		m.total, m.contrast = append(m.total, total), append(m.contrast, contrast)
	}
	return m, nil
}

// weight is the precision with which a breakdown measures its total.
func (m *margin) weight() float64 { return 1 / (float64(len(m.codes)) * m.sigma2) }

// sorted lists the breakdowns of a level in a fixed order, so that sums do not depend on the order of a map.
func (r *Reckoner) sorted(level string) []*margin {
	var of []*margin
	for _, name := range slices.Sorted(maps.Keys(r.margins)) {
		if m := r.margins[name]; m.level == level {
			of = append(of, m)
		}
	}
	return of
}

// variance is that of the total of a block or area as its breakdowns measure it together.
func (r *Reckoner) variance(level string) float64 {
	precision := 0.0
	for _, m := range r.sorted(level) {
		precision += m.weight()
	}
	return 1 / precision // +Inf when nothing measures it
}

// fit runs the two passes for every bin.
func (r *Reckoner) fit(total release.Table) {
	y, h := make([]float64, r.tree.Len()), make([]float64, r.tree.Len())
	levels := map[string][]int{throng.LevelBlock: r.nodes.Block, throng.LevelArea: r.nodes.Area}
	for bin := range r.times {
		for i, node := range r.nodes.Leaf {
			y[node] = float64(total.Raw[i*len(r.times)+bin])
		}
		for level, nodes := range levels {
			margins, variance := r.sorted(level), r.variance(level)
			for i, node := range nodes {
				if node < 0 {
					continue
				}
				y[node] = 0
				for _, m := range margins {
					y[node] += m.total[bin][i] * m.weight() * variance
				}
			}
		}
		r.tree.Fit(y, h)
		r.leaves = append(r.leaves, pick(h, r.nodes.Leaf))
		for level, nodes := range levels {
			r.above[level] = append(r.above[level], pick(h, nodes))
		}
	}
}

func pick(h []float64, nodes []int) []float64 {
	picked := make([]float64, len(nodes))
	for i, node := range nodes {
		if node >= 0 {
			picked[i] = h[node]
		}
	}
	return picked
}

// Index is the geography for which this answers.
func (r *Reckoner) Index() *allot.Index { return r.index }

// Times are the codes of the bins.
func (r *Reckoner) Times() []string { return r.times }

// Tables lists the breakdowns that can be asked for, sorted.
func (r *Reckoner) Tables() []string {
	names := make([]string, 0, len(r.margins))
	for name, m := range r.margins {
		if m.dim != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Leaves is the consistent estimate of every leaf of the tree in a bin, in devices, signed. The slice is shared: do not
// change it.
func (r *Reckoner) Leaves(bin int) []float64 { return r.leaves[bin] }

// LeafSD is the exact standard deviation of the noise in the estimate of a leaf, in devices.
func (r *Reckoner) LeafSD(leaf int) float64 { return math.Sqrt(r.tree.Variance(r.nodes.Leaf[leaf])) }

// functional is the exact variance of a sum over leaves.
func (r *Reckoner) functional(byLeaf []float64) float64 {
	a := make([]float64, r.tree.Len())
	for i, node := range r.nodes.Leaf {
		a[node] = byLeaf[i]
	}
	return r.tree.Functional(a)
}
