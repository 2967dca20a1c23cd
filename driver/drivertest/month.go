package drivertest

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/feed"
)

// Month is a scenario of all days of a civil month, under pseudonyms that last as long.
type Month struct {
	Scenario
	Period throng.Period
	Kin    *feed.Kin // pseudonyms in the pairs of months before and after
}

// NewMonth invents a month with a clock change: people of the kinds that monthly statistics tell apart, with days of
// silence, and a few whose records make no sense.
func NewMonth(seed uint64) *Month { return monthOf(seed, "2026-03") }

// NewMonths invents two months in a row of the same people, some of whom move between them, come or go.
func NewMonths(seed uint64) (before, now *Month) {
	return monthOf(seed, "2026-02"), monthOf(seed, "2026-03")
}

// people is how many people a month has: four of each kind.
const people = 4 * kinds

// Kinds of people.
const (
	stayer    = iota
	commuter  // works in another zone
	mover     // moves between two months, or in the middle of one
	traveller // goes abroad, for a night or for longer
	tourist   // spends nights elsewhere in the region
	roamer    // has a foreign SIM, for some days
	emigrant  // is abroad for nearly all of the month
	erratic   // lives nowhere, and changes its SIM
	kinds
)

func monthOf(seed uint64, name string) *Month {
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		paris = time.FixedZone("+1", 3600)
	}
	frame := New(seed, false) // ground and classes
	m := &Month{Scenario: Scenario{Seed: seed, Ground: frame.Ground, Classes: frame.Classes}, Kin: &feed.Kin{}}
	m.Period, _ = throng.MonthOf(name, paris)
	m.Periods = m.Period.DaysOf(paris)
	number := uint64(m.Periods[0].Start / (28 * 24 * 3600e3)) // differs from month to month
	for k := range uint64(people) {
		r := rand.New(rand.NewPCG(seed<<20|k, number))
		unit := r.Uint64() | 1
		m.Kin.Add(unit, pairOf(seed, k, name, -1), pairOf(seed, k, name, 0))
		m.person(r, k, unit)
	}
	return m
}

// pairOf is the pseudonym of a person in the pair of months that begins so many months after the one named.
func pairOf(seed, person uint64, month string, after int) uint64 {
	t, _ := time.Parse("2006-01", month)
	t = t.AddDate(0, after, 0)
	return rand.New(rand.NewPCG(seed<<20|person, uint64(t.Unix())|1<<63)).Uint64() | 1
}

// person adds the rows of one person and month.
func (m *Month) person(r *rand.Rand, k, unit uint64) {
	kind := int(k % kinds)
	life := rand.New(rand.NewPCG(m.Seed, k)) // the same in every month
	home, work := life.IntN(24), life.IntN(24)
	if kind == mover && (life.IntN(2) == 0) == (m.Period.Name > "2026-02") {
		home = (home + 8) % 24
	}
	away := r.IntN(20) // the first day of a journey
	back := away + []int{1, 3, 8}[r.IntN(3)]
	elsewhere, country := r.IntN(24), uint32([]int{26201, 21407, 22201}[r.IntN(3)])
	for i, day := range m.Periods {
		d := drawnDay{month: m, r: r, unit: unit, day: day, home: home, noon: home, country: country}
		isAway := i >= away && i < back
		switch kind {
		case commuter:
			d.noon = work
		case mover:
			if life.IntN(60) == 0 {
				home = (home + 5) % 24
			}
		case traveller:
			d.isAbroad = isAway
		case tourist:
			if isAway {
				d.home, d.noon = elsewhere, (elsewhere+3)%24
			}
		case roamer:
			if d.sim = 310; !isAway {
				continue
			}
			d.noon = elsewhere
		case emigrant:
			d.isAbroad = i > 1
		case erratic:
			d.home, d.noon, d.sim = r.IntN(24), r.IntN(24), []uint16{0, 208, 310}[r.IntN(3)]
		}
		if r.IntN(6) > 0 {
			d.rows()
		}
	}
}

// drawnDay is a day of one person.
type drawnDay struct {
	month      *Month
	r          *rand.Rand
	unit       uint64
	day        throng.Period
	home, noon int
	sim        uint16
	country    uint32
	isAbroad   bool
}

// rows adds a record now and then: at home at night, elsewhere by day, sometimes next door, twice or nowhere.
func (d drawnDay) rows() {
	for at := d.day.Start + d.r.Int64N(5*3600e3); at < d.day.End; at += 1 + d.r.Int64N(1+d.r.Int64N(7*3600e3)) {
		hour := (at - d.day.Start) / 3600e3
		place := d.home
		if hour >= 9 && hour < 18 {
			place = d.noon
		}
		if d.r.IntN(5) == 0 {
			place = max(0, min(23, place+d.r.IntN(3)-1))
		}
		row := Row{Unit: d.unit, Time: at / 1000 * 1000, Place: uint32(place), SIM: d.sim, Origin: event.NoOrigin}
		if d.isAbroad {
			row.Place, row.Network, row.Bad = event.NoPlace, d.country, event.NullPlace
		}
		d.month.Rows = append(d.month.Rows, row)
		if d.r.IntN(12) == 0 {
			d.month.Rows = append(d.month.Rows, row)
		}
	}
}

// Without returns the month without the rows for which out holds.
func (m *Month) Without(out func(Row) bool) *Month {
	less := *m
	less.Rows = nil
	for _, row := range m.Rows {
		if !out(row) {
			less.Rows = append(less.Rows, row)
		}
	}
	return &less
}

// String names the month and its seed.
func (m *Month) String() string { return fmt.Sprintf("%s of seed %d", m.Period.Name, m.Seed) }
