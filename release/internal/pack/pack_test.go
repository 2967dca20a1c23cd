package pack

import (
	"bytes"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/release/storetest"
)

var rewrite = flag.Bool("rewrite", false, "write the golden files anew")

// TestBytesStayTheSame compares the digests of a release and a geography with those of a golden file. Digests stand in
// ledgers: a change here, also by another version of a library, changes what the same numbers are called.
func TestBytesStayTheSame(t *testing.T) {
	_, files, err := Release(storetest.Draft("one", 3, 1))
	if err != nil {
		t.Fatal(err)
	}
	ground, err := Geography(storetest.Geography(4, 1))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, f := range append(files, ground...) {
		fmt.Fprintf(&b, "%s %s %d\n", f.Path, release.Digest(f.Bytes), len(f.Bytes))
	}
	if *rewrite {
		if err := os.WriteFile("testdata/digests.txt", []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/digests.txt")
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
}

// TestColumns reads a table the way another program would, without the shape in the footer.
func TestColumns(t *testing.T) {
	d := storetest.Draft("one", 3, 1)
	content, err := Table(d.Tables[1], d.Manifest)
	if err != nil {
		t.Fatal(err)
	}
	f, err := open(content)
	if err != nil {
		t.Fatal(err)
	}
	names := ""
	for _, c := range f.Schema().Columns() {
		names += strings.Join(c, ".") + " "
	}
	if want := "release product geo zone zone2 time duration_s gender age origin role purpose country direction nights revision raw sigma2 "; names != want {
		t.Errorf("columns %s, want %s", names, want)
	}
	shape := d.Tables[1].Shape
	cells := shape.Cells()
	zone, _ := words(f, "zone", cells)
	gender, _ := words(f, "gender", cells)
	age, _ := words(f, "age", cells)
	time, _ := integers(f, "time", cells)
	seconds, err := int32s(f, "duration_s", cells)
	if err != nil {
		t.Fatal(err)
	}
	starts, _ := release.Starts(shape.Dims[1].Codes)
	at := make([]int, 3)
	for i := range cells {
		shape.At(uint64(i), at)
		if zone[i] != shape.Dims[0].Codes[at[0]] || time[i] != starts[at[1]] || gender[i] != throng.Genders[at[2]] || age[i] != "_T" || seconds[i] != 3600 {
			t.Fatalf("row %d is %s %d %s %s %d", i, zone[i], time[i], gender[i], age[i], seconds[i])
		}
	}
}

// TestBinsOfAClockChange writes an autumn day: 25 hours of 3600 seconds, the last ending with the period.
func TestBinsOfAClockChange(t *testing.T) {
	d := storetest.Draft("one", 3, 1)
	d.Manifest.Period.End = d.Manifest.Period.Start.Add(25*3600e9 - 1800e9)
	p := throng.Period{Start: d.Manifest.Period.Start.UnixMilli(), End: d.Manifest.Period.End.UnixMilli()}
	s := throng.Shape{Name: "total", Dims: []throng.Dim{{Name: throng.DimTime, Codes: p.BinCodes(3600e9)}}}
	k, err := newKeys(release.Table{Shape: s}, d.Manifest)
	if err != nil || len(k.duration) != 25 || k.duration[0] != 3600 || k.duration[24] != 1800 {
		t.Errorf("durations %v, %v", k.duration, err)
	}
	d.Manifest.Period.End = d.Manifest.Period.Start.Add(3600e9)
	if _, err := newKeys(release.Table{Shape: s}, d.Manifest); err == nil {
		t.Error("bins after the end of the period were taken")
	}
}

func TestManyRowsCrossGroups(t *testing.T) {
	codes := make([]string, 1100)
	for i := range codes {
		codes[i] = fmt.Sprintf("z%04d", i)
	}
	s := throng.Shape{Name: "total", Dims: []throng.Dim{{Name: throng.DimZone, Level: throng.LevelZone, Codes: codes}, {Name: throng.DimZone2, Level: throng.LevelZone, Codes: codes}}}
	want := release.Table{Kind: release.Measured, Shape: s, Sigma2: 9, Raw: make([]int64, s.Cells())}
	for i := range want.Raw {
		want.Raw[i] = int64(i*i%17) - 8
	}
	d := storetest.Draft("one", 3, 1)
	content, err := Table(want, d.Manifest)
	if err != nil {
		t.Fatal(err)
	}
	got, err := ReadTable(content, "one")
	if err != nil || !storetest.Equal(got, want) {
		t.Errorf("%d cells in %d bytes: %v", len(want.Raw), len(content), err)
	}
}

func TestReadTableRefuses(t *testing.T) {
	d := storetest.Draft("one", 3, 1)
	content, err := Table(d.Tables[0], d.Manifest)
	if err != nil {
		t.Fatal(err)
	}
	rows := func(footer map[string]string) []byte {
		b, err := writeRows(2, footer, func(int) measuredRow { return measuredRow{} })
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	zones := func(codes string) string { return `{"name":"total","dims":[{"name":"zone","codes":` + codes + `}]}` }
	long := bytes.Clone(content)
	binary.LittleEndian.PutUint32(long[len(long)-8:], 1<<31)
	var plain bytes.Buffer
	w := parquet.NewGenericWriter[measuredRow](&plain, parquet.KeyValueMetadata(footerRelease, "one"), parquet.KeyValueMetadata(footerKind, "measured"), parquet.KeyValueMetadata(footerShape, zones(`["a","b"]`)))
	if _, err := w.Write(make([]measuredRow, 2)); err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		content []byte
		id      string
	}{
		"long footer":   {long, "one"},
		"not zstd":      {plain.Bytes(), "one"},
		"nothing":       {nil, "one"},
		"other release": {content, "two"},
		"cut":           {content[:len(content)-5], "one"},
		"no shape":      {rows(map[string]string{footerRelease: "one", footerKind: "measured"}), "one"},
		"more cells":    {rows(map[string]string{footerRelease: "one", footerKind: "measured", footerShape: zones(`["a","b","c"]`)}), "one"},
		"no cells":      {rows(map[string]string{footerRelease: "one", footerKind: "measured", footerShape: zones(`[]`)}), "one"},
		"kind":          {rows(map[string]string{footerRelease: "one", footerKind: "guess", footerShape: zones(`["a","b"]`)}), "one"},
		"columns":       {rows(map[string]string{footerRelease: "one", footerKind: "estimate", footerShape: zones(`["a","b"]`)}), "one"},
	} {
		if got, err := ReadTable(c.content, c.id); !errors.Is(err, release.ErrCorrupt) {
			t.Errorf("%s: got %v, %v, want ErrCorrupt", name, got.Shape, err)
		}
	}
}

func TestManifestRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"empty": "", "other": `{"id":"two"}`, "unknown": `{"id":"one","colour":1}`, "more": `{"id":"one"} x`, "cut": `{"id":"one"`,
	} {
		if _, err := Manifest([]byte(text), "one"); !errors.Is(err, release.ErrCorrupt) {
			t.Errorf("%s: got %v, want ErrCorrupt", name, err)
		}
	}
}

// FuzzReadTable changes a file: it is read as a table with a value for every cell, or refused.
func FuzzReadTable(f *testing.F) {
	d := storetest.Draft("one", 3, 1)
	small := storetest.SparseDraft("one", []uint64{3, 7, 23_999_999})
	for _, d := range []release.Draft{d, small} {
		for _, table := range d.Tables {
			content, err := Table(table, d.Manifest)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(content)
		}
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		got, err := ReadTable(content, "one")
		if err == nil && len(got.Raw)+len(got.Estimate) != got.Rows() {
			t.Errorf("%d and %d values for %d cells", len(got.Raw), len(got.Estimate), got.Shape.Cells())
		}
		if err != nil && !errors.Is(err, release.ErrCorrupt) {
			t.Errorf("got %v, want ErrCorrupt", err)
		}
	})
}

// FuzzGeography changes geo.json and the table of residents.
func FuzzGeography(f *testing.F) {
	files, err := Geography(storetest.Geography(4, 1))
	if err != nil {
		f.Fatal(err)
	}
	byPath := map[string][]byte{}
	for _, c := range files {
		byPath[c.Path] = c.Bytes
	}
	f.Add(byPath[GeoPath], byPath[residentsPath])
	f.Fuzz(func(t *testing.T, head, residents []byte) {
		if rows, err := readResidents(residents); err == nil {
			again, err := readResidents(residentsCSV(rows))
			if err != nil || !reflect.DeepEqual(rows, again) {
				t.Errorf("residents do not survive a round trip: %v", err)
			}
		}
		g, err := ReadGeography("test", "4-1", func(path string) ([]byte, error) {
			if path == GeoPath {
				return head, nil
			}
			return byPath[path], nil
		})
		if err == nil && (g.ID != "test" || g.Version != "4-1") {
			t.Errorf("read geography %s/%s", g.ID, g.Version)
		}
	})
}
