package feed

import (
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/locate"
)

// TestTexts: a column of texts gives what each text gives by itself, with the same places where reasons were seen first.
func TestTexts(t *testing.T) {
	opts := Options{Kind: Events, Unit: "subscriber", Columns: []Column{{Name: "c", As: "cell"}, {Name: "t", As: "time", Type: "int"}, {Name: "a", As: "arrival", Format: "rfc3339"}, {Name: "u", As: "subscriber", Type: "int"},
		{Name: "m", As: "sim_country"}, {Name: "n", As: "visited_network"}, {Name: "x", As: "machine"}}}
	fields, err := opts.Fields()
	if err != nil {
		t.Fatal(err)
	}
	ground := somewhere(locate.Place{ID: "208", Lat: 48, Lon: 2})
	door := NewDoor([]throng.Period{{Name: "day", Start: 0, End: 86400000}}, [][16]byte{{1}}, nil)
	values := []string{"", "0", "1", "-1", "+5", "-", "208", "20801", "86399999", "1769990400000", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "12345678901234567890", "1e3", " 1", "1 ", "x",
		"2026-02-03T08:15:00+01:00", "true", "yes", "00000000"}
	for seed := range uint64(100) {
		rng := rand.New(rand.NewPCG(seed, 3))
		n := 1 + rng.IntN(40)
		columns := make([][][]byte, len(fields))
		for k := range columns {
			for range n {
				columns[k] = append(columns[k], []byte(values[rng.IntN(len(values))]))
			}
		}
		var batches [2]event.Batch
		gates := [2]*Gate{NewGate(opts, fields, ground, door), NewGate(opts, fields, ground, door)}
		for which, g := range gates {
			g.Begin(&batches[which], 0, n)
			for k, f := range fields {
				for i := range n {
					if which == 0 {
						err = g.Text(f, i, columns[k][i])
					} else if i == 0 {
						err = g.Texts(f, 0, columns[k])
					}
					if err != nil {
						t.Fatal(err)
					}
				}
			}
			g.Finish(n)
		}
		if !reflect.DeepEqual(batches[0], batches[1]) || gates[0].Offences() != gates[1].Offences() {
			t.Fatalf("seed %d: got\n%+v %v\nwant\n%+v %v", seed, batches[1], gates[1].Offences(), batches[0], gates[0].Offences())
		}
	}
}
