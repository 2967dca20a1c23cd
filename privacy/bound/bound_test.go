package bound_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/throng-stats/throng/privacy/bound"
)

func TestKeep(t *testing.T) {
	for _, c := range []struct {
		name string
		in   []uint64
		b    bound.Bound
		want []uint64
	}{
		{"first k cells", []uint64{5, 3, 9, 1}, bound.Bound{Cells: 2, PerCell: 1}, []uint64{5, 3}},
		{"a cell twice counts once", []uint64{5, 5, 3, 5}, bound.Bound{Cells: 2, PerCell: 1}, []uint64{5, 3}},
		{"up to c a cell", []uint64{5, 5, 5, 3, 5, 7, 3}, bound.Bound{Cells: 2, PerCell: 2}, []uint64{5, 5, 3, 3}},
		{"nothing", nil, bound.Bound{Cells: 2, PerCell: 1}, nil},
	} {
		if got := bound.Keep(slices.Clone(c.in), c.b); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

// TestNorm: whatever a statistic emits, the squared norm of what is kept is at most D2. It can fail: take a cap away.
func TestNorm(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		b := bound.Bound{Cells: 1 + r.IntN(8), PerCell: 1 + r.IntN(3)}
		in := make([]uint64, r.IntN(60))
		for i := range in {
			in[i] = r.Uint64N(1 + r.Uint64N(20))
		}
		sum := map[uint64]uint64{}
		for _, c := range bound.Keep(in, b) {
			sum[c]++
		}
		norm := uint64(0)
		for _, v := range sum {
			norm += v * v
		}
		if norm > b.D2() {
			t.Fatalf("kept %v under %+v: squared norm %d, want at most %d", sum, b, norm, b.D2())
		}
	}
}
