package filter_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/filter"
	"github.com/throng-stats/throng/locate"
)

// ground holds the cells of the worked check of methods.md, section 4. X is valid from 10:00 to 20:00 of 6 May 2024.
func ground() *locate.Ground {
	day := time.Date(2024, 5, 6, 0, 0, 0, 0, time.UTC).UnixMilli()
	always := int64(math.MaxInt64)
	g := &locate.Ground{Places: []locate.Place{
		{ID: "L", Lat: 38.72, Lon: -9.14, Until: always},
		{ID: "P", Lat: 41.15, Lon: -8.61, Until: always},
		{ID: "Q", Lat: 41.16, Lon: -8.60, Until: always},
		{ID: "V", Lat: 41.15, Lon: -7.80, Until: always},
		{ID: "X", Lat: 41.20, Lon: -8.70, From: day + 10*3600e3, Until: day + 20*3600e3},
	}}
	g.Index()
	return g
}

var names = map[string]string{
	"duplicate": "duplicate", "several places at one instant": "5", "cell not valid at that time": "2", "impossible jump": "3", "suspicious jump": "4",
}

// TestUnit draws the events of one device and prints the flag of each: methods.md, section 4.
func TestUnit(t *testing.T) {
	datadriven.RunTest(t, "testdata/unit", func(t *testing.T, d *datadriven.TestData) string {
		g := ground()
		day := throng.Period{Name: "2024-05-06", Start: time.Date(2024, 5, 6, 0, 0, 0, 0, time.UTC).UnixMilli()}
		day.End = day.Start + 24*3600e3
		var records []event.Record
		for _, line := range strings.Split(strings.TrimSpace(d.Input), "\n") {
			var at, place string
			fmt.Sscan(line, &at, &place)
			clock, err := time.Parse(time.TimeOnly, at)
			if err != nil {
				t.Fatal(err)
			}
			r := event.Record{Unit: 1, Time: uint32(clock.Hour()*3600+clock.Minute()*60+clock.Second()) * 1000}
			if place == "abroad" {
				r.Place, r.To = event.NoPlace, 20801
			} else {
				r.Place, _ = g.Place([]byte(place))
			}
			records = append(records, r)
		}
		event.Sort(records)
		f := filter.New(filter.Options{Local: []uint16{268}}, g)
		kept := f.Unit(append([]event.Record(nil), records...), day.Start)
		var out strings.Builder
		for _, r := range kept {
			place := "abroad"
			if r.Place != event.NoPlace {
				place = g.Places[r.Place].ID
			}
			fmt.Fprintf(&out, "%s %s\n", time.UnixMilli(day.Start+int64(r.Time)).UTC().Format(time.TimeOnly), place)
		}
		for _, l := range f.Counts.Lines() {
			fmt.Fprintf(&out, "flag %s: %d\n", names[l.Reason], l.Count)
		}
		return out.String()
	})
}

// TestRow is the worked check of methods.md, section 2, as far as a readable row goes.
func TestRow(t *testing.T) {
	day, err := throng.DayOf("2024-05-06", time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	at := func(h int) int64 { return day.Start + int64(h)*3600e3 }
	for _, c := range []struct {
		name    string
		time    int64
		place   uint32
		sim     uint16
		network uint32
		bad     event.Bad
		domain  filter.Domain
		want    string
	}{
		{"domestic", at(8), 1, 268, 0, 0, filter.Domestic, ""},
		{"inbound, last second", at(24) - 1000, 1, 208, 0, 0, filter.Inbound, ""},
		{"midnight belongs to the next day", at(24), 1, 208, 0, 0, filter.Inbound, "time outside the period"},
		{"outbound needs no cell", at(10), event.NoPlace, 268, 20801, event.NullPlace, filter.Outbound, ""},
		{"home network needs a cell", at(11), event.NoPlace, 268, 26801, event.NullPlace, filter.Domestic, "no place"},
		{"home network, which the feed did not flag", at(11), event.NoPlace, 268, 26801, 0, filter.Domestic, "no place"},
		{"abroad, which the feed did not flag", at(11), event.NoPlace, 268, 20801, 0, filter.Outbound, ""},
		{"unknown cell", at(11), event.NoPlace, 268, 0, event.UnknownPlace, filter.Domestic, "place not in the cell plan"},
		{"several reasons count once as a row", at(10), 1, 99, 9999, event.NullUnit | event.BadSIM | event.BadNetwork, filter.Outbound, "no pseudonym"},
		{"six-digit network", at(10), event.NoPlace, 268, 310410, event.NullPlace, filter.Outbound, ""},
	} {
		f := filter.New(filter.Options{Local: []uint16{268}}, ground())
		b := &event.Batch{Unit: []uint64{7}, Time: []int64{c.time}, Place: []uint32{c.place}, SIM: []uint16{c.sim},
			Network: []uint32{c.network}, Bad: []event.Bad{c.bad}}
		ok := f.Row(b, 0, day.Start, day.End, day.Contains(c.time), new(event.Record))
		if got := f.Domain(c.sim, c.network); got != c.domain {
			t.Errorf("%s: domain %d, want %d", c.name, got, c.domain)
		}
		if ok != (c.want == "") {
			t.Errorf("%s: kept %v, want %q", c.name, ok, c.want)
		}
		if c.want != "" && f.Counts.Lines()[0].Reason != c.want {
			t.Errorf("%s: got %q, want %q", c.name, f.Counts.Lines()[0].Reason, c.want)
		}
		if f.Counts.Rows != 1 || f.Counts.Rejected > 1 {
			t.Errorf("%s: a row was counted %d times, rejected %d times", c.name, f.Counts.Rows, f.Counts.Rejected)
		}
	}
}

func TestTrip(t *testing.T) {
	day, _ := throng.DayOf("2024-05-06", time.UTC)
	f := filter.New(filter.Options{}, ground())
	b := &event.Batch{Unit: []uint64{1, 2, 3}, Time: []int64{day.Start, day.Start, day.Start}, Place: []uint32{0, 0, 0}, To: []uint32{1, 1, 1},
		End: []int64{day.Start + 1000, day.Start - 1, day.Start + 25*3600e3}, Bad: make([]event.Bad, 3)}
	var kept []bool
	for i := range 3 {
		ok := f.Row(b, i, day.Start, day.End, true, new(event.Record))
		kept = append(kept, ok)
	}
	if fmt.Sprint(kept) != "[true false false]" || f.Counts.Dropped[filter.EndBeforeStart] != 1 || f.Counts.Dropped[filter.TooLong] != 1 {
		t.Errorf("kept %v, counts %v", kept, f.Counts.Lines())
	}
}

// TestFlood: a unit with too many rows loses the later ones, and nobody else notices.
func TestFlood(t *testing.T) {
	f := filter.New(filter.Options{MaxRecords: 3}, ground())
	var records []event.Record
	for i := range uint32(5) {
		records = append(records, event.Record{Unit: 1, Time: i * 1000, Place: 1})
	}
	if kept := f.Unit(records, 0); len(kept) != 3 || f.Counts.Dropped[filter.Flood] != 2 {
		t.Errorf("kept %d, counts %v", len(kept), f.Counts.Lines())
	}
}
