package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/throng-stats/throng/driver"
	"github.com/throng-stats/throng/driver/demo"
	"github.com/throng-stats/throng/release/disk"
	"github.com/throng-stats/throng/serve/api"
	"github.com/throng-stats/throng/synth"
)

// demoCmd is throng demo.
type demoCmd struct {
	Once     bool   `help:"End when the table of accuracy is printed; do not serve the page."`
	Days     int    `help:"Days to invent, from Monday 2026-02-02." default:"7"`
	People   int    `help:"People of the region." default:"200000"`
	Seed     uint64 `help:"Seed of the region." default:"1"`
	Dir      string `help:"Folder for everything; a temporary one when it is not given." placeholder:"DIR"`
	Keep     bool   `help:"Keep the invented feed and the folder."`
	Estimate string `help:"linear, or em: people present also by expectation-maximisation (one second a day more)." enum:"linear,em" default:"linear"`
	Listen   string `help:"Address of page and API." default:"127.0.0.1:8080" placeholder:"ADDR"`
}

// Help is what throng demo --help adds.
func (demoCmd) Help() string {
	return `Invents a region with its people and telephones, writes the feed that the telephones would leave, publishes it day by day as
a holder would, and compares every release with the truth that only an invented region has. Then it serves the page.

    throng demo --once                         a minute; prints the table of accuracy and ends
    throng demo --people 2000 --days 1         small and quick
    throng demo --dir demo --keep              keep feed, releases and ledger to look at

The error is shown in two parts: what the method gets wrong without any noise, and what the noise adds. The second part is
what privacy costs.`
}

// Run invents, publishes, compares and serves.
func (c *demoCmd) Run(ctx context.Context, out *screen) error {
	dir, err := c.folder()
	if err != nil {
		return err
	}
	if c.Dir == "" && !c.Keep {
		defer os.RemoveAll(dir)
	}
	r, err := demo.Run(ctx, demo.Options{World: synth.Options{Seed: c.Seed, People: c.People, Days: c.Days, Estimate: c.Estimate}, Dir: dir, Keep: c.Keep, Code: code(),
		Note: func(text string) { out.say("%s", text) }, Progress: out.progress})
	if err != nil {
		return err
	}
	out.say("")
	sayCounts(out, r.Counts)
	out.say("")
	sayPublished(out, r.Summary)
	out.say("")
	sayScores(out, r.Scores, r.Notes)
	out.say("")
	sayCompanies(out, r.Companies, r.CompanyNotes)
	if err := out.result(append(r.Scores, r.Companies...)); err != nil {
		return err
	}
	if c.Keep || c.Dir != "" {
		flags := ""
		for _, one := range companies(here(dir)) {
			flags += " --holder " + one
		}
		out.say("kept       %s: see it with  throng serve %s%s, check it with  throng ledger verify %s", here(dir), here(r.Out), flags, here(dir))
	}
	if c.Once {
		return nil
	}
	store, err := disk.OpenReadOnly(r.Out)
	if err != nil {
		return err
	}
	beside, err := others(companies(dir))
	if err != nil {
		return err
	}
	return serve(ctx, out, store, c.Listen, api.Options{IgnoreEmbargo: true}, beside...)
}

// companies names the folders in which companies and public bodies have published, as --holder wants them.
func companies(dir string) (list []string) {
	for _, name := range synth.Companies() {
		if out := filepath.Join(dir, name, "out"); isDir(out) {
			list = append(list, name+"="+out)
		}
	}
	return list
}

func isDir(path string) bool {
	about, err := os.Stat(path)
	return err == nil && about.IsDir()
}

func (c *demoCmd) folder() (string, error) {
	if c.Dir == "" {
		return os.MkdirTemp("", "throng-demo-")
	}
	if _, err := os.Stat(filepath.Join(c.Dir, "state")); err == nil {
		return "", &driver.Error{Kind: driver.Unsafe, Text: fmt.Sprintf("%s holds a demo already; its days are published once: name another folder or remove this one", c.Dir)}
	}
	return c.Dir, os.MkdirAll(c.Dir, 0o755)
}

// sayScores prints the table of accuracy.
func sayScores(out *screen, scores []demo.Score, notes []string) {
	out.say("accuracy   estimates against the truth of the invented region, in people per cell; error^2 = method^2 + noise^2")
	rows := [][]string{{"table", " cells", " truth", " bias", " error", " method", " noise", " margin 95%", " off by", " truth inside", " noise inside", " correlation"}}
	for _, s := range scores {
		rows = append(rows, []string{s.Product + "/" + s.Table, number(int64(s.Cells)), fmt.Sprintf("%.1f", s.Truth), fmt.Sprintf("%+.1f", s.Bias),
			fmt.Sprintf("%.1f", s.Error), fmt.Sprintf("%.1f", s.Method), fmt.Sprintf("%.1f", s.Noise), fmt.Sprintf("± %.1f", s.Margin),
			share(s.Relative), fmt.Sprintf("%.1f %%", 100*s.Inside), unlessNil("%.1f %%", 100, s.Again), unlessNil("%.3f", 1, s.Correlation)})
	}
	out.table("", rows)
	out.say("           The margin is that of the noise alone, and holds the noise in 95 of 100 cells (noise inside: the first day, published twice);")
	out.say("           where method is large beside it, the truth is outside more often than that.")
	for _, note := range notes {
		out.say("           %s", note)
	}
}

// sayCompanies prints the table of accuracy of the feeds of companies and public bodies.
func sayCompanies(out *screen, scores []demo.Score, notes []string) {
	out.say("companies  what companies and public bodies of the region publish, against the truth of their books; money in whole units of its currency")
	rows := [][]string{{"table", " cells", " truth", " bias", " error", " method", " noise", " margin 95%", " off by", " truth inside", " bounded inside", " computed", " noise inside", " cut"}}
	for _, s := range scores {
		rows = append(rows, []string{s.Feed + " " + s.Product + "/" + s.Table, number(int64(s.Cells)), fmt.Sprintf("%.1f", s.Truth), fmt.Sprintf("%+.1f", s.Bias),
			fmt.Sprintf("%.1f", s.Error), fmt.Sprintf("%.1f", s.Method), fmt.Sprintf("%.1f", s.Noise), fmt.Sprintf("± %.1f", s.Margin), share(s.Relative),
			fmt.Sprintf("%.1f %%", 100*s.Inside), unlessNil("%.1f %%", 100, s.Bounded), unlessNil("%.1f %%", 100, s.Computed), unlessNil("%.1f %%", 100, s.Again), unlessNil("%.1f %%", 100, s.Cut)})
	}
	out.table("", rows)
	out.say("           Cut is what the declared bounds and rows that cannot be read take off the truth. Bounded inside: how often what is left lies in the")
	out.say("           margin; computed: how often noise of that size does.")
	for _, note := range notes {
		out.say("           %s", note)
	}
}

// unlessNil writes a figure, or nothing when there is none.
func unlessNil(format string, times float64, x *float64) string {
	if x == nil {
		return ""
	}
	return fmt.Sprintf(format, times**x)
}

// share writes a share in percent; where the truth is almost nothing, a percentage of it means nothing.
func share(x float64) string {
	if x >= 10 {
		return "> 999 %"
	}
	return fmt.Sprintf("%.1f %%", 100*x)
}
