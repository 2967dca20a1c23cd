// Package bound keeps at most k contributions of each device.
package bound

import "github.com/throng-stats/throng/population"

// Bound is what one unit can add to one table at most.
type Bound = population.Bound

// Table is a table of a statistic with its bound.
type Table = population.Table

// seen is a set of cells that answers "certainly not yet" or "perhaps": a bit each, by Fibonacci hashing (Knuth, The Art
// of Computer Programming, 6.4).
type seen [8]uint64

// add puts a cell in and reports whether it may have been there.
func (s *seen) add(cell uint64) bool {
	at := cell * 0x9e3779b97f4a7c15 >> 55
	before := s[at/64]
	s[at/64] = before | 1<<(at%64)
	return before>>(at%64)&1 == 1
}

// Keep returns in the same memory what of a unit's contributions to one table is counted: at most b.Cells different
// cells, each at most b.PerCell times, what came first is kept. So the squared L2 norm of what is counted is at most
// b.D2(), whatever the statistic emitted. The choice depends on the unit's own contributions alone.
func Keep(cells []uint64, b Bound) []uint64 {
	kept := cells[:0]
	distinct := 0
	var before seen // spares nearly every cell the comparison with all that are kept
	for _, c := range cells {
		times := 0
		if before.add(c) {
			times = count(kept, c)
		}
		switch {
		case times >= b.PerCell:
			continue
		case times == 0:
			if distinct == b.Cells {
				continue
			}
			distinct++
		}
		kept = append(kept, c)
	}
	return kept
}

func count(kept []uint64, c uint64) int {
	n := 0
	for _, k := range kept {
		if k == c {
			n++
		}
	}
	return n
}
