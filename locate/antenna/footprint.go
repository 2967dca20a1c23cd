package antenna

import (
	"cmp"
	"math"
	"slices"

	"github.com/throng-stats/throng/locate/area"
)

// Pruning of footprints (methods, section 5): how sure a signal must be at least, which share of the best of its tile it
// must reach, and how many cells a tile keeps.
const (
	leastDominance = 0.01
	leastOfBest    = 90 // percent
	mostCells      = 10
)

// nearestReach is how far, in metres, the ground of a bare site goes.
const nearestReach = 5_000

// Pair says that a cell is heard on a tile: S is its signal dominance, P the probability that a device on the tile
// connects to it. The P of a tile sum to 1.
type Pair struct {
	Cell int32 // index into the cells, which are sorted by id
	S, P float64
}

// Footprint is what all cells hear, tile by tile.
type Footprint struct {
	Side  int32
	Tiles [][2]int32 // lower left corners (E, N), metres, ascending
	Pairs [][]Pair   // by tile, ascending by cell
}

// heard is a pair on its way into a Footprint.
type heard struct {
	e, n int32
	cell int32
	s    float64
}

// survey holds the cells in the plane while their footprints are made.
type survey struct {
	side   int32
	x, y   []float64
	radios []Radio
	masts  []mast
	bare   []bool
	site   []int32
	atSite [][]int32 // bare cells by site; nil when no cell is bare
}

// Footprints works out where each cell is heard. Cells are sorted by id. Cells that are heard nowhere after pruning are
// heard on the tile where they stand; their number is returned.
func Footprints(cells []Cell, plane area.Plane, side int32) (f *Footprint, orphans int) {
	return newSurvey(cells, plane, side).footprint()
}

func newSurvey(cells []Cell, plane area.Plane, side int32) *survey {
	v := &survey{side: side, x: make([]float64, len(cells)), y: make([]float64, len(cells)),
		radios: make([]Radio, len(cells)), masts: make([]mast, len(cells)), bare: make([]bool, len(cells))}
	for i, c := range cells {
		v.x[i], v.y[i] = plane.Forward(c.Lat, c.Lon)
		v.radios[i], v.bare[i] = c.Radio(), c.isBare()
		if v.bare[i] {
			v.radios[i].Range = nearestReach
		}
		v.masts[i] = newMast(&v.radios[i], v.x[i], v.y[i])
	}
	v.site = sitesOf(cells, v.x, v.y)
	for i := range cells {
		if v.bare[i] {
			if v.atSite == nil {
				v.atSite = make([][]int32, countOf(v.site))
			}
			v.atSite[v.site[i]] = append(v.atSite[v.site[i]], int32(i))
		}
	}
	return v
}

// footprint goes over the ground in squares as large as the longest range, so that only cells of a square and its eight
// neighbours matter in it.
func (v *survey) footprint() (*Footprint, int) {
	reach := float64(v.side)
	for _, r := range v.radios {
		reach = math.Max(reach, r.Range)
	}
	square := int32(math.Ceil(reach/float64(v.side))) * v.side
	cellsIn := make(map[[2]int32][]int32)
	for i := range v.x {
		e, n := area.Corner(v.x[i], v.y[i], square)
		cellsIn[[2]int32{e, n}] = append(cellsIn[[2]int32{e, n}], int32(i))
	}
	var all []heard
	for _, at := range around(cellsIn, square) {
		var near []int32
		for _, de := range [3]int32{-square, 0, square} {
			for _, dn := range [3]int32{-square, 0, square} {
				near = append(near, cellsIn[[2]int32{at[0] + de, at[1] + dn}]...)
			}
		}
		slices.Sort(near)
		all = v.square(all, at, square, near)
	}
	all, orphans := v.addOrphans(all)
	return assemble(all, v.side), orphans
}

// around lists the squares with cells and their neighbours.
func around(cellsIn map[[2]int32][]int32, square int32) [][2]int32 {
	wanted := make(map[[2]int32]bool)
	for at := range cellsIn {
		for de := int32(-1); de <= 1; de++ {
			for dn := int32(-1); dn <= 1; dn++ {
				wanted[[2]int32{at[0] + de*square, at[1] + dn*square}] = true
			}
		}
	}
	list := make([][2]int32, 0, len(wanted))
	for at := range wanted {
		list = append(list, at)
	}
	slices.SortFunc(list, compareTiles)
	return list
}

func compareTiles(a, b [2]int32) int {
	if a[0] != b[0] {
		return cmp.Compare(a[0], b[0])
	}
	return cmp.Compare(a[1], b[1])
}

// patch is the side, in tiles, of the parts of a square whose tiles share one list of cells within range.
const patch = 8

func (v *survey) square(all []heard, at [2]int32, square int32, near []int32) []heard {
	half := float64(v.side) / 2
	l := &listener{survey: v}
	for e0 := at[0]; e0 < at[0]+square; e0 += patch * v.side {
		for n0 := at[1]; n0 < at[1]+square; n0 += patch * v.side {
			e1, n1 := min(e0+patch*v.side, at[0]+square), min(n0+patch*v.side, at[1]+square)
			l.choose(near, [2]float64{float64(e0), float64(n0)}, [2]float64{float64(e1), float64(n1)})
			for e := e0; e < e1; e += v.side {
				for n := n0; n < n1; n += v.side {
					x, y := float64(e)+half, float64(n)+half
					l.list = v.bareAt(l.modelled(l.list[:0], x, y), x, y, near)
					for _, h := range prune(l.list, mostCells) {
						h.e, h.n = e, n
						all = append(all, h)
					}
				}
			}
		}
	}
	return all
}

// bareAt adds the bare cells of the site that is nearest to a point. Distances are compared in whole millimetres, ties go
// to the smaller site.
func (v *survey) bareAt(list []heard, x, y float64, near []int32) []heard {
	if v.atSite == nil {
		return list
	}
	nearest, site := math.Inf(1), int32(-1)
	for _, i := range near {
		d := math.Round(math.Hypot(x-v.x[i], y-v.y[i]) * 1000)
		if d < nearest || d == nearest && v.site[i] < site {
			nearest, site = d, v.site[i]
		}
	}
	if nearest > nearestReach*1000 {
		return list
	}
	for _, i := range v.atSite[site] {
		list = append(list, heard{cell: i, s: 1})
	}
	return list
}

// prune keeps, of the cells that are heard on one tile, those that are sure enough, near enough to the best, and at most
// the given number; better ones first, ties by cell id.
func prune(list []heard, most int) []heard { return pruneTo(list, leastDominance, leastOfBest, most) }

func pruneTo(list []heard, least, ofBest float64, most int) []heard {
	list = slices.DeleteFunc(list, func(h heard) bool { return h.s <= least })
	slices.SortFunc(list, func(a, b heard) int { return cmp.Or(cmp.Compare(b.s, a.s), cmp.Compare(a.cell, b.cell)) })
	for i, h := range list {
		if i == most || i > 0 && 100*h.s/list[0].s < ofBest { // the best is kept: 100 s/s may round to less than 100
			return list[:i]
		}
	}
	return list
}

// addOrphans puts cells that nobody hears on the tile where they stand (D17).
func (v *survey) addOrphans(all []heard) ([]heard, int) {
	isHeard := make([]bool, len(v.x))
	for _, h := range all {
		isHeard[h.cell] = true
	}
	orphans := 0
	for i, ok := range isHeard {
		if !ok {
			e, n := area.Corner(v.x[i], v.y[i], v.side)
			all = append(all, heard{e, n, int32(i), 1})
			orphans++
		}
	}
	return all, orphans
}

// assemble groups pairs by tile and works out P.
func assemble(all []heard, side int32) *Footprint {
	slices.SortFunc(all, compareHeard)
	f := &Footprint{Side: side}
	room := make([]Pair, 0, len(all)) // of the pairs of all tiles
	for i := 0; i < len(all); {
		k, sum := i, 0.0
		for ; k < len(all) && all[k].e == all[i].e && all[k].n == all[i].n; k++ {
			sum += all[k].s
		}
		from := len(room)
		for _, h := range all[i:k] {
			room = append(room, Pair{Cell: h.cell, S: h.s, P: h.s / sum})
		}
		f.Tiles = append(f.Tiles, [2]int32{all[i].e, all[i].n})
		f.Pairs = append(f.Pairs, room[from:len(room):len(room)])
		i = k
	}
	return f
}

// compareHeard orders by tile and cell.
func compareHeard(a, b heard) int {
	switch {
	case a.e != b.e:
		return cmp.Compare(a.e, b.e)
	case a.n != b.n:
		return cmp.Compare(a.n, b.n)
	}
	return cmp.Compare(a.cell, b.cell)
}

// Posterior is, by tile and pair, the probability Q that a device which connects to the cell is on the tile, for a prior by
// tile. A cell whose prior is 0 wherever it is heard gets the uniform one; the number of such cells is returned.
func (f *Footprint) Posterior(prior []float64, cells int) (q [][]float64, fallbacks int) {
	sum, flat := make([]float64, cells), make([]float64, cells)
	for t, pairs := range f.Pairs {
		for _, p := range pairs {
			sum[p.Cell] += p.P * prior[t]
			flat[p.Cell] += p.P
		}
	}
	q = make([][]float64, len(f.Pairs))
	var room []float64 // of the numbers of some tiles
	for t, pairs := range f.Pairs {
		if len(pairs) > len(room) {
			room = make([]float64, max(4096, len(pairs)))
		}
		q[t], room = room[:len(pairs):len(pairs)], room[len(pairs):]
		for k, p := range pairs {
			if sum[p.Cell] > 0 {
				q[t][k] = p.P * prior[t] / sum[p.Cell]
			} else {
				q[t][k] = p.P / flat[p.Cell]
			}
		}
	}
	for i := range sum {
		if sum[i] == 0 && flat[i] > 0 {
			fallbacks++
		}
	}
	return q, fallbacks
}
