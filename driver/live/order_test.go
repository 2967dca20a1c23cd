package live

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestSort: the order is that of a plain sort, for pseudonyms as they are and for units that all begin alike, in one packer.
func TestSort(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	var p packer
	for round := range 300 {
		n := rng.IntN(1 << rng.IntN(16))
		list := make([]row, n)
		for i := range list {
			list[i] = row{rng.Uint64(), rng.Uint64()}
			switch round % 4 {
			case 1: // few units, many rows of each
				list[i].unit %= uint64(1 + n/50)
			case 2: // as many rows of a unit as in life
				list[i].unit = (list[i].unit % uint64(1+n/3)) * 0x9e3779b97f4a7c15
			case 3: // many rows that are equal
				list[i] = row{list[i].unit % 7 << 61, list[i].at % 3}
			}
		}
		want := slices.Clone(list)
		slices.SortFunc(want, compare)
		if p.sort(list); !slices.Equal(list, want) {
			t.Fatalf("round %d: %d rows are not in order", round, n)
		}
	}
}

func BenchmarkPack(b *testing.B) {
	rng := rand.New(rand.NewPCG(5, 5))
	list := make([]row, 16_000)
	for i := range list {
		list[i] = row{rng.Uint64N(12_000) * 0x9e3779b97f4a7c15, rng.Uint64()}
	}
	var p packer
	again := make([]row, len(list))
	for b.Loop() {
		copy(again, list)
		p.pack(again, 256)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(list)), "ns/row")
}
