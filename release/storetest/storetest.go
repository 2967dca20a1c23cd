// Package storetest is the suite that every release.Store passes, and the small releases that it and others test with.
package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/release"
)

// Run runs the suite; open gives an empty store each time.
func Run(t *testing.T, open func(t *testing.T) release.Store) {
	for name, test := range map[string]func(*testing.T, release.Store){
		"round trip": roundTrip, "once": once, "list": list, "missing": missing, "refuses": refuses, "combined": combined, "concurrent": concurrent,
		"geography": geography, "summary": summary, "same bytes": sameBytes, "caller's memory": callersMemory,
		"sparse": sparse,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
	t.Run("deterministic", func(t *testing.T) { deterministic(t, open(t), open(t)) })
}

// Draft is a release of present with a measured total by leaf and hour, a gender table by block, and two estimates: one
// with every margin and a status, one with few. Numbers are drawn from the seed.
func Draft(id string, day int, seed uint64) release.Draft {
	start := time.Date(2026, 2, day, 0, 0, 0, 0, time.UTC)
	geo := Geography(4, 1)
	draw := source(seed)
	p := throng.Period{Name: start.Format(time.DateOnly), Start: start.UnixMilli(), End: start.AddDate(0, 0, 1).UnixMilli()}
	hours := throng.Dim{Name: throng.DimTime, Codes: p.BinCodes(time.Hour)}
	total := throng.Shape{Name: "total", Dims: []throng.Dim{{Name: throng.DimZone, Level: throng.LevelLeaf, Codes: geo.Tree.LeafIDs()}, hours}}
	gender := throng.Shape{Name: "gender", Dims: []throng.Dim{{Name: throng.DimZone, Level: throng.LevelBlock, Codes: geo.Tree.BlockIDs()}, hours, {Name: throng.DimGender, Codes: throng.Genders}}}
	flows := throng.Shape{Name: "flows", Dims: []throng.Dim{{Name: throng.DimZone, Level: throng.LevelZone, Codes: []string{"A", "Ä b"}}, {Name: throng.DimZone2, Level: throng.LevelZone, Codes: []string{"A", "Ä b", ""}}}}
	d := release.Draft{
		Manifest: release.Manifest{
			ID: id, Product: "present", Period: release.Period{Name: p.Name, Start: start, End: start.AddDate(0, 0, 1), TimeZone: "Etc/UTC"},
			Geo: release.GeoRef{ID: geo.ID, Version: geo.Version}, Method: "1", Data: "synthetic", Unit: "subscriber-day", Licence: "CC-BY-4.0",
			Ledger: release.LedgerRef{Seq: 7, Head: "ab"}, Options: map[string]string{"b": "2", "a": "<1>"}, NotBefore: "2026-02-04T06:00:00Z",
		},
		Tables: []release.Table{measured(total, &draw), measured(gender, &draw), full(total, &draw), spare(flows, &draw)},
		Texts:  map[string][]byte{"claim.json": []byte(`{"claim":true}` + "\n"), "quality.json": []byte("{}")},
	}
	for _, table := range d.Tables[:2] {
		d.Manifest.Parts = append(d.Manifest.Parts, release.Part{Table: table.Shape.Name, D2: 24, Sigma2: table.Sigma2, Rho: 5, Domain: release.Axes(table.Shape)})
	}
	return d
}

func measured(s throng.Shape, draw *source) release.Table {
	t := release.Table{Kind: release.Measured, Shape: s, Sigma2: 1539, Raw: make([]int64, s.Cells())}
	for i := range t.Raw {
		t.Raw[i] = int64(draw.below(1000)) - 200
	}
	return t
}

func full(s throng.Shape, draw *source) release.Table {
	t := spare(s, draw)
	t.AllocSD, t.ScaleSD, t.Status = make([]float64, s.Cells()), make([]float64, s.Cells()), make([]string, s.Cells())
	for i := range t.AllocSD {
		t.AllocSD[i], t.ScaleSD[i] = draw.unit(), math.NaN()
		if draw.below(3) == 0 {
			t.Status[i] = "modelled"
		}
	}
	return t
}

func spare(s throng.Shape, draw *source) release.Table {
	t := release.Table{Kind: release.Estimate, Method: "linear", Shape: s, Estimate: make([]float64, s.Cells()), NoiseSD: make([]float64, s.Cells())}
	for i := range t.Estimate {
		t.Estimate[i], t.NoiseSD[i] = 100*draw.unit()-20, 39.23
	}
	return t
}

func put(t *testing.T, s release.Store, d release.Draft) release.Manifest {
	t.Helper()
	m, err := s.Put(d)
	if err != nil {
		t.Fatalf("Put %s: %v", d.Manifest.ID, err)
	}
	return m
}

// same compares floats bit by bit, but takes missing margins and NaN for the same.
func same(a, b []float64) bool {
	at := func(of []float64, i int) float64 {
		if i < len(of) {
			return of[i]
		}
		return math.NaN()
	}
	for i := range max(len(a), len(b)) {
		x, y := at(a, i), at(b, i)
		if math.Float64bits(x) != math.Float64bits(y) && !(math.IsNaN(x) && math.IsNaN(y)) {
			return false
		}
	}
	return true
}

// Equal reports whether two tables say the same.
func Equal(a, b release.Table) bool {
	return a.Kind == b.Kind && a.Method == b.Method && reflect.DeepEqual(a.Shape, b.Shape) && a.Sigma2 == b.Sigma2 &&
		reflect.DeepEqual(a.Cells, b.Cells) && a.Tau == b.Tau && (len(a.Raw) == 0 && len(b.Raw) == 0 || reflect.DeepEqual(a.Raw, b.Raw)) && reflect.DeepEqual(a.Status, b.Status) &&
		same(a.Estimate, b.Estimate) && same(a.NoiseSD, b.NoiseSD) && same(a.AllocSD, b.AllocSD) && same(a.ScaleSD, b.ScaleSD)
}

func roundTrip(t *testing.T, s release.Store) {
	d := Draft("one", 3, 1)
	m := put(t, s, d)
	got, err := s.Manifest("one")
	if err != nil || !reflect.DeepEqual(got, m) {
		t.Fatalf("manifest: got %+v, %v, Put gave %+v", got, err, m)
	}
	if len(m.Files) != len(d.Tables)+len(d.Texts) {
		t.Fatalf("%d files for %d tables and %d texts", len(m.Files), len(d.Tables), len(d.Texts))
	}
	m.Files = nil
	if !m.Period.Start.Equal(d.Manifest.Period.Start) || !reflect.DeepEqual(m.Parts, d.Manifest.Parts) || !reflect.DeepEqual(m.Options, d.Manifest.Options) || m.Ledger != d.Manifest.Ledger {
		t.Errorf("manifest changed: put %+v, got %+v", d.Manifest, m)
	}
	for range 2 { // a second time from a cache, where there is one
		for _, want := range d.Tables {
			got, err := s.Table("one", want.Method, want.Shape.Name)
			if err != nil || !Equal(got, want) {
				t.Fatalf("table %s: %v, same %v", want.Path(), err, Equal(got, want))
			}
		}
	}
	for path, want := range d.Texts {
		if got := read(t, s, "one", path); !bytes.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
}

func read(t *testing.T, s release.Store, id, path string) []byte {
	t.Helper()
	r, err := s.Open(id, path)
	if err != nil {
		t.Fatalf("Open %s %s: %v", id, path, err)
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// sameBytes opens every file of the manifest and compares it with its digest.
func sameBytes(t *testing.T, s release.Store) {
	m := put(t, s, Draft("one", 3, 1))
	for i, f := range m.Files {
		if err := f.Verify(read(t, s, "one", f.Path)); err != nil {
			t.Error(err)
		}
		if i > 0 && m.Files[i-1].Path >= f.Path {
			t.Errorf("file %s stands after %s", f.Path, m.Files[i-1].Path)
		}
	}
	if text := string(read(t, s, "one", "manifest.json")); !strings.Contains(text, `"id": "one"`) || !strings.Contains(text, "<1>") {
		t.Errorf("manifest.json reads %.200q", text)
	}
	sha, size := release.MeasuredDigest(m)
	if sha == release.Digest(nil) || size == 0 {
		t.Errorf("digest of the measured files: %s, %d bytes", sha, size)
	}
}

// deterministic puts the same draft into two stores.
func deterministic(t *testing.T, a, b release.Store) {
	m, n := put(t, a, Draft("one", 3, 1)), put(t, b, Draft("one", 3, 1))
	if !reflect.DeepEqual(m, n) {
		t.Errorf("the same draft gave %+v and %+v", m.Files, n.Files)
	}
	if !bytes.Equal(read(t, a, "one", "manifest.json"), read(t, b, "one", "manifest.json")) {
		t.Error("manifests differ")
	}
}

func once(t *testing.T, s release.Store) {
	before := put(t, s, Draft("one", 3, 1))
	if _, err := s.Put(Draft("one", 3, 2)); !errors.Is(err, release.ErrExists) {
		t.Errorf("the second Put of an id: got %v, want ErrExists", err)
	}
	if after, err := s.Manifest("one"); err != nil || !reflect.DeepEqual(before, after) {
		t.Errorf("a refused Put changed the manifest: %v", err)
	}
}

func list(t *testing.T, s release.Store) {
	if got, err := s.List(); err != nil || len(got) != 0 {
		t.Fatalf("an empty store lists %d releases, %v", len(got), err)
	}
	if got, err := s.Heads(); err != nil || len(got) != 0 {
		t.Fatalf("an empty store has %d heads, %v", len(got), err)
	}
	old, young, revised, flows := Draft("old", 3, 1), Draft("young", 4, 1), Draft("revised", 4, 1), Draft("flows", 4, 1)
	revised.Manifest.Revision, flows.Manifest.Product = 1, "flows-day"
	old.Manifest.Options = map[string]string{"publish.private": "yes", "holiday": "true"}
	for _, d := range []release.Draft{revised, old, young, flows} {
		put(t, s, d)
	}
	got, err := s.List()
	var ids []string
	for _, m := range got {
		ids = append(ids, m.ID)
	}
	if want := "flows young revised old"; err != nil || strings.Join(ids, " ") != want {
		t.Errorf("got %v, %v; want %s", ids, err, want)
	}
	heads, err := s.Heads()
	if err != nil || len(heads) != len(got) || !heads[3].Private || !heads[3].Holiday || heads[0].Private || heads[0].Holiday {
		t.Fatalf("got %d heads, %v: %+v", len(heads), err, heads)
	}
	for i, m := range got {
		if heads[i] != m.Head() {
			t.Errorf("head %d is %+v, want %+v", i, heads[i], m.Head())
		}
	}
}

func missing(t *testing.T, s release.Store) {
	put(t, s, Draft("one", 3, 1))
	for name, call := range map[string]func() error{
		"manifest":  func() error { _, err := s.Manifest("two"); return err },
		"table":     func() error { _, err := s.Table("one", "", "age"); return err },
		"method":    func() error { _, err := s.Table("one", "em", "total"); return err },
		"release":   func() error { _, err := s.Table("two", "", "total"); return err },
		"file":      func() error { _, err := s.Open("one", "other.json"); return err },
		"outside":   func() error { _, err := s.Open("one", "../one/claim.json"); return err },
		"elsewhere": func() error { _, err := s.Manifest("../release/one"); return err },
		"no id":     func() error { _, err := s.Manifest(""); return err },
		"geography": func() error { _, err := s.Geography("test", "9"); return err },
		"parent":    func() error { _, err := s.Geography("..", "release"); return err },
		"summary":   func() error { _, err := s.Summary(); return err },
	} {
		if err := call(); !errors.Is(err, release.ErrMissing) {
			t.Errorf("%s: got %v, want ErrMissing", name, err)
		}
	}
}

func refuses(t *testing.T, s release.Store) {
	for name, spoil := range map[string]func(*release.Draft){
		"id":             func(d *release.Draft) { d.Manifest.ID = "../one" },
		"hidden id":      func(d *release.Draft) { d.Manifest.ID = ".one" },
		"product":        func(d *release.Draft) { d.Manifest.Product = "" },
		"period":         func(d *release.Draft) { d.Manifest.Period.End = d.Manifest.Period.Start },
		"data":           func(d *release.Draft) { d.Manifest.Data = "secret" },
		"text outside":   func(d *release.Draft) { d.Texts["../x"] = nil },
		"text manifest":  func(d *release.Draft) { d.Texts["manifest.json"] = nil },
		"text measured":  func(d *release.Draft) { d.Texts["measured/x"] = nil },
		"twice":          func(d *release.Draft) { d.Tables = append(d.Tables, d.Tables[0]) },
		"not paid for":   func(d *release.Draft) { d.Manifest.Parts = d.Manifest.Parts[1:] },
		"not published":  func(d *release.Draft) { d.Tables = d.Tables[1:] },
		"other variance": func(d *release.Draft) { d.Tables[0].Sigma2++ },
		"other domain":   func(d *release.Draft) { d.Manifest.Parts[0].Domain[0].Codes++ },
		"short":          func(d *release.Draft) { d.Tables[0].Raw = d.Tables[0].Raw[1:] },
		"kind":           func(d *release.Draft) { d.Tables[0].Kind = "guess" },
		"method":         func(d *release.Draft) { d.Tables[2].Method = "a/b" },
		"not a number":   func(d *release.Draft) { d.Tables[2].Estimate[0] = math.NaN() },
		"negative sd":    func(d *release.Draft) { d.Tables[2].NoiseSD[0] = -1 },
		"statuses":       func(d *release.Draft) { d.Tables[2].Status = d.Tables[2].Status[1:] },
		"dimension":      func(d *release.Draft) { d.Tables[3].Shape.Dims[0].Name = "shoe" },
		"reserved code":  func(d *release.Draft) { d.Tables[3].Shape.Dims[0].Codes[0] = "_T" },
		"time":           func(d *release.Draft) { d.Tables[2].Shape.Dims[1].Codes[1] = "2026-02-03T00:30:00+01:00" },
		"paid and made":  func(d *release.Draft) { d.Manifest.Sources = sources() },
		"one source":     func(d *release.Draft) { estimates(d); d.Manifest.Sources = sources()[:1] },
		"a source twice": func(d *release.Draft) { estimates(d); d.Manifest.Sources[1] = d.Manifest.Sources[0] },
		"made and paid":  func(d *release.Draft) { estimates(d); d.Manifest.Ledger.Seq = 7 },
		"a cost":         func(d *release.Draft) { estimates(d); d.Manifest.Parts[0].Rho = 5 },
		"made, measured": func(d *release.Draft) { t := d.Tables[0]; estimates(d); d.Tables = append(d.Tables, t) },
		"made of what":   func(d *release.Draft) { d.Tables[2].Status[0] = release.Combined },
	} {
		d := Draft("one", 3, 1)
		spoil(&d)
		if _, err := s.Put(d); err == nil || errors.Is(err, release.ErrExists) {
			t.Errorf("%s: got %v, want a refusal", name, err)
		}
	}
	if got, err := s.List(); err != nil || len(got) != 0 {
		t.Errorf("after refusals the store lists %d releases, %v", len(got), err)
	}
}

// sources of a combined release.
func sources() []release.Source {
	return []release.Source{{Holder: "A", Release: "a", Manifest: release.Digest([]byte("a"))}, {Holder: "B", Release: "b", Manifest: release.Digest([]byte("b"))}}
}

// estimates turns a draft into a combined release that is legal.
func estimates(d *release.Draft) {
	d.Tables = d.Tables[2:]
	d.Manifest.Sources, d.Manifest.Ledger = sources(), release.LedgerRef{}
	d.Manifest.Parts = []release.Part{{Table: "total", Domain: release.Axes(d.Tables[0].Shape)}}
}

// combined: what is made from releases of several holders is stored with its sources.
func combined(t *testing.T, s release.Store) {
	d := Draft("both", 3, 1)
	estimates(&d)
	m := put(t, s, d)
	if got, err := s.Manifest("both"); err != nil || !reflect.DeepEqual(got.Sources, sources()) || !got.Combined() || len(m.Files) != len(d.Tables)+len(d.Texts) {
		t.Errorf("got %+v, %v", got, err)
	}
}

// concurrent lets several goroutines put one id: one wins, the others hear ErrExists. Others put ids of their own.
func concurrent(t *testing.T, s release.Store) {
	const n = 6
	var wg sync.WaitGroup
	errs := make([]error, 2*n)
	for i := range n {
		wg.Add(2)
		go func() { defer wg.Done(); _, errs[i] = s.Put(Draft("same", 3, uint64(i))) }()
		go func() { defer wg.Done(); _, errs[n+i] = s.Put(Draft(fmt.Sprint("own", i), 3, 1)) }()
	}
	wg.Wait()
	won := 0
	for i, err := range errs {
		switch {
		case err == nil && i < n:
			won++
		case i < n && !errors.Is(err, release.ErrExists), i >= n && err != nil:
			t.Errorf("Put %d: %v", i, err)
		}
	}
	if got, err := s.List(); won != 1 || err != nil || len(got) != n+1 {
		t.Errorf("%d of %d Puts of one id won; %d releases, %v", won, n, len(got), err)
	}
	if _, err := s.Table("same", "", "total"); err != nil {
		t.Error(err)
	}
}

func geography(t *testing.T, s release.Store) {
	want := Geography(5, 3)
	for range 2 { // the same content again is no change
		if err := s.PutGeography(want); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.Geography(want.ID, want.Version)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("geography: %v, same %v", err, reflect.DeepEqual(got, want))
	}
	other := Geography(5, 3)
	other.Shares[0].Weight += 1e-9
	if err := s.PutGeography(other); !errors.Is(err, release.ErrExists) {
		t.Errorf("other content under the same version: got %v, want ErrExists", err)
	}
	bare := Geography(5, 3)
	bare.Version, bare.Residents, bare.Places, bare.Shares, bare.Shapes = "bare", nil, nil, nil, []byte{}
	if err := s.PutGeography(bare); err != nil {
		t.Fatal(err)
	}
	if got, err = s.Geography(bare.ID, "bare"); err != nil || got.Residents != nil || got.Places != nil || len(got.Shares) != 0 || got.Zones.Len() != bare.Zones.Len() {
		t.Errorf("a geography without residents, places and shares: %v, %d residents", err, len(got.Residents))
	}
	wrong := Geography(5, 3)
	wrong.Version = "a/b"
	if err := s.PutGeography(wrong); err == nil {
		t.Error("a version with a slash was taken")
	}
}

func summary(t *testing.T, s release.Store) {
	for _, want := range []string{`{"spent":1}`, `{"spent":2}`} {
		if err := s.PutSummary([]byte(want)); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Summary(); err != nil || string(got) != want {
			t.Errorf("got %q, %v; want %q", got, err, want)
		}
	}
}

// callersMemory changes what was put in and what was given out: the store keeps its own.
func callersMemory(t *testing.T, s release.Store) {
	d := Draft("one", 3, 1)
	m := put(t, s, d)
	d.Tables[0].Raw[0]++
	d.Texts["claim.json"][0] = 'X'
	m.Files[0].SHA256, m.Options["a"] = "0", "0"
	if got, err := s.Table("one", "", "total"); err != nil || got.Raw[0] != d.Tables[0].Raw[0]-1 {
		t.Errorf("the table follows its draft: %v", err)
	}
	if got := read(t, s, "one", "claim.json"); got[0] != '{' {
		t.Errorf("the claim follows its draft: %q", got)
	}
	if got, err := s.Manifest("one"); err != nil || got.Files[0].SHA256 == "0" || got.Options["a"] == "0" {
		t.Errorf("the manifest follows the one that was given out: %v", err)
	}
}
