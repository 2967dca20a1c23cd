package antenna

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/throng-stats/throng"
)

// clusters reads "zone@x:size ..." into clusters on a line; x is in metres.
func clusters(text string) []*cluster {
	var list []*cluster
	for i, word := range strings.Fields(text) {
		var zone int32
		var x, size float64
		if _, err := fmt.Sscanf(word, "%d@%g:%g", &zone, &x, &size); err != nil {
			panic(err)
		}
		c := &cluster{members: []int32{int32(i)}, residents: size, zone: zone}
		c.flat.add(1, x, 0, zone)
		c.prior.add(size, x, 0, zone)
		list = append(list, c)
	}
	return list
}

func picture(list []*cluster) string {
	var out []string
	for _, c := range list {
		out = append(out, fmt.Sprintf("%v=%g", c.members, c.residents))
	}
	return strings.Join(out, " ")
}

func TestMergeUntil(t *testing.T) {
	zones, err := throng.NewZones([]throng.Zone{{ID: "a"}, {ID: "b"}, {ID: "c"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ why, in, want string }{
		{"large enough", "0@0:10 0@1:12", "[0]=10 [1]=12"},
		{"nearest", "0@0:4 0@3:20 0@5:30", "[0 1]=24 [2]=30"},
		{"own zone before nearer", "0@0:4 1@1:20 0@5:30", "[0 2]=34 [1]=20"},
		{"another zone when alone in its own", "0@0:4 1@5:20 1@9:30", "[0 1]=24 [2]=30"},
		{"tie goes to the smaller", "0@-5:30 0@0:4 0@5:20", "[0 1]=34 [2]=20"},
		{"less than a millimetre is a tie", "0@-5:30 0@0:4 0@4.9999:20", "[0 1]=34 [2]=20"},
		{"smallest first", "0@0:6 0@1:5 0@2.5:6 0@4:30", "[0 1]=11 [2 3]=36"},
		{"all too small", "0@0:1 1@1:2 2@2:3", "[0 1 2]=6"},
		{"one", "0@0:1", "[0]=1"},
	} {
		got := mergeUntil(clusters(c.in), zones, func(c *cluster) float64 { return c.residents }, 10)
		if picture(got) != c.want {
			t.Errorf("%s: %s became %s, want %s", c.why, c.in, picture(got), c.want)
		}
	}
}

func TestDominantZoneTiesGoToTheSmallestID(t *testing.T) {
	// By level and id the order is b, then a: ids decide all the same.
	zones, err := throng.NewZones([]throng.Zone{{ID: "b", Level: 0}, {ID: "a", Level: 1}})
	if err != nil {
		t.Fatal(err)
	}
	var m moment
	m.add(2, 0, 0, 0)
	m.add(2, 0, 0, 1)
	m.add(9, 0, 0, -1)
	if got := m.dominant(zones); zones.At(int(got)).ID != "a" {
		t.Errorf("got zone %d, want a", got)
	}
	if got := (moment{}).dominant(zones); got != -1 {
		t.Errorf("nothing: got zone %d, want -1", got)
	}
}

func TestGroupedAndJoined(t *testing.T) {
	zones, err := throng.NewZones([]throng.Zone{{ID: "a"}, {ID: "b"}})
	if err != nil {
		t.Fatal(err)
	}
	below := clusters("0@0:1 1@1:2 0@2:3 1@3:4")
	got := joined(grouped(below), zones, func(c *cluster) int32 { return c.zone })
	if want := "[0 2]=4 [1 3]=6"; picture(got) != want {
		t.Errorf("got %s, want %s", picture(got), want)
	}
	if !slices.Equal(below[0].members, []int32{0}) || len(below[0].prior.zones) != 1 {
		t.Error("the clusters below were changed")
	}
}
