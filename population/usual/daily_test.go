package usual_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/throng-stats/throng/population/usual"
)

// ground of the worked check: A {(0,0),(100,0)} groups g1 g2; B {(100,0),(200,0)} g2 g3; K {(9000,0)} g4; W {(40000,0)} g5; N {(100,0)} no groups.
type ground struct{}

var (
	eastings = map[uint32][]float64{'A': {0, 100}, 'B': {100, 200}, 'K': {9000}, 'W': {40_000}, 'N': {100}}
	groups   = map[uint32][]uint32{'A': {1, 2}, 'B': {2, 3}, 'K': {4}, 'W': {5}}
)

func (ground) Groups(c uint32) []uint32 { return groups[c] }

func (ground) Distance(a, b uint32) float64 {
	least := math.Inf(1)
	for _, x := range eastings[a] {
		for _, y := range eastings[b] {
			least = math.Min(least, math.Abs(x-y))
		}
	}
	return least
}

var start = time.Date(2024, 5, 6, 0, 0, 0, 0, time.UTC).UnixMilli()

// parse reads "-2:00 A, 6:00 A, 10:00 208": times relative to the day, a cell or a country.
func parse(t *testing.T, text string) []usual.Event {
	var out []usual.Event
	for _, one := range strings.Split(text, ", ") {
		var h, m, mcc int
		var where string
		if _, err := fmt.Sscanf(one, "%d:%d %s", &h, &m, &where); err != nil {
			t.Fatalf("%q: %v", one, err)
		}
		if h < 0 {
			m = -m
		}
		e := usual.Event{Time: start + int64(h*60+m)*60_000, Day: int8(math.Floor(float64(h) / 24))}
		if n, _ := fmt.Sscan(where, &mcc); n == 1 {
			e.Country = uint16(mcc)
		} else {
			e.Cell, e.Cover = uint32(where[0]), uint32(where[0])
		}
		out = append(out, e)
	}
	return out
}

// draw writes a day: a slot is the groups, a country, . for unknown and - for a slot that says nothing; runs are joined.
func draw(slots []usual.Slot, n int) string {
	length := int64(24*3600*1000) / int64(n)
	words := make([]string, n)
	for _, s := range slots {
		word := "."
		switch s.Kind {
		case usual.Grid:
			word = ""
			for _, g := range s.Groups {
				word += fmt.Sprint("g", g)
			}
		case usual.Away:
			word = fmt.Sprint(s.Country)
		}
		i := (s.Start - start) / length
		if words[i] != "" {
			word = words[i] + "+" + word
		}
		words[i] = word
	}
	var b strings.Builder
	for i := 0; i < n; {
		k := i
		for k < n && words[k] == words[i] {
			k++
		}
		word := words[i]
		if word == "" {
			word = "-"
		}
		fmt.Fprintf(&b, "%d:%s ", i, word)
		i = k
	}
	return strings.TrimSpace(b.String())
}

func run(events []usual.Event, o usual.DailyOptions) []usual.Slot {
	d := usual.NewDaily(o, ground{}, start)
	for _, e := range events {
		d.Add(e)
	}
	return d.Flush()
}

// The worked check of methods.md, section 10. "8:g1g2" means: from slot 8 on.
func TestDaily(t *testing.T) {
	for _, c := range []struct {
		events          string
		slots           int
		want, reference string
	}{
		{"-2:00 A, 6:00 A, 8:00 A, 9:00 B, 9:10 B, 12:00 K, 12:12 W, 12:18 K, 25:00 K", 24,
			"0:g1g2 8:- 10:. 11:- 13:.", "0:. 2:g1g2 8:- 10:. 11:- 13:."},
		{"7:00 A, 7:15 B, 7:30 A, 10:00 208, 11:30 208", 24, "0:. 6:- 7:g2 8:. 9:- 10:208 14:.", "0:. 6:- 7:g2 8:. 9:- 10:208 14:."},
		{"3:00 A, 10:00 A, 23:30 A, 30:00 A", 24, "0:. 2:- 3:g1g2 10:- 11:. 23:g1g2", "0:. 2:- 4:. 6:g1g2 10:- 11:. 23:-"},
		{"8:00 A, 8:10 B, 8:25 A", 48, "0:. 15:- 16:g1g2 17:- 18:.", "0:. 15:- 16:g1g2 17:- 18:."},
	} {
		events := parse(t, c.events)
		if got := draw(run(events, usual.DailyOptions{Slots: c.slots}), c.slots); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.events, got, c.want)
		}
		if got := draw(run(events, usual.DailyOptions{Slots: c.slots, Reference: true}), c.slots); got != c.reference {
			t.Errorf("reference: %s\n got %s\nwant %s", c.events, got, c.reference)
		}
	}
}

// plainDay works out by the second where a device is said to be: the long way round, of whole-second events.
func plainDay(events []usual.Event) map[int64][]usual.Event {
	at := make(map[int64][]usual.Event)
	for i, e := range events {
		if i > 0 && i+1 < len(events) {
			p, n := events[i-1], events[i+1]
			d := func(a, b usual.Event) float64 {
				if a.Country != 0 || b.Country != 0 {
					return 0
				}
				return ground{}.Distance(a.Cover, b.Cover)
			}
			if way := max(d(p, e)+d(e, n), d(p, n)); n.Time > p.Time && way/(float64(n.Time-p.Time)/1000) > 50/3.6 {
				continue
			}
		}
		side := func(k int) int64 { // milliseconds
			if k < 0 || k == len(events) {
				if e.Country != 0 {
					return 7_200e3
				}
				return 450e3
			}
			o, limit := events[k], int64(900e3)
			from, to := min(o.Time, e.Time), max(o.Time, e.Time)
			if o.Country == e.Country && o.Cell == e.Cell {
				limit = 7_200e3
				for night := start - 49*3600e3; night < start+72*3600e3; night += 24 * 3600e3 {
					if from <= night+10*3600e3 && to >= night {
						limit = 28_800e3
					}
				}
			}
			if to-from <= limit {
				return (to - from) / 2
			}
			return 450e3
		}
		for s := e.Time - side(i-1); s < e.Time+side(i+1); s += 1000 {
			at[s] = append(at[s], e)
		}
	}
	return at
}

// Random days against the plain way, slot by slot.
func TestDailyEqualsThePlainWay(t *testing.T) {
	for seed := range uint64(25) {
		r := rand.New(rand.NewPCG(seed, 7))
		var events []usual.Event
		for at := start - 3*3600e3; at < start+26*3600e3; at += 2000 * r.Int64N(1+r.Int64N(7000)) {
			e := usual.Event{Time: at}
			e.Cell = []uint32{'A', 'A', 'B', 'K', 'W'}[r.IntN(5)]
			e.Cover = e.Cell
			if r.IntN(6) == 0 {
				e = usual.Event{Time: at, Country: uint16(208 + r.IntN(2))}
			}
			events = append(events, e)
		}
		at := plainDay(events)
		got := make(map[int64][]string)
		for _, s := range run(events, usual.DailyOptions{}) {
			got[s.Start] = append(got[s.Start], fmt.Sprint(s.Kind, s.Groups, s.Country))
		}
		for slot := start; slot < start+24*3600e3; slot += 3600e3 {
			want := plainSlot(at, slot)
			if !slices.Equal(got[slot], want) {
				t.Fatalf("seed %d, slot %d: got %v, want %v", seed, (slot-start)/3600e3, got[slot], want)
			}
		}
	}
}

func plainSlot(at map[int64][]usual.Event, slot int64) []string {
	total, byGroup, byCountry, places := 0, map[uint32]int{}, map[uint16]int{}, map[[2]uint32]bool{}
	for s := slot; s < slot+3600e3; s += 1000 {
		for _, e := range at[s] {
			total++
			places[[2]uint32{e.Cell, uint32(e.Country)}] = true
			if e.Country != 0 {
				byCountry[e.Country]++
				continue
			}
			for _, g := range groups[e.Cover] {
				byGroup[g]++
			}
		}
	}
	if total == 0 {
		return []string{fmt.Sprint(usual.Nowhere, []uint32(nil), 0)}
	}
	if total < 1800 {
		return nil
	}
	var list []uint32
	for g, n := range byGroup {
		if n >= 1800 || len(places) == 1 {
			list = append(list, g)
		}
	}
	slices.Sort(list)
	var out []string
	if len(list) > 0 {
		out = append(out, fmt.Sprint(usual.Grid, list, 0))
	}
	for _, c := range []uint16{208, 209} {
		if byCountry[c] >= 1800 {
			out = append(out, fmt.Sprint(usual.Away, []uint32(nil), c))
		}
	}
	return out
}

// A cell N without a footprint beside another one: the reference writes a row without groups when N fills half the slot.
func TestDailyCellsWithoutGroups(t *testing.T) {
	for _, c := range []struct {
		events          string
		want, reference int // rows of slot 8, all without groups
	}{
		{"8:00 A, 8:10 N, 8:50 N, 8:58 A", 0, 1},
		{"8:00 A, 8:10 N, 8:20 N, 8:28 A", 0, 0},
	} {
		rows := func(o usual.DailyOptions) (n int) {
			for _, s := range run(parse(t, c.events), o) {
				if s.Start == start+8*3600e3 && s.Kind == usual.Grid {
					n++
					if len(s.Groups) != 0 {
						t.Errorf("%s: got the groups %v", c.events, s.Groups)
					}
				}
			}
			return n
		}
		if got := rows(usual.DailyOptions{}); got != c.want {
			t.Errorf("%s: got %d rows, want %d", c.events, got, c.want)
		}
		if got := rows(usual.DailyOptions{Reference: true}); got != c.reference {
			t.Errorf("reference: %s: got %d rows, want %d", c.events, got, c.reference)
		}
	}
}

func TestDailyOddDays(t *testing.T) {
	if got := run(nil, usual.DailyOptions{}); got != nil {
		t.Errorf("a device that was never seen: got %v, want no rows", got)
	}
	same := []usual.Event{{Time: start, Cell: 'A', Cover: 'A'}, {Time: start, Cell: 'A', Cover: 'A'}, {Time: start, Country: 208}, {Time: start, Cell: 'K', Cover: 'K'}}
	for _, reference := range []bool{false, true} {
		if got := run(same, usual.DailyOptions{Reference: reference}); len(got) != 23 { // the first hour is filled for 7.5 minutes
			t.Errorf("all at one instant: got %d rows, want 23", len(got))
		}
	}
}
