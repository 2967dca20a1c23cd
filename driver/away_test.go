package driver_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/throng-stats/throng/driver"
	"github.com/throng-stats/throng/driver/embedded"
	"github.com/throng-stats/throng/driver/kafka"
	"github.com/throng-stats/throng/feed"
	feedkafka "github.com/throng-stats/throng/feed/kafka"
	"github.com/throng-stats/throng/feed/kafka/kafkatest"
	feedrows "github.com/throng-stats/throng/feed/rows"
)

// talk is a topic with six hours of what phones say, in a broker of this process that can be away from one of those who read it.
type talk struct {
	brokers []string
	gate    *kafkatest.Gate
	client  *kgo.Client
	slices  []string // CSV
	start   time.Time
	sent    int
}

const talkParts = 2

func newTalk(t *testing.T) *talk {
	t.Helper()
	d := deliver(t, t.TempDir(), 4)
	talk := &talk{brokers: kafkatest.New(t).ListenAddrs(), gate: kafkatest.NewGate(), start: d.start}
	for _, name := range d.files[:36] {
		talk.slices = append(talk.slices, d.text[name])
	}
	var err error
	if talk.client, err = kgo.NewClient(kgo.SeedBrokers(talk.brokers...), kgo.RecordPartitioner(kgo.ManualPartitioner())); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(talk.client.Close)
	stamps := "LogAppendTime"
	if r, err := kadm.NewClient(talk.client).CreateTopic(t.Context(), talkParts, 1, map[string]*string{"message.timestamp.type": &stamps}, "talk"); err != nil || r.Err != nil {
		t.Fatal(err, r.Err)
	}
	return talk
}

// put sends the next n slices of ten minutes, and a heartbeat after each.
func (k *talk) put(t *testing.T, n int) {
	t.Helper()
	var records []*kgo.Record
	for _, text := range k.slices[k.sent : k.sent+n] {
		k.sent++
		list, err := csv.NewReader(strings.NewReader(text)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range list[1:] {
			value, err := json.Marshal(map[string]string{"user": row[0], "at": row[1], "cell": row[2], "arrived": row[3]})
			if err != nil {
				t.Fatal(err)
			}
			records = append(records, &kgo.Record{Topic: "talk", Partition: int32(row[0][len(row[0])-1]-'0') % talkParts, Value: value})
		}
		for p := range int32(talkParts) {
			beat := kgo.RecordHeader{Key: feedkafka.Heartbeat, Value: strconv.AppendInt(nil, k.at(k.sent), 10)}
			records = append(records, &kgo.Record{Topic: "talk", Partition: p, Headers: []kgo.RecordHeader{beat}})
		}
	}
	if err := k.client.ProduceSync(t.Context(), records...).FirstErr(); err != nil {
		t.Fatal(err)
	}
}

// at is the instant at which n slices have been sent.
func (k *talk) at(n int) int64 { return k.start.Add(time.Duration(n) * 10 * time.Minute).UnixMilli() }

// until is the end of a bin that the last slices close.
func (k *talk) until() int64 { return k.at(len(k.slices) - 2*6) }

// open opens log and board as one process does; through the gate where it is the one that loses the broker.
func (k *talk) open(t *testing.T, job *driver.Job, gated bool) (*feedkafka.Log, *kafka.Sealed) {
	t.Helper()
	opt := feedkafka.Options{Brokers: k.brokers, Topic: "talk", Group: "g", ByColumn: true, Client: kafkatest.Client()}
	if gated {
		opt.Client = append(opt.Client, k.gate.Option())
	}
	of := feed.Options{Kind: feed.Events, Unit: "subscriber", Columns: []feed.Column{{Name: "user", As: "subscriber", Type: "text"}, {Name: "at", As: "time", Type: "text"},
		{Name: "cell", As: "cell", Type: "text"}, {Name: "arrived", As: "arrival", Type: "text"}}}
	decoder, err := feedrows.New(of, feedrows.Options{Format: feedrows.JSON}, job.Ground)
	if err != nil {
		t.Fatal(err)
	}
	log, err := feedkafka.Open(t.Context(), opt, decoder)
	if err != nil {
		t.Fatal(err)
	}
	common, err := feedkafka.Reach(opt)
	if err != nil {
		t.Fatal(err)
	}
	board, err := kafka.OpenTopic(t.Context(), "notes", talkParts, common...)
	if err != nil {
		t.Fatal(err)
	}
	return log, kafka.Seal(board, log.Name(), [32]byte{7})
}

// TestStopWhileAway: who is told to stop while the broker is away, or hangs, ends, and is content; what was not saved is read again, and all
// bins come out as if nothing had been.
func TestStopWhileAway(t *testing.T) {
	want := undisturbed(t)
	for _, one := range []struct {
		role, name string
		how        kafkatest.Away
	}{
		{"alone", "silent", kafkatest.Silent}, {"worker", "refused", kafkatest.Refused}, {"worker", "silent", kafkatest.Silent}, {"releaser", "silent", kafkatest.Silent},
	} {
		t.Run(one.role+" "+one.name, func(t *testing.T) {
			t.Parallel() // they wait most of the time
			if got := stopWhileAway(t, one.role, one.how); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("counted %d bins, undisturbed %d, or not the same", len(got), len(want))
			}
		})
	}
}

// stopWhileAway answers the digests of the bins.
func stopWhileAway(t *testing.T, stopped string, how kafkatest.Away) map[string]string {
	k, r := newTalk(t), keyed(t, liveRegion(t).set("products: [present-live]"))
	until := k.until()
	prepare := func() *driver.Job {
		job, err := r.prepare(t)
		if err != nil {
			t.Fatal(err)
		}
		return job
	}
	// play plays a role until ctx ends. going is told when a bin was published or handed over.
	play := func(ctx context.Context, role string, gated bool, going func()) error {
		job := prepare()
		status := func(s driver.LiveStatus) {
			if s.Bins > 0 && going != nil {
				going()
			}
		}
		options := driver.RunOptions{Out: filepath.Join(r.dir, "out"), Tuning: embedded.Tuning{Workers: 1}}
		log, board := k.open(t, job, gated)
		defer board.Close()
		switch role {
		case "alone":
			_, err := driver.Live(ctx, job, driver.LiveOptions{RunOptions: options, Log: log, Status: status, Until: until})
			return err
		case "worker":
			return driver.Work(ctx, job, driver.WorkerOptions{Log: log, Join: func(ctx context.Context, s feedkafka.Share) (io.Closer, error) { return log.Join(ctx, s) }, Board: board, Status: status, Leave: 300 * time.Millisecond})
		}
		_, err := driver.Release(ctx, job, driver.ReleaserOptions{RunOptions: options, Log: log, Board: board, Status: status, Until: until})
		return err
	}
	others, cancel := context.WithCancel(t.Context())
	defer cancel()
	var running sync.WaitGroup
	released := make(chan error, 1)
	switch stopped {
	case "worker":
		go func() { released <- play(others, "releaser", false, nil) }()
	case "releaser":
		running.Go(func() {
			if err := play(others, "worker", false, nil); err != nil {
				t.Error(err)
			}
		})
	}
	k.put(t, len(k.slices)/2)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	going, once := make(chan bool), sync.Once{}
	ended := make(chan error, 1)
	go func() { ended <- play(ctx, stopped, true, func() { once.Do(func() { close(going) }) }) }()
	<-going
	k.gate.Set(how)
	k.put(t, len(k.slices)-k.sent)
	stop()
	if err := <-ended; err != nil {
		t.Fatalf("told to stop while the broker is away: %v", err)
	}
	k.gate.Set(kafkatest.Here)
	if stopped == "worker" {
		running.Go(func() {
			if err := play(others, "worker", true, nil); err != nil {
				t.Error(err)
			}
		})
	} else {
		released <- play(t.Context(), stopped, true, nil)
	}
	if err := <-released; err != nil {
		t.Fatal(err)
	}
	cancel()
	running.Wait()
	return witnessed(t, r)
}

// undisturbed are the digests of the same bins from a follower that nobody stops.
func undisturbed(t *testing.T) map[string]string {
	t.Helper()
	k, r := newTalk(t), keyed(t, liveRegion(t).set("products: [present-live]"))
	k.put(t, len(k.slices))
	job, err := r.prepare(t)
	if err != nil {
		t.Fatal(err)
	}
	log, board := k.open(t, job, false)
	defer board.Close()
	options := driver.RunOptions{Out: filepath.Join(r.dir, "out"), Tuning: embedded.Tuning{Workers: 1}}
	if _, err := driver.Live(t.Context(), job, driver.LiveOptions{RunOptions: options, Log: log, Until: k.until()}); err != nil {
		t.Fatal(err)
	}
	return witnessed(t, r)
}
