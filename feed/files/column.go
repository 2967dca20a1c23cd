package files

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/encoding"

	"github.com/throng-stats/throng/feed"
)

// column walks over the pages of one column of a row group. Values stay packed as the library decodes them; no row is
// ever an object.
type column struct {
	field   *feed.Field
	is      valueType
	pages   parquet.Pages
	present byte // definition level of a value that is there; 0 when none can be missing

	page   parquet.Page
	levels []byte // definition levels of the rows that are left, nil when none can be missing
	left   int    // rows of the page that are left
	at     int    // next value of the page
	values values

	dictionary parquet.Dictionary // of codes
	entries    values             // its values
	lexicon    *feed.Lexicon      // of texts

	whole []int64 // scratch
	real  []float64
}

// values are the packed values of a page or of a dictionary; one of the slices is used.
type values struct {
	n       int
	codes   []int32
	i32     []int32
	i64     []int64
	i96     []deprecated.Int96
	f32     []float32
	f64     []float64
	bits    []byte
	data    []byte
	offsets []uint32
	size    int
}

var errEnds = errors.New("a column ends before its row group")

// next moves to the next page.
func (c *column) next(g *feed.Gate) error {
	if c.page != nil {
		parquet.Release(c.page)
		c.page = nil
	}
	page, err := c.pages.ReadPage()
	if err == io.EOF {
		return errEnds
	}
	if err != nil {
		return err
	}
	c.page, c.left, c.at, c.levels = page, int(page.NumRows()), 0, nil
	there := c.left
	if c.present > 0 {
		if c.levels = page.DefinitionLevels(); len(c.levels) != c.left {
			return fmt.Errorf("a page of %d rows has %d levels", c.left, len(c.levels))
		}
		there -= int(page.NumNulls())
	}
	data := page.Data()
	if there == 0 {
		c.values = values{}
		return nil
	}
	if c.values, err = unpack(data); err != nil {
		return err
	}
	if d := page.Dictionary(); d != nil {
		if err := c.learn(g, d); err != nil {
			return err
		}
		c.values.codes, c.values.i32 = c.values.i32, nil
	}
	if c.values.n < there {
		return fmt.Errorf("a page of %d values has %d", there, c.values.n)
	}
	return nil
}

// learn maps a dictionary when it is another one than that of the page before.
func (c *column) learn(g *feed.Gate, d parquet.Dictionary) (err error) {
	if c.dictionary == d {
		return nil
	}
	if c.entries, err = unpack(d.Page().Data()); err != nil {
		return err
	}
	c.dictionary, c.lexicon = d, nil
	if c.is.kind == kindBytes || c.is.kind == kindFixed {
		texts := make([][]byte, c.entries.n)
		for i := range texts {
			texts[i] = c.entries.text(i)
		}
		c.lexicon = g.Lexicon(c.field, texts)
	}
	return nil
}

func unpack(v encoding.Values) (values, error) {
	switch v.Kind() {
	case encoding.Boolean:
		return values{n: 8 * len(v.Boolean()), bits: v.Boolean()}, nil
	case encoding.Int32:
		return values{n: len(v.Int32()), i32: v.Int32()}, nil
	case encoding.Int64:
		return values{n: len(v.Int64()), i64: v.Int64()}, nil
	case encoding.Int96:
		return values{n: len(v.Int96()), i96: v.Int96()}, nil
	case encoding.Float:
		return values{n: len(v.Float()), f32: v.Float()}, nil
	case encoding.Double:
		return values{n: len(v.Double()), f64: v.Double()}, nil
	case encoding.ByteArray:
		data, offsets := v.ByteArray()
		return values{n: max(0, len(offsets)-1), data: data, offsets: offsets}, nil
	case encoding.FixedLenByteArray:
		data, size := v.FixedLenByteArray()
		if size <= 0 {
			return values{}, errors.New("values without a length")
		}
		return values{n: len(data) / size, data: data, size: size}, nil
	}
	return values{}, fmt.Errorf("values of kind %s", v.Kind())
}

func (v *values) text(i int) []byte {
	if v.size > 0 {
		return v.data[i*v.size : (i+1)*v.size]
	}
	return v.data[v.offsets[i]:v.offsets[i+1]]
}

// hand gives the next k rows of the page to the gate, as rows from i on of the batch.
func (c *column) hand(g *feed.Gate, i, k int) error {
	c.left -= k
	if c.levels == nil {
		return c.run(g, i, k)
	}
	levels := c.levels[:k]
	c.levels = c.levels[k:]
	for from := 0; from < k; {
		to := from
		for to < k && levels[to] == c.present {
			to++
		}
		if to > from {
			if err := c.run(g, i+from, to-from); err != nil {
				return err
			}
		}
		for ; to < k && levels[to] != c.present; to++ {
			g.Null(c.field, i+to)
		}
		from = to
	}
	return nil
}

// run gives the next k values, none of which is missing.
func (c *column) run(g *feed.Gate, i, k int) error {
	from, to := c.at, c.at+k
	c.at = to
	switch c.is.kind {
	case kindBytes, kindFixed:
		if c.values.codes != nil {
			return g.Codes(c.field, i, c.values.codes[from:to], c.lexicon)
		}
		for j := from; j < to; j++ {
			if err := g.Text(c.field, i+j-from, c.values.text(j)); err != nil {
				return err
			}
		}
		return nil
	case kindFloat:
		return g.Floats(c.field, i, c.reals(from, to))
	case kindStamp:
		return g.Millis(c.field, i, c.stamps(from, to), c.is.local)
	case kindInt96:
		return g.Millis(c.field, i, c.wholes(from, to), c.is.local)
	}
	return g.Ints(c.field, i, c.wholes(from, to))
}

// entry returns where the values are and the index of each: the page itself, or its dictionary by codes.
func (c *column) entry(j int) (*values, int) {
	if c.values.codes != nil {
		return &c.entries, int(c.values.codes[j])
	}
	return &c.values, j
}

// wholes returns values as whole numbers: those of the page itself when they already are.
func (c *column) wholes(from, to int) []int64 {
	if c.values.i64 != nil {
		return c.values.i64[from:to]
	}
	c.whole = c.whole[:0]
	if codes := c.values.codes; codes != nil && c.entries.i32 != nil && c.is.kind != kindUnsigned {
		for _, code := range codes[from:to] {
			c.whole = append(c.whole, int64(c.entries.i32[code]))
		}
		return c.whole
	}
	for j := from; j < to; j++ {
		v, k := c.entry(j)
		var x int64
		switch {
		case v.i64 != nil:
			x = v.i64[k]
		case v.i32 != nil && c.is.kind == kindUnsigned:
			x = int64(uint32(v.i32[k]))
		case v.i32 != nil:
			x = int64(v.i32[k])
		case v.bits != nil:
			x = int64(v.bits[k/8] >> (k % 8) & 1)
		default:
			x = millisOf(v.i96[k])
		}
		c.whole = append(c.whole, x)
	}
	return c.whole
}

// stamps returns timestamps in milliseconds.
func (c *column) stamps(from, to int) []int64 {
	vs := c.wholes(from, to)
	per := int64(time.Millisecond / c.is.unit)
	if per <= 1 {
		return vs
	}
	if len(c.whole) < len(vs) || &c.whole[0] != &vs[0] {
		c.whole = append(c.whole[:0], vs...)
	}
	for j, v := range c.whole {
		q := v / per
		if v%per < 0 {
			q--
		}
		c.whole[j] = q
	}
	return c.whole
}

// julian1970 is the Julian day number of 1970-01-01.
const julian1970 = 2440588

// millisOf reads the 96-bit timestamps of old writers: nanoseconds of a day, and the Julian day. They are UTC, or what a
// clock on the wall showed where the contract names its zone.
func millisOf(v deprecated.Int96) int64 {
	nanos := int64(uint64(v[0]) | uint64(v[1])<<32)
	return (int64(v[2])-julian1970)*86400000 + nanos/1e6
}

func (c *column) reals(from, to int) []float64 {
	c.real = c.real[:0]
	for j := from; j < to; j++ {
		v, k := c.entry(j)
		if v.f64 != nil {
			c.real = append(c.real, v.f64[k])
		} else {
			c.real = append(c.real, float64(v.f32[k]))
		}
	}
	return c.real
}
