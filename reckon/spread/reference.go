package spread

import "math"

// Reference spreads counts as multimno 1.0.0 does, for comparison only: it starts with all devices evenly over all tiles,
// located or not, ends when a step changes less than below devices in absolute terms (D12) or after most steps, and a
// pair listed twice counts twice (D18). After the first step only the tiles that some cell with devices is linked to are
// left, and only their change counts: reached says which. Without a step all tiles are.
func Reference(cells, tiles int, links []Link, counts []float64, most int, below float64) (people []float64, reached []bool, iterations int) {
	byCell := make([][]Link, cells)
	total := 0.0
	for _, n := range counts {
		total += n
	}
	people, reached = make([]float64, tiles), make([]bool, tiles)
	for t := range people {
		people[t], reached[t] = total/float64(tiles), true
	}
	linked := make([]bool, tiles)
	for _, l := range links {
		if counts[l.Cell] > 0 {
			byCell[l.Cell] = append(byCell[l.Cell], l)
			linked[l.Tile] = true
		}
	}
	m := &Map{cells: byCell, tiles: tiles}
	for iterations < most {
		next, change := m.Step(counts, people), 0.0
		for t := range next {
			if linked[t] {
				change += math.Abs(next[t] - people[t])
			}
		}
		people, reached = next, linked
		iterations++
		if change < below {
			break
		}
	}
	return people, reached, iterations
}
