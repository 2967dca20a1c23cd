package reckon

import (
	"math"
	"math/rand"
	"testing"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/privacy/result"
	"github.com/throng-stats/throng/release"
)

// coast has a town A (share of all .5, but one in ten of its 400 children, half of its 600 others: 340 devices) that works people of the far
// region B (share .4) come to.
func coast(t *testing.T) release.Geography {
	t.Helper()
	zones, err := throng.NewZones([]throng.Zone{{ID: "A", Residents: 1000, Factor: 2}, {ID: "B", Residents: 9000, Factor: 2.5}})
	if err != nil {
		t.Fatal(err)
	}
	return release.Geography{Zones: zones,
		Factors: []release.Factor{{Zone: "A", People: 2}, {Zone: "A", Age: "0-17", People: 10}, {Zone: "A", Age: "18+", People: 2}, {Zone: "B", People: 2.5}},
		Residents: []release.Residents{{Zone: "A", Gender: "F", Age: "0-17", People: 400}, {Zone: "A", Gender: "F", Age: "18+", People: 600},
			{Zone: "B", Gender: "F", Age: "18+", People: 9000}}}
}

// nightsOf are the measured tables of a night: by zone (A, B) and origin (A, B, FR, U), by gender and by age.
func nightsOf(origin, gender, age []int64, sigma2 uint64) []result.Table {
	list := []result.Table{counted("origin", origin, dim(throng.DimZone, "A", "B"), dim(throng.DimOrigin, "A", "B", "FR", "U")),
		counted("gender", gender, dim(throng.DimGender, "F", "M", "U")), counted("age", age, dim(throng.DimAge, "0-17", "18+", "U"))}
	for i := range list {
		list[i].Sigma2 = sigma2
	}
	return list
}

// TestNightsOfRegions: who lives in A is 1,000 / 340 people a device there; who comes from B 2.5 there, as at home; guests 4.2; who
// is of nobody knows where, 2. Tables of the whole have the people of those cells by their devices, 1,000 of which are in A and 100
// in B, and an age that has rows its own factor there, however many live in B.
func TestNightsOfRegions(t *testing.T) {
	origin := []int64{680, 200, 100, 20, 0, 100, 0, 0}
	of, err := EstimatesWith(ProductNights, coast(t), nightsOf(origin, []int64{600, 450, 50}, []int64{10, 1050, 40}, 4), Options{Inbound: map[string]float64{"FR": 4.2}})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "by origin", of[0].Estimate, []float64{2000, 500, 420, 40, 0, 250, 0, 0})
	const whole = 3210. / 1100
	near(t, "by gender", of[1].Estimate, []float64{600 * whole, 450 * whole, 50 * whole})
	const young, old = (1000*10 + 100*2.5) / 1100, (1000*2 + 100*2.5) / 1100
	near(t, "by age", of[2].Estimate, []float64{10 * young, 1050 * old, 40 * whole})
}

// TestFewNights: where the devices are fewer than five standard deviations of their sum, the factor of all residents stays: 10,000 by
// 500 devices of A and 3,600 of B.
func TestFewNights(t *testing.T) {
	for _, sigma2 := range []uint64{900, 100} { // 5 sqrt(8) 30 = 424, and 141
		of, err := Estimates(ProductNights, coast(t), nightsOf([]int64{300, 0, 0, 0, 0, 0, 0, 0}, []int64{300, 0, 0}, []int64{0, 0, 0}, sigma2))
		if err != nil {
			t.Fatal(err)
		}
		want := 300 * 10000. / 4100
		if sigma2 == 100 {
			want = 300 * 1000. / 340
		}
		near(t, "by gender", of[1].Estimate[:1], []float64{want})
	}
}

// TestNoiseOfWhole draws 4,000 releases of nights: variance of a gender within 4.9 sqrt(2/n) of what is stated, which counts the noise of
// where devices are. 4.9 is missed with probability 1e-6 a comparison; there are two. Rounding and the second order of the ratio add
// less than a hundredth. Without the noise of the ratio the variance would be a quarter too small.
func TestNoiseOfWhole(t *testing.T) {
	const seed, n = 29, 4000
	rnd := rand.New(rand.NewSource(seed))
	drawn := func(exact ...int64) []int64 {
		for i := range exact {
			exact[i] += int64(math.Round(20 * rnd.NormFloat64()))
		}
		return exact
	}
	o := Options{Inbound: map[string]float64{"FR": 4.2}}
	exact, err := EstimatesWith(ProductNights, coast(t), nightsOf([]int64{6800, 2000, 1000, 200, 0, 1000, 0, 0}, []int64{10000, 700, 300}, []int64{0, 0, 0}, 400), o)
	if err != nil {
		t.Fatal(err)
	}
	square := make([]float64, 2)
	for range n {
		of, err := EstimatesWith(ProductNights, coast(t), nightsOf(drawn(6800, 2000, 1000, 200, 0, 1000, 0, 0), drawn(10000, 700, 300), drawn(0, 0, 0), 400), o)
		if err != nil {
			t.Fatal(err)
		}
		for i := range square {
			off := (of[1].Estimate[i] - exact[1].Estimate[i]) / exact[1].NoiseSD[i]
			square[i] += off * off / n
		}
	}
	for i, v := range square {
		if math.Abs(v-1) > 4.9*math.Sqrt(2.0/n) {
			t.Errorf("seed %d: gender %d: variance is %v of the stated one", seed, i, v)
		}
	}
	alone, err := EstimatesWith(ProductNights, coast(t), nightsOf([]int64{6800, 2000, 1000, 200, 0, 1000, 0, 0}, []int64{0, 0, 0}, []int64{0, 0, 0}, 400), o)
	if err != nil {
		t.Fatal(err)
	}
	if part := alone[1].NoiseSD[0] / exact[1].NoiseSD[0]; part > .9 {
		t.Errorf("the noise of where devices are is too small to be seen: %v", part)
	}
}
