package rows

import (
	"bytes"
	"errors"
	"unicode/utf16"
	"unicode/utf8"
)

// jsonForm is NDJSON: an object a line (RFC 8259). Fields are those of the outermost object; nested values may stand in
// fields that are dropped, nowhere else.
type jsonForm struct{}

func (jsonForm) clone() form { return jsonForm{} }

func (jsonForm) rows(entry []byte) int { return max(1, countLines(entry)) }

func (jsonForm) put(d *Decoder, i, n int, entry []byte) error {
	if n == 1 { // an end of the line is space like any other
		return d.line(i, entry)
	}
	return eachLine(entry, func(line []byte) error {
		i++
		return d.line(i-1, line)
	})
}

// line takes in a line as row i.
func (d *Decoder) line(i int, line []byte) (err error) {
	if d.scratch, err = d.roomIn(d.scratch); err != nil {
		return err
	}
	if d.object(line) != nil {
		d.lose(i, 1)
		return nil
	}
	return d.admit(i)
}

// errJSON says that a line is no object of the contract; what it is, nobody is told.
var errJSON = errors.New("rows: not a JSON object of the contract's fields")

// maxDepth is the deepest nesting of a value that is skipped.
const maxDepth = 64

// object reads a line into d.values, and whole numbers into d.wholeOf too.
func (d *Decoder) object(line []byte) error {
	clear(d.values)
	clear(d.isWhole)
	d.nextName = 0
	s := jsonScan{b: line, room: d.scratch}
	defer func() { d.scratch = s.room }()
	if s.space(); !s.eat('{') {
		return errJSON
	}
	if s.space(); s.eat('}') {
		return s.end()
	}
	for {
		s.space()
		k, unknown, ok := d.name(&s)
		if s.space(); !ok {
			return errJSON
		}
		if unknown != nil {
			if s.skip(0) {
				d.unknown(unknown)
			}
			return errJSON
		}
		if k == left {
			ok = s.skip(0)
		} else if d.values[k] != nil {
			ok = false // a field that stands there twice
		} else {
			from := s.at
			if d.wholeOf[k], d.isWhole[k] = s.whole(d.digits[k]); d.isWhole[k] {
				d.values[k] = s.b[from:s.at]
			} else {
				d.values[k], ok = s.value()
			}
		}
		if s.space(); !ok {
			return errJSON
		}
		if s.eat('}') {
			for k, v := range d.values {
				if len(v) == 0 {
					d.values[k] = nil
				}
			}
			return s.end()
		}
		if !s.eat(',') {
			return errJSON
		}
	}
}

// jsonName is how the name of a field was written before, from its first quote to the colon behind it.
type jsonName struct {
	written []byte
	field   int // or left
}

// name reads the name of a field. A producer writes the same names in the same order into every object, so each is compared with the one
// that came after the last before it is looked up. unknown is a name that the contract does not have, else nil. The colon is read too.
func (d *Decoder) name(s *jsonScan) (field int, unknown []byte, ok bool) {
	for range d.names {
		n := &d.names[d.nextName]
		if d.nextName++; d.nextName == len(d.names) {
			d.nextName = 0
		}
		if bytes.HasPrefix(s.b[s.at:], n.written) {
			s.at += len(n.written)
			return n.field, nil, true
		}
	}
	from := s.at
	name, ok := s.text()
	if s.space(); !ok || !s.eat(':') {
		return 0, nil, false
	}
	field, known := d.index[string(name)]
	if !known {
		return 0, append([]byte{}, name...), true
	}
	if len(d.names) < len(d.index) {
		d.names = append(d.names, jsonName{bytes.Clone(s.b[from:s.at]), field})
	}
	return field, nil, true
}

// jsonScan reads one line. Texts with escapes are written out in room.
type jsonScan struct {
	b    []byte
	at   int
	room []byte
}

func (s *jsonScan) space() {
	if s.at < len(s.b) && s.b[s.at] <= ' ' {
		s.spaces()
	}
}

func (s *jsonScan) spaces() {
	for s.at < len(s.b) {
		switch s.b[s.at] {
		case ' ', '\t', '\r', '\n':
			s.at++
		default:
			return
		}
	}
}

func (s *jsonScan) eat(c byte) bool {
	if s.at < len(s.b) && s.b[s.at] == c {
		s.at++
		return true
	}
	return false
}

func (s *jsonScan) end() error {
	if s.space(); s.at != len(s.b) {
		return errJSON
	}
	return nil
}

// value reads a value that is neither object nor list, as a text. null is an empty one that is not nil.
func (s *jsonScan) value() ([]byte, bool) {
	if s.at >= len(s.b) {
		return nil, false
	}
	switch c := s.b[s.at]; c {
	case '"':
		return s.text()
	case 't':
		return s.word("true")
	case 'f':
		return s.word("false")
	case 'n':
		_, ok := s.word("null")
		return s.b[:0], ok
	}
	return s.number()
}

func (s *jsonScan) word(w string) ([]byte, bool) {
	if len(s.b)-s.at < len(w) || string(s.b[s.at:s.at+len(w)]) != w {
		return nil, false
	}
	s.at += len(w)
	return s.b[s.at-len(w) : s.at], true
}

// number reads a number of RFC 8259, section 6.
func (s *jsonScan) number() ([]byte, bool) {
	from := s.at
	s.eat('-')
	if !s.eat('0') && !s.digits() {
		return nil, false
	}
	if s.eat('.') && !s.digits() {
		return nil, false
	}
	if s.eat('e') || s.eat('E') {
		if !s.eat('+') {
			s.eat('-')
		}
		if !s.digits() {
			return nil, false
		}
	}
	return s.b[from:s.at], true
}

func (s *jsonScan) digits() bool {
	from := s.at
	for s.at < len(s.b) && s.b[s.at]-'0' < 10 {
		s.at++
	}
	return s.at > from
}

// text reads a string.
func (s *jsonScan) text() ([]byte, bool) {
	if !s.eat('"') {
		return nil, false
	}
	from := s.at
	for ; s.at < len(s.b); s.at++ {
		switch c := s.b[s.at]; {
		case c == '"':
			s.at++
			return s.b[from : s.at-1 : s.at-1], true
		case c == '\\':
			return s.escaped(from)
		case c < ' ':
			return nil, false
		}
	}
	return nil, false
}

// escaped reads a string with escapes, whose beginning without any is known.
func (s *jsonScan) escaped(from int) ([]byte, bool) {
	begin := len(s.room)
	s.room = append(s.room, s.b[from:s.at]...)
	for s.at < len(s.b) {
		c := s.b[s.at]
		s.at++
		switch {
		case c == '"':
			return s.room[begin:len(s.room):len(s.room)], true
		case c < ' ':
			return nil, false
		case c != '\\':
			s.room = append(s.room, c)
		case !s.escape():
			return nil, false
		}
	}
	return nil, false
}

func (s *jsonScan) escape() bool {
	if s.at >= len(s.b) {
		return false
	}
	c := s.b[s.at]
	s.at++
	switch c {
	case '"', '\\', '/':
	case 'b':
		c = '\b'
	case 'f':
		c = '\f'
	case 'n':
		c = '\n'
	case 'r':
		c = '\r'
	case 't':
		c = '\t'
	case 'u':
		return s.unicode()
	default:
		return false
	}
	s.room = append(s.room, c)
	return true
}

func (s *jsonScan) unicode() bool {
	r, ok := s.hex4()
	if !ok {
		return false
	}
	if utf16.IsSurrogate(r) {
		second := rune(utf8.RuneError)
		if at := s.at; s.eat('\\') && s.eat('u') {
			if low, ok := s.hex4(); ok {
				second = utf16.DecodeRune(r, low)
			}
			if second == utf8.RuneError {
				s.at = at // what follows is a sign of its own
			}
		} else {
			s.at = at
		}
		r = second
	}
	s.room = utf8.AppendRune(s.room, r)
	return true
}

func (s *jsonScan) hex4() (r rune, ok bool) {
	if len(s.b)-s.at < 4 {
		return 0, false
	}
	for _, c := range s.b[s.at : s.at+4] {
		switch {
		case c-'0' < 10:
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	s.at += 4
	return r, true
}

// skip passes over any value.
func (s *jsonScan) skip(depth int) bool {
	if depth > maxDepth || s.at >= len(s.b) {
		return false
	}
	open := s.b[s.at]
	if open != '{' && open != '[' {
		_, ok := s.value()
		return ok
	}
	shut := open + 2 // } and ] stand two behind { and [
	s.at++
	if s.space(); s.eat(shut) {
		return true
	}
	for {
		s.space()
		if open == '{' {
			_, ok := s.text()
			if s.space(); !ok || !s.eat(':') {
				return false
			}
			s.space()
		}
		if !s.skip(depth + 1) {
			return false
		}
		if s.space(); s.eat(shut) {
			return true
		}
		if !s.eat(',') {
			return false
		}
	}
}
