package antenna

import "math"

// listener finds the cells that are heard at a point by the model. It keeps its memory from point to point.
type listener struct {
	survey *survey
	chosen []int32 // cells that are within range somewhere in the patch at hand; not bare
	within []candidate
	list   []heard
}

// candidate is a cell within range of the point at hand.
type candidate struct {
	cell   int32
	dx, dy float64
	ahead  float64 // dBm
	most   float64 // dBm, an upper bound
}

// choose lists the cells near that are within range of any point of a patch.
func (l *listener) choose(near []int32, low, high [2]float64) {
	l.chosen = l.chosen[:0]
	for _, i := range near {
		if l.survey.bare[i] {
			continue
		}
		m := &l.survey.masts[i]
		dx := math.Max(0, math.Max(low[0]-m.x, m.x-high[0]))
		dy := math.Max(0, math.Max(low[1]-m.y, m.y-high[1]))
		if dx*dx+dy*dy <= m.reach2*(1+1e-9) { // a little more than the range: rounding decides nothing here
			l.chosen = append(l.chosen, i)
		}
	}
}

// modelled lists the cells that are heard at a point by the model. Those that pruning would drop in any case are left out
// without looking at their beams: a cell is at most as strong as its bound, and the best of the point is at least as strong
// as any cell that has been looked at, the one with the highest bound first.
func (l *listener) modelled(list []heard, x, y float64) []heard {
	top := l.reach(x, y)
	if top < 0 {
		return list
	}
	best := l.strength(top)
	list = append(list, heard{cell: l.within[top].cell, s: Dominance(best)})
	least := leastBeside(list[0].s)
	for k := range l.within {
		if k == top || !(l.within[k].most >= least) {
			continue
		}
		strength := l.strength(k)
		if !(strength >= least) {
			continue
		}
		s := Dominance(strength)
		list = append(list, heard{cell: l.within[k].cell, s: s})
		if strength > best {
			best, least = strength, leastBeside(s)
		}
	}
	return list
}

// reach lists the candidates of a point and returns the one with the highest bound, -1 when there is none.
func (l *listener) reach(x, y float64) (top int) {
	l.within, top = l.within[:0], -1
	var logOf, height, log float64 // the sectors of a site stand at one height in one place
	known := false
	for _, i := range l.chosen {
		m := &l.survey.masts[i]
		dx, dy := x-m.x, y-m.y
		d2 := dx*dx + dy*dy
		if d2 > m.reach2 {
			continue
		}
		if !known || d2 != logOf || m.height != height {
			logOf, height, log, known = d2, m.height, m.log(d2), true
		}
		ahead := m.start - m.slope*log
		c := candidate{i, dx, dy, ahead, m.atMost(dx, dy, ahead)}
		l.within = append(l.within, c)
		if top < 0 || c.most > l.within[top].most {
			top = len(l.within) - 1
		}
	}
	return top
}

func (l *listener) strength(k int) float64 {
	c := &l.within[k]
	return l.survey.masts[c.cell].strength(c.dx, c.dy, c.ahead)
}

// leastBeside is the strength below which pruning drops a cell beside one of that dominance: a hair less.
func leastBeside(s float64) float64 {
	return math.Max(strengthOf(leastDominance), strengthOf(leastOfBest/100.0*s)) - hair
}
