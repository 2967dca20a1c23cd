package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/bench/replay"
	"github.com/throng-stats/throng/config"
	"github.com/throng-stats/throng/driver"
	"github.com/throng-stats/throng/driver/embedded"
	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/feed"
	"github.com/throng-stats/throng/synth"
)

const partitions = 4

// topic is what is read.
type topic struct {
	world        *synth.World
	broker, name string
	format       string
	ends         map[int32]int64
	entries      int64
	rows         int64 // known when they were unpacked once
}

// open writes a topic, or finds one that was written before, and counts it.
func open(ctx context.Context, o options, dir string) (*topic, error) {
	world, err := synth.New(o.region)
	if err != nil {
		return nil, err
	}
	t := &topic{world: world, broker: o.broker, name: o.topic, format: o.format, ends: map[int32]int64{}}
	client, err := kgo.NewClient(kgo.SeedBrokers(o.broker), kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerLinger(5*time.Millisecond), kgo.ProducerBatchCompression(kgo.ZstdCompression()))
	if err != nil {
		return nil, err
	}
	defer client.Close()
	if t.name == "" {
		t.name = fmt.Sprintf("speed-%d", time.Now().UnixNano())
		if err := t.write(ctx, client, o); err != nil {
			return nil, err
		}
	}
	ends, err := kadm.NewClient(client).ListEndOffsets(ctx, t.name)
	if err == nil {
		err = ends.Error()
	}
	if err != nil {
		return nil, err
	}
	ends.Each(func(e kadm.ListedOffset) { t.ends[e.Partition], t.entries = e.Offset, t.entries+e.Offset })
	job, _, err := t.prepare(dir)
	if err != nil {
		return nil, err
	}
	return t, t.unpack(ctx, job)
}

func (t *topic) write(ctx context.Context, client *kgo.Client, o options) error {
	if err := replay.Topic(ctx, client, t.name, partitions); err != nil {
		return err
	}
	begin := time.Now()
	err := replay.Run(ctx, replay.Options{World: t.world, Client: client, Topic: t.name, Partitions: partitions, Rows: o.perRecord, Encode: encoders[o.format], Slice: 20 * time.Minute})
	fmt.Printf("topic %s written in %s\n", t.name, time.Since(begin).Round(time.Second))
	return err
}

// consume polls every record and looks at none, with the client's own defaults.
func (t *topic) consume(ctx context.Context) error {
	c, err := kgo.NewClient(kgo.SeedBrokers(t.broker), kgo.ConsumeTopics(t.name), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		return err
	}
	defer c.Close()
	for left := t.entries; left > 0; {
		f := c.PollFetches(ctx)
		if err := f.Err(); err != nil {
			return err
		}
		left -= int64(f.NumRecords())
	}
	return nil
}

// unpack reads every partition as throng live does, through a door, and throws the rows away.
func (t *topic) unpack(ctx context.Context, job *driver.Job) error {
	log, err := job.OpenTopic(ctx, func(string) {})
	if err != nil {
		return err
	}
	door := feed.NewDoor([]throng.Period{t.world.Period(0)}, [][16]byte{{1}}, nil)
	var rows atomic.Int64
	var group sync.WaitGroup
	errs := make([]error, partitions)
	for p := range partitions {
		group.Go(func() { errs[p] = t.unpackOne(ctx, log, p, door, &rows) })
	}
	group.Wait()
	t.rows = rows.Load()
	return errors.Join(append(errs, log.Close())...)
}

func (t *topic) unpackOne(ctx context.Context, log feed.Log, p int, door *feed.Door, rows *atomic.Int64) error {
	r, err := log.Open(ctx, p, 0)
	if err != nil {
		return err
	}
	defer r.Close()
	var b event.Batch
	for next := feed.Offset(0); next < feed.Offset(t.ends[int32(p)]); {
		mark, err := r.Next(ctx, door, &b)
		if err != nil {
			return err
		}
		rows.Add(int64(b.Len()))
		next = mark.Next
	}
	return nil
}

// prepare makes the topic's contract ready in a new folder: live presence alone, by the hour, so that what is measured is following.
func (t *topic) prepare(dir string) (*driver.Job, string, error) {
	here, err := os.MkdirTemp(dir, "run-")
	if err != nil {
		return nil, "", err
	}
	path, err := replay.Contract(t.world, here, t.broker, t.name)
	if err != nil {
		return nil, "", err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, "", err
	}
	form := "format: " + t.format
	if t.format == "avro" {
		form += ", schema: row.avsc"
		if err := os.WriteFile(filepath.Join(here, "row.avsc"), []byte(avroSchema), 0o644); err != nil {
			return nil, "", err
		}
	}
	text = regexp.MustCompile("(?m)^products: .*$").ReplaceAll(text, []byte("products: [present-live]\nlive: {bin: 60m}"))
	text = regexp.MustCompile("format: packed").ReplaceAll(text, []byte(form))
	if err := os.WriteFile(path, text, 0o644); err != nil {
		return nil, "", err
	}
	contract, err := config.Read(path)
	if err != nil {
		return nil, "", err
	}
	job, err := driver.Prepare(contract)
	return job, filepath.Join(here, "out"), err
}

// follow counts every bin of the topic with throng live: reading, counting, publishing and checkpoints.
func (t *topic) follow(ctx context.Context, job *driver.Job, out string) error {
	_, err := driver.Live(ctx, job, driver.LiveOptions{RunOptions: driver.RunOptions{Out: out, Tuning: embedded.Tuning{Workers: 2}}, Until: t.world.Period(0).End})
	return err
}
