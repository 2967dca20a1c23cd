package live

import (
	"cmp"
	"math/bits"
	"slices"
)

// packer puts waiting rows in order. It keeps the memory that this takes, and belongs to one goroutine.
type packer struct {
	rows   []row
	counts []int32
}

// compare is the order of rows: unit, then time, then place.
func compare(a, b row) int {
	if a.unit != b.unit {
		return cmp.Compare(a.unit, b.unit)
	}
	return cmp.Compare(a.at, b.at)
}

// Limits of sort.
const (
	fewRows   = 64 // that are sorted by comparison alone
	fullGroup = 24 // rows of one group, beyond which it is sorted by itself
	groupBits = 14 // of a unit, at most: as many groups fit into the processor's cache
)

// sort puts rows in order. Pseudonyms are drawn evenly from all numbers of 64 bits, so that groups by their first bits are small: one
// pass puts every row into its group, and within the groups little is left to do. Any other units come out right too, only later.
func (p *packer) sort(list []row) {
	n := len(list)
	if n < fewRows {
		slices.SortFunc(list, compare)
		return
	}
	width := min(bits.Len(uint(n))-1, groupBits)
	shift := 64 - width
	p.counts = append(p.counts[:0], make([]int32, 1<<width+1)...)
	for i := range list {
		p.counts[list[i].unit>>shift+1]++
	}
	isFull := slices.Max(p.counts) > fullGroup
	for g := 1; g < len(p.counts); g++ {
		p.counts[g] += p.counts[g-1]
	}
	p.rows = append(p.rows[:0], list...)
	for i := range p.rows {
		at := &p.counts[p.rows[i].unit>>shift]
		list[*at] = p.rows[i]
		*at++
	}
	if isFull {
		sortFull(list, shift)
	}
	for i := 1; i < n; i++ {
		r := list[i]
		j := i
		for ; j > 0 && compare(r, list[j-1]) < 0; j-- {
			list[j] = list[j-1]
		}
		list[j] = r
	}
}

// sortFull sorts each group that is long.
func sortFull(list []row, shift int) {
	for i := 0; i < len(list); {
		j := i + 1
		for j < len(list) && list[j].unit>>shift == list[i].unit>>shift {
			j++
		}
		if j-i > fullGroup {
			slices.SortFunc(list[i:j], compare)
		}
		i = j
	}
}

// pack puts rows in order and leaves each once, and of each unit the first so many. Which stay depends on the rows of the
// unit alone, and not on when they are packed.
func (p *packer) pack(list []row, most int) (kept []row, flood int64) {
	p.sort(list)
	kept, of := list[:0], 0
	for i, r := range list {
		switch {
		case i == 0 || r.unit != list[i-1].unit:
			of = 1
		case r.at == kept[len(kept)-1].at: // the one before stayed, or was equal to one that did
			continue
		default:
			of++
		}
		if of > most {
			flood++
			continue
		}
		kept = append(kept, r)
	}
	return kept, flood
}
