package feedtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"testing"

	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/feed"
)

func everyRow(t *testing.T, r *logRun) {
	r.fill(LogPut(600, 50, LogMonday+logDay-1800e3)) // half an hour before midnight and half an hour after
	if name := r.Log.Name(); name == "" || name != r.Log.Name() {
		t.Error("the log has no name")
	}
	where, all := map[uint64]int{}, []Logged{}
	for p, s := range r.read() {
		all = append(all, s.rows...)
		for _, row := range s.rows {
			if before, ok := where[row.Unit]; ok && before != p {
				t.Fatalf("a unit is in the partitions %d and %d", before, p)
			}
			where[row.Unit] = p
		}
	}
	r.sameSet(all)
}

// from reads a partition from an offset until as many rows have come as are given, and one batch of nothing more.
func (r *logRun) from(p int, at feed.Offset, rows int) (s story) {
	r.t.Helper()
	reader, err := r.Log.Open(r.ctx, p, at)
	if err != nil {
		r.t.Fatalf("open at %d: %v", at, err)
	}
	defer reader.Close()
	var b event.Batch
	for len(s.rows) < rows {
		mark, err := reader.Next(r.ctx, r.door, &b)
		if err != nil {
			r.t.Fatalf("from %d: %v", at, err)
		}
		s.add(r.t, &b, mark)
	}
	return s
}

func (r *logRun) offsets(p int, s story) []feed.Offset {
	if r.Offsets != nil {
		return r.Offsets(p)
	}
	var list []feed.Offset
	for o := feed.Offset(0); o < s.end(); o++ {
		list = append(list, o)
	}
	return list
}

func resumes(t *testing.T, r *logRun) {
	r.fill(LogPut(60, 7, LogMonday))
	r.Beat(t)
	r.fill(LogPut(30, 7, LogMonday+3600e3))
	for p, s := range r.read() {
		for _, m := range s.marks {
			r.sameList(fmt.Sprintf("partition %d from the mark %d", p, m.Next), r.from(p, m.Next, len(s.rows)-m.rows).rows, s.rows[m.rows:])
		}
		before := len(s.rows)
		for _, o := range r.offsets(p, s) {
			rest := r.tail(p, o, s)
			if rest > before || o == 0 && rest != len(s.rows) {
				t.Fatalf("partition %d from %d: got the last %d rows, want at most %d", p, o, rest, before)
			}
			before = rest
		}
	}
}

// tail reads from an offset to the last row and says how many rows that were; they are the last ones of the story.
func (r *logRun) tail(p int, at feed.Offset, s story) int {
	r.t.Helper()
	reader, err := r.Log.Open(r.ctx, p, at)
	if err != nil {
		r.t.Fatalf("open at %d: %v", at, err)
	}
	defer reader.Close()
	var b event.Batch
	var rows []Logged
	for next := at; next < s.end(); {
		mark, err := reader.Next(r.ctx, r.door, &b)
		if err != nil {
			r.t.Fatalf("from %d: %v", at, err)
		}
		rows, next = append(rows, LoggedRows(&b)...), mark.Next
	}
	if len(rows) > len(s.rows) {
		r.t.Fatalf("partition %d from %d: got %d rows, and there are %d", p, at, len(rows), len(s.rows))
	}
	r.sameList(fmt.Sprintf("partition %d from %d", p, at), rows, s.rows[len(s.rows)-len(rows):])
	return len(rows)
}

func waits(t *testing.T, r *logRun) {
	got := make(chan []Logged)
	ctx, cancel := context.WithCancel(r.ctx)
	var read sync.WaitGroup
	defer read.Wait()
	defer cancel()
	for p := range r.Log.Partitions() {
		reader, err := r.Log.Open(ctx, p, 0)
		if err != nil {
			t.Fatal(err)
		}
		read.Go(func() {
			defer reader.Close()
			var b event.Batch
			for {
				if _, err := reader.Next(ctx, r.door, &b); err != nil {
					return
				}
				select {
				case got <- LoggedRows(&b):
				case <-ctx.Done():
					return
				}
			}
		})
	}
	var all []Logged
	for i, entries := range [][][]LogRow{LogPut(3, 2, LogMonday), LogPut(5, 3, LogMonday+60e3), LogPut(1, 1, LogMonday+120e3)} {
		r.fill(entries)
		for len(all) < len(r.put) {
			select {
			case rows := <-got:
				all = append(all, rows...)
			case <-ctx.Done():
				t.Fatalf("after entries %d: got %d rows, want %d", i, len(all), len(r.put))
			}
		}
	}
	r.sameSet(all)
}

func heartbeats(t *testing.T, r *logRun) {
	r.fill(LogPut(40, 9, LogMonday))
	for p, s := range r.read() {
		reader, err := r.Log.Open(r.ctx, p, s.end())
		if err != nil {
			t.Fatal(err)
		}
		defer reader.Close()
		clock, next := int64(0), s.end()
		if n := len(s.marks); n > 0 {
			clock = s.marks[n-1].Clock
		}
		var b event.Batch
		for i := range 3 {
			r.Beat(t)
			mark, err := reader.Next(r.ctx, r.door, &b)
			if err != nil {
				t.Fatal(err)
			}
			if b.Len() != 0 {
				t.Fatalf("partition %d: got %d rows of a heartbeat", p, b.Len())
			}
			if mark.Clock <= 0 || mark.Clock < clock || mark.Next <= next {
				t.Errorf("partition %d, heartbeat %d: the mark went from %d to %d, its clock from %d to %d", p, i, next, mark.Next, clock, mark.Clock)
			}
			clock, next = mark.Clock, mark.Next
		}
	}
}

// part reads a part to its end.
func (r *logRun) part(p int, from, to feed.Offset) (rows []Logged) {
	r.t.Helper()
	err := feed.Each(r.ctx, r.Log.Part(p, from, to, r.door), func(b *event.Batch) error {
		if b.Len() == 0 {
			r.t.Error("a part gives a batch without rows")
		}
		rows = append(rows, LoggedRows(b)...)
		return nil
	})
	if err != nil {
		r.t.Fatalf("part from %d to %d: %v", from, to, err)
	}
	return rows
}

func parts(t *testing.T, r *logRun) {
	for i := range 6 {
		r.fill(LogPut(20, 7, LogMonday+int64(i)*600e3))
		r.Beat(t)
	}
	for p, s := range r.read() {
		end := s.end()
		r.sameList("the whole", r.part(p, 0, end), s.rows)
		r.sameList("again", r.part(p, 0, end), s.rows)
		r.sameList("nothing", r.part(p, end, end), nil)
		for _, m := range s.marks {
			r.sameList("up to a mark", r.part(p, 0, m.Next), s.rows[:m.rows])
			r.sameList("from a mark", r.part(p, m.Next, end), s.rows[m.rows:])
		}
		list := r.offsets(p, s)
		if len(list) > 0 {
			at := list[len(list)/2]
			r.sameList("two halves", append(r.part(p, 0, at), r.part(p, at, end)...), s.rows)
		}
	}
}

func doors(t *testing.T, r *logRun) {
	r.fill(LogPut(30, 5, LogMonday+logDay+3600e3)) // Tuesday after one, of which Monday is the day before
	first := r.read()
	if r.door = LogDoor(1); r.Through != nil {
		r.Through(r.door)
	}
	seen := len(r.put)
	r.fill(LogPut(30, 5, LogMonday+2*logDay-60e3)) // around the next midnight
	wednesday := r.put[seen:]
	var got []Logged
	ctx, cancel := context.WithCancel(r.ctx)
	defer cancel()
	var lock sync.Mutex
	var wait sync.WaitGroup
	for p, s := range first {
		reader, err := r.Log.Open(r.ctx, p, s.end())
		if err != nil {
			t.Fatal(err)
		}
		wait.Go(func() {
			defer reader.Close()
			var b event.Batch
			for {
				if _, err := reader.Next(ctx, r.door, &b); err != nil {
					return
				}
				lock.Lock()
				if got = append(got, LoggedRows(&b)...); len(got) >= len(wednesday) {
					cancel()
				}
				lock.Unlock()
			}
		})
	}
	wait.Wait()
	r.put = wednesday
	r.sameSet(got)
	if !slices.ContainsFunc(got, func(row Logged) bool { return row.Was != 0 && row.Was != row.Unit }) {
		t.Error("no row just after midnight has the pseudonym of the day before")
	}
}

func broken(t *testing.T, r *logRun) {
	if r.Break == nil {
		t.Skip("no such entry gets into this log")
	}
	r.fill(LogPut(9, 3, LogMonday))
	r.Break(t)
	r.fill(LogPut(9, 3, LogMonday+60e3))
	good := r.put
	r.put = append(slices.Clone(good), Logged{})
	var all []Logged
	lost := 0
	for _, s := range r.read() {
		for _, row := range s.rows {
			if row.Bad&event.Unreadable == 0 {
				all = append(all, row)
				continue
			}
			if lost++; row.Unit != 0 || row.Arrival == 0 {
				t.Errorf("an entry that is no row has a unit, or no arrival")
			}
		}
	}
	if r.put = good; lost != 1 {
		t.Errorf("got %d entries that are no row, want 1", lost)
	}
	r.sameSet(all)
}

func usedLogBatch(t *testing.T, r *logRun) {
	r.fill(LogPut(1, 1, LogMonday))
	for p, s := range r.read() {
		if len(s.rows) == 0 {
			continue
		}
		dirty := event.Batch{Unit: []uint64{9, 9}, Time: []int64{9, 9}, Place: []uint32{9, 9}, SIM: []uint16{9, 9}, Network: []uint32{9, 9},
			End: []int64{9, 9}, To: []uint32{9, 9}, Origin: []uint16{9, 9}, Arrival: []int64{9, 9}, Was: []uint64{9, 9}, Bad: []event.Bad{9, 9}}
		reader, err := r.Log.Open(r.ctx, p, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer reader.Close()
		var got story
		for len(got.rows) == 0 {
			mark, err := reader.Next(r.ctx, r.door, &dirty)
			if err != nil {
				t.Fatal(err)
			}
			got.add(t, &dirty, mark)
			if len(dirty.SIM)+len(dirty.Network)+len(dirty.End)+len(dirty.To)+len(dirty.Origin) != 0 {
				t.Error("the batch keeps columns that the log does not have")
			}
		}
		r.sameList("a used batch", got.rows, s.rows)
	}
}

func stops(t *testing.T, r *logRun) {
	var b event.Batch
	r.fill(LogPut(1, 1, LogMonday))
	ctx, cancel := context.WithCancel(r.ctx)
	reader, err := r.Log.Open(ctx, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := reader.Next(ctx, r.door, &b); !errors.Is(err, context.Canceled) || b.Len() != 0 {
		t.Errorf("told to stop: got %d rows and error %v, want context.Canceled", b.Len(), err)
	}
	if err := reader.Close(); err != nil {
		t.Error(err)
	}
	s := r.read()[0]
	waiting, err := r.Log.Open(r.ctx, 0, s.end())
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	go func() {
		var b event.Batch
		_, err := waiting.Next(r.ctx, r.door, &b)
		ended <- err
	}()
	if err := r.Log.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != io.EOF {
		t.Errorf("the log was closed: got error %v, want io.EOF", err)
	}
	if err := waiting.Close(); err != nil {
		t.Error(err)
	}
}

func releases(t *testing.T, r *logRun) {
	r.fill(LogPut(40, 5, LogMonday))
	r.Beat(t)
	r.fill(LogPut(40, 5, LogMonday+600e3))
	for p, s := range r.read() {
		if len(s.marks) == 0 {
			continue
		}
		m := s.marks[0]
		for range 2 {
			if err := r.Log.Release(r.ctx, p, m.Next); err != nil {
				t.Fatal(err)
			}
		}
		r.sameList("after a release", r.from(p, m.Next, len(s.rows)-m.rows).rows, s.rows[m.rows:])
		r.sameList("a part after a release", r.part(p, m.Next, s.end()), s.rows[m.rows:])
		r.neverSkips(p, s)
	}
}

// neverSkips reads what was released: it is there, or an error says that it is not.
func (r *logRun) neverSkips(p int, s story) {
	reader, err := r.Log.Open(r.ctx, p, 0)
	if err != nil {
		return
	}
	defer reader.Close()
	var b event.Batch
	var got []Logged
	for len(got) < len(s.rows) {
		if _, err := reader.Next(r.ctx, r.door, &b); err != nil {
			return
		}
		got = append(got, LoggedRows(&b)...)
		if !slices.Equal(got, s.rows[:min(len(got), len(s.rows))]) {
			r.t.Fatal("reading from before a release leaves rows out without an error")
		}
	}
}

func atOnce(t *testing.T, r *logRun) {
	var wait sync.WaitGroup
	entries := LogPut(300, 40, LogMonday)
	for _, entry := range entries {
		for _, row := range entry {
			r.put = append(r.put, row.want(r.ground, r.door))
		}
	}
	wait.Go(func() {
		for _, entry := range entries {
			r.Put(t, entry)
		}
	})
	var all []Logged
	for _, s := range r.read() {
		all = append(all, s.rows...)
	}
	wait.Wait()
	r.sameSet(all)
}
