package noise

import (
	"fmt"
	"iter"
	"math/big"
)

// precision is the number of bits of all arithmetic on weights. About 14 sigma multiplications follow each other, so
// fewer than 20 bits are lost for every table; tables need 140.
const precision = 320

// MaxTail is the largest variance for which Tail and Coverage sum the weights, about 21 sigma of them.
const MaxTail = 10_000_000_000

func float(x float64) *big.Float { return new(big.Float).SetPrec(precision).SetFloat64(x) }

// gauss is the family of weights exp(-k^2 / 2 sigma2) for a variance that is a fraction.
type gauss struct {
	q *big.Float // exp(-1 / 2 sigma2)
}

func integerGauss(sigma2 uint64) gauss { return newGauss(sigma2, 1) }

// newGauss makes the weights of the variance num / den.
func newGauss(num, den uint64) gauss {
	x := float(0).SetUint64(den)
	x.Quo(x, float(0).SetUint64(num))
	x.Quo(x, float(-2))
	return gauss{exp(x)}
}

// exp sums the series of e^x until a term no longer counts; |x| is at most a few units.
func exp(x *big.Float) *big.Float {
	sum, term := float(1), float(1)
	for n := 1.0; term.Sign() != 0 && term.MantExp(nil) > -2*precision; n++ {
		term.Mul(term, x)
		term.Quo(term, float(n))
		sum.Add(sum, term)
	}
	return sum
}

// power is q^n by squaring, n >= 0.
func (g gauss) power(n *big.Int) *big.Float {
	out := float(1)
	for i := n.BitLen() - 1; i >= 0; i-- {
		out.Mul(out, out)
		if n.Bit(i) == 1 {
			out.Mul(out, g.q)
		}
	}
	return out
}

// from runs through k, k+1, ... and their weights, k >= 0: w(k+1) = w(k) * q^(2k+1). The weight may not be kept.
func (g gauss) from(k int64) iter.Seq2[int64, *big.Float] {
	return func(yield func(int64, *big.Float) bool) {
		at := big.NewInt(k)
		w := g.power(new(big.Int).Mul(at, at))
		step := g.power(at.Add(at.Lsh(at, 1), big.NewInt(1)))
		square := float(0).Mul(g.q, g.q)
		for ; yield(k, w); k++ {
			w.Mul(w, step)
			step.Mul(step, square)
		}
	}
}

// sumFrom is the sum of the weights of k, k+1, ..., k >= 0, to 2^-300 of itself: it ends when a weight is 2^-330 of the
// first one, where what follows is at most sigma/21 of such weights.
func (g gauss) sumFrom(k int64) *big.Float {
	sum := float(0)
	var end *big.Float
	for _, w := range g.from(k) {
		if end == nil {
			end = float(0).SetMantExp(w, -330)
		}
		if w.Cmp(end) <= 0 {
			break
		}
		sum.Add(sum, w)
	}
	return sum
}

// total is the normaliser Z: the sum of the weights of all integers.
func (g gauss) total() *big.Float {
	z := g.sumFrom(1)
	return z.Add(z, z).Add(z, float(1))
}

// mass is P(|X| = k).
func (g gauss) mass(k int, total *big.Float) *big.Float {
	at := big.NewInt(int64(k))
	w := g.power(at.Mul(at, at))
	if k > 0 {
		w.Add(w, w)
	}
	return w.Quo(w, total)
}

// up is 1 + 2^-200: more than all rounding of a sum of weights.
var up = new(big.Float).SetPrec(precision).Add(float(1), new(big.Float).SetMantExp(float(1), -200))

// Tail is P(X >= k), rounded up: never less than the true value and more by at most 2^-199 of it, so a threshold chosen
// from it is never too low. It panics for a variance above MaxTail, for which nobody needs a threshold.
func (d *Discrete) Tail(k int64) *big.Float {
	g := d.weights()
	z := g.total()
	if k > 0 {
		tail := g.sumFrom(k)
		return tail.Quo(tail, z).Mul(tail, up)
	}
	below := g.sumFrom(1 - k) // P(X <= k-1) = P(X >= 1-k)
	below.Quo(below, z)
	below.Sub(float(1), below)
	if below.Mul(below, up).Cmp(float(1)) > 0 {
		return float(1)
	}
	return below
}

func (d *Discrete) weights() gauss {
	if d.sigma2 > MaxTail {
		panic(fmt.Sprintf("noise: tails are summed up to a variance of %d, got %d", uint64(MaxTail), d.sigma2))
	}
	return integerGauss(d.sigma2)
}

// Coverage is P(|Z| <= k) for noise of variance sigma2, from the exact weights: how often a single raw cell lies within
// k of the truth. Margins are tested against it, not against .95, because noise lies on a lattice (privacy.md, section
// 14). It is 0 for a negative k and panics for variances of 0 or above MaxTail.
func Coverage(sigma2 uint64, k int64) float64 {
	g := Exact(sigma2).weights()
	if k < 0 {
		return 0
	}
	out := g.sumFrom(k + 1)
	out.Add(out, out).Quo(out, g.total())
	share, _ := out.Sub(float(1), out).Float64()
	return share
}
