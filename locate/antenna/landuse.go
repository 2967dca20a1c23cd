package antenna

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// LandUse is one square of a public grid that says where people are inside a zone: built-up volume, or residents of a census
// grid.
type LandUse struct {
	Lat, Lon float64 // centre, degrees
	Side     float64 // metres
	Weight   float64 // in any unit, the same in all rows; 0 or more
}

// landUseFloor is the part of a zone's residents that is spread evenly whatever the grid says: a grid is some years old and has
// no people where nothing is built. Ours.
const landUseFloor = .1

// landUse spreads the squares of the grid over tiles: each over the tiles whose centres lie in it, or over the one that
// holds its centre.
func (o Options) landUse() (map[[2]int32]float64, error) {
	if len(o.LandUse) == 0 {
		return nil, nil
	}
	weight := make(map[[2]int32]float64, len(o.LandUse))
	side := float64(o.Tile)
	corner := func(v float64) int32 { return int32(math.Floor(v/side)) * o.Tile }
	rows := slices.Clone(o.LandUse) // in an order of their own, so that sums do not depend on that of the file
	slices.SortStableFunc(rows, func(a, b LandUse) int {
		return cmp.Or(cmp.Compare(a.Lat, b.Lat), cmp.Compare(a.Lon, b.Lon), cmp.Compare(a.Weight, b.Weight))
	})
	for _, c := range rows {
		if !(c.Weight >= 0) || math.IsInf(c.Weight, 1) || !(c.Side > 0 && c.Side <= 100_000) || !(math.Abs(c.Lat) <= 90 && math.Abs(c.Lon) <= 180) {
			return nil, fmt.Errorf("land use: got weight %v on a square of %v m at %v, %v; want a weight of 0 or more, a side up to 100,000 m, degrees", c.Weight, c.Side, c.Lat, c.Lon)
		}
		x, y := o.Plane.Forward(c.Lat, c.Lon)
		e0, n0 := firstCentre(x-c.Side/2, side), firstCentre(y-c.Side/2, side)
		e1, n1 := lastCentre(x+c.Side/2, side), lastCentre(y+c.Side/2, side)
		if e1 < e0 || n1 < n0 {
			weight[[2]int32{corner(x), corner(y)}] += c.Weight
			continue
		}
		each := c.Weight / float64((e1-e0+1)*(n1-n0+1))
		for n := n0; n <= n1; n++ {
			for e := e0; e <= e1; e++ {
				weight[[2]int32{int32(e) * o.Tile, int32(n) * o.Tile}] += each
			}
		}
	}
	return weight, nil
}

// firstCentre is the first tile along an axis whose centre is at least v, lastCentre the last whose centre is below v.
func firstCentre(v, side float64) int64 { return int64(math.Ceil(v/side - .5)) }
func lastCentre(v, side float64) int64  { return int64(math.Ceil(v/side-.5)) - 1 }
