package present_test

import (
	"testing"

	"github.com/throng-stats/throng/population/present"
)

// The first row of the worked check of methods.md, section 8, and the ties behind it. Seconds from noon.
func TestNearest(t *testing.T) {
	for _, c := range []struct {
		name   string
		events [][2]int64 // time, place
		want   int64      // place, -1 for none
	}{
		{"both ends count, the earlier of two equally near", [][2]int64{{-3600, 'A'}, {3600, 'B'}}, 'A'},
		{"the nearest", [][2]int64{{-2400, 'A'}, {1800, 'B'}}, 'B'},
		{"too far", [][2]int64{{-3601, 'A'}}, -1},
		{"the smaller place at one time", [][2]int64{{60, 'B'}, {60, 'A'}}, 'A'},
		{"none", nil, -1},
	} {
		for _, reversed := range []bool{false, true} {
			n := present.NearestTo(1_000_000_000, 3_600_000)
			for i := range c.events {
				e := c.events[i]
				if reversed {
					e = c.events[len(c.events)-1-i]
				}
				n.Add(1_000_000_000+e[0]*1000, uint32(e[1]))
			}
			_, place, ok := n.Best()
			if ok != (c.want >= 0) || ok && int64(place) != c.want {
				t.Errorf("%s, reversed %v: got %c, %v", c.name, reversed, rune(place), ok)
			}
		}
	}
}
