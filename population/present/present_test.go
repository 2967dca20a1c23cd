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

func ground() *locate.Ground {
	return &locate.Ground{
		Places: []locate.Place{{ID: "a", Leaf: 0}, {ID: "b", Leaf: 1}, {ID: "c", Leaf: 2}},
		Tree: throng.Tree{
			Leaves: []throng.Leaf{{ID: "l0", Block: 0}, {ID: "l1", Block: 0}, {ID: "l2", Block: 1}},
			Blocks: []throng.Block{{ID: "b0"}, {ID: "b1"}},
			Areas:  []throng.Block{{ID: "A"}},
		},
	}
}

var classes = throng.Classes{Gender: throng.Genders, Age: throng.DefaultBands.Codes(), Origin: []string{"home", "abroad", "U"}}

// TestContribute: 00:00-01:20 at a, 01:20-02:00 at c, nothing after.
func TestContribute(t *testing.T) {
	day, _ := throng.DayOf("2024-05-06", time.UTC)
	p := present.New(ground(), day, present.Options{Gender: true, Age: true, Origin: true, Classes: classes})
	u := &population.Unit{Period: day, Attr: event.Attr{Gender: 1, Age: 2, Origin: 1}, Day: &mobility.Day{Spans: []mobility.Span{
		{Start: day.Start, End: day.Start + 80*60e3, Place: 0}, {Start: day.Start + 80*60e3, End: day.Start + 120*60e3, Place: 2}}}}
	var got strings.Builder
	p.Contribute(u, func(table int, cell uint64) {
		shape := p.Tables()[table].Shape
		at := make([]int, len(shape.Dims))
		shape.At(cell, at)
		fmt.Fprint(&got, shape.Name)
		for i, k := range at {
			if shape.Dims[i].Name == throng.DimTime {
				fmt.Fprintf(&got, " hour %d", k)
			} else {
				fmt.Fprint(&got, " ", shape.Dims[i].Codes[k])
			}
		}
		fmt.Fprintln(&got)
	})
	want := `total l0 hour 0
gender b0 hour 0 M
age b0 hour 0 25-44
origin A hour 0 abroad
total l2 hour 1
gender b1 hour 1 M
age b1 hour 1 25-44
origin A hour 1 abroad
`
	if got.String() != want {
		t.Errorf("got\n%swant\n%s", got.String(), want)
	}
}

// TestBounds: the bound is the number of hours that start in the day, on days of 23, 24 and 25 hours.
func TestBounds(t *testing.T) {
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Skip("no time zone database on this machine")
	}
	for name, hours := range map[string]uint64{"2026-03-28": 24, "2026-03-29": 23, "2026-10-25": 25} {
		day, _ := throng.DayOf(name, paris)
		for _, tab := range present.New(ground(), day, present.Options{Gender: true, Classes: classes}).Tables() {
			if tab.Bound.D2() != hours {
				t.Errorf("%s %s: D2 %d, want %d", name, tab.Shape.Name, tab.Bound.D2(), hours)
			}
		}
	}
}
