package files

import (
	"bytes"
	"errors"
	"io"
)

// maxRow is how long a row may be; a longer one is a quote that was never closed.
const maxRow = 8 << 20

// firstBuffer is how much of a CSV file is read at once.
const firstBuffer = 256 << 10

// scanner cuts CSV (RFC 4180, UTF-8, commas) into rows. Rows without quotes are cut in place; a row with a quote takes a
// slower way. Like encoding/csv it skips empty lines and drops a carriage return before a line end, in quotes too.
// Fields are valid until the next row.
type scanner struct {
	src    io.Reader
	buf    []byte
	lo, hi int
	quote  int  // index of the first quote in buf[lo:hi], or hi
	ended  bool // src has no more
	fields [][]byte
	want   int // fields a row; 0 takes what the first row has

	room []byte // unescaped fields
	ends []int
}

// Errors of the scanner; whoever calls it adds file and row.
var (
	errQuote  = errors.New("a quote that is not closed or stands inside a field")
	errFields = errors.New("another number of fields than the header")
	errLong   = errors.New("a row of more than 8 MiB")
)

func newScanner(src io.Reader, want int) *scanner {
	return &scanner{src: src, buf: make([]byte, firstBuffer), want: want}
}

// next moves to the next row; io.EOF after the last.
func (s *scanner) next() error {
	for {
		line, rest, err := s.line()
		if err != nil {
			return err
		}
		switch {
		case s.quote < s.lo+len(line):
			return s.quoted()
		case len(line) == 0:
			s.lo = rest
			continue
		}
		s.lo = rest
		return s.cut(line)
	}
}

// line finds the next line, without its end, and where the one after begins. It does not move.
func (s *scanner) line() (line []byte, rest int, err error) {
	seen := 0
	for {
		if i := bytes.IndexByte(s.buf[s.lo+seen:s.hi], '\n'); i >= 0 {
			end := s.lo + seen + i
			return trimReturn(s.buf[s.lo:end]), end + 1, nil
		}
		if s.ended {
			if s.lo == s.hi {
				return nil, s.hi, io.EOF
			}
			return trimReturn(s.buf[s.lo:s.hi]), s.hi, nil
		}
		seen = s.hi - s.lo
		if err := s.fill(); err != nil {
			return nil, 0, err
		}
	}
}

func trimReturn(line []byte) []byte {
	if n := len(line); n > 0 && line[n-1] == '\r' {
		return line[:n-1]
	}
	return line
}

// fill reads more, moving what is left to the front.
func (s *scanner) fill() error {
	if s.lo > 0 {
		s.hi = copy(s.buf, s.buf[s.lo:s.hi])
		s.lo = 0
	}
	if s.hi == len(s.buf) {
		if len(s.buf) >= maxRow {
			return errLong
		}
		s.buf = append(s.buf, make([]byte, len(s.buf))...)
	}
	for empty := 0; ; empty++ {
		n, err := s.src.Read(s.buf[s.hi:])
		s.hi += n
		if err == io.EOF {
			s.ended = true
		} else if err != nil {
			return err
		} else if n == 0 && empty > 100 {
			return io.ErrNoProgress
		} else if n == 0 {
			continue
		}
		s.seekQuote()
		return nil
	}
}

func (s *scanner) seekQuote() {
	s.quote = s.hi
	if i := bytes.IndexByte(s.buf[s.lo:s.hi], '"'); i >= 0 {
		s.quote = s.lo + i
	}
}

// cut divides a line without quotes.
func (s *scanner) cut(line []byte) error {
	if s.want == 0 {
		s.want = bytes.Count(line, []byte(",")) + 1
	}
	if len(s.fields) != s.want {
		s.fields = make([][]byte, s.want)
	}
	last := s.want - 1
	for k := range last {
		i := bytes.IndexByte(line, ',')
		if i < 0 {
			return errFields
		}
		s.fields[k], line = line[:i], line[i+1:]
	}
	if bytes.IndexByte(line, ',') >= 0 {
		return errFields
	}
	s.fields[last] = line
	return nil
}

// quoted divides a row that has a quote in it; the row may go on over several lines.
func (s *scanner) quoted() error {
	for {
		rest, whole, err := s.unquote(s.buf[s.lo:s.hi])
		if err != nil {
			return err
		}
		if whole || s.ended {
			if !whole {
				return errQuote
			}
			s.lo += rest
			s.seekQuote()
			return s.collect()
		}
		if err := s.fill(); err != nil {
			return err
		}
	}
}

// unquote copies the fields of one row to room. It reports whether the row is whole, and its length.
func (s *scanner) unquote(b []byte) (n int, whole bool, err error) {
	s.room, s.ends = s.room[:0], s.ends[:0]
	for {
		if n < len(b) && b[n] == '"' {
			if n, whole, err = s.inQuotes(b, n+1); err != nil || !whole {
				return n, false, err
			}
		} else {
			i := bytes.IndexAny(b[n:], ",\n\"")
			if i < 0 && !s.ended {
				return n, false, nil
			}
			if i < 0 {
				i = len(b) - n
			}
			if n+i < len(b) && b[n+i] == '"' {
				return n, false, errQuote
			}
			field := b[n : n+i]
			n += i
			if n == len(b) || b[n] == '\n' {
				field = trimReturn(field)
			}
			s.room = append(s.room, field...)
		}
		s.ends = append(s.ends, len(s.room))
		if n == len(b) {
			return n, true, nil
		}
		n++
		if b[n-1] == '\n' {
			return n, true, nil
		}
	}
}

// inQuotes copies a quoted field whose first sign is b[n] and returns the index of the comma or line end behind it.
func (s *scanner) inQuotes(b []byte, n int) (int, bool, error) {
	for {
		i := bytes.IndexByte(b[n:], '"')
		if i < 0 {
			return n, false, nil
		}
		s.room = appendLines(s.room, b[n:n+i])
		n += i + 1
		switch after := b[n:]; {
		case len(after) < 2 && !s.ended:
			return n, false, nil // a quote, a carriage return or a line end may follow
		case len(after) == 0, after[0] == ',', after[0] == '\n':
			return n, true, nil
		case after[0] == '\r' && (len(after) == 1 || after[1] == '\n'):
			return n + 1, true, nil
		case after[0] == '"':
			s.room = append(s.room, '"')
			n++
		default:
			return n, false, errQuote
		}
	}
}

// appendLines appends text with its line ends reduced to one sign.
func appendLines(to, text []byte) []byte {
	for {
		i := bytes.Index(text, []byte("\r\n"))
		if i < 0 {
			return append(to, text...)
		}
		to = append(append(to, text[:i]...), '\n')
		text = text[i+2:]
	}
}

// collect makes fields of what unquote copied.
func (s *scanner) collect() error {
	if s.want == 0 {
		s.want = len(s.ends)
	}
	if len(s.ends) != s.want {
		return errFields
	}
	if len(s.fields) != s.want {
		s.fields = make([][]byte, s.want)
	}
	from := 0
	for k, end := range s.ends {
		s.fields[k] = s.room[from:end:end]
		from = end
	}
	return nil
}
