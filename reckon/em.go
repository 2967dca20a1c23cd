package reckon

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"sync"

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
	options := spread.Options{SD: math.Sqrt(float64(total.Sigma2)), Prior: s.prior}
	var hours sync.WaitGroup
	for bin := range bins {
		hours.Go(func() { // hours know nothing of each other
			counts := make([]float64, len(geo.Tree.Leaves))
			for leaf := range counts {
				counts[leaf] = float64(total.Raw[leaf*bins+bin])
			}
			estimate, sd := s.hour(counts, options, o.Redraws, spread.Mix(o.Seed, bin))
			for z := range zones {
				t.Estimate[z*bins+bin], t.NoiseSD[z*bins+bin] = estimate[z], sd[z]
			}
		})
	}
	hours.Wait()
	return []release.Table{t}, nil
}

// SeedOf is the seed of the redraws of a release: the beginning of the SHA-256 of its measured total, so that whoever makes
// the estimates again gets the same margins.
func SeedOf(total result.Table) uint64 {
	text := binary.AppendUvarint(nil, total.Sigma2)
	for _, raw := range total.Raw {
		text = binary.AppendVarint(text, raw)
	}
	sum := sha256.Sum256(text)
	return binary.BigEndian.Uint64(sum[:])
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
	prior []float64 // by tile, or by place of several
	zone  []int32   // by tile: its finest zone, -1 outside
	zones throng.Zones
	index *allot.Index
}

// place is a tile, or all tiles of a zone that one leaf alone hears: every step multiplies those alike and pulls each to its
// part of the prior, so they stay in proportion and one number stands for all of them.
type place struct{ e, n, leaf, zone int32 }

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
	links := s.hears(geo, masses(geo.Tree))
	for i, l := range links {
		links[i].P = min(1, l.P/s.prior[l.Tile])
	}
	for t, z := range s.zone { // how devices, not people, are taken to be spread: a large zone with few customers has few
		s.prior[t] /= index.Factor(int(z))
	}
	s.links, err = spread.New(len(geo.Tree.Leaves), len(s.prior), links)
	return s, err
}

// hears lists which leaf hears which place, with Q*mass in place of P, and adds up the prior of each place.
func (s *spreader) hears(geo release.Geography, mass []float64) []spread.Link {
	alone, known := alone(geo.Shares), make([]bool, len(mass))
	places, link := map[place]int{}, map[place]int{} // index of each place, and of the last link to it
	var links []spread.Link
	add := func(p place, leaf int32, weight float64) {
		t, ok := places[p]
		if !ok {
			t = len(s.prior)
			places[p] = t
			s.prior, s.zone = append(s.prior, 0), append(s.zone, p.zone)
		}
		s.prior[t] += weight * mass[leaf]
		if k, ok := link[p]; ok && p.leaf >= 0 {
			links[k].P += weight * mass[leaf]
			return
		}
		link[p] = len(links)
		links = append(links, spread.Link{Cell: int(leaf), Tile: t, P: weight * mass[leaf]})
		known[leaf] = true
	}
	for i, share := range geo.Shares {
		switch p := (place{share.E, share.N, -1, share.Zone}); {
		case share.Weight == 0:
		case alone[i]:
			add(place{0, 0, share.Leaf, share.Zone}, share.Leaf, share.Weight)
		default:
			add(p, share.Leaf, share.Weight)
		}
	}
	for leaf, ok := range known {
		if !ok { // a leaf without shares is one place in its zone, which nobody else hears
			add(place{0, 0, int32(leaf), int32(geo.Tree.Leaves[leaf].Zone)}, int32(leaf), 1)
		}
	}
	return links
}

// alone says of each share whether its leaf is the only one that hears its tile.
func alone(shares []throng.Share) []bool {
	heard := map[[2]int32]int{}
	for _, s := range shares {
		if s.Weight > 0 {
			heard[[2]int32{s.E, s.N}]++
		}
	}
	of := make([]bool, len(shares))
	for i, s := range shares {
		of[i] = s.Weight > 0 && heard[[2]int32{s.E, s.N}] == 1
	}
	return of
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
