package balance

import (
	"errors"
	"math"
	"math/rand"
	"strings"
	"testing"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/reckon/allot"
	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/release/storetest"
)

var classes = map[string][]string{throng.DimGender: throng.Genders, throng.DimAge: {"0-17", "18+", "U"}, throng.DimOrigin: {"p", "q", "abroad", "other"}}

// tables makes empty measured tables for a geography: the total, and the breakdowns that are named.
func tables(geo release.Geography, bins int, breakdowns ...string) []release.Table {
	time := throng.Dim{Name: throng.DimTime}
	for i := range bins {
		time.Codes = append(time.Codes, "2026-02-03T0"+string(rune('0'+i))+":00:00Z")
	}
	zone := func(level string, ids []string) throng.Dim {
		return throng.Dim{Name: throng.DimZone, Level: level, Codes: ids}
	}
	shapes := []throng.Shape{{Name: "total", Dims: []throng.Dim{zone(throng.LevelLeaf, geo.Tree.LeafIDs()), time}}}
	for _, name := range breakdowns {
		ground := zone(throng.LevelBlock, geo.Tree.BlockIDs())
		if name == throng.DimOrigin {
			ground = zone(throng.LevelArea, geo.Tree.AreaIDs())
		}
		shapes = append(shapes, throng.Shape{Name: name, Dims: []throng.Dim{ground, time, {Name: name, Codes: classes[name]}}})
	}
	var of []release.Table
	for i, s := range shapes {
		of = append(of, release.Table{Kind: release.Measured, Shape: s, Raw: make([]int64, s.Cells()), Sigma2: uint64(300 + 170*i)})
	}
	return of
}

func reckoner(t *testing.T, index *allot.Index, of []release.Table) *Reckoner {
	t.Helper()
	r, err := NewReckoner(index, of)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func world(t *testing.T, side int) (release.Geography, *allot.Index) {
	t.Helper()
	geo := storetest.Geography(side, 11)
	index, err := allot.NewIndex(geo)
	if err != nil {
		t.Fatal(err)
	}
	return geo, index
}

func fill(of []release.Table, rnd *rand.Rand) {
	for _, t := range of {
		for i := range t.Raw {
			t.Raw[i] = int64(rnd.Intn(900)) - 100
		}
	}
}

func sum(of []float64) float64 {
	total := 0.0
	for _, v := range of {
		total += v
	}
	return total
}

func TestClassesAddUpToTheTotalOfEveryZone(t *testing.T) {
	for _, breakdowns := range [][]string{{"gender"}, {"origin"}, {"gender", "age"}, {"gender", "age", "origin"}} {
		geo, index := world(t, 7)
		addUp(t, geo, index, breakdowns)
		geo, index = calibrated(t, geo)
		addUp(t, geo, index, breakdowns)
	}
}

func addUp(t *testing.T, geo release.Geography, index *allot.Index, breakdowns []string) {
	t.Helper()
	const seed = 4
	of := tables(geo, 3, breakdowns...)
	fill(of, rand.New(rand.NewSource(seed)))
	r := reckoner(t, index, of)
	for z := range geo.Zones.Len() {
		total := r.Total(index.Zone(z))
		for _, name := range breakdowns {
			b, err := r.Breakdown(index.Zone(z), name)
			if err != nil {
				t.Fatal(err)
			}
			for bin, want := range total.Estimate {
				if got := sum(b.Estimate[bin*len(b.Codes):][:len(b.Codes)]); math.Abs(got-want) > 1e-6 {
					t.Fatalf("seed %d zone %s bin %d: classes of %s sum to %v, the total is %v", seed, geo.Zones.At(z).ID, bin, name, got, want)
				}
			}
		}
	}
}

func TestLeavesAddUpToFittedBlocksAndAreas(t *testing.T) {
	geo, index := world(t, 6)
	of := tables(geo, 2, "gender", "origin")
	fill(of, rand.New(rand.NewSource(5)))
	r := reckoner(t, index, of)
	for level, bins := range r.above {
		for bin, want := range bins {
			got := make([]float64, len(want))
			for leaf, node := range index.Node(level) {
				got[node] += r.Leaves(bin)[leaf]
			}
			for i := range want {
				if math.Abs(got[i]-want[i]) > 1e-7 {
					t.Fatalf("%s %d bin %d: leaves sum to %v, it is %v", level, i, bin, got[i], want[i])
				}
			}
		}
	}
}

// TestEveryVarianceIsExact finds out by trying how each estimate depends on each measured cell: estimates are linear, so
// the difference that one more count makes is the coefficient, and the variance is the sum of their squares times the
// variance of each cell. Rounding loses about 1e-12 of each coefficient.
func TestEveryVarianceIsExact(t *testing.T) {
	geo, index := world(t, 4)
	variancesAreExact(t, geo, index)
	geo, index = calibrated(t, geo)
	variancesAreExact(t, geo, index)
}

func variancesAreExact(t *testing.T, geo release.Geography, index *allot.Index) {
	t.Helper()
	of := tables(geo, 1, "gender", "age", "origin")
	zones := []int{0, 1, geo.Zones.Len() - 1}
	base := reckoner(t, index, of)
	totals, cells := make([]float64, len(zones)), map[string][][]float64{}
	leaf := make([]float64, len(geo.Tree.Leaves))
	for _, name := range base.Tables() {
		cells[name] = make([][]float64, len(zones))
		for k := range zones {
			cells[name][k] = make([]float64, len(classes[name]))
		}
	}
	for _, table := range of {
		for i := range table.Raw {
			table.Raw[i] = 1
			r := reckoner(t, index, of)
			table.Raw[i] = 0
			s2 := float64(table.Sigma2)
			for k, z := range zones {
				totals[k] += s2 * math.Pow(r.Total(index.Zone(z)).Estimate[0], 2)
				for name := range cells {
					b, _ := r.Breakdown(index.Zone(z), name)
					for c, v := range b.Estimate {
						cells[name][k][c] += s2 * v * v
					}
				}
			}
			for l, v := range r.Leaves(0) {
				leaf[l] += s2 * v * v
			}
		}
	}
	exact := func(what string, got, variance float64) {
		if math.Abs(got*got-variance) > 1e-9*variance {
			t.Errorf("%s: noise_sd %v, propagated %v", what, got, math.Sqrt(variance))
		}
	}
	for k, z := range zones {
		exact("total of "+geo.Zones.At(z).ID, base.Total(index.Zone(z)).NoiseSD, totals[k])
		for name, of := range cells {
			b, _ := base.Breakdown(index.Zone(z), name)
			for c, variance := range of[k] {
				exact(name+" "+b.Codes[c]+" of "+geo.Zones.At(z).ID, b.NoiseSD[c], variance)
			}
		}
	}
	for l, variance := range leaf {
		exact("leaf", base.LeafSD(l), variance)
	}
}

// TestMarginsCalmTheTotal: a breakdown measures the total of its block once more, so no margin of error grows, and that
// of a large zone shrinks.
func TestMarginsCalmTheTotal(t *testing.T) {
	geo, index := world(t, 8)
	of := tables(geo, 1, "gender", "origin")
	alone, both := reckoner(t, index, of[:1]), reckoner(t, index, of)
	for z := range geo.Zones.Len() {
		before, after := alone.Total(index.Zone(z)).NoiseSD, both.Total(index.Zone(z)).NoiseSD
		if after > before*(1+1e-12) {
			t.Errorf("zone %s: %v with breakdowns, %v without", geo.Zones.At(z).ID, after, before)
		}
	}
	if before, after := alone.Total(index.Zone(0)).NoiseSD, both.Total(index.Zone(0)).NoiseSD; after > 0.9*before {
		t.Errorf("the region: %v with breakdowns, %v without", after, before)
	}
}

func TestStatusOfSmallZones(t *testing.T) {
	geo, index := world(t, 6)
	r := reckoner(t, index, tables(geo, 1, "gender", "origin"))
	status := func(z int, name string) string { b, _ := r.Breakdown(index.Zone(z), name); return b.Status }
	for z := range geo.Zones.Len() {
		residents := index.Residents(index.Zone(z))
		if got, want := status(z, "gender") == Modelled, residents < BlockGrain; got != want {
			t.Errorf("gender of %v residents: modelled %v", residents, got)
		}
		if got, want := status(z, "origin") == Modelled, residents < AreaGrain; got != want {
			t.Errorf("origin of %v residents: modelled %v", residents, got)
		}
		if r.Total(index.Zone(z)).Status != "" {
			t.Errorf("the total of %s is modelled, it has nine leaves", geo.Zones.At(z).ID)
		}
	}
	part := index.Zone(5)
	part.Leaf, part.Share, part.Weight = part.Leaf[:1], []float64{.4}, []float64{.9}
	if r.Total(part).Status != Modelled {
		t.Error("a part of one leaf is not called modelled")
	}
}

func TestReckonerRefuses(t *testing.T) {
	geo, index := world(t, 4)
	for _, c := range []struct {
		name  string
		spoil func(of []release.Table) []release.Table
		want  string
	}{
		{"no total", func(of []release.Table) []release.Table { return of[1:] }, "no measured table total"},
		{"other leaves", func(of []release.Table) []release.Table { of[0].Shape.Dims[0].Codes[2] = "x"; return of }, "not those of the geography"},
		{"other hours", func(of []release.Table) []release.Table {
			of[1].Shape.Dims[1].Codes = []string{"2026-02-03T09:00:00Z", "2026-02-03T10:00:00Z"}
			return of
		}, "not those of the geography"},
		{"level", func(of []release.Table) []release.Table { of[1].Shape.Dims[0].Level = throng.LevelLeaf; return of }, "counted on level"},
		{"dimensions", func(of []release.Table) []release.Table { of[0].Shape.Dims[1].Name = "age"; return of }, "want zone@leaf, time"},
		{"estimate", func(of []release.Table) []release.Table { of[0].Kind = release.Estimate; return of }, "want a measured table"},
		{"variance", func(of []release.Table) []release.Table { of[1].Sigma2 = 0; return of }, "positive variance"},
		{"twice", func(of []release.Table) []release.Table { return append(of, of[1]) }, "twice"},
	} {
		of := c.spoil(tables(geo, 2, "gender"))
		if _, err := NewReckoner(index, of); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want an error with %q", c.name, err, c.want)
		}
	}
	r := reckoner(t, index, tables(geo, 1))
	if _, err := r.Breakdown(index.Zone(0), "gender"); !errors.Is(err, release.ErrMissing) {
		t.Errorf("a breakdown that is not there: %v", err)
	}
}

// BenchmarkAnswer asks for a zone of most of 10,000 leaves, total and gender, over a day.
func BenchmarkAnswer(b *testing.B) {
	geo := storetest.Geography(100, 11)
	index, err := allot.NewIndex(geo)
	if err != nil {
		b.Fatal(err)
	}
	r, err := NewReckoner(index, tables(geo, 9, "gender"))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		r.Total(index.Zone(0))
		r.Breakdown(index.Zone(0), "gender")
	}
}
