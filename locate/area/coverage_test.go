package area

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/clip"
)

// star draws a ring that sees its centre from everywhere, so it never crosses itself.
func star(rng *rand.Rand, x, y, radius float64, corners int) orb.Ring {
	ring := make(orb.Ring, 0, corners+1)
	for i := range corners {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / float64(corners))
		r := radius * (.3 + .7*rng.Float64())
		ring = append(ring, orb.Point{x + r*cos, y + r*sin})
	}
	return append(ring, ring[0])
}

// The scan against cutting the polygon with each tile, which is slow and by another hand.
func TestCoverageEqualsClipping(t *testing.T) {
	const side = 100
	rng := rand.New(rand.NewPCG(3, 4))
	for trial := range 60 {
		x, y := rng.Float64()*4e6-2e6, rng.Float64()*4e6-2e6
		outer, hole := star(rng, x, y, 900, 3+rng.IntN(40)), star(rng, x, y, 80, 8)
		shape := orb.MultiPolygon{{outer, hole}, {star(rng, x+3000, y, 500, 5)}}
		if trial%2 == 1 {
			outer.Reverse()
			hole.Reverse()
		}
		sum := 0.0
		seen := map[[2]int32]float64{}
		Coverage(shape, side, func(e, n int32, share float64) {
			if _, twice := seen[[2]int32{e, n}]; twice {
				t.Fatalf("tile E %d N %d came twice", e, n)
			}
			seen[[2]int32{e, n}] = share
			sum += share * side * side
		})
		near(t, "total over the area of the shape", sum/Area(shape), 1, 1e-10)
		e0, n0 := Corner(x-1100, y-1100, side)
		for e := e0; e < e0+4800; e += side {
			for n := n0; n < n0+2300; n += side {
				tile := orb.Bound{Min: orb.Point{float64(e), float64(n)}, Max: orb.Point{float64(e + side), float64(n + side)}}
				want := Area(clip.MultiPolygon(tile, shape.Clone())) / side / side
				// Coordinates of 2e6 m keep 2^-32 m; over 40 edges of a tile of 100 m that is at most 1e-10.
				near(t, "share", seen[[2]int32{e, n}], want, 1e-10)
			}
		}
	}
}

func TestCoverageWithinAWindowIsAPart(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	shape := orb.MultiPolygon{{star(rng, 10_000, 20_000, 3000, 25)}}
	whole := map[[2]int32]float64{}
	Coverage(shape, 250, func(e, n int32, share float64) { whole[[2]int32{e, n}] = share })
	window := orb.Bound{Min: orb.Point{9_600, 19_300}, Max: orb.Point{11_000, 20_900}}
	count := 0
	CoverageWithin(shape, 250, window, func(e, n int32, share float64) {
		count++
		near(t, "share", share, whole[[2]int32{e, n}], 1e-12)
	})
	want := 0
	for at := range whole {
		if at[0] >= 9_500 && at[0] < 11_000 && at[1] >= 19_250 && at[1] < 21_000 {
			want++
		}
	}
	if count != want || want == 0 {
		t.Errorf("got %d tiles in the window, want %d", count, want)
	}
	CoverageWithin(shape, 250, orb.Bound{Min: orb.Point{0, 0}, Max: orb.Point{1, 1}}, func(int32, int32, float64) {
		t.Error("a tile far from the shape was reported")
	})
}

func TestCoverageOfWholeTilesIsExactlyOne(t *testing.T) {
	shape := orb.MultiPolygon{{{{0, 0}, {300, 0}, {300, 200}, {0, 200}, {0, 0}}}}
	n := 0
	Coverage(shape, 100, func(_, _ int32, share float64) {
		n++
		if share != 1 {
			t.Errorf("share: got %v, want 1", share)
		}
	})
	if n != 6 {
		t.Errorf("got %d tiles, want 6", n)
	}
}
