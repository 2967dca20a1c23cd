package area

import (
	"cmp"
	"math"
	"slices"

	"github.com/paulmach/orb"
)

// negligible is the share of a tile below which it counts as untouched, and the distance from 1 at which it counts as
// whole. The sums below round at about 1e-15 a vertex, so a thousand vertices stay three digits below it.
const negligible = 1e-12

// Coverage reports every tile that a shape touches and which share of the tile, 0 to 1, lies inside. The shape is in the
// plane; holes are taken out; polygons of one shape do not overlap. Tiles come row by row from the south, each row from
// the west. Work grows with the tiles of the shape's box: bound what strangers draw with CoverageWithin.
func Coverage(shape orb.MultiPolygon, side int32, emit func(e, n int32, share float64)) {
	CoverageWithin(shape, side, shape.Bound(), emit)
}

// CoverageWithin is Coverage, but for the tiles that meet a window of the plane alone.
//
// It is the exact signed-area scan of font rasterisers: each edge adds, to the tiles of the rows that it crosses, the
// ground between itself and the right end of the row, downward edges with plus and upward edges with minus.
func CoverageWithin(shape orb.MultiPolygon, side int32, window orb.Bound, emit func(e, n int32, share float64)) {
	window = meet(window, shape.Bound())
	if window.IsEmpty() || side <= 0 {
		return
	}
	e0, n0 := Corner(window.Min[0], window.Min[1], side)
	s := float64(side)
	cols := int(math.Ceil((window.Max[0] - float64(e0)) / s))
	rows := int(math.Ceil((window.Max[1] - float64(n0)) / s))
	edges := upward(shape, float64(e0), float64(n0), s)
	line := scanLine{area: make([]float64, cols), cover: make([]float64, cols+1)}
	var active []edge
	for row, next := 0, 0; row < rows; row++ {
		for ; next < len(edges) && edges[next].y0 < float64(row+1); next++ {
			active = append(active, edges[next])
		}
		active = slices.DeleteFunc(active, func(one edge) bool { return one.y1 <= float64(row) })
		for _, one := range active {
			line.add(one.clip(float64(row), float64(row+1)))
		}
		line.flush(func(col int, share float64) {
			emit(e0+int32(col)*side, n0+int32(row)*side, share)
		})
	}
}

func meet(a, b orb.Bound) orb.Bound {
	return orb.Bound{
		Min: orb.Point{math.Max(a.Min[0], b.Min[0]), math.Max(a.Min[1], b.Min[1])},
		Max: orb.Point{math.Min(a.Max[0], b.Max[0]), math.Min(a.Max[1], b.Max[1])},
	}
}

// edge is one side of a ring in tile units, turned so that y0 < y1. sign is +1 when the ring goes down along it, that is,
// when the ground of the polygon lies to its right.
type edge struct{ x0, y0, x1, y1, sign float64 }

// upward lists the edges of a shape by their lower end; level edges add nothing and are left out.
func upward(shape orb.MultiPolygon, x0, y0, side float64) []edge {
	var edges []edge
	eachEdge(shape, func(a, b orb.Point, sign float64) {
		one := edge{(a[0] - x0) / side, (a[1] - y0) / side, (b[0] - x0) / side, (b[1] - y0) / side, -sign}
		if one.y0 > one.y1 {
			one = edge{one.x1, one.y1, one.x0, one.y0, sign}
		}
		if one.y0 < one.y1 {
			edges = append(edges, one)
		}
	})
	slices.SortStableFunc(edges, func(a, b edge) int { return cmp.Compare(a.y0, b.y0) })
	return edges
}

// clip keeps the part of an edge between two heights.
func (e edge) clip(low, high float64) edge {
	part := e
	slope := (e.x1 - e.x0) / (e.y1 - e.y0)
	if e.y0 < low {
		part.x0, part.y0 = e.x0+(low-e.y0)*slope, low
	}
	if e.y1 > high {
		part.x1, part.y1 = e.x0+(high-e.y0)*slope, high
	}
	return part
}

// scanLine gathers one row of tiles: area is what an edge adds to the tile that it crosses, cover what it adds to every
// tile from there to the right.
type scanLine struct{ area, cover []float64 }

func (l *scanLine) add(e edge) {
	height, left, right := e.y1-e.y0, math.Min(e.x0, e.x1), math.Max(e.x0, e.x1)
	cols := len(l.area)
	if left >= float64(cols) {
		return
	}
	if right <= 0 {
		l.cover[0] += e.sign * height
		return
	}
	if right-left < 1e-12 {
		col := min(int(left), cols-1)
		l.piece(max(col, 0), e.sign*height, left)
		return
	}
	perX := e.sign * height / (right - left)
	if left < 0 {
		l.cover[0] += perX * -left
		left = 0
	}
	for col := int(left); col < cols && float64(col) < right; col++ {
		from, to := math.Max(left, float64(col)), math.Min(right, float64(col+1))
		l.piece(col, perX*(to-from), (from+to)/2)
	}
}

// piece adds a part of an edge that stays in one column; x is its middle.
func (l *scanLine) piece(col int, height, x float64) {
	l.area[col] += height * (float64(col+1) - x)
	l.cover[col+1] += height
}

// flush reports the tiles of the row that are touched and clears the line.
func (l *scanLine) flush(emit func(col int, share float64)) {
	sum := 0.0
	for col := range l.area {
		sum += l.cover[col]
		share := sum + l.area[col]
		switch {
		case share >= 1-negligible:
			emit(col, 1)
		case share > negligible:
			emit(col, share)
		}
	}
	clear(l.area)
	clear(l.cover)
}
