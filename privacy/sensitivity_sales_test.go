package privacy_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/throng-stats/throng/driver/drivertest"
	"github.com/throng-stats/throng/driver/drivertest/embeddedtest"
	"github.com/throng-stats/throng/event"
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
			"market/customers": 1, "market/categories": 2, "market/origin": 1, "bookings/trips": 4, "bookings/nights": 2*14*14 + 3*3, "bookings/origin": 4, "cases/total": 4, "cases/waits": 4, "reports/total": 1}},
		{true, true, map[string]uint64{"spending/total": 2*5000*5000 + 2000*2000, "spending/buyers": 4, "spending/sales": 4 * 9, "spending/sizes": 2,
			"market/customers": 1, "market/categories": 2, "market/origin": 1, "bookings/trips": 4, "bookings/nights": 2*14*14 + 3*3, "bookings/origin": 4, "cases/total": 4, "cases/waits": 4, "reports/total": 1}},
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

// TestSalesCases is the same for the units that privacy.md, section 18, and the attacks name, one by one: how far each moves every
// table of every product of companies, in squared norm, exactly, and that it moves nobody else's part. Gross by day; net with a
// cap on all cells together.
func TestSalesCases(t *testing.T) {
	row := func(place uint32, code [2]uint16, coin uint8, amount int32) event.Sale {
		return event.Sale{Home: 0, Origin: 1, Code: code, Coin: coin, Amount: amount, Nights: 20}
	}
	var heavy, all []event.Sale
	var spread []uint32
	for range 60 {
		heavy = append(heavy, row(0, [2]uint16{}, 0, 100))
	}
	for place := range uint32(24) {
		for code := range uint16(3) {
			for channel := range uint16(2) {
				for coin := range uint8(2) {
					one := row(place, [2]uint16{code, channel}, coin, 9000)
					one.Home, one.Origin = place, uint16(place)%3
					all, spread = append(all, one), append(spread, place)
				}
			}
		}
	}
	const b2 = 5000 * 5000
	for _, c := range []struct {
		name   string
		sales  []event.Sale
		places []uint32 // of the rows; nil: all at the first
		net    bool
		want   map[string]uint64 // of tables that are not 1
	}{
		{"a heavy buyer", heavy, nil, false, map[string]uint64{"spending/total": b2, "spending/sales": 9, "bookings/nights": 14 * 14}},
		{"a heavy buyer", heavy, nil, true, map[string]uint64{"spending/total": b2, "spending/sales": 9, "bookings/nights": 14 * 14}},
		{"an enormous amount", []event.Sale{row(0, [2]uint16{}, 0, event.MostAmount)}, nil, false, map[string]uint64{"spending/total": b2, "bookings/nights": 14 * 14}},
		{"an enormous amount", []event.Sale{row(0, [2]uint16{}, 0, event.MostAmount)}, nil, true, map[string]uint64{"spending/total": b2, "bookings/nights": 14 * 14}},
		{"a refund", []event.Sale{row(0, [2]uint16{}, 0, -event.MostAmount)}, nil, false, map[string]uint64{"spending/total": 0, "spending/buyers": 0, "spending/sales": 0,
			"market/customers": 0, "market/categories": 0, "market/origin": 0, "bookings/trips": 0, "bookings/nights": 0, "bookings/origin": 0}},
		{"a refund", []event.Sale{row(0, [2]uint16{}, 0, -event.MostAmount)}, nil, true, map[string]uint64{"spending/total": b2, "spending/buyers": 0, "spending/sales": 0,
			"market/customers": 0, "market/categories": 0, "market/origin": 0, "bookings/trips": 0, "bookings/nights": 0, "bookings/origin": 0}},
		{"another currency", []event.Sale{row(0, [2]uint16{}, 0, 6000), row(0, [2]uint16{}, 1, 6000)}, nil, false,
			map[string]uint64{"spending/total": 2 * b2, "spending/buyers": 2, "spending/sales": 2, "spending/sizes": 2, "bookings/nights": 14 * 14}},
		{"another currency", []event.Sale{row(0, [2]uint16{}, 0, -6000), row(0, [2]uint16{}, 1, 6000)}, nil, true,
			map[string]uint64{"spending/total": 2 * b2, "spending/sizes": 2, "bookings/nights": 14 * 14}},
		{"a buyer in all cells", all, spread, false, map[string]uint64{"spending/total": 5 * b2, "spending/buyers": 5, "spending/sales": 5 * 9, "spending/sizes": 2,
			"market/categories": 2, "bookings/trips": 4, "bookings/nights": 2*14*14 + 3*3, "bookings/origin": 4, "cases/total": 4, "cases/waits": 4}},
		{"a buyer in all cells", all, spread, true, map[string]uint64{"spending/total": 2*b2 + 2000*2000, "spending/buyers": 4, "spending/sales": 4 * 9, "spending/sizes": 2,
			"market/categories": 2, "bookings/trips": 4, "bookings/nights": 2*14*14 + 3*3, "bookings/origin": 4, "cases/total": 4, "cases/waits": 4}},
	} {
		s := drivertest.NewSales(11, false, c.net)
		less := tablesOf(t, s, func(drivertest.Row) bool { return true })
		for i, sale := range c.sales {
			place := uint32(0)
			if c.places != nil {
				place = c.places[i]
			}
			s.Rows = append(s.Rows, drivertest.Row{Unit: 77, Time: s.Periods[0].Start + int64(i)*60e3, Place: place, Origin: event.NoOrigin, Sale: sale})
		}
		all := tablesOf(t, s, func(drivertest.Row) bool { return true })
		own := tablesOf(t, s, func(row drivertest.Row) bool { return row.Unit == 77 })
		first := s.Periods[0].Name + " "
		for name, with := range all {
			var norm uint64
			for cell, v := range with.cells {
				diff := v - less[name].cells[cell]
				if diff != own[name].cells[cell] {
					t.Fatalf("%s: %s: the unit changes what others count", c.name, name)
				}
				norm += uint64(diff * diff)
			}
			want := uint64(0)
			if len(name) > len(first) && name[:len(first)] == first {
				want = 1
				if w, ok := c.want[name[len(first):]]; ok {
					want = w
				}
			}
			if norm != want || norm > with.d2 {
				t.Errorf("%s, net %v: %s: a squared norm of %d, want %d; D2 is %d", c.name, c.net, name, norm, want, with.d2)
			}
		}
	}
}
