package noise

import (
	"fmt"
	"math"
	"testing"
)

// Layer B of privacy.md, section 19: both samplers against the exact distribution, on fixed streams. With fresh
// randomness each check would lie with the probability beside it; alarm adds them up, and the suite prints the sum.

const (
	draws  = 1_000_000
	normal = 4.9    // standard errors
	lie    = 9.6e-7 // two-sided probability beyond 4.9 standard errors of a normal statistic
	minP   = 1e-6   // smallest p-value of a chi-squared test
)

// alarm is the false-alarm probability of all checks that one test has made.
type alarm struct{ sum float64 }

func (a *alarm) add(p float64) { a.sum += p }

func TestLayerB(t *testing.T) {
	var a alarm
	for _, sigma2 := range []uint64{1, 4, 100, 480, 2286, 10_000, 1_000_000} {
		table := sample(New(sigma2), fmt.Sprint("layer B table ", sigma2))
		exact := sample(Exact(sigma2), fmt.Sprint("layer B rejection ", sigma2))
		for name, x := range map[string][]int64{"table": table, "rejection": exact} {
			t.Run(fmt.Sprintf("%s/%d", name, sigma2), func(t *testing.T) {
				checkFit(t, &a, x, sigma2)
				checkMoments(t, &a, x, float64(sigma2))
			})
		}
		t.Run(fmt.Sprintf("two samples/%d", sigma2), func(t *testing.T) { checkSame(t, &a, table, exact) })
	}
	t.Run("cross-cell correlation", func(t *testing.T) { checkCells(t, &a) })
	t.Logf("false-alarm probability of all checks with fresh randomness: %.2g (limit 1e-4)", a.sum)
	if a.sum > 1e-4 {
		t.Errorf("false alarms add up to %.2g, want at most 1e-4", a.sum)
	}
}

func sample(d *Discrete, name string) []int64 {
	w, x := fixed(name), make([]int64, draws)
	for i := range x {
		x[i] = d.Draw(w)
	}
	return x
}

// checkFit is the chi-squared test against the exact probabilities, on values with an expectation of at least 20 and the
// two tails beyond them. The probabilities are computed here, in float64, apart from the code under test.
func checkFit(t *testing.T, a *alarm, x []int64, sigma2 uint64) {
	weight := func(k int64) float64 { return math.Exp(-float64(k) * float64(k) / (2 * float64(sigma2))) }
	z := 1.0
	for k := int64(1); weight(k) > 1e-18; k++ {
		z += 2 * weight(k)
	}
	last := int64(0)
	for draws*weight(last+1)/z >= 20 {
		last++
	}
	got, inside := make([]float64, 2*last+3), 0.0
	for _, v := range x {
		got[max(-last-1, min(last+1, v))+last+1]++
	}
	chi2, cells := 0.0, 0
	add := func(seen, want float64) { chi2 += (seen - want) * (seen - want) / want; cells++ }
	for k := -last; k <= last; k++ {
		inside += weight(k) / z
		add(got[k+last+1], draws*weight(k)/z)
	}
	add(got[0]+got[2*last+2], draws*(1-inside))
	a.add(minP)
	if p := chi2Tail(chi2, cells-1); p < minP {
		t.Errorf("chi-squared %.1f on %d: p %.2g, want at least %g", chi2, cells-1, p, minP)
	}
}

// checkMoments: the standard errors of mean, variance ratio and lag-1 correlation of n normal values are sigma/sqrt(n),
// sqrt(2/n) and 1/sqrt(n).
func checkMoments(t *testing.T, a *alarm, x []int64, sigma2 float64) {
	n, sum, square, lag := float64(len(x)), 0.0, 0.0, 0.0
	for i, v := range x {
		sum += float64(v)
		square += float64(v) * float64(v)
		if i > 0 {
			lag += float64(v) * float64(x[i-1])
		}
	}
	for name, z := range map[string]float64{
		"mean":              sum / math.Sqrt(n*sigma2),
		"variance":          (square/n/sigma2 - 1) / math.Sqrt(2/n),
		"lag-1 correlation": lag / square * math.Sqrt(n),
	} {
		a.add(lie)
		if math.Abs(z) > normal {
			t.Errorf("%s is %.2f standard errors away, want at most %.1f", name, z, normal)
		}
	}
}

// checkSame is the two-sample chi-squared test of table against rejection; values are grouped until both samples
// together hold at least 40.
func checkSame(t *testing.T, a *alarm, x, y []int64) {
	count := make(map[int64][2]float64)
	low, high := int64(0), int64(0)
	for i := range x {
		for s, v := range []int64{x[i], y[i]} {
			c := count[v]
			c[s]++
			count[v] = c
			low, high = min(low, v), max(high, v)
		}
	}
	chi2, cells, open := 0.0, 0, [2]float64{}
	for k := low; k <= high; k++ {
		open[0] += count[k][0]
		open[1] += count[k][1]
		if both := open[0] + open[1]; both >= 40 {
			chi2 += (open[0] - open[1]) * (open[0] - open[1]) / both
			cells++
			open = [2]float64{}
		}
	}
	a.add(minP)
	if p := chi2Tail(chi2, cells-1); p < minP {
		t.Errorf("chi-squared %.1f on %d: p %.2g, want at least %g", chi2, cells-1, p, minP)
	}
}

// checkCells looks for noise that is shared between the bins of a day: the largest of 4,560 correlations of 96 columns.
// P(|z| > 6.4) is 1.6e-10, times 4,560 is 7e-7.
func checkCells(t *testing.T, a *alarm) {
	const bins, days = 96, 10_000
	d, w := New(2286), fixed("cross-cell correlation")
	column := make([][]float64, bins)
	for i := range column {
		column[i] = make([]float64, days)
	}
	for day := range days {
		for bin := range bins {
			column[bin][day] = float64(d.Draw(w))
		}
	}
	worst := 0.0
	for i := range bins {
		for j := range i {
			sum := 0.0
			for day := range days {
				sum += column[i][day] * column[j][day]
			}
			worst = max(worst, math.Abs(sum)/2286/math.Sqrt(days))
		}
	}
	a.add(7e-7)
	if worst > 6.4 {
		t.Errorf("largest of 4,560 correlations is %.2f standard errors, want at most 6.4", worst)
	}
}

// chi2Tail is the probability that a chi-squared variable with df degrees of freedom exceeds x: the regularised upper
// incomplete gamma function Q(df/2, x/2), by its series below the mean and its continued fraction above it.
func chi2Tail(x float64, df int) float64 {
	s, x := float64(df)/2, x/2
	logGamma, _ := math.Lgamma(s)
	scale := math.Exp(s*math.Log(x) - x - logGamma)
	if x < s+1 {
		sum, term := 1/s, 1/s
		for k := 1.0; term > 1e-16*sum; k++ {
			term *= x / (s + k)
			sum += term
		}
		return 1 - scale*sum
	}
	const tiny = 1e-300 // modified Lentz
	b := x + 1 - s
	c, d := 1/tiny, 1/b
	h := d
	for k := 1.0; ; k++ {
		an := -k * (k - s)
		b += 2
		d, c = an*d+b, b+an/c
		if d == 0 {
			d = tiny
		}
		d = 1 / d
		h *= d * c
		if math.Abs(d*c-1) < 1e-14 {
			return scale * h
		}
	}
}

// TestChi2Tail checks the judge: values of the chi-squared distribution from standard tables.
func TestChi2Tail(t *testing.T) {
	for _, c := range []struct {
		x    float64
		df   int
		want float64
	}{{3.841459, 1, .05}, {18.307038, 10, .05}, {124.342113, 100, .05}, {149.449253, 100, .001}, {2.5582, 10, .99}} {
		if got := chi2Tail(c.x, c.df); math.Abs(got/c.want-1) > 1e-4 {
			t.Errorf("Q(%g on %d) = %g, want %g", c.x, c.df, got, c.want)
		}
	}
}
