package driver

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/driver/kafka"
	"github.com/throng-stats/throng/driver/live"
	"github.com/throng-stats/throng/feed"
	feedkafka "github.com/throng-stats/throng/feed/kafka"
	"github.com/throng-stats/throng/population"
	pop "github.com/throng-stats/throng/population/present"
	"github.com/throng-stats/throng/privacy/count"
)

// WorkerOptions say how some partitions of a log are followed, beside other workers who follow the rest.
type WorkerOptions struct {
	// Log is followed. Required. Work closes it.
	Log feed.Log
	// Join makes this process a member of the group that shares out the partitions, until ctx ends or it is closed. Required.
	Join func(context.Context, feedkafka.Share) (io.Closer, error)
	// Board is where workers and releaser leave notes. Its first key seals them and, once more, the tables of bins; all workers and the
	// releaser have the same. Required.
	Board *kafka.Sealed
	// Checkpoint is how often a snapshot of a partition is saved. Default: 30 s.
	Checkpoint time.Duration
	// Sweep is how often a worker that has several keys takes away what an earlier one left of its partitions after they were taken up.
	// Default: a minute.
	Sweep time.Duration
	// Leave is how long Work, told to stop, waits for a board that takes no note any more. Default: 5 s.
	Leave time.Duration
	// Workers is the number of goroutines that count a bin. Default: 1.
	Workers int
	// Now is the clock of this machine. Default: time.Now.
	Now func() time.Time
	// Note is told what goes on. Default: nobody is.
	Note func(text string)
	// Status is told how it goes, every few seconds. Default: nobody is.
	Status func(LiveStatus)
}

// Work follows the partitions that the group gives to this process, counts their bins and leaves the tables for the releaser, who has the
// ledger and alone publishes. It holds no budget and draws no noise. When a partition goes to another worker, that one goes on from the last
// snapshot; what both have counted is the same, so nothing is lost or counted twice, whoever is late to notice. One whose keys do not open
// what the others have sealed is refused, with an error of kind Unsafe. Told to stop it saves what it has, and returns nil; where the broker
// is away it gives that up after a while.
func Work(ctx context.Context, job *Job, opt WorkerOptions) (err error) {
	if opt.Checkpoint == 0 {
		opt.Checkpoint = 30 * time.Second
	}
	if opt.Sweep == 0 {
		opt.Sweep = olderEvery
	}
	if opt.Leave == 0 {
		opt.Leave = leaveWithin
	}
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Note == nil {
		opt.Note = func(string) {}
	}
	defer func() { err = errors.Join(err, opt.Log.Close()) }()
	if err := opt.Board.Admit(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	patience := newPatience(ctx, opt.Leave)
	defer patience.end(nil)
	w := &worker{job: job, opt: opt, patience: patience, live: job.liveOptions(max(1, opt.Workers)), doors: doors{of: map[string]*feed.Door{}},
		parts: map[int]*workPart{}, keys: map[string][16]byte{}, wanted: map[string]bool{}}
	w.told = sync.NewCond(&w.mu)
	w.fail = cancel
	stop := context.AfterFunc(ctx, func() { w.mu.Lock(); defer w.mu.Unlock(); w.told.Broadcast() })
	defer stop()
	watched := make(chan error, 2)
	go func() { watched <- opt.Board.Watch(ctx, isForWorkers, w.read) }()
	if len(opt.Board.Keys()) > 1 {
		go func() { watched <- w.sweep(ctx) }()
	}
	group, err := opt.Join(patience.ctx, feedkafka.Share{Given: w.given, Taken: w.taken, Lost: w.lost})
	if err != nil {
		return err
	}
	tick := time.NewTicker(2 * time.Second)
	defer tick.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case err := <-watched:
			if err != nil {
				cancel(err)
			}
		case <-tick.C:
			w.tell()
		}
	}
	err = group.Close() // partitions are taken first, and saved
	if cause := context.Cause(ctx); !stopped(cause) {
		err = errors.Join(cause, err)
	}
	return err
}

// Notes of the board, beside those of package kafka.
const (
	noteFirst = "first" // the first stamp of a partition, from its worker
	noteSince = "since" // from when on bins are counted, from the releaser
	noteDone  = "done"  // the last day that is done, from the releaser
	noteKey   = "key/"  // of a day, from the releaser
	noteWant  = "want/" // a day whose key a worker wants
	noteBin   = "bin/"  // what a partition has counted in a bin, from its worker
	noteDay   = "day/"  // where the rows of a day lie in a partition, when it will hear of it no more
)

func isForWorkers(name string) bool {
	return name == noteSince || name == noteDone || len(name) > len(noteKey) && name[:len(noteKey)] == noteKey
}

// worker is one process that follows some partitions.
type worker struct {
	job   *Job
	opt   WorkerOptions
	live  live.Options
	doors doors
	fail  context.CancelCauseFunc

	patience *patience

	mu     sync.Mutex
	told   *sync.Cond // a note has come
	parts  map[int]*workPart
	since  int64
	known  bool // since is
	done   string
	keys   map[string][16]byte
	wanted map[string]bool
}

// workPart is a partition that is this worker's.
type workPart struct {
	*livePart
	w          *worker
	ctx        context.Context
	cancel     context.CancelFunc
	ended      chan struct{}
	generation int32
	snapshots  *kafka.Snapshots
	saved      time.Time
	resumed    bool            // from a snapshot
	told       map[string]bool // days
	bins       int
	owing      bool // a bin is counted and not handed over
}

// read takes a note of the releaser.
func (w *worker) read(_ int, name string, text []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case name == noteSince && text != nil:
		w.since, w.known = kafka.Instant(text), true
	case name == noteDone && text != nil:
		w.done = max(w.done, string(text))
	case text == nil:
		delete(w.keys, name[len(noteKey):])
		w.doors.forget(name[len(noteKey):])
	case len(text) == 16:
		w.keys[name[len(noteKey):]] = [16]byte(text)
	}
	w.told.Broadcast()
	for _, p := range w.parts {
		go p.wakeUp()
	}
}

// given begins to follow partitions.
func (w *worker) given(ctx context.Context, partitions []int, generation int32) {
	for _, i := range partitions {
		p := &workPart{w: w, ended: make(chan struct{}), generation: generation, snapshots: kafka.NewSnapshots(renewing{w.opt.Board, w.patience}, i, generation), saved: w.opt.Now(), told: map[string]bool{}}
		p.livePart = newPart(w.job, w.opt.Log, w.live, w.opt.Now, p, i)
		p.ctx, p.cancel = context.WithCancel(context.WithoutCancel(ctx))
		w.mu.Lock()
		w.parts[i] = p
		w.mu.Unlock()
		go func() {
			defer close(p.ended)
			if err := p.run(); err != nil && p.ctx.Err() == nil && !stopped(err) {
				w.fail(err)
			}
		}()
	}
}

// taken saves partitions and forgets them.
func (w *worker) taken(ctx context.Context, partitions []int, _ int32) {
	for _, p := range w.end(partitions) {
		if err := p.save(ctx); err != nil {
			w.opt.Note(fmt.Sprintf("partition %d was not saved: %v; its next worker goes on from the snapshot before", p.index, err))
		}
	}
}

// lost forgets partitions: another worker may have them already.
func (w *worker) lost(_ context.Context, partitions []int) { w.end(partitions) }

func (w *worker) end(partitions []int) []*workPart {
	var ended []*workPart
	for _, i := range partitions {
		w.mu.Lock()
		p := w.parts[i]
		delete(w.parts, i)
		w.mu.Unlock()
		if p == nil {
			continue
		}
		p.cancel()
		w.mu.Lock()
		w.told.Broadcast()
		w.mu.Unlock()
		<-p.ended
		ended = append(ended, p)
	}
	return ended
}

// run takes up the last snapshot and follows the partition.
func (p *workPart) run() error {
	text, err := p.snapshots.Latest(p.ctx)
	if err != nil {
		return err
	}
	if text != nil {
		var s partState
		if err := json.Unmarshal(text, &s); err != nil {
			return &Error{Kind: Unsafe, Text: fmt.Sprintf("the snapshot of partition %d cannot be read; go on with the program that wrote it", p.index)}
		}
		if s.Spec != p.w.job.liveSpec(p.w.live) {
			return &Error{Kind: Unsafe, Text: fmt.Sprintf("the snapshot of partition %d was kept for another cell plan, lateness, bin or carry; finish with the old contract, or give this one a feed id of its own", p.index)}
		}
		if err := p.restore(s); err != nil {
			return err
		}
		p.resumed = true
		if err := p.handOver(); err != nil {
			return err
		}
		if len(p.w.opt.Board.Keys()) > 1 { // that it lies under the first, also when the log is silent
			if err := p.save(p.ctx); err != nil {
				return err
			}
		}
	}
	return p.follow(p.ctx)
}

// sweep looks now and then, until the context ends, for what others have left of partitions that are this worker's, while the key is
// changed: nobody seals that anew, and it would keep the old key in use for ever.
func (w *worker) sweep(ctx context.Context) error {
	tick := time.NewTicker(w.opt.Sweep)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		w.mu.Lock()
		parts := slices.Collect(maps.Values(w.parts))
		w.mu.Unlock()
		for _, p := range parts {
			if err := w.opt.Board.Sweep(ctx, p.index, p.generation); err != nil {
				return err
			}
		}
	}
}

// handOver hands over what was ready when the snapshot was saved and had not been handed over: the log waits for that.
func (p *workPart) handOver() error {
	stop := context.AfterFunc(p.ctx, p.wakeUp)
	defer stop()
	p.mu.Lock()
	for _, ok := p.settled(); !ok && p.ctx.Err() == nil; _, ok = p.settled() {
		p.ready.Wait()
	}
	p.mu.Unlock()
	if err := p.ctx.Err(); err != nil {
		return err
	}
	return p.news()
}

// restore takes up what was saved of a partition.
func (p *livePart) restore(s partState) error {
	crowd := live.New(p.opt)
	if err := crowd.RestoreState(s.Crowd); err != nil {
		return err
	}
	clear(s.Crowd)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.first, p.trail, p.crowd = s.First, s.Trail, crowd
	return nil
}

// save writes a snapshot. All that was counted before has been handed over; else there is none, and the bin is counted again. Where nothing
// was taken up and nothing read there is nothing to save: what lies on the board, and may have been refused, stays as it is.
func (p *workPart) save(ctx context.Context) error {
	if p.owing {
		return errors.New("a bin was counted that could not be handed over")
	}
	if _, ok := p.settled(); !ok {
		return nil
	}
	p.mu.Lock()
	next := p.crowd.Mark().Next
	if next == 0 && !p.resumed {
		p.mu.Unlock()
		return nil
	}
	crowd := p.crowd.AppendState(nil)
	text, err := json.Marshal(partState{Spec: p.w.job.liveSpec(p.opt), First: p.first, Next: next, Trail: p.trail, Crowd: crowd})
	p.mu.Unlock()
	clear(crowd)
	if err != nil {
		return err
	}
	defer clear(text)
	if err := p.snapshots.Save(ctx, int64(next), text); err != nil {
		return err
	}
	p.saved = p.w.opt.Now()
	// The group's own offset is for displays of lag alone: whoever goes on begins at the snapshot. A member that is leaving cannot set it.
	if err := p.log.Release(ctx, p.index, next); err != nil && p.ctx.Err() == nil {
		p.w.opt.Note(fmt.Sprintf("displays of lag are behind: %v", err))
	}
	return nil
}

// door is that of crew: it asks the releaser for keys and waits for them.
func (p *workPart) door(ctx context.Context, from, to int64) (*feed.Door, error) {
	w := p.w
	for {
		w.mu.Lock()
		days := w.job.daysFor(from, to, w.done)
		missing := slices.IndexFunc(days, func(d throng.Period) bool { _, ok := w.keys[d.Name]; return !ok })
		if missing < 0 {
			w.mu.Unlock()
			return w.doors.get(w.job, days, w.live.CarryFor(), w.keysOf)
		}
		day := days[missing].Name
		if !w.wanted[day] {
			w.wanted[day] = true
			w.mu.Unlock()
			if err := w.opt.Board.Put(ctx, p.index, noteWant+day, []byte{1}); err != nil {
				w.wantAgain(day)
				return nil, err
			}
			continue
		}
		if ctx.Err() == nil {
			w.told.Wait()
		}
		w.mu.Unlock()
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
}

// wantAgain lets another partition ask for a key, after one that was taken while it asked.
func (w *worker) wantAgain(day string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.wanted, day)
	w.told.Broadcast()
}

func (w *worker) keysOf(days []throng.Period) ([][16]byte, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var keys [][16]byte
	for _, d := range days {
		key, ok := w.keys[d.Name]
		if !ok {
			return nil, fmt.Errorf("driver: the key of %s was taken back while it was asked for", d.Name)
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// settled is that of crew.
func (p *workPart) settled() (int64, bool) {
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	return p.w.since, p.w.known
}

// lastDone is that of crew.
func (p *workPart) lastDone() string {
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	return p.w.done
}

// news hands over what has become ready: the first stamp, where the rows of a day lie, then bins in their order; and saves now and then. A
// releaser that has the bins after a day has heard of that day.
func (p *workPart) news() error {
	if _, ok := p.settled(); !ok {
		p.mu.Lock()
		first := p.first
		p.mu.Unlock()
		return p.w.opt.Board.Put(p.ctx, p.index, noteFirst, kafka.Number(first))
	}
	if err := p.tellDays(); err != nil {
		return err
	}
	for {
		more, err := p.closeBin()
		if err != nil {
			return err
		}
		if !more {
			break
		}
	}
	if p.w.opt.Now().Sub(p.saved) >= p.w.opt.Checkpoint {
		return p.save(p.ctx)
	}
	return nil
}

// closeBin counts the next bin, when it is ready, and hands its tables over, sealed.
func (p *workPart) closeBin() (more bool, err error) {
	p.mu.Lock()
	bin, day, ok := p.crowd.Due()
	if !ok || !p.crowd.Ready(bin) {
		p.mu.Unlock()
		return false, nil
	}
	p.owing = true
	tables, err := p.crowd.Close(bin, func() population.Statistic { return pop.NewLive(p.job.Ground, bin, p.crowd.IsCarried(bin, day)) }, nil)
	p.mu.Unlock()
	if err != nil {
		return false, err
	}
	defer func() {
		for _, t := range tables {
			t.Wipe()
		}
	}()
	if slices.Contains(p.job.Contract.Products, presentLive) {
		text, err := sealTables(tables, p.w.opt.Board.Keys()[0])
		if err != nil {
			return false, err
		}
		if err := p.w.opt.Board.Put(p.ctx, p.index, kafka.BinName(bin.Start), text); err != nil {
			return false, err
		}
		p.mu.Lock()
		p.bins++
		p.mu.Unlock()
	}
	p.owing = false
	return true, nil
}

// sealTables writes exact tables for the releaser. They can be read by nobody else.
func sealTables(tables []*count.Table, key [32]byte) ([]byte, error) {
	aead := aeadOf([16]byte(key[:16]))
	var all [][]byte
	for _, t := range tables {
		nonce := make([]byte, aead.NonceSize())
		rand.Read(nonce)
		all = append(all, t.Seal(aead, nonce))
	}
	return json.Marshal(all)
}

// addTables adds tables that were sealed under one of the keys to those of the same shapes.
func addTables(to []*count.Table, text []byte, keys [][32]byte) error {
	var all [][]byte
	if err := json.Unmarshal(text, &all); err != nil || len(all) != len(to) {
		return &Error{Kind: Unsafe, Text: "the tables that a worker handed over cannot be read; all workers and the releaser run the same program under the same contract"}
	}
	for i, t := range to {
		if err := unseal(t, all[i], keys); err != nil {
			return &Error{Kind: Unsafe, Text: err.Error()}
		}
	}
	return nil
}

// unseal tries the keys. One that does not open the table leaves it as it was.
func unseal(t *count.Table, sealed []byte, keys [][32]byte) (err error) {
	for _, key := range keys {
		if err = t.Unseal(aeadOf([16]byte(key[:16])), sealed); err == nil {
			return nil
		}
	}
	return err
}

// tellDays tells where the rows of days lie of which this partition hears no more, and drops what is done.
func (p *workPart) tellDays() error {
	done := p.lastDone()
	p.mu.Lock()
	p.trail = slices.DeleteFunc(p.trail, func(t trailDay) bool { return t.Day <= done })
	trail := slices.Clone(p.trail)
	p.mu.Unlock()
	for _, t := range trail {
		if t.To == 0 || p.told[t.Day] {
			continue
		}
		text, err := json.Marshal(t)
		if err != nil {
			return err
		}
		if err := p.w.opt.Board.Put(p.ctx, p.index, noteDay+t.Day, text); err != nil {
			return err
		}
		p.told[t.Day] = true
	}
	return nil
}

// tell reports how it goes.
func (w *worker) tell() {
	if w.opt.Status == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	s := LiveStatus{Older: -1}
	for _, p := range w.parts {
		p.mu.Lock()
		mark := p.crowd.Mark()
		if s.Clock == 0 || mark.Clock < s.Clock {
			s.Clock = mark.Clock
		}
		if p.first == 0 {
			s.Silent++
		}
		s.Lag += max(0, mark.Lag)
		s.Devices += p.crowd.Devices()
		s.Waiting += p.crowd.Waiting()
		s.Bins += p.bins
		s.Counts.Merge(p.crowd.Counts)
		p.mu.Unlock()
	}
	s.Rows = s.Counts.Rows
	w.opt.Status(s)
}
