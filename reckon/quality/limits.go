package quality

import (
	"fmt"
	"math"
)

// Limits judge a figure of the holder, such as the share of records that were rejected, by its own last days (methods.md, section 22).
type Limits struct {
	SD     float64 // standard deviations from the mean of the last days
	Change float64 // relative change from it
	Share  float64 // of an error share: whatever the last days were
}

// Hard and Soft are the two sets of limits of methods.md.
var (
	Hard = Limits{2, .3, .2}
	Soft = Limits{3, .6, .5}
)

// leastHistory is how many days a history has at least.
const leastHistory = 3

// Judge compares a value with its last days, the current one excluded; share says that it is an error share. With fewer than three
// days of history only the absolute limit holds. The finding says figures: it stays inside.
func (l Limits) Judge(gate string, history []float64, value float64, share bool) Finding {
	if share && value > l.Share {
		return Finding{gate, Warn, fmt.Sprintf("%.3g is above %.3g", value, l.Share)}
	}
	if len(history) < leastHistory {
		return Finding{gate, OK, fmt.Sprintf("%d days are no history", len(history))}
	}
	mean, sd := meanSD(history)
	if low, high := mean-l.SD*sd, mean+l.SD*sd; value < low || value > high {
		return Finding{gate, Warn, fmt.Sprintf("%.6g is outside %.6g to %.6g", value, low, high)}
	}
	if mean != 0 && math.Abs(value/mean-1) > l.Change {
		return Finding{gate, Warn, fmt.Sprintf("%.6g differs by %+.2f %% from the mean of %d days", value, 100*(value/mean-1), len(history))}
	}
	return Finding{gate, OK, fmt.Sprintf("as in the last %d days", len(history))}
}

func meanSD(of []float64) (mean, sd float64) {
	for _, v := range of {
		mean += v / float64(len(of))
	}
	for _, v := range of {
		sd += (v - mean) * (v - mean)
	}
	return mean, math.Sqrt(sd / float64(len(of)-1))
}
