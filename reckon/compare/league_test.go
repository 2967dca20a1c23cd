package compare_test

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/reckon/compare"
	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/release/memory"
)

// TestLeague: penetration of three towns, one of which tells no residents.
func TestLeague(t *testing.T) {
	nan := math.NaN()
	places, err := compare.League([]string{"a", "b", "c"}, []number{{240, 20}, {100, 20}, {900, 20}}, compare.Beside{
		Over: []number{{1600, 35}, {8000, 0}, {nan, nan}}, Before: [][]number{{{240, 20}, {300, 20}, {900, 20}}}})
	if err != nil {
		t.Fatal(err)
	}
	if places[0].Code != "c" || places[0].Per.Shown || !math.IsNaN(places[0].Gap.Value) || places[0].GapRank != (compare.Rank{}) {
		t.Errorf("c has no residents: got %+v", places[0])
	}
	if a := places[1]; a.Code != "a" || math.Abs(a.Per.Value-.15) > 1e-12 || a.Gap.Value != 1360 || a.GapRank != (compare.Rank{Best: 2, Worst: 2, Group: 2}) {
		t.Errorf("got %+v", a)
	}
	if b := places[2]; b.Gap != (number{7900, 20}) || b.GapRank.Best != 1 || b.GapRank.Worst != 1 || !b.Change.Relative.Shown {
		t.Errorf("got %+v", b)
	}
	if _, err := compare.League([]string{"a"}, []number{{1, 1}}, compare.Beside{Over: []number{}}); err == nil {
		t.Error("no number for a code, and no error")
	}
}

// world has two days of cases in two districts of a county, combined from others so that its estimates have the county too, and in
// another store people present by hour.
func world(t *testing.T) (town, region compare.Readable) {
	t.Helper()
	zones, err := throng.NewZones([]throng.Zone{{ID: "C", Residents: 30_000}, {ID: "x", Parent: "C", Level: 1, Residents: 20_000}, {ID: "y", Parent: "C", Level: 1, Residents: 10_000}})
	if err != nil {
		t.Fatal(err)
	}
	readable := func(geo string, z throng.Zones) (compare.Readable, *memory.Store) {
		store := &memory.Store{}
		if err := store.PutGeography(release.Geography{ID: geo, Version: "1", Zones: z, TimeZone: "UTC"}); err != nil {
			t.Fatal(err)
		}
		return compare.Readable{Store: store}, store
	}
	bare, err := throng.NewZones([]throng.Zone{{ID: "x"}, {ID: "y"}})
	if err != nil {
		t.Fatal(err)
	}
	town, towns := readable("districts", bare)
	region, regions := readable("communes", zones)
	put := func(r *compare.Readable, store release.Store, geo, product, day string, at time.Time, tables ...release.Table) {
		m := release.Manifest{ID: product + "-" + day + "-r0", Product: product, Data: "synthetic", Geo: release.GeoRef{ID: geo, Version: "1"},
			Period: release.Period{Name: day, Start: at, End: at.AddDate(0, 0, 1), TimeZone: "UTC"}}
		for _, one := range tables {
			if one.Kind == release.Measured {
				m.Parts = append(m.Parts, release.Part{Table: one.Shape.Name, D2: 1, Sigma2: one.Sigma2, Rho: 1, Domain: release.Axes(one.Shape)})
			}
		}
		put, err := store.Put(release.Draft{Manifest: m, Tables: tables})
		if err != nil {
			t.Fatal(err)
		}
		r.List = append(r.List, put.Head())
	}
	dims := []throng.Dim{{Name: throng.DimZone, Level: throng.LevelZone, Codes: []string{"x", "y"}}, {Name: throng.DimReason, Codes: []string{"late", "refused"}}}
	for i, day := range []string{"2026-03-01", "2026-03-02"} {
		at := time.Date(2026, 3, 1+i, 0, 0, 0, 0, time.UTC)
		put(&town, towns, "districts", "cases", day, at, release.Table{Kind: release.Measured, Sigma2: 4, Shape: throng.Shape{Name: "total", Dims: dims}, Raw: []int64{10, 20, 30, 40 + int64(i)}})
		hours := throng.Dim{Name: throng.DimTime, Codes: []string{at.Format(time.RFC3339), at.Add(time.Hour).Format(time.RFC3339)}}
		leaf := release.Table{Kind: release.Measured, Sigma2: 1, Shape: throng.Shape{Name: "total", Dims: []throng.Dim{{Name: throng.DimZone, Level: throng.LevelLeaf, Codes: []string{"l"}}, hours}}, Raw: []int64{1, 1}}
		put(&region, regions, "communes", "present", day, at, leaf, release.Table{Kind: release.Estimate, Method: release.Linear,
			Shape:    throng.Shape{Name: "total", Dims: []throng.Dim{{Name: throng.DimZone, Level: throng.LevelZone, Codes: []string{"C", "x", "y"}}, hours}},
			Estimate: []float64{3000, 3000, 1000, 1200, 2000, 1800}, NoiseSD: []float64{5, 5, 8, 8, 8, 8}})
	}
	return town, region
}

// TestQuestions asks about a month that was released by day, with people present and residents from another folder.
func TestQuestions(t *testing.T) {
	town, region := world(t)
	r, err := town.League(compare.Question{Product: "cases", Period: "2026-03", Table: "total", Over: "present"}, region)
	if err != nil {
		t.Fatal(err)
	}
	// y has 30+40 and 30+41 cases, sd of four cells 2 each; present on average 1,900, of four hours with sd 8 each: 4.
	if y := r.Places[0]; y.Code != "y" || y.Of.Value != 141 || math.Abs(y.Of.SD-4) > 1e-12 || math.Abs(y.Per.Value-141./1900) > 1e-12 || math.Abs(y.Gap.SD-math.Hypot(4, 4)) > 1e-12 {
		t.Errorf("got %+v", y)
	}
	if len(r.Releases) != 2 || len(r.Per) != 2 {
		t.Errorf("made of %d releases over %v", len(r.Releases), r.Per)
	}
	r, err = town.League(compare.Question{Product: "cases", Period: "2026-03-02", Table: "total", Over: "residents", Before: []string{"2026-03-01"}}, region)
	if err != nil {
		t.Fatal(err)
	}
	if y := r.Places[0]; math.Abs(y.Per.Value-71./10_000) > 1e-12 || y.Change.Difference.Value != 1 {
		t.Errorf("got %+v", y)
	}
	// Zones of an estimate that hold others are left out of a ranking.
	r, err = region.League(compare.Question{Product: "present", Period: "2026-03-01", Table: "total", By: throng.DimZone})
	if err != nil || len(r.Places) != 2 || math.Abs(r.Places[0].Share.Value-.6333333) > 1e-6 {
		t.Errorf("got %+v, %v", r.Places, err)
	}
	for what, q := range map[string]compare.Question{
		"period": {Product: "cases", Period: "2026-04", Table: "total"},
		"table":  {Product: "cases", Period: "2026-03", Table: "waits"},
		"by":     {Product: "cases", Period: "2026-03", Table: "total", By: "age"},
		"where":  {Product: "cases", Period: "2026-03", Table: "total", Where: map[string]string{"reason": "rude"}},
		"over":   {Product: "cases", Period: "2026-03", Table: "total", By: throng.DimReason, Over: "present"},
		"before": {Product: "cases", Period: "2026-03", Table: "total", Before: []string{"2025-03"}},
	} {
		var refusal *compare.Refusal
		if _, err := town.League(q, region); !errors.As(err, &refusal) || refusal.What != what {
			t.Errorf("%s: got %v", what, err)
		}
	}
	if _, err := town.League(compare.Question{Product: "cases", Period: "2026-03", Table: "total", Over: "residents"}); err == nil {
		t.Error("no geography tells residents, and penetration is told")
	}
}
