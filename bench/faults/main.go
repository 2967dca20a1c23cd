// Command faults breaks runs of throng at random points and wants the numbers that an undisturbed run counts.
//
// For each seed it invents a small region and what its network delivers on a day and a bit, counts it undisturbed, by throng run and
// by throng live, and then again by processes that are killed, stopped, starved of disk, and handed damaged checkpoints, and by
// deliveries that come twice, out of order, and with stamps that go back. At the end the keyed digests of all tables before the noise
// must be those of the undisturbed counts, each period must be published and paid for once, the ledger must verify, and the keys of
// days that are done must be gone.
//
// A third setup goes through a real Kafka broker, where there is Java and Maven: workers, releaser and broker are killed and begun again,
// the broker is away for a while in which a worker is told to stop, another is stopped until others have its partitions and goes on then,
// one is slow, one joins and one leaves, while records come twice and out of order. The same numbers must come of it, and no process may be left.
//
// A fourth pushes the day over HTTP, in every form and packing, to a process that is killed between a request and its answer, too, and whose
// journal and clock are tampered with, by a sender that hears not all answers; malformed requests come between. Every row must lie in the
// journal once besides. That process is one of this program, for its clock is set by the sender.
//
// The same seed breaks at the same points of the delivery; when a signal falls within them is up to the machine.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/throng-stats/throng/bench/broker"
)

// options are the flags.
type options struct {
	seed   uint64
	runs   int
	people int
	dir    string
	keep   bool
	throng string
	kafka  string
	push   string
	only   string
	away   time.Duration
	told   bool
	take   string
	until  int64
}

func flags() *options {
	o := &options{}
	flag.Uint64Var(&o.seed, "seed", 1, "first `seed`; each run has the next")
	flag.IntVar(&o.runs, "runs", 5, "how many `runs`")
	flag.IntVar(&o.people, "people", 1500, "`people` of the region")
	flag.StringVar(&o.dir, "dir", "", "`folder` to work in; default: a temporary one")
	flag.BoolVar(&o.keep, "keep", false, "keep the folder; it is always kept after a difference")
	flag.StringVar(&o.throng, "throng", "", "`program` to break; default: built from the source")
	flag.StringVar(&o.kafka, "kafka", "first", "`which` runs also go through a Kafka broker: every, first or none")
	flag.StringVar(&o.push, "push", "second", "`which` runs are also pushed over HTTP: first, second (the first, the third and so on), every or none")
	flag.StringVar(&o.only, "only", "", "one `setup` alone: run, live, kafka or push; default: all")
	flag.BoolVar(&o.told, "v", false, "tell how long each fault of a cluster took")
	flag.DurationVar(&o.away, "away", 10*time.Second, "how `long` a broker is away")
	flag.StringVar(&o.take, "take", "", "be the process that takes in what is pushed to the trial in a `folder`; only this program starts one so")
	flag.Int64Var(&o.until, "until", 0, "when that ends, `milliseconds` since 1970")
	flag.Parse()
	return o
}

func main() {
	o := flags()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	work := func() error { return run(ctx, o) }
	if o.take != "" {
		work = func() error { return take(ctx, o.take, o.until) }
	}
	if err := work(); err != nil {
		fmt.Fprintln(os.Stderr, "faults:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, o *options) (err error) {
	dir, err := os.MkdirTemp(o.dir, "throng-faults-")
	if err != nil {
		return err
	}
	defer func() {
		if err == nil && !o.keep {
			err = os.RemoveAll(dir)
		} else {
			fmt.Fprintln(os.Stderr, "kept in", dir)
		}
	}()
	if o.throng == "" {
		o.throng = filepath.Join(dir, "throng")
		build := exec.CommandContext(ctx, "go", "build", "-o", o.throng, "github.com/throng-stats/throng/cmd/throng")
		build.Stderr = os.Stderr
		if err := build.Run(); err != nil {
			return fmt.Errorf("go build: %w", err)
		}
	}
	var all []figures
	for i := range o.runs {
		seed := o.seed + uint64(i)
		f, err := oneSeed(ctx, o, seed, filepath.Join(dir, fmt.Sprint(seed)), o.leavesOut(i))
		if err != nil {
			fmt.Print(table(all))
			return fmt.Errorf("seed %d: %w", seed, err)
		}
		all = append(all, f...)
	}
	fmt.Print(table(all))
	return nil
}

// leavesOut are the setups that run i, counted from 0, does without: those that take long, and those that nobody asked for.
func (o *options) leavesOut(i int) map[string]bool {
	out := map[string]bool{
		"kafka": o.kafka != "every" && !(o.kafka == "first" && i == 0),
		"push":  o.push != "every" && !(o.push == "second" && i%2 == 0) && !(o.push == "first" && i == 0),
	}
	for _, s := range setups {
		out[s.name] = out[s.name] || o.only != "" && o.only != s.name
	}
	return out
}

// oneSeed breaks every setup once that is not left out.
func oneSeed(ctx context.Context, o *options, seed uint64, dir string, without map[string]bool) ([]figures, error) {
	began := time.Now()
	w, err := invent(ctx, o.people, seed, filepath.Join(dir, "world"))
	if err != nil {
		return nil, err
	}
	want, err := undisturbed(ctx, o.throng, w, dir)
	if err != nil {
		return nil, fmt.Errorf("undisturbed: %w", err)
	}
	fmt.Fprintf(os.Stderr, "seed %d: %s, %d files, %d tables counted undisturbed in %.1f s\n", seed, w.day.Name, len(w.slices), len(want.digests), time.Since(began).Seconds())
	var all []figures
	for i, s := range setups {
		if without[s.name] {
			continue
		}
		f := figures{seed: seed, setup: s.name, faults: map[string]int{}, skipped: map[string]string{}}
		began := time.Now()
		t := &trial{world: w, throng: o.throng, dir: filepath.Join(dir, s.name), rng: rand.New(rand.NewPCG(seed, uint64(i+1))), figures: &f, wholly: want.took[s.name], away: o.away, verbose: o.told}
		err := s.run(ctx, t)
		if errors.Is(err, broker.ErrNone) {
			f.skipped[s.name] = err.Error()
			all = append(all, f)
			continue
		}
		if err != nil {
			return all, fmt.Errorf("%s: %w", s.name, err)
		}
		if f.tables, f.bins, err = compare(ctx, t, want, s.bins); err != nil {
			return all, fmt.Errorf("%s: %w", s.name, err)
		}
		f.seconds = time.Since(began).Seconds()
		all = append(all, f)
		fmt.Fprintf(os.Stderr, "seed %d, %s: equal after %v and %d starts, %.1f s\n", seed, s.name, f.faults, f.starts, f.seconds)
	}
	return all, nil
}
