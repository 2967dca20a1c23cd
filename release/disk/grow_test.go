package disk

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/release/storetest"
)

// bin is the manifest of one bin of a quarter of an hour, as large as that of a live count is.
func bin(i int) release.Manifest {
	start := time.Date(2026, 2, 3, 0, 0, 0, 0, time.UTC).Add(time.Duration(i) * 15 * time.Minute)
	m := release.Manifest{ID: release.Digest([]byte(fmt.Sprint(i)))[:32], Product: "present-live", Data: "synthetic", Geo: release.GeoRef{ID: "region", Version: "4-1"},
		Period:    release.Period{Name: start.Format("2006-01-02T15:04Z"), Start: start, End: start.Add(15 * time.Minute), TimeZone: "Europe/Paris"},
		NotBefore: start.Add(26 * time.Minute).Format(time.RFC3339), Options: map[string]string{}}
	for k := range 60 {
		m.Options[fmt.Sprintf("option.number.%d", k)] = fmt.Sprintf("value %d", k)
	}
	for k := range 12 {
		m.Files = append(m.Files, release.File{Path: fmt.Sprintf("file-%d.parquet", k), SHA256: release.Digest(nil), Bytes: 1})
	}
	return m
}

// year is a folder with the manifests of n bins and nothing else of them, listed in its catalogue.
func year(t testing.TB, n int) (*Store, string) {
	t.Helper()
	dir := t.TempDir()
	for i := range n {
		m := bin(i)
		text := marshal(t, m)
		at := filepath.Join(dir, releaseDir, m.ID)
		if err := errors.Join(os.MkdirAll(at, 0o755), os.WriteFile(filepath.Join(at, "manifest.json"), text, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	s, err := openOn(&counting{}, dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s, dir
}

// counting counts what is read as a whole, and how often the folder is listed. It does not wait for the disk.
type counting struct {
	real
	manifests, catalogues, lists int
}

func (c *counting) ReadDir(dir string) ([]string, error) {
	if filepath.Base(dir) == releaseDir {
		c.lists++
	}
	return c.real.ReadDir(dir)
}

func (c *counting) ReadFile(path string) ([]byte, error) {
	switch filepath.Base(path) {
	case "manifest.json":
		c.manifests++
	case catalogPath:
		c.catalogues++
	}
	return c.real.ReadFile(path)
}

func (c *counting) SyncDir(string) error { return nil }

func (c *counting) WriteFile(path string, content io.Reader) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, content)
	return errors.Join(err, f.Close())
}

// TestPublishingDoesNotGrow: entering one more bin into the catalogue allocates as much with a thousand bins as with a hundred, and
// reads no manifest and no catalogue as a whole.
func TestPublishingDoesNotGrow(t *testing.T) {
	mallocs := map[int]uint64{}
	for _, n := range []int{100, 1000} {
		s, _ := year(t, n)
		read := s.fs.(*counting)
		read.manifests, read.catalogues = 0, 0
		next := bin(n)
		text := marshal(t, next)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if err := s.enter(next, text); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		mallocs[n] = after.Mallocs - before.Mallocs
		if read.manifests+read.catalogues > 0 {
			t.Errorf("after %d bins one more read %d manifests, and %d times the whole catalogue", n, read.manifests, read.catalogues)
		}
		if got, ok := s.listed(next.ID); !ok || fmt.Sprintf("%x", got) != release.Digest(text) {
			t.Errorf("after %d bins one more is not listed: %x, %v", n, got, ok)
		}
	}
	if mallocs[1000] > mallocs[100]+300 { // another goroutine of the tests may allocate meanwhile
		t.Errorf("one more bin made %d allocations after 100 bins, %d after 1,000", mallocs[100], mallocs[1000])
	}
}

// heap is what is alive.
func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestMemoryOfARelease: what a store keeps of each release is some hundred bytes, whatever was read of it; a manifest is many times as
// large. Without a catalogue that says enough it is the same.
func TestMemoryOfARelease(t *testing.T) {
	const n, most = 1000, 500
	_, dir := year(t, n)
	for name, spoil := range map[string]func(){"listed": func() {}, "not listed": func() { os.Remove(filepath.Join(dir, catalogPath)) }} {
		spoil()
		before := heap()
		s := newStore(&counting{}, dir)
		const few = 200 << 10
		s.manifests = newCache(few, sizeOfManifest)
		for range 2 {
			heads, err := s.Heads()
			if err != nil || len(heads) != n {
				t.Fatalf("%s: %d heads, %v", name, len(heads), err)
			}
			for _, h := range heads {
				if _, err := s.Manifest(h.ID); err != nil {
					t.Fatal(err)
				}
			}
		}
		each := (heap() - before - few) / n
		if each > most {
			t.Errorf("%s: the store keeps %d bytes of each release, at most %d are wanted", name, each, most)
		}
		t.Logf("%s: %d bytes a release", name, each)
		runtime.KeepAlive(s)
	}
}

// TestHeadsReadNoManifests: a folder whose catalogue is up to date is listed without reading manifests, and not listed anew while it
// does not change; what is new is read.
func TestHeadsReadNoManifests(t *testing.T) {
	w, dir := year(t, 50)
	past := time.Now().Add(-time.Hour)
	if err := os.Chtimes(filepath.Join(dir, releaseDir), past, past); err != nil {
		t.Fatal(err)
	}
	read := &counting{}
	s := newStore(read, dir)
	want, err := s.List()
	if err != nil || len(want) != 50 {
		t.Fatal(len(want), err)
	}
	s.manifests = newCache(manifestBytes, sizeOfManifest)
	read.manifests, read.lists = 0, 0
	for range 3 {
		got, err := s.Heads()
		if err != nil || len(got) != len(want) {
			t.Fatal(len(got), err)
		}
		for i, m := range want {
			if got[i] != m.Head() {
				t.Fatalf("head %d is %+v, by its manifest %+v", i, got[i], m.Head())
			}
		}
	}
	if read.manifests > 0 || read.catalogues != 2 || read.lists != 1 { // one catalogue of List, one of Heads
		t.Errorf("read %d manifests, and %d times the catalogue; the folder was listed %d times", read.manifests, read.catalogues, read.lists)
	}
	if _, err := w.Put(storetest.Draft("new", 3, 1)); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Heads(); err != nil || len(got) != 51 || read.manifests != 1 || read.catalogues != 2 {
		t.Errorf("after one more: %d heads, %d manifests and %d catalogues were read, %v", len(got), read.manifests, read.catalogues, err)
	}
	os.RemoveAll(filepath.Join(dir, releaseDir, "new"))
	if got, err := s.Heads(); err != nil || len(got) != 50 {
		t.Errorf("after one was taken away: %d heads, %v", len(got), err)
	}
}

// TestAManifestIsReadAgain: one that is not kept is compared with what it was when it was listed.
func TestAManifestIsReadAgain(t *testing.T) {
	_, dir := year(t, 3)
	for name, spoil := range map[string]func(){"listed": func() {}, "not listed": func() { os.Remove(filepath.Join(dir, catalogPath)) }} {
		spoil()
		s := newStore(&counting{}, dir)
		s.manifests = newCache(0, sizeOfManifest)
		heads, err := s.Heads()
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, releaseDir, heads[0].ID, "manifest.json")
		text, _ := os.ReadFile(path)
		if _, err := s.Manifest(heads[0].ID); err != nil {
			t.Fatal(name, err)
		}
		os.WriteFile(path, []byte(strings.Replace(string(text), "value 7", "value 8", 1)), 0o644)
		if _, err := s.Manifest(heads[0].ID); !errors.Is(err, release.ErrCorrupt) {
			t.Errorf("%s: got %v, want ErrCorrupt", name, err)
		}
		os.WriteFile(path, text, 0o644)
	}
}

// TestCatalogueInAnyOrder: releases that are entered one by one, in any order, by two writers, give the catalogue that is made anew of
// the folder.
func TestCatalogueInAnyOrder(t *testing.T) {
	const seed = 7
	rng := rand.New(rand.NewPCG(seed, seed))
	dir := t.TempDir()
	writers := []*Store{reopen(t, dir), reopen(t, dir)}
	text := func() string {
		text, err := os.ReadFile(filepath.Join(dir, catalogPath))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	for i, day := range rng.Perm(12) {
		d := storetest.Draft(fmt.Sprint("r", day), 1+day/2, 1) // two a day
		if day%3 == 0 {
			d.Manifest.Options = map[string]string{"publish.private": "true", "holiday": "true"}
		}
		if _, err := writers[i%2].Put(d); err != nil {
			t.Fatal(err)
		}
		entered := text()
		os.Remove(filepath.Join(dir, catalogPath))
		if err := writers[0].list(); err != nil {
			t.Fatal(err)
		}
		if made := text(); made != entered {
			t.Fatalf("seed %d: after release %d the catalogue is\n%s\nmade anew\n%s", seed, i+1, entered, made)
		}
	}
}

// TestWritersLoseNothing: what three writers enter at once is all listed.
func TestWritersLoseNothing(t *testing.T) {
	dir := t.TempDir()
	const each = 12
	var wg sync.WaitGroup
	for w := range 3 {
		s := reopen(t, dir)
		wg.Go(func() {
			for i := range each {
				if _, err := s.Put(storetest.Draft(fmt.Sprintf("r%d-%d", w, i), 1+i, 1)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if listed := len(reopenReadOnly(t, dir).allListed()); listed != 3*each {
		t.Errorf("%d of %d releases are listed", listed, 3*each)
	}
}

// TestCatalogueOfBefore: a catalogue as an earlier version wrote it, of several lines a release and without what lists say besides, is
// read as it is, and written anew with the next release; one that is cut too.
func TestCatalogueOfBefore(t *testing.T) {
	dir := t.TempDir()
	s := reopen(t, dir)
	for i := range 3 {
		if _, err := s.Put(storetest.Draft(fmt.Sprint("r", i), 3+i, 1)); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(dir, catalogPath)
	now, _ := os.ReadFile(path)
	c := s.readCatalogue()
	for i := range c.Releases {
		c.Releases[i].Data, c.Releases[i].NotBefore = "", ""
	}
	before := marshal(t, c)
	wrong := strings.Replace(string(before), c.Releases[1].Manifest, strings.Repeat("0", 64), 1)
	for name, text := range map[string]string{"before": string(before), "cut": string(now[:len(now)/2]), "not a release a line": string(now[:len(opening)]) + "\n" + string(now[len(opening):])} {
		os.WriteFile(path, []byte(text), 0o644)
		if heads, err := reopenReadOnly(t, dir).Heads(); err != nil || len(heads) != 3 || heads[0].Data != "synthetic" {
			t.Errorf("%s: %+v, %v", name, heads, err)
		}
		if _, err := reopenReadOnly(t, dir).Manifest("r1"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		reopen(t, dir)
		if got, _ := os.ReadFile(path); string(got) != string(now) {
			t.Errorf("%s: the next writer made it\n%s\nwant\n%s", name, got, now)
		}
	}
	os.WriteFile(path, []byte(wrong), 0o644)
	if _, err := reopenReadOnly(t, dir).Manifest("r1"); !errors.Is(err, release.ErrCorrupt) {
		t.Errorf("a manifest that is not the one that was listed: %v", err)
	}
	if reopen(t, dir); !strings.Contains(string(must(os.ReadFile(path))), strings.Repeat("0", 64)) {
		t.Error("a manifest that changed became the truth")
	}
}

func must[V any](v V, _ error) V { return v }

func marshal(t testing.TB, v any) []byte {
	t.Helper()
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(text, '\n')
}

// BenchmarkYear prints what a folder of so many bins costs: entering one more, the first list of a process that serves it, and the bytes
// of the catalogue and of memory a release.
func BenchmarkYear(b *testing.B) {
	for _, n := range []int{1000, 5000, 20000} {
		s, dir := year(b, n)
		info, err := os.Stat(filepath.Join(dir, catalogPath))
		if err != nil {
			b.Fatal(err)
		}
		next := bin(n)
		text := marshal(b, next)
		b.Run(fmt.Sprintf("enter/%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				if err := s.enter(next, text); err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
				if err := s.list(); err != nil { // which takes it out: the folder does not have it
					b.Fatal(err)
				}
				b.StartTimer()
			}
			b.ReportMetric(float64(info.Size())/float64(n), "catalogue-B/release")
		})
		b.Run(fmt.Sprintf("first heads/%d", n), func(b *testing.B) {
			before := heap()
			var r *Store
			for range b.N {
				r = newStore(real{}, dir)
				if _, err := r.Heads(); err != nil {
					b.Fatal(err)
				}
			}
			b.StopTimer()
			b.ReportMetric(float64(heap()-before)/float64(n), "heap-B/release")
			runtime.KeepAlive(r)
		})
		b.Run(fmt.Sprintf("names/%d", n), func(b *testing.B) {
			for range b.N {
				if _, err := s.names(); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("all manifests/%d", n), func(b *testing.B) {
			for range b.N {
				if _, err := newStore(real{}, dir).List(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
