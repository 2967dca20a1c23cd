package count

import "slices"

// pairs are the cells of a large domain that are not zero and their counts: an open-addressing map in two flat slices,
// 16 bytes a slot, never more than three quarters full. It has no String and no Format; it lies behind a function.
type pairs struct {
	keys   []uint64 // cell + 1; 0 is a free slot
	counts []int64
	used   int
}

const firstSlots = 1 << 10

func newPairs() *pairs {
	return &pairs{keys: make([]uint64, firstSlots), counts: make([]int64, firstSlots)}
}

// slot is where a cell stands or would stand. The finaliser of splitmix64 spreads neighbours, which pairs of zones are.
func (p *pairs) slot(cell uint64) int {
	x := cell + 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	mask := uint64(len(p.keys) - 1)
	for i := (x ^ x>>31) & mask; ; i = (i + 1) & mask {
		if k := p.keys[i]; k == 0 || k == cell+1 {
			return int(i)
		}
	}
}

func (p *pairs) add(cell uint64, n int64) {
	i := p.slot(cell)
	if p.keys[i] == 0 {
		if 4*(p.used+1) > 3*len(p.keys) {
			p.grow()
			i = p.slot(cell)
		}
		p.keys[i] = cell + 1
		p.used++
	}
	p.counts[i] += n
}

// grow moves everything into twice the room and wipes the old one.
func (p *pairs) grow() {
	old := *p
	p.keys, p.counts, p.used = make([]uint64, 2*len(old.keys)), make([]int64, 2*len(old.keys)), 0
	old.each(p.add)
	old.wipe()
}

func (p *pairs) each(use func(cell uint64, n int64)) {
	for i, k := range p.keys {
		if k != 0 {
			use(k-1, p.counts[i])
		}
	}
}

func (p *pairs) wipe() {
	clear(p.keys)
	clear(p.counts)
}

// sorted returns cells and counts, cells ascending: the canonical order.
func (p *pairs) sorted() ([]uint64, []int64) {
	cells := make([]uint64, 0, p.used)
	p.each(func(cell uint64, _ int64) { cells = append(cells, cell) })
	slices.Sort(cells)
	counts := make([]int64, len(cells))
	for i, c := range cells {
		counts[i] = p.counts[p.slot(c)]
	}
	return cells, counts
}
