package privacy_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/driver/drivertest"
	"github.com/throng-stats/throng/driver/drivertest/embeddedtest"
	"github.com/throng-stats/throng/driver/embedded"
	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/locate"
	"github.com/throng-stats/throng/population"
	"github.com/throng-stats/throng/population/migration"
	"github.com/throng-stats/throng/population/tourism"
	"github.com/throng-stats/throng/population/usual"
)

// classes are the groups of residence of the months under test.
var classes = throng.Classes{Origin: []string{"home", "abroad", throng.Other, throng.Unknown}}

// lodger is the plainest statistic of a month: the place of the last record of most days, and the first four places seen.
type lodger struct{ places []string }

func newLodger(g *locate.Ground) *lodger {
	l := &lodger{}
	for _, p := range g.Places {
		l.places = append(l.places, p.ID)
	}
	return l
}

func (l *lodger) Product() string { return "lodger" }

func (l *lodger) Tables() []population.Table {
	dims := []throng.Dim{{Name: throng.DimZone, Level: throng.LevelZone, Codes: l.places}}
	return []population.Table{
		{Shape: throng.Shape{Name: "home", Dims: dims}, Bound: population.Bound{Cells: 1, PerCell: 1}, Move: true},
		{Shape: throng.Shape{Name: "seen", Dims: dims}, Bound: population.Bound{Cells: 4, PerCell: 1}, Move: true},
	}
}

func (l *lodger) Contribute(m *population.Month, emit population.Emit) {
	for _, s := range m.Seen {
		if s.Place != event.NoPlace {
			emit(1, uint64(s.Place))
		}
	}
	if home := l.Home(m); len(home) > 0 {
		emit(0, uint64(home[0]))
	}
}

// Home is the place of most days; of equals, the one seen last.
func (l *lodger) Home(m *population.Month) population.Home {
	days := make([]int, len(l.places))
	best, at := -1, len(m.Seen)-1
	for i := len(m.Days) - 1; i >= 0; i-- {
		for ; at >= 0 && m.Seen[at].Time >= m.Days[i].End; at-- {
		}
		if at < 0 || m.Seen[at].Time < m.Days[i].Start || m.Seen[at].Place == event.NoPlace {
			continue
		}
		if days[m.Seen[at].Place]++; best < 0 {
			best = int(m.Seen[at].Place)
		}
	}
	for place, n := range days {
		if n > 0 && n > days[best] {
			best = place
		}
	}
	if best < 0 {
		return nil
	}
	return population.Home{uint32(best)}
}

// movers counts pairs of homes.
type movers struct{ *lodger }

func (v movers) Product() string { return "movers" }

func (v movers) Tables() []population.Table {
	dims := []throng.Dim{{Name: throng.DimZone, Codes: v.places}, {Name: throng.DimZone2, Codes: v.places}}
	return []population.Table{{Shape: throng.Shape{Name: "total", Dims: dims}, Bound: population.Bound{Cells: 1, PerCell: 1}, Move: true}}
}

func (v movers) Contribute(p *population.Pair, emit population.Emit) {
	if len(p.Before) > 0 && len(p.Now) > 0 {
		emit(0, uint64(p.Before[0])*uint64(len(v.places))+uint64(p.Now[0]))
	}
}

// monthly are the statistics of many days under test.
func monthly(m *drivertest.Month) []func() population.Monthly {
	return []func() population.Monthly{
		func() population.Monthly { return newLodger(m.Ground) },
		func() population.Monthly { return usual.New(m.Ground, usual.Options{MinDays: 1}) },
		func() population.Monthly {
			return usual.New(m.Ground, usual.Options{Rule: usual.Permanence, MinDays: 1})
		},
		func() population.Monthly {
			return tourism.New(m.Ground, tourism.Counting{Classes: classes, Countries: []string{"262", throng.Other}, Ends: true,
				Country: func(mcc uint16) int { return map[bool]int{true: 0, false: 1}[mcc == 262] }})
		},
	}
}

// rule is one way of finding homes, and what is counted of their pairs.
type rule struct {
	homes  func() population.Homes
	paired func() population.Paired
}

func rules(m *drivertest.Month) []rule {
	return []rule{
		{func() population.Homes { return newLodger(m.Ground) }, func() population.Paired { return movers{newLodger(m.Ground)} }},
		{func() population.Homes { return usual.NewHomes(m.Ground, usual.Options{MinDays: 1}) }, func() population.Paired { return migration.New(m.Ground, usual.Modal) }},
		{func() population.Homes {
			return usual.NewHomes(m.Ground, usual.Options{Rule: usual.Permanence, MinDays: 1})
		},
			func() population.Paired { return migration.New(m.Ground, usual.Permanence) }},
	}
}

// plain is one division; how the work is divided changes nothing (driver/embedded tests that).
var plain = drivertest.Division{Shards: 4, Workers: 2, Batch: 500, Files: 2, Memory: 1 << 30}

// TestMonthSensitivity is layer A of privacy.md, section 19, for statistics of many days. Without one unit a table changes by
// at most the bound of its contribution, by exactly that contribution; without one day of a unit by at most D2, which is
// twice the bound, because the unit may be counted elsewhere (L4).
func TestMonthSensitivity(t *testing.T) {
	first := theSeed(t)
	for seed := first; seed < first+3; seed++ {
		m := drivertest.NewMonth(seed)
		r := rand.New(rand.NewPCG(seed, 98))
		tables := func(m *drivertest.Month) [][]int64 {
			return values(embeddedtest.MonthTables(t, m, plain, monthly(m)...))
		}
		limits := d2s(embeddedtest.MonthTables(t, m, plain, monthly(m)...))
		all := tables(m)
		for range 3 {
			unit := m.Rows[r.IntN(len(m.Rows))].Unit
			less, only := tables(m.Without(func(row drivertest.Row) bool { return row.Unit == unit })),
				tables(m.Without(func(row drivertest.Row) bool { return row.Unit != unit }))
			for k, l := range limits {
				if norm := differ(all[k], less[k]); norm > l.bound {
					t.Fatalf("seed %d: %s: one unit and month changed the table by a squared norm of %d, want at most %d", seed, l.name, norm, l.bound)
				}
				for cell := range all[k] {
					if all[k][cell]-less[k][cell] != only[k][cell] {
						t.Fatalf("seed %d: %s: removing one unit changed what others count", seed, l.name)
					}
				}
			}
		}
		for range 5 {
			less := tables(m.Without(aDay(m, r)))
			for k, l := range limits {
				if norm := differ(all[k], less[k]); norm > l.d2 {
					t.Fatalf("seed %d: %s: one unit and day changed the table by a squared norm of %d, want at most %d", seed, l.name, norm, l.d2)
				}
			}
		}
	}
}

// TestPairSensitivity does the same with pairs of months: a day of either.
func TestPairSensitivity(t *testing.T) {
	seed := theSeed(t)
	before, now := drivertest.NewMonths(seed)
	r := rand.New(rand.NewPCG(seed, 97))
	for _, rule := range rules(now) {
		count := func(before, now *drivertest.Month) []embedded.Counted {
			return embeddedtest.PairTables(t, before, now, plain, rule.homes, rule.paired)
		}
		limits, all := d2s(count(before, now)), values(count(before, now))
		for i := range 6 {
			from, to := before, now
			if i%2 == 0 {
				from = before.Without(aDay(before, r))
			} else {
				to = now.Without(aDay(now, r))
			}
			for k, less := range values(count(from, to)) {
				if norm := differ(all[k], less); norm > limits[k].d2 {
					t.Fatalf("seed %d: %s: one unit and day changed the table by a squared norm of %d, want at most %d", seed, limits[k].name, norm, limits[k].d2)
				}
			}
		}
	}
}

// TestADayMoves: the factor 2 is needed. Who spends two nights here and two there lives where the last one was, and without
// that one elsewhere.
func TestADayMoves(t *testing.T) {
	m := drivertest.NewMonth(1)
	m.Rows = nil
	for day, place := range []uint32{2, 2, 20, 20} {
		m.Rows = append(m.Rows, drivertest.Row{Unit: 7, Time: m.Periods[day].Start + 23*3600e3, Place: place, Origin: event.NoOrigin})
	}
	last := m.Rows[3]
	all, less := embeddedtest.MonthTables(t, m, plain, monthly(m)[0]), embeddedtest.MonthTables(t, m.Without(func(row drivertest.Row) bool { return row == last }), plain, monthly(m)[0])
	limit := d2s(all)[0]
	if norm := differ(values(all)[0], values(less)[0]); norm != 2*limit.bound || norm != limit.d2 {
		t.Errorf("got a squared norm of %d, want %d, twice that of what one unit adds", norm, 2*limit.bound)
	}
}

// aDay chooses a day of a unit.
func aDay(m *drivertest.Month, r *rand.Rand) func(drivertest.Row) bool {
	one := m.Rows[r.IntN(len(m.Rows))]
	i := slices.IndexFunc(m.Periods, func(p throng.Period) bool { return p.Contains(one.Time) })
	return func(row drivertest.Row) bool { return row.Unit == one.Unit && m.Periods[i].Contains(row.Time) }
}

type limits struct {
	name      string
	bound, d2 uint64
}

func d2s(counted []embedded.Counted) []limits {
	var out []limits
	for _, c := range counted {
		for _, t := range c.Tables {
			out = append(out, limits{c.Product + "/" + t.Shape.Name, t.Bound().D2(), t.D2()})
		}
	}
	return out
}

// values are the cells of all tables; of sparse ones those that their domain has.
func values(counted []embedded.Counted) [][]int64 {
	var out [][]int64
	for _, c := range counted {
		for _, t := range c.Tables {
			if !t.Sparse() {
				out = append(out, t.Noisy(zero))
				continue
			}
			cells := make([]int64, t.Shape.Cells())
			t.NoisyCells(func(at []uint64, n []int64) ([]uint64, []int64) {
				for i, cell := range at {
					cells[cell] = n[i]
				}
				return nil, nil
			})
			out = append(out, cells)
		}
	}
	return out
}

// differ is the squared norm of the difference.
func differ(a, b []int64) (norm uint64) {
	for i := range a {
		norm += uint64((a[i] - b[i]) * (a[i] - b[i]))
	}
	return norm
}
