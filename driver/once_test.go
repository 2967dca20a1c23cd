package driver_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/throng-stats/throng/release"
)

func ids(t *testing.T, store release.Store) string {
	t.Helper()
	list, err := store.List()
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, m := range list {
		all = append(all, m.ID)
	}
	return strings.Join(all, " ")
}

// TestPublishedOnce: a changed share, tile or flow rule does not give the same counts a second noise; what is published
// stands, and later days follow the new contract.
func TestPublishedOnce(t *testing.T) {
	r := newRegion(t).set("products: [present, flows-day]")
	store, err := r.run(t, "2026-02-02", "2026-02-02")
	if err != nil {
		t.Fatal(err)
	}
	before := ids(t, store)
	for _, change := range []string{"privacy: {shares: {flows-day/total: .0071}}", "grid: {tile: 500}"} {
		r.set(change)
		if store, err = r.run(t, "2026-02-02", "2026-02-02"); err != nil {
			t.Fatalf("%s: %v", change, err)
		}
		if after := ids(t, store); after != before {
			t.Errorf("%s: the day was published again: %s, was %s", change, after, before)
		}
	}
	r.files["in/2026-02-02.csv"] = events("2026-02-02", 79)
	_, err = r.run(t, "2026-02-02", "2026-02-02")
	refused(t, "another input under another contract", err, "has changed since")
}

// TestMonthOfAnotherAgreement: days that were summed under one agreement are not published, or charged, under another.
func TestMonthOfAnotherAgreement(t *testing.T) {
	r := newRegion(t).set("agreement: {id: a-1, purpose: transport, from: 2026-02-02, until: 2026-02-28}")
	if _, err := r.run(t, "2026-02-02", "2026-02-03"); err != nil {
		t.Fatal(err)
	}
	r.files["in/2026-02-28.csv"] = events("2026-02-28", 80)
	_, err := r.set("agreement: {id: a-1, purpose: transport, from: 2026-02-28, until: 2026-02-28}").run(t, "2026-02-28", "2026-02-28")
	if err == nil || !strings.Contains(err.Error(), "summed under another contract") {
		t.Errorf("got %v, want a refusal to publish days that nobody is charged for", err)
	}
}

// TestStateApart: ledger and keys are never among what is served.
func TestStateApart(t *testing.T) {
	r := newRegion(t).set("state: out/state")
	_, err := r.run(t, "2026-02-02", "2026-02-02")
	if err == nil || !strings.Contains(err.Error(), "lie within each other") {
		t.Errorf("got %v, want a refusal", err)
	}
	if _, err := os.Stat(filepath.Join(r.dir, "out", "catalog.json")); err == nil {
		t.Error("a folder of releases was begun all the same")
	}
}
