package tourism_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/locate"
	"github.com/throng-stats/throng/mobility"
	"github.com/throng-stats/throng/population"
	"github.com/throng-stats/throng/population/tourism"
)

// thirty is a window of 30 days that begins so many weeks after the third of June 2024, in UTC.
func thirty(weeks int) *population.Month {
	start := time.Date(2024, 6, 3+7*weeks, 0, 0, 0, 0, time.UTC).UnixMilli()
	p := throng.Period{Name: "2024-06", Start: start, End: start + 30*24*3600e3}
	return &population.Month{Period: p, Days: p.DaysOf(time.UTC)}
}

// random paints a month: mostly at home, and a dozen times up to ten days of something else.
func random(r *rand.Rand) []string {
	paint := make([]string, 30*24*60)
	for i := range paint {
		paint[i] = "H"
	}
	whats := []string{"S", "S", "T", "M", "N", "W", "kl", "k", "o", "214", "208", "234", "310", "?", "~"}
	for range r.IntN(13) {
		from := r.IntN(len(paint))
		to := min(len(paint), from+r.IntN(1+r.IntN(10*24*60)))
		what := whats[r.IntN(len(whats))]
		for i := from; i < to; i++ {
			paint[i] = what
		}
	}
	return paint
}

// contribution is what a month adds, as lines.
func contribution(s *tourism.Tourism, m *population.Month) []string {
	var out strings.Builder
	s.Contribute(m, printer(&out, s))
	return strings.Split(out.String(), "\n")
}

func withEnds() tourism.Counting {
	o := counting()
	o.Ends = true
	return o
}

// TestBounds: whatever a month is, no table gets more than its bound, before anybody enforces it. The months go through the
// machine of records, too. It can fail: leave out a comparison with Trips.
func TestBounds(t *testing.T) {
	g := ground(t, same)
	s := tourism.New(g, withEnds())
	machine := mobility.New(mobility.Options{}, g)
	full := 0
	for seed := range uint64(400) {
		r := rand.New(rand.NewPCG(seed, 1))
		m := thirty(0)
		cut(g, m, random(r))
		m.Inbound, m.Attr.Origin = seed%3 == 0, uint16(r.IntN(4))
		if seed%2 == 0 {
			m.Seen = slices.DeleteFunc(m.Seen, func(mobility.Seen) bool { return r.IntN(3) == 0 })
			if len(m.Seen) == 0 {
				continue
			}
			m.Segments, m.Spans = machine.Month(m.Seen, m.Period.Start, m.Period.End)
		}
		counts := make([]int, len(s.Tables()))
		s.Contribute(m, func(table int, cell uint64) {
			if counts[table]++; cell >= uint64(s.Tables()[table].Shape.Cells()) {
				t.Fatalf("seed %d: cell %d lies outside %s", seed, cell, s.Tables()[table].Shape.Name)
			}
		})
		for i, n := range counts {
			tab := s.Tables()[i]
			if n > tab.Bound.Cells || tab.Bound.PerCell != 1 || !tab.Move {
				t.Fatalf("seed %d: %s got %d, its bound is %+v", seed, tab.Shape.Name, n, tab.Bound)
			}
			if n == tab.Bound.Cells {
				full++
			}
		}
	}
	if full < 100 {
		t.Errorf("the bounds were reached %d times in 400 months: they are hardly tested", full)
	}
}

// TestNamesOfZones: other ids, and so another order of zones, change nothing but the names.
func TestNamesOfZones(t *testing.T) {
	swap := map[string]string{"K": "A", "Ak": "Kk", "H": "T", "T": "H", "M": "W", "W": "M", "N": "S", "S": "N", "Kk": "Al", "Kl": "Ak"}
	other := func(id string) string { return swap[id] }
	o := withEnds()
	plain, renamed := ground(t, same), ground(t, other)
	a, b := tourism.New(plain, o), tourism.New(renamed, o)
	some := 0
	for seed := range uint64(300) {
		paint := random(rand.New(rand.NewPCG(seed, 2)))
		m, n := thirty(0), thirty(0)
		cut(plain, m, paint)
		cut(renamed, n, paint)
		m.Inbound, n.Inbound = seed%4 == 0, seed%4 == 0
		want := contribution(a, m)
		for i, line := range want {
			f := strings.Fields(line)
			for k := range f {
				if id, ok := swap[f[k]]; ok {
					f[k] = id
				}
			}
			want[i] = strings.Join(f, " ")
		}
		some += len(want) - 1
		if got := contribution(b, n); !slices.Equal(got, want) {
			t.Fatalf("seed %d: got\n%s\nwant\n%s", seed, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
	if some < 1000 {
		t.Errorf("300 months gave %d counts: too few to say anything", some)
	}
}

// TestShift: whole weeks later, in a window of the same length, the same counts.
func TestShift(t *testing.T) {
	g := ground(t, same)
	s := tourism.New(g, withEnds())
	for seed := range uint64(200) {
		paint := random(rand.New(rand.NewPCG(seed, 3)))
		var first []string
		for _, weeks := range []int{0, 1, 5, 40} {
			m := thirty(weeks)
			cut(g, m, paint)
			m.Inbound = seed%4 == 0
			got := contribution(s, m)
			if weeks == 0 {
				first = got
			} else if !slices.Equal(got, first) {
				t.Fatalf("seed %d, %d weeks later: got\n%s\nwant\n%s", seed, weeks, strings.Join(got, "\n"), strings.Join(first, "\n"))
			}
		}
	}
}

// TestNothingIsKept: what somebody adds does not depend on who was counted before (privacy.md, section 2, condition N).
func TestNothingIsKept(t *testing.T) {
	g := ground(t, same)
	used := tourism.New(g, withEnds())
	for seed := range uint64(100) {
		m := thirty(0)
		cut(g, m, random(rand.New(rand.NewPCG(seed, 4))))
		m.Inbound = seed%5 == 0
		if got, want := contribution(used, m), contribution(tourism.New(g, withEnds()), m); !slices.Equal(got, want) {
			t.Fatalf("seed %d: after others %v, alone %v", seed, got, want)
		}
	}
}

// TestClocks: nights are nights by the clock of the country, or of the place, where one is given.
func TestClocks(t *testing.T) {
	g := ground(t, same)
	night := func(o tourism.Counting, g *locate.Ground, from, hours int, what string) string {
		m := thirty(0)
		paint := make([]string, 30*24*60)
		for i := range paint {
			if paint[i] = "H"; i >= 20*24*60+from && i < 20*24*60+from+hours*60 {
				paint[i] = what
			}
		}
		cut(g, m, paint)
		return contribution(tourism.New(g, o), m)[0]
	}
	o := counting()
	if got := night(o, g, 18*60+30, 8, "440"); got != "length outbound 0" {
		t.Errorf("by the clock at home: got %q", got)
	}
	tokyo := time.FixedZone("Tokyo", 9*3600)
	o.Abroad = func(mcc uint16) *time.Location { return map[uint16]*time.Location{440: tokyo}[mcc] }
	if got := night(o, g, 18*60+30, 8, "440"); got != "length outbound 1" { // 03:30 to 11:30
		t.Errorf("by the clock of the country: got %q", got)
	}
	if got := night(o, g, 18*60, 6, "S"); got != "length domestic 0" {
		t.Errorf("an evening: got %q", got)
	}
	i, _ := g.Place([]byte("S"))
	g.Places[i].Clock = tokyo
	if got := night(o, g, 18*60, 6, "S"); got != "length domestic 1" { // 03:00 to 09:00
		t.Errorf("an evening where it is morning: got %q", got)
	}
}

// TestUsual: who says where somebody usually is may be another.
func TestUsual(t *testing.T) {
	g := ground(t, same)
	m := thirty(0)
	cut(g, m, slices.Repeat([]string{"S"}, 30*24*60))
	for _, c := range []struct {
		name  string
		usual tourism.Usual
		want  string
	}{
		{"nobody can tell", func(*population.Month) func(int32) bool { return nil }, ""},
		{"nowhere", func(*population.Month) func(int32) bool { return func(int32) bool { return false } }, "length domestic 15+; trips S 75; "},
		{"by month", nil, ""},
	} {
		o := counting()
		o.Usual = c.usual
		if got := strings.Join(contribution(tourism.New(g, o), m), "; "); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
	away := &population.Month{Period: m.Period, Days: m.Days, Seen: []mobility.Seen{{Time: m.Period.Start, Place: event.NoPlace, Abroad: 208}}}
	if tourism.UsualByMonth(g)(away) != nil || tourism.UsualByMonth(g)(&population.Month{Days: m.Days}) != nil {
		t.Error("without a record at home nobody can tell where home is")
	}
	inside := tourism.UsualByMonth(g)(m)
	at, _ := g.Place([]byte("S"))
	if !inside(g.Places[at].Zone) || inside(g.Places[at].Zone+1) {
		t.Error("a month in one place: that is usual, and no other")
	}
}
