package mobility_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/mobility"
)

// TestThinDrawn: an hour a letter, dots between records; small letters stay away.
func TestThinDrawn(t *testing.T) {
	m := mobility.New(mobility.Options{}, ground())
	for _, c := range []struct{ name, seen, want string }{
		{"every hour at home", "A A A A A A A", "A.A.A.A"}, // two hours apart is not too far
		{"first and last", "A A", "AA"},
		{"one", "A", "A"},
		{"another place between", "A A B A A", "AABAA"},
		{"three hours apart", "A..A..A", "A..A..A"},
		{"two countries", "1 1 1 2 2 2", "1.12.2"},
		{"abroad and back", "A 1 1 1 A", "A1.1A"},
	} {
		seen := drawnSeen(strings.ReplaceAll(c.seen, " ", ""))
		got := drawSeen(m.Thin(nil, seen))
		if want := c.want; got != want {
			t.Errorf("%s: %s became %s, want %s", c.name, c.seen, got, want)
		}
	}
}

func drawnSeen(drawn string) []mobility.Seen {
	var seen []mobility.Seen
	for hour, c := range drawn {
		s := mobility.Seen{Time: start + int64(hour)*3600e3, Place: event.NoPlace}
		switch {
		case c == '.':
			continue
		case c >= 'A':
			s.Place = uint32(c - 'A')
		default:
			s.Abroad = uint16(c - '0')
		}
		seen = append(seen, s)
	}
	return seen
}

func drawSeen(seen []mobility.Seen) string {
	var b strings.Builder
	for _, s := range seen {
		for int64(b.Len()) < (s.Time-start)/3600e3 {
			b.WriteByte('.')
		}
		if s.Abroad != 0 {
			b.WriteByte('0' + byte(s.Abroad))
		} else {
			b.WriteByte('A' + byte(s.Place))
		}
	}
	return b.String()
}

// TestThinChangesNothing: random weeks, thinned day by day and put together again, have the segments, the final timeline
// and the state between records of all records. Steps are short, or a hair beside one of the permitted gaps.
func TestThinChangesNothing(t *testing.T) {
	const week = 7 * 24 * 3600e3
	left, all := 0, 0
	for seed := range uint64(3000) {
		r := rand.New(rand.NewPCG(seed, 5))
		opt := mobility.Options{}
		if seed%3 == 2 { // unusual ones
			opt = mobility.Options{StayOver: r.Int64N(3600e3), StayGap: 1 + r.Int64N(12*3600e3), MoveGap: 1 + r.Int64N(12*3600e3), AbroadGap: 1 + r.Int64N(24*3600e3), Pad: 1 + r.Int64N(900e3)}
		}
		m := mobility.New(opt, ground())
		opt.EnsureDefaults()
		seen := someWeek(r, opt, week)
		var thin []mobility.Seen
		for day := range int64(7) {
			var own []mobility.Seen
			for _, s := range seen {
				if (s.Time-start)/(24*3600e3) == day {
					own = append(own, s)
				}
			}
			if seed%2 == 0 {
				own = m.Thin(own[:0], own) // in the same memory
			} else {
				own = m.Thin(nil, own)
			}
			thin = append(thin, own...)
		}
		all, left = all+len(seen), left+len(thin)
		if got, want := run(opt, thin, week), run(opt, seen, week); got != want {
			t.Fatalf("seed %d, %+v: thinned records give\n%s\nwant\n%s", seed, opt, got, want)
		}
		segments, spans := m.Month(thin, start, start+week)
		if got, want := drawAll(segments, spans), run(opt, seen, week); got != want {
			t.Fatalf("seed %d: Month gives\n%s\nwant\n%s", seed, got, want)
		}
	}
	if left*10 > all*9 || left*10 < all {
		t.Errorf("%d of %d records were left; the test shows nothing", left, all)
	}
}

// someWeek invents records of a week.
func someWeek(r *rand.Rand, opt mobility.Options, week int64) []mobility.Seen {
	edges := []int64{0, 0, opt.MoveGap / 2, opt.MoveGap, opt.MoveGap, opt.StayGap, opt.AbroadGap, opt.StayOver, 2 * opt.Pad}
	s := mobility.Seen{}
	var seen []mobility.Seen
	for at := start + r.Int64N(3600e3); at < start+week; {
		switch r.IntN(12) {
		case 0, 1, 2:
			s = mobility.Seen{Place: uint32(r.IntN(5))}
		case 3:
			s = mobility.Seen{Place: event.NoPlace, Abroad: uint16(200 + r.IntN(2))}
		case 4:
			if r.IntN(4) == 0 {
				s = mobility.Seen{Place: event.NoPlace} // neither
			}
		}
		s.Time = at
		seen = append(seen, s)
		if r.IntN(3) == 0 {
			at += max(0, edges[r.IntN(len(edges))]+r.Int64N(3)-1)
		} else {
			at += r.Int64N(1 + opt.MoveGap/2)
		}
	}
	return seen
}

// run cuts records with a segmenter of their own, and draws its open segment before the end, too.
func run(opt mobility.Options, seen []mobility.Seen, week int64) string {
	s := mobility.NewSegmenter(opt, ground(), start)
	var segments []mobility.Segment
	for _, e := range seen {
		segments = s.Add(e, segments)
	}
	segments = s.Flush(start+week, segments)
	return drawAll(segments, mobility.New(opt, ground()).Final(nil, seen, start, start+week))
}

// drawAll tells everything of segments and spans; of UNKNOWN the last record is nobody's.
func drawAll(segments []mobility.Segment, spans []mobility.Span) string {
	var b strings.Builder
	for _, g := range segments {
		fmt.Fprintln(&b, g.State, g.Start, g.End, g.Last, g.Country, g.Cells)
	}
	fmt.Fprintln(&b, spans)
	return b.String()
}

// TestMonthIsUncut: a month is the same as one long day, midnight plays no part, and memory is not shared with the caller's
// records.
func TestMonthIsUncut(t *testing.T) {
	m := mobility.New(mobility.Options{}, ground())
	seen := parse(t, "6 22:00 A\n7 01:00 A\n7 06:00 A\n7 09:00 abroad 208\n8 23:00 abroad 208\n9 01:00 D")
	before := slices.Clone(seen)
	segments, spans := m.Month(seen, start, start+4*24*3600e3)
	var b strings.Builder
	for _, g := range segments {
		b.WriteString(draw(g))
	}
	for _, p := range spans {
		fmt.Fprintf(&b, "%s - %s %c\n", clock(p.Start), clock(p.End), 'A'+rune(p.Place))
	}
	want := `6 00:00:00 - 6 21:55:00 UNKNOWN
6 21:55:00 - 7 06:05:00 STAY{A}
7 06:05:00 - 7 08:55:00 UNKNOWN
7 08:55:00 - 8 23:00:00 ABROAD 208
8 23:00:00 - 9 01:05:00 STAY{D}
9 01:05:00 - 10 00:00:00 UNKNOWN
6 10:00:00 - 7 06:05:00 A
9 00:00:00 - 9 13:00:00 D
`
	if got := b.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if !slices.Equal(seen, before) {
		t.Error("the records were changed")
	}
}
