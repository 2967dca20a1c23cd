package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/throng-stats/throng/attack"
	"github.com/throng-stats/throng/driver"
	"github.com/throng-stats/throng/driver/embedded"
	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/release/disk"
	"github.com/throng-stats/throng/serve/api"
	"github.com/throng-stats/throng/synth"
)

// Poison of the leak scan: a subscriber, and values that stand where they do not belong.
const (
	poisonUser = "8777770001112223331"
	poisonCell = "POISONED-CELL-4711"
	poisonTime = "POISONED-TIME-0815"
)

// leakScan is attack 10 in the making: a small invented feed in files, run as throng run does it.
type leakScan struct {
	ctx     context.Context
	dir     string
	feed    string // the one file of the feed
	clean   []byte // its rows as invented
	cells   []string
	scanner *attack.Scanner
	bytes   int
	hits    []string
}

// auditLeaks is attack 10: every value of the personal side (pseudonyms, antennas, their positions, a planted subscriber,
// a planted cell) is looked for in all that a run leaves behind: every file of the release folder, every table decoded,
// every answer of the API, notes, errors, and the state folder, which holds no pseudonym in clear either. Then the run is
// repeated without the planted subscriber: nothing public may differ but values of cells.
func auditLeaks(ctx context.Context) ([]layerCheck, error) {
	dir, err := os.MkdirTemp("", "throng-audit-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	s := &leakScan{ctx: ctx, dir: dir}
	if err := s.invent(); err != nil {
		return nil, err
	}
	with, err := s.run("with", slices.Concat(s.clean, s.planted()))
	if err != nil {
		return nil, err
	}
	without, err := s.run("without", s.clean)
	if err != nil {
		return nil, err
	}
	control := len(s.scanner.Scan("the feed", slices.Concat(s.clean, s.planted())))
	told := s.failing()
	difference := differ(with, without)
	sample := "none"
	if len(s.hits) > 0 {
		sample = strings.Join(s.hits[:min(3, len(s.hits))], "; ")
	}
	return []layerCheck{
		{"the scanner finds the poison where it was put", fmt.Sprintf("%d kinds of it in the feed", control), "some", control >= 4, 0},
		{"hits of poison in all that leaves", fmt.Sprintf("%s, in %.1f MB", sample, float64(s.bytes)/1e6), "none", len(s.hits) == 0, 1e-9},
		{"an input that is refused says so without its values", told, "an error", told != "", 0},
		{"nothing public but cells depends on one subscriber", difference, "no difference", difference == "", 0},
	}, nil
}

// invent writes the region and its day, and collects its poison.
func (s *leakScan) invent() error {
	world, err := synth.New(synth.Options{Seed: 10, People: 1500, Days: 1, Format: synth.CSV})
	if err != nil {
		return err
	}
	if err := world.WriteRegion(s.dir); err != nil {
		return err
	}
	if err := world.WriteDay(s.ctx, s.dir, 0, nil); err != nil {
		return err
	}
	s.feed = filepath.Join(s.dir, "in", world.DayName(0)+".csv")
	if s.clean, err = os.ReadFile(s.feed); err != nil {
		return err
	}
	poison := []attack.Poison{{What: "the planted subscriber", Value: poisonUser}, {What: "the planted cell", Value: poisonCell}, {What: "the planted time", Value: poisonTime}}
	for _, from := range []struct{ file, column, what string }{
		{s.feed, "user_id", "a pseudonym"},
		{filepath.Join(s.dir, "cells.csv"), "cell_id", "an antenna"},
		{s.feed, "cell_id", "an antenna"},
		{filepath.Join(s.dir, "cells.csv"), "latitude", "the latitude of an antenna"},
		{filepath.Join(s.dir, "cells.csv"), "longitude", "the longitude of an antenna"},
	} {
		values, err := columnOf(from.file, from.column)
		if err != nil {
			return err
		}
		if from.column == "cell_id" {
			s.cells = values
		}
		for _, v := range values {
			poison = append(poison, attack.Poison{What: from.what, Value: v})
		}
	}
	s.scanner = attack.NewScanner(poison)
	return nil
}

// columnOf lists the different values of a column.
func columnOf(path, column string) ([]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, err
	}
	at := slices.Index(rows[0], column)
	if at < 0 {
		return nil, fmt.Errorf("audit: %s has no column %s", filepath.Base(path), column)
	}
	values := map[string]bool{}
	for _, r := range rows[1:] {
		values[r[at]] = true
	}
	return slices.Sorted(maps.Keys(values)), nil
}

// planted are rows of a subscriber who does everything: moves, repeats, floods a minute, and names a cell that is not there.
func (s *leakScan) planted() []byte {
	var b bytes.Buffer
	row := func(second int, cell string) {
		fmt.Fprintf(&b, "%s,2026-02-02 %02d:%02d:%02d.000,%s,208,,false\n", poisonUser, second/3600, second/60%60, second%60, cell)
	}
	for second := 0; second < 22*3600; second += 600 {
		row(second, s.cells[second/7200%3*len(s.cells)/3])
	}
	for second := 40_000; second < 40_060; second++ {
		row(second, s.cells[0])
		row(second, s.cells[0])
	}
	row(50_000, poisonCell)
	return b.Bytes()
}

// run publishes one version of the feed, scans all that it leaves, and returns the store.
func (s *leakScan) run(name string, rows []byte) (release.Store, error) {
	if err := os.WriteFile(s.feed, rows, 0o600); err != nil {
		return nil, err
	}
	job, err := prepare(filepath.Join(s.dir, "contract.yaml"), "")
	if err != nil {
		return nil, err
	}
	out, state := filepath.Join(s.dir, "out-"+name), filepath.Join(s.dir, "state-"+name)
	var notes bytes.Buffer
	if _, err := driver.Run(s.ctx, job, driver.RunOptions{Out: out, State: state, Code: code(), Tuning: embedded.Tuning{Memory: 1},
		Note: func(text string) { fmt.Fprintln(&notes, text) }}); err != nil {
		return nil, err
	}
	for _, note := range job.Notes {
		fmt.Fprintln(&notes, note)
	}
	s.scan("a note", notes.Bytes())
	if err := errors.Join(s.scanTree("release folder", out), s.scanTree("state folder", state)); err != nil {
		return nil, err
	}
	store, err := disk.OpenReadOnly(out)
	if err != nil {
		return nil, err
	}
	return store, s.scanAnswers(store)
}

func (s *leakScan) scan(where string, content []byte) {
	s.bytes += len(content)
	s.hits = append(s.hits, s.scanner.Scan(where, content)...)
}

func (s *leakScan) scanTree(what, dir string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		s.scan(what+": "+name, append([]byte(name+"\n"), content...))
		return err
	})
}

// scanAnswers asks the API for everything that it has about every release: tables come decoded.
func (s *leakScan) scanAnswers(store release.Store) error {
	list, err := store.List()
	if err != nil {
		return err
	}
	answers := api.New(store, api.Options{Version: code(), IgnoreEmbargo: true, Log: func(message string, args ...any) {
		s.scan("a line of the server's log", []byte(fmt.Sprintln(append([]any{message}, args...)...)))
	}})
	paths := []string{"/v1", "/v1/openapi.json", "/v1/limits", "/v1/products", "/v1/geographies", "/v1/releases", "/v1/ledger", "/v1/releases/" + poisonCell[:8]}
	for _, m := range list {
		at := "/v1/releases/" + m.ID
		paths = append(paths, at, at+"/manifest", at+"/claim", at+"/quality", "/v1/available?product="+m.Product,
			"/v1/geographies/"+m.Geo.ID+"/"+m.Geo.Version+".geojson", "/v1/geographies/"+m.Geo.ID+"/"+m.Geo.Version+".json")
		for _, p := range m.Parts {
			paths = append(paths, at+"/tables/"+p.Table+".csv?kind=measured", at+"/tables/"+p.Table+".csv")
		}
	}
	for _, path := range paths {
		where, err := url.Parse(path)
		if err != nil {
			return err
		}
		got := &recorder{header: http.Header{}}
		answers.ServeHTTP(got, (&http.Request{Method: http.MethodGet, URL: where, Header: http.Header{}, Host: "audit"}).WithContext(s.ctx))
		s.scan("the answer of "+where.Path, got.body.Bytes())
		s.scan("the header of "+where.Path, fmt.Append(nil, got.header))
	}
	return nil
}

// recorder keeps an answer.
type recorder struct {
	header http.Header
	body   bytes.Buffer
}

// Header of the answer.
func (r *recorder) Header() http.Header { return r.header }

// WriteHeader keeps no code; errors are answers to be scanned too.
func (r *recorder) WriteHeader(int) {}

// Write keeps the body.
func (r *recorder) Write(p []byte) (int, error) { return r.body.Write(p) }

// failing feeds a row whose time is no time, and returns what the run says about it, which is scanned too.
func (s *leakScan) failing() string {
	bad := fmt.Appendf(slices.Clone(s.clean), "%s,%s,%s,208,,false\n", poisonUser, poisonTime, s.cells[0])
	if err := os.WriteFile(s.feed, bad, 0o600); err != nil {
		return ""
	}
	job, err := prepare(filepath.Join(s.dir, "contract.yaml"), "")
	if err == nil {
		_, err = driver.Run(s.ctx, job, driver.RunOptions{Out: filepath.Join(s.dir, "out-bad"), State: filepath.Join(s.dir, "state-bad"), Code: code()})
	}
	if err == nil {
		return ""
	}
	s.scan("an error", []byte(err.Error()))
	text, _, _ := strings.Cut(err.Error(), "\n")
	return strings.ReplaceAll(text, s.dir+string(filepath.Separator), "")
}

// differ compares all of two stores but values of cells and what follows from them: digests, sizes, the ledger's anchors.
func differ(a, b release.Store) string {
	left, errA := skeleton(a)
	right, errB := skeleton(b)
	switch {
	case errA != nil || errB != nil:
		return fmt.Sprint(errA, errB)
	case len(left) != len(right):
		return fmt.Sprintf("%d and %d releases", len(left), len(right))
	}
	for i := range left {
		if left[i] != right[i] {
			return "release " + fmt.Sprint(i)
		}
	}
	return ""
}

func skeleton(store release.Store) ([]string, error) {
	list, err := store.List()
	if err != nil {
		return nil, err
	}
	var all []string
	for _, m := range list {
		text := ""
		for _, p := range m.Parts {
			t, err := store.Table(m.ID, "", p.Table)
			if err != nil {
				return nil, err
			}
			text += fmt.Sprintln(t.Shape)
		}
		geo, err := store.Geography(m.Geo.ID, m.Geo.Version)
		if err != nil {
			return nil, err
		}
		text += fmt.Sprintln(geo.Tree, geo.Shares, string(geo.Shapes))
		for i := range m.Files {
			m.Files[i].SHA256, m.Files[i].Bytes = "", 0
		}
		m.ID, m.Ledger = "", release.LedgerRef{}
		manifest, err := json.Marshal(m)
		if err != nil {
			return nil, err
		}
		all = append(all, string(manifest)+text)
	}
	return all, nil
}
