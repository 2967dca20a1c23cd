package feed

import (
	"maps"
	"math/bits"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/event"
)

// Attributes says how the rows of a feed of people become indexes into public code lists.
type Attributes struct {
	// Origins maps the value of an origin column (after Take) to an index into throng.Classes.Origin. Default: none.
	Origins map[string]uint16
	// Other is the index of values that Origins does not have. Required with an origin column.
	Other uint16
	// Unknown is the index of empty values, and of people who are not in the file. Required with an origin column.
	Unknown uint16
}

// NewPeopleGate prepares a gate for a feed of people, whose units are those of one period of the door.
func NewPeopleGate(opts Options, fields []*Field, door *Door, period int, a Attributes) *Gate {
	g := NewGate(opts, fields, nil, door)
	for k, f := range g.fields {
		if f.role == roleOrigin {
			own := *f
			own.origin, own.other, own.unknown = maps.Clone(a.Origins), a.Other, a.Unknown
			g.fields[k] = &own
		}
	}
	g.now = door.periods[period].Start
	g.year = time.UnixMilli(g.now).In(g.opts.Clock).Year()
	g.unknown = event.Attr{Gender: genderUnknown, Age: uint8(len(throng.DefaultBands)), Origin: a.Unknown}
	for _, f := range fields {
		if f.role == roleBirth && f.Bands != nil {
			g.unknown.Age = uint8(len(f.Bands))
		}
	}
	return g
}

// Fields are the fields of the gate: for a feed of people they know its code lists.
func (g *Gate) Fields() []*Field { return g.fields }

// beginPeople gives every row the same instant, so that units are made with the key of its period.
func (g *Gate) beginPeople(n int) {
	for i := range g.b.Time {
		g.b.Time[i] = g.now
	}
	g.attrs = grown(g.attrs, n, true)
	for i := range g.attrs {
		g.attrs[i] = g.unknown
	}
}

// Attrs are the attributes of the first n rows of the batch, valid until the next Begin.
func (g *Gate) Attrs(n int) []event.Attr { return g.attrs[:n] }

// Unknown are the attributes of somebody who is not in the file.
func (g *Gate) Unknown() event.Attr { return g.unknown }

func (g *Gate) origin(f *Field, i int, code uint16) {
	if g.opts.Kind == Persons {
		g.attrs[i].Origin = code
		return
	}
	g.b.Origin[i] = code
}

// genderUnknown is the index of throng.Unknown in throng.Genders.
const genderUnknown = 2

func genderOf(v []byte) uint8 {
	switch string(v) {
	case "F", "f":
		return 0
	case "M", "m":
		return 1
	}
	return genderUnknown
}

// ageOf reduces a year of birth to a band by the year of the period; the year itself is dropped here.
func (g *Gate) ageOf(f *Field, born int64) uint8 {
	bands := f.Bands
	if bands == nil {
		bands = throng.DefaultBands
	}
	if born < 1800 || born > 9999 {
		return uint8(len(bands))
	}
	return uint8(bands.Of(g.year - int(born)))
}

// People holds the attributes of the people of one period: 12 bytes each, in open addressing at most two thirds full.
// It is read-only once filled and may then be shared.
type People struct {
	units   []uint64 // 0 is an empty place
	attrs   []event.Attr
	n       int
	unknown event.Attr
}

// NewPeople makes a table of nobody; people who are not in it have the attributes unknown.
func NewPeople(unknown event.Attr) *People {
	return &People{units: make([]uint64, 16), attrs: make([]event.Attr, 16), unknown: unknown}
}

// Len is the number of people.
func (c *People) Len() int { return c.n }

// Of returns the attributes of a unit.
func (c *People) Of(unit uint64) event.Attr {
	if i := c.at(unit); c.units[i] == unit && unit != 0 {
		return c.attrs[i]
	}
	return c.unknown
}

// Add keeps the attributes of a unit, unless the unit is 0 or there already: the first row of a file counts. It reports
// whether a different row was there.
func (c *People) Add(unit uint64, a event.Attr) (differs bool) {
	if unit == 0 {
		return false
	}
	if 3*(c.n+1) > 2*len(c.units) {
		c.grow()
	}
	i := c.at(unit)
	if c.units[i] == unit {
		return c.attrs[i] != a
	}
	c.units[i], c.attrs[i] = unit, a
	c.n++
	return false
}

// at finds the place of a unit. Units are hashes, so their first bits are as good as random.
func (c *People) at(unit uint64) int {
	shift := 64 - bits.Len(uint(len(c.units)-1))
	i := int(unit >> shift)
	for c.units[i] != 0 && c.units[i] != unit {
		i = (i + 1) & (len(c.units) - 1)
	}
	return i
}

func (c *People) grow() {
	old := *c
	c.units, c.attrs = make([]uint64, 2*len(old.units)), make([]event.Attr, 2*len(old.units))
	for k, u := range old.units {
		if u != 0 {
			i := c.at(u)
			c.units[i], c.attrs[i] = u, old.attrs[k]
		}
	}
}
