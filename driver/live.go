package driver

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/config"
	"github.com/throng-stats/throng/driver/live"
	"github.com/throng-stats/throng/feed"
	"github.com/throng-stats/throng/population"
	pop "github.com/throng-stats/throng/population/present"
	"github.com/throng-stats/throng/privacy/count"
)

const presentLive = config.PresentLive

// liveMargin is what the clock of publication adds to the lateness: a bin is open to readers at its end, the lateness and this,
// whenever it was ready.
const liveMargin = time.Minute

// liveHold is how long after its end a bin may be read.
func (j *Job) liveHold() time.Duration { return j.Contract.LiveOptions().Lateness + liveMargin }

// LiveOptions say how a log is followed.
type LiveOptions struct {
	RunOptions
	// Log is followed, and closed at the end. Default: the one that the contract names.
	Log feed.Log
	// Checkpoint is how often what is kept is written down. Default: 30 s. What lies between is read again after a crash.
	Checkpoint time.Duration
	// Status, if set, is told what goes on, after every bin and every few seconds. The numbers are exact and stay inside.
	Status func(LiveStatus)
	// Until stops when the clocks of all partitions have passed an instant and what was due then is published; in
	// milliseconds. Default: never.
	Until int64
}

// LiveStatus is how it goes. It holds nothing of a person, and exact numbers: it is for the operator.
type LiveStatus struct {
	Clock      int64  // of the partition that is furthest behind, milliseconds since 1970 UTC; 0 before the first record
	Silent     int    // partitions of which nothing was heard yet
	Lag        int64  // entries that wait in all partitions; -1 when not known
	Rows       int64  // taken in since the start
	Devices    int    // that are kept
	Waiting    int    // rows that wait for their bin to end
	Bins       int    // published since the start
	Refused    int    // releases since the start for which too little was left of a cap: crashes have burnt it
	Last       string // the bin that was published last
	LastAt     time.Time
	ClosingMS  int64  // from ready to published, of the last bin
	Day        string // of the final tables that are being made, or ""
	Counts     live.Counts
	Checkpoint time.Time
	Older      int // notes of workers and releaser under another key than the first; -1 when not known: the releaser counts them while it has several
}

// Live follows a log for ever: it publishes every bin when it is over and its lateness has passed, and every day when its
// longer lateness has. It returns nil when told to stop, after a last checkpoint; what it has not published it takes up again.
//
// What is published does not depend on when, where or how often it runs. A bin is counted from the rows that the log took in
// in time; the tables of a day are those of Run on the same rows.
func Live(ctx context.Context, job *Job, opt LiveOptions) (sum *Summary, err error) {
	r, err := newRunner(job, opt.RunOptions)
	if err != nil {
		return nil, err
	}
	defer r.close()
	r.follows = true
	if opt.Checkpoint == 0 {
		opt.Checkpoint = 30 * time.Second
	}
	l := &liver{runner: r, live: opt, log: opt.Log, doors: doors{of: map[string]*feed.Door{}}, woken: make(chan struct{}, 1)}
	r.sum.State = r.opt.State
	r.opt.Tuning.EnsureDefaults()
	l.opt = job.liveOptions(r.opt.Tuning.Workers)
	if l.log == nil {
		if l.log, err = l.openLog(ctx); err != nil {
			return nil, err
		}
	}
	defer func() { err = errors.Join(err, l.log.Close()) }()
	if err := l.open(); err != nil {
		return nil, err
	}
	if err := l.run(ctx); err != nil {
		return &r.sum, errors.Join(err, r.finish())
	}
	return &r.sum, r.finish()
}

// liver is a log that is being followed.
type liver struct {
	*runner
	live     LiveOptions
	log      feed.Log
	opt      live.Options
	parts    []*livePart
	begun    atomic.Bool
	since    int64 // bins that begin earlier are not counted; settled when begun
	woken    chan struct{}
	lastSave time.Time
	status   LiveStatus

	doors   doors
	through *feed.Door // of a log that this process fills itself
	beaten  time.Time  // when it was last given a heartbeat

	final    chan error // of the day that is being counted, or nil
	finalDay string
	done     atomic.Value // string: last civil day whose final tables are published, or that has none
}

// liveOptions are those of the partitions.
func (j *Job) liveOptions(workers int) live.Options {
	c := j.Contract.LiveOptions()
	p := j.pass(nil, nil)
	o := live.Options{Ground: j.Ground, Filter: p.Filter, Mobility: p.Mobility, Bin: c.Bin, Late: c.Lateness.Milliseconds(), Carry: c.Carry, Workers: workers, Stamped: j.Contract.Feed.Arrival != "column"}
	if c.Carry == 0 {
		o.Carry = -1
	}
	o.EnsureDefaults()
	return o
}

// open prepares the partitions, from their checkpoints where there are some.
func (l *liver) open() error {
	if err := l.freshBudget(l.log.Name()); err != nil {
		return err
	}
	if err := l.takeUp(); err != nil {
		return err
	}
	l.lastSave = l.runner.opt.Now()
	return nil
}

// run reads all partitions, counts what is ready, and saves now and then.
func (l *liver) run(ctx context.Context) (err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	var group sync.WaitGroup
	for _, p := range l.parts {
		group.Go(func() {
			if err := p.follow(ctx); err != nil {
				cancel(err)
			}
		})
	}
	defer func() {
		cancel(nil)
		group.Wait()
		if l.final != nil {
			err = errors.Join(err, <-l.final)
		}
		if err == nil || stopped(err) {
			err = l.save()
		}
	}()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return whyEnded(ctx)
		case <-l.woken:
		case <-tick.C:
		}
		passed := l.live.Until > 0 && l.clock() >= l.live.Until // before the step: what the log tells during it may make more bins due
		if err := l.step(ctx); err != nil {
			if ctx.Err() != nil && stopped(err) { // a partition has failed meanwhile, and the step heard no more than that it should stop
				err = whyEnded(ctx)
			}
			return err
		}
		if passed && l.final == nil {
			if _, _, due := l.nextDay(); !due {
				return nil
			}
		}
	}
}

// whyEnded is the error that has ended a context; nil when somebody has stopped this.
func whyEnded(ctx context.Context) error {
	return unlessStopped(context.Cause(ctx))
}

// unlessStopped is an error that says more than that somebody has stopped this.
func unlessStopped(err error) error {
	if stopped(err) {
		return nil
	}
	return err
}

// stopped reports whether an error says no more than that somebody has stopped this.
func stopped(err error) bool { return errors.Is(err, context.Canceled) || errors.Is(err, errLogClosed) }

var errLogClosed = errors.New("driver: the log was closed")

// settled is that of crew.
func (l *liver) settled() (since int64, ok bool) {
	ok = l.begun.Load()
	return l.since, ok
}

// news tells the loop that a partition has gone on.
func (l *liver) news() error {
	select {
	case l.woken <- struct{}{}:
	default:
	}
	return nil
}

// step does whatever is due.
func (l *liver) step(ctx context.Context) error {
	if err := l.tend(ctx); err != nil {
		return err
	}
	if !l.begun.Load() && !l.begin() {
		l.tell()
		return nil
	}
	for ctx.Err() == nil {
		more, err := l.countBin(ctx)
		if err != nil {
			return err
		}
		if !more {
			break
		}
		l.tell()
	}
	if err := l.countDay(ctx); err != nil {
		return err
	}
	if l.runner.opt.Now().Sub(l.lastSave) >= l.live.Checkpoint {
		if err := l.save(); err != nil {
			return err
		}
	}
	l.tell()
	return nil
}

// begin settles, when every partition has been heard of, from when on bins are counted: the lateness before the earliest
// stamp of the log.
func (l *liver) begin() bool {
	first := int64(0)
	for _, p := range l.parts {
		p.mu.Lock()
		at := p.first
		p.mu.Unlock()
		if at == 0 {
			return false
		}
		if first == 0 || at < first {
			first = at
		}
	}
	l.since = first - l.opt.Late
	l.begun.Store(true)
	for _, p := range l.parts {
		p.wakeUp()
	}
	return true
}

// clock is that of the partition furthest behind.
func (l *liver) clock() int64 {
	var least int64
	for i, p := range l.parts {
		p.mu.Lock()
		at := p.crowd.Mark().Clock
		p.mu.Unlock()
		if i == 0 || at < least {
			least = at
		}
	}
	return least
}

// countBin counts and publishes the next bin, when it is ready in every partition.
func (l *liver) countBin(ctx context.Context) (more bool, err error) {
	for _, p := range l.parts {
		p.mu.Lock()
		defer p.mu.Unlock()
	}
	var bin, day throng.Period
	var behind []*livePart // partitions whose next bin this is
	for _, p := range l.parts {
		b, d, ok := p.crowd.Due()
		if !ok || !p.crowd.Ready(b) {
			return false, nil
		}
		switch {
		case behind == nil || b.Start < bin.Start:
			bin, day, behind = b, d, []*livePart{p}
		case b.Start == bin.Start:
			behind = append(behind, p)
		}
	}
	begin := l.runner.opt.Now()
	var tables []*count.Table
	carried := behind[0].crowd.IsCarried(bin, day)
	statistic := func() population.Statistic { return pop.NewLive(l.job.Ground, bin, carried) }
	for _, p := range behind {
		of, err := p.crowd.Close(bin, statistic, nil)
		if err != nil {
			return false, err
		}
		if tables == nil {
			tables = of
			continue
		}
		for i, t := range of {
			tables[i].Merge(t)
		}
	}
	for _, p := range l.parts {
		p.ready.Broadcast()
	}
	return true, l.publishBin(bin, day, tables, len(behind) == len(l.parts), carried, begin)
}

// publishBin publishes the tables of a bin. Where only some partitions had it to count, the others were saved after it was
// published, and it stands.
func (l *liver) publishBin(bin, day throng.Period, tables []*count.Table, whole, carried bool, begin time.Time) error {
	defer func() {
		for _, t := range tables {
			t.Wipe()
		}
	}()
	l.busy.Lock()
	defer l.busy.Unlock()
	if !slices.Contains(l.job.Contract.Products, presentLive) || !l.job.agreedOn(day) {
		return nil
	}
	if len(l.job.quietOn(day.Name)) > 0 { // nothing live in a quiet area, and what is around it would tell (privacy.md 27.4)
		return nil
	}
	if !whole {
		if _, stands := l.once[presentLive+" "+bin.Name]; !stands {
			return &Error{Kind: Unsafe, Text: fmt.Sprintf("the checkpoints of the partitions do not belong together: some have counted %s and it is not published; restore checkpoint from one copy, or remove it to read the log again", bin.Name)}
		}
		return nil
	}
	o := outgoing{product: presentLive, period: bin, digest: l.log.Name() + " " + bin.Name, exact: tables, days: 1, from: day.Name, to: day.Name,
		whole: uint64(day.Bins(l.opt.Bin) + 2*min(l.opt.Carried(), day.Bins(l.opt.Bin)))}
	if carried {
		if before := l.job.dayAt(day.Start - 1); l.job.agreedOn(before) {
			o.before = before.Name
		}
	}
	if err := l.days.count(day, l.state.Keyed(l.log.Name()+" live "+day.Name), nil, 0); err != nil {
		return err
	}
	if err := l.send(o); err != nil {
		return err
	}
	if _, stands := l.once[presentLive+" "+bin.Name]; !stands {
		return nil
	}
	if err := l.summarise(); err != nil {
		return err
	}
	l.status.Bins++
	l.status.Last, l.status.LastAt = bin.Name, l.runner.opt.Now()
	l.status.ClosingMS = l.status.LastAt.Sub(begin).Milliseconds()
	return nil
}

// dayAt is the civil day that holds an instant.
func (j *Job) dayAt(ms int64) throng.Period {
	d, _ := throng.DayOf(time.UnixMilli(ms).In(j.Contract.Location()).Format(time.DateOnly), j.Contract.Location())
	return d
}

// agreedOn reports whether the agreement covers a day.
func (j *Job) agreedOn(day throng.Period) bool {
	a := j.Contract.Agreement
	return day.Name >= a.From && (a.Until == "" || day.Name <= a.Until)
}

// tell reports how it goes.
func (l *liver) tell() {
	if l.live.Status == nil {
		return
	}
	s := l.status
	s.Clock, s.Silent, s.Rows, s.Devices, s.Waiting, s.Lag, s.Counts = l.clock(), 0, 0, 0, 0, 0, live.Counts{}
	for _, p := range l.parts {
		p.mu.Lock()
		mark := p.crowd.Mark()
		if p.first == 0 {
			s.Silent++
		}
		if mark.Lag < 0 || s.Lag < 0 {
			s.Lag = -1
		} else {
			s.Lag += mark.Lag
		}
		s.Devices += p.crowd.Devices()
		s.Waiting += p.crowd.Waiting()
		s.Counts.Merge(p.crowd.Counts)
		p.mu.Unlock()
	}
	s.Rows, s.Day, s.Refused, s.Older = s.Counts.Rows, l.finalDay, int(l.refused.Load()), -1
	l.live.Status(s)
}
