package forecast

import (
	"fmt"
	"math"
	"time"
)

// Moves is what a closed month says about an origin: people whose home came into the zone since the month before less those whose
// home went there, from a released table of migration.
type Moves struct {
	Month   string  // 2026-03
	Net     float64 // people, signed
	NoiseSD float64
}

// Revision is the nowcast of the weeks between two months after the later of them has closed. Ours: methods.md has the nowcast alone.
type Revision struct {
	Month   string
	Nowcast Moves    // what the weeks said: mean of the month less that of the month before, were every week like its mean
	Closed  Moves    // what the homes say
	Passing Moves    // Nowcast less Closed: who came or went and did not move
	Gain    float64  // how much of the difference is believed, 0 to 1
	Revised Moves    // both together
	Weeks   []Change // the weeks between the months after the revision; Mean is that of the nowcast, less what passed
}

// Apart is how far weeks are from homes without any noise, as a share of sum K(w) |change(w)|: one standard deviation. Measured in the
// invented region (docs/method/nowcast.md).
const Apart = .1

// leastDays is how many days of either month the weeks must hold, as many as a statistic of a month needs.
const leastDays = 20

// Revise fits the weeks of one origin, as Weekly gives them, to the homes of a closed month. A home is where somebody is on most days,
// so net moves answer to the difference of the means of two months; were every week like its mean, that is the sum of K(w) change(w)
// over the weeks, K(w) being the share of the month's days in week w or later less that of the month before. What this sum has
// more than the homes passed: the people came or went and kept their home. Both sums measure one thing, so they are combined by
// inverse variance (privacy.md, section 15), that of the weeks with Apart beside its noise. What is believed to have passed is
// taken from the weeks in proportion to K(w) u(w), u(w) the size of the change or its noise where that is more, which leaves
// sum K(w) revised(w) = Revised: the least change by weight 1/u (benchmarking of a series that has signs). The margins have the noise
// of both sources, u and the gain taken as given. It refuses months of which the weeks hold fewer than 20 days, and weeks with one missing between.
func Revise(weeks []Change, m Moves) (Revision, error) {
	r := Revision{Month: m.Month, Closed: m}
	if !(m.NoiseSD >= 0) || math.IsInf(m.NoiseSD, 1) || math.IsNaN(m.Net) {
		return r, fmt.Errorf("forecast: got moves of %v with margin %v, want numbers", m.Net, m.NoiseSD)
	}
	weeks, weight, err := between(weeks, m.Month)
	if err != nil {
		return r, err
	}
	sum, square, size := 0.0, 0.0, 0.0
	part := make([]float64, len(weeks)) // of what passed, by which a week is changed
	for i, w := range weeks {
		sum += weight[i] * w.Change
		part[i] = weight[i] * max(math.Abs(w.Change), w.NoiseSD)
		square += weight[i] * part[i]
		size += weight[i] * math.Abs(w.Change)
	}
	r.Nowcast = Moves{m.Month, sum, math.Sqrt(variance(weeks, weight))}
	r.Passing = Moves{m.Month, sum - m.Net, math.Hypot(r.Nowcast.NoiseSD, m.NoiseSD)}
	r.Gain = 1
	if v := math.Hypot(r.Nowcast.NoiseSD, Apart*size); m.NoiseSD > 0 {
		r.Gain = v * v / (v*v + m.NoiseSD*m.NoiseSD)
	}
	r.Revised = Moves{m.Month, sum - r.Gain*r.Passing.Net, math.Hypot((1-r.Gain)*r.Nowcast.NoiseSD, r.Gain*m.NoiseSD)}
	for i, w := range weeks {
		if weight[i] == 0 || square == 0 {
			continue
		}
		share := r.Gain * part[i] / square
		of := make([]float64, len(weeks))
		for k := range of {
			of[k] = -share * weight[k]
		}
		of[i]++
		w.Change -= share * r.Passing.Net
		w.Mean = w.Before + w.Change
		w.NoiseSD = math.Sqrt(variance(weeks, of) + share*share*m.NoiseSD*m.NoiseSD)
		r.Weeks = append(r.Weeks, w)
	}
	return r, nil
}

// variance is that of sum of(w) change(w). A change is a mean less the mean of the week before, and means of weeks are independent.
func variance(weeks []Change, of []float64) float64 {
	total := 0.0
	for i, w := range weeks {
		next := 0.0
		if i+1 < len(weeks) {
			next = of[i+1]
		}
		total += (of[i] - next) * (of[i] - next) * w.MeanSD * w.MeanSD
	}
	first := weeks[0] // the week before the first has the rest of its noise
	return total + of[0]*of[0]*max(0, first.NoiseSD*first.NoiseSD-first.MeanSD*first.MeanSD)
}

// between returns the weeks that touch a month or the one before, without the first of them, which has no change, and the weight of each.
func between(all []Change, month string) ([]Change, []float64, error) {
	start, err := time.Parse("2006-01", month)
	if err != nil {
		return nil, nil, fmt.Errorf("forecast: got the month %.20q, want one such as 2026-03", month)
	}
	before, end := start.AddDate(0, -1, 0), start.AddDate(0, 1, 0)
	var weeks []Change
	var now, then []float64 // days of the month and of the one before, by week; the first is that before the first change
	for _, w := range all {
		monday, err := time.Parse(time.DateOnly, w.Week)
		if err != nil {
			return nil, nil, fmt.Errorf("forecast: got the week %.20q, want its Monday", w.Week)
		}
		if !monday.AddDate(0, 0, 7).After(before) || !monday.Before(end) {
			continue
		}
		last := monday.AddDate(0, 0, -7)
		if n := len(weeks); n > 0 && weeks[n-1].Week != last.Format(time.DateOnly) {
			return nil, nil, fmt.Errorf("forecast: a week is missing before %s; %s cannot be revised", w.Week, month)
		}
		if len(weeks) == 0 {
			now, then = append(now, days(last, start, end)), append(then, days(last, before, start))
		}
		weeks, now, then = append(weeks, w), append(now, days(monday, start, end)), append(then, days(monday, before, start))
	}
	a, b := 0.0, 0.0
	for i := range now {
		a, b = a+now[i], b+then[i]
	}
	if a < leastDays || b < leastDays {
		return nil, nil, fmt.Errorf("forecast: the weeks hold %v days of %s and %v of the month before, want %d of each", a, month, b, leastDays)
	}
	weight, later := make([]float64, len(weeks)), 0.0
	for i := len(weeks) - 1; i >= 0; i-- {
		later += now[i+1]/a - then[i+1]/b
		weight[i] = later
	}
	return weeks, weight, nil
}

// days counts the days of a week that lie in [from, to).
func days(monday, from, to time.Time) float64 {
	n := 0
	for i := range 7 {
		if d := monday.AddDate(0, 0, i); !d.Before(from) && d.Before(to) {
			n++
		}
	}
	return float64(n)
}
