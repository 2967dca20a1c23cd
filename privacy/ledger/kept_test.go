package ledger

import (
	"fmt"
	"reflect"
	"runtime"
	"testing"
	"time"
)

// bin is a bin of a quarter of an hour of live presence: three tables, charged to its day, the first eight also to the day before.
func bin(n int) Reservation {
	start := time.Date(2026, 2, 3, 0, 0, 0, 0, time.UTC).Add(time.Duration(n) * 15 * time.Minute)
	name := start.Format("2006-01-02T15:04")
	r := Reservation{Product: "present-live", Spec: "bins", Period: name, From: start.Format(time.DateOnly), To: start.Format(time.DateOnly), Input: []byte("folder " + name)}
	for _, table := range []string{"leaf", "block", "region"} {
		r.Parts = append(r.Parts, Part{Table: table, D2: 2, Sigma2: 10_000, Rho: 100_000})
	}
	r.RhoDay, r.RhoSpan = 300_000, 300_000
	if n%96 < 8 {
		r.More = []Charge{{From: start.AddDate(0, 0, -1).Format(time.DateOnly), To: start.AddDate(0, 0, -1).Format(time.DateOnly), Rho: 150_000}}
	}
	return r
}

// heap is what is in use after everything that can go has gone.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// A writer that publishes a bin every quarter of an hour keeps little of each, in the process that published it and in one that reads it
// again: some 400 bytes. When bookings were held it was 1,220 bytes in the first, 1,380 in the other; what a bin really books is larger.
func TestKeptABin(t *testing.T) {
	const bins, most = 960, 600
	dir := t.TempDir()
	before := heap()
	l, err := Open(quick{Disk(dir)}, options("one"))
	if err != nil {
		t.Fatal(err)
	}
	for n := range bins {
		ticket := reserve(t, l, bin(n))
		if err := l.Released(ticket, digest(fmt.Sprint(n)), 1000, time.Time{}); err != nil {
			t.Fatal(err)
		}
	}
	if kept := (heap() - before) / bins; kept > most {
		t.Errorf("the writer keeps %d bytes a bin, want at most %d", kept, most)
	}
	if n := len(l.state.spent.spanned); n > 2*bins/96 {
		t.Errorf("%d windows are kept of %d days, want one a day: the bins that are carried past midnight are booked alike", n, bins/96)
	}
	l.Close()
	l = nil
	before = heap()
	again, err := Open(quick{Disk(dir)}, options("two"))
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if kept := (heap() - before) / bins; kept > most {
		t.Errorf("the writer that reads %d bins keeps %d bytes of each, want at most %d", bins, kept, most)
	}
}

// quick does not wait for the disk.
type quick struct{ Files }

type quickFile struct{ File }

func (quickFile) Sync() error { return nil }

func (u quick) SyncDir() error { return nil }

func (u quick) OpenAppend(name string) (File, error) {
	f, err := u.Files.OpenAppend(name)
	return quickFile{f}, err
}

func (u quick) Create(name string) (File, error) {
	f, err := u.Files.Create(name)
	return quickFile{f}, err
}

// The booking of a release is the same while it is open, when it is held, and afterwards, when it is read from its file, by this writer
// and by the next one, whichever file it is in; and it is not told when its file has changed.
func TestBookedIsReadAgain(t *testing.T) {
	files := Memory()
	opt := options("one")
	opt.SegmentBytes = 2000 // several files
	l, err := Open(files, opt)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]Booking{}
	for n := range 12 {
		ticket := reserve(t, l, bin(n))
		b, ok := l.Booked(ticket.ReleaseID)
		if !ok || b.ReleaseID != ticket.ReleaseID || b.Input == "" || len(b.Parts) != 3 || len(b.Charges) < 1 {
			t.Fatalf("the open booking %d is %+v, %t", n, b, ok)
		}
		want[ticket.ReleaseID] = b
		switch n % 3 {
		case 0:
			err = l.Burnt(ticket, ReasonStopped)
		case 1:
			err = l.Withdrawn(ticket.ReleaseID, ReasonVeto)
		default:
			err = l.Released(ticket, digest("x"), 1, time.Time{})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	check := func(l *Ledger) {
		t.Helper()
		for id, w := range want {
			if got, ok := l.Booked(id); !ok || !reflect.DeepEqual(got, w) {
				t.Errorf("booking of %s\n got %+v, %t\nwant %+v", id, got, ok, w)
			}
		}
	}
	check(l)
	l.Close()
	next := open(t, files, "two")
	defer next.Close()
	check(next)
	for _, id := range []string{"", "x", "00000000000000000000000000000000", "ABCDEF00000000000000000000000000"} {
		if b, ok := next.Booked(id); ok {
			t.Errorf("release %q is booked as %+v", id, b)
		}
	}
}

// Equal windows are kept once and count as often as they were booked: the sums are those of a list of all of them.
func TestEqualWindowsCount(t *testing.T) {
	one := window{first: 100, last: 101, rho: []int64{7, 10}, total: 17, span: 10, delta: 3}
	other := window{first: 100, last: 101, rho: []int64{8, 9}, total: 17, span: 10, delta: 3}
	s := newSpending()
	for range 5 {
		s.add(one)
		s.add(other)
	}
	if len(s.spanned) != 2 || len(s.deltas) != 2 {
		t.Errorf("kept are %d and %d windows, want 2 and 2", len(s.spanned), len(s.deltas))
	}
	for _, c := range []struct {
		from, to day
		want     int64
	}{{100, 100, 5 * (7 + 8)}, {101, 101, 5 * (10 + 9)}, {100, 101, 100}, {90, 120, 100}, {102, 130, 0}} {
		if got := s.in(c.from, c.to); got != c.want {
			t.Errorf("days %d to %d bear %d, want %d", c.from, c.to, got, c.want)
		}
	}
	at := func(days30, delta int64) schedule {
		return schedule{{0, Caps{Day: 1000, Days30: days30, Days365: 1000, Delta: delta}}}
	}
	for _, c := range []struct {
		caps schedule
		over bool
	}{{at(110, 33), false}, {at(109, 33), true}, {at(110, 32), true}} {
		if _, over := s.excess(c.caps, one); over != c.over {
			t.Errorf("under %+v an eleventh booking breaks a cap: %t, want %t", c.caps[0].caps, over, c.over)
		}
	}
}
