// Package files reads feeds from CSV and Parquet files.
//
// Every file is checked before a row of any is read: that it is there, that it is not there twice, that each of its
// columns is admitted or dropped by the contract, and that what it calls pseudonyms are not numbers of people.
package files

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/throng-stats/throng/feed"
	"github.com/throng-stats/throng/locate"
)

// Files are the checked files of one feed. They are read part by part and may be read by several goroutines.
type Files struct {
	opts    feed.Options
	gate    *feed.Gate // cloned for each part
	fields  []*feed.Field
	sources []*source
}

// source is one checked file.
type source struct {
	path    string
	format  string // csv or parquet
	size    int64
	changed time.Time
	digest  [sha256.Size]byte
	columns []string // names in the file
	idType  string   // of pseudonyms: int, text or bytes
	pieces  []piece
}

// piece is what a part reads: rows of a row group, or bytes of a CSV file.
type piece struct {
	from, to   int64 // bytes of a CSV file; to is 0 for all
	group      int   // row group of a Parquet file
	rowsBefore int64
	rows       int64 // -1 when not known
	bytes      int64
}

// Open checks the files of a feed. The ground knows the places; a nil door makes no pseudonyms, for checks without
// keys. Errors are of type *feed.Error.
func Open(ctx context.Context, opts feed.Options, ground *locate.Ground, door *feed.Door) (*Files, error) {
	fields, err := opts.Fields()
	if err != nil {
		return nil, err
	}
	return open(ctx, opts, fields, feed.NewGate(opts, fields, ground, door))
}

func open(ctx context.Context, opts feed.Options, fields []*feed.Field, gate *feed.Gate) (*Files, error) {
	f := &Files{opts: opts, fields: fields, gate: gate}
	if len(opts.Files) == 0 {
		return nil, &feed.Error{Kind: feed.Missing, Got: "no files", Want: "at least one", Hint: "correct files in the contract or give --input"}
	}
	before := map[[sha256.Size]byte]string{}
	for _, path := range opts.Files {
		s, err := f.check(ctx, path)
		if err != nil {
			return nil, err
		}
		if twin, twice := before[s.digest]; twice {
			return nil, &feed.Error{Kind: feed.Invalid, File: path, Got: "the same content as " + twin, Want: "each file once", Hint: "remove one of the two"}
		}
		before[s.digest] = path
		f.sources = append(f.sources, s)
		if first := f.sources[0]; s.idType != first.idType {
			return nil, &feed.Error{Kind: feed.Invalid, File: path, Got: "pseudonyms of type " + s.idType, Want: first.idType + " as in " + first.path, Hint: "a person must have the same pseudonym in all files"}
		}
	}
	return f, nil
}

// check looks at one file without keeping it open.
func (f *Files) check(ctx context.Context, path string) (*source, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	file, info, err := openFile(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	s := &source{path: path, size: info.Size(), changed: info.ModTime()}
	if s.format, err = formatOf(f.opts.Format, path, file); err != nil {
		return nil, err
	}
	seams := newSeams(s.format == "csv" && packing(file) == "")
	if s.digest, err = digest(ctx, path, io.NewSectionReader(file, 0, s.size), seams); err != nil {
		return nil, err
	}
	if s.format == "parquet" {
		err = f.checkParquet(s, file)
	} else {
		err = f.checkCSV(s, file, seams)
	}
	if err != nil {
		return nil, err
	}
	return s, nil
}

// openFile opens a regular file that is not empty.
func openFile(path string) (*os.File, os.FileInfo, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, nil, &feed.Error{Kind: feed.Missing, File: path, Got: "no such file that can be read", Want: "a file", Hint: "correct files in the contract", Cause: err}
	}
	if !info.Mode().IsRegular() {
		return nil, nil, &feed.Error{Kind: feed.Invalid, File: path, Got: "something that is not a file", Want: "a file", Hint: "name files, or a pattern such as in/*.parquet"}
	}
	if info.Size() == 0 {
		return nil, nil, &feed.Error{Kind: feed.Corrupt, File: path, Got: "0 bytes", Want: "a file with a header", Hint: "copy it again, or take it out of the contract"}
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, nil, &feed.Error{Kind: feed.Missing, File: path, Got: "a file that cannot be opened", Want: "one that can be read", Hint: "correct its permissions", Cause: err}
	}
	return file, info, nil
}

// reopen opens a file that was checked, and refuses it when it is not the same any more.
func (s *source) reopen() (*os.File, error) {
	file, info, err := openFile(s.path)
	if err != nil {
		return nil, err
	}
	if info.Size() != s.size || !info.ModTime().Equal(s.changed) {
		file.Close()
		return nil, &feed.Error{Kind: feed.Corrupt, File: s.path, Got: "a file that changed after it was checked", Want: "files that stay as they are during a run", Hint: "run again when the copy is complete"}
	}
	return file, nil
}

// magic numbers of what a file can be.
const (
	magicParquet = "PAR1"
	magicGzip    = "\x1f\x8b"
	magicZstd    = "\x28\xb5\x2f\xfd"
)

// formatOf decides between csv and parquet, by the contract or by the name, and compares with how the file begins.
func formatOf(declared, path string, file io.ReaderAt) (string, error) {
	format := declared
	if format == "" {
		switch {
		case strings.HasSuffix(path, ".parquet"):
			format = "parquet"
		case strings.HasSuffix(path, ".csv"), strings.HasSuffix(path, ".csv.gz"), strings.HasSuffix(path, ".csv.zst"):
			format = "csv"
		}
	}
	if format != "csv" && format != "parquet" {
		return "", &feed.Error{Kind: feed.Invalid, File: path, Got: "a format that the name does not tell", Want: ".parquet, .csv, .csv.gz or .csv.zst", Hint: "rename the file, or write format: csv or parquet in the contract"}
	}
	is := "csv"
	if beginsWith(file, magicParquet) {
		is = "parquet"
	}
	if is != format {
		kind := feed.Invalid
		if format == "parquet" {
			kind = feed.Corrupt
		}
		return "", &feed.Error{Kind: kind, File: path, Got: "a beginning that is not " + format, Want: format, Hint: "correct the format in the contract, or copy the file again"}
	}
	return format, nil
}

func beginsWith(file io.ReaderAt, magic string) bool {
	b := make([]byte, len(magic))
	n, _ := file.ReadAt(b, 0)
	return n == len(b) && string(b) == magic
}

// packing names the compression of a file by how it begins.
func packing(file io.ReaderAt) string {
	switch {
	case beginsWith(file, magicGzip):
		return "gzip"
	case beginsWith(file, magicZstd):
		return "zstd"
	}
	return ""
}

// digest reads a whole file once.
func digest(ctx context.Context, path string, r io.Reader, seams *seams) (sum [sha256.Size]byte, err error) {
	h, buf := sha256.New(), make([]byte, 64<<10)
	for {
		n, err := r.Read(buf)
		h.Write(buf[:n])
		seams.look(buf[:n])
		if err == io.EOF {
			return [sha256.Size]byte(h.Sum(nil)), nil
		}
		if err != nil {
			return sum, &feed.Error{Kind: feed.Corrupt, File: path, Got: "a file that cannot be read to its end", Want: "a whole file", Hint: "copy it again", Cause: err}
		}
		if err := ctx.Err(); err != nil {
			return sum, err
		}
	}
}

// admit compares the columns of a file with those of the contract.
func (f *Files) admit(s *source) error {
	allowed, known := map[string]bool{}, 0
	var names []string
	for _, c := range f.fields {
		allowed[c.Name] = true
		names = append(names, c.Name)
	}
	slices.Sort(names)
	for _, d := range f.opts.Drop {
		allowed[d] = true
	}
	for _, c := range s.columns {
		if allowed[c] {
			known++
		}
	}
	if known == 0 { // What stands there may be a row, so it is not quoted.
		return &feed.Error{Kind: feed.Invalid, File: s.path, Got: fmt.Sprintf("a header of %d without any name of the contract", len(s.columns)), Want: "a header with " + strings.Join(names, ", "),
			Hint: "add a header line, separate fields by commas, or correct the names"}
	}
	if err := f.opts.RefusePersonColumns(s.path, s.columns); err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, c := range s.columns {
		if !allowed[c] {
			return &feed.Error{Kind: feed.Refused, File: s.path, Column: short(c), Got: "a column that is not in the contract", Want: "only " + strings.Join(names, ", "), Hint: "remove it at the source, or list it under drop"}
		}
		if seen[c] {
			return &feed.Error{Kind: feed.Invalid, File: s.path, Column: short(c), Got: "two columns of this name", Want: "one", Hint: "rename one at the source"}
		}
		seen[c] = true
	}
	for _, c := range names {
		if !seen[c] {
			return &feed.Error{Kind: feed.Invalid, File: s.path, Column: c, Got: "no such column among " + strings.Join(s.columns, ", "), Want: "every column of the contract", Hint: "correct the name in the contract"}
		}
	}
	return nil
}

func short(name string) string {
	if len(name) > 40 {
		return name[:40]
	}
	return name
}

// Parts are the pieces of all files, in the order of the files.
func (f *Files) Parts() []feed.Part {
	var parts []feed.Part
	for _, s := range f.sources {
		for _, p := range s.pieces {
			parts = append(parts, &part{f, s, p})
		}
	}
	return parts
}

// Through returns the same checked files, read through another door: what was checked need not be checked again when the
// keys of a day are there, or are other ones.
func (f *Files) Through(door *feed.Door) *Files {
	other := *f
	other.gate = f.gate.Clone()
	other.gate.Through(door)
	return &other
}

// Digest is the SHA-256 of the sorted digests of all files, in hexadecimal: the same for the same content under any
// names and in any order.
func (f *Files) Digest() string {
	var sums [][]byte
	for _, s := range f.sources {
		sums = append(sums, s.digest[:])
	}
	slices.SortFunc(sums, slices.Compare)
	h := sha256.New()
	for _, sum := range sums {
		h.Write(sum)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Bytes is the size of all files on disk.
func (f *Files) Bytes() int64 {
	var n int64
	for _, s := range f.sources {
		n += s.size
	}
	return n
}

// Pseudonyms is the type of the holder's pseudonyms: "int", "text" or "bytes"; empty when the feed has none. Two feeds
// name the same people only if this is the same.
func (f *Files) Pseudonyms() string { return f.sources[0].idType }

// part is one piece of one file.
type part struct {
	files *Files
	s     *source
	p     piece
}

// Name tells the file and where in it the piece begins.
func (p *part) Name() string {
	if p.p.rowsBefore == 0 && len(p.s.pieces) == 1 {
		return p.s.path
	}
	return fmt.Sprintf("%s from row %d", p.s.path, p.p.rowsBefore+1)
}

// Bytes is what is read from disk.
func (p *part) Bytes() int64 { return p.p.bytes }

// Rows is -1 for CSV.
func (p *part) Rows() int64 { return p.p.rows }

// Before is how many rows of the file stand before the piece.
func (p *part) Before() int64 { return p.p.rowsBefore }

// Open begins to read the piece.
func (p *part) Open(ctx context.Context) (feed.Reader, error) {
	r, err := p.open(ctx)
	if err != nil {
		return nil, err
	}
	return r, nil
}

// reader is a feed.Reader that also says where it saw what first.
type reader interface {
	feed.Reader
	gate() *feed.Gate
}

func (p *part) open(ctx context.Context) (reader, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	file, err := p.s.reopen()
	if err != nil {
		return nil, err
	}
	g := p.files.gate.Clone()
	g.File, g.Digest = p.s.path, binary.BigEndian.Uint64(p.s.digest[:])
	var r reader
	if p.s.format == "parquet" {
		r, err = openGroup(p.files.fields, p.s, p.p, file, g)
	} else {
		r, err = openLines(p.files.fields, p.s, p.p, file, g)
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return r, nil
}

func noAck() {}
