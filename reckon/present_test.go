package reckon

import (
	"math"
	"math/rand"
	"slices"
	"testing"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/privacy/result"
	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/release/storetest"
)

const hour = "2026-02-03T09:00:00Z"

// village is the ground of the example in docs/method/present-population.md: zones X and Y, leaves 1 and 2 in one block.
func village(t *testing.T) release.Geography {
	t.Helper()
	zones, err := throng.NewZones([]throng.Zone{
		{ID: "R", Level: 0},
		{ID: "X", Parent: "R", Level: 1, Residents: 2500, Factor: 2},
		{ID: "Y", Parent: "R", Level: 1, Factor: 3},
	})
	if err != nil {
		t.Fatal(err)
	}
	return release.Geography{
		ID: "village", Version: "1", Tile: 100, Zones: zones,
		Tree: throng.Tree{
			Leaves: []throng.Leaf{{ID: "1", Zone: 1, Residents: 3000}, {ID: "2", Zone: 2, Residents: 2000}},
			Blocks: []throng.Block{{ID: "b"}}, Areas: []throng.Block{{ID: "a", Up: -1}},
		},
		Shares:    []throng.Share{{Leaf: 0, E: 0, Zone: 1, Weight: 1}, {Leaf: 1, E: 100, Zone: 1, Weight: .25}, {Leaf: 1, E: 200, Zone: 2, Weight: .75}},
		Residents: []release.Residents{{Zone: "X", Gender: "F", Age: "0+", People: 1500}, {Zone: "X", Gender: "M", Age: "0+", People: 1000}},
	}
}

func fiveDevices() []result.Table {
	time := throng.Dim{Name: throng.DimTime, Codes: []string{hour}}
	leaf := throng.Dim{Name: throng.DimZone, Level: throng.LevelLeaf, Codes: []string{"1", "2"}}
	block := throng.Dim{Name: throng.DimZone, Level: throng.LevelBlock, Codes: []string{"b"}}
	gender := throng.Dim{Name: throng.DimGender, Codes: throng.Genders}
	return []result.Table{
		{Shape: throng.Shape{Name: "total", Dims: []throng.Dim{leaf, time}}, Raw: []int64{3 + 2, 2 - 1}, Sigma2: 4},
		{Shape: throng.Shape{Name: "gender", Dims: []throng.Dim{block, time, gender}}, Raw: []int64{2 + 2, 2 + 1, 1 + 1}, Sigma2: 4},
	}
}

func table(t *testing.T, of []release.Table, name string) release.Table {
	t.Helper()
	for _, one := range of {
		if one.Shape.Name == name {
			return one
		}
	}
	t.Fatalf("no table %s", name)
	return release.Table{}
}

func near(t *testing.T, what string, got, want []float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: got %v, want %v", what, got, want)
	}
	for i := range want {
		if math.Abs(got[i]-want[i]) > 1e-6 && !(math.IsNaN(got[i]) && math.IsNaN(want[i])) {
			t.Errorf("%s: got %v, want %v", what, got, want)
			return
		}
	}
}

// TestFiveDevices is the example computed by hand in docs/method/present-population.md.
func TestFiveDevices(t *testing.T) {
	of, err := Present(village(t), fiveDevices())
	if err != nil {
		t.Fatal(err)
	}
	leaf, total, gender := table(t, of, "leaf"), table(t, of, "total"), table(t, of, "gender")
	near(t, "leaf", leaf.Estimate, []float64{2 * 5.6, 3 * 1.6})
	near(t, "leaf sd", leaf.NoiseSD, []float64{2 * math.Sqrt(3.2), 3 * math.Sqrt(3.2)})
	near(t, "total", total.Estimate, []float64{15.6, 12, 3.6})
	near(t, "total sd", total.NoiseSD[1:], []float64{math.Sqrt(12), math.Sqrt(16.2)})
	near(t, "border", total.AllocSD[1:], []float64{.6, .9})
	near(t, "gender of X", gender.Estimate[3:6], []float64{5.912, 4.128, 1.96})
	near(t, "gender of Y", gender.Estimate[6:], []float64{2.1, 1.2, .3})
	near(t, "gender sd of X", gender.NoiseSD[3:6], []float64{2.743662, 2.596244, 2.504396})
	if total.Status[1] != "" || total.Status[2] != "modelled" || gender.Status[3] != "" || gender.Status[6] != "modelled" {
		t.Errorf("statuses %q and %q", total.Status, gender.Status)
	}
	if !math.IsNaN(total.ScaleSD[0]) || !math.IsNaN(gender.AllocSD[0]) {
		t.Error("what is not known is not NaN")
	}
}

// TestEstimatesCanBePublished puts everything into a draft, whose check wants finite numbers, names and shapes.
func TestEstimatesCanBePublished(t *testing.T) {
	geo := storetest.Geography(6, 2)
	noisy := truth(geo)
	of, err := Estimates(ProductPresent, geo, noisy)
	if err != nil {
		t.Fatal(err)
	}
	d := storetest.Draft("one", 3, 1)
	d.Manifest.Parts, d.Tables = nil, append(Measured(noisy), of...)
	for _, one := range noisy {
		d.Manifest.Parts = append(d.Manifest.Parts, release.Part{Table: one.Shape.Name, Sigma2: one.Sigma2, Domain: release.Axes(one.Shape)})
	}
	if err := d.Check(); err != nil {
		t.Error(err)
	}
	names := ""
	for _, one := range of {
		names += one.Path() + " "
	}
	if want := "estimate/linear/leaf.parquet estimate/linear/total.parquet estimate/linear/gender.parquet estimate/linear/origin.parquet "; names != want {
		t.Errorf("got %s, want %s", names, want)
	}
	checkParents(t, geo, of)
}

// checkParents adds up the children of every zone, class by class.
func checkParents(t *testing.T, geo release.Geography, of []release.Table) {
	t.Helper()
	total := table(t, of, "total")
	bins := total.Shape.Cells() / geo.Zones.Len()
	sums, parents := make([]float64, len(total.Estimate)), 0
	for z := range geo.Zones.Len() {
		if p := geo.Zones.Parent(z); p >= 0 {
			for i := range bins {
				sums[p*bins+i] += total.Estimate[z*bins+i]
			}
		}
	}
	for z := range geo.Zones.Len() {
		if geo.Zones.At(z).Level < 2 {
			parents++
			for i := z * bins; i < (z+1)*bins; i++ {
				if math.Abs(sums[i]-total.Estimate[i]) > 1e-6 {
					t.Fatalf("zone %s: children sum to %v, it is %v", geo.Zones.At(z).ID, sums[i], total.Estimate[i])
				}
			}
		}
	}
	if parents != 5 {
		t.Errorf("%d zones have children, want 5", parents)
	}
}

// truth counts the same devices by leaf, by block and gender, and by area and origin, without noise, in one hour: leaf i
// has 100+7i of them, of which a half, a third and the rest, block by block rounded down, are F, M, U.
func truth(geo release.Geography) []result.Table {
	time := throng.Dim{Name: throng.DimTime, Codes: []string{hour}}
	dim := func(level string, ids []string) throng.Dim {
		return throng.Dim{Name: throng.DimZone, Level: level, Codes: ids}
	}
	total := make([]int64, len(geo.Tree.Leaves))
	gender, origin := make([]int64, 3*len(geo.Tree.Blocks)), make([]int64, 2*len(geo.Tree.Areas))
	for i, leaf := range geo.Tree.Leaves {
		n := int64(100 + 7*i)
		area := geo.Tree.Blocks[leaf.Block].Up
		total[i] = n
		for k, part := range []int64{n / 2, n / 3, n - n/2 - n/3} {
			gender[3*leaf.Block+k] += part
		}
		origin[2*area] += n / 5
		origin[2*area+1] += n - n/5
	}
	return []result.Table{
		{Shape: throng.Shape{Name: "total", Dims: []throng.Dim{dim(throng.LevelLeaf, geo.Tree.LeafIDs()), time}}, Raw: total, Sigma2: 400},
		{Shape: throng.Shape{Name: "gender", Dims: []throng.Dim{dim(throng.LevelBlock, geo.Tree.BlockIDs()), time, {Name: throng.DimGender, Codes: throng.Genders}}}, Raw: gender, Sigma2: 600},
		{Shape: throng.Shape{Name: "origin", Dims: []throng.Dim{dim(throng.LevelArea, geo.Tree.AreaIDs()), time, {Name: throng.DimOrigin, Codes: []string{"here", "other"}}}}, Raw: origin, Sigma2: 900},
	}
}

// TestNoNoiseGivesTheAllocatedTruth: counts without noise are consistent, so fitting does not move them, and the total
// of a zone is the plain allocation of the true leaves.
func TestNoNoiseGivesTheAllocatedTruth(t *testing.T) {
	geo := storetest.Geography(6, 2)
	exact := truth(geo)
	of, err := Present(geo, exact)
	if err != nil {
		t.Fatal(err)
	}
	want := make([]float64, geo.Zones.Len())
	for _, s := range geo.Shares {
		for z := int(s.Zone); z >= 0; z = geo.Zones.Parent(z) {
			want[z] += s.Weight * geo.Zones.At(int(s.Zone)).Factor * float64(exact[0].Raw[s.Leaf])
		}
	}
	near(t, "total", table(t, of, "total").Estimate, want)
}

// TestNoiseIsAsStated draws n independent releases and compares errors with noise_sd, cell by cell: the mean within 4.9
// standard errors of 0, the variance within 4.9 of its own (sqrt(2/n)), and the share of 95 % intervals that hold the
// truth within 4.9*sqrt(.95*.05/n). 4.9 is missed with probability 1e-6 a comparison; there are about 250. Noise is
// normal and rounded, which adds 1/12 to variances of 400 and more: 2e-4, a hundredth of what is allowed.
func TestNoiseIsAsStated(t *testing.T) {
	const seed, n = 22, 4000
	geo := storetest.Geography(4, 3)
	rnd := rand.New(rand.NewSource(seed))
	exact := truth(geo)
	want, err := Present(geo, exact)
	if err != nil {
		t.Fatal(err)
	}
	type tally struct{ sum, square, covered float64 }
	tallies := make([][]tally, len(want))
	for k := range want {
		tallies[k] = make([]tally, len(want[k].Estimate))
	}
	for range n {
		noisy := make([]result.Table, len(exact))
		for k, one := range exact {
			noisy[k] = one
			noisy[k].Raw = make([]int64, len(one.Raw))
			for i, v := range one.Raw {
				noisy[k].Raw[i] = v + int64(math.Round(math.Sqrt(float64(one.Sigma2))*rnd.NormFloat64()))
			}
		}
		got, err := Present(geo, noisy)
		if err != nil {
			t.Fatal(err)
		}
		for k := range got {
			for i, v := range got[k].Estimate {
				e := (v - want[k].Estimate[i]) / got[k].NoiseSD[i]
				tallies[k][i].sum += e
				tallies[k][i].square += e * e
				if math.Abs(e) <= 1.96 {
					tallies[k][i].covered++
				}
			}
		}
	}
	compared := 0
	for k, cells := range tallies {
		for i, c := range cells {
			compared += 3
			mean, variance, covered := c.sum/n, c.square/n, c.covered/n
			if math.Abs(mean) > 4.9/math.Sqrt(n) || math.Abs(variance-1) > 4.9*math.Sqrt(2.0/n) || math.Abs(covered-.95) > 4.9*math.Sqrt(.95*.05/n) {
				t.Errorf("seed %d, n %d, table %s cell %d: in units of noise_sd mean %v, variance %v, covered %v", seed, n, want[k].Shape.Name, i, mean, variance, covered)
			}
		}
	}
	if compared < 150 {
		t.Errorf("only %d comparisons", compared)
	}
}

func TestFlowsScaleByTheZoneOfOrigin(t *testing.T) {
	geo := village(t)
	zone := throng.Dim{Name: throng.DimZone, Level: throng.LevelZone, Codes: []string{"X", "Y"}}
	to := throng.Dim{Name: throng.DimZone2, Level: throng.LevelZone, Codes: []string{"X", "Y"}}
	of, err := Estimates(ProductFlowsDay, geo, []result.Table{
		{Shape: throng.Shape{Name: "total", Dims: []throng.Dim{zone, to}}, Raw: []int64{1, 10, -4, 0}, Sigma2: 25},
		{Shape: throng.Shape{Name: "origin", Dims: []throng.Dim{{Name: throng.DimOrigin, Codes: []string{"p", "q"}}}}, Raw: []int64{8, 9}, Sigma2: 4},
	})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "flows", of[0].Estimate, []float64{2, 20, -12, 0})
	near(t, "sd", of[0].NoiseSD, []float64{10, 10, 15, 15})
	near(t, "origin", of[1].Estimate, []float64{8, 9})
	near(t, "sd of origin", of[1].NoiseSD, []float64{2, 2})
	if of[0].Method != Method || of[0].Kind != release.Estimate || of[0].Status != nil {
		t.Errorf("got %+v", of[0])
	}
	geo.Tile, geo.Shares = 0, nil // flows need no tiles: stations have none
	if again, err := Flows(geo, []result.Table{{Shape: of[1].Shape, Raw: []int64{8, 9}, Sigma2: 4}}); err != nil || again[0].Estimate[1] != 9 {
		t.Errorf("without tiles: %v", err)
	}
	zone.Codes = []string{"X", "Z"}
	if _, err := Flows(geo, []result.Table{{Shape: throng.Shape{Name: "total", Dims: []throng.Dim{zone, to}}, Raw: make([]int64, 4), Sigma2: 25}}); err == nil {
		t.Error("an unknown zone was taken")
	}
}

// TestSparseFlows: the listed cells are scaled by the zone where they begin, and stay the listed cells.
func TestSparseFlows(t *testing.T) {
	geo := village(t)
	zone := throng.Dim{Name: throng.DimZone, Level: throng.LevelZone, Codes: []string{"X", "Y"}}
	to := throng.Dim{Name: throng.DimZone2, Level: throng.LevelZone, Codes: []string{"X", "Y"}}
	s := throng.Shape{Name: "total", Dims: []throng.Dim{zone, to}}
	of, err := Estimates(ProductFlowsHour, geo, []result.Table{{Shape: s, Cells: []uint64{1, 2}, Raw: []int64{10, 12}, Sigma2: 25, Tau: 9}})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "flows", of[0].Estimate, []float64{20, 36})
	near(t, "sd", of[0].NoiseSD, []float64{10, 15})
	if !slices.Equal(of[0].Cells, []uint64{1, 2}) || of[0].Tau != 9 {
		t.Errorf("cells %v, tau %d", of[0].Cells, of[0].Tau)
	}
	if empty, err := Flows(geo, []result.Table{{Shape: s, Cells: []uint64{}, Sigma2: 25, Tau: 9}}); err != nil || !empty[0].Sparse() || len(empty[0].Estimate) != 0 {
		t.Errorf("no cells: %v", err)
	}
	if _, err := Flows(geo, []result.Table{{Shape: s, Cells: []uint64{1, 2}, Raw: []int64{10}, Sigma2: 25, Tau: 9}}); err == nil {
		t.Error("a table with a missing count was taken")
	}
}

func TestCountsPassThrough(t *testing.T) {
	geo := village(t)
	shape := throng.Shape{Name: "departures", Dims: []throng.Dim{{Name: throng.DimZone, Level: throng.LevelZone, Codes: []string{"X", "Y"}}, {Name: throng.DimTime, Codes: []string{hour}}}}
	of, err := Estimates(ProductVehicles, geo, []result.Table{{Shape: shape, Raw: []int64{7, -2}, Sigma2: 9}})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "departures", of[0].Estimate, []float64{7, -2})
	near(t, "sd", of[0].NoiseSD, []float64{3, 3})
	if _, err := Counts([]result.Table{{Shape: shape, Raw: []int64{7}, Sigma2: 9}}); err == nil {
		t.Error("a table with a missing cell was taken")
	}
	if _, err := Estimates("gossip", geo, nil); err == nil {
		t.Error("an unknown product was taken")
	}
}

// TestVehiclesPage makes the estimates of the worked example of docs/method/vehicles.md.
func TestVehiclesPage(t *testing.T) {
	shape := throng.Shape{Name: "departures", Dims: []throng.Dim{{Name: throng.DimZone, Level: throng.LevelZone, Codes: []string{"P", "Q"}},
		{Name: throng.DimTime, Codes: []string{"2024-05-06T08:00:00Z", "2024-05-31T23:00:00Z"}}}}
	truth, noise := []int64{2, 1, 1, 0}, []int64{-2, 3, 4, 0}
	raw := make([]int64, len(truth))
	for i := range raw {
		raw[i] = truth[i] + noise[i]
	}
	of, err := Estimates(ProductVehicles, village(t), []result.Table{{Shape: shape, Raw: raw, Sigma2: 27}})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "departures", of[0].Estimate, []float64{0, 4, 5, 0})
	near(t, "sd", of[0].NoiseSD, []float64{5.196152422706632, 5.196152422706632, 5.196152422706632, 5.196152422706632})
	if week := math.Sqrt(7 * 27.); math.Abs(week-13.747727) > 1e-6 {
		t.Errorf("the noise of a week is %v", week)
	}
}
