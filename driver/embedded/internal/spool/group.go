package spool

import (
	"slices"

	"github.com/throng-stats/throng/event"
)

// Grouper orders the records of a shard by unit, and those of each unit in total order. It keeps its memory.
type Grouper struct {
	size   int     // bytes of a packed record
	slots  []int32 // open addressing: 1 + number of the unit, 0 for none
	units  []uint64
	counts []int32
	ends   []int32
	of     []int32
	out    []event.Record
}

// Grouper returns a grouper of blocks of this spool.
func (s *Spool) Grouper() *Grouper { return &Grouper{size: s.size} }

// Group returns the records of all blocks ordered by unit and, within a unit, by event.Compare, and where each unit ends.
// Units come in the order of their first record, which nothing may depend on. The result is valid until the next call.
//
// Near-ordered input, which is what networks deliver, costs a counting sort and an insertion sort.
func (g *Grouper) Group(blocks [][]byte) (sorted []event.Record, ends []int32) {
	n := 0
	for _, b := range blocks {
		n += len(b) / g.size
	}
	g.number(blocks, n)
	g.ends = slices.Grow(g.ends[:0], len(g.units))[:len(g.units)]
	sum := int32(0)
	for i, n := range g.counts {
		g.ends[i] = sum // for now where the unit begins
		sum += n
	}
	g.out = slices.Grow(g.out[:0], n)[:n]
	of := g.of
	for _, b := range blocks {
		for ; len(b) > 0; b = b[g.size:] {
			at := &g.ends[of[0]]
			unpack(&g.out[*at], b, g.size)
			*at++
			of = of[1:]
		}
	}
	from := int32(0)
	for _, end := range g.ends {
		order(g.out[from:end])
		from = end
	}
	return g.out, g.ends
}

// number gives each unit a number in order of appearance and counts its records.
func (g *Grouper) number(blocks [][]byte, n int) {
	if g.slots == nil {
		g.slots = make([]int32, 1024)
	}
	clear(g.slots)
	g.units, g.counts = g.units[:0], g.counts[:0]
	g.of = slices.Grow(g.of[:0], n)
	for _, b := range blocks {
		for ; len(b) > 0; b = b[g.size:] {
			k := g.find(unitOf(b))
			g.counts[k]++
			g.of = append(g.of, k)
		}
	}
}

// find returns the number of a unit, a new one when it has none.
func (g *Grouper) find(unit uint64) int32 {
	mask := uint64(len(g.slots) - 1)
	at := unit & mask // the high bits chose the shard
	for g.slots[at] != 0 {
		if k := g.slots[at] - 1; g.units[k] == unit {
			return k
		}
		at = (at + 1) & mask
	}
	if len(g.units) >= len(g.slots)/2 {
		g.rehash()
		return g.find(unit)
	}
	g.units, g.counts = append(g.units, unit), append(g.counts, 0)
	g.slots[at] = int32(len(g.units))
	return int32(len(g.units) - 1)
}

func (g *Grouper) rehash() {
	g.slots = make([]int32, 2*len(g.slots))
	mask := uint64(len(g.slots) - 1)
	for k, unit := range g.units {
		at := unit & mask
		for g.slots[at] != 0 {
			at = (at + 1) & mask
		}
		g.slots[at] = int32(k + 1)
	}
}

// order sorts the records of one unit: by insertion while that is cheap, else by comparison.
func order(r []event.Record) {
	moves := 8 * len(r)
	for i := 1; i < len(r); i++ {
		if !less(&r[i], &r[i-1]) {
			continue
		}
		one, j := r[i], i
		for ; j > 0 && less(&one, &r[j-1]); j-- {
			r[j] = r[j-1]
		}
		r[j] = one
		if moves -= i - j; moves < 0 {
			event.Sort(r)
			return
		}
	}
}

func less(a, b *event.Record) bool {
	if a.Time != b.Time {
		return a.Time < b.Time
	}
	return event.Compare(*a, *b) < 0
}
