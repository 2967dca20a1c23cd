package driver

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/config"
	"github.com/throng-stats/throng/feed"
	"github.com/throng-stats/throng/population"
	"github.com/throng-stats/throng/population/market"
	"github.com/throng-stats/throng/privacy/account"
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
	case "amount":
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
			out = append(out, market.NewCases(g, c.Bounds.Cases))
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
	m := j.Contract.Money
	return fmt.Sprintf("kind %s\ncurrencies %s\nnet %v\ncells %d\nmerged %s\n", j.Contract.Feed.Kind, strings.Join(m.Currency, " "), m.Net, j.Contract.Bounds.Cells,
		release.Digest([]byte(fmt.Sprint(j.sales.into))))
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
