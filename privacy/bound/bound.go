// Package bound keeps at most k contributions of each device.
package bound

import (
	"slices"

	"github.com/throng-stats/throng/population"
)

// Bound is what one unit can add to one table at most.
type Bound = population.Bound

// Table is a table of a statistic with its bound.
type Table = population.Table

// Amount is what a unit adds to a cell of a table of sums.
type Amount struct {
	Cell  uint64
	Value int64
}

// KeepAmounts returns in the same memory what of a unit's amounts is summed, a cell once: of the first b.Cells different cells
// the sum of what was emitted, each amount and each sum cut to [0, b.PerCell], or to [-b.PerCell, b.PerCell] where the bound is
// Signed; and with b.Total no more than that of all cells together, what came first is kept. So the squared L2 norm of what is
// summed is at most b.D2(), whatever the statistic emitted. The choice depends on the unit's own amounts alone.
func KeepAmounts(amounts []Amount, b Bound) []Amount {
	kept := amounts[:0]
	for _, a := range amounts {
		v := cut(a.Value, b)
		i := slices.IndexFunc(kept, func(k Amount) bool { return k.Cell == a.Cell })
		switch {
		case i >= 0:
			kept[i].Value += v
		case len(kept) < b.Cells:
			kept = append(kept, Amount{a.Cell, v})
		}
	}
	left := int64(b.Total)
	for i := range kept {
		v := cut(kept[i].Value, b)
		if b.Total > 0 {
			v = max(-left, min(left, v))
			left -= max(v, -v)
		}
		kept[i].Value = v
	}
	return kept
}

// cut clamps an amount to what one cell may hold.
func cut(v int64, b Bound) int64 {
	most, least := int64(b.PerCell), int64(0)
	if b.Signed {
		least = -most
	}
	return max(least, min(most, v))
}

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
