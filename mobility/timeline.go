package mobility

import "github.com/throng-stats/throng/event"

// Final appends the final presence timeline of a device-day (methods.md, section 21): between two records at the same
// leaf at most StayGap apart, there; between different leaves at most HalfGap apart, half each; otherwise at most Pad (or
// half the gap) at either end and nowhere between. Before the first and after the last record: its place, at most
// StayGap. Abroad is nowhere.
//
// Two corrections. Half of a silence between two places is given to each for up to four hours, where the reference has two: a
// phone that is heard at home at six and at work at nine is in one of them, and leaving it out lost one in twenty people
// in the morning. And leaves whose ground touches count as one place while a device is silent, half of the silence each, up
// to StayGap. A phone that lies still is heard by one site before midnight and by its neighbour at dawn; without this, a
// tenth of all people vanished between two and seven (docs/method/present-population.md).
func (m *Machine) Final(into []Span, seen []Seen, start, end int64) []Span {
	if len(seen) == 0 {
		return into
	}
	into = add(into, max(start, seen[0].Time-m.opt.StayGap), seen[0].Time, seen[0].Place)
	for i := 1; i < len(seen); i++ {
		a, b := seen[i-1], seen[i]
		gap := b.Time - a.Time
		switch same := m.sameLeaf(a, b); {
		case same && gap <= m.opt.StayGap:
			into = add(into, a.Time, b.Time, a.Place)
		case !same && (gap <= m.between(a, b) || gap <= m.opt.StayGap && m.isNear(a, b)):
			into = add(into, a.Time, a.Time+gap/2, a.Place)
			into = add(into, a.Time+gap/2, b.Time, b.Place)
		default:
			pad := min(m.opt.Pad, gap/2)
			into = add(into, a.Time, a.Time+pad, a.Place)
			into = add(into, b.Time-pad, b.Time, b.Place)
		}
	}
	last := seen[len(seen)-1]
	return add(into, last.Time, min(end, last.Time+m.opt.StayGap), last.Place)
}

// between is the longest silence of which each of two places gets a half. The way to another country is as in methods.md.
func (m *Machine) between(a, b Seen) int64 {
	if a.Place == event.NoPlace || b.Place == event.NoPlace {
		return m.opt.MoveGap
	}
	return m.opt.HalfGap
}

// Live appends the live presence timeline (methods.md, section 21): after each record the device is at that place until
// its next record, at most StayGap. Nothing emitted is ever rewritten.
func (m *Machine) Live(into []Span, seen []Seen, end int64) []Span {
	for i, s := range seen {
		until := min(end, s.Time+m.opt.StayGap)
		if i+1 < len(seen) {
			until = min(until, seen[i+1].Time)
		}
		into = add(into, s.Time, until, s.Place)
	}
	return into
}

func (m *Machine) sameLeaf(a, b Seen) bool {
	if a.Place == b.Place {
		return a.Abroad == b.Abroad
	}
	if a.Place == event.NoPlace || b.Place == event.NoPlace {
		return false
	}
	return m.leaf[a.Place] == m.leaf[b.Place]
}

// isNear reports whether the grounds of two places touch.
func (m *Machine) isNear(a, b Seen) bool {
	return a.Place != event.NoPlace && b.Place != event.NoPlace && m.nearness.of(a.Place, b.Place)
}

// add appends a span that is not empty, and joins it to the one before when it goes on at the same place.
func add(into []Span, start, end int64, place uint32) []Span {
	if end <= start || place == event.NoPlace {
		return into
	}
	if n := len(into); n > 0 && into[n-1].Place == place && into[n-1].End == start {
		into[n-1].End = end
		return into
	}
	return append(into, Span{start, end, place})
}

// slots is how many different grounds are looked at within one bin; a further one is ignored. The state of a device
// stays small, and the choice depends on its own records alone (privacy.md, section 3).
const slots = 8

// Dominant writes for each bin of the given width, from start on, where the device was for most of the bin: most time,
// then entered first, then the smaller index; -1 where it was nowhere. of maps a place to the ground on which presence is
// counted (a leaf, a zone); a negative ground is nowhere.
func Dominant(into []int32, spans []Span, start, width int64, of []int32) {
	var where [slots]int32
	var time [slots]int64
	first := 0 // first span that can touch the bin
	for bin := range into {
		from := start + int64(bin)*width
		until := from + width
		n := 0
		for first < len(spans) && spans[first].End <= from {
			first++
		}
		into[bin] = -1
		if first == len(spans) {
			continue
		}
		if one := &spans[first]; one.Start <= from && one.End >= until { // all of the bin in one place: most bins
			into[bin] = max(of[one.Place], -1)
			continue
		}
		for _, s := range spans[first:] {
			if s.Start >= until {
				break
			}
			g := of[s.Place]
			if g < 0 {
				continue
			}
			t := min(until, s.End) - max(from, s.Start)
			k := 0
			for k < n && where[k] != g {
				k++
			}
			if k == n {
				if n == slots {
					continue
				}
				where[n], time[n] = g, 0
				n++
			}
			time[k] += t
		}
		var most int64
		for k := range n {
			if time[k] > most { // slots are in the order of entering, so a tie keeps the earlier
				most, into[bin] = time[k], where[k]
			}
		}
	}
}
