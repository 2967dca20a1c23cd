package follow

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
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

// world is a holder's folder and the state folder of who follows it.
type world struct {
	t         testing.TB
	in, state string
	opt       Options
}

func newWorld(t testing.TB) *world {
	w := &world{t: t, in: t.TempDir(), state: t.TempDir()}
	g := &locate.Ground{}
	for i := range 10 {
		g.Places = append(g.Places, locate.Place{ID: fmt.Sprintf("c%d", i), Lat: 48 + float64(i)/10, Lon: 2})
	}
	g.Index()
	w.opt = Options{
		Feed: feed.Options{Kind: feed.Events, Files: []string{filepath.Join(w.in, "*.csv")}, Strict: true, Columns: []feed.Column{
			{Name: "user", As: "subscriber"}, {Name: "at", As: "time", Type: "int"}, {Name: "cell", As: "cell"}}},
		Ground: g, State: w.state, Every: time.Millisecond,
		Now: func() time.Time { return time.UnixMilli(noon + 24*3600e3) },
	}
	return w
}

// byColumn adds a column of arrivals.
func (w *world) byColumn() {
	w.opt.ByColumn = true
	w.opt.Feed.Columns = append(w.opt.Feed.Columns, feed.Column{Name: "came", As: "arrival", Type: "int"})
}

func (w *world) open() *Folder {
	w.t.Helper()
	f, err := New(w.opt)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { f.Close() })
	return f
}

// put renames a file into place, as it was at an instant.
func (w *world) put(name, text string, ms int64) {
	w.t.Helper()
	path := filepath.Join(w.in, name)
	if err := os.WriteFile(path+".tmp", []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
	if err := os.Chtimes(path+".tmp", time.Time{}, time.UnixMilli(ms)); err != nil {
		w.t.Fatal(err)
	}
	if err := os.Rename(path+".tmp", path); err != nil {
		w.t.Fatal(err)
	}
}

// rows is a file of n rows of which the first is at an instant, a second apart.
func rows(who string, ms int64, n int) string {
	var s strings.Builder
	s.WriteString("user,at,cell\n")
	for i := range n {
		fmt.Fprintf(&s, "%s%d,%d,c%d\n", who, i%7, ms+int64(i)*1000, i%10)
	}
	return s.String()
}

// door has the days 2 and 3 February 2026, with other keys for another seed.
func door(t testing.TB, seed byte) *feed.Door {
	t.Helper()
	var days []throng.Period
	for _, name := range []string{"2026-02-02", "2026-02-03"} {
		day, err := throng.DayOf(name, time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		days = append(days, day)
	}
	return feed.NewDoor(days, [][16]byte{{1, seed}, {2, seed}}, nil)
}

// step is one answer of Next, with copies of its rows.
type step struct {
	rows    []feedtest.Row
	arrival []int64
	mark    feed.Mark
}

// read calls Next until so many rows have come and the index has no more to give, then returns what came.
func read(t testing.TB, f *Folder, from feed.Offset, d *feed.Door, n int) []step {
	t.Helper()
	r, err := f.Open(t.Context(), 0, from)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var steps []step
	for got := 0; got < n; {
		var b event.Batch
		mark, err := r.Next(t.Context(), d, &b)
		if err != nil {
			t.Fatalf("after %d of %d rows: %v", got, n, err)
		}
		got += b.Len()
		steps = append(steps, step{feedtest.Rows(&b), append([]int64(nil), b.Arrival...), mark})
	}
	return steps
}

// failure is how many rows came before the error that Next gives in the end, and the error.
func failure(t testing.TB, f *Folder) (int, error) {
	t.Helper()
	r, err := f.Open(t.Context(), 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for n := 0; ; {
		var b event.Batch
		if _, err := r.Next(ctx, door(t, 0), &b); err != nil {
			if _, again := r.Next(ctx, door(t, 0), &b); again == nil || err == io.EOF {
				t.Errorf("after %v came %v", err, again)
			}
			return n, err
		}
		n += b.Len()
	}
}
