package zone

import (
	"math"
	"slices"
	"strings"

	"github.com/paulmach/orb"

	"github.com/throng-stats/throng/locate/area"
)

// Locator finds the finest zone of a point of a plane. It is safe for use by several goroutines.
type Locator struct {
	side   int32
	shapes []*area.Prepared // by index in Zones; nil for zones that are not finest
	points []orb.Point      // of zones that are points: lower left corner of their tile
	bins   map[[2]int32][]int32
	bin    float64
}

// Locator prepares the zones for questions about the tiles of a plane. A zone that is a point holds the tile of the given
// side in which it lies.
func (s *Set) Locator(plane area.Plane, side int32) *Locator {
	l := &Locator{side: side, shapes: make([]*area.Prepared, s.Zones.Len()), points: make([]orb.Point, s.Zones.Len())}
	finest := s.byID()
	boxes := make([]orb.Bound, len(finest))
	size := 0.0
	for k, i := range finest {
		switch shape := s.shapes[i].(type) {
		case orb.MultiPolygon:
			l.shapes[i] = area.Prepare(plane.Shape(shape))
			boxes[k] = l.shapes[i].Bound()
		case orb.Point:
			x, y := plane.Forward(shape.Lat(), shape.Lon())
			e, n := area.Corner(x, y, side)
			l.points[i] = orb.Point{float64(e), float64(n)}
			boxes[k] = orb.Bound{Min: l.points[i], Max: orb.Point{float64(e + side), float64(n + side)}}
		}
		size += boxes[k].Max[0] - boxes[k].Min[0] + boxes[k].Max[1] - boxes[k].Min[1]
	}
	l.bin = math.Max(size/2/float64(len(finest)), float64(side))
	l.bins = make(map[[2]int32][]int32)
	for k, i := range finest {
		l.file(int32(i), boxes[k])
	}
	return l
}

// byID lists the finest zones by id alone, whatever their level: the order in which ties are broken.
func (s *Set) byID() []int {
	finest := slices.Clone(s.Zones.Finest())
	slices.SortFunc(finest, func(a, b int) int { return strings.Compare(s.Zones.At(a).ID, s.Zones.At(b).ID) })
	return finest
}

func (l *Locator) file(zone int32, box orb.Bound) {
	low, high := l.binOf(box.Min[0]-1, box.Min[1]-1), l.binOf(box.Max[0]+1, box.Max[1]+1)
	for x := low[0]; x <= high[0]; x++ {
		for y := low[1]; y <= high[1]; y++ {
			l.bins[[2]int32{x, y}] = append(l.bins[[2]int32{x, y}], zone)
		}
	}
}

func (l *Locator) binOf(x, y float64) [2]int32 {
	return [2]int32{int32(math.Floor(x / l.bin)), int32(math.Floor(y / l.bin))}
}

// At returns the index of the finest zone that holds a point of the plane, or -1. A point on a shared border belongs to
// the zone with the smallest id (methods, section 1).
func (l *Locator) At(x, y float64) int32 {
	for _, i := range l.bins[l.binOf(x, y)] {
		if shape := l.shapes[i]; shape != nil {
			if shape.Contains(x, y) {
				return i
			}
			continue
		}
		s, p := float64(l.side), l.points[i]
		if x >= p[0] && x < p[0]+s && y >= p[1] && y < p[1]+s {
			return i
		}
	}
	return -1
}

// Tile returns the zone that holds the centre of the tile with lower left corner (e, n), or -1.
func (l *Locator) Tile(e, n int32) int32 {
	half := float64(l.side) / 2
	return l.At(float64(e)+half, float64(n)+half)
}

// Tiles calls visit for every tile whose centre lies in a zone, row by row from the south.
func (l *Locator) Tiles(zone int32, visit func(e, n int32)) {
	if l.shapes[zone] == nil {
		visit(int32(l.points[zone][0]), int32(l.points[zone][1]))
		return
	}
	box := l.shapes[zone].Bound()
	e0, n0 := area.Corner(box.Min[0], box.Min[1], l.side)
	half := float64(l.side) / 2
	for n := n0; float64(n) <= box.Max[1]; n += l.side {
		for e := e0; float64(e) <= box.Max[0]; e += l.side {
			x, y := float64(e)+half, float64(n)+half
			if l.shapes[zone].Contains(x, y) && l.At(x, y) == zone {
				visit(e, n)
			}
		}
	}
}
