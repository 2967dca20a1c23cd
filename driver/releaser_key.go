package driver

import (
	"context"
	"time"

	"github.com/throng-stats/throng/driver/kafka"
	pop "github.com/throng-stats/throng/population/present"
)

// olderEvery is how often notes under another key are counted: the whole board is read for it.
const olderEvery = time.Minute

// hasSeveralKeys reports whether the key of workers and releaser is being changed.
func (r *releaser) hasSeveralKeys() bool { return len(r.opt.Board.Keys()) > 1 }

// sealAnew seals under the first key what lies on the board, whoever wrote it, while the key is being changed. What a worker writes
// meanwhile is the same; and what is taken away, this process takes away, so nothing comes back. Snapshots are left to the workers,
// who write them anew when they take them up.
func (r *releaser) sealAnew(ctx context.Context) error {
	if !r.hasSeveralKeys() {
		return nil
	}
	for p := range r.log.Partitions() {
		notes, err := r.opt.Board.Load(ctx, p, "")
		if err != nil {
			return err
		}
		for name, text := range notes {
			if !isForReleaser(name) && !isForWorkers(name) {
				continue
			}
			if start, ok := kafka.BinStart(name); ok {
				if text, err = r.sealBinAnew(start, text); err != nil {
					return err
				}
			}
			if err := r.opt.Board.Put(ctx, p, name, text); err != nil {
				return err
			}
		}
	}
	return nil
}

// sealBinAnew does it with the tables of a bin, which are sealed once more inside their note.
func (r *releaser) sealBinAnew(start int64, text []byte) ([]byte, error) {
	bin, _, carried := r.binOf(start)
	tables, err := emptyTables(pop.NewLive(r.job.Ground, bin, carried))
	if err != nil {
		return nil, err
	}
	defer func() {
		for _, t := range tables {
			t.Wipe()
		}
	}()
	if err := addTables(tables, text, r.opt.Board.Keys()); err != nil {
		return nil, err
	}
	return sealTables(tables, r.opt.Board.Keys()[0])
}

// countOlder counts now and then the notes that the first key does not open, until the context ends.
func (r *releaser) countOlder(ctx context.Context) error {
	tick := time.NewTicker(olderEvery)
	defer tick.Stop()
	for {
		n, err := r.opt.Board.Older(ctx, r.log.Partitions())
		if err != nil {
			return err
		}
		r.older.Store(int64(n))
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// sayOlder says it when their number has changed.
func (r *releaser) sayOlder() {
	n := int(r.older.Load())
	if n == r.status.Older {
		return
	}
	r.status.Older = n
	if n > 0 {
		r.note("key: %d notes of workers and releaser lie under another key than the first; keep it", n)
		return
	}
	r.note("key: every note of workers and releaser lies under the first key; when all of them have it as their first, the others may go")
}
