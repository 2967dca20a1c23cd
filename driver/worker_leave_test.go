package driver

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/throng-stats/throng/driver/kafka"
)

// TestPatience: patience has no end before the stop; after it, five seconds and as many from each note that is written.
func TestPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		told, stop := context.WithCancel(t.Context())
		p := newPatience(told, leaveWithin)
		defer p.end(nil)
		board := renewing{kafka.NewMemory(), p}
		put := func() {
			if err := board.Put(t.Context(), 0, "a", nil); err != nil {
				t.Fatal(err)
			}
		}
		lasts := func(want bool) {
			t.Helper()
			if synctest.Wait(); (p.ctx.Err() == nil) != want {
				t.Errorf("at %s it lasts: %v, want %v", time.Now().Format("05.0"), !want, want)
			}
		}
		time.Sleep(time.Hour)
		put()
		lasts(true)
		stop()
		time.Sleep(4 * time.Second)
		lasts(true)
		put()
		time.Sleep(4 * time.Second)
		lasts(true)
		time.Sleep(2 * time.Second)
		lasts(false)
	})
}
