package rows

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/hamba/avro/v2"

	"github.com/throng-stats/throng/feed"
)

// avroForm is one Avro record an entry, bare or as a single object (Avro specification 1.12, "Binary encoding" and
// "Single-object encoding"). Values are read by the schema of the contract; none is made into an object.
type avroForm struct {
	schema []avroField
	head   [10]byte   // of a single object: two signs and the fingerprint
	steps  []avroStep // of records of plain values, else nil
	types  []byte     // of columns that are gathered, by field
}

// avroField is a field of the record.
type avroField struct {
	at     int // index of the contract's field, or left
	schema avro.Schema
}

// avroValue is what a field held.
type avroValue struct {
	is   byte // as in packed blocks; 0 is missing
	n    int64
	x    float64
	text []byte
	per  int64 // of timestamps: units a millisecond, else 0
	zone bool  // of timestamps: by the clock on the wall
}

func (d *Decoder) newAvro(text []byte) (form, error) {
	bad := &feed.Error{Kind: feed.Invalid, Got: "a schema that is no Avro schema of a record", Want: "an .avsc file", Hint: "correct feed.kafka.schema"}
	schema, err := avro.ParseBytesWithCache(text, "", &avro.SchemaCache{})
	if err != nil {
		bad.Cause = err
		return nil, bad
	}
	record, ok := schema.(*avro.RecordSchema)
	if !ok {
		return nil, bad
	}
	print, err := record.FingerprintUsing(avro.CRC64AvroLE)
	if err != nil || len(print) != 8 {
		return nil, bad
	}
	a := &avroForm{head: [10]byte{0xc3, 1}}
	copy(a.head[2:], print)
	seen := make([]bool, len(d.fields))
	for _, f := range record.Fields() {
		k, known := d.index[f.Name()]
		if !known {
			return nil, &feed.Error{Kind: feed.Refused, Column: f.Name(), Got: "a field of the schema that is not in the contract", Want: "only " + d.columnNames(), Hint: "remove it at the source, or list it under drop"}
		}
		if k != left {
			seen[k] = true
			if err := d.fitsAvro(k, f.Type()); err != nil {
				return nil, err
			}
		}
		a.schema = append(a.schema, avroField{k, f.Type()})
	}
	for k, ok := range seen {
		if !ok {
			return nil, &feed.Error{Kind: feed.Invalid, Column: d.fields[k].Name, Got: "no such field in the schema", Want: "every column of the contract", Hint: "correct the name in the contract"}
		}
	}
	a.steps, a.types = avroSteps(a.schema, len(d.fields))
	return a, nil
}

func (a *avroForm) clone() form { return a }

func (a *avroForm) rows([]byte) int { return 1 }

// fitsAvro checks that what a field may hold is of a type that the contract admits.
func (d *Decoder) fitsAvro(k int, s avro.Schema) error {
	f := d.fields[k]
	misfit := func(got string) error {
		return &feed.Error{Kind: feed.Invalid, Column: f.Name, Got: got, Want: fmt.Sprintf("a type for %s", f.As), Hint: "correct the type in the contract, or the schema"}
	}
	switch s := s.(type) {
	case *avro.UnionSchema:
		for _, one := range s.Types() {
			if err := d.fitsAvro(k, one); err != nil {
				return err
			}
		}
		return nil
	case *avro.NullSchema, *avro.EnumSchema:
		return nil
	case *avro.FixedSchema:
		if s.Logical() != nil {
			return misfit("a decimal or a duration")
		}
		return nil
	case *avro.RefSchema:
		return d.fitsAvro(k, s.Schema())
	case *avro.PrimitiveSchema:
		is := byte(packedText)
		switch s.Type() {
		case avro.Int, avro.Long:
			is = packedWhole
		case avro.Float, avro.Double:
			is = packedDecimal
		case avro.Boolean:
			if f.As != "machine" {
				return misfit("a boolean")
			}
			return nil
		}
		per, local, known := stampOf(s)
		switch {
		case !known:
			return misfit(fmt.Sprintf("the logical type %s", s.Logical().Type()))
		case per > 0 && !f.IsTime(), per == 0 && !d.takes(k, is):
			return misfit("the type " + string(s.Type()))
		case local && f.NeedsZone():
			return misfit("local times without a zone")
		}
		return nil
	}
	return misfit("a value made of values")
}

// stampOf says how many units of a timestamp are a millisecond (below 0: milliseconds a unit is not known), and whether it
// is local. Plain values have 0.
func stampOf(s *avro.PrimitiveSchema) (per int64, local, known bool) {
	if s.Logical() == nil {
		return 0, false, true
	}
	switch s.Logical().Type() {
	case "timestamp-millis":
		return 1, false, true
	case "timestamp-micros":
		return 1e3, false, true
	case "timestamp-nanos":
		return 1e6, false, true
	case "local-timestamp-millis":
		return 1, true, true
	case "local-timestamp-micros":
		return 1e3, true, true
	case "local-timestamp-nanos":
		return 1e6, true, true
	case "uuid":
		return 0, false, true
	}
	return 0, false, false
}

func (a *avroForm) put(d *Decoder, i, n int, entry []byte) error {
	if len(entry) >= len(a.head) && string(entry[:len(a.head)]) == string(a.head[:]) {
		entry = entry[len(a.head):]
	}
	if a.steps != nil {
		if ok, err := a.gather(d, i, entry); ok || err != nil {
			return err
		}
	}
	r := avroScan{b: entry}
	var room [16]avroValue
	values := append(room[:0], make([]avroValue, len(d.fields))...)
	for _, f := range a.schema {
		if f.at == left {
			r.skip(f.schema, 0)
		} else {
			values[f.at] = r.value(f.schema)
		}
	}
	if r.err != nil || len(r.b) != 0 {
		d.lose(i, 1)
		return nil
	}
	for k, f := range d.fields {
		if k == d.where {
			d.gate.Places(i, i+1)
		}
		if err := d.give(f, k, i, values[k]); err != nil {
			return err
		}
	}
	return nil
}

// give hands one value over.
func (d *Decoder) give(f *feed.Field, k, i int, v avroValue) error {
	switch v.is {
	case 0:
		d.gate.Null(f, i)
		return nil
	case packedText:
		if k == d.unit && !d.sample.isDone {
			d.sample.add(string(v.text))
		}
		return d.gate.Text(f, i, v.text)
	case packedDecimal:
		return d.gate.Floats(f, i, []float64{v.x})
	}
	d.whole[0] = v.n
	if v.per > 0 {
		d.whole[0] = floorDiv(v.n, v.per)
		return d.gate.Millis(f, i, d.whole[:], v.zone)
	}
	if k == d.unit && !d.sample.isDone {
		d.sample.add(fmt.Sprint(v.n))
	}
	return d.gate.Ints(f, i, d.whole[:])
}

// avroScan reads the binary encoding. After an error it gives nothing more.
type avroScan struct {
	b   []byte
	err error
}

var errAvro = errors.New("rows: not a record of the schema")

func (r *avroScan) fail() { r.b, r.err = nil, errAvro }

// long reads a zigzag number of at most 64 bits.
func (r *avroScan) long() int64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.b = r.b[n:]
	return int64(v>>1) ^ -int64(v&1)
}

func (r *avroScan) take(n int64) []byte {
	if n < 0 || n > int64(len(r.b)) {
		r.fail()
		return nil
	}
	v := r.b[:n:n]
	r.b = r.b[n:]
	return v
}

// branch reads which member of a union follows.
func (r *avroScan) branch(u *avro.UnionSchema) avro.Schema {
	if i := r.long(); r.err == nil && i >= 0 && i < int64(len(u.Types())) {
		return u.Types()[i]
	}
	r.fail()
	return nil
}

// value reads a value that fitsAvro lets through.
func (r *avroScan) value(s avro.Schema) (v avroValue) {
	switch s := s.(type) {
	case *avro.UnionSchema:
		if one := r.branch(s); one != nil {
			return r.value(one)
		}
	case *avro.RefSchema:
		return r.value(s.Schema())
	case *avro.EnumSchema:
		if i := r.long(); r.err == nil && i >= 0 && i < int64(len(s.Symbols())) {
			return avroValue{is: packedText, text: []byte(s.Symbols()[i])}
		}
		r.fail()
	case *avro.FixedSchema:
		return avroValue{is: packedText, text: r.take(int64(s.Size()))}
	case *avro.PrimitiveSchema:
		return r.plain(s)
	}
	return v
}

func (r *avroScan) plain(s *avro.PrimitiveSchema) (v avroValue) {
	switch s.Type() {
	case avro.Int, avro.Long:
		v.is, v.n = packedWhole, r.long()
		if s.Type() == avro.Int && v.n != int64(int32(v.n)) {
			r.fail()
		}
		v.per, v.zone, _ = stampOf(s)
	case avro.Boolean:
		if b := r.take(1); len(b) == 1 && b[0] <= 1 {
			return avroValue{is: packedWhole, n: int64(b[0])}
		}
		r.fail()
	case avro.Float:
		if b := r.take(4); len(b) == 4 {
			v.is, v.x = packedDecimal, float64(math.Float32frombits(binary.LittleEndian.Uint32(b)))
		}
	case avro.Double:
		if b := r.take(8); len(b) == 8 {
			v.is, v.x = packedDecimal, math.Float64frombits(binary.LittleEndian.Uint64(b))
		}
	case avro.String, avro.Bytes:
		v.is, v.text = packedText, r.take(r.long())
	}
	return v
}

// skip passes over any value.
func (r *avroScan) skip(s avro.Schema, depth int) {
	if depth > maxDepth || r.err != nil {
		r.fail()
		return
	}
	switch s := s.(type) {
	case *avro.UnionSchema:
		if one := r.branch(s); one != nil {
			r.skip(one, depth+1)
		}
	case *avro.RefSchema:
		r.skip(s.Schema(), depth+1)
	case *avro.RecordSchema:
		for _, f := range s.Fields() {
			r.skip(f.Type(), depth+1)
		}
	case *avro.ArraySchema:
		r.blocks(func() { r.skip(s.Items(), depth+1) })
	case *avro.MapSchema:
		r.blocks(func() { r.take(r.long()); r.skip(s.Values(), depth+1) })
	default:
		r.value(s)
	}
}

// blocks reads the blocks of a list or map. A block with its size is passed over at once.
func (r *avroScan) blocks(one func()) {
	for r.err == nil {
		n := r.long()
		if n == 0 {
			return
		}
		if n < 0 {
			r.take(r.long())
			continue
		}
		for before := len(r.b); n > 0 && r.err == nil; n-- {
			if one(); len(r.b) == before && n > int64(len(r.b)) {
				r.fail() // values without bytes: a number of them is no reason to count to it
				return
			}
		}
	}
}
