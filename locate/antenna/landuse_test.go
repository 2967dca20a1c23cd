package antenna

import (
	"math"
	"testing"

	"github.com/throng-stats/throng/locate/area"
)

// at is a square of the grid around a point of the plane.
func at(p area.Plane, x, y, side, weight float64) LandUse {
	lat, lon := p.Inverse(x, y)
	return LandUse{Lat: lat, Lon: lon, Side: side, Weight: weight}
}

// TestLandUse spreads squares over tiles of 100 m: one that covers four tiles gives each a quarter, one smaller than a tile
// all to the tile that holds it, squares that touch share nothing, and the order of rows changes no bit.
func TestLandUse(t *testing.T) {
	p := area.Europe
	o := Options{Plane: p, Tile: 100, LandUse: []LandUse{
		at(p, 4_000_100, 3_000_100, 200, 8), at(p, 4_000_300, 3_000_100, 200, 4), at(p, 4_000_520, 3_000_530, 10, 3), at(p, 4_000_580, 3_000_580, 10, .1), at(p, 4_000_510, 3_000_510, 10, .2)}}
	got, err := o.landUse()
	if err != nil {
		t.Fatal(err)
	}
	for tile, want := range map[[2]int32]float64{{4_000_000, 3_000_000}: 2, {4_000_100, 3_000_100}: 2, {4_000_200, 3_000_000}: 1, {4_000_300, 3_000_100}: 1, {4_000_500, 3_000_500}: 3.3} {
		if math.Abs(got[tile]-want) > 1e-9 {
			t.Errorf("tile %v: got %v, want %v", tile, got[tile], want)
		}
	}
	if len(got) != 9 {
		t.Errorf("%d tiles have a weight, want 9", len(got))
	}
	o.LandUse[2], o.LandUse[4] = o.LandUse[4], o.LandUse[2]
	again, err := o.landUse()
	for tile, v := range got {
		if err != nil || again[tile] != v {
			t.Errorf("in another order tile %v: got %v, was %v (%v)", tile, again[tile], v, err)
		}
	}
	for _, bad := range []LandUse{{Side: 100, Weight: -1}, {Side: 0, Weight: 1}, {Side: 100, Weight: math.NaN()}, {Side: 100, Lat: 91}} {
		o.LandUse = []LandUse{bad}
		if _, err := o.landUse(); err == nil {
			t.Errorf("%+v was taken", bad)
		}
	}
}
