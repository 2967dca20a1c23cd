// Package allot gives out what was counted in leaves to zones and drawn perimeters, by one public linear rule.
//
// Zones, grid squares and perimeters are sums over tiles of the same shares, so they agree with one another: the answer
// for two disjoint pieces of ground is the sum of their answers.
package allot

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/locate/area"
	"github.com/throng-stats/throng/reckon/calibrate"
	"github.com/throng-stats/throng/release"
)

// Index is a geography prepared for questions: the shares by tile, and the allocation of every zone. It does not change
// and may be used by several goroutines.
type Index struct {
	zones     throng.Zones
	tree      throng.Tree
	plane     area.Plane
	tile      int32
	factor    []float64 // by zone: people per device
	mass      []float64 // by zone: sum of the weights on its tiles
	tiles     grid
	shares    []throng.Share // by tile, then leaf
	pairOf    []int32        // of each share: its pair of leaf and zone
	pairs     []piece        // without their share
	areas     []Area         // by zone
	upward    map[string]upward
	residents [][]release.Residents // by zone
	classes   *calibrate.Classes
}

// NewIndex prepares a geography. A leaf without shares is put whole on the tile and in the zone of its centre. It
// refuses shares that point outside the geography, weights outside 0..1 and leaves whose weights do not sum to 1
// (tolerance 1e-6: a device that is counted once is given out once).
func NewIndex(geo release.Geography) (*Index, error) {
	x := &Index{
		zones: geo.Zones, tree: geo.Tree, tile: int32(geo.Tile),
		plane: area.Plane{Lat0: geo.Lat0, Lon0: geo.Lon0, FE: geo.FE, FN: geo.FN},
	}
	if geo.Tile <= 0 {
		return nil, fmt.Errorf("allot: geography %s has tiles of %d m; want a positive side", geo.ID, geo.Tile)
	}
	x.factor = make([]float64, geo.Zones.Len())
	for z := range x.factor {
		if x.factor[z] = geo.Zones.At(z).Factor; x.factor[z] == 0 {
			x.factor[z] = 1
		}
		if !(x.factor[z] > 0) || math.IsInf(x.factor[z], 1) {
			return nil, fmt.Errorf("allot: zone %s has %v people per device; want a positive number", geo.Zones.At(z).ID, x.factor[z])
		}
	}
	var err error
	if x.shares, err = x.complete(geo.Shares); err != nil {
		return nil, err
	}
	if x.upward, err = uprights(geo.Tree); err != nil {
		return nil, err
	}
	slices.SortFunc(x.shares, func(a, b throng.Share) int {
		return cmp.Or(cmp.Compare(a.N, b.N), cmp.Compare(a.E, b.E), cmp.Compare(a.Leaf, b.Leaf))
	})
	x.tiles = newGrid(x.shares)
	x.pair()
	x.allocate()
	x.census(geo.Residents)
	x.classes = calibrate.NewClasses(geo.Zones, geo.Factors, geo.Residents)
	return x, nil
}

// pair numbers the pairs of leaf and zone.
func (x *Index) pair() {
	number := map[piece]int32{}
	x.pairOf = make([]int32, len(x.shares))
	for i, s := range x.shares {
		p := piece{leaf: s.Leaf, zone: s.Zone}
		k, ok := number[p]
		if !ok {
			k = int32(len(x.pairs))
			number[p], x.pairs = k, append(x.pairs, p)
		}
		x.pairOf[i] = k
	}
}

// complete checks the shares and adds one for every leaf that has none.
func (x *Index) complete(shares []throng.Share) ([]throng.Share, error) {
	sum := make([]float64, len(x.tree.Leaves))
	finest := make([]bool, x.zones.Len())
	for _, z := range x.zones.Finest() {
		finest[z] = true
	}
	for i, s := range shares {
		if s.Leaf < 0 || int(s.Leaf) >= len(sum) || s.Zone < -1 || int(s.Zone) >= len(finest) {
			return nil, fmt.Errorf("allot: share %d names leaf %d of %d and zone %d of %d; make the geography again", i, s.Leaf, len(sum), s.Zone, len(finest))
		}
		if s.Zone >= 0 && !finest[s.Zone] {
			return nil, fmt.Errorf("allot: share %d lies in zone %s, which has zones below it; tiles lie in finest zones", i, x.zones.At(int(s.Zone)).ID)
		}
		if !(s.Weight >= 0 && s.Weight <= 1+1e-6) {
			return nil, fmt.Errorf("allot: share %d has weight %v; want 0 to 1", i, s.Weight)
		}
		sum[s.Leaf] += s.Weight
	}
	all := slices.Clone(shares)
	for i, leaf := range x.tree.Leaves {
		if sum[i] == 0 {
			if leaf.Zone < -1 || leaf.Zone >= len(finest) || (leaf.Zone >= 0 && !finest[leaf.Zone]) {
				return nil, fmt.Errorf("allot: leaf %s has no shares and its zone %d is not a finest one; make the geography again", leaf.ID, leaf.Zone)
			}
			e, n := area.Corner(leaf.X, leaf.Y, x.tile)
			all = append(all, throng.Share{Leaf: int32(i), E: e, N: n, Zone: int32(leaf.Zone), Weight: 1})
		} else if math.Abs(sum[i]-1) > 1e-6 {
			return nil, fmt.Errorf("allot: the shares of leaf %s sum to %v, want 1; make the geography again", leaf.ID, sum[i])
		}
	}
	return all, nil
}

// allocate computes the area of every zone; a zone with children is the sum of its finest zones.
func (x *Index) allocate() {
	x.mass = make([]float64, x.zones.Len())
	of := make([][]int, x.zones.Len())
	for i, s := range x.shares {
		if s.Zone >= 0 {
			x.mass[s.Zone] += s.Weight
			for z := int(s.Zone); z >= 0; z = x.zones.Parent(z) {
				of[z] = append(of[z], i)
			}
		}
	}
	x.areas = make([]Area, x.zones.Len())
	sum := x.newSum()
	for z := range x.areas {
		for _, i := range of[z] {
			sum.add(i, 1)
		}
		x.areas[z] = sum.take()
	}
}

// Zone is the allocation of the z-th zone of the geography.
func (x *Index) Zone(z int) Area { return x.areas[z] }

// Together is the area of several zones taken as one. A zone that is named twice, or lies below another one that is
// named, counts once.
func (x *Index) Together(zones []int) Area {
	sum := x.newSum()
	inside := make([]bool, x.zones.Len())
	for _, z := range zones {
		for _, f := range x.zones.Finest() {
			inside[f] = inside[f] || x.zones.Within(f, z)
		}
	}
	for i, s := range x.shares {
		if s.Zone >= 0 && inside[s.Zone] {
			sum.add(i, 1)
		}
	}
	return sum.take()
}

// Zones is the hierarchy of the geography.
func (x *Index) Zones() throng.Zones { return x.zones }

// Tree is the measurement tree of the geography.
func (x *Index) Tree() throng.Tree { return x.tree }

// Factor is the number of people for which a device counted in zone z stands; 1 for -1, outside all zones.
func (x *Index) Factor(z int) float64 {
	if z < 0 {
		return 1
	}
	return x.factor[z]
}
