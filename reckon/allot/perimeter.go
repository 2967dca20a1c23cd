package allot

import (
	"errors"
	"fmt"
	"math"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/clip"
	"github.com/paulmach/orb/planar"

	"github.com/throng-stats/throng/locate/area"
)

// Perimeter is a drawn area.
type Perimeter struct {
	Area
	KM2     float64 // size, square kilometres
	Covered float64 // share of it that lies on tiles to which something is allotted, 0..1
	Border  int     // number of leaves that lie here only partly
}

// ErrPolygon is wrapped by errors about polygons that cannot be a perimeter.
var ErrPolygon = errors.New("not a perimeter")

// longestEdge in degrees before an edge is cut: 0.05 degrees are at most 5.6 km, of which a straight line in the plane
// and a straight line in degrees are at most 0.6 m apart (d²/8R, R = 6371 km), far less than a tile. An edge is cut into
// mostParts at most, so that a polygon around the globe costs no more than one around a province.
const (
	longestEdge = 0.05
	mostParts   = 200
)

// Perimeter allots leaves to a polygon in longitude and latitude (CRS84): a tile counts by the share of it that lies
// inside. Edges are straight in degrees. It refuses rings that are open or have fewer than four points, coordinates
// outside the globe and edges of more than 180 degrees; whether rings cross each other is not looked at.
func (x *Index) Perimeter(polygon orb.MultiPolygon) (Perimeter, error) {
	flat := make(orb.MultiPolygon, len(polygon))
	for i, rings := range polygon {
		for _, ring := range rings {
			projected, err := x.project(ring)
			if err != nil {
				return Perimeter{}, err
			}
			flat[i] = append(flat[i], projected)
		}
	}
	metres2 := planar.Area(flat)
	if !(metres2 > 0) || math.IsInf(metres2, 1) {
		return Perimeter{}, fmt.Errorf("allot: the polygon has no area in the plane of this geography; draw one around some of its ground (%w)", ErrPolygon)
	}
	if bound := x.tiles.bound(x.tile); !inside(bound, flat.Bound()) {
		flat = clip.MultiPolygon(bound, flat)
	}
	sum, at, covered := x.newSum(), cursor{grid: &x.tiles}, 0.0
	area.Coverage(flat, int(x.tile), func(e, n int32, part float64) {
		from, to := at.find(e, n)
		known := false
		for _, s := range x.shares[from:to] {
			sum.add(s, part)
			known = known || s.Zone >= 0
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

// project puts a ring into the plane of the geography and cuts its long edges.
func (x *Index) project(ring orb.Ring) (orb.Ring, error) {
	if len(ring) < 4 || ring[0] != ring[len(ring)-1] {
		return nil, fmt.Errorf("allot: got a ring of %d points, want at least 4 of which the last is the first (%w)", len(ring), ErrPolygon)
	}
	flat := make(orb.Ring, 0, len(ring))
	for i, p := range ring {
		if !(math.Abs(p[0]) <= 180 && math.Abs(p[1]) <= 90) {
			return nil, fmt.Errorf("allot: point %d of a ring is at longitude %v, latitude %v; want -180..180 and -90..90 (%w)", i, p[0], p[1], ErrPolygon)
		}
		if i > 0 {
			q := ring[i-1]
			if math.Abs(p[0]-q[0]) > 180 {
				return nil, fmt.Errorf("allot: an edge spans %v degrees; cut the polygon at the antimeridian (%w)", math.Abs(p[0]-q[0]), ErrPolygon)
			}
			parts := int(min(mostParts, max(1, math.Ceil(max(math.Abs(p[0]-q[0]), math.Abs(p[1]-q[1]))/longestEdge))))
			for k := 1; k < parts; k++ {
				f := float64(k) / float64(parts)
				flat = append(flat, x.forward(q[0]+f*(p[0]-q[0]), q[1]+f*(p[1]-q[1])))
			}
		}
		flat = append(flat, x.forward(p[0], p[1]))
	}
	return flat, nil
}

// inside reports whether the outer bound holds the inner one.
func inside(outer, inner orb.Bound) bool {
	return outer.Contains(inner.Min) && outer.Contains(inner.Max)
}

func (x *Index) forward(lon, lat float64) orb.Point {
	e, n := x.plane.Forward(lat, lon)
	return orb.Point{e, n}
}
