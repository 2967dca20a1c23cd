package feed

import (
	"encoding/binary"
	"math/bits"
	"sync"

	"github.com/dchest/siphash"
)

// Kin keeps, of every unit that a period has shown, its pseudonyms in two pairs of months: the pair that ends with the
// month of the period and the pair that begins with it. Under these alone the homes of a month are kept until the next
// one is counted, so that nothing else of two months can be linked (privacy.md, section 3). Safe for use by several
// goroutines.
type Kin struct {
	of [kinShards]struct {
		mu   sync.Mutex
		n    int
		rows []kinRow // open addressing, at most two thirds full
	}
}

// kinRow is one unit; 0 is an empty place.
type kinRow struct{ unit, before, after uint64 }

// kinShards spreads gates that read at once over locks.
const kinShards = 64

// kinKeys are the keys of a period that is paired.
type kinKeys struct {
	before, after [2]uint64
	kin           *Kin
	isGone        bool // the keys were overwritten
}

// Pair makes the gates of this door note, of every unit of the period, its pseudonyms under the keys of two pairs of
// months. Call it before the first gate is made. Periods with the same three keys, such as the days of a month, share one
// table.
func (d *Door) Pair(period int, before, after [16]byte) {
	if d.pairs == nil {
		d.pairs = make([]*kinKeys, len(d.periods))
	}
	k := &kinKeys{before: wordsOf(before), after: wordsOf(after)}
	for i, other := range d.pairs {
		if other != nil && d.keys[i] == d.keys[period] && other.before == k.before && other.after == k.after {
			k.kin = other.kin
		}
	}
	if k.kin == nil {
		k.kin = &Kin{}
	}
	d.pairs[period] = k
}

// Kin returns what was noted of a period, or nil when it is not paired.
func (d *Door) Kin(period int) *Kin {
	if d.pairs == nil || d.pairs[period] == nil {
		return nil
	}
	return d.pairs[period].kin
}

// Of returns the two pseudonyms of a unit, never 0, or 0 and 0 of a unit that was not seen.
func (k *Kin) Of(unit uint64) (before, after uint64) {
	if k == nil || unit == 0 {
		return 0, 0
	}
	s := &k.of[unit%kinShards]
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.rows) == 0 {
		return 0, 0
	}
	r := s.rows[kinSlot(s.rows, unit)]
	return r.before, r.after
}

// Len is the number of units.
func (k *Kin) Len() int {
	n := 0
	for i := range k.of {
		s := &k.of[i]
		s.mu.Lock()
		n += s.n
		s.mu.Unlock()
	}
	return n
}

// Add keeps the two pseudonyms of a unit that was not there, for whoever makes pseudonyms without a gate. None of them is 0.
func (k *Kin) Add(unit, before, after uint64) {
	k.add(unit, func() kinRow { return kinRow{unit, before, after} })
}

// note keeps a unit that was not there; hash makes a pseudonym under a key.
func (k *Kin) note(unit uint64, keys *kinKeys, hash func(key *[2]uint64) uint64) {
	k.add(unit, func() kinRow { return kinRow{unit, max(1, hash(&keys.before)), max(1, hash(&keys.after))} })
}

func (k *Kin) add(unit uint64, row func() kinRow) {
	s := &k.of[unit%kinShards]
	s.mu.Lock()
	defer s.mu.Unlock()
	if 3*(s.n+1) > 2*len(s.rows) {
		old := s.rows
		s.rows = make([]kinRow, max(64, 2*len(old)))
		for _, r := range old {
			if r.unit != 0 {
				s.rows[kinSlot(s.rows, r.unit)] = r
			}
		}
	}
	if at := &s.rows[kinSlot(s.rows, unit)]; at.unit == 0 {
		*at = row()
		s.n++
	}
}

// kinSlot finds the place of a unit, or the empty one where it belongs. Units are hashes, so their first bits are as good
// as random; the last ones chose the shard.
func kinSlot(rows []kinRow, unit uint64) int {
	i := int(unit >> (65 - bits.Len(uint(len(rows)))))
	for rows[i].unit != 0 && rows[i].unit != unit {
		i = (i + 1) & (len(rows) - 1)
	}
	return i
}

// lately is what a gate noted last: nearly every row is of a unit that is there. A unit has one place; whoever comes later
// takes it.
type lately struct {
	kin   *Kin
	units [lateUnits]uint64
}

const lateUnits = 4096

// isNew reports whether a unit was not noted lately, and remembers it.
func (l *lately) isNew(kin *Kin, unit uint64) bool {
	if l.kin != kin {
		*l = lately{kin: kin}
	}
	at := &l.units[unit%lateUnits]
	if *at == unit {
		return false
	}
	*at = unit
	return true
}

// keysOf returns the keys of the pairs of a period, or nil.
func (g *Gate) keysOf(p int) *kinKeys {
	if p < 0 || g.opts.Kind == Persons { // who is in a list of people has not been seen
		return nil
	}
	keys := g.door.pairs[p]
	if keys == nil || keys.isGone {
		return nil
	}
	if g.late == nil {
		g.late = &lately{}
	}
	return keys
}

// kinInts notes the units of consecutive rows that were made from numbers.
func (g *Gate) kinInts(i int, vs []int64) {
	for k, v := range vs {
		unit := g.b.Unit[i+k]
		if unit == 0 {
			continue // opted out, or of no period
		}
		if keys := g.keysOf(g.periodOf(i + k)); keys != nil && g.late.isNew(keys.kin, unit) {
			keys.kin.note(unit, keys, func(key *[2]uint64) uint64 { return hash9(key[0], key[1], bits.ReverseBytes64(uint64(v)), tagInt) })
		}
	}
}

// kinText notes a unit that was made from a text.
func (g *Gate) kinText(period int, unit uint64, v []byte) {
	if keys := g.keysOf(period); keys != nil && g.late.isNew(keys.kin, unit) {
		g.tagged = append(append(g.tagged[:0], v...), tagText)
		keys.kin.note(unit, keys, func(key *[2]uint64) uint64 { return siphash.Hash(key[0], key[1], g.tagged) })
	}
}

// wordsOf are the two halves of a key.
func wordsOf(k [16]byte) [2]uint64 {
	return [2]uint64{binary.LittleEndian.Uint64(k[:8]), binary.LittleEndian.Uint64(k[8:])}
}
