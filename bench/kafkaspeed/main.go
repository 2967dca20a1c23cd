// Command kafkaspeed compares, on one broker and one topic, how fast a bare consumer polls, how fast rows are unpacked through the door,
// and how fast throng live follows: rows a second by the clock and by the processor time of this process, in turns. It needs a broker:
// tools/kafka.sh start. See docs/benchmark.md.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"slices"
	"time"

	"github.com/throng-stats/throng/bench/usage"
	"github.com/throng-stats/throng/driver"
	"github.com/throng-stats/throng/synth"
)

// options are the flags.
type options struct {
	broker, topic  string
	region         synth.Options
	format         string
	perRecord      int
	rounds         int
	profile, which string
}

func flags() options {
	var o options
	flag.StringVar(&o.broker, "broker", os.Getenv("THRONG_KAFKA"), "address of a broker")
	flag.StringVar(&o.topic, "topic", "", "a topic that was written before with the same people, events, format and rows; default: one is written")
	flag.IntVar(&o.region.People, "people", 20_000, "people of the region that is replayed")
	flag.Float64Var(&o.region.EventsPerDevice, "events", 1200, "rows of a phone and day")
	flag.StringVar(&o.format, "format", "packed", "what a record is: packed, json or avro")
	flag.IntVar(&o.perRecord, "rows", 1, "most rows of a record")
	flag.IntVar(&o.rounds, "rounds", 3, "times that each is measured")
	flag.StringVar(&o.profile, "profile", "", "file for a profile of the processor time of what -of says")
	flag.StringVar(&o.which, "of", "live", "what is profiled: bare, unpack or live")
	flag.Parse()
	o.region.Seed, o.region.Days = 1, 1
	return o
}

func main() {
	o := flags()
	if err := o.check(); err != nil {
		fmt.Fprintln(os.Stderr, "kafkaspeed:", err)
		os.Exit(2)
	}
	if err := measure(context.Background(), o); err != nil {
		fmt.Fprintln(os.Stderr, "kafkaspeed:", err)
		os.Exit(1)
	}
}

func (o options) check() error {
	switch {
	case o.broker == "":
		return errors.New("no broker; start one with tools/kafka.sh start and give its address by -broker or THRONG_KAFKA")
	case encoders[o.format] == nil:
		return errors.New("a format is packed, json or avro")
	case o.format == "avro" && o.perRecord != 1:
		return errors.New("an Avro record holds one row")
	case o.perRecord < 1 || o.rounds < 1:
		return errors.New("-rows and -rounds are one or more")
	}
	return nil
}

// kinds of work, in the order in which they are done in a round.
var kinds = []struct{ key, name string }{{"bare", "bare consumer"}, {"unpack", "unpacked, through the door"}, {"live", "throng live, all of it"}}

func measure(ctx context.Context, o options) error {
	dir, err := os.MkdirTemp("", "throng-kafkaspeed-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	t, err := open(ctx, o, dir)
	if err != nil {
		return err
	}
	took := map[string][]result{}
	for range o.rounds {
		for _, k := range kinds {
			job, out, err := t.prepare(dir)
			if err != nil {
				return err
			}
			stop := func() {}
			if k.key == o.which {
				stop = profiled(o.profile)
			}
			one, err := timed(func() error { return t.do(ctx, k.key, job, out) })
			stop()
			if err != nil {
				return err
			}
			took[k.key] = append(took[k.key], one)
		}
	}
	t.print(o, took)
	return nil
}

func (t *topic) do(ctx context.Context, key string, job *driver.Job, out string) error {
	switch key {
	case "bare":
		return t.consume(ctx)
	case "unpack":
		return t.unpack(ctx, job)
	}
	return t.follow(ctx, job, out)
}

// print tells medians, and how much of the bare consumer the others reach.
func (t *topic) print(o options, took map[string][]result) {
	fmt.Printf("%s, at most %d rows a record: %d rows in %d entries of %s\n", o.format, o.perRecord, t.rows, t.entries, t.name)
	fmt.Printf("%-28s %11s %18s %14s %19s\n", fmt.Sprintf("median of %d", o.rounds), "M rows/s", "M rows/processor s", "% of bare, /s", "% of bare, /proc. s")
	bare := median(took["bare"])
	for _, k := range kinds {
		m := median(took[k.key])
		fmt.Printf("%-28s %11.2f %18.2f %14.0f %19.0f\n", k.name, t.per(m.wall), t.per(m.cpu), 100*bare.wall.Seconds()/m.wall.Seconds(), 100*bare.cpu.Seconds()/m.cpu.Seconds())
	}
}

// per is million rows a second.
func (t *topic) per(d time.Duration) float64 { return float64(t.rows) / 1e6 / d.Seconds() }

type result struct{ wall, cpu time.Duration }

// median is that of the times and of the processor times, each by itself.
func median(of []result) result {
	half := func(d func(result) time.Duration) time.Duration {
		var all []time.Duration
		for _, r := range of {
			all = append(all, d(r))
		}
		slices.Sort(all)
		return all[len(all)/2]
	}
	return result{half(func(r result) time.Duration { return r.wall }), half(func(r result) time.Duration { return r.cpu })}
}

// timed does work after what was done before has been tidied up.
func timed(work func() error) (result, error) {
	runtime.GC()
	begin, before := time.Now(), usage.Used()
	err := work()
	return result{time.Since(begin), usage.Used() - before}, err
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
