package tourism

import "time"

// NightRule says what a night is: a stay that holds the functional midnight and is long enough.
type NightRule struct {
	Hour  int   // local hour of the functional midnight
	Least int64 // milliseconds that the stay lasts at least
}

// Nights at home and abroad (methods.md, section 14).
var (
	Night       = NightRule{Hour: 4, Least: 300 * minute}
	NightAbroad = NightRule{Hour: 4, Least: 200 * minute}
)

const (
	minute = 60_000
	day    = 24 * 60 * minute
)

// Date is a civil day: days since 1970-01-01.
type Date int32

// DateOf is the civil day of a time, by its own clock.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86_400)
}

// Month is the year and month of a date, such as 202406.
func (d Date) Month() int {
	t := time.Unix(int64(d)*86_400, 0).UTC()
	return t.Year()*100 + int(t.Month())
}

// Nights lists the nights of a stay [start, end), milliseconds since 1970, at a place with that clock. A night is dated the
// day before the midnight that it holds.
func (r NightRule) Nights(start, end int64, clock *time.Location) []Date {
	if end-start < r.Least {
		return nil
	}
	from := time.UnixMilli(start).In(clock)
	y, m, d := from.Date()
	var nights []Date
	for i := 0; ; i++ {
		midnight := time.Date(y, m, d+i, r.Hour, 0, 0, 0, clock)
		switch ms := midnight.UnixMilli(); {
		case ms >= end:
			return nights
		case ms >= start:
			nights = append(nights, DateOf(midnight)-1)
		}
	}
}

// ReferenceNight reports whether the reference pipeline counts a night abroad: the first functional midnight after the
// start lies not after the end, and the local clock has run for long enough in between. It counts one night a stay.
func (r NightRule) ReferenceNight(start, end int64, clock *time.Location) bool {
	from, to := wall(start, clock), wall(end, clock)
	midnight := from - mod(from, day) + int64(r.Hour)*60*minute
	if midnight < from {
		midnight += day
	}
	return from < midnight && to >= midnight && floorSecond(to)-floorSecond(from) >= r.Least
}

// wall is what a clock shows, as milliseconds since 1970.
func wall(ms int64, clock *time.Location) int64 {
	_, offset := time.UnixMilli(ms).In(clock).Zone()
	return ms + int64(offset)*1000
}

func mod(v, unit int64) int64 { return (v%unit + unit) % unit }

func floorSecond(ms int64) int64 { return ms - mod(ms, 1000) }

// ReferencePiece reports whether the reference pipeline counts a night in a piece of an inbound stay, which it cuts at
// midnight: by the whole hours of stored time, so that a stay from 04:30 has one (D27).
func (r NightRule) ReferencePiece(start, end int64) bool {
	hour := func(ms int64) int { return int(mod(ms, day) / (60 * minute)) }
	return hour(start) <= r.Hour && hour(end) > r.Hour && end-start >= r.Least
}
