package synth

import (
	"context"
	"reflect"
	"testing"
)

// TestMonthTruth: homes and nights are of people who are there, most people have one home, few of them move, roamers come and
// people go abroad; and the number of processors changes nothing.
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
	var nights, working, moved int64
	for _, v := range feb.Nights {
		nights += v
	}
	for pair, v := range feb.Work {
		working += v
		if v > feb.Home[pair.From] {
			t.Errorf("%d people live in %s and work in %s, and %d live there", v, pair.From, pair.To, feb.Home[pair.From])
		}
	}
	for pair, v := range mar.Moved(feb) {
		moved += v
		if pair.From == pair.To {
			t.Errorf("%d people moved from %s to %s", v, pair.From, pair.To)
		}
	}
	if nights < 28*people*8/10 || nights > 28*people || working > homes || moved == 0 || moved > people/5 {
		t.Errorf("%d nights of %d people, %d with a place of work, %d moved", nights, people, working, moved)
	}
	if sum(feb.Inward) == 0 || sum(feb.Abroad) == 0 || sum(feb.Visits) < nights {
		t.Errorf("%d journeys in, %d abroad, %d person-days of visits", sum(feb.Inward), sum(feb.Abroad), sum(feb.Visits))
	}
	if _, err := w.MonthTruth(context.Background(), "2027-01"); err == nil {
		t.Error("a month that the world does not have has a truth")
	}
}
