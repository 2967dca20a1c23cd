package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// measure is one process from its start to its end.
type measure struct {
	said      said
	cpu, wall time.Duration
	peak      int64 // bytes of memory, at most
}

// rate is rows a second of one core.
func (m measure) rate() float64 { return float64(m.said.Rows) / m.cpu.Seconds() }

// pair is one measurement of each kind, one directly after the other.
type pair [kinds]measure

// ratio is how many times the processor time of decode-only a whole run takes.
func (p pair) ratio() float64 { return p[whole].cpu.Seconds() / p[batches].cpu.Seconds() }

// check refuses pairs that did not do the same.
func (p pair) check() error {
	if a, b, c := p[pages].said.Rows, p[batches].said.Rows, p[whole].said.Rows; a != b || b != c || a == 0 {
		return fmt.Errorf("%d rows were decoded, %d went through the door, %d were counted; they should be the same", a, b, c)
	}
	if p[whole].said.Releases == 0 {
		return fmt.Errorf("the whole run published nothing")
	}
	return nil
}

func (p pair) String() string {
	return fmt.Sprintf("decode %.2f s, whole run %.2f s of processor time: %.2f times", p[batches].cpu.Seconds(), p[whole].cpu.Seconds(), p.ratio())
}

// spread is the median, the least and the most of a number over all pairs.
func spread(all []pair, of func(pair) float64) (median, least, most float64) {
	var v []float64
	for _, p := range all {
		v = append(v, of(p))
	}
	slices.Sort(v)
	median = v[len(v)/2]
	if len(v)%2 == 0 {
		median = (v[len(v)/2-1] + median) / 2
	}
	return median, v[0], v[len(v)-1]
}

// table prints medians, and from the least to the most.
func table(all []pair) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\tprocessor s\tM rows per processor s\twall s\tpeak MiB")
	titles := [kinds]string{"pages decoded, thrown away", "decode only, behind the door", "whole run, to stored releases"}
	for k, title := range titles {
		fmt.Fprint(w, title)
		for _, of := range []func(measure) float64{
			func(m measure) float64 { return m.cpu.Seconds() },
			func(m measure) float64 { return m.rate() / 1e6 },
			func(m measure) float64 { return m.wall.Seconds() },
			func(m measure) float64 { return float64(m.peak) / (1 << 20) },
		} {
			median, least, most := spread(all, func(p pair) float64 { return of(p[k]) })
			fmt.Fprintf(w, "\t%.3g (%.3g to %.3g)", median, least, most)
		}
		fmt.Fprintln(w)
	}
	w.Flush()
	for _, r := range []struct {
		title string
		of    func(pair) float64
	}{
		{"whole run / decode only, processor time", pair.ratio},
		{"whole run / pages only, processor time", func(p pair) float64 { return p[whole].cpu.Seconds() / p[pages].cpu.Seconds() }},
		{"whole run / decode only, wall time", func(p pair) float64 { return p[whole].wall.Seconds() / p[batches].wall.Seconds() }},
	} {
		median, least, most := spread(all, r.of)
		fmt.Fprintf(&b, "%s: %.2f (%.2f to %.2f), median of %d pairs\n", r.title, median, least, most, len(all))
	}
	last := all[len(all)-1][whole]
	fmt.Fprintf(&b, "whole run: %d rows, %d releases; processor time before the first row (contract, cell plan, footprints): %.2f s, the same for any number of rows\n",
		last.said.Rows, last.said.Releases, last.said.Ready.Seconds())
	if last.said.Spilled > 0 {
		fmt.Fprintf(&b, "written to disk, encrypted, and read again: %d MiB\n", last.said.Spilled>>20)
	}
	return b.String()
}

// machine says what was measured on.
func machine(o *options, d *day) string {
	cores := runtime.GOMAXPROCS(0)
	if o.workers > 0 {
		cores = o.workers
	}
	size := int64(0)
	if info, err := os.Stat(d.feed()); err == nil {
		size = info.Size()
	}
	return fmt.Sprintf("machine: %d cores used of %d, %s, %s/%s, %s\nday:     %s, %.1f MB of Parquet\n",
		cores, runtime.NumCPU(), processor(), runtime.GOOS, runtime.GOARCH, runtime.Version(), d.feed(), float64(size)/1e6)
}

// processor is the name of the processor where the system tells it in the way of Linux.
func processor() string {
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return "processor not known"
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if name, value, ok := strings.Cut(s.Text(), ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "processor not known"
}
