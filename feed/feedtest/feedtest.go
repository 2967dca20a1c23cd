// Package feedtest is one suite of tests for every implementation of a feed.
package feedtest

import (
	"cmp"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/feed"
)

// Subject is a feed under test.
type Subject struct {
	// Parts returns the same parts each time it is called. Required.
	Parts func(t *testing.T) []feed.Part
	// Want are all rows of all parts, in any order. Required, not empty.
	Want []Row
}

// Row is one row of a batch; columns that the feed does not have are zero.
type Row struct {
	Unit    uint64
	Time    int64
	Place   uint32
	SIM     uint16
	Network uint32
	End     int64
	To      uint32
	Origin  uint16
	Bad     event.Bad
}

// Rows copies the rows of a batch.
func Rows(b *event.Batch) []Row {
	rows := make([]Row, b.Len())
	for i := range rows {
		rows[i] = Row{at(b.Unit, i), at(b.Time, i), at(b.Place, i), at(b.SIM, i), at(b.Network, i), at(b.End, i), at(b.To, i), at(b.Origin, i), at(b.Bad, i)}
	}
	return rows
}

func at[T any](column []T, i int) (v T) {
	if column != nil {
		v = column[i]
	}
	return v
}

// Sort puts rows in a total order.
func Sort(rows []Row) []Row {
	slices.SortFunc(rows, func(a, b Row) int {
		return cmp.Or(cmp.Compare(a.Time, b.Time), cmp.Compare(a.Unit, b.Unit), cmp.Compare(a.Place, b.Place), cmp.Compare(a.SIM, b.SIM),
			cmp.Compare(a.Network, b.Network), cmp.Compare(a.End, b.End), cmp.Compare(a.To, b.To), cmp.Compare(a.Origin, b.Origin), cmp.Compare(a.Bad, b.Bad))
	})
	return rows
}

// Run checks everything that the rest of the program relies on.
func Run(t *testing.T, s Subject) {
	s.Want = Sort(slices.Clone(s.Want))
	t.Run("every row comes once", func(t *testing.T) { s.same(t, s.readAll(t, s.Parts(t))) })
	t.Run("the order of parts does not matter", s.anyOrder)
	t.Run("parts can be read at the same time", s.together)
	t.Run("a part can be read again", s.again)
	t.Run("batches have one length and an end", s.batches)
	t.Run("a row that is not acknowledged comes again", s.unacknowledged)
	t.Run("a used batch is emptied first", s.usedBatch)
	t.Run("reading stops when told", s.cancelled)
}

func (s Subject) same(t *testing.T, got []Row) {
	t.Helper()
	if len(s.Want) == 0 {
		t.Fatal("the suite needs rows to look for")
	}
	if got = Sort(got); len(got) != len(s.Want) {
		t.Fatalf("got %d rows, want %d", len(got), len(s.Want))
	}
	for i := range got {
		if got[i] != s.Want[i] {
			t.Fatalf("row %d in order: got %+v, want %+v", i, got[i], s.Want[i])
		}
	}
}

func (s Subject) readAll(t *testing.T, parts []feed.Part) (rows []Row) {
	t.Helper()
	for _, p := range parts {
		err := feed.Each(t.Context(), p, func(b *event.Batch) error { rows = append(rows, Rows(b)...); return nil })
		if err != nil {
			t.Fatal(err)
		}
	}
	return rows
}

func (s Subject) anyOrder(t *testing.T) {
	const seed = 7
	random := rand.New(rand.NewPCG(seed, 0))
	for range 3 {
		parts := s.Parts(t)
		random.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
		s.same(t, s.readAll(t, parts))
	}
}

func (s Subject) together(t *testing.T) {
	var all []Row
	var lock sync.Mutex
	var wait sync.WaitGroup
	for _, p := range s.Parts(t) {
		wait.Go(func() {
			err := feed.Each(t.Context(), p, func(b *event.Batch) error {
				lock.Lock()
				defer lock.Unlock()
				all = append(all, Rows(b)...)
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	s.same(t, all)
}

func (s Subject) again(t *testing.T) {
	parts := s.Parts(t)
	s.readAll(t, parts)
	s.same(t, s.readAll(t, parts))
}

func (s Subject) batches(t *testing.T) {
	for _, p := range s.Parts(t) {
		r, err := p.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var b event.Batch
		rows := int64(0)
		for {
			ack, err := r.Read(t.Context(), &b)
			if err == io.EOF {
				break
			}
			if err != nil || ack == nil {
				t.Fatalf("got error %v and ack %v, want rows and a function", err, ack != nil)
			}
			rows += int64(b.Len())
			checkShape(t, &b)
			ack()
		}
		if p.Rows() >= 0 && p.Rows() != rows {
			t.Errorf("%s: got %d rows, want %d as the part says", p.Name(), rows, p.Rows())
		}
		if ack, err := r.Read(t.Context(), &b); err != io.EOF || ack != nil || b.Len() != 0 {
			t.Errorf("%s: read behind the end: got %d rows and error %v, want io.EOF", p.Name(), b.Len(), err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}

func checkShape(t *testing.T, b *event.Batch) {
	t.Helper()
	n := b.Len()
	if n < 1 || n > feed.BatchRows {
		t.Fatalf("got a batch of %d rows, want 1 to %d", n, feed.BatchRows)
	}
	if len(b.Unit) != n || len(b.Bad) != n {
		t.Fatalf("got %d units and %d flags for %d times", len(b.Unit), len(b.Bad), n)
	}
	for name, length := range map[string]int{"place": length(b.Place), "sim": length(b.SIM), "network": length(b.Network),
		"end": length(b.End), "to": length(b.To), "origin": length(b.Origin)} {
		if length >= 0 && length != n {
			t.Fatalf("column %s has %d rows, want %d", name, length, n)
		}
	}
}

func length[T any](column []T) int {
	if column == nil {
		return -1
	}
	return len(column)
}

func (s Subject) unacknowledged(t *testing.T) {
	for _, p := range s.Parts(t) {
		r, err := p.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var b event.Batch
		if _, err := r.Read(t.Context(), &b); err != nil && err != io.EOF {
			t.Fatal(err)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
	s.same(t, s.readAll(t, s.Parts(t)))
}

func (s Subject) usedBatch(t *testing.T) {
	dirty := event.Batch{Unit: []uint64{9}, Time: []int64{9}, Place: []uint32{9}, SIM: []uint16{9}, Network: []uint32{9},
		End: []int64{9}, To: []uint32{9}, Origin: []uint16{9}, Bad: []event.Bad{9}}
	r, err := s.Parts(t)[0].Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := r.Read(t.Context(), &dirty); err != nil {
		t.Fatal(err)
	}
	checkShape(t, &dirty)
	for _, row := range Rows(&dirty) {
		if _, ok := slices.BinarySearchFunc(s.Want, row, func(a, b Row) int { return cmp.Compare(a.Time, b.Time) }); !ok {
			t.Fatalf("got a row that the feed does not have: %+v", row)
		}
	}
}

func (s Subject) cancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	r, err := s.Parts(t)[0].Open(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	cancel()
	var b event.Batch
	if ack, err := r.Read(ctx, &b); !errors.Is(err, context.Canceled) || ack != nil || b.Len() != 0 {
		t.Errorf("got %d rows and error %v, want context.Canceled", b.Len(), err)
	}
}
