package antenna

import (
	"cmp"
	"math"
	"slices"
)

// Hull is the convex hull of the centres of the tiles of a footprint, for the distances of the reference pipeline only,
// which takes a hull that is nearly convex; ours are between the centres themselves (Footprint.Distance).
type Hull struct{ corners [][2]float64 } // counter-clockwise; one or two when the points lie in a line

// HullOf is the hull of points in metres.
func HullOf(points [][2]float64) Hull {
	p := slices.Clone(points)
	slices.SortFunc(p, func(a, b [2]float64) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) })
	p = slices.Compact(p)
	if len(p) < 3 {
		return Hull{p}
	}
	half := func(list [][2]float64) [][2]float64 { // Andrew's monotone chain
		var h [][2]float64
		for _, q := range list {
			for len(h) > 1 && cross(h[len(h)-2], h[len(h)-1], q) <= 0 {
				h = h[:len(h)-1]
			}
			h = append(h, q)
		}
		return h[:len(h)-1]
	}
	lower := half(p)
	slices.Reverse(p)
	return Hull{append(lower, half(p)...)}
}

// cross is twice the area of the triangle o, a, b; positive when it turns left.
func cross(o, a, b [2]float64) float64 {
	return (a[0]-o[0])*(b[1]-o[1]) - (a[1]-o[1])*(b[0]-o[0])
}

// Distance is how far apart two hulls are, in metres: 0 when they touch or either is empty.
func (h Hull) Distance(o Hull) float64 {
	if len(h.corners) == 0 || len(o.corners) == 0 || h.contains(o.corners[0]) || o.contains(h.corners[0]) {
		return 0
	}
	least := math.Inf(1)
	for i := range h.corners {
		for k := range o.corners {
			least = math.Min(least, segments(h.edge(i), o.edge(k)))
		}
	}
	return least
}

func (h Hull) edge(i int) [2][2]float64 {
	return [2][2]float64{h.corners[i], h.corners[(i+1)%len(h.corners)]}
}

// contains reports whether a point lies inside a hull with an inside.
func (h Hull) contains(p [2]float64) bool {
	for i := range h.corners {
		if e := h.edge(i); cross(e[0], e[1], p) < 0 {
			return false
		}
	}
	return len(h.corners) > 2
}

// segments is the distance of two segments.
func segments(a, b [2][2]float64) float64 {
	d1, d2 := cross(a[0], a[1], b[0]), cross(a[0], a[1], b[1])
	d3, d4 := cross(b[0], b[1], a[0]), cross(b[0], b[1], a[1])
	if d1*d2 < 0 && d3*d4 < 0 {
		return 0
	}
	return math.Min(math.Min(toSegment(a[0], b), toSegment(a[1], b)), math.Min(toSegment(b[0], a), toSegment(b[1], a)))
}

func toSegment(p [2]float64, s [2][2]float64) float64 {
	dx, dy := s[1][0]-s[0][0], s[1][1]-s[0][1]
	t := 0.0
	if l := dx*dx + dy*dy; l > 0 {
		t = math.Max(0, math.Min(1, ((p[0]-s[0][0])*dx+(p[1]-s[0][1])*dy)/l))
	}
	return math.Hypot(p[0]-s[0][0]-t*dx, p[1]-s[0][1]-t*dy)
}
