package synth

import (
	"context"
	"fmt"

	"github.com/throng-stats/throng/synth/people"
)

// MonthTruth is what happened in the days of a civil month that the world has, in persons.
type MonthTruth struct {
	Month string // "2026-02"
	Days  int
	Home  map[string]int64 // persons by the finest zone in which most of their days end
	Work  map[Pair]int64   // the same persons by home and by the zone in which they spend four hours of most workdays
	// Journeys, each person at most once in a cell and with the first four: of guests and of people of the country outside their
	// usual environment, by main zone and origin (province, or country of a guest); abroad, by country and province; all, by
	// kind and length; and people who spent four fifths of the month's nights in a country, by country and province.
	Trips, Abroad, Length, Absences map[Pair]int64
	// Beyond counts, by table, the journeys that are not in it, since the person is in the cell already or had four before.
	Beyond map[string]int64
	// Commuting counts the journeys abroad of people who work beyond the border, those in Abroad and those beyond.
	Commuting int64

	homes []int16 // of each person, -1 without one
	world *World
}

// Pair is a cell of two codes, such as a zone and an origin, or a home and a place of work.
type Pair struct{ From, To string }

// Names of the tables of journeys, in Beyond.
const (
	MonthTrips  = "trips"
	MonthAbroad = "abroad"
	MonthLength = "length"
)

// Rules of the truth of a month. They are of the subject, not of the method.
const (
	nightSeconds = 6 * 3600  // a night is from midnight to six
	workFrom     = 8 * 3600  // work is looked for between eight
	workTo       = 18 * 3600 // and eighteen
	workLeast    = 4 * 3600  // for four hours
	homeDays     = 7         // of fewer days nobody can tell a home
)

// MonthTruth replays the days of a month, named "2026-02".
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
	all := w.newMonthTruth(month, len(days))
	parts := make([]*MonthTruth, workers())
	diarists, lives := make([]*people.Diarist, workers()), make([]life, workers())
	for i := range parts {
		parts[i], diarists[i], lives[i] = w.newMonthTruth(month, len(days)), w.all.Diarist(), life{w: w}
	}
	n := len(w.all.List)
	err := each(ctx, (n+chunkPeople-1)/chunkPeople, func(worker, c int) {
		l := &lives[worker]
		for i := c * chunkPeople; i < min(n, (c+1)*chunkPeople); i++ {
			l.begin(&w.all.List[i])
			for _, day := range days {
				l.day(diarists[worker].Day(i, day), day)
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

func (w *World) newMonthTruth(month string, days int) *MonthTruth {
	return &MonthTruth{Month: month, Days: days, Home: map[string]int64{}, Work: map[Pair]int64{}, Trips: map[Pair]int64{}, Abroad: map[Pair]int64{},
		Length: map[Pair]int64{}, Absences: map[Pair]int64{}, Beyond: map[string]int64{}, homes: make([]int16, len(w.all.List)), world: w}
}

func addAll[K comparable](into, from map[K]int64) {
	for k, v := range from {
		into[k] += v
	}
}

func (t *MonthTruth) add(o *MonthTruth) {
	addAll(t.Home, o.Home)
	addAll(t.Work, o.Work)
	addAll(t.Trips, o.Trips)
	addAll(t.Abroad, o.Abroad)
	addAll(t.Length, o.Length)
	addAll(t.Absences, o.Absences)
	addAll(t.Beyond, o.Beyond)
	t.Commuting += o.Commuting
}

// Moved counts the people whose home of this month is not that of the month before, by both, and how many of them moved house
// for good. The others have two homes, and were in another of them on most days: workers around the feast above all.
func (t *MonthTruth) Moved(before *MonthTruth) (moved map[Pair]int64, house int64) {
	moved = map[Pair]int64{}
	plan := t.world.plan
	for i, now := range t.homes {
		if was := before.homes[i]; was >= 0 && now >= 0 && was != now {
			moved[Pair{plan.FinestID(int(was)), plan.FinestID(int(now))}]++
			if t.world.all.List[i].MovesHouse() {
				house++
			}
		}
	}
	return moved, house
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
