package mobility

import "github.com/throng-stats/throng/event"

// Thin appends those of a device's clean records, in order, that are needed to come to the same segments and the same final
// timeline: a record is left out when the one kept before it and the one after it are at the same place, at most MoveGap
// apart. The first and the last record stay. Days that were thinned one by one and put together again give what all records
// would have given.
//
// Proof. Let a, b and c be records of one place, c at most every permitted gap after a. After a the open segment ends at a
// and knows the place (or is abroad in that country), so b and c only move its end, or b ends a MOVE at a and opens at a
// what c then prolongs; c alone does the same, and a segment becomes a stay by its length at c. In the timeline [a,b) and
// [b,c) are one span. A record that says neither a place nor a country ends segments whenever it comes, and is kept.
func (m *Machine) Thin(into, seen []Seen) []Seen {
	most := min(m.opt.MoveGap, m.opt.StayGap, m.opt.AbroadGap)
	var a Seen // kept before
	for i, b := range seen {
		if i > 0 && i+1 < len(seen) && isHere(a, b) && isHere(b, seen[i+1]) && seen[i+1].Time-a.Time <= most {
			continue
		}
		into, a = append(into, b), b
	}
	return into
}

// isHere reports whether two records tell the same place, or the same country abroad.
func isHere(a, b Seen) bool {
	return a.Place == b.Place && a.Abroad == b.Abroad && (a.Place != event.NoPlace || a.Abroad != 0)
}

// Month runs the clean records of one device over several days, in order, from start to end: one segmenter and one timeline
// over all of them, uncut at midnight. The result is valid until the next call of Month or Day.
func (m *Machine) Month(seen []Seen, start, end int64) ([]Segment, []Span) {
	d := &m.day
	d.Spans = m.Final(d.Spans[:0], seen, start, end)
	d.Segments = m.segment.run(d.Segments[:0], seen, start, end)
	return d.Segments, d.Spans
}

// run cuts the records of one device from start to end. Its lists take the memory of those of the device before.
func (s *Segmenter) run(into []Segment, seen []Seen, start, end int64) []Segment {
	s.Reset(start)
	s.room = s.room[:0]
	for _, e := range seen {
		into = s.Add(e, into)
	}
	return s.Flush(end, into)
}
