package driver

import (
	"context"
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
	least int64 // stamp of a row so far, while the clock is not known
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
	defer func() {
		if reader != nil {
			reader.Close()
		}
	}()
	for need := int64(0); ; {
		if err := p.wait(ctx); err != nil {
			return err
		}
		door, err := p.crew.door(ctx, p.clock(), need)
		if err != nil {
			return err
		}
		mark, err := reader.Next(ctx, door, &b)
		if err == io.EOF { // of the log itself; one that a broken file wraps is a fault
			return errLogClosed
		}
		if err != nil {
			return err
		}
		if err := p.refuseAhead(mark.Clock); err != nil {
			return err
		}
		to, isLacking, err := p.lacks(door, &b, mark.Clock)
		switch {
		case err != nil:
			return err
		case isLacking && to == 0:
			continue
		case isLacking:
			need = to
			err := reader.Close()
			reader = nil
			if err != nil {
				return err
			}
			again, err := p.log.Open(ctx, p.index, p.crowd.Mark().Next)
			if err != nil { // the partition was taken meanwhile
				return err
			}
			reader = again
			continue
		}
		p.take(&b, mark, door)
		if p.clock() >= need {
			need = 0
		}
		if err := p.crew.news(); err != nil {
			return err
		}
	}
}

// lacks reports whether a batch has to be read again, through a door with keys up to an instant: rows of days for which there was no
// key have no pseudonym. While the log has not told its clock nothing is taken, and that instant is 0: a long first file is read to its end.
func (p *livePart) lacks(door *feed.Door, b *event.Batch, clock int64) (to int64, isLacking bool, err error) {
	if p.isUnheard() {
		if !p.hear(b, clock) {
			return 0, true, nil
		}
		return clock, true, p.crew.news()
	}
	days, reach := door.Periods(), p.reach(b, clock)
	if len(days) == 0 {
		return 0, false, nil
	}
	end := days[len(days)-1].End
	return reach, reach+p.opt.Filter.Ahead >= end && p.job.agreedOn(p.job.dayAt(end)), nil
}

// reach is the latest that a batch tells of: its clock or, where rows say themselves when they arrived, the latest of those that is not
// in the future.
func (p *livePart) reach(b *event.Batch, clock int64) int64 {
	now := p.now().UnixMilli()
	for i, at := range b.Arrival {
		if at > clock && at <= now && b.Bad[i]&event.NullArrival == 0 {
			clock = at
		}
	}
	return clock
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

// isUnheard reports whether the log has not told its clock yet.
func (p *livePart) isUnheard() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.first == 0
}

// hear notes the first stamp of the partition, and reports whether the clock is known with it.
func (p *livePart) hear(b *event.Batch, clock int64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, at := range b.Arrival {
		if b.Bad[i]&event.NullArrival == 0 && (p.least == 0 || at < p.least) {
			p.least = at
		}
	}
	if clock == 0 {
		return false
	}
	p.first = clock
	if p.least > 0 {
		p.first = min(clock, p.least)
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
