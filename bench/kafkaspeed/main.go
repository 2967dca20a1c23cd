// Command kafkaspeed compares, on one broker and one topic, how fast a bare consumer reads and how fast throng live follows: rows a second
// by the clock and by the processor time of this process, in turns. It needs a broker: tools/kafka.sh start.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime/pprof"
	"slices"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/throng-stats/throng/bench/replay"
	"github.com/throng-stats/throng/config"
	"github.com/throng-stats/throng/driver"
	"github.com/throng-stats/throng/driver/embedded"
	"github.com/throng-stats/throng/synth"
)

func main() {
	broker := flag.String("broker", os.Getenv("THRONG_KAFKA"), "address of a broker")
	people := flag.Int("people", 20_000, "people of the region that is replayed")
	events := flag.Float64("events", 400, "rows of a phone and day")
	profile := flag.String("profile", "", "file for a profile of the processor time of throng live")
	perRecord := flag.Int("rows", 1, "most rows of a record")
	rounds := flag.Int("rounds", 3, "times that each is measured")
	flag.Parse()
	if *broker == "" {
		fmt.Fprintln(os.Stderr, "kafkaspeed: no broker; start one with tools/kafka.sh start and give its address by -broker or THRONG_KAFKA")
		os.Exit(2)
	}
	if err := measure(context.Background(), *broker, synth.Options{Seed: 1, People: *people, Days: 1, EventsPerDevice: *events}, *perRecord, *rounds, *profile); err != nil {
		fmt.Fprintln(os.Stderr, "kafkaspeed:", err)
		os.Exit(1)
	}
}

const partitions = 4

func measure(ctx context.Context, broker string, region synth.Options, perRecord, rounds int, profile string) error {
	dir, err := os.MkdirTemp("", "throng-kafkaspeed-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	world, err := synth.New(region)
	if err != nil {
		return err
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(broker), kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerLinger(5*time.Millisecond), kgo.ProducerBatchCompression(kgo.ZstdCompression()))
	if err != nil {
		return err
	}
	defer client.Close()
	topic := fmt.Sprintf("speed-%d", time.Now().UnixNano())
	if err := replay.Topic(ctx, client, topic, partitions); err != nil {
		return err
	}
	var rows int64
	begin := time.Now()
	if err := replay.Run(ctx, replay.Options{World: world, Client: client, Topic: topic, Partitions: partitions, Rows: perRecord, Slice: time.Hour, Sent: func(_ time.Time, n int64) { rows = n }}); err != nil {
		return err
	}
	fmt.Printf("%d rows, at most %d a record, written in %s\n", rows, perRecord, time.Since(begin).Round(time.Second))
	var bare, live []result
	for range rounds {
		one, err := timed(func() error { return consume(ctx, client, broker, topic) })
		if err != nil {
			return err
		}
		job, out, err := prepare(world, dir, broker, topic)
		if err != nil {
			return err
		}
		stop := profiled(profile)
		two, err := timed(func() error { return follow(ctx, job, out, world) })
		stop()
		if err != nil {
			return err
		}
		bare, live = append(bare, one), append(live, two)
	}
	b, l := median(bare), median(live)
	fmt.Printf("%-24s %12s %16s\n", "median of "+fmt.Sprint(rounds), "rows/s", "rows/processor s")
	fmt.Printf("%-24s %12.0f %16.0f\n", "bare consumer", float64(rows)/b.wall.Seconds(), float64(rows)/b.cpu.Seconds())
	fmt.Printf("%-24s %12.0f %16.0f\n", "throng live, all of it", float64(rows)/l.wall.Seconds(), float64(rows)/l.cpu.Seconds())
	fmt.Printf("throng reaches %.0f %% of the bare consumer by the clock, %.0f %% by processor time\n", 100*b.wall.Seconds()/l.wall.Seconds(), 100*b.cpu.Seconds()/l.cpu.Seconds())
	return nil
}

type result struct{ wall, cpu time.Duration }

func median(of []result) result {
	slices.SortFunc(of, func(a, b result) int { return int(a.wall - b.wall) })
	return of[len(of)/2]
}

func timed(work func() error) (result, error) {
	begin, before := time.Now(), processor()
	err := work()
	return result{time.Since(begin), processor() - before}, err
}

func processor() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// consume reads every record and looks at none.
func consume(ctx context.Context, client *kgo.Client, broker, topic string) error {
	ends, err := kadm.NewClient(client).ListEndOffsets(ctx, topic)
	if err != nil {
		return err
	}
	left := int64(0)
	ends.Each(func(o kadm.ListedOffset) { left += o.Offset })
	c, err := kgo.NewClient(kgo.SeedBrokers(broker), kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		return err
	}
	defer c.Close()
	for left > 0 {
		f := c.PollFetches(ctx)
		if err := f.Err(); err != nil {
			return err
		}
		left -= int64(f.NumRecords())
	}
	return nil
}

// prepare makes the topic's contract ready in a new folder: live presence alone, by the hour, so that what is measured is following.
func prepare(world *synth.World, dir, broker, topic string) (*driver.Job, string, error) {
	here, err := os.MkdirTemp(dir, "run-")
	if err != nil {
		return nil, "", err
	}
	path, err := replay.Contract(world, here, broker, topic)
	if err != nil {
		return nil, "", err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, "", err
	}
	lines := regexp.MustCompile("(?m)^products: .*$").ReplaceAll(text, []byte("products: [present-live]\nlive: {bin: 60m}"))
	if err := os.WriteFile(path, lines, 0o644); err != nil {
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
func follow(ctx context.Context, job *driver.Job, out string, world *synth.World) error {
	_, err := driver.Live(ctx, job, driver.LiveOptions{RunOptions: driver.RunOptions{Out: out, Tuning: embedded.Tuning{Workers: 2}}, Until: world.Period(0).End})
	return err
}

// profiled begins a profile, unless no file is named, and answers how to end it.
func profiled(path string) (stop func()) {
	if path == "" {
		return func() {}
	}
	f, err := os.Create(path)
	if err != nil {
		return func() {}
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return func() { f.Close() }
	}
	return func() { pprof.StopCPUProfile(); f.Close() }
}
