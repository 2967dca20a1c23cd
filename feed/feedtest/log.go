package feedtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/feed"
	"github.com/throng-stats/throng/locate"
)

// LogSubject is a log under test.
type LogSubject struct {
	// New makes an empty log whose rows have the columns of LogOptions. Required.
	New func(t *testing.T) *LogFixture
}

// LogFixture is one log and how entries get into it.
type LogFixture struct {
	// Log is the log itself, of one partition or more. Required. The suite closes it.
	Log feed.Log
	// Put appends one entry with these rows, all of one unit; it is in the log when Put returns. Required.
	Put func(t *testing.T, rows []LogRow)
	// Beat appends a heartbeat to every partition. Required.
	Beat func(t *testing.T)
	// Break appends an entry that is no row. Nil when no such entry gets into the log.
	Break func(t *testing.T)
	// Through says through which door rows that are put from now on go, for logs that keep pseudonyms of ours rather than
	// the holder's. Nil for others.
	Through func(door *feed.Door)
	// Offsets lists the offsets of a partition at which a reader can begin. Nil when every whole number is one.
	Offsets func(partition int) []feed.Offset
}

// LogRow is a row as the holder knows it.
type LogRow struct {
	Unit int64 // pseudonym of the holder, column "u", a whole number
	Time int64 // column "t", milliseconds since 1970 UTC
	Cell string
}

// Logged is a row that came out of a log.
type Logged struct {
	Row
	Was     uint64
	Arrival int64
}

// LogOptions are the options of the suite's feed: columns u, t and c, all stamped by the log.
func LogOptions() feed.Options {
	return feed.Options{Kind: feed.Events, Stamped: true, Unit: "subscriber", Columns: []feed.Column{
		{Name: "u", As: "subscriber", Type: "int"}, {Name: "t", As: "time", Type: "int"}, {Name: "c", As: "cell", Type: "text"}}, Drop: []string{"note"}}
}

// LogGround has the cells c0 to c9.
func LogGround() *locate.Ground {
	g := &locate.Ground{}
	for i := range 10 {
		g.Places = append(g.Places, locate.Place{ID: fmt.Sprintf("c%d", i), Lat: 48 + float64(i)/10, Lon: 2})
	}
	g.Index()
	return g
}

// LogMonday is 2026-02-02 00:00 UTC in milliseconds, the first day of LogDoor(0).
const LogMonday = 1769990400000

const logDay = 86400000

// LogDoor has two days and carries two hours: Monday and Tuesday for 0, Tuesday and Wednesday for 1. A day has the same
// key in both.
func LogDoor(first int) *feed.Door {
	var days []throng.Period
	var keys [][16]byte
	for i := first; i < first+2; i++ {
		start := int64(LogMonday + i*logDay)
		days = append(days, throng.Period{Name: time.UnixMilli(start).UTC().Format(time.DateOnly), Start: start, End: start + logDay})
		keys = append(keys, [16]byte{byte(i + 1)})
	}
	d := feed.NewDoor(days, keys, nil)
	d.Carry(2 * 3600e3)
	return d
}

// LogPut makes n rows of some units from an instant on, 7 seconds apart, in entries of one to three rows.
func LogPut(n int, units, from int64) (entries [][]LogRow) {
	for i := 0; i < n; {
		unit := 1<<60 + int64(i)*7919%units // of 19 digits: no phone and no card has such a number
		var entry []LogRow
		for k := 0; k <= i%3 && i < n; k++ {
			entry = append(entry, LogRow{unit, from + int64(i)*7000, fmt.Sprintf("c%d", i%11)}) // c10 is no place
			i++
		}
		entries = append(entries, entry)
	}
	return entries
}

// want is what a row is behind a door; Arrival is the log's own.
func (r LogRow) want(ground *locate.Ground, door *feed.Door) Logged {
	out := Logged{Row: Row{Time: r.Time, Place: event.NoPlace}}
	if p := door.Period(r.Time); p >= 0 {
		out.Unit = door.UnitInt(p, r.Unit)
		if p > 0 && r.Time < door.Periods()[p].Start+2*3600e3 {
			out.Was = door.UnitInt(p-1, r.Unit)
		}
	}
	if i, ok := ground.Place([]byte(r.Cell)); ok {
		out.Place = i
	} else {
		out.Bad = event.UnknownPlace
	}
	return out
}

// LoggedRows copies the rows of a batch of a log.
func LoggedRows(b *event.Batch) []Logged {
	rows := make([]Logged, b.Len())
	for i, r := range Rows(b) {
		rows[i] = Logged{r, at(b.Was, i), at(b.Arrival, i)}
	}
	return rows
}

// RunLog checks everything that the rest of the program relies on.
func RunLog(t *testing.T, s LogSubject) {
	for _, one := range []struct {
		name string
		test func(*testing.T, *logRun)
	}{
		{"every row comes once, and a unit lies in one partition", everyRow},
		{"reading goes on at every offset", resumes},
		{"reading waits for what comes", waits},
		{"a heartbeat moves the clock and nothing else", heartbeats},
		{"a part is what was read", parts},
		{"a row goes through the door that is given", doors},
		{"an entry that is no row is counted", broken},
		{"a used batch is emptied first", usedLogBatch},
		{"reading stops when told", stops},
		{"what is released is not needed, the rest stays", releases},
		{"partitions are read at the same time", atOnce},
	} {
		t.Run(one.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), logPatience)
			defer cancel()
			r := &logRun{LogFixture: s.New(t), t: t, ctx: ctx, ground: LogGround(), door: LogDoor(0)}
			defer func() {
				if err := r.Log.Close(); err != nil {
					t.Error(err)
				}
			}()
			if r.Through != nil {
				r.Through(r.door)
			}
			one.test(t, r)
		})
	}
}

// logPatience is after how long a test gives up waiting for rows that do not come; it decides nothing else.
const logPatience = 60 * time.Second

// logRun is one log in one test.
type logRun struct {
	*LogFixture
	t      *testing.T
	ctx    context.Context
	ground *locate.Ground
	door   *feed.Door
	put    []Logged // what came out has to be this, Arrival apart
}

// fill puts rows and notes what they are behind the door.
func (r *logRun) fill(entries [][]LogRow) {
	r.t.Helper()
	for _, entry := range entries {
		r.Put(r.t, entry)
		for _, row := range entry {
			r.put = append(r.put, row.want(r.ground, r.door))
		}
	}
}

// story is what a partition gave: its rows in order, and the marks with how many rows were read at each.
type story struct {
	rows  []Logged
	marks []logMark
}

type logMark struct {
	feed.Mark
	rows int
}

// read reads all partitions from their beginning until as many rows as were put have come, and checks each step.
func (r *logRun) read() []story {
	r.t.Helper()
	out := make([]story, r.Log.Partitions())
	ctx, cancel := context.WithCancel(r.ctx)
	defer cancel()
	var lock sync.Mutex
	var wait sync.WaitGroup
	left := len(r.put)
	for p := range out {
		reader, err := r.Log.Open(r.ctx, p, 0) // not ctx: another partition may have had all rows by now
		if err != nil {
			r.t.Fatal(err)
		}
		wait.Go(func() {
			defer reader.Close()
			var b event.Batch
			for {
				mark, err := reader.Next(ctx, r.door, &b)
				if err != nil {
					if !errors.Is(err, context.Canceled) || b.Len() != 0 {
						r.t.Errorf("partition %d: got %d rows and error %v", p, b.Len(), err)
						cancel()
					}
					return
				}
				out[p].add(r.t, &b, mark)
				lock.Lock()
				if left -= b.Len(); left <= 0 {
					cancel()
				}
				lock.Unlock()
			}
		})
	}
	wait.Wait()
	if left != 0 {
		r.t.Fatalf("got %d rows, want %d", len(r.put)-left, len(r.put))
	}
	return out
}

// add checks a batch and its mark against those before.
func (s *story) add(t *testing.T, b *event.Batch, mark feed.Mark) {
	n := b.Len()
	if n > 0 && (len(b.Unit) != n || len(b.Bad) != n || len(b.Arrival) != n || len(b.Was) != n || len(b.Place) != n) {
		t.Errorf("got %d units, %d flags, %d arrivals, %d units of the day before and %d places for %d times", len(b.Unit), len(b.Bad), len(b.Arrival), len(b.Was), len(b.Place), n)
		return
	}
	if last := len(s.marks) - 1; last >= 0 && (mark.Next <= s.marks[last].Next || mark.Clock < s.marks[last].Clock) {
		t.Errorf("a mark goes back or stays, from %d to %d, or its clock does", s.marks[last].Next, mark.Next)
	}
	for _, a := range b.Arrival {
		if a <= 0 || a > mark.Clock {
			t.Errorf("a row arrived at %d, want a time up to the clock of the mark, %d", a, mark.Clock)
		}
	}
	if mark.Lag < -1 {
		t.Errorf("got a lag of %d", mark.Lag)
	}
	s.rows = append(s.rows, LoggedRows(b)...)
	s.marks = append(s.marks, logMark{mark, len(s.rows)})
}

func (s *story) end() feed.Offset {
	if len(s.marks) == 0 {
		return 0
	}
	return s.marks[len(s.marks)-1].Next
}

// sameSet compares rows in any order, but for their arrival.
func (r *logRun) sameSet(got []Logged) {
	r.t.Helper()
	clean := func(rows []Logged) []Row {
		list := make([]Row, len(rows))
		for i, row := range rows {
			list[i] = row.Row
			list[i].End = int64(row.Was) // a column that events do not have
		}
		return Sort(list)
	}
	g, w := clean(got), clean(r.put)
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			r.t.Fatalf("row %d in order: got %+v, want %+v", i, g[i], w[i])
		}
	}
	if len(g) != len(w) {
		r.t.Fatalf("got %d rows, want %d", len(g), len(w))
	}
}

func (r *logRun) sameList(what string, got, want []Logged) {
	r.t.Helper()
	if !slices.Equal(got, want) {
		r.t.Fatalf("%s: got %d rows, want the same %d in the same order, with the same arrivals", what, len(got), len(want))
	}
}
