// Package spread shares noisy counts of antennas out over tiles by expectation-maximisation.
//
// It runs on noisy counts only: one device more in one antenna can move many people between tiles, so the exact counts
// must have left through the door before (methods.md, section 8). Linear is the allocation that is published by default;
// its margins are exact.
package spread

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Link says how surely a device on a tile connects to a cell: P(cell | tile).
type Link struct {
	Cell, Tile int
	P          float64
}

// Map is the links between a number of cells and a number of tiles.
type Map struct {
	cells [][]Link // by cell
	tiles int
	reach []bool // tiles that any cell reaches
}

// New makes the map of cells and tiles that are numbered from 0. A pair that occurs twice would count twice, so it is an
// error (D18).
func New(cells, tiles int, links []Link) (*Map, error) {
	m := &Map{cells: make([][]Link, cells), tiles: tiles, reach: make([]bool, tiles)}
	for _, l := range links {
		if l.Cell < 0 || l.Cell >= cells || l.Tile < 0 || l.Tile >= tiles || !(l.P >= 0 && l.P <= 1) {
			return nil, fmt.Errorf("spread: got cell %d, tile %d, probability %v; want a cell below %d, a tile below %d, and 0 to 1", l.Cell, l.Tile, l.P, cells, tiles)
		}
		if l.P > 0 {
			m.cells[l.Cell] = append(m.cells[l.Cell], l)
			m.reach[l.Tile] = true
		}
	}
	for c, list := range m.cells {
		slices.SortFunc(list, func(a, b Link) int { return cmp.Compare(a.Tile, b.Tile) })
		for i := 1; i < len(list); i++ {
			if list[i].Tile == list[i-1].Tile {
				return nil, fmt.Errorf("spread: cell %d has tile %d twice; give each pair once", c, list[i].Tile)
			}
		}
	}
	return m, nil
}

// Options of EM.
type Options struct {
	// Least and Most are how many steps are made at least and at most. Defaults 10 and 50: the first steps from a flat start
	// can be almost still, and without an end small counts are over-fitted (methods.md, section 8).
	Least, Most int
	// Tolerance ends it: a step that changes at most this share of all devices is the last. Default 0.01.
	Tolerance float64
	// SD is the standard deviation of the noise of each count. 0 for none: then the counts pull alone.
	SD float64
	// Prior is how people are taken to be spread, by tile; it is scaled to a sum of 1. Default the same on every tile that
	// a cell reaches.
	Prior []float64
}

// EnsureDefaults fills what is zero.
func (o *Options) EnsureDefaults() {
	if o.Least == 0 {
		o.Least = 10
	}
	if o.Most == 0 {
		o.Most = 50
	}
	if o.Tolerance == 0 {
		o.Tolerance = .01
	}
}

// Result is where people are taken to be.
type Result struct {
	People     []float64 // by tile; their sum is the signed sum of the located counts
	Iterations int
	Unlocated  float64 // devices at cells that reach no tile: a count like any other, not lost (D17)
}

// EM spreads the counts of cells over tiles. With noise, each step is pulled towards the prior by alpha = min(1, r^2/2),
// where r is the noise of all counts over all devices. It always starts from the prior: a warm start would make the
// result depend on the hour before.
func (m *Map) EM(counts []float64, o Options) Result {
	o.EnsureDefaults()
	var out Result
	work := make([]float64, m.longest())
	n, total, signed := make([]float64, len(m.cells)), 0.0, 0.0
	for c, v := range counts {
		if len(m.cells[c]) == 0 {
			out.Unlocated += v
			continue
		}
		n[c] = math.Max(0, v)
		total += n[c]
		signed += v
	}
	prior := m.prior(o.Prior)
	out.People = make([]float64, m.tiles)
	if total == 0 {
		return out
	}
	for t, p := range prior {
		out.People[t] = total * p
	}
	r := o.SD * float64(len(m.cells)) / total
	alpha := math.Min(1, r*r/2)
	for next := make([]float64, m.tiles); out.Iterations < o.Most; {
		m.step(n, out.People, next, work)
		change := 0.0
		for t := range next {
			next[t] = (next[t] + alpha*total*prior[t]) / (1 + alpha)
			change += math.Abs(next[t] - out.People[t])
		}
		out.People, next = next, out.People
		out.Iterations++
		if out.Iterations >= o.Least && change <= o.Tolerance*total {
			break
		}
	}
	for t := range out.People {
		out.People[t] *= signed / total
	}
	return out
}

// prior is the given prior, or a flat one on the tiles that are reached, with the sum 1. Where nothing is reached, nobody is.
func (m *Map) prior(given []float64) []float64 {
	prior, sum := make([]float64, m.tiles), 0.0
	for t := range prior {
		if m.reach[t] {
			prior[t] = 1
			if given != nil {
				prior[t] = given[t]
			}
			sum += prior[t]
		}
	}
	if sum == 0 && given != nil {
		return m.prior(nil)
	}
	for t := range prior {
		if sum > 0 {
			prior[t] /= sum
		}
	}
	return prior
}

// Step is one step of Shepp and Vardi (1982): the devices of each cell are shared out over its tiles in proportion to the
// probability times the people there so far. On counts of one class and the people of all it gives the people of the class.
// The devices of a cell that nobody can have reached are lost.
func (m *Map) Step(counts, people []float64) []float64 {
	next := make([]float64, m.tiles)
	m.step(counts, people, next, make([]float64, m.longest()))
	return next
}

// step is Step into a slice that there is; work has room for the tiles of a cell.
func (m *Map) step(counts, people, next, work []float64) {
	clear(next)
	for c, links := range m.cells {
		if counts[c] == 0 {
			continue
		}
		sum, weight := 0.0, work[:len(links)]
		for i, l := range links {
			weight[i] = l.P * people[l.Tile]
			sum += weight[i]
		}
		if sum == 0 {
			continue
		}
		each := counts[c] / sum
		for i, l := range links {
			next[l.Tile] += each * weight[i]
		}
	}
}

// longest is how many tiles a cell reaches at most.
func (m *Map) longest() int {
	n := 0
	for _, links := range m.cells {
		n = max(n, len(links))
	}
	return n
}

// Linear shares the counts out by Q(tile | cell), the probability times the prior over its sum: linear, so that the
// variance of the noise carries over exactly. A cell whose prior vanishes everywhere takes a flat one.
func (m *Map) Linear(counts, prior []float64) []float64 {
	out := make([]float64, m.tiles)
	for c, links := range m.cells {
		weight := func(l Link) float64 {
			if prior == nil {
				return l.P
			}
			return l.P * prior[l.Tile]
		}
		sum, flat := 0.0, 0.0
		for _, l := range links {
			sum, flat = sum+weight(l), flat+l.P
		}
		for _, l := range links {
			if sum > 0 {
				out[l.Tile] += counts[c] * weight(l) / sum
			} else {
				out[l.Tile] += counts[c] * l.P / flat
			}
		}
	}
	return out
}
