package city

import (
	"math"

	"github.com/throng-stats/throng/synth/dice"
)

// jitter is how far a corner of the lattice may be moved, in steps. Below 0.25 the boxes of the corners are disjoint in
// both axes, so every cell is a simple quadrilateral and no two edges cross.
const jitter = 0.24

// outside is the label of lattice cells that belong to no zone.
const outside = -1

// lattice is a square lattice whose corners were moved. A zone is a set of its cells, so zones share borders exactly:
// they share corners, by number.
type lattice struct {
	x0, y0, step float64
	nx, ny       int
	corner       []Point // (nx+1)*(ny+1), whole metres
	label        []int16 // nx*ny, outside or a zone
	calm         []bool  // the cell and its eight neighbours have one label, so no geometry is needed
}

// newLattice puts a lattice of nx by ny cells around a centre. All labels are outside.
func newLattice(centre Point, step float64, nx, ny int, d *dice.Dice) *lattice {
	l := &lattice{
		x0: math.Round(centre.X - step*float64(nx)/2), y0: math.Round(centre.Y - step*float64(ny)/2),
		step: step, nx: nx, ny: ny, label: make([]int16, nx*ny),
	}
	for j := range ny + 1 {
		for i := range nx + 1 {
			l.corner = append(l.corner, Point{
				math.Round(l.x0 + step*(float64(i)+d.Between(-jitter, jitter))),
				math.Round(l.y0 + step*(float64(j)+d.Between(-jitter, jitter))),
			})
		}
	}
	for i := range l.label {
		l.label[i] = outside
	}
	return l
}

// centre is the middle of the undisturbed cell.
func (l *lattice) centre(cell int) Point {
	return Point{l.x0 + l.step*(float64(cell%l.nx)+.5), l.y0 + l.step*(float64(cell/l.nx)+.5)}
}

// at is the label of a cell, outside beyond the rim.
func (l *lattice) at(i, j int) int16 {
	if i < 0 || j < 0 || i >= l.nx || j >= l.ny {
		return outside
	}
	return l.label[j*l.nx+i]
}

// neighbours lists the up to four cells that share an edge with a cell.
func (l *lattice) neighbours(cell int) []int {
	i, j := cell%l.nx, cell/l.nx
	list := make([]int, 0, 4)
	if i > 0 {
		list = append(list, cell-1)
	}
	if i < l.nx-1 {
		list = append(list, cell+1)
	}
	if j > 0 {
		list = append(list, cell-l.nx)
	}
	if j < l.ny-1 {
		list = append(list, cell+l.nx)
	}
	return list
}

// tidy makes every label one connected piece and removes corners at which a zone, or the group of zones that up names,
// touches itself, so that every ring is simple. Nothing changes after the last round.
func (l *lattice) tidy(up func(label int16) int16) {
	self := func(label int16) int16 { return label }
	for range 100 {
		if !l.joinPieces() && !l.openPinches(self) && !l.openPinches(up) {
			break
		}
	}
	l.calm = make([]bool, len(l.label))
	for cell := range l.label {
		i, j, one := cell%l.nx, cell/l.nx, true
		for dj := -1; dj <= 1; dj++ {
			for di := -1; di <= 1; di++ {
				one = one && l.at(i+di, j+dj) == l.label[cell]
			}
		}
		l.calm[cell] = one
	}
}

// joinPieces gives all but the largest piece of every label to a neighbour, and reports whether it did anything.
func (l *lattice) joinPieces() bool {
	piece := make([]int, len(l.label))
	var sizes []int
	largest := map[int16]int{}
	for start := range l.label {
		if piece[start] != 0 {
			continue
		}
		sizes = append(sizes, 0)
		id := len(sizes)
		todo := []int{start}
		piece[start] = id
		for len(todo) > 0 {
			cell := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			sizes[id-1]++
			for _, n := range l.neighbours(cell) {
				if piece[n] == 0 && l.label[n] == l.label[start] {
					piece[n] = id
					todo = append(todo, n)
				}
			}
		}
		if best, ok := largest[l.label[start]]; !ok || sizes[id-1] > sizes[best-1] {
			largest[l.label[start]] = id
		}
	}
	changed := false
	for cell, id := range piece {
		if largest[l.label[cell]] == id {
			continue
		}
		for _, n := range l.neighbours(cell) {
			if piece[n] != id {
				l.label[cell], changed = l.label[n], true
				break
			}
		}
	}
	return changed
}

// openPinches looks for corners where only the two cells of one diagonal have a common group, and gives a third to it.
func (l *lattice) openPinches(up func(int16) int16) bool {
	changed := false
	for j := 0; j+1 < l.ny; j++ {
		for i := 0; i+1 < l.nx; i++ {
			at := j*l.nx + i
			a, b, c, d := up(l.label[at]), up(l.label[at+1]), up(l.label[at+l.nx]), up(l.label[at+l.nx+1])
			switch {
			case a == d && a != b && a != c:
				l.label[at+1], changed = l.label[at], true
			case b == c && b != a && b != d:
				l.label[at], changed = l.label[at+1], true
			}
		}
	}
	return changed
}

// find returns the label of the cell that holds a point.
func (l *lattice) find(p Point) int16 {
	i, j := int(math.Floor((p.X-l.x0)/l.step)), int(math.Floor((p.Y-l.y0)/l.step))
	if i < -1 || j < -1 || i > l.nx || j > l.ny {
		return outside
	}
	if i >= 0 && j >= 0 && i < l.nx && j < l.ny && l.calm[j*l.nx+i] {
		return l.label[j*l.nx+i]
	}
	for dj := -1; dj <= 1; dj++ {
		for di := -1; di <= 1; di++ {
			if l.at(i+di, j+dj) != outside && l.holds(i+di, j+dj, p) {
				return l.at(i+di, j+dj)
			}
		}
	}
	return outside
}

// holds reports whether cell (i, j) contains p, by the crossing rule, in which a shared border belongs to one side.
func (l *lattice) holds(i, j int, p Point) bool {
	w := l.nx + 1
	quad := [4]Point{l.corner[j*w+i], l.corner[j*w+i+1], l.corner[(j+1)*w+i+1], l.corner[(j+1)*w+i]}
	in := false
	for k, a := range quad {
		b := quad[(k+1)%4]
		if (a.Y > p.Y) != (b.Y > p.Y) && p.X < (b.X-a.X)*(p.Y-a.Y)/(b.Y-a.Y)+a.X {
			in = !in
		}
	}
	return in
}
