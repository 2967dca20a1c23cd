package main

import (
	"crypto/rand"
	"fmt"
	"math"
	mrand "math/rand/v2"

	"github.com/throng-stats/throng/privacy/noise"
)

// Limits of layer B (docs/privacy/audit.md): 4.9 standard errors, or a p-value of 1e-6.
const (
	mostErrors = 4.9
	lieNormal  = 9.6e-7
	leastP     = 1e-6
)

// layerCheck is one check of a layer that is not an attack.
type layerCheck struct {
	Name  string  `json:"name"`
	Value string  `json:"value"`
	Limit string  `json:"limit"`
	OK    bool    `json:"ok"`
	Alarm float64 `json:"false_alarm"`
}

// fresh is a stream as the door makes one: ChaCha8 under a key of the operating system.
func fresh() noise.Words {
	var key [32]byte
	rand.Read(key[:])
	defer clear(key[:])
	return mrand.NewChaCha8(key)
}

// auditNoise is layer B: both samplers with fresh randomness against the exact distribution, n draws for each variance,
// and the correlation between the hours of days. It looks at what the door draws from, without any data.
func auditNoise(n int) []layerCheck {
	var checks []layerCheck
	for _, sigma2 := range []uint64{1, 4, 100, 480, 2286, 10_000, 1_000_000} {
		for name, d := range map[string]*noise.Discrete{"table": noise.New(sigma2), "rejection": noise.Exact(sigma2)} {
			draws, words := n, fresh()
			if name == "rejection" {
				draws = n / 5 // it is ten times slower and draws no counts
			}
			x := make([]int64, draws)
			for i := range x {
				x[i] = d.Draw(words)
			}
			label := fmt.Sprintf("%s %d", name, sigma2)
			checks = append(checks, checkFit(label, x, sigma2))
			checks = append(checks, checkMoments(label, x, float64(sigma2))...)
		}
	}
	return append(checks, checkHours(n/24))
}

// checkFit is the chi-squared test on values with an expectation of at least 20 and the two tails beyond them.
func checkFit(label string, x []int64, sigma2 uint64) layerCheck {
	weight := func(k int64) float64 { return math.Exp(-float64(k) * float64(k) / (2 * float64(sigma2))) }
	n, z := float64(len(x)), 1.0
	for k := int64(1); weight(k) > 1e-18; k++ {
		z += 2 * weight(k)
	}
	last := int64(0)
	for n*weight(last+1)/z >= 20 {
		last++
	}
	got, inside := make([]float64, 2*last+3), 0.0
	for _, v := range x {
		got[max(-last-1, min(last+1, v))+last+1]++
	}
	chi2, df := 0.0, -1
	add := func(seen, want float64) { chi2 += (seen - want) * (seen - want) / want; df++ }
	for k := -last; k <= last; k++ {
		inside += weight(k) / z
		add(got[k+last+1], n*weight(k)/z)
	}
	if tails := n * (1 - inside); tails > 5 {
		add(got[0]+got[2*last+2], tails)
	}
	p := chi2Tail(chi2, float64(max(df, 1)))
	return layerCheck{label + " chi-squared", fmt.Sprintf("p %.3f (%.0f on %d)", p, chi2, df), fmt.Sprintf("p >= %g", leastP), p >= leastP, leastP}
}

// chi2Tail is P(chi-squared > x) by the cube root of Wilson and Hilferty (1931), good to a factor of 1.1 at 1e-6 from 5
// degrees of freedom on; below that it is too small by more and so alarms too early by as much.
func chi2Tail(x, df float64) float64 {
	z := (math.Cbrt(x/df) - (1 - 2/(9*df))) / math.Sqrt(2/(9*df))
	return math.Erfc(z/math.Sqrt2) / 2
}

// checkMoments: mean, variance ratio and lag-1 correlation in standard errors sigma / sqrt n, sqrt(2 / n), 1 / sqrt n.
func checkMoments(label string, x []int64, sigma2 float64) []layerCheck {
	n, sum, square, lag := float64(len(x)), 0.0, 0.0, 0.0
	for i, v := range x {
		sum += float64(v)
		square += float64(v) * float64(v)
		if i > 0 {
			lag += float64(v) * float64(x[i-1])
		}
	}
	one := func(what string, z float64) layerCheck {
		return layerCheck{label + " " + what, fmt.Sprintf("%+.2f SE", z), fmt.Sprintf("%.1f SE", mostErrors), math.Abs(z) <= mostErrors, lieNormal}
	}
	return []layerCheck{one("mean", sum/math.Sqrt(n*sigma2)), one("variance", (square/n/sigma2-1)/math.Sqrt(2/n)),
		one("lag-1 correlation", lag/square*math.Sqrt(n))}
}

// checkHours looks for noise that is shared between the hours of a day: the largest of 276 correlations of 24 columns.
// P(|z| > 6) is 2.0e-9, times 276 is 5.5e-7.
func checkHours(days int) layerCheck {
	const columns, limit = 24, 6.0
	d, words := noise.New(120), fresh()
	var x [columns][]float64
	for range days {
		for c := range x {
			x[c] = append(x[c], float64(d.Draw(words)))
		}
	}
	worst := 0.0
	for a := range x {
		for b := range a {
			sum := 0.0
			for i := range x[a] {
				sum += x[a][i] * x[b][i]
			}
			worst = max(worst, math.Abs(sum)/120/math.Sqrt(float64(days)))
		}
	}
	return layerCheck{"correlation between hours", fmt.Sprintf("%.2f SE", worst), fmt.Sprintf("%.1f SE", limit), worst <= limit, 5.5e-7}
}
