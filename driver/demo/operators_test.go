package demo_test

import (
	"bufio"
	"context"
	"fmt"
	"hash/fnv"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/config"
	"github.com/throng-stats/throng/driver"
	"github.com/throng-stats/throng/privacy/ledger"
	"github.com/throng-stats/throng/reckon/pool"
	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/release/disk"
	"github.com/throng-stats/throng/synth"
)

// Of the phones of the invented holder one operator has the first six tenths and another one the last: two tenths are with both.
const (
	holderShare = .4
	partOfEach  = .6
	withTwo     = 2*partOfEach - 1
)

// operator writes the region of one operator: its phones, its share of the residents, its name.
func operator(t *testing.T, whole, dir, name string, has func(place float64) bool) {
	t.Helper()
	if err := os.CopyFS(dir, os.DirFS(whole)); err != nil {
		t.Fatal(err)
	}
	change := func(file string, edit func(text string) string) {
		path := filepath.Join(dir, file)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(edit(string(text))), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	change("contract.yaml", func(text string) string {
		text = strings.Replace(text, "holder: {id: lumera, name: Lumera Mobile}", fmt.Sprintf("holder: {id: %[1]s, name: Operator %[1]s}", name), 1)
		text = regexp.MustCompile(`(?m)^products: .*$`).ReplaceAllString(text, "products: [nights, flows-day]")
		text = regexp.MustCompile(`(?m)^(roles|purposes): .*\n`).ReplaceAllString(text, "")
		return regexp.MustCompile(`inbound: [0-9.]+`).ReplaceAllStringFunc(text, func(old string) string {
			people, err := strconv.ParseFloat(strings.TrimPrefix(old, "inbound: "), 64)
			if err != nil {
				t.Fatal(err)
			}
			return fmt.Sprintf("inbound: %.6f", people/partOfEach)
		})
	})
	change("share.csv", func(text string) string {
		lines := strings.Split(strings.TrimSpace(text), "\n")
		for i, line := range lines[1:] {
			fields := strings.Split(line, ",") // zone, gender, age, share, sd
			share, err := strconv.ParseFloat(fields[3], 64)
			if err != nil {
				t.Fatal(err)
			}
			fields[3] = strconv.FormatFloat(share*partOfEach, 'f', 6, 64)
			lines[i+1] = strings.Join(fields, ",")
		}
		return strings.Join(lines, "\n") + "\n"
	})
	change(filepath.Join("in", "2026-02-02.csv"), func(text string) string {
		var out strings.Builder
		in := bufio.NewScanner(strings.NewReader(text))
		for first := true; in.Scan(); first = false {
			id, _, _ := strings.Cut(in.Text(), ",")
			h := fnv.New64a()
			io.WriteString(h, id)
			if first || has(float64(h.Sum64()>>11)/(1<<53)) {
				out.WriteString(in.Text() + "\n")
			}
		}
		return out.String()
	})
}

// ran publishes a region and checks its ledger by itself.
func ran(t *testing.T, dir string) map[string]pool.Release {
	t.Helper()
	c, err := config.Read(filepath.Join(dir, "contract.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	c.Products = []string{"nights", "flows-day"}
	job, err := driver.Prepare(c)
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "out")
	if _, err := driver.Run(context.Background(), job, driver.RunOptions{Out: out, From: "2026-02-02", To: "2026-02-02"}); err != nil {
		t.Fatal(err)
	}
	store, err := disk.OpenReadOnly(out)
	if err != nil {
		t.Fatal(err)
	}
	list, err := store.List()
	if err != nil || len(list) != 2 {
		t.Fatalf("%d releases, %v; want 2", len(list), err)
	}
	var footers []ledger.Footer
	for _, m := range list {
		sha, _ := release.MeasuredDigest(m)
		footers = append(footers, ledger.Footer{ReleaseID: m.ID, Seq: m.Ledger.Seq, Head: m.Ledger.Head, SHA256: sha})
	}
	report, err := ledger.Verify(ledger.Disk(filepath.Join(dir, "state", "ledger")), footers...)
	if err != nil || report.Err() != nil {
		t.Errorf("the ledger of %s does not verify by itself: %v, %v", filepath.Base(dir), err, report.Err())
	}
	releases := map[string]pool.Release{}
	for _, m := range list {
		one, err := store.Table(m.ID, release.Linear, map[string]string{"nights": throng.DimOrigin, "flows-day": "total"}[m.Product])
		if err != nil {
			t.Fatal(err)
		}
		geo, err := store.Geography(m.Geo.ID, m.Geo.Version)
		if err != nil {
			t.Fatal(err)
		}
		releases[m.Product] = pool.Release{Manifest: m, SHA256: release.Digest([]byte(dir)), Tables: []release.Table{one}, Geo: geo}
	}
	return releases
}

// TestTwoOperators: two operators share the phones of the invented region, two tenths are with both, and each publishes under its own
// ledger. The nights that are combined agree with those of one holder of all phones, cell by cell, as noise and who is with whom
// allow, and the people of the region with the truth.
func TestTwoOperators(t *testing.T) {
	world, err := synth.New(synth.Options{People: 20_000, Days: 1, Seed: 12, EventsPerDevice: 20, Format: "csv", Clean: true})
	if err != nil {
		t.Fatal(err)
	}
	whole := filepath.Join(t.TempDir(), "whole")
	if err := world.WriteRegion(whole); err != nil {
		t.Fatal(err)
	}
	if err := world.WriteDay(t.Context(), whole, 0, nil); err != nil {
		t.Fatal(err)
	}
	truth, err := synth.ReadTruth(whole, "2026-02-02")
	if err != nil {
		t.Fatal(err)
	}
	both := map[string][]pool.Release{}
	for name, has := range map[string]func(place float64) bool{"one": func(p float64) bool { return p < partOfEach }, "two": func(p float64) bool { return p >= 1-partOfEach }} {
		dir := filepath.Join(t.TempDir(), name)
		operator(t, whole, dir, name, has)
		for product, one := range ran(t, dir) {
			both[product] = append(both[product], one)
		}
	}
	all := ran(t, whole)
	share := pool.Share{Value: holderShare * partOfEach, SD: math.NaN()}
	shares := pool.Shares{Of: map[string]pool.Share{"Operator one": share, "Operator two": share}, Any: pool.Share{Value: holderShare, SD: math.NaN()}}
	for product, releases := range both {
		got, err := pool.Combine(releases, shares)
		if err != nil {
			t.Fatal(err)
		}
		if one := all[product]; product == "flows-day" {
			agree(t, got.Draft.Tables[0], one.Tables[0])
		} else {
			nearTruth(t, got.Draft.Tables[0], one.Tables[0], one.Geo.Zones, truth)
		}
	}
}

// agree compares combined cells with those of one holder of all phones. With n phones of a cell, those with two counted twice are a
// binomial number, which differs from its mean by .16^(1/2) n^(1/2) phones; a phone stands for 1 / (2 x .24) people here.
func agree(t *testing.T, got, want release.Table) {
	t.Helper()
	inside, n, sum := 0, got.Shape.Cells(), 0.0
	for cell, estimate := range got.Estimate {
		phones := max(0, want.Estimate[cell]) * holderShare
		split := math.Sqrt(withTwo*(1-withTwo)*phones) / (2 * holderShare * partOfEach)
		off := (estimate - want.Estimate[cell]) / math.Sqrt(got.NoiseSD[cell]*got.NoiseSD[cell]+want.NoiseSD[cell]*want.NoiseSD[cell]+split*split)
		if math.Abs(off) <= 1.96 {
			inside++
		}
		sum += off
	}
	share, mean := float64(inside)/float64(n), sum/math.Sqrt(float64(n))
	t.Logf("trips: %.1f %% of %d cells agree with one holder of all phones; the mean is %.1f standard errors away", 100*share, n, mean)
	// The split is counted from a noisy number, and a phone makes several trips, so two in a hundred more are allowed; it lies once
	// in a million runs.
	if margin := .02 + 4.9*math.Sqrt(.95*.05/float64(n)); n < 500 || math.Abs(share-.95) > margin || math.Abs(mean) > 4.9 {
		t.Errorf("%.3f of %d cells agree, and the mean is %.1f standard errors away; want .95 ± %.3f and 0", share, n, mean, margin)
	}
}

// nearTruth compares the people who spend the night in the region with those of one holder of all phones, and with the truth: of that
// within three in twenty, what the method gets wrong (docs/method/nights.md), and five standard deviations of noise and customers.
func nearTruth(t *testing.T, got, want release.Table, zones throng.Zones, truth *synth.Truth) {
	t.Helper()
	region := func(table release.Table) (estimate, variance float64) {
		at := make([]int, len(table.Shape.Dims))
		for cell, v := range table.Estimate {
			table.Shape.At(uint64(cell), at)
			if z, _ := zones.Index(table.Shape.Dims[0].Codes[at[0]]); zones.Parent(z) < 0 {
				estimate, variance = estimate+v, variance+table.NoiseSD[cell]*table.NoiseSD[cell]
			}
		}
		return estimate, variance
	}
	people := 0.0
	for _, r := range truth.Rows {
		if r.Table == synth.TruthNights && r.Zone != synth.Elsewhere {
			people += float64(r.Count)
		}
	}
	estimate, variance := region(got)
	one, more := region(want)
	customers, split := math.Sqrt(people*(1-holderShare)/holderShare), math.Sqrt(withTwo*(1-withTwo)*holderShare*people)/(2*holderShare*partOfEach)
	t.Logf("nights: %.0f combined, %.0f of one holder, %.0f true; sd of noise %.0f, of customers %.0f, of the split %.0f", estimate, one, people, math.Sqrt(variance), customers, split)
	if off := math.Abs(estimate - one); off > 5*math.Sqrt(variance+more+split*split) {
		t.Errorf("nights: %.0f combined, %.0f of one holder of all phones", estimate, one)
	}
	if off := math.Abs(estimate - people); off > .15*people+5*math.Hypot(math.Sqrt(variance), customers) {
		t.Errorf("%.0f people spend the night, the truth is %.0f", estimate, people)
	}
}
