package synth

import (
	"math/bits"

	"github.com/throng-stats/throng/synth/city"
	"github.com/throng-stats/throng/synth/people"
)

// life is one person's month in the making. It is used again for the next person.
type life struct {
	w        *World
	person   *people.Person
	first    int // day of the month's first
	stays    []sojourn
	seen     int // days on which some network had the person
	presence [city.Finest]uint64
	work     [city.Finest]days
	homes    [city.Finest]days
	journeys []journey
	inside   [city.Finest]bool // the usual environment
}

// sojourn is a stay of a month, joined over midnight: seconds since the world began, by the civil clock.
type sojourn struct {
	people.Stay
	from, to int64
}

func (s *sojourn) here() bool   { return s.Zone >= 0 && !s.Gone }
func (s *sojourn) abroad() bool { return s.Network != 0 }
func (s *sojourn) long() int64  { return s.to - s.from }

// days counts days, and remembers the last.
type days struct{ n, last int }

func (d *days) add(day int) { d.n, d.last = d.n+1, day }

const civilDay = 86400

func (l *life) begin(p *people.Person) {
	*l = life{w: l.w, person: p, first: -1, stays: l.stays[:0], journeys: l.journeys[:0]}
}

// day takes a day of the diary. Days come in order, all of a month.
func (l *life) day(stays []people.Stay, day int) {
	if l.first < 0 {
		l.first = day
	}
	var present, work [city.Finest]int32
	seen := false
	for _, s := range stays {
		if s.Zone >= 0 && !s.Gone {
			present[s.Zone] += s.To - s.From
			work[s.Zone] += max(0, min(s.To, workTo)-max(s.From, workFrom))
		}
		seen = seen || s.Zone >= 0 && !s.Gone || s.Network != 0
		l.join(s, int64(day)*civilDay)
	}
	if seen {
		l.seen++
	}
	if last := &l.stays[len(l.stays)-1]; last.here() {
		l.homes[last.Zone].add(day)
	}
	for z := range city.Finest {
		if present[z] >= longStay {
			l.presence[z] |= 1 << (day - l.first)
		}
		if work[z] >= workLeast && l.w.all.Calendar.Workday(day) {
			l.work[z].add(day)
		}
	}
}

// join adds a stay; at midnight it goes on where the day before ended.
func (l *life) join(s people.Stay, midnight int64) {
	from, to := midnight+int64(s.From), midnight+int64(s.To)
	if n := len(l.stays); n > 0 && s.From == 0 {
		if last := &l.stays[n-1]; last.to == from && last.Spot == s.Spot && last.Gone == s.Gone && last.Network == s.Network {
			last.to = to
			return
		}
	}
	l.stays = append(l.stays, sojourn{s, from, to})
}

// most is the zone with most days, of equals the one of the latest such day; -1 for none.
func most(of *[city.Finest]days) int16 {
	best := int16(-1)
	for z := range of {
		if d := of[z]; d.n > 0 && (best < 0 || d.n > of[best].n || d.n == of[best].n && d.last > of[best].last) {
			best = int16(z)
		}
	}
	return best
}

// end books the month, and returns the home.
func (l *life) end(t *MonthTruth) int16 {
	l.travels(t)
	home := most(&l.homes)
	if l.seen < homeDays || l.person.Role == people.Roamer || home < 0 {
		return -1
	}
	id := l.w.plan.FinestID
	t.Home[id(int(home))]++
	if work := most(&l.work); work >= 0 {
		t.Work[Pair{id(int(home)), id(int(work))}]++
	}
	return home
}

// usual finds the zones of the person's usual environment: the home zone, zones in which a quarter of an hour is spent on a third
// of the days at home, and zones that touch the home zone and are seen on days at home of three weeks. False with fewer than seven
// days at home.
func (l *life) usual() bool {
	home := most(&l.homes)
	if home < 0 || bits.OnesCount64(l.presence[home]) < homeDays {
		return false
	}
	athome := l.presence[home]
	for z := range l.presence {
		both := l.presence[z] & athome
		regular := both != 0 && bits.OnesCount64(both)*3 >= bits.OnesCount64(athome)
		l.inside[z] = z == int(home) || regular || l.w.plan.Touch(home, int16(z)) && weeks(both) >= 3
	}
	return true
}

// weeks counts the weeks, seven days each from the first of the month, that have one of the days.
func weeks(days uint64) (n int) {
	for ; days != 0; days >>= 7 {
		if days&0x7f != 0 {
			n++
		}
	}
	return n
}
