package synth

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"

	"github.com/throng-stats/throng/synth/signal"
)

// feedRow is a row of a Parquet feed; zero values are null.
type feedRow struct {
	User    int64  `parquet:"user_id,optional"`
	Time    int64  `parquet:"timestamp,optional,timestamp(millisecond),delta"`
	Cell    string `parquet:"cell_id,optional,dict"`
	MCC     int32  `parquet:"mcc,optional,dict"`
	Network int32  `parquet:"plmn,optional,dict"`
	Machine bool   `parquet:"machine"`
}

// layout is how all Parquet files here are written: zstd level 1, row groups of a mebi-row, pages of 1 MiB.
func layout() []parquet.WriterOption {
	return []parquet.WriterOption{
		parquet.Compression(&zstd.Codec{Level: zstd.SpeedFastest}),
		parquet.MaxRowsPerRowGroup(1 << 20), parquet.PageBufferSize(1 << 20),
		parquet.CreatedBy("throng synth", "1", "0"), parquet.SkipPageBounds("user_id"), parquet.SkipPageBounds("cell_id"),
	}
}

// writeParquet writes a small table as a whole.
func writeParquet[T any](path string, rows []T) error {
	return whole(path, func(f *os.File) error {
		out := parquet.NewGenericWriter[T](f, layout()...)
		if _, err := out.Write(rows); err != nil {
			return fmt.Errorf("synth: %w", err)
		}
		return out.Close()
	})
}

func (w *World) newSink(f io.Writer) sink {
	if w.options.Format == CSV {
		s := &csvSink{names: w.names, out: bufio.NewWriterSize(f, 1<<20)}
		s.out.WriteString("user_id,timestamp,cell_id,mcc,plmn,machine\n") // an error comes back at the next flush
		return s
	}
	return &parquetSink{names: w.names, out: parquet.NewGenericWriter[feedRow](f, layout()...)}
}

type parquetSink struct {
	names []string
	out   *parquet.GenericWriter[feedRow]
	rows  []feedRow
}

func (s *parquetSink) write(events []signal.Event) error {
	for len(events) > 0 {
		n := min(len(events), 16384)
		s.rows = s.rows[:0]
		for i := range events[:n] {
			e := &events[i]
			row := feedRow{User: int64(e.ID), Time: e.Time, MCC: int32(e.MCC), Network: int32(e.Network), Machine: e.Machine}
			if e.Cell != signal.NoCell {
				row.Cell = s.names[e.Cell]
			}
			s.rows = append(s.rows, row)
		}
		if _, err := s.out.Write(s.rows); err != nil {
			return err
		}
		events = events[n:]
	}
	return nil
}

func (s *parquetSink) close() error { return s.out.Close() }

type csvSink struct {
	names []string
	out   *bufio.Writer
	line  []byte
}

// write puts null as nothing, times in UTC to the millisecond.
func (s *csvSink) write(events []signal.Event) error {
	for i := range events {
		s.line = append(s.fields(&events[i]), '\n')
		if _, err := s.out.Write(s.line); err != nil {
			return err
		}
	}
	return nil
}

// fields are those of a row, without the end of the line. The bytes are valid until the next call.
func (s *csvSink) fields(e *signal.Event) []byte {
	b := s.line[:0]
	b = appendUnlessZero(b, e.ID)
	b = append(b, ',')
	if e.Time != 0 {
		b = time.UnixMilli(e.Time).UTC().AppendFormat(b, "2006-01-02 15:04:05.000")
	}
	b = append(b, ',')
	if e.Cell != signal.NoCell {
		b = append(b, s.names[e.Cell]...)
	}
	b = append(b, ',')
	b = appendUnlessZero(b, uint64(e.MCC))
	b = append(b, ',')
	b = appendUnlessZero(b, uint64(e.Network))
	b = append(b, ',')
	b = strconv.AppendBool(b, e.Machine)
	s.line = b
	return b
}

func appendUnlessZero(b []byte, n uint64) []byte {
	if n == 0 {
		return b
	}
	return strconv.AppendUint(b, n, 10)
}

func (s *csvSink) close() error { return s.out.Flush() }
