package flow

import (
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/locate"
	"github.com/throng-stats/throng/population"
	"github.com/throng-stats/throng/population/present"
)

// Trips is the statistic of a feed whose rows are trips: the unit is the trip, so each table has D2 = 1. A trip belongs
// to the month in which it starts; an end after the month's last hour is counted in no arrivals.
type Trips struct {
	product string
	at      []int32 // of each place: its zone, an index among the finest, or -1
	zones   int
	hours   int
	tables  []population.Table
	origin  bool
}

// one trip adds 1 to one cell of each table.
var one = population.Bound{Cells: 1, PerCell: 1}

// Pairs returns the trips of one month between zones (flows-month), and with origins their regions of origin as a table
// of its own.
func Pairs(ground *locate.Ground, origins []string) *Trips {
	t, zones := trips("flows-month", ground)
	to := zones
	to.Name = throng.DimZone2
	pairs := throng.Shape{Name: "total", Dims: []throng.Dim{zones, to}}
	t.tables = []population.Table{{Shape: pairs, Bound: one, Sparse: sparse(pairs)}}
	if origins != nil {
		t.origin = true
		t.tables = append(t.tables, population.Table{Bound: one, Shape: throng.Shape{Name: "origin", Dims: []throng.Dim{{Name: throng.DimOrigin, Codes: origins}}}})
	}
	return t
}

// Vehicles returns departures and arrivals by zone and hour of one month.
func Vehicles(ground *locate.Ground, month throng.Period) *Trips {
	t, zones := trips("vehicles", ground)
	hours := throng.Dim{Name: throng.DimTime, Codes: month.BinCodes(time.Hour)}
	t.hours = len(hours.Codes)
	for _, name := range []string{"departures", "arrivals"} {
		t.tables = append(t.tables, population.Table{Shape: throng.Shape{Name: name, Dims: []throng.Dim{zones, hours}}, Bound: one})
	}
	return t
}

func trips(product string, ground *locate.Ground) (*Trips, throng.Dim) {
	finest := ground.Zones.Finest()
	t := &Trips{product: product, at: present.PlaceZones(ground), zones: len(finest)}
	return t, throng.Dim{Name: throng.DimZone, Level: throng.LevelZone, Codes: ground.Zones.IDs(finest...)}
}

// Product is flows-month or vehicles.
func (t *Trips) Product() string { return t.product }

// Tables lists the tables.
func (t *Trips) Tables() []population.Table { return t.tables }

// Contribute adds one trip.
func (t *Trips) Contribute(u *population.Unit, emit population.Emit) {
	from, to := t.finest(u.Trip.Place), t.finest(u.Trip.To)
	if t.hours > 0 {
		t.count(0, from, u.Trip.Time, emit)
		t.count(1, to, u.Trip.End, emit)
		return
	}
	if from >= 0 && to >= 0 {
		emit(0, uint64(from*t.zones+to))
	}
	if t.origin && u.Trip.Origin != event.NoOrigin {
		emit(1, uint64(u.Trip.Origin))
	}
}

func (t *Trips) count(table, zone int, at uint32, emit population.Emit) {
	if hour := int(int64(at) / time.Hour.Milliseconds()); zone >= 0 && hour < t.hours {
		emit(table, uint64(zone*t.hours+hour))
	}
}

func (t *Trips) finest(place uint32) int {
	if place == event.NoPlace {
		return -1
	}
	return int(t.at[place])
}
