package spool

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/throng-stats/throng/event"
)

func records(seed uint64, n, units int, trips bool) []event.Record {
	r := rand.New(rand.NewPCG(seed, 0))
	out := make([]event.Record, n)
	for i := range out {
		out[i] = event.Record{Unit: uint64(r.IntN(units)) * 0x9E3779B97F4A7C15, Time: uint32(r.IntN(1000)), Place: uint32(r.IntN(9)),
			To: r.Uint32(), SIM: uint16(r.Uint32()), Origin: uint16(r.Uint32())}
		if trips {
			out[i].End, out[i].Amount = r.Uint32(), int32(r.Uint32())
		}
	}
	return out
}

func layoutOf(trips bool) Layout {
	if trips {
		return Sales
	}
	return Events
}

// TestSpool: what goes in comes out, whatever the memory, and a unit is never in two shards.
func TestSpool(t *testing.T) {
	for _, memory := range []int64{0, 40_000, 1 << 30} {
		for _, shards := range []int{1, 7, 64} {
			trips := shards == 7
			dir := t.TempDir()
			s := New(2, shards, layoutOf(trips), memory, dir)
			w := s.Writer()
			in := records(uint64(shards), 20_000, 500, trips)
			for i := range in {
				if err := w.Add(i%2, &in[i]); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.Flush(); err != nil {
				t.Fatal(err)
			}
			if (s.Spilled() > 0) != (memory < 1<<20) {
				t.Errorf("memory %d: %d bytes were written out", memory, s.Spilled())
			}
			if s.Len(0) != 10_000 {
				t.Errorf("%d records in period 0, want 10,000", s.Len(0))
			}
			var out []event.Record
			home := map[string]int{}
			for p := range 2 {
				for i := range shards {
					blocks, err := s.Take(p, i)
					if err != nil {
						t.Fatal(err)
					}
					got, _ := s.Grouper().Group(blocks)
					for _, r := range got {
						key := fmt.Sprint(p, r.Unit)
						if was, ok := home[key]; ok && was != i {
							t.Fatalf("a unit is in shards %d and %d", was, i)
						}
						home[key] = i
					}
					out = append(out, got...)
				}
			}
			event.Sort(in)
			event.Sort(out)
			if !slices.Equal(in, out) {
				t.Fatalf("memory %d, %d shards: other records came out", memory, shards)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			if left, _ := os.ReadDir(dir); len(left) > 0 {
				t.Errorf("%s was left behind", left[0].Name())
			}
		}
	}
}

// TestGroup: units are whole and each in total order, for ordered, shuffled and hostile input.
func TestGroup(t *testing.T) {
	for seed := range uint64(30) {
		trips := seed%2 == 1
		s := New(1, 1, layoutOf(trips), 0, "")
		g := s.Grouper()
		in := records(seed, 1+int(seed)*400, 1+int(seed)*30, trips)
		if seed%3 == 0 {
			slices.SortFunc(in, func(a, b event.Record) int { return int(b.Time) - int(a.Time) }) // backwards
		}
		var blocks [][]byte
		for part := range slices.Chunk(in, 1+int(seed)*11) {
			b := make([]byte, len(part)*s.size)
			for i := range part {
				pack(b[i*s.size:], &part[i], s.size)
			}
			blocks = append(blocks, b)
		}
		sorted, ends := g.Group(blocks)
		from, seen := int32(0), map[uint64]bool{}
		for _, end := range ends {
			unit := sorted[from:end]
			if seen[unit[0].Unit] || !slices.IsSortedFunc(unit, event.Compare) || unit[0].Unit != unit[len(unit)-1].Unit {
				t.Fatalf("seed %d: a unit is torn or out of order", seed)
			}
			seen[unit[0].Unit] = true
			from = end
		}
		got := slices.Clone(sorted)
		event.Sort(got)
		event.Sort(in)
		if !slices.Equal(got, in) {
			t.Fatalf("seed %d: other records came out", seed)
		}
	}
}
