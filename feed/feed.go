// Package feed opens a company's feed and admits only the fields its contract allows.
//
// Pseudonyms and places are replaced at this door: what leaves it is a keyed hash, a time and the index of a place.
// Reading from files, logs and requests lies in the subfolders; everything here is arithmetic on values that were read.
package feed

import (
	"context"
	"io"

	"github.com/throng-stats/throng/event"
)

// BatchRows is the number of rows that a feed puts into one batch at most. A batch of that size stays in the cache of
// one processor core (229 kB with every column of an event).
const BatchRows = 8192

// Feed hands out rows in batches.
//
// Read empties the batch, fills it with at least one and at most BatchRows rows and returns a function that the caller
// calls once when these rows are safe. A row may come again after a restart, never before it is acknowledged
// everywhere: removing duplicates is the filter's work. At the end Read returns io.EOF, a nil function and an empty
// batch, and goes on doing so. After any other error the feed is used up. One goroutine reads a feed.
type Feed interface {
	Read(ctx context.Context, into *event.Batch) (ack func(), err error)
}

// Reader is a feed that holds something open.
type Reader interface {
	Feed
	io.Closer
}

// Part is one piece of a feed that can be read without the others, in any order, on any goroutine, and again from its
// beginning: a row group of a Parquet file, a CSV file, or a run of lines of one.
type Part interface {
	// Name says which piece this is, for progress and errors: a path and a row number, nothing of a row.
	Name() string
	// Bytes is about how many bytes are read from disk.
	Bytes() int64
	// Rows is how many rows there are, or -1 when that is known only after reading.
	Rows() int64
	// Open begins to read.
	Open(ctx context.Context) (Reader, error)
}

// Each reads a part to its end and hands every batch to use, which must not keep it. A batch is acknowledged after use
// returned without an error.
func Each(ctx context.Context, p Part, use func(*event.Batch) error) (err error) {
	r, err := p.Open(ctx)
	if err != nil {
		return err
	}
	defer func() {
		if closing := r.Close(); err == nil {
			err = closing
		}
	}()
	var b event.Batch
	for {
		ack, err := r.Read(ctx, &b)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := use(&b); err != nil {
			return err
		}
		ack()
	}
}
