package rows

import (
	"bytes"
	"encoding/binary"
	"math"
)

// fewPacked is the most rows of a block whose values are gathered with those of the blocks around it.
const fewPacked = 16

// mostGathered is how many rows are gathered: so many that handing over a column costs little a row, and so few that columns stay near.
const mostGathered = 512

// mostRoom is about how many bytes of texts of gathered rows are written out before they are handed over.
const mostRoom = 1 << 16

// wholeMillis is a type of columns beside those of packed blocks: times in milliseconds since 1970 UTC, whatever unit the contract names.
const wholeMillis = 5

// gathered are the values of entries of few rows, one behind the other. Producers often send a row an entry; handing over each by
// itself costs more than all else, so they go to the gate together, column by column.
type gathered struct {
	from, n  int       // rows of the batch
	is       []byte    // types, by field
	wholes   [][]int64 // by field, as the two that follow; missingWhole is missing
	decimals [][]float64
	texts    [][][]byte // of texts and of words; nil is missing
}

// goOn makes ready for columns of such types from row i on: what was gathered before is handed over where they do not go on from it.
func (g *gathered) goOn(d *Decoder, i int, types []byte) error {
	if g.n > 0 {
		if i == g.from+g.n && g.n < mostGathered && bytes.Equal(types, g.is) {
			return nil
		}
		if err := g.finish(d); err != nil {
			return err
		}
	}
	g.begin(i, types)
	return nil
}

// begin makes room for columns of rows from i on.
func (g *gathered) begin(i int, types []byte) {
	if g.is == nil {
		g.wholes, g.decimals, g.texts = make([][]int64, len(types)), make([][]float64, len(types)), make([][][]byte, len(types))
	}
	g.from, g.is = i, append(g.is[:0], types...)
	g.cut()
}

// cut forgets what columns have of a row that is not whole.
func (g *gathered) cut() {
	for k, is := range g.is {
		switch is {
		case packedWhole, wholeMillis:
			g.wholes[k] = g.wholes[k][:g.n]
		case packedDecimal:
			g.decimals[k] = g.decimals[k][:g.n]
		default:
			g.texts[k] = g.texts[k][:g.n]
		}
	}
}

// add counts n rows, whose values all columns have, and samples their pseudonyms.
func (g *gathered) add(d *Decoder, n int) {
	g.n += n
	if d.unit < 0 || d.sample.isDone {
		return
	}
	switch g.is[d.unit] {
	case packedWhole:
		d.sampleWholes(g.wholes[d.unit][g.n-n:])
	default:
		d.sampleTexts(g.texts[d.unit][g.n-n:])
	}
}

// finish hands what was gathered to the gate.
func (g *gathered) finish(d *Decoder) error {
	n := g.n
	g.n = 0
	if n == 0 {
		return nil
	}
	for k, is := range g.is {
		if k == d.where {
			d.gate.Places(g.from, g.from+n)
		}
		var err error
		switch is {
		case packedWhole:
			err = d.wholes(k, g.from, g.wholes[k])
		case wholeMillis:
			err = runs(d, d.fields[k], g.from, g.wholes[k], isMissingWhole, d.millis)
		case packedDecimal:
			err = d.decimals(k, g.from, g.decimals[k])
		default:
			err = d.gate.Texts(d.fields[k], g.from, g.texts[k])
			clear(g.texts[k])
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// roomIn is where the texts of one more row may be written out: behind those of the rows that are gathered, which go to the gate first when
// they are many.
func (d *Decoder) roomIn(room []byte) ([]byte, error) {
	if len(room) > mostRoom {
		if err := d.few.finish(d); err != nil {
			return room, err
		}
	}
	if d.few.n == 0 {
		room = room[:0]
	}
	return room, nil
}

// gather takes in the block in hand as rows from i on.
func (p *packedForm) gather(d *Decoder, i, n int) error {
	g := &d.few
	types := p.types[:0]
	for _, c := range p.columns {
		types = append(types, c.is)
	}
	p.types = types
	if err := g.goOn(d, i, types); err != nil {
		return err
	}
	for k, c := range p.columns {
		switch c.is {
		case packedWhole:
			g.wholes[k] = appendWholes(g.wholes[k], c.data)
		case packedDecimal:
			g.decimals[k] = appendDecimals(g.decimals[k], c.data)
		default:
			g.texts[k] = append(g.texts[k], p.fewTexts(d, k, i, n)...)
		}
	}
	g.add(d, n)
	return nil
}

// gatherOne takes in an entry that a stencil fits as row i.
func (p *packedForm) gatherOne(d *Decoder, i int, s *stencil, entry []byte) error {
	g := &d.few
	if err := g.goOn(d, i, s.types); err != nil {
		return err
	}
	for j := range s.values {
		v := &s.values[j]
		switch v.is {
		case packedWhole:
			g.wholes[v.field] = append(g.wholes[v.field], int64(binary.LittleEndian.Uint64(entry[v.from:])))
		case packedDecimal:
			g.decimals[v.field] = append(g.decimals[v.field], math.Float64frombits(binary.LittleEndian.Uint64(entry[v.from:])))
		default:
			g.texts[v.field] = append(g.texts[v.field], entry[v.from:v.to:v.to])
		}
	}
	g.add(d, 1)
	return nil
}

// fewTexts are the texts of n rows of a column of texts or of words.
func (p *packedForm) fewTexts(d *Decoder, k, i, n int) [][]byte {
	data := p.columns[k].data
	count, codes := n, []byte(nil)
	if p.columns[k].is == packedWords {
		count, codes = int(binary.LittleEndian.Uint32(data)), data[len(data)-4*n:]
		data = data[4 : len(data)-4*n]
	}
	values, ok := p.texts(data, count)
	if !ok {
		d.lose(i, n)
		return make([][]byte, n)
	}
	if codes == nil {
		return values
	}
	return p.named(d, values, i, n, codes)
}

// named are the words of n rows by their numbers.
func (p *packedForm) named(d *Decoder, words [][]byte, i, n int, codes []byte) [][]byte {
	p.few = p.few[:0]
	for j := range n {
		var word []byte
		switch code := binary.LittleEndian.Uint32(codes[4*j:]); {
		case code < uint32(len(words)):
			word = words[code]
		case code != missingWord:
			d.lose(i+j, 1)
		}
		p.few = append(p.few, word)
	}
	return p.few
}
