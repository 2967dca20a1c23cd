package feed

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/bits"
	"sort"

	"github.com/dchest/siphash"

	"github.com/throng-stats/throng"
)

// Door makes pseudonyms: for each period a hash, keyed with the secret of that period, of the pseudonym that the holder
// uses. Without the key nobody can say which pseudonym a hash belongs to, and pseudonyms of two periods with different
// keys cannot be linked. Keys come from outside and are destroyed outside. A Door is read-only and may be shared.
//
// SipHash-2-4 is a pseudorandom function with a key of 128 bits (Aumasson and Bernstein, INDOCRYPT 2012). Two of n units
// of a period share a 64-bit hash with a probability below n*n/2^65: 3 in 10,000 for 100 million units.
type Door struct {
	periods []throng.Period
	keys    [][2]uint64
	outText map[string]struct{}
	outInt  map[int64]struct{}
	pairs   []*kinKeys // of each period, or nil: see Pair
	carry   int64      // milliseconds: see Carry
	spread  int        // see Spread
	spreads [2]uint64
	outMay  *[outSlots / 64]uint64 // a bit for numbers that may be on the list: spares nearly every row the look-up; nil without a list
}

// outSlots is the number of bits of Door.outMay.
const outSlots = 1 << 16

// outSlot spreads numbers over the bits by Fibonacci hashing (Knuth, The Art of Computer Programming, 6.4).
func outSlot(v int64) uint64 { return uint64(v) * 0x9e3779b97f4a7c15 >> 48 }

// NewDoor takes one key a period, periods ascending and apart from each other, and the pseudonyms of people who opted
// out as they stand in the holder's list, one each. A line that is a whole number also stands for the number, one of
// hexadecimal digits also for the bytes. It panics when keys and periods do not belong together.
//
// Without periods every unit is 0: that is how an input is checked without keys.
func NewDoor(periods []throng.Period, keys [][16]byte, optOut [][]byte) *Door {
	if len(keys) != len(periods) {
		panic(fmt.Sprintf("feed: %d periods need as many keys, got %d", len(periods), len(keys)))
	}
	d := &Door{periods: periods, keys: make([][2]uint64, len(keys))}
	for i, k := range keys {
		if i > 0 && periods[i].Start < periods[i-1].End {
			panic(fmt.Sprintf("feed: period %s begins before %s has ended", periods[i].Name, periods[i-1].Name))
		}
		d.keys[i] = wordsOf(k)
	}
	if len(optOut) > 0 {
		d.outText, d.outInt, d.outMay = map[string]struct{}{}, map[int64]struct{}{}, new([outSlots / 64]uint64)
	}
	for _, line := range optOut {
		d.outText[string(line)] = struct{}{}
		if v, ok := parseInt(line); ok {
			d.outInt[v] = struct{}{}
			d.outMay[outSlot(v)/64] |= 1 << (outSlot(v) % 64)
		}
		if raw, err := hex.DecodeString(string(line)); err == nil && len(raw) >= 8 {
			d.outText[string(raw)] = struct{}{}
		}
	}
	return d
}

// Forget overwrites the keys of a period that is done; no pseudonym of it can be made again. What its Kin has noted stays.
func (d *Door) Forget(period int) {
	d.keys[period] = [2]uint64{}
	if d.pairs != nil && d.pairs[period] != nil {
		k := d.pairs[period]
		k.before, k.after, k.isGone = [2]uint64{}, [2]uint64{}, true
	}
}

// Periods returns the periods; the caller must not change them.
func (d *Door) Periods() []throng.Period { return d.periods }

// Period returns the index of the period that holds the instant, in milliseconds since 1970 UTC, or -1.
func (d *Door) Period(ms int64) int {
	i := sort.Search(len(d.periods), func(i int) bool { return d.periods[i].End > ms })
	if i < len(d.periods) && d.periods[i].Start <= ms {
		return i
	}
	return -1
}

// What a hash is of, so that a number, a text and a row without a pseudonym never meet.
const (
	tagInt  = 'i'
	tagText = 't'
	tagRow  = 'r'
)

// Unit is the pseudonym of a text or of bytes in a period; never 0. Use UnitInt for numbers: "1" and 1 differ.
func (d *Door) Unit(period int, id []byte) uint64 {
	var room [64]byte
	return d.unitText(period, append(append(room[:0], id...), tagText))
}

func (d *Door) unitText(period int, tagged []byte) uint64 {
	k := &d.keys[period]
	return max(1, siphash.Hash(k[0], k[1], tagged))
}

// UnitInt is the pseudonym of a whole number in a period; never 0.
func (d *Door) UnitInt(period int, id int64) uint64 {
	k := &d.keys[period]
	return max(1, hash9(k[0], k[1], bits.ReverseBytes64(uint64(id)), tagInt))
}

// unitRow is the unit of a row that names none: of a file, by the first eight bytes of its digest, and a row number.
func (d *Door) unitRow(period int, file uint64, row int64) uint64 {
	var b [17]byte
	binary.BigEndian.PutUint64(b[:], file)
	binary.BigEndian.PutUint64(b[8:], uint64(row))
	b[16] = tagRow
	return d.unitText(period, b[:])
}

// IsOut reports whether a text or bytes are on the opt-out list.
func (d *Door) IsOut(id []byte) bool {
	if d.outText == nil {
		return false
	}
	_, out := d.outText[string(id)]
	return out
}

// IsOutInt reports whether a number is on the opt-out list.
func (d *Door) IsOutInt(id int64) bool {
	if d.outMay == nil || d.outMay[outSlot(id)/64]>>(outSlot(id)%64)&1 == 0 {
		return false
	}
	_, out := d.outInt[id]
	return out
}

// hash9 is SipHash-2-4 of nine bytes: the eight of m in little-endian order, and a tag. It is the library's function,
// unrolled for the length that nearly every row has; a test compares the two.
func hash9(k0, k1, m uint64, tag byte) uint64 {
	v0, v1, v2, v3 := k0^0x736f6d6570736575, k1^0x646f72616e646f6d, k0^0x6c7967656e657261, k1^0x7465646279746573
	v3 ^= m
	v0, v1, v2, v3 = round(v0, v1, v2, v3)
	v0, v1, v2, v3 = round(v0, v1, v2, v3)
	v0 ^= m
	last := 9<<56 | uint64(tag)
	v3 ^= last
	v0, v1, v2, v3 = round(v0, v1, v2, v3)
	v0, v1, v2, v3 = round(v0, v1, v2, v3)
	v0 ^= last
	v2 ^= 0xff
	v0, v1, v2, v3 = round(v0, v1, v2, v3)
	v0, v1, v2, v3 = round(v0, v1, v2, v3)
	v0, v1, v2, v3 = round(v0, v1, v2, v3)
	v0, v1, v2, v3 = round(v0, v1, v2, v3)
	return v0 ^ v1 ^ v2 ^ v3
}

// round is one SipRound.
func round(v0, v1, v2, v3 uint64) (uint64, uint64, uint64, uint64) {
	v0 += v1
	v2 += v3
	v1 = bits.RotateLeft64(v1, 13) ^ v0
	v3 = bits.RotateLeft64(v3, 16) ^ v2
	v0 = bits.RotateLeft64(v0, 32)
	v2 += v1
	v0 += v3
	v1 = bits.RotateLeft64(v1, 17) ^ v2
	v3 = bits.RotateLeft64(v3, 21) ^ v0
	v2 = bits.RotateLeft64(v2, 32)
	return v0, v1, v2, v3
}
