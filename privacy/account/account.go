// Package account adds and converts privacy losses and holds the profiles.
//
// The currency is rho of zero-concentrated differential privacy (Bun, Steinke 2016). Losses add, also when later
// releases are chosen after looking at earlier ones. Decisions are taken on integers, in nano-rho (1e-9); floats are
// for people to read.
package account

import (
	"fmt"
	"math"
	"math/bits"
)

// Nano is one rho in the integers that decisions are taken on.
const Nano = 1_000_000_000

// Sigma2 is the smallest variance of integer noise that keeps the loss of a table with squared sensitivity d2 within
// rhoNano nano-rho: ceil(d2 * 1e9 / (2 rhoNano)). It panics when rhoNano is not positive, and when the variance does not
// fit in 64 bits, which needs a d2 above 3.6e10.
func Sigma2(d2 uint64, rhoNano int64) uint64 {
	if rhoNano <= 0 {
		panic(fmt.Sprintf("account: a table without a share of the budget has no variance, got %d nano-rho", rhoNano))
	}
	q, ok := quotient(d2, 2*uint64(rhoNano))
	if !ok {
		panic(fmt.Sprintf("account: squared sensitivity %d at %d nano-rho needs a variance above 64 bits", d2, rhoNano))
	}
	return q
}

// Charge is the loss, in nano-rho, of adding integer noise of variance sigma2 to a table with squared sensitivity d2:
// ceil(d2 * 1e9 / (2 sigma2)) (Canonne, Kamath, Steinke 2020), rounded up, so what is booked is never less than the
// loss. A loss that does not fit, and any loss without noise, is math.MaxInt64, which no cap admits.
func Charge(d2, sigma2 uint64) int64 {
	if d2 == 0 {
		return 0
	}
	if sigma2 == 0 {
		return math.MaxInt64
	}
	twice, ok := quotient(d2, sigma2) // ceil(ceil(x/s)/2) = ceil(x/2s)
	half := twice/2 + twice&1
	if !ok || half > math.MaxInt64 {
		return math.MaxInt64
	}
	return int64(half)
}

// quotient is ceil(d2 * 1e9 / by), or false when it has more than 64 bits.
func quotient(d2, by uint64) (uint64, bool) {
	hi, lo := bits.Mul64(d2, Nano)
	if hi >= by {
		return 0, false
	}
	q, r := bits.Div64(hi, lo, by)
	if r == 0 {
		return q, true
	}
	return q + 1, q != math.MaxUint64
}
