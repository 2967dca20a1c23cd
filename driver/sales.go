package driver

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/config"
	"github.com/throng-stats/throng/feed"
	"github.com/throng-stats/throng/population"
	"github.com/throng-stats/throng/population/market"
	pop "github.com/throng-stats/throng/population/present"
	"github.com/throng-stats/throng/privacy/account"
	"github.com/throng-stats/throng/reckon/compare"
	"github.com/throng-stats/throng/release"
)

// sales is what a job of tickets, purchases, cases or reports knows before a row is read.
type sales struct {
	codes [2]throng.Dim
	into  [][]int16 // see market.Ground
	rules string    // what was done for businesses, for the claim; "" when nothing was
}

// readSales reads the public lists of the dimensions and of residences.
func (j *Job) readSales() error {
	c := j.Contract
	if !c.Sales() {
		return nil
	}
	j.sales = &sales{}
	for i, d := range c.SaleDims() {
		if d.Name == "" {
			continue
		}
		list := d.List
		if d.File != "" {
			var err error
			if list, err = config.ReadList(d.File); err != nil {
				return err
			}
		}
		j.sales.codes[i] = throng.Dim{Name: d.Name, Codes: feed.OriginCodes(list)}
	}
	j.Classes, j.origins = c.ClassesOfTrips(nil)
	if file := c.Residence(); file != "" {
		domain, err := config.ReadList(file)
		if err != nil {
			return err
		}
		j.Classes, j.origins = c.ClassesOfTrips(domain)
	}
	return nil
}

// whole reports whether the feed is read as a whole and not day by day: rows that are no movements of a device.
func (j *Job) whole() bool { return j.trips || j.sales != nil }

// saleColumn fills in what a column of these feeds needs besides what the contract says of it.
func (j *Job) saleColumn(one *feed.Column) {
	without := func(codes []string) []string {
		return slices.DeleteFunc(slices.Clone(codes), func(code string) bool { return code == throng.Other || code == throng.Unknown })
	}
	coins := j.Contract.Money.Currency
	switch one.As {
	case "residence":
		one.Domain = without(j.Classes.Origin)
	case "currency":
		one.Domain = coins
	case "amount", "rate":
		for _, code := range coins {
			one.Exponents = append(one.Exponents, throng.Exponent(code))
		}
		if coins == nil { // no product counts money; that it is given back still shows
			one.Exponents = []int{2}
		}
	case "category", "authority":
		one.Domain = without(j.sales.codes[0].Codes)
	case "channel", "vehicle_type":
		one.Domain = without(j.sales.codes[1].Codes)
	case "reason":
		one.Domain = without(j.sales.codes[map[bool]int{false: 1, true: 0}[j.Contract.Feed.Kind == feed.Reports]].Codes)
	}
}

// salePasses are the readings of such a feed: by day for what is counted by day, then by month for the rest. Keys of pseudonyms
// last as long as the period.
func (j *Job) salePasses(days []throng.Period) [][]throng.Period {
	var passes [][]throng.Period
	if slices.ContainsFunc(j.Contract.Products, j.Contract.ByDay) {
		passes = append(passes, days)
	}
	if slices.ContainsFunc(j.Contract.Products, func(p string) bool { return !j.Contract.ByDay(p) }) {
		passes = append(passes, j.agreed(months(days, j.Contract.Location())))
	}
	return passes
}

// saleStatistics returns what is counted of a day or month, in the order of the contract.
func (j *Job) saleStatistics(p throng.Period) []population.Statistic {
	c := j.Contract
	g := &market.Ground{Places: j.viewOf(p).ground, Where: c.Where(), Codes: j.sales.codes, Coins: c.Money.Currency, Origins: j.Classes.Origin,
		Into: j.sales.into, Weak: c.Weak(), Month: !isDay(p)}
	has := func(product, table string) bool { return slices.Contains(c.Tables(product), table) }
	var out []population.Statistic
	for _, product := range c.Products {
		if c.ByDay(product) != isDay(p) {
			continue
		}
		switch product {
		case config.Spending:
			m := c.Money
			out = append(out, market.NewSpending(g, market.SpendingOptions{Cells: c.Bounds.Cells, Bound: c.Minor(m.Bound), Total: c.Minor(m.Total), Net: m.Net,
				Sales: c.Bounds.Sales, Classes: c.SpendingClasses(), Exponent: c.Exponent()}))
		case config.Market:
			o := market.CustomersOptions{Homes: has(product, "customers"), Origins: has(product, "origin")}
			if has(product, "categories") {
				o.Cells = c.Bounds.Cells
			}
			out = append(out, market.NewCustomers(g, o))
		case config.Bookings:
			out = append(out, market.NewBookings(g, market.BookingsOptions{Trips: c.Bounds.Tourism, Nights: c.Bounds.Nights, Origins: has(product, "origin")}))
		case config.Cases:
			out = append(out, market.NewCases(g, c.Bounds.Cases, has(product, "waits")))
		case config.Reports:
			out = append(out, market.NewReports(g))
		}
	}
	return out
}

// mostVariance is the largest variance that a release can state.
const mostVariance = 1 << 62

// checkNoise refuses bounds and shares whose noise does not fit into the integers of a release.
func (j *Job) checkNoise() error {
	if j.sales == nil {
		return nil
	}
	day, _ := throng.DayOf("2026-01-05", j.Contract.Location())
	for _, p := range []throng.Period{day, j.monthAt(day.Start)} {
		for _, s := range j.saleStatistics(p) {
			for _, t := range s.Tables() {
				name := s.Product() + "/" + t.Shape.Name
				if variance := float64(t.D2()) * account.Nano / 2 / float64(j.Plan[name]); variance > mostVariance || math.IsInf(variance, 0) {
					return &Error{Kind: Invalid, Text: fmt.Sprintf("money.bound: the noise of %s would have a standard deviation of %.3g in the smallest unit; want a smaller bound, fewer cells, or a larger share", name, math.Sqrt(variance))}
				}
			}
		}
	}
	return nil
}

// saleSpec is what the identity of a release says of how rows are counted.
func (j *Job) saleSpec() string {
	c, m, b := j.Contract, j.Contract.Money, j.Contract.Bounds
	return fmt.Sprintf("kind %s\ncurrencies %s\nbound %d\ntotal %d\nnet %v\ncells %d\nsales %d\ntrips %d\nnights %d\ncases %d\nmerged %s\n", c.Feed.Kind, strings.Join(m.Currency, " "),
		c.Minor(m.Bound), c.Minor(m.Total), m.Net, b.Cells, b.Sales, b.Tourism, b.Nights, b.Cases, release.Digest([]byte(fmt.Sprint(j.sales.into))))
}

// businessRules is what the claim says of businesses, or "" when nothing was done for them.
func (j *Job) businessRules() string {
	if j.sales == nil {
		return ""
	}
	return j.sales.rules
}

// allStatistics returns what is counted in a period and, of sales, in the day and the month that begin with it too.
func (j *Job) allStatistics(p throng.Period) []population.Statistic {
	if j.sales == nil {
		return j.statistics(p)
	}
	return append(j.saleStatistics(p.DaysOf(j.Contract.Location())[0]), j.saleStatistics(j.monthAt(p.Start))...)
}

// readBusinesses merges cells in which too few or too large businesses stand, by the declared register.
func (j *Job) readBusinesses() error {
	rows, err := j.Contract.ReadBusinesses()
	if err != nil || j.sales == nil || rows == nil {
		return err
	}
	codes, at := j.sales.codes[0].Codes, pop.PlaceZones(j.Ground)
	other := slices.Index(codes, throng.Other)
	var register []market.Business
	for i, r := range rows {
		place, ok := j.Ground.Place([]byte(r.Place))
		if !ok || at[place] < 0 {
			return &Error{Kind: Invalid, Text: fmt.Sprintf("businesses: row %d: the place %.40q is not in the list of places; correct one of the two", i+1, r.Place)}
		}
		code := slices.Index(codes, r.Category)
		if code < 0 {
			code = other
		}
		register = append(register, market.Business{Zone: int(at[place]), Code: code, Name: r.Business, Turnover: r.Turnover})
	}
	var merged, left int
	j.sales.into, merged, left = market.Merge(len(j.Ground.Zones.Finest()), len(codes), other, register)
	j.sales.rules = fmt.Sprintf("not differential privacy: by a declared register, a cell of place and category in which fewer than three businesses stand, or one has more than 60 %% or two more than 85 %% of the turnover, "+
		"is counted under other (%d cells), and where even that holds it is not counted (%d cells). Decided before any row was read", merged, left)
	j.Notes = append(j.Notes, fmt.Sprintf("businesses: %d cells of place and category are counted under other, %d are not counted (rule 17)", merged, left))
	return nil
}

// clamping tells what the bound of amounts cuts off, from the released table of units by class of what they spend; nil where a
// release has none. It is made of released numbers, so it is public.
func (j *Job) clamping(product string, estimates []release.Table) []byte {
	i := slices.IndexFunc(estimates, func(t release.Table) bool { return t.Shape.Name == "sizes" })
	if product != config.Spending || i < 0 {
		return nil
	}
	type loss struct {
		Currency string   `json:"currency"`
		Bound    string   `json:"bound"`
		Share    *float64 `json:"share_cut_at_most"` // of all money; null where nothing is spent
	}
	var out []loss
	t, classes, bound := estimates[i], j.Contract.SpendingClasses(), j.Contract.Minor(j.Contract.Money.Bound)
	for k, coin := range j.Contract.Money.Currency {
		counts := make([]compare.Number, len(classes))
		for c := range classes {
			counts[c] = compare.Number{Value: t.Estimate[k*len(classes)+c], SD: t.NoiseSD[k*len(classes)+c]}
		}
		one := loss{Currency: coin, Bound: throng.FormatAmount(bound, throng.Exponent(coin))}
		if share := compare.ClampLoss(classes, counts, bound); !math.IsNaN(share) {
			share = math.Round(share*1e4) / 1e4
			one.Share = &share
		}
		out = append(out, one)
	}
	text, _ := json.MarshalIndent(out, "", "  ") // numbers and strings always encode
	return append(text, '\n')
}
