package account

import "math"

// Delta is the smallest delta of the bound of Canonne, Kamath and Steinke (2020, proposition 12) for which a loss of rho
// is (eps, delta)-differential privacy:
//
//	min over a > 1 of exp((a-1)(a rho - eps) + a ln(1 - 1/a)) / (a - 1)
//
// The logarithm has the derivative (2a-1) rho - eps + ln(1 - 1/a), which ascends where it is searched. Every a gives a
// valid delta, so an inexact root is safe. A rho of 0 gives 0.
func Delta(rho, eps float64) float64 {
	if rho <= 0 {
		return 0
	}
	low, high := bisect(1.01, (eps+1)/(2*rho)+2, func(a float64) bool { return (2*a-1)*rho-eps+math.Log1p(-1/a) < 0 })
	a := (low + high) / 2
	return math.Min(1, math.Exp(logDelta(a, a*rho, eps)))
}

// logDelta is the logarithm of the delta that a Renyi divergence of the given order proves (the same proposition).
func logDelta(order, divergence, eps float64) float64 {
	return (order-1)*(divergence-eps) + order*math.Log1p(-1/order) - math.Log(order-1)
}

// Epsilon is the smallest epsilon at the given delta that Delta proves for a loss of rho; 0 < delta < 1. It is the
// number that people are shown.
func Epsilon(rho, delta float64) float64 {
	if rho <= 0 {
		return 0
	}
	_, high := bisect(0, BunSteinke(rho, delta), func(eps float64) bool { return Delta(rho, eps) > delta })
	return high
}

// Rho is the largest loss that Delta proves to be (eps, delta)-differential privacy: what one may spend for an agreed
// epsilon.
func Rho(eps, delta float64) float64 {
	low, _ := bisect(0, eps+1, func(rho float64) bool { return Delta(rho, eps) <= delta })
	return low
}

// BunSteinke is the older, looser epsilon: rho + 2 sqrt(rho ln(1/delta)) (Bun, Steinke 2016). For comparison with
// publications that use it.
func BunSteinke(rho, delta float64) float64 { return rho + 2*math.Sqrt(rho*math.Log(1/delta)) }

// RenyiEpsilon is the epsilon at delta that a curve of Renyi divergences proves, at the best of the given orders, each
// greater than 1. For comparison with accountants that keep a curve.
func RenyiEpsilon(divergence func(order float64) float64, orders []float64, delta float64) float64 {
	best := math.Inf(1)
	for _, a := range orders {
		best = min(best, divergence(a)+math.Log1p(-1/a)+(math.Log(1/delta)-math.Log(a))/(a-1))
	}
	return max(0, best)
}

// Gaussian is the exact delta at eps of one continuous Gaussian with standard deviation sigma and sensitivity 1 (Balle,
// Wang 2018). For information only: it is not the claim, because discrete noise is slightly worse.
func Gaussian(sigma, eps float64) float64 {
	q := upper(eps*sigma - 1/(2*sigma))
	return max(0, q-math.Exp(eps+logUpper(eps*sigma+1/(2*sigma))))
}

// GaussianSigma is the smallest standard deviation for which Gaussian is at most delta. For information only.
func GaussianSigma(eps, delta float64) float64 {
	enough := 1.0
	for Gaussian(enough, eps) > delta {
		enough *= 2
	}
	_, high := bisect(1e-3, enough, func(sigma float64) bool { return Gaussian(sigma, eps) > delta })
	return high
}

// bisect narrows an interval, on the left part of which below holds, until its ends are neighbours among the floats or
// 200 times.
func bisect(low, high float64, below func(float64) bool) (float64, float64) {
	for range 200 {
		middle := (low + high) / 2
		if middle <= low || middle >= high {
			break
		}
		if below(middle) {
			low = middle
		} else {
			high = middle
		}
	}
	return low, high
}

// DiscreteGaussian is the exact delta at eps of one discrete Gaussian of variance sigma2 and sensitivity 1: the sum over
// all k of P(k) - e^eps P(k-1) where that is positive. For information only; sigma2 up to 1e6.
func DiscreteGaussian(sigma2, eps float64) float64 {
	reach := int(40*math.Sqrt(sigma2)) + 2
	weight := func(k int) float64 { return math.Exp(-float64(k) * float64(k) / (2 * sigma2)) }
	z, delta := 0.0, 0.0
	for k := -reach; k <= reach; k++ {
		z += weight(k)
		delta += max(0, weight(k)-math.Exp(eps)*weight(k-1))
	}
	return delta / z
}

// AUC is the most that a strong adversary reaches, who knows everybody else and only asks whether one unit is there: the
// area under its curve of hits against false alarms, at a loss of rho. One half is a guess.
func AUC(rho float64) float64 { return 1 - upper(math.Sqrt(rho)) }

// Accuracy is the share of right answers of the same adversary when a fair coin decides whether the unit is there.
func Accuracy(rho float64) float64 { return 1 - upper(math.Sqrt(rho/2)) }

// upper is the upper tail of the standard normal distribution.
func upper(x float64) float64 { return math.Erfc(x/math.Sqrt2) / 2 }

// logUpper is its logarithm, by the continued fraction where the tail itself would be 0.
func logUpper(x float64) float64 {
	if x < 20 {
		return math.Log(upper(x))
	}
	f := x
	for k := 60.0; k > 0; k-- {
		f = x + k/f
	}
	return -x*x/2 - math.Log(f*math.Sqrt(2*math.Pi))
}
