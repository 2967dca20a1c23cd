package tourism_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/throng-stats/throng/population/tourism"
)

// The column of reference pieces of the nights in methods.md, section 14.
func TestReferencePieces(t *testing.T) {
	for _, c := range []struct {
		start, end string
		want       int
	}{{"6-3 21:00", "6-4 09:00", 1}, {"6-3 21:00", "6-6 09:00", 3}, {"6-4 04:30", "6-4 12:00", 1}, {"6-4 05:00", "6-4 12:00", 0}, {"6-4 01:00", "6-4 04:59", 0}} {
		got := 0
		for from, end := at(t, c.start), at(t, c.end); from < end; {
			to := min(end, time.UnixMilli(from).UTC().Truncate(24*time.Hour).AddDate(0, 0, 1).UnixMilli()-1000)
			if tourism.Night.ReferencePiece(from, to) {
				got++
			}
			if from = to + 1000; to == end {
				break
			}
		}
		if got != c.want {
			t.Errorf("%s - %s: got %d nights, want %d", c.start, c.end, got, c.want)
		}
	}
}

func legs(t *testing.T, texts ...string) []tourism.Leg {
	var out []tourism.Leg
	for _, text := range texts {
		from, to, _ := strings.Cut(text, " > ")
		out = append(out, tourism.Leg{Start: at(t, from), End: at(t, to)})
	}
	return out
}

// The second row of the check of methods.md, section 15: without the stays at home it is one trip with one night.
func TestReferenceCommuter(t *testing.T) {
	l := legs(t, "8-5 07:00 > 8-5 18:00", "8-6 07:00 > 8-6 18:00", "8-7 07:00 > 8-7 23:59", "8-8 00:00 > 8-8 08:00")
	r := tourism.Reference{Gap: tourism.OutboundGap, Outbound: true}
	m := tourism.MonthOf(l[0].Start)
	trips := r.Trips(m, l, nil)
	if len(trips) != 1 || len(trips[0].Legs) != 4 || !trips[0].Finished {
		t.Fatalf("got %+v, want one finished trip of 4 legs", trips)
	}
	nights := 0
	for i, counts := range r.Counted(m, l, []tourism.At{{Leg: 0}, {Leg: 1}, {Leg: 2}, {Leg: 3}}) {
		if counts && tourism.NightAbroad.ReferenceNight(l[i].Start, l[i].End, time.UTC) {
			nights++
		}
	}
	if nights != 1 {
		t.Errorf("got %d nights, want 1", nights)
	}
}

// What a month looks at: last day plus the gap in whole days inbound, the gap after midnight of the last day outbound.
func TestReferenceWindow(t *testing.T) {
	m := tourism.MonthOf(at(t, "6-10 00:00"))
	if m != (tourism.Month{First: at(t, "6-1 00:00"), Last: at(t, "6-30 00:00")}) || m.Before() != tourism.MonthOf(at(t, "5-31 12:00")) {
		t.Fatalf("June: got %v, before it %v", m, m.Before())
	}
	inbound := tourism.Reference{Gap: 30 * 3600e3}
	outbound := tourism.Reference{Gap: 30 * 3600e3, Outbound: true}
	for _, c := range []struct {
		at      string
		in, out bool
	}{{"5-31 23:59", false, false}, {"6-1 00:00", true, true}, {"7-1 06:00", true, true}, {"7-1 06:01", true, false}, {"7-2 23:59", true, false}, {"7-3 00:00", false, false}} {
		if got := inbound.Within(m, at(t, c.at)); got != c.in {
			t.Errorf("inbound %s: got %v, want %v", c.at, got, c.in)
		}
		if got := outbound.Within(m, at(t, c.at)); got != c.out {
			t.Errorf("outbound %s: got %v, want %v", c.at, got, c.out)
		}
	}
}

// Trips go on over months; a trip is finished in the month of its last day; a visit counts in the month in which it ends.
func TestReferenceOverMonths(t *testing.T) {
	l := legs(t, "6-28 20:00 > 6-29 10:00", "6-29 13:00 > 6-30 23:59", "7-1 00:00 > 7-1 09:00", "7-2 09:00 > 7-2 14:00", "7-3 14:01 > 7-3 20:00")
	r := tourism.Reference{Gap: tourism.InboundGap, VisitGap: tourism.InboundGap}
	june, july := tourism.MonthOf(l[0].Start), tourism.MonthOf(l[2].Start)
	first := r.Trips(june, l, nil)
	if got := fmt.Sprint(first); got != fmt.Sprint([]tourism.ReferenceTrip{{Start: l[0].Start, Legs: []int{0, 1, 2}}}) {
		t.Fatalf("June: got %s", got) // the stay of 2 July lies beyond 24 hours after 1 July began
	}
	second := r.Trips(july, l, first)
	want := []tourism.ReferenceTrip{{Start: l[0].Start, Finished: true, Legs: []int{0, 1, 2, 3}}, {Start: l[4].Start, Finished: true, Legs: []int{4}}}
	if got := fmt.Sprint(second); got != fmt.Sprint(want) {
		t.Fatalf("July: got %s", got)
	}
	// Zone 1: 28 June to 29 June, and 2 July: two visits. Zone 3: 29 June to 1 July.
	rows := []tourism.At{{0, 1}, {0, 2}, {1, 3}, {2, 3}, {3, 1}}
	if got := r.Counted(june, l, rows); !slices.Equal(got, []bool{true, true, false, false, false}) {
		t.Errorf("visits that end in June: got %v", got)
	}
	if got := r.Counted(july, l, rows); !slices.Equal(got, []bool{false, false, true, true, true}) {
		t.Errorf("visits that end in July: got %v", got)
	}
	if got := r.Counted(july, l, nil); len(got) != 0 {
		t.Errorf("no rows: got %v", got)
	}
}

// Every leg of a month is in exactly one trip, whatever is known of the month before.
func TestReferenceKeepsLegs(t *testing.T) {
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 14))
		var l []tourism.Leg
		for at := at(t, "5-20 00:00"); len(l) < 40; {
			at += rng.Int64N(1 + rng.Int64N(5*24*3600e3))
			end := at + rng.Int64N(20*3600e3)
			l = append(l, tourism.Leg{Start: at, End: end})
			at = end
		}
		r := tourism.Reference{Gap: tourism.OutboundGap, Outbound: seed%2 == 0}
		var open []tourism.ReferenceTrip
		for m := tourism.MonthOf(l[0].Start); m.First < l[39].End; m = tourism.MonthOf(m.Last + 24*3600e3) {
			seen := make(map[int]int)
			old := make(map[int]bool)
			for _, trip := range open {
				for _, i := range trip.Legs {
					old[i] = l[i].End < m.First
				}
			}
			trips := r.Trips(m, l, open)
			open = nil
			for _, trip := range trips {
				for _, i := range trip.Legs {
					seen[i]++
				}
				if !trip.Finished && r.Written(m, trip) {
					open = append(open, trip)
				}
			}
			for i := range l {
				want := 0
				if old[i] || r.Within(m, l[i].Start) {
					want = 1
				}
				if seen[i] != want {
					t.Fatalf("seed %d: leg %d is in %d trips, want %d", seed, i, seen[i], want)
				}
			}
		}
	}
}
