package embedded

import (
	"context"
	"crypto/cipher"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/driver/embedded/internal/pages"
	"github.com/throng-stats/throng/locate"
	"github.com/throng-stats/throng/mobility"
	"github.com/throng-stats/throng/population"
)

// What lies on disk between the days of a month, and between two months.
type (
	// Book are the pages of one month: what its days have left until it is counted.
	Book = pages.Book
	// BookMonth names what a book is of.
	BookMonth = pages.Month
	// BookDay is a day of a book in the making: it is written by Period and there after Commit.
	BookDay = pages.Day
	// HomesWriting is a file of homes in the making: it is written by Month and there after Commit.
	HomesWriting = pages.HomesWriting
	// Homes is a file of homes of one side of a pair of months.
	Homes = pages.Homes
	// Side says which of its two months a file of homes is of.
	Side = pages.Side
)

// The sides of a pair of months.
const (
	SideBefore = pages.Before
	SideNow    = pages.Now
)

// OpenBook takes up the book of a month in a folder of its own, or begins it. aead is AES-256-GCM with the key of the month.
func OpenBook(dir string, aead cipher.AEAD, month BookMonth) (*Book, error) {
	return pages.Open(dir, aead, month)
}

// NewHomes begins the file of homes of one side of a pair of months. aead is AES-256-GCM with the key of the pair; spec is
// the digest of what shapes a home.
func NewHomes(path string, aead cipher.AEAD, pair string, side Side, spec string) (*HomesWriting, error) {
	return pages.NewHomes(path, aead, pair, side, spec)
}

// OpenHomes opens a file of homes that was committed.
func OpenHomes(path string, aead cipher.AEAD, pair string, side Side) (*Homes, error) {
	return pages.OpenHomes(path, aead, pair, side)
}

// MonthPass is one reading of a book: what is counted of its month.
type MonthPass struct {
	Period   throng.Period // the month
	Ground   *locate.Ground
	Mobility mobility.Options // as when the days were read
	// Statistics returns what is counted; it is called once a worker.
	Statistics func() []population.Monthly
	// Homes, if set, finds the homes that are written; it is called once a worker.
	Homes func() population.Homes
	// Before, if set, takes the homes under the pseudonyms of the pair that ends with this month (as its SideNow), After
	// those of the pair that begins with it (as its SideBefore). The caller commits them after Month.
	Before, After *HomesWriting
}

// Month counts a month from its book, which has every day of its window. The tables are the same, bit for bit, for any
// number of workers and any order in which the pages were written.
func Month(ctx context.Context, book *Book, pass MonthPass, tune Tuning) ([]Counted, error) {
	if missing := book.Missing(); len(missing) > 0 {
		return nil, fmt.Errorf("month %s: %d days are not in, the first is %s; read them first", pass.Period.Name, len(missing), missing[0])
	}
	return overShards(ctx, tune, func() (shardWorker, error) { return newMonthWorker(book, pass) })
}

// PairPass is what is counted of two months in a row.
type PairPass struct {
	Period throng.Period // the later month
	// Statistics returns what is counted; it is called once a worker.
	Statistics func() []population.Paired
}

// Pairs counts the units that had a record in two consecutive months from their files of homes.
func Pairs(ctx context.Context, before, now *Homes, pass PairPass, tune Tuning) ([]Counted, error) {
	if before.Spec() != now.Spec() {
		return nil, fmt.Errorf("month %s: the homes of the month before were found by another rule or geography; the first month under the new one has no pairs", pass.Period.Name)
	}
	return overShards(ctx, tune, func() (shardWorker, error) { return newPairWorker(before, now, pass) })
}

// shardWorker is one goroutine's tools and tables for files of shards.
type shardWorker interface {
	shard(i int) error
	end() error // once, after the last shard
	tables() []Counted
}

// overShards runs all shards on all workers and merges what they counted.
func overShards(ctx context.Context, tune Tuning, worker func() (shardWorker, error)) ([]Counted, error) {
	tune.EnsureDefaults()
	var next atomic.Int64
	var group sync.WaitGroup
	workers := make([]shardWorker, min(tune.Workers, pages.Shards))
	errs := make([]error, len(workers))
	for i := range workers {
		w, err := worker()
		if err != nil {
			return nil, err
		}
		workers[i] = w
	}
	for i, w := range workers {
		group.Go(func() {
			for {
				shard := int(next.Add(1)) - 1
				if shard >= pages.Shards || ctx.Err() != nil {
					errs[i] = w.end()
					return
				}
				if errs[i] = w.shard(shard); errs[i] != nil {
					return
				}
			}
		})
	}
	group.Wait()
	if err := errors.Join(append(errs, context.Cause(ctx))...); err != nil {
		return nil, err
	}
	all := workers[0].tables()
	for _, w := range workers[1:] {
		for i, c := range w.tables() {
			for k, t := range c.Tables {
				all[i].Tables[k].Merge(t)
			}
		}
	}
	return all, nil
}
