package rows

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"reflect"
	"runtime"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/feed/feedtest"
)

// column is a column of a stream of a test; a value nil is missing.
type column struct {
	name   string
	is     arrow.DataType
	values []any
}

var wordsOf = &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}

// stream writes columns as an Arrow stream, in batches of so many rows.
func stream(t testing.TB, batch int, columns []column, options ...ipc.Option) []byte {
	t.Helper()
	var fields []arrow.Field
	for _, c := range columns {
		fields = append(fields, arrow.Field{Name: c.name, Type: c.is, Nullable: true})
	}
	schema := arrow.NewSchema(fields, nil)
	var b bytes.Buffer
	w := ipc.NewWriter(&b, append(options, ipc.WithSchema(schema))...)
	for from := 0; from < len(columns[0].values); from += batch {
		var arrays []arrow.Array
		for _, c := range columns {
			builder := array.NewBuilder(memory.DefaultAllocator, c.is)
			for _, v := range c.values[from:min(from+batch, len(c.values))] {
				if v == nil {
					builder.AppendNull()
				} else if err := builder.AppendValueFromString(fmt.Sprint(v)); err != nil {
					t.Fatal(err)
				}
			}
			arrays = append(arrays, builder.NewArray())
		}
		if err := w.Write(array.NewRecordBatch(schema, arrays, int64(arrays[0].Len()))); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// arrowStory is the story with cells and times of other types.
func arrowStory(cells, times, users arrow.DataType) []column {
	const monday, second = feedtest.LogMonday, feedtest.LogMonday + 86400000 + 5000
	t := []any{monday, second, second, second}
	if _, ok := times.(*arrow.TimestampType); ok {
		for i, ms := range t {
			t[i] = time.UnixMilli(int64(ms.(int))).UTC().Format(time.RFC3339)
		}
	}
	return []column{{"c", cells, []any{"c1", "c10", "c0", nil}}, {"note", arrow.BinaryTypes.String, []any{"a", nil, "b", ""}}, {"u", users, []any{77, -5, nil, 77}}, {"t", times, t}}
}

// TestArrow: the story is the same in every type that a producer may choose, and in batches.
func TestArrow(t *testing.T) {
	utc := func(unit arrow.TimeUnit) arrow.DataType { return &arrow.TimestampType{Unit: unit, TimeZone: "UTC"} }
	whole := arrow.PrimitiveTypes.Int64
	for name, columns := range map[string][]column{
		"plain":               arrowStory(arrow.BinaryTypes.String, whole, whole),
		"words":               arrowStory(wordsOf, whole, whole),
		"large texts":         arrowStory(arrow.BinaryTypes.LargeString, whole, arrow.PrimitiveTypes.Int8),
		"seconds":             arrowStory(arrow.BinaryTypes.String, utc(arrow.Second), arrow.PrimitiveTypes.Int16),
		"milliseconds":        arrowStory(arrow.BinaryTypes.String, utc(arrow.Millisecond), arrow.PrimitiveTypes.Int32),
		"microseconds":        arrowStory(wordsOf, utc(arrow.Microsecond), whole),
		"nanoseconds and all": arrowStory(wordsOf, utc(arrow.Nanosecond), arrow.PrimitiveTypes.Int32),
	} {
		for _, batch := range []int{1, 3, 4} {
			d := decoder(t, Options{Format: Arrow})
			entry := stream(t, batch, columns, ipc.WithDictionaryDeltas(false))
			if err := d.CheckHeader(entry); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if got := read(t, d, entry); !reflect.DeepEqual(got, story()) {
				t.Errorf("%s in batches of %d:\n got %v\nwant %v", name, batch, got, story())
			}
		}
	}
}

// TestArrowSchema: columns are exactly those of the contract, in types that fit; names that a producer made up are not said.
func TestArrowSchema(t *testing.T) {
	whole := arrow.PrimitiveTypes.Int64
	good := func() []column { return arrowStory(arrow.BinaryTypes.String, whole, whole) }
	for name, change := range map[string]func(c []column) []column{
		"a column more":     func(c []column) []column { return append(c, column{"secret", whole, []any{1, 2, 3, 4}}) },
		"a column less":     func(c []column) []column { return c[:3] },
		"a column twice":    func(c []column) []column { return append(c, c[2]) },
		"decimals as users": func(c []column) []column { c[2].is = arrow.PrimitiveTypes.Float64; return c },
		"a list": func(c []column) []column {
			return append(c[:3], column{"t", arrow.ListOf(whole), []any{nil, nil, nil, nil}})
		},
		"nothing but missing": func(c []column) []column { return append(c[:3], column{"t", arrow.Null, []any{nil, nil, nil, nil}}) },
		"dates": func(c []column) []column {
			return append(c[:3], column{"t", arrow.FixedWidthTypes.Date32, []any{nil, nil, nil, nil}})
		},
	} {
		d := decoder(t, Options{Format: Arrow})
		entry := stream(t, 4, change(good()))
		err := d.CheckHeader(entry)
		if _, isRead := arrowRows(entry); err == nil && isRead || err != nil && bytes.Contains([]byte(err.Error()), []byte("secret")) {
			t.Errorf("%s: got %v", name, err)
		}
		for _, r := range read(t, d, entry) {
			if r.Bad != event.Unreadable {
				t.Errorf("%s: a row was read: %v", name, r)
			}
		}
	}
}

// TestArrowSpoilt cuts a stream everywhere and flips each of its bits: whatever is read is as many rows as were said, a cut stream is
// no row, and nothing is asked for that was not sent.
func TestArrowSpoilt(t *testing.T) {
	entry := stream(t, 2, arrowStory(wordsOf, &arrow.TimestampType{Unit: arrow.Millisecond, TimeZone: "UTC"}, arrow.PrimitiveTypes.Int64))
	d := decoder(t, Options{Format: Arrow})
	for n := range len(entry) {
		if got := read(t, d, entry[:n]); len(got) != 1 || got[0].Bad != event.Unreadable {
			t.Fatalf("cut at %d of %d: %v", n, len(entry), got)
		}
	}
	for bit := range 8 * len(entry) {
		spoilt := bytes.Clone(entry)
		spoilt[bit/8] ^= 1 << (bit % 8)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		d.CheckHeader(spoilt)
		rows := read(t, d, spoilt)
		if runtime.ReadMemStats(&after); after.TotalAlloc-before.TotalAlloc > 4<<20 {
			t.Fatalf("bit %d: %d bytes were asked for, %d sent", bit, after.TotalAlloc-before.TotalAlloc, len(spoilt))
		}
		if n := len(rows); n > len(spoilt)/leastArrowTime {
			t.Fatalf("bit %d: %d rows of %d bytes", bit, n, len(spoilt))
		}
	}
	if got := read(t, d, append(bytes.Clone(entry), 0)); len(got) != 1 {
		t.Errorf("bytes behind the end: %d rows", len(got))
	}
}

// TestArrowLimits: what would grow is refused by its description alone.
func TestArrowLimits(t *testing.T) {
	whole := arrow.PrimitiveTypes.Int64
	plain := arrowStory(arrow.BinaryTypes.String, whole, whole)
	growing := arrowStory(wordsOf, whole, whole)
	growing[0].values = []any{"c1", "c1", "c1", "c10"}
	for name, entry := range map[string][]byte{
		"zstd":                 stream(t, 4, plain, ipc.WithZstd()),
		"lz4":                  stream(t, 4, plain, ipc.WithLZ4()),
		"a growing dictionary": stream(t, 2, growing, ipc.WithDictionaryDeltas(true)),
		"a long head":          binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, math.MaxUint32), maxArrowHead+1),
		"an old stream":        stream(t, 4, plain)[4:],
		"an end alone":         {0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0},
		"a schema twice":       append(bytes.Clone(stream(t, 4, plain)[:len(stream(t, 4, plain))-8]), stream(t, 4, plain)...),
	} {
		if n, ok := arrowRows(entry); ok {
			t.Errorf("%s: %d rows", name, n)
		}
		d := decoder(t, Options{Format: Arrow})
		if got := read(t, d, entry); len(got) != 1 || got[0].Bad != event.Unreadable {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func FuzzArrow(f *testing.F) {
	whole := arrow.PrimitiveTypes.Int64
	fuzz(f, Options{Format: Arrow}, [][]byte{stream(f, 4, arrowStory(arrow.BinaryTypes.String, whole, whole)), stream(f, 2, arrowStory(wordsOf, whole, whole)),
		stream(f, 1, arrowStory(arrow.BinaryTypes.LargeString, &arrow.TimestampType{Unit: arrow.Second, TimeZone: "UTC"}, arrow.PrimitiveTypes.Int8))})
}
