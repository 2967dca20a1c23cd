package filter

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/locate"
)

// sightings reads "08:00 P, 13:00:01 abroad". Cells are those of the worked check of methods.md, section 4; X is valid from
// 10:00 to 20:00, Z9 is not in the plan.
func sightings(t *testing.T, text string) []Sighting {
	plan := map[string][2]float64{"P": {41.15, -8.61}, "Q": {41.16, -8.60}, "L": {38.72, -9.14}, "V": {41.15, -7.80}, "X": {41.20, -8.70}}
	var out []Sighting
	for _, one := range strings.Split(text, ", ") {
		var h, m, s int64
		at, where, _ := strings.Cut(one, " ")
		if n, err := fmt.Sscanf(at+":00", "%d:%d:%d", &h, &m, &s); n < 3 {
			t.Fatalf("%q: %v", one, err)
		}
		cell, known := plan[where]
		e := Sighting{Time: (h*3600 + m*60 + s) * 1000, Where: uint32(where[0]), Outbound: where == "abroad", Known: known,
			From: math.MinInt64, Until: math.MaxInt64, Lat: cell[0], Lon: cell[1]}
		if where == "X" {
			e.From, e.Until = 10*3600e3, 20*3600e3
		}
		out = append(out, e)
	}
	return out
}

func digits(flags []Flag) string {
	out := make([]byte, len(flags))
	for i, f := range flags {
		out[i] = '0' + byte(f)
	}
	return string(out)
}

// The worked check of methods.md, section 4: the flags of three devices, and two places at one instant.
func TestFlags(t *testing.T) {
	usual := FlagOptions{JumpMetres: 10_000, JumpSpeed: 55, ManyPlaces: true}
	recheck, reference, swapped, without := usual, usual, usual, usual
	recheck.Recheck, reference.Reference, without.ManyPlaces = true, true, false
	swapped.Reference, swapped.SwappedAxes = true, true
	for _, c := range []struct {
		events string
		o      FlagOptions
		want   string
	}{
		{"08:00 P, 08:10 Q, 08:15 L, 08:20 P, 09:20 P", usual, "04340"},
		{"08:00 P, 08:10 Q, 08:15 L, 08:20 P, 09:20 P", recheck, "00300"},
		{"08:00 P, 08:21 V, 08:41 P", usual, "044"},
		{"08:00 P, 08:21 V, 08:41 P", reference, "044"},
		{"08:00 P, 08:21 V, 08:41 P", swapped, "000"},
		{"09:00 X, 11:00 X, 12:00 Z9, 13:00 P, 13:00 Q, 13:00:01 abroad, 14:00 X", usual, "2015500"},
		{"09:59:59 X, 10:00 X, 20:00 X, 20:00:01 X", usual, "2002"}, // both ends are valid
		{"13:00 P, 13:00 P, 13:00 Q", usual, "555"},
		{"13:00 P, 13:00 P, 13:00 Q", reference, "055"}, // only side by side
		{"13:00 P, 13:00 Z9, 13:00 abroad", usual, "555"},
		{"13:00 P, 13:00 L, 14:00 L", without, "000"}, // a step in no time is no jump
		{"13:00 P, 13:00:01 L", usual, "44"},
		{"13:00 P", usual, "0"},
	} {
		if got := digits(Flags(sightings(t, c.events), c.o)); got != c.want {
			t.Errorf("%s, %+v: got %s, want %s", c.events, c.o, got, c.want)
		}
	}
	if got := Flags(nil, recheck); len(got) != 0 {
		t.Errorf("no events: got %v", got)
	}
}

// The reference takes whole seconds: 10.9 s are 11 s from one whole second to the other.
func TestFlagsWholeSeconds(t *testing.T) {
	o := FlagOptions{JumpMetres: 100, JumpSpeed: 100, ManyPlaces: true}
	a := Sighting{Time: 900, Known: true, Until: math.MaxInt64}
	b := Sighting{Time: 11_800, Where: 1, Known: true, Until: math.MaxInt64, Lon: .0098} // 1089.7 m in 10.9 s
	if got := digits(Flags([]Sighting{a, b}, o)); got != "00" {
		t.Errorf("got %s, want 00 (99.97 m/s)", got)
	}
	b.Lon = .00985 // 1095.3 m: 100.5 m/s in 10.9 s, 99.6 m/s in 11 s
	if got := digits(Flags([]Sighting{a, b}, o)); got != "44" {
		t.Errorf("got %s, want 44", got)
	}
	o.Reference = true
	if got := digits(Flags([]Sighting{a, b}, o)); got != "00" {
		t.Errorf("reference: got %s, want 00", got)
	}
}

// Unit, which is fast and drops, finds the flags that Flags finds.
func TestUnitEqualsFlags(t *testing.T) {
	g := &locate.Ground{}
	for i := range 12 {
		p := locate.Place{ID: string(rune('a' + i)), Lat: 41 + float64(i%4)*.3, Lon: -8 - float64(i/4)*.4, Until: math.MaxInt64}
		if i%5 == 0 {
			p.From, p.Until = 20_000_000, 60_000_000
		}
		g.Places = append(g.Places, p)
	}
	g.Index()
	f := New(Options{}, g)
	word := map[Flag]flag{FlagGood: good, FlagCellInvalid: invalid, FlagIncorrect: incorrect, FlagSuspicious: suspicious, FlagManyPlaces: many}
	for seed := range uint64(400) {
		r := rand.New(rand.NewPCG(seed, 4))
		var records []event.Record
		for range r.IntN(40) {
			e := event.Record{Unit: 1, Time: uint32(r.IntN(400)) * 200_000, Place: uint32(r.IntN(12))}
			if r.IntN(10) == 0 {
				e.Place, e.To = event.NoPlace, 20801
			}
			records = append(records, e)
		}
		event.Sort(records)
		records = slices.CompactFunc(records, func(a, b event.Record) bool { return event.Compare(a, b) == 0 })
		var seen []Sighting
		for _, e := range records {
			s := Sighting{Time: int64(e.Time), Where: e.Place, Outbound: e.Place == event.NoPlace}
			if !s.Outbound {
				p := g.Places[e.Place]
				s.Known, s.From, s.Until, s.Lat, s.Lon = true, p.From, p.Until-1, p.Lat, p.Lon
			}
			seen = append(seen, s)
		}
		want := Flags(seen, FlagOptions{JumpMetres: 10_000, JumpSpeed: 55, ManyPlaces: true})
		f.Unit(slices.Clone(records), 0)
		for i := range want {
			if f.flags[i] != word[want[i]] {
				t.Fatalf("seed %d, record %d: Unit says %d, Flags %d", seed, i, f.flags[i], want[i])
			}
		}
	}
}
