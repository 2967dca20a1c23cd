// Package register reads what public registers say about public bodies: who spends unlike the others, and whether classes of firms are
// inspected, fined or chosen alike.
//
// Registers are public and exact: nobody in them is protected, there is no noise and no ledger. Rows are about bodies and firms by
// class; a person is in none of them, because the reader admits no column of one.
package register

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/throng-stats/throng/reckon/compare"
)

// Row is one row of a register, or several that are alike.
type Row struct {
	Authority string // the public body
	Category  string // of what is bought or done; "" where the register has none
	Class     string // of the firm; "" where the register has none
	Amount    int64  // in the smallest unit of the currency of the register
	Size      int64  // of the body, such as its staff; the same in all its rows, 0 where it is not known
	Rows      int64  // of the register: 1, or how many the row stands for
	Hits      int64  // of these that had the outcome: fined, chosen
}

// Sum is what a body spends on a category.
type Sum struct {
	Category, Authority string
	Rows                int64
	Amount              int64   // smallest unit of the currency
	PerSize             float64 // amount over the size of the body; the amount where no size is known
	Score               float64 // modified z-score of its logarithm among the bodies of the category; NaN where it is not judged
	Outlier             bool    // the score is beyond Limit
}

// Limit is the modified z-score beyond which a body is an outlier, and LeastBodies how many a category needs to be judged.
// Source: Iglewicz and Hoaglin 1993 (3.5); ours.
const (
	Limit       = 3.5
	LeastBodies = 5
)

// normalMAD is the 75 % point of the normal distribution: the median of absolute deviations is .6745 standard deviations.
// normalMean is the ratio of a standard deviation to the mean absolute deviation of the normal distribution, sqrt(pi/2).
const (
	normalMAD  = .6745
	normalMean = 1.253314
)

// Spending adds amounts by category and body and scores each body among those of its category by the modified z-score of Iglewicz
// and Hoaglin (1993): .6745 (x - median) / MAD, x the logarithm of the amount per size, MAD the median of absolute deviations from the
// median; where that is 0, (x - median) / (1.253314 mean absolute deviation). Logarithms, because amounts are skewed: a score
// says how many times another body's amount it is. Bodies with nothing spent are not judged, nor are categories with fewer than
// five bodies. Sorted by category, then by amount per size, the largest first. It refuses two sizes of one body.
func Spending(rows []Row) ([]Sum, error) {
	type key struct{ category, authority string }
	index, size := map[key]int{}, map[string]int64{}
	var sums []Sum
	for _, r := range rows {
		if before, ok := size[r.Authority]; ok && before != r.Size {
			return nil, fmt.Errorf("register: %.40q has the sizes %d and %d; a body has one", r.Authority, before, r.Size)
		}
		size[r.Authority] = r.Size
		k := key{r.Category, r.Authority}
		at, ok := index[k]
		if !ok {
			at = len(sums)
			index[k], sums = at, append(sums, Sum{Category: r.Category, Authority: r.Authority})
		}
		sums[at].Rows, sums[at].Amount = sums[at].Rows+r.Rows, sums[at].Amount+r.Amount
	}
	for i := range sums {
		sums[i].PerSize = float64(sums[i].Amount) / float64(max(1, size[sums[i].Authority]))
	}
	slices.SortFunc(sums, func(a, b Sum) int {
		return cmp.Or(cmp.Compare(a.Category, b.Category), cmp.Compare(b.PerSize, a.PerSize), cmp.Compare(a.Authority, b.Authority))
	})
	for from := 0; from < len(sums); {
		to := from
		for to < len(sums) && sums[to].Category == sums[from].Category {
			to++
		}
		score(sums[from:to])
		from = to
	}
	return sums, nil
}

// score judges the bodies of one category.
func score(sums []Sum) {
	var logs []float64
	for _, s := range sums {
		if s.Amount > 0 {
			logs = append(logs, math.Log(s.PerSize))
		}
	}
	for i := range sums {
		sums[i].Score = math.NaN()
		if len(logs) >= LeastBodies && sums[i].Amount > 0 {
			sums[i].Score = modified(math.Log(sums[i].PerSize), logs)
			sums[i].Outlier = math.Abs(sums[i].Score) > Limit
		}
	}
}

// modified is the modified z-score of x among values.
func modified(x float64, values []float64) float64 {
	middle := median(values)
	away := make([]float64, len(values))
	mean := 0.0
	for i, v := range values {
		away[i] = math.Abs(v - middle)
		mean += away[i] / float64(len(values))
	}
	switch mad := median(away); {
	case mad > 0:
		return normalMAD * (x - middle) / mad
	case mean > 0:
		return (x - middle) / (normalMean * mean)
	}
	return 0 // all are alike
}

func median(values []float64) float64 {
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// ClassSum is what goes to a class of firms.
type ClassSum struct {
	Class  string
	Rows   int64
	Amount int64   // smallest unit of the currency
	Share  float64 // of all amounts; NaN where nothing is spent
}

// ByClass adds amounts by class of firm, over all bodies, sorted by class.
func ByClass(rows []Row) []ClassSum {
	index, all := map[string]int{}, int64(0)
	var sums []ClassSum
	for _, r := range rows {
		at, ok := index[r.Class]
		if !ok {
			at = len(sums)
			index[r.Class], sums = at, append(sums, ClassSum{Class: r.Class})
		}
		sums[at].Rows, sums[at].Amount = sums[at].Rows+r.Rows, sums[at].Amount+r.Amount
		all += r.Amount
	}
	for i := range sums {
		sums[i].Share = math.NaN()
		if all != 0 {
			sums[i].Share = float64(sums[i].Amount) / float64(all)
		}
	}
	slices.SortFunc(sums, func(a, b ClassSum) int { return cmp.Compare(a.Class, b.Class) })
	return sums
}

// Rate is the share of rows with the outcome, of a class of firms at a body.
type Rate struct {
	Authority string  `json:"authority"` // "" for all bodies together
	Class     string  `json:"class"`
	Rows      int64   `json:"rows"`
	Hits      int64   `json:"hits"`
	Share     float64 `json:"share"`
	Lo        float64 `json:"lo"` // 95 %, of Wilson 1927
	Hi        float64 `json:"hi"`
}

// Difference compares the rates of two classes at a body, or at all together.
type Difference struct {
	Authority  string  `json:"authority"`
	Class      string  `json:"class"`
	Other      string  `json:"less"`
	Difference float64 `json:"difference"` // of the rate of Class less that of Other
	Lo         float64 `json:"lo"`         // 95 %, of Newcombe 1998
	Hi         float64 `json:"hi"`
	Differ     bool    `json:"differ"` // the interval does not hold 0
}

// Rates counts the outcome by class of firm, for each body and for all together, and the difference of every two classes. Counts
// are exact: intervals tell how much the same rule could vary by chance from case to case. Sorted by body, all together first.
func Rates(rows []Row) (rates []Rate, differences []Difference, err error) {
	type key struct{ authority, class string }
	count := map[key]*Rate{}
	for _, r := range rows {
		if r.Hits < 0 || r.Hits > r.Rows {
			return nil, nil, fmt.Errorf("register: %d of %d rows have the outcome; want no more than there are", r.Hits, r.Rows)
		}
		for _, authority := range []string{"", r.Authority} {
			k := key{authority, r.Class}
			if count[k] == nil {
				count[k] = &Rate{Authority: authority, Class: r.Class}
			}
			count[k].Rows, count[k].Hits = count[k].Rows+r.Rows, count[k].Hits+r.Hits
		}
	}
	for _, one := range count {
		if one.Rows > 0 {
			one.Share, one.Lo, one.Hi = compare.Wilson(one.Hits, one.Rows)
			rates = append(rates, *one)
		}
	}
	slices.SortFunc(rates, func(a, b Rate) int {
		return cmp.Or(cmp.Compare(a.Authority, b.Authority), cmp.Compare(a.Class, b.Class))
	})
	for i, a := range rates {
		for _, b := range rates[i+1:] {
			if a.Authority != b.Authority {
				break
			}
			d := Difference{Authority: a.Authority, Class: a.Class, Other: b.Class}
			if d.Difference, d.Lo, d.Hi, err = compare.Differ(a.Hits, a.Rows, b.Hits, b.Rows); err != nil {
				return nil, nil, err
			}
			d.Differ = d.Lo > 0 || d.Hi < 0
			differences = append(differences, d)
		}
	}
	return rates, differences, nil
}
