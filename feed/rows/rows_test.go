package rows

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/hamba/avro/v2"

	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/feed"
	"github.com/throng-stats/throng/feed/feedtest"
)

const schema = `{"type": "record", "name": "e", "fields": [
	{"name": "note", "type": ["null", {"type": "map", "values": {"type": "array", "items": "string"}}]},
	{"name": "t", "type": {"type": "long", "logicalType": "timestamp-micros"}},
	{"name": "u", "type": ["long", "null"]},
	{"name": "c", "type": [{"type": "enum", "name": "cell", "symbols": ["c0", "c1", "c10"]}, "string", "null"]}]}`

func decoder(t testing.TB, o Options) *Decoder {
	t.Helper()
	opts := feedtest.LogOptions()
	d, err := New(opts, o, feedtest.LogGround())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// read puts entries into one batch.
func read(t testing.TB, d *Decoder, entries ...[]byte) []feedtest.Logged {
	t.Helper()
	n := 0
	for _, e := range entries {
		n += d.Rows(e)
	}
	var b event.Batch
	d.Begin(feedtest.LogDoor(0), &b, n)
	i := 0
	for k, e := range entries {
		rows := d.Rows(e)
		if err := d.Put(i, rows, e, int64(1000+k)); err != nil {
			t.Fatal(err)
		}
		i += rows
	}
	if err := d.Finish(i); err != nil {
		t.Fatal(err)
	}
	if i != n || b.Len() != n {
		t.Fatalf("got %d rows and a batch of %d, want %d as was said before", i, b.Len(), n)
	}
	return feedtest.LoggedRows(&b)
}

// story are four rows: one whole, one of an unknown place just after midnight, one without a pseudonym, one without a cell.
func story() []feedtest.Logged {
	door := feedtest.LogDoor(0)
	const second = feedtest.LogMonday + 86400000 + 5000
	row := func(unit, was uint64, ms int64, place uint32, bad event.Bad) feedtest.Logged {
		return feedtest.Logged{Row: feedtest.Row{Unit: unit, Time: ms, Place: place, Bad: bad}, Was: was, Arrival: 1000}
	}
	return []feedtest.Logged{
		row(door.UnitInt(0, 77), 0, feedtest.LogMonday, 1, 0),
		row(door.UnitInt(1, -5), door.UnitInt(0, -5), second, event.NoPlace, event.UnknownPlace),
		row(0, 0, second, 0, event.NullUnit),
		row(door.UnitInt(1, 77), door.UnitInt(0, 77), second, event.NoPlace, event.NullPlace),
	}
}

func unpacked(name string) []byte {
	times := []string{"1769990400000", "1770076805000", "1770076805000", "1770076805000"}
	users, cells := []string{"77", "-5", "", "77"}, []string{"c1", "c10", "c0", ""}
	var s strings.Builder
	for i := range times {
		switch name {
		case JSON:
			fmt.Fprintf(&s, "{\"note\":{\"a\":[1,{\"b\":null}]},\"t\": %s ,\"c\":\"%s\"", times[i], strings.Replace(cells[i], "c", `\u0063`, 1))
			if users[i] == "" {
				users[i] = "null"
			}
			fmt.Fprintf(&s, ",\"u\":%s}\r\n\n", users[i])
		case CSV:
			fmt.Fprintf(&s, "\"%s\",\"no, \"\"really\"\"\",%s,%s\n", cells[i], users[i], times[i])
		}
	}
	return []byte(s.String())
}

var csvHeader = []string{"c", "note", "u", "t"}

// avroRecords writes the story by the library's writer of objects, bare and as single objects.
func avroRecords(t testing.TB) (list [][]byte) {
	t.Helper()
	s := avro.MustParse(schema)
	print, err := s.FingerprintUsing(avro.CRC64Avro)
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(print) // the specification wants it in little-endian order
	const second = (feedtest.LogMonday + 86400000 + 5000) * 1000
	for i, r := range []map[string]any{
		{"note": map[string]any{"map": map[string]any{"a": []string{"x", "y"}, "b": []string{}}}, "t": int64(feedtest.LogMonday * 1000), "u": map[string]any{"long": int64(77)}, "c": map[string]any{"cell": "c1"}},
		{"note": nil, "t": int64(second + 999), "u": map[string]any{"long": int64(-5)}, "c": map[string]any{"string": "c10"}},
		{"note": nil, "t": int64(second), "u": nil, "c": map[string]any{"string": "c0"}},
		{"note": nil, "t": int64(second), "u": map[string]any{"long": int64(77)}, "c": nil},
	} {
		r["t"] = r["t"].(int64)
		b, err := avro.Marshal(avro.MustParse(strings.Replace(schema, `, "logicalType": "timestamp-micros"`, "", 1)), r)
		if err != nil {
			t.Fatal(err)
		}
		if i%2 == 1 {
			b = append(append([]byte{0xc3, 1}, print...), b...)
		}
		list = append(list, b)
	}
	return list
}

func packed() []byte {
	const second = feedtest.LogMonday + 86400000 + 5000
	return Pack(nil, Column{Name: "c", Words: []string{"c10", "c0", "c1"}, Codes: []uint32{2, 0, 1, math.MaxUint32}},
		Column{Name: "note", Texts: []string{"a", "", "bc", ""}},
		Column{Name: "u", Wholes: []int64{77, -5, math.MinInt64, 77}}, Column{Name: "t", Wholes: []int64{feedtest.LogMonday, second, second, second}})
}

func formats(t testing.TB) map[string]struct {
	Options
	entries [][]byte
} {
	return map[string]struct {
		Options
		entries [][]byte
	}{
		"json":            {Options{Format: JSON}, [][]byte{unpacked(JSON)}},
		"csv":             {Options{Format: CSV, Header: csvHeader}, [][]byte{unpacked(CSV)}},
		"csv with header": {Options{Format: CSV}, [][]byte{append([]byte("c,note,u,t\r\n"), unpacked(CSV)...)}},
		"avro":            {Options{Format: Avro, Schema: []byte(schema)}, avroRecords(t)},
		"packed":          {Options{Format: Packed}, [][]byte{packed()}},
		"packed, texts": {Options{Format: Packed}, [][]byte{Pack(nil, Column{Name: "t", Texts: []string{"1769990400000", "1770076805000", "1770076805000", "1770076805000"}},
			Column{Name: "u", Texts: []string{"77", "-5", "", "77"}}, Column{Name: "c", Texts: []string{"c1", "c10", "c0", ""}})}},
	}
}

// TestFormats: the same rows come out of every format, in a decoder that was used before and in its clone.
func TestFormats(t *testing.T) {
	for name, f := range formats(t) {
		d := decoder(t, f.Options)
		for _, d := range []*Decoder{d, d, d.Clone()} {
			got := read(t, d, f.entries...)
			for i := range got {
				got[i].Arrival = 1000
			}
			if !slices.Equal(got, story()) {
				t.Errorf("%s: got\n%+v\nwant\n%+v", name, got, story())
			}
		}
	}
}

// TestArrival: rows have the stamp of their entry.
func TestArrival(t *testing.T) {
	d := decoder(t, Options{Format: JSON})
	got := read(t, d, []byte(`{"u":1,"t":1,"c":"c1"}`+"\n"+`{"u":1,"t":2,"c":"c1"}`), nil, []byte(`{"u":1,"t":3,"c":"c1"}`))
	for i, want := range []int64{1000, 1000, 1001, 1002} {
		if got[i].Arrival != want {
			t.Errorf("row %d: arrival %d, want %d", i, got[i].Arrival, want)
		}
	}
	if got[2].Bad != event.Unreadable {
		t.Errorf("an empty entry: got %v, want a row that is none", got[2].Bad)
	}
}

// TestUnreadable: what is no row of the contract is counted and leaves nothing else behind.
func TestUnreadable(t *testing.T) {
	deep := strings.Repeat("[", 100) + strings.Repeat("]", 100)
	cases := map[string][]string{
		JSON: {"", " ", "\n", "{", "{}x", `[]`, `null`, `"u"`, `{"u":1,}`, `{"u":1 "t":2}`, `{"u"}`, `{"u":}`, `{u:1}`, `{"u":01,"t":1,"c":"c1"}`, `{"u":1,"u":2}`, `{"u":[1]}`, `{"c":{"a":1}}`,
			`{"other":1,"u":1,"t":1,"c":"c1"}`, `{"note":` + deep + `}`, `{"c":"\x"}`, `{"c":"\u12g4"}`, "{\"c\":\"a\x01\"}", `{"c":"a`, `{"c":"a\`, `{"t":1.}`, `{"t":1e}`, `{"t":-}`, `{"t":tru}`, `{"note":[1,]}`, `{"note":{"a"}}`},
		CSV: {"", "a,b", "a,b,c,d,e", `"a,b,c,d`, `a"b,b,c,d`, `"a"b,b,c,d`},
		Packed: {"", "TPK1", "TPK2" + string(packed()[4:]), string(packed()[:len(packed())-1]), string(packed()) + "x",
			string(Pack(nil, Column{Name: "u", Wholes: []int64{1}}, Column{Name: "c", Texts: []string{"c1"}})),
			string(Pack(nil, Column{Name: "u", Wholes: []int64{1}}, Column{Name: "u", Wholes: []int64{1}}, Column{Name: "t", Wholes: []int64{1}}, Column{Name: "c", Texts: []string{"c1"}})),
			string(Pack(nil, Column{Name: "u", Decimals: []float64{1}}, Column{Name: "t", Wholes: []int64{1}}, Column{Name: "c", Texts: []string{"c1"}})),
			string(Pack(nil, Column{Name: "who", Wholes: []int64{1}}, Column{Name: "u", Wholes: []int64{1}}, Column{Name: "t", Wholes: []int64{1}}, Column{Name: "c", Texts: []string{"c1"}}))},
		Avro: {"", "\x00", string(avroRecords(t)[1][:12]), string(avroRecords(t)[2]) + "x", strings.Repeat("\xff", 20), "\xc3\x0112345678" + string(avroRecords(t)[2])},
	}
	for format, list := range cases {
		d := decoder(t, Options{Format: format, Header: csvHeader, Schema: []byte(schema)})
		for _, text := range list {
			for _, row := range read(t, d, []byte(text)) {
				if row.Bad&event.Unreadable == 0 || row.Unit != 0 {
					t.Errorf("%s %q: got %v, want rows that are none", format, text, row.Bad)
				}
			}
		}
	}
	d := decoder(t, Options{Format: CSV})
	for _, text := range []string{"", "u,t\n1,2", "u,t,c,who\n1,2,c1,x", "x,y\n1,2\n3,4", "u,u,t,c\n1,1,2,c1", `"u,t,c` + "\n1,2,c1"} {
		if err := d.CheckHeader([]byte(text)); err == nil {
			t.Errorf("header of %q: got no error", text)
		}
		for _, row := range read(t, d, []byte(text)) {
			if row.Bad != event.Unreadable {
				t.Errorf("header of %q: got %v", text, row.Bad)
			}
		}
	}
	if err := d.CheckHeader([]byte("\xef\xbb\xbfc,u,t\n")); err != nil {
		t.Error(err)
	}
}

// TestBadValues: a value that is not of its type costs the row a reason of its own.
func TestBadValues(t *testing.T) {
	d := decoder(t, Options{Format: JSON})
	for text, want := range map[string]event.Bad{
		`{"u":"x1","t":1,"c":"c1"}`: event.BadNumber, `{"u":1,"t":"noon","c":"c1"}`: event.BadTime, `{"u":1,"t":1.5,"c":"c1"}`: event.BadTime,
		`{"u":1,"c":"c1"}`: event.NullTime, `{"t":1,"c":"c1"}`: event.NullUnit, `{"u":1,"t":1}`: event.NullPlace, `{"u":1,"t":1,"c":"x"}`: event.UnknownPlace,
		`{}`: event.NullUnit | event.NullTime | event.NullPlace, `{"u":true,"t":null,"c":"c1"}`: event.BadNumber | event.NullTime,
	} {
		if got := read(t, d, []byte(text))[0].Bad; got != want {
			t.Errorf("%s: got %b, want %b", text, got, want)
		}
	}
	p := decoder(t, Options{Format: Packed})
	got := read(t, p, Pack(nil, Column{Name: "u", Wholes: []int64{1, 1, 1}}, Column{Name: "t", Wholes: []int64{1, math.MaxInt64, 1}}, Column{Name: "c", Words: []string{"c1"}, Codes: []uint32{0, 0, 7}}))
	for i, want := range []event.Bad{0, event.BadTime, event.Unreadable | event.NullPlace} {
		if got[i].Bad != want {
			t.Errorf("packed row %d: got %b, want %b", i, got[i].Bad, want)
		}
	}
}

// TestNote: the first field that the contract does not have is told by name, once, and never a value.
func TestNote(t *testing.T) {
	for name, want := range map[string]string{"Latitude_2": `"Latitude_2"`, "+33612345678": "a name that is not printed", "user@example.org": "a name that is not printed", "4711234567": "a name that is not printed"} {
		var notes []string
		d := decoder(t, Options{Format: JSON, Note: func(text string) { notes = append(notes, text) }})
		entry := []byte(fmt.Sprintf(`{"u":1,"t":1,"c":"c1",%q:"SECRET"}`, name))
		read(t, d, entry, entry)
		read(t, d.Clone(), entry)
		if len(notes) != 1 || !strings.Contains(notes[0], want) || strings.Contains(notes[0], "SECRET") {
			t.Errorf("%s: got %q, want one note with %s", name, notes, want)
		}
	}
}

// TestIdentifiers: a log whose pseudonyms are phone numbers is refused, in every format, and no number is told.
func TestIdentifiers(t *testing.T) {
	for _, format := range []string{JSON, CSV, Avro, Packed, "words"} {
		opts := feedtest.LogOptions()
		if format == "words" {
			opts.Columns[0].Type = "text"
		}
		o := Options{Format: format, Header: []string{"u", "t", "c"}, Schema: []byte(`{"type":"record","name":"e","fields":[{"name":"u","type":"long"},{"name":"t","type":"long"},{"name":"c","type":"string"}]}`)}
		if format == "words" {
			o.Format = Packed
		}
		d, err := New(opts, o, feedtest.LogGround())
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; err == nil && i < 2*feed.SampleDistinct; i++ {
			number := 33612000000 + int64(i)
			var entry []byte
			switch format {
			case JSON:
				entry = fmt.Appendf(nil, `{"u":%d,"t":1,"c":"c1"}`, number)
			case CSV:
				entry = fmt.Appendf(nil, `%d,1,c1`, number)
			case Avro:
				entry = append(binary.AppendVarint(binary.AppendVarint(nil, number), 1), "\x04c1"...)
			case Packed:
				entry = Pack(nil, Column{Name: "u", Wholes: []int64{number}}, Column{Name: "t", Wholes: []int64{1}}, Column{Name: "c", Texts: []string{"c1"}})
			default:
				entry = Pack(nil, Column{Name: "u", Words: []string{fmt.Sprint(number)}, Codes: []uint32{0}}, Column{Name: "t", Wholes: []int64{1}}, Column{Name: "c", Texts: []string{"c1"}})
			}
			var b event.Batch
			d.Begin(feedtest.LogDoor(0), &b, 1)
			if err = d.Put(0, 1, entry, 1); err == nil {
				err = d.Finish(1)
			}
		}
		var known *feed.Error
		if !errors.As(err, &known) || known.Kind != feed.Refused || strings.Contains(err.Error(), "33612") {
			t.Errorf("%s: got %v, want a refusal without a number", format, err)
		}
	}
}

// TestSchemas: a schema that does not fit the contract stops the feed before its first entry.
func TestSchemas(t *testing.T) {
	field := func(name, kind string) string { return fmt.Sprintf(`{"name":%q,"type":%s}`, name, kind) }
	record := func(fields ...string) string {
		return `{"type":"record","name":"e","fields":[` + strings.Join(fields, ",") + `]}`
	}
	for text, want := range map[string]string{
		"": "no Avro schema", `"long"`: "no Avro schema", "{": "no Avro schema",
		record(field("u", `"long"`), field("t", `"long"`)):                                                                         "no such field",
		record(field("u", `"long"`), field("t", `"long"`), field("c", `"string"`), field("imsi", `"string"`)):                      `column "imsi"`,
		record(field("u", `"double"`), field("t", `"long"`), field("c", `"string"`)):                                               `column "u"`,
		record(field("u", `"long"`), field("t", `"double"`), field("c", `"string"`)):                                               `column "t"`,
		record(field("u", `"long"`), field("t", `{"type":"int","logicalType":"date"}`), field("c", `"string"`)):                    "date",
		record(field("u", `"long"`), field("t", `{"type":"long","logicalType":"local-timestamp-millis"}`), field("c", `"string"`)): "zone",
		record(field("u", `"long"`), field("t", `"long"`), field("c", `{"type":"array","items":"string"}`)):                        "made of values",
		record(field("u", `"long"`), field("t", `"long"`), field("c", `"boolean"`)):                                                "boolean",
	} {
		_, err := New(feedtest.LogOptions(), Options{Format: Avro, Schema: []byte(text)}, feedtest.LogGround())
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want an error with %s", text, err, want)
		}
	}
	for _, o := range []Options{{Format: "xml"}, {Format: CSV, Header: []string{"u", "t", "c", "imsi"}}, {Format: CSV, Header: []string{"u", "t"}}} {
		if _, err := New(feedtest.LogOptions(), o, feedtest.LogGround()); err == nil {
			t.Errorf("%+v: got no error", o)
		}
	}
}

// TestCut: an entry that was cut anywhere loses its rows and nothing else; packed, no header asks for memory.
func TestCut(t *testing.T) {
	d := decoder(t, Options{Format: Packed})
	for n := range packed() {
		if rows := read(t, d, packed()[:n]); len(rows) != 1 || rows[0].Bad != event.Unreadable {
			t.Fatalf("cut at %d: got %+v", n, rows)
		}
	}
	a := decoder(t, Options{Format: Avro, Schema: []byte(schema)})
	whole := avroRecords(t)[0]
	for n := range whole {
		if rows := read(t, a, whole[:n]); rows[0].Bad != event.Unreadable {
			t.Fatalf("cut at %d: got %+v", n, rows)
		}
	}
	huge := append([]byte("TPK1\xff\xff\xff\xff\x01\x00\x01u\x01"), 0xff, 0xff, 0xff, 0xff)
	if d.Rows(huge) != 1 {
		t.Error("a header of four billion rows is believed")
	}
	long := append([]byte("TPK1\x01\x00\x00\x00\x01\x00\xff"), make([]byte, 255+5)...) // 255 is as long as a name can be
	if rows := read(t, d, long); len(rows) != 1 || rows[0].Bad != event.Unreadable {
		t.Errorf("a column with a name of 255 bytes: got %+v", rows)
	}
}

func fuzz(f *testing.F, o Options, seeds [][]byte) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, entry []byte) {
		d := decoder(t, o)
		rows := read(t, d, entry, entry)
		if !slices.EqualFunc(rows[:len(rows)/2], rows[len(rows)/2:], func(a, b feedtest.Logged) bool { a.Arrival = b.Arrival; return a == b }) {
			t.Error("the same entry gives other rows the second time")
		}
		for _, r := range rows {
			if r.Bad&event.Unreadable != 0 && o.Format != Packed && r.Unit != 0 {
				t.Error("a row that is none has a unit")
			}
		}
	})
}

// FuzzJSON compares with package encoding/json what an object is.
func FuzzJSON(f *testing.F) {
	for _, s := range [][]byte{unpacked(JSON), []byte(`{"c":"\ud83d\ude00\ud83d","u":-1.5e+3,"t":0}`), []byte(`{"note":{"a":[]}}`)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, entry []byte) {
		d, texts := decoder(t, Options{Format: JSON}), decoder(t, Options{Format: JSON})
		clear(texts.digits)
		if got, want := read(t, d, entry, entry), read(t, texts, entry, entry); !slices.Equal(got, want) {
			t.Fatalf("%q: got %+v, by texts %+v", entry, got, want)
		}
		eachLine(entry, func(line []byte) error {
			err := d.object(line)
			var object map[string]any
			in := json.NewDecoder(bytes.NewReader(line))
			in.UseNumber() // 1e999 is a number, if none that a float64 can be
			isObject := json.Valid(line) && in.Decode(&object) == nil && object != nil
			if err == nil && !isObject {
				t.Fatalf("%q is taken for an object", line)
			}
			if err != nil && isObject && len(object) == 1 && strings.Count(string(line), ":") == 1 {
				for name, v := range object {
					switch v.(type) {
					case map[string]any, []any:
						continue
					}
					if _, known := d.index[name]; known && !strings.Contains(string(line), `\`) {
						t.Fatalf("%q is refused", line)
					}
				}
			}
			if err == nil {
				for name, k := range d.index {
					if want, ok := object[name].(string); ok && k >= 0 && string(d.values[k]) != want && !strings.ContainsRune(want, '\ufffd') {
						t.Fatalf("%q: got %q for %s, want %q", line, d.values[k], name, want)
					}
				}
			}
			return nil
		})
	})
}

// FuzzCSV: with and without a header line.
func FuzzCSV(f *testing.F) {
	fuzz(f, Options{Format: CSV}, [][]byte{append([]byte("c,note,u,t\n"), unpacked(CSV)...), []byte("u,t,c\n1,2,c1\n\"\"\"\",,")})
}

// FuzzCSVLines: lines in the order of the contract.
func FuzzCSVLines(f *testing.F) {
	fuzz(f, Options{Format: CSV, Header: csvHeader}, [][]byte{unpacked(CSV), []byte("\"a\"\"b\",\"\",,\r\n")})
}

// FuzzAvro: records of the schema.
func FuzzAvro(f *testing.F) {
	fuzz(f, Options{Format: Avro, Schema: []byte(schema)}, avroRecords(f))
}

// FuzzPacked: packed blocks.
func FuzzPacked(f *testing.F) {
	fuzz(f, Options{Format: Packed}, [][]byte{packed(), formats(f)["packed, texts"].entries[0]})
}
