package noise

import (
	"math"
	"math/big"
	"math/bits"
)

func (e entry) less(f entry) bool {
	_, borrow := bits.Sub64(e.lo, f.lo, 0)
	_, borrow = bits.Sub64(e.hi, f.hi, borrow)
	return borrow == 1
}

func (e entry) minus(f entry) entry {
	lo, borrow := bits.Sub64(e.lo, f.lo, 0)
	hi, _ := bits.Sub64(e.hi, f.hi, borrow)
	return entry{hi, lo}
}

// uniform128 is uniform for 128 bits: the high word first, then the low one.
func uniform128(w Words, n entry) entry {
	top := n.minus(entry{0, 1})
	if top.hi == 0 {
		if n.hi == 1 { // n = 2^64
			return entry{0, w.Uint64()}
		}
		return entry{0, uniform(w, n.lo)}
	}
	mask := uint64(math.MaxUint64) >> bits.LeadingZeros64(top.hi)
	for {
		x := entry{w.Uint64() & mask, w.Uint64()}
		if x.less(n) {
			return x
		}
	}
}

// coin128 is coin64 with 128-bit numbers.
func coin128(w Words, a, b entry) bool {
	for ; b.less(a); a = a.minus(b) {
		if !flip64(w, 1, 1) {
			return false
		}
	}
	k := uint64(1)
	for uniform128(w, b).less(a) && uniform(w, k) == 0 {
		k++
	}
	return k&1 == 1
}

// uniformBig is uniform for numbers of any size.
func uniformBig(w Words, n *big.Int) *big.Int {
	size := new(big.Int).Sub(n, big.NewInt(1)).BitLen()
	for {
		x := new(big.Int)
		for rest := size; rest > 0; {
			take := (rest-1)%64 + 1
			word := w.Uint64() & (math.MaxUint64 >> (64 - take))
			x.Lsh(x, 64).Or(x, new(big.Int).SetUint64(word))
			rest -= take
		}
		if x.Cmp(n) < 0 {
			return x
		}
	}
}

// coinBig is coin64 with numbers of any size.
func coinBig(w Words, a, b *big.Int) bool {
	for a = new(big.Int).Set(a); a.Cmp(b) > 0; a.Sub(a, b) {
		if !flip64(w, 1, 1) {
			return false
		}
	}
	k := uint64(1)
	for uniformBig(w, b).Cmp(a) < 0 && uniform(w, k) == 0 {
		k++
	}
	return k&1 == 1
}
