package export

import (
	"math"
	"strconv"
)

// z95 is the 97.5 % point of the normal distribution: an interval of 1.96 standard deviations on both sides holds 95 %.
const z95 = 1.96

// relativeFloor is the share of the displayed value above which the noise makes a number unreliable (privacy.md,
// section 14).
const relativeFloor = 0.3

// Number is one released number as people read it. It is computed from the stored estimate each time it is shown and is
// never stored: sums add estimates, not displayed values.
type Number struct {
	Value    int64   // whole persons, never negative; 0 when Missing
	Estimate float64 // people, signed, unbiased
	NoiseSD  float64 // standard deviation of the noise, people
	Lo, Hi   float64 // 95 % interval of the noise, signed
	Reliable bool    // NoiseSD is at most 0.3 of the value (of 1 person where the value is 0)
	Missing  bool    // there is no number here
}

// Display turns a stored estimate and its noise into what is shown. Every interface of Throng uses this function, so a
// number is the same wherever it is read. An estimate that is not finite is missing; noise that is not finite makes
// the number unreliable.
func Display(estimate, noiseSD float64) Number {
	if math.IsNaN(estimate) || math.IsInf(estimate, 0) {
		return Number{Missing: true}
	}
	n := Number{Estimate: estimate, NoiseSD: noiseSD, Lo: estimate - z95*noiseSD, Hi: estimate + z95*noiseSD}
	n.Value = int64(max(0, math.Round(estimate)))
	n.Reliable = noiseSD <= relativeFloor*max(float64(n.Value), 1)
	return n
}

// AppendFloat appends a number with at most the given decimals and without trailing zeros. What is not finite is
// written as absent. Rounding keeps order, so lo <= estimate <= hi holds in print too.
func AppendFloat(b []byte, x float64, decimals int, absent string) []byte {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return append(b, absent...)
	}
	start := len(b)
	b = strconv.AppendFloat(b, x, 'f', decimals, 64)
	if decimals > 0 {
		for b[len(b)-1] == '0' {
			b = b[:len(b)-1]
		}
		if b[len(b)-1] == '.' {
			b = b[:len(b)-1]
		}
	}
	if string(b[start:]) == "-0" {
		b = append(b[:start], '0')
	}
	return b
}

// Decimals is the number of decimals of people in rows, CSV and GeoJSON: a thousandth of a person, so that sums of many
// printed estimates stay whole.
const Decimals = 3
