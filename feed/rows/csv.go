package rows

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/throng-stats/throng/feed"
)

// csvForm is CSV of RFC 4180 whose quoted fields do not go over line ends: a line is a row.
type csvForm struct {
	at     []int // field of each column of a line, left for dropped ones; nil when entries have headers of their own
	fields [][]byte
	room   []byte
}

func (d *Decoder) newCSV(header []string) (form, error) {
	c := &csvForm{}
	if len(header) == 0 {
		return c, nil
	}
	names := make([][]byte, len(header))
	for i, name := range header {
		names[i] = []byte(name)
	}
	err := c.learn(d, names)
	if err != nil {
		return nil, err
	}
	c.at = append([]int(nil), c.at...)
	return c, nil
}

func (c *csvForm) clone() form { return &csvForm{at: c.at} }

// learn compares a header with the contract. The error names the column, never a value: what stands there may be a row.
func (c *csvForm) learn(d *Decoder, names [][]byte) error {
	at, seen := make([]int, len(names)), make([]bool, len(d.fields))
	known := 0
	for _, name := range names {
		if _, ok := d.index[string(name)]; ok {
			known++
		}
	}
	if known == 0 {
		return &feed.Error{Kind: feed.Invalid, Got: fmt.Sprintf("a header of %d without any name of the contract", len(names)), Want: "a header with " + d.columnNames()}
	}
	for i, name := range names {
		k, ok := d.index[string(name)]
		if !ok {
			d.unknown(name)
			return &feed.Error{Kind: feed.Refused, Got: "a column " + printable(name) + " that is not in the contract", Want: "only " + d.columnNames(), Hint: "remove it at the source, or list it under drop"}
		}
		if at[i] = k; k == left {
			continue
		}
		if seen[k] {
			return &feed.Error{Kind: feed.Invalid, Column: d.fields[k].Name, Got: "two columns of this name", Want: "one"}
		}
		seen[k] = true
	}
	for k, ok := range seen {
		if !ok {
			return &feed.Error{Kind: feed.Invalid, Column: d.fields[k].Name, Got: "no such column", Want: "every column of the contract"}
		}
	}
	c.at = at
	return nil
}

// CheckHeader says what is wrong with the header line of a CSV entry that has one, or with the schema of an Arrow stream; nil for
// other formats.
func (d *Decoder) CheckHeader(entry []byte) error {
	if d.form == form(arrowForm{}) {
		return d.arrowHeader(entry)
	}
	c, ok := d.form.(*csvForm)
	if !ok || c.at != nil {
		return nil
	}
	own := &csvForm{}
	_, _, err := own.header(d, entry)
	return err
}

// header reads the first line that is not empty.
func (c *csvForm) header(d *Decoder, entry []byte) (at []int, rest []byte, err error) {
	entry = bytes.TrimPrefix(entry, []byte("\xef\xbb\xbf"))
	for len(entry) > 0 {
		var line []byte
		if line, entry = cutLine(entry); len(line) == 0 {
			continue
		}
		if err := c.cut(line); err != nil {
			return nil, nil, &feed.Error{Kind: feed.Invalid, Got: "a header with a quote that is not closed or stands inside a name", Want: "CSV of RFC 4180"}
		}
		own := &csvForm{}
		err := own.learn(d, c.fields)
		return own.at, entry, err
	}
	return nil, nil, &feed.Error{Kind: feed.Invalid, Got: "no header", Want: "a header line"}
}

func (c *csvForm) rows(entry []byte) int {
	n := countLines(entry)
	if c.at == nil {
		n--
	}
	return max(1, n)
}

func (c *csvForm) put(d *Decoder, i, n int, entry []byte) error {
	at, first := c.at, i
	if at == nil {
		var err error
		if at, entry, err = c.header(d, entry); err != nil {
			d.lose(i, n)
			return nil
		}
	}
	err := eachLine(entry, func(line []byte) (err error) {
		i++
		clear(d.values)
		if c.room, err = d.roomIn(c.room); err != nil {
			return err
		}
		if c.cut(line) != nil || len(c.fields) != len(at) {
			d.lose(i-1, 1)
			return nil
		}
		for k, v := range c.fields {
			if at[k] != left && len(v) > 0 {
				d.values[at[k]] = v
			}
		}
		return d.admit(i - 1)
	})
	if i == first {
		d.lose(i, 1)
	}
	return err
}

var errCut = errors.New("rows: a quote that is not closed or stands inside a field")

// cut divides a line; fields with quotes are written out in room.
func (c *csvForm) cut(line []byte) error {
	c.fields = c.fields[:0]
	for {
		var field []byte
		if len(line) > 0 && line[0] == '"' {
			n, v, err := c.quoted(line[1:])
			if err != nil {
				return err
			}
			field, line = v, line[1+n:]
			if len(line) > 0 && line[0] != ',' {
				return errCut
			}
		} else {
			n := bytes.IndexByte(line, ',')
			if n < 0 {
				n = len(line)
			}
			if field, line = line[:n], line[n:]; bytes.IndexByte(field, '"') >= 0 {
				return errCut
			}
		}
		c.fields = append(c.fields, field)
		if len(line) == 0 {
			return nil
		}
		line = line[1:]
	}
}

// quoted reads a field behind its opening quote, and says how many bytes it took with the closing one.
func (c *csvForm) quoted(b []byte) (n int, field []byte, err error) {
	begin := len(c.room)
	for {
		i := bytes.IndexByte(b[n:], '"')
		if i < 0 {
			return 0, nil, errCut
		}
		c.room = append(c.room, b[n:n+i]...)
		if n += i + 1; n >= len(b) || b[n] != '"' {
			return n, c.room[begin:len(c.room):len(c.room)], nil
		}
		c.room = append(c.room, '"')
		n++
	}
}
