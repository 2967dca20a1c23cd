package driver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/driver/live"
	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/feed"
)

// Limits of partitions among each other, in milliseconds of the log.
const (
	// mostAhead is how far a partition may run ahead of the one furthest behind: what it reads waits in memory.
	mostAhead = 3600e3
	// logAhead is how far the stamps of a log may lie after the clock of this machine. A log whose clock is wrong would close
	// bins before their records are there, so it stops this.
	logAhead = 300e3
)

// livePart is one partition that is followed.
type livePart struct {
	of    *liver
	index int

	mu    sync.Mutex
	ready *sync.Cond // the log may go on: others have caught up, or the beginning is settled
	crowd *live.Crowd
	first int64 // the first stamp of the log; 0 when nothing was heard yet
	trail []trailDay
}

// trailDay is where the rows of a day lie in a partition.
type trailDay struct {
	Day      string      `json:"day"`
	From, To feed.Offset // [From, To); To is 0 while rows may come
}

func (l *liver) newPart(index int) *livePart {
	p := &livePart{of: l, index: index, crowd: live.New(l.opt)}
	p.ready = sync.NewCond(&p.mu)
	return p
}

// follow reads the partition for ever.
func (p *livePart) follow(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.ready.Broadcast()
	})
	defer stop()
	var b event.Batch
	reader, err := p.of.log.Open(ctx, p.index, p.crowd.Mark().Next)
	if err != nil {
		return err
	}
	defer func() { reader.Close() }()
	for need := int64(0); ; {
		if err := p.wait(ctx); err != nil {
			return err
		}
		door, err := p.of.doorFor(p.clock(), need)
		if err != nil {
			return err
		}
		mark, err := reader.Next(ctx, door, &b)
		if errors.Is(err, io.EOF) {
			return errLogClosed
		}
		if err != nil {
			return err
		}
		if err := p.refuseAhead(mark.Clock); err != nil {
			return err
		}
		if days := door.Periods(); p.hear(&b, mark.Clock) || len(days) > 0 && mark.Clock+p.of.opt.Filter.Ahead >= days[len(days)-1].End {
			// Rows of days for which there was no key have no pseudonym: they are read again.
			need = mark.Clock
			if err := reader.Close(); err != nil {
				return err
			}
			if reader, err = p.of.log.Open(ctx, p.index, p.crowd.Mark().Next); err != nil {
				return err
			}
			continue
		}
		need = 0
		p.take(&b, mark, door)
		p.of.wake()
	}
}

func (p *livePart) refuseAhead(clock int64) error {
	now := p.of.runner.opt.Now().UnixMilli()
	if clock <= now+logAhead {
		return nil
	}
	return &Error{Kind: Invalid, Text: fmt.Sprintf("the stamps of the log lie %s after the clock of this machine; set the clocks right, for bins are closed by the log's",
		time.Duration((clock-now)*1e6).Round(time.Second))}
}

func (p *livePart) clock() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.crowd.Mark().Clock
}

// hear notes the first stamp of the partition, and reports whether this was it.
func (p *livePart) hear(b *event.Batch, clock int64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.first > 0 || clock == 0 {
		return false
	}
	p.first = clock
	for i, at := range b.Arrival {
		if b.Bad[i]&event.NullArrival == 0 {
			p.first = min(p.first, at)
		}
	}
	p.of.wake()
	return true
}

// wait holds a partition back that is far ahead of another, and all until it is settled when the first bin begins.
func (p *livePart) wait(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for ctx.Err() == nil && (p.first > 0 && !p.of.begun.Load() || p.isAhead()) {
		p.ready.Wait()
	}
	return ctx.Err()
}

// isAhead reports whether the next bin of this partition has long been ready: then others are behind.
func (p *livePart) isAhead() bool {
	bin, _, ok := p.crowd.Due()
	return ok && p.crowd.Mark().Clock >= bin.End+p.of.opt.Late+mostAhead
}

// take gives a batch to the crowd.
func (p *livePart) take(b *event.Batch, mark feed.Mark, door *feed.Door) {
	p.mu.Lock()
	defer p.mu.Unlock()
	before := p.crowd.Mark()
	p.beginDays(door.Periods(), before.Next)
	p.crowd.Add(b, mark)
	p.endDays(p.crowd.Mark())
}

// beginDays opens the days of a door, and notes where their rows begin: when a door with a day is made, the log's clock is
// before that day, or this is the beginning.
func (p *livePart) beginDays(days []throng.Period, at feed.Offset) {
	for _, d := range days {
		if d.End <= p.of.since || !p.of.agreed(d) || p.knows(d.Name) {
			continue
		}
		p.crowd.Begin(d)
		p.trail = append(p.trail, trailDay{Day: d.Name, From: at})
	}
	p.crowd.Since(p.of.since)
}

func (p *livePart) knows(day string) bool {
	return day <= p.of.done || len(p.trail) > 0 && day <= p.trail[len(p.trail)-1].Day
}

// endDays notes where the rows of a day end: when the clock has passed its longer lateness.
func (p *livePart) endDays(mark feed.Mark) {
	for i := range p.trail {
		t := &p.trail[i]
		if t.To > 0 {
			continue
		}
		d, _ := throng.DayOf(t.Day, p.of.job.Contract.Location())
		if mark.Clock > d.End+p.of.job.Contract.LiveOptions().LatenessFinal.Milliseconds() {
			t.To = mark.Next
		}
	}
}
