package demo

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/throng-stats/throng/config"
	"github.com/throng-stats/throng/driver"
	"github.com/throng-stats/throng/release/disk"
	"github.com/throng-stats/throng/synth"
)

// quiet are options that tell nobody anything.
func quiet(dir string, world synth.Options) Options {
	return Options{World: world, Dir: dir, Note: func(string) {}, Progress: func(string) func(int64, int64) { return nil }}
}

// region writes a region whose contract is changed, and prepares it.
func region(t *testing.T, world *synth.World, change func(contract string) string) (string, *driver.Job) {
	t.Helper()
	dir := t.TempDir()
	if err := world.WriteRegion(dir); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "contract.yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(change(string(text))), 0o644); err != nil {
		t.Fatal(err)
	}
	contract, err := config.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	job, err := driver.Prepare(contract)
	if err != nil {
		t.Fatal(err)
	}
	return dir, job
}

// TestEveryTableHasARow: whatever the contract of the invented region publishes is compared with a truth, and nothing is listed
// that is not published.
func TestEveryTableHasARow(t *testing.T) {
	world, err := synth.New(synth.Options{People: 400, Days: 1})
	if err != nil {
		t.Fatal(err)
	}
	_, job := region(t, world, func(c string) string { return c })
	plan, err := driver.Plan(job, driver.PlanOptions{})
	if err != nil {
		t.Fatal(err)
	}
	planned := map[string]bool{}
	for _, table := range plan.Tables {
		planned[table.Name] = true
		_, day := ofDay[table.Name]
		_, month := ofMonth[table.Name]
		if !day && !month {
			product, name, _ := strings.Cut(table.Name, "/")
			t.Error(noTruth(product, name))
		}
	}
	for name := range ofDay {
		if !planned[name] {
			t.Errorf("%s is compared and not published", name)
		}
	}
	for name := range ofMonth {
		if !planned[name] {
			t.Errorf("%s is compared and not published", name)
		}
	}
}

// TestDay runs a day: every table of a day gets a row, and the margins hold the noise as often as privacy.md, section 14, computes.
// The cells of a table of counts are independent, so the share of n of them is within 4.9 standard errors of .95, which a run misses
// once in a million; half a count of rounding is .0013 at these sizes of noise. Estimates of presence share their counts: at least
// ten a hour are independent.
func TestDay(t *testing.T) {
	r, err := Run(context.Background(), quiet(t.TempDir(), synth.Options{People: 2000, Days: 1, Seed: 3}))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, s := range r.Scores {
		name := s.Product + "/" + s.Table
		seen[name] = true
		if s.Table == heardTrips { // the estimates of the row before, against another truth
			continue
		}
		if s.Again == nil {
			t.Errorf("%s: nobody knows how often the margins hold the noise", name)
			continue
		}
		n := s.Drawn
		if s.Product == "present" {
			n = 24 * 10
		}
		if off, allowed := math.Abs(*s.Again-.95), 4.9*math.Sqrt(.95*.05/float64(n))+.0013; off > allowed {
			t.Errorf("%s: the margins hold the noise of %.2f %% of %d cells, want 95 ± %.2f", name, 100**s.Again, s.Drawn, 100*allowed)
		}
	}
	for name := range ofDay {
		if !seen[name] && name != "nights/origin" { // no zone of so small a host has 20,000 residents
			t.Errorf("%s has no row", name)
		}
	}
	if len(r.Notes) != 2 || !strings.HasPrefix(r.Notes[1], "flows-day: ") || !regexp.MustCompile(`^bounds of one person's day leave out [0-9.]+ % of visitors, [0-9.]+ % of arrivals, [0-9.]+ % of flows-hour, [1-9][0-9.]* % of flows-day$`).MatchString(r.Notes[0]) {
		t.Errorf("notes %q", r.Notes)
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(r.Out), "again")); err == nil {
		t.Error("the second publication was left behind")
	}
}

// TestMonths runs twenty days of each of two months, with the products of a month alone: every table gets a row.
func TestMonths(t *testing.T) {
	if testing.Short() {
		t.Skip("invents forty days of events")
	}
	world, err := synth.New(synth.Options{People: 400, Days: 40, From: "2026-02-09", FestivalDay: 8})
	if err != nil {
		t.Fatal(err)
	}
	dir, job := region(t, world, func(c string) string {
		c = regexp.MustCompile(`(?m)^products: .*$`).ReplaceAllString(c, "products: [nights, flows-day, flows-month, usual, migration, tourism]")
		c = regexp.MustCompile(`(?m)^roles: .*\n`).ReplaceAllString(c, "")
		return strings.Replace(c, "until: 2026-12-31", "until: 2026-03-20", 1)
	})
	ctx, out := context.Background(), filepath.Join(dir, "out")
	scores, months := newScores(job), newMonths(world)
	for day := range 40 {
		name := world.DayName(day)
		if err := world.WriteDay(ctx, dir, day, nil); err != nil {
			t.Fatal(err)
		}
		if _, err := driver.Run(ctx, job, driver.RunOptions{Out: out, From: name, To: name}); err != nil {
			t.Fatal(err)
		}
		truth, err := synth.ReadTruth(dir, name)
		if err != nil {
			t.Fatal(err)
		}
		store, err := disk.OpenReadOnly(out)
		if err != nil {
			t.Fatal(err)
		}
		if err := scores.add(store, name, truth); err != nil {
			t.Fatal(err)
		}
		if err := months.add(ctx, store, scores); err != nil {
			t.Fatal(err)
		}
		if err := removeDay(dir, name); err != nil {
			t.Fatal(err)
		}
	}
	all := scores.all()
	for name := range ofMonth {
		if name == "tourism/trips" {
			continue // its zones are of 5,000 residents, and this host has fewer
		}
		if !slices.ContainsFunc(all, func(s Score) bool { return s.Product+"/"+s.Table == name }) {
			t.Errorf("%s has no row", name)
		}
	}
	if len(months.notes) != 3 {
		t.Errorf("got %d notes, want one of each month's journeys and one of the moves: %q", len(months.notes), months.notes)
	}
}
