package noise

import (
	"math"
	"math/big"
	"math/bits"
)

// entry is a 128-bit number. Entry k of a table is 2 * floor(2^127 * P(|X| <= k)): even, so that the lowest bit of the
// second random word does not take part in the search and is free to be the sign.
type entry struct{ hi, lo uint64 }

// cut is the weight, relative to that of 0, below which a table ends: its tail is < 2^-140 of the whole for every cell.
var cut = new(big.Float).SetMantExp(big.NewFloat(1), -140)

// buildTable computes the cumulative table with 320-bit arithmetic. Each entry is short by less than 2^-127.
func buildTable(sigma2 uint64) []entry {
	g := integerGauss(sigma2)
	var weights []*big.Float
	total := float(0)
	for k, w := range g.from(0) {
		if w.Cmp(cut) < 0 {
			break
		}
		weight := float(2)
		if k == 0 {
			weight = float(1)
		}
		weights = append(weights, weight.Mul(weight, w))
		total.Add(total, weight)
	}
	table := make([]entry, len(weights))
	sum, half := float(0), new(big.Int)
	for k, w := range weights {
		sum.Add(sum, w)
		f := float(0).Quo(sum, total)
		f.SetMantExp(f, 127).Int(half)
		table[k] = entryOf(half.Lsh(half, 1))
	}
	table[len(table)-1] = entry{math.MaxUint64, math.MaxUint64}
	return table
}

func entryOf(x *big.Int) entry {
	low := new(big.Int).And(x, new(big.Int).SetUint64(math.MaxUint64))
	return entry{new(big.Int).Rsh(x, 64).Uint64(), low.Uint64()}
}

// buildGuide says for each value g of the twelve highest bits of the first word where the search may begin: at the first
// entry whose high word is >= g * 2^52. Entries before it are smaller than every word pair that begins with g.
func buildGuide(table []entry) []uint16 {
	guide := make([]uint16, 4097)
	k := 0
	for g := range uint64(4096) {
		for table[k].hi < g<<52 {
			k++
		}
		guide[g] = uint16(k)
	}
	guide[4096] = uint16(len(table) - 1)
	return guide
}

// search returns the first k whose entry is greater than the 128-bit number (u, v). The answer lies in
// guide[g]..guide[g+1], because entry guide[g+1] begins with at least (g+1) * 2^52 > u. The one number that no entry
// exceeds, 2^128 - 1, belongs to the last entry.
func (d *Discrete) search(u, v uint64) int64 {
	g := u >> 52
	lo, hi := int(d.guide[g]), int(d.guide[g+1])
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		_, borrow := bits.Sub64(v, d.table[mid].lo, 0)
		if _, borrow = bits.Sub64(u, d.table[mid].hi, borrow); borrow == 1 {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	return int64(lo)
}

// Log2TV is the binary logarithm of the total variation distance between what Draw returns and the discrete Gaussian,
// computed from the finished table: half the sum of |P(table) - P| over all integers. n draws add at most
// (1 + e^eps) * n * 2^Log2TV to delta. It is minus infinity without a table, because rejection is exact.
func (d *Discrete) Log2TV() float64 {
	if d.table == nil {
		return math.Inf(-1)
	}
	g := integerGauss(d.sigma2)
	total, distance := g.total(), float(0)
	before := new(big.Int)
	for k := range d.table {
		upTo := d.table[k].int()
		if k == len(d.table)-1 {
			upTo.Lsh(big.NewInt(1), 128)
		}
		p := float(0).SetInt(new(big.Int).Sub(upTo, before))
		p.SetMantExp(p, -128)
		before = upTo
		distance.Add(distance, p.Sub(p, g.mass(k, total)).Abs(p))
	}
	tail := g.sumFrom(int64(len(d.table)))
	distance.Add(distance, tail.Quo(tail.Add(tail, tail), total))
	mantissa := new(big.Float)
	exponent := distance.MantExp(mantissa)
	m, _ := mantissa.Float64()
	return math.Log2(m) + float64(exponent) - 1
}

func (e entry) int() *big.Int {
	x := new(big.Int).SetUint64(e.hi)
	return x.Lsh(x, 64).Or(x, new(big.Int).SetUint64(e.lo))
}
