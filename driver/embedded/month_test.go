package embedded_test

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/driver/drivertest"
	"github.com/throng-stats/throng/driver/drivertest/embeddedtest"
	"github.com/throng-stats/throng/driver/embedded"
	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/filter"
	"github.com/throng-stats/throng/mobility"
	"github.com/throng-stats/throng/population"
)

// everything is a statistic whose table changes when anything of a month, of a pair or of a home does.
type everything struct{ kind string }

const cellsOfAll = 1 << 12

func (e everything) Product() string { return e.kind }

func (e everything) Tables() []population.Table {
	var codes []string
	for i := range cellsOfAll {
		codes = append(codes, strconv.Itoa(i))
	}
	return []population.Table{{Shape: throng.Shape{Name: "total", Dims: []throng.Dim{{Name: "hash", Codes: codes}}}, Bound: population.Bound{Cells: 1, PerCell: 1}, Move: true}}
}

func hashOf(things ...any) uint64 {
	h := fnv.New64a()
	fmt.Fprint(h, things...)
	return h.Sum64() % cellsOfAll
}

type everyMonth struct{ everything }

func (everyMonth) Contribute(m *population.Month, emit population.Emit) {
	emit(0, hashOf(m.Period, len(m.Days), m.Attr, m.SIM, m.Inbound, m.Active, m.Segments, m.Spans))
}

type everyPair struct{ everything }

func (everyPair) Contribute(p *population.Pair, emit population.Emit) {
	emit(0, hashOf(p.Period, p.Attr, p.Before, p.Now))
}

// everyHome makes tiles of a month: those of its segments.
type everyHome struct{ home population.Home }

func (h *everyHome) Home(m *population.Month) population.Home {
	h.home = h.home[:0]
	for _, g := range m.Segments {
		h.home = append(h.home, g.Cells...)
	}
	slices.Sort(h.home)
	h.home = slices.Compact(h.home)
	return h.home
}

// divisions of the work; the first is the plain one.
func divisions(seed uint64) []drivertest.Division {
	return []drivertest.Division{
		{Shards: 1, Workers: 1, Batch: 1000, Files: 1, Memory: 1 << 30},
		{Shards: 3, Workers: 2, Batch: 17, Files: 3, Memory: 1 << 30, Shuffle: seed + 1},
		{Shards: 64, Workers: 7, Batch: 100, Files: 5, Memory: 20_000, Shuffle: seed + 2},
	}
}

// TestSameMonth: any number of workers and any order of days, pages and rows give the table that the records themselves
// give, all of them, without pages and without thinning.
func TestSameMonth(t *testing.T) {
	first := theSeed(t)
	for seed := first; seed < first+2; seed++ {
		m := drivertest.NewMonth(seed)
		want := plainMonth(m)
		if len(want) < 20 {
			t.Fatalf("seed %d: only %d people have a month", seed, len(want))
		}
		for _, d := range divisions(seed) {
			counted := embeddedtest.MonthTables(t, m, d, func() population.Monthly { return everyMonth{everything{"month"}} })
			got := counted[0].Tables[0].Noisy(func() int64 { return 0 })
			for cell, n := range got {
				if n != want[uint64(cell)] {
					t.Fatalf("seed %d: cell %d has %d, want %d, with %s", seed, cell, n, want[uint64(cell)], d)
				}
			}
		}
	}
}

// plainMonth counts a month in the plainest way: all clean records of a unit, one machine over them.
func plainMonth(m *drivertest.Month) map[uint64]int64 {
	units := map[uint64][]drivertest.Row{}
	for _, row := range m.Rows {
		units[row.Unit] = append(units[row.Unit], row)
	}
	f := filter.New(filter.Options{Local: []uint16{208}}, m.Ground)
	table := map[uint64]int64{}
	for unit, rows := range units {
		month := population.Month{Period: m.Period, Days: m.Periods}
		for i, day := range m.Periods {
			seen, sim := plainDay(f, rows, day)
			if len(seen) == 0 {
				continue
			}
			if month.Active == nil {
				month.SIM, month.Inbound = sim, sim == 310
				month.Attr = m.Attr(unit, sim, sim == 310)
			}
			month.Active, month.Seen = append(month.Active, int32(i)), append(month.Seen, seen...)
		}
		if month.Active == nil {
			continue
		}
		s := mobility.NewSegmenter(mobility.Options{}, m.Ground, m.Period.Start)
		for _, e := range month.Seen {
			month.Segments = s.Add(e, month.Segments)
		}
		month.Segments = s.Flush(m.Period.End, month.Segments)
		month.Spans = mobility.New(mobility.Options{}, m.Ground).Final(nil, month.Seen, m.Period.Start, m.Period.End)
		everyMonth{}.Contribute(&month, func(_ int, cell uint64) { table[cell]++ })
	}
	return table
}

func plainDay(f *filter.Filter, rows []drivertest.Row, day throng.Period) (seen []mobility.Seen, sim uint16) {
	var records []event.Record
	for _, row := range rows {
		if day.Contains(row.Time) {
			records = append(records, event.Record{Unit: row.Unit, Time: uint32(row.Time - day.Start), Place: row.Place, To: row.Network, SIM: row.SIM, Origin: event.NoOrigin})
		}
	}
	event.Sort(records)
	for _, r := range f.Unit(records, day.Start) {
		s := mobility.Seen{Time: day.Start + int64(r.Time), Place: r.Place}
		if r.Place == event.NoPlace {
			s.Abroad = uint16(r.To / 100)
		}
		seen, sim = append(seen, s), r.SIM
	}
	return seen, sim
}

// TestSamePairs: the pairs are of everybody who has a record in both months, the same under every division.
func TestSamePairs(t *testing.T) {
	seed := theSeed(t)
	before, now := drivertest.NewMonths(seed)
	both := map[uint64]int{}
	for i, m := range []*drivertest.Month{before, now} {
		for _, row := range m.Rows {
			was, is := m.Kin.Of(row.Unit)
			both[[]uint64{is, was}[i]] |= 1 << i
		}
	}
	want := int64(0)
	for _, sides := range both {
		if sides == 3 {
			want++
		}
	}
	var first string
	for _, d := range divisions(seed) {
		counted := embeddedtest.PairTables(t, before, now, d, func() population.Homes { return &everyHome{} },
			func() population.Paired { return everyPair{everything{"pair"}} })
		table := counted[0].Tables[0]
		if digest := table.Digest([]byte("test")); first == "" {
			first = digest
		} else if digest != first {
			t.Errorf("seed %d: the table differs with %s", seed, d)
		}
		got, differ := int64(0), 0
		for _, n := range table.Noisy(func() int64 { return 0 }) {
			if got += n; n > 0 {
				differ++
			}
		}
		if got != want || differ < 10 {
			t.Errorf("seed %d: %d pairs in %d cells, want %d pairs", seed, got, differ, want)
		}
	}
}

// TestMonthRefuses: a month with a day missing, a cell plan that has fewer places, and homes of two rules.
func TestMonthRefuses(t *testing.T) {
	m := drivertest.NewMonth(1)
	d := divisions(1)[0]
	book := embeddedtest.Book(t, m, d)
	pass := embedded.MonthPass{Period: m.Period, Ground: drivertest.Ground(8)}
	if _, err := embedded.Month(context.Background(), book, pass, embedded.Tuning{}); err == nil || !strings.Contains(err.Error(), "places that the cell plan does not have") {
		t.Errorf("got %v", err)
	}
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	pass.Ground = m.Ground
	if _, err := embedded.Month(cancelled, book, pass, embedded.Tuning{}); err == nil {
		t.Error("a run that was stopped counted a month")
	}
	month := book.Month()
	month.Name, month.Days = "2026-02", month.Days[:3]
	empty, err := embedded.OpenBook(t.TempDir(), aead(t), month)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := embedded.Month(context.Background(), empty, pass, embedded.Tuning{}); err == nil || !strings.Contains(err.Error(), "3 days are not in, the first is 2026-03-01") {
		t.Errorf("got %v", err)
	}
	var sides [2]*embedded.Homes
	for i, side := range []embedded.Side{embedded.SideBefore, embedded.SideNow} {
		path := t.TempDir() + "/homes"
		w, err := embedded.NewHomes(path, aead(t), "pair", side, string(side))
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Commit(); err != nil {
			t.Fatal(err)
		}
		if sides[i], err = embedded.OpenHomes(path, aead(t), "pair", side); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := embedded.Pairs(context.Background(), sides[0], sides[1], embedded.PairPass{}, embedded.Tuning{}); err == nil || !strings.Contains(err.Error(), "by another rule") {
		t.Errorf("got %v", err)
	}
}

// aead is AES-256-GCM with a key that is not secret.
func aead(t testing.TB) cipher.AEAD {
	t.Helper()
	block, err := aes.NewCipher(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}
