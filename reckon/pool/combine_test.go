package pool_test

import (
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/reckon/pool"
	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/release/memory"
)

// published is a release of a product by a holder with one table of the given estimates, all of one sd, by zones a, b, ...
func published(t *testing.T, holder, product, unit, table string, zones string, sd float64, estimates ...float64) pool.Release {
	t.Helper()
	start := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	list := []throng.Zone{{ID: "all", Level: 0}}
	for _, id := range strings.Fields(zones) {
		list = append(list, throng.Zone{ID: id, Parent: "all", Level: 1, Factor: 2.5})
	}
	z, err := throng.NewZones(list)
	if err != nil {
		t.Fatal(err)
	}
	shape := throng.Shape{Name: table, Dims: []throng.Dim{{Name: throng.DimZone, Level: throng.LevelZone, Codes: strings.Fields(zones)}}}
	one := release.Table{Kind: release.Estimate, Method: release.Linear, Shape: shape, Estimate: estimates}
	for range estimates {
		one.NoiseSD = append(one.NoiseSD, sd)
	}
	return pool.Release{
		Manifest: release.Manifest{ID: "r-" + holder, Product: product, Holder: holder, Unit: unit, Method: "1", Data: "synthetic", Licence: "CC0-1.0", Purpose: "statistics",
			Period:  release.Period{Name: "2026-03", Start: start, End: start.AddDate(0, 1, 0), TimeZone: "Etc/UTC"},
			Geo:     release.GeoRef{ID: holder + "-feed", Version: "1"},
			Options: map[string]string{"bounds.cells": "5", "clock": "Etc/UTC", "holder.id": holder}, Ledger: release.LedgerRef{Seq: 3, Head: "ab"},
			NotBefore: "2026-04-02T06:00:00Z", Parts: []release.Part{{Table: table, D2: 4, Sigma2: 9, Rho: 5}}},
		SHA256: release.Digest([]byte(holder)), Tables: []release.Table{one}, Geo: release.Geography{ID: holder + "-feed", Version: "1", TimeZone: "Etc/UTC", CRS: "laea", Tile: 100, Zones: z},
	}
}

func shares(t *testing.T, text string) pool.Shares {
	t.Helper()
	s, err := pool.ReadShares(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) <= 1e-6*max(1, math.Abs(want))) {
		t.Errorf("%s: got %.9g, want %.9g", what, got, want)
	}
}

const known = "holder,share,sd\nA,.4,.01\nB-feed,.2,.02\nany,.54,.01\n"

// TestCombinePage is the worked example of docs/method/combine.md.
func TestCombinePage(t *testing.T) {
	for _, c := range []struct {
		product, unit, table     string
		a, sdA, b, sdB           float64
		estimate, noise, scaleSD float64
	}{
		{"nights", "subscriber-day", "total", 400, 20, 380, 30, 393.333333, 16.666667, math.NaN()},
		{"spending", "buyer-day", "total", 500_000, 3000, 300_000, 4000, 800_000, 5000, math.NaN()},
		{"market", "buyer-day", "customers", 300, 5, 200, 12, 450, 11.7, 18.726838},
		{"vehicles", "trip", "departures", 30, 3, 20, 4, 50, 5, math.NaN()},
	} {
		got, err := pool.Combine([]pool.Release{published(t, "A", c.product, c.unit, c.table, "a", c.sdA, c.a), published(t, "B", c.product, c.unit, c.table, "a", c.sdB, c.b)}, shares(t, known))
		if err != nil {
			t.Fatal(err)
		}
		one := got.Draft.Tables[0]
		near(t, c.product, one.Estimate[0], c.estimate)
		near(t, c.product+" noise", one.NoiseSD[0], c.noise)
		if math.IsNaN(c.scaleSD) != math.IsNaN(one.ScaleSD[0]) {
			t.Errorf("%s: ScaleSD %v, want %v", c.product, one.ScaleSD[0], c.scaleSD)
		} else if !math.IsNaN(c.scaleSD) {
			near(t, c.product+" scale", one.ScaleSD[0], c.scaleSD)
		}
		if one.Status[0] != release.Combined || len(got.Assumed) != 1 {
			t.Errorf("%s: status %q, assumed %q", c.product, one.Status[0], got.Assumed)
		}
	}
}

// TestCombinedIsStored: a store takes it, and reads back that nothing was paid for it, what it was made from, and no factor of a holder.
func TestCombinedIsStored(t *testing.T) {
	a, b := published(t, "A", "spending", "buyer-day", "total", "a b", 3, 10, 20), published(t, "B", "spending", "buyer-day", "total", "b c", 4, 1, 2)
	b.As = map[string]string{"c": "a", "b": "b"}
	b.Manifest.NotBefore, b.Manifest.Licence, b.Manifest.Data = "2026-05-02T06:00:00Z", "CC-BY-4.0", "synthetic"
	b.Manifest.Options["publish.private"] = "true"
	got, err := pool.Combine([]pool.Release{a, b}, pool.Shares{})
	if err != nil {
		t.Fatal(err)
	}
	got.Draft.Manifest.ID, got.Draft.Manifest.Code = "both", "test"
	store := &memory.Store{}
	if err := store.PutGeography(got.Geo); err != nil {
		t.Fatal(err)
	}
	m, err := store.Put(got.Draft)
	if err != nil {
		t.Fatal(err)
	}
	if !m.Combined() || m.Ledger.Seq != 0 || m.Parts[0].Rho != 0 || m.Sources[1] != (release.Source{Holder: "B", Release: "r-B", Geo: release.GeoRef{ID: "B-feed", Version: "1"}, Manifest: b.SHA256}) {
		t.Errorf("got %+v", m)
	}
	if m.Holder != "A + B" || m.Licence != "CC-BY-4.0 AND CC0-1.0" || m.NotBefore != b.Manifest.NotBefore || m.Options["publish.private"] != "true" || m.Options["holder.id"] != "" {
		t.Errorf("got %+v, want both holders and licences, the later date, private", m)
	}
	table, err := store.Table("both", release.Linear, "total")
	if err != nil || !reflect.DeepEqual(table.Estimate, []float64{12, 21}) || !reflect.DeepEqual(table.NoiseSD, []float64{5, 5}) {
		t.Errorf("got %+v, %v", table, err)
	}
	geo, err := store.Geography(m.Geo.ID, m.Geo.Version)
	if err != nil || geo.Zones.At(1).Factor != 0 {
		t.Errorf("the geography tells people per device of a holder, %v", err)
	}
}

// TestPartial: what one holder alone has is its own number, and marked; people are weighted by those who have the cell.
func TestPartial(t *testing.T) {
	for product, want := range map[string][]float64{"nights": {100, (.4*200 + .2*80) / .6}, "spending": {100, 280}} {
		a, b := published(t, "A", product, "buyer-day", "total", "a b", 3, 100, 200), published(t, "B", product, "buyer-day", "total", "b", 4, 80)
		got, err := pool.Combine([]pool.Release{a, b}, shares(t, known))
		if err != nil {
			t.Fatal(err)
		}
		one := got.Draft.Tables[0]
		near(t, product, one.Estimate[0], want[0])
		near(t, product, one.Estimate[1], want[1])
		if !reflect.DeepEqual(one.Status, []string{release.Partial, release.Combined}) {
			t.Errorf("%s: got %v", product, one.Status)
		}
	}
}

// TestCombineRefuses: what does not mean the same is not added, and the reason is said.
func TestCombineRefuses(t *testing.T) {
	for want, spoil := range map[string]func(b *pool.Release){
		`different products, "spending" and "market"`:           func(b *pool.Release) { b.Manifest.Product = "market" },
		"different periods":                                     func(b *pool.Release) { b.Manifest.Period.Start = b.Manifest.Period.Start.Add(time.Hour) },
		"different versions of the definitions":                 func(b *pool.Release) { b.Manifest.Method = "2" },
		`different units, "buyer-day" and "purchase"`:           func(b *pool.Release) { b.Manifest.Unit = "purchase" },
		`different definitions, bounds.cells, "5" and "4"`:      func(b *pool.Release) { b.Manifest.Options["bounds.cells"] = "4" },
		`different definitions, money.bound, "" and "200.00"`:   func(b *pool.Release) { b.Manifest.Options["money.bound"] = "200.00" },
		`different bounds of the table buyers, "4" and "5"`:     func(b *pool.Release) { b.Manifest.Parts[0].D2 = 5 },
		"different sorts of data":                               func(b *pool.Release) { b.Manifest.Data = "real" },
		"one is combined already":                               func(b *pool.Release) { b.Manifest.Sources = []release.Source{{}} },
		`zone "a" is not in the geography of the first release`: func(b *pool.Release) { b.As = map[string]string{"a": "b"} },
		"there is no public share of \"C\"":                     func(b *pool.Release) { b.Manifest.Holder, b.Manifest.Geo.ID = "C", "C-feed" },
		"buyers: B has no such table":                           func(b *pool.Release) { b.Tables[0].Shape.Name = "x" },
		"a table that lists only some cells has no sums":        func(b *pool.Release) { b.Tables[0].Cells = []uint64{0} },
		"it lies on the ground of one holder alone":             func(b *pool.Release) { b.Tables[0].Shape.Dims[0].Level = throng.LevelLeaf },
		`different dimensions, "zone" and "origin"`: func(b *pool.Release) {
			b.Tables[0].Shape.Dims[0] = throng.Dim{Name: throng.DimOrigin, Codes: []string{"x"}}
		},
		"two zones of different levels are called \"a\"": func(b *pool.Release) { twoLevels(b) },
	} {
		a, b := published(t, "A", "spending", "buyer-day", "buyers", "a", 3, 1), published(t, "B", "spending", "buyer-day", "buyers", "a", 3, 1)
		spoil(&b)
		if _, err := pool.Combine([]pool.Release{a, b}, shares(t, known)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	a := published(t, "A", "market", "buyer-day", "customers", "a", 3, 1)
	if _, err := pool.Combine([]pool.Release{a}, pool.Shares{}); err == nil {
		t.Error("one release is combined")
	}
	b := published(t, "B", "market", "buyer-day", "customers", "a", 3, 1)
	if _, err := pool.Combine([]pool.Release{a, b}, shares(t, "holder,share\nA,.4\nB,.2\n")); err == nil || !strings.Contains(err.Error(), `add the row "any"`) {
		t.Errorf("nothing is known of those with two, got %v", err)
	}
}

// twoLevels counts the zone and the one above it, both under the name of the zone.
func twoLevels(b *pool.Release) {
	b.Tables[0].Shape.Dims[0].Codes = []string{"all", "a"}
	b.Tables[0].Estimate, b.Tables[0].NoiseSD = []float64{1, 1}, []float64{1, 1}
	b.As = map[string]string{"all": "a"}
}

func TestReadShares(t *testing.T) {
	for _, bad := range []string{"", "who,share\n", "holder,share\nA,0\n", "holder,share\nA,x\n", "holder,share\nA,1.2\n", "holder,share,sd\nA,.2,-1\n", "holder,share\nA,.2\nA,.2\n",
		"holder,share\nA,.4\nB,.4\nany,.9\n", "holder,share\nA,.4\nB,.4\nany,.3\n", "holder,share\nany,.3\nany,.3\n"} {
		if _, err := pool.ReadShares(strings.NewReader(bad)); err == nil {
			t.Errorf("%q is read", bad)
		}
	}
	for _, bad := range []string{"", "holder,zone\n", "holder,zone,as\nA,x,y\nA,x,z\n"} {
		if _, err := pool.ReadZones(strings.NewReader(bad)); err == nil {
			t.Errorf("%q is read as zones", bad)
		}
	}
	zones, err := pool.ReadZones(strings.NewReader("holder,zone,as\nB,c,a\n"))
	if err != nil || zones["B"]["c"] != "a" {
		t.Errorf("got %v, %v", zones, err)
	}
}
