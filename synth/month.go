package synth

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/throng-stats/throng/synth/city"
	"github.com/throng-stats/throng/synth/people"
)

// MonthTruth is what happened in the days of a civil month that the world has, in persons.
type MonthTruth struct {
	Month  string // "2026-02"
	Days   int
	Nights map[Pair]int64 // person-nights by finest zone and origin (province, or country of a roamer)
	Visits map[string]int64
	Arrive map[Pair]int64   // first arrivals of persons, summed over the days, by finest zone and local hour "00" to "24" since midnight
	Home   map[string]int64 // persons by the finest zone of most of their nights, of the nights that have a zone
	Work   map[Pair]int64   // the same persons by home and by the zone in which they spend four hours of most workdays
	Inward map[string]int64 // journeys of roamers into the host, by country of the SIM
	Abroad map[string]int64 // journeys abroad of people who live in the country, by country

	homes []int16 // of each person, -1 without one
	plan  *city.Plan
}

// Pair is a cell of two codes, such as a zone and an origin, or a home and a place of work.
type Pair struct{ From, To string }

// Rules of the truth of a month. They are of the subject, not of the method.
const (
	nightSeconds = 6 * 3600           // a night is from midnight to six
	workFrom     = 8 * 3600           // work is looked for between eight
	workTo       = 18 * 3600          // and eighteen
	workLeast    = 4 * 3600           // for four hours
	homeNights   = 7                  // fewer nights make no home
	journeyLeast = 180 * 60           // a stay abroad or of a roamer that counts, seconds
	journeyGap   = 24 * time.Hour     // between two stays of one journey into the host
	abroadGap    = 3 * 24 * time.Hour // and abroad
)

// MonthTruth replays the days of a month, named "2026-02". Visits are person-days by finest zone: everybody once a zone and
// day in which there was a stay.
func (w *World) MonthTruth(ctx context.Context, month string) (*MonthTruth, error) {
	var days []int
	for day := range w.options.Days {
		if w.DayName(day)[:7] == month {
			days = append(days, day)
		}
	}
	if len(days) == 0 {
		return nil, fmt.Errorf("synth: the world has no day of %.20q", month)
	}
	all := newMonthTruth(w, month, len(days))
	parts := make([]*MonthTruth, workers())
	diarists := make([]*people.Diarist, workers())
	for i := range parts {
		parts[i], diarists[i] = newMonthTruth(w, month, len(days)), w.all.Diarist()
	}
	n := len(w.all.List)
	err := each(ctx, (n+chunkPeople-1)/chunkPeople, func(worker, c int) {
		for i := c * chunkPeople; i < min(n, (c+1)*chunkPeople); i++ {
			l := life{w: w, person: &w.all.List[i], nights: map[int16]int{}, works: map[int16]int{}}
			for _, day := range days {
				l.day(diarists[worker].Day(i, day), day, parts[worker])
			}
			all.homes[i] = l.end(parts[worker])
		}
	})
	if err != nil {
		return nil, fmt.Errorf("synth: month %s was not finished: %w", month, err)
	}
	for _, p := range parts {
		all.add(p)
	}
	return all, nil
}

func newMonthTruth(w *World, month string, days int) *MonthTruth {
	return &MonthTruth{Month: month, Days: days, Nights: map[Pair]int64{}, Visits: map[string]int64{}, Arrive: map[Pair]int64{}, Home: map[string]int64{}, Work: map[Pair]int64{},
		Inward: map[string]int64{}, Abroad: map[string]int64{}, homes: make([]int16, len(w.all.List)), plan: w.plan}
}

func addAll[K comparable](into, from map[K]int64) {
	for k, v := range from {
		into[k] += v
	}
}

func (t *MonthTruth) add(o *MonthTruth) {
	addAll(t.Nights, o.Nights)
	addAll(t.Visits, o.Visits)
	addAll(t.Arrive, o.Arrive)
	addAll(t.Home, o.Home)
	addAll(t.Work, o.Work)
	addAll(t.Inward, o.Inward)
	addAll(t.Abroad, o.Abroad)
}

// Moved counts the people whose home of this month is not that of the month before, by both.
func (t *MonthTruth) Moved(before *MonthTruth) map[Pair]int64 {
	moved := map[Pair]int64{}
	for i, now := range t.homes {
		if was := before.homes[i]; was >= 0 && now >= 0 && was != now {
			moved[Pair{t.plan.FinestID(int(was)), t.plan.FinestID(int(now))}]++
		}
	}
	return moved
}

// life is one person's month in the making.
type life struct {
	w             *World
	person        *people.Person
	nights, works map[int16]int
	lastIn        time.Duration // since the world began: end of the last stay of a roamer in the host
	lastOut       time.Duration // end of the last stay abroad
	in, out       bool
	country       string
}

// origin is the code of a person's origin in tables by day.
func (l *life) origin() string {
	if l.person.Role == people.Roamer {
		return city.Countries[l.person.Origin].Code
	}
	return city.ProvinceID(int(l.person.Origin))
}

func (l *life) day(stays []people.Stay, day int, t *MonthTruth) {
	night, work, seen := map[int16]int32{}, map[int16]int32{}, map[int16]bool{}
	for _, s := range stays {
		if s.Zone >= 0 && !s.Gone {
			night[s.Zone] += max(0, min(s.To, nightSeconds)-s.From)
			work[s.Zone] += max(0, min(s.To, workTo)-max(s.From, workFrom))
			if !seen[s.Zone] && s.From > 0 {
				t.Arrive[Pair{t.plan.FinestID(int(s.Zone)), fmt.Sprintf("%02d", s.From/3600)}]++
			}
			seen[s.Zone] = true
		}
		l.journey(s, day, t)
	}
	if zone := most(night, 1); zone >= 0 {
		l.nights[zone]++
		t.Nights[Pair{t.plan.FinestID(int(zone)), l.origin()}]++
	}
	if zone := most(work, workLeast); zone >= 0 && l.w.all.Calendar.Workday(day) {
		l.works[zone]++
	}
	for zone := range seen {
		t.Visits[t.plan.FinestID(int(zone))]++
	}
}

// journey counts the beginnings of journeys: of roamers into the host, of the others abroad.
func (l *life) journey(s people.Stay, day int, t *MonthTruth) {
	at := time.Duration(day)*24*time.Hour + time.Duration(s.From)*time.Second
	end := time.Duration(day)*24*time.Hour + time.Duration(s.To)*time.Second
	switch {
	case s.To-s.From < journeyLeast:
	case l.person.Role == people.Roamer:
		if s.Zone < 0 || s.Gone {
			return
		}
		if !l.in || at-l.lastIn > journeyGap {
			t.Inward[l.origin()]++
		}
		l.in, l.lastIn = true, end
	case s.Network != 0:
		if country := countryOf(s.Network); !l.out || at-l.lastOut > abroadGap || country != l.country {
			t.Abroad[country]++
			l.country = country
		}
		l.out, l.lastOut = true, end
	case s.Zone >= 0 && !s.Gone:
		l.out = false // a stay at home ends a journey
	}
}

func countryOf(network int32) string {
	for _, c := range city.Countries {
		if int32(c.Network) == network {
			return c.Code
		}
	}
	return ""
}

// most is the key with the largest value of at least so much, the smallest of several; -1 when there is none.
func most[V cmp.Ordered](of map[int16]V, least V) int16 {
	best := int16(-1)
	for zone, v := range of {
		if v >= least && (best < 0 || v > of[best] || v == of[best] && zone < best) {
			best = zone
		}
	}
	return best
}

// end books home and work, and returns the home.
func (l *life) end(t *MonthTruth) int16 {
	total := 0
	for _, n := range l.nights {
		total += n
	}
	if total < homeNights || l.person.Role == people.Roamer {
		return -1
	}
	home := most(l.nights, 1)
	t.Home[t.plan.FinestID(int(home))]++
	if work := most(l.works, 1); work >= 0 {
		t.Work[Pair{t.plan.FinestID(int(home)), t.plan.FinestID(int(work))}]++
	}
	return home
}

// DeviceHomes is the true home of the person who carries each phone of this holder, by the id in the feed; people without a home
// in the month are left out. It is for tests of rules on the exact side: no release is compared with it.
func (w *World) DeviceHomes(t *MonthTruth) map[int64]string {
	homes := map[int64]string{}
	for i := range w.devices {
		d := &w.devices[i]
		if d.Person >= 0 && t.homes[d.Person] >= 0 && !d.OptedOut {
			homes[int64(d.ID)] = w.plan.FinestID(int(t.homes[d.Person]))
		}
	}
	return homes
}
