package allot

import (
	"fmt"

	"github.com/paulmach/orb"

	"github.com/throng-stats/throng/locate/area"
)

// Perimeter is a drawn area.
type Perimeter struct {
	Area
	KM2     float64 // size, square kilometres
	Covered float64 // share of it that lies on tiles to which something is allotted, 0..1
	Border  int     // number of leaves that lie here only partly
}

// Perimeter allots leaves to a shape in longitude and latitude (CRS84): a tile counts by the share of it that lies
// inside. Every error is about the shape (area.CheckPerimeter). Work grows with the tiles of the geography that lie in
// the box of the shape, never with the size of what was drawn.
func (x *Index) Perimeter(shape orb.MultiPolygon) (Perimeter, error) {
	if err := area.CheckPerimeter(shape); err != nil {
		return Perimeter{}, err
	}
	flat := x.plane.Shape(shape)
	metres2 := area.Area(flat)
	if !(metres2 > 0) {
		return Perimeter{}, fmt.Errorf("perimeter: it has no ground in the plane of this geography; draw one around some of its ground")
	}
	sum, at, covered := x.newSum(), cursor{grid: &x.tiles}, 0.0
	area.CoverageWithin(flat, x.tile, x.tiles.bound(x.tile), func(e, n int32, part float64) {
		from, to := at.find(e, n)
		known := false
		for k := from; k < to; k++ {
			sum.add(k, part)
			known = known || x.shares[k].Zone >= 0
		}
		if known {
			covered += part
		}
	})
	p := Perimeter{Area: sum.take(), KM2: metres2 / 1e6}
	p.Covered = min(1, covered*float64(x.tile)*float64(x.tile)/metres2)
	for _, s := range p.Share {
		if s < 1-1e-9 {
			p.Border++
		}
	}
	return p, nil
}
