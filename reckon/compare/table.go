package compare

import (
	"fmt"
	"math"
	"slices"

	"github.com/throng-stats/throng/release"
)

// Numbers reads from a measured table the number of each code of a dimension, added up over the others: spending by destination
// over all categories. where, if any, keeps one code of a dimension, such as currency EUR. Measured tables have no zones above
// others, so nothing is counted twice; whether their cells may be added up at all is on the page of the method. A cell has
// variance sigma2.
func Numbers(t release.Table, by string, where map[string]string) (codes []string, of []Number, err error) {
	if t.Kind != release.Measured || t.Sparse() {
		return nil, nil, fmt.Errorf("compare: table %s is of kind %s, or lists some of its cells only; want a measured one with every cell", t.Shape.Name, t.Kind)
	}
	column, chosen, keep := -1, 0, make([]int, len(t.Shape.Dims))
	for i, d := range t.Shape.Dims {
		keep[i] = -1
		if d.Name == by {
			column, codes = i, d.Codes
		}
		if code, ok := where[d.Name]; ok {
			if keep[i] = slices.Index(d.Codes, code); keep[i] < 0 {
				return nil, nil, fmt.Errorf("compare: %.40q is no %s of table %s", code, d.Name, t.Shape.Name)
			}
			chosen++
		}
	}
	if column < 0 || chosen < len(where) {
		return nil, nil, fmt.Errorf("compare: table %s has no dimension %.40q, or not all of those to choose from", t.Shape.Name, by)
	}
	of = make([]Number, len(codes))
	at := make([]int, len(t.Shape.Dims))
	for cell, raw := range t.Raw {
		t.Shape.At(uint64(cell), at)
		if !kept(at, keep) {
			continue
		}
		n := &of[at[column]]
		n.Value += float64(raw)
		n.SD += float64(t.Sigma2) // variances until below
	}
	for i := range of {
		of[i].SD = math.Sqrt(of[i].SD)
	}
	return codes, of, nil
}

func kept(at, keep []int) bool {
	for i, k := range keep {
		if k >= 0 && at[i] != k {
			return false
		}
	}
	return true
}

// Standing is a line of a ranking: what a place has, from which to which rank, and which part of all of it.
type Standing struct {
	Code  string
	Of    Number
	Rank  Rank
	Share Ratio
}

// Top ranks codes by their numbers, the largest estimate first: the tourism balance by destination, with ranges of ranks that
// hold at once and shares of all.
func Top(codes []string, of []Number) []Standing {
	ranks := Ranks(of)
	out := make([]Standing, len(codes))
	for i, code := range codes {
		rest := Plus(slices.Concat(of[:i], of[i+1:])...)
		out[i] = Standing{code, of[i], ranks[i], Part(of[i], rest)}
	}
	slices.SortStableFunc(out, func(a, b Standing) int {
		switch {
		case a.Of.Value > b.Of.Value:
			return -1
		case a.Of.Value < b.Of.Value:
			return 1
		}
		return 0
	})
	return out
}
