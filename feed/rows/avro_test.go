package rows

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/feed"
	"github.com/throng-stats/throng/feed/feedtest"
	"github.com/throng-stats/throng/locate"
)

// plainSchema is of a record of plain values, two of which may be missing.
const plainSchema = `{"type":"record","name":"e","fields":[{"name":"u","type":["null","long"]},{"name":"note","type":["null","string"]},
	{"name":"t","type":{"type":"long","logicalType":"timestamp-micros"}},{"name":"c","type":["string","null"]}]}`

// plainRecord writes a row by plainSchema.
func plainRecord(r drawnRow) []byte {
	b := []byte{0}
	if r.unit != math.MinInt64 {
		b = binary.AppendVarint([]byte{2}, r.unit)
	}
	b = binary.AppendVarint(append(b, "\x02\x04no"...), r.time*1000+999)
	if r.cell == "" {
		return append(b, 2)
	}
	return append(append(b, 0, byte(len(r.cell)*2)), r.cell...)
}

// TestAvroGather: records that are gathered give what records give that are read value by value, and so do packed rows.
func TestAvroGather(t *testing.T) {
	gathers, reads, packs := decoder(t, Options{Format: Avro, Schema: []byte(plainSchema)}), decoder(t, Options{Format: Avro, Schema: []byte(plainSchema)}), decoder(t, Options{Format: Packed})
	if gathers.form.(*avroForm).steps == nil {
		t.Fatal("records of plain values are not gathered")
	}
	reads.form.(*avroForm).steps = nil
	for seed := range uint64(50) {
		rng := rand.New(rand.NewPCG(seed, 2))
		var records, packed [][]byte
		for range 1 + rng.IntN(3*mostGathered) {
			r := drawRow(rng)
			r.time = max(-1<<53, min(1<<53, r.time)) // of years that neither has
			record := plainRecord(r)
			if packed = append(packed, packRows([]drawnRow{r}, true, false)); rng.IntN(20) == 0 {
				record[rng.IntN(len(record))] ^= byte(1 + rng.IntN(255))
				packed[0] = nil // not the same row any more
			}
			records = append(records, record)
		}
		got, want := read(t, gathers, records...), read(t, reads, records...)
		if !slices.Equal(got, want) {
			t.Fatalf("seed %d: got\n%+v\nwant\n%+v", seed, got, want)
		}
		if packed[0] != nil && !slices.Equal(got, read(t, packs, packed...)) {
			t.Fatalf("seed %d: packed rows differ", seed)
		}
	}
}

// TestAvroExtremes: values that stand for missing ones in a column are values in a record.
func TestAvroExtremes(t *testing.T) {
	g := &locate.Ground{Places: []locate.Place{{ID: "a", Lat: 48, Lon: 2}}}
	g.Index()
	opts := feed.Options{Kind: feed.Events, Stamped: true, Unit: "subscriber", Columns: []feed.Column{{Name: "u", As: "subscriber", Type: "int"}, {Name: "t", As: "time", Type: "int"},
		{Name: "y", As: "latitude"}, {Name: "x", As: "longitude"}, {Name: "m", As: "sim_country"}}}
	d, err := New(opts, Options{Format: Avro, Schema: []byte(`{"type":"record","name":"e","fields":[{"name":"u","type":"long"},{"name":"t","type":"long"},
		{"name":"y","type":["null","double"]},{"name":"x","type":"double"},{"name":"m","type":["int","null"]}]}`)}, g)
	if err != nil {
		t.Fatal(err)
	}
	if d.form.(*avroForm).steps == nil {
		t.Fatal("records of plain values are not gathered")
	}
	record := func(unit, at int64, lat, lon float64, mcc int64) []byte {
		b := append(binary.AppendVarint(binary.AppendVarint(nil, unit), at), 2)
		b = binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(b, math.Float64bits(lat)), math.Float64bits(lon))
		return binary.AppendVarint(append(b, 0), mcc)
	}
	rows := read(t, d, record(7, feedtest.LogMonday, 48, 2, 208), record(math.MinInt64, feedtest.LogMonday, 48, 2, 208), record(7, math.MinInt64, 48, 2, 208),
		record(7, feedtest.LogMonday, math.NaN(), 2, 208), record(7, feedtest.LogMonday, 48, 2, 1<<31))
	for i, want := range []event.Bad{0, 0, event.BadTime, event.BadNumber | event.NullPlace, event.Unreadable} {
		if rows[i].Bad != want {
			t.Errorf("row %d: got %b, want %b", i, rows[i].Bad, want)
		}
	}
	if want := feedtest.LogDoor(0).UnitInt(0, math.MinInt64); rows[1].Unit != want {
		t.Errorf("the least number as a pseudonym: got %d, want %d", rows[1].Unit, want)
	}
}

// TestAvroSteps: schemas whose values differ in more than in being there are read value by value.
func TestAvroSteps(t *testing.T) {
	for kind, want := range map[string]bool{`"string"`: true, `"bytes"`: true, `["null","string"]`: true, `["string","null"]`: true, `{"type":"enum","name":"c","symbols":["a"]}`: false, `["string"]`: false,
		`["null","string","bytes"]`: false, `["string","bytes"]`: false, `{"type":"fixed","name":"c","size":4}`: false} {
		d := decoder(t, Options{Format: Avro, Schema: []byte(strings.Replace(plainSchema, `["string","null"]`, kind, 1))})
		if got := d.form.(*avroForm).steps != nil; got != want {
			t.Errorf("%s: got %v, want %v", kind, got, want)
		}
	}
}

// FuzzAvroPlain: records of plain values, gathered and value by value.
func FuzzAvroPlain(f *testing.F) {
	f.Add(plainRecord(drawnRow{77, feedtest.LogMonday, "c1"}))
	f.Add(plainRecord(drawnRow{math.MinInt64, feedtest.LogMonday, ""}))
	f.Fuzz(func(t *testing.T, entry []byte) {
		o := Options{Format: Avro, Schema: []byte(plainSchema)}
		a, b := decoder(t, o), decoder(t, o)
		b.form.(*avroForm).steps = nil
		if got, want := read(t, a, entry, entry), read(t, b, entry, entry); !slices.Equal(got, want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
	})
}

// TestAvroCut: a record that ends before a number that may be missing is no row, whatever stands in it.
func TestAvroCut(t *testing.T) {
	g := &locate.Ground{Places: []locate.Place{{ID: "a", Lat: 48, Lon: 2}}}
	g.Index()
	opts := feed.Options{Kind: feed.Events, Stamped: true, Unit: "subscriber", Columns: []feed.Column{{Name: "u", As: "subscriber", Type: "int"}, {Name: "t", As: "time", Type: "int"},
		{Name: "y", As: "latitude"}, {Name: "x", As: "longitude"}}}
	d, err := New(opts, Options{Format: Avro, Schema: []byte(`{"type":"record","name":"e","fields":[{"name":"u","type":"long"},{"name":"t","type":"long"},
		{"name":"y","type":"double"},{"name":"x","type":["null","double"]}]}`)}, g)
	if err != nil {
		t.Fatal(err)
	}
	record := binary.AppendVarint(binary.AppendVarint(nil, 7), feedtest.LogMonday)
	record = binary.LittleEndian.AppendUint64(record, math.Float64bits(48))
	rows := read(t, d, append(slices.Clone(record), 0), record)
	for i, want := range []event.Bad{event.NullPlace, event.Unreadable} {
		if rows[i].Bad != want {
			t.Errorf("row %d: got %b, want %b", i, rows[i].Bad, want)
		}
	}
}
