package embedded_test

import (
	"context"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/driver/drivertest"
	"github.com/throng-stats/throng/driver/embedded"
	"github.com/throng-stats/throng/filter"
	"github.com/throng-stats/throng/population"
	"github.com/throng-stats/throng/population/flow"
	"github.com/throng-stats/throng/privacy/count"
)

// TestTenThousandZones counts flows between 10,000 zones by day (1e8 pairs) and by hour (2.4e9): what is held grows with
// the trips, not with the domain, and division of the work still changes nothing.
func TestTenThousandZones(t *testing.T) {
	const places, most = 40_000, 192 << 20
	s := drivertest.New(11, false)
	s.Ground = drivertest.Ground(places)
	r := rand.New(rand.NewPCG(11, 11))
	move := func(place uint32) uint32 { return uint32((int(place)*1601 + r.IntN(9)) % places) }
	for i := range s.Rows {
		if s.Rows[i].Place < places {
			s.Rows[i].Place = move(s.Rows[i].Place)
		}
	}
	statistics := func(p throng.Period) []population.Statistic {
		return []population.Statistic{
			flow.Daily("flows-day", s.Ground, p, flow.Options{Consecutive: true}), flow.Hourly(s.Ground, p, flow.Options{Consecutive: true})}
	}
	var before string
	for _, d := range []drivertest.Division{{Shards: 3, Workers: 2, Batch: 100, Files: 2}, {Shards: 1, Workers: 1, Batch: 1000, Files: 1}} {
		e := embedded.New(embedded.Pass{Periods: s.Periods, Ground: s.Ground, Filter: filter.Options{Local: []uint16{208}, JumpSpeed: -1},
			Classify: s.Attr, Statistics: statistics}, embedded.Tuning{Workers: d.Workers, Shards: d.Shards, Scratch: t.TempDir()})
		if err := e.Read(context.Background(), s.Parts(d)); err != nil {
			t.Fatal(err)
		}
		counted, err := e.Period(context.Background(), 1)
		if err != nil {
			t.Fatal(err)
		}
		var held runtime.MemStats
		runtime.ReadMemStats(&held)
		if held.HeapInuse > most {
			t.Errorf("%d MiB are held, want at most %d", held.HeapInuse>>20, most>>20)
		}
		digests := ""
		for i, c := range counted {
			table := c.Tables[0]
			if !table.Sparse() || table.Shape.Cells() != []int{1e8, 23e8}[i] { // the day has 23 hours
				t.Fatalf("%s: sparse %v with %d cells", c.Product, table.Sparse(), table.Shape.Cells())
			}
			digests += table.Digest([]byte("test"))
			if n := cellsOf(table); n < 100 {
				t.Errorf("%s: only %d cells are not zero; the test shows nothing", c.Product, n)
			}
		}
		if before != "" && digests != before {
			t.Errorf("the tables differ with %s", d)
		}
		before = digests
		e.Close()
	}
}

func cellsOf(t *count.Table) int {
	n := 0
	t.NoisyCells(func(cells []uint64, _ []int64) ([]uint64, []int64) { n = len(cells); return nil, nil })
	return n
}
