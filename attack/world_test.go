package attack

import (
	"slices"
	"testing"
)

// TestBaselinesByHand publishes five devices and compares with counts made by hand.
//
//	device  hours 0-8  8-9   9-24
//	a, b    zone 0     zone 1  zone 0
//	c       zone 0     nowhere
//	d, e    zone 2     all day
func TestBaselinesByHand(t *testing.T) {
	w := World{Name: "hand", Product: Present, Days: 1, Zones: 3}
	commuter := []Stay{{0, 0, 8}, {1, 8, 9}, {0, 9, 24}}
	w.Units = []Unit{{Stays: commuter}, {Stays: commuter}, {Stays: []Stay{{0, 0, 8}}}}
	w.residents(2, 2, 1)
	k5s := k5sScale // one device becomes 5.13, computed at the precision of float64
	for _, c := range []struct {
		p          Publisher
		zone, hour int
		want       float64
		shown      bool
	}{
		{Exact(), 0, 7, 3, true}, {Exact(), 0, 8, 0, true}, {Exact(), 1, 8, 2, true}, {Exact(), 0, 9, 2, true}, {Exact(), 2, 23, 2, true},
		{T15(), 0, 7, 0, false}, {T15(), 1, 7, 0, false},
		{K5S(), 0, 7, 3 * k5s, true}, {K5S(), 1, 7, 0, false},
	} {
		got, err := one(c.p, w, "total")
		if err != nil {
			t.Fatal(err)
		}
		cell := c.zone*Hours + c.hour
		if got.value[cell] != c.want || got.shown[cell] != c.shown {
			t.Errorf("%s, zone %d, hour %d: got %v %v, want %v %v", c.p.Name, c.zone, c.hour, got.value[cell], got.shown[cell], c.want, c.shown)
		}
		if value, shown := c.p.Expect(int64(c.want)); c.p.Name == "exact" && (value != c.want || !shown) {
			t.Errorf("exact: a count of %v is expected as %v", c.want, value)
		}
	}
	w.Product = Flows
	pairs, out, in := w.trips(0)
	if !slices.Equal(pairs, []int64{0, 2, 0, 2, 0, 0, 0, 0, 0}) || !slices.Equal(out, []int64{2, 2, 0}) || !slices.Equal(in, out) {
		t.Errorf("trips: got %v, departures %v, arrivals %v", pairs, out, in)
	}
	w.Areas = [][]int32{{0, 2}, {1}}
	if got := w.inAreas(); !slices.Equal(got, []int64{5, 0}) {
		t.Errorf("areas in the first hour: got %v, want 5 and 0", got)
	}
	if got := w.visitors(0); got[0*Hours+3] != 3 || got[1*Hours+7] != 0 || got[1*Hours+8] != 2 || got[1*Hours+23] != 2 {
		t.Errorf("visitors of zone 1: got %v", got[Hours:2*Hours])
	}
	w.Product, w.ByEvents, w.Units = Present, true, []Unit{{Stays: []Stay{{0, 2, 3}}, Events: 209}}
	if got := w.presence(0)[2]; got != 209 {
		t.Errorf("events in hour 2: got %d, want 209", got)
	}
}

// TestPeel peels the picture below: the cells with a question mark are hidden, the margins tell all but four of them.
//
//	      to 0  1   2   3  ...
//	from 0  -   20  ?7  20        row 0 has one hole: 7
//	     1  20  -   ?3  ?5        column 2 has one hole left: 3; then row 1: 5
//	     4, 5   two holes each in both columns 6 and 7: nothing tells them apart
func TestPeel(t *testing.T) {
	truth := make([]float64, regions*regions)
	for i := range truth {
		if i/regions != i%regions {
			truth[i] = 20
		}
	}
	at := func(from, to int) int { return from*regions + to }
	truth[at(0, 2)], truth[at(1, 2)], truth[at(1, 3)] = 7, 3, 5
	hide := []int{at(0, 2), at(1, 2), at(1, 3), at(4, 6), at(4, 7), at(5, 6), at(5, 7)}
	table := published{value: slices.Clone(truth), shown: make([]bool, len(truth))}
	out, in := published{value: make([]float64, regions)}, published{value: make([]float64, regions)}
	for i, v := range truth {
		out.value[i/regions] += v
		in.value[i%regions] += v
		if table.shown[i] = !slices.Contains(hide, i); !table.shown[i] {
			table.value[i] = 0
		}
	}
	peel(&table, out, in)
	for _, cell := range hide[:3] {
		if !table.shown[cell] || table.value[cell] != truth[cell] {
			t.Errorf("cell %d: got %v, want %v", cell, table.value[cell], truth[cell])
		}
	}
	for _, cell := range hide[3:] {
		if table.shown[cell] {
			t.Errorf("cell %d cannot be known and is said to be %v", cell, table.value[cell])
		}
	}
}

// TestEvidence: what a publisher's rule lets through moves the likelihood, and nothing else does.
func TestEvidence(t *testing.T) {
	exact, t15 := Exact(), T15()
	if got := exact.evidence(0, true, 2, 0); got > -15 {
		t.Errorf("nobody there: the target is not there either; got %v", got)
	}
	if got := exact.evidence(6, true, 2, 0); got < .9 || got > 1.2 { // P(5)/P(6) = 6/2, ln 3
		t.Errorf("six where two are usual: got %v, want ln 3", got)
	}
	if got := t15.evidence(0, false, 2, 0); got > 1e-6 || got < -1e-6 {
		t.Errorf("hidden, and far below the threshold: got %v, want 0", got)
	}
	if got := exact.evidence(6, true, 2, 1000); got > .01 || got < -.01 {
		t.Errorf("far below the noise: got %v, want about 0", got)
	}
}

// TestViewChecksZones: a table whose zones are not those of the world is not read.
func TestViewChecksZones(t *testing.T) {
	w := World{Name: "order", Product: Present, Days: 1, Zones: 2}
	store, err := Exact().Publish(w)
	if err != nil {
		t.Fatal(err)
	}
	list, _ := store.List()
	table, err := store.Table(list[0].ID, baselineMethod, "total")
	if err != nil {
		t.Fatal(err)
	}
	table.Shape.Dims[0].Codes = []string{ZoneID(1), ZoneID(0)}
	if _, err := view(table, w); err == nil {
		t.Error("zones in another order were read")
	}
	if _, err := read(store, w, 5, "total"); err == nil {
		t.Error("a day that was not published was read")
	}
}

// TestWalk: a walk and its device say the same, and stays do not pass midnight.
func TestWalk(t *testing.T) {
	var w walk
	for h := range w {
		w[h] = h / 10
	}
	u := w.unit(100)
	var back walk
	for day := range walkDays {
		u.hoursOf(day, func(zone int32, hour int) { back[day*Hours+hour] = int(zone) - 100 })
	}
	if back != w {
		t.Errorf("got %v, want %v", back, w)
	}
	for _, s := range u.Stays {
		if int(s.From)/Hours != int(s.To-1)/Hours {
			t.Errorf("stay %v passes midnight", s)
		}
	}
}
