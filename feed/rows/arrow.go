package rows

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	flatbuffers "github.com/google/flatbuffers/go"

	"github.com/throng-stats/throng/feed"
)

// arrowForm reads an Arrow stream an entry: a schema, batches of rows, the end mark (Arrow Columnar Format, "IPC Streaming
// Format"). Every length in it is compared with the bytes that are there before anything is made of it. What is compressed inside,
// and dictionaries that grow, are not read: how large they become shows too late.
type arrowForm struct{}

// Limits of a stream.
const (
	maxArrowHead   = 1 << 20 // bytes of what describes a message
	leastArrowTime = 4       // bytes that a row has at least, for every feed has a time: so rows cannot be claimed that were not sent
)

func (arrowForm) clone() form { return arrowForm{} }

// rows is their number in all batches, or 1 when the entry is no stream.
func (arrowForm) rows(entry []byte) int {
	n, ok := arrowRows(entry)
	if !ok || n == 0 {
		return 1
	}
	return n
}

// Slots of the tables of Message.fbs and Schema.fbs.
const (
	slotHeaderType = 6
	slotHeader     = 8
	slotBodyLength = 10
	slotMetadata   = 12
	slotLength     = 4  // of a record batch
	slotCompressed = 10 // of a record batch
	slotBatch      = 6  // of a dictionary batch
	slotIsDelta    = 8  // of a dictionary batch
	slotEndianness = 4  // of a schema
	slotFields     = 6  // of a schema
	slotSchemaMeta = 8  // of a schema
	slotTypeOf     = 8  // of a field
	slotChildren   = 14 // of a field
	slotFieldMeta  = 16 // of a field

	headSchema     = 1
	headDictionary = 2
	headBatch      = 3
)

// arrowRows walks over the messages of a stream, from the schema to the end mark, and adds up their rows. It is not ok when something
// is cut, claims more than is there, or is not read; more than maxPacked rows are as many as that and one.
func arrowRows(b []byte) (n int, ok bool) {
	defer func() {
		if recover() != nil { // an offset that leads out of the bytes
			n, ok = 0, false
		}
	}()
	for isFirst := true; ; isFirst = false {
		if len(b) < 8 || binary.LittleEndian.Uint32(b) != math.MaxUint32 {
			return 0, false
		}
		size := int64(binary.LittleEndian.Uint32(b[4:]))
		if b = b[8:]; size == 0 {
			return min(n, maxPacked+1), len(b) == 0 && !isFirst
		}
		if size < 8 || size > maxArrowHead || size > int64(len(b)) {
			return 0, false
		}
		m := flatbuffers.Table{Bytes: b[:size], Pos: flatbuffers.GetUOffsetT(b[:size])}
		b = b[size:]
		body := m.GetInt64Slot(slotBodyLength, 0)
		if body < 0 || body > int64(len(b)) {
			return 0, false
		}
		b = b[body:]
		rows, ok := messageRows(&m, body, isFirst)
		if !ok {
			return 0, false
		}
		if n += rows; n > maxPacked {
			n = maxPacked + 1
		}
	}
}

// messageRows is how many rows a message of the stream adds.
func messageRows(m *flatbuffers.Table, body int64, isFirst bool) (n int, ok bool) {
	kind := m.GetByteSlot(slotHeaderType, 0)
	at := flatbuffers.UOffsetT(m.Offset(slotHeader))
	if at == 0 || (kind == headSchema) != isFirst || !isShort(m, slotMetadata) {
		return 0, false
	}
	var head flatbuffers.Table
	m.Union(&head, at)
	switch kind {
	case headSchema:
		return 0, body == 0 && isFlat(&head)
	case headDictionary:
		at := flatbuffers.UOffsetT(head.Offset(slotBatch))
		if at == 0 || head.GetBoolSlot(slotIsDelta, false) {
			return 0, false
		}
		batch := flatbuffers.Table{Bytes: head.Bytes, Pos: head.Indirect(at + head.Pos)}
		_, ok := batchRows(&batch, body)
		return 0, ok
	case headBatch:
		return batchRows(&head, body)
	}
	return 0, false
}

// isShort reports whether a vector of a table can lie in its bytes. The library makes room for all of it before it reads it.
func isShort(t *flatbuffers.Table, slot flatbuffers.VOffsetT) bool {
	at := flatbuffers.UOffsetT(t.Offset(slot))
	return at == 0 || t.VectorLen(at) <= len(t.Bytes)/4
}

// isFlat reports whether a schema has columns of plain values alone, as this machine writes them: numbers, texts and times, or
// dictionaries of them. Others, which the contract may drop, may be of any size whatever was sent.
func isFlat(schema *flatbuffers.Table) bool {
	at := flatbuffers.UOffsetT(schema.Offset(slotFields))
	if at == 0 || !isShort(schema, slotFields) || !isShort(schema, slotSchemaMeta) || schema.GetInt16Slot(slotEndianness, 0) != 0 {
		return false
	}
	for i := range schema.VectorLen(at) {
		f := flatbuffers.Table{Bytes: schema.Bytes, Pos: schema.Indirect(schema.Vector(at) + flatbuffers.UOffsetT(4*i))}
		if children := flatbuffers.UOffsetT(f.Offset(slotChildren)); children != 0 && f.VectorLen(children) != 0 {
			return false
		}
		if !plainTypes[f.GetByteSlot(slotTypeOf, 0)] || !isShort(&f, slotFieldMeta) {
			return false
		}
	}
	return true
}

// plainTypes are whole and decimal numbers, bytes, texts, booleans, dates, times and stamps, by their numbers in Schema.fbs.
var plainTypes = [256]bool{2: true, 3: true, 4: true, 5: true, 6: true, 8: true, 9: true, 10: true, 19: true, 20: true}

func batchRows(batch *flatbuffers.Table, body int64) (n int, ok bool) {
	length := batch.GetInt64Slot(slotLength, 0)
	if length < 0 || length > body/leastArrowTime || batch.Offset(slotCompressed) != 0 {
		return 0, false
	}
	return int(min(length, maxPacked+1)), true
}

// arrowHeader says what is wrong with the schema of a stream; nil when it is none.
func (d *Decoder) arrowHeader(entry []byte) (err error) {
	if _, ok := arrowRows(entry); !ok {
		return nil
	}
	r, err := arrowReader(entry)
	if err != nil {
		return nil
	}
	defer r.Release()
	_, err = d.arrowColumns(r.Schema())
	return err
}

func arrowReader(entry []byte) (r *ipc.Reader, err error) {
	defer func() {
		if recover() != nil {
			err = errArrow
		}
	}()
	return ipc.NewReader(bytes.NewReader(entry), ipc.WithMetadataSizeLimit(maxArrowHead), ipc.WithBodySizeLimit(int64(len(entry))))
}

// errArrow is all that is said of a stream that cannot be read: the library's words may quote it.
var errArrow = &feed.Error{Kind: feed.Corrupt, Got: "no Arrow stream that can be read", Want: "one of the columns of the contract"}

// arrowColumns finds for each field of the contract its column.
func (d *Decoder) arrowColumns(schema *arrow.Schema) (at []int, err error) {
	at = make([]int, len(d.fields))
	for k := range at {
		at[k] = -1
	}
	for i, c := range schema.Fields() {
		k, known := d.index[c.Name]
		switch {
		case !known:
			return nil, &feed.Error{Kind: feed.Refused, Got: "a column that is not in the contract", Want: "only " + d.columnNames(), Hint: "remove it at the source, or list it under drop"}
		case k == left:
		case at[k] >= 0:
			return nil, &feed.Error{Kind: feed.Invalid, Column: d.fields[k].Name, Got: "a column that is there twice", Want: "it once"}
		case !d.fitsArrow(k, c.Type):
			return nil, &feed.Error{Kind: feed.Invalid, Column: d.fields[k].Name, Got: "another type", Want: fmt.Sprintf("a type for %s", d.fields[k].As), Hint: "correct the type in the contract, or the schema"}
		default:
			at[k] = i
		}
	}
	if k := slices.Index(at, -1); k >= 0 {
		return nil, &feed.Error{Kind: feed.Invalid, Column: d.fields[k].Name, Got: "no such column", Want: "every column of the contract"}
	}
	return at, nil
}

// fitsArrow reports whether a column of a type can be a field.
func (d *Decoder) fitsArrow(k int, t arrow.DataType) bool {
	f := d.fields[k]
	switch t := t.(type) {
	case *arrow.Int8Type, *arrow.Int16Type, *arrow.Int32Type, *arrow.Int64Type, *arrow.Uint8Type, *arrow.Uint16Type, *arrow.Uint32Type:
		return d.takes(k, packedWhole)
	case *arrow.Float32Type, *arrow.Float64Type:
		return d.takes(k, packedDecimal)
	case *arrow.StringType, *arrow.LargeStringType, *arrow.BinaryType, *arrow.LargeBinaryType:
		return d.takes(k, packedText)
	case *arrow.DictionaryType:
		_, isText := t.ValueType.(*arrow.StringType)
		return isText && d.takes(k, packedWords)
	case *arrow.TimestampType:
		return f.IsTime() && !(t.TimeZone == "" && f.NeedsZone())
	case *arrow.BooleanType:
		return f.As == "machine"
	}
	return false
}

func (arrowForm) put(d *Decoder, i, n int, entry []byte) error {
	if has, ok := arrowRows(entry); !ok || has != n || n > maxPacked {
		d.lose(i, n)
		return nil
	}
	batches, at, err := d.arrowBatches(entry, n)
	if err != nil {
		d.lose(i, n)
		return nil
	}
	for _, b := range batches {
		for k := range d.fields {
			if k == d.where {
				d.gate.Places(i, i+b.n)
			}
			if err := b.columns[at[k]].give(d, k, i); err != nil {
				return err
			}
		}
		i += b.n
	}
	return nil
}

// arrowBatch is a batch whose values have all been looked at: nothing in it leads out of its bytes.
type arrowBatch struct {
	n       int
	columns []arrowColumn
}

// arrowColumn has one of the slices. What is missing stands as in packed blocks; missing texts are nil.
type arrowColumn struct {
	wholes   []int64
	decimals []float64
	texts    [][]byte
	codes    []int32 // into words; below 0 is missing
	words    [][]byte
	millis   []int64
	isLocal  bool
}

// arrowBatches reads all batches before any row is handed over, so that a stream counts as a whole or not at all.
func (d *Decoder) arrowBatches(entry []byte, rows int) (all []arrowBatch, at []int, err error) {
	defer func() {
		if recover() != nil { // of the library, at lengths that contradict each other
			all, at, err = nil, nil, errArrow
		}
	}()
	r, err := arrowReader(entry)
	if err != nil {
		return nil, nil, errArrow
	}
	defer r.Release()
	if at, err = d.arrowColumns(r.Schema()); err != nil {
		return nil, nil, err
	}
	for r.Next() {
		record := r.RecordBatch()
		b := arrowBatch{int(record.NumRows()), make([]arrowColumn, record.NumCols())}
		for _, i := range at {
			if record.Column(i).Len() != b.n {
				return nil, nil, errArrow
			}
			b.columns[i] = arrowValues(record.Column(i), len(entry)/leastArrowTime)
		}
		rows -= b.n
		all = append(all, b)
	}
	if r.Err() != nil || rows != 0 {
		return nil, nil, errArrow
	}
	return all, at, nil
}

// arrowValues copies the values of a column, which are of a dictionary with at most so many. It panics where they lead out of its bytes.
func arrowValues(a arrow.Array, most int) (c arrowColumn) {
	switch a := a.(type) {
	case *array.Int8:
		c.wholes = wholesOf(a, a.Int8Values())
	case *array.Int16:
		c.wholes = wholesOf(a, a.Int16Values())
	case *array.Int32:
		c.wholes = wholesOf(a, a.Int32Values())
	case *array.Int64:
		c.wholes = wholesOf(a, a.Int64Values())
	case *array.Uint8:
		c.wholes = wholesOf(a, a.Uint8Values())
	case *array.Uint16:
		c.wholes = wholesOf(a, a.Uint16Values())
	case *array.Uint32:
		c.wholes = wholesOf(a, a.Uint32Values())
	case *array.Boolean:
		c.wholes = make([]int64, a.Len())
		for i := range c.wholes {
			if a.IsNull(i) {
				c.wholes[i] = missingWhole
			} else if a.Value(i) {
				c.wholes[i] = 1
			}
		}
	case *array.Float32:
		c.decimals = decimalsOf(a, a.Float32Values())
	case *array.Float64:
		c.decimals = decimalsOf(a, a.Float64Values())
	case *array.Timestamp:
		c.millis = millisOf(a)
		c.isLocal = a.DataType().(*arrow.TimestampType).TimeZone == ""
	case *array.Dictionary:
		words := a.Dictionary().(*array.String)
		if words.Len() > most {
			panic(errArrow)
		}
		c.codes, c.words = make([]int32, a.Len()), textsOf(words, words.Value)
		for i := range c.codes {
			if c.codes[i] = -1; !a.IsNull(i) {
				at := a.GetValueIndex(i)
				_ = c.words[at]
				c.codes[i] = int32(at)
			}
		}
	case *array.String:
		c.texts = textsOf(a, a.Value)
	case *array.LargeString:
		c.texts = textsOf(a, a.Value)
	case *array.Binary:
		c.texts = textsOf(a, a.Value)
	case *array.LargeBinary:
		c.texts = textsOf(a, a.Value)
	default:
		panic(errArrow)
	}
	return c
}

func wholesOf[T int8 | int16 | int32 | int64 | uint8 | uint16 | uint32](a arrow.Array, from []T) []int64 {
	to := make([]int64, a.Len())
	for i := range to {
		if to[i] = int64(from[i]); a.IsNull(i) {
			to[i] = missingWhole
		}
	}
	return to
}

func decimalsOf[T float32 | float64](a arrow.Array, from []T) []float64 {
	to := make([]float64, a.Len())
	for i := range to {
		if to[i] = float64(from[i]); a.IsNull(i) {
			to[i] = math.NaN()
		}
	}
	return to
}

func textsOf[T string | []byte](a arrow.Array, value func(int) T) [][]byte {
	to := make([][]byte, a.Len())
	for i := range to {
		if !a.IsNull(i) {
			to[i] = append([]byte{}, value(i)...)
		}
	}
	return to
}

// millisOf rounds down to whole milliseconds. An instant that does not fit is missing.
func millisOf(a *array.Timestamp) []int64 {
	unit := a.DataType().(*arrow.TimestampType).Unit
	from, to := a.TimestampValues(), make([]int64, a.Len())
	for i := range to {
		v, per := int64(from[i]), int64(unit.Multiplier())
		switch {
		case a.IsNull(i), per > 1e6 && (v > math.MaxInt64/1000 || v < math.MinInt64/1000):
			to[i] = missingWhole
		case per > 1e6: // seconds
			to[i] = v * 1000
		default:
			n := 1000000 / per // of the unit in a millisecond
			if to[i] = v / n; v%n < 0 {
				to[i]--
			}
		}
	}
	return to
}

// give hands a column over, as rows from i on.
func (c *arrowColumn) give(d *Decoder, k, i int) error {
	f := d.fields[k]
	switch {
	case c.millis != nil:
		return runs(d, f, i, c.millis, func(v int64) bool { return v == missingWhole },
			func(f *feed.Field, i int, vs []int64) error { return d.gate.Millis(f, i, vs, c.isLocal) })
	case c.wholes != nil:
		if k == d.unit {
			d.sampleWholes(c.wholes)
		}
		return d.wholes(k, i, c.wholes)
	case c.decimals != nil:
		return d.decimals(k, i, c.decimals)
	case c.codes != nil:
		if k == d.unit {
			d.sampleTexts(c.words)
		}
		lx := d.gate.Lexicon(f, c.words)
		return runs(d, f, i, c.codes, func(v int32) bool { return v < 0 },
			func(f *feed.Field, i int, vs []int32) error { return d.gate.Codes(f, i, vs, lx) })
	}
	if k == d.unit {
		d.sampleTexts(c.texts)
	}
	for j, v := range c.texts {
		if v == nil {
			d.gate.Null(f, i+j)
		} else if err := d.gate.Text(f, i+j, v); err != nil {
			return err
		}
	}
	return nil
}
