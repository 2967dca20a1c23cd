package synth

import (
	"cmp"
	"slices"

	"github.com/throng-stats/throng/synth/city"
	"github.com/throng-stats/throng/synth/people"
)

// Kinds of journeys, and their lengths by nights, as codes of MonthTruth.Length.
var (
	JourneyKinds   = []string{"inbound", "domestic", "outbound"}
	JourneyLengths = []string{"0", "1", "2-3", "4-7", "8-14", "15+"}
)

const (
	inbound = iota
	domestic
	outbound
)

// Rules of journeys (docs/method/tourism.md), seconds.
const (
	journeyLeast   = 180 * 60      // a stay away that counts, and a stay at home that ends a journey abroad
	inboundGap     = 24 * 3600     // between two stays of one journey of a guest
	journeyGap     = 3 * 24 * 3600 // and of everybody else
	nightAt        = 4 * 3600      // a night is a stay at four in the morning
	nightLeast     = 300 * 60      // that lasts so long
	nightAbroad    = 200 * 60
	journeysMost   = 4  // journeys of a person that a table counts
	absenceNights  = 20 // nights of a month, at least, of a long absence
	absencePercent = 80 // of these, abroad
)

// journey is a journey of a person: where he was for how long.
type journey struct {
	kind       int
	start, end int64
	nights     int
	places     []place
}

// place is a zone, or abroad a country, by its number.
type place struct {
	at     int
	nights int
	long   int64
}

// add takes a stay of a journey.
func (j *journey) add(s *sojourn, at, nights int) {
	j.end = s.to
	j.nights += nights
	i := slices.IndexFunc(j.places, func(p place) bool { return p.at == at })
	if i < 0 {
		i, j.places = len(j.places), append(j.places, place{at: at})
	}
	j.places[i].nights += nights
	j.places[i].long += s.long()
}

// main is the place of most nights, then most hours, then the earliest.
func (j *journey) main() int {
	best := j.places[0]
	for _, p := range j.places[1:] {
		if p.nights > best.nights || p.nights == best.nights && p.long > best.long {
			best = p
		}
	}
	return best.at
}

// lengthOf is the class of a number of nights.
func lengthOf(nights int) string {
	for i, most := range [...]int{0, 1, 3, 7, 14} {
		if nights <= most {
			return JourneyLengths[i]
		}
	}
	return JourneyLengths[len(JourneyLengths)-1]
}

// nights counts the mornings at four that a stay holds, when it is long enough.
func (s *sojourn) nights(least int64) int {
	if s.long() < least {
		return 0
	}
	before := func(at int64) int64 { return (at - nightAt + civilDay - 1) / civilDay } // mornings before a moment
	return int(before(s.to) - before(s.from))
}

// travels finds the journeys and long absences of the month and books them.
func (l *life) travels(t *MonthTruth) {
	if l.person.Role == people.Roamer {
		l.walk(inbound, inboundGap, func(*sojourn) bool { return false })
	} else {
		l.outbound()
		if l.usual() {
			l.walk(domestic, journeyGap, func(s *sojourn) bool { return l.inside[s.Zone] })
		}
		l.absence(t)
	}
	slices.SortStableFunc(l.journeys, func(a, b journey) int { return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.kind, b.kind)) })
	l.book(t)
}

// walk makes the journeys of stays in zones; a stay where the person usually is ends one, however short.
func (l *life) walk(kind int, gap int64, usual func(*sojourn) bool) {
	open := -1
	for i := range l.stays {
		s := &l.stays[i]
		switch {
		case !s.here():
		case usual(s):
			open = -1
		case s.long() >= journeyLeast:
			open = l.carry(open, kind, gap, s, int(s.Zone), s.nights(nightLeast))
		}
	}
}

// outbound makes the journeys abroad; three hours at home end one.
func (l *life) outbound() {
	open := -1
	for i := range l.stays {
		s := &l.stays[i]
		switch {
		case s.long() < journeyLeast:
		case s.abroad():
			open = l.carry(open, outbound, journeyGap, s, countryOf(s.Network), s.nights(nightAbroad))
		case s.here():
			open = -1
		}
	}
}

// carry adds a stay to the open journey, or begins one after a gap, and returns its number.
func (l *life) carry(open, kind int, gap int64, s *sojourn, at, nights int) int {
	if open < 0 || s.from-l.journeys[open].end > gap {
		l.journeys = append(l.journeys, journey{kind: kind, start: s.from})
		open = len(l.journeys) - 1
	}
	l.journeys[open].add(s, at, nights)
	return open
}

// countryOf is the number of the country of a network.
func countryOf(network int32) int {
	return slices.IndexFunc(city.Countries[:], func(c city.Country) bool { return int32(c.Network) == network })
}

// origin is the code of a person's origin in tables by day and month.
func (l *life) origin() string {
	if l.person.Role == people.Roamer {
		return originCode(city.Provinces + int(l.person.Origin))
	}
	return originCode(int(l.person.Origin))
}

// book counts the first journeys, at most one a cell.
func (l *life) book(t *MonthTruth) {
	var counted [3]int // by table: all, in zones, abroad
	var cells [3][]Pair
	add := func(table int, name string, into map[Pair]int64, cell Pair) {
		if counted[table]++; counted[table] > journeysMost || slices.Contains(cells[table], cell) {
			t.Beyond[name]++
			return
		}
		cells[table] = append(cells[table], cell)
		into[cell]++
	}
	for i := range l.journeys {
		j := &l.journeys[i]
		add(0, MonthLength, t.Length, Pair{JourneyKinds[j.kind], lengthOf(j.nights)})
		if j.kind == outbound {
			add(2, MonthAbroad, t.Abroad, Pair{city.Countries[j.main()].Code, l.origin()})
			if l.person.WorksAbroad() {
				t.Commuting++
			}
			continue
		}
		add(1, MonthTrips, t.Trips, Pair{l.w.plan.FinestID(j.main()), l.origin()})
	}
}

// absence books a long absence: of twenty nights or more that are spent in a zone or abroad, four fifths abroad.
func (l *life) absence(t *MonthTruth) {
	known, abroad := 0, 0
	var of [len(city.Countries)]int
	for i := range l.stays {
		s := &l.stays[i]
		n := s.nights(0)
		if first := int64(l.first)*civilDay + nightAt; s.from <= first && first < s.to {
			n-- // the morning of the first day ends a night of the month before
		}
		switch {
		case s.here():
			known += n
		case s.abroad():
			known += n
			if s.long() >= nightAbroad {
				abroad += n
				of[countryOf(s.Network)] += n
			}
		}
	}
	if known < absenceNights || abroad*100 < absencePercent*known {
		return
	}
	best := 0
	for c, n := range of {
		if n > of[best] {
			best = c
		}
	}
	t.Absences[Pair{city.Countries[best].Code, l.origin()}]++
}
