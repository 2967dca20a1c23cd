package spool

import (
	"encoding/binary"

	"github.com/throng-stats/throng/event"
)

// Layout says what of a record is kept. Records wait packed: a day of ten million events is a quarter smaller than as
// event.Record, in memory and on disk.
type Layout int

// The layouts, by the bytes of a record: only trips and sales have an end, only sales an amount; they are written last.
const (
	Events Layout = 24
	Trips  Layout = 28
	Sales  Layout = 32
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
	if size > int(Events) {
		le.PutUint32(b[24:], r.End)
	}
	if size > int(Trips) {
		le.PutUint32(b[28:], uint32(r.Amount))
	}
}

// unpack reads the record at the beginning of b.
func unpack(r *event.Record, b []byte, size int) {
	b = b[:size]
	le := binary.LittleEndian
	*r = event.Record{Unit: le.Uint64(b), Time: le.Uint32(b[8:]), Place: le.Uint32(b[12:]), To: le.Uint32(b[16:]), SIM: le.Uint16(b[20:]), Origin: le.Uint16(b[22:])}
	if size > int(Events) {
		r.End = le.Uint32(b[24:])
	}
	if size > int(Trips) {
		r.Amount = int32(le.Uint32(b[28:]))
	}
}

// unitOf reads the unit of the record at the beginning of b.
func unitOf(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }
