package market

import "slices"

// Rules that keep a business from being read off a cell (privacy.md, section 17). They are not differential privacy: they are
// about who sells where, which a declared register says, and not about what anybody bought.
const (
	leastBusinesses = 3
	mostOfOne       = .60 // of a cell's turnover
	mostOfTwo       = .85
)

// Business is one row of the register: who sells what in which zone, and for how much in the year before.
type Business struct {
	Zone, Code int // index among the finest zones, and of the first code
	Name       string
	Turnover   float64 // of any unit, above 0
}

// Merge works out under which code each cell is counted, by zone and first code (Ground.Into): by itself where at least three
// businesses are in it, the largest has at most 60 % and the two largest at most 85 % of its turnover; else under other, with
// everything else of its zone that fails; and not at all where even that fails. It reads the register alone, so that nothing
// of it depends on what was bought. merged and left are how many cells are counted under other and not at all.
func Merge(zones, codes, other int, register []Business) (into [][]int16, merged, left int) {
	cells := make([]map[string]float64, zones*codes)
	for _, b := range register {
		at := b.Zone*codes + b.Code
		if cells[at] == nil {
			cells[at] = map[string]float64{}
		}
		cells[at][b.Name] += b.Turnover
	}
	for zone := range zones {
		of := cells[zone*codes : (zone+1)*codes]
		row, rest := make([]int16, codes), map[string]float64{}
		for code, cell := range of {
			if row[code] = int16(code); code == other || !holds(cell) {
				row[code] = int16(other)
				for name, turnover := range cell {
					rest[name] += turnover
				}
			}
		}
		fails := !holds(rest)
		for code := range row {
			switch {
			case row[code] != int16(other):
			case fails:
				row[code] = -1
				left++
			case code != other:
				merged++
			}
		}
		into = append(into, row)
	}
	return into, merged, left
}

// holds reports whether a cell hides each of its businesses from the others and from the reader.
func holds(cell map[string]float64) bool {
	if len(cell) < leastBusinesses {
		return false
	}
	var sizes []float64
	total := 0.0
	for _, turnover := range cell {
		sizes = append(sizes, turnover)
	}
	slices.Sort(sizes) // and then summed, so that the sum does not depend on the order of a map
	for _, turnover := range sizes {
		total += turnover
	}
	n := len(sizes)
	return sizes[n-1] <= mostOfOne*total && sizes[n-1]+sizes[n-2] <= mostOfTwo*total
}
