package allot

import "slices"

// Area is a piece of ground, written as what each leaf gives to it. Sums over it are linear in the leaves, so areas that
// do not overlap add up.
type Area struct {
	Leaf   []int32   // leaves that give something, ascending
	Share  []float64 // of each: how much of what is counted there is put here, 0..1
	Weight []float64 // of each: people put here per device counted there; Share times people per device
	Zone   []int32   // finest zones that are touched, ascending
	Part   []float64 // of each: how much of the zone lies here, 0..1, by what leaves put on its tiles

	pieces []piece // what each leaf puts into each zone here; nil: all of it into the zone of the leaf
}

// piece is what a leaf puts into a zone: Share, by zone.
type piece struct {
	leaf, zone int32
	share      float64
}

// Leaves is how many leaves' worth of ground this is: the sum of Share.
func (a Area) Leaves() float64 {
	sum := 0.0
	for _, s := range a.Share {
		sum += s
	}
	return sum
}

// Smaller reports whether the area is less than one leaf: nothing that small was measured, so an answer for it is a
// share of something larger and is called modelled (privacy.md, section 13).
func (a Area) Smaller() bool { return a.Leaves() < 1-1e-9 }

// Border bounds the error that comes from leaves that lie only partly here, in people (privacy.md, section 13): for
// each, Share is somewhere between 0 and 1, so (1-Share) of what it gives may be wrong. h has the estimate of each leaf
// of the tree, in devices.
func (a Area) Border(h []float64) float64 {
	bound := 0.0
	for i, leaf := range a.Leaf {
		bound += a.Weight[i] * (1 - a.Share[i]) * max(h[leaf], 0)
	}
	return bound
}

// sum adds up shares in arrays with a place for every leaf and zone.
type sum struct {
	index             *Index
	share, weight     []float64 // by leaf
	part              []float64 // by zone
	leaves, zones     []int32   // touched
	onLeaves, onZones []bool
	inside            []float64 // by pair of leaf and zone
	pairs             []int32   // touched
	onPairs           []bool
}

func (x *Index) newSum() *sum {
	leaves, zones := len(x.tree.Leaves), x.zones.Len()
	return &sum{
		index: x, share: make([]float64, leaves), weight: make([]float64, leaves), part: make([]float64, zones),
		onLeaves: make([]bool, leaves), onZones: make([]bool, zones),
		inside: make([]float64, len(x.pairs)), onPairs: make([]bool, len(x.pairs)),
	}
}

// add puts the given part of the k-th share into the sum. Tiles outside all zones are not covered and add nothing.
func (s *sum) add(k int, inside float64) {
	share := s.index.shares[k]
	if share.Zone < 0 || share.Weight == 0 || inside == 0 {
		return
	}
	w := share.Weight * inside
	s.share[share.Leaf] += w
	s.weight[share.Leaf] += w * s.index.factor[share.Zone]
	s.part[share.Zone] += w / s.index.mass[share.Zone]
	if !s.onLeaves[share.Leaf] {
		s.onLeaves[share.Leaf], s.leaves = true, append(s.leaves, share.Leaf)
	}
	if !s.onZones[share.Zone] {
		s.onZones[share.Zone], s.zones = true, append(s.zones, share.Zone)
	}
	pair := s.index.pairOf[k]
	s.inside[pair] += w
	if !s.onPairs[pair] {
		s.onPairs[pair], s.pairs = true, append(s.pairs, pair)
	}
}

// take hands out the area and empties the sum for the next one.
func (s *sum) take() Area {
	a := Area{Leaf: slices.Clone(s.leaves), Zone: slices.Clone(s.zones)}
	slices.Sort(a.Leaf)
	slices.Sort(a.Zone)
	a.Share, a.Weight, a.Part = make([]float64, len(a.Leaf)), make([]float64, len(a.Leaf)), make([]float64, len(a.Zone))
	for i, leaf := range a.Leaf {
		a.Share[i], a.Weight[i] = min(s.share[leaf], 1), s.weight[leaf]
		s.share[leaf], s.weight[leaf], s.onLeaves[leaf] = 0, 0, false
	}
	for i, zone := range a.Zone {
		a.Part[i] = min(s.part[zone], 1)
		s.part[zone], s.onZones[zone] = 0, false
	}
	slices.Sort(s.pairs)
	for _, pair := range s.pairs {
		p := s.index.pairs[pair]
		p.share, s.inside[pair], s.onPairs[pair] = s.inside[pair], 0, false
		a.pieces = append(a.pieces, p)
	}
	s.leaves, s.zones, s.pairs = s.leaves[:0], s.zones[:0], s.pairs[:0]
	return a
}
