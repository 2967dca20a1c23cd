package feed

import (
	"math"
	"math/bits"
	"slices"
	"strconv"

	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/locate"
)

// Gate puts the values of one part of a feed into batches and drops everything else. A reader begins a batch, hands
// over the values of each column in the order of Options.Fields, row by row or column by column, calls Places after the
// fields for which IsWhere holds, and Finish at the end. A Gate belongs to one goroutine.
type Gate struct {
	File   string // for errors
	Digest uint64 // of the file, for rows that name no unit

	opts   Options
	fields []*Field
	ground *locate.Ground
	door   *Door
	near   *nearest
	clocks clocks

	b      *event.Batch
	base   int64 // rows of the file before the batch
	lat    []float64
	lon    []float64
	has    [roleUnread + 1]bool
	sells  bool // rows are tickets, purchases, cases or reports
	rated  bool // amounts are of a night
	period int  // of the last row that had one
	tagged []byte
	wholes []int64
	firsts [16]Offence
	late   *lately // of doors with pairs

	attrs   []event.Attr // of feeds of people
	unknown event.Attr   // of somebody of whom nothing is known
	now     int64        // the instant for which attributes are read
	year    int          // the year of now, in the clock of the feed
}

// Offence is where a reason to reject rows was seen first.
type Offence struct {
	Row    int64 // of the file, the first after the header is 1; 0 when never
	Column string
}

// NewGate prepares a gate. A nil door makes no pseudonyms: every unit is 0.
func NewGate(opts Options, fields []*Field, ground *locate.Ground, door *Door) *Gate {
	if door == nil {
		door = NewDoor(nil, nil, nil)
	}
	if opts.Clock == nil {
		opts.Clock = zoneUTC
	}
	g := &Gate{opts: opts, fields: fields, ground: ground, door: door, period: -1, sells: opts.isSales()}
	for _, f := range fields {
		g.has[f.role] = true
		g.rated = g.rated || f.As == "rate"
	}
	if g.has[roleLat] {
		g.near = newNearest(ground)
	}
	return g
}

// IsWhere reports whether the field says where a row was; Places is called after these.
func (f *Field) IsWhere() bool { return f.role <= roleLon }

// Offences tells where each reason was seen first, by the bit of event.Bad.
func (g *Gate) Offences() [16]Offence { return g.firsts }

// Begin empties a batch and gives it n rows; rowsBefore of the file are already done.
func (g *Gate) Begin(b *event.Batch, rowsBefore int64, n int) {
	g.b, g.base = b, rowsBefore
	isTrip := g.opts.Kind == Trips
	b.Unit, b.Time, b.Bad = grown(b.Unit, n, true), grown(b.Time, n, true), grown(b.Bad, n, true)
	b.SIM, b.Network = grown(b.SIM, n, g.has[roleSIM]), grown(b.Network, n, g.has[roleNetwork])
	b.End, b.To, b.Origin = grown(b.End, n, g.has[roleEnd]), grown(b.To, n, g.has[roleTo]), grown(b.Origin, n, g.has[roleOrigin] && (isTrip || g.sells))
	if g.sells {
		g.beginSales(n)
	}
	b.Arrival = grown(b.Arrival, n, g.has[roleArrival] || g.opts.Stamped)
	b.Was = grown(b.Was, n, g.door.carry > 0)
	b.Shard = grown(b.Shard, n, g.door.spread > 1)
	b.Place = grown(b.Place, n, g.has[rolePlace] || g.has[roleLat] || isTrip)
	for i := range b.Place {
		b.Place[i] = event.NoPlace
	}
	for i := range b.To {
		b.To[i] = event.NoPlace
	}
	if g.opts.Kind == Persons {
		g.beginPeople(n)
	}
	if g.has[roleLat] {
		g.lat, g.lon = grown(g.lat, n, true), grown(g.lon, n, true)
		for i := range g.lat {
			g.lat[i], g.lon[i] = math.NaN(), math.NaN()
		}
	}
}

// grown returns a slice of n zeros in the memory of s, or nil when the feed does not have the column.
func grown[T any](s []T, n int, has bool) []T {
	if !has {
		return nil
	}
	s = slices.Grow(s[:0], n)[:n]
	clear(s)
	return s
}

// Finish shortens the batch to its first n rows and gives those without a pseudonym column their units.
func (g *Gate) Finish(n int) {
	b := g.b
	b.Unit, b.Time, b.Bad = b.Unit[:n], b.Time[:n], b.Bad[:n]
	b.Place, b.SIM, b.Network = b.Place[:min(n, len(b.Place))], b.SIM[:min(n, len(b.SIM))], b.Network[:min(n, len(b.Network))]
	b.End, b.To, b.Origin = b.End[:min(n, len(b.End))], b.To[:min(n, len(b.To))], b.Origin[:min(n, len(b.Origin))]
	b.Arrival, b.Was, b.Shard = b.Arrival[:min(n, len(b.Arrival))], b.Was[:min(n, len(b.Was))], b.Shard[:min(n, len(b.Shard))]
	if g.sells {
		g.finishSales(n)
	}
	if g.has[roleUnit] {
		return
	}
	for i := range b.Unit {
		if p := g.periodOf(i); p >= 0 {
			b.Unit[i] = g.door.unitRow(p, g.Digest, g.base+int64(i)+1)
		}
	}
}

// flag marks a row and remembers where the reason was seen first.
func (g *Gate) flag(f *Field, i int, why event.Bad) {
	g.b.Bad[i] |= why
	bit := 0
	for why>>bit != 1 {
		bit++
	}
	if row := g.base + int64(i) + 1; g.firsts[bit].Row == 0 || row < g.firsts[bit].Row {
		g.firsts[bit] = Offence{row, f.Name}
	}
}

// wrong handles a value that is not of the agreed type.
func (g *Gate) wrong(f *Field, i int, why event.Bad, got, want string) error {
	if !g.opts.Strict {
		g.flag(f, i, why)
		return nil
	}
	return &Error{Kind: Invalid, File: g.File, Row: g.base + int64(i) + 1, Column: f.Name, Got: got, Want: want, Hint: "correct the file, or the type and format in the contract"}
}

// Unreadable marks a row that stands for an entry of a log which is no row of the contract.
func (g *Gate) Unreadable(i int) { g.flag(noField, i, event.Unreadable) }

// noField stands for a row as a whole.
var noField = &Field{}

// Text takes the value of one row; an empty one is missing.
func (g *Gate) Text(f *Field, i int, v []byte) error {
	if len(v) == 0 {
		g.Null(f, i)
		return nil
	}
	switch f.role {
	case roleTime, roleEnd, roleArrival:
		ms, local, ok := f.timer.Text(v)
		if !ok {
			return g.wrong(f, i, event.BadTime, Shape(v), f.timer.want)
		}
		g.time(f, i, ms, local)
	case rolePlace, roleTo:
		g.place(f, i, g.lookup(v))
	case roleUnit:
		if f.Type == "int" {
			return g.number(f, i, v)
		}
		g.unitText(f, i, v)
	case roleOrigin:
		g.origin(f, i, f.originOf(v))
	case roleGender:
		g.attrs[i].Gender = genderOf(v)
	case roleLat, roleLon:
		x, ok := parseDecimal(v)
		if !ok {
			return g.wrong(f, i, event.BadNumber, Shape(v), "a decimal number of degrees")
		}
		g.degrees(f, i, x)
	case roleMachine:
		is, ok := parseBool(v)
		if !ok {
			return g.wrong(f, i, event.BadNumber, Shape(v), "true or false")
		}
		g.machine(f, i, is)
	case roleUnread:
		return g.unread(f, i, v)
	case roleHome, roleCode0, roleCode1, roleCoin, roleAmount, roleNights, roleMoreNights, roleCancelled:
		return g.saleText(f, i, v)
	default:
		return g.number(f, i, v)
	}
	return nil
}

func (g *Gate) number(f *Field, i int, v []byte) error {
	x, ok := parseInt(v)
	if !ok {
		got := Shape(v)
		if f.role == roleUnit { // not even the pattern of a pseudonym
			got = "text of " + strconv.Itoa(len(v)) + " characters"
		}
		return g.wrong(f, i, event.BadNumber, got, "a whole number")
	}
	return g.Ints(f, i, []int64{x})
}

// unread checks the type of a value that is not carried, in strict runs.
func (g *Gate) unread(f *Field, i int, v []byte) error {
	if !g.opts.Strict || f.Types[0] == "text" {
		return nil
	}
	if _, ok := parseDecimal(v); !ok {
		return g.wrong(f, i, event.BadNumber, Shape(v), "a number")
	}
	return nil
}

// Null takes a missing value.
func (g *Gate) Null(f *Field, i int) {
	switch f.role {
	case roleUnit:
		g.flag(f, i, event.NullUnit)
	case roleTime:
		g.flag(f, i, event.NullTime)
	case roleEnd:
		g.flag(f, i, event.NullSecondTime)
	case roleArrival:
		g.flag(f, i, event.NullArrival)
	case roleTo:
		g.flag(f, i, event.NullPlace)
	case rolePlace:
		if g.near == nil { // else Places decides, when the coordinates are known
			g.nowhere(f, i)
		}
	case roleOrigin:
		g.origin(f, i, f.unknown)
	case roleCode0, roleCode1:
		g.b.Code[f.role-roleCode0][i] = f.unknown
	case roleCoin:
		g.flag(f, i, event.BadCurrency)
	case roleAmount:
		g.flag(f, i, event.BadNumber)
	}
}

// Ints takes whole numbers of consecutive rows from i on.
func (g *Gate) Ints(f *Field, i int, vs []int64) error {
	switch f.role {
	case roleUnit:
		g.unitInts(f, i, vs)
	case roleTime, roleEnd, roleArrival:
		for k, v := range vs {
			ms, ok := f.timer.Int(v)
			if !ok {
				if err := g.wrong(f, i+k, event.BadTime, "a whole number outside the years 1 to 9999", "time since 1970 in the unit of the contract (default epoch-ms)"); err != nil {
					return err
				}
				continue
			}
			g.time(f, i+k, ms, false)
		}
	case roleSIM:
		for k, v := range vs {
			if v >= 100 && v <= 999 {
				g.b.SIM[i+k] = uint16(v)
			} else if v != 0 {
				g.flag(f, i+k, event.BadSIM)
			}
		}
	case roleNetwork:
		for k, v := range vs {
			if v >= 10000 && v <= 999999 {
				g.b.Network[i+k] = uint32(v)
			} else if v != 0 {
				g.flag(f, i+k, event.BadNetwork)
			}
		}
	case roleAmount, roleNights, roleMoreNights, roleCancelled:
		return g.saleInts(f, i, vs)
	case rolePlace, roleTo, roleOrigin, roleHome, roleCode0, roleCode1:
		var room [20]byte
		for k, v := range vs {
			if err := g.Text(f, i+k, appendInt(room[:0], v)); err != nil {
				return err
			}
		}
	case roleMachine:
		for k, v := range vs {
			if v != 0 {
				g.machine(f, i+k, true)
			}
		}
	case roleBirth:
		for k, v := range vs {
			g.attrs[i+k].Age = g.ageOf(f, v)
		}
	}
	return nil
}

// Millis takes times of consecutive rows in milliseconds since 1970, local to the contract's zone or UTC.
func (g *Gate) Millis(f *Field, i int, ms []int64, local bool) error {
	times := g.timesOf(f)[i : i+len(ms)]
	for k, v := range ms {
		if v < minSecond*1000 || v > maxSecond*1000+999 {
			if err := g.wrong(f, i+k, event.BadTime, "a timestamp outside the years 1 to 9999", "a time"); err != nil {
				return err
			}
		} else if local {
			g.time(f, i+k, v, true)
		} else {
			times[k] = v
		}
	}
	return nil
}

// Floats takes degrees of consecutive rows.
func (g *Gate) Floats(f *Field, i int, vs []float64) error {
	if f.role == roleAmount {
		return &Error{Kind: Invalid, File: g.File, Row: g.base + int64(i) + 1, Column: f.Name, Got: "floating point", Want: "whole numbers of the smallest unit, or text such as 12.50", Hint: "write the column again: money is not rounded here"}
	}
	for k, v := range vs {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			if err := g.wrong(f, i+k, event.BadNumber, "a number that is not finite", "a decimal number of degrees"); err != nil {
				return err
			}
			continue
		}
		g.degrees(f, i+k, v)
	}
	return nil
}

// time stores a time; a local one is resolved first.
func (g *Gate) time(f *Field, i int, ms int64, local bool) {
	if local {
		var ok bool
		if ms, ok = g.clocks.instant(g.zone(f, i), ms, f.timer.fold); !ok {
			g.flag(f, i, event.NoSuchTime)
			return
		}
	}
	g.timesOf(f)[i] = ms
}

// timesOf is the column of the batch that a time column fills.
func (g *Gate) timesOf(f *Field) []int64 {
	switch f.role {
	case roleEnd:
		return g.b.End
	case roleArrival:
		return g.b.Arrival
	default:
		return g.b.Time
	}
}

func (g *Gate) degrees(f *Field, i int, v float64) {
	if f.role == roleLat {
		g.lat[i] = v
	} else {
		g.lon[i] = v
	}
}

func (g *Gate) machine(f *Field, i int, is bool) {
	if is {
		g.flag(f, i, event.Machine)
	}
}

// noTime are the flags of rows whose time is not known, so that no key is theirs.
const noTime = event.NullTime | event.BadTime | event.NoSuchTime

// periodOf returns the period of a row by its time, or -1.
func (g *Gate) periodOf(i int) int {
	if g.b.Bad[i]&noTime != 0 {
		return -1
	}
	ms := g.b.Time[i]
	if g.period >= 0 && g.door.periods[g.period].Contains(ms) {
		return g.period
	}
	p := g.door.Period(ms)
	if p >= 0 {
		g.period = p
	}
	return p
}

func (g *Gate) unitText(f *Field, i int, v []byte) {
	if g.door.IsOut(v) {
		g.flag(f, i, event.OptedOut)
		return
	}
	if p := g.periodOf(i); p >= 0 {
		g.tagged = append(append(g.tagged[:0], v...), tagText)
		g.b.Unit[i] = g.door.unitText(p, g.tagged)
		if g.door.carries(p, g.b.Time[i]) {
			g.b.Was[i] = g.door.unitText(p-1, g.tagged)
		}
		if g.door.spread > 1 {
			g.b.Shard[i] = g.door.shard(g.tagged)
		}
		if g.door.pairs != nil {
			g.kinText(p, g.b.Unit[i], v)
		}
	}
}

// unitInts makes the units of consecutive rows. Nearly every row belongs to the period of the row before, so the key
// and the bounds of that period stay at hand.
func (g *Gate) unitInts(f *Field, i int, vs []int64) {
	units, times, bads := g.b.Unit[i:i+len(vs)], g.b.Time[i:i+len(vs)], g.b.Bad[i:i+len(vs)]
	var start, end int64 // of no period
	var k0, k1 uint64
	for k, v := range vs {
		if g.door.IsOutInt(v) {
			g.flag(f, i+k, event.OptedOut)
			continue
		}
		if bads[k]&noTime != 0 {
			continue
		}
		if ms := times[k]; ms < start || ms >= end {
			p := g.periodOf(i + k)
			if p < 0 {
				continue
			}
			start, end = g.door.periods[p].Start, g.door.periods[p].End
			k0, k1 = g.door.keys[p][0], g.door.keys[p][1]
		}
		units[k] = max(1, hash9(k0, k1, bits.ReverseBytes64(uint64(v)), tagInt))
	}
	if g.door.carry > 0 {
		g.wasInts(i, vs)
	}
	if g.door.spread > 1 {
		g.shardInts(i, vs)
	}
	if g.door.pairs != nil {
		g.kinInts(i, vs)
	}
}

// originOf reduces a value of an origin column to its public code.
func (f *Field) originOf(v []byte) uint16 {
	if f.Take > 0 && len(v) > f.Take {
		v = v[:f.Take]
	}
	if i, ok := f.origin[string(v)]; ok {
		return i
	}
	return f.other
}

// parseBool knows the words that files use for yes and no.
func parseBool(v []byte) (is, ok bool) {
	switch string(v) {
	case "false", "0", "f", "F", "False", "FALSE", "no", "No", "NO", "n", "N":
		return false, true
	case "true", "1", "t", "T", "True", "TRUE", "yes", "Yes", "YES", "y", "Y":
		return true, true
	}
	return false, false
}

// Clone returns a gate for another part: it shares what was prepared once and nothing that changes.
func (g *Gate) Clone() *Gate {
	return &Gate{opts: g.opts, fields: g.fields, ground: g.ground, door: g.door, near: g.near, has: g.has,
		sells: g.sells, rated: g.rated, period: -1, unknown: g.unknown, now: g.now, year: g.year}
}
