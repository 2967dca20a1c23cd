package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/throng-stats/throng/driver"
)

// checkCmd is throng check.
type checkCmd struct {
	Contract string `arg:"" help:"Contract, a YAML file (docs/format/contract.md)." type:"existingfile"`
	Input    string `help:"Folder with the feed's files, instead of the contract's." type:"existingdir" placeholder:"DIR"`
	From     string `help:"First civil day, such as 2026-02-02." placeholder:"DAY"`
	To       string `help:"Last civil day." placeholder:"DAY"`
}

// Run reads everything, publishes nothing, and says what would be rejected and what it would cost.
func (c *checkCmd) Run(ctx context.Context, out *screen) error {
	job, err := prepare(c.Contract, c.Input)
	if err != nil {
		return err
	}
	out.say("contract   %s, %s, for %s", job.Contract.Holder.Name, job.Contract.Feed.ID, strings.Join(job.Contract.Agreement.Purpose, ", "))
	out.say("ground     %s places, %s leaves, %s zones", number(int64(len(job.Ground.Places))), number(int64(len(job.Ground.Tree.Leaves))), number(int64(job.Ground.Zones.Len())))
	for _, note := range job.Notes {
		out.say("note       %s", note)
	}
	report, err := driver.Check(ctx, job, c.From, c.To, out.progress("checking"))
	if err != nil {
		return err
	}
	out.say("read       %s rows of %d files, %s can be used (these counts are exact and stay inside)", number(report.Rows), report.Files, number(report.Usable))
	for _, r := range report.Rejected {
		out.say("           %10s  %s; the first: %s, row %s, column %s", number(r.Rows), r.Name, r.File, number(r.Row), r.Column)
	}
	out.say("period     %s", report.Period)
	rows := [][]string{{"would publish", " cells", " bound D2", " sigma", " rho a day"}}
	for _, t := range report.Tables {
		rows = append(rows, []string{t.Name, number(int64(t.Cells)), fmt.Sprint(t.D2), fmt.Sprintf("%.1f", t.Sigma), t.Rho})
	}
	out.table(rows)
	out.say("The input is as the contract says. Nothing was published.")
	return out.result(report)
}
