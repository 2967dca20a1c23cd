// Package dice makes randomness that can be repeated from a seed and the name of what is drawn.
//
// A person's day, a town's border and a phone's hour each have a stream of their own, named by numbers. So a day can be
// made without the days before it, and in any order, on any number of processors, with the same result.
package dice

import (
	"math"
	"math/rand/v2"
)

// Hash mixes numbers into one; the order of the numbers matters (finaliser of splitmix64, Steele et al. 2014).
func Hash(parts ...uint64) uint64 {
	h := uint64(0x9e3779b97f4a7c15)
	for _, p := range parts {
		h = Mix(h ^ p*0xff51afd7ed558ccd)
	}
	return h
}

// Mix is a bijection of 64 bits: different numbers stay different.
func Mix(z uint64) uint64 {
	z += 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// Unit is a number in [0, 1) that depends on the parts alone.
func Unit(parts ...uint64) float64 { return float64(Hash(parts...)>>11) / (1 << 53) }

// Dice is one stream of random numbers. It is not safe for several goroutines.
type Dice struct {
	*rand.Rand
	pcg rand.PCG
}

// New returns the stream that the parts name.
func New(parts ...uint64) *Dice {
	d := new(Dice)
	d.Rand = rand.New(&d.pcg)
	d.Reset(parts...)
	return d
}

// Reset turns d into the stream that the parts name, without allocating.
func (d *Dice) Reset(parts ...uint64) {
	h := Hash(parts...)
	d.pcg.Seed(h, Mix(h))
}

// Chance is true with probability p.
func (d *Dice) Chance(p float64) bool { return d.Float64() < p }

// Between draws a number from [lo, hi).
func (d *Dice) Between(lo, hi float64) float64 { return lo + (hi-lo)*d.Float64() }

// Normal draws from a normal distribution.
func (d *Dice) Normal(mean, sd float64) float64 { return mean + sd*d.NormFloat64() }

// LogNormal draws from a log-normal distribution with the given mean (not median) and sd of the logarithm.
func (d *Dice) LogNormal(mean, sigma float64) float64 {
	return mean * math.Exp(sigma*d.NormFloat64()-sigma*sigma/2)
}

// Poisson draws a count with the given mean: by products below 20 (Knuth), by the rounded normal above.
func (d *Dice) Poisson(mean float64) int {
	if mean >= 20 {
		return max(0, int(math.Round(d.Normal(mean, math.Sqrt(mean)))))
	}
	n, limit := 0, math.Exp(-mean)
	for p := d.Float64(); p > limit; p *= d.Float64() {
		n++
	}
	return n
}

// Pick draws an index with probability proportional to the weights, which are not negative and not all 0.
func (d *Dice) Pick(weights []float64) int {
	sum := 0.0
	for _, w := range weights {
		sum += w
	}
	at := d.Float64() * sum
	for i, w := range weights {
		if at -= w; at < 0 {
			return i
		}
	}
	return len(weights) - 1
}

// Sums turns weights into running sums, for Find.
func Sums(weights []float64) []float64 {
	sums, sum := make([]float64, len(weights)), 0.0
	for i, w := range weights {
		sum += w
		sums[i] = sum
	}
	return sums
}

// Find is Pick over running sums, by bisection.
func (d *Dice) Find(sums []float64) int {
	at := d.Float64() * sums[len(sums)-1]
	lo, hi := 0, len(sums)-1
	for lo < hi {
		mid := (lo + hi) / 2
		if sums[mid] > at {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	return lo
}
