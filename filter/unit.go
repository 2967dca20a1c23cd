package filter

import (
	"math"

	"github.com/throng-stats/throng/event"
)

type flag uint8

const (
	good flag = iota
	duplicate
	many
	invalid
	incorrect
	suspicious
)

var flagReason = [...]Reason{duplicate: Duplicate, many: ManyPlaces, invalid: PlaceNotValid, incorrect: ImpossibleJump, suspicious: SuspiciousJump}

// Unit drops from the records of one unit, in total order, those that cannot be true, and returns the rest in the same
// memory. start is the start of the period in milliseconds since 1970.
//
// One flag a record, in the order of methods.md, section 4: outbound records are good; several places at one instant
// are all dropped; then the validity of the cell; then jumps, judged among the records without a flag.
func (f *Filter) Unit(records []event.Record, start int64) []event.Record {
	return f.unit(records, start, true)
}

// Instant drops those that cannot be true whatever comes after them: duplicates, several places at one instant, cells that
// are not valid then. A jump can be judged only when the next record is known, so a live count has none of that rule.
func (f *Filter) Instant(records []event.Record, start int64) []event.Record {
	return f.unit(records, start, false)
}

func (f *Filter) unit(records []event.Record, start int64, jumps bool) []event.Record {
	if len(records) > f.opt.MaxRecords {
		f.Counts.Dropped[Flood] += int64(len(records) - f.opt.MaxRecords)
		records = records[:f.opt.MaxRecords]
	}
	if cap(f.flags) < len(records) {
		f.flags = make([]flag, len(records)*2)
	}
	flags := f.flags[:len(records)]
	clear(flags)
	f.flaws = 0
	f.instants(records, flags)
	f.validity(records, flags, start)
	if f.opt.JumpSpeed > 0 && jumps {
		f.jumps(records, flags)
	}
	if f.flaws == 0 { // nearly every unit: nothing to move
		f.Counts.Kept += int64(len(records))
		return records
	}
	kept := records[:0]
	for i, r := range records {
		if flags[i] == good {
			kept = append(kept, r)
		} else {
			f.Counts.add(flagReason[flags[i]])
		}
	}
	f.Counts.Kept += int64(len(kept))
	return kept
}

// Trips drops repeated trips from the records of one unit in total order.
func (f *Filter) Trips(records []event.Record) []event.Record {
	if len(records) > 1 {
		f.Counts.Dropped[Duplicate] += int64(len(records) - 1)
		records = records[:1] // a trip is a unit of its own: one record
	}
	f.Counts.Kept += int64(len(records))
	return records
}

// Sales cuts off what floods of the records of one unit, in total order. Rows that are the same are kept: who buys two tickets
// at once has bought two.
func (f *Filter) Sales(records []event.Record) []event.Record {
	if len(records) > f.opt.MaxRecords {
		f.Counts.Dropped[Flood] += int64(len(records) - f.opt.MaxRecords)
		records = records[:f.opt.MaxRecords]
	}
	f.Counts.Kept += int64(len(records))
	return records
}

// mark gives a record without a flag its flag.
func (f *Filter) mark(flags []flag, i int, why flag) {
	flags[i] = why
	f.flaws++
}

// instants marks duplicates and devices that are in several places at one instant.
func (f *Filter) instants(records []event.Record, flags []flag) {
	for i := 0; i < len(records); {
		j, places := i+1, 1
		for ; j < len(records) && records[j].Time == records[i].Time; j++ {
			if records[j].Place == records[j-1].Place && records[j].To == records[j-1].To {
				f.mark(flags, j, duplicate)
			} else {
				places++
			}
		}
		if places > 1 {
			for k := i; k < j; k++ {
				if flags[k] == good {
					f.mark(flags, k, many)
				}
			}
		}
		i = j
	}
}

func (f *Filter) validity(records []event.Record, flags []flag, start int64) {
	if f.always == nil || f.since != start {
		f.lookUpValidity(start)
	}
	for i := range records {
		r := &records[i]
		if flags[i] != good || r.Place == event.NoPlace || f.always[r.Place] {
			continue
		}
		p := &f.ground.Places[r.Place]
		if at := start + int64(r.Time); at < p.From || at >= p.Until {
			f.mark(flags, i, invalid)
		}
	}
}

// lookUpValidity finds the places that are valid at every time that a record of the period can have: nearly all.
func (f *Filter) lookUpValidity(start int64) {
	f.since, f.always = start, make([]bool, len(f.ground.Places))
	for i := range f.always {
		p := &f.ground.Places[i]
		f.always[i] = p.From <= start && p.Until > start+math.MaxUint32
	}
}

// jumps compares each unflagged record with its unflagged neighbours as they were before this rule. The good records on
// both sides of one wrong record become suspicious; that is the rule.
func (f *Filter) jumps(records []event.Record, flags []flag) {
	before, badBefore := -1, false // the last unflagged record, and whether the step to it was bad
	settle := func(i int, badAfter bool) {
		switch {
		case badBefore && badAfter:
			f.mark(flags, i, incorrect)
		case badBefore || badAfter:
			f.mark(flags, i, suspicious)
		}
	}
	for i := range records {
		if flags[i] != good || records[i].Place == event.NoPlace { // abroad is nobody's neighbour
			continue
		}
		if before < 0 {
			before = i
			continue
		}
		bad := f.tooFast(&records[before], &records[i])
		settle(before, bad)
		before, badBefore = i, bad
	}
	if before >= 0 {
		settle(before, false)
	}
}

// tooFast reports a step that is farther than JumpMetres and faster than JumpSpeed, both strictly.
func (f *Filter) tooFast(a, b *event.Record) bool {
	if a.Place == b.Place || a.Time == b.Time {
		return false
	}
	chord := f.chord2(a.Place, b.Place)
	if chord < f.short { // nearly every step; spares the root and the arc
		return false
	}
	d := arc(chord)
	return d > f.opt.JumpMetres && d > f.opt.JumpSpeed*float64(b.Time-a.Time)/1000
}

// chord2 is the square of the straight line between two places through the globe, whose radius is 1.
func (f *Filter) chord2(a, b uint32) float64 {
	u, v := &f.vector[a], &f.vector[b]
	x, y, z := u[0]-v[0], u[1]-v[1], u[2]-v[2]
	return x*x + y*y + z*z
}

// arc is the distance on the globe in metres, from the square of the chord: equal to the haversine of methods.md,
// section 1.
func arc(chord2 float64) float64 {
	return 2 * EarthRadius * math.Asin(math.Min(1, math.Sqrt(chord2)/2))
}
