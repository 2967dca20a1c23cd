package balance

import (
	"math"
	"testing"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/reckon/allot"
	"github.com/throng-stats/throng/release"
)

// calibrated gives a geography people per device by class: women and men by zone, everybody of 18 and more, but not the young.
func calibrated(t *testing.T, geo release.Geography) (release.Geography, *allot.Index) {
	t.Helper()
	geo.Factors = nil
	for i, z := range geo.Zones.Finest() {
		one := geo.Zones.At(z)
		times := 1 + float64(i%5)/10
		for _, f := range []release.Factor{{People: one.Factor}, {Gender: "F", People: one.Factor * times}, {Gender: "M", People: one.Factor / times}, {Age: "18+", People: .8 * one.Factor}} {
			f.Zone, f.SD = one.ID, math.NaN()
			geo.Factors = append(geo.Factors, f)
		}
	}
	index, err := allot.NewIndex(geo)
	if err != nil {
		t.Fatal(err)
	}
	return geo, index
}

// region is one zone of one leaf, with 1,000 children and 4,000 others.
func region(t *testing.T, factors ...release.Factor) (release.Geography, *allot.Index) {
	t.Helper()
	zones, err := throng.NewZones([]throng.Zone{{ID: "Z", Residents: 5000, Factor: 2.5}})
	if err != nil {
		t.Fatal(err)
	}
	geo := release.Geography{ID: "g", Version: "1", Tile: 100, Zones: zones, Factors: factors,
		Tree:      throng.Tree{Leaves: []throng.Leaf{{ID: "1", Residents: 5000}}, Blocks: []throng.Block{{ID: "b"}}, Areas: []throng.Block{{ID: "a", Up: -1}}},
		Shares:    []throng.Share{{Weight: 1}},
		Residents: []release.Residents{{Zone: "Z", Gender: "F", Age: "0-17", People: 1000}, {Zone: "Z", Gender: "M", Age: "18-64", People: 3000}, {Zone: "Z", Gender: "F", Age: "65+", People: 1000}}}
	index, err := allot.NewIndex(geo)
	if err != nil {
		t.Fatal(err)
	}
	return geo, index
}

// TestClassesByTheirOwnShares is the example of docs/method/calibration.md: 2,000 devices stand for 5,000 people; of them 100 of
// children stand for ten each, 1,500 of adults for two, 400 of the old for 2.5. Children are counted as not known. With one
// factor for all they would be 250, 3,750 and 1,000; by their own the adults and the old are right, and so is the rest.
func TestClassesByTheirOwnShares(t *testing.T) {
	classes["age"] = []string{"18-64", "65+", "U"}
	defer func() { classes["age"] = []string{"0-17", "18+", "U"} }()
	for name, c := range map[string]struct {
		factors []release.Factor
		want    []float64
	}{
		"one for all": {nil, []float64{3750, 1000, 250}},
		"by age": {[]release.Factor{{Zone: "Z", People: 2.5, SD: math.NaN()}, {Zone: "Z", Age: "0-17", People: 10, SD: math.NaN()},
			{Zone: "Z", Age: "18-64", People: 2, SD: math.NaN()}, {Zone: "Z", Age: "65+", People: 2.5, SD: math.NaN()}}, []float64{3000, 1000, 1000}},
		"by gender and age": {[]release.Factor{{Zone: "Z", Gender: "M", Age: "18-64", People: 2, SD: math.NaN()}, {Zone: "Z", Gender: "F", Age: "65+", People: 2.5, SD: math.NaN()}},
			[]float64{3000, 1000, 1000}},
	} {
		geo, index := region(t, c.factors...)
		of := tables(geo, 1, "age")
		of[0].Raw[0] = 2000
		copy(of[1].Raw, []int64{1500, 400, 100})
		b, err := reckoner(t, index, of).Breakdown(index.Zone(0), "age")
		if err != nil {
			t.Fatal(err)
		}
		for k, want := range c.want {
			if math.Abs(b.Estimate[k]-want) > 1e-6 {
				t.Errorf("%s: %s is %v, want %v", name, b.Codes[k], b.Estimate[k], want)
			}
		}
	}
}

// TestAreasWithoutPieces: an area that is written by hand is put into the zones of its leaves.
func TestAreasWithoutPieces(t *testing.T) {
	geo, index := calibrated(t, func() release.Geography { geo, _ := world(t, 4); return geo }())
	leaf := geo.Tree.Leaves[0]
	a := allot.Area{Leaf: []int32{0}, Share: []float64{1}, Weight: []float64{index.Factor(leaf.Zone)}}
	lifted, ok := index.UpClass(a, throng.LevelBlock, "age", "18+")
	all := index.Up(a, throng.LevelBlock)
	if !ok || math.Abs(lifted[leaf.Block]-.8*all[leaf.Block]) > 1e-12 || all[leaf.Block] == 0 {
		t.Errorf("got %v of %v, want .8 of it", lifted[leaf.Block], all[leaf.Block])
	}
}
