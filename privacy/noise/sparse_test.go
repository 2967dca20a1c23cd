package noise

import (
	"fmt"
	"math"
	"math/bits"
	"slices"
	"testing"
)

// TestThreshold: the reference values of privacy.md, section 11, and that one less is too low.
func TestThreshold(t *testing.T) {
	for _, c := range []struct {
		sigma2, cells, most uint64
		tau                 int64
		expected, mean      float64 // false cells; value of one
	}{
		{200, 65_480_000, 1000, 60, 843, 62.6},
		{429, 100_000_000, 1000, 89, 963, 92.9},
		{375, 100_000_000, 1000, 84, 807, 87.6},
	} {
		s := NewSparse(New(c.sigma2), c.cells, c.most)
		if s.Tau() != c.tau || math.Abs(s.Expected()-c.expected) > .5 {
			t.Errorf("variance %d: tau %d with %.1f false cells, want %d with %.0f", c.sigma2, s.Tau(), s.Expected(), c.tau, c.expected)
		}
		if below, _ := Exact(c.sigma2).Tail(c.tau - 1).Float64(); below*float64(c.cells) <= float64(c.most) {
			t.Errorf("variance %d: tau %d is not the smallest", c.sigma2, c.tau)
		}
		if got := mean(s.tail, c.tau); math.Abs(got-c.mean) > .05 {
			t.Errorf("variance %d: the mean false cell is %.2f, want %.1f", c.sigma2, got, c.mean)
		}
	}
}

// mean of tau + i under a cumulative table.
func mean(table []entry, tau int64) float64 {
	sum, before := 0.0, 0.0
	for i, e := range table {
		f := (float64(e.hi) + float64(e.lo)/0x1p64) / 0x1p64
		sum += float64(tau+int64(i)) * (f - before)
		before = f
	}
	return sum
}

// TestTablesOfSparse: entries ascend to all ones, and the binomial one has mean and variance n p and n p (1-p).
func TestTablesOfSparse(t *testing.T) {
	for _, p := range []float64{1e-9, 1e-4, .003, .3} {
		for _, n := range []uint64{1, 7, block} {
			table := binomialTable(n, float(p))
			m1, m2 := mean(table, 0), 0.0
			before := 0.0
			for i, e := range table {
				if i > 0 && e.less(table[i-1]) {
					t.Errorf("n %d p %g: entry %d is less than the one before", n, p, i)
				}
				f := (float64(e.hi) + float64(e.lo)/0x1p64) / 0x1p64
				m2 += float64(i) * float64(i) * (f - before)
				before = f
			}
			np := float64(n) * p
			if math.Abs(m1-np) > 1e-9*max(1, np) || math.Abs(m2-m1*m1-np*(1-p)) > 1e-6*max(1, np) {
				t.Errorf("n %d p %g: mean %g variance %g, want %g and %g", n, p, m1, m2-m1*m1, np, np*(1-p))
			}
			if last := table[len(table)-1]; last != (entry{math.MaxUint64, math.MaxUint64}) {
				t.Errorf("n %d p %g: the last entry is %x", n, p, last)
			}
		}
	}
}

const (
	sparseCells = 200_001 // 48 blocks and one of 3,393
	sparseMost  = 538     // so that tau is 40 at variance 200
)

// planted are cells that are not zero: counts around tau, at the edges of blocks and of the domain too.
func planted() (cells []uint64, counts []int64) {
	for c := uint64(0); c < sparseCells; c += 97 {
		cells, counts = append(cells, c), append(counts, int64(c%89)+1)
	}
	cells, counts = append(cells, sparseCells-1), append(counts, 41)
	return cells, counts
}

// TestSparseIsThinnedDense compares the sparse release with its definition, noise on every cell and a threshold, on fixed
// streams: the values of false cells, how many there are, where they are, and how often a cell that is there is kept.
func TestSparseIsThinnedDense(t *testing.T) {
	const runs = 60
	var a alarm
	s := NewSparse(New(200), sparseCells, sparseMost)
	if s.Tau() != 40 {
		t.Fatalf("tau is %d, want 40", s.Tau())
	}
	cells, counts := planted()
	var values [2][]int64
	var places [2][]int64
	var real [2][]int64
	for i, w := range []Words{fixed("sparse"), fixed("dense")} {
		for range runs {
			kept, noisy := s.Draw(w, cells, counts)
			if i == 1 {
				kept, noisy = dense(w, s, cells, counts)
			}
			for k, c := range kept {
				if noisy[k] < s.tau || k > 0 && kept[k-1] >= c {
					t.Fatal("a kept cell is below tau, or cells do not ascend")
				}
				if at, ok := slices.BinarySearch(cells, c); ok {
					real[i] = append(real[i], counts[at])
					continue
				}
				values[i] = append(values[i], noisy[k])
				places[i] = append(places[i], int64(c/1024))
			}
		}
	}
	for name, x := range map[string][2][]int64{"value": values, "place": places, "count of a kept cell": real} {
		n := min(len(x[0]), len(x[1])) // of equally many; how many there are is compared below
		checkSame(t, &a, sampled(x[0], n), sampled(x[1], n))
		d := float64(len(x[0]) - len(x[1])) // both are sums of independent coins: Var(difference) <= sum of sizes
		a.add(lie)
		if z := d / math.Sqrt(float64(len(x[0])+len(x[1]))); math.Abs(z) > normal {
			t.Errorf("%s: %d in the sparse release, %d in the dense one: %.1f standard errors", name, len(x[0]), len(x[1]), z)
		}
	}
	t.Logf("%d and %d false cells; false-alarm probability with fresh randomness: %.2g", len(values[0]), len(values[1]), a.sum)
}

// sampled keeps n values of a list, from every part of it.
func sampled(x []int64, n int) []int64 {
	kept := make([]int64, n)
	for i := range kept {
		kept[i] = x[i*len(x)/n]
	}
	return kept
}

// dense is the definition.
func dense(w Words, s *Sparse, cells []uint64, counts []int64) (kept []uint64, noisy []int64) {
	at := 0
	for c := range s.cells {
		v := s.noise.Draw(w)
		if at < len(cells) && cells[at] == c {
			v += counts[at]
			at++
		}
		if v >= s.tau {
			kept, noisy = append(kept, c), append(noisy, v)
		}
	}
	return kept, noisy
}

// TestSparseRate: over 1.2e9 simulated zero cells the number of false ones, its variance from run to run, and their values
// are those of the exact tail, within 4.9 standard errors (p-value 1e-6): a run lies three times in a million.
func TestSparseRate(t *testing.T) {
	const runs = 6000
	var a alarm
	s, w := NewSparse(New(200), sparseCells, sparseMost), fixed("rate")
	p, _ := s.passes.Float64()
	total, square := 0.0, 0.0
	got := make([]float64, 30)
	for range runs {
		_, noisy := s.Draw(w, nil, nil)
		n := float64(len(noisy))
		total += n
		square += (n - s.Expected()) * (n - s.Expected())
		for _, v := range noisy {
			got[min(v-s.tau, int64(len(got)-1))]++
		}
	}
	variance := s.Expected() * (1 - p)
	for name, z := range map[string]float64{
		"number of false cells": (total - runs*s.Expected()) / math.Sqrt(runs*variance),
		"its variance":          (square/runs/variance - 1) / math.Sqrt(2./runs),
	} {
		a.add(lie)
		if math.Abs(z) > normal {
			t.Errorf("%s is %.2f standard errors away", name, z)
		}
	}
	chi2, rest := 0.0, 1.0
	for i := range got {
		share := rest
		if i < len(got)-1 {
			share = math.Exp(-float64((s.tau+int64(i))*(s.tau+int64(i)))/400) / (math.Sqrt(2*math.Pi*200) * p) // Z of variance 200 is sqrt(2 pi 200) to 15 digits
		}
		rest -= share
		chi2 += (got[i] - total*share) * (got[i] - total*share) / (total * share)
	}
	a.add(minP)
	if pv := chi2Tail(chi2, len(got)-1); pv < minP {
		t.Errorf("values: chi-squared %.1f on %d: p %.2g", chi2, len(got)-1, pv)
	}
	t.Logf("%.0f false cells of %.2g (expected %.0f); chi-squared of the values %.1f on %d; false-alarm probability with fresh randomness %.2g",
		total, runs*float64(sparseCells), runs*s.Expected(), chi2, len(got)-1, a.sum)
}

// TestSparseEverywhere: with a threshold that nearly half of the cells pass, positions stay distinct and inside.
func TestSparseEverywhere(t *testing.T) {
	for _, cells := range []uint64{1, 2, 63, block - 1, block, block + 1, 3*block + 17} {
		s, w := NewSparse(New(4), cells, max(1, cells/3)), fixed(fmt.Sprint("everywhere ", cells))
		sum := 0.0
		for range 200 {
			kept, noisy := s.Draw(w, nil, nil)
			if len(kept) != len(noisy) || !slices.IsSorted(kept) || len(kept) > 0 && kept[len(kept)-1] >= cells {
				t.Fatalf("%d cells: kept %d with %d values", cells, len(kept), len(noisy))
			}
			sum += float64(len(kept))
		}
		if z := (sum - 200*s.Expected()) / math.Sqrt(200*s.Expected()); math.Abs(z) > normal {
			t.Errorf("%d cells: %.0f kept, want %.0f", cells, sum, 200*s.Expected())
		}
	}
}

func TestSparseRefuses(t *testing.T) {
	s := NewSparse(New(4), 100, 1)
	for name, use := range map[string]func(){
		"no cells":            func() { NewSparse(New(4), 0, 1) },
		"too many cells":      func() { NewSparse(New(4), MostSparse+1, 1) },
		"no false cells":      func() { Threshold(4, 100, 0) },
		"counts missing":      func() { s.Draw(fixed("r"), []uint64{1}, nil) },
		"a cell twice":        func() { s.Draw(fixed("r"), []uint64{1, 1}, []int64{1, 1}) },
		"a cell of no domain": func() { s.Draw(fixed("r"), []uint64{100}, []int64{1}) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			use()
		}()
	}
}

// BenchmarkSparse draws the release of 1e8 pairs with a million cells that are not zero.
func BenchmarkSparse(b *testing.B) {
	s, w := NewSparse(New(429), 100_000_000, 1000), fixed("bench")
	var cells []uint64
	var counts []int64
	for c := uint64(3); c < 100_000_000; c += 100 {
		cells, counts = append(cells, c), append(counts, int64(bits.TrailingZeros64(c)))
	}
	for b.Loop() {
		s.Draw(w, cells, counts)
	}
}
