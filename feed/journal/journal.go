// Package journal keeps what was pushed until it is counted: an append-only log of entries on disk, encrypted and durable.
//
// What came in is not in it. An entry holds rows that came through a door: pseudonyms under the keys of their days, places as
// indexes, times, and reasons to reject; sealed with AES-256-GCM. When the key of a day is destroyed, nobody can say any more
// whose rows they are, and when they are released their files are removed.
//
// Many callers append at once; what waits is written together and made durable by one fsync, before anybody is told. After a
// write or an fsync has failed nothing is taken any more: what is on disk is not known then, and only the next Open looks.
package journal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/feed"
)

// Offset is a position of the log: the number of bytes of all entries before.
type Offset = feed.Offset

// Options say where a journal lies and how much it takes.
type Options struct {
	// Files is its folder. Required. One process opens it at a time: whoever does holds the lock of the scope.
	Files Files
	// Key seals it. Required.
	Key [32]byte
	// Spread is the key of the hash by which rows are spread over partitions. It stays as long as anything is kept of them, whatever
	// becomes of Key. Default: SpreadKey of Key.
	Spread [16]byte
	// Now is the clock of the stamps of arrival. Required.
	Now func() time.Time
	// Name is what the log is called. Default: journal.
	Name string
	// Partitions is their number, 1 to 64: what is read at the same time. Default: 1.
	Partitions int
	// ByColumn says that rows carry stamps of arrival of their own. Default: false, that of their entry.
	ByColumn bool
	// SegmentBytes is when a new file begins. Default: 64 MiB.
	SegmentBytes int64
	// QueueBytes is how many bytes may wait to be written. Default: 32 MiB.
	QueueBytes int64
	// MaxBytes is how many bytes may lie on disk and not be released. Default: no bound.
	MaxBytes int64
	// Keys is how many keys of batches are remembered at most. Default: a million.
	Keys int
}

// Errors of Append. Busy and Full mean: try again later.
var (
	ErrBusy   = errors.New("journal: too much waits to be written or counted; try again")
	ErrFull   = errors.New("journal: too many keys of batches in one day; try again later, or send larger batches")
	ErrKey    = errors.New("journal: the key of the batch was used for another one; use a new one")
	ErrClosed = errors.New("journal: closed")
)

// Journal is a feed.Log, and takes what it hands out. Its methods may be called by several goroutines.
type Journal struct {
	opt Options

	mu       sync.Mutex
	wake     *sync.Cond // of the committer
	queue    []*pending
	queued   int64
	segments []*segment // the last is the one that is written
	end      Offset     // what lies before is durable
	number   int64      // of the next entry
	clock    int64      // the latest stamp
	keys     memory
	released []Offset // by partition
	err      error    // a disk that failed
	isClosed bool
	news     chan struct{} // closed when end, err or isClosed changes
	done     chan struct{} // the committer has ended

	releasing sync.Mutex // one Release at a time

	file File // of the last segment; only the committer touches it
}

// pending is what waits to be written.
type pending struct {
	kind           byte
	plain          [][]byte
	size           int64
	key            Key
	body           uint64
	rows, rejected uint32
	answer         chan answer
}

type answer struct {
	receipt Receipt
	err     error
}

// Receipt says that a batch is durable.
type Receipt struct {
	Number   int64 // of the entry; a batch that came again has that of the first time
	Arrival  int64 // its stamp, milliseconds since 1970 UTC
	Rows     int   // of the batch
	Rejected int   // rows with a reason
	Repeated bool  // a batch of this key was there before, and nothing was taken
}

// Rows is one batch to append.
type Rows struct {
	// Batch are the rows, as a gate gives them; at least one and at most MaxRows. It is not kept.
	Batch *event.Batch
	// Door is what they came through: see Spread. Required.
	Door *feed.Door
	// Key names the batch, and Body is a digest of what was sent under it. Default: none; such a batch is always new.
	Key  Key
	Body uint64
}

// Spread prepares a door for this journal: its gates say to which partition a row belongs. Call it before the first gate is
// made.
func (j *Journal) Spread(d *feed.Door) {
	d.Spread(j.opt.Partitions, j.opt.Spread)
}

// SpreadKey works the key of the spread out from that of a journal.
func SpreadKey(key [32]byte) [16]byte {
	return [16]byte(derive(key, "throng journal partitions", nil))
}

// Append takes a batch. It returns when the batch is durable. When the context ends before, the batch may be there or not.
func (j *Journal) Append(ctx context.Context, r Rows) (Receipt, error) {
	n := r.Batch.Len()
	if n < 1 || n > MaxRows {
		return Receipt{}, fmt.Errorf("journal: got a batch of %d rows, want 1 to %d", n, MaxRows)
	}
	if !isEvents(r.Batch) {
		return Receipt{}, errors.New("journal: got rows that are no events; other feeds come from files")
	}
	p := &pending{kind: kindRows, key: r.Key, body: r.Body, rows: uint32(n), answer: make(chan answer, 1), plain: make([][]byte, 1+j.opt.Partitions)}
	made := r.Door.Made()
	if len(made) < len(r.Door.Periods()) {
		withoutKey(r.Batch, made)
	}
	for _, bad := range r.Batch.Bad {
		if bad != 0 {
			p.rejected++
		}
	}
	p.plain[0] = appendMeta(nil, &meta{made: made, key: r.Key, body: r.Body, rows: p.rows, rejected: p.rejected})
	for part, rows := range j.split(r.Batch) {
		if len(rows) > 0 {
			p.plain[1+part] = appendRows(make([]byte, 0, 8+48*len(rows)), r.Batch, rows, j.opt.ByColumn)
		}
	}
	return j.put(ctx, p)
}

// withoutKey takes the pseudonyms from rows of periods whose key is destroyed: they would be hashes that anybody can make.
func withoutKey(b *event.Batch, made []feed.Made) {
	keyed := func(ms int64) bool {
		return slices.ContainsFunc(made, func(m feed.Made) bool { return m.Start <= ms && ms < m.End })
	}
	for i, ms := range b.Time {
		if !keyed(ms) {
			b.Unit[i] = 0
		}
		if len(b.Was) > 0 && (b.Unit[i] == 0 || !slices.ContainsFunc(made, func(m feed.Made) bool { return m.End <= ms })) {
			b.Was[i] = 0
		}
	}
}

// Stop ends the taking and, behind what is durable, all readers with an error: that of whoever fills the journal.
func (j *Journal) Stop(err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.err == nil && !j.isClosed {
		j.err = err
		j.tell()
	}
}

// split lists the rows of each partition, in their order.
func (j *Journal) split(b *event.Batch) [][]int32 {
	parts := make([][]int32, j.opt.Partitions)
	for i := range b.Len() {
		part := 0
		if len(parts) > 1 {
			part = int(b.Shard[i])
		}
		parts[part] = append(parts[part], int32(i))
	}
	return parts
}

// Beat appends a heartbeat: the clock of the log goes on, although nothing came.
func (j *Journal) Beat(ctx context.Context) error {
	_, err := j.put(ctx, &pending{kind: kindBeat, plain: [][]byte{{}}, answer: make(chan answer, 1)})
	return err
}

// put queues what is to be written and waits for the answer.
func (j *Journal) put(ctx context.Context, p *pending) (Receipt, error) {
	p.size = entrySize
	for _, b := range p.plain {
		p.size += int64(4 + len(b) + tagSize)
	}
	j.mu.Lock()
	if err := j.refuse(p); err != nil {
		j.mu.Unlock()
		return Receipt{}, err
	}
	j.queue = append(j.queue, p)
	j.queued += p.size
	j.wake.Signal()
	j.mu.Unlock()
	select {
	case a := <-p.answer:
		return a.receipt, a.err
	case <-ctx.Done():
		return Receipt{}, ctx.Err()
	}
}

// refuse says why nothing can be queued; the lock is held.
func (j *Journal) refuse(p *pending) error {
	switch {
	case j.isClosed:
		return ErrClosed
	case j.err != nil:
		return j.err
	case j.queued > 0 && j.queued+p.size > j.opt.QueueBytes:
		return ErrBusy
	case p.kind == kindRows && j.opt.MaxBytes > 0 && int64(j.end-j.segments[0].base)+j.queued+p.size > j.opt.MaxBytes:
		return ErrBusy
	}
	return nil
}

// Name is that of the options.
func (j *Journal) Name() string { return j.opt.Name }

// Partitions is that of the options.
func (j *Journal) Partitions() int { return j.opt.Partitions }

// Close writes what waits, and ends all readers.
func (j *Journal) Close() error {
	j.mu.Lock()
	if !j.isClosed {
		j.isClosed = true
		j.tell()
		j.wake.Signal()
	}
	j.mu.Unlock()
	<-j.done
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.err
}

// tell wakes readers; the lock is held.
func (j *Journal) tell() {
	close(j.news)
	j.news = make(chan struct{})
}

// Release removes the files of which no partition needs anything any more. Keys of batches in them that are not a day old
// are carried over first.
func (j *Journal) Release(ctx context.Context, partition int, before Offset) error {
	j.releasing.Lock()
	defer j.releasing.Unlock()
	j.mu.Lock()
	j.released[partition] = max(j.released[partition], min(before, j.end))
	until, n := slices.Min(j.released), 0
	for n+1 < len(j.segments) && j.segments[n+1].base <= until {
		n++
	}
	gone := slices.Clone(j.segments[:n])
	carried := j.young(j.segments[n].first)
	j.mu.Unlock()
	if len(gone) == 0 {
		return nil
	}
	if len(carried) > 0 {
		if _, err := j.put(ctx, &pending{kind: kindKeys, plain: [][]byte{carried}, answer: make(chan answer, 1)}); err != nil {
			return err
		}
	}
	j.mu.Lock()
	j.segments = slices.DeleteFunc(j.segments, func(s *segment) bool { return slices.Contains(gone, s) })
	j.mu.Unlock()
	for _, s := range gone {
		if err := j.opt.Files.Remove(s.name); err != nil {
			return fmt.Errorf("journal: %w; remove it by hand", err)
		}
	}
	return j.opt.Files.SyncDir()
}

// young encodes the keys that lie in entries before a number; the lock is held.
func (j *Journal) young(before int64) (b []byte) {
	j.keys.forget(j.clock)
	for _, key := range j.keys.order {
		if k := j.keys.of[key]; k.home < before {
			b = appendKey(b, k)
		}
	}
	return b
}

func corrupt(name, got string) error {
	return &feed.Error{Kind: feed.Corrupt, File: name, Got: got, Want: "the journal as it was written", Hint: "restore the state folder from its copy, as a whole"}
}
