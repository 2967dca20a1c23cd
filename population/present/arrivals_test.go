package present_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/population"
	"github.com/throng-stats/throng/population/present"
)

// TestArrivals: the zone of the morning is not arrived at, a zone counts once, in the hour of its first moment, and what comes
// after the bound is cut. docs/method/arrivals.md has the first.
func TestArrivals(t *testing.T) {
	g := village(t)
	day, err := throng.DayOf("2026-02-03", time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		day  string
		most int
		want string
	}{
		{"STAY N 00:00 08:20, STAY W 08:20 17:10, STAY N 17:10 24:00", 0, "W8 "},
		{"STAY N 00:00 07:00, STAY W 08:00 12:00, STAY L 12:20 13:00, STAY W 13:10 17:00, STAY S 19:00 20:00", 0, "W8 L12 S19 "},
		{"STAY N 00:00 07:00, STAY W 08:00 12:00, STAY L 12:20 13:00, STAY S 19:00 20:00", 2, "W8 L12 "},
		{"STAY o 00:00 07:00, STAY N 08:00 12:00", 0, "N8 "},
		{"STAY N 00:00 24:00", 0, ""},
	} {
		a := present.NewArrivals(g, day, c.most)
		got := ""
		a.Contribute(&population.Unit{Period: day, Day: drawn(g, day, c.day)}, func(_ int, cell uint64) {
			got += fmt.Sprintf("%s%d ", a.Tables()[0].Shape.Dims[0].Codes[cell/24], cell%24)
		})
		if got != c.want {
			t.Errorf("%s: got %q, want %q", c.day, got, c.want)
		}
	}
}
