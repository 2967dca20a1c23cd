package driver_test

import (
	"context"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/throng-stats/throng/driver"
	"github.com/throng-stats/throng/release/disk"
)

func plan(t *testing.T, r *region, opt driver.PlanOptions) *driver.PlanReport {
	t.Helper()
	job, err := r.prepare(t)
	if err != nil {
		t.Fatal(err)
	}
	p, err := driver.Plan(job, opt)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestPlanIsWhatARunPays: the plan is made without the feed, and a run publishes with exactly its costs and margins.
func TestPlanIsWhatARunPays(t *testing.T) {
	r := newRegion(t)
	feed := r.files["in/2026-02-02.csv"]
	delete(r.files, "in/2026-02-02.csv")
	delete(r.files, "in/2026-02-03.csv")
	p := plan(t, r, driver.PlanOptions{})
	r.files["in/2026-02-02.csv"] = feed
	store, err := r.run(t, "2026-02-02", "2026-02-02")
	if err != nil {
		t.Fatal(err)
	}
	m := manifest(t, store, "present", "2026-02-02")
	if p.Tables[0].Name != "present/total" || p.Tables[0].D2 != m.Parts[0].D2 || math.Abs(p.Tables[0].Sigma*p.Tables[0].Sigma-float64(m.Parts[0].Sigma2)) > 1e-6 {
		t.Errorf("planned %+v, paid %+v", p.Tables[0], m.Parts[0])
	}
	total, err := store.Table(m.ID, "linear", "total")
	if err != nil {
		t.Fatal(err)
	}
	region := total.NoiseSD[0] // zone R, the first hour
	if got := p.Errors[0].Region; math.Abs(got-region) > .01*region {
		t.Errorf("expected error of the region %.2f, margin of the release %.2f", got, region)
	}
	leaf, err := store.Table(m.ID, "linear", "leaf")
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Errors[0].Leaf; math.Abs(got-leaf.NoiseSD[0]) > .2*got {
		t.Errorf("expected error of a leaf %.2f, margin of the release %.2f", got, leaf.NoiseSD[0])
	}
	if e := p.Errors[0]; !(e.Leaf <= e.Block && e.Block <= e.Zone && e.Zone <= e.Region) {
		t.Errorf("errors do not grow with the area: %+v", e)
	}
}

// TestPlanSaysWhenACapRefuses, and the ledger refuses on that day and not before.
func TestPlanSaysWhenACapRefuses(t *testing.T) {
	r := newRegion(t).set("products: [present]", "privacy: {profile: standard, cap_30: .0234, cap_365: .0234}")
	for _, day := range []string{"2026-02-04", "2026-02-05", "2026-02-06"} {
		r.files["in/"+day+".csv"] = events(day, 4)
	}
	p := plan(t, r, driver.PlanOptions{})
	if got := p.Caps[0].Refuses; got != "" {
		t.Errorf("the cap of a day refuses on %s", got)
	}
	if p.Caps[1].Refuses != "2026-02-05" { // .0234 is three days of .0078
		t.Errorf("the cap of 30 days refuses on %q, want 2026-02-05", p.Caps[1].Refuses)
	}
	if _, err := r.run(t, "2026-02-02", "2026-02-04"); err != nil {
		t.Fatal(err)
	}
	_, err := r.run(t, "2026-02-05", "2026-02-05")
	refused(t, "the fourth day", err, "in the 30 days")
	p = plan(t, r, driver.PlanOptions{From: "2026-02-05"})
	if p.Spent != 3 || p.Caps[1].Refuses != "2026-02-05" {
		t.Errorf("with the ledger: %d days spent, refuses on %q", p.Spent, p.Caps[1].Refuses)
	}
}

func TestPlanLosses(t *testing.T) {
	p := plan(t, newRegion(t).set("products: [present]"), driver.PlanOptions{})
	want := map[int][2]float64{1: {.69, .56}}
	for _, l := range p.Losses {
		if w, ok := want[l.Days]; ok && (math.Abs(l.Epsilon9-w[0]) > .05 || math.Abs(l.Epsilon6-w[1]) > .05) {
			t.Errorf("%d days: epsilon %.2f and %.2f, want about %v", l.Days, l.Epsilon9, l.Epsilon6, w)
		}
		if l.Epsilon6 > l.Epsilon9 {
			t.Errorf("%d days: epsilon at 1e-6 is above that at 1e-9", l.Days)
		}
	}
	if len(p.Losses) != 4 || p.Losses[3].Days != 365 || p.Losses[0].Rho != "0.007797271" {
		t.Errorf("losses %+v", p.Losses)
	}
}

func TestPlanNamesQuietAreas(t *testing.T) {
	r := newRegion(t).set("quiet: quiet.csv")
	r.files["quiet.csv"] = "area,from,to\nE1,2026-02-03,2026-02-03\n"
	p := plan(t, r, driver.PlanOptions{From: "2026-02-03"})
	if len(p.Quiet) != 1 || p.Quiet[0] != "E1, 2026-02-03 (holder): counted with E" {
		t.Errorf("got %q", p.Quiet)
	}
	if other := plan(t, r, driver.PlanOptions{From: "2026-02-02"}); other.Tables[0].Cells <= p.Tables[0].Cells {
		t.Errorf("a quiet day has %d cells, another %d; want fewer", p.Tables[0].Cells, other.Tables[0].Cells)
	}
}

func TestPlanGuessesTheMachine(t *testing.T) {
	r := newRegion(t)
	if m := plan(t, r, driver.PlanOptions{}).Machine; m != (driver.PlanMachine{}) {
		t.Errorf("without a number of units: %+v, want no guess", m)
	}
	small := plan(t, r, driver.PlanOptions{Devices: 1000}).Machine
	large := plan(t, r, driver.PlanOptions{Devices: 10_000_000}).Machine
	if small.Rows != 40_000 || small.Disk != 0 || large.Disk == 0 || large.CPU < time.Minute || large.Memory > 2<<30 {
		t.Errorf("guesses %+v and %+v", small, large)
	}
}

// TestPlanLeavesNothingBehind: a plan makes no folder and writes no file.
func TestPlanLeavesNothingBehind(t *testing.T) {
	r := newRegion(t)
	plan(t, r, driver.PlanOptions{})
	for _, name := range []string{"state", "out"} {
		if found, _ := filepath.Glob(filepath.Join(r.dir, name+"*")); len(found) > 0 {
			t.Errorf("there is %s", strings.Join(found, ", "))
		}
	}
}

// TestUnreadableStateStopsAPlan: a ledger that does not verify is not planned on.
func TestUnreadableStateStopsAPlan(t *testing.T) {
	r := newRegion(t)
	r.files["state/ledger/ledger-000001.jsonl"] = "{}\n"
	job, err := r.prepare(t)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := driver.Plan(job, driver.PlanOptions{}); driver.ExitCode(err) == 0 {
		t.Error("a broken ledger is planned on")
	}
	_, err = driver.Run(context.Background(), job, driver.RunOptions{Out: filepath.Join(r.dir, "out")})
	if err == nil {
		t.Error("a broken ledger is run on")
	}
	if _, err := disk.OpenReadOnly(filepath.Join(r.dir, "out")); err != nil {
		t.Log("nothing was published:", err)
	}
}
