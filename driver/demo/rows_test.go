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

// TestEveryCompanyTableHasATruth: whatever the contracts of companies and public bodies publish has a truth, and no truth is of a
// table that nobody publishes.
func TestEveryCompanyTableHasATruth(t *testing.T) {
	world, err := synth.New(synth.Options{People: 400, Days: 1})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := world.WriteCompanies(context.Background(), dir); err != nil {
		t.Fatal(err)
	}
	planned := map[string][]string{}
	for _, b := range books {
		job, err := prepare(dir, b.folder, b.contract)
		if err != nil {
			t.Fatal(err)
		}
		for _, product := range job.Contract.Products {
			for _, table := range job.Contract.Tables(product) {
				planned[b.folder] = append(planned[b.folder], product+"/"+table)
			}
		}
		text, err := os.ReadFile(filepath.Join(dir, b.folder, b.contract))
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(text), "\n"); n > 30 {
			t.Errorf("the contract %s/%s has %d lines, want some twenty", b.folder, b.contract, n)
		}
	}
	for folder, tables := range planned {
		slices.Sort(tables)
		if want := synth.CompanyTables(folder); !slices.Equal(tables, want) {
			t.Errorf("%s publish %v, and their truth has %v", folder, tables, want)
		}
	}
}

// TestRegisters: in two weeks of registers all planted outliers are found. The registers are exact and the seed is fixed.
func TestRegisters(t *testing.T) {
	world, err := synth.New(synth.Options{Seed: 1, People: 400, Days: 14})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := world.WriteCompanies(context.Background(), dir); err != nil {
		t.Fatal(err)
	}
	notes, err := registers(dir)
	if err != nil || len(notes) != 1 || !strings.HasPrefix(notes[0], "registers: 3 of 3 planted outliers are found, and ") || !strings.HasSuffix(notes[0], " of 3 classes of firms") {
		t.Errorf("%q, %v", notes, err)
	}
}

// TestCoverage: privacy.md, section 14, at variances 25, 60 and 1539.
func TestCoverage(t *testing.T) {
	for sigma2, want := range map[uint64]float64{25: .943, 60: .955, 1539: .949, 1 << 40: .95} {
		if got := coverage(sigma2); math.Abs(got-want) > .0006 {
			t.Errorf("variance %d: %.4f, want %.3f", sigma2, got, want)
		}
	}
}

// tails are the chances that at most, and at least, k of n happen, each with probability p.
func tails(n, k int, p float64) (few, many float64) {
	log := func(i int) float64 {
		a, _ := math.Lgamma(float64(n + 1))
		b, _ := math.Lgamma(float64(i + 1))
		c, _ := math.Lgamma(float64(n - i + 1))
		return a - b - c + float64(i)*math.Log(p) + float64(n-i)*math.Log1p(-p)
	}
	for i := range n + 1 {
		if i <= k {
			few += math.Exp(log(i))
		}
		if i >= k {
			many += math.Exp(log(i))
		}
	}
	return few, many
}

// checkCompanies holds the rows of companies: every table has one, the truth within the bounds lies in the margins as often as
// computed, and bounds cut only what they should. Cells have noise of their own, so of n of them a binomial number is outside; a number
// as far off as is tested happens once in fifty million runs, and in any of some twenty tables less than once in a million.
func checkCompanies(t *testing.T, r *Result) {
	t.Helper()
	seen := map[string]bool{}
	for _, s := range r.Companies {
		name := s.Feed + " " + s.Product + "/" + s.Table
		seen[name] = true
		outside := int(math.Round(float64(s.Cells) * (1 - *s.Bounded)))
		if few, many := tails(s.Cells, outside, 1-*s.Computed); min(few, many) < 1e-8 {
			t.Errorf("%s: the truth within the bounds lies outside the margins of %d of %d cells, want %.1f %%", name, outside, s.Cells, 100*(1-*s.Computed))
		}
		if *s.Cut < -1e-9 && s.Table != "mean of a buyer" || *s.Cut > 1 {
			t.Errorf("%s: the bounds cut %.2f of the truth", name, *s.Cut)
		}
	}
	for _, b := range books {
		for _, table := range synth.CompanyTables(b.folder) {
			if !seen[b.folder+" "+table] {
				t.Errorf("%s %s has no row", b.folder, table)
			}
		}
	}
	if len(r.CompanyNotes) != 2 || !strings.Contains(r.CompanyNotes[0], "ranks") || !strings.HasPrefix(r.CompanyNotes[1], "registers: ") {
		t.Errorf("notes %q", r.CompanyNotes)
	}
}

// TestDay runs a day: every table of a day gets a row, and the margins hold the noise as often as privacy.md, section 14, computes.
// The cells of a table of counts are independent, so the share of n of them is within 4.9 standard errors of .95, which a run misses
// once in a million; half a count of rounding is .0013 at these sizes of noise. Estimates of presence share their counts, those of a
// few sites in so small a host: over thirty runs the share spread by .035, as that of 39 independent cells does. Twenty-five are counted
// on here, and less than once in ten million runs as many of them are outside; how exact these margins are is tested in reckon.
func TestDay(t *testing.T) {
	r, err := Run(context.Background(), quiet(t.TempDir(), synth.Options{People: 2000, Days: 1, Seed: 3}))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, s := range r.Scores {
		name := s.Product + "/" + s.Table
		seen[name] = true
		if s.Table == heardOnly { // the estimates of the row before, against another truth
			continue
		}
		if s.Again == nil {
			t.Errorf("%s: nobody knows how often the margins hold the noise", name)
			continue
		}
		n := s.Drawn
		if s.Product == "present" {
			const independent = 25
			if _, many := tails(independent, int(math.Round(independent*(1-*s.Again))), .05); many < 1e-7 {
				t.Errorf("%s: the margins hold the noise of %.2f %% of %d cells, want about 95", name, 100**s.Again, s.Drawn)
			}
			continue
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
	checkCompanies(t, r)
	if len(r.Notes) != 3 || !strings.HasPrefix(r.Notes[1], "visitors: ") || !strings.HasPrefix(r.Notes[2], "flows-day: ") || !regexp.MustCompile(`^bounds of one person's day leave out [0-9.]+ % of visitors, [0-9.]+ % of arrivals, [0-9.]+ % of flows-hour, [1-9][0-9.]* % of flows-day$`).MatchString(r.Notes[0]) {
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
