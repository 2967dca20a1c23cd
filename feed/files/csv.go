package files

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/feed"
)

// sampleRows is how many rows of a file are searched for distinct pseudonyms before it is read.
const sampleRows = 20000

// maxWindow is how much memory a zstd file may ask for.
const maxWindow = 128 << 20

// unpacked reads a file from its beginning through its compression.
func unpacked(file *os.File, size int64) (io.Reader, func(), error) {
	whole := io.NewSectionReader(file, 0, size)
	switch packing(file) {
	case "gzip":
		z, err := gzip.NewReader(bufio.NewReaderSize(whole, 256<<10))
		if err != nil {
			return nil, nil, err
		}
		return z, func() { z.Close() }, nil
	case "zstd":
		z, err := zstd.NewReader(whole, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, nil, err
		}
		return z, z.Close, nil
	}
	return whole, func() {}, nil
}

// withoutMark skips the mark that some programs put before UTF-8.
func withoutMark(r io.Reader) io.Reader {
	b := bufio.NewReaderSize(r, 16)
	if head, _ := b.Peek(3); string(head) == "\xef\xbb\xbf" {
		b.Discard(3)
	}
	return b
}

// header reads the first row of a CSV file.
func (s *source) header(scan *scanner) error {
	if err := scan.next(); err != nil {
		return s.scanError(err, 0)
	}
	s.columns = s.columns[:0]
	for _, f := range scan.fields {
		s.columns = append(s.columns, string(f))
	}
	return nil
}

// scanError says what is wrong with a row, 0 for the header, without telling what stands there.
func (s *source) scanError(err error, row int64) error {
	e := &feed.Error{Kind: feed.Corrupt, File: s.path, Row: row, Got: err.Error(), Want: "CSV of RFC 4180", Hint: "correct the file at the source", Cause: err}
	switch {
	case err == io.EOF:
		e.Got, e.Want = "no header", "a header line"
	case errors.Is(err, errQuote), errors.Is(err, errFields), errors.Is(err, errLong):
		e.Kind = feed.Invalid
	case errors.Is(err, io.ErrUnexpectedEOF):
		e.Got, e.Want, e.Hint = "compressed data that end too early", "a whole file", "copy it again"
	default:
		e.Got, e.Want, e.Hint = "data that cannot be read", "a whole file", "copy it again"
	}
	return e
}

// checkCSV reads the header and a sample of pseudonyms.
func (f *Files) checkCSV(s *source, file *os.File, seams *seams) error {
	src, done, err := unpacked(file, s.size)
	if err != nil {
		return s.scanError(err, 0)
	}
	defer done()
	scan := newScanner(withoutMark(src), 0)
	if err := s.header(scan); err != nil {
		return err
	}
	if err := f.admit(s); err != nil {
		return err
	}
	s.pieces = seams.pieces(s.size)
	for _, c := range f.fields {
		if !c.IsPseudonym() {
			continue
		}
		if s.idType = "text"; c.Type != "" {
			s.idType = c.Type
		}
		return f.sampleCSV(s, scan, c)
	}
	return nil
}

// sampleCSV looks at the shape of the first distinct pseudonyms. What is wrong with the rows is found when they are read.
func (f *Files) sampleCSV(s *source, scan *scanner, c *feed.Field) error {
	at := slices.Index(s.columns, c.Name)
	distinct := map[string]bool{}
	for range sampleRows {
		if scan.next() != nil || len(distinct) == feed.SampleDistinct {
			break
		}
		if v := scan.fields[at]; len(v) > 0 {
			distinct[string(v)] = true
		}
	}
	return feed.RefuseIdentifiers(s.path, c.Name, keys(distinct), s.idType == "int")
}

func keys(set map[string]bool) []string {
	list := make([]string, 0, len(set))
	for k := range set {
		list = append(list, k)
	}
	return list
}

// lines reads a piece of a CSV file.
type lines struct {
	s     *source
	g     *feed.Gate
	file  *os.File
	done  func()
	scan  *scanner
	where []binding // fields that say where, before Gate.Places
	rest  []binding
	row   int64
	err   error
}

// binding says which column of a row a field is.
type binding struct {
	field *feed.Field
	at    int
}

func openLines(fields []*feed.Field, s *source, p piece, file *os.File, g *feed.Gate) (reader, error) {
	l := &lines{s: s, g: g, file: file, row: p.rowsBefore, done: func() {}}
	for _, f := range fields {
		b := binding{f, slices.Index(s.columns, f.Name)}
		if f.IsWhere() {
			l.where = append(l.where, b)
		} else {
			l.rest = append(l.rest, b)
		}
	}
	if p.to > 0 {
		l.scan = newScanner(io.NewSectionReader(file, p.from, p.to-p.from), len(s.columns))
	} else {
		src, done, err := unpacked(file, s.size)
		if err != nil {
			return nil, s.scanError(err, 0)
		}
		l.done, l.scan = done, newScanner(withoutMark(src), len(s.columns))
	}
	if p.from == 0 {
		if err := l.skipHeader(); err != nil {
			l.done()
			return nil, err
		}
	}
	return l, nil
}

func (l *lines) skipHeader() error {
	if err := l.scan.next(); err != nil {
		return l.s.scanError(err, 0)
	}
	return nil
}

func (l *lines) gate() *feed.Gate { return l.g }

// Read fills a batch.
func (l *lines) Read(ctx context.Context, b *event.Batch) (func(), error) {
	b.Reset()
	if l.err == nil {
		l.err = ctx.Err()
	}
	if l.err != nil {
		return nil, l.err
	}
	l.g.Begin(b, l.row, feed.BatchRows)
	n := 0
	for ; n < feed.BatchRows; n++ {
		if err := l.scan.next(); err == io.EOF {
			l.err = io.EOF
			break
		} else if err != nil {
			l.err = l.countError(err, l.row+int64(n)+1)
			b.Reset()
			return nil, l.err
		}
		if err := l.admit(n); err != nil {
			l.err = err
			b.Reset()
			return nil, err
		}
	}
	l.g.Finish(n)
	l.row += int64(n)
	if n == 0 {
		return nil, io.EOF
	}
	return noAck, nil
}

// countError adds to an error about the number of fields what the header has.
func (l *lines) countError(err error, row int64) error {
	e := l.s.scanError(err, row)
	var known *feed.Error
	if errors.Is(err, errFields) && errors.As(e, &known) {
		known.Want = strconv.Itoa(len(l.s.columns)) + " fields"
		known.Hint = fmt.Sprintf("put quotes around fields with commas, or correct row %d at the source", row)
	}
	return e
}

// admit hands one row over.
func (l *lines) admit(n int) error {
	for _, w := range l.where {
		if err := l.g.Text(w.field, n, l.scan.fields[w.at]); err != nil {
			return err
		}
	}
	l.g.Places(n, n+1)
	for _, w := range l.rest {
		if err := l.g.Text(w.field, n, l.scan.fields[w.at]); err != nil {
			return err
		}
	}
	return nil
}

// Close closes the file.
func (l *lines) Close() error {
	l.done()
	return l.file.Close()
}
