// Command soak follows a fast replay with throng live for a while and says whether its memory is flat.
//
// A region is replayed into a folder, a day in four minutes, file by file; the files that are counted are removed, as a holder would. The process that
// follows is sampled every two seconds: its resident memory from /proc, what Go's last collection left on the heap and the devices kept from the
// operator's port. Each day has its night, its change of keys and its final tables. In the first two days the index of the folder fills, which
// remembers two days; they are over before the last two thirds of half an hour begin, which are five days.
//
// What does grow is the account of what was published: of each bin the ledger, the program and the store keep less than a kilobyte
// between them, however many events there are. A day in four minutes has half a thousand bins in twenty minutes, a day in one minute two thousand, and
// life one or two.
//
// The rule: the median of each minute is taken, a straight line with a level for each minute of the day is fitted to the last two thirds of the
// minutes, and the growth along it, with its margin of 95 % on either side, is put beside the mean. Flat: the upper end is below the limit. Growing:
// the lower end is above it. Between them: undecided, run longer.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/throng-stats/throng/synth"
)

// options are the flags.
type options struct {
	minutes int
	people  int
	events  float64
	limit   float64
	day     time.Duration
}

func main() {
	o := &options{}
	flag.IntVar(&o.minutes, "minutes", 30, "how many `minutes`, at least 6 more than three days take")
	flag.IntVar(&o.people, "people", 20_000, "`people` of the region; two in five have a phone of the holder")
	flag.Float64Var(&o.events, "events", 400, "`rows` of a phone and day")
	flag.Float64Var(&o.limit, "limit", 10, "growth over the last two thirds that is still called flat, in `percent`")
	flag.DurationVar(&o.day, "day", 4*time.Minute, "how long a day of the region takes here")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, o *options) error {
	day := o.minutesOfADay()
	if least := 3*day + 6; o.minutes < least {
		return fmt.Errorf("-minutes: got %d, want %d or more: a line through less than two days says nothing", o.minutes, least)
	}
	if o.day > time.Minute && o.day%time.Minute != 0 {
		return fmt.Errorf("-day: got %s, want whole minutes, so that nights and noons can be told from growth", o.day)
	}
	dir, err := os.MkdirTemp("", "throng-soak-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	program := filepath.Join(dir, "throng")
	build := exec.CommandContext(ctx, "go", "build", "-o", program, "github.com/throng-stats/throng/cmd/throng")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("go build: %w", err)
	}
	days := int(time.Duration(o.minutes)*time.Minute/o.day) + 3
	world, err := synth.New(synth.Options{Seed: 1, People: o.people, Days: days, From: "2024-09-02", EventsPerDevice: o.events})
	if err != nil {
		return err
	}
	if err := errors.Join(os.MkdirAll(filepath.Join(dir, "in"), 0o755), world.WriteRegion(dir), world.WriteLiveContract(dir)); err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	p, err := follow(ctx, program, dir)
	if err != nil {
		return err
	}
	go func() {
		<-p.done
		cancel(errors.New("throng live has ended: " + strings.TrimSpace(p.said.String())))
	}()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := replay(ctx, world, dir, days, o.day); err != nil && ctx.Err() == nil {
			cancel(err)
		}
	}()
	minutes, err := watch(ctx, p, o.minutes)
	cancel(nil)
	<-ended
	if err = errors.Join(err, p.stop()); err != nil {
		return err
	}
	return judge(minutes, day, o.limit)
}

// minutesOfADay is how many minutes of the clock here a day of the region takes; 1 where it takes less.
func (o *options) minutesOfADay() int {
	return max(1, int(o.day/time.Minute))
}

// replay delivers the files of the region and removes those that are counted, until ctx ends.
func replay(ctx context.Context, world *synth.World, dir string, days int, takes time.Duration) error {
	began, first := time.Now(), world.Period(0).Start
	return world.Stream(ctx, 0, days, 5*time.Minute, func(s synth.Slice) error {
		due := began.Add(time.Duration(float64(s.End-first) / float64(24*time.Hour.Milliseconds()) * float64(takes)))
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Until(due)):
		}
		if err := world.WriteSlice(dir, s); err != nil {
			return err
		}
		if s.End%3_600_000 != 0 {
			return nil
		}
		return removeDone(dir)
	})
}

// removeDone removes what the list of the followed folder says is not needed any more.
func removeDone(dir string) error {
	text, err := os.ReadFile(filepath.Join(dir, "state", "inside", "done.txt"))
	if err != nil {
		return nil // nothing yet
	}
	for _, name := range strings.Fields(string(text)) {
		if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

// sample is one look at the process.
type sample struct{ resident, heap, devices, rows, bins float64 }

// watch prints a line a minute: the medians of what was seen in it.
func watch(ctx context.Context, p *process, n int) (minutes []sample, err error) {
	fmt.Println("minute  resident MiB  heap MiB  devices  rows so far  bins so far")
	tick := time.NewTicker(2 * time.Second)
	defer tick.Stop()
	began := time.Now()
	var seen []sample
	for len(minutes) < n {
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-tick.C:
		}
		s, err := p.look(ctx)
		if err != nil {
			continue // it is not listening yet, or has ended, which is told otherwise
		}
		seen = append(seen, s)
		if time.Since(began) < time.Duration(len(minutes)+1)*time.Minute {
			continue
		}
		m := sample{resident: medianOf(seen, func(s sample) float64 { return s.resident }), heap: medianOf(seen, func(s sample) float64 { return s.heap }),
			devices: medianOf(seen, func(s sample) float64 { return s.devices }), rows: s.rows, bins: s.bins}
		minutes, seen = append(minutes, m), nil
		fmt.Printf("%6d  %12.1f  %8.1f  %7.0f  %11.0f  %11.0f\n", len(minutes), m.resident/(1<<20), m.heap/(1<<20), m.devices, m.rows, m.bins)
	}
	return minutes, nil
}

func medianOf(all []sample, of func(sample) float64) float64 {
	var v []float64
	for _, s := range all {
		v = append(v, of(s))
	}
	slices.Sort(v)
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}
