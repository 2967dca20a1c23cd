package mobility_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/locate"
	"github.com/throng-stats/throng/mobility"
)

// ground: near(A) = {A,B}, near(B) = {A,B,C}, near(C) = {B,C}, every other cell only itself. Each cell is its own leaf.
func ground() *locate.Ground {
	g := &locate.Ground{}
	for c := 'A'; c <= 'Z'; c++ {
		i := uint32(c - 'A')
		g.Places = append(g.Places, locate.Place{ID: string(c), Leaf: int32(i), Zone: int32(i)})
		g.Near = append(g.Near, []uint32{i})
	}
	g.Near[0], g.Near[1], g.Near[2] = []uint32{0, 1}, []uint32{0, 1, 2}, []uint32{1, 2}
	g.Index()
	return g
}

var start = time.Date(2024, 5, 6, 0, 0, 0, 0, time.UTC).UnixMilli()

// parse reads lines "6 08:30 A" or "6 09:30 abroad 208"; the day of May 2024 may be left out.
func parse(t *testing.T, text string) []mobility.Seen {
	var seen []mobility.Seen
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		f := strings.Fields(line)
		day := 6
		if !strings.Contains(f[0], ":") {
			fmt.Sscan(f[0], &day)
			f = f[1:]
		}
		clock, err := time.Parse("15:04:05", (f[0] + ":00")[:8])
		if err != nil {
			t.Fatal(err)
		}
		s := mobility.Seen{Time: start + int64(day-6)*24*3600e3 + int64(clock.Hour()*3600+clock.Minute()*60+clock.Second())*1000}
		if f[1] == "abroad" {
			s.Place = event.NoPlace
			fmt.Sscan(f[2], &s.Abroad)
		} else {
			s.Place = uint32(f[1][0] - 'A')
		}
		seen = append(seen, s)
	}
	return seen
}

func clock(ms int64) string { return time.UnixMilli(ms).UTC().Format("2 15:04:05") }

func draw(g mobility.Segment) string {
	name := g.State.String()
	if g.State == mobility.Abroad {
		name += fmt.Sprint(" ", g.Country)
	} else if g.State != mobility.Unknown {
		var cells []string
		for _, c := range g.Cells {
			cells = append(cells, string(rune('A'+c)))
		}
		name += "{" + strings.Join(cells, ",") + "}"
	}
	return fmt.Sprintf("%s - %s %s\n", clock(g.Start), clock(g.End), name)
}

// TestSegments is the worked check of methods.md, section 9.
func TestSegments(t *testing.T) {
	datadriven.RunTest(t, "testdata/segments", func(t *testing.T, d *datadriven.TestData) string {
		s := mobility.NewSegmenter(mobility.Options{}, ground(), start)
		var out []mobility.Segment
		for _, e := range parse(t, d.Input) {
			out = s.Add(e, out)
		}
		if d.HasArg("flush") {
			out = s.Flush(start+24*3600e3, out)
		}
		var b strings.Builder
		for _, g := range out {
			b.WriteString(draw(g))
		}
		if open, ok := s.Open(); ok {
			b.WriteString("open: " + draw(open))
		}
		return b.String()
	})
}

// TestTimeline draws where a device was: methods.md, section 21. A letter is a bin, a dot is nowhere.
// With near, the grounds of A and B touch.
func TestTimeline(t *testing.T) {
	datadriven.RunTest(t, "testdata/timeline", func(t *testing.T, d *datadriven.TestData) string {
		g := ground()
		if !d.HasArg("near") {
			for i := range g.Near {
				g.Near[i] = []uint32{uint32(i)}
			}
		}
		opt := mobility.Options{}
		if d.HasArg("reference") { // half of a silence between two places for up to two hours
			opt.HalfGap = 7200e3
		}
		m := mobility.New(opt, g)
		seen, end := parse(t, d.Input), start+24*3600e3
		spans, width := m.Final(nil, seen, start, end), int64(3600e3)
		if d.Cmd == "live" {
			spans = m.Live(nil, seen, end)
		}
		if d.HasArg("quarter") {
			width /= 4
		}
		bins := make([]int32, (end-start)/width)
		mobility.Dominant(bins, spans, start, width, self(len(g.Places)))
		var b strings.Builder
		for i, g := range bins {
			if i > 0 && int64(i)*width%(3600e3) == 0 && width < 3600e3 {
				b.WriteByte(' ')
			}
			if g < 0 {
				b.WriteByte('.')
			} else {
				b.WriteByte(byte('A' + g))
			}
		}
		return b.String() + "\n"
	})
}

// self maps each place to a ground of its own.
func self(n int) []int32 {
	of := make([]int32, n)
	for i := range of {
		of[i] = int32(i)
	}
	return of
}

// plain is what Dominant promises, written without regard to time: the whole of each ground's time in each bin.
func plain(bins int, spans []mobility.Span, start, width int64, of []int32) []int32 {
	into := make([]int32, bins)
	for bin := range into {
		into[bin] = -1
		time := map[int32]int64{}
		var order []int32
		for _, s := range spans {
			t := min(start+int64(bin+1)*width, s.End) - max(start+int64(bin)*width, s.Start)
			if g := of[s.Place]; t > 0 && g >= 0 {
				if time[g] == 0 && len(order) < 8 {
					order = append(order, g)
				}
				time[g] += t
			}
		}
		most := int64(0)
		for _, g := range order {
			if time[g] > most {
				into[bin], most = g, time[g]
			}
		}
	}
	return into
}

// TestDominant compares with the plain way: random spans, some gaps, two places nowhere, two on one ground.
func TestDominant(t *testing.T) {
	of := append(self(14), -1, -7, 3)
	for seed := range uint64(2000) {
		r := rand.New(rand.NewPCG(seed, 2))
		var spans []mobility.Span
		longest := 1 + r.Int64N(5*3600e3)
		for at := start - r.Int64N(1000); at < start+24*3600e3; {
			end := at + 1 + r.Int64N(longest)
			if r.IntN(6) > 0 {
				spans = append(spans, mobility.Span{Start: at, End: end, Place: uint32(r.IntN(len(of)))})
			}
			at = end
		}
		got := make([]int32, 24)
		mobility.Dominant(got, spans, start, 3600e3, of)
		if want := plain(24, spans, start, 3600e3, of); !slices.Equal(got, want) {
			t.Fatalf("seed %d: got %v, want %v", seed, got, want)
		}
	}
}

// TestListsOfCells: a machine reuses the memory of its lists, and no list of a day changes another of that day.
func TestListsOfCells(t *testing.T) {
	g := ground()
	for a := range 20 { // all near each other: lists grow long
		g.Near[a] = nil
		for b := range uint32(20) {
			g.Near[a] = append(g.Near[a], b)
		}
	}
	m := mobility.New(mobility.Options{}, g)
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 3))
		var records []event.Record
		for at := uint32(0); at < 23*3600e3; at += 1 + r.Uint32N(1200e3) {
			records = append(records, event.Record{Time: at, Place: r.Uint32N(22)})
		}
		alone := mobility.NewSegmenter(mobility.Options{}, g, start) // each list has memory of its own
		var want []mobility.Segment
		for _, e := range records {
			want = alone.Add(mobility.Seen{Time: start + int64(e.Time), Place: e.Place}, want)
		}
		want = alone.Flush(start+24*3600e3, want)
		if got := m.Day(records, start, start+24*3600e3, true).Segments; fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("seed %d: got  %v\nwant %v", seed, got, want)
		}
	}
}

// TestRestart cuts random days at every record, saves the state, goes on with another machine, and wants the same.
func TestRestart(t *testing.T) {
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 1))
		var seen []mobility.Seen
		at := start
		for range 30 {
			at += r.Int64N(3 * 3600e3)
			s := mobility.Seen{Time: at, Place: uint32(r.IntN(5))}
			if r.IntN(8) == 0 {
				s = mobility.Seen{Time: at, Place: event.NoPlace, Abroad: uint16(200 + r.IntN(2))}
			}
			seen = append(seen, s)
		}
		whole := mobility.NewSegmenter(mobility.Options{}, ground(), start)
		var want []mobility.Segment
		for _, e := range seen {
			want = whole.Add(e, want)
		}
		want = whole.Flush(at+1000, want)
		for cut := range seen {
			one, two := mobility.NewSegmenter(mobility.Options{}, ground(), start), mobility.NewSegmenter(mobility.Options{}, ground(), 0)
			var got []mobility.Segment
			for _, e := range seen[:cut] {
				got = one.Add(e, got)
			}
			state := one.AppendState([]byte{})
			if cut == 0 {
				two.Reset(start)
			} else if rest, err := two.RestoreState(bytes.Clone(state)); err != nil || len(rest) > 0 {
				t.Fatalf("seed %d cut %d: %v, %d bytes left", seed, cut, err, len(rest))
			}
			for _, e := range seen[cut:] {
				got = two.Add(e, got)
			}
			got = two.Flush(at+1000, got)
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Fatalf("seed %d: restart at record %d changed the segments\ngot  %v\nwant %v", seed, cut, got, want)
			}
		}
		gapFree(t, seed, want)
	}
}

func gapFree(t *testing.T, seed uint64, segments []mobility.Segment) {
	at := start
	for _, g := range segments {
		if g.Start != at {
			t.Fatalf("seed %d: segment starts at %s, the one before ends at %s", seed, clock(g.Start), clock(at))
		}
		at = g.End
	}
}

func FuzzRestoreState(f *testing.F) {
	f.Add([]byte{0})
	f.Add(bytes.Repeat([]byte{1}, 60))
	f.Fuzz(func(t *testing.T, b []byte) {
		s := mobility.NewSegmenter(mobility.Options{}, ground(), 0)
		if rest, err := s.RestoreState(b); err == nil {
			if again := s.AppendState(nil); len(again) > len(b)-len(rest)+8 {
				t.Fatalf("a state of %d bytes became one of %d", len(b)-len(rest), len(again))
			}
		}
	})
}
