package tourism_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/locate"
	"github.com/throng-stats/throng/mobility"
	"github.com/throng-stats/throng/population"
	"github.com/throng-stats/throng/population/tourism"
)

// ground has zones H, N, M, S, T, W of 10,000 residents, and k and l of 3,000 each below K, with a cell in each that is named
// like it; o lies outside all zones. The grounds of H and N touch. rename gives other ids to the zones.
func ground(t *testing.T, rename func(string) string) *locate.Ground {
	t.Helper()
	list := []throng.Zone{{ID: rename("K"), Level: 0, Residents: 6_000}}
	for _, id := range "HMNSTW" {
		list = append(list, throng.Zone{ID: rename(string(id)), Level: 1, Residents: 10_000})
	}
	for _, id := range "kl" {
		list = append(list, throng.Zone{ID: rename("K" + string(id)), Parent: rename("K"), Level: 1, Residents: 3_000})
	}
	zones, err := throng.NewZones(list)
	if err != nil {
		t.Fatal(err)
	}
	g := &locate.Ground{Zones: zones}
	for i, id := range "HMNSTWklo" {
		zone := rename(string(id))
		if id == 'k' || id == 'l' {
			zone = rename("K" + string(id))
		}
		p := locate.Place{ID: string(id), Zone: -1, Leaf: int32(i)}
		if z, ok := zones.Index(zone); ok {
			p.Zone = int32(z)
		}
		g.Places = append(g.Places, p)
		near := []uint32{uint32(i)}
		if id == 'H' {
			near = []uint32{0, 2}
		} else if id == 'N' {
			near = []uint32{0, 2}
		}
		g.Near = append(g.Near, near)
	}
	g.Index()
	return g
}

func same(id string) string { return id }

var countries = map[uint16]int{214: 0, 208: 1, 310: 2, 311: 2}

func counting() tourism.Counting {
	return tourism.Counting{
		Classes:   throng.Classes{Origin: []string{"75", "13", "other", "U"}},
		Countries: []string{"ES", "FR", "US", throng.Other},
		Country: func(mcc uint16) int {
			if i, ok := countries[mcc]; ok {
				return i
			}
			return 3
		},
	}
}

// TestMonth reads how somebody spends a month: at home and, on workdays from 9 to 17, at work (home=H work=W; without
// them nothing is known), and then line by line what was otherwise, "6-10 18:00 > 6-15 12:00 S". Letters are the cells of a
// stay, a number is a country, ? is unknown time, ~ is on the move. It prints what is added to which table.
func TestMonth(t *testing.T) {
	for _, file := range []string{"month", "page"} {
		datadriven.RunTest(t, "testdata/"+file, func(t *testing.T, d *datadriven.TestData) string {
			o := counting()
			var out strings.Builder
			m := draw(t, ground(t, same), d, &o)
			s := tourism.New(ground(t, same), o)
			s.Contribute(m, printer(&out, s))
			return out.String()
		})
	}
}

func printer(out *strings.Builder, s *tourism.Tourism) population.Emit {
	return func(table int, cell uint64) {
		shape := s.Tables()[table].Shape
		at := make([]int, len(shape.Dims))
		shape.At(cell, at)
		fmt.Fprint(out, shape.Name)
		for i, k := range at {
			fmt.Fprint(out, " ", shape.Dims[i].Codes[k])
		}
		fmt.Fprintln(out)
	}
}

// draw paints a month minute by minute.
func draw(t *testing.T, g *locate.Ground, d *datadriven.TestData, o *tourism.Counting) *population.Month {
	t.Helper()
	name, home, work, clock := "2024-06", "", "", "UTC"
	for _, arg := range d.CmdArgs {
		switch arg.Key {
		case "month":
			name = arg.Vals[0]
		case "home":
			home = arg.Vals[0]
		case "work":
			work = arg.Vals[0]
		case "clock":
			clock = arg.Vals[0]
		case "trips":
			o.Trips, _ = strconv.Atoi(arg.Vals[0])
		case "ends":
			o.Ends = true
		}
	}
	loc, err := time.LoadLocation(clock)
	if err != nil {
		t.Skip("no time zones on this machine")
	}
	o.Clock = loc
	period, err := throng.MonthOf(name, loc)
	if err != nil {
		t.Fatal(err)
	}
	m := &population.Month{Period: period, Days: period.DaysOf(loc), Inbound: d.HasArg("inbound")}
	paint := make([]string, (period.End-period.Start)/60e3)
	fill := func(from, to time.Time, what string) {
		for i := (from.UnixMilli() - period.Start) / 60e3; i < (to.UnixMilli()-period.Start)/60e3; i++ {
			paint[i] = what
		}
	}
	fill(time.UnixMilli(period.Start), time.UnixMilli(period.End), "?")
	for day := range m.Days {
		at := func(hour int) time.Time {
			y, mon, _ := time.UnixMilli(period.Start).In(loc).Date()
			return time.Date(y, mon, day+1, hour, 0, 0, 0, loc)
		}
		if home != "" {
			fill(at(0), at(24), home)
		}
		if weekday := at(12).Weekday(); work != "" && weekday != time.Saturday && weekday != time.Sunday {
			fill(at(8), at(18), "~")
			fill(at(9), at(17), work)
		}
	}
	for _, line := range strings.Split(strings.TrimSpace(d.Input), "\n") {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		from, rest, _ := strings.Cut(line, " > ")
		f := strings.Fields(rest)
		read := func(text string) time.Time {
			at, err := time.ParseInLocation("2006-1-2 15:04", name[:5]+text, loc)
			if err != nil {
				t.Fatal(err)
			}
			return at
		}
		fill(read(from), read(f[0]+" "+f[1]), f[2])
	}
	cut(g, m, paint)
	return m
}

// cut makes segments, spans and records of what was painted.
func cut(g *locate.Ground, m *population.Month, paint []string) {
	for from := 0; from < len(paint); {
		to := from + 1
		for to < len(paint) && paint[to] == paint[from] {
			to++
		}
		s := mobility.Segment{Start: m.Period.Start + int64(from)*60e3, End: m.Period.Start + int64(to)*60e3}
		switch what := paint[from]; {
		case what == "?":
			s.State = mobility.Unknown
		case what == "~":
			s.State = mobility.Move
		case what[0] >= '0' && what[0] <= '9':
			mcc, _ := strconv.Atoi(what)
			s.State, s.Country = mobility.Abroad, uint16(mcc)
			record(m, s, mobility.Seen{Place: event.NoPlace, Abroad: s.Country})
		default:
			s.State = mobility.Stay
			for i, c := range what {
				place, _ := g.Place([]byte(string(c)))
				s.Cells = append(s.Cells, place)
				part := (s.End - s.Start) / int64(len(what))
				m.Spans = append(m.Spans, mobility.Span{Start: s.Start + int64(i)*part, End: s.Start + int64(i+1)*part, Place: place})
			}
			record(m, s, mobility.Seen{Place: s.Cells[0]})
			slices.Sort(s.Cells)
		}
		m.Segments = append(m.Segments, s)
		from = to
	}
	for _, s := range m.Seen {
		for d, day := range m.Days {
			if n := len(m.Active); day.Contains(s.Time) && (n == 0 || m.Active[n-1] != int32(d)) {
				m.Active = append(m.Active, int32(d))
			}
		}
	}
}

// record gives a segment a record an hour.
func record(m *population.Month, s mobility.Segment, as mobility.Seen) {
	for at := s.Start; at < s.End; at += 3600e3 {
		as.Time = at
		m.Seen = append(m.Seen, as)
	}
}

// TestTables: shapes, bounds and squared sensitivities (privacy.md, section 4: 2a = 8 for trips, 2 for absences).
func TestTables(t *testing.T) {
	o := counting()
	o.Ends = true
	s := tourism.New(ground(t, same), o)
	var got strings.Builder
	for _, tab := range s.Tables() {
		fmt.Fprint(&got, tab.Shape.Name, " D2 ", tab.D2())
		for _, d := range tab.Shape.Dims {
			fmt.Fprint(&got, "; ", d.Name, " ", strings.Join(d.Codes, " "))
		}
		fmt.Fprintln(&got)
	}
	want := `trips D2 8; zone K H M N S T W; origin 75 13 other U
abroad D2 8; country ES FR US other; origin 75 13 other U
length D2 8; ` + throng.DimKind + ` inbound domestic outbound; nights 0 1 2-3 4-7 8-14 15+
absences D2 2; country ES FR US other; origin 75 13 other U
ends D2 16; ` + throng.DimKind + ` first last; zone K H M N S T W; origin 75 13 other U
`
	if s.Product() != "tourism" || got.String() != want {
		t.Errorf("%s: got\n%swant\n%s", s.Product(), got.String(), want)
	}
	if n := len(tourism.New(ground(t, same), counting()).Tables()); n != 4 {
		t.Errorf("without ends: got %d tables, want 4", n)
	}
	bare := tourism.New(&locate.Ground{}, tourism.Counting{}) // no zones, no countries: nothing but other
	if dims := bare.Tables()[0].Shape.Dims; len(dims[0].Codes) != 0 {
		t.Errorf("no zones: got %v", dims[0].Codes)
	}
}

// TestLength: the classes of nights of methods.md, section 21.
func TestLength(t *testing.T) {
	var got []string
	for _, n := range []int{0, 1, 2, 3, 4, 7, 8, 14, 15, 31} {
		got = append(got, tourism.Lengths[tourism.Length(n)])
	}
	if want := "0 1 2-3 2-3 4-7 4-7 8-14 8-14 15+ 15+"; strings.Join(got, " ") != want {
		t.Errorf("got %v, want %s", got, want)
	}
}
