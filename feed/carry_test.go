package feed_test

import (
	"strings"
	"testing"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/feed"
	"github.com/throng-stats/throng/locate"
)

// TestCarry: rows of the first two hours of a day also have the pseudonym of the day before, numbers, texts and texts of a dictionary alike, and the
// arrival of a row is what its column or its log says.
func TestCarry(t *testing.T) {
	first, _ := throng.DayOf("2026-02-03", time.UTC)
	second, _ := throng.DayOf("2026-02-04", time.UTC)
	door := feed.NewDoor([]throng.Period{first, second}, [][16]byte{{1}, {2}}, nil)
	door.Carry(2 * 3600e3)
	for _, kind := range []string{"int", "text", "dictionary"} {
		opts := feed.Options{Kind: feed.Events, Stamped: true, Columns: []feed.Column{{Name: "u", As: "subscriber", Type: strings.Replace(kind, "dictionary", "text", 1)},
			{Name: "t", As: "time", Type: "int"}, {Name: "c", As: "cell"}}}
		fields, err := opts.Fields()
		if err != nil {
			t.Fatal(err)
		}
		g := feed.NewGate(opts, fields, &locate.Ground{}, door)
		var b event.Batch
		times := []int64{first.End - 1, second.Start, second.Start + 2*3600e3 - 1, second.Start + 2*3600e3}
		g.Begin(&b, 0, len(times))
		for _, f := range fields {
			switch f.Name {
			case "t":
				err = g.Ints(f, 0, times)
			case "u":
				if kind == "dictionary" {
					err = g.Codes(f, 0, []int32{0, 0, 0, 0}, g.Lexicon(f, [][]byte{[]byte("4711")}))
					break
				}
				for i := range times {
					err = g.Text(f, i, []byte("4711"))
				}
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		g.Arrived(0, len(times), second.Start)
		g.Finish(len(times))
		want := []bool{false, true, true, false}
		for i := range times {
			if (b.Was[i] == b.Unit[0]) != want[i] || b.Was[i] != 0 != want[i] {
				t.Errorf("%s, row %d: yesterday's pseudonym is there: %v, want %v", kind, i, b.Was[i] != 0, want[i])
			}
			if b.Arrival[i] != second.Start {
				t.Errorf("%s, row %d: arrival %d", kind, i, b.Arrival[i])
			}
		}
	}
}
