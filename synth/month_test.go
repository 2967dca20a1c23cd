package synth

import (
	"context"
	"reflect"
	"testing"

	"github.com/throng-stats/throng/synth/city"
	"github.com/throng-stats/throng/synth/people"
)

// TestMonthTruth: most people have one home, few of them move, guests come and people go abroad; and the number of processors
// changes nothing.
func TestMonthTruth(t *testing.T) {
	w, err := New(Options{People: 3000, Seed: 5, Days: 56, From: "2026-02-01"})
	if err != nil {
		t.Fatal(err)
	}
	feb, err := w.MonthTruth(context.Background(), "2026-02")
	if err != nil {
		t.Fatal(err)
	}
	again, err := w.MonthTruth(context.Background(), "2026-02")
	if err != nil || !reflect.DeepEqual(feb, again) {
		t.Errorf("another reading gives another truth (%v)", err)
	}
	mar, err := w.MonthTruth(context.Background(), "2026-03")
	if err != nil {
		t.Fatal(err)
	}
	if feb.Days != 28 || mar.Days != 28 {
		t.Errorf("%d and %d days, want 28 each", feb.Days, mar.Days)
	}
	sum := func(of map[string]int64) (n int64) {
		for _, v := range of {
			n += v
		}
		return n
	}
	people, homes := int64(w.People()), sum(feb.Home)
	if homes < people*8/10 || homes > people {
		t.Errorf("%d of %d people have a home", homes, people)
	}
	pairs := func(of map[Pair]int64) (n int64) {
		for _, v := range of {
			n += v
		}
		return n
	}
	for pair, v := range feb.Work {
		if v > feb.Home[pair.From] {
			t.Errorf("%d people live in %s and work in %s, and %d live there", v, pair.From, pair.To, feb.Home[pair.From])
		}
	}
	moves, house := mar.Moved(feb)
	for pair, v := range moves {
		if pair.From == pair.To {
			t.Errorf("%d people moved from %s to %s", v, pair.From, pair.To)
		}
	}
	if moved, working := pairs(moves), pairs(feb.Work); working > homes || moved == 0 || moved > people/5 || house == 0 || house >= moved {
		t.Errorf("%d people with a home, %d with a place of work, %d moved, %d of them for good", homes, working, moved, house)
	}
	trips, abroad, length := pairs(feb.Trips), pairs(feb.Abroad), pairs(feb.Length)
	if trips == 0 || abroad == 0 || length < (trips+abroad)/2 || length > 4*people || pairs(feb.Absences) == 0 || pairs(feb.Absences) > abroad {
		t.Errorf("%d journeys in zones, %d abroad, %d by length, %d long absences", trips, abroad, length, pairs(feb.Absences))
	}
	if feb.Commuting == 0 || feb.Commuting > abroad+feb.Beyond[MonthAbroad] {
		t.Errorf("%d of %d journeys abroad, and %d beyond, are of people who work there", feb.Commuting, abroad, feb.Beyond[MonthAbroad])
	}
	if _, err := w.MonthTruth(context.Background(), "2027-01"); err == nil {
		t.Error("a month that the world does not have has a truth")
	}
}

// lived lets a person live a month of 28 days, Monday first, of which every day is at home unless it is given.
func lived(t *testing.T, p people.Person, given map[int][]people.Stay) *MonthTruth {
	t.Helper()
	w := must(Options{People: 400, Days: 28, From: "2026-02-02", FestivalDay: 100})
	truth := w.newMonthTruth("2026-02", 28)
	l := life{w: w}
	l.begin(&p)
	for day := range 28 {
		stays, ok := given[day]
		if !ok {
			stays = []people.Stay{{To: civilDay, Spot: p.Home}}
		}
		l.day(stays, day)
	}
	truth.homes[0] = l.end(truth)
	return truth
}

func want[K comparable](t *testing.T, what string, got map[K]int64, want map[K]int64) {
	t.Helper()
	if len(got) != len(want) || len(want) > 0 && !reflect.DeepEqual(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// TestMonthByHand: journeys, homes and absences of single people, worked by hand.
func TestMonthByHand(t *testing.T) {
	w := must(Options{People: 400, Days: 28})
	home, sea := city.Spot{X: 1, Zone: 0}, city.Spot{X: 2, Zone: city.HomeZone(2)}
	work, desk, beach := city.Spot{X: 3, Zone: 5}, city.Spot{X: 5, Zone: 5}, city.Spot{X: 4, Zone: city.HomeZone(2)}
	id := func(s city.Spot) string { return w.plan.FinestID(int(s.Zone)) }
	spain := people.Stay{Network: 21401, Gone: true, Spot: city.Spot{Zone: -1}}
	at := func(s people.Stay, from, to int32) people.Stay { s.From, s.To = from*3600, to*3600; return s }
	stay := func(s city.Spot) people.Stay { return people.Stay{Spot: s} }

	// Three days at work, twice two hours each, which are no journey. Ten days at the sea, from the 7th at 18:00 to the 17th at 10:00, and one stay of two hours there later, which is too short.
	days := map[int][]people.Stay{6: {at(stay(home), 0, 15), at(stay(sea), 18, 24)}, 16: {at(stay(sea), 0, 10), at(stay(home), 13, 24)},
		20: {at(stay(home), 0, 10), at(stay(sea), 12, 14), at(stay(home), 16, 24)}}
	for day := 7; day < 16; day++ {
		days[day] = []people.Stay{at(stay(sea), 0, 11), at(stay(beach), 12, 20), at(stay(sea), 21, 24)}
	}
	for _, day := range []int{0, 1, 2} {
		days[day] = []people.Stay{at(stay(home), 0, 7), at(stay(work), 8, 10), at(stay(desk), 11, 13), at(stay(home), 14, 24)}
	}
	got := lived(t, people.Person{Home: home}, days)
	want(t, "home", got.Home, map[string]int64{id(home): 1})
	want(t, "trips", got.Trips, map[Pair]int64{{id(sea), "P1"}: 1})
	want(t, "length", got.Length, map[Pair]int64{{"domestic", "8-14"}: 1})
	// Of the days at work and at home those at home are more; of the zones of work the latest: home, which holds most workdays.
	want(t, "work", got.Work, map[Pair]int64{{id(home), id(home)}: 1})

	// Abroad from the 4th day to the end: 24 nights of 27 known ones, from the second day on.
	days = map[int][]people.Stay{3: {at(stay(home), 0, 10), at(spain, 12, 24)}}
	for day := 4; day < 28; day++ {
		days[day] = []people.Stay{at(spain, 0, 24)}
	}
	got = lived(t, people.Person{Home: home}, days)
	want(t, "absences", got.Absences, map[Pair]int64{{"ESP", "P1"}: 1})
	want(t, "length abroad", got.Length, map[Pair]int64{{"outbound", "15+"}: 1})
	want(t, "home of three days", got.Home, map[string]int64{id(home): 1})

	// Five days across the border and home in between: five journeys, one of them in the cell; four in all count by length.
	days = map[int][]people.Stay{}
	for day := range 5 {
		days[day] = []people.Stay{at(stay(home), 0, 7), at(spain, 8, 17), at(stay(home), 18, 24)}
	}
	got = lived(t, people.Person{Home: home}, days)
	want(t, "abroad", got.Abroad, map[Pair]int64{{"ESP", "P1"}: 1})
	want(t, "beyond", got.Beyond, map[string]int64{MonthAbroad: 4, MonthLength: 4})
	want(t, "no absence", got.Absences, nil)

	// A guest with a night, and after more than a day out of sight another day.
	out := people.Stay{Gone: true, Spot: city.Spot{Zone: -1}}
	days = map[int][]people.Stay{}
	for day := range 28 {
		days[day] = []people.Stay{at(out, 0, 24)}
	}
	days[3], days[4] = []people.Stay{at(out, 0, 20), at(stay(work), 20, 24)}, []people.Stay{at(stay(work), 0, 10), at(out, 10, 24)}
	days[5] = []people.Stay{at(out, 0, 11), at(stay(work), 11, 20), at(out, 20, 24)}
	got = lived(t, people.Person{Role: people.Roamer}, days)
	want(t, "guest's trips", got.Trips, map[Pair]int64{{id(work), "DEU"}: 1})
	want(t, "guest's length", got.Length, map[Pair]int64{{"inbound", "1"}: 1, {"inbound", "0"}: 1})
	want(t, "guest's home", got.Home, nil)
}
