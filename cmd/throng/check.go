package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/throng-stats/throng/driver"
)

// checkCmd is throng check.
type checkCmd struct {
	Contract string `arg:"" help:"Contract, a YAML file (docs/format/contract.md)." type:"path"`
	Input    string `help:"Folder with the feed's files, instead of the contract's." type:"existingdir" placeholder:"DIR"`
	From     string `help:"First civil day, such as 2026-02-02." placeholder:"DAY"`
	To       string `help:"Last civil day." placeholder:"DAY"`
}

// Help is what throng check --help adds.
func (checkCmd) Help() string {
	return `Reads everything that a run would read, publishes nothing and spends nothing. It says how many rows a run would leave out
and why, where the first of each kind is, and what would be published at which cost.

    throng check contract.yaml
    throng check contract.yaml --input incoming --from 2026-02-02 --to 2026-02-08

It ends with 3 when a file is not what was agreed: a column is missing, a value has another type, a file is damaged or there
twice. It also ends with 3 when a row names a place that the plan does not have, when no row has its time in the period, or
when more than half of the rows cannot be used; a run counts such rows, leaves them out and goes on. What is printed names
file, row and column, and never what stands there. A column that the contract does not list is refused.`
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
	out.say("read       %s of %s, %s can be used (these counts are exact and stay inside)", plural(report.Rows, "row"), plural(int64(report.Files), "file"), number(report.Usable))
	for _, r := range report.Rejected {
		out.say("           %10s  %s; the first: %s, row %d, column %s", number(r.Rows), r.Name, here(r.File), r.Row, r.Column)
	}
	if report.People > 0 {
		out.say("           %10s  rows of the attributes contradict an earlier row of the same pseudonym and are left out", number(report.People))
	}
	out.say("period     %s", report.Period)
	rows := [][]string{{"table", " cells", " bound D2", " sigma of noise", " rho a day"}}
	for _, t := range report.Tables {
		rows = append(rows, []string{t.Name, number(int64(t.Cells)), fmt.Sprint(t.D2), fmt.Sprintf("%.1f", t.Sigma), t.Rho})
	}
	out.table("would be", rows)
	if err := out.result(report); err != nil {
		return err
	}
	if err := report.Err(); err != nil {
		out.say("not good   nothing was published, nothing was spent")
		return err
	}
	out.say("good       the input is what the contract says; nothing was published, nothing was spent")
	return nil
}
