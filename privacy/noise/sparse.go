package noise

import (
	"fmt"
	"math"
	"math/big"
	"math/bits"
)

// block is the number of cells whose false ones are drawn together.
const block = 4096

// MostSparse is the largest domain of a Sparse: its blocks are walked one by one, 2^28 of them.
const MostSparse = 1 << 40

// Sparse draws what "noise on all cells, keep those of at least tau" would give, without visiting the cells that are zero
// (Cormode, Procopiuc, Srivastava, Tran 2012; privacy.md, section 11). Whether a zero cell passes and its value depend on
// its own noise alone, so drawing how many of a block pass, which, and their values from the tail has the same law. The
// domain and tau are public, so keeping by tau is post-processing: it costs no delta. Never changed after NewSparse.
type Sparse struct {
	cells  uint64
	tau    int64
	noise  *Discrete
	passes *big.Float // P(Z >= tau)
	tail   []entry    // P(Z <= tau+i | Z >= tau)
	full   []entry    // P(K <= i), K the number of false cells of a block
	last   []entry    // the same for the last block, which may be shorter
}

// Threshold is the smallest tau of at least 1 with cells * P(Z >= tau) <= falseCells: at most so many of the cells that
// are zero are expected to be kept. It is found by bisection on the exact tail, rounded up, so it is never too low. It
// panics when falseCells is 0: no threshold has no false cells.
func Threshold(sigma2, cells, falseCells uint64) int64 {
	if falseCells == 0 {
		panic("noise: a threshold without false cells does not exist, got 0")
	}
	d := Exact(sigma2)
	enough := func(tau int64) bool {
		expected := d.Tail(tau)
		expected.Mul(expected, float(0).SetUint64(cells))
		return expected.Cmp(float(0).SetUint64(falseCells)) <= 0
	}
	low, high := int64(0), int64(1)
	for !enough(high) {
		low, high = high, 2*high
	}
	for low+1 < high {
		if mid := (low + high) / 2; enough(mid) {
			high = mid
		} else {
			low = mid
		}
	}
	return high
}

// NewSparse returns the sparse release of a domain of that many cells under noise d, with tau from Threshold. It panics
// for an empty domain and for one of more than MostSparse cells.
func NewSparse(d *Discrete, cells, falseCells uint64) *Sparse {
	if cells == 0 || cells > MostSparse {
		panic(fmt.Sprintf("noise: a sparse domain has 1 to %d cells, got %d", uint64(MostSparse), cells))
	}
	s := &Sparse{cells: cells, noise: d, tau: Threshold(d.sigma2, cells, falseCells)}
	s.passes = d.Tail(s.tau)
	s.tail = tailTable(d.weights(), s.tau)
	s.full = binomialTable(block, s.passes)
	s.last = s.full
	if rest := cells % block; rest > 0 {
		s.last = binomialTable(rest, s.passes)
	}
	return s
}

// Tau is the smallest noisy count that is kept.
func (s *Sparse) Tau() int64 { return s.tau }

// Expected is the expected number of false cells: cells * P(Z >= tau), were all of them zero.
func (s *Sparse) Expected() float64 {
	n := float(0).SetUint64(s.cells)
	x, _ := n.Mul(n, s.passes).Float64()
	return x
}

// Draw returns the cells that are kept, ascending, and their noisy counts. The counts of the cells that are not zero come
// in two slices of the same length, cells ascending; it panics otherwise, because a cell that is there twice would have
// noise twice.
func (s *Sparse) Draw(w Words, cells []uint64, counts []int64) (kept []uint64, noisy []int64) {
	if len(cells) != len(counts) {
		panic(fmt.Sprintf("noise: %d cells have %d counts", len(cells), len(counts)))
	}
	for i, c := range cells {
		if c >= s.cells || i > 0 && cells[i-1] >= c {
			panic("noise: the cells of a sparse table do not ascend within their domain")
		}
	}
	var marked [block / 64]uint64
	at := 0
	for first := uint64(0); first < s.cells; first += block {
		s.passing(w, first, &marked)
		for k := at; k < len(cells) && cells[k]-first < block; k++ {
			p := cells[k] - first
			marked[p/64] |= 1 << (p % 64) // a false cell that falls on it is dropped: it has noise of its own
		}
		for i, bitmap := range marked {
			for ; bitmap != 0; bitmap &= bitmap - 1 {
				cell := first + uint64(64*i+bits.TrailingZeros64(bitmap))
				if at == len(cells) || cells[at] != cell {
					kept, noisy = append(kept, cell), append(noisy, s.tau+draw(s.tail, w))
					continue
				}
				if v := counts[at] + s.noise.Draw(w); v >= s.tau {
					kept, noisy = append(kept, cell), append(noisy, v)
				}
				at++
			}
		}
	}
	return kept, noisy
}

// passing marks which cells of the block that begins at first would pass if all were zero.
func (s *Sparse) passing(w Words, first uint64, marked *[block / 64]uint64) {
	clear(marked[:])
	size, table := min(block, s.cells-first), s.full
	if size < block {
		table = s.last
	}
	for k := draw(table, w); k > 0; {
		if p := uniform(w, size); marked[p/64]>>(p%64)&1 == 0 {
			marked[p/64] |= 1 << (p % 64)
			k--
		}
	}
}

// draw takes two words and returns the first index whose entry is greater than the 128-bit number they make; the one
// number that no entry exceeds belongs to the last.
func draw(table []entry, w Words) int64 {
	x := entry{w.Uint64(), w.Uint64()}
	lo, hi := 0, len(table)-1
	for lo < hi {
		if mid := (lo + hi) / 2; x.less(table[mid]) {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	return int64(lo)
}

// cumulate turns weights into entries floor(2^128 * P(X <= i)), the last one all ones. Each is short by less than 2^-128
// and by what the weights leave out.
func cumulate(weights []*big.Float) []entry {
	total, sum := float(0), float(0)
	for _, w := range weights {
		total.Add(total, w)
	}
	table := make([]entry, len(weights))
	for i, w := range weights {
		sum.Add(sum, w)
		if sum.Cmp(total) >= 0 { // the last, and what rounding makes equal to it
			table[i] = entry{math.MaxUint64, math.MaxUint64}
			continue
		}
		f := float(0).Quo(sum, total)
		whole, _ := f.SetMantExp(f, 128).Int(nil)
		table[i] = entryOf(whole)
	}
	return table
}

// tailTable is the table of Z - tau given Z >= tau, cut where a weight is 2^-140 of the first one.
func tailTable(g gauss, tau int64) []entry {
	var weights []*big.Float
	for k, w := range g.from(tau) {
		if k > tau && float(0).Quo(w, weights[0]).Cmp(cut) < 0 {
			break
		}
		weights = append(weights, float(0).Set(w))
	}
	return cumulate(weights)
}

// binomialTable is the table of Binomial(n, p), 0 < p < 1, cut above the mean where a weight is 2^-140 of the largest.
func binomialTable(n uint64, p *big.Float) []entry {
	q := float(0).Sub(float(1), p)
	odds := float(0).Quo(p, q)
	w := float(1)
	for range n {
		w.Mul(w, q)
	}
	largest := float(0).Set(w)
	weights := []*big.Float{float(0).Set(w)}
	for k := uint64(0); k < n; k++ {
		w.Mul(w, odds).Mul(w, float(float64(n-k))).Quo(w, float(float64(k+1)))
		if w.Cmp(largest) > 0 {
			largest.Set(w)
		} else if float(0).Quo(w, largest).Cmp(cut) < 0 {
			break
		}
		weights = append(weights, float(0).Set(w))
	}
	return cumulate(weights)
}
