package compare

import (
	"fmt"
	"math"
	"slices"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/release"
)

// Numbers reads from a table the number of each code of a dimension, added up over the others: spending by destination over all
// categories. where, if any, keeps one code of a dimension, such as currency EUR. A cell has variance sigma2, or its own of an
// estimate. In an estimated table zones of the geography may lie in each other: by zone each has its own number, by another
// dimension only those are added in which no other one lies. Whether cells may be added up at all is on the page of the method.
// Refused are tables that list some of their cells only, and codes and dimensions that a table does not have.
func Numbers(t release.Table, zones throng.Zones, by string, where map[string]string) (codes []string, of []Number, err error) {
	return numbers(t, zones, by, where, cells{})
}

// numbers is Numbers of the cells that c takes.
func numbers(t release.Table, zones throng.Zones, by string, where map[string]string, c cells) ([]string, []Number, error) {
	if t.Sparse() {
		return nil, nil, &Refusal{"table", fmt.Sprintf("table %s lists some of its cells only", t.Shape.Name)}
	}
	c.skip = func(string) bool { return false }
	if c.number = (func(cell int) Number { return Number{float64(t.Raw[cell]), math.Sqrt(float64(t.Sigma2))} }); t.Kind == release.Estimate {
		c.number = func(cell int) Number { return Number{t.Estimate[cell], t.NoiseSD[cell]} }
		if d, ok := t.Shape.Dim(throng.DimZone); ok && by != throng.DimZone {
			c.skip = holding(d.Codes, zones)
		}
	}
	return add(t, by, where, c)
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
