package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestWorks invents a small day and does the three kinds of work on it: each sees every row, and the whole run publishes.
func TestWorks(t *testing.T) {
	d, err := dayOf(60_000, 3000, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if d.isThere() {
		t.Fatal("the day is there before it was invented")
	}
	if err := d.invent(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !d.isThere() {
		t.Fatal("the day was invented and is not there")
	}
	o := &options{memory: 512}
	var p pair
	if p[pages].said, err = decodePages(d); err != nil {
		t.Fatal(err)
	}
	if p[batches].said, err = decodeBatches(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	if p[whole].said, err = runWhole(t.Context(), o, d); err != nil {
		t.Fatal(err)
	}
	if err := p.check(); err != nil {
		t.Error(err)
	}
	if rows := p[whole].said.Rows; rows < 45_000 || rows > 90_000 {
		t.Errorf("a day of about 60,000 rows has %d", rows)
	}
	if left, _ := filepath.Glob(filepath.Join(d.dir, "run-*")); len(left) > 0 {
		t.Errorf("%v was left behind", left)
	}
	o.memory = 1 // less than the records need: some are written, and read again
	again, err := runWhole(t.Context(), o, d)
	if err != nil {
		t.Fatal(err)
	}
	if again.Spilled == 0 || again.Rows != p[whole].said.Rows {
		t.Errorf("with a MiB of memory %d rows were counted and %d bytes written, want %d rows and some bytes", again.Rows, again.Spilled, p[whole].said.Rows)
	}
	if _, err := os.Stat(d.feed()); err != nil {
		t.Error("the feed of the day is gone:", err)
	}
}

// TestTable: medians of ratios, not ratios of medians.
func TestTable(t *testing.T) {
	var all []pair
	for _, s := range [][2]float64{{1, 5}, {2, 8}, {4, 40}} {
		var p pair
		for k, sec := range []float64{.5, s[0], s[1]} {
			p[k] = measure{said: said{Rows: 1e6, Releases: 3}, cpu: time.Duration(sec * 1e9), wall: time.Second, peak: 100 << 20}
		}
		all = append(all, p)
	}
	got := table(all)
	for _, want := range []string{"whole run / decode only, processor time: 5.00 (4.00 to 10.00), median of 3 pairs", "100 (100 to 100)", "0.125 (0.025 to 0.2)"} {
		if !strings.Contains(got, want) {
			t.Errorf("the table lacks %q:\n%s", want, got)
		}
	}
	all[1][whole].said.Rows--
	if all[1].check() == nil {
		t.Error("kinds of work that saw different rows were compared")
	}
	if median, _, _ := spread(all[:2], pair.ratio); median != 4.5 {
		t.Errorf("the median of two ratios 5 and 4 is %g, want 4.5", median)
	}
}
