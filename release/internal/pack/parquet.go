package pack

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"
	"github.com/parquet-go/parquet-go/format"

	"github.com/throng-stats/throng/release"
)

// rowGroup is the number of rows in a group and chunk the number that are built at a time.
const (
	rowGroup = 1 << 20
	chunk    = 1 << 12
)

// writeRows writes n rows with zstd at its fastest level. The name of the writing library stays out of the file, so that
// an update of the library that does not change its output does not change a digest.
func writeRows[T any](n int, footer map[string]string, row func(i int) T) ([]byte, error) {
	options := []parquet.WriterOption{
		parquet.Compression(&zstd.Codec{Level: zstd.SpeedFastest}), parquet.MaxRowsPerRowGroup(rowGroup),
		parquet.CreatedBy("throng", "1", "1"),
	}
	names := make([]string, 0, len(footer))
	for name := range footer {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		options = append(options, parquet.KeyValueMetadata(name, footer[name]))
	}
	var b bytes.Buffer
	w := parquet.NewGenericWriter[T](&b, options...)
	rows := make([]T, 0, min(n, chunk))
	for from := 0; from < n; from += chunk {
		rows = rows[:0]
		for i := from; i < min(n, from+chunk); i++ {
			rows = append(rows, row(i))
		}
		if _, err := w.Write(rows); err != nil {
			return nil, err
		}
	}
	err := w.Close()
	return b.Bytes(), err
}

// open opens a Parquet file that lies in memory.
func open(content []byte) (*parquet.File, error) {
	// The last eight bytes are the length of the footer and a magic word; the length is believed before memory is taken.
	if n := len(content); n < 12 || uint64(binary.LittleEndian.Uint32(content[n-8:])) > uint64(n-12) {
		return nil, fmt.Errorf("pack: %d bytes are no Parquet file: the footer does not fit (%w)", n, release.ErrCorrupt)
	}
	f, err := parquet.OpenFile(bytes.NewReader(content), int64(len(content)), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return nil, fmt.Errorf("pack: %d bytes are no Parquet file: %v (%w)", len(content), err, release.ErrCorrupt)
	}
	// Files of ours are compressed with zstd. The decoder of LZ4_RAW in parquet-go 0.32 doubles its buffer for ever on a
	// block that is damaged, so no other codec is let near it.
	for _, group := range f.Metadata().RowGroups {
		for _, c := range group.Columns {
			if codec := c.MetaData.Codec; codec != format.Zstd {
				return nil, fmt.Errorf("pack: a column is compressed with %v, want zstd (%w)", codec, release.ErrCorrupt)
			}
		}
	}
	return f, nil
}

// column hands every page of a column to a reader of its values and demands n values in all.
func column(f *parquet.File, name string, n int, read func(page parquet.Page) (int, error)) error {
	leaf, ok := f.Schema().Lookup(name)
	if !ok || leaf.Node.Repeated() || leaf.Node.Optional() {
		return fmt.Errorf("pack: the Parquet file has no plain column %s (%w)", name, release.ErrCorrupt)
	}
	got := 0
	for _, group := range f.RowGroups() {
		pages := group.ColumnChunks()[leaf.ColumnIndex].Pages()
		for {
			page, err := pages.ReadPage()
			if errors.Is(err, io.EOF) {
				break
			}
			if err == nil {
				var k int
				k, err = read(page)
				got += k
				parquet.Release(page)
			}
			if err != nil {
				pages.Close()
				return fmt.Errorf("pack: column %s: %v (%w)", name, err, release.ErrCorrupt)
			}
		}
		pages.Close()
	}
	if got != n {
		return fmt.Errorf("pack: column %s has %d values, want %d (%w)", name, got, n, release.ErrCorrupt)
	}
	return nil
}

// errShape is a column of another type, or with more values than rows.
var errShape = errors.New("not the values that were expected")

// values reads n values of a column with the typed reader of its pages.
func values[T any](f *parquet.File, name string, n int, reader func(page parquet.Page) (func([]T) (int, error), bool)) ([]T, error) {
	into, got := make([]T, n), 0
	err := column(f, name, n, func(page parquet.Page) (int, error) {
		read, ok := reader(page)
		if !ok || page.NumValues() > int64(n-got) {
			return 0, errShape
		}
		k := 0
		for k < int(page.NumValues()) {
			m, err := read(into[got+k : got+int(page.NumValues())])
			if k += m; err != nil && !errors.Is(err, io.EOF) {
				return k, err
			}
			if m == 0 {
				break
			}
		}
		got += k
		return k, nil
	})
	return into, err
}

func integers(f *parquet.File, name string, n int) ([]int64, error) {
	return values(f, name, n, func(page parquet.Page) (func([]int64) (int, error), bool) {
		r, ok := page.Values().(parquet.Int64Reader)
		if !ok {
			return generic(page, parquet.Int64, func(v parquet.Value) int64 { return v.Int64() })
		}
		return r.ReadInt64s, true
	})
}

func int32s(f *parquet.File, name string, n int) ([]int32, error) {
	return values(f, name, n, func(page parquet.Page) (func([]int32) (int, error), bool) {
		r, ok := page.Values().(parquet.Int32Reader)
		if !ok {
			return generic(page, parquet.Int32, func(v parquet.Value) int32 { return v.Int32() })
		}
		return r.ReadInt32s, true
	})
}

func doubles(f *parquet.File, name string, n int) ([]float64, error) {
	return values(f, name, n, func(page parquet.Page) (func([]float64) (int, error), bool) {
		r, ok := page.Values().(parquet.DoubleReader)
		if !ok {
			return generic(page, parquet.Double, func(v parquet.Value) float64 { return v.Double() })
		}
		return r.ReadDoubles, true
	})
}

// words reads a column of texts; equal neighbours share memory.
func words(f *parquet.File, name string, n int) ([]string, error) {
	last := ""
	return values(f, name, n, func(page parquet.Page) (func([]string) (int, error), bool) {
		return generic(page, parquet.ByteArray, func(v parquet.Value) string {
			if b := v.ByteArray(); string(b) != last {
				last = string(b)
			}
			return last
		})
	})
}

// texts is words, or nil when all are empty.
func texts(f *parquet.File, name string, n int) ([]string, error) {
	of, err := words(f, name, n)
	if err != nil || !slices.ContainsFunc(of, func(s string) bool { return s != "" }) {
		return nil, err
	}
	return of, nil
}

// generic reads pages that have no typed reader, such as those with a dictionary.
func generic[T any](page parquet.Page, kind parquet.Kind, of func(parquet.Value) T) (func([]T) (int, error), bool) {
	if page.Type().Kind() != kind {
		return nil, false
	}
	values, buffer := page.Values(), make([]parquet.Value, chunk)
	return func(into []T) (int, error) {
		n, err := values.ReadValues(buffer[:min(len(into), len(buffer))])
		for i, v := range buffer[:n] {
			into[i] = of(v)
		}
		return n, err
	}, true
}
