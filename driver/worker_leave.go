package driver

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/throng-stats/throng/driver/kafka"
)

// leaveWithin is how long a worker that was told to stop waits for a broker that takes no note any more.
const leaveWithin = 5 * time.Second

// patience is what a worker has with a broker that is away: it has no end before the worker is told to stop, and ends a span after that or
// after the last note that was written since. What could not be saved then is no loss: the next worker goes on from the snapshot before.
type patience struct {
	ctx context.Context // ends with it
	end context.CancelCauseFunc

	span  time.Duration
	mu    sync.Mutex
	timer *time.Timer // nil until told to stop
}

// newPatience begins one. told ends when the worker is told to stop.
func newPatience(told context.Context, span time.Duration) *patience {
	p := &patience{span: span}
	p.ctx, p.end = context.WithCancelCause(context.WithoutCancel(told))
	context.AfterFunc(told, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.timer = time.AfterFunc(p.span, func() { p.end(fmt.Errorf("the broker takes nothing for %s", p.span)) })
	})
	return p
}

// renew begins the span again.
func (p *patience) renew() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.timer != nil {
		p.timer.Reset(p.span)
	}
}

// renewing is a board for snapshots, which are written when a worker leaves. Every note that is written renews patience.
type renewing struct {
	kafka.Board
	patience *patience
}

// Put writes a note.
func (b renewing) Put(ctx context.Context, partition int, name string, text []byte) error {
	err := b.Board.Put(ctx, partition, name, text)
	if err == nil {
		b.patience.renew()
	}
	return err
}
