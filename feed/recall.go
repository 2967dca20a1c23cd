package feed

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/bits"

	"github.com/dchest/siphash"

	"github.com/throng-stats/throng/event"
)

// Made says under which key pseudonyms of a period were made, without telling the key.
type Made struct {
	Start, End int64 // of the period, milliseconds since 1970 UTC
	ID         [8]byte
}

// Made lists the periods of a door whose keys are there, in their order. The ID of a key is the first 64 bits of a SHA-256 of
// it: two keys of 128 random bits have the same one with probability 2^-64, and nobody finds a key by its ID.
func (d *Door) Made() []Made {
	var made []Made
	for p := range d.periods {
		if !d.isForgotten(p) {
			made = append(made, d.made(p))
		}
	}
	return made
}

func (d *Door) made(p int) Made {
	k := binary.BigEndian.AppendUint64([]byte("throng key of a door "), d.keys[p][0])
	sum := sha256.Sum256(binary.BigEndian.AppendUint64(k, d.keys[p][1]))
	return Made{d.periods[p].Start, d.periods[p].End, [8]byte(sum[:8])}
}

func (d *Door) isForgotten(p int) bool { return d.keys[p] == [2]uint64{} }

// Recall takes rows of a batch, from a row on, that came through a door before and were kept under their pseudonyms, as if
// they came through this one. What made is must be Made of the door of then.
//
// A row of a period whose key is destroyed, or that had no key then, loses its pseudonym and has no other reason than that
// (event.NullUnit). Rows under another key of the same period, rows without the pseudonym of the day before where this door
// carries over, and doors that note pairs of months are Refused: their pseudonyms cannot be made any more.
func (d *Door) Recall(b *event.Batch, from int, made []Made) error {
	if d.pairs != nil {
		return &Error{Kind: Refused, Got: "a door that notes pairs of months", Want: "one that does not", Hint: "a journal does not keep such pseudonyms: without migration, or from files or Kafka"}
	}
	same, other := make([]bool, len(d.periods)), make([]bool, len(d.periods))
	for p := range d.periods {
		if d.isForgotten(p) {
			continue
		}
		now := d.made(p)
		for _, then := range made {
			same[p] = same[p] || then == now
			other[p] = other[p] || then != now && then.Start < now.End && now.Start < then.End
		}
	}
	if d.carry == 0 {
		b.Was = nil
	}
	last := -1
	for i := from; i < len(b.Time); i++ {
		if b.Bad[i]&noTime != 0 {
			continue
		}
		if last < 0 || !d.periods[last].Contains(b.Time[i]) {
			last = d.Period(b.Time[i])
		}
		if err := d.recall(b, i, last, same, other); err != nil {
			return err
		}
	}
	return nil
}

// recall takes one row of a period, or of none, -1.
func (d *Door) recall(b *event.Batch, i, p int, same, other []bool) error {
	carries := p >= 0 && d.carries(p, b.Time[i])
	switch {
	case p < 0:
		b.Unit[i] = 0
	case other[p] && b.Unit[i] != 0:
		return otherKey(d.periods[p].Name)
	case !same[p] || b.Unit[i] == 0:
		b.Unit[i] = 0
		if b.Bad[i] == 0 {
			b.Bad[i] = event.NullUnit
		}
	case carries && other[p-1]:
		return otherKey(d.periods[p-1].Name)
	case carries && same[p-1] && b.Was[i] == 0:
		return &Error{Kind: Refused, Got: "rows without the pseudonym of the day before", Want: "rows that came through a door that carries over", Hint: "begin a new state folder"}
	}
	if b.Was != nil && (b.Unit[i] == 0 || !carries || !same[p-1]) {
		b.Was[i] = 0
	}
	return nil
}

func otherKey(period string) error {
	return &Error{Kind: Refused, Got: fmt.Sprintf("rows of %s under another key", period), Want: "the key under which they were made", Hint: "restore the state folder from its copy, as a whole"}
}

// Carried is the time after the beginning of a period in which rows have the pseudonym of the period before, in
// milliseconds: see Carry.
func (d *Door) Carried() int64 { return d.carry }

// Spread makes the gates of this door say of every row to which of n partitions, at most 256, its unit belongs, in
// event.Batch.Shard. It is the same one in all periods, as carrying over midnight needs, and tells nothing without the key.
// Rows without a unit belong to the first. Call it before the first gate is made.
func (d *Door) Spread(n int, key [16]byte) {
	if n < 1 || n > 256 {
		panic(fmt.Sprintf("feed: got %d partitions, want 1 to 256", n))
	}
	d.spread, d.spreads = n, wordsOf(key)
}

// shard is the partition of a tagged pseudonym.
func (d *Door) shard(tagged []byte) uint8 {
	return d.part(siphash.Hash(d.spreads[0], d.spreads[1], tagged))
}

// part divides a hash fairly.
func (d *Door) part(hash uint64) uint8 {
	part, _ := bits.Mul64(hash, uint64(d.spread))
	return uint8(part)
}

// shardInts fills Shard of consecutive rows whose pseudonyms are numbers.
func (g *Gate) shardInts(i int, vs []int64) {
	for k, v := range vs {
		if g.b.Unit[i+k] != 0 {
			g.b.Shard[i+k] = g.door.part(hash9(g.door.spreads[0], g.door.spreads[1], bits.ReverseBytes64(uint64(v)), tagInt))
		}
	}
}
