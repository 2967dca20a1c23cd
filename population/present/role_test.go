package present_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/locate"
	"github.com/throng-stats/throng/mobility"
	"github.com/throng-stats/throng/population"
	"github.com/throng-stats/throng/population/present"
)

// village has zones L, N, S, W below P with a cell, leaf and block in each, and the cell o outside all zones.
func village(t *testing.T) *locate.Ground {
	t.Helper()
	list := []throng.Zone{{ID: "P", Level: 0, Residents: 40_000}}
	for _, id := range "LNSW" {
		list = append(list, throng.Zone{ID: string(id), Parent: "P", Level: 1, Residents: 10_000})
	}
	zones, err := throng.NewZones(list)
	if err != nil {
		t.Fatal(err)
	}
	g := &locate.Ground{Zones: zones}
	for i, id := range "LNSWo" {
		p := locate.Place{ID: string(id), Zone: -1, Leaf: int32(i)}
		if z, ok := zones.Index(string(id)); ok {
			p.Zone = int32(z)
		}
		g.Places = append(g.Places, p)
		g.Tree.Leaves = append(g.Tree.Leaves, throng.Leaf{ID: "l" + string(id), Block: i})
		g.Tree.Blocks = append(g.Tree.Blocks, throng.Block{ID: "b" + string(id)})
	}
	g.Tree.Areas = []throng.Block{{ID: "A"}}
	g.Index()
	return g
}

// methodsDay is the day of methods.md, section 21.
const methodsDay = `STAY N 00:00 07:00, MOVE N 07:00 07:30, MOVE W 07:30 08:00, STAY W 08:00 12:00, MOVE W 12:00 12:20,
STAY L 12:20 13:00, MOVE W 13:00 13:10, STAY W 13:10 17:00, STAY S 19:00 19:40, MOVE N 19:40 20:00, STAY N 20:00 24:00`

// drawn reads segments such as "STAY N 00:00 07:00"; the timeline follows them.
func drawn(g *locate.Ground, day throng.Period, text string) *mobility.Day {
	d := &mobility.Day{}
	for _, line := range strings.Split(text, ",") {
		var state, place string
		var h1, m1, h2, m2 int64
		fmt.Sscanf(strings.TrimSpace(line), "%s %s %d:%d %d:%d", &state, &place, &h1, &m1, &h2, &m2)
		p, _ := g.Place([]byte(place))
		s := mobility.Segment{Start: day.Start + (60*h1+m1)*60e3, End: day.Start + (60*h2+m2)*60e3, State: mobility.Move, Cells: []uint32{p}}
		switch state {
		case "STAY":
			s.State = mobility.Stay
		case "UNKNOWN":
			s.State = mobility.Unknown
		}
		d.Segments = append(d.Segments, s)
		d.Spans = append(d.Spans, mobility.Span{Start: s.Start, End: s.End, Place: p})
	}
	return d
}

// cells prints what a statistic adds to the table of that name.
func cells(s population.Statistic, u *population.Unit, table string) string {
	var words []string
	s.Contribute(u, func(k int, cell uint64) {
		shape := s.Tables()[k].Shape
		if shape.Name != table {
			return
		}
		at := make([]int, len(shape.Dims))
		shape.At(cell, at)
		var one []string
		for i, c := range at {
			if shape.Dims[i].Name == throng.DimTime {
				one = append(one, fmt.Sprint(c))
			} else {
				one = append(one, shape.Dims[i].Codes[c])
			}
		}
		words = append(words, strings.Join(one, " "))
	})
	return strings.Join(words, ", ")
}

// TestRoles is the worked check of methods.md, section 21; docs/method/roles.md shows the first row.
func TestRoles(t *testing.T) {
	g := village(t)
	day, _ := throng.DayOf("2024-05-06", time.UTC)
	night := "bN 0 R, bN 1 R, bN 2 R, bN 3 R, bN 4 R, bN 5 R, bN 6 R, bN 7 transit"
	morning := ", bW 8 C, bW 9 C, bW 10 C, bW 11 C, bL 12 visitor, bW 13 C, bW 14 C, bW 15 C, bW 16 C"
	evening := ", bS 19 visitor, bN 20 R, bN 21 R, bN 22 R, bN 23 R"
	for _, c := range []struct {
		name             string
		day              string
		workday, inbound bool
		resident, worker string
		want             string
	}{
		{"a workday", methodsDay, true, false, "resident", "commuter", night + morning + evening},
		{"a Sunday", methodsDay, false, false, "resident", "visitor", night + morning + evening},
		{"a guest from abroad", methodsDay, true, true, "visitor", "visitor", night + morning + evening},
		{"no presence at night", "STAY W 08:00 10:00", true, false, "", "", "bW 8 unknown, bW 9 unknown"},
		{"a night outside all zones", "STAY o 00:00 02:00, STAY W 08:00 09:00", true, false, "", "", "bo 0 unknown, bo 1 unknown, bW 8 unknown"},
		{"a day outside all zones", "STAY N 05:00 06:00, STAY o 08:00 10:00, STAY o 10:00 12:10", true, false, "resident", "",
			"bN 5 R, bo 8 visitor, bo 9 visitor, bo 10 visitor, bo 11 visitor, bo 12 transit"},
		{"900 s are a stay, less is passing", "STAY N 05:00 06:00, STAY W 08:00 08:15, STAY S 09:00 09:14", true, false, "resident", "",
			"bN 5 R, bW 8 visitor, bS 9 transit"},
		{"silence is no move, and no work", "UNKNOWN N 00:00 06:55, STAY N 06:55 07:00, MOVE W 07:00 08:00, UNKNOWN W 08:00 12:00, MOVE S 12:00 12:40, UNKNOWN S 12:40 12:55", true, false, "resident", "",
			"bN 0 R, bN 1 R, bN 2 R, bN 3 R, bN 4 R, bN 5 R, bN 6 R, bW 7 transit, bW 8 visitor, bW 9 visitor, bW 10 visitor, bW 11 visitor, bS 12 visitor"},
		{"4 h are work, less is a visit", "STAY N 05:00 06:00, STAY W 07:00 12:00, STAY S 12:00 15:59", true, false, "resident", "commuter",
			"bN 5 R, bW 7 C, bW 8 C, bW 9 C, bW 10 C, bW 11 C, bS 12 visitor, bS 13 visitor, bS 14 visitor, bS 15 visitor"},
	} {
		want := strings.NewReplacer(" R", " "+c.resident, " C", " "+c.worker).Replace(c.want)
		p := present.New(g, day, present.Options{Role: true, Workday: c.workday})
		got := cells(p, &population.Unit{Period: day, Inbound: c.inbound, Day: drawn(g, day, c.day)}, "role")
		if got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", c.name, got, want)
		}
		if d2 := p.Tables()[1].D2(); d2 != 24 {
			t.Errorf("D2 is %d, want 24", d2)
		}
	}
}

// TestNights: the night zone of methods.md, section 21, its ties, and the tables. docs/method/nights.md shows the first rows.
func TestNights(t *testing.T) {
	g := village(t)
	day, _ := throng.DayOf("2024-05-06", time.UTC)
	for _, c := range []struct{ name, day, total, origin, gender string }{
		{"the day of the methods", methodsDay, "N", "P abroad", "M"},
		{"most of the night", "STAY S 00:00 02:30, STAY W 02:30 06:00, STAY S 06:00 24:00", "W", "P abroad", "M"},
		{"a tie goes to the smaller id", "STAY S 00:00 02:00, STAY N 02:00 04:00", "N", "P abroad", "M"},
		{"nobody seen at night", "STAY S 06:00 24:00", "", "", ""},
		{"a night outside all zones", "STAY o 00:00 06:00", "", "", ""},
	} {
		u := &population.Unit{Period: day, Attr: event.Attr{Gender: 1, Origin: 1}, Day: drawn(g, day, c.day)}
		if got := cells(present.NewNights(g, day, present.NightOptions{}), u, "total"); got != c.total {
			t.Errorf("%s: total %q, want %q", c.name, got, c.total)
		}
		full := present.NewNights(g, day, present.NightOptions{Gender: true, Age: true, Origin: true, Classes: classes})
		if origin, gender := cells(full, u, "origin"), cells(full, u, "gender"); origin != c.origin || gender != c.gender {
			t.Errorf("%s: %q and %q, want %q and %q", c.name, origin, gender, c.origin, c.gender)
		}
		for _, tab := range full.Tables() {
			if tab.D2() != 1 || tab.Shape.Name == "total" {
				t.Errorf("table %s with D2 %d: with origins there is no total, and D2 is 1", tab.Shape.Name, tab.D2())
			}
		}
	}
}

// TestWindows: the night and the working hours are those of the local clock, also when it changes.
func TestWindows(t *testing.T) {
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Skip("no time zone database on this machine")
	}
	const hour = 3600_000
	for name, night := range map[string]int64{"2026-03-28": 6, "2026-03-29": 5, "2026-10-25": 7} {
		day, _ := throng.DayOf(name, paris)
		w := present.WindowsOf(day, paris)
		if w.NightStart != day.Start || w.NightEnd != day.Start+night*hour || w.WorkStart != w.NightEnd+2*hour || w.WorkEnd != w.WorkStart+10*hour {
			t.Errorf("%s: %+v, want a night of %d hours", name, w, night)
		}
	}
}

// TestVisitors: each zone once, the first ones. docs/method/visitors.md shows the first row.
func TestVisitors(t *testing.T) {
	g := village(t)
	day, _ := throng.DayOf("2024-05-06", time.UTC)
	for _, c := range []struct {
		most int
		want string
	}{{0, "N, W, L, S"}, {2, "N, W"}} {
		v := present.NewVisitors(g, day, c.most)
		u := &population.Unit{Period: day, Day: drawn(g, day, "STAY o 00:00 00:00,"+methodsDay)}
		if got := cells(v, u, "total"); got != c.want {
			t.Errorf("most %d: got %q, want %q", c.most, got, c.want)
		}
	}
	if d2 := present.NewVisitors(g, day, 0).Tables()[0].D2(); d2 != 10 {
		t.Errorf("D2 is %d, want 10", d2)
	}
}

// TestLeafZones: by shares, or by places where there are none; ties to the smaller id.
func TestLeafZones(t *testing.T) {
	g := village(t)
	zone := func(id string) int32 { z, _ := g.Zones.Index(id); return int32(z) }
	g.Shares = []throng.Share{{Leaf: 1, Zone: zone("S"), Weight: .25}, {Leaf: 1, Zone: zone("W"), Weight: .25}, {Leaf: 1, Zone: zone("S"), Weight: .2},
		{Leaf: 1, Zone: -1, Weight: .3}, {Leaf: 2, Zone: zone("W"), Weight: .5}, {Leaf: 2, Zone: zone("L"), Weight: .5}, {Leaf: 3, Zone: -1, Weight: 1}}
	if got := fmt.Sprint(present.LeafZones(g)); got != "[0 2 0 -1 -1]" {
		t.Errorf("got %s", got)
	}
}
