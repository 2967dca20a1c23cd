package driver

import (
	"context"
	"crypto/rand"
	"fmt"
	"math"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/feed"
	"github.com/throng-stats/throng/feed/files"
	"github.com/throng-stats/throng/privacy/account"
)

// CheckReport is what an input is like, and what a run of it would publish. Its counts are exact and stay inside.
type CheckReport struct {
	Files        int
	Rows, Usable int64
	Rejected     []files.Rejection
	People       int64 // rows of the attributes that contradict an earlier row of the same pseudonym
	Period       string
	Tables       []PlannedTable

	outside string // periods of which no row has a time inside them
}

// PlannedTable is a table that a run would publish.
type PlannedTable struct {
	Name  string // product/table
	Cells int
	D2    uint64
	Sigma float64 // standard deviation of the noise of a cell, in units
	Rho   string
	Times int64 // how many such releases charge a day: 2 where a table is about two months
}

// Check reads everything that a run would read and publishes nothing. The error is for what would stop a run; what a run
// would count and leave out is in the report, whose Err decides whether the input is good enough.
func Check(ctx context.Context, j *Job, from, to string, progress func(done, of int64)) (*CheckReport, error) {
	passes, err := j.passes(from, to)
	if err != nil {
		return nil, err
	}
	if j.sales != nil { // the same rows, once by day and once by month
		passes = passes[:1]
	}
	first, last := passes[0][0], passes[len(passes)-1]
	out := &CheckReport{Period: span([]string{first.Name, last[len(last)-1].Name}), Tables: j.planned(first)}
	if first.Name == last[len(last)-1].Name {
		out.Period = first.Name
	}
	for i, periods := range passes {
		if err := out.pass(ctx, j, periods); err != nil {
			return nil, err
		}
		progress(int64(i+1), int64(len(passes)))
	}
	return out, nil
}

// planned lists what is published of a period, and of the month of a day.
func (j *Job) planned(p throng.Period) []PlannedTable {
	var out []PlannedTable
	add := func(product string, tables []tableSpec) {
		for _, t := range tables {
			name := product + "/" + t.shape.Name
			sigma2 := account.Sigma2(t.d2, j.Plan[name])
			out = append(out, PlannedTable{name, t.shape.Cells(), t.d2, math.Sqrt(float64(sigma2)), account.Decimal(account.Charge(t.d2, sigma2)), charges(name)})
		}
	}
	for _, s := range j.allStatistics(p) {
		add(s.Product(), tablesOf(s.Tables()))
	}
	for _, s := range j.ofMonth(p) {
		add(s.Product(), tablesOf(s.Tables()))
	}
	if j.isPaired(p) {
		for _, s := range j.ofPair() {
			add(s.Product(), tablesOf(s.Tables()))
		}
	}
	return append(out, j.plannedLive(p)...)
}

// charges is how many releases of a table a day is in.
func charges(table string) int64 {
	if table == productMigration+"/total" {
		return 2
	}
	return 1
}

// pass reads the files of one reading of the feed, and its attributes, as a run would.
func (c *CheckReport) pass(ctx context.Context, j *Job, periods []throng.Period) error {
	options := j.feed
	var err error
	if options.Files, err = j.Contract.FilesFor(dayOf(periods[0])); err != nil {
		return err
	}
	r, err := files.Check(ctx, options, j.Ground, feed.NewDoor(nil, nil, j.optOut))
	if err != nil {
		return err
	}
	if r.Usable > 0 && (r.Last < periods[0].Start || r.First >= periods[len(periods)-1].End) && c.outside == "" {
		c.outside = periods[0].Name
	}
	c.add(r)
	if j.persons.Files == nil {
		return nil
	}
	c.People, err = j.checkPeople(ctx, options, periods)
	return err
}

// checkPeople reads the attributes under keys that are forgotten when it returns, and returns how many rows of them
// contradict an earlier one.
func (j *Job) checkPeople(ctx context.Context, feeds feed.Options, periods []throng.Period) (int64, error) {
	input, err := files.Open(ctx, feeds, j.Ground, feed.NewDoor(nil, nil, nil))
	if err != nil {
		return 0, err
	}
	keys := make([][16]byte, len(periods))
	for i := range keys {
		rand.Read(keys[i][:])
	}
	defer clear(keys)
	_, differing, err := j.readPeople(ctx, feed.NewDoor(periods, keys, j.optOut), 0, input.Pseudonyms())
	return differing, err
}

func (c *CheckReport) add(r files.Report) {
	c.Files += r.Files
	c.Rows += r.Rows
	c.Usable += r.Usable
	for _, one := range r.Rejected {
		found := false
		for i := range c.Rejected {
			if c.Rejected[i].Why == one.Why {
				c.Rejected[i].Rows += one.Rows
				found = true
			}
		}
		if !found {
			c.Rejected = append(c.Rejected, one)
		}
	}
}

// Err is an error of kind Invalid when the input is not what was agreed, although every file can be read:
//
//   - a row names a place that the plan does not have: plan and feed do not belong together, or the plan is too old;
//   - there is no row at all;
//   - all rows of a reading have their time outside the period that the file is read for: a clock or a time zone is wrong;
//   - more than half of the rows cannot be used, things and people who opted out not counted.
//
// A run counts such rows, leaves them out and goes on: it must not fail on one row of a hundred million. Whoever checks
// wants to know. The text names file, row and column of the first, and never what stands there.
func (c *CheckReport) Err() error {
	for _, r := range c.Rejected {
		if r.Why == event.UnknownPlace {
			return &Error{Kind: Invalid, Text: fmt.Sprintf("%s: row %d: column %q: got a place that is not in the plan (%d rows have one), want an id of the list of cells; add the places to the plan, or correct the feed; a run leaves such rows out and counts them",
				r.File, r.Row, r.Column, r.Rows)}
		}
	}
	if c.Rows == 0 {
		return &Error{Kind: Invalid, Text: fmt.Sprintf("%s: got files without rows, want some; copy them again, or look at feed.files", c.Period)}
	}
	if c.outside != "" {
		return &Error{Kind: Invalid, Text: fmt.Sprintf("%s: got no row with a time in this period, want the rows of that time; look at clock, and at format and zone of the time column", c.outside)}
	}
	unusable, worst := c.Rows-c.Usable, files.Rejection{}
	for _, r := range c.Rejected {
		switch {
		case r.Why == event.Machine || r.Why == event.OptedOut:
			unusable -= r.Rows
		case r.Rows > worst.Rows:
			worst = r
		}
	}
	if 2*unusable > c.Rows {
		return &Error{Kind: Invalid, Text: fmt.Sprintf("%s: row %d: column %q: got %d of %d rows that cannot be used (most: %s), want at most half; correct the feed, or the columns in the contract",
			worst.File, worst.Row, worst.Column, unusable, c.Rows, worst.Name)}
	}
	return nil
}
