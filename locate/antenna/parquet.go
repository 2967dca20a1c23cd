package antenna

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// magicParquet begins a Parquet file.
const magicParquet = "PAR1"

// maxPlanBytes is how large a plan may be that cannot be read at any place, but must be kept in memory.
const maxPlanBytes = 1 << 30

// parquet reads a plan as Parquet, such as the European reference pipeline keeps it (bronze and silver network topology of
// multimno 1.0.0). Every value is written out as it would stand in CSV and goes through the same checks. r is read at any
// place when it can be, as files can; rest is r from its beginning.
func (in *intake) parquet(r, rest io.Reader) (err error) {
	defer func() {
		if p := recover(); p != nil { // the library panics on some damaged files
			err = errors.New("got Parquet that cannot be read; copy it again, or write it again")
		}
	}()
	at, size, err := seekable(r, rest)
	if err != nil {
		return err
	}
	file, err := openPlan(at, size)
	if err != nil {
		return fmt.Errorf("got Parquet that cannot be read; copy it again, or write it again: %w", err)
	}
	for _, group := range file.Metadata().RowGroups {
		for _, c := range group.Columns {
			switch codec := c.MetaData.Codec; codec {
			case format.Uncompressed, format.Snappy, format.Gzip, format.Brotli, format.Zstd:
			default: // the library's LZ4 doubles its memory for ever on a damaged block
				return fmt.Errorf("got Parquet compressed with %v, want zstd, snappy, gzip or none; write it again with zstd", codec)
			}
		}
	}
	columns, header, err := planColumns(file, in.opt)
	if err != nil {
		return err
	}
	if err := in.begin(header); err != nil {
		return err
	}
	return eachRow(file, columns, in)
}

// openPlan reads the footer, if the file can hold one as long as it says: the library takes that much memory before it reads.
func openPlan(at io.ReaderAt, size int64) (*parquet.File, error) {
	var end [8]byte
	if size < 12 {
		return nil, fmt.Errorf("%d bytes", size)
	}
	if _, err := at.ReadAt(end[:], size-8); err != nil {
		return nil, err
	}
	if n := int64(binary.LittleEndian.Uint32(end[:4])); n > size-12 {
		return nil, fmt.Errorf("a footer of %d bytes in a file of %d", n, size)
	}
	return parquet.OpenFile(at, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
}

// seekable is a file itself, or a copy in memory of what can only be read once.
func seekable(r, rest io.Reader) (io.ReaderAt, int64, error) {
	if file, ok := r.(interface {
		io.ReaderAt
		io.Seeker
	}); ok {
		size, err := file.Seek(0, io.SeekEnd)
		return file, size, err
	}
	text, err := io.ReadAll(io.LimitReader(rest, maxPlanBytes+1))
	if err == nil && len(text) > maxPlanBytes {
		err = fmt.Errorf("got more than %d bytes; give it as a file", maxPlanBytes)
	}
	return bytes.NewReader(text), int64(len(text)), err
}

// planColumn writes the values of one column as text.
type planColumn struct {
	leaf int // number in a row of the library
	text func(parquet.Value) string
}

// planColumns lists the columns of a file that hold one value a row; others are no fields of a plan.
func planColumns(file *parquet.File, opt PlanOptions) (columns []planColumn, header []string, err error) {
	for _, c := range file.Root().Columns() {
		if !c.Leaf() || c.Repeated() {
			continue
		}
		columns = append(columns, planColumn{c.Index(), textOf(c, opt.Clock)})
		header = append(header, c.Name())
	}
	if len(columns) == 0 {
		return nil, nil, fmt.Errorf("got no column with one value a row, want cell_id, latitude and longitude")
	}
	return columns, header, nil
}

// eachRow hands the rows of a file to the plan.
func eachRow(file *parquet.File, columns []planColumn, plan *intake) error {
	place := make(map[int]int, len(columns)) // of a leaf in the record
	for i, c := range columns {
		place[c.leaf] = i
	}
	batch, line := make([]parquet.Row, 256), 0
	for _, group := range file.RowGroups() {
		rows := group.Rows()
		for {
			n, err := rows.ReadRows(batch)
			for _, values := range batch[:n] {
				record := make([]string, len(columns))
				for _, v := range values {
					if i, wanted := place[v.Column()]; wanted && !v.IsNull() {
						record[i] = columns[i].text(v)
					}
				}
				line++
				if err := plan.add(record, line, nil); err != nil {
					rows.Close()
					return err
				}
			}
			if err == io.EOF {
				break
			}
			if err != nil || n == 0 {
				rows.Close()
				return fmt.Errorf("got Parquet that ends or breaks after row %d; copy it again, or write it again", line)
			}
		}
		if err := rows.Close(); err != nil {
			return err
		}
	}
	return nil
}

// planTime is how dates stand in a plan.
const planTime = "2006-01-02T15:04:05"

// textOf says how the values of a column are written. Times of an instant are written by the clock of the plan, local
// times as they are; numbers in the fewest digits that say them, so that 48.1 as a short float is 48.1.
func textOf(c *parquet.Column, clock *time.Location) func(parquet.Value) string {
	t := c.Type()
	var logical any
	if l := t.LogicalType(); l != nil {
		logical = l.Value
	}
	switch t.Kind() {
	case parquet.Boolean:
		return func(v parquet.Value) string { return map[bool]string{true: "1", false: "0"}[v.Boolean()] }
	case parquet.Float:
		return func(v parquet.Value) string { return strconv.FormatFloat(float64(v.Float()), 'f', -1, 32) }
	case parquet.Double:
		return func(v parquet.Value) string { return strconv.FormatFloat(v.Double(), 'f', -1, 64) }
	case parquet.Int96: // of old writers: nanoseconds of a day and the Julian day, an instant
		return func(v parquet.Value) string {
			of := v.Int96()
			nanos := int64(uint64(of[0]) | uint64(of[1])<<32)
			return time.Unix((int64(of[2])-julian1970)*86400, nanos).In(clock).Format(planTime)
		}
	case parquet.Int32, parquet.Int64:
		switch l := logical.(type) {
		case *format.TimestampType:
			unit := l.Unit.Value.Duration()
			if !l.IsAdjustedToUTC {
				clock = time.UTC // as written
			}
			perSecond := int64(time.Second / unit)
			return func(v parquet.Value) string {
				return time.Unix(floorDiv(v.Int64(), perSecond), 0).In(clock).Format(planTime)
			}
		case *format.DateType:
			return func(v parquet.Value) string { return time.Unix(int64(v.Int32())*86400, 0).UTC().Format(planTime) }
		}
		if t.Kind() == parquet.Int32 {
			return func(v parquet.Value) string { return strconv.FormatInt(int64(v.Int32()), 10) }
		}
		return func(v parquet.Value) string { return strconv.FormatInt(v.Int64(), 10) }
	}
	return func(v parquet.Value) string { return string(v.ByteArray()) }
}

// julian1970 is the Julian day number of 1970-01-01.
const julian1970 = 2440588

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
