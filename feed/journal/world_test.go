package journal

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/feed"
	"github.com/throng-stats/throng/feed/feedtest"
	"github.com/throng-stats/throng/locate"
)

// noon is 2026-02-02 12:00 UTC in milliseconds.
const noon = 1769990400000 + 12*3600e3

// theDoor has the days 2 and 3 February 2026 and carries two hours.
func theDoor(t testing.TB, seed byte) *feed.Door {
	t.Helper()
	var days []throng.Period
	for _, name := range []string{"2026-02-02", "2026-02-03"} {
		day, err := throng.DayOf(name, time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		days = append(days, day)
	}
	d := feed.NewDoor(days, [][16]byte{{1, seed}, {2, seed}}, nil)
	d.Carry(2 * 3600e3)
	return d
}

// clock is a time that a test sets; it starts at noon.
type clock struct{ ms atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.ms.Store(noon)
	return c
}

func (c *clock) now() time.Time { return time.UnixMilli(c.ms.Load()) }

func open(t testing.TB, dir string, change func(*Options)) *Journal {
	t.Helper()
	j, err := try(dir, change)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	return j
}

func try(dir string, change func(*Options)) (*Journal, error) {
	opt := Options{Files: quick{Disk(dir)}, Key: [32]byte{7}, Now: newClock().now}
	if change != nil {
		change(&opt)
	}
	return Open(opt)
}

// through makes a batch of rows as a gate gives it: users who are numbers, one row each, at an instant.
func through(t testing.TB, d *feed.Door, ms int64, users ...int64) *event.Batch {
	t.Helper()
	opts := feed.Options{Kind: feed.Events, Stamped: true, Columns: []feed.Column{{Name: "u", As: "subscriber", Type: "int"},
		{Name: "t", As: "time", Type: "int"}, {Name: "c", As: "cell"}}}
	fields, err := opts.Fields()
	if err != nil {
		t.Fatal(err)
	}
	ground := &locate.Ground{Places: []locate.Place{{ID: "c0"}, {ID: "c1"}}}
	ground.Index()
	g := feed.NewGate(opts, fields, ground, d)
	b := new(event.Batch)
	g.Begin(b, 0, len(users))
	times := make([]int64, len(users))
	for i := range times {
		times[i] = ms
	}
	for _, f := range fields {
		switch f.Name {
		case "t":
			err = g.Ints(f, 0, times)
		case "u":
			err = g.Ints(f, 0, users)
		default:
			for i := range users {
				err = errors.Join(err, g.Text(f, i, []byte("c1")))
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	g.Finish(len(users))
	return b
}

func push(t testing.TB, j *Journal, d *feed.Door, ms int64, users ...int64) Receipt {
	t.Helper()
	r, err := j.Append(t.Context(), Rows{Batch: through(t, d, ms, users...), Door: d})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// all reads what a partition holds from an offset up to the end that is durable.
func all(t testing.TB, j *Journal, partition int, from Offset, d *feed.Door) (rows []feedtest.Row, marks []feed.Mark, err error) {
	t.Helper()
	r, err := j.Open(t.Context(), partition, from)
	if err != nil {
		return nil, nil, err
	}
	defer r.Close()
	var b event.Batch
	for next := from; next < j.end; {
		mark, err := r.Next(t.Context(), d, &b)
		if err != nil {
			return rows, marks, err
		}
		for i := range b.Len() {
			if b.Arrival[i] > mark.Clock || b.Arrival[i] < noon {
				t.Errorf("a row arrived at %d, and the clock is at %d", b.Arrival[i], mark.Clock)
			}
		}
		rows, marks, next = append(rows, feedtest.Rows(&b)...), append(marks, mark), mark.Next
	}
	return rows, marks, nil
}

// units are the pseudonyms of rows.
func units(rows []feedtest.Row) (list []uint64) {
	for _, r := range rows {
		list = append(list, r.Unit)
	}
	return list
}

// copyDir copies a folder as a crash would leave it.
func copyDir(t testing.TB, from string) string {
	t.Helper()
	to := t.TempDir()
	names, err := os.ReadDir(from)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		text, err := os.ReadFile(filepath.Join(from, n.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(to, n.Name()), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return to
}

// faulty is a disk of which one operation goes wrong.
type faulty struct {
	Files
	mu    sync.Mutex
	n, at int
	how   string // error, short, sync
}

func (f *faulty) fails(kind string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.n++
	return f.n == f.at && (f.how == kind || f.how == "error")
}

// quick is a disk that is not made durable: the tests take copies of files and cut them, and pull no plug.
type quick struct{ Files }

func (q quick) SyncDir() error { return nil }

func (q quick) Create(name string) (File, error) {
	file, err := q.Files.Create(name)
	return quickFile{file}, err
}

type quickFile struct{ File }

func (quickFile) Sync() error { return nil }

var errDisk = errors.New("no space left on device")

func (f *faulty) Create(name string) (File, error) {
	if f.fails("create") {
		return nil, errDisk
	}
	file, err := f.Files.Create(name)
	return &faultyFile{file, f}, err
}

func (f *faulty) SyncDir() error {
	if f.fails("sync") {
		return errDisk
	}
	return f.Files.SyncDir()
}

type faultyFile struct {
	File
	f *faulty
}

func (f *faultyFile) Write(b []byte) (int, error) {
	if f.f.fails("short") {
		n, _ := f.File.Write(b[:len(b)/2])
		if f.f.how == "short" {
			return n, nil
		}
		return n, errDisk
	}
	return f.File.Write(b)
}

func (f *faultyFile) Sync() error {
	if f.f.fails("sync") {
		return errDisk
	}
	return f.File.Sync()
}
