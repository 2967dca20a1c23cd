package tourism

import (
	"math/bits"
	"slices"

	"github.com/throng-stats/throng/locate"
	"github.com/throng-stats/throng/population"
)

// The usual environment by one month (docs/method/tourism.md). Source: ours.
const (
	usualPresence = 15 * minute // a day counts in a zone with so much of its timeline there, at least
	usualHomeDays = 7           // days at home, at least: else nobody can tell
	usualOf       = 3           // a zone is usual that was seen on one in so many of the days at home ...
	usualWeeks    = 3           // ... or, where it touches the home zone, in so many weeks
)

// UsualByMonth is the usual environment as the month's own records show it: the home zone; zones in which the unit was on a
// third of those days on which it was at home too; and zones that touch the home zone, in which it was on days at home of three
// different weeks. Days away from home do not speak for a zone, so that two weeks at the sea do not make the sea usual, and
// a workplace, a school, or shopping next door once a week are no trips. Home is the modal location: the zone of the last
// record of most days, ties to the most recent (methods.md, section 17). Nobody can tell with fewer than seven days at home.
func UsualByMonth(ground *locate.Ground) Usual {
	u := &usual{ground: ground, touches: touching(ground), at: map[int32]int{}, time: map[int32]int64{}}
	inside := func(zone int32) bool { return slices.Contains(u.zones, zone) }
	return func(m *population.Month) func(zone int32) bool {
		if !u.find(m) {
			return nil
		}
		return inside
	}
}

// usual is the scratch memory of one worker.
type usual struct {
	ground  *locate.Ground
	touches [][]int32       // of each zone: zones that it touches, ascending
	at      map[int32]int   // by zone: days, or the index in seen
	time    map[int32]int64 // by zone: milliseconds of a day
	seen    []seenIn
	zones   []int32 // inside
}

// seenIn is where a unit was in a zone: on which days of the window, a bit each.
type seenIn struct {
	zone int32
	days uint64
}

// touching lists for each zone those whose ground touches its own: a place of one is near a place of the other.
func touching(ground *locate.Ground) [][]int32 {
	touches := make([][]int32, ground.Zones.Len())
	for a, near := range ground.Near {
		from := ground.Places[a].Zone
		for _, b := range near {
			if to := ground.Places[b].Zone; from >= 0 && to >= 0 && from != to {
				touches[from] = append(touches[from], to)
			}
		}
	}
	for z := range touches {
		slices.Sort(touches[z])
		touches[z] = slices.Compact(touches[z])
	}
	return touches
}

// find fills zones, or reports false when nobody can tell.
func (u *usual) find(m *population.Month) bool {
	u.zones = u.zones[:0]
	home := u.home(m)
	if home < 0 {
		return false
	}
	u.presence(m)
	var athome uint64
	if i, ok := u.at[home]; ok {
		athome = u.seen[i].days
	}
	if bits.OnesCount64(athome) < usualHomeDays {
		return false
	}
	u.zones = append(u.zones, home)
	for _, s := range u.seen {
		both := s.days & athome
		regular := bits.OnesCount64(both)*usualOf >= bits.OnesCount64(athome)
		_, next := slices.BinarySearch(u.touches[home], s.zone)
		if s.zone != home && (regular || next && weeks(both) >= usualWeeks) {
			u.zones = append(u.zones, s.zone)
		}
	}
	return true
}

// home is the modal location of the month, -1 when there is none: a day whose last record lies abroad or outside all zones
// has no location.
func (u *usual) home(m *population.Month) int32 {
	clear(u.at)
	home, next := int32(-1), 0
	for _, day := range m.Days {
		last := int32(-1)
		for ; next < len(m.Seen) && m.Seen[next].Time < day.End; next++ {
			last = -1
			if s := m.Seen[next]; s.Abroad == 0 && int(s.Place) < len(u.ground.Places) {
				last = u.ground.Places[s.Place].Zone
			}
		}
		if last < 0 {
			continue
		}
		if u.at[last]++; home < 0 || u.at[last] >= u.at[home] { // as many, and more recent
			home = last
		}
	}
	return home
}

// presence fills seen: on which days the timeline has a quarter of an hour or more in a zone. A window has at most 64 days.
func (u *usual) presence(m *population.Month) {
	clear(u.at)
	u.seen = u.seen[:0]
	first := 0
	for d, day := range m.Days {
		clear(u.time)
		for first < len(m.Spans) && m.Spans[first].End <= day.Start {
			first++
		}
		for _, s := range m.Spans[first:] {
			if s.Start >= day.End {
				break
			}
			if z := u.ground.Places[s.Place].Zone; z >= 0 {
				u.time[z] += min(s.End, day.End) - max(s.Start, day.Start)
			}
		}
		for z, t := range u.time {
			if t >= usualPresence {
				u.mark(z, d)
			}
		}
	}
}

func (u *usual) mark(zone int32, day int) {
	i, ok := u.at[zone]
	if !ok {
		i = len(u.seen)
		u.at[zone] = i
		u.seen = append(u.seen, seenIn{zone: zone})
	}
	u.seen[i].days |= 1 << uint(day)
}

// weeks counts the weeks, seven days each from the start of the window, that have one of the days.
func weeks(days uint64) int {
	n := 0
	for ; days != 0; days >>= 7 {
		if days&0x7f != 0 {
			n++
		}
	}
	return n
}
