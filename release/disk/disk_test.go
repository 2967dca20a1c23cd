package disk

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/release/memory"
	"github.com/throng-stats/throng/release/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) release.Store { return reopen(t, t.TempDir()) })
}

func reopen(t *testing.T, dir string) *Store {
	t.Helper()
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// TestFolder lists the folder of one release: docs/format/release.md promises these names.
func TestFolder(t *testing.T) {
	dir := t.TempDir()
	s := reopen(t, dir)
	if err := s.PutGeography(storetest.Geography(4, 1)); err != nil {
		t.Fatal(err)
	}
	if err := s.PutSummary([]byte("{}")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Put(storetest.Draft("one", 3, 1)); err != nil {
		t.Fatal(err)
	}
	want := `.new/catalog.lock .new/lock catalog.json geo/test/4-1/geo.json geo/test/4-1/leaves.parquet geo/test/4-1/places.csv geo/test/4-1/residents.csv geo/test/4-1/shares.parquet geo/test/4-1/zones.geojson ledger.json ` +
		`release/one/claim.json release/one/estimate/linear/flows.parquet release/one/estimate/linear/total.parquet release/one/manifest.json release/one/measured/gender.parquet release/one/measured/total.parquet release/one/quality.json`
	if got := strings.Join(tree(t, dir), " "); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

func tree(t *testing.T, dir string) []string {
	t.Helper()
	var paths []string
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(dir, path)
			paths = append(paths, filepath.ToSlash(rel))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

func TestDiskAndMemoryHoldTheSameBytes(t *testing.T) {
	s := reopen(t, t.TempDir())
	var m memory.Store
	for _, store := range []release.Store{s, &m} {
		if _, err := store.Put(storetest.Draft("one", 3, 1)); err != nil {
			t.Fatal(err)
		}
	}
	a, _ := s.Open("one", "manifest.json")
	b, _ := m.Open("one", "manifest.json")
	x, _ := io.ReadAll(a)
	y, _ := io.ReadAll(b)
	if string(x) != string(y) {
		t.Error("manifests differ")
	}
}

// TestCorruptionIsNamed changes one byte of each file, cuts it, and takes it away.
func TestCorruptionIsNamed(t *testing.T) {
	dir := t.TempDir()
	s := reopen(t, dir)
	geo := storetest.Geography(4, 1)
	if err := s.PutGeography(geo); err != nil {
		t.Fatal(err)
	}
	m, err := s.Put(storetest.Draft("one", 3, 1))
	if err != nil {
		t.Fatal(err)
	}
	paths := []string{"release/one/manifest.json"}
	for _, f := range m.Files {
		paths = append(paths, "release/one/"+f.Path)
	}
	for _, f := range []string{"leaves.parquet", "shares.parquet", "residents.csv", "zones.geojson"} {
		paths = append(paths, "geo/test/4-1/"+f)
	}
	for _, path := range paths {
		full := filepath.Join(dir, path)
		before, err := os.ReadFile(full)
		if err != nil {
			t.Fatal(err)
		}
		flipped := append([]byte{}, before...)
		flipped[len(flipped)/2] ^= 1
		for how, content := range map[string][]byte{"flipped": flipped, "cut": before[:len(before)/2], "lost": nil} {
			os.Remove(full)
			if content != nil {
				os.WriteFile(full, content, 0o644)
			}
			err := readAll(dir, m, geo)
			wanted := errors.Is(err, release.ErrCorrupt) || (how == "lost" && path == paths[0] && errors.Is(err, release.ErrMissing))
			if !wanted {
				t.Errorf("%s %s: got %v, want ErrCorrupt", path, how, err)
			} else if how == "flipped" && !strings.Contains(err.Error(), release.Digest(before)) && path != paths[0] {
				t.Errorf("%s: the error does not name the digest that was wanted: %v", path, err)
			}
		}
		os.WriteFile(full, before, 0o644)
	}
	if err := readAll(dir, m, geo); err != nil {
		t.Error(err)
	}
}

// readAll reads everything with a store that has not read anything before.
func readAll(dir string, m release.Manifest, geo release.Geography) error {
	s, err := OpenReadOnly(dir)
	if err != nil {
		return err
	}
	if _, err := s.List(); err != nil {
		return err
	}
	for _, f := range append([]release.File{{Path: "manifest.json"}}, m.Files...) {
		if _, err := s.Open(m.ID, f.Path); err != nil {
			return err
		}
	}
	_, err = s.Geography(geo.ID, geo.Version)
	return err
}

// failing lets the n-th operation that changes anything fail, and all after it: the machine stopped there. A write that
// fails leaves half of its bytes.
type failing struct {
	real
	left int
}

var errStopped = errors.New("the machine stopped")

func (f *failing) step() error {
	if f.left--; f.left < 0 {
		return errStopped
	}
	return nil
}

func (f *failing) MkdirAll(dir string) error {
	if err := f.step(); err != nil {
		return err
	}
	return f.real.MkdirAll(dir)
}

func (f *failing) MkdirTemp(dir string) (string, error) {
	if err := f.step(); err != nil {
		return "", err
	}
	return f.real.MkdirTemp(dir)
}

func (f *failing) WriteFile(path string, content io.Reader) error {
	if err := f.step(); err != nil {
		whole, _ := io.ReadAll(content)
		os.WriteFile(path, whole[:len(whole)/2], 0o644)
		return err
	}
	return f.real.WriteFile(path, content)
}

func (f *failing) Rename(from, to string) error {
	if err := f.step(); err != nil {
		return err
	}
	return f.real.Rename(from, to)
}

func (f *failing) SyncDir(dir string) error {
	if err := f.step(); err != nil {
		return err
	}
	return f.real.SyncDir(dir)
}

func (f *failing) RemoveAll(path string) error {
	if err := f.step(); err != nil {
		return err
	}
	return f.real.RemoveAll(path)
}

// TestStoppedAtEveryStep stops the machine at each operation of a Put. A reader then sees the release whole or not at
// all, the next Open leaves no trace of the draft, and the draft can be put again, or is there.
func TestStoppedAtEveryStep(t *testing.T) {
	whole, absent := 0, 0
	for n := 0; ; n++ {
		dir := t.TempDir()
		reopen(t, dir).Close()
		fs := &failing{left: 1 << 30}
		s, err := openOn(fs, dir)
		if err != nil {
			t.Fatal(err)
		}
		fs.left = n
		_, err = s.Put(storetest.Draft("one", 3, 1))
		finished := fs.left > 0
		s.Close()
		_, missing := reopenReadOnly(t, dir).Manifest("one")
		again := reopen(t, dir)
		_, second := again.Put(storetest.Draft("one", 3, 1))
		switch {
		case errors.Is(missing, release.ErrMissing):
			if absent++; err == nil || second != nil {
				t.Fatalf("step %d: absent after Put answered %v; putting again answered %v", n, err, second)
			}
		case missing == nil:
			if whole++; !errors.Is(second, release.ErrExists) {
				t.Fatalf("step %d: there, but putting again answered %v", n, second)
			}
		default:
			t.Fatalf("step %d: %v", n, missing)
		}
		for _, want := range storetest.Draft("one", 3, 1).Tables {
			if got, err := again.Table("one", want.Method, want.Shape.Name); err != nil || !storetest.Equal(got, want) {
				t.Fatalf("step %d: table %s: %v", n, want.Path(), err)
			}
		}
		if left := strings.Join(tree(t, filepath.Join(dir, working)), " "); left != "catalog.lock lock" {
			t.Fatalf("step %d: the working folder holds %s", n, left)
		}
		again.Close()
		if finished {
			break
		}
	}
	if whole < 3 || absent < 10 {
		t.Errorf("the release was there after %d stops and absent after %d; want both, many times", whole, absent)
	}
}

func reopenReadOnly(t *testing.T, dir string) *Store {
	t.Helper()
	s, err := OpenReadOnly(dir)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestOnlyALoneWriterSweeps(t *testing.T) {
	dir := t.TempDir()
	first := reopen(t, dir)
	draft := filepath.Join(dir, working, "put-1")
	if err := os.Mkdir(draft, 0o755); err != nil {
		t.Fatal(err)
	}
	reopen(t, dir).Close()
	if _, err := os.Stat(draft); err != nil {
		t.Errorf("a second writer swept the draft of the first: %v", err)
	}
	first.Close()
	reopen(t, dir)
	if _, err := os.Stat(draft); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a lone writer left the draft: %v", err)
	}
}

func TestReadOnlyChangesNothing(t *testing.T) {
	dir := t.TempDir()
	if _, err := OpenReadOnly(filepath.Join(dir, "no")); err == nil {
		t.Error("a folder that is not there was opened")
	}
	r := reopenReadOnly(t, dir)
	if m, err := r.List(); err != nil || len(m) != 0 {
		t.Errorf("an empty folder lists %d, %v", len(m), err)
	}
	if _, err := r.Put(storetest.Draft("one", 3, 1)); err == nil {
		t.Error("Put was not refused")
	}
	if r.PutGeography(storetest.Geography(4, 1)) == nil || r.PutSummary(nil) == nil {
		t.Error("a geography or summary was not refused")
	}
	if left := tree(t, dir); len(left) != 0 {
		t.Errorf("reading made %v", left)
	}
	// What another store publishes appears.
	if _, err := reopen(t, dir).Put(storetest.Draft("one", 3, 1)); err != nil {
		t.Fatal(err)
	}
	if m, err := r.List(); err != nil || len(m) != 1 {
		t.Errorf("after a Put elsewhere %d releases are listed, %v", len(m), err)
	}
}

func TestCatalogueIsMadeAgain(t *testing.T) {
	dir := t.TempDir()
	s := reopen(t, dir)
	for i := range 3 {
		if _, err := s.Put(storetest.Draft(fmt.Sprint("r", i), 3+i, 1)); err != nil {
			t.Fatal(err)
		}
	}
	before, err := os.ReadFile(filepath.Join(dir, catalogPath))
	if err != nil || strings.Count(string(before), "manifest_sha256") != 3 {
		t.Fatalf("the catalogue reads %s, %v", before, err)
	}
	os.Remove(filepath.Join(dir, catalogPath))
	reopen(t, dir)
	if after, err := os.ReadFile(filepath.Join(dir, catalogPath)); err != nil || string(after) != string(before) {
		t.Errorf("made again the catalogue reads %s, %v", after, err)
	}
}

func TestCacheKeepsTheLastUsed(t *testing.T) {
	table := func(n int) release.Table { return release.Table{Raw: make([]int64, n)} }
	c := newCache(1000, sizeOfTable)
	c.keep("a", table(50))
	c.keep("b", table(50))
	c.find("a")
	c.keep("c", table(50)) // 1200 bytes: b was used longest ago
	c.keep("d", table(200))
	for key, want := range map[string]bool{"a": true, "b": false, "c": true, "d": false} {
		if _, ok := c.find(key); ok != want {
			t.Errorf("%s is kept: %v, want %v", key, ok, want)
		}
	}
	if c.used != 800 {
		t.Errorf("used %d bytes, want 800", c.used)
	}
}
