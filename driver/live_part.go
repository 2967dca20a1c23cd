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

// Limits of the stamps of a log, in milliseconds.
const (
	// mostAhead is how far a partition may run ahead of the one furthest behind: what it reads waits in memory.
	mostAhead = 3600e3
	// logAhead is how far the stamps of a log may lie after the clock of this machine. A log whose clock is wrong would close
	// bins before their records are there, so it stops this.
	logAhead = 300e3
)

// crew is what a partition needs from those who follow the others.
type crew interface {
	// door has the keys of the days from that before one instant to that after the other; it may wait for them.
	door(ctx context.Context, from, to int64) (*feed.Door, error)
	// settled tells from when on bins are counted; ok is false until all partitions have been heard of.
	settled() (since int64, ok bool)
	// lastDone is the last day whose final tables are published.
	lastDone() string
	// news is told, by the goroutine that reads, that the partition has gone on.
	news() error
}

// livePart is one partition that is followed.
type livePart struct {
	job   *Job
	log   feed.Log
	opt   live.Options
	now   func() time.Time
	crew  crew
	index int

	mu    sync.Mutex
	ready *sync.Cond // the log may go on: others have caught up, or the beginning is settled
	crowd *live.Crowd
	first int64 // the first stamp of the log; 0 when nothing was heard yet
	trail []trailDay
}

// trailDay is where the rows of a day lie in a partition.
type trailDay struct {
	Day  string      `json:"day"`
	From feed.Offset `json:"from"`
	To   feed.Offset `json:"to"` // exclusive; 0 while rows may come
}

func newPart(job *Job, log feed.Log, opt live.Options, now func() time.Time, c crew, index int) *livePart {
	p := &livePart{job: job, log: log, opt: opt, now: now, crew: c, index: index, crowd: live.New(opt)}
	p.ready = sync.NewCond(&p.mu)
	return p
}

// follow reads the partition for ever.
func (p *livePart) follow(ctx context.Context) error {
	stop := context.AfterFunc(ctx, p.wakeUp)
	defer stop()
	var b event.Batch
	reader, err := p.log.Open(ctx, p.index, p.crowd.Mark().Next)
	if err != nil {
		return err
	}
	defer func() { reader.Close() }()
	for need := int64(0); ; {
		if err := p.wait(ctx); err != nil {
			return err
		}
		door, err := p.crew.door(ctx, p.clock(), need)
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
		heard := p.hear(&b, mark.Clock)
		if heard {
			if err := p.crew.news(); err != nil {
				return err
			}
		}
		if days := door.Periods(); heard || len(days) > 0 && mark.Clock+p.opt.Filter.Ahead >= days[len(days)-1].End && p.job.agreedOn(p.job.dayAt(days[len(days)-1].End)) {
			// Rows of days for which there was no key have no pseudonym: they are read again.
			need = mark.Clock
			if err := reader.Close(); err != nil {
				return err
			}
			if reader, err = p.log.Open(ctx, p.index, p.crowd.Mark().Next); err != nil {
				return err
			}
			continue
		}
		need = 0
		p.take(&b, mark, door)
		if err := p.crew.news(); err != nil {
			return err
		}
	}
}

// wakeUp lets the partition look again whether it may go on.
func (p *livePart) wakeUp() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ready.Broadcast()
}

func (p *livePart) refuseAhead(clock int64) error {
	now := p.now().UnixMilli()
	if clock <= now+logAhead {
		return nil
	}
	return &Error{Kind: Invalid, Text: fmt.Sprintf("the stamps of the log lie %s after the clock of this machine; set the clocks right, for bins are closed by the log's",
		time.Duration((clock-now)*1e6).Round(time.Second))}
}

// clock is where the clock of the partition stands; at the beginning, where it began.
func (p *livePart) clock() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return max(p.crowd.Mark().Clock, p.first)
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
	return true
}

// wait holds a partition back that is far ahead of another, and all until it is settled when the first bin begins.
func (p *livePart) wait(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for ctx.Err() == nil {
		if _, ok := p.crew.settled(); (ok || p.first == 0) && !p.isAhead() {
			return nil
		}
		p.ready.Wait()
	}
	return ctx.Err()
}

// isAhead reports whether the next bin of this partition has long been ready: then others are behind.
func (p *livePart) isAhead() bool {
	bin, _, ok := p.crowd.Due()
	return ok && p.crowd.Mark().Clock >= bin.End+p.opt.Late+mostAhead
}

// take gives a batch to the crowd.
func (p *livePart) take(b *event.Batch, mark feed.Mark, door *feed.Door) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.beginDays(door.Periods(), p.crowd.Mark().Next)
	p.crowd.Add(b, mark)
	p.endDays(p.crowd.Mark())
}

// beginDays opens the days of a door, and notes where their rows begin: when a door with a day is made, the log's clock is
// before that day, or this is the beginning.
func (p *livePart) beginDays(days []throng.Period, at feed.Offset) {
	since, _ := p.crew.settled()
	for _, d := range days {
		if d.End <= since || p.knows(d.Name) {
			continue
		}
		p.crowd.Begin(d)
		p.trail = append(p.trail, trailDay{Day: d.Name, From: at})
	}
	p.crowd.Since(since)
}

func (p *livePart) knows(day string) bool {
	return day <= p.crew.lastDone() || len(p.trail) > 0 && day <= p.trail[len(p.trail)-1].Day
}

// endDays notes where the rows of a day end: when the clock has passed its longer lateness.
func (p *livePart) endDays(mark feed.Mark) {
	for i := range p.trail {
		t := &p.trail[i]
		if t.To > 0 {
			continue
		}
		d, _ := throng.DayOf(t.Day, p.job.Contract.Location())
		if mark.Clock > d.End+p.job.Contract.LiveOptions().LatenessFinal.Milliseconds() {
			t.To = mark.Next
		}
	}
}
