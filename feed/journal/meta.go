package journal

import (
	"encoding/binary"

	"github.com/throng-stats/throng/feed"
)

// meta is what all partitions read of an entry of rows.
type meta struct {
	made     []feed.Made
	key      Key
	body     uint64
	rows     uint32
	rejected uint32
}

// Key names a batch: a digest of what its sender calls it. The zero Key names none.
type Key [16]byte

// remembered is a key with what was answered. A batch with the same key is not taken again for a day.
type remembered struct {
	key            Key
	body           uint64 // digest of what was sent
	arrival        int64
	number         int64 // of the entry that holds the rows
	home           int64 // of the entry that holds the key
	rows, rejected uint32
}

func appendMeta(b []byte, m *meta) []byte {
	b = append(b, byte(len(m.made)))
	for _, k := range m.made {
		b = binary.BigEndian.AppendUint64(b, uint64(k.Start))
		b = binary.BigEndian.AppendUint64(b, uint64(k.End))
		b = append(b, k.ID[:]...)
	}
	b = append(b, m.key[:]...)
	b = binary.BigEndian.AppendUint64(b, m.body)
	b = binary.BigEndian.AppendUint32(b, m.rows)
	return binary.BigEndian.AppendUint32(b, m.rejected)
}

const (
	madeSize = 24
	metaTail = 16 + 8 + 4 + 4
	keySize  = 16 + 8 + 8 + 8 + 4 + 4
)

func readMeta(b []byte) (m meta, ok bool) {
	if len(b) < 1 || len(b) != 1+madeSize*int(b[0])+metaTail {
		return m, false
	}
	n := int(b[0])
	for b = b[1:]; n > 0; n, b = n-1, b[madeSize:] {
		m.made = append(m.made, feed.Made{Start: int64(binary.BigEndian.Uint64(b)), End: int64(binary.BigEndian.Uint64(b[8:])), ID: [8]byte(b[16:])})
	}
	m.key, m.body = Key(b), binary.BigEndian.Uint64(b[16:])
	m.rows, m.rejected = binary.BigEndian.Uint32(b[24:]), binary.BigEndian.Uint32(b[28:])
	return m, true
}

func appendKey(b []byte, k *remembered) []byte {
	b = append(b, k.key[:]...)
	for _, v := range []uint64{k.body, uint64(k.arrival), uint64(k.number)} {
		b = binary.BigEndian.AppendUint64(b, v)
	}
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(b, k.rows), k.rejected)
}

func readKeys(b []byte) (list []remembered, ok bool) {
	for ; len(b) >= keySize; b = b[keySize:] {
		v := func(i int) uint64 { return binary.BigEndian.Uint64(b[16+8*i:]) }
		list = append(list, remembered{key: Key(b), body: v(0), arrival: int64(v(1)), number: int64(v(2)), rows: binary.BigEndian.Uint32(b[40:]), rejected: binary.BigEndian.Uint32(b[44:])})
	}
	return list, len(b) == 0
}

// memory is which keys are remembered, the oldest first.
type memory struct {
	of    map[Key]*remembered
	order []Key
}

// day is how long a key is remembered, in milliseconds.
const day = 24 * 3600e3

// forget drops the keys that are older than a day.
func (m *memory) forget(now int64) {
	n := 0
	for n < len(m.order) {
		if k := m.of[m.order[n]]; k != nil && k.arrival+day > now {
			break
		}
		delete(m.of, m.order[n])
		n++
	}
	m.order = m.order[n:]
}

func (m *memory) add(k remembered) {
	if k.key == (Key{}) {
		return
	}
	if m.of[k.key] == nil {
		m.order = append(m.order, k.key)
	}
	m.of[k.key] = &k
}
