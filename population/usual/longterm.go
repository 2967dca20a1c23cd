package usual

import "math"

// Season adds up the months of one device, place, kind of days and hours. A month in which the place has no row is not
// added.
type Season struct {
	Slots int64 // slots with the place: the long-term score
	Days  int64 // days with the place

	months  int64
	squares int64
}

// Add takes one month: its slots and its days.
func (s *Season) Add(slots, days int64) {
	s.Slots += slots
	s.Days += days
	s.squares += days * days
	s.months++
}

// Frequency is the mean of the days a month and their sample standard deviation, which one month does not have. Both come
// from whole sums, so the order of the months changes nothing.
func (s Season) Frequency() (mean, sd float64, ok bool) {
	if s.months == 0 {
		return 0, 0, false
	}
	n := float64(s.months)
	mean = float64(s.Days) / n
	if s.months == 1 {
		return mean, 0, false
	}
	spread := float64(s.months*s.squares-s.Days*s.Days) / (n * (n - 1))
	return mean, math.Sqrt(math.Max(0, spread)), true
}
