package compare_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/reckon/compare"
	"github.com/throng-stats/throng/release"
)

type number = compare.Number

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if !(math.Abs(got-want) <= within) {
		t.Errorf("%s: got %.9g, want %.9g", what, got, want)
	}
}

// TestShare is the example of methods.md, section 21.
func TestShare(t *testing.T) {
	r := compare.Over(number{240, 20}, number{1600, 35})
	near(t, "share", r.Value, .15, 1e-12)
	near(t, "sd", r.SD, .012923, 5e-7)
	if !r.Shown || !r.Reliable {
		t.Error("the share is reliable")
	}
	// Fieller's interval is a little to the right of that of the delta method, .124670 to .175330.
	near(t, "lo", r.Lo, .12497, 5e-4)
	near(t, "hi", r.Hi, .17570, 5e-4)
	if r := compare.Over(number{240, 20}, number{60, 35}); r.Shown {
		t.Error("a denominator whose interval touches 0 has no ratio")
	}
	if r := compare.Over(number{240, 20}, number{100, 30}); !r.Shown || r.Reliable {
		t.Error("a denominator of three standard deviations is shown and not reliable")
	}
}

// TestIntervalsCover: of 20,000 draws 95 % are covered within 4.9 standard errors; it lies once in a million runs.
func TestIntervalsCover(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	const n = 20_000
	draw := func(mean, sd float64) number { return number{mean + r.NormFloat64()*sd, sd} }
	covered := map[string]int{}
	in := func(what string, truth, lo, hi float64) {
		if lo <= truth && truth <= hi {
			covered[what]++
		}
	}
	for range n {
		mean := compare.Over(draw(5000, 400), draw(100, 15))
		in("mean", 50, mean.Lo, mean.Hi)
		part := compare.Part(draw(300, 40), draw(700, 60))
		in("part", .3, part.Lo, part.Hi)
		c, err := compare.Event([]number{draw(100, 9), draw(110, 9)}, []number{draw(60, 9)})
		if err != nil {
			t.Fatal(err)
		}
		lo, hi := c.Difference.Margin()
		in("difference", -45, lo, hi)
		in("relative", 60./105-1, c.Relative.Lo, c.Relative.Hi)
	}
	for what, k := range covered {
		near(t, what, float64(k)/n, .95, 4.9*math.Sqrt(.95*.05/n))
	}
	if len(covered) != 4 {
		t.Errorf("got %v", covered)
	}
}

// TestRanks: three that are apart, two that may be either way round; and all true ranks are covered at least 95 % of the time.
func TestRanks(t *testing.T) {
	got := compare.Ranks([]number{{100, 3}, {500, 3}, {104, 3}, {300, 3}, {10, 3}})
	want := []compare.Rank{{3, 4, 3}, {1, 1, 1}, {3, 4, 3}, {2, 2, 2}, {5, 5, 4}}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	r := rand.New(rand.NewPCG(13, 14))
	const n = 5000
	right := 0
	for range n {
		truth := []float64{100, 98, 90, 70, 69, 68, 10}
		list := make([]number, len(truth))
		for i, v := range truth {
			list[i] = number{v + 4*r.NormFloat64(), 4}
		}
		all := true
		for i, rank := range compare.Ranks(list) {
			all = all && rank.Best <= i+1 && i+1 <= rank.Worst
		}
		if all {
			right++
		}
	}
	if share := float64(right) / n; share < .95-4.9*math.Sqrt(.95*.05/n) {
		t.Errorf("true ranks are covered %.4f of the time, want at least .95", share)
	}
}

func TestQuantiles(t *testing.T) {
	classes := throng.Amounts{0, 1000, 2000, 5000}
	counts := []number{{100, 5}, {200, 5}, {100, 5}, {20, 5}}
	got, err := compare.Quantiles(classes, counts, .5, .99)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "median", got[0].Value, 1550, 1e-9) // 110 of the 200 in the second class
	if got[0].Lo != 1000 || got[0].Hi != 2000 {
		t.Errorf("median: got %v to %v, want its class", got[0].Lo, got[0].Hi)
	}
	if !math.IsInf(got[1].Value, 1) || !math.IsInf(got[1].Hi, 1) || got[1].Lo != 2000 && got[1].Lo != 5000 {
		t.Errorf("the last hundredth: got %+v, want it in the open class", got[1])
	}
	if _, err := compare.Quantiles(classes, []number{{1, 5}, {2, 5}, {0, 5}, {0, 5}}, .5); err == nil {
		t.Error("a quantile of nobody")
	}
	// Everybody spends evenly from 0 to 20.00; a bound of 10.00 cuts (E[v] above it) 2.50 of 10.00.
	near(t, "loss", compare.ClampLoss(throng.Amounts{0, 2000}, []number{{100, 0}, {0, 0}}, 1000), .25, 1e-12)
	near(t, "no loss", compare.ClampLoss(throng.Amounts{0, 2000}, []number{{100, 0}, {0, 0}}, 2000), 0, 1e-12)
	near(t, "open class", compare.ClampLoss(throng.Amounts{0, 2000}, []number{{0, 0}, {10, 0}}, 2000), 1./3, 1e-12)
}

func TestConvert(t *testing.T) {
	rates, err := compare.ReadRates("EUR", strings.NewReader("currency,rate\nJPY,0.0061\nKWD,3.0\n"))
	if err != nil {
		t.Fatal(err)
	}
	for currency, want := range map[string]float64{"JPY": 61, "KWD": 30, "EUR": 100} {
		n, err := rates.Convert(currency, number{10_000, 100})
		if err != nil {
			t.Fatal(err)
		}
		near(t, currency, n.Value, want, 1e-9)
		near(t, currency+" sd", n.SD, want/100, 1e-9)
	}
	if _, err := rates.Convert("USD", number{1, 1}); err == nil {
		t.Error("a currency without a rate is converted")
	}
	for _, bad := range []string{"", "code,rate\nJPY,1\n", "currency,rate\nJPY,0\n", "currency,rate\nyen,1\n", "currency,rate\nEUR,2\n", "currency,rate\nJPY,x\n"} {
		if _, err := compare.ReadRates("EUR", strings.NewReader(bad)); err == nil {
			t.Errorf("%q is read", bad)
		}
	}
}

// TestTop: spending by destination in one currency, from a measured table.
func TestTop(t *testing.T) {
	table := release.Table{Kind: release.Measured, Sigma2: 25, Shape: throng.Shape{Name: "total", Dims: []throng.Dim{
		{Name: throng.DimZone, Codes: []string{"FRA", "DEU"}}, {Name: throng.DimCategory, Codes: []string{"wine", "food"}}, {Name: throng.DimCurrency, Codes: []string{"EUR", "JPY"}}}},
		Raw: []int64{100, 9000, 50, 1, 600, 7, -20, 3}}
	codes, of, err := compare.Numbers(table, throng.Zones{}, throng.DimZone, map[string]string{throng.DimCurrency: "EUR"})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(of, []number{{150, math.Sqrt(50)}, {580, math.Sqrt(50)}}) {
		t.Errorf("got %v", of)
	}
	top := compare.Top(codes, of)
	if top[0].Code != "DEU" || top[0].Rank != (compare.Rank{Best: 1, Worst: 1, Group: 1}) || top[1].Rank.Best != 2 {
		t.Errorf("got %+v", top)
	}
	near(t, "share", top[0].Share.Value, 580./730, 1e-12)
	for by, where := range map[string]map[string]string{"age": nil, throng.DimZone: {throng.DimCurrency: "USD"}, throng.DimCategory: {"channel": "shop"}} {
		if _, _, err := compare.Numbers(table, throng.Zones{}, by, where); err == nil {
			t.Errorf("by %s where %v: no error", by, where)
		}
	}
	table.Cells, table.Tau = []uint64{0, 1}, 3
	if _, _, err := compare.Numbers(table, throng.Zones{}, throng.DimZone, nil); err == nil {
		t.Error("a table of some of its cells is read")
	}
}

// TestDiffer are examples of Newcombe 1998 (Interval estimation for the difference between independent proportions), table II,
// method 10.
func TestDiffer(t *testing.T) {
	for _, c := range []struct {
		k1, n1, k2, n2 int64
		d, lo, hi      float64
	}{
		{56, 70, 48, 80, .2, .0524, .3339}, {9, 10, 3, 10, .6, .1705, .8090}, {5, 56, 0, 29, .0893, -.0381, .1926}, {10, 10, 0, 20, 1, .6791, 1},
	} {
		d, lo, hi, err := compare.Differ(c.k1, c.n1, c.k2, c.n2)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "difference", d, c.d, 5e-5)
		near(t, "lo", lo, c.lo, 5e-5)
		near(t, "hi", hi, c.hi, 5e-5)
	}
	if _, _, _, err := compare.Differ(3, 2, 1, 1); err == nil {
		t.Error("three of two is a share")
	}
}

// TestTravelWarning is the worked example of docs/method/tourism-balance.md.
func TestTravelWarning(t *testing.T) {
	of := func(values ...float64) (list []number) {
		for _, v := range values {
			list = append(list, number{v, 81})
		}
		return list
	}
	there, err := compare.Event(of(1240, 1180, 1210), of(730, 650))
	if err != nil {
		t.Fatal(err)
	}
	elsewhere, err := compare.Event(of(520, 500, 510), of(560, 540))
	if err != nil {
		t.Fatal(err)
	}
	lo, hi := there.Difference.Margin()
	net := there.Against(elsewhere)
	netLo, netHi := net.Margin()
	for _, c := range []struct{ got, want float64 }{{there.Difference.Value, -520}, {lo, -664.9}, {hi, -375.1}, {100 * there.Relative.Value, -43.0}, {100 * there.Relative.Lo, -52.9},
		{100 * there.Relative.Hi, -32.4}, {net.Value, -560}, {netLo, -765.0}, {netHi, -355.0}} {
		near(t, "figure of the page", c.got, c.want, .06)
	}
}
