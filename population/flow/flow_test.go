package flow_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/locate"
	"github.com/throng-stats/throng/mobility"
	"github.com/throng-stats/throng/population"
	"github.com/throng-stats/throng/population/flow"
)

// ground has a zone for each of the letters L, N, S, W, X, Y, Z and a cell in each.
func ground(t *testing.T) *locate.Ground {
	var list []throng.Zone
	for _, id := range "LNSWXYZ" {
		list = append(list, throng.Zone{ID: string(id), Level: 1})
	}
	zones, err := throng.NewZones(list)
	if err != nil {
		t.Fatal(err)
	}
	g := &locate.Ground{Zones: zones}
	for i, z := range list {
		g.Places = append(g.Places, locate.Place{ID: z.ID, Zone: int32(i), Leaf: int32(i)})
		g.Near = append(g.Near, []uint32{uint32(i)})
	}
	g.Index()
	return g
}

// TestFlow reads a day, as "STAY N 00:00 07:00" or as marks "08:00 X", and prints the trips that are counted.
func TestFlow(t *testing.T) {
	datadriven.RunTest(t, "testdata/flow", func(t *testing.T, d *datadriven.TestData) string {
		g := ground(t)
		day, _ := throng.DayOf("2024-05-06", time.UTC)
		o := flow.Options{Consecutive: d.HasArg("consecutive")}
		if d.HasArg("silence") {
			var hours int
			d.ScanArgs(t, "silence", &hours)
			o.Silence = time.Duration(hours) * time.Hour
		}
		if d.HasArg("trips") {
			d.ScanArgs(t, "trips", &o.Trips)
		}
		f := flow.Hourly(g, day, o)
		if d.HasArg("daily") {
			f = flow.Daily("flows-day", g, day, o)
		}
		u := &population.Unit{Period: day, Day: parse(t, g, day, d.Input)}
		var out strings.Builder
		shape, at := f.Tables()[0].Shape, make([]int, len(f.Tables()[0].Shape.Dims))
		f.Contribute(u, func(table int, cell uint64) {
			shape.At(cell, at)
			var codes []string
			for i, k := range at {
				codes = append(codes, shape.Dims[i].Codes[k])
			}
			fmt.Fprintln(&out, strings.Join(codes, " "))
		})
		return out.String()
	})
}

func parse(t *testing.T, g *locate.Ground, day throng.Period, text string) *mobility.Day {
	t.Helper()
	at := func(clock string) int64 {
		var h, m int
		fmt.Sscanf(clock, "%d:%d", &h, &m)
		return day.Start + int64(h*60+m)*60e3
	}
	out := &mobility.Day{}
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		f := strings.Fields(line)
		if len(f) == 2 { // a mark
			p, _ := g.Place([]byte(f[1]))
			out.Seen = append(out.Seen, mobility.Seen{Time: at(f[0]), Place: p})
			continue
		}
		s := mobility.Segment{Start: at(f[len(f)-2]), End: at(f[len(f)-1])}
		s.State = map[string]mobility.State{"STAY": mobility.Stay, "MOVE": mobility.Move, "UNKNOWN": mobility.Unknown}[f[0]]
		if s.State != mobility.Unknown {
			for _, c := range f[1] {
				p, _ := g.Place([]byte(string(c)))
				s.Cells = append(s.Cells, p)
				out.Spans = append(out.Spans, mobility.Span{Start: s.Start, End: s.End, Place: p})
			}
			slices.Sort(s.Cells)
		}
		out.Segments = append(out.Segments, s)
	}
	return out
}

func TestTrips(t *testing.T) {
	g := ground(t)
	month, _ := throng.MonthOf("2024-05", time.UTC)
	u := &population.Unit{Period: month, Trip: event.Record{Place: 0, To: 1, Time: 3600_000, End: 2*3600_000 + 1, Origin: 1}}
	collect := func(s population.Statistic) (got []string) {
		s.Contribute(u, func(table int, cell uint64) {
			shape := s.Tables()[table].Shape
			at := make([]int, len(shape.Dims))
			shape.At(cell, at)
			got = append(got, fmt.Sprint(shape.Name, at))
		})
		return got
	}
	if got := collect(flow.Pairs(g, []string{"940", "941", "U"})); fmt.Sprint(got) != "[total[0 1] origin[1]]" {
		t.Errorf("pairs: %v", got)
	}
	if got := collect(flow.Vehicles(g, month)); fmt.Sprint(got) != "[departures[0 1] arrivals[1 2]]" {
		t.Errorf("vehicles: %v", got)
	}
	u.Trip.End = uint32(month.End - month.Start) // ends at midnight of the first of June
	if got := collect(flow.Vehicles(g, month)); fmt.Sprint(got) != "[departures[0 1]]" {
		t.Errorf("an end outside the month: %v", got)
	}
	for _, s := range []population.Statistic{flow.Pairs(g, nil), flow.Vehicles(g, month)} {
		for _, tab := range s.Tables() {
			if tab.Bound.D2() != 1 {
				t.Errorf("%s %s: D2 %d, want 1", s.Product(), tab.Shape.Name, tab.Bound.D2())
			}
		}
	}
}

// TestVehiclesPage counts the worked example of docs/method/vehicles.md.
func TestVehiclesPage(t *testing.T) {
	g := ground(t)
	month, err := throng.MonthOf("2024-05", time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	at := func(day, hour, minute int) uint32 { return uint32(((day-1)*24+hour)*60+minute) * 60_000 }
	const p, q = 0, 1
	got := map[string]int{}
	s := flow.Vehicles(g, month)
	for _, trip := range []event.Record{
		{Place: p, To: q, Time: at(6, 8, 5), End: at(6, 8, 25)}, {Place: p, To: q, Time: at(6, 8, 50), End: at(6, 9, 10)},
		{Place: q, To: p, Time: at(6, 8, 40), End: at(6, 8, 59)}, {Place: p, To: q, Time: at(31, 23, 50), End: at(32, 0, 15)},
	} {
		s.Contribute(&population.Unit{Period: month, Trip: trip}, func(table int, cell uint64) {
			shape := s.Tables()[table].Shape
			where := make([]int, 2)
			shape.At(cell, where)
			got[fmt.Sprintf("%s %s %s", shape.Name, map[bool]string{true: "P", false: "Q"}[where[0] == p], shape.Dims[1].Codes[where[1]])]++
		})
	}
	want := map[string]int{"departures P 2024-05-06T08:00:00Z": 2, "departures Q 2024-05-06T08:00:00Z": 1, "departures P 2024-05-31T23:00:00Z": 1,
		"arrivals Q 2024-05-06T08:00:00Z": 1, "arrivals Q 2024-05-06T09:00:00Z": 1, "arrivals P 2024-05-06T08:00:00Z": 1}
	if !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
