// Command tree measures which measurement tree gives the lowest error, and linear allocation against EM.
//
// It invents a region, counts its people in several ways without noise, draws noise of several sizes, estimates, and
// compares with what really happened. It reads no feed but the one it invents, and prints errors, never counts. The
// result stands in docs/experiments/measurement-tree.md.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"time"
)

// options are the flags.
type options struct {
	people, days, draws, perimeters, every int
	seed                                   uint64
	page                                   string
}

func flags() *options {
	o := &options{}
	flag.IntVar(&o.people, "people", 40_000, "`people` of the region")
	flag.IntVar(&o.days, "days", 2, "`days` that are counted")
	flag.IntVar(&o.draws, "draws", 5, "`draws` of noise for each budget")
	flag.IntVar(&o.perimeters, "perimeters", 25, "drawn `perimeters` of each size")
	flag.IntVar(&o.every, "every", 3, "one of so many `hours` is compared")
	flag.Uint64Var(&o.seed, "seed", 1, "`seed` of the region, of the perimeters and of the noise")
	flag.StringVar(&o.page, "page", "", "write the tables into this `file`, between the lines <!-- PEOPLE people --> and <!-- end -->")
	flag.Parse()
	return o
}

func main() {
	o := flags()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "tree:", err)
		stop()
		os.Exit(1)
	}
}

// run does the experiment and prints its tables.
func run(ctx context.Context, o *options, out, notes io.Writer) error {
	if o.people < 400 || o.days < 1 || o.draws < 2 || o.perimeters < 1 || o.every < 1 {
		return fmt.Errorf("got %d people, %d days, %d draws, %d perimeters, every %d hours; want at least 400, 1, 2, 1, 1", o.people, o.days, o.draws, o.perimeters, o.every)
	}
	began := time.Now()
	note := func(format string, args ...any) {
		fmt.Fprintf(notes, "%5.1f s  %s\n", time.Since(began).Seconds(), fmt.Sprintf(format, args...))
	}
	dir, err := os.MkdirTemp("", "throng-tree-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	w, err := invent(ctx, o, dir, note)
	if err != nil {
		return err
	}
	ways, err := w.ways()
	if err != nil {
		return err
	}
	var all []score
	for _, u := range ways {
		if err := w.count(ctx, u); err != nil {
			return err
		}
		note("counted by %s: %d units", u.name, u.n)
		scores, err := w.compare(o, u)
		if err != nil {
			return err
		}
		all = append(all, scores...)
	}
	note("done")
	text := report(o, w, ways, all)
	if o.page == "" {
		_, err = io.WriteString(out, text)
		return err
	}
	return into(o.page, fmt.Sprintf("<!-- %d people -->\n", o.people), text)
}

// into replaces what stands in a file between two lines.
func into(path, begin, text string) error {
	old, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(old), begin)
	_, after, closed := strings.Cut(rest, "<!-- end -->")
	if !ok || !closed {
		return fmt.Errorf("%s has no lines %q and <!-- end -->; write them where the tables are to stand", path, strings.TrimSpace(begin))
	}
	return os.WriteFile(path, []byte(before+begin+text+"<!-- end -->"+after), 0o644)
}
