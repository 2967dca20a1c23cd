package market_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/driver/drivertest"
	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/population"
	"github.com/throng-stats/throng/population/market"
)

// ground has two zones of four places each.
func ground(month, weak bool) *market.Ground {
	return &market.Ground{Places: drivertest.Ground(8), Where: true, Month: month, Weak: weak, Origins: []string{"FRA", "DEU", throng.Other, throng.Unknown},
		Codes: [2]throng.Dim{{Name: throng.DimCategory, Codes: []string{"wine", throng.Other, throng.Unknown}}}}
}

func sale(place uint32, category uint16, amount int32) event.Record {
	r := event.Record{Unit: 1, Place: place}
	r.Set(event.Sale{Home: 0, Origin: 1, Code: [2]uint16{category}, Amount: amount, Nights: 2})
	return r
}

// drawn runs a statistic on one unit and writes what it emits: counts as table:cell, sums as table:cell=amount.
func drawn(s population.Statistic, rows ...event.Record) []string {
	u := &population.Unit{Sales: rows}
	var out []string
	s.Contribute(u, func(table int, cell uint64) {
		out = append(out, fmt.Sprintf("%s:%d", s.Tables()[table].Shape.Name, cell))
	})
	if sum, ok := s.(population.Summing); ok {
		sum.Sum(u, func(table int, cell uint64, amount int64) {
			out = append(out, fmt.Sprintf("%s:%d=%d", s.Tables()[table].Shape.Name, cell, amount))
		})
	}
	return out
}

func TestContributions(t *testing.T) {
	g := ground(false, false)
	gross, net := market.SpendingOptions{Bound: 500}, market.SpendingOptions{Bound: 500, Net: true}
	rich := market.SpendingOptions{Bound: 500, Sales: 2, Classes: throng.Amounts{0, 100, 1000}, Exponent: 2}
	abroad := sale(event.NoPlace, 0, 100)
	for _, c := range []struct {
		name string
		stat population.Statistic
		rows []event.Record
		want []string
	}{
		// Cells: zone times three categories.
		{"a purchase", market.NewSpending(g, gross), []event.Record{sale(0, 0, 120)}, []string{"buyers:0", "total:0=120"}},
		{"the second zone, another category", market.NewSpending(g, gross), []event.Record{sale(5, 1, 120)}, []string{"buyers:4", "total:4=120"}},
		{"an enormous amount is cut", market.NewSpending(g, gross), []event.Record{sale(0, 0, event.MostAmount)}, []string{"buyers:0", "total:0=500"}},
		{"what is given back counts as nothing", market.NewSpending(g, gross), []event.Record{sale(0, 0, -50)}, nil},
		{"and below zero where spending is net", market.NewSpending(g, net), []event.Record{sale(0, 0, -5000)}, []string{"total:0=-500"}},
		{"nowhere", market.NewSpending(g, gross), []event.Record{abroad}, nil},
		{"sales and classes", market.NewSpending(g, rich), []event.Record{sale(0, 0, 60), sale(0, 0, 70)},
			[]string{"buyers:0", "sales:0", "buyers:0", "sales:0", "sizes:1", "total:0=60", "total:0=70"}},
		{"a customer lives where the first row says", market.NewCustomers(g, market.CustomersOptions{Homes: true, Cells: 2, Origins: true}), []event.Record{sale(5, 1, 9)},
			[]string{"customers:0", "origin:1", "categories:1"}},
		{"who only gives back is no customer", market.NewCustomers(g, market.CustomersOptions{Homes: true}), []event.Record{sale(5, 1, -9)}, nil},
		{"a booking", market.NewBookings(g, market.BookingsOptions{Nights: 14, Origins: true}), []event.Record{sale(5, 0, 0)}, []string{"trips:1", "origin:5", "nights:1=2"}},
		{"a case", market.NewCases(g, 0, true), []event.Record{sale(0, 2, 0)}, []string{"total:2", "waits:11"}},
		{"a report", market.NewReports(ground(false, true)), []event.Record{sale(0, 2, 0)}, []string{"total:2"}},
	} {
		if got := drawn(c.stat, c.rows...); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// TestWeakUnits: a row is in one cell, and taking it away moves nothing.
func TestWeakUnits(t *testing.T) {
	g := ground(true, true)
	for _, s := range []population.Statistic{market.NewSpending(g, market.SpendingOptions{Bound: 500, Sales: 4, Classes: throng.Amounts{0, 9}}),
		market.NewBookings(g, market.BookingsOptions{Origins: true}), market.NewCases(g, 4, true)} {
		for _, table := range s.Tables() {
			if table.Move || table.Bound.Cells != 1 {
				t.Errorf("%s/%s: %+v, want one cell and no move", s.Product(), table.Shape.Name, table)
			}
		}
	}
}

func TestMerge(t *testing.T) {
	three := func(zone, code int, turnover ...float64) (list []market.Business) {
		for i, v := range turnover {
			list = append(list, market.Business{Zone: zone, Code: code, Name: fmt.Sprint(code, i), Turnover: v})
		}
		return list
	}
	const wine, bread, other = 0, 1, 2 // and 3, unknown
	for _, c := range []struct {
		name         string
		register     []market.Business
		want         []int16
		merged, left int
	}{
		{"both stand", slices.Concat(three(0, wine, 1, 1, 1), three(0, bread, 1, 1, 1), three(0, other, 1, 1, 1)), []int16{wine, bread, other, other}, 1, 0},
		{"two businesses are too few", slices.Concat(three(0, wine, 1, 1), three(0, bread, 1, 1, 1), three(0, other, 1, 1)), []int16{other, bread, other, other}, 2, 0},
		{"one has nearly all", slices.Concat(three(0, wine, 7, 2, 1), three(0, bread, 1, 1, 1), three(0, other, 3, 3, 3)), []int16{other, bread, other, other}, 2, 0},
		{"two have nearly all", slices.Concat(three(0, wine, 5, 4, 1), three(0, other, 4, 4, 4)), []int16{other, other, other, other}, 3, 0},
		{"nothing stands", three(0, wine, 5, 4), []int16{-1, -1, -1, -1}, 0, 4},
		{"one business in several branches is one", []market.Business{{0, wine, "a", 1}, {0, wine, "a", 1}, {0, wine, "b", 1}}, []int16{-1, -1, -1, -1}, 0, 4},
	} {
		into, merged, left := market.Merge(1, 4, other, c.register)
		if !slices.Equal(into[0], c.want) || merged != c.merged || left != c.left {
			t.Errorf("%s: got %v, %d merged, %d left out; want %v, %d, %d", c.name, into[0], merged, left, c.want, c.merged, c.left)
		}
	}
}
