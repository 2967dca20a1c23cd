package spool

import (
	"slices"

	"github.com/throng-stats/throng/event"
)

// Grouper orders the records of a shard by unit, and those of each unit in total order. It keeps its memory.
type Grouper struct {
	slots  []int32 // open addressing: 1 + number of the unit, 0 for none
	units  []uint64
	counts []int32
	of     []int32
	out    []event.Record
}

// Group returns the records ordered by unit and, within a unit, by event.Compare, and where each unit ends. Units come in
// the order of their first record, which nothing may depend on. The result is valid until the next call.
//
// Near-ordered input, which is what networks deliver, costs a counting sort and an insertion sort.
func (g *Grouper) Group(records []event.Record) (sorted []event.Record, ends []int32) {
	g.number(records)
	at := make([]int32, len(g.units))
	sum := int32(0)
	for i, n := range g.counts {
		at[i] = sum
		sum += n
	}
	g.out = slices.Grow(g.out[:0], len(records))[:len(records)]
	for i, u := range g.of {
		g.out[at[u]] = records[i]
		at[u]++
	}
	from := int32(0)
	for _, end := range at {
		order(g.out[from:end])
		from = end
	}
	return g.out, at
}

// number gives each unit a number in order of appearance and counts its records.
func (g *Grouper) number(records []event.Record) {
	size := 1024
	for size < len(records)/2 {
		size *= 2
	}
	if len(g.slots) < size {
		g.slots = make([]int32, size)
	} else {
		clear(g.slots)
	}
	mask := uint64(len(g.slots) - 1)
	g.units, g.counts = g.units[:0], g.counts[:0]
	g.of = slices.Grow(g.of[:0], len(records))[:len(records)]
	for i := range records {
		unit := records[i].Unit
		at := (unit >> 20) & mask // the low bits chose the shard
		for {
			n := g.slots[at]
			if n == 0 {
				if len(g.units) > len(g.slots)*3/4 {
					g.rehash(&mask)
					at = (unit >> 20) & mask
					continue
				}
				g.units, g.counts = append(g.units, unit), append(g.counts, 0)
				n = int32(len(g.units))
				g.slots[at] = n
			}
			if g.units[n-1] == unit {
				g.counts[n-1]++
				g.of[i] = n - 1
				break
			}
			at = (at + 1) & mask
		}
	}
}

func (g *Grouper) rehash(mask *uint64) {
	g.slots = make([]int32, 2*len(g.slots))
	*mask = uint64(len(g.slots) - 1)
	for n, unit := range g.units {
		at := (unit >> 20) & *mask
		for g.slots[at] != 0 {
			at = (at + 1) & *mask
		}
		g.slots[at] = int32(n + 1)
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
