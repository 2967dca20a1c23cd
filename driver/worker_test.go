package driver_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/throng-stats/throng/driver"
	"github.com/throng-stats/throng/driver/embedded"
	"github.com/throng-stats/throng/driver/kafka"
	"github.com/throng-stats/throng/feed"
	"github.com/throng-stats/throng/feed/feedtest"
	feedkafka "github.com/throng-stats/throng/feed/kafka"
)

// sharedLog is a log that several followers of a test share: none closes it.
type sharedLog struct{ *feedtest.Memory }

func (sharedLog) Close() error { return nil }

func (sharedLog) Release(context.Context, int, feed.Offset) error { return nil } // for displays alone

// spoken fills a log of four partitions with what phones say on two days and some hours, out of order and late at times. It answers
// the last stamp.
func spoken(log *feedtest.Memory, seed uint64) int64 {
	rng := rand.New(rand.NewPCG(seed, 4))
	start := time.Date(2026, 2, 1, 23, 0, 0, 0, time.UTC).UnixMilli()
	type said struct {
		arrival int64
		row     feedtest.LogRow
	}
	var all []said
	for phone := range int64(60) {
		place := rng.IntN(16)
		for at := start + rng.Int64N(3600e3); at < start+50*3600e3; at += 60e3 + rng.Int64N(3600e3) {
			if rng.IntN(4) == 0 {
				place = rng.IntN(16)
			}
			delay := rng.Int64N(20e3)
			if rng.IntN(50) == 0 {
				delay = rng.Int64N(9 * 3600e3)
			}
			cell := fmt.Sprintf("%s-%d", []string{"E1", "E2", "W1", "W2"}[place/4], place%4)
			all = append(all, said{at + delay, feedtest.LogRow{Unit: 1000 + phone, Time: at, Cell: cell}})
		}
	}
	slices.SortStableFunc(all, func(a, b said) int { return cmp.Compare(a.arrival, b.arrival) })
	end := start + 60*3600e3
	for at := start + 300e3; at <= end; at += 300e3 {
		for len(all) > 0 && all[0].arrival < at {
			log.Append(int(all[0].row.Unit%4), all[0].arrival, all[0].row)
			all = all[1:]
		}
		for p := range 4 {
			log.Append(p, at)
		}
	}
	return end
}

// members is a group whose partitions the test gives and takes.
type members struct {
	mu     sync.Mutex
	shares map[int]feedkafka.Share
	owner  [4]int // of each partition; -1 is nobody
	turn   int32
}

// join is for the WorkerOptions of one worker.
func (m *members) join(worker int) func(feedkafka.Share) (io.Closer, error) {
	return func(s feedkafka.Share) (io.Closer, error) {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.shares[worker] = s
		return leave(func() error {
			m.mu.Lock()
			defer m.mu.Unlock()
			for p, o := range m.owner {
				if o == worker {
					s.Taken(context.Background(), []int{p}, m.turn)
					m.owner[p] = -1
				}
			}
			delete(m.shares, worker)
			return nil
		}), nil
	}
}

type leave func() error

func (l leave) Close() error { return l() }

// move gives a partition to another worker. The one before saves it first, or is thought dead and does not, or is thought dead and
// goes on all the same.
func (m *members) move(p, to int, how string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.shares[to]; !ok || m.owner[p] == to {
		return
	}
	m.turn++
	if before, ok := m.shares[m.owner[p]]; ok && m.owner[p] >= 0 {
		switch how {
		case "orderly":
			before.Taken(context.Background(), []int{p}, m.turn)
		case "dead":
			before.Lost(context.Background(), []int{p})
		}
	}
	m.owner[p] = to
	m.shares[to].Given(context.Background(), []int{p}, m.turn)
}

// TestWorkers: three workers and a releaser publish what one process does, bin by bin and day by day, the same before the noise and
// once, while partitions change hands: saved or not, and with workers that go on with what is not theirs any more.
func TestWorkers(t *testing.T) {
	if testing.Short() {
		t.Skip("long under the race detector; run it there by itself: go test -race ./driver -run Workers")
	}
	setup := func() (*region, *driver.Job, *feedtest.Memory, int64) {
		r := keyed(t, liveRegion(t).set("  unit: subscriber\n  arrival: file-time", "  columns: {user: {as: subscriber, type: int}, at: {as: time, type: text}, cell: {as: cell, type: text}}"))
		job, err := r.prepare(t)
		if err != nil {
			t.Fatal(err)
		}
		log := feedtest.NewMemory("talk", 4, job.Ground)
		return r, job, log, spoken(log, 2)
	}
	alone, job, log, end := setup()
	options := driver.RunOptions{Out: filepath.Join(alone.dir, "out"), Tuning: embedded.Tuning{Workers: 1}}
	if _, err := driver.Live(t.Context(), job, driver.LiveOptions{RunOptions: options, Log: sharedLog{log}, Until: end}); err != nil {
		t.Fatal(err)
	}
	want := witnessed(t, alone)
	wantLive(t, alone, want)

	many, job, log, end := setup()
	board, key := kafka.NewMemory(), [32]byte{7}
	group := &members{shares: map[int]feedkafka.Share{}, owner: [4]int{-1, -1, -1, -1}}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var running sync.WaitGroup
	var preparing sync.Mutex
	for w := range 3 {
		running.Go(func() {
			preparing.Lock()
			own, err := many.prepare(t) // as a process of its own would
			preparing.Unlock()
			if err != nil {
				t.Error(err)
				return
			}
			err = driver.Work(ctx, own, driver.WorkerOptions{Log: sharedLog{log}, Join: group.join(w), Board: kafka.Seal(board, "talk", key), Key: key, Checkpoint: time.Millisecond})
			if err != nil && !errors.Is(err, context.Canceled) {
				t.Errorf("worker %d: %v", w, err)
				cancel()
			}
		})
	}
	running.Go(func() { // partitions change hands, again and again
		rng := rand.New(rand.NewPCG(5, 6))
		for i := 0; i < 200 && ctx.Err() == nil; i++ {
			group.move(i%4, rng.IntN(3), []string{"orderly", "dead", "zombie"}[rng.IntN(3)])
			select {
			case <-ctx.Done():
			case <-time.After(time.Duration(rng.IntN(60)) * time.Millisecond):
			}
		}
	})
	options.Out = filepath.Join(many.dir, "out")
	until := end - 600e3 - 3600e3 // the bin that the last stamps close
	_, err := driver.Release(ctx, job, driver.ReleaserOptions{RunOptions: options, Log: sharedLog{log}, Board: kafka.Seal(board, "talk", key), Key: key, Until: until})
	cancel()
	running.Wait()
	if err != nil {
		t.Fatal(err)
	}
	got := witnessed(t, many)
	wantLive(t, many, got)
	for name, digests := range want {
		if got[name] != digests && got[name] != "" {
			t.Errorf("%s differs between one process and many", name)
		}
	}
	if len(got) < len(want)-2 {
		t.Errorf("%d were published, want %d", len(got), len(want))
	}
}
