package rows

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
	"strconv"

	"github.com/throng-stats/throng/feed"
)

// packedMagic begins a packed block; its last sign is the version.
const packedMagic = "TPK1"

// packedHeader is how many bytes stand before the first column.
const packedHeader = len(packedMagic) + 6

// Types of columns of a packed block (docs/format/packed.md).
const (
	packedWhole   = 1
	packedDecimal = 2
	packedText    = 3
	packedWords   = 4
)

// What stands for a missing value, and the most rows of a block.
const (
	missingWhole = math.MinInt64
	missingWord  = math.MaxUint32
	maxPacked    = 1 << 20
)

// Column is a column to pack; one of the slices is used. Missing are math.MinInt64, NaN and the empty text.
type Column struct {
	Name     string
	Wholes   []int64
	Decimals []float64
	Texts    []string
	Codes    []uint32 // with Words: into Words, math.MaxUint32 is missing
	Words    []string
}

// Pack makes a packed block of columns of equal length, with at least one row. It panics when they are not.
func Pack(to []byte, columns ...Column) []byte {
	le := binary.LittleEndian
	n := columns[0].length()
	to = append(to, packedMagic...)
	to = le.AppendUint32(to, uint32(n))
	to = le.AppendUint16(to, uint16(len(columns)))
	for _, c := range columns {
		if c.length() != n || n < 1 || n > maxPacked || len(c.Name) > 255 {
			panic("rows: columns of a packed block have one length, 1 to 1,048,576, and names of at most 255 bytes")
		}
		to = append(append(to, byte(len(c.Name))), c.Name...)
		at := len(to)
		to = append(to, 0, 0, 0, 0, 0) // type and length, known below
		switch {
		case c.Wholes != nil:
			to[at] = packedWhole
			for _, v := range c.Wholes {
				to = le.AppendUint64(to, uint64(v))
			}
		case c.Decimals != nil:
			to[at] = packedDecimal
			for _, v := range c.Decimals {
				to = le.AppendUint64(to, math.Float64bits(v))
			}
		case c.Texts != nil:
			to[at] = packedText
			to = appendTexts(to, c.Texts)
		default:
			to[at] = packedWords
			to = le.AppendUint32(to, uint32(len(c.Words)))
			to = appendTexts(to, c.Words)
			for _, v := range c.Codes {
				to = le.AppendUint32(to, v)
			}
		}
		le.PutUint32(to[at+1:], uint32(len(to)-at-5))
	}
	return to
}

func (c Column) length() int {
	return max(len(c.Wholes), len(c.Decimals), len(c.Texts), len(c.Codes))
}

// appendTexts appends where each text begins, where the last one ends, and the texts.
func appendTexts(to []byte, texts []string) []byte {
	at := uint32(0)
	to = binary.LittleEndian.AppendUint32(to, at)
	for _, v := range texts {
		at += uint32(len(v))
		to = binary.LittleEndian.AppendUint32(to, at)
	}
	for _, v := range texts {
		to = append(to, v...)
	}
	return to
}

// packedForm reads packed blocks.
type packedForm struct {
	columns []packedColumn // of the block in hand, by field
	lexica  []lexicon      // by field
	known   stencils
	types   []byte   // of the block in hand, by field
	few     [][]byte // words of one column of one block

	wholes   []int64
	decimals []float64
	codes    []int32
	values   [][]byte
}

type packedColumn struct {
	is   byte // 0 when the block does not have it
	data []byte
}

// lexicon is the dictionary of the block before: blocks of one producer nearly always have the same.
type lexicon struct {
	text []byte
	of   *feed.Lexicon
}

func (*packedForm) clone() form { return &packedForm{} }

// rows is the number in the header when the columns fit into the entry, else 1.
func (*packedForm) rows(entry []byte) int {
	if len(entry) >= 8 && binary.LittleEndian.Uint32(entry[4:]) == 1 {
		return 1 // whether the columns fit or not
	}
	n := 1
	if _, ok := eachColumn(entry, func(rows int, _ []byte, _ byte, _ []byte) bool { n = rows; return true }); !ok {
		return 1
	}
	return n
}

// eachColumn walks over the columns of a block; it is not ok when their lengths do not add up.
func eachColumn(b []byte, each func(rows int, name []byte, is byte, data []byte) bool) (rows int, ok bool) {
	if len(b) < packedHeader || string(b[:4]) != packedMagic {
		return 0, false
	}
	n, columns := binary.LittleEndian.Uint32(b[4:]), binary.LittleEndian.Uint16(b[8:])
	if b = b[packedHeader:]; n < 1 || n > maxPacked || columns < 1 {
		return 0, false
	}
	for range columns {
		if len(b) < 1 || len(b) < 1+int(b[0])+5 {
			return 0, false
		}
		name := b[1 : 1+int(b[0])]
		b = b[1+int(b[0]):]
		is, length := b[0], binary.LittleEndian.Uint32(b[1:])
		if b = b[5:]; uint64(length) > uint64(len(b)) || !fits(is, n, b[:length]) {
			return 0, false
		}
		if !each(int(n), name, is, b[:length]) {
			return 0, false
		}
		b = b[length:]
	}
	return int(n), len(b) == 0
}

// fits reports whether the data of a column can hold n rows, so that no header can ask for more memory than was sent.
func fits(is byte, n uint32, data []byte) bool {
	size := uint64(len(data))
	switch is {
	case packedWhole, packedDecimal:
		return size == 8*uint64(n)
	case packedText:
		return size >= 4*(uint64(n)+1)
	case packedWords:
		return size >= 4 && size >= 4+4*(uint64(binary.LittleEndian.Uint32(data))+1)+4*uint64(n)
	}
	return false
}

func (p *packedForm) put(d *Decoder, i, n int, entry []byte) error {
	if s := p.known.of(entry); s != nil {
		return p.gatherOne(d, i, s, entry)
	}
	if !p.look(d, entry) {
		d.lose(i, n)
		return nil
	}
	if n <= fewPacked {
		return p.gather(d, i, n)
	}
	for k := range p.columns {
		if k == d.where {
			d.gate.Places(i, i+n)
		}
		if err := p.column(d, k, i, n); err != nil {
			return err
		}
	}
	return nil
}

// look finds the columns of a block by their names.
func (p *packedForm) look(d *Decoder, entry []byte) bool {
	if p.columns == nil {
		p.columns, p.lexica = make([]packedColumn, len(d.fields)), make([]lexicon, len(d.fields))
	}
	clear(p.columns)
	rows, ok := eachColumn(entry, func(_ int, name []byte, is byte, data []byte) bool {
		k, known := d.index[string(name)]
		switch {
		case !known:
			d.unknown(name)
			return false
		case k == left:
			return true
		case p.columns[k].is != 0 || !d.takes(k, is):
			return false
		}
		p.columns[k] = packedColumn{is, data}
		return true
	})
	ok = ok && !slices.ContainsFunc(p.columns, func(c packedColumn) bool { return c.is == 0 })
	if ok && rows == 1 {
		p.known.keep(d, entry)
	}
	return ok
}

// takes reports whether a field can be of a type; whoever sends another is told once.
func (d *Decoder) takes(k int, is byte) bool {
	f := d.fields[k]
	ok := true
	switch is {
	case packedWhole:
		ok = slices.Contains(f.Types, "int") && !f.IsPattern()
	case packedDecimal:
		ok = slices.Contains(f.Types, "decimal")
	}
	if k == d.unit { // a number and its digits are two pseudonyms; which one is meant, the contract says
		ok = is == packedText || is != packedDecimal && (is == packedWhole) == (d.unitType == "int")
	}
	if !ok && d.note != nil && !d.isNoted.Swap(true) {
		d.note("column " + strconv.Quote(f.Name) + " does not come in the type of the contract, so its rows are counted as entries that are no row; correct the type in the contract")
	}
	return ok
}

// column hands one column over.
func (p *packedForm) column(d *Decoder, k, i, n int) error {
	c := p.columns[k]
	switch c.is {
	case packedWhole:
		p.wholes = appendWholes(p.wholes[:0], c.data)
		if k == d.unit {
			d.sampleWholes(p.wholes)
		}
		return d.wholes(k, i, p.wholes)
	case packedDecimal:
		p.decimals = appendDecimals(p.decimals[:0], c.data)
		return d.decimals(k, i, p.decimals)
	case packedText:
		values, ok := p.texts(c.data, n)
		if !ok {
			d.lose(i, n)
			values = make([][]byte, n)
		}
		if k == d.unit {
			d.sampleTexts(values)
		}
		return d.gate.Texts(d.fields[k], i, values)
	}
	return p.words(d, k, i, n, c.data)
}

func appendWholes(to []int64, data []byte) []int64 {
	for ; len(data) >= 8; data = data[8:] {
		to = append(to, int64(binary.LittleEndian.Uint64(data)))
	}
	return to
}

func appendDecimals(to []float64, data []byte) []float64 {
	for ; len(data) >= 8; data = data[8:] {
		to = append(to, math.Float64frombits(binary.LittleEndian.Uint64(data)))
	}
	return to
}

// wholes hands whole numbers of consecutive rows over.
func (d *Decoder) wholes(k, i int, vs []int64) error {
	if !slices.Contains(vs, missingWhole) {
		return d.gate.Ints(d.fields[k], i, vs)
	}
	return runs(d, d.fields[k], i, vs, isMissingWhole, d.gate.Ints)
}

func isMissingWhole(v int64) bool { return v == missingWhole }

// millis hands times of consecutive rows over, in milliseconds since 1970 UTC.
func (d *Decoder) millis(f *feed.Field, i int, vs []int64) error {
	return d.gate.Millis(f, i, vs, false)
}

// sampleWholes samples pseudonyms that are whole numbers.
func (d *Decoder) sampleWholes(vs []int64) {
	if d.sample.isDone {
		return
	}
	for _, v := range vs {
		if v != missingWhole {
			d.sample.add(strconv.FormatInt(v, 10))
		}
	}
}

// sampleTexts samples pseudonyms that are texts.
func (d *Decoder) sampleTexts(values [][]byte) {
	if d.sample.isDone {
		return
	}
	for _, v := range values {
		d.sample.add(string(v))
	}
}

// decimals hands decimal numbers of consecutive rows over.
func (d *Decoder) decimals(k, i int, vs []float64) error {
	return runs(d, d.fields[k], i, vs, func(v float64) bool { return v != v }, d.gate.Floats)
}

// runs hands over the values between missing ones.
func runs[T any](d *Decoder, f *feed.Field, i int, vs []T, isMissing func(T) bool, give func(*feed.Field, int, []T) error) error {
	for from := 0; from < len(vs); {
		to := from
		for to < len(vs) && !isMissing(vs[to]) {
			to++
		}
		if to > from {
			if err := give(f, i+from, vs[from:to]); err != nil {
				return err
			}
		}
		for ; to < len(vs) && isMissing(vs[to]); to++ {
			d.gate.Null(f, i+to)
		}
		from = to
	}
	return nil
}

// texts cuts n texts; it is not ok when they do not lie one behind the other up to the end.
func (p *packedForm) texts(data []byte, n int) (values [][]byte, ok bool) {
	offsets, text := data[:4*(n+1)], data[4*(n+1):]
	p.values = slices.Grow(p.values[:0], n)[:n]
	from := binary.LittleEndian.Uint32(offsets)
	if from != 0 {
		return nil, false
	}
	for j := range p.values {
		to := binary.LittleEndian.Uint32(offsets[4*(j+1):])
		if to < from || uint64(to) > uint64(len(text)) {
			return nil, false
		}
		p.values[j], from = text[from:to:to], to
	}
	return p.values, int(from) == len(text)
}

// words hands over a column with a dictionary.
func (p *packedForm) words(d *Decoder, k, i, n int, data []byte) error {
	count := int(binary.LittleEndian.Uint32(data))
	dictionary, codes := data[4:len(data)-4*n], data[len(data)-4*n:]
	lx, ok := p.lexiconOf(d, k, dictionary, count)
	if !ok {
		d.lose(i, n)
		return d.gate.Texts(d.fields[k], i, make([][]byte, n))
	}
	p.codes = slices.Grow(p.codes[:0], n)[:n]
	isWhole := true
	for j := range p.codes {
		v := binary.LittleEndian.Uint32(codes[4*j:])
		if v >= uint32(count) {
			isWhole = false
			if v != missingWord {
				d.lose(i+j, 1)
			}
			v = missingWord
		}
		p.codes[j] = int32(v)
	}
	give := func(f *feed.Field, i int, vs []int32) error { return d.gate.Codes(f, i, vs, lx) }
	if isWhole {
		return give(d.fields[k], i, p.codes)
	}
	return runs(d, d.fields[k], i, p.codes, func(v int32) bool { return v < 0 }, give)
}

// lexiconOf maps a dictionary, or finds that of the block before. Pseudonyms are mapped anew: their keys change.
func (p *packedForm) lexiconOf(d *Decoder, k int, dictionary []byte, count int) (*feed.Lexicon, bool) {
	known := &p.lexica[k]
	if k != d.unit && known.of != nil && bytes.Equal(known.text, dictionary) {
		return known.of, true
	}
	text := bytes.Clone(dictionary)
	values, ok := p.texts(text, count)
	if !ok {
		return nil, false
	}
	if k == d.unit {
		d.sampleTexts(values)
	}
	*known = lexicon{text, d.gate.Lexicon(d.fields[k], slices.Clone(values))}
	return known.of, true
}
