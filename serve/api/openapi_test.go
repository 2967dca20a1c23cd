package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/release/memory"
	"github.com/throng-stats/throng/serve/export"
	"github.com/throng-stats/throng/serve/servetest"
)

type description struct {
	OpenAPI string
	Paths   map[string]map[string]struct {
		Parameters []struct{ Name, In string }
		Responses  map[string]any
	}
	Components struct {
		Schemas map[string]map[string]any
	}
}

func readDescription(t *testing.T) description {
	t.Helper()
	var d description
	if err := json.Unmarshal(openapi, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// TestDescriptionIsComplete: every route is described, and everything described is a route.
func TestDescriptionIsComplete(t *testing.T) {
	d := readDescription(t)
	if d.OpenAPI != "3.1.0" {
		t.Errorf("version %s, want 3.1.0", d.OpenAPI)
	}
	var served, described []string
	for _, r := range routes() {
		served = append(served, r.method+" "+r.path)
	}
	for path, methods := range d.Paths {
		for method, operation := range methods {
			described = append(described, strings.ToUpper(method)+" "+path)
			var inPath []string
			for _, p := range operation.Parameters {
				if p.In == "path" {
					inPath = append(inPath, "{"+p.Name+"}")
				}
			}
			for _, p := range inPath {
				if !strings.Contains(path, p) {
					t.Errorf("%s has no %s", path, p)
				}
			}
			if strings.Count(path, "{") != len(inPath) {
				t.Errorf("%s: %d parameters are described", path, len(inPath))
			}
		}
	}
	slices.Sort(served)
	slices.Sort(described)
	if !slices.Equal(served, described) {
		t.Errorf("served:    %v\ndescribed: %v", served, described)
	}
}

func TestReferencesResolve(t *testing.T) {
	var whole map[string]any
	if err := json.Unmarshal(openapi, &whole); err != nil {
		t.Fatal(err)
	}
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if ref, ok := v["$ref"].(string); ok {
				var at any = whole
				for _, part := range strings.Split(strings.TrimPrefix(ref, "#/"), "/") {
					m, _ := at.(map[string]any)
					at = m[part]
				}
				if at == nil {
					t.Errorf("%s leads nowhere", ref)
				}
			}
			for _, one := range v {
				walk(one)
			}
		case []any:
			for _, one := range v {
				walk(one)
			}
		}
	}
	walk(whole)
}

// TestLimitsAreDescribed compares /v1/limits with the description.
func TestLimitsAreDescribed(t *testing.T) {
	a, err := (&server{}).limits(nil)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]float64
	if err := json.Unmarshal(a.body, &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]float64{}
	for name, p := range readDescription(t).Components.Schemas["Limits"]["properties"].(map[string]any) {
		want[name] = p.(map[string]any)["default"].(float64)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("served %v, described %v", got, want)
	}
}

// TestAnswersAreDescribed checks real answers against the schemas of the description: every member is described, every
// required one is there, types fit.
func TestAnswersAreDescribed(t *testing.T) {
	store := &memory.Store{}
	if err := errors.Join(servetest.Fill(store), servetest.FillWeeks(store), servetest.FillSales(store), servetest.PutLive(store, time.Date(2026, 2, 3, 10, 0, 0, 0, time.UTC), "synthetic")); err != nil {
		t.Fatal(err)
	}
	h := New(store, Options{Now: func() time.Time { return servetest.EmbargoAt.Add(-time.Hour) }})
	schemas := readDescription(t).Components.Schemas
	table := "/v1/releases/" + servetest.Day + "/tables/"
	for _, one := range []struct{ method, path, body, schema string }{
		{"GET", "/v1/limits", "", "Limits"},
		{"GET", "/v1/products/present", "", "Product"},
		{"GET", "/v1/releases/" + servetest.Day, "", "Release"},
		{"GET", table + "age?zone=M1", "", "Rows"},
		{"GET", table + "age?layout=columns", "", "Columns"},
		{"GET", table + "total?layout=columns&kind=measured", "", "Columns"},
		{"GET", table + "total?kind=measured", "", "Rows"},
		{"GET", "/v1/geographies/toy/2026-01-01", "", "Map"},
		{"POST", "/v1/queries", `{"product":"present","area":{"zones":["M1"]},"by":["time","origin"]}`, "Answer"},
		{"POST", "/v1/queries", `{"product":"present","area":{"polygon":` + servetest.Square(10, 10, 200, 200) + `}}`, "Answer"},
		{"POST", "/v1/queries", `{"product":"present","area":{"polygon":` + servetest.Square(-900, -900, -10, -10) + `}}`, "Problem"},
		{"POST", "/v1/queries", `{"product":"present","area":{"zones":["M1"]},"by":["role"],"compare":"usual-day","forecast":7,"pyramid":true}`, "Answer"},
		{"POST", "/v1/queries", `{"product":"present-live","area":{"zones":["M1"]},"by":["time","age"],"time":"live"}`, "Answer"},
		{"GET", "/v1/catchments", "", "Catchments"},
		{"GET", "/v1/nowcast", "", "Nowcast"},
		{"GET", "/v1/nowcast?zone=C1", "", "Nowcast"},
		{"GET", "/v1/league?product=spending&over=buyers", "", "League"},
		{"GET", "/v1/league?product=market&table=customers&over=residents", "", "League"},
		{"POST", "/v1/queries", `{"product":"spending","by":["time","category","currency"],"over":"buyers"}`, "SoldAnswer"},
		{"POST", "/v1/queries", `{"product":"market","table":"customers","area":{"zones":["C1"]},"by":["zone"],"over":"residents"}`, "SoldAnswer"},
		{"POST", "/v1/queries", `{}`, "Problem"},
	} {
		r := httptest.NewRequest(one.method, one.path, strings.NewReader(one.body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		var v any
		if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		for _, fault := range conforms(schemas, map[string]any{"$ref": "#/components/schemas/" + one.schema}, v, one.path) {
			t.Error(fault)
		}
	}
}

// conforms is the part of JSON Schema that the description uses for answers.
func conforms(schemas map[string]map[string]any, s map[string]any, v any, at string) (faults []string) {
	if ref, ok := s["$ref"].(string); ok {
		return conforms(schemas, schemas[strings.TrimPrefix(ref, "#/components/schemas/")], v, at)
	}
	if choices, ok := s["oneOf"].([]any); ok {
		for _, c := range choices {
			if len(conforms(schemas, c.(map[string]any), v, at)) == 0 {
				return nil
			}
		}
		return []string{at + ": none of the choices fits"}
	}
	if kind := kindOf(v); s["type"] != nil && !strings.Contains(fmt.Sprint(s["type"]), kind) && !(kind == "number" && fmt.Sprint(s["type"]) == "integer" && v == float64(int64(v.(float64)))) &&
		!(kind == "number" && strings.Contains(fmt.Sprint(s["type"]), "integer")) {
		return []string{fmt.Sprintf("%s: is %s, described as %v", at, kind, s["type"])}
	}
	if list, ok := s["enum"].([]any); ok && !slices.Contains(list, v) {
		faults = append(faults, fmt.Sprintf("%s: %v is not one of %v", at, v, list))
	}
	switch v := v.(type) {
	case map[string]any:
		faults = append(faults, members(schemas, s, v, at)...)
	case []any:
		items, _ := s["items"].(map[string]any)
		for i, one := range v {
			faults = append(faults, conforms(schemas, items, one, fmt.Sprintf("%s/%d", at, i))...)
		}
	}
	return faults
}

func members(schemas map[string]map[string]any, s map[string]any, v map[string]any, at string) (faults []string) {
	described, _ := s["properties"].(map[string]any)
	others, open := s["additionalProperties"].(map[string]any)
	for name, one := range v {
		p, ok := described[name].(map[string]any)
		switch {
		case ok:
			faults = append(faults, conforms(schemas, p, one, at+"/"+name)...)
		case open:
			faults = append(faults, conforms(schemas, others, one, at+"/"+name)...)
		default:
			faults = append(faults, at+"/"+name+": is not described")
		}
	}
	required, _ := s["required"].([]any)
	for _, name := range required {
		if _, ok := v[name.(string)]; !ok {
			faults = append(faults, at+"/"+name.(string)+": is missing")
		}
	}
	return faults
}

func kindOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case string:
		return "string"
	case bool:
		return "boolean"
	case float64:
		return "number"
	case []any:
		return "array"
	}
	return "object"
}

// TestProblemsAreKnown: each code has a status, a title and help, and its page answers.
func TestProblemsAreKnown(t *testing.T) {
	h := New(&memory.Store{}, Options{})
	for code, k := range kinds {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", "/problems/"+code, nil))
		if w.Code != 200 || http.StatusText(k.status) == "" || k.title == "" || k.help == "" {
			t.Errorf("%s: %d %+v", code, w.Code, k)
		}
	}
}

// TestLargeTablesStream writes 10,000 zones by 24 hours in all layouts: a handful of allocations whatever the number of
// rows, never one a row.
func TestLargeTablesStream(t *testing.T) {
	const zones, hours, most = 10_000, 24, 1000
	v := large(zones, hours)
	for name, write := range map[string]func(io.Writer) error{
		"rows":    func(w io.Writer) error { return writeRows(w, v) },
		"columns": func(w io.Writer) error { return writeColumns(w, v) },
		"csv":     func(w io.Writer) error { return export.WriteCSV(w, v, release.Geography{}, export.Options{}) },
	} {
		var first bytes.Buffer
		if err := write(&first); err != nil {
			t.Fatal(err)
		}
		if n := testing.AllocsPerRun(1, func() { write(io.Discard) }); n > most {
			t.Errorf("%s: %v allocations for %d cells, want at most %d", name, n, zones*hours, most)
		}
		if name != "csv" && !json.Valid(first.Bytes()) {
			t.Errorf("%s: is not JSON", name)
		}
	}
}

func large(zones, hours int) export.View {
	t := release.Table{Kind: release.Estimate, Method: "linear", Shape: throng.Shape{Name: "total", Dims: []throng.Dim{
		{Name: throng.DimZone, Level: throng.LevelZone}, {Name: throng.DimTime}}}}
	for z := range zones {
		t.Shape.Dims[0].Codes = append(t.Shape.Dims[0].Codes, fmt.Sprintf("z%05d", z))
	}
	for h := range hours {
		t.Shape.Dims[1].Codes = append(t.Shape.Dims[1].Codes, time.Date(2026, 2, 3, h, 0, 0, 0, time.UTC).Format(time.RFC3339))
	}
	for cell := range zones * hours {
		t.Estimate, t.NoiseSD = append(t.Estimate, float64(cell%997)*1.37-20), append(t.NoiseSD, 7.5)
	}
	return export.ViewOf(release.Manifest{ID: "large", Product: "present"}, t)
}
