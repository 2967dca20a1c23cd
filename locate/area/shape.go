package area

import (
	"math"

	"github.com/paulmach/orb"
)

// onBorder is how near a point must be to an edge, in metres, to lie on it.
const onBorder = 1e-6

// eachEdge walks the edges of all rings as they are written. sign is +1 when the ring runs as it should (outer rings
// against the clock, holes with it) and -1 when it does not, so that nothing depends on how a file turns its rings.
func eachEdge(shape orb.MultiPolygon, visit func(a, b orb.Point, sign float64)) {
	for _, polygon := range shape {
		for k, ring := range polygon {
			sign := 1.0
			if (signedArea(ring) < 0) == (k == 0) {
				sign = -1
			}
			for i := 1; i < len(ring); i++ {
				visit(ring[i-1], ring[i], sign)
			}
		}
	}
}

// signedArea is the area of a closed ring, positive against the clock. Coordinates are taken relative to its first point,
// so that a small ring far from the origin loses no digits.
func signedArea(ring orb.Ring) float64 {
	sum := 0.0
	for i := 1; i < len(ring); i++ {
		ax, ay := ring[i-1][0]-ring[0][0], ring[i-1][1]-ring[0][1]
		bx, by := ring[i][0]-ring[0][0], ring[i][1]-ring[0][1]
		sum += ax*by - bx*ay
	}
	return sum / 2
}

// Area is the area of a shape of the plane in square metres: outer rings less holes, however they are turned.
func Area(shape orb.MultiPolygon) float64 {
	sum := 0.0
	for _, polygon := range shape {
		for k, ring := range polygon {
			if k == 0 {
				sum += math.Abs(signedArea(ring))
			} else {
				sum -= math.Abs(signedArea(ring))
			}
		}
	}
	return sum
}

// Contains reports whether a point lies in a shape or on its border; both are in the plane. For many points, Prepare first.
func Contains(shape orb.MultiPolygon, x, y float64) bool {
	winding := 0.0
	border := false
	eachEdge(shape, func(a, b orb.Point, sign float64) {
		winding += segment{a, b, sign}.crossing(x, y)
		border = border || segment{a, b, sign}.touches(x, y)
	})
	return border || winding > 0.5
}

// Distance is the distance in metres from a point to a shape of the plane; 0 inside.
func Distance(shape orb.MultiPolygon, x, y float64) float64 {
	if Contains(shape, x, y) {
		return 0
	}
	least := math.Inf(1)
	eachEdge(shape, func(a, b orb.Point, sign float64) {
		least = math.Min(least, segment{a, b, sign}.distance(x, y))
	})
	return least
}

type segment struct {
	a, b orb.Point
	sign float64
}

// crossing is what the segment adds to the winding number of a point: one for each time that the ring passes to its right.
func (s segment) crossing(x, y float64) float64 {
	if (s.a[1] <= y) == (s.b[1] <= y) {
		return 0
	}
	if x >= s.a[0]+(y-s.a[1])/(s.b[1]-s.a[1])*(s.b[0]-s.a[0]) {
		return 0
	}
	if s.b[1] > s.a[1] {
		return s.sign
	}
	return -s.sign
}

func (s segment) touches(x, y float64) bool {
	if y < math.Min(s.a[1], s.b[1])-onBorder || y > math.Max(s.a[1], s.b[1])+onBorder {
		return false
	}
	return s.distance(x, y) <= onBorder
}

func (s segment) distance(x, y float64) float64 {
	dx, dy := s.b[0]-s.a[0], s.b[1]-s.a[1]
	t := 0.0
	if length := dx*dx + dy*dy; length > 0 {
		t = math.Max(0, math.Min(1, ((x-s.a[0])*dx+(y-s.a[1])*dy)/length))
	}
	return math.Hypot(x-s.a[0]-t*dx, y-s.a[1]-t*dy)
}

// Prepared is a shape of the plane whose edges are sorted into bands from south to north, so that asking for a point looks
// at few of them.
type Prepared struct {
	bound orb.Bound
	band  float64 // height of a band, metres
	bands [][]segment
}

// Prepare sorts the edges of a shape.
func Prepare(shape orb.MultiPolygon) *Prepared {
	p := &Prepared{bound: shape.Bound()}
	edges := 0
	eachEdge(shape, func(orb.Point, orb.Point, float64) { edges++ })
	if edges == 0 {
		return p
	}
	p.bands = make([][]segment, edges/4+1)
	p.band = math.Max((p.bound.Max[1]-p.bound.Min[1])/float64(len(p.bands)), 1e-3)
	eachEdge(shape, func(a, b orb.Point, sign float64) {
		for k := p.at(math.Min(a[1], b[1]) - onBorder); k <= p.at(math.Max(a[1], b[1])+onBorder); k++ {
			p.bands[k] = append(p.bands[k], segment{a, b, sign})
		}
	})
	return p
}

func (p *Prepared) at(y float64) int {
	return max(0, min(len(p.bands)-1, int((y-p.bound.Min[1])/p.band)))
}

// Bound is the box of the shape.
func (p *Prepared) Bound() orb.Bound { return p.bound }

// Contains reports whether a point lies in the shape or on its border.
func (p *Prepared) Contains(x, y float64) bool {
	if len(p.bands) == 0 || x < p.bound.Min[0]-onBorder || x > p.bound.Max[0]+onBorder ||
		y < p.bound.Min[1]-onBorder || y > p.bound.Max[1]+onBorder {
		return false
	}
	winding := 0.0
	for _, s := range p.bands[p.at(y)] {
		if s.touches(x, y) {
			return true
		}
		winding += s.crossing(x, y)
	}
	return winding > 0.5
}
