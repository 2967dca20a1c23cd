package city

// Ring is a closed line without its repeated last point: counter-clockwise around ground, clockwise around a hole.
type Ring []Point

// Area is positive for a counter-clockwise ring, in square metres.
func (r Ring) Area() float64 {
	sum := 0.0
	for i, a := range r {
		b := r[(i+1)%len(r)]
		sum += (a.X-r[0].X)*(b.Y-r[0].Y) - (b.X-r[0].X)*(a.Y-r[0].Y)
	}
	return sum / 2
}

func (r Ring) holds(p Point) bool {
	in := false
	for i, a := range r {
		b := r[(i+1)%len(r)]
		if (a.Y > p.Y) != (b.Y > p.Y) && p.X < (b.X-a.X)*(p.Y-a.Y)/(b.Y-a.Y)+a.X {
			in = !in
		}
	}
	return in
}

// Polygon is one outer ring and its holes.
type Polygon []Ring

// outline returns the polygons of the cells that the function admits. Tidy labels give simple rings.
func (l *lattice) outline(in func(label int16) bool) []Polygon {
	next := map[int]int{} // corner to corner, ground on the left
	var starts []int
	w := l.nx + 1
	edge := func(from, to int) { next[from] = to; starts = append(starts, from) }
	for j := range l.ny {
		for i := range l.nx {
			if !in(l.at(i, j)) {
				continue
			}
			sw, se, ne, nw := j*w+i, j*w+i+1, (j+1)*w+i+1, (j+1)*w+i
			if !in(l.at(i, j-1)) {
				edge(sw, se)
			}
			if !in(l.at(i+1, j)) {
				edge(se, ne)
			}
			if !in(l.at(i, j+1)) {
				edge(ne, nw)
			}
			if !in(l.at(i-1, j)) {
				edge(nw, sw)
			}
		}
	}
	var outer []Polygon
	var holes []Ring
	for _, start := range starts {
		var ring Ring
		for at, ok := next[start]; ok; at, ok = next[start] {
			ring = append(ring, l.corner[start])
			delete(next, start)
			start = at
		}
		switch {
		case len(ring) == 0:
		case ring.Area() > 0:
			outer = append(outer, Polygon{ring})
		default:
			holes = append(holes, ring)
		}
	}
	return fill(outer, holes)
}

// fill puts every hole into the smallest ring around it.
func fill(outer []Polygon, holes []Ring) []Polygon {
	for _, hole := range holes {
		best := -1
		for i, p := range outer {
			if p[0].holds(hole[0]) && (best < 0 || p[0].Area() < outer[best][0].Area()) {
				best = i
			}
		}
		if best >= 0 {
			outer[best] = append(outer[best], hole)
		}
	}
	return outer
}
