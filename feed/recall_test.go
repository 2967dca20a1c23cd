package feed_test

import (
	"testing"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/feed"
	"github.com/throng-stats/throng/locate"
)

// TestSpread: a pseudonym has one partition on all days, whether it is a number, a text or one of a dictionary; partitions
// are about equally large; and dictionaries give the pseudonym of the day before as texts do.
func TestSpread(t *testing.T) {
	first, _ := throng.DayOf("2026-02-03", time.UTC)
	second, _ := throng.DayOf("2026-02-04", time.UTC)
	door := feed.NewDoor([]throng.Period{first, second}, [][16]byte{{1}, {2}}, nil)
	door.Carry(2 * 3600e3)
	door.Spread(3, [16]byte{9})
	const n = 3000
	words := make([][]byte, n)
	for i := range words {
		words[i] = []byte{'u', byte(i), byte(i >> 8)}
	}
	shards := map[string][2][]uint8{}
	for _, kind := range []string{"int", "text", "dictionary"} {
		columns := "int"
		if kind != "int" {
			columns = "text"
		}
		opts := feed.Options{Kind: feed.Events, Stamped: true, Columns: []feed.Column{{Name: "u", As: "subscriber", Type: columns}, {Name: "t", As: "time", Type: "int"}, {Name: "c", As: "cell"}}}
		fields, err := opts.Fields()
		if err != nil {
			t.Fatal(err)
		}
		var days [2][]uint8
		for k, ms := range []int64{first.Start, second.Start} {
			g := feed.NewGate(opts, fields, &locate.Ground{}, door)
			var b event.Batch
			g.Begin(&b, 0, n)
			for _, f := range fields {
				times, ids, codes := make([]int64, n), make([]int64, n), make([]int32, n)
				for i := range n {
					times[i], ids[i], codes[i] = ms, int64(i), int32(i)
				}
				switch {
				case f.Name == "t":
					err = g.Ints(f, 0, times)
				case f.Name == "u" && kind == "int":
					err = g.Ints(f, 0, ids)
				case f.Name == "u" && kind == "dictionary":
					err = g.Codes(f, 0, codes, g.Lexicon(f, words))
				case f.Name == "u":
					for i := range n {
						err = g.Text(f, i, words[i])
					}
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			g.Finish(n)
			days[k] = append([]uint8(nil), b.Shard...)
			for i := range n {
				if kind != "int" && k == 1 && b.Was[i] != door.Unit(0, words[i]) {
					t.Fatalf("%s: row %d has no pseudonym of the day before", kind, i)
				}
			}
		}
		var sizes [3]int
		for i := range n {
			if days[0][i] != days[1][i] {
				t.Fatalf("%s: a pseudonym moves from partition %d to %d at midnight", kind, days[0][i], days[1][i])
			}
			sizes[days[0][i]]++
		}
		for _, size := range sizes { // six standard deviations of a binomial: wrong once in 10^9
			if size < n/3-6*26 || size > n/3+6*26 {
				t.Errorf("%s: partitions of %d", kind, sizes)
			}
		}
		shards[kind] = days
	}
	if string(shards["text"][0]) != string(shards["dictionary"][0]) {
		t.Error("a text has another partition when it stands in a dictionary")
	}
}
