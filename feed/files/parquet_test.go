package files

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
	"github.com/parquet-go/parquet-go/deprecated"

	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/feed"
	"github.com/throng-stats/throng/feed/feedtest"
)

// Rows of the same facts in the shapes that writers give them. Pointers are optional columns.
type (
	plainRow struct {
		User    *int64  `parquet:"user_id,plain"`
		Time    int64   `parquet:"timestamp,timestamp(millisecond),plain"`
		Cell    *string `parquet:"cell_id,plain"`
		MCC     *int32  `parquet:"mcc,plain"`
		PLMN    *int32  `parquet:"plmn,plain"`
		Machine bool    `parquet:"machine"`
		Error   float64 `parquet:"loc_error"`
	}
	packedRow struct {
		Error   float64 `parquet:"loc_error"`
		Machine *bool   `parquet:"machine"`
		User    int64   `parquet:"user_id,optional,delta"`
		Time    int64   `parquet:"timestamp,timestamp(microsecond),delta"`
		Cell    *string `parquet:"cell_id,dict"`
		MCC     *int32  `parquet:"mcc,dict"`
		PLMN    uint32  `parquet:"plmn,dict"`
	}
	dictRow struct {
		User    *int64  `parquet:"user_id,dict"`
		Time    int64   `parquet:"timestamp,timestamp(nanosecond),dict"`
		Cell    string  `parquet:"cell_id,delta"`
		MCC     int64   `parquet:"mcc,dict"`
		PLMN    int64   `parquet:"plmn,delta"`
		Machine int32   `parquet:"machine"`
		Error   float64 `parquet:"loc_error"`
	}
	textRow struct {
		User    string           `parquet:"user_id,dict"`
		Time    deprecated.Int96 `parquet:"timestamp"`
		Cell    []byte           `parquet:"cell_id,dict"`
		MCC     int16            `parquet:"mcc"`
		PLMN    int32            `parquet:"plmn"`
		Machine bool             `parquet:"machine"`
		Error   float64          `parquet:"loc_error"`
	}
)

func some[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

func plainOf(f fact) plainRow {
	return plainRow{some(f.user), f.ms, some(f.cell), some(f.mcc), some(f.plmn), f.machine, 1}
}

func packedOf(f fact) packedRow {
	return packedRow{1, some(f.machine), f.user, f.ms*1000 + 999, some(f.cell), some(f.mcc), uint32(f.plmn)}
}

func dictOf(f fact) dictRow {
	row := dictRow{some(f.user), f.ms * 1e6, f.cell, int64(f.mcc), int64(f.plmn), 0, 1}
	if f.machine {
		row.Machine = 1
	}
	return row
}

func textOf(f fact) textRow {
	const day = 86400000
	nanos := uint64(f.ms%day) * 1e6
	row := textRow{Time: deprecated.Int96{uint32(nanos), uint32(nanos >> 32), uint32(f.ms/day) + 2440588}, Cell: []byte(f.cell), MCC: int16(f.mcc), PLMN: f.plmn, Machine: f.machine}
	if f.user != 0 {
		row.User = name(f.user)
	}
	return row
}

// name is a textual pseudonym of the same person.
func name(user int64) string {
	if user == 9000000000000000009 {
		return "out-of-it"
	}
	return fmt.Sprintf("p%x", user)
}

// writeParquet writes row groups of unequal length with small pages.
func writeParquet[R any](t testing.TB, list []fact, of func(fact) R, codec compress.Codec) string {
	t.Helper()
	var b bytes.Buffer
	w := parquet.NewGenericWriter[R](&b, parquet.Compression(codec), parquet.PageBufferSize(10000))
	for i, f := range list {
		if i == len(list)/3 || i == len(list)/2 {
			if err := w.Flush(); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := w.Write([]R{of(f)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return save(t, "in.parquet", b.Bytes())
}

func save(t testing.TB, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestParquetFeed(t *testing.T) {
	list := facts(20000)
	door := theDoor(t)
	numbers := rows(t, list, door.UnitInt)
	texts := rows(t, list, func(period int, user int64) uint64 { return door.Unit(period, []byte(name(user))) })
	for _, c := range []struct {
		name, path string
		want       []feedtest.Row
	}{
		{"plain", writeParquet(t, list, plainOf, &parquet.Uncompressed), numbers},
		{"plain snappy", writeParquet(t, list, plainOf, &parquet.Snappy), numbers},
		{"packed zstd", writeParquet(t, list, packedOf, &parquet.Zstd), numbers},
		{"packed gzip", writeParquet(t, list, packedOf, &parquet.Gzip), numbers},
		{"dictionaries", writeParquet(t, list, dictOf, &parquet.Zstd), numbers},
		{"texts", writeParquet(t, list, textOf, &parquet.Snappy), texts},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := openTest(t, feed.Options{Files: []string{c.path}, Columns: eventColumns("", "", "", ""), Drop: []string{"loc_error"}, Strict: true})
			if n := len(f.Parts()); n != 3 {
				t.Fatalf("got %d parts, want one a row group", n)
			}
			feedtest.Run(t, feedtest.Subject{Parts: func(*testing.T) []feed.Part { return f.Parts() }, Want: c.want})
		})
	}
}

// TestParquetAndCSVAgree reads the same facts from both formats.
func TestParquetAndCSVAgree(t *testing.T) {
	list := facts(3000)
	columns := eventColumns("int", "", "", "")
	one := openTest(t, feed.Options{Files: []string{writeParquet(t, list, packedOf, &parquet.Zstd)}, Columns: columns, Drop: []string{"loc_error"}})
	columns[1].Format = "epoch-ms"
	two := openTest(t, feed.Options{Files: []string{write(t, "in.csv", csvOf(list, func(ms int64) string { return fmt.Sprint(ms) }))}, Columns: columns, Drop: []string{"loc_error"}})
	a, b := readRows(t, one), readRows(t, two)
	for i := range a {
		if a[i] != b[i] {
			t.Fatalf("row %d: Parquet has %+v, CSV has %+v", i+1, a[i], b[i])
		}
	}
}

// TestParquetEdges reads numbers at the edges of their types: 32 bits without a sign, and microseconds before 1970.
func TestParquetEdges(t *testing.T) {
	type row struct {
		User uint32 `parquet:"user_id"`
		Time int64  `parquet:"timestamp,timestamp(microsecond)"`
		Cell string `parquet:"cell_id"`
	}
	var b bytes.Buffer
	if err := parquet.Write(&b, []row{{4000000000, monday * 1000, "c1"}, {1, -1, "c1"}, {1, -1000, "c1"}, {1, -1001, "c1"}}); err != nil {
		t.Fatal(err)
	}
	got := readRows(t, openTest(t, feed.Options{Files: []string{save(t, "in.parquet", b.Bytes())}, Columns: eventColumns("", "", "", "")[:3], Strict: true}))
	if want := theDoor(t).UnitInt(0, 4000000000); got[0].Unit != want {
		t.Errorf("got unit %x, want that of 4000000000, %x", got[0].Unit, want)
	}
	for i, want := range []int64{monday, -1, -1, -2} {
		if got[i].Time != want {
			t.Errorf("row %d: got %d ms, want %d", i+1, got[i].Time, want)
		}
	}
}

// TestOldTimestamps: 96-bit timestamps are UTC, unless the contract names the zone whose clock they were read from.
func TestOldTimestamps(t *testing.T) {
	noon := fact{user: 1, ms: monday - monday%86400000 + 12*3600e3, cell: "c1"}
	path := writeParquet(t, []fact{noon, noon, noon}, textOf, &parquet.Snappy)
	for zone, want := range map[string]int64{"": noon.ms, "UTC": noon.ms, "Asia/Tokyo": noon.ms - 9*3600e3} {
		columns := eventColumns("", "", "", "")
		for i := range columns {
			if columns[i].As == "time" {
				columns[i].Type, columns[i].Zone = "timestamp", zone
			}
		}
		for _, r := range readRows(t, openTest(t, feed.Options{Files: []string{path}, Columns: columns, Drop: []string{"loc_error"}, Strict: true})) {
			if r.Time != want {
				t.Errorf("zone %q: got %d, want %d", zone, r.Time, want)
			}
		}
	}
}

// TestParquetCoordinates puts rows with a position at the nearest cell, if there is one within 5 km.
func TestParquetCoordinates(t *testing.T) {
	type row struct {
		User     int64    `parquet:"user_id"`
		Time     int64    `parquet:"timestamp"`
		Lat      *float64 `parquet:"lat"`
		Lon      *float32 `parquet:"lon"`
		Duration int32    `parquet:"duration"`
	}
	at := func(lat float64, lon float32) row { return row{1, monday, &lat, &lon, 3} }
	var b bytes.Buffer
	if err := parquet.Write(&b, []row{at(48.1, 2), at(48.14, 2.01), at(48.149, 2.05), at(48.16, 2), {1, monday, nil, nil, 3}, at(91, 2), at(-48, 2)}); err != nil {
		t.Fatal(err)
	}
	opts := feed.Options{Files: []string{save(t, "in.parquet", b.Bytes())}, Strict: true, Columns: []feed.Column{{Name: "user_id", As: "subscriber"}, {Name: "timestamp", As: "time"},
		{Name: "lat", As: "latitude"}, {Name: "lon", As: "longitude"}, {Name: "duration", As: "duration"}}}
	want := []struct {
		place uint32
		bad   event.Bad
	}{{1, 0}, {1, 0}, {event.NoPlace, event.UnknownPlace}, {2, 0}, {event.NoPlace, event.NullPlace}, {event.NoPlace, event.UnknownPlace}, {event.NoPlace, event.UnknownPlace}}
	for i, r := range readRows(t, openTest(t, opts)) {
		if r.Place != want[i].place || r.Bad != want[i].bad {
			t.Errorf("row %d: got place %d and flags %d, want %d and %d", i+1, r.Place, r.Bad, want[i].place, want[i].bad)
		}
	}
}

// FuzzParquet opens damaged files: an error or rows, never a panic.
func FuzzParquet(f *testing.F) {
	list := facts(50)
	for _, path := range []string{writeParquet(f, list, plainOf, &parquet.Uncompressed), writeParquet(f, list, packedOf, &parquet.Zstd), writeParquet(f, list, dictOf, &parquet.Snappy)} {
		whole, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(whole, uint16(0), byte(0))
		f.Add(whole, uint16(len(whole)/3), byte(1))
		f.Add(whole, uint16(len(whole)-100), byte(128))
	}
	ground, door := theGround(f), theDoor(f)
	f.Fuzz(func(t *testing.T, content []byte, at uint16, flip byte) {
		if len(content) < 12 || len(content) > 1<<16 {
			t.Skip("not a small file")
		}
		content = bytes.Clone(content)
		content[int(at)%len(content)] ^= flip
		opts := feed.Options{Kind: feed.Events, Files: []string{save(t, "in.parquet", content)}, Columns: eventColumns("", "", "", ""), Drop: []string{"loc_error"}}
		files, err := Open(t.Context(), opts, ground, door)
		if err != nil {
			return
		}
		for _, p := range files.Parts() {
			if p.Rows() < 1<<20 {
				feed.Each(t.Context(), p, func(*event.Batch) error { return nil })
			}
		}
	})
}
