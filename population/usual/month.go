package usual

import (
	"math/bits"
	"time"
)

// Hours are hours of the day, by the local clock. Those that pass midnight belong to the day on which they begin.
type Hours uint8

// The hours: all from 04 to 04, night from 18 to 08, work from 08 to 17, evening from 16 to 22.
const (
	AllHours Hours = iota
	NightHours
	WorkHours
	EveningHours
)

// bounds of hours: where they begin and how long they last.
var bounds = [...]struct{ begin, length int64 }{{4 * hour, 24 * hour}, {18 * hour, 14 * hour}, {8 * hour, 9 * hour}, {16 * hour, 6 * hour}}

// Date is a civil day: days since 1970-01-01.
type Date int32

// Of is the day to which a slot belongs; start is when it begins by the local clock, as milliseconds since 1970. False when
// the slot does not lie wholly inside the hours.
func (h Hours) Of(start, length int64) (Date, bool) {
	b := bounds[h]
	begin := floorTo(start-b.begin, day)
	return Date(begin / day), start-b.begin+length <= begin+b.length
}

// Days are kinds of days.
type Days uint8

// The kinds. Weekday names the single ones.
const (
	AllDays Days = iota
	Workdays
	Weekends
	Holidays
	sundays
)

// Weekday is the kind of one day of the week.
func Weekday(d time.Weekday) Days { return sundays + Days(d) }

// Holds reports whether a day is of the kind. Monday to Friday are workdays unless they are holidays here and the device is
// not abroad.
func (d Days) Holds(at Date, abroad, holiday bool) bool {
	week := time.Unix(int64(at)*86_400, 0).UTC().Weekday()
	weekend := week == time.Saturday || week == time.Sunday
	switch d {
	case AllDays:
		return true
	case Workdays:
		return !weekend && (abroad || !holiday)
	case Weekends:
		return weekend
	case Holidays:
		return holiday
	}
	return Weekday(week) == d
}

// Tally counts the slots and the days of a month in which something was so.
type Tally struct {
	Slots int
	days  uint32 // bit 0 is the first of the month
	last  int64  // slot counted last
	any   bool
}

func (t *Tally) add(slot int64, dayOfMonth int) {
	if t.any && t.last == slot {
		return
	}
	t.Slots++
	t.days |= 1 << (dayOfMonth - 1)
	t.last, t.any = slot, true
}

// Days is the number of distinct days.
func (t Tally) Days() int { return bits.OnesCount32(t.days) }

// Month is the state of one device, month, kind of days and hours: what was seen of it by group of tiles and by country.
// Slots of the day before the month and the day after belong to it when their hours do.
type Month struct {
	Groups    map[uint32]*Tally
	Countries map[uint16]*Tally
	Observed  Tally // of the device as a whole

	days    Days
	hours   Hours
	year    int
	month   time.Month
	holiday func(Date) bool
}

// NewMonth is an empty month. holiday tells the holidays of this country.
func NewMonth(year int, month time.Month, days Days, hours Hours, holiday func(Date) bool) *Month {
	return &Month{Groups: make(map[uint32]*Tally), Countries: make(map[uint16]*Tally),
		days: days, hours: hours, year: year, month: month, holiday: holiday}
}

// Add takes one row of a day, in the order of slots. The start of the slot is by the local clock.
func (m *Month) Add(s Slot, length int64) {
	date, ok := m.hours.Of(s.Start, length)
	if s.Kind == Nowhere || !ok || !m.days.Holds(date, s.Kind == Away, m.holiday(date)) {
		return
	}
	at := time.Unix(int64(date)*86_400, 0).UTC()
	if at.Year() != m.year || at.Month() != m.month {
		return
	}
	m.Observed.add(s.Start, at.Day())
	if s.Kind == Away {
		tally(m.Countries, s.Country).add(s.Start, at.Day())
	}
	for _, g := range s.Groups {
		tally(m.Groups, g).add(s.Start, at.Day())
	}
}

func tally[K comparable](of map[K]*Tally, key K) *Tally {
	t := of[key]
	if t == nil {
		t = &Tally{}
		of[key] = t
	}
	return t
}

// Monthly is what a month says of a tile: its slots and the days on which it was seen.
type Monthly struct{ Slots, Days int }

// ByTile expands groups to their tiles. A tile that was in several groups during the month counts each day once; the
// reference adds their days (D25).
func (m *Month) ByTile(tiles func(group uint32) []uint32, reference bool) map[uint32]Monthly {
	out, days := make(map[uint32]Monthly), make(map[uint32]uint32)
	for group, t := range m.Groups {
		for _, tile := range tiles(group) {
			sum := out[tile]
			sum.Slots += t.Slots
			sum.Days += t.Days()
			days[tile] |= t.days
			out[tile] = sum
		}
	}
	for tile, sum := range out {
		if !reference {
			sum.Days = bits.OnesCount32(days[tile])
			out[tile] = sum
		}
	}
	return out
}
