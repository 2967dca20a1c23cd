package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/throng-stats/throng/driver"
)

// planCmd is throng plan.
type planCmd struct {
	Contract string `arg:"" help:"Contract, a YAML file (docs/format/contract.md)." type:"path"`
	Input    string `help:"Folder with the public tables, where they do not lie beside the contract." type:"existingdir" placeholder:"DIR"`
	From     string `help:"First civil day; that of the agreement when it is not given." placeholder:"DAY"`
	Devices  int64  `help:"About how many units a day has; then memory and time are guessed." placeholder:"N"`
	Events   int64  `help:"About how many records a unit has in a day." default:"40" placeholder:"N"`
	Memory   int64  `help:"Records kept in memory by the run, in MiB." default:"512" placeholder:"MIB"`
}

// Help is what throng plan --help adds.
func (planCmd) Help() string {
	return `Says what a contract costs before any data are read: the share of each table, its noise, the expected error by size of
area on the real measurement tree, what one unit loses in a day, a week, a month and a year, and the first day on which a
cap would refuse. It reads the contract and the public tables that it names, and of the ledger what is spent already.

    throng plan contract.yaml
    throng plan contract.yaml --devices 4000000 --memory 4096

Errors are root mean squares of the noise alone, in people; what the method gets wrong comes on top (throng demo shows
both). A contract that a rule forbids is refused here as everywhere, with 4.`
}

// Run prints the plan.
func (c *planCmd) Run(_ context.Context, out *screen) error {
	job, err := prepare(c.Contract, c.Input)
	if err != nil {
		return err
	}
	plan, err := driver.Plan(job, driver.PlanOptions{From: c.From, Devices: c.Devices, Events: c.Events, Memory: c.Memory << 20})
	if err != nil {
		return err
	}
	out.say("contract   %s, %s, for %s", job.Contract.Holder.Name, job.Contract.Feed.ID, strings.Join(job.Contract.Agreement.Purpose, ", "))
	out.say("promise    about one %s, profile %s, scope %s", plan.Unit, plan.Profile, plan.Scope)
	out.say("ground     %s places, %s leaves, %s blocks, %s areas, %s zones", number(int64(len(job.Ground.Places))), number(int64(len(job.Ground.Tree.Leaves))),
		number(int64(len(job.Ground.Tree.Blocks))), number(int64(len(job.Ground.Tree.Areas))), number(int64(job.Ground.Zones.Len())))
	for _, note := range job.Notes {
		out.say("note       %s", note)
	}
	for _, quiet := range plan.Quiet {
		out.say("quiet      %s", quiet)
	}
	sayPlan(out, plan)
	return out.result(plan)
}

func sayPlan(out *screen, plan *driver.PlanReport) {
	rows := [][]string{{"table", " cells", " share", " bound D2", " sigma of noise", " rho a day"}}
	for _, t := range plan.Tables {
		rows = append(rows, []string{t.Name, number(int64(t.Cells)), t.Share, fmt.Sprint(t.D2), fmt.Sprintf("%.1f", t.Sigma), t.Rho})
	}
	out.table("a day", rows)
	rows = [][]string{{"table", " leaf", " block", " zone", " region"}}
	for _, e := range plan.Errors {
		rows = append(rows, []string{e.Table, people(e.Leaf), people(e.Block), people(e.Zone), people(e.Region)})
	}
	out.table("error", rows)
	rows = [][]string{{" days", " rho", " epsilon at 1e-9", " epsilon at 1e-6"}}
	for _, l := range plan.Losses {
		rows = append(rows, []string{fmt.Sprint(l.Days), l.Rho, fmt.Sprintf("%.2f", l.Epsilon9), fmt.Sprintf("%.2f", l.Epsilon6)})
	}
	out.table("loss", rows)
	rows = [][]string{{" cap of days", " rho", "first day that it refuses"}}
	for _, c := range plan.Caps {
		refuses := c.Refuses
		if refuses == "" {
			refuses = "none in two years from " + plan.Day
		}
		rows = append(rows, []string{fmt.Sprint(c.Days), c.Rho, refuses})
	}
	out.table("caps", rows)
	if plan.Spent > 0 {
		out.say("ledger     %s charged already; their cost is in the days above", plural(int64(plan.Spent), "day"))
	}
	if m := plan.Machine; m.Rows > 0 {
		out.say("machine    a guess for a day of %s: %s MiB of memory, %s MiB of scratch, %s of one core, %s here",
			plural(m.Rows, "row"), number(m.Memory>>20), number(m.Disk>>20), rough(m.CPU), rough(m.Wall))
	}
}

// people writes an expected error, or that there is none of that size.
func people(rmse float64) string {
	if rmse == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f", rmse)
}

// rough writes a guessed time: seconds, then minutes.
func rough(d time.Duration) string {
	if d < 2*time.Minute {
		return fmt.Sprintf("%.0f s", max(1, d.Seconds()))
	}
	return fmt.Sprintf("%.0f min", d.Minutes())
}

// ledgerSignCmd is throng ledger sign.
type ledgerSignCmd struct {
	Contract string `arg:"" help:"Contract with privacy.caps." type:"path"`
	Key      string `help:"Ed25519 private key, as openssl genpkey -algorithm ed25519 writes it; without it the message is printed." type:"existingfile" placeholder:"FILE"`
	By       string `help:"Who signs." enum:"privacy-officer,publisher," default:"" placeholder:"ROLE"`
}

// Help is what throng ledger sign --help adds.
func (ledgerSignCmd) Help() string {
	return `Caps rise when the privacy officer and the publisher sign, at least seven days ahead, and not otherwise. Each signs alone, on
a machine of its own; the two entries go into privacy.caps.signatures, the two public keys into keys.

    openssl genpkey -algorithm ed25519 -out officer.pem
    throng ledger sign contract.yaml                                            what is signed
    throng ledger sign contract.yaml --key officer.pem --by privacy-officer`
}

// Run prints the message, or the signature of it.
func (c *ledgerSignCmd) Run(out *screen) error {
	message, err := driver.CapsMessage(c.Contract)
	if err != nil {
		return err
	}
	if c.Key == "" {
		_, err := out.out.Write(message)
		return err
	}
	key, sig, err := driver.Sign(message, c.Key)
	if err != nil {
		return err
	}
	if c.By == "" {
		return &driver.Error{Kind: driver.Invalid, Text: "--by: got nothing, want privacy-officer or publisher"}
	}
	if out.json {
		return out.result(map[string]string{"by": c.By, "key": key, "sig": sig})
	}
	out.say("- {by: %s, key: %s, sig: %s}", c.By, key, sig)
	return nil
}
