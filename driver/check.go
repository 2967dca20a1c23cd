package driver

import (
	"context"
	"math"
	"strings"

	"github.com/throng-stats/throng/feed"
	"github.com/throng-stats/throng/feed/files"
	"github.com/throng-stats/throng/privacy/account"
)

// CheckReport is what an input is like, and what a run of it would publish. Its counts are exact and stay inside.
type CheckReport struct {
	Files        int
	Rows, Usable int64
	Rejected     []files.Rejection
	Period       string
	Tables       []PlannedTable
}

// PlannedTable is a table that a run would publish.
type PlannedTable struct {
	Name  string // product/table
	Cells int
	D2    uint64
	Sigma float64 // standard deviation of the noise of a cell, in units
	Rho   string
}

// Check reads everything that a run would read, without keys, and publishes nothing.
func Check(ctx context.Context, j *Job, from, to string, progress func(done, of int64)) (*CheckReport, error) {
	passes, err := j.passes(from, to)
	if err != nil {
		return nil, err
	}
	first, last := passes[0][0], passes[len(passes)-1]
	out := &CheckReport{Period: span([]string{first.Name, last[len(last)-1].Name})}
	if first.Name == last[len(last)-1].Name {
		out.Period = first.Name
	}
	for _, s := range j.statistics(first) {
		for _, t := range tablesOf(s) {
			name := s.Product() + "/" + t.shape.Name
			sigma2 := account.Sigma2(t.d2, j.Plan[name])
			out.Tables = append(out.Tables, PlannedTable{name, t.shape.Cells(), t.d2, math.Sqrt(float64(sigma2)), account.Decimal(account.Charge(t.d2, sigma2))})
		}
	}
	for i, periods := range passes {
		options := j.feed
		if options.Files, err = j.Contract.FilesFor(dayOf(periods[0])); err != nil {
			return nil, err
		}
		r, err := files.Check(ctx, options, j.Ground, feed.NewDoor(nil, nil, j.optOut))
		if err != nil {
			return nil, err
		}
		out.add(r)
		progress(int64(i+1), int64(len(passes)))
	}
	if j.people_.Files != nil {
		if _, err := files.Open(ctx, j.people_, j.Ground, feed.NewDoor(nil, nil, nil)); err != nil && !strings.Contains(err.Error(), "people") {
			return nil, err
		}
	}
	return out, nil
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
