package synth_test

import (
	"slices"
	"testing"
	"time"

	"github.com/throng-stats/throng/synth"
)

// TestStream: slices follow each other without gaps, rows come in the order of arrival and in their slice, all of a day come, few come
// late, and phones with wrong clocks do not make the network's wrong.
func TestStream(t *testing.T) {
	w, err := synth.New(synth.Options{People: 2000, Days: 1})
	if err != nil {
		t.Fatal(err)
	}
	day := w.Period(0)
	next, rows, late, slices_ := day.Start, 0, 0, 0
	err = w.Stream(t.Context(), 0, 1, 10*time.Minute, func(s synth.Slice) error {
		if s.Start != next || s.End != s.Start+10*60e3 {
			t.Fatalf("a slice from %d to %d, want one from %d", s.Start, s.End, next)
		}
		next = s.End
		slices_++
		if !slices.IsSortedFunc(s.Rows, func(a, b synth.Arrived) int { return int(a.Arrival - b.Arrival) }) {
			t.Error("rows are not in the order of arrival")
		}
		for _, r := range s.Rows {
			if r.Arrival < s.Start || r.Arrival >= s.End {
				t.Fatalf("a row that arrived at %d lies in the slice from %d", r.Arrival, s.Start)
			}
			if rows++; r.Arrival-r.Time > 10*60e3 && r.Time > 0 {
				late++
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if rows < 20_000 || late == 0 || late > rows/50 {
		t.Errorf("%d rows, %d of them late", rows, late)
	}
	if slices_ > (24+9)*6 {
		t.Errorf("%d slices of ten minutes for a day: some row arrives long after it", slices_)
	}
}
