package pages

import (
	"cmp"
	"crypto/aes"
	"crypto/cipher"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/mobility"
	"github.com/throng-stats/throng/population"
)

// keyed is AES-256-GCM with a key that is not secret.
func keyed(t testing.TB, key byte) cipher.AEAD {
	t.Helper()
	c, err := aes.NewCipher(append(make([]byte, 31), key))
	if err != nil {
		t.Fatal(err)
	}
	aead, err := cipher.NewGCM(c)
	if err != nil {
		t.Fatal(err)
	}
	return aead
}

// march is a window of three days around a clock change.
func march() Month {
	zone, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		zone = time.FixedZone("+1", 3600)
	}
	m := Month{Name: "2026-03", Spec: "spec"}
	for _, name := range []string{"2026-03-28", "2026-03-29", "2026-03-30"} {
		day, _ := throng.DayOf(name, zone)
		m.Days = append(m.Days, day)
	}
	return m
}

// somePages invents the pages of a day.
func somePages(r *rand.Rand, day throng.Period, index int32, units int) []population.Page {
	var out []population.Page
	for u := range units {
		p := population.Page{Unit: uint64(u+1) * 0x9E3779B97F4A7C15, Day: index, Attr: event.Attr{Gender: uint8(r.IntN(3)), Age: uint8(r.IntN(6)), Origin: uint16(r.Uint32())}}
		if r.IntN(2) == 0 {
			p.Before, p.After = r.Uint64()|1, r.Uint64()|1
		}
		if r.IntN(3) == 0 {
			p.SIM, p.Inbound = uint16(200+r.IntN(500)), r.IntN(2) == 0
		}
		unit := []int64{1, 1000}[r.IntN(2)]
		at := day.Start
		for range 1 + r.IntN(40) {
			if at += r.Int64N(4000) * unit; at >= day.End {
				break
			}
			s := mobility.Seen{Time: at, Place: r.Uint32N(event.NoPlace) >> r.IntN(32)}
			if r.IntN(9) == 0 {
				s.Place, s.Abroad = event.NoPlace, uint16(1+r.IntN(65535))
			}
			p.Seen = append(p.Seen, s)
		}
		if p.Seen != nil {
			out = append(out, p)
		}
	}
	return out
}

// write puts pages into a day from so many goroutines.
func write(t testing.TB, b *Book, day int, input string, pages []population.Page, goroutines int) {
	t.Helper()
	d, err := b.Day(day, input)
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for k := range goroutines {
		w := d.Writer()
		group.Go(func() {
			for i := k; i < len(pages); i += goroutines {
				if err := w.Add(&pages[i]); err != nil {
					t.Error(err)
				}
			}
			if err := w.Flush(); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if err := d.Commit(); err != nil {
		t.Fatal(err)
	}
}

// all reads every shard.
func all(t testing.TB, b *Book) []population.Page {
	t.Helper()
	var out []population.Page
	for i := range Shards {
		shard, err := b.Shard(i)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range shard {
			if ShardOf(p.Unit) != i {
				t.Fatalf("a unit of shard %d is in shard %d", ShardOf(p.Unit), i)
			}
		}
		out = append(out, shard...)
	}
	return out
}

func compare(x, y population.Page) int {
	return cmp.Or(cmp.Compare(x.Unit, y.Unit), cmp.Compare(x.Day, y.Day))
}

// TestBook: what goes in comes out, by unit and day, whatever the order of days, pages and goroutines, and also from a book
// that was opened again; nothing of it can be read in the files.
func TestBook(t *testing.T) {
	const seed = 4
	month := march()
	r := rand.New(rand.NewPCG(seed, 0))
	var want []population.Page
	byDay := make([][]population.Page, 3)
	for i, d := range month.Days {
		byDay[i] = somePages(r, d, int32(i), []int{3000, 40, 700}[i])
		want = append(want, byDay[i]...)
	}
	slices.SortFunc(want, compare)
	for _, c := range []struct {
		order      []int
		goroutines int
	}{{[]int{0, 1, 2}, 1}, {[]int{2, 0, 1}, 3}} {
		dir := filepath.Join(t.TempDir(), "book")
		b, err := Open(dir, keyed(t, 1), month)
		if err != nil {
			t.Fatal(err)
		}
		for n, i := range c.order {
			if len(b.Missing()) != 3-n || b.Has(i) {
				t.Fatalf("%d days: missing %v", n, b.Missing())
			}
			r.Shuffle(len(byDay[i]), func(x, y int) { byDay[i][x], byDay[i][y] = byDay[i][y], byDay[i][x] })
			write(t, b, i, fmt.Sprint("input ", i), byDay[i], c.goroutines)
		}
		again, err := Open(dir, keyed(t, 1), month)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range []*Book{b, again} {
			if got := all(t, b); !reflect.DeepEqual(got, want) {
				t.Fatalf("order %v: %d pages came out, other than the %d that went in", c.order, len(got), len(want))
			}
			if input, ok := b.Input(2); !ok || input != "input 2" || len(b.Missing()) != 0 {
				t.Errorf("input %q, missing %v", input, b.Missing())
			}
		}
		records := 0
		for _, p := range want {
			records += len(p.Seen)
		}
		t.Logf("%d records in %d pages: %d bytes", records, len(want), b.Bytes())
		noTemporary(t, dir)
		if err := b.Remove(); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(dir); !os.IsNotExist(err) {
			t.Error("the folder is still there")
		}
	}
}

func noTemporary(t *testing.T, dir string) {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".pages") {
			t.Errorf("%s was left behind", f.Name())
		}
		if info, err := f.Info(); err == nil && info.Mode().Perm() != 0o600 {
			t.Errorf("%s can be read by others: %v", f.Name(), info.Mode())
		}
	}
}

// TestDayIsOneInput: a day goes in once, from one input, and an attempt that was not finished leaves nothing.
func TestDayIsOneInput(t *testing.T) {
	month, dir := march(), t.TempDir()
	b, err := Open(dir, keyed(t, 1), month)
	if err != nil {
		t.Fatal(err)
	}
	page := somePages(rand.New(rand.NewPCG(1, 1)), month.Days[0], 0, 1)
	for range 2 { // the second from the same input
		write(t, b, 0, "one", page, 1)
	}
	if got := all(t, b); len(got) != 1 {
		t.Errorf("%d pages, want 1", len(got))
	}
	if _, err := b.Day(0, "another"); err == nil || !strings.Contains(err.Error(), "2026-03-28 is in the month already, from another input") {
		t.Errorf("got %v", err)
	}
	d, err := b.Day(1, "one")
	if err != nil {
		t.Fatal(err)
	}
	late := d.Writer()
	if err := d.Abort(); err != nil || b.Has(1) {
		t.Errorf("got %v, and the day is in: %v", err, b.Has(1))
	}
	page = somePages(rand.New(rand.NewPCG(1, 1)), month.Days[1], 1, 1)
	if err := late.Add(&page[0]); err != nil {
		t.Fatal(err)
	}
	if err := late.Flush(); err == nil {
		t.Error("a page came after the end, without an error")
	}
	noTemporary(t, dir)
	if err := os.WriteFile(b.path(1)+".tmp", []byte("a crash"), 0o600); err != nil {
		t.Fatal(err)
	}
	write(t, b, 1, "one", page, 1)
	noTemporary(t, dir)
}

// TestRefusals: files of another month, day, key or contract, and pages that cannot be, and never a value of a page.
func TestRefusals(t *testing.T) {
	month, dir := march(), t.TempDir()
	b, err := Open(dir, keyed(t, 1), month)
	if err != nil {
		t.Fatal(err)
	}
	write(t, b, 0, "one", somePages(rand.New(rand.NewPCG(2, 1)), month.Days[0], 0, 50), 1)
	other, april := month, month
	other.Spec, april.Name = "other", "2026-04"
	swapped := t.TempDir()
	text, err := os.ReadFile(b.path(0))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(swapped, "2026-03-29.pages"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, dir, want string
		key             byte
		month           Month
	}{
		{"key", dir, "2026-03-28.pages does not open with this state's key", 2, month},
		{"month", dir, "does not open", 1, april},
		{"day", swapped, "2026-03-29.pages does not open", 1, month},
		{"contract", dir, "kept under another contract or geography", 1, other},
	} {
		if _, err := Open(c.dir, keyed(t, c.key), c.month); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
	day := month.Days[0]
	good := mobility.Seen{Time: day.Start + 12_345, Place: 1}
	for name, p := range map[string]population.Page{
		"no records":   {Unit: 1},
		"no pseudonym": {Seen: []mobility.Seen{good}},
		"day before":   {Unit: 1, Seen: []mobility.Seen{{Time: day.Start - 1}}},
		"day after":    {Unit: 1, Seen: []mobility.Seen{{Time: day.End}}},
		"backwards":    {Unit: 1, Seen: []mobility.Seen{good, {Time: good.Time - 1}}},
		"nowhere":      {Unit: 1, Seen: []mobility.Seen{{Time: good.Time, Place: event.NoPlace}}},
		"both":         {Unit: 1, Seen: []mobility.Seen{{Time: good.Time, Place: 1, Abroad: 208}}},
	} {
		if _, err := appendPage(nil, &p, day); err == nil || strings.Contains(err.Error(), "345") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// TestTwice: a unit with two pages of a day is no month.
func TestTwice(t *testing.T) {
	month := march()
	b, err := Open(t.TempDir(), keyed(t, 1), month)
	if err != nil {
		t.Fatal(err)
	}
	pages := somePages(rand.New(rand.NewPCG(2, 1)), month.Days[0], 0, 1)
	write(t, b, 0, "one", append(pages, pages[0]), 1)
	if _, err := b.Shard(ShardOf(pages[0].Unit)); err == nil || !strings.Contains(err.Error(), "two pages of 2026-03-28") {
		t.Errorf("got %v", err)
	}
}

// TestHomes: what goes in comes out by pseudonym, and only people who are on both sides are joined.
func TestHomes(t *testing.T) {
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(3, 3))
	sides := map[Side][]Home{}
	for i, side := range []Side{Before, Now} {
		for u := range uint64(3000) {
			h := Home{Unit: (u*2 + 1) * 0x9E3779B97F4A7C15, Attr: event.Attr{Gender: uint8(i), Age: uint8(u % 7), Origin: uint16(u)}}
			if r.IntN(4) == 0 {
				h.Unit = r.Uint64() | 1 // somebody else
			}
			for tile := r.Uint32N(50); r.IntN(4) > 0; tile += 1 + r.Uint32N(1<<28) {
				h.Home = append(h.Home, tile)
			}
			sides[side] = append(sides[side], h)
		}
		w, err := NewHomes(filepath.Join(dir, string(side)), keyed(t, 5), "2026-02 2026-03", side, "rule")
		if err != nil {
			t.Fatal(err)
		}
		var writers [3]*HomesWriter
		for k := range writers {
			writers[k] = w.Writer()
		}
		for k, u := range r.Perm(3000) {
			if err := writers[k%3].Add(sides[side][u]); err != nil {
				t.Fatal(err)
			}
		}
		for _, one := range writers {
			if err := one.Flush(); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Commit(); err != nil {
			t.Fatal(err)
		}
	}
	want := map[uint64]bool{}
	for _, h := range sides[Before] {
		want[h.Unit] = slices.ContainsFunc(sides[Now], func(n Home) bool { return n.Unit == h.Unit })
	}
	joined := joinFiles(t, dir)
	if len(joined) == 0 {
		t.Fatal("nobody was joined")
	}
	for unit, both := range want {
		if _, got := joined[unit]; got != both {
			t.Fatalf("a unit is on both sides: %v, joined: %v", both, got)
		}
	}
	for _, h := range sides[Now] {
		if j, ok := joined[h.Unit]; ok && (!slices.Equal(j[1].Home, h.Home) || j[1].Attr != h.Attr || j[0].Attr.Gender != 0) {
			t.Fatal("a home came out changed")
		}
	}
	if _, err := OpenHomes(filepath.Join(dir, "now"), keyed(t, 5), "2026-02 2026-03", Before); err == nil {
		t.Error("one side was taken for the other")
	}
	if err := (&HomesWriter{}).Add(Home{Unit: 1, Home: population.Home{4, 4}}); err == nil {
		t.Error("a tile came twice")
	}
}

func joinFiles(t *testing.T, dir string) map[uint64][2]Home {
	t.Helper()
	joined := map[uint64][2]Home{}
	for i := range Shards {
		var sides [2][]Home
		for k, side := range []Side{Before, Now} {
			h, err := OpenHomes(filepath.Join(dir, string(side)), keyed(t, 5), "2026-02 2026-03", side)
			if err != nil || h.Spec() != "rule" {
				t.Fatal(err, h.Spec())
			}
			if sides[k], err = h.Shard(i); err != nil {
				t.Fatal(err)
			}
		}
		Join(sides[0], sides[1], func(b, n *Home) { joined[b.Unit] = [2]Home{*b, *n} })
	}
	return joined
}

// TestJoinTwice: of two homes of one pseudonym, which only a collision makes, the first in their order counts, once.
func TestJoinTwice(t *testing.T) {
	n := 0
	Join([]Home{{Unit: 2}, {Unit: 2}, {Unit: 4}}, []Home{{Unit: 1}, {Unit: 2, Home: population.Home{7}}, {Unit: 2}, {Unit: 3}, {Unit: 4}},
		func(b, now *Home) {
			if n++; b.Unit == 2 && len(now.Home) != 1 {
				t.Error("the second was taken")
			}
		})
	if n != 2 {
		t.Errorf("%d pairs, want 2", n)
	}
}
