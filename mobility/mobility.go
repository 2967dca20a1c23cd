// Package mobility cuts one device's day into stays, moves and gaps.
//
// It is the last stage that sees a device. A device's state is a small value that can be saved and taken up again; what
// comes out is a timeline of where the device was (Timeline) and a sequence of segments (Segmenter). Nothing here knows
// of other devices.
package mobility

import (
	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/locate"
)

// Options of the rules, in milliseconds.
type Options struct {
	// StayOver is the length that a segment in one place must exceed to be a stay. Default 900 s (methods.md, section 9).
	StayOver int64
	// StayGap is the longest silence inside one place. Default 43,200 s.
	StayGap int64
	// MoveGap is the longest silence between two places. Default 7,200 s.
	MoveGap int64
	// HalfGap is the longest silence between two places of which the final timeline gives each one half. Default 14,400 s:
	// twice MoveGap, which methods.md, section 21, has (docs/method/present-population.md says why).
	HalfGap int64
	// AbroadGap is the longest silence abroad. Default 259,200 s.
	AbroadGap int64
	// Pad is how long a device is taken to be where it was seen, before and after a silence. Default 300 s.
	Pad int64
}

// EnsureDefaults fills what is zero.
func (o *Options) EnsureDefaults() {
	for _, d := range []struct {
		field *int64
		ms    int64
	}{{&o.StayOver, 900e3}, {&o.StayGap, 43_200e3}, {&o.MoveGap, 7_200e3}, {&o.HalfGap, 14_400e3}, {&o.AbroadGap, 259_200e3}, {&o.Pad, 300e3}} {
		if *d.field == 0 {
			*d.field = d.ms
		}
	}
}

// Seen is one clean record of a device: when, and where.
type Seen struct {
	Time   int64  // milliseconds since 1970 UTC
	Place  uint32 // index into the ground's places; event.NoPlace abroad
	Abroad uint16 // mobile country code when abroad, else 0
}

// Span is a stretch of time in which a device was at one place, [Start, End).
type Span struct {
	Start, End int64
	Place      uint32
}

// Day is one device's period as the statistics see it. Its slices are reused from device to device.
type Day struct {
	Spans    []Span    // the final timeline (methods.md, section 21)
	Segments []Segment // stays, moves and gaps (methods.md, section 9)
	Seen     []Seen    // the clean records themselves, for feeds of single marks
}

// Machine turns the clean records of one device and period into its Day. It is a value of one worker.
type Machine struct {
	opt      Options
	nearness nearness
	segment  Segmenter
	leaf     []int32 // of each place
	day      Day
}

// New returns a machine for one ground.
func New(opt Options, ground *locate.Ground) *Machine {
	opt.EnsureDefaults()
	m := &Machine{opt: opt}
	m.nearness = newNearness(ground)
	m.segment = Segmenter{opt: opt, nearness: m.nearness, piece: 4096}
	for _, p := range ground.Places {
		m.leaf = append(m.leaf, p.Leaf)
	}
	return m
}

// Day runs the records of one device, in total order, of the period that starts at start and ends at end. Only these
// records are used: a day is a function of its own records. The result is valid until the next call.
func (m *Machine) Day(records []event.Record, start, end int64, segments bool) *Day {
	d := &m.day
	d.Spans, d.Segments, d.Seen = d.Spans[:0], d.Segments[:0], d.Seen[:0]
	for i := range records {
		r := &records[i]
		s := Seen{Time: start + int64(r.Time), Place: r.Place}
		if r.Place == event.NoPlace {
			s.Abroad = country(r.To)
		}
		d.Seen = append(d.Seen, s)
	}
	d.Spans = m.Final(d.Spans, d.Seen, start, end)
	if segments {
		m.segment.Reset(start)
		m.segment.room = m.segment.room[:0] // the lists of the device before
		for _, s := range d.Seen {
			d.Segments = m.segment.Add(s, d.Segments)
		}
		d.Segments = m.segment.Flush(end, d.Segments)
	}
	return d
}

func country(plmn uint32) uint16 {
	for plmn >= 1000 {
		plmn /= 10
	}
	return uint16(plmn)
}
