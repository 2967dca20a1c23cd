// Package rows decodes the entries of a log: JSON lines, CSV lines, Avro records, packed blocks and Arrow streams.
//
// What cannot be read is a row with a reason, never an error: a live feed does not stop for one entry. What stops it is a
// schema that does not fit the contract, found before the first entry, and pseudonyms that are numbers of people.
package rows

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/feed"
	"github.com/throng-stats/throng/locate"
)

// Formats of entries.
const (
	JSON   = "json"   // objects, one a line
	CSV    = "csv"    // lines, below a header line when Options has no Header
	Avro   = "avro"   // one record, bare or as a single object
	Packed = "packed" // columns, docs/format/packed.md
	Arrow  = "arrow"  // a stream of Arrow
)

// Options say what an entry is.
type Options struct {
	// Format is one of the formats of this package. Required.
	Format string
	// Header are the names of the fields of a CSV line, in order. Default: every entry begins with a header line.
	Header []string
	// Schema is of Avro: the text of the .avsc file. Required for it.
	Schema []byte
	// Note is told, once, about a field that the contract does not have; by its name, never by a value. Default: nobody is.
	Note func(text string)
}

// Decoder puts the rows of entries into batches. It belongs to one goroutine: Begin, Put for each entry, Finish. Entries stay as they
// are until Finish.
type Decoder struct {
	opts     feed.Options
	gate     *feed.Gate
	fields   []*feed.Field  // in the order of the gate
	where    int            // the first so many say where
	index    map[string]int // of fields by name; left for names under drop
	form     form
	note     func(string)
	isNoted  *atomic.Bool // shared by clones
	sample   *sample
	unit     int // index of the pseudonyms, or -1
	unitType string

	values  [][]byte // of one row, by field; nil is missing
	isWhole []bool   // of one row, by field: it is in wholeOf too
	wholeOf []int64
	digits  []bool // by field: whether a text means the number that it writes
	types   []byte // of one row, by field
	few     gathered
	whole   [1]int64
	scratch []byte // texts of gathered rows that are written otherwise in their entries

	names    []jsonName // of objects, as they came before
	nextName int        // the one that is to be expected
}

// left is the index of fields that the contract drops.
const left = -1

// form is one format.
type form interface {
	// rows is how many rows an entry holds, one at least: an entry that is no row is counted as one.
	rows(entry []byte) int
	// put hands them, n as rows has said, to the gate as rows from i on, or gathers them.
	put(d *Decoder, i, n int, entry []byte) error
	// clone makes one for another goroutine.
	clone() form
}

// New checks that entries fit the contract. The errors are of type *feed.Error.
func New(opts feed.Options, o Options, ground *locate.Ground) (*Decoder, error) {
	opts.Strict = false
	fields, err := opts.Fields()
	if err != nil {
		return nil, err
	}
	d := &Decoder{opts: opts, gate: feed.NewGate(opts, fields, ground, nil), fields: fields, index: map[string]int{}, note: o.Note,
		isNoted: new(atomic.Bool), sample: &sample{distinct: map[string]bool{}}, unit: -1, digits: make([]bool, len(fields))}
	d.makeRow()
	for _, name := range opts.Drop {
		d.index[name] = left
	}
	for i, f := range fields {
		d.index[f.Name], d.digits[i] = i, f.IsDigits()
		if f.IsWhere() {
			d.where = i + 1
		}
		if f.IsPseudonym() {
			d.unit, d.unitType = i, "text"
			if f.Type != "" {
				d.unitType = f.Type
			}
		}
	}
	switch o.Format {
	case JSON:
		d.form = jsonForm{}
	case CSV:
		d.form, err = d.newCSV(o.Header)
	case Avro:
		d.form, err = d.newAvro(o.Schema)
	case Packed:
		d.form = &packedForm{}
	case Arrow:
		d.form = arrowForm{}
	default:
		err = &feed.Error{Kind: feed.Invalid, Got: fmt.Sprintf("entries of format %.40q", o.Format), Want: "json, csv, avro, packed or arrow"}
	}
	if err != nil {
		return nil, err
	}
	return d, nil
}

// Clone makes a decoder for another goroutine; it shares what was prepared once.
func (d *Decoder) Clone() *Decoder {
	c := *d
	c.gate, c.form, c.scratch = d.gate.Clone(), d.form.clone(), nil
	c.names, c.few = nil, gathered{}
	c.makeRow()
	c.sample = &sample{distinct: map[string]bool{}}
	return &c
}

// Pseudonyms is the type of the holder's pseudonyms: "int", "text" or "bytes". Two feeds name the same people only if this
// is the same.
func (d *Decoder) Pseudonyms() string { return d.unitType }

// Rows is how many rows of a batch an entry fills, one at least.
func (d *Decoder) Rows(entry []byte) int { return d.form.rows(entry) }

// Begin empties a batch and makes room for n rows, the sum of Rows of the entries to come. They go through the door.
func (d *Decoder) Begin(door *feed.Door, b *event.Batch, n int) {
	d.few.n = 0
	d.gate.Through(door)
	d.gate.Begin(b, 0, n)
}

// Put decodes an entry into the n rows from i on, as many as Rows said, and stamps them with the time at which the log took the entry in,
// in milliseconds since 1970 UTC. An error stops the feed: the pseudonyms are numbers of people.
func (d *Decoder) Put(i, n int, entry []byte, arrival int64) error {
	d.gate.Arrived(i, n, arrival)
	if err := d.form.put(d, i, n, entry); err != nil {
		return err
	}
	return d.sample.check(d, n)
}

// Finish ends the batch after its first n rows. An error stops the feed, as that of Put.
func (d *Decoder) Finish(n int) error {
	err := d.few.finish(d)
	d.gate.Finish(n)
	return err
}

// makeRow makes room for one row.
func (d *Decoder) makeRow() {
	n := len(d.fields)
	d.values, d.isWhole, d.wholeOf, d.types = make([][]byte, n), make([]bool, n), make([]int64, n), make([]byte, n)
}

// admit takes in row i, whose values are texts, or whole numbers where isWhole says so. What is missing is of the type of the row before.
func (d *Decoder) admit(i int) error {
	for k := range d.types {
		if d.isWhole[k] {
			d.types[k] = packedWhole
		} else if d.values[k] != nil || d.types[k] != packedWhole {
			d.types[k] = packedText
		}
	}
	if err := d.few.goOn(d, i, d.types); err != nil {
		return err
	}
	for k, is := range d.types {
		switch {
		case is == packedText:
			d.few.texts[k] = append(d.few.texts[k], d.values[k])
		case d.isWhole[k]:
			d.few.wholes[k] = append(d.few.wholes[k], d.wholeOf[k])
		default:
			d.few.wholes[k] = append(d.few.wholes[k], missingWhole)
		}
	}
	d.few.add(d, 1)
	return nil
}

// lose marks n rows as no rows of the contract.
func (d *Decoder) lose(i, n int) {
	for k := i; k < i+n; k++ {
		d.gate.Unreadable(k)
	}
}

// unknown tells once that a field is not in the contract.
func (d *Decoder) unknown(name []byte) {
	if d.note == nil || d.isNoted.Swap(true) {
		return
	}
	d.note("a field " + printable(name) + " is neither in columns nor in drop, so its rows are counted as entries that are no row; put it under drop, or remove it at the source")
}

// printable quotes the name of a field when it is like a name; what a producer has put in its place may be personal.
func printable(name []byte) string {
	digits := 0
	for _, c := range name {
		if c >= '0' && c <= '9' {
			digits++
		} else if c != '_' && c != '-' && c != '.' && (c|0x20 < 'a' || c|0x20 > 'z') {
			digits = len(name) + 8
		}
	}
	if len(name) == 0 || len(name) > 40 || digits > 4 {
		return "with a name that is not printed"
	}
	return strconv.Quote(string(name))
}

// sampleRows is how many rows of a log are searched for distinct pseudonyms.
const sampleRows = 20000

// sample looks at the shape of the first pseudonyms of a log: whether they are numbers of people, as feed.RefuseIdentifiers
// does before a file is read. A log cannot be read beforehand, so the answer comes with its first rows; live tables come
// minutes later.
type sample struct {
	distinct map[string]bool
	rows     int
	isDone   bool
}

func (s *sample) add(v string) {
	if v != "" && len(s.distinct) < feed.SampleDistinct {
		s.distinct[v] = true
	}
}

func (s *sample) check(d *Decoder, n int) error {
	if s.isDone || d.unit < 0 {
		return nil
	}
	if s.rows += n; s.rows < sampleRows && len(s.distinct) < feed.SampleDistinct {
		return nil
	}
	s.isDone = true
	list := slices.Collect(maps.Keys(s.distinct))
	s.distinct = nil
	return feed.RefuseIdentifiers("", d.fields[d.unit].Name, list, d.unitType == "int")
}

// columnNames lists the names of the contract's columns, for errors.
func (d *Decoder) columnNames() string {
	var names []string
	for _, f := range d.fields {
		names = append(names, f.Name)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}
