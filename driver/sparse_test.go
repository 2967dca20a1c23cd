package driver_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/throng-stats/throng/config"
	"github.com/throng-stats/throng/driver"
	"github.com/throng-stats/throng/release/disk"
)

// TestSparseRelease takes trips between 1,500 stations, 2.25 million pairs, from files to the release: it lists the pair
// with many trips and false cells, says tau in manifest, claim and pages, and a second run finds it published.
func TestSparseRelease(t *testing.T) {
	const stations, often = 1500, 3000
	dir := t.TempDir()
	put := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var places, trips strings.Builder
	places.WriteString("id,latitude,longitude\n")
	for i := range stations {
		fmt.Fprintf(&places, "s%04d,%.4f,%.4f\n", i, 48+float64(i%50)*.01, 2+float64(i/50)*.01)
	}
	trips.WriteString("trip,start,end,a,b\n")
	for i := range often {
		fmt.Fprintf(&trips, "%d,2026-02-03T10:00:00Z,2026-02-03T10:30:00Z,s0007,s1400\n", i)
		fmt.Fprintf(&trips, "%d,2026-02-04T10:00:00Z,2026-02-04T10:30:00Z,s%04d,s%04d\n", often+i, i%stations, i*7%stations)
	}
	put("places.csv", places.String())
	put("trips.csv", trips.String())
	put("contract.yaml", `throng: 1
holder: {id: docks, name: Docks}
agreement: {purpose: [transport], from: 2026-02-01, until: 2026-02-28}
recipients: public
data: public
feed:
  id: trips
  kind: trips
  unit: trip
  files: trips.csv
  columns: {trip: {as: trip, type: int}, start: {as: start_time, type: text}, end: {as: end_time, type: text}, a: {as: from, type: text}, b: {as: to, type: text}}
clock: Europe/Paris
cells: {file: places.csv, kind: places}
zones: {from: cells, version: "1"}
products: [flows-month]
publish: {licence: CC0-1.0}
`)
	c, err := config.Read(filepath.Join(dir, "contract.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	job, err := driver.Prepare(c)
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "out")
	for _, already := range []bool{false, true} {
		sum, err := driver.Run(context.Background(), job, driver.RunOptions{Out: out, Code: "test 1"})
		if err != nil || len(sum.Published) != 1 || sum.Published[0].Already != already {
			t.Fatalf("published %+v, %v", sum, err)
		}
	}
	store, err := disk.OpenReadOnly(out)
	if err != nil {
		t.Fatal(err)
	}
	list, err := store.List()
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	m := list[0]
	part := m.Parts[0]
	if part.Tau < 10 || part.False <= 0 || part.False > 1000 || part.D2 != 1 {
		t.Errorf("the part is %+v", part)
	}
	measured, err := store.Table(m.ID, "", "total")
	if err != nil {
		t.Fatal(err)
	}
	found := int64(0)
	for i, cell := range measured.Cells {
		if cell == measured.Shape.Cell(7, 1400) {
			found = measured.Raw[i]
		}
	}
	// The standard deviation is 5.2: 60 is more than 11 of them.
	if found < often-60 || found > often+60 || len(measured.Cells) > 1500 || len(measured.Cells) < 300 {
		t.Errorf("the pair with %d trips has %d; %d cells are listed, tau %d", often, found, len(measured.Cells), measured.Tau)
	}
	if estimate, err := store.Table(m.ID, "linear", "total"); err != nil || len(estimate.Estimate) != len(measured.Cells) || estimate.Tau != part.Tau {
		t.Errorf("the estimate lists %d cells from %d on, %v", len(estimate.Estimate), estimate.Tau, err)
	}
	var v map[string]any
	if err := json.Unmarshal(read(t, store, m.ID, "claim.json"), &v); err != nil {
		t.Fatal(err)
	}
	schema := readSchema(t, filepath.Join("..", "docs", "format", "claim.schema.json"))
	for _, fault := range validate(schema, schema, v, "claim") {
		t.Error(fault)
	}
	if first := v["first_line"].(string); !strings.HasPrefix(first, "Weak unit") || v["weak_unit"] != true {
		t.Errorf("the first line of a weak unit is %q", first)
	}
	for language, word := range map[string]string{"en": "Weak unit", "fr": "Unité faible", "zh": "弱保护单位"} {
		page := string(read(t, store, m.ID, "claim."+language+".md"))
		if head := strings.Split(page, "\n")[2]; !strings.Contains(head, word) || !strings.Contains(page, fmt.Sprint(part.Tau)) {
			t.Errorf("%s: begins with %q", language, head)
		}
	}
}
