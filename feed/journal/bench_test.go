package journal

import (
	"sync"
	"syscall"
	"testing"

	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/feed"
)

// BenchmarkJournal tells how many rows are sealed, made durable, and read again by two readers, in a second of processor time.
func BenchmarkJournal(b *testing.B) {
	d := theDoor(b, 0)
	j := open(b, b.TempDir(), func(o *Options) { o.Files, o.Partitions = Disk(b.TempDir()), 2 })
	j.Spread(d)
	users := make([]int64, feed.BatchRows)
	for i := range users {
		users[i] = int64(i) * 7919
	}
	batch := through(b, d, noon, users...)
	const senders, each = 8, 16
	at := make([]Offset, 2)
	before := cpuSeconds(b)
	for b.Loop() {
		var wait sync.WaitGroup
		for range senders {
			wait.Go(func() {
				for range each {
					if _, err := j.Append(b.Context(), Rows{Batch: batch, Door: d}); err != nil {
						b.Error(err)
					}
				}
			})
		}
		wait.Wait()
		for p := range 2 {
			wait.Go(func() {
				r, err := j.Open(b.Context(), p, at[p])
				if err != nil {
					b.Error(err)
					return
				}
				defer r.Close()
				var into event.Batch
				for at[p] < j.end {
					mark, err := r.Next(b.Context(), d, &into)
					if err != nil {
						b.Error(err)
						return
					}
					at[p] = mark.Next
				}
			})
		}
		wait.Wait()
	}
	rows := float64(senders*each*feed.BatchRows) * float64(b.N)
	b.ReportMetric(rows/(cpuSeconds(b)-before)/1e6, "Mrows/cpu-s")
	b.ReportMetric(float64(j.end)/rows, "bytes/row")
}

// cpuSeconds is what the process has used, so that a busy machine does not matter.
func cpuSeconds(b *testing.B) float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}
