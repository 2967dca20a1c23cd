package files

import (
	"context"
	"errors"
	"io"
	"os"
	"slices"

	"github.com/parquet-go/parquet-go"

	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/feed"
)

// group reads a row group of a Parquet file, page by page of each column that the contract admits and a batch reads.
type group struct {
	s     *source
	g     *feed.Gate
	file  *os.File
	where []*column // columns that say where, before Gate.Places
	rest  []*column
	row   int64 // rows of the file that are done
	end   int64
	err   error
}

func openGroup(fields []*feed.Field, s *source, p piece, file *os.File, g *feed.Gate) (reader, error) {
	r := &group{s: s, g: g, file: file, row: p.rowsBefore, end: p.rowsBefore + p.rows}
	err := s.safely(0, func() error {
		pf, err := openParquet(file, s.size)
		if err != nil {
			return s.damaged(0, err)
		}
		chunks := pf.RowGroups()[p.group].ColumnChunks()
		for _, f := range fields {
			if !f.IsRead() {
				continue
			}
			leaf := pf.Root().Column(f.Name)
			if err := checkPages(file, s.size, &pf.Metadata().RowGroups[p.group].Columns[leaf.Index()].MetaData); err != nil {
				return inColumn(s.damaged(0, err), f.Name)
			}
			c := &column{field: f, is: typeOf(leaf), pages: chunks[leaf.Index()].Pages(), present: byte(leaf.MaxDefinitionLevel())}
			c.is.local = c.is.local || c.is.kind == kindInt96 && f.Zone != "" // the file does not say; the contract does
			if f.IsWhere() {
				r.where = append(r.where, c)
			} else {
				r.rest = append(r.rest, c)
			}
		}
		return nil
	})
	if err != nil {
		r.closePages()
		return nil, err
	}
	return r, nil
}

func (r *group) gate() *feed.Gate { return r.g }

// Read fills a batch.
func (r *group) Read(ctx context.Context, b *event.Batch) (func(), error) {
	b.Reset()
	if r.err == nil {
		r.err = ctx.Err()
	}
	if r.err == nil && r.row == r.end {
		r.err = io.EOF
	}
	if r.err != nil {
		return nil, r.err
	}
	n := int(min(feed.BatchRows, r.end-r.row))
	r.err = r.s.safely(r.row+1, func() error { return r.read(b, n) })
	if r.err != nil {
		b.Reset()
		return nil, r.err
	}
	r.row += int64(n)
	return noAck, nil
}

func (r *group) read(b *event.Batch, n int) error {
	r.g.Begin(b, r.row, n)
	for _, c := range r.where {
		if err := r.fill(c, n); err != nil {
			return err
		}
	}
	r.g.Places(0, n)
	for _, c := range r.rest {
		if err := r.fill(c, n); err != nil {
			return err
		}
	}
	r.g.Finish(n)
	return nil
}

// fill hands over n rows of one column.
func (r *group) fill(c *column, n int) error {
	for done := 0; done < n; {
		if c.left == 0 {
			if err := c.next(r.g); err != nil {
				return inColumn(r.s.damaged(r.row+int64(done)+1, err), c.field.Name)
			}
			continue
		}
		k := min(n-done, c.left)
		if err := c.hand(r.g, done, k); err != nil {
			return err
		}
		done += k
	}
	return nil
}

// inColumn names the column in an error that has none.
func inColumn(err error, name string) error {
	if e := (*feed.Error)(nil); errors.As(err, &e) && e.Column == "" {
		e.Column = name
	}
	return err
}

func (r *group) closePages() {
	for _, c := range slices.Concat(r.where, r.rest) {
		if c.page != nil {
			parquet.Release(c.page)
			c.page = nil
		}
		c.pages.Close()
	}
}

// Close gives pages back and closes the file.
func (r *group) Close() error {
	err := r.s.safely(0, func() error { r.closePages(); return nil })
	if closing := r.file.Close(); err == nil {
		err = closing
	}
	return err
}
