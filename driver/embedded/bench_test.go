package embedded

import (
	"slices"
	"testing"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/driver/drivertest"
	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/filter"
	"github.com/throng-stats/throng/population"
	"github.com/throng-stats/throng/population/flow"
	"github.com/throng-stats/throng/population/present"
)

// BenchmarkUnit takes one device-day of forty records through filter, mobility, presence with breakdowns, flows by hour
// and by day, and the bounded count. It should not allocate.
func BenchmarkUnit(b *testing.B) {
	s := drivertest.New(1, false)
	day := s.Periods[0]
	e := New(Pass{Periods: s.Periods, Ground: s.Ground, Filter: filter.Options{Local: []uint16{208}}, Segments: true, Classify: s.Attr,
		Statistics: func(p throng.Period) []population.Statistic {
			return []population.Statistic{
				present.New(s.Ground, p, present.Options{Gender: true, Age: true, Origin: true, Classes: s.Classes}),
				flow.Hourly(s.Ground, p, flow.Options{}), flow.Daily("flows-day", s.Ground, p, flow.Options{}),
			}
		}}, Tuning{})
	w, err := e.worker(day)
	if err != nil {
		b.Fatal(err)
	}
	var records []event.Record
	for i := range uint32(40) { // at home, to work along the chain of places, at work, and back
		place := []uint32{2, 2, 3, 2, 5, 8, 11, 14, 14, 15, 14, 14, 11, 6, 2, 2}[i*16/40]
		records = append(records, event.Record{Unit: 7, Time: i * 2100e3, Place: place + i%2, Origin: event.NoOrigin})
	}
	scratch := slices.Clone(records)
	b.ReportAllocs()
	for b.Loop() {
		copy(scratch, records) // a unit's records are changed where they lie
		w.unit(scratch)
	}
	b.ReportMetric(float64(len(records))*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mrecords/s")
}
