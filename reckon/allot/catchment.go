package allot

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Place is a school, clinic or station of a public list.
type Place struct {
	ID       string
	Lat, Lon float64 // degrees
}

// Catchment is the ground within a distance of a place of the list.
type Catchment struct {
	Place Place
	Area
}

// Catchments gives out the ground within radius metres of the places of a public list: a tile belongs to the nearest place whose
// distance from its centre is at most the radius, of equals to the smaller id, so that nobody is in two catchments; or with
// overlap to every one. Like a perimeter it is a sum of the same shares, costs nothing, and its margin is that of any area
// (methods.md, section 21). It refuses a place that is there twice, and distances that are none.
func (x *Index) Catchments(places []Place, radius float64, overlap bool) ([]Catchment, error) {
	if !(radius > 0 && radius <= 100_000) {
		return nil, fmt.Errorf("catchment: got a radius of %v m, want more than 0 and at most 100,000", radius)
	}
	sorted := slices.Clone(places)
	slices.SortFunc(sorted, func(a, b Place) int { return strings.Compare(a.ID, b.ID) })
	at := make([][2]float64, len(sorted))
	for i, p := range sorted {
		if i > 0 && p.ID == sorted[i-1].ID || p.ID == "" || !(math.Abs(p.Lat) <= 90 && math.Abs(p.Lon) <= 180) {
			return nil, fmt.Errorf("catchment: place %.40q at %v, %v is there twice, or nowhere; want each place once, in degrees", p.ID, p.Lat, p.Lon)
		}
		at[i][0], at[i][1] = x.plane.Forward(p.Lat, p.Lon)
	}
	tiles := make([][]int32, len(sorted)) // of each place: first share of its tiles
	for from := 0; from < len(x.shares); {
		e, n := x.shares[from].E, x.shares[from].N
		x.near(e, n, at, radius, overlap, func(place int) { tiles[place] = append(tiles[place], int32(from)) })
		for ; from < len(x.shares) && x.shares[from].E == e && x.shares[from].N == n; from++ {
		}
	}
	out, sum := make([]Catchment, len(sorted)), x.newSum()
	for i, p := range sorted {
		for _, from := range tiles[i] {
			for k := int(from); k < len(x.shares) && x.shares[k].E == x.shares[from].E && x.shares[k].N == x.shares[from].N; k++ {
				sum.add(k, 1)
			}
		}
		out[i] = Catchment{p, sum.take()}
	}
	return out, nil
}

// near calls visit for the nearest place within reach of the centre of a tile, or for all.
func (x *Index) near(e, n int32, at [][2]float64, radius float64, overlap bool, visit func(place int)) {
	half := float64(x.tile) / 2
	best, nearest := -1, radius
	for i, p := range at {
		d := math.Hypot(float64(e)+half-p[0], float64(n)+half-p[1])
		if d > radius {
			continue
		}
		if overlap {
			visit(i)
		} else if best < 0 || d < nearest-.001 { // a millimetre is a tie
			best, nearest = i, d
		}
	}
	if best >= 0 {
		visit(best)
	}
}
