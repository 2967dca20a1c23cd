// Command bench measures a whole run of an invented day beside decode-only of the same columns.
//
// The two are measured in pairs, one after the other, each in a process of its own, so that whatever else the machine does
// falls on both. What counts is processor time; wall time on a shared machine says little. See docs/benchmark.md.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"time"

	"github.com/throng-stats/throng/bench/usage"
)

// options are the flags.
type options struct {
	events  int
	phones  int
	runs    int
	dir     string
	keep    bool
	workers int
	memory  int64
	profile string
	do      string
}

func flags() *options {
	o := &options{}
	flag.IntVar(&o.events, "events", 10_000_000, "about how many `rows` the day has")
	flag.IntVar(&o.phones, "phones", 0, "how many `phones` report them; 0: one for each 40 rows")
	flag.IntVar(&o.runs, "runs", 5, "how many `pairs` are measured")
	flag.StringVar(&o.dir, "dir", "", "`folder` of the invented days, kept for the next time; default: in the user's cache folder")
	flag.BoolVar(&o.keep, "keep", false, "keep the releases of the last whole run, in the folder of its day")
	flag.IntVar(&o.workers, "workers", 0, "`cores` to use; 0: all")
	flag.Int64Var(&o.memory, "memory", 512, "`MiB` of records that a whole run keeps in memory before it writes them, encrypted, to disk")
	flag.StringVar(&o.profile, "profile", "", "write a processor profile of one whole run to this `file` and measure nothing")
	flag.StringVar(&o.do, "do", "", "used by bench itself: one of "+fmt.Sprint(append(names(), invent)))
	flag.Parse()
	return o
}

func main() {
	o := flags()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, o *options) error {
	if o.dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return fmt.Errorf("%w; name a folder with -dir", err)
		}
		o.dir = filepath.Join(cache, "throng-bench")
	}
	d, err := dayOf(o.events, o.phones, o.dir)
	if err != nil {
		return err
	}
	switch o.do {
	case "":
	case invent:
		return d.invent(ctx)
	default:
		return child(ctx, o, d)
	}
	if !d.isThere() { // in a process of its own: Linux lets children begin with the peak memory of their parent
		fmt.Fprintf(os.Stderr, "inventing a day in %s; it is kept for the next time\n", d.dir)
		if err := command(ctx, o, invent).Run(); err != nil {
			return fmt.Errorf("%s: %w", invent, err)
		}
	}
	if o.profile != "" {
		_, err := spawn(ctx, o, whole)
		return err
	}
	fmt.Print(machine(o, d))
	var all []pair
	for i := range o.runs {
		var p pair
		for _, kind := range []kind{pages, batches, whole} {
			if p[kind], err = spawn(ctx, o, kind); err != nil {
				return err
			}
		}
		if err := p.check(); err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "pair %d of %d: %s\n", i+1, o.runs, p)
		all = append(all, p)
	}
	fmt.Print(table(all))
	return nil
}

// command is this program once more, told what to do.
func command(ctx context.Context, o *options, do string) *exec.Cmd {
	self, err := os.Executable()
	if err != nil {
		self = os.Args[0]
	}
	cmd := exec.CommandContext(ctx, self, "-do", do, "-events", strconv.Itoa(o.events), "-phones", strconv.Itoa(o.phones), "-dir", o.dir,
		"-memory", strconv.FormatInt(o.memory, 10), "-profile", o.profile, fmt.Sprintf("-keep=%t", o.keep))
	cmd.Env = os.Environ()
	if o.workers > 0 {
		cmd.Env = append(cmd.Env, "GOMAXPROCS="+strconv.Itoa(o.workers))
	}
	cmd.Stderr = os.Stderr
	return cmd
}

// spawn measures one kind of work in a process of its own, from its start to its end.
func spawn(ctx context.Context, o *options, k kind) (measure, error) {
	cmd := command(ctx, o, k.String())
	began := time.Now()
	out, err := cmd.Output()
	m := measure{wall: time.Since(began)}
	if err != nil {
		return m, fmt.Errorf("%s: %w", k, err)
	}
	m.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	m.peak = usage.Peak(cmd.ProcessState)
	return m, json.Unmarshal(out, &m.said)
}
