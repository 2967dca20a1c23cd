package reckon

import (
	"fmt"
	"math"
	"slices"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/privacy/result"
	"github.com/throng-stats/throng/reckon/allot"
	"github.com/throng-stats/throng/reckon/balance"
	"github.com/throng-stats/throng/reckon/spread"
	"github.com/throng-stats/throng/release"
)

// MethodEM names the estimates of EM: the folder below estimate/ in a release.
const MethodEM = "em"

// EMOptions of EM.
type EMOptions struct {
	// Redraws is how often the noise is drawn again for the margins. Default spread.Redraws, 100; at least 10.
	Redraws int
	// Seed of the redraws. The same seed gives the same margins; estimates do not depend on it. Any number does: nothing is
	// protected by it. Default 0.
	Seed uint64
}

// EM estimates the population that is present, in people, by expectation-maximisation on the noisy counts of leaves
// (docs/method/present-population.md; Shepp and Vardi 1982; methods.md, section 8): one table, total, for every zone of
// every level and hour. It reads the measured table total and nothing else; what breakdowns tell of blocks is not used.
//
// Unlike the linear estimates these are not linear in the counts: NoiseSD is the spread of redraws, not exact; estimates
// of disjoint places add up, but the margin of a sum is none of theirs; only the number of devices on the whole ground is
// unbiased. AllocSD and ScaleSD are NaN, unknown. Every cell has the status balance.Modelled. Which of the two is nearer to the truth was
// measured on an invented region: docs/experiments/measurement-tree.md.
func EM(geo release.Geography, measured []result.Table, o EMOptions) ([]release.Table, error) {
	if o.Redraws == 0 {
		o.Redraws = spread.Redraws
	}
	if o.Redraws < 10 {
		return nil, fmt.Errorf("reckon: got %d redraws for the margins of %s, want at least 10", o.Redraws, MethodEM)
	}
	total, err := leafTotals(geo, measured)
	if err != nil {
		return nil, err
	}
	s, err := newSpreader(geo)
	if err != nil {
		return nil, err
	}
	time := total.Shape.Dims[1]
	bins, zones := len(time.Codes), geo.Zones.Len()
	zone := throng.Dim{Name: throng.DimZone, Level: throng.LevelZone, Codes: geo.Zones.IDs()}
	t := empty(throng.Shape{Name: "total", Dims: []throng.Dim{zone, time}})
	t.Method, t.Status = MethodEM, slices.Repeat([]string{balance.Modelled}, zones*bins)
	counts := make([]float64, len(geo.Tree.Leaves))
	options := spread.Options{SD: math.Sqrt(float64(total.Sigma2)), Prior: s.prior}
	for bin := range bins {
		for leaf := range counts {
			counts[leaf] = float64(total.Raw[leaf*bins+bin])
		}
		estimate, sd := s.hour(counts, options, o.Redraws, spread.Mix(o.Seed, bin))
		for z := range zones {
			t.Estimate[z*bins+bin], t.NoiseSD[z*bins+bin] = estimate[z], sd[z]
		}
	}
	return []release.Table{t}, nil
}

// leafTotals finds the measured table total and compares it with the geography.
func leafTotals(geo release.Geography, measured []result.Table) (result.Table, error) {
	i := slices.IndexFunc(measured, func(t result.Table) bool { return t.Shape.Name == "total" })
	if i < 0 {
		return result.Table{}, fmt.Errorf("reckon: the release has no measured table total; %s needs it", MethodEM)
	}
	t := measured[i]
	d := t.Shape.Dims
	switch {
	case len(d) != 2 || d[0].Name != throng.DimZone || d[0].Level != throng.LevelLeaf || d[1].Name != throng.DimTime:
		return t, fmt.Errorf("reckon: the table total is not by leaf and time; %s is defined for %s alone", MethodEM, ProductPresent)
	case !slices.Equal(d[0].Codes, geo.Tree.LeafIDs()):
		return t, fmt.Errorf("reckon: the leaves of the table total are not those of the geography; use the one that the release names")
	case t.Cells != nil || len(t.Raw) != t.Shape.Cells() || t.Sigma2 == 0:
		return t, fmt.Errorf("reckon: the table total has %d of %d cells and variance %d; want every cell and a positive variance", len(t.Raw), t.Shape.Cells(), t.Sigma2)
	}
	return t, nil
}

// spreader is a geography as EM sees it.
type spreader struct {
	links *spread.Map
	prior []float64 // by tile
	zone  []int32   // by tile: its finest zone, -1 outside
	zones throng.Zones
	index *allot.Index
}

// newSpreader finds P(leaf | tile) again from what is public. The share of a tile in a leaf is Q = P*prior/mass, mass the
// sum of P*prior over the tiles of the leaf: the residents that it hears, or the ground that it hears where no residents
// are known. So Q*mass = P*prior, and as the P of a tile sum to 1, the sum of Q*mass over its leaves is the prior. A leaf
// that hears no residents is given the mass of one.
func newSpreader(geo release.Geography) (*spreader, error) {
	index, err := allot.NewIndex(geo) // refuses shares that do not fit
	if err != nil {
		return nil, err
	}
	s := &spreader{zones: geo.Zones, index: index}
	mass := masses(geo.Tree)
	tiles, known := map[[2]int32]int{}, make([]bool, len(mass))
	var links []spread.Link
	add := func(tile, leaf int, weight float64) {
		s.prior[tile] += weight * mass[leaf]
		links = append(links, spread.Link{Cell: leaf, Tile: tile, P: weight * mass[leaf]})
	}
	tile := func(zone int32) int {
		s.prior, s.zone = append(s.prior, 0), append(s.zone, zone)
		return len(s.prior) - 1
	}
	for _, share := range geo.Shares {
		if share.Weight == 0 {
			continue
		}
		at, ok := tiles[[2]int32{share.E, share.N}]
		if !ok {
			at = tile(share.Zone)
			tiles[[2]int32{share.E, share.N}] = at
		}
		known[share.Leaf] = true
		add(at, int(share.Leaf), share.Weight)
	}
	for leaf, ok := range known {
		if !ok { // a leaf without shares is one place in its zone, which nobody else hears
			add(tile(int32(geo.Tree.Leaves[leaf].Zone)), leaf, 1)
		}
	}
	for i := range links {
		links[i].P = min(1, links[i].P/s.prior[links[i].Tile])
	}
	for t, z := range s.zone { // how devices, not people, are taken to be spread: a large zone with few customers has few
		s.prior[t] /= index.Factor(int(z))
	}
	s.links, err = spread.New(len(mass), len(s.prior), links)
	return s, err
}

// masses are the residents, or else the ground, that each leaf hears.
func masses(tree throng.Tree) []float64 {
	populated := slices.ContainsFunc(tree.Leaves, func(l throng.Leaf) bool { return l.Residents > 0 })
	mass := make([]float64, len(tree.Leaves))
	for i, l := range tree.Leaves {
		if mass[i] = l.Area; populated {
			mass[i] = l.Residents
		}
		if !(mass[i] > 0) {
			mass[i] = 1
		}
	}
	return mass
}

// hour is the estimate of every zone in one hour, and how far it scatters.
func (s *spreader) hour(counts []float64, o spread.Options, redraws int, seed uint64) (estimate, sd []float64) {
	estimate = s.sums(s.links.EM(counts, o).People)
	sum, square := make([]float64, len(estimate)), make([]float64, len(estimate))
	s.links.Redraw(counts, o, redraws, seed, func(people []float64) {
		for z, v := range s.sums(people) {
			d := v - estimate[z] // from the estimate, so that large numbers cancel before they are squared
			sum[z] += d
			square[z] += d * d
		}
	})
	n := float64(redraws)
	sd = square
	for z := range sd {
		sd[z] = math.Sqrt(max(0, square[z]-sum[z]*sum[z]/n) / (n - 1))
	}
	return estimate, sd
}

// sums adds up, for every zone, the people on its tiles. Tiles outside all zones are not covered.
func (s *spreader) sums(devices []float64) []float64 {
	people := make([]float64, s.zones.Len())
	for t, n := range devices {
		if z := int(s.zone[t]); z >= 0 {
			people[z] += n * s.index.Factor(z)
		}
	}
	for z := len(people) - 1; z >= 0; z-- { // zones are ordered from coarse to fine
		if up := s.zones.Parent(z); up >= 0 {
			people[up] += people[z]
		}
	}
	return people
}
