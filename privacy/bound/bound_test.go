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

// plain is Keep as one would write it first: every cell is compared with all that are kept.
func plain(cells []uint64, b bound.Bound) []uint64 {
	var kept []uint64
	for _, c := range cells {
		times, distinct := 0, map[uint64]bool{}
		for _, k := range kept {
			distinct[k] = true
			if k == c {
				times++
			}
		}
		if times < b.PerCell && (times > 0 || len(distinct) < b.Cells) {
			kept = append(kept, c)
		}
	}
	return kept
}

// FuzzKeep compares the two on cells that meet often, and on cells whose bits in the set of seen cells meet.
func FuzzKeep(f *testing.F) {
	f.Add([]byte{1, 2, 1, 3, 0, 0}, uint8(2), uint8(1), uint64(1))
	f.Add([]byte{0, 9, 9, 9, 200, 201}, uint8(3), uint8(2), uint64(1<<40))
	f.Fuzz(func(t *testing.T, raw []byte, cells, per uint8, stride uint64) {
		b := bound.Bound{Cells: int(cells), PerCell: int(per)}
		in := make([]uint64, len(raw))
		for i, v := range raw {
			in[i] = uint64(v) * stride
		}
		want := plain(in, b)
		if got := bound.Keep(in, b); !slices.Equal(got, want) {
			t.Errorf("%+v, cells %v times %d: got %v, want %v", b, raw, stride, got, want)
		}
	})
}

// TestKeepAsPlain: 60 cells of a small domain, many bounds.
func TestKeepAsPlain(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 20_000 {
		b := bound.Bound{Cells: r.IntN(30), PerCell: r.IntN(4)}
		in := make([]uint64, r.IntN(60))
		for i := range in {
			in[i] = r.Uint64N(1 + r.Uint64N(600))
		}
		want := plain(in, b)
		if got := bound.Keep(slices.Clone(in), b); !slices.Equal(got, want) {
			t.Fatalf("%+v of %v: got %v, want %v", b, in, got, want)
		}
	}
}

// BenchmarkKeep is a device that was in a leaf of its own each hour of a day.
func BenchmarkKeep(b *testing.B) {
	cells, scratch := make([]uint64, 24), make([]uint64, 24)
	for hour := range cells {
		cells[hour] = uint64(hour*37%500*24 + hour)
	}
	for b.Loop() {
		copy(scratch, cells)
		if len(bound.Keep(scratch, bound.Bound{Cells: 24, PerCell: 1})) != 24 {
			b.Fatal("a cell was lost")
		}
	}
}

func TestKeepAmounts(t *testing.T) {
	type a = bound.Amount
	for _, c := range []struct {
		name string
		in   []a
		b    bound.Bound
		want []a
	}{
		{"added by cell, cut to B", []a{{1, 60}, {2, 30}, {1, 70}}, bound.Bound{Cells: 2, PerCell: 100}, []a{{1, 100}, {2, 30}}},
		{"first cells", []a{{1, 10}, {2, 20}, {3, 30}, {1, 5}}, bound.Bound{Cells: 2, PerCell: 100}, []a{{1, 15}, {2, 20}}},
		{"what is given back counts as nothing", []a{{1, 60}, {1, -50}, {2, -5}}, bound.Bound{Cells: 2, PerCell: 100}, []a{{1, 60}, {2, 0}}},
		{"net", []a{{1, 60}, {1, -50}, {2, -500}}, bound.Bound{Cells: 2, PerCell: 100, Signed: true}, []a{{1, 10}, {2, -100}}},
		{"an enormous row is one bound, not a debt", []a{{1, 1 << 40}, {1, -50}}, bound.Bound{Cells: 2, PerCell: 100, Signed: true}, []a{{1, 50}}},
		{"all together", []a{{1, 100}, {2, 100}, {3, 100}}, bound.Bound{Cells: 3, PerCell: 100, Total: 250}, []a{{1, 100}, {2, 100}, {3, 50}}},
		{"all together, net", []a{{1, -100}, {2, 100}, {3, -100}}, bound.Bound{Cells: 3, PerCell: 100, Total: 150, Signed: true}, []a{{1, -100}, {2, 50}, {3, 0}}},
		{"nothing", nil, bound.Bound{Cells: 2, PerCell: 1}, nil},
	} {
		if got := bound.KeepAmounts(slices.Clone(c.in), c.b); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

// TestNormOfAmounts: whatever amounts a statistic emits, the squared norm of what is summed is at most D2, and where a total is
// not reached the bound is that of cells. It can fail: take a cut away.
func TestNormOfAmounts(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 20_000 {
		b := bound.Bound{Cells: 1 + r.IntN(6), PerCell: 1 + r.IntN(50), Signed: r.IntN(2) == 0}
		if r.IntN(2) == 0 {
			b.Total = 1 + r.IntN(300)
		}
		in := make([]bound.Amount, r.IntN(40))
		for i := range in {
			in[i] = bound.Amount{Cell: r.Uint64N(8), Value: r.Int64N(200) - 80}
		}
		norm, cells := uint64(0), map[uint64]bool{}
		for _, a := range bound.KeepAmounts(in, b) {
			if cells[a.Cell] || a.Value < 0 && !b.Signed {
				t.Fatalf("%+v: cell %d is there twice, or below zero", b, a.Cell)
			}
			cells[a.Cell] = true
			norm += uint64(a.Value * a.Value)
		}
		if norm > b.D2() {
			t.Fatalf("%+v: squared norm %d, want at most %d", b, norm, b.D2())
		}
	}
	if got, want := (bound.Bound{Cells: 5, PerCell: 20_000}).D2(), uint64(2_000_000_000); got != want { // privacy.md, section 18
		t.Errorf("D2 %d, want %d", got, want)
	}
}
