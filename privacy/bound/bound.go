// Package bound keeps at most k contributions of each device.
package bound

import "github.com/throng-stats/throng/population"

// Bound is what one unit can add to one table at most.
type Bound = population.Bound

// Keep returns in the same memory what of a unit's contributions to one table is counted: at most b.Cells different
// cells, each at most b.PerCell times, what came first is kept. So the squared L2 norm of what is counted is at most
// b.D2(), whatever the statistic emitted. The choice depends on the unit's own contributions alone.
func Keep(cells []uint64, b Bound) []uint64 {
	kept := cells[:0]
	distinct := 0
	for _, c := range cells {
		times := 0
		for _, k := range kept {
			if k == c {
				times++
			}
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
