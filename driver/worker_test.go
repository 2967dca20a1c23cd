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
	"strings"
	"sync"
	"sync/atomic"
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

// speech is what phones say on two days and some hours, out of order and late at times.
type speech struct {
	all     []said // by arrival
	at, end int64  // the stamp up to which a log has it, and the last
}

type said struct {
	arrival int64
	row     feedtest.LogRow
}

// spoken fills a log of four partitions with a speech. It answers the last stamp.
func spoken(log *feedtest.Memory, seed uint64) int64 {
	s := newSpeech(seed)
	s.put(log, s.end)
	return s.end
}

func newSpeech(seed uint64) *speech {
	rng := rand.New(rand.NewPCG(seed, 4))
	start := time.Date(2026, 2, 1, 23, 0, 0, 0, time.UTC).UnixMilli()
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
	return &speech{all, start, start + 60*3600e3}
}

// put fills a log of four partitions on, up to a stamp.
func (s *speech) put(log *feedtest.Memory, until int64) {
	for ; s.at < until; s.at += 300e3 {
		at := s.at + 300e3
		for len(s.all) > 0 && s.all[0].arrival < at {
			log.Append(int(s.all[0].row.Unit%4), s.all[0].arrival, s.all[0].row)
			s.all = s.all[1:]
		}
		for p := range 4 {
			log.Append(p, at)
		}
	}
}

// members is a group whose partitions the test gives and takes.
type members struct {
	mu     sync.Mutex
	shares map[int]feedkafka.Share
	owner  [4]int // of each partition; -1 is nobody
	turn   int32
}

// join is for the WorkerOptions of one worker.
func (m *members) join(worker int) func(context.Context, feedkafka.Share) (io.Closer, error) {
	return func(_ context.Context, s feedkafka.Share) (io.Closer, error) {
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

// talking is the small country under the contract of a log in memory.
func talking(t *testing.T) *region {
	t.Helper()
	return keyed(t, liveRegion(t).set("  unit: subscriber\n  arrival: file-time", "  columns: {user: {as: subscriber, type: int}, at: {as: time, type: text}, cell: {as: cell, type: text}}"))
}

// TestWorkers: three workers and a releaser publish what one process does, bin by bin and day by day, the same before the noise and
// once, while partitions change hands: saved or not, and with workers that go on with what is not theirs any more.
func TestWorkers(t *testing.T) {
	setup := func() (*region, *driver.Job, *feedtest.Memory, int64) {
		r := talking(t)
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
	late := time.Date(2026, 2, 1, 22, 0, 0, 0, time.UTC).UnixMilli() // of a worker that is late to notice
	if err := kafka.Seal(board, "talk", key).Put(ctx, 3, kafka.BinName(late), []byte("again")); err != nil {
		t.Fatal(err)
	}
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
			err = driver.Work(ctx, own, driver.WorkerOptions{Log: sharedLog{log}, Join: group.join(w), Board: kafka.Seal(board, "talk", key), Checkpoint: time.Millisecond})
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
	_, err := driver.Release(ctx, job, driver.ReleaserOptions{RunOptions: options, Log: sharedLog{log}, Board: kafka.Seal(board, "talk", key), Until: until})
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
	for p := range 4 {
		for _, kind := range []string{"bin/", "key/", "day/", "want/"} {
			notes, _ := board.Load(t.Context(), p, kind)
			for name := range notes {
				start, isBin := kafka.BinStart(name)
				if isBin && start < time.Date(2026, 2, 2, 23, 0, 0, 0, time.UTC).UnixMilli() || name <= kind+"2026-02-02" && !isBin {
					t.Errorf("%s of partition %d is on the board after its day is done", name, p)
				}
			}
		}
	}
	job, err = many.prepare(t)
	if err != nil {
		t.Fatal(err)
	}
	again, err := driver.Release(t.Context(), job, driver.ReleaserOptions{RunOptions: options, Log: sharedLog{log}, Board: kafka.Seal(board, "talk", key), Until: until})
	if err != nil || len(again.Published) > 0 {
		t.Errorf("one more releaser: got %v, published %v; want an end at once", err, again)
	}
}

// noted is a board that remembers what was put on it, in order, and lets the first note of a kind wait for the end of its partition.
type noted struct {
	kafka.Board
	holds string
	waits chan int // partition whose note waits

	first atomic.Bool // a note waits, or has
	mu    sync.Mutex
	names [4][]string
}

func (b *noted) Put(ctx context.Context, p int, name string, text []byte) error {
	if strings.HasPrefix(name, b.holds) && text != nil && b.first.CompareAndSwap(false, true) {
		b.waits <- p
		<-ctx.Done()
		return ctx.Err()
	}
	b.mu.Lock()
	b.names[p] = append(b.names[p], name)
	b.mu.Unlock()
	return b.Board.Put(ctx, p, name, text)
}

// TestWorkerTold: a partition that is taken while it asks for a key, tells of a day or hands over a bin does so again where it goes on.
// And a log that leaps over the end of a day tells of the day before it hands over later bins: a releaser that ends with such a bin has
// made the tables of the day.
func TestWorkerTold(t *testing.T) {
	for _, holds := range []string{"want/", "day/", "bin/"} {
		t.Run(holds, func(t *testing.T) { workerTold(t, holds) })
	}
}

func workerTold(t *testing.T, holds string) {
	r := talking(t)
	job, err := r.prepare(t)
	if err != nil {
		t.Fatal(err)
	}
	log := feedtest.NewMemory("talk", 4, job.Ground)
	start := time.Date(2026, 2, 1, 23, 0, 0, 0, time.UTC).UnixMilli()
	for p := range 4 {
		log.Append(p, start, feedtest.LogRow{Unit: 1000 + int64(p), Time: start, Cell: "E1-1"})
		log.Append(p, start+40*3600e3)
	}
	board, key := &noted{Board: kafka.NewMemory(), holds: holds, waits: make(chan int, 1)}, [32]byte{7}
	group := &members{shares: map[int]feedkafka.Share{}, owner: [4]int{-1, -1, -1, -1}}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	worked := make(chan error, 1)
	joined := make(chan bool)
	join := func(ctx context.Context, s feedkafka.Share) (io.Closer, error) {
		defer close(joined)
		return group.join(0)(ctx, s)
	}
	own, err := r.prepare(t)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		worked <- driver.Work(ctx, own, driver.WorkerOptions{Log: sharedLog{log}, Join: join, Board: kafka.Seal(board, "talk", key)})
	}()
	<-joined
	released := make(chan error, 1)
	go func() {
		options := driver.RunOptions{Out: filepath.Join(r.dir, "out"), Tuning: embedded.Tuning{Workers: 1}}
		_, err := driver.Release(ctx, job, driver.ReleaserOptions{RunOptions: options, Log: sharedLog{log}, Board: kafka.Seal(board, "talk", key), Until: start + 39*3600e3})
		released <- err
	}()
	for p := range 4 {
		group.move(p, 0, "first")
	}
	waits := <-board.waits
	group.shares[0].Taken(t.Context(), []int{waits}, 4)
	group.shares[0].Given(t.Context(), []int{waits}, 5)
	if err := <-released; err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-worked; err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	for p, names := range board.names {
		day, bin := slices.Index(names, "day/2026-02-02"), slices.Index(names, kafka.BinName(start+35*3600e3))
		if day < 0 || bin < 0 || day > bin {
			t.Errorf("partition %d told of the day at %d and of a bin after it at %d", p, day, bin)
		}
		for at := start; at <= start+35*3600e3; at += 3600e3 {
			if !slices.Contains(names, kafka.BinName(at)) {
				t.Errorf("partition %d has not handed over the bin of hour %d", p, (at-start)/3600e3)
			}
		}
	}
}

// reopened is a log whose second reader is not to be had before its partition is taken.
type reopened struct {
	sharedLog
	opens   atomic.Int32
	waiting chan bool
}

func (l *reopened) Open(ctx context.Context, partition int, from feed.Offset) (feed.LogReader, error) {
	if l.opens.Add(1) == 1 {
		return l.sharedLog.Open(ctx, partition, from)
	}
	close(l.waiting)
	<-ctx.Done()
	return (*noReader)(nil), ctx.Err()
}

// noReader is what a log returns beside an error.
type noReader struct{ feed.LogReader }

func (r *noReader) Close() error { return r.LogReader.Close() }

// TestTakenMeanwhile: a partition that is taken while its log is opened again ends, and nothing else does.
func TestTakenMeanwhile(t *testing.T) {
	r := talking(t)
	job, err := r.prepare(t)
	if err != nil {
		t.Fatal(err)
	}
	memory := feedtest.NewMemory("talk", 1, job.Ground)
	memory.Append(0, time.Date(2026, 2, 1, 23, 0, 0, 0, time.UTC).UnixMilli())
	log := &reopened{sharedLog: sharedLog{memory}, waiting: make(chan bool)}
	group := &members{shares: map[int]feedkafka.Share{}, owner: [4]int{-1, -1, -1, -1}}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	worked, joined := make(chan error, 1), make(chan feedkafka.Share, 1)
	join := func(ctx context.Context, s feedkafka.Share) (io.Closer, error) {
		defer func() { joined <- s }()
		return group.join(0)(ctx, s)
	}
	go func() {
		worked <- driver.Work(ctx, job, driver.WorkerOptions{Log: log, Join: join, Board: kafka.Seal(kafka.NewMemory(), "talk", [32]byte{7})})
	}()
	share := <-joined
	share.Given(ctx, []int{0}, 1)
	<-log.waiting
	share.Lost(ctx, []int{0})
	cancel()
	if err := <-worked; err != nil {
		t.Error(err)
	}
}
