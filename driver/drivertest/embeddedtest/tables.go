// Package embeddedtest runs scenarios of drivertest in one process, for tests that look at tables before the noise.
package embeddedtest

import (
	"context"
	"testing"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/driver/drivertest"
	"github.com/throng-stats/throng/driver/embedded"
	"github.com/throng-stats/throng/filter"
	"github.com/throng-stats/throng/population"
	"github.com/throng-stats/throng/population/flow"
	"github.com/throng-stats/throng/population/market"
	"github.com/throng-stats/throng/population/present"
)

// Pass counts every product that the scenario's kind of feed has.
func Pass(s *drivertest.Scenario) embedded.Pass {
	return embedded.Pass{Periods: s.Periods, Ground: s.Ground, Filter: filter.Options{Local: []uint16{208}}, Trips: s.Trips, Sales: s.Sales, Segments: true,
		Classify: s.Attr,
		Statistics: func(p throng.Period) []population.Statistic {
			if s.Sales {
				return Sales(s)
			}
			if s.Trips {
				return []population.Statistic{flow.Pairs(s.Ground, s.Classes.Origin), flow.Vehicles(s.Ground, p)}
			}
			return []population.Statistic{
				present.New(s.Ground, p, present.Options{Gender: true, Age: true, Origin: true, Classes: s.Classes, Role: true, Workday: true}),
				present.NewVisitors(s.Ground, p, 10),
				present.NewArrivals(s.Ground, p, 10),
				present.NewNights(s.Ground, p, present.NightOptions{Gender: true, Age: true, Origin: true, Classes: s.Classes}),
				present.NewNights(s.Ground, p, present.NightOptions{}),
				flow.Hourly(s.Ground, p, flow.Options{}),
				flow.Daily("flows-day", s.Ground, p, flow.Options{Purpose: true, Workday: true}),
				flow.Daily("flows-month", s.Ground, p, flow.Options{Consecutive: true, Trips: 10}),
				flow.Hourly(s.Ground, p, flow.Options{Silence: 4 * time.Hour}),
				flow.Daily("flows-day", s.Ground, p, flow.Options{Purpose: true, Workday: true, Silence: 12 * time.Hour}),
			}
		}}
}

// Sales are the statistics of tickets, purchases, cases and reports. Of reports a unit may have many rows here, which the contract
// does not allow: the bound has to hold all the same.
func Sales(s *drivertest.Scenario) []population.Statistic {
	g := &market.Ground{Places: s.Ground, Where: true, Coins: []string{"EUR", "JPY"}, Origins: s.Classes.Origin, Month: s.Month,
		Codes: [2]throng.Dim{{Name: throng.DimCategory, Codes: []string{"wine", throng.Other, throng.Unknown}}, {Name: throng.DimChannel, Codes: []string{"shop", "online"}}}}
	o := market.SpendingOptions{Bound: 5000, Sales: 3, Classes: throng.Amounts{0, 1000, 8000}, Exponent: 2}
	if s.Net {
		o.Net, o.Total, o.Cells = true, 12_000, 4
		for zone := range len(s.Ground.Zones.Finest()) {
			g.Into = append(g.Into, [][]int16{{0, 1, 2}, {1, 1, 2}, {1, 1, -1}}[zone%3])
		}
	}
	plain := *g
	plain.Codes[1] = throng.Dim{}
	return []population.Statistic{market.NewSpending(g, o), market.NewCustomers(g, market.CustomersOptions{Homes: true, Cells: 2, Origins: true}),
		market.NewBookings(g, market.BookingsOptions{Nights: 14, Origins: true}), market.NewCases(&plain, 4, true), market.NewReports(&plain)}
}

// Tables runs a scenario in one process and returns the exact tables of each period.
func Tables(t testing.TB, s *drivertest.Scenario, d drivertest.Division) [][]embedded.Counted {
	t.Helper()
	return TablesOf(t, s, d, Pass(s))
}

// TablesOf does the same with a pass of the test's own.
func TablesOf(t testing.TB, s *drivertest.Scenario, d drivertest.Division, pass embedded.Pass) [][]embedded.Counted {
	t.Helper()
	e := embedded.New(pass, embedded.Tuning{Workers: d.Workers, Shards: d.Shards, Memory: d.Memory, Scratch: t.TempDir()})
	defer e.Close()
	if err := e.Read(context.Background(), s.Parts(d)); err != nil {
		t.Fatal(err)
	}
	var all [][]embedded.Counted
	for i := range s.Periods {
		counted, err := e.Period(context.Background(), i)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, counted)
	}
	return all
}
