package forecast_test

import (
	"math"
	"math/rand"
	"testing"

	"github.com/throng-stats/throng/reckon/forecast"
)

// TestUsualDay: four Tuesdays at nine, and a fifth. docs/method/usual-day.md works it out.
func TestUsualDay(t *testing.T) {
	u, err := forecast.Weeks{{100, 6}, {110, 6}, {90, 6}, {104, 6}}.Usual()
	if err != nil {
		t.Fatal(err)
	}
	d := u.Compare(forecast.Value{Value: 131.3, NoiseSD: 4})
	for _, c := range []struct {
		what      string
		got, want float64
	}{{"mean", u.Mean, 101}, {"noise", u.NoiseSD, 3}, {"spread", u.Spread, math.Sqrt(212. / 3)}, {"difference", d.People, 30.3}, {"percent", d.Percent, 30}, {"its noise", d.NoiseSD, 5}} {
		if math.Abs(c.got-c.want) > 1e-9 {
			t.Errorf("%s: got %v, want %v", c.what, c.got, c.want)
		}
	}
	f, err := u.Forecast()
	if half := 3.18245 * math.Sqrt(212./3) * math.Sqrt(1.25); err != nil || math.Abs(f.High-101-half) > 1e-9 || math.Abs(101-f.Low-half) > 1e-9 {
		t.Errorf("forecast %+v, %v, want 101 ± %v", f, err, half)
	}
	if d := (forecast.Usual{Mean: 10, NoiseSD: 3}).Compare(forecast.Value{Value: 20}); !math.IsNaN(d.Percent) {
		t.Errorf("%v percent of what may be nothing", d.Percent)
	}
	for _, bad := range []forecast.Weeks{nil, {{math.NaN(), 1}}, {{1, -1}}} {
		if _, err := bad.Usual(); err == nil {
			t.Errorf("%v was taken", bad)
		}
	}
	one, _ := forecast.Weeks{{1, 1}}.Usual()
	if _, err := one.Forecast(); err == nil {
		t.Error("one week gave an interval")
	}
}

// TestForecastCovers: the next week lies inside its interval in 95 of 100 cases, whatever the number of weeks. 40,000 draws each,
// 4.9 standard errors: it lies once in 100,000 runs.
func TestForecastCovers(t *testing.T) {
	const seed, n = 4, 40_000
	r := rand.New(rand.NewSource(seed))
	for _, weeks := range []int{2, 3, 4, 8, 16} {
		inside := 0
		for range n {
			var past forecast.Weeks
			for range weeks {
				past = append(past, forecast.Value{Value: 500 + 30*r.NormFloat64(), NoiseSD: 10})
			}
			u, _ := past.Usual()
			f, err := u.Forecast()
			if err != nil {
				t.Fatal(err)
			}
			if next := 500 + 30*r.NormFloat64(); next >= f.Low && next <= f.High {
				inside++
			}
		}
		if got := float64(inside) / n; math.Abs(got-.95) > 4.9*math.Sqrt(.95*.05/n)+.0003 { // the table has six digits
			t.Errorf("seed %d, %d weeks: %.4f inside, want .95", seed, weeks, got)
		}
	}
}

// TestShare is the worked check of methods.md, section 21.
func TestShare(t *testing.T) {
	s := forecast.ShareOf(forecast.Value{Value: 240, NoiseSD: 20}, forecast.Value{Value: 1600, NoiseSD: 35})
	if math.Abs(s.Share-.15) > 1e-9 || math.Abs(s.NoiseSD-.012923) > 1e-6 || !s.Reliable ||
		math.Abs(s.Share-1.96*s.NoiseSD-.124670) > 1e-5 || math.Abs(s.Share+1.96*s.NoiseSD-.175330) > 1e-5 {
		t.Errorf("got %+v, want .15, sd .012923", s)
	}
	if s := forecast.ShareOf(forecast.Value{Value: 3, NoiseSD: 1}, forecast.Value{Value: 4, NoiseSD: 1}); s.Reliable {
		t.Error("a share of what may be nothing is called reliable")
	}
}
