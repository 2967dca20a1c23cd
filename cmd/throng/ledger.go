package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/throng-stats/throng/driver"
	"github.com/throng-stats/throng/privacy/account"
	"github.com/throng-stats/throng/privacy/ledger"
	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/release/disk"
)

// ledgerCmd is throng ledger.
type ledgerCmd struct {
	Show   ledgerShowCmd   `cmd:"" help:"Print every record: what was reserved, released, burnt."`
	Sign   ledgerSignCmd   `cmd:"" help:"Sign that the caps of a contract rise."`
	Verify ledgerVerifyCmd `cmd:"" help:"Recompute the chain, every rho and every cap; compare with the releases."`
}

type ledgerShowCmd struct {
	Dir string `arg:"" help:"State folder of a scope (or a folder that has one inside)." type:"existingdir"`
}

type ledgerVerifyCmd struct {
	Dir      string `arg:"" help:"State folder of a scope (or a folder that has one inside)." type:"existingdir"`
	Releases string `help:"Folder of releases to compare with." type:"existingdir" placeholder:"DIR"`
}

// Help is what throng ledger show --help adds.
func (ledgerShowCmd) Help() string {
	return `Every release has a RESERVE before its noise was drawn, and then RELEASED with the digest of what was published, or BURNT when
it was not; what is burnt stays spent. rho is in the units of zero-concentrated differential privacy, for each civil day.

    throng ledger show out-state`
}

// Help is what throng ledger verify --help adds.
func (ledgerVerifyCmd) Help() string {
	return `Recomputes the ledger from its bytes: the hash chain, the cost of every table, the sums of every day, of 30 and of 365 days
against the caps, and one content for each release. With releases it also compares each with the record that paid for it: an
older copy of a ledger, or a release that was never paid for, is a violation. Ends with 4 at a violation, and names it.

    throng ledger verify out-state --releases out`
}

// find returns the ledger's folder below a folder that a person would name.
func find(dir string) (string, error) {
	for _, sub := range []string{"", "ledger", "state/ledger"} {
		at := filepath.Join(dir, sub)
		if found, _ := filepath.Glob(filepath.Join(at, "ledger-*.jsonl")); len(found) > 0 {
			return at, nil
		}
	}
	return "", &driver.Error{Kind: driver.Missing, Text: fmt.Sprintf("there is no ledger in %s; name the state folder: that of the contract, or OUT-state", here(dir))}
}

// Run prints the records.
func (c *ledgerShowCmd) Run(out *screen) error {
	dir, err := find(c.Dir)
	if err != nil {
		return err
	}
	records, err := ledger.Read(ledger.Disk(dir)) // with an error: those before the break
	if out.json && err == nil {
		return out.result(records)
	}
	rows := [][]string{{" seq", "kind", "time", "what", " rho a day"}}
	for _, r := range records {
		what, rho := describe(r)
		rows = append(rows, []string{fmt.Sprint(r.Seq), r.Kind, r.Time, what, rho})
	}
	if len(records) > 0 {
		out.table("ledger", rows)
	}
	return err
}

// describe says what a record books, and the rho of each day that it charges.
func describe(r ledger.Record) (what, rho string) {
	switch b := r.Body.(type) {
	case *ledger.Genesis:
		what = "scope " + b.Scope
	case *ledger.CapsSet:
		what = fmt.Sprintf("caps %s a day, %s in 30 days, %s in 365 days", account.Decimal(b.Day), account.Decimal(b.Days30), account.Decimal(b.Days365))
		if b.ValidFrom != "" {
			what += fmt.Sprintf(", signed by two, from %s on", b.ValidFrom)
		}
	case *ledger.Keys:
		what = "keys of those who may sign that a cap rises"
	case *ledger.Booking:
		what = fmt.Sprintf("%s %s, charges %s", b.Product, b.Period, span(b.Charges[0].From, b.Charges[0].To))
		rho = account.Decimal(b.Charges[0].Rho)
	case *ledger.Published:
		what = "release " + b.ReleaseID
	case *ledger.Ended:
		what = "release " + b.ReleaseID + ": " + b.Reason
	}
	return what, rho
}

// Run verifies, and exits with 4 at the first violation.
func (c *ledgerVerifyCmd) Run(out *screen) error {
	dir, err := find(c.Dir)
	if err != nil {
		return err
	}
	releases := c.Releases
	if releases == "" {
		releases = beside(c.Dir)
	}
	footers, err := anchors(releases, scopeOf(dir))
	if err != nil {
		return err
	}
	report, err := ledger.Verify(ledger.Disk(dir), footers...)
	if err != nil {
		return err
	}
	sayReport(out, report, len(footers), releases)
	if out.json {
		if err := out.result(report); err != nil {
			return err
		}
	}
	return report.Err()
}

// scopeOf is the scope of a ledger; "" when not even its first record can be read, and then every release is compared.
func scopeOf(dir string) string {
	records, _ := ledger.Read(ledger.Disk(dir))
	if len(records) == 0 {
		return ""
	}
	if g, ok := records[0].Body.(*ledger.Genesis); ok {
		return g.Scope
	}
	return ""
}

// anchors are what the releases of a scope say about the ledger that paid for them. A folder may hold releases of several
// feeds; their geographies are named after their scopes.
func anchors(dir, scope string) ([]ledger.Footer, error) {
	if dir == "" {
		return nil, nil
	}
	store, err := disk.OpenReadOnly(dir)
	if err != nil {
		return nil, err
	}
	heads, err := store.Heads()
	if err != nil {
		return nil, err
	}
	var footers []ledger.Footer
	for _, h := range heads {
		if scope != "" && h.Geo.ID != strings.ReplaceAll(scope, "/", "-") {
			continue
		}
		m, err := store.Manifest(h.ID)
		if err != nil {
			return nil, err
		}
		sha, _ := release.MeasuredDigest(m)
		footers = append(footers, ledger.Footer{ReleaseID: m.ID, Seq: m.Ledger.Seq, Head: m.Ledger.Head, SHA256: sha})
	}
	return footers, nil
}

// beside finds the releases that belong to a state folder: OUT beside OUT-state, or out in the same folder.
func beside(state string) string {
	clean := filepath.Clean(state)
	for _, dir := range []string{filepath.Join(clean, "out"), trimSuffix(clean, "-state"), filepath.Join(filepath.Dir(clean), "out")} {
		if _, err := os.Stat(filepath.Join(dir, "catalog.json")); dir != "" && err == nil {
			return dir
		}
	}
	return ""
}

func trimSuffix(s, suffix string) string {
	if len(s) > len(suffix) && s[len(s)-len(suffix):] == suffix {
		return s[:len(s)-len(suffix)]
	}
	return ""
}
