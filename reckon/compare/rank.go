package compare

import (
	"cmp"
	"math"
	"slices"
)

// Rank is what the noise leaves of a place in a list: somewhere from Best to Worst, 1 is the largest.
type Rank struct {
	Best, Worst int
	// Group numbers, from 1, the ties: items of different groups are in that order for sure, items of one group may not be.
	Group int
}

// Ranks gives every number of a list its range of ranks, so that with 95 % all true ranks lie in their ranges at once: of n
// intervals, each of 0.95^(1/n), an item ranks behind those whose interval lies above its own, and before those whose interval
// lies below (Klein, Wright, Wieczorek 2020, A joint confidence region for an overall ranking of populations). The noise of
// the numbers is independent.
func Ranks(list []Number) []Rank {
	n := len(list)
	z := normalPoint(.5 + math.Pow(.95, 1/float64(max(1, n)))/2)
	lo := func(i int) float64 { return list[i].Value - z*list[i].SD }
	hi := func(i int) float64 { return list[i].Value + z*list[i].SD }
	ranks, order := make([]Rank, n), make([]int, n)
	for i := range list {
		ranks[i], order[i] = Rank{Best: 1, Worst: n}, i
		for j := range list {
			switch {
			case lo(j) > hi(i):
				ranks[i].Best++
			case hi(j) < lo(i):
				ranks[i].Worst--
			}
		}
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(hi(b), hi(a)), cmp.Compare(a, b)) })
	group, lowest := 0, math.Inf(1)
	for _, i := range order {
		if hi(i) < lowest {
			group++
		}
		lowest = min(lowest, lo(i))
		ranks[i].Group = group
	}
	return ranks
}

// normalPoint is the point of the normal distribution below which p lies, .5 < p < 1, by bisection.
func normalPoint(p float64) float64 {
	lo, hi := 0.0, 10.0
	for range 60 {
		if mid := (lo + hi) / 2; .5*math.Erfc(-mid/math.Sqrt2) < p {
			lo = mid
		} else {
			hi = mid
		}
	}
	return (lo + hi) / 2
}
