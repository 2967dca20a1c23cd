package feed

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/locate"
)

func somewhere(places ...locate.Place) *locate.Ground {
	g := &locate.Ground{Places: places}
	g.Index()
	return g
}

// TestNearestAgainstAll compares the buckets with a search of all places, in crowded, polar and dateline country.
func TestNearestAgainstAll(t *testing.T) {
	const seed = 9
	random := rand.New(rand.NewPCG(seed, 0))
	for _, c := range []struct{ lat, lon, spread float64 }{{48, 2, .3}, {0, 0, .1}, {-33, 180, .2}, {69, -180, .3}, {89.5, 0, .4}, {-89.95, 100, .05}} {
		wrap := func(lon float64) float64 {
			if lon > 180 {
				return lon - 360
			}
			if lon < -180 {
				return lon + 360
			}
			return lon
		}
		at := func() (lat, lon float64) {
			return c.lat + (random.Float64()-.5)*c.spread, wrap(c.lon + (random.Float64()-.5)*c.spread*3)
		}
		var places []locate.Place
		for range 60 {
			lat, lon := at()
			places = append(places, locate.Place{Lat: lat, Lon: lon})
		}
		n := newNearest(somewhere(places...))
		hits := 0
		for range 500 {
			lat, lon := at()
			best, bestMetres := -1, 5000.0
			for i, p := range places {
				if m := metres(lat, lon, p.Lat, p.Lon); m < bestMetres || m == bestMetres && best < 0 {
					best, bestMetres = i, m
				}
			}
			got, ok := n.find(lat, lon)
			if ok != (best >= 0) || ok && int(got) != best {
				t.Fatalf("seed %d, %v: got place %d %v, want %d at %.0f m", seed, c, got, ok, best, bestMetres)
			}
			if ok {
				hits++
			}
		}
		if hits == 0 {
			t.Errorf("%v: no position has a place, so nothing was tested", c)
		}
	}
}

func TestMetres(t *testing.T) {
	// One degree of a great circle of a sphere of 6,371,008.8 m is 111,195.1 m.
	for _, c := range []struct{ lat1, lon1, lat2, lon2, want float64 }{{0, 0, 1, 0, 111195.1}, {0, 0, 0, 1, 111195.1}, {0, 179.5, 0, -179.5, 111195.1}, {60, 0, 60, 0, 0}} {
		if got := metres(c.lat1, c.lon1, c.lat2, c.lon2); got < c.want-.1 || got > c.want+.1 {
			t.Errorf("%+v: got %.1f", c, got)
		}
	}
}

func TestOptionsAreChecked(t *testing.T) {
	id, at, cell := Column{Name: "u", As: "subscriber"}, Column{Name: "t", As: "time"}, Column{Name: "c", As: "cell"}
	for _, c := range []struct {
		name string
		opts Options
		want string
	}{
		{"complete", Options{Kind: Events, Columns: []Column{id, at, cell}}, ""},
		{"abroad only", Options{Kind: Events, Columns: []Column{id, at, {Name: "p", As: "visited_network"}}}, ""},
		{"not carried", Options{Kind: Events, Columns: []Column{id, at, cell, {Name: "d", As: "duration"}, {Name: "k", As: "kind", List: []string{"call"}}}}, ""},
		{"kind", Options{Kind: "messages"}, `kind of feed "messages"`},
		{"no unit", Options{Kind: Events, Columns: []Column{at, cell}}, "subscriber or device"},
		{"no time", Options{Kind: Events, Columns: []Column{id, cell}}, "without time"},
		{"no place", Options{Kind: Events, Columns: []Column{id, at}}, "cell"},
		{"half a position", Options{Kind: Events, Columns: []Column{id, at, {Name: "x", As: "latitude"}}}, "both latitude"},
		{"two units", Options{Kind: Events, Columns: []Column{id, {Name: "d", As: "device"}, at, cell}}, "one column a meaning"},
		{"one name twice", Options{Kind: Events, Columns: []Column{id, at, {Name: "u", As: "cell"}}}, "one column a meaning"},
		{"admitted and dropped", Options{Kind: Events, Columns: []Column{id, at, cell}, Drop: []string{"c"}}, "both columns and drop"},
		{"type", Options{Kind: Events, Columns: []Column{id, at, {Name: "c", As: "cell", Type: "decimal"}}}, "text or bytes or int"},
		{"free attribute", Options{Kind: Events, Columns: []Column{id, at, cell, {Name: "l", As: "label"}}}, "nothing else may enter"},
		{"trips' words", Options{Kind: Events, Columns: []Column{id, at, cell, {Name: "l", As: "end_time"}}}, "nothing else may enter"},
		{"domain", Options{Kind: Trips, Columns: []Column{{Name: "s", As: "start_time"}, {Name: "a", As: "from"}, {Name: "z", As: "origin"}}}, "domain"},
		{"no from", Options{Kind: Trips, Columns: []Column{{Name: "s", As: "start_time"}}}, "from"},
		{"bands", Options{Kind: Persons, Columns: []Column{id, {Name: "b", As: "age", Bands: []int{18, 5}}}}, "lower bounds"},
	} {
		_, err := c.opts.Fields()
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}

// TestUnitsHaveTheKeyOfTheirTime reads one pseudonym around midnight, as a text, a number and from a dictionary.
func TestUnitsHaveTheKeyOfTheirTime(t *testing.T) {
	d := twoDays()
	opts := Options{Kind: Events, Columns: []Column{{Name: "u", As: "subscriber"}, {Name: "t", As: "time", Type: "int"}, {Name: "c", As: "cell"}}}
	fields, err := opts.Fields()
	if err != nil {
		t.Fatal(err)
	}
	times := []int64{-1, 0, 999, 1000, 500, 1999, 2000}
	period := []int{-1, 0, 0, 1, 0, 1, -1}
	byRole := map[role]*Field{}
	for _, f := range fields {
		byRole[f.role] = f
	}
	unit := byRole[roleUnit]
	for name, c := range map[string]struct {
		give func(g *Gate) error
		want func(p int) uint64
	}{
		"number": {func(g *Gate) error { return g.Ints(unit, 0, []int64{5, 5, 5, 5, 5, 5, 5}) }, func(p int) uint64 { return d.UnitInt(p, 5) }},
		"text": {func(g *Gate) error {
			for i := range times {
				if err := g.Text(unit, i, []byte("anna")); err != nil {
					return err
				}
			}
			return nil
		}, func(p int) uint64 { return d.Unit(p, []byte("anna")) }},
		"dictionary": {func(g *Gate) error {
			return g.Codes(unit, 0, []int32{1, 1, 1, 1, 1, 1, 1}, g.Lexicon(unit, [][]byte{[]byte("gone"), []byte("anna")}))
		}, func(p int) uint64 { return d.Unit(p, []byte("anna")) }},
	} {
		g := NewGate(opts, fields, somewhere(locate.Place{ID: "c"}), d)
		var b event.Batch
		g.Begin(&b, 0, len(times))
		if err := errors.Join(g.Ints(byRole[roleTime], 0, times), c.give(g)); err != nil {
			t.Fatal(err)
		}
		g.Finish(len(times))
		for i, p := range period {
			want := uint64(0)
			if p >= 0 {
				want = c.want(p)
			}
			if b.Unit[i] != want || b.Time[i] != times[i] {
				t.Errorf("%s: row at %d: got unit %x, want %x", name, times[i], b.Unit[i], want)
			}
		}
	}
}

// TestGateCountsOrStops gives one wrong value to a strict gate and to one that counts.
func TestGateCountsOrStops(t *testing.T) {
	for _, strict := range []bool{true, false} {
		opts := Options{Kind: Events, Strict: strict, Columns: []Column{{Name: "u", As: "subscriber"}, {Name: "t", As: "time"}, {Name: "c", As: "cell"}, {Name: "m", As: "sim_country"}, {Name: "d", As: "duration"}}}
		fields, err := opts.Fields()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range fields {
			why := map[string]event.Bad{"t": event.BadTime, "m": event.BadNumber, "d": event.BadNumber}[f.Name]
			if why == 0 || f.Name == "d" && !strict { // what is not carried is only checked in strict runs
				continue
			}
			g := NewGate(opts, fields, somewhere(), nil)
			g.File = "in.csv"
			var b event.Batch
			g.Begin(&b, 100, 3)
			err := g.Text(f, 2, []byte("gibberish"))
			if strict {
				var e *Error
				if !errors.As(err, &e) || e.Row != 103 || e.Column != f.Name || e.File != "in.csv" || strings.Contains(err.Error(), "gibberish") {
					t.Errorf("%s: got %v, want an error in row 103", f.Name, err)
				}
			} else if err != nil || b.Bad[2] != why || g.Offences()[bit(why)] != (Offence{103, f.Name}) {
				t.Errorf("%s: got %v and flags %d, want %d at row 103", f.Name, err, b.Bad[2], why)
			}
		}
	}
}

func bit(why event.Bad) (n int) {
	for ; why > 1; why >>= 1 {
		n++
	}
	return n
}

// TestGateKeepsNoOldValues uses one batch twice.
func TestGateKeepsNoOldValues(t *testing.T) {
	opts := Options{Kind: Events, Clock: time.UTC, Columns: []Column{{Name: "u", As: "subscriber"}, {Name: "t", As: "time", Type: "int"}, {Name: "c", As: "cell"}}}
	fields, err := opts.Fields()
	if err != nil {
		t.Fatal(err)
	}
	g := NewGate(opts, fields, somewhere(locate.Place{ID: "c"}), twoDays())
	b := event.Batch{SIM: make([]uint16, 9), End: make([]int64, 9)}
	g.Begin(&b, 0, 2)
	for _, f := range fields {
		if err := errors.Join(g.Text(f, 0, []byte(map[role]string{roleUnit: "a", roleTime: "5", rolePlace: "c"}[f.role])), g.Text(f, 1, []byte("7"))); err != nil {
			t.Fatal(err)
		}
	}
	g.Finish(2)
	g.Begin(&b, 2, 2)
	g.Finish(2)
	if b.SIM != nil || b.End != nil || b.Unit[0] != 0 || b.Time[0] != 0 || b.Place[0] != event.NoPlace || b.Bad[1] != 0 {
		t.Errorf("got %+v, want an empty batch without columns that the feed does not have", b)
	}
}

func TestShape(t *testing.T) {
	for in, want := range map[string]string{
		"":                      "nothing",
		"x":                     "text of 1 character, pattern a",
		"2026-02-03T08:15:30Z":  "text of 20 characters, pattern dddd-dd-ddTdd:dd:ddZ",
		"TZ 1":                  "text of 4 characters, pattern aa d",
		"é\x00":                 "text of 3 characters, pattern aaa",
		strings.Repeat("9", 50): "text of 50 characters that begins with the pattern " + strings.Repeat("d", 32),
	} {
		if got := Shape([]byte(in)); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}
