package attack

import (
	"fmt"
	"math"

	"github.com/throng-stats/throng/synth/dice"
)

// farAway is the largest distance that is told apart from certainty.
const farAway = 1000

// Distinguish is layer C, a black-box audit: how far apart are the outputs with and without a canary?
//
// Procedure: one canary pattern, present in each hour with probability one half, is put alone into 20,000 empty zones;
// 20,000 zones stay empty; all in one release under an audit loss of rho = 2. Statistic: the distance mu between the two
// sets in standard deviations, by projection on the pattern and by whitened projection (direction from the covariance of
// one half, tested on the other). An irregular pattern is needed: a canary that is everywhere cannot see noise that is
// shared between hours.
//
// Bound: mu <= |x| sqrt(2 rho / 24) for a pattern of |x|^2 hours; SE = sqrt(2/n + mu^2 / 4n), n the half. Besides: the
// variance with and without the canary is equal within 10 %, and the exact (Clopper-Pearson) lower bound of epsilon from
// the best threshold is below the claim. Larger values are caught by the bound, shared noise by whitening.
func Distinguish(p Publisher, s Size) (Finding, error) {
	s.EnsureDefaults()
	n := s.of(20_000, 2000)
	if !p.Proven {
		n = 1000
	}
	d := dice.New(s.Seed, streamCanary)
	pattern, stays := irregular(d)
	w := World{Name: fmt.Sprintf("canaries-%d", n), Product: Present, Days: 1, Zones: 2 * n, Rho: 2}
	for z := range n {
		own := make([]Stay, len(stays))
		for i, st := range stays {
			own[i] = Stay{int32(z), st.From, st.To}
		}
		w.Units = append(w.Units, Unit{Stays: own})
	}
	t, err := one(p, w, "total")
	if err != nil {
		return refused(p, err)
	}
	claim := math.Sqrt(dot(pattern, pattern) * 2 * w.Rho / Hours)
	f, slack := canaries(hoursOf(t, 0, n), hoursOf(t, n, 2*n), pattern, claim, errors49, 1e-6)
	f = demand(p, f, claim, slack, hides(p, farAway))
	if !p.Proven {
		f.Extra, f.Detail = nil, ""
		return f, nil
	}
	f.Alarm = 2*oneSided + twoSided + 2e-6
	f.Extra = append(f.Extra, Check{Name: "all cells are published", OK: all(t.shown)})
	return f, nil
}

// canaries tells how far apart two sets of vectors are, of which the first hold a pattern: with so many standard errors of slack,
// and the bound of epsilon at a confidence of 1 - 2 alpha.
func canaries(with, without [][]float64, pattern []float64, claim, errors, alpha float64) (f Finding, slack float64) {
	n := len(with)
	half := n / 2
	whitened := cholesky(covarianceOf(without[:half]), 1e-9).solve(pattern)
	plain, ratio := distance(with[half:], without[half:], pattern)
	white, _ := distance(with[half:], without[half:], whitened)
	slack = errors * math.Sqrt(2/float64(half)+claim*claim/4/float64(half))
	apart := max(.1, errors*2/math.Sqrt(float64(half))) // a ratio of two variances has the standard error 2 / sqrt n
	const delta = 1e-6
	lower, claimed := epsilonBelow(with, without, pattern, delta, alpha), epsilon(claim*claim/2, delta)
	f = Finding{Value: min(max(plain, white), farAway), Draws: n}
	f.Detail = fmt.Sprintf("projection %.2f, whitened %.2f, variance ratio %.3f, epsilon at least %.2f (claim %.2f)", plain, white, ratio, lower, claimed)
	f.Extra = []Check{{Name: "variance is the same with and without", OK: math.Abs(ratio-1) <= apart}, {Name: "epsilon seen is below the claim", OK: lower <= claimed}}
	return f, slack
}

// irregular draws a pattern of about half of the hours and its stays.
func irregular(d *dice.Dice) (pattern []float64, stays []Stay) {
	pattern = make([]float64, Hours)
	for h := range pattern {
		if h == 3 || h != 4 && d.Chance(.5) { // never all alike
			pattern[h] = 1
			stays = append(stays, Stay{0, int16(h), int16(h + 1)})
		}
	}
	return pattern, stays
}

func all(flags []bool) bool {
	for _, f := range flags {
		if !f {
			return false
		}
	}
	return true
}

// hoursOf are the days of zones from..to as vectors; what is hidden is read as 0.
func hoursOf(t published, from, to int) [][]float64 {
	list := make([][]float64, 0, to-from)
	for z := from; z < to; z++ {
		list = append(list, t.value[z*Hours:(z+1)*Hours])
	}
	return list
}

// covarianceOf is the covariance of rows.
func covarianceOf(x [][]float64) [][]float64 {
	n := len(x[0])
	mean, c := make([]float64, n), make([][]float64, n)
	for i := range c {
		c[i] = make([]float64, n)
	}
	for _, row := range x {
		for i, v := range row {
			mean[i] += v / float64(len(x))
		}
	}
	for _, row := range x {
		for i := range row {
			for k := range i + 1 {
				c[i][k] += (row[i] - mean[i]) * (row[k] - mean[k]) / float64(len(x)-1)
			}
		}
	}
	for i := range c {
		for k := range i {
			c[k][i] = c[i][k]
		}
	}
	return c
}

// distance is the difference of the means of a projection in standard deviations, and the ratio of its variances.
func distance(with, without [][]float64, direction []float64) (mu, ratio float64) {
	a, b := project(with, direction), project(without, direction)
	meanA, varA := moments(a)
	meanB, varB := moments(b)
	ratio = varA / varB
	return (meanA - meanB) / math.Sqrt(max((varA+varB)/2, 1e-12)), ratio
}

func project(x [][]float64, direction []float64) []float64 {
	out := make([]float64, len(x))
	for i, row := range x {
		out[i] = dot(row, direction)
	}
	return out
}

// epsilonBelow is an exact lower bound of epsilon at delta: a threshold is chosen on one half of the rows, and hits and
// false alarms are counted on the other, each bounded at alpha.
func epsilonBelow(with, without [][]float64, direction []float64, delta, alpha float64) float64 {
	a, b := project(with, direction), project(without, direction)
	half := len(a) / 2
	lo, _ := moments(b[:half])
	hi, _ := moments(a[:half])
	bound := func(a, b []float64, at, alpha float64) float64 {
		hits := clopperPearson(above(a, at), len(a), alpha, false)
		alarms := clopperPearson(above(b, at), len(b), alpha, true)
		return math.Log(max(hits-delta, 1e-12) / alarms)
	}
	best, threshold := math.Inf(-1), lo
	for k := range 41 {
		at := lo + (hi-lo)*(float64(k)/20) // from the mean without to beyond the mean with
		if b := bound(a[:half], b[:half], at, .05); b > best {
			best, threshold = b, at
		}
	}
	return bound(a[half:], b[half:], threshold, alpha)
}

func above(x []float64, at float64) int {
	n := 0
	for _, v := range x {
		if v > at {
			n++
		}
	}
	return n
}

// OneRun is layer D, an audit in production settings from one run (after Steinke, Nasr, Jagielski 2023, with Gaussian
// trade-offs as in Mahloujifar, Melis, Chaudhuri 2025): 20,000 canaries in separate empty zones, each in or out by a fair
// coin, guessed from the day's cells. The (epsilon, delta) version of this audit would see nothing of a variance that is
// half of what it should be; this one does.
//
// Statistic: share of right guesses. Bound: Phi(mu / 2) = .5885 for rho = .1, mu = sqrt(2 rho).
func OneRun(p Publisher, s Size) (Finding, error) {
	s.EnsureDefaults()
	w := World{Name: "one-run", Product: Present, Days: 1, Zones: s.of(20_000, 1000), Rho: .1}
	if !p.Proven {
		w.Zones = 1000
	}
	in := w.coins(dice.New(s.Seed, streamOneRun), []Stay{{0, 0, Hours}})
	t, err := one(p, w, "total")
	if err != nil {
		return refused(p, err)
	}
	right := 0
	for z := range w.Zones {
		score := 0.0
		for cell := z * Hours; cell < (z+1)*Hours; cell++ {
			score += p.score(t.value[cell], t.shown[cell], 0, 1)
		}
		if (score > 0) == in[z] {
			right++
		}
	}
	f := Finding{Value: float64(right) / float64(w.Zones), Draws: w.Zones}
	bound := bestAccuracy(w.Rho)
	slack := errors49 * shareError(bound, w.Zones)
	return demand(p, f, bound, slack, hides(p, .99)), nil
}
