package api

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/throng-stats/throng/release/memory"
	"github.com/throng-stats/throng/release/storetest"
)

// TestSparseTables: a table of 24 million cells that lists four is served as four rows, and columns, which stand for every
// cell, are refused.
func TestSparseTables(t *testing.T) {
	store := &memory.Store{}
	if err := store.PutGeography(storetest.Geography(4, 1)); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Put(storetest.SparseDraft("wide", []uint64{0, 24_001, 24_025, 23_999_999})); err != nil {
		t.Fatal(err)
	}
	h := New(store, Options{Now: func() time.Time { return time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC) }})
	schemas := readDescription(t).Components.Schemas
	get := func(path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		return w
	}
	for _, one := range []struct {
		query string
		rows  int
	}{{"", 4}, {"?zone=z001", 2}, {"?zone=z001&zone2=z001", 1}, {"?zone=z005", 0}, {"?kind=measured", 4}} {
		w := get("/v1/releases/wide/tables/total" + one.query)
		var v any
		if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
			t.Fatal(err, w.Body)
		}
		answer := v.(map[string]any)
		if n := len(answer["rows"].([]any)); n != one.rows || answer["tau"] != 89. {
			t.Errorf("%s: %d rows and tau %v, want %d and 89", one.query, n, answer["tau"], one.rows)
		}
		for _, fault := range conforms(schemas, map[string]any{"$ref": "#/components/schemas/Rows"}, v, one.query) {
			t.Error(fault)
		}
	}
	csv := get("/v1/releases/wide/tables/total.csv?zone=z001").Body.String()
	if n := strings.Count(csv, "\r\n"); n != 3 || !strings.Contains(csv, ",z001,z001,2026-02-03T01:00:00Z,3600,") {
		t.Errorf("CSV has %d lines, want 3:\n%s", n, csv)
	}
	if w := get("/v1/releases/wide/tables/total.json?layout=columns"); w.Code != 400 || !strings.Contains(w.Body.String(), "89") {
		t.Errorf("columns: got %d %s, want 400 and the reason", w.Code, w.Body)
	}
	var v any
	if err := json.Unmarshal(get("/v1/releases/wide").Body.Bytes(), &v); err != nil {
		t.Fatal(err)
	}
	for _, fault := range conforms(schemas, map[string]any{"$ref": "#/components/schemas/Release"}, v, "release") {
		t.Error(fault)
	}
}
