package api

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/release/memory"
	"github.com/throng-stats/throng/release/storetest"
)

// TestCombined: a combined release is served like others, names its sources, is marked in every row, and has no cost and no ground.
func TestCombined(t *testing.T) {
	store, geo := &memory.Store{}, storetest.Geography(4, 1)
	geo.Tree, geo.Shares, geo.Factors = throng.Tree{}, nil, nil
	if err := store.PutGeography(geo); err != nil {
		t.Fatal(err)
	}
	d := storetest.Draft("both", 3, 1)
	zones := throng.Shape{Name: "total", Dims: []throng.Dim{{Name: throng.DimZone, Level: throng.LevelZone, Codes: geo.Zones.IDs(geo.Zones.Finest()...)}}}
	one := release.Table{Kind: release.Estimate, Method: release.Linear, Shape: zones}
	for range zones.Cells() {
		one.Estimate, one.NoiseSD, one.Status = append(one.Estimate, 7), append(one.NoiseSD, 2), append(one.Status, release.Combined)
	}
	sha := release.Digest(nil)
	d.Tables, d.Texts = []release.Table{one}, nil
	d.Manifest.Ledger, d.Manifest.Geo = release.LedgerRef{}, release.GeoRef{ID: geo.ID, Version: geo.Version}
	d.Manifest.Parts = []release.Part{{Table: "total", Domain: release.Axes(zones)}}
	d.Manifest.Sources = []release.Source{{Holder: "A", Release: "a", Manifest: sha}, {Holder: "B", Release: "b", Manifest: release.Digest([]byte("b"))}}
	if _, err := store.Put(d); err != nil {
		t.Fatal(err)
	}
	h := New(store, Options{IgnoreEmbargo: true})
	schemas := readDescription(t).Components.Schemas
	get := func(path, schema string) string {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		var v any
		if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
			t.Fatal(err, w.Body)
		}
		for _, fault := range conforms(schemas, map[string]any{"$ref": "#/components/schemas/" + schema}, v, path) {
			t.Error(fault)
		}
		return w.Body.String()
	}
	about := get("/v1/releases/both", "Release")
	if !strings.Contains(about, `"manifest_sha256":"`+sha+`"`) || strings.Contains(about, `"rho"`) || !strings.Contains(about, `"level":"zone"`) {
		t.Errorf("got %s, want its sources, no cost, and its dimensions", about)
	}
	if rows := get("/v1/releases/both/tables/total", "Rows"); strings.Count(rows, `"status":"combined"`) != zones.Cells() {
		t.Errorf("not every row is marked: %s", rows)
	}
	if _, err := New(store, Options{IgnoreEmbargo: true}).(*server).day(d.Manifest); err == nil || !strings.Contains(err.Error(), "has no ground of its own") {
		t.Errorf("a perimeter of a combined release: got %v", err)
	}
}
