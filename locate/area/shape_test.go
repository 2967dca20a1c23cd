package area

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"
)

func square(x0, y0, x1, y1 float64) orb.Ring {
	return orb.Ring{{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}, {x0, y0}}
}

func TestAreaTakesHolesOutHoweverRingsTurn(t *testing.T) {
	outer, hole := square(0, 0, 100, 50), square(10, 10, 20, 20)
	near(t, "area", Area(orb.MultiPolygon{{outer, hole}}), 4900, 0)
	outer.Reverse()
	near(t, "area", Area(orb.MultiPolygon{{outer, hole}}), 4900, 0)
}

func TestContains(t *testing.T) {
	shape := orb.MultiPolygon{{square(0, 0, 100, 50), square(10, 10, 20, 20)}, {square(200, 0, 300, 50)}}
	prepared := Prepare(shape)
	for _, c := range []struct {
		why  string
		x, y float64
		want bool
	}{
		{"inside", 50, 25, true}, {"in the hole", 15, 15, false}, {"on the border of the hole", 10, 15, true},
		{"on an edge", 0, 25, true}, {"on a corner", 100, 50, true}, {"between the parts", 150, 25, false},
		{"in the second part", 250, 25, true}, {"outside", -1, 25, false}, {"level with a corner", 120, 50, false},
	} {
		if got := Contains(shape, c.x, c.y); got != c.want {
			t.Errorf("%s: got %v, want %v", c.why, got, c.want)
		}
		if got := prepared.Contains(c.x, c.y); got != c.want {
			t.Errorf("%s, prepared: got %v, want %v", c.why, got, c.want)
		}
	}
	near(t, "distance from the hole's middle", Distance(shape, 15, 15), 5, 0)
	near(t, "distance from outside a corner", Distance(shape, -3, -4), 5, 0)
	near(t, "distance inside", Distance(shape, 50, 25), 0, 0)
}

func TestPreparedEqualsPlainAndAnotherHand(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for range 50 {
		shape := orb.MultiPolygon{{star(rng, 0, 0, 1000, 3+rng.IntN(80)), star(rng, 0, 0, 90, 6)}}
		prepared := Prepare(shape)
		for range 400 {
			x, y := rng.Float64()*2400-1200, rng.Float64()*2400-1200
			want := planar.MultiPolygonContains(shape, orb.Point{x, y})
			if got := Contains(shape, x, y); got != want {
				t.Fatalf("plain at %v, %v: got %v, want %v", x, y, got, want)
			}
			if got := prepared.Contains(x, y); got != want {
				t.Fatalf("prepared at %v, %v: got %v, want %v", x, y, got, want)
			}
		}
	}
	if Prepare(nil).Contains(0, 0) {
		t.Error("nothing contains a point")
	}
}

func TestCheckPerimeter(t *testing.T) {
	many := make(orb.Ring, 0, 1200)
	for i := range 600 {
		many = append(many, orb.Point{float64(i) / 100, 1})
	}
	for i := range 600 {
		many = append(many, orb.Point{float64(599-i) / 100, 2})
	}
	many = append(many, many[0])
	for _, c := range []struct {
		why   string
		shape orb.MultiPolygon
		want  string // part of the error, "" for none
	}{
		{"a square", orb.MultiPolygon{{square(2, 48, 3, 49)}}, ""},
		{"a square with a hole", orb.MultiPolygon{{square(2, 48, 3, 49), square(2.2, 48.2, 2.4, 48.4)}}, ""},
		{"two squares", orb.MultiPolygon{{square(2, 48, 3, 49)}, {square(4, 48, 5, 49)}}, ""},
		{"nothing", nil, "no polygon"},
		{"no ring", orb.MultiPolygon{{}}, "no ring"},
		{"two corners", orb.MultiPolygon{{{{0, 0}, {1, 1}, {0, 0}}}}, "3 positions"},
		{"open", orb.MultiPolygon{{{{0, 0}, {1, 0}, {1, 1}, {0, 1}}}}, "not closed"},
		{"metres", orb.MultiPolygon{{square(600_000, 6_800_000, 600_100, 6_800_100)}}, "degrees"},
		{"a line there and back", orb.MultiPolygon{{{{0, 0}, {1, 0}, {2, 0}, {0, 0}}}}, "no ground"},
		{"a bow tie", orb.MultiPolygon{{{{0, 0}, {2, 2}, {2, 0}, {0, 3}, {0, 0}}}}, "cross"},
		{"a spike", orb.MultiPolygon{{{{0, 0}, {4, 0}, {4, 4}, {4, 2}, {0, 4}, {0, 0}}}}, "cross"},
		{"a repeated corner", orb.MultiPolygon{{{{0, 0}, {1, 0}, {1, 0}, {1, 1}, {0, 0}}}}, "repeats"},
		{"over the antimeridian", orb.MultiPolygon{{square(-179, 0, 179, 1)}}, "antimeridian"},
		{"too many corners", orb.MultiPolygon{{many}}, "1000 vertices"},
		{"overlap", orb.MultiPolygon{{square(2, 48, 3, 49)}, {square(2.5, 48.5, 3.5, 49.5)}}, "cross"},
		{"one in the other", orb.MultiPolygon{{square(2, 48, 3, 49)}, {square(2.2, 48.2, 2.4, 48.4)}}, "lies in polygon"},
		{"hole outside", orb.MultiPolygon{{square(2, 48, 3, 49), square(4, 48, 5, 49)}}, "outside"},
		{"hole in a hole", orb.MultiPolygon{{square(0, 0, 9, 9), square(1, 1, 8, 8), square(2, 2, 3, 3)}}, "another hole"},
	} {
		err := CheckPerimeter(c.shape)
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: got %v", c.why, err)
		case c.want != "" && err == nil:
			t.Errorf("%s was accepted", c.why)
		case c.want != "" && !strings.Contains(err.Error(), c.want):
			t.Errorf("%s: got %q, want %q in it", c.why, err, c.want)
		}
	}
}
