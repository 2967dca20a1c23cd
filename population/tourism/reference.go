package tourism

import (
	"cmp"
	"slices"
	"time"
)

// Month is a month of the reference, in UTC: the midnights that begin its first and its last day.
type Month struct{ First, Last int64 }

// MonthOf is the month that holds a time in milliseconds.
func MonthOf(ms int64) Month {
	t := time.UnixMilli(ms).UTC()
	first := time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
	return Month{first.UnixMilli(), first.AddDate(0, 1, -1).UnixMilli()}
}

// Before is the month before.
func (m Month) Before() Month { return MonthOf(m.First - 1) }

// ends reports whether a time lies in a month of that number, of whatever year (D26).
func (m Month) ends(ms int64) bool {
	return time.UnixMilli(ms).UTC().Month() == time.UnixMilli(m.First).UTC().Month()
}

// Leg is one stay or segment of a device.
type Leg struct{ Start, End int64 }

// ReferenceTrip is a trip as the reference knows it at the end of a month.
type ReferenceTrip struct {
	Start    int64
	Finished bool  // its last leg ends in the month or before
	Legs     []int // indexes, in the order of time
}

// Reference makes trips and visits month by month as multimno 1.0.0 does (methods.md, sections 14 and 15, reference mode).
type Reference struct {
	Gap      int64 // a longer silence begins a new trip
	VisitGap int64 // inbound: a longer silence in a zone begins a new visit
	// Outbound looks ahead only to the gap after the last day began, takes a trip that begins after that for the next month's,
	// and lets a visit end only with a change of country.
	Outbound bool
}

// Within reports whether a month looks at a leg that starts then.
func (r Reference) Within(m Month, start int64) bool {
	ahead := m.Last
	if !r.Outbound {
		ahead += (r.Gap + day - 1) / day * day
	}
	return start >= m.First && start < m.Last+(r.Gap+day-1)/day*day+day && start <= ahead+r.Gap
}

// Trips are the trips of one device in a month: of the legs within it, and of those trips of the month before that are
// still open. legs are all legs of the device in the order of their start.
func (r Reference) Trips(m Month, legs []Leg, open []ReferenceTrip) []ReferenceTrip {
	of := make(map[int]int64) // legs of open trips: start of the trip
	for _, t := range open {
		for _, i := range t.Legs {
			if legs[i].End < m.First {
				of[i] = t.Start
			}
		}
	}
	var trips []ReferenceTrip
	start, before := int64(0), -1
	for i, leg := range legs {
		known, isOld := of[i]
		if !isOld && !r.Within(m, leg.Start) {
			continue
		}
		switch {
		case isOld:
			start = known
		case before < 0 || floorSecond(leg.Start)-floorSecond(legs[before].End) > r.Gap:
			start = leg.Start
		}
		before = i
		k := slices.IndexFunc(trips, func(t ReferenceTrip) bool { return t.Start == start })
		if k < 0 {
			k = len(trips)
			trips = append(trips, ReferenceTrip{Start: start})
		}
		trips[k].Legs = append(trips[k].Legs, i)
	}
	for k, t := range trips {
		end := legs[t.Legs[0]].End
		for _, i := range t.Legs {
			end = max(end, legs[i].End)
		}
		trips[k].Finished = end < m.Last+day
	}
	return trips
}

// Written reports whether a month keeps a trip for the next one.
func (r Reference) Written(m Month, t ReferenceTrip) bool { return !r.Outbound || t.Start <= m.Last }

// At is one leg in one zone, or in one country.
type At struct {
	Leg  int
	Zone uint32
}

// Counted tells for each row of one trip whether its visit counts in a month: whether it ends in a month of that number.
// Inbound, a visit is a run of stays in one zone whatever happens elsewhere, without a long silence; outbound, a run of legs in one
// country. The month of a visit is that of the latest end of its legs.
func (r Reference) Counted(m Month, legs []Leg, rows []At) []bool {
	order := make([]int, len(rows))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		byStart := cmp.Compare(legs[rows[a].Leg].Start, legs[rows[b].Leg].Start)
		if r.Outbound {
			return byStart
		}
		return cmp.Or(cmp.Compare(rows[a].Zone, rows[b].Zone), byStart)
	})
	counted := make([]bool, len(rows))
	for from := 0; from < len(order); {
		to, end := from+1, legs[rows[order[from]].Leg].End
		for ; to < len(order) && r.goesOn(legs, rows[order[to-1]], rows[order[to]]); to++ {
			end = max(end, legs[rows[order[to]].Leg].End)
		}
		for _, i := range order[from:to] {
			counted[i] = m.ends(end)
		}
		from = to
	}
	return counted
}

// goesOn reports whether a row goes on with the visit of the one before.
func (r Reference) goesOn(legs []Leg, before, row At) bool {
	if before.Zone != row.Zone {
		return false
	}
	return r.Outbound || floorSecond(legs[row.Leg].Start)-floorSecond(legs[before.Leg].End) <= r.VisitGap
}
