// Command faults breaks runs of throng at random points and wants the numbers that an undisturbed run counts.
//
// For each seed it invents a small region and what its network delivers on a day and a bit, counts it undisturbed, by throng run and
// by throng live, and then again by processes that are killed, stopped, starved of disk, and handed damaged checkpoints, and by
// deliveries that come twice, out of order, and with stamps that go back. At the end the keyed digests of all tables before the noise
// must be those of the undisturbed counts, each period must be published and paid for once, the ledger must verify, and the keys of
// days that are done must be gone. The same seed breaks at the same points of the delivery; when a signal falls within them is up to
// the machine.
package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"time"
)

// options are the flags.
type options struct {
	seed   uint64
	runs   int
	people int
	dir    string
	keep   bool
	throng string
}

func flags() *options {
	o := &options{}
	flag.Uint64Var(&o.seed, "seed", 1, "first `seed`; each run has the next")
	flag.IntVar(&o.runs, "runs", 5, "how many `runs`")
	flag.IntVar(&o.people, "people", 1500, "`people` of the region")
	flag.StringVar(&o.dir, "dir", "", "`folder` to work in; default: a temporary one")
	flag.BoolVar(&o.keep, "keep", false, "keep the folder; it is always kept after a difference")
	flag.StringVar(&o.throng, "throng", "", "`program` to break; default: built from the source")
	flag.Parse()
	return o
}

func main() {
	o := flags()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o); err != nil {
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
		f, err := oneSeed(ctx, o, seed, filepath.Join(dir, fmt.Sprint(seed)))
		if err != nil {
			fmt.Print(table(all))
			return fmt.Errorf("seed %d: %w", seed, err)
		}
		all = append(all, f...)
	}
	fmt.Print(table(all))
	return nil
}

// oneSeed breaks every setup once.
func oneSeed(ctx context.Context, o *options, seed uint64, dir string) ([]figures, error) {
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
		f := figures{seed: seed, setup: s.name, faults: map[string]int{}, skipped: map[string]string{}}
		began := time.Now()
		t := &trial{world: w, throng: o.throng, dir: filepath.Join(dir, s.name), rng: rand.New(rand.NewPCG(seed, uint64(i+1))), figures: &f, wholly: want.took[s.name]}
		if err := s.run(ctx, t); err != nil {
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
