// Package noise draws discrete noise that is exact to the last bit.
//
// The noise is the discrete Gaussian on the integers: P(k) = exp(-k^2 / 2 sigma2) / Z. Integers have no low bits through
// which a value could leak (Mironov 2012) and no sum that depends on its order (Casacuberta et al. 2022). There are two
// samplers: a table with 128-bit entries, which counts use, and a rejection sampler with coin flips of rational bias,
// which is exact for every variance and against which the table is tested. Randomness is an argument.
package noise

import "math"

// MaxTable is the largest variance for which New builds a table; above it draws are made by rejection.
const MaxTable = 1_000_000

// Words is the only randomness that a sampler sees: independent uniform words. Production passes a cryptographic stream
// that is keyed afresh for every release and never shared between two of them (privacy.md, section 7).
type Words interface{ Uint64() uint64 }

// Discrete is the discrete Gaussian of one variance. It is never changed after New, so goroutines may draw from one
// Discrete at the same time, each with Words of its own.
type Discrete struct {
	sigma2 uint64
	scale  uint64 // of the discrete Laplace that the rejection sampler proposes from: floor(sqrt(sigma2)) + 1
	table  []entry
	guide  []uint16
}

// New returns the discrete Gaussian with the given variance, a positive integer (Sigma2 of privacy/account). Up to
// MaxTable it builds a table (46 ms at most, 3 ms at 2,286), above it draws by rejection. It panics when sigma2 is 0: no
// noise is not a noise.
func New(sigma2 uint64) *Discrete {
	d := Exact(sigma2)
	if sigma2 <= MaxTable {
		d.table = buildTable(sigma2)
		d.guide = buildGuide(d.table)
	}
	return d
}

// Exact returns the same distribution, always drawn by rejection: ten times slower, without any approximation.
func Exact(sigma2 uint64) *Discrete {
	if sigma2 == 0 {
		panic("noise: the variance is a positive integer, got 0")
	}
	return &Discrete{sigma2: sigma2, scale: isqrt(sigma2) + 1}
}

// Sigma2 is the variance that was asked for. The variance of the distribution equals it to 15 digits from 4 on and is
// smaller by 2e-10 of itself at 1.
func (d *Discrete) Sigma2() uint64 { return d.sigma2 }

// Draw returns one value. With a table it consumes exactly two words whatever the value is.
func (d *Discrete) Draw(w Words) int64 {
	if d.table == nil {
		return d.reject(w)
	}
	u, v := w.Uint64(), w.Uint64()
	k := d.search(u, v)
	s := int64(v & 1)
	return (k ^ -s) + s
}

// isqrt is the integer part of the square root. The floating root is off by at most one at 64 bits.
func isqrt(n uint64) uint64 {
	r := min(uint64(math.Sqrt(float64(n))), math.MaxUint32)
	for r*r > n {
		r--
	}
	for r < math.MaxUint32 && (r+1)*(r+1) <= n {
		r++
	}
	return r
}
