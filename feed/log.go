package feed

import (
	"context"

	"github.com/throng-stats/throng/event"
)

// Offset is a position in a partition of a log: that of the next entry. 0 is the beginning. What the numbers mean is the
// log's own; they grow.
type Offset int64

// Log is a feed without an end: partitions of entries, each in a fixed order, that can be read again from any offset until
// the caller lets them go. All rows of a unit and period lie in one partition.
//
// Every entry is stamped with the time at which the log took it in. Whether a row is late is decided by its own two stamps;
// when a window closes, by the clock of the log, which entries without a row (heartbeats) move too (privacy.md, section 2).
type Log interface {
	// Name says which log this is: a topic, a folder. It stands in the digest of what is counted.
	Name() string
	// Partitions is their number, one or more. Changing it begins a new log.
	Partitions() int
	// Open begins to read a partition at an offset and goes on for ever.
	Open(ctx context.Context, partition int, from Offset) (LogReader, error)
	// Part is a piece of the past, [from, to), for one more reading; rows come through the given door.
	Part(partition int, from, to Offset, door *Door) Part
	// Release says that entries before an offset are not needed any more: what was to be counted of them is published.
	Release(ctx context.Context, partition int, before Offset) error
	// Close ends all readers.
	Close() error
}

// LogReader reads one partition, on one goroutine.
type LogReader interface {
	// Next empties the batch, waits for entries, and fills it with the rows of at least one, at most BatchRows rows and some
	// more when one entry holds many. Rows come through the door, and what cannot be read is a row with a reason. After
	// heartbeats alone the batch is empty. It returns ctx.Err() when told to stop, and io.EOF from a log that was closed.
	Next(ctx context.Context, door *Door, into *event.Batch) (Mark, error)
	Close() error
}

// Mark is how far a reader is.
type Mark struct {
	Next  Offset // where to go on
	Clock int64  // the latest stamp of arrival so far, milliseconds since 1970 UTC; it never goes back
	Lag   int64  // entries that wait behind, or -1 when not known
}
