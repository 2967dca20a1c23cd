package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/throng-stats/throng/driver"
	"github.com/throng-stats/throng/privacy/account"
	"github.com/throng-stats/throng/privacy/ledger"
	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/release/disk"
)

// ledgerCmd is throng ledger.
type ledgerCmd struct {
	Show   ledgerShowCmd   `cmd:"" help:"Print every record: what was reserved, released, burnt."`
	Verify ledgerVerifyCmd `cmd:"" help:"Recompute the chain, every rho and every cap; compare with the releases."`
}

type ledgerShowCmd struct {
	Dir string `arg:"" help:"State folder of a scope (or a folder that has one inside)." type:"existingdir"`
}

type ledgerVerifyCmd struct {
	Dir      string `arg:"" help:"State folder of a scope (or a folder that has one inside)." type:"existingdir"`
	Releases string `help:"Folder of releases to compare with." type:"existingdir" placeholder:"DIR"`
}

// find returns the ledger's folder below a folder that a person would name.
func find(dir string) (string, error) {
	for _, sub := range []string{"", "ledger", "state/ledger"} {
		at := filepath.Join(dir, sub)
		if found, _ := filepath.Glob(filepath.Join(at, "ledger-*.jsonl")); len(found) > 0 {
			return at, nil
		}
	}
	return "", &driver.Error{Kind: driver.Missing, Text: fmt.Sprintf("there is no ledger in %s; name the state folder, such as OUT-state", dir)}
}

// Run prints the records.
func (c *ledgerShowCmd) Run(out *screen) error {
	dir, err := find(c.Dir)
	if err != nil {
		return err
	}
	records, err := ledger.Read(ledger.Disk(dir))
	if err != nil {
		return err
	}
	if out.json {
		return out.result(records)
	}
	rows := [][]string{{" seq", "kind", "time", "what", " rho a day"}}
	for _, r := range records {
		what, rho := "", ""
		switch b := r.Body.(type) {
		case *ledger.Genesis:
			what = "scope " + b.Scope
		case *ledger.CapsSet:
			what = fmt.Sprintf("caps %s a day, %s in 30 days, %s in 365 days", account.Decimal(b.Day), account.Decimal(b.Days30), account.Decimal(b.Days365))
		case *ledger.Booking:
			what = fmt.Sprintf("%s %s, charges %s", b.Product, b.Period, span(b.Charges[0].From, b.Charges[0].To))
			rho = account.Decimal(b.Charges[0].Rho)
		case *ledger.Published:
			what = "release " + b.ReleaseID
		case *ledger.Ended:
			what = "release " + b.ReleaseID + ": " + b.Reason
		}
		rows = append(rows, []string{fmt.Sprint(r.Seq), r.Kind, r.Time, what, rho})
	}
	out.table(rows)
	return nil
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
	var footers []ledger.Footer
	if releases != "" {
		store, err := disk.OpenReadOnly(releases)
		if err != nil {
			return err
		}
		manifests, err := store.List()
		if err != nil {
			return err
		}
		for _, m := range manifests {
			sha, _ := release.MeasuredDigest(m)
			footers = append(footers, ledger.Footer{ReleaseID: m.ID, Seq: m.Ledger.Seq, Head: m.Ledger.Head, SHA256: sha})
		}
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
