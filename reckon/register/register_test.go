package register_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/throng-stats/throng/reckon/register"
)

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if !(math.Abs(got-want) <= within) {
		t.Errorf("%s: got %.9g, want %.9g", what, got, want)
	}
}

// TestRegistersPage is the worked example of docs/method/registers.md.
func TestRegistersPage(t *testing.T) {
	var rows []register.Row
	for i, euros := range []int64{900, 1000, 1100, 1200, 950, 21_000} { // on drinks, of ten people each but the fourth, which has twelve
		size := int64(10)
		if i == 3 {
			size = 12
		}
		rows = append(rows, register.Row{Authority: fmt.Sprintf("B%d", i+1), Category: "drinks", Amount: euros * 100, Size: size, Rows: 1})
	}
	rows = append(rows, register.Row{Authority: "B1", Category: "gifts", Amount: 5000, Size: 10, Rows: 2})
	sums, err := register.Spending(rows)
	if err != nil {
		t.Fatal(err)
	}
	first := sums[0]
	if first.Authority != "B6" || !first.Outlier || first.Amount != 2_100_000 || first.PerSize != 210_000 {
		t.Errorf("got %+v, want B6 as an outlier", first)
	}
	// x = ln of 9,000 10,000 11,000 10,000 9,500 210,000: median ln 10,000, absolute deviations .1054 0 .0953 0 .0513 3.0445, their median .0733.
	near(t, "score", first.Score, .6745*math.Log(21)/((math.Log(1.1)+math.Log(1/.95))/2), 1e-9)
	near(t, "score of the page", first.Score, 28.01, .005)
	outliers := 0
	for _, s := range sums {
		if s.Outlier {
			outliers++
		}
	}
	if last := sums[len(sums)-1]; outliers != 1 || last.Category != "gifts" || !math.IsNaN(last.Score) || last.Rows != 2 {
		t.Errorf("%d outliers, last %+v; want one, and gifts of one body not judged", outliers, last)
	}
	rates, differences, err := register.Rates([]register.Row{
		{Authority: "B1", Class: "domestic", Rows: 400, Hits: 40}, {Authority: "B1", Class: "foreign", Rows: 50, Hits: 14}, {Authority: "B2", Class: "domestic", Rows: 100, Hits: 9},
	})
	if err != nil {
		t.Fatal(err)
	}
	if rates[0].Authority != "" || rates[0].Rows != 500 || rates[0].Hits != 49 || len(rates) != 5 || len(differences) != 2 {
		t.Fatalf("got %+v, %+v", rates, differences)
	}
	d := differences[1]
	if d.Authority != "B1" || !d.Differ {
		t.Errorf("got %+v, want that the rates of B1 differ", d)
	}
	near(t, "difference", d.Difference, .1-.28, 1e-12)
	near(t, "rate", rates[3].Lo, .1747, 1e-3)
	near(t, "lo", d.Lo, -.3190, 5e-4)
	near(t, "hi", d.Hi, -.0696, 5e-4)
}

func TestByClass(t *testing.T) {
	got := register.ByClass([]register.Row{{Class: "small", Amount: 100, Rows: 1}, {Class: "foreign", Amount: 300, Rows: 2}, {Class: "small", Amount: 100, Rows: 1}})
	if len(got) != 2 || got[0] != (register.ClassSum{Class: "foreign", Rows: 2, Amount: 300, Share: .6}) || got[1].Share != .4 || got[1].Rows != 2 {
		t.Errorf("got %+v", got)
	}
	if got := register.ByClass([]register.Row{{Class: "a", Rows: 1}}); !math.IsNaN(got[0].Share) {
		t.Errorf("a share of nothing: %+v", got)
	}
}

// TestAlike: bodies that are alike have no outlier, whatever the rule divides by; and what cannot be judged is not.
func TestAlike(t *testing.T) {
	var rows []register.Row
	for i := range 6 {
		rows = append(rows, register.Row{Authority: fmt.Sprint(i), Amount: 100, Rows: 1})
	}
	rows = append(rows, register.Row{Authority: "nothing", Rows: 1})
	sums, err := register.Spending(rows)
	if err != nil || sums[0].Score != 0 || !math.IsNaN(sums[6].Score) {
		t.Errorf("got %+v, %v", sums, err)
	}
	rows[5].Amount = 100_000 // more than half are equal, so the median of deviations is 0 and their mean decides
	sums, _ = register.Spending(rows)
	near(t, "mean absolute deviation", sums[0].Score, math.Log(1000)/(1.253314*math.Log(1000)/6), 1e-9)
	if !sums[0].Outlier {
		t.Error("the one that is unlike all others is no outlier")
	}
	if _, err := register.Spending([]register.Row{{Authority: "a", Size: 1}, {Authority: "a", Size: 2}}); err == nil || !strings.Contains(err.Error(), "sizes 1 and 2") {
		t.Errorf("two sizes: got %v", err)
	}
	if _, _, err := register.Rates([]register.Row{{Rows: 1, Hits: 2}}); err == nil {
		t.Error("more hits than rows")
	}
}

// TestRule: of bodies that spend alike but for chance (log-normal) few are called outliers: of 40,000 less than 2 in 100, and a body that
// spends fifty times as much is always found; it lies once in a million runs.
func TestRule(t *testing.T) {
	r := rand.New(rand.NewPCG(31, 32))
	called, found := 0, 0
	const worlds, bodies = 1000, 40
	for range worlds {
		var rows []register.Row
		for b := range bodies {
			rows = append(rows, register.Row{Authority: fmt.Sprint(b), Amount: int64(1e6 * math.Exp(.5*r.NormFloat64())), Rows: 1})
		}
		rows = append(rows, register.Row{Authority: "spender", Amount: 50_000_000, Rows: 1})
		sums, err := register.Spending(rows)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range sums {
			switch {
			case s.Authority == "spender" && s.Outlier:
				found++
			case s.Outlier:
				called++
			}
		}
	}
	t.Logf("%.4f are called outliers by chance", float64(called)/(worlds*bodies))
	if share := float64(called) / (worlds * bodies); share > .02 || found != worlds {
		t.Errorf("%.4f of the bodies are called outliers by chance, and %d of %d spenders are found; want below .02, and all", share, found, worlds)
	}
}
