package area

import (
	"testing"

	"github.com/paulmach/orb"
)

// Names and ids of the methods, section 1.
func TestGridNames(t *testing.T) {
	for _, c := range []struct {
		lat, lon float64
		side     int32
		want     string
	}{
		{38.7223, -9.1393, 100, "100mN19467E26655"},
		{38.7223, -9.1393, 1000, "1kmN1946E2665"},
		{59.4370, 24.7536, 100, "100mN41241E51530"},
		{38.7223, -9.1393, 500, "500mN19465E26655"},
		{38.7223, -9.1393, 250, "250mN194675E266550"},
	} {
		x, y := Europe.Forward(c.lat, c.lon)
		e, n := Corner(x, y, c.side)
		if got := Name(e, n, c.side); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
	if got, want := Name(-100, -2300, 1000), "1kmN-3E-1"; got != want {
		t.Errorf("below the origin: got %s, want %s", got, want)
	}
}

func TestGridCompactIDs(t *testing.T) {
	g := Grid{Side: 100, E: 2_600_000, N: 1_900_000}
	e, n := Corner(2_665_519.214, 1_946_764.045, 100)
	id, err := g.Compact(e, n)
	if err != nil || id != 42_926_547 {
		t.Fatalf("compact id: got %d, %v, want 42926547", id, err)
	}
	if backE, backN := g.Tile(id); backE != e || backN != n {
		t.Errorf("tile of the id: got E %d N %d, want E %d N %d", backE, backN, e, n)
	}
	if got, want := g.Origin(), uint64(111_669_149_715_000); got != want {
		t.Errorf("origin id: got %d, want %d", got, want)
	}
	if coarse := g.Coarser(id, 10); coarse>>16 != 650 || coarse&0xffff != 460 {
		t.Errorf("coarser: got %d, %d, want 650, 460", coarse>>16, coarse&0xffff)
	}
	// Another id of the same notation, from a grid of another country.
	other := Grid{Side: 100, E: 1_619_000, N: 1_704_700}
	e, n = other.Tile(3_806_386_898)
	if got, want := Name(e, n, 100), "100mN73065E74270"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for _, bad := range [][2]int32{{2_599_900, 1_900_000}, {2_600_050, 1_900_000}, {2_600_000, 1_900_000 + 65_536*100}} {
		if _, err := g.Compact(bad[0], bad[1]); err == nil {
			t.Errorf("corner %v was accepted", bad)
		}
	}
}

func TestGridOriginIsAlignedToCoarserSquares(t *testing.T) {
	box := orb.Bound{Min: orb.Point{-9.5, 38.5}, Max: orb.Point{-8.5, 39.5}}
	g, err := GridOver(Europe, box, 100, 10)
	if err != nil {
		t.Fatal(err)
	}
	if g.E%1000 != 0 || g.N%1000 != 0 {
		t.Errorf("origin E %d N %d is no corner of a square of 1 km", g.E, g.N)
	}
	x, y := Europe.Forward(38.7223, -9.1393)
	id, err := g.Compact(Corner(x, y, 100))
	if err != nil {
		t.Fatal(err)
	}
	e, n := g.Tile(g.Coarser(id, 10))
	if got, want := Name(e, n, 1000), "1kmN1946E2665"; got != want {
		t.Errorf("coarser square: got %s, want %s", got, want)
	}
	if _, err := GridOver(Europe, orb.Bound{Min: orb.Point{-9, 38}, Max: orb.Point{25, 60}}, 1, 1); err == nil {
		t.Error("a grid of a continent in squares of 1 m was accepted")
	}
	if _, err := GridOver(Europe, box, 0, 1); err == nil {
		t.Error("a side of 0 was accepted")
	}
}
