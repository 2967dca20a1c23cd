package area

import (
	"fmt"
	"math"

	"github.com/paulmach/orb"
)

// MaxVertices is how many vertices a drawn perimeter may have, all rings together.
const MaxVertices = 1000

// CheckPerimeter refuses what cannot be answered: a shape in degrees (longitude, latitude) must have closed rings of at
// least three corners, at most MaxVertices vertices, edges of at most 180 degrees that stay on one side of the
// antimeridian, ground inside, and rings that neither cross nor touch themselves or each other, holes inside.
func CheckPerimeter(shape orb.MultiPolygon) error {
	if len(shape) == 0 {
		return fmt.Errorf("perimeter: got no polygon; draw one with at least three corners")
	}
	vertices := 0
	for i, polygon := range shape {
		if len(polygon) == 0 {
			return fmt.Errorf("perimeter: polygon %d has no ring; leave it out", i+1)
		}
		for k, ring := range polygon {
			vertices += len(ring)
			if vertices > MaxVertices {
				return fmt.Errorf("perimeter: got more than %d vertices; simplify the line", MaxVertices)
			}
			if err := checkRing(ring); err != nil {
				return fmt.Errorf("perimeter: ring %d of polygon %d %w", k+1, i+1, err)
			}
		}
	}
	if err := checkSimple(shape); err != nil {
		return err
	}
	return checkNesting(shape)
}

func checkRing(ring orb.Ring) error {
	if len(ring) < 4 {
		return fmt.Errorf("has %d positions, want at least 4, the last equal to the first", len(ring))
	}
	if ring[0] != ring[len(ring)-1] {
		return fmt.Errorf("is not closed; repeat the first position at its end")
	}
	for i, at := range ring {
		if !(math.Abs(at[0]) <= 180 && math.Abs(at[1]) <= 90) {
			return fmt.Errorf("has the position %.8g, %.8g, want longitude -180..180 and latitude -90..90 in degrees", at[0], at[1])
		}
		if i > 0 && at == ring[i-1] {
			return fmt.Errorf("repeats position %d; leave it out once", i)
		}
		if i > 0 && math.Abs(at[0]-ring[i-1][0]) > 180 {
			return fmt.Errorf("has an edge longer than 180 degrees; cut it at the antimeridian into two polygons")
		}
	}
	// 1e-12 square degrees are about a square centimetre.
	if math.Abs(signedArea(ring)) < 1e-12 {
		return fmt.Errorf("has no ground inside; move a corner off the line")
	}
	return nil
}

// sideOf names one edge by its ring, its place in the ring and how many edges the ring has, so that neighbours are known.
type sideOf struct{ ring, at, of int }

func checkSimple(shape orb.MultiPolygon) error {
	var sides []segment
	var names []sideOf
	ring := 0
	for _, polygon := range shape {
		for _, r := range polygon {
			for i := 1; i < len(r); i++ {
				sides = append(sides, segment{a: r[i-1], b: r[i]})
				names = append(names, sideOf{ring, i - 1, len(r) - 1})
			}
			ring++
		}
	}
	for i := range sides {
		for k := i + 1; k < len(sides); k++ {
			if meetWrongly(sides[i], sides[k], names[i], names[k]) {
				at := sides[k].a
				return fmt.Errorf("perimeter: two edges cross or touch near %.5f, %.5f; draw a line that does not meet itself", at[0], at[1])
			}
		}
	}
	return nil
}

// meetWrongly reports whether two edges share more than the one corner that neighbours share.
func meetWrongly(s, t segment, sn, tn sideOf) bool {
	if !s.meets(t) {
		return false
	}
	follows := sn.ring == tn.ring && tn.at == sn.at+1
	precedes := sn.ring == tn.ring && sn.at == 0 && tn.at == sn.of-1
	switch {
	case follows:
		return turnsBack(s.a, s.b, t.b)
	case precedes:
		return turnsBack(t.a, t.b, s.b)
	}
	return true
}

// turnsBack reports whether the way from a over b to c runs back over itself.
func turnsBack(a, b, c orb.Point) bool {
	dot := (b[0]-a[0])*(c[0]-b[0]) + (b[1]-a[1])*(c[1]-b[1])
	return turn(a, b, c) == 0 && dot < 0
}

func turn(a, b, c orb.Point) float64 {
	return (b[0]-a[0])*(c[1]-a[1]) - (b[1]-a[1])*(c[0]-a[0])
}

// meets reports whether two segments have a point in common.
func (s segment) meets(t segment) bool {
	if math.Max(s.a[0], s.b[0]) < math.Min(t.a[0], t.b[0]) || math.Max(t.a[0], t.b[0]) < math.Min(s.a[0], s.b[0]) ||
		math.Max(s.a[1], s.b[1]) < math.Min(t.a[1], t.b[1]) || math.Max(t.a[1], t.b[1]) < math.Min(s.a[1], s.b[1]) {
		return false
	}
	return turn(s.a, s.b, t.a)*turn(s.a, s.b, t.b) <= 0 && turn(t.a, t.b, s.a)*turn(t.a, t.b, s.b) <= 0
}

// checkNesting relies on rings that do not meet: one corner then tells where the whole ring lies.
func checkNesting(shape orb.MultiPolygon) error {
	inside := func(p orb.Point, ring orb.Ring) bool {
		return Contains(orb.MultiPolygon{{ring}}, p[0], p[1])
	}
	for i, polygon := range shape {
		for k, hole := range polygon[1:] {
			if !inside(hole[0], polygon[0]) {
				return fmt.Errorf("perimeter: hole %d of polygon %d lies outside it; draw it as a polygon of its own or leave it out", k+1, i+1)
			}
			for j, other := range polygon[1:] {
				if j != k && inside(hole[0], other) {
					return fmt.Errorf("perimeter: hole %d of polygon %d lies in another hole; leave it out", k+1, i+1)
				}
			}
		}
		for j, other := range shape {
			if j != i && inside(polygon[0][0], other[0]) {
				return fmt.Errorf("perimeter: polygon %d lies in polygon %d; leave it out, or draw a hole", i+1, j+1)
			}
		}
	}
	return nil
}
