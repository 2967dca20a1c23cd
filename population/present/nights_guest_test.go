package present_test

import (
	"testing"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/mobility"
	"github.com/throng-stats/throng/population"
	"github.com/throng-stats/throng/population/present"
)

// TestGuestsComeByDay: a guest who is heard first at 09:00 has come that day; one who is heard before, or somebody who lives
// here, has spent the night.
func TestGuestsComeByDay(t *testing.T) {
	g := village(t)
	day, err := throng.DayOf("2026-02-03", time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		first   time.Duration
		inbound bool
		nights  int
	}{{9 * time.Hour, true, 0}, {9*time.Hour - time.Millisecond, true, 1}, {9 * time.Hour, false, 1}, {17 * time.Hour, true, 0}} {
		d := drawn(g, day, "STAY N 00:00 24:00")
		d.Seen = []mobility.Seen{{Time: day.Start + c.first.Milliseconds(), Place: 1}}
		got := 0
		present.NewNights(g, day, present.NightOptions{}).Contribute(&population.Unit{Period: day, Day: d, Inbound: c.inbound}, func(int, uint64) { got++ })
		if got != c.nights {
			t.Errorf("first heard after %s, guest %v: %d nights, want %d", c.first, c.inbound, got, c.nights)
		}
	}
}
