package mobility

import (
	"math"
	"slices"
)

// NoTime stands for the time of a last record when there is none.
const NoTime = math.MinInt64

// dayLength is 24 hours, and lastSecond where a day of the reference ends: 23:59:59 (D20). Milliseconds.
const (
	dayLength  = 24 * 3600 * 1000
	lastSecond = dayLength - 1000
)

// Mark is one record as the reference reads it.
type Mark struct {
	Time    int64  // milliseconds since 1970 UTC, whole seconds
	Place   uint32 // cell
	Network uint32 // PLMN as the row gives it, abroad or at home; 0 when it gives none
	Abroad  bool
}

// Piece is one segment of a day as the reference writes it, in local time. Both ends belong to it.
type Piece struct {
	Start, End int64    // milliseconds; a day ends at 23:59:59
	Last       int64    // time of its last record, NoTime when unknown
	State      State    // STAY, MOVE, ...
	Network    uint32   // PLMN of the record that began it; 0 for none
	Cells      []uint32 // ascending; empty for UNKNOWN and ABROAD
	Final      bool     // the last one of its day
}

// Reference cuts records into segments as multimno 1.0.0 does, defects D7 and D19 to D23 included (methods.md, section 9,
// reference mode). It runs day by day and is for comparison without noise only; what is published comes from Segmenter.
type Reference struct {
	Options
	// Forget is the silence after which what was known of a device no longer matters. Default 604,800 s.
	Forget int64
}

// EnsureDefaults fills what is zero.
func (r *Reference) EnsureDefaults() {
	r.Options.EnsureDefaults()
	if r.Forget == 0 {
		r.Forget = 604_800e3
	}
}

// Sequence cuts the marks of one device, in time order, on the days that begin at the given midnights, and returns
// everything known afterwards, known pieces first. near reports whether a cell overlaps another on a day, by the index of
// the day among midnights; a cell always overlaps itself. A day looks one mark ahead into the next day.
func (r Reference) Sequence(marks []Mark, known []Piece, midnights []int64, near func(day int, place, other uint32) bool) []Piece {
	all := slices.Clone(known)
	for i, midnight := range midnights {
		from, _ := slices.BinarySearchFunc(marks, midnight, compareMark)
		to, _ := slices.BinarySearchFunc(marks, midnight+dayLength, compareMark)
		if to < len(marks) && marks[to].Time < midnight+2*dayLength {
			to++
		}
		var before *Piece
		if p, ok := r.Previous(all, midnight); ok {
			before = &p
		}
		all = append(all, r.Day(midnight, marks[from:to], before, func(place, other uint32) bool { return near(i, place, other) })...)
	}
	return all
}

func compareMark(m Mark, at int64) int {
	switch {
	case m.Time < at:
		return -1
	case m.Time > at:
		return 1
	}
	return 0
}

// Previous is the piece from which a day goes on: the one that ends latest among the final pieces of the day before and
// those that already start on the day. UNKNOWN whose last record is older than Forget is no such piece.
func (r Reference) Previous(known []Piece, midnight int64) (latest Piece, ok bool) {
	for _, p := range known {
		before := p.Final && p.Start >= midnight-dayLength && p.Start < midnight
		within := p.Start >= midnight && p.Start < midnight+dayLength
		forgotten := p.State == Unknown && p.Last != NoTime && midnight-p.Last > r.Forget
		if (before || within) && !forgotten && (!ok || p.End > latest.End) {
			latest, ok = p, true
		}
	}
	return latest, ok
}

// Day cuts the marks of one day and at most one of the next, in time order. before is nil when nothing is known of the
// device. The pieces returned are those that the reference writes: the first one is left out when the day goes on from a
// piece of its own.
func (r Reference) Day(midnight int64, marks []Mark, before *Piece, near func(place, other uint32) bool) []Piece {
	end := midnight + lastSecond
	switch {
	case len(marks) > 0 && marks[0].Time <= end:
	case before == nil:
		return nil
	default:
		return []Piece{r.silent(midnight, before)}
	}
	d := referenceDay{rules: r, near: near, open: r.first(midnight, marks[0].Time, before)}
	for _, m := range marks {
		if m.Abroad {
			d.abroad(m)
		} else {
			d.local(m)
		}
	}
	d.done = append(d.done, d.open)
	if d.open.End > end {
		d.cut(end)
	} else {
		d.done = append(d.done, Piece{Start: d.open.End, End: end, Last: d.open.Last, State: Unknown, Final: true})
	}
	if before != nil && before.End >= midnight {
		return d.done[1:]
	}
	return d.done
}

// silent is the one piece of a day without records.
func (r Reference) silent(midnight int64, before *Piece) Piece {
	p := Piece{Start: midnight, End: midnight + lastSecond, Last: before.Last, State: Unknown, Final: true}
	if before.State == Abroad && before.Last != NoTime && p.End-before.Last <= r.AbroadGap {
		p.State, p.Network = Abroad, before.Network
	}
	return p
}

// first is what a day with a first record at t begins with.
func (r Reference) first(midnight, t int64, before *Piece) Piece {
	unknown := Piece{Start: midnight, End: t - min(r.Pad, (t-midnight)/2), Last: NoTime, State: Unknown}
	if before == nil {
		return unknown
	}
	goesOn := Piece{Start: midnight, End: t, Last: before.Last, State: before.State, Network: before.Network, Cells: before.Cells}
	if before.End > midnight {
		goesOn.End = before.End
		return goesOn
	}
	unknown.Last = before.Last
	limit := map[State]int64{Stay: r.StayGap, Move: r.MoveGap, Abroad: r.AbroadGap}
	longest, ok := limit[before.State]
	if !ok || before.Last == NoTime || t-before.Last > longest {
		return unknown
	}
	if before.State == Abroad {
		goesOn.Cells = nil
	}
	return goesOn
}

// referenceDay is a day on its way.
type referenceDay struct {
	rules Reference
	near  func(place, other uint32) bool
	open  Piece
	done  []Piece
}

func (d *referenceDay) close(next Piece) {
	d.done = append(d.done, d.open)
	d.open = next
}

func (d *referenceDay) abroad(m Mark) {
	gap := m.Time - d.open.End
	next := Piece{Start: d.open.End, End: m.Time, Last: m.Time, State: Abroad, Network: m.Network}
	switch {
	case d.open.State != Abroad: // whatever the gap, and its last record is the old one (D21)
		next.Last = d.open.Last
		d.close(next)
	case gap > d.rules.AbroadGap:
		d.close(Piece{Start: d.open.End, End: m.Time, Last: NoTime, State: Unknown})
	case m.Network != 0 && country(m.Network) == country(d.open.Network):
		d.open.End, d.open.Last = m.Time, m.Time
	default:
		d.close(next)
	}
}

func (d *referenceDay) local(m Mark) {
	gap, near := m.Time-d.open.End, d.covered(m.Place)
	next := Piece{Start: d.open.End, End: m.Time, Last: m.Time, State: Undetermined, Network: m.Network, Cells: []uint32{m.Place}}
	switch {
	case d.open.State == Unknown || d.open.State == Abroad, // whatever the gap (D22)
		near && gap <= d.rules.StayGap && d.open.State == Move: // never a stay at once (D23)
		d.close(next)
	case near && gap <= d.rules.StayGap:
		d.extend(m)
	case !near && gap <= d.rules.MoveGap:
		next.Start, next.State = d.open.End+gap/2, Move
		left := Piece{Start: d.open.End, End: next.Start, Last: d.open.Last, State: Move, Network: m.Network, Cells: d.open.Cells}
		d.done = append(d.done, d.open, left)
		d.open = next
	default:
		d.open.End += d.rules.Pad
		next.Start = m.Time - d.rules.Pad
		d.done = append(d.done, d.open, Piece{Start: d.open.End, End: next.Start, Last: d.open.Last, State: Unknown})
		d.open = next
	}
}

func (d *referenceDay) extend(m Mark) {
	d.open.End, d.open.Last = m.Time, m.Time
	if i, found := slices.BinarySearch(d.open.Cells, m.Place); !found {
		d.open.Cells = slices.Insert(slices.Clone(d.open.Cells), i, m.Place)
	}
	if d.open.End-d.open.Start > d.rules.StayOver {
		d.open.State = Stay
	}
}

// covered reports whether all cells of the open piece, and at least one, overlap a place.
func (d *referenceDay) covered(place uint32) bool {
	for _, c := range d.open.Cells {
		if c != place && !d.near(place, c) {
			return false
		}
	}
	return len(d.open.Cells) > 0
}

// cut ends the day at its last second: the piece that crosses it becomes two, one of them of the next day; what lies
// behind it stays as it is.
func (d *referenceDay) cut(end int64) {
	for i := len(d.done) - 1; i >= 0; i-- {
		p := d.done[i]
		if p.End <= end {
			d.done[i].Final = true
			return
		}
		if p.Start <= end {
			left, right := p, p
			left.End, left.Final = end, true
			right.Start = end + 1000
			d.done = slices.Replace(d.done, i, i+1, left, right)
			return
		}
	}
}
