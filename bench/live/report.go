package main

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
)

// pair is decode-only and live, one directly after the other.
type pair struct{ decode, live measure }

// check refuses pairs that did not read the same.
func (p pair) check() error {
	if p.decode.said.Rows != p.live.said.Rows || p.live.said.Rows == 0 {
		return fmt.Errorf("%d rows were decoded and %d followed; they should be the same", p.decode.said.Rows, p.live.said.Rows)
	}
	return nil
}

// perWall and perCore are rows a second.
func (m measure) perWall() float64 { return float64(m.said.Rows) / m.said.Wall.Seconds() }
func (m measure) perCore() float64 { return float64(m.said.Rows) / m.cpu.Seconds() }

func (p pair) String() string {
	return fmt.Sprintf("%.2f M rows/s, %.2f M per processor second (decode only %.1f and %.1f), bin closed in %.0f ms", p.live.perWall()/1e6, p.live.perCore()/1e6,
		p.decode.perWall()/1e6, p.decode.perCore()/1e6, median(closings([]pair{p})))
}

// closings are the times from ready to published of the bins of all pairs in which all devices are kept: not the first, before they are.
func closings(all []pair) (ms []float64) {
	for _, p := range all {
		for i, v := range p.live.said.Closing {
			if i >= len(p.live.said.Closing)/4 {
				ms = append(ms, float64(v))
			}
		}
	}
	return ms
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	if len(v) == 0 {
		return 0
	}
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}

// table prints medians, and from the least to the most.
func table(o *options, all []pair) string {
	var b strings.Builder
	last := all[len(all)-1]
	fmt.Fprintf(&b, "%d cores, %s; %d rows of %d devices in files of five minutes, %d bins; medians of %d pairs (least to most)\n",
		runtime.GOMAXPROCS(0), runtime.Version(), last.live.said.Rows, last.live.said.Devices, len(last.live.said.Closing), len(all))
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\tM rows a second\tM rows per processor s\tpeak MiB")
	for _, line := range []struct {
		title string
		of    func(pair) measure
	}{{"decode only, behind the door", func(p pair) measure { return p.decode }}, {"followed, to stored bins", func(p pair) measure { return p.live }}} {
		fmt.Fprint(w, line.title)
		for _, figure := range []func(measure) float64{func(m measure) float64 { return m.perWall() / 1e6 }, func(m measure) float64 { return m.perCore() / 1e6 },
			func(m measure) float64 { return float64(m.peak) / (1 << 20) }} {
			var v []float64
			for _, p := range all {
				v = append(v, figure(line.of(p)))
			}
			fmt.Fprintf(w, "\t%.3g (%.3g to %.3g)", median(v), slices.Min(v), slices.Max(v))
		}
		fmt.Fprintln(w)
	}
	w.Flush()
	var ratios []float64
	for _, p := range all {
		ratios = append(ratios, p.live.cpu.Seconds()/p.decode.cpu.Seconds())
	}
	ms := closings(all)
	fmt.Fprintf(&b, "followed / decode only, processor time: %.2f (%.2f to %.2f)\n", median(ratios), slices.Min(ratios), slices.Max(ratios))
	fmt.Fprintf(&b, "bin from ready to published: median %.0f ms, most %.0f ms, of %d bins\n", median(ms), slices.Max(ms), len(ms))
	return b.String()
}
