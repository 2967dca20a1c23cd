package driver_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/throng-stats/throng/driver"
	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/release/disk"
)

// TestNeighboursLookAlike is A(3) of privacy.md, section 19: what leaves for D and for D without one user-day is the same
// bytes, but for the values of cells. The noise of the two runs is the operating system's, as always: there is no door
// through which a test could fix it, so values are what is left out, and everything else is compared:
//
//   - which files there are, below the releases and the geography, and the geography byte for byte;
//   - every manifest, but for ids, digests and sizes of files, which the ledger's random id and the noise decide, and
//     the ledger's head, which carries both;
//   - claims, registry and pages, but for the same; quality.json, but for the share of reliable cells, which is computed
//     from noisy values; catalogue and public ledger, but for the same;
//   - of every table its rows, row groups, schema, footer and all columns that say which cell a row is; of measured ones
//     the variance; of estimates the standard deviation of the noise and the status; of values which are NaN. What is left
//     out are raw, estimate and, where it is computed from noisy estimates, alloc_sd; sizes of pages, because compression
//     makes them depend on these;
//   - what the run tells about what it published.
func TestNeighboursLookAlike(t *testing.T) {
	d := newWorld(t)
	want := leaves(t, d)
	for name, neighbour := range map[string]*world{
		"one of many":             d.without(t, user(7), worldDay(0)),
		"who was alone there":     d.without(t, "zqpseudo-alone", worldDay(1)),
		"who floods":              d.without(t, "zqpseudo-flood", worldDay(0)),
		"who is abroad":           d.without(t, "zqpseudo-abroad", worldDay(0)),
		"whom no antenna knows":   d.without(t, "zqpseudo-lost", worldDay(1)),
		"who was not in people":   d.without(t, "zqpseudo-unknown", worldDay(0)),
		"nobody is left that day": d.emptied(t, worldDay(1)),
	} {
		got := leaves(t, neighbour)
		for path, text := range want {
			if got[path] != text {
				t.Errorf("%s: %s differs:\n%s", name, path, difference(text, got[path]))
			}
		}
		if len(got) != len(want) {
			t.Errorf("%s: %d things leave, want %d", name, len(got), len(want))
		}
	}
	if len(want) < 40 {
		t.Errorf("only %d things were compared", len(want))
	}
	t.Logf("%d things that leave were compared", len(want))
}

// emptied is the world with all records of a day removed but one: many user-days, for what is public must not tell.
func (w *world) emptied(t testing.TB, day string) *world {
	out := &world{dir: t.TempDir(), rows: map[string][]row{}}
	for d, rows := range w.rows {
		if d == day {
			rows = rows[:1]
		}
		out.rows[d] = rows
	}
	return out
}

// leaves runs a world and returns everything that leaves it, with values of cells, ids, heads and digests struck out.
func leaves(t *testing.T, w *world) map[string]string {
	t.Helper()
	w.write(t)
	sum, err := driver.Run(context.Background(), w.job(t), driver.RunOptions{Out: w.out(), Code: "test 1"})
	if err != nil {
		t.Fatal(err)
	}
	store, err := disk.OpenReadOnly(w.out())
	if err != nil {
		t.Fatal(err)
	}
	list, err := store.List()
	if err != nil {
		t.Fatal(err)
	}
	var names []string // pairs of an id, head or digest and the name that takes its place; no other digest is struck out
	for _, m := range list {
		name := m.Product + "-" + m.Period.Name
		names = append(names, m.ID, "ID-"+name, m.Ledger.Head, "HEAD-"+name)
		for _, f := range m.Files {
			names = append(names, f.SHA256, "DIGEST-"+name+"-"+f.Path)
		}
		manifest, err := os.ReadFile(filepath.Join(w.out(), "release", m.ID, "manifest.json"))
		if err != nil {
			t.Fatal(err)
		}
		core := m
		core.Files = nil
		text, _ := json.Marshal(core)
		names = append(names, release.Digest(manifest), "DIGEST-"+name, release.Digest(text), "CORE-"+name)
	}
	var ledger struct{ Head string }
	if err := json.Unmarshal(sum.Ledger, &ledger); err != nil || len(ledger.Head) != 64 {
		t.Fatalf("the public ledger has the head %q (%v)", ledger.Head, err)
	}
	names = append(names, ledger.Head, "HEAD")
	named := strings.NewReplacer(names...)
	out := map[string]string{"what the run tells": named.Replace(fmt.Sprintf("%+v %v", sum.Published, sum.Waiting))}
	err = filepath.WalkDir(w.out(), func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		name, _ := filepath.Rel(w.out(), path)
		name = named.Replace(name)
		switch {
		case strings.HasPrefix(name, "geo/"):
			out[name] = string(content)
		case strings.HasSuffix(name, ".parquet"):
			out[name] = named.Replace(shapeOf(t, content))
		default:
			out[name] = struck(t, name, named.Replace(string(content)))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range list {
		text, _ := json.Marshal(filesOf(m)) // the order and names of files
		out["files of "+named.Replace(m.ID)] = string(text)
	}
	return out
}

func filesOf(m release.Manifest) (names []string) {
	for _, f := range m.Files {
		names = append(names, f.Path)
	}
	return names
}

var (
	size     = regexp.MustCompile(`"bytes": \d+`)
	reliable = regexp.MustCompile(`"(share_reliable|total)": [0-9.e+-]+|(?s)"cells_by_cv": \[[^]]*\]|(?s)"findings": \[.*\]`) // made from noisy numbers
	listing  = regexp.MustCompile(`(?s)\{[^{}]*"id":"ID-[^{}]*(\{[^{}]*\}[^{}]*)*\}`)
)

// struck leaves out of a text what random ids and noise decide.
func struck(t *testing.T, name, text string) string {
	switch filepath.Base(name) {
	case "manifest.json":
		text = size.ReplaceAllString(text, `"bytes": N`)
	case "quality.json":
		text = reliable.ReplaceAllString(text, `"made from noisy numbers": N`)
	case "catalog.json": // releases of one period and product stand in the order of their ids: sort them
		lines := listing.FindAllString(text, -1)
		if len(lines) != 2*6+1 { // six products of two days, and one of their month
			t.Fatalf("%d releases were found in the catalogue:\n%s", len(lines), text)
		}
		slices.Sort(lines)
		text = strings.Join(lines, "\n")
	}
	return text
}

// shapeOf is everything about a Parquet file but the values of its cells.
func shapeOf(t *testing.T, content []byte) string {
	t.Helper()
	f, err := parquet.OpenFile(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	fmt.Fprintln(&out, f.Schema(), f.NumRows(), len(f.RowGroups()), f.Metadata().CreatedBy)
	for _, kv := range f.Metadata().KeyValueMetadata {
		fmt.Fprintln(&out, kv.Key, kv.Value)
	}
	for _, group := range f.RowGroups() {
		fmt.Fprintln(&out, group.NumRows())
		for i, chunk := range group.ColumnChunks() {
			column := strings.Join(f.Schema().Columns()[i], ".")
			fmt.Fprintln(&out, column, chunk.NumValues())
			pages := chunk.Pages()
			for {
				page, err := pages.ReadPage()
				if err != nil {
					break
				}
				values := make([]parquet.Value, page.NumValues())
				n, _ := page.Values().ReadValues(values)
				for _, v := range values[:n] {
					switch {
					case column == "raw":
						fmt.Fprintln(&out, "N")
					case column == "estimate" || column == "alloc_sd":
						fmt.Fprintln(&out, math.IsNaN(v.Double()))
					default:
						fmt.Fprintln(&out, v)
					}
				}
			}
			pages.Close()
		}
	}
	return out.String()
}

// difference is the first line in which two texts differ.
func difference(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			return fmt.Sprintf("line %d:\n  %.300s\n  %.300s", i+1, x[i], y[i])
		}
	}
	return fmt.Sprintf("%d and %d lines", len(x), len(y))
}
