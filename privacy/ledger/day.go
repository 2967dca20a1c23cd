package ledger

import "time"

// day is a civil day, counted from 1970-01-01. Days are charged by their names: which instants they hold is the
// business of the time zone of the scope, and nothing here depends on a clock.
type day int

const secondsADay = 86_400

// parseDay reads "2006-01-02", years 1970 to 9999.
func parseDay(name string) (day, bool) {
	t, err := time.Parse(time.DateOnly, name)
	if err != nil || t.Unix() < 0 || len(name) != len(time.DateOnly) {
		return 0, false
	}
	return day(t.Unix() / secondsADay), true
}

// String is the name of the day.
func (d day) String() string { return time.Unix(int64(d)*secondsADay, 0).UTC().Format(time.DateOnly) }
