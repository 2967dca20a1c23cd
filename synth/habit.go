package synth

import (
	"slices"

	"github.com/throng-stats/throng/synth/city"
	"github.com/throng-stats/throng/synth/people"
)

// Roles are what somebody can be to the zone where he is, told from that day alone: where he spent the night, where he stays for
// four hours of a workday, how long he stays within the hour (docs/method/roles.md).
var Roles = []string{"resident", "commuter", "visitor", "transit", "unknown"}

const (
	roleResident = iota
	roleCommuter
	roleVisitor
	roleTransit
	roleUnknown
)

// Purposes are why somebody goes to a zone: he spent the night there, he works there that day, or something else.
var Purposes = []string{"home", "work", "other"}

const (
	purposeHome = iota
	purposeWork
	purposeOther
)

// Bounded are the tables of a day in which a person counts so often at most as the contract says: in ten zones, with six trips,
// once a pair of zones (and hour). They are the classes of TruthBeyond.
var Bounded = []string{"visitors", "arrivals", "flows-hour", "flows-day"}

const (
	beyondVisitors = iota
	beyondArrivals
	beyondHour
	beyondDay

	mostZones = 10
	mostTrips = 6
)

// know finds the night zone, that with most seconds from 00:00 to 06:00 by the civil clock, the smaller of several, and the zones
// of work: people who live in the country work on a workday where they stay for four hours from 08:00 to 18:00.
func (t *tally) know(one persona, clock func(int32) int32) {
	t.night, t.work = -1, t.work[:0]
	var night, work [city.Finest]int32
	nightEnd, from, until := clock(nightSeconds), clock(workFrom), clock(workTo)
	for _, p := range t.cut {
		if p.zone == elsewhere {
			continue
		}
		night[p.zone] += max(0, min(p.to, nightEnd)-p.from)
		if p.stay {
			work[p.zone] += max(0, min(p.to, until)-max(p.from, from))
		}
	}
	for z := range city.Finest {
		if n := night[z]; n > 0 && (t.night < 0 || n > night[t.night]) {
			t.night = int32(z)
		}
		if one.workday && !one.guest && work[z] >= workLeast {
			t.work = append(t.work, int32(z))
		}
	}
}

// role is what the person is to a zone in an hour: the first of the rules that holds.
func (t *tally) role(s spell, one persona) int {
	switch {
	case t.night < 0:
		return roleUnknown
	case s.stayed < longStay:
		return roleTransit
	case !one.guest && s.zone == t.night:
		return roleResident
	case slices.Contains(t.work, s.zone):
		return roleCommuter
	}
	return roleVisitor
}

// purpose is why the person goes to a zone. Guests live nowhere here.
func (t *tally) purpose(to int16, one persona) int {
	switch {
	case one.guest:
	case int32(to) == t.night:
		return purposeHome
	case slices.Contains(t.work, int32(to)):
		return purposeWork
	}
	return purposeOther
}

// visited books every zone in which the person is at any moment, and when he first comes into it; where the day begins nobody
// arrives.
func (t *tally) visited() {
	var seen [city.Finest]bool
	zones, arrivals := 0, 0
	for i, p := range t.cut {
		if p.zone == elsewhere || seen[p.zone] {
			continue
		}
		seen[p.zone] = true
		t.visits[p.zone]++
		if zones++; zones > mostZones {
			t.beyond[beyondVisitors]++
		}
		if i > 0 {
			t.arrive[int(p.zone)*maxHours+int(p.from/3600)]++
			if arrivals++; arrivals > mostZones {
				t.beyond[beyondArrivals]++
			}
		}
	}
}

// slept books the night.
func (t *tally) slept(one persona) {
	if t.night < 0 {
		return
	}
	t.nights[int(t.night)*t.origins+one.origin]++
	for _, c := range one.columns {
		t.sleepers[c]++
	}
}

// travelled adds a person's trips: two consecutive stays of more than 15 minutes in different finest zones, booked in the hour
// in which the first ends. A stay abroad or elsewhere breaks the chain.
func (t *tally) travelled(one persona) {
	t.pairs = t.pairs[:0]
	eachTrip(t.stays, func(from, to int) {
		a, b := &t.stays[from], &t.stays[to]
		t.trip(int(a.Zone)*t.zones+int(b.Zone), int(a.To/3600), t.purpose(b.Zone, one))
	})
}

// eachTrip hands the two stays of every trip of a day to see, as indexes.
func eachTrip(stays []people.Stay, see func(from, to int)) {
	last := -1
	for k := range stays {
		s := &stays[k]
		switch {
		case s.Gone || s.Zone < 0 && s.To-s.From > longStay:
			last = -1
		case s.To-s.From <= longStay:
		default:
			if last >= 0 && stays[last].Zone != s.Zone {
				see(last, k)
			}
			last = k
		}
	}
}

// trip books a trip of a pair of zones, and whether the bounds leave it out.
func (t *tally) trip(pair, hour, purpose int) {
	t.trips[pair*maxHours+hour]++
	t.purposes[pair*len(Purposes)+purpose]++
	sameHour, sameDay := false, false
	for _, before := range t.pairs {
		sameDay = sameDay || before/maxHours == pair
		sameHour = sameHour || before == pair*maxHours+hour
	}
	t.pairs = append(t.pairs, pair*maxHours+hour)
	many := len(t.pairs) > mostTrips
	if many || sameHour {
		t.beyond[beyondHour]++
	}
	if many || sameDay {
		t.beyond[beyondDay]++
	}
}
