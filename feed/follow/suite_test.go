package follow

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/throng-stats/throng/feed"
	"github.com/throng-stats/throng/feed/feedtest"
)

// TestLog runs the suite of all logs: an entry is a file.
func TestLog(t *testing.T) {
	feedtest.RunLog(t, feedtest.LogSubject{New: func(t *testing.T) *feedtest.LogFixture {
		w := newWorld(t)
		w.opt.Feed = feedtest.LogOptions()
		w.opt.Feed.Files, w.opt.Ground = []string{w.in + "/*.csv"}, feedtest.LogGround()
		now := atomic.Int64{}
		now.Store(feedtest.LogMonday)
		w.opt.Now = func() time.Time { return time.UnixMilli(now.Load()) }
		f := w.open()
		n := 0
		deliver := func(name, text string) {
			t.Helper()
			before := f.waiting(0)
			n++
			at := now.Add(6000) - 5500
			w.put(name, text, at)
			for f.waiting(0) == before {
				f.mu.Lock()
				err := f.err
				f.mu.Unlock()
				if err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Millisecond)
			}
		}
		return &feedtest.LogFixture{
			Log: f,
			Put: func(t *testing.T, rows []feedtest.LogRow) {
				text := "u,t,c,note\n"
				for _, r := range rows {
					text += fmt.Sprintf("%d,%d,%s,%d\n", r.Unit, r.Time, r.Cell, n)
				}
				deliver(fmt.Sprintf("%06d.csv", n), text)
			},
			Beat: func(t *testing.T) {
				deliver("a.heartbeat", time.UnixMilli(now.Load()).UTC().Format(time.RFC3339))
			},
			Offsets: func(int) (list []feed.Offset) {
				f.mu.Lock()
				defer f.mu.Unlock()
				for _, e := range f.index.entries {
					for row := int64(0); row < max(1, e.Rows); row++ {
						list = append(list, offsetOf(e.Seq, row))
					}
				}
				return list
			},
		}
	}})
}
