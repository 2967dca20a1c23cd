package rows

import (
	"encoding/binary"
)

// fewPacked is the most rows of a block whose values are gathered with those of the blocks around it.
const fewPacked = 16

// gathered are the values of small blocks, one behind the other. Producers often send a row an entry; handing over each by
// itself costs more than all else, so they go to the gate together, column by column.
type gathered struct {
	from, n  int       // rows of the batch
	is       []byte    // types, by field
	wholes   [][]int64 // by field, as the two that follow
	decimals [][]float64
	texts    [][][]byte // of texts and of words; nil is missing
	words    [][]byte   // of one column of one block
}

// gather takes in the block in hand as rows from i on.
func (p *packedForm) gather(d *Decoder, i, n int) error {
	g := &p.few
	if g.n > 0 && (i != g.from+g.n || p.isNew) {
		if err := p.finish(d); err != nil {
			return err
		}
	}
	p.isNew = false
	if g.n == 0 {
		g.begin(i, p.columns)
	}
	g.n += n
	for k := range p.columns {
		switch c := &p.columns[k]; c.is {
		case packedWhole:
			g.wholes[k] = appendWholes(g.wholes[k], c.data)
			if k == d.unit {
				d.look(g.wholes[k][len(g.wholes[k])-n:])
			}
		case packedDecimal:
			g.decimals[k] = appendDecimals(g.decimals[k], c.data)
		default:
			g.texts[k] = append(g.texts[k], p.fewTexts(d, k, i, n)...)
		}
	}
	return nil
}

// begin makes room for columns of rows from i on.
func (g *gathered) begin(i int, columns []packedColumn) {
	if g.is == nil {
		g.is, g.wholes, g.decimals, g.texts = make([]byte, len(columns)), make([][]int64, len(columns)), make([][]float64, len(columns)), make([][][]byte, len(columns))
	}
	g.from = i
	for k, c := range columns {
		g.is[k], g.wholes[k], g.decimals[k], g.texts[k] = c.is, g.wholes[k][:0], g.decimals[k][:0], g.texts[k][:0]
	}
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
	if k == d.unit {
		d.lookAt(values)
	}
	if codes == nil {
		return values
	}
	return p.named(d, values, i, n, codes)
}

// named are the words of n rows by their numbers.
func (p *packedForm) named(d *Decoder, words [][]byte, i, n int, codes []byte) [][]byte {
	p.few.words = p.few.words[:0]
	for j := range n {
		var word []byte
		switch code := binary.LittleEndian.Uint32(codes[4*j:]); {
		case code < uint32(len(words)):
			word = words[code]
		case code != missingWord:
			d.lose(i+j, 1)
		}
		p.few.words = append(p.few.words, word)
	}
	return p.few.words
}

// finish hands what was gathered to the gate.
func (p *packedForm) finish(d *Decoder) error {
	g := &p.few
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
		case packedDecimal:
			err = d.decimals(k, g.from, g.decimals[k])
		default:
			err = d.texts(k, g.from, g.texts[k])
			clear(g.texts[k])
		}
		if err != nil {
			return err
		}
	}
	return nil
}
