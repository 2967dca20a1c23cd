package demo_test

import (
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/throng-stats/throng/driver"
	"github.com/throng-stats/throng/driver/demo"
	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/release/disk"
	"github.com/throng-stats/throng/serve/export"
	"github.com/throng-stats/throng/synth"
)

// TestEMBesideLinear: a contract that asks for EM has both estimates in its release, and the demo prints the error of both
// against the truth of a small region. The same seed of the region does not give the same noise, so only what no noise can
// change is wanted: both are there, over the same cells, and EM is not off by more than everybody.
func TestEMBesideLinear(t *testing.T) {
	dir := t.TempDir()
	r, err := demo.Run(t.Context(), demo.Options{Dir: dir, World: synth.Options{Seed: 1, People: 2000, Days: 1, EventsPerDevice: 10, Estimate: "em"},
		Note: func(string) {}, Progress: func(string) func(done, of int64) { return func(int64, int64) {} }})
	if err != nil {
		t.Fatal(err)
	}
	checkEM(t, r)
	found := map[string]demo.Score{}
	for _, s := range r.Scores {
		found[s.Product+"/"+s.Table] = s
	}
	linear, em := found["present/total"], found["present/total em"]
	t.Logf("people in the mean %.1f; error linear %.1f (noise %.1f), EM %.1f (noise %.1f)", linear.Truth, linear.Error, linear.Noise, em.Error, em.Noise)
	if linear.Cells == 0 || em.Cells != linear.Cells || em.Truth != linear.Truth {
		t.Fatalf("linear has %d cells, EM %d of a mean of %.1f and %.1f; want the same", linear.Cells, em.Cells, linear.Truth, em.Truth)
	}
	if em.Error == linear.Error || em.Noise == linear.Noise || !(em.Noise > 0) || math.IsNaN(em.Error) {
		t.Errorf("EM has error %v and noise %v, linear %v and %v; want numbers of its own", em.Error, em.Noise, linear.Error, linear.Noise)
	}
}

// checkEM looks for EM in the release, its manifest, its quality report and its claim.
func checkEM(t *testing.T, r *demo.Result) {
	t.Helper()
	store, err := disk.OpenReadOnly(r.Out)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(r.Summary.Published, func(p driver.Published) bool { return p.Product == "present" })
	m, err := store.Manifest(r.Summary.Published[i].ID)
	if err != nil || m.Options["estimate"] != "em" {
		t.Fatalf("the manifest says estimate %q, %v", m.Options["estimate"], err)
	}
	for path, want := range map[string]string{"quality.json": `"method": "em"`, "claim.json": "expectation-maximisation"} {
		file, err := store.Open(m.ID, path)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(file)
		if err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s does not say %s, %v", path, want, err)
		}
	}
	linear, _ := export.Load(store, m.ID, "", "", "total")
	em, err := export.Load(store, m.ID, "", "em", "total")
	if err != nil || linear.Table.Method != release.Linear || em.Table.Method != "em" {
		t.Errorf("asked for nothing and for em, got %q and %q, %v", linear.Table.Method, em.Table.Method, err)
	}
}
