package usual_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/locate"
	"github.com/throng-stats/throng/mobility"
	"github.com/throng-stats/throng/population"
	"github.com/throng-stats/throng/population/usual"
)

// valley has a zone and a cell for each letter; the lower-case letters are second leaves of the same zones, o is outside.
// rename gives other ids to the zones.
func valley(t *testing.T, rename func(string) string) *locate.Ground {
	t.Helper()
	var list []throng.Zone
	for _, id := range "HWXY" {
		list = append(list, throng.Zone{ID: rename(string(id)), Level: 1})
	}
	zones, err := throng.NewZones(list)
	if err != nil {
		t.Fatal(err)
	}
	g := &locate.Ground{Zones: zones}
	for i, id := range "HWXYhwo" {
		p := locate.Place{ID: string(id), Zone: -1, Leaf: int32(i)}
		if z, ok := zones.Index(rename(strings.ToUpper(string(id)))); ok {
			p.Zone = int32(z)
		}
		g.Places = append(g.Places, p)
	}
	g.Index()
	return g
}

func same(id string) string { return id }

// window is 28 days from Monday 6 May 2024, or shifted by weeks.
func window(weeks int) []throng.Period {
	start := time.Date(2024, 5, 6+7*weeks, 0, 0, 0, 0, time.UTC)
	var days []throng.Period
	for d := range 28 {
		day, _ := throng.DayOf(start.AddDate(0, 0, d).Format(time.DateOnly), time.UTC)
		days = append(days, day)
	}
	return days
}

// drawMonth paints days, numbered from 0: for each stretch from hour to hour a stay with a record at either end; "!" is abroad.
func drawMonth(g *locate.Ground, days []throng.Period, of map[int]string) *population.Month {
	m := &population.Month{Period: throng.Period{Name: "2024-05", Start: days[0].Start, End: days[len(days)-1].End}, Days: days}
	for d, day := range days {
		f := strings.Fields(of[d])
		if len(f) > 0 {
			m.Active = append(m.Active, int32(d))
		}
		for i := 0; i+1 < len(f); i += 2 {
			var from, until float64
			fmt.Sscanf(f[i+1], "%f-%f", &from, &until)
			a, b := day.Start+int64(from*3600e3), day.Start+int64(until*3600e3)
			if f[i] == "!" {
				m.Seen = append(m.Seen, mobility.Seen{Time: a, Abroad: 208, Place: 1<<32 - 1}, mobility.Seen{Time: b - 60e3, Abroad: 208, Place: 1<<32 - 1})
				m.Segments = append(m.Segments, mobility.Segment{Start: a, End: b, State: mobility.Abroad, Country: 208})
				continue
			}
			p, _ := g.Place([]byte(f[i]))
			m.Seen = append(m.Seen, mobility.Seen{Time: a, Place: p}, mobility.Seen{Time: b - 60e3, Place: p})
			m.Segments = append(m.Segments, mobility.Segment{Start: a, End: b, State: mobility.Stay, Cells: []uint32{p}})
			m.Spans = append(m.Spans, mobility.Span{Start: a, End: b, Place: p})
		}
	}
	return m
}

func added(s population.Monthly, m *population.Month) string {
	var words []string
	s.Contribute(m, func(table int, cell uint64) {
		shape := s.Tables()[table].Shape
		at := make([]int, len(shape.Dims))
		shape.At(cell, at)
		word := shape.Name
		for i, k := range at {
			word += " " + shape.Dims[i].Codes[k]
		}
		words = append(words, word)
	})
	return strings.Join(words, ", ")
}

// TestMonthsDrawn reads lines such as "1-5,8-12 H 0-8 W 9-17 H 18-24", days counted from 1, a Monday, and prints what is added
// by each rule. docs/method/usual-environment.md shows the first case.
func TestMonthsDrawn(t *testing.T) {
	datadriven.RunTest(t, "testdata/month", func(t *testing.T, d *datadriven.TestData) string {
		of := make(map[int]string)
		for _, line := range strings.Split(strings.TrimSpace(d.Input), "\n") {
			days, what, _ := strings.Cut(line, " ")
			for _, r := range strings.Split(days, ",") {
				var from, until int
				if n, _ := fmt.Sscanf(r, "%d-%d", &from, &until); n == 1 {
					until = from
				}
				for day := from; day <= until; day++ {
					of[day-1] = what
				}
			}
		}
		g := valley(t, same)
		m := drawMonth(g, window(0), of)
		m.Inbound = d.HasArg("inbound")
		o := usual.Options{}
		if d.HasArg("mindays") {
			d.ScanArgs(t, "mindays", &o.MinDays)
		}
		if d.HasArg("noworkdays") {
			o.Workday = func(int) bool { return false }
		}
		out := ""
		for _, o.Rule = range []string{usual.Modal, usual.Permanence} {
			out += o.Rule + ": " + added(usual.New(g, o), m) + "\n"
		}
		return out
	})
}

// TestRandomMonths: bounds are kept, names of zones and whole weeks change nothing. A device spends each night in one cell
// and each day in another, at random.
func TestRandomMonths(t *testing.T) {
	const seed = 21
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, seed))
	turned := map[string]string{"H": "Y", "W": "X", "X": "W", "Y": "H"}
	other := func(id string) string { return turned[id] }
	g, named := valley(t, same), valley(t, other)
	found := 0
	for range 300 {
		of, home := make(map[int]string), "HWXYho"[r.IntN(6)]
		for d := range 28 {
			night, day := home, "HWXYhwo!"[r.IntN(8)]
			if r.IntN(5) == 0 {
				night = "HWXYho"[r.IntN(6)]
			}
			if r.IntN(6) > 0 {
				of[d] = fmt.Sprintf("%c 0-8 %c 9-17 %c 18-24", night, day, night)
			}
		}
		for _, rule := range []string{usual.Modal, usual.Permanence} {
			o := usual.Options{Rule: rule}
			s := usual.New(g, o)
			got := added(s, drawMonth(g, window(0), of))
			if n := strings.Count(got, "home-work "); n > 1 || strings.Count(got, "home ") > 1 {
				t.Fatalf("%s: a unit adds %s", rule, got)
			}
			if shifted := added(s, drawMonth(g, window(1), of)); shifted != got {
				t.Fatalf("%s: a week later %q, want %q", rule, shifted, got)
			}
			words := strings.Fields(strings.ReplaceAll(added(usual.New(named, o), drawMonth(named, window(0), of)), ",", " ,"))
			for i, w := range words {
				if z, ok := turned[w]; ok {
					words[i] = z // each turn is its own inverse
				}
			}
			if back := strings.ReplaceAll(strings.Join(words, " "), " ,", ","); back != got {
				t.Fatalf("%s: with other names %q, want %q", rule, back, got)
			}
			if got != "" {
				found++
			}
		}
	}
	if found < 100 {
		t.Errorf("only %d homes were found: the test sees too little", found)
	}
}

// TestBounds: one cell of each table, and twice the squared sensitivity, since a home may move.
func TestBounds(t *testing.T) {
	for _, tab := range usual.New(valley(t, same), usual.Options{}).Tables() {
		if tab.D2() != 2 || tab.Sparse {
			t.Errorf("%s: D2 %d, sparse %v", tab.Shape.Name, tab.D2(), tab.Sparse)
		}
	}
}
