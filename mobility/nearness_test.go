package mobility

import (
	"math/rand/v2"
	"testing"

	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/locate"
)

// TestNearnessIsThatOfTheGround: bits where the ground is small, and what asks it where it is not.
func TestNearnessIsThatOfTheGround(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, places := range []int{1, 63, 64, 130, mostDense + 1} {
		g := &locate.Ground{Places: make([]locate.Place, places), Near: make([][]uint32, places)}
		for a := range g.Near {
			for b := range min(places, 200) {
				if r.IntN(3) == 0 {
					g.Near[a] = append(g.Near[a], uint32(b))
				}
			}
		}
		n := newNearness(g)
		if (n.bits != nil) != (places <= mostDense) {
			t.Errorf("%d places: bits are kept: %v", places, n.bits != nil)
		}
		if n.of(0, event.NoPlace) {
			t.Errorf("%d places: no place is near one", places)
		}
		for range 20_000 {
			a, b := uint32(r.IntN(places)), uint32(r.IntN(places))
			if got, want := n.of(a, b), g.IsNear(a, b); got != want {
				t.Fatalf("%d places: %d near %d: got %v, want %v", places, a, b, got, want)
			}
		}
	}
}
