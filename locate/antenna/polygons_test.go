package antenna

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/throng-stats/throng/locate/area"
	"github.com/throng-stats/throng/locate/zone"
)

// squares is a plan of two polygons of .01 degree side by side, a point further east, and a feature without an id.
const squares = `{"type":"FeatureCollection","features":[
{"type":"Feature","properties":{"cell_id":"east"},"geometry":{"type":"Polygon","coordinates":[[[2.01,48],[2.02,48],[2.02,48.01],[2.01,48.01],[2.01,48]]]}},
{"type":"Feature","properties":{"cell_id":"west","site_id":7},"geometry":{"type":"Polygon","coordinates":[[[2,48],[2.01,48],[2.01,48.01],[2,48.01],[2,48]]]}},
{"type":"Feature","properties":{"cell_id":"kiosk"},"geometry":{"type":"Point","coordinates":[2.035,48.005]}},
{"type":"Feature","properties":{},"geometry":{"type":"Point","coordinates":[2,48]}}]}`

// twoZones lie over the plan: W under the polygon west, E under all the rest.
const twoZones = `{"type":"FeatureCollection","features":[
{"type":"Feature","properties":{"id":"W"},"geometry":{"type":"Polygon","coordinates":[[[2,48],[2.01,48],[2.01,48.01],[2,48.01],[2,48]]]}},
{"type":"Feature","properties":{"id":"E"},"geometry":{"type":"Polygon","coordinates":[[[2.01,48],[2.04,48],[2.04,48.01],[2.01,48.01],[2.01,48]]]}}]}`

func outlines(t *testing.T) []Cell {
	t.Helper()
	cells, report, err := ReadPlan(strings.NewReader(squares), "plan.geojson", PlanOptions{})
	if err != nil || report.Rows != 4 || report.Kept != 3 {
		t.Fatalf("got %d of %d cells (%v), want 3 of 4", report.Kept, report.Rows, err)
	}
	return cells
}

func TestPlanFromPolygons(t *testing.T) {
	cells := outlines(t)
	ids := []string{}
	for _, c := range cells {
		ids = append(ids, c.ID)
	}
	if !slices.Equal(ids, []string{"east", "kiosk", "west"}) {
		t.Fatalf("got the cells %v", ids)
	}
	if c := cells[0]; math.Abs(c.Lat-48.005) > 1e-9 || math.Abs(c.Lon-2.015) > 1e-9 || c.Outline == nil {
		t.Errorf("east stands at %v, %v, want the middle of its polygon", c.Lat, c.Lon)
	}
	if cells[1].Outline != nil || cells[2].Site != "7" {
		t.Errorf("got the outline %v of a point and the site %q, want none and 7", cells[1].Outline, cells[2].Site)
	}
	if !HasOutlines(cells) || HasOutlines(cells[1:2]) {
		t.Error("HasOutlines does not tell polygons from points")
	}
}

// TestPolygonsAreHeardWhereTheyAre: the ground of a leaf is that of its polygon, tile by tile, and the shares of every leaf
// sum to 1.
func TestPolygonsAreHeardWhereTheyAre(t *testing.T) {
	cells := outlines(t)
	set, err := zone.FromGeoJSON([]byte(twoZones), zone.Options{})
	if err != nil {
		t.Fatal(err)
	}
	plane := area.PlaneFor(set.Bound())
	g, report, err := BuildOutlines(cells, set, Options{Plane: plane, Tile: 100})
	if err != nil {
		t.Fatal(err)
	}
	if report.Cells != 3 || report.Leaves != 3 || report.Orphans != 1 || report.Bare != 1 {
		t.Errorf("got %+v, want 3 cells, 3 leaves, the kiosk on its own tile", report)
	}
	zones := map[string]string{}
	for _, p := range g.Places {
		zones[p.ID] = g.Zones.At(int(p.Zone)).ID
	}
	if zones["west"] != "W" || zones["east"] != "E" || zones["kiosk"] != "E" {
		t.Errorf("got the zones %v", zones)
	}
	sum, ground := map[int32]float64{}, 0.0
	for _, s := range g.Shares {
		sum[s.Leaf] += s.Weight
	}
	for leaf, total := range sum {
		if math.Abs(total-1) > 1e-12 {
			t.Errorf("the shares of leaf %d sum to %v, want 1", leaf, total)
		}
	}
	for _, l := range g.Tree.Leaves {
		ground += l.Area
	}
	// .02 degrees by .01 degree at 48.005 N are 1.658 km2, and the kiosk has one tile; tiles at the rim belong to a polygon
	// whole when nobody else is heard there, so the ground is larger by less than a row of tiles all around.
	want := area.Area(plane.Shape(cells[0].Outline)) + area.Area(plane.Shape(cells[2].Outline)) + 1e4
	if rim := (2*1490 + 2*1112) * 100.0; ground < want || ground > want+rim {
		t.Errorf("got %.0f m2 of ground, want between %.0f and %.0f more", ground, want, rim)
	}
}

func TestOutlinesOrderDoesNotMatter(t *testing.T) {
	cells := outlines(t)
	set, err := zone.FromGeoJSON([]byte(twoZones), zone.Options{})
	if err != nil {
		t.Fatal(err)
	}
	a, _, err := BuildOutlines(cells, set, Options{})
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(cells)
	b, _, err := BuildOutlines(cells, set, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(a.Shares, b.Shares) || !slices.Equal(a.Tree.Leaves, b.Tree.Leaves) {
		t.Error("the same polygons in another order give another ground")
	}
}

// TestPositionsOnly: a plan of ids and positions alone is heard where its sites are nearest.
func TestPositionsOnly(t *testing.T) {
	cells, report, err := ReadPlan(strings.NewReader("cell_id,latitude,longitude\nwest,48.005,2.005\neast,48.005,2.03\n"), "plan.csv", PlanOptions{})
	if err != nil || report.Kept != 2 {
		t.Fatalf("got %+v, %v", report, err)
	}
	set, err := zone.FromGeoJSON([]byte(twoZones), zone.Options{})
	if err != nil {
		t.Fatal(err)
	}
	g, built, err := Build(cells, set, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if built.Bare != 2 || built.Leaves != 2 || len(g.Places) != 2 {
		t.Errorf("got %+v, want two bare cells on two leaves", built)
	}
	middle := 0.0 // the border between the two lies half way
	for _, l := range g.Tree.Leaves {
		middle += l.X / 2
	}
	x, _ := area.PlaneFor(set.Bound()).Forward(48.005, 2.0175)
	if math.Abs(middle-x) > 100 {
		t.Errorf("the two halves are centred on %.0f, want %.0f within a tile", middle, x)
	}
}

func TestPlanOfPolygonsSaysWhatIsWrong(t *testing.T) {
	for text, want := range map[string]string{
		`{"type":"Feature"}`: "plan.geojson",
		`{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"cell_id":"a"},"geometry":null}]}`:                                  "feature 1 has no geometry",
		`{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":{"type":"Point","coordinates":[2,48]}}]}`:              "column cell_id",
		`{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"cell_id":"a"},"geometry":{"type":"Point","coordinates":[2,98]}}]}`: "feature 1",
	} {
		if _, _, err := ReadPlan(strings.NewReader(text), "plan.geojson", PlanOptions{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s: got %v, want %q", text, err, want)
		}
	}
}
