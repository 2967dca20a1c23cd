package journal

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/feed"
	"github.com/throng-stats/throng/feed/feedtest"
)

// TestLog runs the suite of all logs, with one partition and with two.
func TestLog(t *testing.T) {
	for _, partitions := range []int{1, 2} {
		t.Run(fmt.Sprint(partitions), func(t *testing.T) {
			feedtest.RunLog(t, feedtest.LogSubject{New: func(t *testing.T) *feedtest.LogFixture { return fixture(t, partitions) }})
		})
	}
}

func fixture(t *testing.T, partitions int) *feedtest.LogFixture {
	now := newClock()
	j := open(t, t.TempDir(), func(o *Options) { o.Partitions, o.SegmentBytes, o.Now = partitions, 3000, now.now })
	opts, ground := feedtest.LogOptions(), feedtest.LogGround()
	fields, err := opts.Fields()
	if err != nil {
		t.Fatal(err)
	}
	var door *feed.Door
	put := func(t *testing.T, rows []feedtest.LogRow, bad event.Bad) {
		g := feed.NewGate(opts, fields, ground, door)
		var b event.Batch
		g.Begin(&b, 0, len(rows))
		for i, r := range rows {
			for _, f := range fields {
				v := map[string]string{"u": strconv.FormatInt(r.Unit, 10), "t": strconv.FormatInt(r.Time, 10), "c": r.Cell}[f.Name]
				if bad != 0 {
					v = ""
				}
				if err := g.Text(f, i, []byte(v)); err != nil {
					t.Fatal(err)
				}
			}
		}
		g.Finish(len(rows))
		for i := range rows {
			b.Bad[i] |= bad
		}
		if _, err := j.Append(t.Context(), Rows{Batch: &b, Door: door}); err != nil {
			t.Fatal(err)
		}
		now.ms.Add(10)
	}
	return &feedtest.LogFixture{
		Log:     j,
		Through: func(d *feed.Door) { j.Spread(d); door = d },
		Put:     func(t *testing.T, rows []feedtest.LogRow) { put(t, rows, 0) },
		Break:   func(t *testing.T) { put(t, make([]feedtest.LogRow, 1), event.Unreadable) },
		Beat: func(t *testing.T) {
			if err := j.Beat(t.Context()); err != nil {
				t.Fatal(err)
			}
		},
		Offsets: func(int) (list []feed.Offset) {
			c := cursor{j: j}
			defer c.close()
			for c.pos < j.end {
				list = append(list, c.pos)
				if _, err := c.entry(none); err != nil {
					t.Fatal(err)
				}
			}
			return list
		},
	}
}
