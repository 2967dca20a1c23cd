package main

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/driver"
	"github.com/throng-stats/throng/reckon/compare"
	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/release/disk"
)

// compareCmd is throng compare.
type compareCmd struct {
	Dir     string   `arg:"" help:"Folder of releases." type:"existingdir"`
	Product string   `arg:"" help:"Product, such as spending."`
	Period  string   `arg:"" help:"Day or month, such as 2026-03."`
	Table   string   `arg:"" help:"Table, such as total." default:"total" optional:""`
	By      string   `help:"Dimension whose codes are ranked; the first of the table when it is not given." placeholder:"DIM" default:""`
	Where   []string `help:"Only this code of another dimension, such as currency=EUR (may be given several times)." placeholder:"DIM=CODE"`
	Over    string   `help:"What to divide by: a table of the same release such as buyers (means), PRODUCT/TABLE of the same time, residents (penetration), or present (rates)." placeholder:"TABLE" default:""`
	Gap     bool     `help:"Rank too what --over leaves: potential less actual customers."`
	Beside  []string `help:"Folder of releases of another holder, where --over is looked for too (may be given several times)." placeholder:"DIR" type:"existingdir"`
	Before  []string `help:"Period before an event, to compare with (may be given several times)." placeholder:"PERIOD"`
}

// Help is what throng compare --help adds.
func (compareCmd) Help() string {
	return `Ranks the places or categories of a released table, with what the noise leaves: from which to which rank (all at once with 95 %),
which share of the whole, and with --over the mean or rate, with --gap what is left of it, with --before the change. A month that was
released day by day is the sum of its days. Made of released numbers alone; nothing is spent.
What the table's other dimensions hold is added up first.

    throng compare out spending 2026-03 --where currency=EUR
    throng compare out spending 2026-03 --where category=wine --over buyers
    throng compare out market 2026-03 customers --over residents --gap
    throng compare town/out cases 2026-03 --over present --beside region/out
    throng compare out bookings 2026-04 trips --before 2026-02 --before 2026-03`
}

// compared is a line of the answer.
type compared struct {
	Code        string
	Value, SD   float64
	Best, Worst int
	Group       int
	Share       *[3]float64 `json:",omitempty"` // value, lo, hi
	Per, Change *[3]float64 `json:",omitempty"`
	Reliable    *bool       `json:",omitempty"` // of Per: what it is divided by is more than five of its standard deviations
	Gap         *[3]float64 `json:",omitempty"`
	GapRanks    *[2]int     `json:",omitempty"` // best, worst
}

// Run prints the ranking.
func (c *compareCmd) Run(out *screen) error {
	own, err := readable(c.Dir)
	if err != nil {
		return err
	}
	var beside []compare.Readable
	for _, dir := range c.Beside {
		other, err := readable(dir)
		if err != nil {
			return err
		}
		beside = append(beside, other)
	}
	q, err := c.question(own)
	if err != nil {
		return err
	}
	r, err := own.League(q, beside...)
	var refusal *compare.Refusal
	if errors.As(err, &refusal) {
		kind := driver.Invalid
		if refusal.What == "period" || refusal.What == "table" {
			kind = driver.Missing
		}
		return &driver.Error{Kind: kind, Text: refusal.Text}
	}
	if err != nil {
		return err
	}
	var lines []compared
	for _, p := range r.Places {
		line := compared{Code: p.Code, Value: p.Of.Value, SD: p.Of.SD, Best: p.Rank.Best, Worst: p.Rank.Worst, Group: p.Rank.Group, Share: shown(p.Share),
			Per: shown(p.Per), Change: shown(p.Change.Relative)}
		if line.Per != nil {
			line.Reliable = &p.Per.Reliable
		}
		if c.Gap && !math.IsNaN(p.Gap.Value) {
			lo, hi := p.Gap.Margin()
			line.Gap, line.GapRanks = &[3]float64{p.Gap.Value, lo, hi}, &[2]int{p.GapRank.Best, p.GapRank.Worst}
		}
		lines = append(lines, line)
	}
	c.say(out, lines)
	return out.result(map[string]any{"product": c.Product, "period": c.Period, "table": c.Table, "lines": lines})
}

// readable is a folder of releases, all of which its owner may read.
func readable(dir string) (compare.Readable, error) {
	store, err := disk.OpenReadOnly(dir)
	if err != nil {
		return compare.Readable{}, err
	}
	list, err := store.Heads()
	return compare.Readable{Store: store, List: list}, err
}

// question reads the options. Currencies are never added up.
func (c *compareCmd) question(own compare.Readable) (compare.Question, error) {
	q := compare.Question{Product: c.Product, Period: c.Period, Table: c.Table, By: c.By, Where: map[string]string{}, Over: c.Over, Before: c.Before}
	for _, w := range c.Where {
		dim, code, ok := strings.Cut(w, "=")
		if !ok {
			return q, &driver.Error{Kind: driver.Invalid, Text: fmt.Sprintf("--where: got %.40q, want such as currency=EUR", w)}
		}
		q.Where[dim] = code
	}
	if c.Gap && c.Over == "" {
		return q, &driver.Error{Kind: driver.Invalid, Text: "--gap: there is nothing to take from; add such as  --over residents"}
	}
	list, err := own.In(c.Product, c.Period)
	if err != nil {
		return q, err
	}
	for _, m := range list {
		for _, p := range m.Parts {
			if p.Table == c.Table && q.Where[throng.DimCurrency] == "" && c.By != throng.DimCurrency &&
				slices.ContainsFunc(p.Domain, func(a release.Axis) bool { return a.Name == throng.DimCurrency }) {
				return q, &driver.Error{Kind: driver.Invalid, Text: "the table has several currencies, which are not added up; choose one, such as  --where currency=EUR"}
			}
		}
	}
	return q, nil
}

// shown is a ratio that has an interval, or nil.
func shown(r compare.Ratio) *[3]float64 {
	if !r.Shown {
		return nil
	}
	return &[3]float64{r.Value, r.Lo, r.Hi}
}

func (c *compareCmd) say(out *screen, lines []compared) {
	const none = "-" // the noise leaves nothing to show
	header := []string{"code", " " + c.Table, " ± 95 %", " ranks", " share", " from", " to"}
	for _, more := range []struct {
		asked bool
		names []string
	}{{c.Over != "", []string{" per " + c.Over, " from", " to"}}, {c.Gap, []string{" gap", " from", " to", " ranks"}}, {len(c.Before) > 0, []string{" change", " from", " to"}}} {
		if more.asked {
			header = append(header, more.names...)
		}
	}
	rows := [][]string{header}
	interval := func(r *[3]float64, format string, factor float64) []string {
		if r == nil {
			return []string{none, "", ""}
		}
		return []string{fmt.Sprintf(format, factor*r[0]), fmt.Sprintf(format, factor*r[1]), fmt.Sprintf(format, factor*r[2])}
	}
	for _, l := range lines {
		row := append([]string{l.Code, fmt.Sprintf("%.0f", l.Value), fmt.Sprintf("%.0f", 1.96*l.SD), fmt.Sprintf("%d-%d", l.Best, l.Worst)}, interval(l.Share, "%.1f %%", 100)...)
		if c.Over != "" {
			row = append(row, c.per(l, interval)...)
		}
		if c.Gap {
			row = append(row, interval(l.Gap, "%.0f", 1)...)
			if row = append(row, none); l.GapRanks != nil {
				row[len(row)-1] = fmt.Sprintf("%d-%d", l.GapRanks[0], l.GapRanks[1])
			}
		}
		if len(c.Before) > 0 {
			row = append(row, interval(l.Change, "%+.1f %%", 100)...)
		}
		rows = append(rows, row)
	}
	out.table("compared", rows)
	if slices.ContainsFunc(lines, func(l compared) bool { return l.Reliable != nil && !*l.Reliable }) {
		out.say("*          not reliable: what it is divided by is less than five standard deviations of its noise")
	}
	out.say("margins    of the noise, 95 %%; ranks hold for all at once. Money is in the smallest unit of its currency")
}

// per writes a mean, or a rate of people in percent; a star says that it is not reliable.
func (c *compareCmd) per(l compared, interval func(r *[3]float64, format string, factor float64) []string) []string {
	format, factor := "%.1f", 1.
	if c.Over == "residents" || c.Over == "present" {
		format, factor = "%.2f %%", 100
	}
	cells := interval(l.Per, format, factor)
	if l.Reliable != nil && !*l.Reliable {
		cells[0] += "*"
	}
	return cells
}
