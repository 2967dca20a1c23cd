package usual

import (
	"cmp"
	"maps"
	"math"
	"slices"
)

const (
	second = 1000
	hour   = 3600 * second
	day    = 24 * hour
)

// Event is one clean record of a device, or the last one of the day before or the first one of the day after.
type Event struct {
	Time    int64  // milliseconds since 1970 UTC
	Cell    uint32 // its cell, when at home: events of one cell are at the same place
	Cover   uint32 // the footprint of the cell on the day of the event; another one on another day
	Day     int8   // of the event: 0, or -1 and 1 for the day before and after
	Country uint16 // mobile country code abroad, else 0
}

// same reports whether two events are at the same place.
func (e Event) same(o Event) bool {
	return e.Country == o.Country && (e.Country != 0 || e.Cell == o.Cell)
}

// Covers is what is known of footprints.
type Covers interface {
	// Distance is how far apart two footprints are, in metres; 0 when one is unknown.
	Distance(a, b uint32) float64
	// Groups lists the sets of tiles that a footprint is made of.
	Groups(cover uint32) []uint32
}

// Kind says what a slot tells.
type Kind uint8

// The kinds of a slot. Of a slot that is none of them too little is known.
const (
	Grid    Kind = iota + 1 // on tiles of this country
	Away                    // in another country
	Nowhere                 // not seen at all
)

// Slot is one row of a day: where the device was in a stretch of it.
type Slot struct {
	Start   int64
	Kind    Kind
	Groups  []uint32 // of Grid, ascending
	Country uint16   // of Away
}

// DailyOptions are the rules of a day. Times are in milliseconds.
type DailyOptions struct {
	// Slots is into how many equal parts a day is cut. Default 24.
	Slots int
	// SameDay, SameNight and Other are the longest silences that an event speaks for: at the same place, there at night,
	// and between places. Defaults 7,200 s, 28,800 s and 900 s.
	SameDay, SameNight, Other int64
	// Abroad is how long an event abroad speaks for when no other is known on that side. Default 7,200 s.
	Abroad int64
	// Speed in m/s is what makes an event on the way a passage. Default 50 km/h.
	Speed float64
	// Night reports whether a closed stretch of time meets a night. Default 23:00 to 09:00 UTC; give one in local time.
	Night func(from, to int64) bool
	// Reference repeats multimno 1.0.0 (methods.md, section 10, reference mode).
	Reference bool
}

// EnsureDefaults fills what is zero.
func (o *DailyOptions) EnsureDefaults() {
	if o.Slots == 0 {
		o.Slots = 24
	}
	for _, d := range []struct {
		field *int64
		value int64
	}{{&o.SameDay, 7_200e3}, {&o.SameNight, 28_800e3}, {&o.Other, 900e3}, {&o.Abroad, 7_200e3}} {
		if *d.field == 0 {
			*d.field = d.value
		}
	}
	if o.Speed == 0 {
		o.Speed = 50 / 3.6
	}
	if o.Night == nil {
		o.Night = NightAt(0)
	}
}

// NightAt is the night from 23:00 to 09:00, both included, by a clock that is ahead of UTC by offset milliseconds.
func NightAt(offset int64) func(from, to int64) bool {
	return func(from, to int64) bool {
		from, to = from+offset+hour, to+offset+hour // nights now begin at midnight and last 10 hours
		sinceMidnight := from - floorTo(from, day)
		return sinceMidnight <= 10*hour || to >= from-sinceMidnight+day
	}
}

func floorTo(v, unit int64) int64 { return v - (v%unit+unit)%unit }

// stretch is for how long one event speaks; half milliseconds, so that half a silence is exact.
type stretch struct {
	from, to int64
	event    Event
}

// Daily is the state of one device and day: the latest events and the time that each place has in each slot. Events come
// in total order; Flush ends the day.
type Daily struct {
	opt    DailyOptions
	covers Covers
	start  int64
	latest [2]Event // the one before the last, and the last
	count  int
	slots  []map[Event]int64 // half milliseconds by place (an Event without a time)
	seen   []bool            // some stretch meets the slot
}

// NewDaily starts a day at a time in milliseconds.
func NewDaily(o DailyOptions, covers Covers, start int64) *Daily {
	o.EnsureDefaults()
	return &Daily{opt: o, covers: covers, start: start, slots: make([]map[Event]int64, o.Slots), seen: make([]bool, o.Slots)}
}

// Add takes the next event.
func (d *Daily) Add(e Event) {
	if d.count > 0 {
		var before *Event
		if d.count > 1 {
			before = &d.latest[0]
		}
		d.settle(before, d.latest[1], &e)
	}
	d.latest[0], d.latest[1] = d.latest[1], e
	d.count++
}

// Flush ends the day and gives its rows in the order of slots; nothing for a device that was never seen.
func (d *Daily) Flush() []Slot {
	if d.count == 0 {
		return nil
	}
	var before *Event
	if d.count > 1 {
		before = &d.latest[0]
	}
	d.settle(before, d.latest[1], nil)
	var rows []Slot
	for i := range d.slots {
		rows = append(rows, d.slot(i)...)
	}
	d.count = 0
	return rows
}

// settle adds what an event speaks for once its neighbours are known.
func (d *Daily) settle(before *Event, e Event, after *Event) {
	if d.passage(before, e, after) {
		return
	}
	s := stretch{from: 2 * e.Time, to: 2 * e.Time, event: e}
	s.from -= d.side(e, before, func() int64 { return d.limit(e, before, before.Time, e.Time, before.Time) })
	s.to += d.side(e, after, func() int64 { return d.limit(e, after, e.Time, after.Time, after.Time) })
	d.cut(s)
}

// passage reports whether an event was seen on the way: both neighbours known, and the way over it too fast for a stay.
func (d *Daily) passage(before *Event, e Event, after *Event) bool {
	if before == nil || after == nil {
		return false
	}
	seconds := float64(after.Time-before.Time) / second
	if d.opt.Reference {
		seconds = math.Floor(float64(after.Time)/second) - math.Floor(float64(before.Time)/second)
	}
	if seconds <= 0 {
		return false
	}
	return math.Max(d.apart(*before, e)+d.apart(e, *after), d.apart(*before, *after))/seconds > d.opt.Speed
}

func (d *Daily) apart(a, b Event) float64 {
	if a.Country != 0 || b.Country != 0 || a.Cover == b.Cover {
		return 0
	}
	return d.covers.Distance(a.Cover, b.Cover)
}

// side is how long, in half milliseconds, an event speaks on the side of a neighbour.
func (d *Daily) side(e Event, neighbour *Event, limit func() int64) int64 {
	switch {
	case neighbour == nil && e.Country != 0:
		return 2 * d.opt.Abroad
	case neighbour == nil:
		return d.opt.Other
	}
	gap := neighbour.Time - e.Time
	if gap < 0 {
		gap = -gap
	}
	if gap <= limit() {
		return gap
	}
	return d.opt.Other
}

// limit is the longest silence between an event and a neighbour that both speak for. The reference asks of the night
// only whether the event is not before 23:00 of the day before and the neighbour not after 09:00 of the day, which gives
// the two sides of one silence different limits (D24).
func (d *Daily) limit(e Event, neighbour *Event, from, to, other int64) int64 {
	night := d.opt.Night
	if d.opt.Reference {
		night = func(int64, int64) bool { return e.Time >= d.start-hour && other <= d.start+9*hour }
	}
	switch {
	case !e.same(*neighbour):
		return d.opt.Other
	case night(from, to):
		return d.opt.SameNight
	}
	return d.opt.SameDay
}

// cut adds a stretch to the slots that it meets.
func (d *Daily) cut(s stretch) {
	length := 2 * day / int64(d.opt.Slots)
	origin := 2 * d.start
	first := max(0, (s.from-origin)/length)
	for i := first; i < int64(d.opt.Slots); i++ {
		from, to := max(s.from, origin+i*length), min(s.to, origin+(i+1)*length)
		if s.to <= origin+i*length {
			return
		}
		if s.from >= origin+(i+1)*length {
			continue
		}
		d.seen[i] = true
		if d.slots[i] == nil {
			d.slots[i] = make(map[Event]int64)
		}
		if d.opt.Reference { // whole seconds of either end
			from, to = floorTo(from, 2*second), floorTo(to, 2*second)
		}
		place := s.event
		place.Time = 0
		if place.Country != 0 {
			place.Cell, place.Cover = 0, 0
			if !d.opt.Reference {
				place.Day = 0
			}
		}
		d.slots[i][place] += to - from
	}
}

// slot gives the rows of one slot.
func (d *Daily) slot(i int) []Slot {
	length := day / int64(d.opt.Slots)
	start, half := d.start+int64(i)*length, length // half a slot, in half milliseconds
	if !d.seen[i] {
		return []Slot{{Start: start, Kind: Nowhere}}
	}
	places := slices.SortedFunc(maps.Keys(d.slots[i]), func(a, b Event) int {
		return cmp.Or(cmp.Compare(a.Country, b.Country), cmp.Compare(a.Cell, b.Cell), cmp.Compare(a.Day, b.Day), cmp.Compare(a.Cover, b.Cover))
	})
	total, one := int64(0), true
	for _, p := range places {
		total += d.slots[i][p]
		one = one && p.same(places[0])
	}
	if total < half {
		return nil
	}
	var rows []Slot
	if one && places[0].Country == 0 {
		rows = d.whole(start, places)
	} else if groups, ok := d.shared(i, places, half); ok {
		rows = []Slot{{Start: start, Kind: Grid, Groups: groups}}
	}
	for _, p := range places {
		if p.Country != 0 && d.slots[i][p] >= half {
			rows = append(rows, Slot{Start: start, Kind: Away, Country: p.Country})
		}
	}
	return rows
}

// whole is a slot in one place: all groups of its footprint. The reference writes a row for each day on which it was seen.
func (d *Daily) whole(start int64, places []Event) []Slot {
	var rows []Slot
	for _, p := range places {
		rows = append(rows, Slot{Start: start, Kind: Grid, Groups: ascending(d.covers.Groups(p.Cover))})
	}
	if d.opt.Reference {
		return rows
	}
	var all []uint32
	for _, r := range rows {
		all = append(all, r.Groups...)
	}
	return []Slot{{Start: start, Kind: Grid, Groups: ascending(all)}}
}

// shared lists the groups in which the device was for half the slot, over all its places of one day; by default over all.
// It tells whether there is a row. The reference also writes one, without groups, when cells that have none fill half the slot.
func (d *Daily) shared(i int, places []Event, half int64) (groups []uint32, row bool) {
	type part struct {
		group uint32
		day   int8
		none  bool
	}
	sums := make(map[part]int64)
	for _, p := range places {
		if p.Country != 0 {
			continue
		}
		covered := d.covers.Groups(p.Cover)
		if len(covered) == 0 && d.opt.Reference {
			sums[part{day: p.Day, none: true}] += d.slots[i][p]
		}
		for _, g := range covered {
			k := part{group: g}
			if d.opt.Reference {
				k.day = p.Day
			}
			sums[k] += d.slots[i][p]
		}
	}
	for k, sum := range sums {
		row = row || sum >= half
		if sum >= half && !k.none {
			groups = append(groups, k.group)
		}
	}
	return ascending(groups), row
}

func ascending(list []uint32) []uint32 {
	list = slices.Clone(list)
	slices.Sort(list)
	return slices.Compact(list)
}
