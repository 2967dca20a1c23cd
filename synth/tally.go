package synth

import (
	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/synth/city"
	"github.com/throng-stats/throng/synth/people"
)

const (
	maxHours  = 25  // of a civil day
	wayStep   = 60  // seconds for which somebody on the way is put into one zone
	longStay  = 900 // a stay is longer than this, in seconds; shorter ones are part of the way
	elsewhere = city.Finest
)

// tally counts people in whole seconds, so that sums do not depend on their order.
type tally struct {
	zones    int // the finest and elsewhere
	columns  int
	roles    int     // column of the first role
	origins  int     // provinces and countries
	seconds  []int64 // zone, hour, column
	dominant []int64
	trips    []int64 // zone, zone2, hour
	purposes []int64 // zone, zone2, purpose
	visits   []int64 // zone
	arrive   []int64 // zone, hour
	nights   []int64 // zone, origin
	sleepers []int64 // column: people with a night zone, by class
	beyond   []int64 // what the bounds of one person leave out, in the order of Bounded

	cut   []piece // the day of the person under the hand
	stays []people.Stay
	here  []spell // of the person and hour under the hand
	work  []int32 // zones in which the person stays for four hours of a workday
	night int32   // zone, -1 for none
	pairs []int   // trips of the person so far: pair and hour
}

// piece is a time in one zone; stay says that it is part of a stay of more than a quarter of an hour.
type piece struct {
	zone     int32
	from, to int32
	stay     bool
}

// spell is how long a person was in a zone during an hour, and how much of it was a stay.
type spell struct{ zone, seconds, stayed int32 }

// persona is what the day's tables ask of a person.
type persona struct {
	columns [4]int // of total, gender, age and group of origin
	origin  int    // index of the province or country
	guest   bool   // lives abroad
	workday bool   // the day is one
}

func (w *World) newTally() *tally {
	zones := city.Finest + 1
	roles := 1 + 2 + len(throng.DefaultBands) + len(w.groups)
	columns, origins := roles+len(Roles), city.Provinces+len(city.Countries)
	n := zones * maxHours * columns
	return &tally{
		zones: zones, columns: columns, roles: roles, origins: origins, seconds: make([]int64, n), dominant: make([]int64, n),
		trips: make([]int64, zones*zones*maxHours), purposes: make([]int64, zones*zones*len(Purposes)), visits: make([]int64, zones),
		arrive: make([]int64, zones*maxHours), nights: make([]int64, zones*origins), sleepers: make([]int64, columns),
		beyond: make([]int64, len(Bounded)),
	}
}

func (t *tally) at(zone, hour int) int { return (zone*maxHours + hour) * t.columns }

// merge adds another tally.
func (t *tally) merge(o *tally) {
	for _, of := range [][2][]int64{{t.seconds, o.seconds}, {t.dominant, o.dominant}, {t.trips, o.trips}, {t.purposes, o.purposes},
		{t.visits, o.visits}, {t.arrive, o.arrive}, {t.nights, o.nights}, {t.sleepers, o.sleepers}, {t.beyond, o.beyond}} {
		for i, v := range of[1] {
			of[0][i] += v
		}
	}
}

// personaOf is a person on a day.
func (w *World) personaOf(i, day int) persona {
	p := &w.all.List[i]
	gender := 0
	if p.Sex == 'M' {
		gender = 1
	}
	year := w.start.AddDate(0, 0, day).Year()
	one := persona{columns: [4]int{0, 1 + gender, 3 + p.Band(year), 3 + len(throng.DefaultBands) + int(w.groupOf[i])},
		origin: int(p.Origin), guest: p.Role == people.Roamer, workday: w.all.Calendar.Workday(day)}
	if one.guest {
		one.origin += city.Provinces
	}
	return one
}

// live books a person's day. Stays are in seconds since the day began and reach to its end; clock turns seconds of the civil
// clock into those.
func (t *tally) live(plan *city.Plan, stays []people.Stay, one persona, clock func(int32) int32) {
	t.stays = stays
	t.divide(plan)
	t.know(one, clock)
	t.present(one)
	t.visited()
	t.slept(one)
	t.travelled(one)
}

// divide cuts the day into times in one zone.
func (t *tally) divide(plan *city.Plan) {
	t.cut = t.cut[:0]
	add := func(zone int16, from, to int32, stay bool) {
		if zone < 0 {
			zone = elsewhere
		}
		if from < to {
			t.cut = append(t.cut, piece{int32(zone), from, to, stay})
		}
	}
	for k := range t.stays {
		s := &t.stays[k]
		add(s.Zone, s.From, s.To, s.To-s.From > longStay)
		if k+1 == len(t.stays) {
			break
		}
		next := &t.stays[k+1]
		for at := s.To; at < next.From; at += wayStep {
			end := min(at+wayStep, next.From)
			zone := int16(-1)
			if !s.Gone && !next.Gone {
				zone = plan.ZoneNear(people.Between(s.Spot, next.Spot, wayPart(s, next, at)))
			}
			add(zone, at, end, false)
		}
	}
}

// wayPart is which part of the way between two stays is behind somebody in the middle of the step that begins at a time.
func wayPart(from, to *people.Stay, at int32) float64 {
	end := min(at+wayStep, to.From)
	return (float64(at+end)/2 - float64(from.To)) / float64(to.From-from.To)
}

// present books presence, hour by hour.
func (t *tally) present(one persona) {
	hour := 0
	t.here = t.here[:0]
	for _, p := range t.cut {
		for from := p.from; from < p.to; {
			if int(from/3600) != hour {
				t.close(hour, one)
				hour = int(from / 3600)
			}
			end := min(p.to, int32(hour+1)*3600)
			t.add(p.zone, end-from, p.stay)
			from = end
		}
	}
	t.close(hour, one)
}

func (t *tally) add(zone, seconds int32, stay bool) {
	stayed := seconds
	if !stay {
		stayed = 0
	}
	for k := range t.here {
		if t.here[k].zone == zone {
			t.here[k].seconds += seconds
			t.here[k].stayed += stayed
			return
		}
	}
	t.here = append(t.here, spell{zone, seconds, stayed})
}

// close books the person's hour.
func (t *tally) close(hour int, one persona) {
	best := 0
	for k, s := range t.here {
		at := t.at(int(s.zone), hour)
		for _, c := range one.columns {
			t.seconds[at+c] += int64(s.seconds)
		}
		t.seconds[at+t.roles+t.role(s, one)] += int64(s.seconds)
		if s.seconds > t.here[best].seconds {
			best = k
		}
	}
	if len(t.here) > 0 {
		s := t.here[best]
		at := t.at(int(s.zone), hour)
		for _, c := range one.columns {
			t.dominant[at+c]++
		}
		t.dominant[at+t.roles+t.role(s, one)]++
	}
	t.here = t.here[:0]
}
