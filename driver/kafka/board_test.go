package kafka_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/throng-stats/throng/driver/kafka"
	feedkafka "github.com/throng-stats/throng/feed/kafka"
	"github.com/throng-stats/throng/feed/kafka/kafkatest"
)

// boards are all implementations.
func boards(t *testing.T) map[string]kafka.Board {
	t.Helper()
	k := kafkatest.New(t)
	topic, err := kafka.OpenTopic(t.Context(), "notes", 2, append(kafkatest.Client(), kgo.SeedBrokers(k.ListenAddrs()...))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { topic.Close() })
	return map[string]kafka.Board{"memory": kafka.NewMemory(), "topic": topic, "sealed": kafka.Seal(kafka.NewMemory(), "log", [32]byte{1})}
}

// TestBoard: the last note of a name counts, in its own partition; notes that are taken away are gone; and whoever watches hears of all.
func TestBoard(t *testing.T) {
	for name, b := range boards(t) {
		t.Run(name, func(t *testing.T) {
			put := func(p int, name, text string) {
				t.Helper()
				var bytes []byte
				if text != "" {
					bytes = []byte(text)
				}
				if err := b.Put(t.Context(), p, name, bytes); err != nil {
					t.Fatal(err)
				}
			}
			put(0, "a/1", "old")
			put(0, "a/1", "new")
			put(0, "a/2", "x")
			put(0, "a/2", "")
			put(0, "b/1", "other")
			put(1, "a/1", "elsewhere")
			got, err := b.Load(t.Context(), 0, "a/")
			if err != nil || len(got) != 1 || string(got["a/1"]) != "new" {
				t.Fatalf("loaded %q, %v", got, err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			seen := map[string]string{}
			put(1, "end", "end")
			_ = b.Watch(ctx, func(name string) bool { return !strings.HasPrefix(name, "b/") }, func(p int, name string, text []byte) {
				seen[fmt.Sprint(p, " ", name)] = string(text)
				if len(seen) == 4 {
					cancel()
				}
			})
			if seen["0 a/1"] != "new" || seen["0 a/2"] != "" || seen["1 a/1"] != "elsewhere" || seen["1 end"] != "end" {
				t.Errorf("watched %q", seen)
			}
		})
	}
}

// TestSnapshots: a snapshot counts when it is whole, of two the one further on, whoever wrote it; one that was cut off by a death does not
// count, and a worker that was thought dead spoils nothing.
func TestSnapshots(t *testing.T) {
	ctx := t.Context()
	large := func(b byte) []byte { return bytes.Repeat([]byte{b}, 1_300_000) } // three pieces
	latest := func(b kafka.Board, generation int32) string {
		t.Helper()
		text, err := kafka.NewSnapshots(b, 0, generation).Latest(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if len(text) == 0 {
			return ""
		}
		return fmt.Sprintf("%c %d", text[0], len(text))
	}
	b := kafka.NewMemory()
	first := kafka.NewSnapshots(b, 0, 7)
	if got := latest(b, 7); got != "" {
		t.Errorf("an empty board has %s", got)
	}
	for i, letter := range []byte("abc") {
		if err := first.Save(ctx, int64(i), large(letter)); err != nil {
			t.Fatal(err)
		}
		if got, want := latest(b, 8), fmt.Sprintf("%c 1300000", letter); got != want {
			t.Errorf("latest is %s, want %s", got, want)
		}
	}
	dying := &mortal{Board: b, left: 2}
	half := kafka.NewSnapshots(dying, 0, 8)
	if _, err := half.Latest(ctx); err != nil {
		t.Fatal(err)
	}
	if half.Save(ctx, 9, large('d')) == nil {
		t.Fatal("it did not die")
	}
	if got := latest(b, 9); got != "c 1300000" {
		t.Errorf("after a death in mid-save latest is %s, want c", got)
	}
	second := kafka.NewSnapshots(b, 0, 9)
	if _, err := second.Latest(ctx); err != nil {
		t.Fatal(err)
	}
	if err := second.Save(ctx, 10, large('e')); err != nil {
		t.Fatal(err)
	}
	if err := first.Save(ctx, 4, large('z')); err != nil { // the zombie
		t.Fatal(err)
	}
	if got := latest(b, 10); got != "e 1300000" {
		t.Errorf("beside a zombie latest is %s, want e", got)
	}
	again := kafka.NewSnapshots(b, 0, 9) // a group that counts its generations anew
	if _, err := again.Latest(ctx); err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		if err := again.Save(ctx, int64(11+i), []byte("short")); err != nil {
			t.Fatal(err)
		}
	}
	if pieces, err := b.Load(ctx, 0, "piece/"); err != nil || len(pieces) != 2 {
		t.Errorf("%d pieces lie on the board, %v; want one in each slot", len(pieces), err)
	}
}

// mortal is a board of a worker that dies after so many notes.
type mortal struct {
	kafka.Board
	left int
}

func (m *mortal) Put(ctx context.Context, p int, name string, text []byte) error {
	if m.left--; m.left < 0 {
		return context.Canceled
	}
	return m.Board.Put(ctx, p, name, text)
}

// TestSealed: a note opens under its key, in its place and on its board alone, and its text is not in what is stored.
func TestSealed(t *testing.T) {
	under := kafka.NewMemory()
	if err := kafka.Seal(under, "log", [32]byte{1}).Put(t.Context(), 0, "key/2026-02-03", []byte("secret of the day")); err != nil {
		t.Fatal(err)
	}
	stored, _ := under.Load(t.Context(), 0, "")
	if bytes.Contains(stored["key/2026-02-03"], []byte("secret")) {
		t.Error("a note lies open")
	}
	if _, err := kafka.Seal(under, "log", [32]byte{2}).Load(t.Context(), 0, "key/"); err == nil {
		t.Error("a note opened with another key")
	}
	if _, err := kafka.Seal(under, "other", [32]byte{1}).Load(t.Context(), 0, "key/"); err == nil {
		t.Error("a note opened on another board")
	}
	moved := kafka.NewMemory()
	moved.Put(t.Context(), 1, "key/2026-02-04", stored["key/2026-02-03"])
	if _, err := kafka.Seal(moved, "log", [32]byte{1}).Load(t.Context(), 1, "key/"); err == nil {
		t.Error("a note opened under another name")
	}
}

// TestKeys: the first key seals and any opens. A board whose notes were all sealed anew goes on without the old key, though what they
// took the place of lies there still; one that was not is refused, by who begins and by who reads, and never skipped.
func TestKeys(t *testing.T) {
	for name, under := range boards(t) {
		t.Run(name, func(t *testing.T) {
			ctx, end := context.WithTimeout(t.Context(), 20*time.Second)
			defer end()
			one, two := [32]byte{1}, [32]byte{2}
			old, both, fresh := kafka.Seal(under, "log", one), kafka.Seal(under, "log", two, one), kafka.Seal(under, "log", two)
			put := func(b kafka.Board, p int, name string, text []byte) {
				t.Helper()
				if err := b.Put(ctx, p, name, text); err != nil {
					t.Fatal(err)
				}
			}
			older := func(b *kafka.Sealed, want int) {
				t.Helper()
				if n, err := b.Older(ctx, 2); err != nil || n != want {
					t.Errorf("%d notes lie under another key, %v; want %d", n, err, want)
				}
			}
			refused := func(what string, err error) {
				t.Helper()
				worded := interface{ Kind() string }(nil)
				if !errors.As(err, &worded) || worded.Kind() != "unsafe" {
					t.Errorf("%s: got %v, want a refusal", what, err)
				}
			}
			any := func(string) bool { return true }
			if err := old.Admit(ctx); err != nil {
				t.Fatal(err)
			}
			put(old, 0, "key/1", []byte("k"))
			put(old, 1, "since", []byte("s"))
			put(old, 1, "want/1", []byte("w"))
			refused("a stranger begins", fresh.Admit(ctx))
			if err := both.Admit(ctx); err != nil {
				t.Fatal(err)
			}
			older(both, 3)
			refused("one with the old key begins again", old.Admit(ctx))
			put(both, 0, "key/1", []byte("k"))
			put(both, 1, "want/1", nil)
			older(both, 1)
			_, err := fresh.Load(ctx, 1, "")
			refused("loaded", err)
			refused("watched", fresh.Watch(ctx, any, func(int, string, []byte) {}))
			refused("goes on with the old key", old.Watch(ctx, any, func(int, string, []byte) {}))
			put(both, 1, "since", []byte("s"))
			older(both, 0)
			if err := fresh.Admit(ctx); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancelCause(ctx)
			seen, all := map[string]string{}, errors.New("all seen")
			err = fresh.Watch(ctx, any, func(p int, name string, text []byte) {
				if seen[fmt.Sprint(p, " ", name)] = string(text); len(seen) == 4 {
					cancel(all)
				}
			})
			if err != all || seen["0 key/1"] != "k" || seen["1 since"] != "s" {
				t.Errorf("watched %q, %v", seen, err)
			}
		})
	}
}

// TestSweep: once a generation has a snapshot under the first key, what earlier ones left of that partition under another is taken away,
// snapshots and pieces of them, and nothing else: not what lies under the first key or one that is not known, not a later generation's, no
// other note and no other partition.
func TestSweep(t *testing.T) {
	for name, under := range boards(t) {
		t.Run(name, func(t *testing.T) {
			one, two := [32]byte{1}, [32]byte{2}
			old, both := kafka.Seal(under, "log", one), kafka.Seal(under, "log", two, one)
			put := func(b kafka.Board, p int, name string) {
				t.Helper()
				if err := b.Put(t.Context(), p, name, []byte("text")); err != nil {
					t.Fatal(err)
				}
			}
			left := []string{"snapshot/0000000003", "piece/0000000003/0/0", "piece/0000000004/1/12"}
			kept := []string{"snapshot/0000000005", "piece/0000000005/0/0", "snapshot/0000000007", "piece/0000000007/0/0", "first", "want/2026-02-03", "bin/000000000000003", "day/2026-02-03"}
			stranger := "piece/0000000001/0/0" // under a key that this process does not have
			for _, name := range slices.Concat(left, kept) {
				put(old, 1, name)
			}
			put(both, 1, "piece/0000000002/0/0")
			put(old, 0, left[0])
			put(kafka.Seal(under, "log", [32]byte{3}), 1, stranger)
			got := func() []string {
				t.Helper()
				if err := both.Sweep(t.Context(), 1, 5); err != nil {
					t.Fatal(err)
				}
				notes, err := under.Load(t.Context(), 1, "")
				if err != nil {
					t.Fatal(err)
				}
				return slices.Sorted(maps.Keys(notes))
			}
			want := slices.Sorted(slices.Values(slices.Concat(left, kept, []string{"piece/0000000002/0/0", stranger})))
			if names := got(); !slices.Equal(names, want) {
				t.Errorf("before this generation has a snapshot under the first key, left are\n%q, want\n%q", names, want)
			}
			put(both, 1, "snapshot/0000000005")
			want = slices.Sorted(slices.Values(append(kept, "piece/0000000002/0/0", stranger)))
			if names := got(); !slices.Equal(names, want) {
				t.Errorf("left are\n%q, want\n%q", names, want)
			}
			if other, err := both.Load(t.Context(), 0, ""); err != nil || len(other) != 1 {
				t.Errorf("in another partition %d notes are left, %v; want 1", len(other), err)
			}
		})
	}
}

// TestAway: a board whose broker is away, or ends connections while it comes and goes, waits for it, whatever is asked of it.
func TestAway(t *testing.T) {
	for name, how := range map[string]kafkatest.Away{"refused": kafkatest.Refused, "ended": kafkatest.Ended} {
		t.Run(name, func(t *testing.T) {
			k, gate := kafkatest.New(t), kafkatest.NewGate()
			common, err := feedkafka.Reach(feedkafka.Options{Brokers: k.ListenAddrs(), Client: append(kafkatest.Client(), gate.Option())})
			if err != nil {
				t.Fatal(err)
			}
			b, err := kafka.OpenTopic(t.Context(), "notes", 1, common...)
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close()
			if err := b.Put(t.Context(), 0, "a", []byte("old")); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			seen, done := make(chan string, 10), make(chan error, 3)
			go func() {
				done <- b.Watch(ctx, func(string) bool { return true }, func(_ int, _ string, text []byte) { seen <- string(text) })
			}()
			if got := <-seen; got != "old" {
				t.Fatalf("seen %q", got)
			}
			gate.Set(how)
			go func() { done <- b.Put(t.Context(), 0, "a", []byte("new")) }()
			go func() {
				_, err := b.Load(t.Context(), 0, "")
				done <- err
			}()
			go func() {
				other, err := kafka.OpenTopic(t.Context(), "notes", 1, common...)
				if err == nil {
					other.Close()
				}
				done <- err
			}()
			if err := gate.AwaitTurned(t.Context(), 12); err != nil {
				t.Fatal(err)
			}
			gate.Set(kafkatest.Here)
			for range 3 {
				if err := <-done; err != nil {
					t.Error(err)
				}
			}
			if got := <-seen; got != "new" {
				t.Errorf("seen %q", got)
			}
		})
	}
}

// TestComing: who asks a broker that has just come, and ends connections again, is not turned away for good.
func TestComing(t *testing.T) {
	for name, ask := range map[string]func(ctx context.Context, b kafka.Board) error{
		"load": func(ctx context.Context, b kafka.Board) error {
			_, err := b.Load(ctx, 0, "")
			return err
		},
		"watch": func(ctx context.Context, b kafka.Board) error {
			ctx, cancel := context.WithCancelCause(ctx)
			seen := errors.New("seen")
			err := b.Watch(ctx, func(string) bool { return true }, func(int, string, []byte) { cancel(seen) })
			if context.Cause(ctx) == seen {
				return nil
			}
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			k := kafkatest.New(t)
			common, err := feedkafka.Reach(feedkafka.Options{Brokers: k.ListenAddrs(), Client: kafkatest.Client()})
			if err != nil {
				t.Fatal(err)
			}
			b, err := kafka.OpenTopic(t.Context(), "notes", 1, common...)
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close()
			if err := b.Put(t.Context(), 0, "a", []byte("x")); err != nil {
				t.Fatal(err)
			}
			for range 3 {
				k.ControlKey(int16(kmsg.ListOffsets), func(kmsg.Request) (kmsg.Response, error, bool) { return nil, errors.New("ends the connection"), true })
			}
			if err := ask(t.Context(), b); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestGivenUp: who gives up a note that is on its way does not wait for its answer, which a broker that hangs does not give.
func TestGivenUp(t *testing.T) {
	k := kafkatest.New(t)
	b, err := kafka.OpenTopic(t.Context(), "notes", 1, append(kafkatest.Client(), kgo.SeedBrokers(k.ListenAddrs()...))...)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Put(t.Context(), 0, "a", []byte("old")); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	arrived, hangs := make(chan bool), make(chan bool)
	k.ControlKey(int16(kmsg.Produce), func(kmsg.Request) (kmsg.Response, error, bool) {
		close(arrived)
		<-hangs
		return nil, nil, false
	})
	put := make(chan error, 1)
	go func() { put <- b.Put(ctx, 0, "a", []byte("new")) }()
	<-arrived
	cancel(errors.New("patience is over"))
	if err := <-put; err == nil || !strings.Contains(err.Error(), "patience is over") {
		t.Errorf("got %v", err)
	}
	b.Close()
	close(hangs)
}

// TestTopicEnds: what lies before the end of a partition may not be a note: its records may have been deleted, and marks of transactions
// take a place. Whoever reads to the end does not wait for more.
func TestTopicEnds(t *testing.T) {
	k := kafkatest.New(t)
	opts := append(kafkatest.Client(), kgo.SeedBrokers(k.ListenAddrs()...))
	client, err := kgo.NewClient(append(opts, kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.TransactionalID("other"))...)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for name, end := range map[string]func(topic string) error{
		"deleted": func(topic string) error {
			all := kadm.Offsets{}
			all.AddOffset(topic, 0, -1, -1)
			_, err := kadm.NewClient(client).DeleteRecords(t.Context(), all)
			return err
		},
		"transaction": func(topic string) error {
			if err := client.BeginTransaction(); err != nil {
				return err
			}
			if err := client.ProduceSync(t.Context(), &kgo.Record{Topic: topic, Key: []byte("a"), Value: []byte("last")}).FirstErr(); err != nil {
				return err
			}
			return client.EndTransaction(t.Context(), kgo.TryCommit)
		},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			b, err := kafka.OpenTopic(ctx, name, 1, opts...)
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close()
			if err := errors.Join(b.Put(ctx, 0, "a", []byte("first")), end(name)); err != nil {
				t.Fatal(err)
			}
			want := map[string]string{"transaction": "last"}[name]
			got, err := b.Load(ctx, 0, "")
			if err != nil || string(got["a"]) != want {
				t.Errorf("loaded %q, %v; want %q", got, err, want)
			}
			if want == "" {
				return
			}
			seen := ""
			_ = b.Watch(ctx, func(string) bool { return true }, func(_ int, name string, text []byte) { seen = name + " " + string(text); cancel() })
			if seen != "a "+want {
				t.Errorf("watched %q", seen)
			}
		})
	}
}
