package live_test

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/driver/live"
	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/feed"
	"github.com/throng-stats/throng/filter"
	"github.com/throng-stats/throng/locate"
	"github.com/throng-stats/throng/mobility"
	"github.com/throng-stats/throng/population"
	"github.com/throng-stats/throng/population/present"
	"github.com/throng-stats/throng/privacy/count"
)

// town has the places A to F, each a leaf, two leaves a block, all one area.
func town() *locate.Ground {
	g := &locate.Ground{}
	for i, id := range "ABCDEF" {
		g.Places = append(g.Places, locate.Place{ID: string(id), Leaf: int32(i), Zone: -1, Until: math.MaxInt64})
		g.Tree.Leaves = append(g.Tree.Leaves, throng.Leaf{ID: "l" + string(id), Block: i / 2})
	}
	for i := range 3 {
		g.Tree.Blocks = append(g.Tree.Blocks, throng.Block{ID: fmt.Sprint("b", i)})
	}
	g.Tree.Areas = []throng.Block{{ID: "a"}}
	g.Index()
	return g
}

// said is one row of a log: a person, who has another pseudonym each day, at a place and time, and when the log took it in.
type said struct {
	who           uint64
	time, arrival int64
	place         uint32
}

func pseudonym(who uint64, day int) uint64 {
	return (who*2654435761 + uint64(day+1)*0x9e3779b97f4a7c15) | 1
}

// days are three, with the longest night of the year between the first two.
func days(t *testing.T) []throng.Period {
	t.Helper()
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	var list []throng.Period
	for _, name := range []string{"2026-10-24", "2026-10-25", "2026-10-26"} {
		d, err := throng.DayOf(name, paris)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, d)
	}
	return list
}

// batch makes rows into a batch, as a door would.
func batch(rows []said, days []throng.Period, carry int64) *event.Batch {
	b := &event.Batch{}
	for _, r := range rows {
		d := slices.IndexFunc(days, func(p throng.Period) bool { return p.Contains(r.time) })
		unit, was := uint64(0), uint64(0)
		if d >= 0 {
			unit = pseudonym(r.who, d)
			if d > 0 && r.time < days[d].Start+carry {
				was = pseudonym(r.who, d-1)
			}
		}
		b.Unit, b.Was = append(b.Unit, unit), append(b.Was, was)
		b.Time, b.Arrival = append(b.Time, r.time), append(b.Arrival, r.arrival)
		b.Place, b.Bad = append(b.Place, r.place), append(b.Bad, 0)
		b.Network = append(b.Network, map[bool]uint32{true: 26201}[r.place == event.NoPlace])
	}
	return b
}

// run takes rows in, in batches of random lengths, and answers the digest of each bin. With restarts it is saved and taken up
// again at every batch; counting may come late.
func run(t *testing.T, rows []said, days []throng.Period, opt live.Options, rng *rand.Rand, restarts bool) map[string]string {
	t.Helper()
	out := map[string]string{}
	c := live.New(opt)
	c.Begin(days...)
	for at := 0; at < len(rows); {
		n := 1 + rng.IntN(min(len(rows)-at, 700))
		c.Add(batch(rows[at:at+n], days, opt.CarryFor()), feed.Mark{Next: feed.Offset(at + n)})
		at += n
		if rng.IntN(3) > 0 || at == len(rows) {
			closeReady(t, c, opt, out)
		}
		if restarts {
			state := c.AppendState(nil)
			c = live.New(opt)
			if err := c.RestoreState(state); err != nil {
				t.Fatal(err)
			}
			if again := c.AppendState(nil); !slices.Equal(again, state) {
				t.Fatal("a state that was taken up is written differently")
			}
			at = int(c.Mark().Next)
		}
	}
	return out
}

func closeReady(t *testing.T, c *live.Crowd, opt live.Options, out map[string]string) {
	t.Helper()
	for {
		bin, of, ok := c.Due()
		if !ok || !c.Ready(bin) {
			return
		}
		tables, err := c.Close(bin, func() population.Statistic { return present.NewLive(opt.Ground, bin, c.IsCarried(bin, of)) }, nil)
		if err != nil {
			t.Fatal(err)
		}
		out[bin.Name] = digest(tables)
	}
}

func digest(tables []*count.Table) string {
	var all []string
	for _, t := range tables {
		all = append(all, t.Digest([]byte("test")))
	}
	return strings.Join(all, " ")
}

// reference counts the same from all rows at once, as plainly as the definition reads.
func reference(t *testing.T, rows []said, days []throng.Period, opt live.Options) map[string]string {
	t.Helper()
	type heard struct {
		time  int64
		place uint32
	}
	machine := mobility.New(opt.Mobility, opt.Ground)
	byDay := make([]map[uint64][]heard, len(days))
	var clock int64
	for _, r := range rows {
		clock = max(clock, r.arrival)
		for d, p := range days {
			if p.Contains(r.time) && clock-r.time <= opt.Late && r.time <= r.arrival+60e3 {
				if byDay[d] == nil {
					byDay[d] = map[uint64][]heard{}
				}
				byDay[d][r.who] = append(byDay[d][r.who], heard{r.time, r.place})
			}
		}
	}
	clean := func(list []heard) []mobility.Seen {
		list = slices.Clone(list)
		slices.SortFunc(list, func(a, b heard) int { return cmp.Or(cmp.Compare(a.time, b.time), cmp.Compare(a.place, b.place)) })
		list = slices.Compact(list)
		var seen []mobility.Seen
		for i, h := range list {
			if i > 0 && list[i-1].time == h.time || i+1 < len(list) && list[i+1].time == h.time {
				continue
			}
			seen = append(seen, mobility.Seen{Time: h.time, Place: h.place})
		}
		return seen
	}
	out := map[string]string{}
	for d, p := range days {
		for k := range p.Bins(opt.Bin) {
			start := p.Start + int64(k)*opt.Bin.Milliseconds()
			bin := throng.Period{Name: present.LiveName(start), Start: start, End: min(p.End, start+opt.Bin.Milliseconds())}
			if clock < bin.End+opt.Late {
				continue
			}
			stat := present.NewLive(opt.Ground, bin, k < opt.Carry)
			var tables []*count.Table
			for _, table := range stat.Tables() {
				one, err := count.For(table)
				if err != nil {
					t.Fatal(err)
				}
				tables = append(tables, one)
			}
			add := func(spans []mobility.Span) {
				staged := make([][]uint64, len(tables))
				stat.Contribute(&population.Unit{Period: bin, Day: &mobility.Day{Spans: spans}}, func(i int, cell uint64) { staged[i] = append(staged[i], cell) })
				for i, one := range tables {
					one.Unit(staged[i])
				}
			}
			for _, list := range byDay[d] {
				add(machine.Live(nil, clean(list), p.End))
			}
			if d > 0 && k < opt.Carry {
				for who, list := range byDay[d-1] {
					if slices.ContainsFunc(byDay[d][who], func(h heard) bool { return h.time < bin.End }) {
						continue
					}
					if seen := clean(list); len(seen) > 0 {
						add(machine.Live(nil, seen, bin.End))
					}
				}
			}
			out[bin.Name] = digest(tables)
		}
	}
	return out
}

// invented is what some people say, out of order, late, twice, at several places at once, from abroad, and with wrong clocks.
func invented(days []throng.Period, rng *rand.Rand, people, n int) []said {
	var rows []said
	first, last := days[0].Start, days[len(days)-1].End
	for range n {
		r := said{who: uint64(rng.IntN(people)), place: uint32(rng.IntN(6))}
		r.time = first + rng.Int64N((last-first)/1000)*1000
		if rng.IntN(3) == 0 { // around the change of days
			r.time = days[1+rng.IntN(2)].Start + (rng.Int64N(6*3600)-3*3600)*1000
		}
		if rng.IntN(12) == 0 {
			r.place = event.NoPlace
		}
		switch rng.IntN(10) {
		case 0:
			r.arrival = r.time + rng.Int64N(30*60)*1000 // perhaps late
		case 1:
			r.arrival = r.time - rng.Int64N(120)*1000 // perhaps ahead
		default:
			r.arrival = r.time + rng.Int64N(60)*1000
		}
		rows = append(rows, r)
		for rng.IntN(8) == 0 { // once more, or somewhere else at the same time
			if again := r; rng.IntN(2) == 0 {
				again.place = uint32(rng.IntN(6))
				rows = append(rows, again)
			} else {
				rows = append(rows, again)
			}
		}
	}
	slices.SortStableFunc(rows, func(a, b said) int { return cmp.Compare(a.arrival, b.arrival) })
	for range n / 50 { // the log's own clock goes back now and then
		i := rng.IntN(len(rows))
		rows[i].arrival -= rng.Int64N(900) * 1000
	}
	return rows
}

// TestReplay: however the log is cut into batches, however late a bin is counted, with any number of workers, taken up again
// at every batch or not, every bin has the tables that the definition gives.
func TestReplay(t *testing.T) {
	days := days(t)
	for seed := range uint64(6) {
		rng := rand.New(rand.NewPCG(seed, 1))
		opt := live.Options{Ground: town(), Stamped: true, Filter: filter.Options{}, Workers: 1 + int(seed%3)}
		opt.EnsureDefaults()
		rows := invented(days, rng, 30+int(seed)*40, 3000)
		want := reference(t, rows, days, opt)
		if len(want) < 280 {
			t.Fatalf("only %d bins", len(want))
		}
		for _, restarts := range []bool{false, true} {
			got := run(t, rows, days, opt, rng, restarts)
			if len(got) != len(want) {
				t.Errorf("seed %d: %d bins, want %d", seed, len(got), len(want))
			}
			for name, d := range want {
				if got[name] != d {
					t.Errorf("seed %d, restarts %v: bin %s differs", seed, restarts, name)
				}
			}
		}
	}
}

// TestRows: of a device with too many rows in a bin the first count, in whatever order they come.
func TestRows(t *testing.T) {
	days := days(t)
	opt := live.Options{Ground: town(), Rows: 3}
	opt.EnsureDefaults()
	at := days[0].Start + 10*3600e3
	var rows []said
	for i, place := range []uint32{0, 1, 2, 3, 4} { // a minute each, then D for the rest; of three rows C has the rest
		rows = append(rows, said{1, at + int64(i)*60e3, at + 5*60e3, place})
	}
	first := ""
	for range 20 {
		rand.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		c := live.New(opt)
		c.Begin(days[0])
		c.Since(at)
		c.Add(batch(rows, days, 0), feed.Mark{Clock: at + 3600e3})
		out := map[string]string{}
		closeReady(t, c, opt, out)
		got := out[present.LiveName(at)]
		if first == "" {
			first = got
		}
		if got != first {
			t.Fatal("the order of rows changes which count")
		}
		if c.Counts.Dropped[filter.Flood] != 2 {
			t.Fatalf("%d rows dropped, want 2", c.Counts.Dropped[filter.Flood])
		}
	}
}

// TestCounts: late rows are counted by age, and a clock that goes back is noticed.
func TestCounts(t *testing.T) {
	days := days(t)
	opt := live.Options{Ground: town(), Stamped: true}
	opt.EnsureDefaults()
	c := live.New(opt)
	c.Begin(days...)
	noon := days[1].Start + 12*3600e3
	minute := int64(60e3)
	var rows []said
	for _, age := range []int64{0, 10, 11, 59, 60, 359, 360, 24*60 - 1, 24 * 60} {
		rows = append(rows, said{1, noon - age*minute, noon, 0})
	}
	rows = append(rows, said{2, noon - 5*minute, noon - 5*minute, 1}, said{3, noon + 61e3, noon, 1})
	c.Add(batch(rows, days, 0), feed.Mark{})
	if got, want := c.Counts.Late, [5]int64{1, 1, 2, 2, 1}; got != want {
		t.Errorf("late by age %v, want %v", got, want)
	}
	if c.Counts.Back != 1 || c.Counts.Dropped[filter.Ahead] != 1 {
		t.Errorf("%d back, %d ahead, want 1 and 1", c.Counts.Back, c.Counts.Dropped[filter.Ahead])
	}
}

// FuzzRestoreState: no bytes make the program stop, and what is taken up can be counted.
func FuzzRestoreState(f *testing.F) {
	opt := live.Options{Ground: town()}
	opt.EnsureDefaults()
	day := throng.Period{Name: "2026-02-03", Start: 1770076800000, End: 1770163200000}
	c := live.New(opt)
	c.Begin(day)
	c.Add(batch([]said{{1, day.Start + 5, day.Start + 5, 2}, {2, day.Start + 900e3, day.Start + 900e3, 3}}, []throng.Period{day}, 0), feed.Mark{Next: 2})
	f.Add(c.AppendState(nil))
	f.Add([]byte("throng live"))
	f.Fuzz(func(t *testing.T, b []byte) {
		c := live.New(opt)
		if c.RestoreState(b) != nil {
			return
		}
		bin, of, ok := c.Due()
		if !ok {
			return
		}
		if _, err := c.Close(bin, func() population.Statistic { return present.NewLive(opt.Ground, bin, c.IsCarried(bin, of)) }, nil); err != nil {
			t.Fatal(err)
		}
	})
}

// TestNoCarry: without carried bins nobody is counted after midnight who has not been heard, however often the defaults are filled in.
func TestNoCarry(t *testing.T) {
	days := days(t)
	opt := live.Options{Ground: town(), Carry: -1}
	opt.EnsureDefaults()
	opt.EnsureDefaults()
	rows := []said{{1, days[1].Start - 60e3, days[1].Start - 60e3, 2}}
	c := live.New(opt)
	c.Begin(days...)
	c.Since(days[1].Start - 900e3)
	c.Add(batch(rows, days, opt.CarryFor()), feed.Mark{Clock: days[1].Start + 3600e3})
	for _, want := range []int64{1, 0, 0} {
		bin, of, _ := c.Due()
		if carried := c.IsCarried(bin, of); carried {
			t.Errorf("bin %s is carried", bin.Name)
		}
		tables, err := c.Close(bin, func() population.Statistic { return present.NewLive(opt.Ground, bin, false) }, nil)
		if err != nil {
			t.Fatal(err)
		}
		sum := int64(0)
		for _, n := range tables[0].Noisy(func() int64 { return 0 }) {
			sum += n
		}
		if sum != want {
			t.Errorf("bin %s has %d people, want %d", bin.Name, sum, want)
		}
	}
}
