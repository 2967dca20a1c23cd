package present_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/locate"
	"github.com/throng-stats/throng/mobility"
	"github.com/throng-stats/throng/population"
	"github.com/throng-stats/throng/population/present"
)

// TestLivePage is the worked example of docs/method/present-live.md: the check rows of methods.md, section 21. Bin by bin it counts where a
// device was last heard; and each table gets 1 in one cell at most.
func TestLivePage(t *testing.T) {
	g := &locate.Ground{}
	for i, id := range "ABCD" {
		g.Places = append(g.Places, locate.Place{ID: string(id), Leaf: int32(i), Zone: -1, Until: math.MaxInt64})
		g.Tree.Leaves = append(g.Tree.Leaves, throng.Leaf{ID: string(id), Block: i / 2})
	}
	g.Tree.Blocks = []throng.Block{{ID: "AB"}, {ID: "CD"}}
	g.Tree.Areas = []throng.Block{{ID: "all", Up: -1}}
	g.Index()
	day, err := throng.DayOf("2026-02-03", time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	clock := func(text string) int64 {
		at, err := time.Parse("15:04:05", text)
		if err != nil {
			t.Fatal(err)
		}
		return day.Start + at.Sub(at.Truncate(24*time.Hour)).Milliseconds()
	}
	for _, c := range []struct {
		name     string
		said     []said
		width    time.Duration
		from, to string // first bin, and the one after the last
		want     string
	}{
		{"half past seven to nine", commute, 15 * time.Minute, "07:30:00", "09:00:00", ". A A B B C "},
		{"noon to half past one", commute, 15 * time.Minute, "12:15:00", "13:30:00", "C C C D D "},
		{"two hours before midnight", commute, 15 * time.Minute, "22:00:00", "23:59:59", "D D D D D D D D "},
		{"heard at one and at two in the afternoon", []said{{"01:00:00", 0}, {"14:00:00", 0}}, time.Hour, "00:00:00", "23:59:59",
			". A A A A A A A A A A A A . A A A A A A A A A A "},
	} {
		machine := mobility.New(mobility.Options{}, g)
		var seen []mobility.Seen
		for _, s := range c.said {
			seen = append(seen, mobility.Seen{Time: clock(s.at), Place: s.place})
		}
		spans := machine.Live(nil, seen, day.End)
		got := ""
		for start := clock(c.from); start < clock(c.to); start += c.width.Milliseconds() {
			stat := present.NewLive(g, throng.Period{Name: present.LiveName(start), Start: start, End: start + c.width.Milliseconds()}, false)
			cells := map[int][]uint64{}
			stat.Contribute(&population.Unit{Day: &mobility.Day{Spans: spans}}, func(table int, cell uint64) { cells[table] = append(cells[table], cell) })
			if len(cells) == 0 {
				got += ". "
				continue
			}
			leaf := cells[0][0]
			if fmt.Sprint(cells) != fmt.Sprint(map[int][]uint64{0: {leaf}, 1: {leaf / 2}, 2: {0}}) {
				t.Errorf("%s: a device adds %v", c.name, cells)
			}
			got += g.Tree.Leaves[leaf].ID + " "
		}
		if got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
	for carried, d2 := range map[bool]uint64{false: 1, true: 2} {
		for _, table := range present.NewLive(g, day, carried).Tables() {
			if table.D2() != d2 {
				t.Errorf("carried %v: D2 of %s is %d, want %d", carried, table.Shape.Name, table.D2(), d2)
			}
		}
	}
}

// said is where a device was heard, at a time of the day.
type said struct {
	at    string
	place uint32
}

// commute is a morning and a noon: A, B, C, and after hours at C B for twenty seconds and D.
var commute = []said{{"07:50:00", 0}, {"08:10:00", 0}, {"08:20:00", 1}, {"08:40:00", 2}, {"09:40:00", 2}, {"13:00:00", 1}, {"13:00:20", 3}}
