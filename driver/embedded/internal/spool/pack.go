package spool

import (
	"encoding/binary"

	"github.com/throng-stats/throng/event"
)

// Records wait packed: a day of ten million is a quarter smaller than as event.Record, in memory and on disk. Only trips
// have an end, which is written last.
const (
	shortRecord = 24
	longRecord  = 28
)

// pack writes a record to the beginning of b.
func pack(b []byte, r *event.Record, size int) {
	b = b[:size]
	le := binary.LittleEndian
	le.PutUint64(b, r.Unit)
	le.PutUint32(b[8:], r.Time)
	le.PutUint32(b[12:], r.Place)
	le.PutUint32(b[16:], r.To)
	le.PutUint16(b[20:], r.SIM)
	le.PutUint16(b[22:], r.Origin)
	if size == longRecord {
		le.PutUint32(b[24:], r.End)
	}
}

// unpack reads the record at the beginning of b.
func unpack(r *event.Record, b []byte, size int) {
	b = b[:size]
	le := binary.LittleEndian
	*r = event.Record{Unit: le.Uint64(b), Time: le.Uint32(b[8:]), Place: le.Uint32(b[12:]), To: le.Uint32(b[16:]), SIM: le.Uint16(b[20:]), Origin: le.Uint16(b[22:])}
	if size == longRecord {
		r.End = le.Uint32(b[24:])
	}
}

// unitOf reads the unit of the record at the beginning of b.
func unitOf(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }
