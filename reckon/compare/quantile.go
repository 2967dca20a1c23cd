package compare

import (
	"fmt"
	"math"

	"github.com/throng-stats/throng"
)

// Quantile is a value below which a share of units lies, read from a released table of classes, in the unit of the classes.
type Quantile struct {
	Share  float64
	Value  float64 // by a straight line within its class; +Inf in the open one
	Lo, Hi float64 // bounds of classes that hold it with 95 %; +Inf where the open class may
}

// Quantiles reads quantiles from counts by class, whose noise is independent. Of m classes of variance s^2, the count C of the
// first k has C - q N = (1-q) (first k) - q (the rest), so variance s^2 ((1-q)^2 k + q^2 (m-k)): a bound of classes lies below the
// quantile where that difference is below 0 by 1.96 of its standard deviation, above it where it is above. Nothing is clipped:
// counts may be below zero. Refused when the total is within 1.96 of its standard deviation of 0.
func Quantiles(classes throng.Amounts, counts []Number, shares ...float64) ([]Quantile, error) {
	if len(classes) != len(counts) {
		return nil, fmt.Errorf("compare: got %d counts for %d classes, want one of each", len(counts), len(classes))
	}
	total := Plus(counts...)
	if lo, _ := total.Margin(); lo <= 0 {
		return nil, fmt.Errorf("compare: the counts sum to %.4g with a standard deviation of %.4g; too few for a quantile", total.Value, total.SD)
	}
	var out []Quantile
	for _, q := range shares {
		out = append(out, quantile(classes, counts, total.Value, q))
	}
	return out, nil
}

func quantile(classes throng.Amounts, counts []Number, total, q float64) Quantile {
	out := Quantile{Share: q, Value: math.Inf(1), Lo: 0, Hi: math.Inf(1)}
	below, found := 0.0, false
	for k, c := range counts[:len(counts)-1] {
		upper := float64(classes[k+1])
		if next := below + c.Value; !found && next >= q*total {
			found = true
			within := 0.0
			if c.Value > 0 {
				within = max(0, (q*total-below)/c.Value)
			}
			out.Value = float64(classes[k]) + within*(upper-float64(classes[k]))
		}
		below += c.Value
		variance := 0.0
		for j, other := range counts {
			weight := q
			if j <= k {
				weight = 1 - q
			}
			variance += weight * weight * other.SD * other.SD
		}
		switch away := z95 * math.Sqrt(variance); {
		case below-q*total < -away:
			out.Lo = upper
		case below-q*total > away && math.IsInf(out.Hi, 1):
			out.Hi = upper
		}
	}
	return out
}

// openMean is the mean of the open class over its lower bound: that of a Pareto tail of index 3. Source: ours.
const openMean = 1.5

// ClampLoss is about the largest share of money that a bound on what counts of a unit cuts off, from released counts of units by
// class of what they spend in a period: a unit that spends v loses at most v - bound. Amounts are spread evenly over a class;
// those of the open class are 1.5 times its lower bound. Counts below zero count as none, so it is rough where there are few
// units. NaN when nothing is spent.
func ClampLoss(classes throng.Amounts, counts []Number, bound int64) float64 {
	spent, cut := 0.0, 0.0
	for k, c := range counts {
		n, low, high := max(0, c.Value), float64(classes[k]), openMean*float64(classes[k])
		if k+1 < len(classes) {
			high = float64(classes[k+1])
		} else {
			low = 2*high - low // evenly from the bound to twice the mean less the bound has that mean
			low, high = float64(classes[k]), low
		}
		spent += n * (low + high) / 2
		if b := float64(bound); high > b {
			from := max(low, b)
			cut += n * (high - from) / (high - low) * ((from+high)/2 - b)
		}
	}
	if spent == 0 {
		return math.NaN()
	}
	return cut / spent
}
