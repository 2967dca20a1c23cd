package allot

import (
	"math"
	"slices"
	"testing"
)

// TestCatchments against the plain way: every tile to its nearest place within reach; together they are what one place with all
// tiles would be, nobody twice; with overlap each is what it is alone.
func TestCatchments(t *testing.T) {
	x, geo := index(t, 7)
	h := values(len(geo.Tree.Leaves), 3)
	place := func(id string, e, n float64) Place {
		lat, lon := x.plane.Inverse(e, n)
		return Place{id, lat, lon}
	}
	first, last := x.shares[0], x.shares[len(x.shares)-1]
	a, b := place("b", float64(first.E), float64(first.N)), place("a", float64(last.E), float64(last.N))
	radius := .7 * math.Hypot(float64(last.E-first.E), float64(last.N-first.N))
	want := map[string]float64{}
	for _, s := range x.shares {
		if s.Zone < 0 {
			continue
		}
		worth := s.Weight * x.Factor(int(s.Zone)) * h[s.Leaf]
		best, nearest := "", math.Inf(1)
		for _, p := range []Place{b, a} { // in the order of ids
			px, py := x.plane.Forward(p.Lat, p.Lon)
			if d := math.Hypot(float64(s.E)+float64(x.tile)/2-px, float64(s.N)+float64(x.tile)/2-py); d <= radius {
				want["alone "+p.ID] += worth
				if d < nearest-.001 {
					best, nearest = p.ID, d
				}
			}
		}
		want[best] += worth
	}
	for _, overlap := range []bool{false, true} {
		got, err := x.Catchments([]Place{a, b}, radius, overlap)
		if err != nil || len(got) != 2 || got[0].Place.ID != "a" {
			t.Fatalf("%v, %v", got, err)
		}
		for _, c := range got {
			name := c.Place.ID
			if overlap {
				name = "alone " + name
			}
			if v := dot(c.Area, h); math.Abs(v-want[name]) > 1e-6 || want[name] == 0 {
				t.Errorf("%s: got %v, want %v", name, v, want[name])
			}
		}
	}
	again, err := x.Catchments([]Place{b, a}, radius, false)
	one, _ := x.Catchments([]Place{a, b}, radius, false)
	if err != nil || !slices.Equal(again[0].Leaf, one[0].Leaf) || !slices.Equal(again[0].Weight, one[0].Weight) {
		t.Error("the order of the list changes catchments")
	}
	for _, bad := range [][]Place{{a, a}, {{ID: "x", Lat: 91}}, {{ID: ""}}} {
		if _, err := x.Catchments(bad, 100, false); err == nil {
			t.Errorf("%v was taken", bad)
		}
	}
	if _, err := x.Catchments([]Place{a}, math.NaN(), false); err == nil {
		t.Error("a radius that is no number was taken")
	}
}
