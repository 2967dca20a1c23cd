package driver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/driver/kafka"
	"github.com/throng-stats/throng/feed"
	"github.com/throng-stats/throng/population"
	pop "github.com/throng-stats/throng/population/present"
	"github.com/throng-stats/throng/privacy/count"
)

// ReleaserOptions say how the counts of several workers are published.
type ReleaserOptions struct {
	RunOptions
	// Log is read again for the final tables of each day. Required. Release closes it.
	Log feed.Log
	// Board is where workers leave what they count. Its keys open notes and the tables of bins; all workers and the releaser have the same.
	// Required.
	Board *kafka.Sealed
	// Status is told how it goes, after every bin and every few seconds. Default: nobody is.
	Status func(LiveStatus)
	// Until stops when the bin that holds an instant, in milliseconds, is published. Default: never.
	Until int64
}

// Release publishes what the workers of a log count: each bin when all partitions have it, each day when no partition hears of it any more.
// It alone has the ledger, draws noise, and makes and destroys the keys of the days. One process at a time: the ledger is locked. One whose
// keys do not open what the workers have sealed is refused, with an error of kind Unsafe.
func Release(ctx context.Context, job *Job, opt ReleaserOptions) (sum *Summary, err error) {
	defer func() { err = errors.Join(err, opt.Log.Close()) }()
	if err := opt.Board.Admit(ctx); err != nil {
		return nil, err
	}
	r, err := newRunner(job, opt.RunOptions)
	if err != nil {
		return nil, err
	}
	defer r.close()
	r.follows = true
	r.sum.State = r.opt.State
	r.opt.Tuning.EnsureDefaults()
	l := &liver{runner: r, live: LiveOptions{RunOptions: opt.RunOptions, Until: opt.Until}, log: opt.Log, doors: doors{of: map[string]*feed.Door{}}, opt: job.liveOptions(r.opt.Tuning.Workers)}
	re := &releaser{liver: l, opt: opt, bins: map[int64]map[int][]byte{}, days: map[string]map[int]trailDay{}, firsts: map[int]int64{}, wants: map[string]bool{}, woken: make(chan struct{}, 1)}
	re.older.Store(-1)
	re.status.Older = -1
	if err := r.freshBudget(l.log.Name()); err != nil {
		return nil, err
	}
	if err := re.takeUp(ctx); err != nil {
		return nil, err
	}
	if err := re.sealAnew(ctx); err != nil {
		return nil, err
	}
	err = re.run(ctx)
	return &r.sum, errors.Join(err, r.finish())
}

// releaser gathers what the workers hand over.
type releaser struct {
	*liver
	opt   ReleaserOptions
	woken chan struct{}
	older atomic.Int64 // notes under another key than the first; -1 while not counted

	mu     sync.Mutex
	firsts map[int]int64
	wants  map[string]bool
	bins   map[int64]map[int][]byte // by start, then partition
	days   map[string]map[int]trailDay
	clock  int64 // start of the latest bin that anybody handed over
	last   int64 // start of the last bin that was published
}

// takeUp reads what the releaser itself remembers, and says it to the workers again.
func (r *releaser) takeUp(ctx context.Context) error {
	s, err := readLive(r.state)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil // the first time
	case err != nil:
		return err
	case s.Log != r.log.Name() || s.Partitions != r.log.Partitions():
		return &Error{Kind: Unsafe, Text: fmt.Sprintf("checkpoint/live.json is of %s with %d partitions, and this is %s with %d; go on with that, or give this contract a feed id of its own", s.Log, s.Partitions, r.log.Name(), r.log.Partitions())}
	}
	r.since = s.Since
	r.begun.Store(true)
	r.done.Store(s.Done)
	return errors.Join(r.announce(ctx), r.takeBack(ctx), r.forgetDone(), r.gather(ctx))
}

// gather reads the bins and days that wait. The board keeps the last note of a name in its own place, so that of a bin that was handed over again
// may lie behind those of later bins.
func (r *releaser) gather(ctx context.Context) error {
	for p := range r.log.Partitions() {
		for _, prefix := range []string{noteBin, noteDay} {
			notes, err := r.opt.Board.Load(ctx, p, prefix)
			if err != nil {
				return err
			}
			for name, text := range notes {
				r.read(p, name, text)
			}
		}
	}
	return nil
}

// takeBack takes what is left of days that are done from the board: their keys, where their rows lay, and bins that somebody who was late
// to notice has handed over again.
func (r *releaser) takeBack(ctx context.Context) error {
	for p := range r.log.Partitions() {
		for _, prefix := range []string{noteKey, noteDay, noteWant, noteBin} {
			notes, err := r.opt.Board.Load(ctx, p, prefix)
			if err != nil {
				return err
			}
			for name := range notes {
				if r.dayOf(name) > r.lastDone() {
					continue
				}
				if err := r.opt.Board.Put(ctx, p, name, nil); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// dayOf is the day of a note that has one in its name.
func (r *releaser) dayOf(note string) string {
	if start, ok := kafka.BinStart(note); ok {
		return r.job.dayAt(start).Name
	}
	return note[strings.IndexByte(note, '/')+1:]
}

// announce tells all partitions from when on bins are counted, and what is done.
func (r *releaser) announce(ctx context.Context) error {
	for p := range r.log.Partitions() {
		if err := r.opt.Board.Put(ctx, p, noteSince, kafka.Number(r.since)); err != nil {
			return err
		}
		if done := r.lastDone(); done != "" {
			if err := r.opt.Board.Put(ctx, p, noteDone, []byte(done)); err != nil {
				return err
			}
		}
	}
	return nil
}

func isForReleaser(name string) bool {
	return name == noteFirst || strings.HasPrefix(name, noteWant) || strings.HasPrefix(name, noteDay) || strings.HasPrefix(name, noteBin)
}

// read takes a note of a worker.
func (r *releaser) read(partition int, name string, text []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	start, isBin := kafka.BinStart(name)
	switch {
	case isBin && text == nil:
		delete(r.bins[start], partition)
	case isBin:
		if r.bins[start] == nil {
			r.bins[start] = map[int][]byte{}
		}
		r.bins[start][partition] = text
		r.clock = max(r.clock, start)
	case text == nil:
	case name == noteFirst:
		if r.firsts[partition] == 0 {
			r.firsts[partition] = kafka.Instant(text)
		}
	case strings.HasPrefix(name, noteWant):
		r.wants[name[len(noteWant):]] = true
	default:
		var t trailDay
		if json.Unmarshal(text, &t) == nil {
			if r.days[t.Day] == nil {
				r.days[t.Day] = map[int]trailDay{}
			}
			r.days[t.Day][partition] = t
		}
	}
	select {
	case r.woken <- struct{}{}:
	default:
	}
}

func (r *releaser) run(ctx context.Context) (err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watched := make(chan error, 2)
	go func() { watched <- r.opt.Board.Watch(ctx, isForReleaser, r.read) }()
	if r.hasSeveralKeys() {
		go func() { watched <- r.countOlder(ctx) }()
	}
	defer func() {
		cancel(nil)
		if r.final != nil {
			if failed := <-r.final; !stopped(failed) {
				err = errors.Join(err, failed)
			}
		}
	}()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			select {
			case err := <-watched:
				return unlessStopped(err)
			default:
				return nil
			}
		case err := <-watched:
			return unlessStopped(err)
		case <-r.woken:
		case <-tick.C:
		}
		if err := r.step(ctx); err != nil {
			if ctx.Err() != nil {
				return unlessStopped(err)
			}
			return err
		}
		if r.opt.Until > 0 && r.final == nil && r.isPublished(r.opt.Until) && r.nextPieces() == nil {
			return nil
		}
	}
}

// step does whatever is due.
func (r *releaser) step(ctx context.Context) error {
	for _, work := range []func(context.Context) error{r.settle, r.giveKeys, r.publishBins, r.publishDay} {
		if err := work(ctx); err != nil {
			return err
		}
	}
	r.sayOlder()
	if r.opt.Status != nil {
		s := r.status
		r.mu.Lock()
		s.Clock, s.Lag, s.Silent = r.clock, -1, r.log.Partitions()-len(r.firsts)
		if r.begun.Load() {
			s.Silent = 0
		}
		r.mu.Unlock()
		s.Day = r.finalDay
		r.opt.Status(s)
	}
	return nil
}

// settle fixes, when every partition has been heard of, from when on bins are counted.
func (r *releaser) settle(ctx context.Context) error {
	r.mu.Lock()
	firsts := maps.Clone(r.firsts)
	r.mu.Unlock()
	if r.begun.Load() || len(firsts) < r.log.Partitions() {
		return nil
	}
	r.since = slices.Min(slices.Collect(maps.Values(firsts))) - r.liver.opt.Late
	r.begun.Store(true)
	if err := r.saveCommon(); err != nil {
		return err
	}
	return r.announce(ctx)
}

// giveKeys gives workers the keys of days that they want.
func (r *releaser) giveKeys(ctx context.Context) error {
	r.mu.Lock()
	wants := slices.Sorted(maps.Keys(r.wants))
	clear(r.wants)
	r.mu.Unlock()
	for _, name := range wants {
		day, err := throng.DayOf(name, r.job.Contract.Location())
		if err != nil || !r.job.agreedOn(day) || name <= r.lastDone() {
			continue
		}
		r.busy.Lock()
		keys, err := r.keysOf([]throng.Period{day})
		r.busy.Unlock()
		if err != nil {
			return err
		}
		key := keys.All()[0]
		for p := range r.log.Partitions() {
			if err := r.opt.Board.Put(ctx, p, noteKey+name, key[:]); err != nil {
				return err
			}
			if err := r.opt.Board.Put(ctx, p, noteWant+name, nil); err != nil {
				return err
			}
		}
		clear(key[:])
	}
	return nil
}

// publishBins publishes, in their order, the bins that all partitions have handed over.
func (r *releaser) publishBins(ctx context.Context) error {
	for ctx.Err() == nil {
		r.mu.Lock()
		start, parts := int64(0), map[int][]byte(nil)
		for s, of := range r.bins {
			if len(of) == r.log.Partitions() && (parts == nil || s < start) {
				start, parts = s, of
			}
		}
		parts = maps.Clone(parts) // notes go on to come
		r.mu.Unlock()
		if parts == nil {
			return nil
		}
		if err := r.publishOne(start, parts); err != nil {
			return err
		}
		for p := range parts {
			if err := r.opt.Board.Put(ctx, p, kafka.BinName(start), nil); err != nil {
				return err
			}
		}
		r.mu.Lock()
		delete(r.bins, start)
		for s := range r.bins { // what a worker that was late to notice has handed over again
			if s < start && len(r.bins[s]) < r.log.Partitions() {
				delete(r.bins, s)
			}
		}
		r.last = max(r.last, start)
		r.mu.Unlock()
	}
	return nil
}

func (r *releaser) publishOne(start int64, parts map[int][]byte) error {
	begin := r.liver.runner.opt.Now()
	bin, day, carried := r.binOf(start)
	tables, err := emptyTables(pop.NewLive(r.job.Ground, bin, carried))
	if err != nil {
		return err
	}
	for p := range r.log.Partitions() {
		if err := addTables(tables, parts[p], r.opt.Board.Keys()); err != nil {
			return err
		}
	}
	return r.publishBin(bin, day, tables, true, carried, begin)
}

// binOf is the bin that starts at an instant, its day, and whether devices are carried into it from the day before.
func (r *releaser) binOf(start int64) (bin, day throng.Period, carried bool) {
	day = r.job.dayAt(start)
	bin = throng.Period{Name: pop.LiveName(start), Start: start, End: min(day.End, start+r.liver.opt.Bin.Milliseconds())}
	return bin, day, start < day.Start+r.liver.opt.CarryFor()
}

// emptyTables are tables for what a statistic counts.
func emptyTables(s population.Statistic) (tables []*count.Table, err error) {
	for _, t := range s.Tables() {
		one, err := count.For(t)
		if err != nil {
			return nil, err
		}
		tables = append(tables, one)
	}
	return tables, nil
}

// publishDay begins to make the final tables of the next day that no partition hears of any more, and sees to the end of the one that is
// being made.
func (r *releaser) publishDay(ctx context.Context) error {
	if r.final != nil {
		select {
		case err := <-r.final:
			r.final = nil
			if err != nil {
				return err
			}
			return r.dayIsDone(ctx)
		default:
			return nil
		}
	}
	pieces := r.nextPieces()
	if pieces == nil {
		return nil
	}
	day, err := throng.DayOf(pieces[0].Day, r.job.Contract.Location())
	if err != nil {
		return err
	}
	r.finalDay = day.Name
	r.final = make(chan error, 1)
	if !r.isDaily() || day.Start < r.since {
		r.final <- nil
		return nil
	}
	go func() {
		r.busy.Lock()
		defer r.busy.Unlock()
		r.final <- r.countFinal(ctx, day, pieces)
	}()
	return nil
}

// nextPieces is where the rows of the next day lie in each partition, when none hears of it any more and its bins are published, with
// those of the next day into which it is carried; nil when there is no such day.
func (r *releaser) nextPieces() []trailDay {
	r.mu.Lock()
	defer r.mu.Unlock()
	var pieces []trailDay
	for _, name := range slices.Sorted(maps.Keys(r.days)) {
		if name <= r.lastDone() {
			delete(r.days, name)
			continue
		}
		if len(r.days[name]) == r.log.Partitions() {
			for p := range r.log.Partitions() {
				pieces = append(pieces, r.days[name][p])
			}
		}
		break
	}
	if pieces == nil || !slices.Contains(r.job.Contract.Products, presentLive) {
		return pieces
	}
	day, err := throng.DayOf(pieces[0].Day, r.job.Contract.Location())
	until := day.End + r.liver.opt.CarryFor()
	if err != nil || !r.isPublished(until) {
		return nil
	}
	return pieces
}

// isPublished reports whether bins are published up to an instant, by this process or by an earlier one. The tables of no day are being
// made meanwhile.
func (r *releaser) isPublished(until int64) bool {
	width := r.liver.opt.Bin.Milliseconds()
	start := until - width
	if r.last >= start {
		return true
	}
	start -= (start - r.job.dayAt(start).Start) % width
	_, ok := r.once[presentLive+" "+pop.LiveName(start)]
	return ok
}

// dayIsDone lets a day go: workers forget its key, and then it is destroyed.
func (r *releaser) dayIsDone(ctx context.Context) error {
	day, err := throng.DayOf(r.finalDay, r.job.Contract.Location())
	if err != nil {
		return err
	}
	r.done.Store(day.Name)
	r.finalDay = ""
	if err := r.saveCommon(); err != nil {
		return err
	}
	if err := r.announce(ctx); err != nil {
		return err
	}
	return errors.Join(r.takeBack(ctx), r.forgetDone(), r.noteDay(day))
}
