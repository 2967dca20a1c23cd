package driver_test

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/throng-stats/throng/release"
)

// twoMonths is the small country with twenty days of February and twenty of March, and statistics of months.
func twoMonths(t *testing.T) *region {
	t.Helper()
	r := newRegion(t).set("products: [usual, migration, tourism]", "agreement: {id: a-1, purpose: transport, from: 2026-02-09, until: 2026-03-20}")
	for at := time.Date(2026, 2, 9, 0, 0, 0, 0, time.UTC); at.Before(time.Date(2026, 3, 21, 0, 0, 0, 0, time.UTC)); at = at.AddDate(0, 0, 1) {
		r.files["in/"+at.Format(time.DateOnly)+".csv"] = events(at.Format(time.DateOnly), 20)
	}
	return r
}

// left lists what the state keeps of months that are not counted, and of two months.
func left(t *testing.T, r *region) string {
	t.Helper()
	var names []string
	for _, pattern := range []string{"state/keys/*.key", "state/checkpoint/*"} {
		list, err := filepath.Glob(filepath.Join(r.dir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range list {
			names = append(names, filepath.Base(path))
		}
	}
	return strings.Join(names, " ")
}

// TestMonthsAsAWhole: a month is counted when its days are all in, in whatever runs; then its pages and its key are gone, and
// when the month after is counted the pair of both is published, and its homes and key are gone too. What is published stays.
func TestMonthsAsAWhole(t *testing.T) {
	r := twoMonths(t)
	store, err := r.run(t, "2026-02-09", "2026-02-15")
	if err != nil {
		t.Fatal(err)
	}
	if got := ids(t, store); got != "" {
		t.Errorf("published before the month was over: %s", got)
	}
	if got, want := left(t, r), "month-2026-02.key pair-2026-01-2026-02.key pair-2026-02-2026-03.key state.key pages-2026-02"; got != want {
		t.Errorf("after a week the state keeps %s, want %s", got, want)
	}
	if store, err = r.run(t, "2026-02-09", "2026-03-19"); err != nil {
		t.Fatal(err)
	}
	for _, product := range []string{"usual", "tourism"} {
		m := manifest(t, store, product, "2026-02")
		if m.Parts[0].Rho == 0 || m.Period.Name != "2026-02" {
			t.Errorf("%s: %+v", product, m.Parts)
		}
	}
	if store, err = r.run(t, "2026-03-20", "2026-03-20"); err != nil {
		t.Fatal(err)
	}
	for _, product := range []string{"usual", "tourism", "migration"} {
		manifest(t, store, product, "2026-03")
	}
	if got, want := left(t, r), "state.key long-2026-02.json long-2026-03.json"; got != want {
		t.Errorf("after both months the state keeps %s, want %s", got, want)
	}
	before := ids(t, store)
	if store, err = r.run(t, "2026-02-09", "2026-03-20"); err != nil || ids(t, store) != before {
		t.Errorf("again: %v, %s, was %s", err, ids(t, store), before)
	}
	r.files["in/2026-02-11.csv"] = events("2026-02-11", 19)
	_, err = r.run(t, "2026-02-11", "2026-02-11")
	refused(t, "another input for a day of a month that is counted", err, "is in the statistics of 2026-02 already")
}

// TestMonthCharges: every day of a month is charged for each of its releases, and the days of two months for their pair.
func TestMonthCharges(t *testing.T) {
	r := twoMonths(t)
	store, err := r.run(t, "2026-02-09", "2026-03-20")
	if err != nil {
		t.Fatal(err)
	}
	m := manifest(t, store, "migration", "2026-03")
	claim := text(t, store, m, "claim.json")
	for _, want := range []string{`"from": "2026-02-09"`, `"to": "2026-03-20"`, `"d2": 2,`, "may count elsewhere"} {
		if !strings.Contains(claim, want) {
			t.Errorf("the claim of migration does not say %s", want)
		}
	}
	for product, says := range map[string][]string{"usual": {"2026-02", "1 cell in all its days together | 2 |"}, "tourism": {"2026-02", "4 cells in all its days together | 8 |"},
		"migration": {"2026-03", "1 cell in all its days together | 2 |"}} {
		m := manifest(t, store, product, says[0])
		page, claim := text(t, store, m, "claim.en.md"), text(t, store, m, "claim.json")
		if !strings.Contains(page, says[1]) || !strings.Contains(page, "is one count of the days from 2026-02-") || strings.Contains(page, "is about one day") || strings.Contains(page, "a day |") {
			t.Errorf("%s: the page speaks of days where the month is meant, or does not say %q:\n%s", product, says[1], page)
		}
		if strings.Contains(claim, `"bound_period": "day"`) || !strings.Contains(claim, `"bound_period": "period"`) || strings.Contains(claim, "is about one day") {
			t.Errorf("%s: the claim bounds a day, want the period", product)
		}
	}
	summary, err := os.ReadFile(filepath.Join(r.dir, "out", "ledger.json"))
	if err != nil || !strings.Contains(string(summary), "2026-02-20") {
		t.Errorf("the public summary does not list the days: %v", err)
	}
}

func text(t *testing.T, store release.Store, m release.Manifest, name string) string {
	t.Helper()
	f, err := store.Open(m.ID, name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return string(all)
}

// TestShortMonth: an agreement that covers less than twenty days of a month gets no statistics of that month, and keeps nothing.
func TestShortMonth(t *testing.T) {
	r := newRegion(t).set("products: [present, usual]", "agreement: {id: a-1, purpose: transport, from: 2026-02-02, until: 2026-02-12}")
	if _, err := r.run(t, "2026-02-02", "2026-02-03"); err != nil {
		t.Fatal(err)
	}
	if got := left(t, r); got != "state.key" {
		t.Errorf("the state keeps %s, want nothing", got)
	}
}
