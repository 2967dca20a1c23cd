package noise

import (
	"fmt"
	"math"
	"math/big"
	"math/bits"
)

// The rejection sampler of Canonne, Kamath and Steinke (2020, arXiv 2004.00010, algorithms 1 to 3). Every decision is a
// coin with a rational bias, flipped by comparing a uniform integer, so the distribution has no error at all. Numbers are
// computed in 64 bits while they fit, in 128 bits while those fit, and in math/big otherwise; the three consume the same
// words and take the same decisions, so which of them ran cannot be seen in a value.

// reject draws one value: y from the discrete Laplace of scale t, kept with probability
// exp(-(|y| - sigma2/t)^2 / 2 sigma2) = exp(-(|y| t - sigma2)^2 / (2 sigma2 t^2)).
func (d *Discrete) reject(w Words) int64 {
	for {
		y := laplace(w, d.scale)
		size := uint64(max(y, -y))
		if d.keep(w, size) {
			return y
		}
	}
}

// keep flips the coin of the acceptance step in the narrowest arithmetic that holds its two numbers.
func (d *Discrete) keep(w Words, size uint64) bool {
	reachHi, reach := bits.Mul64(size, d.scale)
	squareHi, square := bits.Mul64(d.scale, d.scale)
	if reachHi != 0 || squareHi != 0 {
		return d.keepBig(w, size)
	}
	off := max(reach, d.sigma2) - min(reach, d.sigma2)
	var a, b entry
	a.hi, a.lo = bits.Mul64(off, off)
	b.hi, b.lo = bits.Mul64(d.sigma2, square)
	if b.hi>>63 != 0 {
		return d.keepBig(w, size)
	}
	b = entry{b.hi<<1 | b.lo>>63, b.lo << 1}
	if a.hi == 0 && b.hi == 0 {
		return coin64(w, a.lo, b.lo)
	}
	return coin128(w, a, b)
}

func (d *Discrete) keepBig(w Words, size uint64) bool {
	a, b := d.fraction(size)
	return coinBig(w, a, b)
}

// fraction returns numerator and denominator of the exponent of the acceptance step.
func (d *Discrete) fraction(size uint64) (a, b *big.Int) {
	t, s := new(big.Int).SetUint64(d.scale), new(big.Int).SetUint64(d.sigma2)
	a = new(big.Int).SetUint64(size)
	a.Mul(a, t).Sub(a, s).Mul(a, a)
	b = t.Mul(t, t).Mul(t, s)
	return a, b.Lsh(b, 1)
}

// laplace draws from the discrete Laplace: P(y) proportional to exp(-|y|/t), 1 <= t <= 2^32.
func laplace(w Words, t uint64) int64 {
	for {
		u := uniform(w, t)
		if !flip64(w, u, t) {
			continue
		}
		v := uint64(0)
		for flip64(w, 1, 1) {
			v++
		}
		high, size := bits.Mul64(t, v)
		size, carry := bits.Add64(size, u, 0)
		if high+carry != 0 || size > math.MaxInt64 {
			panic(fmt.Sprintf("noise: %d heads in a row of a coin with bias 1/e; the words are not random", v))
		}
		minus := w.Uint64()&1 == 1
		if minus && size == 0 {
			continue // otherwise 0 would have twice its share
		}
		if minus {
			return -int64(size)
		}
		return int64(size)
	}
}

// uniform draws from [0, n), n >= 1: as many bits as n-1 has, again while they are not below n.
func uniform(w Words, n uint64) uint64 {
	if n == 1 {
		return 0
	}
	mask := uint64(math.MaxUint64) >> bits.LeadingZeros64(n-1)
	for {
		if x := w.Uint64() & mask; x < n {
			return x
		}
	}
}

// flip64 is true with probability exp(-a/b), a <= b, 1 <= b: von Neumann's alternating series, in which a run of k-1
// heads of coins a/b, a/2b, a/3b, ... has an odd k with that probability.
func flip64(w Words, a, b uint64) bool {
	k := uint64(1)
	for uniform(w, b) < a && uniform(w, k) == 0 {
		k++
	}
	return k&1 == 1
}

// coin64 is true with probability exp(-a/b) for any a: the whole part of a/b as coins of bias 1/e, then the rest.
func coin64(w Words, a, b uint64) bool {
	for ; a > b; a -= b {
		if !flip64(w, 1, 1) {
			return false
		}
	}
	return flip64(w, a, b)
}
