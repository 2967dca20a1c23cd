package mobility

// Held is all that live presence keeps of a device between two bins: where it was last heard, and when. The zero value is
// of a device that was never heard.
type Held struct {
	Place uint32 // index into the ground's places; event.NoPlace abroad
	Time  int64  // milliseconds since 1970 UTC; 0 when never
}

// Bin appends the live timeline of one bin [start, end), in which a device was heard at seen, and takes up where it was last
// heard. Bin by bin it gives what Live gives for the day as a whole; nothing of an earlier bin is ever rewritten
// (methods.md, section 21).
func (m *Machine) Bin(into []Span, held *Held, seen []Seen, start, end int64) []Span {
	if held.Time > 0 {
		until := min(end, held.Time+m.opt.StayGap)
		if len(seen) > 0 {
			until = min(until, seen[0].Time)
		}
		into = add(into, start, until, held.Place)
	}
	if len(seen) > 0 {
		last := seen[len(seen)-1]
		*held = Held{last.Place, last.Time}
	}
	return m.Live(into, seen, end)
}

// Holds reports whether a device that was last heard at held is still there at an instant: then nothing has been heard of it
// for less than Options.StayGap.
func (m *Machine) Holds(held Held, at int64) bool {
	return held.Time > 0 && at < held.Time+m.opt.StayGap
}
