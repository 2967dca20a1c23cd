package rows

import (
	"encoding/binary"
	"math"

	"github.com/hamba/avro/v2"
)

// avroStep reads one field of a record whose fields are plain values, or such a value or null.
type avroStep struct {
	at     int         // index of the contract's field, or left
	null   int64       // number of null in a union of two, or -1
	is     byte        // as a column that is gathered
	kind   avro.Type   // of the value
	per    int64       // of timestamps: units a millisecond, else 0
	schema avro.Schema // of the value
}

// avroSteps are the steps of a record, or nil where a field has a type of values that differ in more than in being there.
func avroSteps(schema []avroField, fields int) (steps []avroStep, types []byte) {
	types = make([]byte, fields)
	for _, f := range schema {
		s := avroStep{at: f.at, null: -1, schema: f.schema}
		if u, ok := f.schema.(*avro.UnionSchema); ok && f.at != left {
			if len(u.Types()) != 2 || u.Types()[0].Type() == avro.Null == (u.Types()[1].Type() == avro.Null) {
				return nil, nil
			}
			s.null, s.schema = 0, u.Types()[1]
			if u.Types()[1].Type() == avro.Null {
				s.null, s.schema = 1, u.Types()[0]
			}
		}
		if f.at != left {
			if !s.isPlain() {
				return nil, nil
			}
			types[f.at] = s.is
		}
		steps = append(steps, s)
	}
	return steps, types
}

// isPlain says how a value is gathered.
func (s *avroStep) isPlain() bool {
	p, ok := s.schema.(*avro.PrimitiveSchema)
	if !ok {
		return false
	}
	s.kind = p.Type()
	switch s.kind {
	case avro.Int, avro.Long:
		var local bool
		s.is = packedWhole
		if s.per, local, _ = stampOf(p); s.per > 0 {
			s.is = wholeMillis
		}
		return !local
	case avro.Double:
		s.is = packedDecimal
	case avro.String, avro.Bytes:
		s.is = packedText
	default:
		return false
	}
	return true
}

// gather takes in a record as row i. It is not ok when that is not what the steps read, or has a value which a column cannot hold: then
// nothing of it was taken in, and the record is to be read value by value.
func (a *avroForm) gather(d *Decoder, i int, record []byte) (ok bool, err error) {
	if err := d.few.goOn(d, i, a.types); err != nil {
		return false, err
	}
	r := avroScan{b: record}
	for k := range a.steps {
		if !r.step(&d.few, &a.steps[k]) {
			d.few.cut()
			return false, nil
		}
	}
	if len(r.b) != 0 {
		d.few.cut()
		return false, nil
	}
	d.few.add(d, 1)
	return true, nil
}

// step reads one field.
func (r *avroScan) step(g *gathered, s *avroStep) bool {
	if s.at == left {
		r.skip(s.schema, 0)
		return r.err == nil
	}
	isNull := false
	if s.null >= 0 {
		branch := r.long()
		if isNull = branch == s.null; branch&^1 != 0 {
			return false
		}
	}
	switch s.is {
	case packedDecimal:
		return r.decimal(&g.decimals[s.at], isNull)
	case packedText:
		var v []byte
		if !isNull {
			v = r.take(r.long())
		}
		g.texts[s.at] = append(g.texts[s.at], v)
		return r.err == nil
	}
	v := int64(missingWhole)
	if !isNull {
		if v = r.long(); v == missingWhole || s.kind == avro.Int && v != int64(int32(v)) {
			return false
		}
		if s.per > 1 {
			v = floorDiv(v, s.per)
		}
	}
	g.wholes[s.at] = append(g.wholes[s.at], v)
	return r.err == nil
}

// decimal reads a double.
func (r *avroScan) decimal(to *[]float64, isNull bool) bool {
	v := math.NaN()
	if !isNull {
		b := r.take(8)
		if len(b) != 8 {
			return false
		}
		if v = math.Float64frombits(binary.LittleEndian.Uint64(b)); v != v {
			return false
		}
	}
	*to = append(*to, v)
	return r.err == nil
}

// floorDiv divides and rounds down.
func floorDiv(v, per int64) int64 {
	if v%per < 0 {
		return v/per - 1
	}
	return v / per
}
