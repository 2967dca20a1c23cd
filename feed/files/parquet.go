package files

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"github.com/throng-stats/throng/feed"
)

// safely runs what reads a file that may be hostile: a panic of the library becomes an error, and no error of the
// library is printed, because it may quote what it read.
func (s *source) safely(row int64, read func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = s.damaged(row, fmt.Errorf("panic: %v", r))
		}
	}()
	return read()
}

func (s *source) damaged(row int64, cause error) error {
	return &feed.Error{Kind: feed.Corrupt, File: s.path, Row: row, Got: "Parquet that cannot be read", Want: "a whole file", Hint: "copy it again, or write it again", Cause: cause}
}

// openParquet reads the footer.
func openParquet(file io.ReaderAt, size int64) (*parquet.File, error) {
	if err := checkFooter(file, size); err != nil {
		return nil, err
	}
	return parquet.OpenFile(file, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true), parquet.ReadBufferSize(256<<10))
}

// checkParquet compares the footer with the contract and looks at a sample of pseudonyms.
func (f *Files) checkParquet(s *source, file *os.File) error {
	return s.safely(0, func() error {
		p, err := openParquet(file, s.size)
		if err != nil {
			return s.damaged(0, err)
		}
		top := p.Root().Columns()
		for _, c := range top {
			s.columns = append(s.columns, c.Name())
		}
		if err := f.admit(s); err != nil {
			return err
		}
		for _, c := range f.fields {
			i := slices.IndexFunc(top, func(leaf *parquet.Column) bool { return leaf.Name() == c.Name })
			if err := s.checkColumn(c, top[i], p.Metadata()); err != nil {
				return err
			}
		}
		if err := s.cutGroups(p); err != nil {
			return err
		}
		return f.sampleParquet(s, p, file)
	})
}

// checkColumn refuses columns that are not of the agreed type, or that cannot be read.
func (s *source) checkColumn(f *feed.Field, leaf *parquet.Column, meta *format.FileMetaData) error {
	bad := func(got, want, hint string) error {
		return &feed.Error{Kind: feed.Invalid, File: s.path, Column: f.Name, Got: got, Want: want, Hint: hint}
	}
	if !leaf.Leaf() || leaf.Repeated() {
		return bad("nested values", "one value a row", "write the column flat")
	}
	if !f.IsRead() {
		return nil
	}
	is := typeOf(leaf)
	if !slices.ContainsFunc(is.names, func(name string) bool { return slices.Contains(f.Types, name) }) {
		return bad("type "+is.what, strings.Join(f.Types, " or "), "correct the type in the contract, or write the column again")
	}
	if is.kind == kindInt && f.IsPattern() {
		return bad("whole numbers", "texts of the pattern in the contract", "take the format out of the contract, or give epoch-ms or epoch-s")
	}
	if is.kind == kindStamp && is.local && f.NeedsZone() {
		return bad("local times without a zone", "zone: an IANA name such as Europe/Paris, or cell", "name the zone in the contract")
	}
	if f.IsPseudonym() {
		s.idType = is.names[0]
	}
	for _, g := range meta.RowGroups {
		switch codec := g.Columns[leaf.Index()].MetaData.Codec; codec {
		case format.Uncompressed, format.Snappy, format.Gzip, format.Brotli, format.Zstd:
		default:
			return bad("compression "+codec.String(), "zstd, snappy, gzip or none", "rewrite the file with zstd")
		}
	}
	return nil
}

// Kinds of values, as a column of a file holds them.
type valueKind uint8

const (
	kindOther valueKind = iota
	kindInt
	kindUnsigned // 32 bits without a sign
	kindStamp
	kindInt96
	kindBytes
	kindFixed
	kindFloat
	kindBool
)

// valueType is what a column of a file holds.
type valueType struct {
	kind  valueKind
	what  string   // for errors
	names []string // words of contracts that it answers to
	unit  time.Duration
	local bool // timestamps of a clock on the wall
}

func typeOf(leaf *parquet.Column) valueType {
	t := leaf.Type()
	v := valueType{what: t.Kind().String()}
	var logical any
	if l := t.LogicalType(); l != nil {
		logical, v.what = l.Value, l.String()
	}
	switch kind := t.Kind(); kind {
	case parquet.Boolean:
		v.kind, v.names = kindBool, []string{"bool"}
	case parquet.Float, parquet.Double:
		v.kind, v.names = kindFloat, []string{"decimal"}
	case parquet.Int96:
		v.kind, v.names = kindInt96, []string{"timestamp"}
	case parquet.ByteArray:
		if _, isText := logical.(*format.StringType); isText || logical == nil {
			v.kind, v.names = kindBytes, []string{"text", "bytes"}
		}
	case parquet.FixedLenByteArray:
		if _, isUUID := logical.(*format.UUIDType); isUUID || logical == nil {
			v.kind, v.names = kindFixed, []string{"bytes"}
		}
	case parquet.Int32, parquet.Int64:
		v.whole(kind, logical)
	}
	return v
}

func (v *valueType) whole(kind parquet.Kind, logical any) {
	switch l := logical.(type) {
	case nil:
		v.kind, v.names = kindInt, []string{"int"}
	case *format.IntType:
		v.kind, v.names = kindInt, []string{"int"}
		if kind == parquet.Int32 && !l.IsSigned {
			v.kind = kindUnsigned
		}
	case *format.TimestampType:
		v.kind, v.names = kindStamp, []string{"timestamp"}
		v.unit, v.local = l.Unit.Value.Duration(), !l.IsAdjustedToUTC
	}
}

// cutGroups makes a piece of every row group and refuses footers whose numbers cannot be true.
func (s *source) cutGroups(p *parquet.File) error {
	before := int64(0)
	for i, g := range p.Metadata().RowGroups {
		bytes := int64(0)
		for _, c := range g.Columns {
			n := c.MetaData.TotalCompressedSize
			if n < 0 || n > s.size || c.MetaData.NumValues != g.NumRows && len(c.MetaData.PathInSchema) == 1 && !isRepeated(p, c.MetaData.PathInSchema[0]) {
				return s.damaged(0, fmt.Errorf("row group %d contradicts itself", i))
			}
			bytes += n
		}
		if g.NumRows < 0 {
			return s.damaged(0, fmt.Errorf("row group %d has %d rows", i, g.NumRows))
		}
		if g.NumRows > 0 {
			s.pieces = append(s.pieces, piece{group: i, rowsBefore: before, rows: g.NumRows, bytes: bytes})
		}
		before += g.NumRows
	}
	return nil
}

func isRepeated(p *parquet.File, name string) bool {
	c := p.Root().Column(name)
	return c == nil || c.Repeated()
}

// sampleParquet looks at the shape of the first distinct pseudonyms of the first row group.
func (f *Files) sampleParquet(s *source, p *parquet.File, file io.ReaderAt) error {
	i := slices.IndexFunc(f.fields, func(c *feed.Field) bool { return c.IsPseudonym() })
	if i < 0 || len(s.pieces) == 0 {
		return nil
	}
	name := f.fields[i].Name
	group := p.RowGroups()[s.pieces[0].group]
	column := p.Root().Column(name).Index()
	if err := checkPages(file, s.size, &p.Metadata().RowGroups[s.pieces[0].group].Columns[column].MetaData); err != nil {
		return s.damaged(0, err)
	}
	pages := group.ColumnChunks()[column].Pages()
	defer pages.Close()
	distinct := map[string]bool{}
	for rows := int64(0); rows < sampleRows && len(distinct) < feed.SampleDistinct; {
		page, err := pages.ReadPage()
		if err == io.EOF {
			break
		}
		if err != nil {
			return s.damaged(0, err)
		}
		rows += page.NumRows()
		collect(page, distinct)
		parquet.Release(page)
	}
	return feed.RefuseIdentifiers(s.path, name, keys(distinct), s.idType == "int")
}

// collect adds values of a page to a set until it is large enough.
func collect(page parquet.Page, distinct map[string]bool) {
	values := make([]parquet.Value, 256)
	for r := page.Values(); len(distinct) < feed.SampleDistinct; {
		n, err := r.ReadValues(values)
		for _, v := range values[:n] {
			switch {
			case v.IsNull() || len(distinct) == feed.SampleDistinct:
			case v.Kind() == parquet.Int64 || v.Kind() == parquet.Int32:
				distinct[strconv.FormatInt(v.Int64(), 10)] = true
			default:
				distinct[string(v.Bytes())] = true
			}
		}
		if err != nil {
			return
		}
	}
}
