package driver_test

import (
	"context"
	"errors"
	"testing"

	"github.com/throng-stats/throng/driver"
	"github.com/throng-stats/throng/driver/kafka"
)

// breaking is a board that breaks when the releaser takes the first note away, at the moment in which it is told to stop.
type breaking struct {
	*kafka.Memory
	stop context.CancelFunc
}

var errBroken = errors.New("the board is broken")

// Put writes notes, and fails to take one away.
func (b breaking) Put(ctx context.Context, partition int, name string, text []byte) error {
	if text != nil {
		return b.Memory.Put(ctx, partition, name, text)
	}
	b.stop()
	return errBroken
}

// TestReleaserFailsWhileStopping: what fails while a releaser is told to stop is not taken for the stop.
func TestReleaserFailsWhileStopping(t *testing.T) {
	c := newCluster(t)
	spoken(c.log, 2)
	for w := range c.ends {
		c.work(w, keys{oldKey})
	}
	job, err := c.prepare(t)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	board := kafka.Seal(breaking{c.board, stop}, "talk", oldKey)
	if _, err := driver.Release(ctx, job, driver.ReleaserOptions{RunOptions: c.options(), Log: sharedLog{c.log}, Board: board}); !errors.Is(err, errBroken) {
		t.Errorf("got %v, want that the board is broken", err)
	}
}
