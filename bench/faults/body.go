package main

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/throng-stats/throng/synth"
	"github.com/throng-stats/throng/synth/signal"
)

// kinds are what a body may be (docs/format/push.md), and packings how it may be packed; they are taken in turn.
var (
	kinds    = []string{"application/x-ndjson", "text/csv", "application/vnd.apache.arrow.stream"}
	packings = []string{"", "gzip", "zstd"}
)

// pushed is the contract of a region's slices as one whose rows are pushed: the log stamps them, and no column does.
func pushed(contract string) string {
	var text strings.Builder
	for line := range strings.Lines(contract) {
		switch key, _, _ := strings.Cut(strings.TrimSpace(line), ":"); {
		case key == "files" && strings.HasPrefix(line, "  files"):
			line = "  push: {listen: \"127.0.0.1:0\", token_file: token}\n"
		case key == "timestamp":
			line = "    timestamp: {as: time, type: int, format: epoch-ms}\n"
		case key == "arrival":
			continue
		case key == "machine":
			line = "    machine: {as: machine, type: int}\n"
		}
		text.WriteString(line)
	}
	return text.String()
}

// body writes rows as one of the kinds. What is missing is null, or nothing.
func (w *world) body(kind string, rows []synth.Arrived) ([]byte, error) {
	switch kind {
	case "text/csv":
		return w.csv(rows), nil
	case "application/x-ndjson":
		return w.ndjson(rows), nil
	}
	return w.arrow(rows)
}

var columns = []string{"user_id", "timestamp", "mcc", "plmn", "machine"}

// wholes are the columns of whole numbers of a row; 0 is missing, save in the last.
func wholes(r *synth.Arrived) [5]int64 {
	v := [5]int64{int64(r.ID), r.Time, int64(r.MCC), int64(r.Network)}
	if r.Machine {
		v[4] = 1
	}
	return v
}

func (w *world) ndjson(rows []synth.Arrived) []byte {
	var b bytes.Buffer
	for i := range rows {
		b.WriteByte('{')
		for k, v := range wholes(&rows[i]) {
			if v == 0 && columns[k] != "machine" {
				fmt.Fprintf(&b, "%q:null,", columns[k])
			} else {
				fmt.Fprintf(&b, "%q:%d,", columns[k], v)
			}
		}
		fmt.Fprintf(&b, "\"cell_id\":%q}\n", w.region.CellName(rows[i].Cell))
	}
	return b.Bytes()
}

func (w *world) csv(rows []synth.Arrived) []byte {
	var b bytes.Buffer
	b.WriteString("cell_id," + strings.Join(columns, ",") + "\n")
	for i := range rows {
		b.WriteString(w.region.CellName(rows[i].Cell))
		for k, v := range wholes(&rows[i]) {
			if b.WriteByte(','); v != 0 || columns[k] == "machine" {
				fmt.Fprint(&b, v)
			}
		}
		b.WriteByte('\n')
	}
	return b.Bytes()
}

func (w *world) arrow(rows []synth.Arrived) ([]byte, error) {
	fields := []arrow.Field{{Name: "user_id", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
		{Name: "timestamp", Type: &arrow.TimestampType{Unit: arrow.Millisecond, TimeZone: "UTC"}, Nullable: true},
		{Name: "mcc", Type: arrow.PrimitiveTypes.Int64, Nullable: true}, {Name: "plmn", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
		{Name: "machine", Type: arrow.PrimitiveTypes.Int64, Nullable: true}, {Name: "cell_id", Type: arrow.BinaryTypes.String, Nullable: true}}
	schema := arrow.NewSchema(fields, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	for i := range rows {
		for k, v := range wholes(&rows[i]) {
			switch f := b.Field(k).(type) {
			case *array.TimestampBuilder:
				if v == 0 {
					f.AppendNull()
				} else {
					f.Append(arrow.Timestamp(v))
				}
			case *array.Int64Builder:
				if v == 0 && columns[k] != "machine" {
					f.AppendNull()
				} else {
					f.Append(v)
				}
			}
		}
		if cells := b.Field(5).(*array.StringBuilder); rows[i].Cell == signal.NoCell {
			cells.AppendNull()
		} else {
			cells.Append(w.region.CellName(rows[i].Cell))
		}
	}
	var text bytes.Buffer
	out := ipc.NewWriter(&text, ipc.WithSchema(schema))
	err := errors.Join(out.Write(b.NewRecordBatch()), out.Close())
	return text.Bytes(), err
}

// packed packs a body.
func packed(packing string, body []byte) ([]byte, error) {
	switch packing {
	case "gzip":
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, err := z.Write(body)
		err = errors.Join(err, z.Close())
		return b.Bytes(), err
	case "zstd":
		z, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
		if err != nil {
			return nil, err
		}
		return z.EncodeAll(body, nil), z.Close()
	}
	return body, nil
}
