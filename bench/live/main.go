// Command live measures how fast a followed folder is counted, beside decoding the same files only.
//
// Files as a network would deliver them, five minutes each, with the rows of a million devices, lie in a folder. Decode-only reads each
// once, through the door, and throws the rows away. Live follows the folder as throng live does: every file is checked to its end, put into the
// index, read through the door, and every bin is counted, paid for, reckoned and stored. The two are measured in pairs, each in a process
// of its own, so that whatever else the machine does falls on both. See docs/benchmark.md.
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
	devices int
	hours   int
	runs    int
	dir     string
	profile string
	do      string
}

func flags() *options {
	o := &options{}
	flag.IntVar(&o.devices, "devices", 1_000_000, "how many `devices` report")
	flag.IntVar(&o.hours, "hours", 2, "`hours` that are delivered; in the first quarter every device is heard, then each three times an hour")
	flag.IntVar(&o.runs, "runs", 3, "how many `pairs` are measured")
	flag.StringVar(&o.dir, "dir", "", "`folder` of the invented files, kept for the next time; default: in the user's cache folder")
	flag.StringVar(&o.profile, "profile", "", "write a processor profile of one live run to this `file` and measure nothing")
	flag.StringVar(&o.do, "do", "", "used by live itself: invent, decode or live")
	flag.Parse()
	return o
}

func main() {
	o := flags()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "live:", err)
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
	f := folderOf(o)
	switch o.do {
	case "invent":
		return f.invent()
	case "decode", "live":
		return child(ctx, o, f)
	}
	if !f.isThere() {
		fmt.Fprintf(os.Stderr, "inventing %d hours of %d devices in %s; they are kept for the next time\n", o.hours, o.devices, f.dir)
		if err := command(ctx, o, "invent").Run(); err != nil {
			return fmt.Errorf("invent: %w", err)
		}
	}
	if o.profile != "" {
		_, err := spawn(ctx, o, "live")
		return err
	}
	var all []pair
	for i := range o.runs {
		var p pair
		var err error
		if p.decode, err = spawn(ctx, o, "decode"); err != nil {
			return err
		}
		if p.live, err = spawn(ctx, o, "live"); err != nil {
			return err
		}
		if err := p.check(); err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "pair %d of %d: %s\n", i+1, o.runs, p)
		all = append(all, p)
	}
	fmt.Print(table(o, all))
	return nil
}

// command is this program once more, told what to do.
func command(ctx context.Context, o *options, do string) *exec.Cmd {
	self, err := os.Executable()
	if err != nil {
		self = os.Args[0]
	}
	cmd := exec.CommandContext(ctx, self, "-do", do, "-devices", strconv.Itoa(o.devices), "-hours", strconv.Itoa(o.hours), "-dir", o.dir, "-profile", o.profile)
	cmd.Stderr = os.Stderr
	return cmd
}

// spawn measures one kind of work in a process of its own.
func spawn(ctx context.Context, o *options, do string) (measure, error) {
	cmd := command(ctx, o, do)
	out, err := cmd.Output()
	var m measure
	if err != nil {
		return m, fmt.Errorf("%s: %w", do, err)
	}
	if err := json.Unmarshal(out, &m.said); err != nil {
		return m, err
	}
	m.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime() - m.said.Ready
	m.peak = usage.Peak(cmd.ProcessState)
	return m, nil
}

// measure is one process, without the time that contract and ground take.
type measure struct {
	said said
	cpu  time.Duration
	peak int64 // bytes
}
