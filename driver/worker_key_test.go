package driver_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/throng-stats/throng/driver"
	"github.com/throng-stats/throng/driver/embedded"
	"github.com/throng-stats/throng/driver/kafka"
	"github.com/throng-stats/throng/feed/feedtest"
	feedkafka "github.com/throng-stats/throng/feed/kafka"
)

var oldKey, newKey = [32]byte{7}, [32]byte{8}

type keys [][32]byte

// cluster is three workers of a log in memory, of which each is a process with keys of its own, and now and then a releaser.
type cluster struct {
	*region
	t     *testing.T
	log   *feedtest.Memory
	board *kafka.Memory
	group *members
	saves time.Duration // how often a worker does
	sweep time.Duration // how often it looks for what others left; 0 is the default
	ends  [3]func()     // of a worker that runs
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	c := &cluster{region: talking(t), t: t, board: kafka.NewMemory(), saves: 1, group: &members{shares: map[int]feedkafka.Share{}, owner: [4]int{-1, -1, -1, -1}}}
	job, err := c.prepare(t)
	if err != nil {
		t.Fatal(err)
	}
	c.log = feedtest.NewMemory("talk", 4, job.Ground)
	t.Cleanup(func() {
		for w := range c.ends {
			c.end(w)
		}
	})
	return c
}

func (c *cluster) under(k keys) *kafka.Sealed { return kafka.Seal(c.board, "talk", k...) }

// work ends a worker, if it runs, and begins it again with other keys and its partitions: some are those of a worker that died.
func (c *cluster) work(w int, k keys) {
	c.t.Helper()
	if c.ends[w] != nil && w == 1 {
		for p := range 4 {
			if c.group.owner[p] == w {
				c.group.move(p, (w+1)%3, "dead")
			}
		}
	}
	c.end(w)
	job, err := c.prepare(c.t)
	if err != nil {
		c.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended, joined := make(chan error, 1), make(chan bool)
	join := func(ctx context.Context, s feedkafka.Share) (io.Closer, error) {
		defer close(joined)
		return c.group.join(w)(ctx, s)
	}
	go func() {
		ended <- driver.Work(ctx, job, driver.WorkerOptions{Log: sharedLog{c.log}, Join: join, Board: c.under(k), Checkpoint: c.saves, Sweep: c.sweep})
	}()
	select {
	case <-joined:
	case err := <-ended:
		c.t.Fatalf("worker %d: %v", w, err)
	}
	c.ends[w] = func() {
		cancel()
		if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
			c.t.Errorf("worker %d: %v", w, err)
		}
	}
	for p := range 4 {
		if p%3 == w {
			c.group.move(p, w, "orderly")
		}
	}
}

func (c *cluster) end(w int) {
	if c.ends[w] != nil {
		c.ends[w]()
		c.ends[w] = nil
	}
}

// release begins a releaser with keys, until it has published the last bin that a stamp closes, and returns what waits for its end.
func (c *cluster) release(stamp int64, k keys) (await func()) {
	c.t.Helper()
	job, err := c.prepare(c.t)
	if err != nil {
		c.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		_, err := driver.Release(c.t.Context(), job, driver.ReleaserOptions{RunOptions: c.options(), Log: sharedLog{c.log}, Board: c.under(k), Until: stamp - 600e3 - 3600e3})
		ended <- err
	}()
	return func() {
		c.t.Helper()
		if err := <-ended; err != nil {
			c.t.Fatal(err)
		}
	}
}

func (c *cluster) options() driver.RunOptions {
	return driver.RunOptions{Out: filepath.Join(c.dir, "out"), Tuning: embedded.Tuning{Workers: 1}}
}

// ask runs a releaser until it has counted the notes under another key than its first, and answers their number and what it said of them.
func (c *cluster) ask(k keys) (older int, said string) {
	c.t.Helper()
	job, err := c.prepare(c.t)
	if err != nil {
		c.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(c.t.Context())
	defer cancel()
	options := c.options()
	options.Note = func(text string) { said += text + "\n" }
	status := func(s driver.LiveStatus) {
		if older = s.Older; older >= 0 {
			cancel()
		}
	}
	if _, err := driver.Release(ctx, job, driver.ReleaserOptions{RunOptions: options, Log: sharedLog{c.log}, Board: c.under(k), Status: status}); err != nil {
		c.t.Fatal(err)
	}
	return older, said
}

// await waits until all notes lie under a key, as an operator does who looks at their number.
func (c *cluster) await(k [32]byte) {
	c.t.Helper()
	for range 10_000 {
		n, err := c.under(keys{k}).Older(c.t.Context(), 4)
		if err != nil {
			c.t.Fatal(err)
		}
		if n == 0 {
			return
		}
		time.Sleep(time.Millisecond)
	}
	_, shut := c.kinds(k)
	c.t.Fatalf("%v go on to lie under another key", shut)
}

// kinds are the kinds of notes on the board that open with a key, and of those that do not.
func (c *cluster) kinds(k [32]byte) (open, shut []string) {
	c.t.Helper()
	opens, shuts := map[string]bool{}, map[string]bool{}
	for p := range 4 {
		all, err := c.board.Load(c.t.Context(), p, "")
		if err != nil {
			c.t.Fatal(err)
		}
		for name, text := range all {
			kind, _, _ := strings.Cut(name, "/")
			one := kafka.NewMemory()
			if err := one.Put(c.t.Context(), p, name, text); err != nil {
				c.t.Fatal(err)
			}
			if _, err := kafka.Seal(one, "talk", k).Load(c.t.Context(), p, ""); err == nil {
				opens[kind] = true
			} else {
				shuts[kind] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(opens)), slices.Sorted(maps.Keys(shuts))
}

// TestClusterKey: the key of workers and releaser is changed while they count, one process after the other: first all can open the new
// one, then it becomes the first, then the old one goes. What is counted is the same as without, bit for bit, published once; and when
// the old one goes nothing that matters lies under it.
func TestClusterKey(t *testing.T) {
	alone := newCluster(t)
	job, err := alone.prepare(t)
	if err != nil {
		t.Fatal(err)
	}
	end := spoken(alone.log, 2)
	if _, err := driver.Live(t.Context(), job, driver.LiveOptions{RunOptions: alone.options(), Log: sharedLog{alone.log}, Until: end}); err != nil {
		t.Fatal(err)
	}
	want := witnessed(t, alone.region)

	c, talk := newCluster(t), newSpeech(2)
	before, opens, first, after := keys{oldKey}, keys{oldKey, newKey}, keys{newKey, oldKey}, keys{newKey}
	for _, step := range []struct {
		workers  [3]keys // that are begun again; nil goes on
		releaser keys
		then     func()
	}{
		{[3]keys{before, before, before}, before, nil},
		{[3]keys{opens, nil, nil}, before, nil},
		{[3]keys{nil, opens, opens}, opens, nil},
		{[3]keys{first, first, nil}, opens, func() {
			if _, shut := c.kinds(newKey); !slices.Contains(shut, "key") {
				t.Errorf("before the releaser has the new key first, %v lie under the old one; want key among them", shut)
			}
		}},
		{[3]keys{nil, nil, first}, first, func() {
			c.await(newKey)
			open, shut := c.kinds(newKey)
			if len(shut) > 0 {
				t.Errorf("%v lie under the old key", shut)
			}
			for _, kind := range []string{"first", "since", "done", "key", "snapshot", "piece", "seal"} {
				if !slices.Contains(open, kind) {
					t.Errorf("no note %s lies on the board; want one, to see under which key", kind)
				}
			}
		}},
		{[3]keys{after, nil, nil}, first, nil},
		{[3]keys{nil, after, after}, after, nil},
	} {
		until := min(end, talk.at+9*3600e3)
		released := c.release(until, step.releaser)
		talk.put(c.log, talk.at+3*3600e3)
		for w, k := range step.workers {
			if k != nil {
				c.work(w, k)
			}
			talk.put(c.log, talk.at+3600e3)
		}
		talk.put(c.log, until)
		released()
		if step.then != nil {
			step.then()
		}
	}
	got := witnessed(t, c.region)
	wantLive(t, c.region, got)
	for name, digests := range want {
		if got[name] != digests && got[name] != "" {
			t.Errorf("%s differs between one process and many whose key changed", name)
		}
	}
	if len(got) < len(want)-2 {
		t.Errorf("%d were published, want %d", len(got), len(want))
	}
}

// TestClusterKeyWaiting: bins that wait on the board while the key changes, and what else the releaser knows, are sealed anew when it
// begins, tables inside too: another releaser, with the new key alone, publishes them. It says how many notes are left.
func TestClusterKeyWaiting(t *testing.T) {
	c := newCluster(t)
	c.saves = time.Hour
	start := time.Date(2026, 2, 1, 23, 0, 0, 0, time.UTC).UnixMilli()
	heard := func(p, hours int) { c.log.Append(p, start+int64(hours)*3600e3) }
	for p := range 4 {
		c.log.Append(p, start, feedtest.LogRow{Unit: 1000 + int64(p), Time: start, Cell: "E1-1"})
		heard(p, 5)
	}
	c.work(0, keys{oldKey, newKey})
	for p := range 4 {
		c.group.move(p, 0, "orderly")
	}
	c.release(start+5*3600e3, keys{oldKey, newKey})()
	heard(2, 8) // the others are silent
	for waits := 0; waits == 0; {
		notes, _ := c.board.Load(t.Context(), 2, kafka.BinName(start+6*3600e3))
		waits = len(notes)
	}
	c.end(0)
	if n, said := c.ask(keys{newKey, oldKey}); n == 0 || !strings.Contains(said, fmt.Sprintf("%d notes of workers and releaser lie under another key than the first", n)) {
		t.Errorf("before the workers have the new key first, %d notes are said to lie under another: %q", n, said)
	}
	open, shut := c.kinds(newKey)
	if !slices.Contains(open, "bin") || fmt.Sprint(shut) != "[piece snapshot]" {
		t.Errorf("after the releaser began %v lie under the new key and %v under the old; want only snapshots there", open, shut)
	}
	c.work(0, keys{newKey, oldKey})
	for p := range 4 {
		c.group.move(p, 0, "orderly")
	}
	c.await(newKey) // nothing is heard meanwhile
	for p := range 4 {
		heard(p, 9)
	}
	c.release(start+8*3600e3, keys{newKey})()
	if n, said := c.ask(keys{newKey, oldKey}); n != 0 || !strings.Contains(said, "the others may go") {
		t.Errorf("when nothing is left, %d notes are said to lie under another key: %q", n, said)
	}
	if got := witnessed(t, c.region); got["present-live 2026-02-02T05:00Z"] == "" {
		t.Errorf("what waited was not published: %v", slices.Sorted(maps.Keys(got)))
	}
}

// TestClusterOtherContract: a worker whose contract does not fit what was kept of a partition is refused, and leaves what was kept as it is, so that
// the old contract can finish.
func TestClusterOtherContract(t *testing.T) {
	c := newCluster(t)
	start := time.Date(2026, 2, 1, 23, 0, 0, 0, time.UTC).UnixMilli()
	for p := range 4 {
		c.log.Append(p, start, feedtest.LogRow{Unit: 1000 + int64(p), Time: start, Cell: "E1-1"})
		c.log.Append(p, start+5*3600e3)
	}
	c.work(0, keys{oldKey})
	for p := range 4 {
		c.group.move(p, 0, "orderly")
	}
	c.release(start+5*3600e3, keys{oldKey})()
	c.end(0)
	kept := func() (names []string) {
		for p := range 4 {
			notes, err := c.board.Load(t.Context(), p, "")
			if err != nil {
				t.Fatal(err)
			}
			for name := range notes {
				if strings.HasPrefix(name, "snapshot/") || strings.HasPrefix(name, "piece/") {
					names = append(names, fmt.Sprint(p, " ", name))
				}
			}
		}
		return slices.Sorted(slices.Values(names))
	}
	before := kept()
	c.set("live: {bin: 30m, carry: 2}")
	job, err := c.prepare(t)
	if err != nil {
		t.Fatal(err)
	}
	all := []int{0, 1, 2, 3}
	err = driver.Work(t.Context(), job, driver.WorkerOptions{Log: sharedLog{c.log}, Board: c.under(keys{oldKey}), Join: func(ctx context.Context, s feedkafka.Share) (io.Closer, error) {
		s.Given(ctx, all, 99)
		return leave(func() error { s.Taken(context.Background(), all, 100); return nil }), nil
	}})
	if driver.KindOf(err) != driver.Unsafe || !strings.Contains(fmt.Sprint(err), "finish with the old contract") {
		t.Errorf("got %v; want a refusal that says how to go on", err)
	}
	if after := kept(); len(before) == 0 || !slices.Equal(before, after) {
		t.Errorf("kept was\n%q and is\n%q", before, after)
	}
}

// TestClusterKeyLeft: a worker that was thought dead, or whose notes were on their way when it ended, leaves snapshots and pieces of them under
// the old key after its partition was taken up by another, on a log that is silent then. The other takes them away, and nothing else.
func TestClusterKeyLeft(t *testing.T) {
	c := newCluster(t)
	c.saves, c.sweep = time.Hour, time.Millisecond
	start := time.Date(2026, 2, 1, 23, 0, 0, 0, time.UTC).UnixMilli()
	for p := range 4 {
		c.log.Append(p, start, feedtest.LogRow{Unit: 1000 + int64(p), Time: start, Cell: "E1-1"})
		c.log.Append(p, start+5*3600e3)
	}
	mine := func(w int) {
		for p := range 4 {
			c.group.move(p, w, "orderly")
		}
	}
	c.work(0, keys{oldKey, newKey})
	mine(0)
	c.release(start+5*3600e3, keys{oldKey, newKey})()
	c.work(0, keys{newKey, oldKey})
	mine(0)
	c.ask(keys{newKey, oldKey})
	c.await(newKey)

	late := kafka.NewSnapshots(c.under(keys{oldKey}), 2, 1)
	for range 2 { // both slots
		if err := late.Save(t.Context(), 1<<40, []byte("older")); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.under(keys{oldKey}).Put(t.Context(), 3, "piece/0000000002/1/0", []byte("on its way")); err != nil {
		t.Fatal(err)
	}
	c.await(newKey)
	for p := range 4 {
		if text, err := kafka.NewSnapshots(c.under(keys{newKey}), p, 1<<20).Latest(t.Context()); err != nil || text == nil {
			t.Errorf("partition %d has lost its snapshot: %v", p, err)
		}
		c.log.Append(p, start+9*3600e3)
	}
	c.release(start+9*3600e3, keys{newKey})()
	if got := witnessed(t, c.region); got["present-live 2026-02-02T05:00Z"] == "" {
		t.Errorf("the worker did not go on: %v", slices.Sorted(maps.Keys(got)))
	}
}

// TestClusterKeyRefused: a process that cannot open what the others seal is refused when it begins, before it does anything, or when it
// meets the first such note; the error says what to do, and holds no key. With both keys it goes on.
func TestClusterKeyRefused(t *testing.T) {
	r := talking(t)
	job, err := r.prepare(t)
	if err != nil {
		t.Fatal(err)
	}
	log := feedtest.NewMemory("talk", 1, job.Ground)
	log.Append(0, time.Date(2026, 2, 1, 23, 0, 0, 0, time.UTC).UnixMilli())
	out := filepath.Join(r.dir, "refused")
	work := func(b *kafka.Sealed, joined func(feedkafka.Share)) error {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		return driver.Work(ctx, job, driver.WorkerOptions{Log: sharedLog{log}, Board: b, Join: func(_ context.Context, s feedkafka.Share) (io.Closer, error) {
			if joined == nil {
				t.Error("it joined the group")
				cancel()
			} else {
				joined(s)
			}
			return leave(func() error { return nil }), nil
		}})
	}
	release := func(b *kafka.Sealed) error {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		_, err := driver.Release(ctx, job, driver.ReleaserOptions{RunOptions: driver.RunOptions{Out: out, State: out + "-state"}, Log: sharedLog{log}, Board: b})
		return err
	}
	put := func(b kafka.Board, name string, text []byte) {
		if err := b.Put(t.Context(), 0, name, text); err != nil {
			t.Error(err)
		}
	}
	for name, one := range map[string]struct {
		note string // on which it stumbles
		run  func(raw *kafka.Memory, others, its *kafka.Sealed) error
	}{
		"worker begins": {"seal", func(_ *kafka.Memory, others, its *kafka.Sealed) error {
			return errors.Join(others.Admit(t.Context()), work(its, nil))
		}},
		"releaser begins": {"seal", func(_ *kafka.Memory, others, its *kafka.Sealed) error {
			return errors.Join(others.Admit(t.Context()), release(its))
		}},
		"worker goes on": {"since", func(_ *kafka.Memory, others, its *kafka.Sealed) error {
			return work(its, func(feedkafka.Share) { put(others, "since", kafka.Number(1)) })
		}},
		"worker is given a snapshot": {"snapshot/0000000001", func(_ *kafka.Memory, others, its *kafka.Sealed) error {
			put(others, "snapshot/0000000001", []byte("{}"))
			return work(its, func(s feedkafka.Share) { s.Given(t.Context(), []int{0}, 2) })
		}},
		"releaser goes on": {"want/2026-02-02", func(_ *kafka.Memory, others, its *kafka.Sealed) error {
			put(others, "want/2026-02-02", []byte{1})
			return release(its)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			raw := kafka.NewMemory()
			err := one.run(raw, kafka.Seal(raw, "talk", newKey), kafka.Seal(raw, "talk", oldKey))
			if driver.KindOf(err) != driver.Unsafe || driver.ExitCode(err) != 4 {
				t.Fatalf("got %v, of kind %q; want a refusal of kind unsafe", err, driver.KindOf(err))
			}
			if text := err.Error(); !strings.Contains(text, "the note "+one.note+" of partition 0 does not open") || !strings.Contains(text, "give it the key") {
				t.Errorf("it says %q", text)
			}
			if one.note == "seal" {
				if notes, err := kafka.Seal(raw, "talk", newKey).Load(t.Context(), 0, ""); err != nil || len(notes) != 1 {
					t.Errorf("it left notes: %v, %v", notes, err)
				}
			}
		})
	}
}
