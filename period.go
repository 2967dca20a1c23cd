package throng

import (
	"fmt"
	"time"
)

// Period is one civil day or month of a time zone, half-open, in milliseconds since 1970 UTC.
type Period struct {
	Name       string // "2026-02-03" or "2026-02"
	Start, End int64  // [Start, End)
}

// DayOf returns the civil day named "2006-01-02" in loc. Days have 23, 24 or 25 hours, and half-hour shifts exist.
func DayOf(name string, loc *time.Location) (Period, error) {
	t, err := time.Parse(time.DateOnly, name)
	if err != nil {
		return Period{}, fmt.Errorf("period: got %.40q, want a day such as 2026-02-03", name)
	}
	return Period{name, startOfDay(t.Year(), t.Month(), t.Day(), loc), startOfDay(t.Year(), t.Month(), t.Day()+1, loc)}, nil
}

// MonthOf returns the civil month named "2006-01" in loc.
func MonthOf(name string, loc *time.Location) (Period, error) {
	t, err := time.Parse("2006-01", name)
	if err != nil {
		return Period{}, fmt.Errorf("period: got %.40q, want a month such as 2026-02", name)
	}
	return Period{name, startOfDay(t.Year(), t.Month(), 1, loc), startOfDay(t.Year(), t.Month()+1, 1, loc)}, nil
}

// startOfDay is the first instant of a civil day: midnight, or where clocks go forward at midnight the instant at which they
// do. There package time may answer the hour before, which belongs to the day before.
func startOfDay(y int, m time.Month, d int, loc *time.Location) int64 {
	t := time.Date(y, m, d, 0, 0, 0, 0, loc)
	if t.Day() != time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Day() {
		_, t = t.ZoneBounds()
	}
	return t.UnixMilli()
}

// DaysOf lists the civil days of a period in loc, ascending.
func (p Period) DaysOf(loc *time.Location) []Period {
	var days []Period
	for at := p.Start; at < p.End; {
		t := time.UnixMilli(at).In(loc)
		day := Period{t.Format(time.DateOnly), at, startOfDay(t.Year(), t.Month(), t.Day()+1, loc)}
		days = append(days, day)
		at = day.End
	}
	return days
}

// Bins is the number of bins of the given width that start inside the period: T(d) of privacy.md, section 3.
func (p Period) Bins(width time.Duration) int {
	w := width.Milliseconds()
	return int((p.End - p.Start + w - 1) / w)
}

// BinCodes names each bin by the instant at which it starts, in UTC.
func (p Period) BinCodes(width time.Duration) []string {
	codes := make([]string, p.Bins(width))
	for i := range codes {
		codes[i] = time.UnixMilli(p.Start + int64(i)*width.Milliseconds()).UTC().Format(time.RFC3339)
	}
	return codes
}

// Contains reports whether the instant, in milliseconds, lies in the period.
func (p Period) Contains(ms int64) bool { return p.Start <= ms && ms < p.End }
