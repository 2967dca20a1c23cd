package multimno_test

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/release/memory"
	"github.com/throng-stats/throng/serve/export/multimno"
	"github.com/throng-stats/throng/serve/servetest"
)

var rewrite = flag.Bool("rewrite", false, "write testdata/gold.txt")

// origins are two countries of guests, what is known of a region at home, and the rest.
var origins = []string{"North", "DEU", "abroad", "other", "U"}

// put publishes tables of a product; their numbers come from a formula that depends on the period.
func put(t testing.TB, store *memory.Store, product, period string, shapes ...throng.Shape) {
	t.Helper()
	putAgain(t, store, product, period, 0, shapes...)
}

// putAgain publishes a revision.
func putAgain(t testing.TB, store *memory.Store, product, period string, revision int, shapes ...throng.Shape) {
	t.Helper()
	layout := map[int]string{7: "2006-01", 10: time.DateOnly}[len(period)]
	start, err := time.Parse(layout, period)
	if err != nil {
		t.Fatal(err)
	}
	d := release.Draft{Manifest: release.Manifest{ID: fmt.Sprintf("%s-%s-r%d", product, period, revision), Product: product, Revision: revision, Method: "1", Code: "test", Holder: "Toy Operator", Data: "synthetic",
		Period: release.Period{Name: period, Start: start, End: start.AddDate(0, 0, 1), TimeZone: "UTC"}, Geo: release.GeoRef{ID: servetest.Geo, Version: servetest.Version},
		Purpose: "test", Licence: "CC0-1.0", Unit: "subscriber-day", Options: map[string]string{release.OptionAbroad: `["DEU","abroad"]`}},
		Texts: map[string][]byte{"claim.json": []byte("{}\n")}}
	for _, s := range shapes {
		m := release.Table{Kind: release.Measured, Shape: s, Sigma2: 100}
		e := release.Table{Kind: release.Estimate, Method: servetest.Method, Shape: s}
		for cell := range s.Cells() {
			m.Raw = append(m.Raw, int64(cell*37%23+start.Day()+1000*revision)-6)
			e.Estimate, e.NoiseSD = append(e.Estimate, 2.5*float64(m.Raw[cell])), append(e.NoiseSD, 20+float64(cell%7))
		}
		d.Tables = append(d.Tables, m, e)
		d.Manifest.Parts = append(d.Manifest.Parts, release.Part{Table: s.Name, D2: 2, Sigma2: 100, Rho: 1e7, Domain: release.Axes(s)})
	}
	if _, err := store.Put(d); err != nil {
		t.Fatal(err)
	}
}

func shape(name string, dims ...throng.Dim) throng.Shape { return throng.Shape{Name: name, Dims: dims} }

func dim(name string, codes ...string) throng.Dim {
	d := throng.Dim{Name: name, Codes: codes}
	if name == throng.DimZone || name == throng.DimZone2 {
		d.Level = throng.LevelZone
	}
	return d
}

// filled is the region of servetest with two months of everything that has a gold table.
func filled(t testing.TB) *memory.Store {
	t.Helper()
	store := &memory.Store{}
	if err := servetest.Fill(store); err != nil {
		t.Fatal(err)
	}
	zones := servetest.Region().Zones
	all, finest := dim(throng.DimZone, zones.IDs()...), dim(throng.DimZone, zones.IDs(zones.Finest()...)...)
	to := dim(throng.DimZone2, finest.Codes...)
	from := dim(throng.DimOrigin, origins...)
	put(t, store, "usual", "2026-02", shape("home", all), shape("home-work", finest, to))
	put(t, store, "migration", "2026-03", shape("total", finest, to))
	put(t, store, "tourism", "2026-02", shape("trips", all, from), shape("abroad", dim(throng.DimCountry, "BEL", "DEU", "other"), from))
	for day := range 28 {
		put(t, store, "nights", fmt.Sprintf("2026-02-%02d", day+1), shape("origin", all, from))
	}
	put(t, store, "nights", "2026-03-01", shape("origin", all, from))
	return store
}

// gold writes what a plan has, by folder/name.
func gold(t testing.TB, store release.Store, product, period string) (files map[string][]byte, notes []string) {
	t.Helper()
	list, notes, err := multimno.Plan(store, product, period)
	if err != nil {
		t.Fatal(err)
	}
	files = map[string][]byte{}
	for _, f := range list {
		var b bytes.Buffer
		rows, err := f.Write(&b)
		if err != nil {
			t.Fatal(err)
		}
		files[f.Table+"/"+f.Name] = b.Bytes()
		if got := len(read(t, b.Bytes())); got != rows {
			t.Errorf("%s has %d rows, Write says %d", f.Name, got, rows)
		}
	}
	return files, notes
}

// read returns the rows of a file by the names of its columns; a null is nil.
func read(t testing.TB, text []byte) []map[string]any {
	t.Helper()
	file, err := parquet.OpenFile(bytes.NewReader(text), int64(len(text)))
	if err != nil {
		t.Fatal(err)
	}
	names := file.Schema().Columns()
	var out []map[string]any
	for _, group := range file.RowGroups() {
		rows := make([]parquet.Row, group.NumRows())
		r := group.Rows()
		for n := 0; n < len(rows); {
			k, err := r.ReadRows(rows[n:])
			if n += k; err != nil && n < len(rows) {
				t.Fatal(err)
			}
		}
		for _, row := range rows {
			one := map[string]any{}
			for _, v := range row {
				one[names[v.Column()][0]] = plain(v)
			}
			out = append(out, one)
		}
		r.Close()
	}
	return out
}

func plain(v parquet.Value) any {
	switch {
	case v.IsNull():
		return nil
	case v.Kind() == parquet.Float:
		return v.Float()
	case v.Kind() == parquet.Double:
		return v.Double()
	case v.Kind() == parquet.Boolean:
		return v.Boolean()
	case v.Kind() == parquet.ByteArray:
		return string(v.ByteArray())
	}
	return v.Int64()
}

// TestGold compares schemas and some rows of every table with testdata/gold.txt.
func TestGold(t *testing.T) {
	files, notes := gold(t, filled(t), "", "")
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(files)) {
		file, err := parquet.OpenFile(bytes.NewReader(files[name]), int64(len(files[name])))
		if err != nil {
			t.Fatal(err)
		}
		rows := read(t, files[name])
		fmt.Fprintf(&b, "== %s: %d rows\n%s\n", name, len(rows), file.Schema())
		for i := 0; i < len(rows); i += 1 + len(rows)/5 {
			for k, c := range file.Schema().Columns() {
				if b.WriteString(map[bool]string{true: "", false: " "}[k == 0]); rows[i][c[0]] == nil {
					b.WriteString("null")
				} else {
					fmt.Fprint(&b, rows[i][c[0]])
				}
			}
			b.WriteString("\n")
		}
	}
	fmt.Fprintf(&b, "== notes\n%s\n", strings.Join(notes, "\n"))
	const path = "testdata/gold.txt"
	if *rewrite {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("the gold tables differ from %s; write them by -rewrite and look at the difference:\n%s", path, b.String())
	}
}

// total adds a column of the rows that are wanted.
func total(rows []map[string]any, column string, wanted func(map[string]any) bool) float64 {
	sum := 0.0
	for _, r := range rows {
		if !wanted(r) || r[column] == nil {
			continue
		}
		switch v := r[column].(type) {
		case float32:
			sum += float64(v)
		case float64:
			sum += v
		}
	}
	return sum
}

// cells adds the estimates and variances of the cells of a table that are wanted, by their codes.
func cells(t testing.TB, store release.Store, id, table string, wanted func(codes []string) bool) (people, variance float64) {
	t.Helper()
	e, err := store.Table(id, servetest.Method, table)
	if err != nil {
		t.Fatal(err)
	}
	at, codes := make([]int, len(e.Shape.Dims)), make([]string, len(e.Shape.Dims))
	for cell, v := range e.Estimate {
		e.Shape.At(uint64(cell), at)
		for i, k := range at {
			codes[i] = e.Shape.Dims[i].Codes[k]
		}
		if wanted(codes) {
			people += v
			variance += e.NoiseSD[cell] * e.NoiseSD[cell]
		}
	}
	return people, variance
}

// TestTotals: what is read back adds up to our estimates, and its variances to theirs.
func TestTotals(t *testing.T) {
	store := filled(t)
	files, _ := gold(t, store, "", "")
	for _, c := range []struct {
		name, file, column string
		row                map[string]any
		id, table          string
		cell               func(c []string) bool
	}{
		{"present of all zones", "present_population_zone_gold/present-2026-02-03", "population", nil, servetest.Day, "total", func([]string) bool { return true }},
		{"present of a county", "present_population_zone_gold/present-2026-02-03", "population", map[string]any{"zone_id": "C1", "level": int64(2), "day": int64(3)}, servetest.Day, "total", func(c []string) bool { return c[0] == "C1" }},
		{"homes", "aggregated_usual_environments_zone_gold/usual-2026-02", "weighted_device_count", map[string]any{"label": "home", "zone_id": "M2", "season": "all"}, "usual-2026-02-r0", "home", func(c []string) bool { return c[0] == "M2" }},
		{"works in a municipality", "aggregated_usual_environments_zone_gold/usual-2026-02", "weighted_device_count", map[string]any{"label": "work", "zone_id": "M2", "level": int64(3)}, "usual-2026-02-r0", "home-work", func(c []string) bool { return c[1] == "M2" }},
		{"works in a county", "aggregated_usual_environments_zone_gold/usual-2026-02", "weighted_device_count", map[string]any{"label": "work", "zone_id": "C2", "level": int64(2)}, "usual-2026-02-r0", "home-work", func(c []string) bool { return c[1] == "M3" || c[1] == "M4" }},
		{"moves between municipalities", "internal_migration/migration-2026-03", "migration", map[string]any{"level": int64(3)}, "migration-2026-03-r0", "total", func(c []string) bool { return c[0] != c[1] }},
		{"moves between counties", "internal_migration/migration-2026-03", "migration", map[string]any{"level": int64(2), "previous_zone": "C1"}, "migration-2026-03-r0", "total", func(c []string) bool { return c[0] < "M3" && c[1] > "M2" }},
		{"moves within the province", "internal_migration/migration-2026-03", "migration", map[string]any{"level": int64(1)}, "migration-2026-03-r0", "total", func([]string) bool { return false }},
		{"guests of a country", "tourism_geozone_aggregations/tourism-2026-02", "num_of_departures", map[string]any{"country_of_origin": "DEU", "zone_id": "M1", "nights_spent": nil}, "tourism-2026-02-r0", "trips", func(c []string) bool { return c[0] == "M1" && c[1] == "DEU" }},
		{"all guests", "tourism_geozone_aggregations/tourism-2026-02", "num_of_departures", map[string]any{"is_overnight": nil}, "tourism-2026-02-r0", "trips", func(c []string) bool { return c[1] == "DEU" || c[1] == "abroad" }},
		{"journeys abroad", "tourism_outbound_aggregations/tourism-2026-02", "journeys", map[string]any{"country_of_destination": "BEL", "nights_spent": nil}, "tourism-2026-02-r0", "abroad", func(c []string) bool { return c[0] == "BEL" }},
	} {
		rows := read(t, files[c.file+".parquet"])
		is := func(r map[string]any) bool {
			for column, want := range c.row {
				if got, has := r[column]; !has || got != want {
					return false
				}
			}
			return true
		}
		people, variance := cells(t, store, c.id, c.table, c.cell)
		if got := total(rows, c.column, is); math.Abs(got-people) > 1e-6*(1+math.Abs(people))*10 {
			t.Errorf("%s: got %v people, want %v", c.name, got, people)
		}
		if got := total(rows, "variance", is); math.Abs(got-variance) > 1e-9*(1+variance) {
			t.Errorf("%s: got the variance %v, want %v", c.name, got, variance)
		}
	}
}

// TestNightsOfAMonth: nights are the sum of all days, of guests alone, and a month that is not complete is not written.
func TestNightsOfAMonth(t *testing.T) {
	store := filled(t)
	files, notes := gold(t, store, "nights", "")
	if len(files) != 1 || len(notes) != 1 || !strings.Contains(notes[0], "nights of 2026-03: 1 of 31 days") {
		t.Fatalf("got %d files, notes %q", len(files), notes)
	}
	rows := read(t, files["tourism_geozone_aggregations/nights-2026-02.parquet"])
	var people, variance float64
	for day := range 28 {
		p, v := cells(t, store, fmt.Sprintf("nights-2026-02-%02d-r0", day+1), "origin", func(c []string) bool { return c[0] == "M4" && c[1] == "DEU" })
		people, variance = people+p, variance+v
	}
	is := func(r map[string]any) bool {
		return r["zone_id"] == "M4" && r["country_of_origin"] == "DEU" && r["is_overnight"] == true && r["num_of_departures"] == nil
	}
	if got := total(rows, "nights_spent", is); math.Abs(got-people) > 1e-3 {
		t.Errorf("got %v nights, want %v", got, people)
	}
	if got := total(rows, "variance", is); math.Abs(got-variance) > 1e-6 {
		t.Errorf("got the variance %v, want %v", got, variance)
	}
	for _, r := range rows {
		if r["country_of_origin"] == "North" || r["country_of_origin"] == "U" {
			t.Fatalf("residents are among the guests: %v", r)
		}
	}
}

// TestOneRevision: the newest revision alone is written, under the same name, and what cannot be written is refused.
func TestOneRevision(t *testing.T) {
	store := filled(t)
	_, _, err := multimno.Plan(store, "flows-day", "")
	if err == nil || !strings.Contains(err.Error(), "present nights usual") {
		t.Errorf("flows: got %v, want the products that have a gold table", err)
	}
	if _, _, err := multimno.Plan(store, "present", "1999-01-01"); err == nil || !strings.Contains(err.Error(), "1999-01-01") {
		t.Errorf("a day without a release: got %v", err)
	}
	list, _, err := multimno.Plan(store, "present", "2026-02-03")
	if err != nil || len(list) != 1 || list[0].Name != "present-2026-02-03.parquet" {
		t.Errorf("one day: got %v, %v", list, err)
	}
	abroad := shape("abroad", dim(throng.DimCountry, "BEL"), dim(throng.DimOrigin, "U"))
	putAgain(t, store, "tourism", "2026-02", 1, shape("trips", dim(throng.DimZone, "P"), dim(throng.DimOrigin, "DEU")), abroad)
	files, _ := gold(t, store, "tourism", "2026-02")
	rows := read(t, files["tourism_outbound_aggregations/tourism-2026-02.parquet"])
	if len(files) != 3 || len(rows) != 1 || rows[0]["journeys"] != float32(2.5*(1+1000-6)) {
		t.Errorf("the newest revision: got %d files, %v", len(files), rows)
	}
}
