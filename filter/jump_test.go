package filter

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/locate"
)

// TestShortSteps: the shortcut for short steps says what the arc says, also a hair beside JumpMetres.
func TestShortSteps(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 20_000 {
		lat, lon := r.Float64()*170-85, r.Float64()*360-180
		metres := math.Exp(r.Float64() * math.Log(2e7)) // from a metre to half the globe
		opt := Options{JumpMetres: metres, JumpSpeed: 1e-6}
		north := (metres * (1 + (r.Float64()-.5)*math.Pow(10, -float64(r.IntN(17))))) / EarthRadius * 180 / math.Pi
		f := New(opt, &locate.Ground{Places: []locate.Place{{Lat: lat, Lon: lon}, {Lat: math.Min(90, lat+north), Lon: lon}}})
		want := arc(f.chord2(0, 1)) > metres
		if got := f.tooFast(&event.Record{Place: 0}, &event.Record{Place: 1, Time: 1}); got != want {
			t.Fatalf("from %g %g %g degrees north, limit %g m: got %v, want %v", lat, lon, north, metres, got, want)
		}
	}
}
