package filter_test

import (
	"testing"

	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/filter"
)

// TestArrival: a row is late, or ahead, by its own two stamps. A feed without arrivals has no late rows.
func TestArrival(t *testing.T) {
	const end, minute, hour = int64(24 * 3600e3), int64(60e3), int64(3600e3)
	for _, c := range []struct {
		name          string
		time, arrival int64
		want          string
	}{
		{"at once", hour, hour, ""},
		{"a minute ahead of its arrival", hour + minute, hour, ""},
		{"more than a minute ahead", hour + minute + 1, hour, "time after its arrival"},
		{"six hours after the day", hour, end + 6*hour, ""},
		{"later", hour, end + 6*hour + 1, "arrived too late"},
	} {
		f := filter.New(filter.Options{}, ground())
		b := &event.Batch{Unit: []uint64{1}, Time: []int64{c.time}, Place: []uint32{1}, Arrival: []int64{c.arrival}, Bad: []event.Bad{0}}
		if ok := f.Row(b, 0, 0, end, true, new(event.Record)); ok != (c.want == "") {
			t.Errorf("%s: kept %v", c.name, ok)
		}
		if lines := f.Counts.Lines(); c.want != "" && (len(lines) != 1 || lines[0].Reason != c.want) {
			t.Errorf("%s: got %v, want %q", c.name, lines, c.want)
		}
		b.Arrival = nil
		if !f.Row(b, 0, 0, end, true, new(event.Record)) {
			t.Errorf("%s: a row without an arrival was dropped", c.name)
		}
	}
}
