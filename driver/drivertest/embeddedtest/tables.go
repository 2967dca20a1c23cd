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
	"github.com/throng-stats/throng/population/present"
)

// Pass counts every product that the scenario's kind of feed has.
func Pass(s *drivertest.Scenario) embedded.Pass {
	return embedded.Pass{Periods: s.Periods, Ground: s.Ground, Filter: filter.Options{Local: []uint16{208}}, Trips: s.Trips, Segments: true,
		Classify: s.Attr,
		Statistics: func(p throng.Period) []population.Statistic {
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

// Tables runs a scenario in one process and returns the exact tables of each period.
func Tables(t testing.TB, s *drivertest.Scenario, d drivertest.Division) [][]embedded.Counted {
	t.Helper()
	e := embedded.New(Pass(s), embedded.Tuning{Workers: d.Workers, Shards: d.Shards, Memory: d.Memory, Scratch: t.TempDir()})
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
