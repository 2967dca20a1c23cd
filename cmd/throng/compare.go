package main

import (
	"fmt"
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
	Over    string   `help:"Table of the same release to divide by, such as buyers: means." placeholder:"TABLE" default:""`
	Before  []string `help:"Period before an event, to compare with (may be given several times)." placeholder:"PERIOD"`
}

// Help is what throng compare --help adds.
func (compareCmd) Help() string {
	return `Ranks the places or categories of a released table, with what the noise leaves: from which to which rank (all at once with 95 %),
which share of the whole, and with --over the mean, with --before the change. Made of released numbers alone; nothing is spent.
What the table's other dimensions hold is added up first.

    throng compare out spending 2026-03 --where currency=EUR
    throng compare out spending 2026-03 --where category=wine --over buyers
    throng compare out bookings 2026-04 trips --before 2026-02 --before 2026-03`
}

// compared is a line of the answer.
type compared struct {
	Code         string
	Value, SD    float64
	Best, Worst  int
	Group        int
	Share        *[3]float64 `json:",omitempty"` // value, lo, hi
	Mean, Change *[3]float64 `json:",omitempty"`
}

// Run prints the ranking.
func (c *compareCmd) Run(out *screen) error {
	store, err := disk.OpenReadOnly(c.Dir)
	if err != nil {
		return err
	}
	codes, of, err := c.numbers(store, c.Period, c.Table)
	if err != nil {
		return err
	}
	var over []compare.Number
	if c.Over != "" {
		if _, over, err = c.numbers(store, c.Period, c.Over); err != nil {
			return err
		}
	}
	before := make([][]compare.Number, len(codes))
	for _, period := range c.Before {
		then, numbers, err := c.numbers(store, period, c.Table)
		if err != nil {
			return err
		}
		if !slices.Equal(then, codes) {
			return &driver.Error{Kind: driver.Invalid, Text: fmt.Sprintf("--before: %s of %s has other codes than %s; compare periods of one geography", c.Product, period, c.Period)}
		}
		for i, n := range numbers {
			before[i] = append(before[i], n)
		}
	}
	var lines []compared
	for _, s := range compare.Top(codes, of) {
		i := slices.Index(codes, s.Code)
		line := compared{Code: s.Code, Value: s.Of.Value, SD: s.Of.SD, Best: s.Rank.Best, Worst: s.Rank.Worst, Group: s.Rank.Group, Share: shown(s.Share)}
		if over != nil {
			line.Mean = shown(compare.Over(s.Of, over[i]))
		}
		if len(before[i]) > 0 {
			change, err := compare.Event(before[i], []compare.Number{s.Of})
			if err != nil {
				return err
			}
			line.Change = shown(change.Relative)
		}
		lines = append(lines, line)
	}
	c.say(out, lines)
	return out.result(map[string]any{"product": c.Product, "period": c.Period, "table": c.Table, "lines": lines})
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
		name  string
	}{{c.Over != "", "per " + c.Over}, {len(c.Before) > 0, "change"}} {
		if more.asked {
			header = append(header, " "+more.name, " from", " to")
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
			row = append(row, interval(l.Mean, "%.1f", 1)...)
		}
		if len(c.Before) > 0 {
			row = append(row, interval(l.Change, "%+.1f %%", 100)...)
		}
		rows = append(rows, row)
	}
	out.table("compared", rows)
	out.say("margins    of the noise, 95 %%; ranks hold for all at once. Money is in the smallest unit of its currency")
}

// numbers reads a measured table of a period.
func (c *compareCmd) numbers(store release.Store, period, table string) ([]string, []compare.Number, error) {
	find := exportCmd{Dir: c.Dir, Product: c.Product, Period: period}
	m, err := find.find(store)
	if err != nil {
		return nil, nil, err
	}
	if !slices.ContainsFunc(m.Parts, func(p release.Part) bool { return p.Table == table }) {
		return nil, nil, &driver.Error{Kind: driver.Missing, Text: fmt.Sprintf("%s of %s has no table %q; want one of %s", c.Product, period, table, tables(m))}
	}
	t, err := store.Table(m.ID, "", table)
	if err != nil {
		return nil, nil, err
	}
	where := map[string]string{}
	for _, w := range c.Where {
		dim, code, ok := strings.Cut(w, "=")
		if !ok {
			return nil, nil, &driver.Error{Kind: driver.Invalid, Text: fmt.Sprintf("--where: got %.40q, want such as currency=EUR", w)}
		}
		where[dim] = code
	}
	if _, ok := t.Shape.Dim(throng.DimCurrency); ok && where[throng.DimCurrency] == "" && c.By != throng.DimCurrency {
		return nil, nil, &driver.Error{Kind: driver.Invalid, Text: "the table has several currencies, which are not added up; choose one, such as  --where currency=EUR"}
	}
	by := c.By
	if by == "" {
		by = t.Shape.Dims[0].Name
	}
	codes, of, err := compare.Numbers(t, by, where)
	if err != nil {
		return nil, nil, &driver.Error{Kind: driver.Invalid, Text: err.Error()}
	}
	return codes, of, nil
}
