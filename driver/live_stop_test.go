package driver_test

import (
	"context"
	"errors"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/throng-stats/throng/driver"
	"github.com/throng-stats/throng/driver/embedded"
	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/feed"
	"github.com/throng-stats/throng/feed/feedtest"
)

var errDisk = errors.New("the disk of the log has failed")

// failing is a log that fails while the loop that counts waits for it.
type failing struct {
	sharedLog
	has atomic.Bool
}

func (l *failing) Release(ctx context.Context, partition int, before feed.Offset) error {
	l.has.Store(true)
	l.Append(partition, time.Date(2026, 2, 4, 0, 0, 0, 0, time.UTC).UnixMilli()) // wakes the reader
	<-ctx.Done()
	return ctx.Err()
}

func (l *failing) Open(ctx context.Context, partition int, from feed.Offset) (feed.LogReader, error) {
	r, err := l.sharedLog.Open(ctx, partition, from)
	return &failingReader{r, l}, err
}

type failingReader struct {
	feed.LogReader
	log *failing
}

func (r *failingReader) Next(ctx context.Context, door *feed.Door, b *event.Batch) (feed.Mark, error) {
	mark, err := r.LogReader.Next(ctx, door, b)
	if r.log.has.Load() {
		return feed.Mark{}, errDisk
	}
	return mark, err
}

// TestLiveFails: an error of the log is told, although the loop was waiting for the log at that moment, and heard only that it should stop.
func TestLiveFails(t *testing.T) {
	r := keyed(t, liveRegion(t).set("  unit: subscriber\n  arrival: file-time", "  columns: {user: {as: subscriber, type: int}, at: {as: time, type: text}, cell: {as: cell, type: text}}"))
	job, err := r.prepare(t)
	if err != nil {
		t.Fatal(err)
	}
	log := &failing{sharedLog: sharedLog{feedtest.NewMemory("talk", 1, job.Ground)}}
	begin := time.Date(2026, 2, 1, 22, 0, 0, 0, time.UTC).UnixMilli()
	log.Append(0, begin, feedtest.LogRow{Unit: 1000, Time: begin, Cell: "E1-0"})
	for hour := range int64(40) { // to the end of a day, and its lateness
		log.Append(0, begin+hour*3600e3)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	_, err = driver.Live(ctx, job, driver.LiveOptions{Log: log, RunOptions: driver.RunOptions{Out: filepath.Join(r.dir, "out"), Tuning: embedded.Tuning{Workers: 1}}})
	if !errors.Is(err, errDisk) {
		t.Errorf("got %v, want the error of the log", err)
	}
}
