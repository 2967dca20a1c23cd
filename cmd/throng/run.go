package main

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/throng-stats/throng/config"
	"github.com/throng-stats/throng/driver"
	"github.com/throng-stats/throng/driver/embedded"
	"github.com/throng-stats/throng/filter"
	"github.com/throng-stats/throng/privacy/account"
	"github.com/throng-stats/throng/privacy/ledger"
)

// runCmd is throng run.
type runCmd struct {
	Contract string `arg:"" help:"Contract, a YAML file (docs/format/contract.md)." type:"path"`
	Input    string `help:"Folder with the feed's files, instead of the contract's." type:"existingdir" placeholder:"DIR"`
	Out      string `help:"Folder of releases; it is made when it is not there." required:"" placeholder:"DIR"`
	State    string `help:"The holder's folder of ledger, keys and checkpoints, instead of the contract's." placeholder:"DIR"`
	From     string `help:"First civil day, such as 2026-02-02." placeholder:"DAY"`
	To       string `help:"Last civil day." placeholder:"DAY"`
	Memory   int64  `help:"Records kept in memory, in MiB; the rest is written encrypted to the state folder." default:"512"`
}

// Help is what throng run --help adds.
func (runCmd) Help() string {
	return `Publishes each product of each period once. For every release the cost is written to the ledger, durably, before its noise
is drawn. All files of a period are read to their end before anything of it is published, so a broken file publishes nothing.

    throng run contract.yaml --out out
    throng run contract.yaml --out out --input incoming --from 2026-02-02 --to 2026-02-08

Run it again as often as you like: what is published costs nothing more, and its bytes stay. A published period whose input
has changed is refused, and so is another --out for what the state says is published. The ledger lies in the contract's state folder; public
and invented data may do without one, it is then OUT-state. Back up that folder: throng refuses to go on with an older copy.`
}

// Run publishes what is due.
func (c *runCmd) Run(ctx context.Context, out *screen) error {
	job, err := prepare(c.Contract, c.Input)
	if err != nil {
		return err
	}
	out.say("contract   %s, %s, for %s", job.Contract.Holder.Name, job.Contract.Feed.ID, strings.Join(job.Contract.Agreement.Purpose, ", "))
	for _, note := range job.Notes {
		out.say("note       %s", note)
	}
	sum, err := driver.Run(ctx, job, driver.RunOptions{Out: c.Out, State: c.State, From: c.From, To: c.To, Code: code(),
		Tuning: embedded.Tuning{Memory: c.Memory << 20, Progress: out.progress("reading")}})
	if err != nil {
		return err
	}
	sayCounts(out, sum.Counts)
	for _, l := range sum.Look {
		out.say("look       %s, %s: %s (exact; it stays inside and holds nothing back)", l.Day, l.Gate, l.Text)
	}
	sayPublished(out, sum)
	out.say("releases   %s: see them with  throng serve %s", here(c.Out), here(c.Out))
	out.say("ledger     %s: check it with  throng ledger verify %s --releases %s", here(sum.State), here(sum.State), here(c.Out))
	return out.result(resultOf(sum))
}

// runResult is what --json prints of a run. Its counts are exact and stay inside.
type runResult struct {
	Rows      uint64             `json:"rows"`
	Used      uint64             `json:"used"`
	LeftOut   []leftOut          `json:"left_out"`
	Look      []look             `json:"look,omitempty"` // days whose feed is unlike those before it
	Published []driver.Published `json:"published"`
	Waiting   []string           `json:"waiting"`
	State     string             `json:"state"`
	Ledger    json.RawMessage    `json:"ledger"` // the public summary
}

type look struct {
	Day   string `json:"day"`
	Gate  string `json:"gate"`
	Level string `json:"level"`
	Text  string `json:"text"`
}

type leftOut struct {
	Reason string `json:"reason"`
	Rows   uint64 `json:"rows"`
}

func resultOf(sum *driver.Summary) runResult {
	r := runResult{Rows: uint64(sum.Counts.Rows), Used: uint64(sum.Counts.Kept), Published: sum.Published, Waiting: sum.Waiting, State: sum.State, Ledger: sum.Ledger}
	for _, l := range sum.Counts.Lines() {
		r.LeftOut = append(r.LeftOut, leftOut{l.Reason, uint64(l.Count)})
	}
	for _, l := range sum.Look {
		r.Look = append(r.Look, look{l.Day, l.Gate, l.Level, l.Text})
	}
	return r
}

// prepare reads a contract and everything public that it names.
func prepare(path, input string) (*driver.Job, error) {
	contract, err := config.Read(path)
	if err != nil {
		return nil, err
	}
	if input != "" {
		contract.Rebase(input)
	}
	return driver.Prepare(contract)
}

// sayCounts prints what was read and why rows were not used. These numbers are exact and for the holder's own screen.
func sayCounts(out *screen, c filter.Counts) {
	if c.Rows == 0 {
		return
	}
	out.say("read       %s, used %s (these counts are exact and stay inside)", plural(c.Rows, "row"), number(c.Kept))
	for _, l := range c.Lines() {
		out.say("           %10s  %s", number(l.Count), l.Reason)
	}
}

// sayPublished prints what was published and what it cost.
func sayPublished(out *screen, sum *driver.Summary) {
	type line struct {
		releases, already, cells int
		first, last              string
		rho                      int64
	}
	var order []string
	products, already := map[string]*line{}, 0
	for _, p := range sum.Published {
		l := products[p.Product]
		if l == nil {
			l = &line{first: p.Period}
			products[p.Product] = l
			order = append(order, p.Product)
		}
		l.releases++
		l.cells += p.Cells
		l.last, l.rho = p.Period, p.Rho
		if p.Already {
			l.already++
			already++
		}
	}
	if len(order) > 0 {
		rows := [][]string{{"product", " releases", " new", " cells", "periods", " rho a day"}}
		for _, name := range order {
			l := products[name]
			rows = append(rows, []string{name, number(int64(l.releases)), number(int64(l.releases - l.already)), number(int64(l.cells)), span(l.first, l.last), account.Decimal(l.rho)})
		}
		out.table("published", rows)
	}
	if already > 0 {
		out.say("unchanged  %s published before: nothing was spent for them, their bytes are the same", plural(int64(already), "release"))
	}
	for _, w := range sum.Waiting {
		out.say("waiting    month %s are summed and sealed; it is published when all are there", w)
	}
	saySpent(out, sum.Ledger)
}

// saySpent prints the losses of the ledger's public summary.
func saySpent(out *screen, text []byte) {
	var s ledger.Summary
	if json.Unmarshal(text, &s) != nil || len(s.Days) == 0 {
		return
	}
	most := s.Days[0]
	for _, d := range s.Days {
		if d.Spent > most.Spent {
			most = d
		}
	}
	out.say("privacy    profile %s, unit %s: the dearest day cost rho %s of the %s that a day may cost (epsilon %.2f at delta 1e-9)", s.Profile, s.Unit,
		account.Decimal(most.Spent), account.Decimal(s.CapDay), most.Epsilon)
}

func span(first, last string) string {
	if first == last {
		return first
	}
	return first + " to " + last
}
