package tourism_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/reckon/compare"
	"github.com/throng-stats/throng/reckon/tourism"
	"github.com/throng-stats/throng/release"
)

type numbers = tourism.Numbers

func num(value, sd float64) compare.Number { return compare.Number{Value: value, SD: sd} }

// page is the worked example of docs/method/tourism-balance.md.
var page = tourism.Input{
	Home:     "HOME",
	Spending: numbers{"SEA": num(60_000, 1500), "ALP": num(48_000, 1500), "ISLE": num(46_000, 1500), "HOME": num(90_000, 1500)},
	Trips:    numbers{"SEA": num(100, 5), "ALP": num(120, 5), "ISLE": num(80, 5), "HOME": num(300, 5)},
	Nights:   numbers{"SEA": num(500, 20), "ALP": num(360, 20), "ISLE": num(280, 20), "HOME": num(900, 20)},
	Classes:  numbers{"accommodation": num(80_000, 2000), "food-drink": num(20_000, 2000)},
	Abroad:   numbers{"SEA": num(1200, 60), "ALP": num(1500, 60), "ISLE": num(300, 60)},
	Guests:   numbers{"SEA": num(4000, 150), "ALP": num(2000, 150), "ISLE": num(500, 150)},
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) <= 5e-7*max(1, math.Abs(want))) {
		t.Errorf("%s: got %.9g, want %.9g", what, got, want)
	}
}

func TestBalancePage(t *testing.T) {
	r, err := tourism.Balance(page)
	if err != nil {
		t.Fatal(err)
	}
	var order []string
	for _, l := range r.Lines {
		order = append(order, l.Country)
	}
	if got := strings.Join(order, " "); got != "SEA ALP ISLE HOME" {
		t.Errorf("got %s", got)
	}
	sea, alp, isle, home := r.Lines[0], r.Lines[1], r.Lines[2], r.Lines[3]
	if sea.Rank != (compare.Rank{Best: 1, Worst: 1, Group: 1}) || alp.Rank != (compare.Rank{Best: 2, Worst: 3, Group: 2}) || isle.Rank.Group != 2 {
		t.Errorf("ranks %v %v %v, want one first and two that tie", sea.Rank, alp.Rank, isle.Rank)
	}
	near(t, "share", sea.Share.Value, 60./154)
	near(t, "per trip", sea.PerTrip.Value, 600)
	near(t, "per night", alp.PerNight.Value, 48_000./360)
	if home.Rank.Best != 0 || home.Share.Shown || !home.PerNight.Shown {
		t.Errorf("home has a rank among those abroad: %+v", home)
	}
	e := r.Exchanges[1]
	if e.Country != "ALP" || r.Exchanges[0].Country != "SEA" {
		t.Fatalf("got %s, %s first, want SEA, ALP: 720,000 and 600,000 go out", r.Exchanges[0].Country, e.Country)
	}
	// 1,500 journeys (sd 60) of 400 a trip (sd 400 sqrt((1500/48000)^2 + (5/120)^2) = 20.833).
	near(t, "outflow", e.Outflow.Value, 600_000)
	near(t, "outflow sd", e.Outflow.SD, math.Sqrt(1500*1500*434.0277777777778+400*400*3600+434.0277777777778*3600))
	near(t, "inflow", e.Inflow.Value, 200_000)
	near(t, "balance", e.Balance.Value, -400_000)
	near(t, "balance sd", e.Balance.SD, math.Hypot(e.Inflow.SD, e.Outflow.SD))
	near(t, "total inflow", r.Total.Inflow.Value, 650_000)
	near(t, "total outflow", r.Total.Outflow.Value, 720_000+600_000+172_500)
	near(t, "class", r.Classes[0].Share.Value, .8)
	if len(r.Assumed) != 2 {
		t.Errorf("assumed %q", r.Assumed)
	}
}

// TestWhatIsMissing: without a table there is no figure of it, and no sum with a part that is not known.
func TestWhatIsMissing(t *testing.T) {
	in := page
	in.Trips = numbers{"SEA": num(100, 5), "ALP": num(12, 5), "ISLE": num(80, 5), "HOME": num(300, 5)} // the mean per trip to ALP is lost in the noise
	in.Nights, in.Classes = nil, nil
	r, err := tourism.Balance(in)
	if err != nil {
		t.Fatal(err)
	}
	if r.Total.Outflow != nil || r.Total.Inflow != nil || r.Total.Balance != nil || r.Lines[0].Nights != nil || r.Lines[0].PerNight.Shown || r.Classes != nil {
		t.Errorf("got %+v", r.Total)
	}
	for _, want := range []string{"the sum of all is not shown", "so there is none"} {
		if !strings.Contains(strings.Join(r.Assumed, "\n"), want) {
			t.Errorf("%q is not said: %q", want, r.Assumed)
		}
	}
	if _, err := tourism.Balance(tourism.Input{Abroad: page.Abroad}); err == nil {
		t.Error("a balance without destinations")
	}
	in = tourism.Input{Trips: page.Trips}
	if r, err := tourism.Balance(in); err != nil || r.Lines[0].Country != "HOME" || r.Lines[0].Rank.Best != 1 || !strings.Contains(r.Assumed[0], "no country is home") {
		t.Errorf("trips alone: got %+v, %v", r, err)
	}
}

// TestFlowsCover: of 20,000 draws the margins of a flow of money and of a balance hold the truth in 95 % within 4.9 standard errors and
// half a percent for the product's skewness; it lies once in a million runs.
func TestFlowsCover(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 22))
	draw := func(of numbers) numbers {
		out := numbers{}
		for c, n := range of {
			out[c] = compare.Number{Value: n.Value + r.NormFloat64()*n.SD, SD: n.SD}
		}
		return out
	}
	const n = 20_000
	covered := map[string]int{}
	for range n {
		in := page
		in.Spending, in.Trips, in.Nights, in.Abroad, in.Guests = draw(page.Spending), draw(page.Trips), draw(page.Nights), draw(page.Abroad), draw(page.Guests)
		res, err := tourism.Balance(in)
		if err != nil {
			t.Fatal(err)
		}
		for what, c := range map[string]struct {
			of    *compare.Number
			truth float64
		}{"inflow": {res.Total.Inflow, 650_000}, "outflow": {res.Total.Outflow, 1_492_500}, "balance": {res.Total.Balance, -842_500}} {
			if lo, hi := c.of.Margin(); lo <= c.truth && c.truth <= hi {
				covered[what]++
			}
		}
	}
	for what, k := range covered {
		if share := float64(k) / n; math.Abs(share-.95) > .005+4.9*math.Sqrt(.95*.05/n) {
			t.Errorf("%s: the margin holds the truth in %.4f of the draws, want .95", what, share)
		}
	}
	if len(covered) != 3 {
		t.Errorf("got %v", covered)
	}
}

func TestCountries(t *testing.T) {
	zones, err := throng.NewZones([]throng.Zone{{ID: "FR", Level: 0}, {ID: "CDG", Parent: "FR", Level: 1}, {ID: "x-land", Level: 0}, {ID: "XPT", Parent: "x-land", Level: 1}, {ID: "DEHAM", Level: 0}, {ID: "NCE", Level: 0}})
	if err != nil {
		t.Fatal(err)
	}
	of, err := tourism.ReadCountries(strings.NewReader("code,country\nNCE,FR\nx-land,XL\nFRA,FR\n"))
	if err != nil {
		t.Fatal(err)
	}
	for code, want := range map[string]string{"CDG": "FR", "NCE": "FR", "XPT": "XL", "DEHAM": "DE", "FRA": "FR", "other": "other", "ITROM": "IT"} {
		if got := of.Of(zones, code); got != want {
			t.Errorf("%s: got %s, want %s", code, got, want)
		}
	}
	for _, bad := range []string{"", "a,b\n", "code,country\nX,\n", "code,country\nX,A\nX,B\n"} {
		if _, err := tourism.ReadCountries(strings.NewReader(bad)); err == nil {
			t.Errorf("%q is read", bad)
		}
	}
}

// TestAdd: zones above others are left out, cells are added with their variances, factors multiply both.
func TestAdd(t *testing.T) {
	zones, err := throng.NewZones([]throng.Zone{{ID: "FR", Level: 0}, {ID: "CDG", Parent: "FR", Level: 1}, {ID: "NCE", Parent: "FR", Level: 1}})
	if err != nil {
		t.Fatal(err)
	}
	shape := throng.Shape{Name: "total", Dims: []throng.Dim{{Name: throng.DimZone, Level: throng.LevelZone, Codes: []string{"FR", "CDG", "NCE"}}, {Name: throng.DimCurrency, Codes: []string{"EUR", "JPY"}}}}
	table := release.Table{Kind: release.Estimate, Shape: shape, Estimate: []float64{30, 300, 10, 100, 20, 200}, NoiseSD: []float64{5, 5, 3, 3, 4, 4}}
	got := tourism.Numbers{}
	got.Add(table, zones, 2, func(codes map[string]string) string {
		if codes[throng.DimCurrency] == "JPY" {
			return ""
		}
		return tourism.Countries(nil).Of(zones, codes[throng.DimZone])
	})
	if len(got) != 1 || got["FR"] != (compare.Number{Value: 60, SD: 10}) {
		t.Errorf("got %v", got)
	}
}
