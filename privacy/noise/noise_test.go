package noise

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
)

// fixed is a stream of words that is the same on every run. It lives in a test file, so that no binary contains it.
func fixed(name string) Words { return rand.NewChaCha8(sha256.Sum256([]byte(name))) }

// counted counts the words that are taken.
type counted struct {
	Words
	n int
}

func (c *counted) Uint64() uint64 { c.n++; return c.Words.Uint64() }

func TestKnownAnswers(t *testing.T) {
	for _, c := range []struct {
		name string
		d    *Discrete
		want []int64
	}{
		{"table 4", New(4), []int64{0, 4, -2, 0, -1, 0, 1, 1, -4, 3, -2, 1}},
		{"table 2286", New(2286), []int64{1, 94, -45, 5, -16, -3, 23, 14, -91, 82, -47, 16}},
		{"table 1000000", New(1_000_000), []int64{27, 1974, -932, 99, -339, -53, 480, 295, -1904, 1724, -977, 345}},
		{"rejection 4", Exact(4), []int64{-1, 4, 2, 4, 2, 1, -1, -1, -3, -2, 1, 0}},
		{"rejection 2286", Exact(2286), []int64{-23, -26, -20, 6, -38, -8, 2, -38, 2, 47, -86, -3}},
		{"rejection 20000000000", New(20_000_000_000), []int64{-68278, -82106, -93052, 359677, -18995, -240206, -29635, -211478, -9224, -62581, 335060, -166506}},
	} {
		w := fixed("known answers")
		got := make([]int64, 12)
		for i := range got {
			got[i] = c.d.Draw(w)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

func TestTables(t *testing.T) {
	for _, c := range []struct {
		sigma2  uint64
		entries int     // privacy.md, section 6.2
		tv      float64 // the same, one decimal; NaN where it gives none
		hash    string  // of this implementation: a table may never change unseen
	}{
		{1, 14, math.NaN(), "77d5456d5efa32b0"},
		{4, 28, -124.1, "afba447b6aba101a"},
		{480, 306, -121.4, "4516a8f79d603ee5"},
		{2286, 667, -120.3, "c7d9fc61c6bffba7"},
		{10_000, 1394, -119.2, "83968dfc02833be3"},
		{1_000_000, 13932, -115.9, "0dfdd738d4be9200"},
	} {
		d := New(c.sigma2)
		if len(d.table) != c.entries {
			t.Errorf("sigma2 %d: %d entries, want %d", c.sigma2, len(d.table), c.entries)
		}
		tv := d.Log2TV()
		if tv > -115 || !math.IsNaN(c.tv) && math.Abs(tv-c.tv) > .05 {
			t.Errorf("sigma2 %d: log2 TV %.3f, want %.1f and at most -115", c.sigma2, tv, c.tv)
		}
		sum := sha256.New()
		for k, e := range d.table {
			if k > 0 && e.less(d.table[k-1]) {
				t.Errorf("sigma2 %d: entry %d is smaller than the one before", c.sigma2, k)
			}
			if k < len(d.table)-1 && e.lo&1 != 0 {
				t.Errorf("sigma2 %d: entry %d is odd, so the sign would not be free", c.sigma2, k)
			}
			binary.Write(sum, binary.BigEndian, [2]uint64{e.hi, e.lo})
		}
		if got := hex.EncodeToString(sum.Sum(nil))[:16]; got != c.hash {
			t.Errorf("sigma2 %d: table hash %s, want %s", c.sigma2, got, c.hash)
		}
	}
	if tv := Exact(480).Log2TV(); !math.IsInf(tv, -1) {
		t.Errorf("rejection: log2 TV %v, want minus infinity", tv)
	}
}

// TestSearch compares the guided search with a scan from the start, at the entries themselves, next to them, and at
// random numbers.
func TestSearch(t *testing.T) {
	w := fixed("search")
	for _, sigma2 := range []uint64{1, 4, 480, 10_000} {
		d := New(sigma2)
		check := func(x entry) {
			want := len(d.table) - 1
			for k, e := range d.table {
				if x.less(e) {
					want = k
					break
				}
			}
			if got := d.search(x.hi, x.lo); got != int64(want) {
				t.Fatalf("sigma2 %d: search %x %x gives %d, want %d", sigma2, x.hi, x.lo, got, want)
			}
		}
		for _, e := range d.table {
			check(e)
			check(e.minus(entry{0, 1}))
			if e.lo != math.MaxUint64 {
				check(entry{e.hi, e.lo + 1})
			}
		}
		for range 2000 {
			check(entry{w.Uint64(), w.Uint64()})
		}
		check(entry{0, 0})
	}
}

func TestTableTakesTwoWords(t *testing.T) {
	d, w := New(480), &counted{Words: fixed("two words")}
	for i := 1; i <= 10_000; i++ {
		d.Draw(w)
		if w.n != 2*i {
			t.Fatalf("draw %d: %d words so far, want %d", i, w.n, 2*i)
		}
	}
}

// TestReferenceValues are rows 13 and, for the normaliser at 100, the last of privacy.md 5.5 (from cdp2adp.py and
// discretegauss.py of IBM discrete-gaussian-differential-privacy). Tolerance 1e-10 relative, as there.
func TestReferenceValues(t *testing.T) {
	for _, c := range []struct {
		num, den             uint64
		variance, normaliser float64 // 0: not given
	}{
		{1, 10, .013296725173624, 1.013475898120478},
		{1, 2, .498979130832820, 1.772637204826652},
		{1, 1, .999999788767728, 2.506628288042905},
		{4, 1, 4, 0},
		{100, 1, 0, 25.066282746310005},
	} {
		g := newGauss(c.num, c.den)
		z := g.total()
		moment := float(0)
		for k := 1; k < 400; k++ {
			p := g.mass(k, z)
			moment.Add(moment, p.Mul(p, float(float64(k*k))))
		}
		variance, _ := moment.Float64()
		normaliser, _ := z.Float64()
		if c.variance != 0 && math.Abs(variance/c.variance-1) > 1e-10 {
			t.Errorf("variance %d/%d: got %.15f, want %.15f", c.num, c.den, variance, c.variance)
		}
		if c.normaliser != 0 && math.Abs(normaliser/c.normaliser-1) > 1e-10 {
			t.Errorf("normaliser %d/%d: got %.15f, want %.15f", c.num, c.den, normaliser, c.normaliser)
		}
	}
}

func TestTail(t *testing.T) {
	for _, sigma2 := range []uint64{1, 25, 429, 1000} {
		d := New(sigma2)
		// Plain sums in float64, from small to large, are good to 1e-13.
		sum, z := 0.0, 0.0
		for k := 2000; k >= -2000; k-- {
			z += math.Exp(-float64(k) * float64(k) / (2 * float64(sigma2)))
		}
		for k := int64(300); k >= -300; k-- {
			p := math.Exp(-float64(k) * float64(k) / (2 * float64(sigma2)))
			if sum == 0 { // begin with the tail beyond 300
				for j := int64(2000); j > k; j-- {
					sum += math.Exp(-float64(j) * float64(j) / (2 * float64(sigma2)))
				}
			}
			sum += p
			if k%7 != 0 {
				continue
			}
			got, _ := d.Tail(k).Float64()
			if want := sum / z; want > 1e-300 && math.Abs(got/want-1) > 1e-9 {
				t.Errorf("sigma2 %d: P(X >= %d) = %g, want %g", sigma2, k, got, want)
			}
		}
	}
	// The threshold example of privacy.md, section 11: sigma2 1000, ten keys, delta 1e-10 gives k = 213.
	limit := big.NewFloat(1e-11)
	if d := New(1000); d.Tail(213).Cmp(limit) > 0 || d.Tail(212).Cmp(limit) <= 0 {
		t.Errorf("sigma2 1000: tails at 212 and 213 are %.4g and %.4g, want 1e-11 between them", d.Tail(212), d.Tail(213))
	}
	// Thresholds of sparse tables, same section: smallest tau with N P(Z >= tau) <= 1000.
	for _, c := range []struct {
		sigma2    uint64
		n         float64
		tau       int64
		falseCell float64
	}{{200, 65.48e6, 60, 843}, {429, 1e8, 89, 963}, {375, 1e8, 84, 807}} {
		d := New(c.sigma2)
		at, _ := d.Tail(c.tau).Float64()
		before, _ := d.Tail(c.tau - 1).Float64()
		if math.Abs(c.n*at-c.falseCell) > .5 || c.n*before <= 1000 {
			t.Errorf("sigma2 %d: %.1f false cells at %d, %.1f one below; want %.0f and more than 1000", c.sigma2, c.n*at, c.tau, c.n*before, c.falseCell)
		}
	}
}

func TestCoverage(t *testing.T) {
	// privacy.md, section 14: P(|Z| <= floor(1.96 sigma)).
	for sigma2, want := range map[uint64]float64{25: .943, 60: .955, 1539: .949} {
		k := int64(1.96 * math.Sqrt(float64(sigma2)))
		if got := Coverage(sigma2, k); math.Abs(got-want) > .0005 {
			t.Errorf("sigma2 %d: coverage %.5f, want %.3f", sigma2, got, want)
		}
	}
	if got := Coverage(1_000_000, 1959); math.Abs(got-.94991) > .00005 {
		t.Errorf("sigma2 1000000: coverage of 1959 is %.6f, want about .94991 (normal, half a step added)", got)
	}
	if got := Coverage(25, -1); got != 0 {
		t.Errorf("coverage of k = -1 is %v, want 0", got)
	}
	if got := Coverage(4, 1000); got != 1 {
		t.Errorf("coverage of k = 1000 at sigma2 4 is %v, want 1", got)
	}
}

// TestPathsAgree: 64 bits, 128 bits and math/big consume the same words and take the same decisions, so the narrow paths
// are tested against the plain one.
func TestPathsAgree(t *testing.T) {
	pick := fixed("paths")
	for i := range 20_000 {
		b := pick.Uint64()>>(pick.Uint64()%63) | 1
		a := pick.Uint64() >> (pick.Uint64() % 63) % (4 * max(b>>2, 1))
		name := fmt.Sprint("path ", i)
		w64, w128, wBig := &counted{fixed(name), 0}, &counted{fixed(name), 0}, &counted{fixed(name), 0}
		x := coin64(w64, a, b)
		y := coin128(w128, entry{0, a}, entry{0, b})
		z := coinBig(wBig, new(big.Int).SetUint64(a), new(big.Int).SetUint64(b))
		if x != y || y != z || w64.n != w128.n || w128.n != wBig.n {
			t.Fatalf("coin %d/%d: got %v %v %v with %d %d %d words, want the same from all", a, b, x, y, z, w64.n, w128.n, wBig.n)
		}
		wide, over := entry{b >> (pick.Uint64() % 64), pick.Uint64()}, entry{a >> (pick.Uint64() % 64), b}
		w128, wBig = &counted{fixed(name), 0}, &counted{fixed(name), 0}
		if y, z = coin128(w128, over, wide), coinBig(wBig, over.int(), wide.int()); y != z || w128.n != wBig.n {
			t.Fatalf("coin %v/%v: got %v %v with %d %d words, want the same from both", over, wide, y, z, w128.n, wBig.n)
		}
	}
	if got := uniform128(fixed("2^64"), entry{1, 0}); got.hi != 0 {
		t.Errorf("uniform below 2^64 gave %v", got)
	}
}

// TestWidePathsRun checks that the acceptance step leaves 64 bits exactly where its numbers no longer fit, and that the
// decision is that of the widest arithmetic on either side of each edge.
func TestWidePathsRun(t *testing.T) {
	for _, sigma2 := range []uint64{1, 1 << 20, 1 << 30, 1 << 40, 1 << 50, 1 << 62, math.MaxUint64} {
		d := Exact(sigma2)
		for _, size := range []uint64{0, 1, d.scale, 64 * d.scale, 1 << 40, 1 << 50} {
			name := fmt.Sprint(sigma2, size)
			w, wide := &counted{fixed(name), 0}, &counted{fixed(name), 0}
			if got, want := d.keep(w, size), d.keepBig(wide, size); got != want || w.n != wide.n {
				t.Errorf("sigma2 %d, |y| %d: got %v after %d words, want %v after %d", sigma2, size, got, w.n, want, wide.n)
			}
		}
	}
}

func TestIntegerRoot(t *testing.T) {
	for _, n := range []uint64{1, 2, 3, 4, 8, 9, 1<<52 - 1, 1 << 52, 1<<62 + 1, (math.MaxUint32 - 1) * (math.MaxUint32 - 1), math.MaxUint32*math.MaxUint32 - 1, math.MaxUint32 * math.MaxUint32, math.MaxUint64} {
		r := new(big.Int).Sqrt(new(big.Int).SetUint64(n)).Uint64()
		if got := isqrt(n); got != r {
			t.Errorf("root of %d: got %d, want %d", n, got, r)
		}
	}
}

func TestZeroVariancePanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("New(0) returned; want a panic")
		}
	}()
	New(0)
}

// TestConcurrentDraws: one Discrete, many goroutines, each with words of its own, give what they give one after another.
func TestConcurrentDraws(t *testing.T) {
	for _, d := range []*Discrete{New(2286), Exact(2286)} {
		var together sync.WaitGroup
		got := make([][]int64, 4)
		for g := range got {
			together.Go(func() {
				w := fixed(fmt.Sprint("goroutine ", g))
				for range 5000 {
					got[g] = append(got[g], d.Draw(w))
				}
			})
		}
		together.Wait()
		for g := range got {
			w := fixed(fmt.Sprint("goroutine ", g))
			for i, one := range got[g] {
				if want := d.Draw(w); one != want {
					t.Fatalf("goroutine %d, draw %d: got %d, want %d", g, i, one, want)
				}
			}
		}
	}
}

func BenchmarkDraw(b *testing.B) {
	for _, sigma2 := range []uint64{480, 2286, 1_000_000} {
		for name, d := range map[string]*Discrete{"table": New(sigma2), "exact": Exact(sigma2)} {
			b.Run(fmt.Sprintf("%s/%d", name, sigma2), func(b *testing.B) {
				w := fixed("benchmark")
				for b.Loop() {
					d.Draw(w)
				}
			})
		}
	}
}

// BenchmarkNoisyCells draws the noise of a release of a million cells, at the variance of a table of presence.
func BenchmarkNoisyCells(b *testing.B) {
	d, w := New(480), fixed("benchmark")
	cells := make([]int64, 1_000_000)
	for b.Loop() {
		for i := range cells {
			cells[i] = int64(i%7) + d.Draw(w)
		}
	}
	b.ReportMetric(float64(len(cells))*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mcells/s")
}
