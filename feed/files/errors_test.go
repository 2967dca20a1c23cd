package files

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/feed"
)

var rewrite = flag.Bool("rewrite", false, "rewrite the golden files")

// Values that must not be in any error: of a pseudonym and of a place, in text and as a number.
const (
	secretUser   = "Quetzal77x"
	secretPlace  = "Zanzibar88y"
	secretNumber = "7777123988881239"
)

// mistake is a feed with something wrong in it.
type mistake struct {
	name    string
	files   []string
	columns []feed.Column
	drop    []string
	unit    string
	format  string
}

// mistakes are all ways in which a feed is refused. Every one holds the secrets where a holder's files would.
func mistakes(t *testing.T) []mistake {
	columns := eventColumns("text", "text", "yyyy-MM-dd HH:mm:ss", "UTC")[:3]
	drop := []string{"note"}
	header := "user_id,timestamp,cell_id\n"
	good := secretUser + ",2026-02-02 08:00:00," + secretPlace + "\n"
	one := func(name, text string) mistake {
		return mistake{name: name, files: []string{write(t, "in.csv", text)}, columns: columns, drop: drop}
	}
	twin := one("twice", header+good)
	twin.files = append(twin.files, write(t, "again.csv", header+good))
	numbers := one("number", "user_id,timestamp,cell_id,mcc\n"+secretUser+",2026-02-02 08:00:00,"+secretPlace+","+secretUser+"\n")
	numbers.columns = append(columns[:3:3], feed.Column{Name: "mcc", As: "sim_country"})
	strange := one("strange column type", header+good)
	strange.columns = append(columns[:2:2], feed.Column{Name: "cell_id", As: "religion"})
	person := one("person beside trip", "rider_id,timestamp,cell_id\n"+good)
	person.unit = "trip"
	unzoned := one("no zone", header+good)
	unzoned.columns = eventColumns("text", "text", "yyyy-MM-dd HH:mm:ss", "")[:3]
	integers := one("text for int", header+good)
	integers.columns = eventColumns("int", "text", "yyyy-MM-dd HH:mm:ss", "UTC")[:3]
	ids := one("number in the wrong column", header+secretNumber+","+secretNumber+","+secretPlace+"\n")
	ids.columns = eventColumns("int", "text", "yyyy-MM-dd HH:mm:ss", "UTC")[:3]
	parquetAsCSV := one("csv called parquet", header+good)
	parquetAsCSV.format = "parquet"
	return []mistake{
		{name: "no files", columns: columns},
		{name: "missing", files: []string{filepath.Join(t.TempDir(), "gone.csv")}, columns: columns},
		{name: "folder", files: []string{t.TempDir()}, columns: columns},
		{name: "suffix", files: []string{write(t, "in.txt", header+good)}, columns: columns},
		one("empty", ""), one("third column", "user_id,timestamp,msisdn,cell_id\n"+good), one("missing column", "user_id,timestamp,note\n"+good),
		one("no header", good+good), one("semicolons", strings.ReplaceAll(header+good, ",", ";")), one("column twice", "user_id,timestamp,cell_id,cell_id\n"+good),
		one("time in another pattern", header+good+good+secretUser+",02/02/2026T08:00Z,"+secretPlace+"\n"),
		one("columns moved", header+good+secretPlace+","+secretUser+","+secretPlace+"\n"),
		one("a field too many", header+good+secretUser+",2026-02-02 08:00:00,"+secretPlace+","+secretPlace+"\n"),
		one("bare quote", header+good+secretUser+"\",2026-02-02 08:00:00,"+secretPlace+"\n"),
		one("phone numbers", header+"+33612345678,2026-02-02 08:00:00,"+secretPlace+"\n"),
		twin, numbers, strange, person, unzoned, integers, ids, parquetAsCSV,
		truncated(t, columns, header, good), {name: "damaged gzip", files: []string{save(t, "in.csv.gz", []byte("\x1f\x8b"+secretUser))}, columns: columns},
		parquetMistake(t, "parquet truncated", func(b []byte) []byte { return b[:len(b)-7] }),
		parquetMistake(t, "parquet damaged", func(b []byte) []byte { copy(b[20:], bytes.Repeat([]byte{0xff}, 200)); return b }),
		lz4(t), parquetTypes(t), parquetLocal(t),
	}
}

func truncated(t *testing.T, columns []feed.Column, header, good string) mistake {
	path := write(t, "in.csv.gz", header+strings.Repeat(good, 5000))
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return mistake{name: "truncated gzip", files: []string{save(t, "in.csv.gz", whole[:len(whole)-12])}, columns: columns}
}

type secretRow struct {
	User  string `parquet:"user_id"`
	Time  int64  `parquet:"timestamp,timestamp(millisecond:local)"`
	Place string `parquet:"cell_id"`
}

func secretParquet(t *testing.T, options ...parquet.WriterOption) []byte {
	var b bytes.Buffer
	if err := parquet.Write(&b, []secretRow{{secretUser, monday, secretPlace}, {secretUser, monday, secretPlace}}, options...); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func parquetMistake(t *testing.T, name string, damage func([]byte) []byte) mistake {
	return mistake{name: name, files: []string{save(t, "in.parquet", damage(secretParquet(t)))}, columns: eventColumns("", "", "", "UTC")[:3]}
}

func lz4(t *testing.T) mistake {
	b := secretParquet(t, parquet.Compression(&parquet.Lz4Raw))
	return mistake{name: "lz4", files: []string{save(t, "in.parquet", b)}, columns: eventColumns("", "", "", "UTC")[:3]}
}

func parquetTypes(t *testing.T) mistake {
	columns := eventColumns("int", "", "", "UTC")[:3]
	return mistake{name: "parquet type", files: []string{save(t, "in.parquet", secretParquet(t))}, columns: columns}
}

func parquetLocal(t *testing.T) mistake {
	return mistake{name: "parquet local time", files: []string{save(t, "in.parquet", secretParquet(t))}, columns: eventColumns("", "", "", "")[:3]}
}

// errorOf opens and reads a feed until something is wrong.
func errorOf(t *testing.T, m mistake) error {
	opts := feed.Options{Kind: feed.Events, Files: m.files, Columns: m.columns, Drop: m.drop, Unit: m.unit, Format: m.format, Strict: true}
	f, err := Open(t.Context(), opts, theGround(t), theDoor(t))
	if err != nil {
		return err
	}
	for _, p := range f.Parts() {
		if err := feed.Each(t.Context(), p, func(*event.Batch) error { return nil }); err != nil {
			return err
		}
	}
	return nil
}

// TestErrorTexts compares every message with a golden file and searches it for what must not be told.
func TestErrorTexts(t *testing.T) {
	var all strings.Builder
	for _, m := range mistakes(t) {
		err := errorOf(t, m)
		var e *feed.Error
		if !errors.As(err, &e) {
			t.Errorf("%s: got %v, want an error of the feed", m.name, err)
			continue
		}
		text := err.Error()
		for _, f := range m.files {
			text = strings.ReplaceAll(text, f, "DIR/"+filepath.Base(f))
		}
		if m.name == "folder" {
			text = strings.ReplaceAll(text, filepath.Base(m.files[0]), "FOLDER")
		}
		for _, secret := range []string{secretUser, secretPlace, secretNumber, "33612345678"} {
			if strings.Contains(strings.ToLower(text), strings.ToLower(secret)) {
				t.Errorf("%s: the error tells a value of a row: %s", m.name, text)
			}
		}
		fmt.Fprintf(&all, "# %s\n%s: %s\n\n", m.name, e.Kind, text)
	}
	golden(t, "errors.txt", all.String())
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *rewrite {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; look at it and run with -rewrite\ngot:\n%s\nwant:\n%s", path, got, want)
	}
}

// TestMillionthRow finds the row number of a wrong value far inside a file, in one piece and in many.
func TestMillionthRow(t *testing.T) {
	const row = 123457
	var s strings.Builder
	s.WriteString("user_id,timestamp,cell_id\n")
	for i := range 150000 {
		stamp := "2026-02-02 08:00:00"
		if i+1 == row {
			stamp = "2026-02-02"
		}
		s.WriteString("a," + stamp + ",c1\n")
	}
	for _, every := range []int64{0, 1 << 18} {
		f := openTest(t, feed.Options{Files: []string{write(t, "in.csv", s.String())}, Columns: eventColumns("text", "text", "yyyy-MM-dd HH:mm:ss", "UTC")[:3], Strict: true})
		if every > 0 {
			f.sources[0].pieces = cutEvery(s.String(), every)
		}
		var found *feed.Error
		for _, p := range f.Parts() {
			if err := feed.Each(t.Context(), p, func(*event.Batch) error { return nil }); err != nil {
				errors.As(err, &found)
			}
		}
		if found == nil || found.Row != row || found.Column != "timestamp" {
			t.Errorf("got %v, want an error in row %d of timestamp", found, row)
		}
	}
}

// TestFileThatChanges refuses a file that was replaced between the check and the reading.
func TestFileThatChanges(t *testing.T) {
	path := write(t, "in.csv", "user_id,timestamp,cell_id\na,2026-02-02T08:00:00Z,c1\n")
	f := openTest(t, feed.Options{Files: []string{path}, Columns: eventColumns("", "", "", "")[:3]})
	if err := os.WriteFile(path, []byte("user_id,timestamp,cell_id\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Parts()[0].Open(t.Context()); kindOf(err) != feed.Corrupt {
		t.Errorf("got %v, want corrupt", err)
	}
}

func TestOpenIsCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	path := write(t, "in.csv", "user_id,timestamp,cell_id\n")
	_, err := Open(ctx, feed.Options{Kind: feed.Events, Files: []string{path}, Columns: eventColumns("", "", "", "")[:3]}, theGround(t), nil)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}
