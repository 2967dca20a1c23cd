package privacy_test

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/driver/live"
	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/feed"
	"github.com/throng-stats/throng/locate"
	"github.com/throng-stats/throng/population"
	"github.com/throng-stats/throng/population/present"
)

// heard is a row of a log: who has a pseudonym of each day, where, when, and when the log took it in.
type heard struct {
	who           uint64
	time, arrival int64
	place         uint32
}

// liveTown has six places, two a block, two blocks an area.
func liveTown() *locate.Ground {
	g := &locate.Ground{}
	for i := range 6 {
		g.Places = append(g.Places, locate.Place{ID: fmt.Sprint("p", i), Leaf: int32(i), Zone: -1, Until: math.MaxInt64})
		g.Tree.Leaves = append(g.Tree.Leaves, throng.Leaf{ID: fmt.Sprint("l", i), Block: i / 2})
	}
	for i := range 3 {
		g.Tree.Blocks = append(g.Tree.Blocks, throng.Block{ID: fmt.Sprint("b", i), Up: i / 2})
	}
	g.Tree.Areas = []throng.Block{{ID: "a0", Up: -1}, {ID: "a1", Up: -1}}
	g.Index()
	return g
}

// liveDays are four, the second with 25 hours.
func liveDays(t testing.TB) []throng.Period {
	t.Helper()
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	var list []throng.Period
	for _, name := range []string{"2026-10-24", "2026-10-25", "2026-10-26", "2026-10-27"} {
		d, err := throng.DayOf(name, paris)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, d)
	}
	return list
}

// liveBin is the exact tables of a bin, with what is booked for each.
type liveBin struct {
	day    int
	counts [][]int64
	d2     []uint64
}

// slice is how much of a log comes in one batch. Its end is the log's clock, whoever is in it.
const slice = 10 * 60e3

// countLive counts all bins of a log through the crowd that throng live keeps. Bins are counted when their batch is in, or, to be as late as may
// be, when everything is.
func countLive(t testing.TB, rows []heard, days []throng.Period, opt live.Options, late bool) []liveBin {
	t.Helper()
	pseudonym := func(who uint64, day int) uint64 {
		return (who*2654435761 + uint64(day+1)*0x9e3779b97f4a7c15) | 1
	}
	crowd := live.New(opt)
	crowd.Begin(days...)
	var out []liveBin
	count := func() {
		for {
			bin, of, ok := crowd.Due()
			if !ok || !crowd.Ready(bin) {
				return
			}
			tables, err := crowd.Close(bin, func() population.Statistic { return present.NewLive(opt.Ground, bin, crowd.IsCarried(bin, of)) }, nil)
			if err != nil {
				t.Fatal(err)
			}
			b := liveBin{day: slices.IndexFunc(days, func(d throng.Period) bool { return d.Name == of.Name })}
			for _, table := range tables {
				b.counts, b.d2 = append(b.counts, table.Noisy(zero)), append(b.d2, table.D2())
			}
			out = append(out, b)
		}
	}
	last := days[len(days)-1].End + opt.Late + slice
	for at, i := days[0].Start, 0; at < last; at += slice {
		b := &event.Batch{}
		for ; i < len(rows) && rows[i].arrival < at+slice; i++ {
			r := rows[i]
			unit, was := uint64(0), uint64(0)
			if d := slices.IndexFunc(days, func(p throng.Period) bool { return p.Contains(r.time) }); d >= 0 {
				unit = pseudonym(r.who, d)
				if d > 0 && r.time < days[d].Start+opt.CarryFor() {
					was = pseudonym(r.who, d-1)
				}
			}
			b.Unit, b.Was, b.Time, b.Arrival = append(b.Unit, unit), append(b.Was, was), append(b.Time, r.time), append(b.Arrival, r.arrival)
			b.Place, b.Bad, b.Network = append(b.Place, r.place), append(b.Bad, 0), append(b.Network, 0)
		}
		crowd.Add(b, feed.Mark{Clock: at + slice})
		if !late {
			count()
		}
	}
	count()
	return out
}

// withoutDay leaves out the rows of one person on one civil day.
func withoutDay(rows []heard, who uint64, day throng.Period) (less []heard) {
	for _, r := range rows {
		if r.who != who || !day.Contains(r.time) {
			less = append(less, r)
		}
	}
	return less
}

// of leaves the rows of one person.
func of(rows []heard, who uint64) (own []heard) {
	for _, r := range rows {
		if r.who == who {
			own = append(own, r)
		}
	}
	return own
}

// changed compares a log with and without one user-day, level by level: the squared norm of the difference in each day. In every bin it is
// at most what is booked, and exactly what the person alone makes of it: nobody else noticed.
func changed(t testing.TB, name string, rows []heard, who uint64, day int, days []throng.Period, opt live.Options, late bool) [3][]uint64 {
	t.Helper()
	all, less := countLive(t, rows, days, opt, late), countLive(t, withoutDay(rows, who, days[day]), days, opt, late)
	own, ownLess := countLive(t, of(rows, who), days, opt, late), countLive(t, withoutDay(of(rows, who), who, days[day]), days, opt, late)
	var norms [3][]uint64
	for level := range norms {
		norms[level] = make([]uint64, len(days))
		for k, bin := range all {
			var norm uint64
			for cell := range bin.counts[level] {
				diff := bin.counts[level][cell] - less[k].counts[level][cell]
				norm += uint64(diff * diff)
				if diff != own[k].counts[level][cell]-ownLess[k].counts[level][cell] {
					t.Fatalf("%s: bin %d: removing one user-day changed what others count", name, k)
				}
			}
			if norm > bin.d2[level] {
				t.Fatalf("%s: bin %d of day %d: squared norm %d, booked is %d", name, k, bin.day, norm, bin.d2[level])
			}
			norms[level][bin.day] += norm
		}
	}
	return norms
}

// talk is what some people say on four days: at random, around midnight, late, ahead, twice, and with forged times of the future.
func talk(days []throng.Period, r *rand.Rand) []heard {
	var rows []heard
	first, last := days[0].Start, days[len(days)-1].End
	for range 1500 {
		h := heard{who: uint64(1 + r.IntN(12)), place: uint32(r.IntN(6)), time: first + r.Int64N((last-first)/1000)*1000}
		if r.IntN(3) == 0 {
			h.time = days[1+r.IntN(3)].Start + (r.Int64N(6*3600)-3*3600)*1000
		}
		switch r.IntN(12) {
		case 0:
			h.arrival = h.time + r.Int64N(40*60)*1000
		case 1:
			h.arrival = h.time - r.Int64N(120)*1000
		case 2:
			h.arrival = h.time - r.Int64N(20*3600)*1000 // a forged time
		default:
			h.arrival = h.time + r.Int64N(30)*1000
		}
		h.arrival = max(h.arrival, first)
		rows = append(rows, h)
		if r.IntN(6) == 0 {
			h.place = uint32(r.IntN(6))
			rows = append(rows, h)
		}
	}
	slices.SortStableFunc(rows, func(a, b heard) int { return cmp.Compare(a.arrival, b.arrival) })
	return rows
}

// TestSensitivityLive is layer A for present-live: two days feel a user-day that is taken away, its own by at most T+h and the next by h, in all
// T+2h, for which the noise of the day is made; bin by bin at most what is booked (privacy.md, section 4, L6).
func TestSensitivityLive(t *testing.T) {
	first, days := theSeed(t), liveDays(t)
	for seed := first; seed < first+5; seed++ {
		r := rand.New(rand.NewPCG(seed, 77))
		opt := live.Options{Ground: liveTown(), Stamped: seed%2 == 0, Carry: []int{8, 3, -1}[seed%3], Workers: 1 + int(seed%2)}
		opt.EnsureDefaults()
		rows := talk(days, r)
		for day := range days {
			who, late := uint64(1+r.IntN(12)), r.IntN(2) == 0
			name := fmt.Sprintf("seed %d, day %d, who %d", seed, day, who)
			for level, norms := range changed(t, name, rows, who, day, days, opt, late) {
				withinLive(t, fmt.Sprintf("%s, level %d", name, level), norms, day, days, opt)
			}
		}
	}
}

// withinLive wants the norms of the days within the proof.
func withinLive(t testing.TB, name string, norms []uint64, day int, days []throng.Period, opt live.Options) {
	t.Helper()
	carry := uint64(opt.Carried())
	for d, norm := range norms {
		bound := uint64(0)
		switch d {
		case day:
			bound = uint64(days[d].Bins(opt.Bin)) + carry
		case day + 1:
			bound = carry
		}
		if norm > bound {
			t.Errorf("%s: day %d changed by %d, want at most %d", name, d, norm, bound)
		}
	}
}

// TestSensitivityLiveIsReached: somebody who is heard all day elsewhere than where the evening before ended, and is not heard the day
// after, changes as much as is booked; so no smaller bound would do. The day has 25 hours.
func TestSensitivityLiveIsReached(t *testing.T) {
	days := liveDays(t)
	opt := live.Options{Ground: liveTown()}
	opt.EnsureDefaults()
	rows := []heard{{1, days[1].Start - 60e3, days[1].Start - 60e3, 0}}
	for at := days[1].Start; at < days[1].End; at += 3600e3 {
		rows = append(rows, heard{1, at, at, 5})
	}
	rows = append(rows, heard{2, days[2].Start + 7200e3, days[2].Start + 7200e3, 3})
	bins := uint64(days[1].Bins(opt.Bin))
	if bins != 100 {
		t.Fatalf("the day has %d bins", bins)
	}
	for level, norms := range changed(t, "all day", rows, 1, 1, days, opt, false) {
		if norms[1] != bins+8 || norms[2] != 8 || norms[0]+norms[3] != 0 {
			t.Errorf("level %d: changed by %v, want %d and 8", level, norms, bins+8)
		}
	}
}

// FuzzSensitivityLive looks for a log that breaks the bound.
func FuzzSensitivityLive(f *testing.F) {
	f.Add(uint64(1), uint8(8), uint8(1))
	f.Add(uint64(2), uint8(0), uint8(2))
	f.Fuzz(func(t *testing.T, seed uint64, carry, day uint8) {
		days, r := liveDays(t), rand.New(rand.NewPCG(seed, 78))
		opt := live.Options{Ground: liveTown(), Stamped: seed%2 == 0, Carry: int(carry % 17)}
		if opt.Carry == 0 {
			opt.Carry = -1
		}
		opt.EnsureDefaults()
		who, at := uint64(1+r.IntN(12)), int(day)%len(days)
		for level, norms := range changed(t, "fuzz", talk(days, r), who, at, days, opt, r.IntN(2) == 0) {
			withinLive(t, fmt.Sprint("level ", level), norms, at, days, opt)
		}
	})
}
