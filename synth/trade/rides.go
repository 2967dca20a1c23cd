package trade

import (
	"math"

	"github.com/throng-stats/throng/synth/city"
	"github.com/throng-stats/throng/synth/dice"
	"github.com/throng-stats/throng/synth/people"
)

// Vehicles of the bicycle company, and why somebody reports one.
var (
	VehicleKinds  = []string{"bike", "e-bike"}
	ReportReasons = []string{"blocks-way", "damaged", "outside-area"}
)

// docksOf is how many docks the city, each town and nobody else has (ours).
var docksOf = [city.Counties]int{24, 8, 8, 8}

// DockRoom is how many bicycles a dock holds.
const DockRoom = 24

// Habits of riders (ours).
const (
	walkMetres   = 900  // to a dock, at most
	rideLeast    = 500  // metres, straight
	rideMost     = 6000 // metres
	rideChance   = .45  // of ways that could be ridden
	rideSpeed    = 3.9  // metres a second, 14 km/h, on a way of 1.3 times the straight line
	electric     = .3
	reportChance = .04 // of rides: how the bicycle stands is reported
)

// Docks are the docks of the bicycle company, near shops.
func (w *World) Docks() []city.Spot {
	var docks []city.Spot
	for zone, n := range docksOf {
		d := dice.New(w.Seed, streamDock, uint64(zone))
		for k := 0; k < n; {
			if at := w.Plan.Places[city.Shop].Draw(int16(zone), d); int(at.Zone) == zone {
				docks = append(docks, at)
				k++
			}
		}
	}
	return docks
}

// rider reports whether a person has a pass of the bicycle company.
func (w *World) rider(i int) bool {
	p := &w.All.List[i]
	if age := w.age(p); p.Role > people.Worker || age < 16 || age > 70 {
		return false
	}
	share := .02
	switch {
	case p.Home.Zone == 0:
		share = .2
	case p.Home.Zone < city.Counties:
		share = .1
	}
	return dice.Unit(w.Seed, streamRider, uint64(i)) < share
}

// Rides makes the rides of person i and the reports about the bicycles of them. Nobody's name is in either.
func (m *Maker) Rides(i int) {
	if !m.w.rider(i) {
		return
	}
	for day := range m.w.Days {
		stays := m.diarist.Day(i, day)
		m.d.Reset(m.w.Seed, streamRide, uint64(i), uint64(day))
		for k := 1; k < len(stays); k++ {
			m.ride(day, &stays[k-1], &stays[k])
		}
	}
}

// ride rides from one stay to the next, where both have a dock.
func (m *Maker) ride(day int, a, b *people.Stay) {
	if a.Gone || b.Gone || a.Zone < 0 || b.Zone < 0 || a.Zone >= city.Counties || b.Zone >= city.Counties {
		return
	}
	from, to := m.dock(a.Spot), m.dock(b.Spot)
	if from < 0 || to < 0 || from == to || !m.d.Chance(rideChance) {
		return
	}
	way := m.docks[from].Point().Distance(m.docks[to].Point())
	if way < rideLeast || way > rideMost {
		return
	}
	start := a.To + int32(m.d.Between(60, 300))
	end := start + 60 + int32(1.3*way/rideSpeed)
	if end >= 86400 {
		return
	}
	row := Row{Unit: m.d.Uint64()>>1 | 1, Day: day, Time: m.w.At(day, start), Until: m.w.At(day, end), Place: int16(from), Other: int16(to)}
	if m.d.Chance(electric) {
		row.Code[0] = 1
	}
	m.spoil(&row)
	m.Rows = append(m.Rows, row)
	m.bookRide(&row)
	if at := end + int32(m.d.ExpFloat64()*3600); m.d.Chance(reportChance) && at < 86400 {
		report := Row{Unit: m.d.Uint64()>>1 | 1, Day: day, Time: m.w.At(day, at), Place: row.Other, Code: [2]uint8{uint8(m.d.Pick([]float64{.5, .3, .2})), row.Code[0]}}
		m.spoil(&report)
		m.Reports = append(m.Reports, report)
		in := int64(1)
		if report.Bad != Good {
			in = 0
		}
		m.Book.add(Cell{Table: ReportsTotal, Period: int16(day), Zone: report.Place, Code: [2]uint8{report.Code[0]}}, 1, in)
	}
}

// dock is the nearest dock within a walk, -1 for none.
func (m *Maker) dock(at city.Spot) int {
	best, near := -1, float64(walkMetres)
	for k, dock := range m.docks {
		if far := math.Hypot(float64(dock.X-at.X), float64(dock.Y-at.Y)); far < near {
			best, near = k, far
		}
	}
	return best
}

// spoil makes a row without a person wrong.
func (m *Maker) spoil(r *Row) {
	for _, way := range []Bad{NoTime, NoSuchPlace} {
		if m.d.Chance(badRates[way]) && !m.w.Clean {
			r.Bad = way
		}
	}
}

// bookRide books a ride by the month in which it starts.
func (m *Maker) bookRide(r *Row) {
	month, in := m.w.Month(r.Day), int64(1)
	if r.Bad != Good {
		in = 0
	}
	m.Book.add(Cell{Table: RidesTotal, Period: month, Zone: r.Place, Zone2: r.Other}, 1, in)
	m.Book.add(Cell{Table: RidesDepartures, Period: month, Zone: r.Place, Hour: int32(r.Time / 3600e3)}, 1, in)
	m.Book.add(Cell{Table: RidesArrivals, Period: month, Zone: r.Other, Hour: int32(r.Until / 3600e3)}, 1, in)
}
