package area

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/paulmach/orb"
)

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s: got %.9f, want %.9f", what, got, want)
	}
}

// The table of the methods, section 1; the first row is the test point of EPSG:3035. They are given to the millimetre.
func TestPlaneMeetsPublishedPoints(t *testing.T) {
	nairobi := Plane{Lat0: -1.29, Lon0: 36.82}
	for _, c := range []struct {
		plane          Plane
		lat, lon, x, y float64
	}{
		{Europe, 50, 5, 3_962_799.451, 2_999_718.853},
		{Europe, 38.7223, -9.1393, 2_665_519.214, 1_946_764.045},
		{Europe, 59.4370, 24.7536, 5_153_013.447, 4_124_198.393},
		{nairobi, -1.2, 36.9, 8_903.621, 9_951.595},
		{Europe, 52, 10, 4_321_000, 3_210_000},
	} {
		x, y := c.plane.Forward(c.lat, c.lon)
		near(t, "x", x, c.x, .0006)
		near(t, "y", y, c.y, .0006)
		lat, lon := c.plane.Inverse(x, y)
		near(t, "latitude", lat, c.lat, 1e-9)
		near(t, "longitude", lon, c.lon, 1e-9)
	}
}

func TestPlaneInverseUndoesForwardEverywhere(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		p := Plane{Lat0: rng.Float64()*160 - 80, Lon0: rng.Float64()*360 - 180}
		lat, lon := p.Lat0+rng.Float64()*18-9, p.Lon0+rng.Float64()*20-10
		gotLat, gotLon := p.Inverse(p.Forward(lat, lon))
		near(t, "latitude", gotLat, lat, 1e-9)
		near(t, "longitude", math.Remainder(gotLon-lon, 360), 0, 1e-9)
	}
}

// A degree square between two parallels has a known area on the ellipsoid: dlon * a^2 * (q1 - q0) / 2.
func TestPlaneKeepsAreas(t *testing.T) {
	square := orb.MultiPolygon{{{{4, 50}, {5, 50}, {5, 51}, {4, 51}, {4, 50}}}}
	want := degree * semiMajor * semiMajor / 2 * (authalic(math.Sin(51*degree)) - authalic(math.Sin(50*degree)))
	// The parallels are cut into 20 chords; each segment between chord and arc is below 1e-6 of the square.
	near(t, "area over its true value", Area(Europe.Shape(square))/want, 1, 1e-5)
}

func TestPlaneForChoosesEuropeOrTheCentre(t *testing.T) {
	if got := PlaneFor(orb.Bound{Min: orb.Point{2, 48}, Max: orb.Point{3, 49}}); got != Europe || got.CRS() != "EPSG:3035" {
		t.Errorf("Paris: got %+v", got)
	}
	want := Plane{Lat0: 37, Lon0: -122}
	if got := PlaneFor(orb.Bound{Min: orb.Point{-122.5, 36.9}, Max: orb.Point{-121.8, 37.9}}); got != want || got.CRS() != "laea" {
		t.Errorf("San Francisco: got %+v, want %+v", got, want)
	}
}

// The table of the methods, section 1: east-west and north-south must differ.
func TestHaversine(t *testing.T) {
	near(t, "Lisbon to Porto", Haversine(38.7223, -9.1393, 41.1579, -8.6291), 274_295.885, .001)
	near(t, "east-west", Haversine(60, 10, 60, 11), 55_597.011, .001)
	near(t, "north-south", Haversine(60, 10, 61, 10), 111_195.080, .001)
	near(t, "antipodes", Haversine(0, 0, 0, 180), math.Pi*EarthRadius, 1e-6)
}
