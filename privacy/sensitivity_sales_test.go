package privacy_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/throng-stats/throng/driver/drivertest"
	"github.com/throng-stats/throng/driver/drivertest/embeddedtest"
)

// paris is the clock of the scenarios.
func paris(t testing.TB) *time.Location {
	loc, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Skip("no time zones on this machine")
	}
	return loc
}

// TestSalesSensitivity is layer A of privacy.md, section 19, for sums and counts of company feeds: heavy buyers, one enormous
// amount, refunds, two currencies, one buyer in all cells. Without one unit every table changes by at most the bound of its
// contribution, and nobody else's changes; without one day of a unit by at most D2.
func TestSalesSensitivity(t *testing.T) {
	first := theSeed(t)
	for seed := first; seed < first+6; seed++ {
		for _, month := range []bool{false, true} {
			for _, net := range []bool{false, true} {
				salesSensitivity(t, drivertest.NewSales(seed, month, net), seed)
			}
		}
	}
}

func FuzzSalesSensitivity(f *testing.F) {
	f.Add(uint64(1), false, false)
	f.Add(uint64(2), true, true)
	f.Fuzz(func(t *testing.T, seed uint64, month, net bool) {
		salesSensitivity(t, drivertest.NewSales(seed, month, net), seed)
	})
}

func salesSensitivity(t *testing.T, s *drivertest.Scenario, seed uint64) {
	loc, r := paris(t), rand.New(rand.NewPCG(seed, 97))
	all := tablesOf(t, s, func(drivertest.Row) bool { return true })
	for range 6 {
		unit := s.Rows[r.IntN(len(s.Rows))]
		day := time.UnixMilli(unit.Time).In(loc).YearDay()
		own := tablesOf(t, s, func(row drivertest.Row) bool { return row.Unit == unit.Unit })
		less := tablesOf(t, s, func(row drivertest.Row) bool { return row.Unit != unit.Unit })
		later := tablesOf(t, s, func(row drivertest.Row) bool {
			return row.Unit != unit.Unit || time.UnixMilli(row.Time).In(loc).YearDay() != day
		})
		for name, with := range all {
			var norm, moved uint64
			for cell, v := range with.cells {
				diff := v - less[name].cells[cell]
				if diff != own[name].cells[cell] {
					t.Fatalf("seed %d: %s: removing one unit changed what others count", seed, name)
				}
				norm += uint64(diff * diff)
				diff = v - later[name].cells[cell]
				moved += uint64(diff * diff)
			}
			if norm > with.bound || moved > with.d2 {
				t.Fatalf("seed %d, month %v, net %v: %s: one unit changed the table by a squared norm of %d, want at most %d; one of its days by %d, want at most %d",
					seed, s.Month, s.Net, name, norm, with.bound, moved, with.d2)
			}
		}
	}
}

// exact is a table before the noise, with the squares of its bound for a unit and for a day of one.
type exact struct {
	cells     []int64
	bound, d2 uint64
}

func tablesOf(t *testing.T, s *drivertest.Scenario, keep func(drivertest.Row) bool) map[string]exact {
	t.Helper()
	only := *s
	only.Rows = nil
	for _, row := range s.Rows {
		if keep(row) {
			only.Rows = append(only.Rows, row)
		}
	}
	out := map[string]exact{}
	for p, counted := range embeddedtest.Tables(t, &only, drivertest.Division{Shards: 5, Workers: 2, Batch: 50, Files: 3, Memory: 1 << 30}) {
		for _, c := range counted {
			for _, table := range c.Tables {
				d2 := table.D2()
				out[s.Periods[p].Name+" "+c.Product+"/"+table.Shape.Name] = exact{bound: table.Bound().D2(), d2: d2, cells: table.Noisy(zero)}
			}
		}
	}
	return out
}

// TestSalesReachTheirBounds: the bounds are those of the design, and somebody reaches each of them, so that a bound that is too
// wide shows.
func TestSalesReachTheirBounds(t *testing.T) {
	for _, c := range []struct {
		month, net bool
		want       map[string]uint64
	}{
		{false, false, map[string]uint64{"spending/total": 5 * 5000 * 5000, "spending/buyers": 5, "spending/sales": 5 * 9, "spending/sizes": 2,
			"market/customers": 1, "market/categories": 2, "market/origin": 1, "bookings/trips": 4, "bookings/nights": 2*14*14 + 3*3, "bookings/origin": 4, "cases/total": 4, "cases/waits": 4}},
		{true, true, map[string]uint64{"spending/total": 2*5000*5000 + 2000*2000, "spending/buyers": 4, "spending/sales": 4 * 9, "spending/sizes": 2,
			"market/customers": 1, "market/categories": 2, "market/origin": 1, "bookings/trips": 4, "bookings/nights": 2*14*14 + 3*3, "bookings/origin": 4, "cases/total": 4, "cases/waits": 4}},
	} {
		reached := map[string]uint64{}
		for seed := range uint64(6) {
			s := drivertest.NewSales(seed, c.month, c.net)
			r := rand.New(rand.NewPCG(seed, 96))
			for range 10 {
				unit := s.Rows[r.IntN(len(s.Rows))].Unit
				for name, own := range tablesOf(t, s, func(row drivertest.Row) bool { return row.Unit == unit }) {
					var norm uint64
					for _, v := range own.cells {
						norm += uint64(v * v)
					}
					name = name[len(s.Periods[0].Name)+1:]
					reached[name] = max(reached[name], norm)
					if want := c.want[name]; own.bound != want || own.d2 != want && !c.month {
						t.Fatalf("%s: bound %d and D2 %d, want %d", name, own.bound, own.d2, want)
					}
					factor := map[bool]uint64{false: 2, true: 4}[c.net && name == "spending/total"]
					if c.month && own.d2 != factor*own.bound {
						t.Fatalf("%s: D2 of a month %d, want %d times %d", name, own.d2, factor, own.bound)
					}
				}
			}
		}
		for name, want := range c.want {
			if reached[name] != want {
				t.Errorf("month %v: %s: the most that a unit adds is %d, want somebody to reach %d", c.month, name, reached[name], want)
			}
		}
	}
}
