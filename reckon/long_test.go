package reckon

import (
	"math"
	"math/rand"
	"slices"
	"testing"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/privacy/result"
	"github.com/throng-stats/throng/release"
)

// town has zones X (factor 2, 3,000 people) and Y (factor 4, 1,000 people) below R; the share of X is known to a tenth.
func town(t *testing.T) release.Geography {
	t.Helper()
	zones, err := throng.NewZones([]throng.Zone{
		{ID: "R", Residents: 4000},
		{ID: "X", Parent: "R", Level: 1, Residents: 3000, Factor: 2},
		{ID: "Y", Parent: "R", Level: 1, Residents: 1000, Factor: 4},
	})
	if err != nil {
		t.Fatal(err)
	}
	return release.Geography{Zones: zones, Factors: []release.Factor{{Zone: "X", People: 2, SD: .2}, {Zone: "Y", People: 4, SD: .2}}}
}

func dim(name string, codes ...string) throng.Dim {
	d := throng.Dim{Name: name, Codes: codes}
	if name == throng.DimZone || name == throng.DimZone2 {
		d.Level = throng.LevelZone
	}
	return d
}

func counted(name string, raw []int64, dims ...throng.Dim) result.Table {
	return result.Table{Shape: throng.Shape{Name: name, Dims: dims}, Raw: raw, Sigma2: 9}
}

// TestPeople: 3,000 people of X have 1,500 devices and 1,000 of Y have 250, so a device of R stands for 4,000/1,750.
func TestPeople(t *testing.T) {
	const r = 4000.0 / 1750
	both := dim(throng.DimZone, "X", "Y")
	for _, c := range []struct {
		product       string
		table         result.Table
		codes         []string // of the first dimension of the estimate
		estimate, sd  []float64
		scale         []float64
		inbound, roam float64
	}{
		{"visitors", counted("total", []int64{10, 5}, both), []string{"X", "Y"}, []float64{20, 20}, []float64{6, 12}, []float64{2, 1}, 0, 0},
		{"usual", counted("home", []int64{10, 5}, both), []string{"R", "X", "Y"}, []float64{40, 20, 20}, []float64{math.Sqrt(180), 6, 12}, []float64{3, 2, 1}, 0, 0},
		{"usual", counted("home-work", []int64{10, 5, -1, 0}, both, dim(throng.DimZone2, "X", "Y")), []string{"X", "Y"},
			[]float64{20, 10, -4, 0}, []float64{6, 6, 12, 12}, []float64{2, 1, .2, 0}, 0, 0},
		{"migration", counted("total", []int64{0, 5, -1, 0}, both, dim(throng.DimZone2, "X", "Y")), []string{"X", "Y"},
			[]float64{0, 10, -4, 0}, []float64{6, 6, 12, 12}, []float64{0, 1, .2, 0}, 0, 0},
		{"nights", counted("origin", []int64{10, 6}, dim(throng.DimZone, "R"), dim(throng.DimOrigin, "north", "FR")), []string{"R"},
			[]float64{10 * r, 25.2}, []float64{3 * r, 12.6}, []float64{10 * r * 162.5 / 1750, math.NaN()}, 4.2, 0},
		{"nights", counted("origin", []int64{10, 6, 0, 1}, both, dim(throng.DimOrigin, "north", "FR")), []string{"R", "X", "Y"},
			[]float64{20, 29.4, 20, 25.2, 0, 4.2}, []float64{math.Sqrt(180), math.Sqrt(2) * 12.6, 6, 12.6, 12, 12.6}, nil, 4.2, 0},
		{"nights", counted("gender", []int64{10, 6}, dim(throng.DimGender, "F", "M")), []string{"F", "M"}, []float64{10 * r, 6 * r}, []float64{3 * r, 3 * r}, nil, 0, 0},
		{"tourism", counted("length", []int64{10, 6, 1, 2}, dim(throng.DimKind, "inbound", "domestic"), dim(throng.DimNights, "0", "1")), []string{"inbound", "domestic"},
			[]float64{50, 30, r, 2 * r}, []float64{15, 15, 3 * r, 3 * r}, nil, 0, 5},
		{"tourism", counted("abroad", []int64{10, 6}, dim(throng.DimCountry, "FR", "other"), dim(throng.DimOrigin, "north")), []string{"FR", "other"},
			[]float64{10 * r, 6 * r}, []float64{3 * r, 3 * r}, nil, 0, 0},
	} {
		o := Options{Roamer: c.roam}
		if c.inbound > 0 {
			o.Inbound = map[string]float64{"FR": c.inbound}
		}
		of, err := EstimatesWith(c.product, town(t), []result.Table{c.table}, o)
		if err != nil {
			t.Fatal(c.product, err)
		}
		name := c.product + "/" + c.table.Shape.Name
		if !slices.Equal(of[0].Shape.Dims[0].Codes, c.codes) {
			t.Fatalf("%s: got the codes %v, want %v", name, of[0].Shape.Dims[0].Codes, c.codes)
		}
		near(t, name, of[0].Estimate, c.estimate)
		near(t, name+" sd", of[0].NoiseSD, c.sd)
		// relative sd of a mean: devices weigh the sd of their zones, (1500*.1 + 250*.05)/1750 = 162.5/1750
		if c.scale != nil {
			near(t, name+" scale sd", of[0].ScaleSD, c.scale)
		}
		if c.inbound > 0 && !math.IsNaN(of[0].ScaleSD[1]) {
			t.Errorf("%s: the share of roamers is not known, its sd is %v", name, of[0].ScaleSD[1])
		}
	}
}

func TestPeopleRefuses(t *testing.T) {
	one := counted("total", []int64{1}, dim(throng.DimZone, "Q"))
	if _, err := Estimates(ProductVisitors, town(t), []result.Table{one}); err == nil {
		t.Error("an unknown zone was taken")
	}
	one.Shape.Dims[0].Codes = []string{"X"}
	for _, o := range []Options{{Roamer: -1}, {Inbound: map[string]float64{"FR": math.Inf(1)}}} {
		if _, err := EstimatesWith(ProductVisitors, town(t), []result.Table{one}, o); err == nil {
			t.Errorf("%v was taken", o)
		}
	}
	if _, err := Estimates(ProductVisitors, town(t), []result.Table{{Shape: one.Shape, Raw: []int64{1}}}); err == nil {
		t.Error("a table without a variance was taken")
	}
}

// TestNoiseOfSums draws 4,000 releases of homes: variance within 4.9 sqrt(2/n) of what is stated. 4.9 is missed with
// probability 1e-6 a comparison; there are three. Rounding adds 1/12 to a variance of 400: a hundredth of what is allowed.
func TestNoiseOfSums(t *testing.T) {
	const seed, n = 23, 4000
	rnd, square := rand.New(rand.NewSource(seed)), make([]float64, 3)
	for range n {
		home := counted("home", []int64{0, 0}, dim(throng.DimZone, "X", "Y"))
		home.Sigma2 = 400
		for i := range home.Raw {
			home.Raw[i] = int64(math.Round(20 * rnd.NormFloat64()))
		}
		of, err := Estimates(ProductUsual, town(t), []result.Table{home})
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range of[0].Estimate {
			square[i] += v * v / of[0].NoiseSD[i] / of[0].NoiseSD[i] / n
		}
	}
	for i, v := range square {
		if math.Abs(v-1) > 4.9*math.Sqrt(2.0/n) {
			t.Errorf("seed %d: zone %d: variance is %v of the stated one", seed, i, v)
		}
	}
}
