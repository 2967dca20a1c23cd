package export_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/release/memory"
	"github.com/throng-stats/throng/serve/export"
	"github.com/throng-stats/throng/serve/servetest"
)

// region is a store with the region, filled once: nobody can change what is published.
var region = sync.OnceValues(func() (*memory.Store, error) {
	store := &memory.Store{}
	return store, servetest.Fill(store)
})

func filled(t testing.TB) release.Store {
	t.Helper()
	store, err := region()
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func write(t testing.TB, id, table string, o export.Options) string {
	t.Helper()
	var b bytes.Buffer
	if err := export.Write(&b, filled(t), id, table, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestDisplay is the rule by which every number is shown.
func TestDisplay(t *testing.T) {
	for _, one := range []struct {
		estimate, sd float64
		want         string
	}{
		{12345.4, 100, "12345 12149.4..12541.4 reliable"},
		{12345.5, 100, "12346 12149.5..12541.5 reliable"},
		{-3.2, 5, "0 -13..6.6 unreliable"},
		{0.4, 0.3, "0 -0.188..0.988 reliable"}, // at 0 the value counts as 1
		{0.4, 0.31, "0 -0.208..1.008 unreliable"},
		{100, 30, "100 41.2..158.8 reliable"}, // exactly at the floor
		{100, 30.1, "100 41.004..158.996 unreliable"},
		{0, 0, "0 0..0 reliable"},
		{math.NaN(), 1, "missing"},
		{math.Inf(1), 1, "missing"},
		{10, math.NaN(), "10 null..null unreliable"},
		{10, math.Inf(1), "10 null..null unreliable"},
	} {
		if got := show(export.Display(one.estimate, one.sd)); got != one.want {
			t.Errorf("Display(%v, %v): got %s, want %s", one.estimate, one.sd, got, one.want)
		}
	}
}

func show(n export.Number) string {
	if n.Missing {
		return "missing"
	}
	word := "unreliable"
	if n.Reliable {
		word = "reliable"
	}
	return fmt.Sprintf("%d %s..%s %s", n.Value, export.AppendFloat(nil, n.Lo, 3, "null"), export.AppendFloat(nil, n.Hi, 3, "null"), word)
}

func TestAppendFloat(t *testing.T) {
	for x, want := range map[float64]string{0: "0", -0.0001: "0", 1.25: "1.25", 1.2345: "1.234", 100: "100", -7.1: "-7.1", 1e15: "1000000000000000"} {
		if got := string(export.AppendFloat(nil, x, 3, "")); got != want {
			t.Errorf("%v: got %s, want %s", x, got, want)
		}
	}
	if got := string(export.AppendFloat([]byte("1"), 2.6, 0, "")); got != "13" {
		t.Errorf("no decimals: got %s", got)
	}
}

// TestCSVCanBeReadBack reads every file with the standard library and compares it with the table.
func TestCSVCanBeReadBack(t *testing.T) {
	store := filled(t)
	for _, name := range []string{"total", "gender", "age", "origin"} {
		for _, labels := range []string{"", "name", "both"} {
			text := write(t, servetest.Day, name, export.Options{Labels: labels})
			if !strings.HasSuffix(text, "\r\n") || strings.Count(text, "\n") != strings.Count(text, "\r\n") {
				t.Errorf("%s: lines do not end with CRLF", name)
			}
			records, err := csv.NewReader(strings.NewReader(text)).ReadAll()
			if err != nil {
				t.Fatal(err)
			}
			table, err := store.Table(servetest.Day, servetest.Method, name)
			if err != nil {
				t.Fatal(err)
			}
			if len(records) != table.Shape.Cells()+1 {
				t.Fatalf("%s: %d records for %d cells", name, len(records), table.Shape.Cells())
			}
			compareCSV(t, records, table, labels)
		}
	}
}

func compareCSV(t *testing.T, records [][]string, table release.Table, labels string) {
	t.Helper()
	column := map[string]int{}
	for i, name := range records[0] {
		column[name] = i
	}
	at := make([]int, len(table.Shape.Dims))
	for cell, r := range records[1:] {
		table.Shape.At(uint64(cell), at)
		for i, d := range table.Shape.Dims {
			if got, want := r[column[d.Name]], d.Codes[at[i]]; got != want && !(labels == "name" && d.Name == throng.DimZone) {
				t.Fatalf("row %d: %s is %s, want %s", cell, d.Name, got, want)
			}
		}
		number := func(name string) float64 {
			x, err := strconv.ParseFloat(r[column[name]], 64)
			if err != nil {
				t.Fatalf("row %d: %s is %q", cell, name, r[column[name]])
			}
			return x
		}
		want := export.Display(table.Estimate[cell], table.NoiseSD[cell])
		for name, x := range map[string]float64{"estimate": want.Estimate, "noise_sd": want.NoiseSD, "lo": want.Lo, "hi": want.Hi, "value": float64(want.Value)} {
			if math.Abs(number(name)-x) > 0.00051 {
				t.Fatalf("row %d: %s is %v, want %v", cell, name, number(name), x)
			}
		}
		if r[column["reliable"]] != strconv.FormatBool(want.Reliable) || r[column["duration_s"]] != "3600" {
			t.Fatalf("row %d: %v", cell, r)
		}
	}
}

func TestLabelsAndMark(t *testing.T) {
	for _, one := range []struct {
		o    export.Options
		want string
	}{
		{export.Options{}, "release,product,geo,zone,zone2,time"},
		{export.Options{BOM: true}, "\ufeffrelease,product,geo,zone,zone2,time"},
		{export.Options{Labels: "both"}, "release,product,geo,zone,zone_name,zone2,zone2_name,time"},
		{export.Options{Labels: "name"}, "release,product,geo,zone,zone2,time"},
	} {
		if text := write(t, servetest.Day, "total", one.o); !strings.HasPrefix(text, one.want) {
			t.Errorf("%+v: begins with %.80q, want %q", one.o, text, one.want)
		}
	}
	named := write(t, servetest.Day, "total", export.Options{Labels: "name", Where: export.Where{"zone": {"M2"}}})
	if want := `,"Birch, ""Old""",_T,`; strings.Count(named, want) != 24 {
		t.Errorf("the name of a zone with a comma and quotes is not quoted: %s", named[:300])
	}
}

// TestGeoJSON reads a file back: one feature for each cell, with the outline of its zone.
func TestGeoJSON(t *testing.T) {
	var file struct {
		Type     string
		Features []struct {
			Type       string
			Geometry   *struct{ Type string }
			Properties map[string]any
		}
	}
	text := write(t, servetest.Day, "gender", export.Options{Format: export.GeoJSON, Labels: "name", Where: export.Where{"gender": {"F", "M"}, "time": {"2026-02-03T07:00:00Z"}}})
	if err := json.Unmarshal([]byte(text), &file); err != nil {
		t.Fatal(err)
	}
	if file.Type != "FeatureCollection" || len(file.Features) != 7*2 {
		t.Fatalf("%s of %d features, want 14", file.Type, len(file.Features))
	}
	kinds := map[string]string{}
	for _, f := range file.Features {
		kind := "null"
		if f.Geometry != nil {
			kind = f.Geometry.Type
		}
		kinds[f.Properties["zone"].(string)] = kind
		for _, name := range []string{"name", "time", "duration_s", "gender", "value", "estimate", "noise_sd", "lo", "hi", "reliable", "status", "release", "revision"} {
			if _, ok := f.Properties[name]; !ok {
				t.Errorf("a feature has no %s", name)
			}
		}
	}
	if kinds["P"] != "null" || kinds["C2"] != "Point" || kinds["M1"] != "Polygon" {
		t.Errorf("geometries are %v", kinds)
	}
}

func TestGeoJSONRefuses(t *testing.T) {
	large := release.Table{Kind: release.Estimate, Shape: throng.Shape{Name: "total", Dims: []throng.Dim{
		{Name: throng.DimZone, Level: throng.LevelZone, Codes: numbered(2001)}, {Name: throng.DimTime, Codes: numbered(25)}}}}
	if err := export.CheckGeoJSON(export.ViewOf(release.Manifest{}, large)); !errors.Is(err, export.ErrTooLarge) || !strings.Contains(err.Error(), "csv") {
		t.Errorf("50,025 features: %v", err)
	}
	large.Shape.Dims[0].Codes = numbered(2000)
	if err := export.CheckGeoJSON(export.ViewOf(release.Manifest{}, large)); err != nil {
		t.Errorf("50,000 features: %v", err)
	}
	var b bytes.Buffer
	err := export.Write(&b, filled(t), servetest.Flows, "total", export.Options{Format: export.GeoJSON})
	if !errors.Is(err, export.ErrNoShape) || b.Len() != 0 {
		t.Errorf("flows: %v, %d bytes written", err, b.Len())
	}
	err = export.Write(&b, filled(t), servetest.Day, "gender", export.Options{Format: export.GeoJSON, Kind: release.Measured})
	if !errors.Is(err, export.ErrNoShape) {
		t.Errorf("blocks: %v", err)
	}
}

func numbered(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("c%04d", i)
	}
	return list
}

func TestWriteRefuses(t *testing.T) {
	store := filled(t)
	for _, one := range []struct {
		id, table string
		o         export.Options
		want      string
	}{
		{servetest.Day, "total", export.Options{Format: "xlsx"}, "xlsx"},
		{servetest.Day, "total", export.Options{Kind: "exact"}, "exact"},
		{servetest.Day, "total", export.Options{Labels: "long"}, "long"},
		{servetest.Day, "total", export.Options{Method: "magic"}, release.ErrMissing.Error()},
		{servetest.Day, "nothing", export.Options{}, release.ErrMissing.Error()},
		{"present-1999-01-01-r0", "total", export.Options{}, release.ErrMissing.Error()},
		{servetest.Day, "total", export.Options{Where: export.Where{"zone": {"M1", "M9"}}}, `zone="M9"`},
		{servetest.Day, "total", export.Options{Where: export.Where{"gender": {"F"}}}, "zone, time"},
	} {
		var b bytes.Buffer
		if err := export.Write(&b, store, one.id, one.table, one.o); err == nil || !strings.Contains(err.Error(), one.want) || b.Len() > 0 {
			t.Errorf("%s %s %+v: got %v and %d bytes, want an error with %q", one.id, one.table, one.o, err, b.Len(), one.want)
		}
	}
}

// TestBinLengths: a bin lasts to the next one, the last as long as the one before, and a table without hours its period.
func TestBinLengths(t *testing.T) {
	text := write(t, servetest.Flows, "total", export.Options{})
	if !strings.Contains(text, ",2026-02-02T23:00:00Z,86400,") {
		t.Errorf("a table without hours does not say its day: %.300s", text)
	}
	half := release.Table{Kind: release.Estimate, Estimate: make([]float64, 3), NoiseSD: make([]float64, 3),
		Shape: throng.Shape{Name: "total", Dims: []throng.Dim{{Name: throng.DimTime, Codes: []string{"2026-04-04T13:00:00Z", "2026-04-04T14:00:00Z", "2026-04-04T14:30:00Z"}}}}}
	var b bytes.Buffer
	if err := export.WriteCSV(&b, export.ViewOf(release.Manifest{}, half), release.Geography{}, export.Options{}); err != nil {
		t.Fatal(err)
	}
	var seconds []string
	for _, line := range strings.Split(strings.TrimSpace(b.String()), "\r\n")[1:] {
		seconds = append(seconds, strings.Split(line, ",")[6])
	}
	if got := strings.Join(seconds, " "); got != "3600 1800 1800" {
		t.Errorf("bins last %s", got)
	}
}

// TestViewsVisitWhatWasChosen compares Each with the shape for random-looking choices.
func TestViewsVisitWhatWasChosen(t *testing.T) {
	table := release.Table{Shape: throng.Shape{Name: "x", Dims: []throng.Dim{
		{Name: throng.DimZone, Codes: []string{"a", "b", "c"}}, {Name: throng.DimGender, Codes: []string{"F", "M"}}, {Name: throng.DimAge, Codes: []string{"0+", "U"}}}}}
	v, err := export.ViewOf(release.Manifest{}, table).Select(export.Where{"zone": {"c", "a", "c"}, "age": {"U"}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	v.Each(func(cell int, at []int) error {
		if uint64(cell) != table.Shape.Cell(at...) {
			t.Errorf("cell %d at %v", cell, at)
		}
		got = append(got, table.Shape.Dims[0].Codes[at[0]]+table.Shape.Dims[1].Codes[at[1]]+table.Shape.Dims[2].Codes[at[2]])
		return nil
	})
	if want := "aFU aMU cFU cMU"; strings.Join(got, " ") != want || v.Rows() != 4 {
		t.Errorf("visited %v (%d rows), want %s", got, v.Rows(), want)
	}
}

// TestWriterThatBreaks: the error of the writer comes back.
func TestWriterThatBreaks(t *testing.T) {
	for _, format := range []string{export.CSV, export.GeoJSON} {
		if err := export.Write(full{}, filled(t), servetest.Day, "age", export.Options{Format: format}); !errors.Is(err, errFull) {
			t.Errorf("%s: got %v", format, err)
		}
	}
}

var errFull = errors.New("disk full")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

// TestSalesAreWritten: every table of the products of companies is a file, with what its numbers are divided by; what cannot be
// divided says why.
func TestSalesAreWritten(t *testing.T) {
	store := &memory.Store{}
	if err := errors.Join(servetest.Fill(store), servetest.FillSales(store)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ id, table, over, want string }{
		{"spending", "total", "buyers", ",M1,_T,2026-02-02T23:00:00Z,86400,_T,_T,_T,wine,EUR,3110558,89442.719,,,measured,0,3110558,2935250.271,3285865.729,true,4374.905767,4105.977959,4649.82176,true\r\n"},
		{"market", "customers", "residents", ",M1,_T,2026-02-02T23:00:00Z,86400,_T,_T,_T,2370,30,,,measured,0,2370,2311.2,2428.8,true,0.263333,0.2568,0.269867,true\r\n"},
		{"market", "categories", "residents", ",wine,"}, {"bookings", "nights", "trips", ",per,per_lo,per_hi,per_reliable\r\n"},
		{"cases", "total", "residents", ",police,late,"}, {"reports", "total", "", ",reliable\r\n"},
		{"spending", "total", "nothing", "!no such release, geography or file"}, {"market", "categories", "customers", "!has other cells than categories"},
	} {
		var b bytes.Buffer
		err := export.Write(&b, store, c.id+"-2026-02-03-r0", c.table, export.Options{Over: c.over})
		want, fails := strings.CutPrefix(c.want, "!")
		got := b.String()
		if err != nil {
			got = err.Error()
		}
		if fails != (err != nil) || !strings.Contains(got, want) {
			t.Errorf("%s/%s over %q: got %.700s, want %q", c.id, c.table, c.over, got, want)
		}
	}
}
