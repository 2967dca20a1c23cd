package tourism

import (
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/locate"
	"github.com/throng-stats/throng/population"
)

// Usual says where a unit usually is in a month: the function that it returns tells of a finest zone, an index into
// Ground.Zones, whether it is inside. It returns nil when nobody can tell; then the unit makes no domestic trips. What it
// says depends on the month of that unit alone, and is valid until the next call.
type Usual func(m *population.Month) (inside func(zone int32) bool)

// Counting are the options of the statistic.
type Counting struct {
	// Trips is a, the most trips of a unit and month that are counted in a table, the first ones. Default 4 (privacy.md,
	// section 4).
	Trips int
	// Ends adds the table of first and last zones of trips. It has a share of its own. Default: none.
	Ends bool
	// Classes has the groups of residence by day or longer (Classes.Regions). Required.
	Classes throng.Classes
	// Countries are the codes of countries visited; the last is throng.Other. Default: nothing but that.
	Countries []string
	// Country is the index in Countries of a mobile country code. Default: the last.
	Country func(mcc uint16) int
	// Clock is the local time of places that have none of their own. Default: UTC.
	Clock *time.Location
	// Abroad is the local time of a country, by mobile country code; nil for Clock. Default: Clock everywhere.
	Abroad func(mcc uint16) *time.Location
	// Usual is where a unit usually is. Default: UsualByMonth.
	Usual Usual
}

// EnsureDefaults fills what is not set.
func (o *Counting) EnsureDefaults(ground *locate.Ground) {
	if o.Trips == 0 {
		o.Trips = 4
	}
	if len(o.Countries) == 0 {
		o.Countries = []string{throng.Other}
	}
	if o.Country == nil {
		last := len(o.Countries) - 1
		o.Country = func(uint16) int { return last }
	}
	if o.Clock == nil {
		o.Clock = time.UTC
	}
	if o.Abroad == nil {
		o.Abroad = func(uint16) *time.Location { return nil }
	}
	if o.Usual == nil {
		o.Usual = UsualByMonth(ground)
	}
}

// Residents is the least number of public residents of a zone of destination (privacy.md, section 27).
const Residents = 5_000

// mostDense is the most cells of a table that lists all of them; a larger one is sparse (privacy.md, section 11). The
// number of zones and groups is public and decides alone.
const mostDense = 2_000_000

// Kinds are the codes of the kind of a trip.
var Kinds = []string{"inbound", "domestic", "outbound"}

// The kinds of trips, as indexes into Kinds.
const (
	inbound = iota
	domestic
	outbound
)

// Lengths are the codes of the nights of a trip (methods.md, section 21).
var Lengths = []string{"0", "1", "2-3", "4-7", "8-14", "15+"}

// Length is the index in Lengths of a number of nights.
func Length(nights int) int {
	for i, most := range [...]int{0, 1, 3, 7, 14} {
		if nights <= most {
			return i
		}
	}
	return len(Lengths) - 1
}

// Indexes of the tables.
const (
	tableTrips = iota
	tableAbroad
	tableLength
	tableAbsences
	tableEnds
)

// Tourism is the statistic of journeys and long absences of a month. It is a value of one worker.
type Tourism struct {
	opt    Counting
	ground *locate.Ground
	part   []int32 // of each place: its zone of destination, -1 outside all zones
	tables []population.Table
	walk   walk
}

// New returns the statistic: trips by zone of destination and residence, trips abroad by country, trips by length, and long
// absences; with Ends, first and last zones of trips. Trips, abroad and length count the first a trips of a unit, at most once
// in a cell: k = a, c = 1 (privacy.md, section 4, L2). Absences are one cell, ends two a trip. A day that is taken away can
// change every trip, so Move is set and D2 doubles (L4).
func New(ground *locate.Ground, o Counting) *Tourism {
	o.EnsureDefaults(ground)
	parts, of, _ := ground.Zones.Partition(Residents)
	t := &Tourism{opt: o, ground: ground, part: make([]int32, len(ground.Places))}
	for i, p := range ground.Places {
		if t.part[i] = -1; p.Zone >= 0 {
			t.part[i] = of[p.Zone]
		}
	}
	zone := throng.Dim{Name: throng.DimZone, Level: throng.LevelZone, Codes: ground.Zones.IDs(parts...)}
	if len(parts) == 0 {
		zone.Codes = nil // IDs of no zones would be all
	}
	origin := throng.Dim{Name: throng.DimOrigin, Codes: o.Classes.Regions()}
	country := throng.Dim{Name: throng.DimCountry, Codes: o.Countries}
	t.table("trips", o.Trips, zone, origin)
	t.table("abroad", o.Trips, country, origin)
	t.table("length", o.Trips, throng.Dim{Name: throng.DimKind, Codes: Kinds}, throng.Dim{Name: throng.DimNights, Codes: Lengths})
	t.table("absences", 1, country, origin)
	if o.Ends {
		t.table("ends", 2*o.Trips, throng.Dim{Name: throng.DimKind, Codes: []string{"first", "last"}}, zone, origin)
	}
	return t
}

func (t *Tourism) table(name string, cells int, dims ...throng.Dim) {
	shape := throng.Shape{Name: name, Dims: dims}
	t.tables = append(t.tables, population.Table{Shape: shape, Bound: population.Bound{Cells: cells, PerCell: 1},
		Sparse: shape.Cells() > mostDense, Move: true})
}

// Product is "tourism".
func (t *Tourism) Product() string { return "tourism" }

// Tables lists trips, abroad, length and absences, and ends when asked for.
func (t *Tourism) Tables() []population.Table { return t.tables }
