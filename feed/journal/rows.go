package journal

import (
	"encoding/binary"
	"errors"
	"math"

	"github.com/throng-stats/throng/event"
)

// MaxRows is how many rows one entry may hold.
const MaxRows = 1 << 20

// The columns of a block, by bit.
const (
	colUnit = 1 << iota
	colTime
	colPlace
	colSIM
	colNetwork
	colArrival
	colWas
	colBad
	colsKnown = 1<<iota - 1
)

// errBlock is what a block answers that was written by nobody.
var errBlock = errors.New("rows that cannot be")

// number is the type of a column.
type number interface {
	~uint16 | ~uint32 | ~uint64 | ~int64
}

// width is the bytes of a number.
func width[T number]() int {
	switch any(*new(T)).(type) {
	case uint16, event.Bad:
		return 2
	case uint32:
		return 4
	}
	return 8
}

// encoder writes the rows of a batch that are listed.
type encoder struct {
	b              []byte
	rows           []int32
	present, saved uint16
}

// isEvents reports whether a batch has no other columns than a block.
func isEvents(b *event.Batch) bool {
	return len(b.End)+len(b.To)+len(b.Origin)+len(b.Home)+len(b.Code[0])+len(b.Code[1])+len(b.Amount)+len(b.Coin)+len(b.Nights) == 0
}

// appendRows encodes rows of a batch of events by column: their number, which columns there are, which of them are not zero in all
// rows, and those in little-endian order.
func appendRows(b []byte, batch *event.Batch, rows []int32, byColumn bool) []byte {
	e := &encoder{b: binary.LittleEndian.AppendUint32(b, uint32(len(rows))), rows: rows}
	at := len(e.b)
	e.b = append(e.b, 0, 0, 0, 0)
	put(e, colUnit, batch.Unit)
	put(e, colTime, batch.Time)
	put(e, colPlace, batch.Place)
	put(e, colSIM, batch.SIM)
	put(e, colNetwork, batch.Network)
	if byColumn {
		put(e, colArrival, batch.Arrival)
	}
	put(e, colWas, batch.Was)
	put(e, colBad, batch.Bad)
	binary.LittleEndian.PutUint16(e.b[at:], e.present)
	binary.LittleEndian.PutUint16(e.b[at+2:], e.saved)
	return e.b
}

func put[T number](e *encoder, bit uint16, column []T) {
	if len(column) == 0 {
		return
	}
	e.present |= bit
	var any T
	for _, r := range e.rows {
		any |= column[r]
	}
	if any == 0 {
		return
	}
	e.saved |= bit
	switch width[T]() {
	case 2:
		for _, r := range e.rows {
			e.b = binary.LittleEndian.AppendUint16(e.b, uint16(column[r]))
		}
	case 4:
		for _, r := range e.rows {
			e.b = binary.LittleEndian.AppendUint32(e.b, uint32(column[r]))
		}
	default:
		for _, r := range e.rows {
			e.b = binary.LittleEndian.AppendUint64(e.b, uint64(column[r]))
		}
	}
}

// decoder reads a block and appends to the columns of a batch.
type decoder struct {
	b              []byte
	n              int
	isFirst        bool // the batch is empty: it loses the columns that the block does not have
	present, saved uint16
}

// columnsOf are the columns that a block has, without its rows.
func columnsOf(b []byte) uint16 {
	if len(b) < 8 {
		return 0
	}
	return binary.LittleEndian.Uint16(b[4:])
}

// readRows appends the rows of a block to a batch and says how many there were. A batch that is not empty must have the
// same columns. It takes no more memory than MaxRows rows, whatever the bytes say, and changes nothing when they are wrong.
func readRows(b []byte, into *event.Batch) (int, error) {
	if len(b) < 8 {
		return 0, errBlock
	}
	if into.Len() == 0 {
		*into = event.Batch{Unit: into.Unit, Time: into.Time, Place: into.Place, SIM: into.SIM, Network: into.Network, Arrival: into.Arrival, Was: into.Was, Bad: into.Bad}
	}
	d := &decoder{isFirst: into.Len() == 0, b: b[8:], n: int(binary.LittleEndian.Uint32(b)), present: binary.LittleEndian.Uint16(b[4:]), saved: binary.LittleEndian.Uint16(b[6:])}
	size := 0
	for bit, w := range widths {
		if d.saved>>bit&1 == 1 {
			size += w * min(d.n, math.MaxInt32)
		}
	}
	if d.n < 1 || d.n > MaxRows || d.present&^colsKnown != 0 || d.saved&^d.present != 0 || d.present&(colTime|colUnit|colBad) != colTime|colUnit|colBad || size != len(d.b) {
		return 0, errBlock
	}
	into.Unit = take(d, colUnit, into.Unit)
	into.Time = take(d, colTime, into.Time)
	into.Place = take(d, colPlace, into.Place)
	into.SIM = take(d, colSIM, into.SIM)
	into.Network = take(d, colNetwork, into.Network)
	if d.present&colArrival != 0 { // else whoever reads stamps them
		into.Arrival = take(d, colArrival, into.Arrival)
	}
	into.Was = take(d, colWas, into.Was)
	into.Bad = take(d, colBad, into.Bad)
	return d.n, nil
}

// widths are the bytes of each column, by bit.
var widths = []int{8, 8, 4, 2, 4, 8, 8, 2}

func take[T number](d *decoder, bit uint16, column []T) []T {
	if d.present&bit == 0 {
		if d.isFirst {
			return nil
		}
		return column
	}
	if d.saved&bit == 0 {
		return append(column, make([]T, d.n)...)
	}
	w := width[T]()
	for i := range d.n {
		var v T
		switch w {
		case 2:
			v = T(binary.LittleEndian.Uint16(d.b[2*i:]))
		case 4:
			v = T(binary.LittleEndian.Uint32(d.b[4*i:]))
		default:
			v = T(binary.LittleEndian.Uint64(d.b[8*i:]))
		}
		column = append(column, v)
	}
	d.b = d.b[w*d.n:]
	return column
}
