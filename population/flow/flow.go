// Package flow counts trips from zone to zone.
//
// What is a trip is named by the contract: stay-to-stay, two consecutive stays of one local day in different zones with
// little or no unknown time between (methods.md, section 21); consecutive, two consecutive marks in different zones
// (section 18); or a row that is itself a trip. The diagonal stays empty.
package flow

import (
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/locate"
	"github.com/throng-stats/throng/mobility"
	"github.com/throng-stats/throng/population"
	"github.com/throng-stats/throng/population/present"
)

// Options of the flows of devices.
type Options struct {
	// Trips is m, the most trips of a device and day that are counted, the first ones. Default 6 (privacy.md, section 4).
	Trips int
	// Consecutive counts transitions between marks instead of trips between stays.
	Consecutive bool
	// Silence is the most unknown time between the two stays of a trip, added up. Default: none (methods.md, section 21);
	// docs/method/flows.md says why contracts have four hours.
	Silence time.Duration
	// Purpose adds to flows-day the table of trips by purpose: why people go to where they go. Marks have no stays, so with
	// Consecutive there is none. Default: none.
	Purpose bool
	// Workday says whether the day is a workday, on which people go to work. Default: it is not.
	Workday bool
	// Clock is the local time of nights and working hours. Default: UTC.
	Clock *time.Location
}

// Flow is a statistic of trips of devices, per hour or per day. It is a value of one worker.
type Flow struct {
	product string
	opt     Options
	at      []int32 // of each place: its zone, an index among the finest, or -1
	start   int64
	hours   int // 0: the whole day is one cell
	tables  []population.Table
	dwell   []int64 // scratch: time in each finest zone
	entered []int64
	purpose *purposes // nil without the table
}

// Hourly returns the flows by hour of departure of one civil day: the first m trips, at most one per pair and hour, so
// D2 = m. Proof: at most m cells, each at most 1 (privacy.md, section 4, L2); the state is reset at midnight.
func Hourly(ground *locate.Ground, day throng.Period, o Options) *Flow {
	f := flow("flows-hour", ground, day, o)
	hours := throng.Dim{Name: throng.DimTime, Codes: day.BinCodes(time.Hour)}
	f.hours = len(hours.Codes)
	f.tables[0].Shape.Dims = append(f.tables[0].Shape.Dims, hours)
	f.tables[0].Sparse = sparse(f.tables[0].Shape)
	return f
}

// MostDense is the most cells of a table of pairs that lists all of them: 1,414 zones, or 288 by hour. A larger one is
// sparse: the cells whose noisy count reaches a public threshold are listed (privacy.md, section 11). The number of zones
// is public and decides alone.
const MostDense = 2_000_000

func sparse(s throng.Shape) bool { return s.Cells() > MostDense }

// Daily returns the flows of one civil day, for the product named: flows-day, or flows-month, whose table is the sum of
// the bounded trips of its days. At most one per pair and day: D2 = m a day.
func Daily(product string, ground *locate.Ground, day throng.Period, o Options) *Flow {
	f := flow(product, ground, day, o)
	if o.Purpose && !o.Consecutive && product == "flows-day" {
		f.addPurpose(ground, day)
	}
	return f
}

func flow(product string, ground *locate.Ground, day throng.Period, o Options) *Flow {
	if o.Trips == 0 {
		o.Trips = 6
	}
	finest := ground.Zones.Finest()
	f := &Flow{product: product, opt: o, start: day.Start, at: present.PlaceZones(ground),
		dwell: make([]int64, len(finest)), entered: make([]int64, len(finest))}
	ids := ground.Zones.IDs(finest...)
	f.tables = []population.Table{{
		Shape: throng.Shape{Name: "total", Dims: []throng.Dim{
			{Name: throng.DimZone, Level: throng.LevelZone, Codes: ids}, {Name: throng.DimZone2, Level: throng.LevelZone, Codes: ids}}},
		Bound: population.Bound{Cells: o.Trips, PerCell: 1},
	}}
	f.tables[0].Sparse = sparse(f.tables[0].Shape)
	return f
}

// Product is the product named at the start.
func (f *Flow) Product() string { return f.product }

// Tables is the table of pairs, and that of pairs by purpose when asked for.
func (f *Flow) Tables() []population.Table { return f.tables }

// Contribute adds the first m trips of the day.
func (f *Flow) Contribute(u *population.Unit, emit population.Emit) {
	if f.opt.Consecutive {
		f.consecutive(u, emit)
		return
	}
	if f.purpose != nil {
		f.purpose.day(u)
	}
	last, trips := nowhere, 0
	for _, g := range u.Day.Segments {
		switch g.State {
		case mobility.Abroad:
			last = nowhere
		case mobility.Unknown:
			last.silent(g, f.opt.Silence.Milliseconds())
		case mobility.Stay:
			zone := f.zoneOf(g, u.Day.Spans)
			if last.zone >= 0 && zone >= 0 && zone != last.zone {
				if trips == f.opt.Trips {
					return
				}
				f.trip(last.zone, zone, last.left, emit)
				trips++
			}
			last = origin{zone: zone, left: g.End}
		}
	}
}

// origin is the stay from which the next trip would begin.
type origin struct {
	zone    int   // -1 when there is none
	left    int64 // when it was left
	unknown int64 // unknown time since
}

var nowhere = origin{zone: -1}

// silent takes unknown time after the stay. Who leaves within it leaves in its middle, since the timeline too gives each of
// two places half of a silence. More than most milliseconds in all, and nobody knows what happened between.
func (o *origin) silent(g mobility.Segment, most int64) {
	if g.Start == o.left {
		o.left += (g.End - g.Start) / 2
	}
	if o.unknown += g.End - g.Start; o.unknown > most {
		*o = nowhere
	}
}

func (f *Flow) consecutive(u *population.Unit, emit population.Emit) {
	before, left, trips := -1, int64(0), 0
	for _, s := range u.Day.Seen {
		zone := -1
		if s.Abroad == 0 {
			zone = f.finest(s.Place)
		}
		if before >= 0 && zone >= 0 && zone != before {
			if trips == f.opt.Trips {
				return
			}
			f.trip(before, zone, left, emit)
			trips++
		}
		before, left = zone, s.Time
	}
}

// trip counts one trip in the hour in which its origin was left.
func (f *Flow) trip(from, to int, left int64, emit population.Emit) {
	n := len(f.dwell)
	if f.hours == 0 {
		emit(0, uint64(from*n+to))
		if f.purpose != nil {
			emit(1, uint64((from*n+to)*len(Purposes)+f.purpose.of(to)))
		}
		return
	}
	hour := int((left - f.start) / time.Hour.Milliseconds())
	emit(0, uint64((from*n+to)*f.hours+min(hour, f.hours-1)))
}

func (f *Flow) finest(place uint32) int { return int(f.at[place]) }

// zoneOf returns the zone of a stay: most time, then entered first, then the smaller id; -1 outside all zones.
func (f *Flow) zoneOf(g mobility.Segment, spans []mobility.Span) int {
	for _, c := range g.Cells { // nearly always one zone: no need to weigh
		if f.finest(c) != f.finest(g.Cells[0]) {
			return f.weigh(g, spans)
		}
	}
	return f.finest(g.Cells[0])
}

func (f *Flow) weigh(g mobility.Segment, spans []mobility.Span) int {
	for _, c := range g.Cells {
		if z := f.finest(c); z >= 0 {
			f.dwell[z], f.entered[z] = 0, -1
		}
	}
	best := -1
	for _, s := range spans {
		t := min(s.End, g.End) - max(s.Start, g.Start)
		z := f.finest(s.Place)
		if t <= 0 || z < 0 || !among(f, g.Cells, z) {
			continue
		}
		if f.entered[z] < 0 {
			f.entered[z] = s.Start
		}
		f.dwell[z] += t
	}
	for _, c := range g.Cells {
		z := f.finest(c)
		if z < 0 || f.entered[z] < 0 {
			continue
		}
		if best < 0 || f.dwell[z] > f.dwell[best] ||
			f.dwell[z] == f.dwell[best] && (f.entered[z] < f.entered[best] || f.entered[z] == f.entered[best] && z < best) {
			best = z
		}
	}
	return best
}

func among(f *Flow, cells []uint32, zone int) bool {
	for _, c := range cells {
		if f.finest(c) == zone {
			return true
		}
	}
	return false
}
