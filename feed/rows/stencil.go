package rows

import (
	"encoding/binary"
	"slices"
)

// stencil knows packed entries of one row by their bytes: those of one producer are the same but for the values, and for the lengths of
// texts. An entry that a stencil fits has columns of the same names, types and lengths, in the same order, as the one it was made of, so
// nothing else is to be looked at.
type stencil struct {
	want, mask []uint64 // eight bytes each, little-endian; the last is of the last eight bytes
	types      []byte   // by field
	values     []stencilValue
}

// stencilValue is where the value of a field stands in the entry. A missing word ends where it begins.
type stencilValue struct {
	field, from, to int
	is              byte
}

// stencils are those of entries of one row by their length.
type stencils []*stencil

// longestStencil is the length of the longest entries that stencils are kept of.
const longestStencil = 1 << 10

// of returns the stencil that fits an entry, or nil.
func (s stencils) of(entry []byte) *stencil {
	if len(entry) < len(s) {
		if one := s[len(entry)]; one != nil && one.fits(entry) {
			return one
		}
	}
	return nil
}

// fits reports whether an entry of the right length is like the one of which the stencil was made.
func (s *stencil) fits(entry []byte) bool {
	n := len(s.want) - 1
	for i, want := range s.want[:n] {
		if binary.LittleEndian.Uint64(entry[8*i:])&s.mask[i] != want {
			return false
		}
	}
	return binary.LittleEndian.Uint64(entry[len(entry)-8:])&s.mask[n] == s.want[n]
}

// keep makes a stencil of an entry whose one row has all columns of the contract.
func (s *stencils) keep(d *Decoder, entry []byte) {
	if len(entry) > longestStencil {
		return
	}
	if *s == nil {
		*s = make(stencils, longestStencil+1)
	}
	one := &stencil{types: make([]byte, len(d.fields))}
	mask := slices.Repeat([]byte{0xff}, len(entry))
	at, isPlain := packedHeader, true
	eachColumn(entry, func(_ int, name []byte, is byte, data []byte) bool {
		at += 1 + len(name) + 5
		from, to, ok := freeBytes(is, data)
		clear(mask[at+from : at+to])
		isPlain = isPlain && ok
		if k := d.index[string(name)]; k != left {
			one.types[k] = is
			one.values = append(one.values, stencilValue{k, at + from, at + to, is})
		}
		at += len(data)
		return true
	})
	if !isPlain {
		return
	}
	for i := 0; i+8 < len(entry); i += 8 {
		one.add(entry[i:], mask[i:])
	}
	one.add(entry[len(entry)-8:], mask[len(entry)-8:])
	(*s)[len(entry)] = one
}

func (s *stencil) add(entry, mask []byte) {
	m := binary.LittleEndian.Uint64(mask)
	s.want, s.mask = append(s.want, binary.LittleEndian.Uint64(entry)&m), append(s.mask, m)
}

// freeBytes tells which bytes of a column of one row are its value; ok is false when the column is not as producers of single rows write it.
func freeBytes(is byte, data []byte) (from, to int, ok bool) {
	le := binary.LittleEndian
	switch is {
	case packedText:
		return 8, len(data), le.Uint32(data) == 0 && int(le.Uint32(data[4:])) == len(data)-8
	case packedWords: // one word, and its number or that of a missing one
		if le.Uint32(data) != 1 || le.Uint32(data[4:]) != 0 || int(le.Uint32(data[8:])) != len(data)-16 {
			return 0, 0, false
		}
		switch le.Uint32(data[len(data)-4:]) {
		case 0:
			return 12, len(data) - 4, true
		case missingWord:
			return 12, 12, true
		}
		return 0, 0, false
	}
	return 0, len(data), true
}
