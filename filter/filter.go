// Package filter drops events that cannot be true and counts why.
//
// The rules are those of methods.md, sections 2 and 4. Rows are judged one by one at the door; what needs the
// neighbours of a row (duplicates, two places at one instant, impossible jumps) is judged per unit, on records in total
// order, so that no result depends on files, batches or shards. Nothing of one unit changes what happens to another.
package filter

import (
	"math"

	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/locate"
)

// EarthRadius in metres (methods.md, section 1).
const EarthRadius = 6_371_008.8

// Options of the filter.
type Options struct {
	// Local lists the mobile country codes at home. Empty: every SIM is domestic.
	Local []uint16
	// MaxRecords is the most rows of one unit and period that are used; the rest are dropped and counted, so that a
	// flood costs its owner only. Default 10,000 (privacy.md, section 3).
	MaxRecords int
	// JumpMetres and JumpSpeed (m/s) make an event impossible that lies farther than the first and needs more than the
	// second from a neighbour. Defaults 10,000 m and 55 m/s; a negative speed switches the rule off (aircraft).
	JumpMetres, JumpSpeed float64
	// Ahead is how far the time of a row may lie after its own arrival, in milliseconds: a clock that is wrong moves nothing.
	// Default 60 s (privacy.md, section 2).
	Ahead int64
	// Late is how long after the end of its period a row may arrive, in milliseconds. Default 6 hours (privacy.md, section 15).
	Late int64
	// MaxTrip is the longest trip of a trip feed, in milliseconds. Default 24 hours.
	MaxTrip int64
}

// EnsureDefaults fills what is zero.
func (o *Options) EnsureDefaults() {
	if o.MaxRecords == 0 {
		o.MaxRecords = 10_000
	}
	if o.JumpMetres == 0 {
		o.JumpMetres = 10_000
	}
	if o.JumpSpeed == 0 {
		o.JumpSpeed = 55
	}
	if o.Ahead == 0 {
		o.Ahead = 60e3
	}
	if o.Late == 0 {
		o.Late = 6 * 3600e3
	}
	if o.MaxTrip == 0 {
		o.MaxTrip = 24 * 3600 * 1000
	}
}

// Domain says where a device was and whose SIM it carries.
type Domain uint8

// The domains.
const (
	Domestic Domain = iota // SIM of this country, seen here
	Inbound                // foreign SIM, seen here
	Outbound               // seen in a network abroad
)

// Filter judges rows and the records of units. It is a value of one worker: not safe for concurrent use, but any number
// of them give the same result, and their counts add up.
type Filter struct {
	Counts Counts

	opt    Options
	ground *locate.Ground
	local  [1000]bool
	vector [][3]float64 // unit vector of each place, for distances
	short  float64      // squared chord below which a step is certainly not farther than JumpMetres
	flags  []flag
	flaws  int // flags of the unit at hand that are not good

	always []bool // of each place: valid during all of the period that starts at since
	since  int64
}

// New returns a filter for one ground.
func New(opt Options, ground *locate.Ground) *Filter {
	opt.EnsureDefaults()
	f := &Filter{opt: opt, ground: ground, vector: make([][3]float64, len(ground.Places))}
	for _, mcc := range opt.Local {
		if mcc < 1000 {
			f.local[mcc] = true
		}
	}
	for i, p := range ground.Places {
		lat, lon := p.Lat*math.Pi/180, p.Lon*math.Pi/180
		f.vector[i] = [3]float64{math.Cos(lat) * math.Cos(lon), math.Cos(lat) * math.Sin(lon), math.Sin(lat)}
	}
	chord := 2 * math.Sin(min(max(opt.JumpMetres, 0)/(2*EarthRadius), math.Pi/2))
	f.short = chord * chord * (1 - 1e-9) // far more than rounding can be wrong by
	return f
}

// Domain of a SIM country and a visited network (0 when at home).
func (f *Filter) Domain(sim uint16, network uint32) Domain {
	switch {
	case network != 0 && !f.isLocal(networkCountry(network)):
		return Outbound
	case sim == 0 || len(f.opt.Local) == 0 || f.isLocal(uint32(sim)):
		return Domestic
	default:
		return Inbound
	}
}

func (f *Filter) isLocal(mcc uint32) bool { return mcc < 1000 && f.local[mcc] }

// networkCountry is the first three digits of a PLMN of five or six.
func networkCountry(plmn uint32) uint32 {
	for plmn >= 1000 {
		plmn /= 10
	}
	return plmn
}

// Row packs row i of a batch into r, a record of the period [start, end), or counts why it cannot be used. inside is false
// for rows outside all periods. A row is late, or ahead of its arrival, by its own two stamps alone.
func (f *Filter) Row(b *event.Batch, i int, start, end int64, inside bool, r *event.Record) bool {
	f.Counts.Rows++
	*r = event.Record{Unit: b.Unit[i], Place: b.Place[i], Origin: event.NoOrigin}
	if b.SIM != nil {
		r.SIM = b.SIM[i]
	}
	if b.Network != nil {
		r.To = b.Network[i]
	}
	bad := b.Bad[i]
	if bad == 0 && r.Place == event.NoPlace && b.End == nil {
		bad = event.NullPlace // a visited network at home is no place
	}
	if bad != 0 && f.rejected(bad, r) {
		return false
	}
	if !inside {
		f.Counts.add(OutsidePeriod)
		return false
	}
	if b.Arrival != nil && !f.inTime(b.Time[i], b.Arrival[i], end) {
		return false
	}
	r.Time = uint32(b.Time[i] - start)
	if b.End != nil && !f.trip(b, i, start, r) {
		return false
	}
	f.Counts.Admitted++
	return true
}

// Sale packs row i of a batch of tickets, purchases, cases or reports into r, a record of the period that begins at start, or
// counts why it cannot be used. inside is false for rows outside all periods.
func (f *Filter) Sale(b *event.Batch, i int, start int64, inside bool, r *event.Record) bool {
	f.Counts.Rows++
	if b.Bad[i] != 0 {
		f.Counts.row(b.Bad[i])
		return false
	}
	if !inside {
		f.Counts.add(OutsidePeriod)
		return false
	}
	*r = event.Record{Unit: b.Unit[i], Time: uint32(b.Time[i] - start), Place: event.NoPlace}
	if b.Place != nil {
		r.Place = b.Place[i]
	}
	s := event.Sale{Home: event.NoPlace, Origin: event.NoOrigin, Amount: of(b.Amount, i), Coin: of(b.Coin, i), Nights: of(b.Nights, i),
		Code: [2]uint16{of(b.Code[0], i), of(b.Code[1], i)}}
	if b.Home != nil {
		s.Home = b.Home[i]
	}
	if b.Origin != nil {
		s.Origin = b.Origin[i]
	}
	r.Set(s)
	f.Counts.Admitted++
	return true
}

// of is a value of a column, 0 where the feed does not have it.
func of[T any](column []T, i int) (v T) {
	if column != nil {
		v = column[i]
	}
	return v
}

func (f *Filter) inTime(time, arrival, end int64) bool {
	switch {
	case time > arrival+f.opt.Ahead:
		f.Counts.add(Ahead)
		return false
	case arrival > end+f.opt.Late:
		f.Counts.add(Late)
		return false
	}
	return true
}

// rejected counts a row with reasons not to read it, unless the only reason is a place that it does not need.
func (f *Filter) rejected(bad event.Bad, r *event.Record) bool {
	if bad&(event.NullPlace|event.UnknownPlace) != 0 && f.Domain(r.SIM, r.To) == Outbound {
		bad &^= event.NullPlace | event.UnknownPlace // abroad nobody has a cell of ours
	}
	if bad != 0 {
		f.Counts.row(bad)
	}
	return bad != 0
}

func (f *Filter) trip(b *event.Batch, i int, start int64, r *event.Record) bool {
	length := b.End[i] - b.Time[i]
	switch {
	case length < 0:
		f.Counts.add(EndBeforeStart)
		return false
	case length > f.opt.MaxTrip:
		f.Counts.add(TooLong)
		return false
	}
	r.End, r.To = uint32(b.End[i]-start), b.To[i]
	if b.Origin != nil {
		r.Origin = b.Origin[i]
	}
	return true
}
