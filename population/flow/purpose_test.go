package flow_test

import (
	"strings"
	"testing"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/population"
	"github.com/throng-stats/throng/population/flow"
)

// TestPurpose is the worked check of methods.md, section 21: trips with the purpose of where they end.
func TestPurpose(t *testing.T) {
	g := ground(t)
	day, _ := throng.DayOf("2024-05-06", time.UTC)
	lines := strings.Join([]string{"STAY N 00:00 07:00", "MOVE N 07:00 07:30", "MOVE W 07:30 08:00", "STAY W 08:00 12:00", "MOVE W 12:00 12:20",
		"STAY L 12:20 13:00", "MOVE W 13:00 13:10", "STAY W 13:10 17:00", "UNKNOWN 17:00 19:00", "STAY S 19:00 19:40", "MOVE N 19:40 20:00", "STAY N 20:00 24:00"}, "\n")
	for _, c := range []struct {
		name             string
		workday, inbound bool
		trips            int
		want             string
	}{
		{"a workday", true, false, 0, "N W work, W L other, L W work, S N home"},
		{"a Sunday", false, false, 0, "N W other, W L other, L W other, S N home"},
		{"a guest from abroad", true, true, 0, "N W other, W L other, L W other, S N other"},
		{"the first two", true, false, 2, "N W work, W L other"},
	} {
		f := flow.Daily("flows-day", g, day, flow.Options{Purpose: true, Workday: c.workday, Trips: c.trips})
		var got, total []string
		at := make([]int, 3)
		f.Contribute(&population.Unit{Period: day, Inbound: c.inbound, Day: parse(t, g, day, lines)}, func(table int, cell uint64) {
			shape := f.Tables()[table].Shape
			shape.At(cell, at[:len(shape.Dims)])
			word := shape.Dims[0].Codes[at[0]] + " " + shape.Dims[1].Codes[at[1]]
			if table == 0 {
				total = append(total, word)
				return
			}
			got = append(got, word+" "+flow.Purposes[at[2]])
		})
		if strings.Join(got, ", ") != c.want || len(total) != len(got) {
			t.Errorf("%s: got %v of trips %v, want %s", c.name, got, total, c.want)
		}
		if a, b := f.Tables()[0], f.Tables()[1]; a.Bound != b.Bound || b.Shape.Name != "purpose" {
			t.Errorf("table %s has the bound %v, want %v as the total", b.Shape.Name, b.Bound, a.Bound)
		}
	}
	for product, o := range map[string]flow.Options{"flows-month": {Purpose: true}, "flows-day": {Purpose: true, Consecutive: true}} {
		if n := len(flow.Daily(product, g, day, o).Tables()); n != 1 {
			t.Errorf("%s: %d tables, want the total alone", product, n)
		}
	}
}
