package kafka

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/feed/feedtest"
	"github.com/throng-stats/throng/feed/rows"
)

// benchRows are the rows of a packed block, and benchBlocks the blocks of the topic.
const (
	benchRows   = 500
	benchBlocks = 4000
)

// BenchmarkTopic reads 2 M packed rows of one partition: by the client alone, and as a log. The broker is in the process.
func BenchmarkTopic(b *testing.B) {
	c := fake(b)
	topic := c.topic(b, 1, "LogAppendTime")
	codes, words := make([]uint32, benchRows), []string{"c0", "c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8", "c9"}
	units, times := make([]int64, benchRows), make([]int64, benchRows)
	for block := 0; block < benchBlocks; block += 100 {
		var records []*kgo.Record
		for k := range 100 {
			for i := range benchRows {
				n := int64((block+k)*benchRows + i)
				units[i], times[i], codes[i] = 1<<60+n*7919%200000, feedtest.LogMonday+n*40, uint32(n%10)
			}
			records = append(records, &kgo.Record{Topic: topic, Value: rows.Pack(nil, rows.Column{Name: "u", Wholes: units}, rows.Column{Name: "t", Wholes: times}, rows.Column{Name: "c", Words: words, Codes: codes})})
		}
		c.put(b, records...)
	}
	b.Run("client", func(b *testing.B) {
		before := processor()
		for range b.N {
			client, err := kgo.NewClient(append(c.extra, kgo.SeedBrokers(c.brokers...), kgo.FetchMaxPartitionBytes(fetchPartition),
				kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: {0: kgo.NewOffset().At(0)}}))...)
			if err != nil {
				b.Fatal(err)
			}
			for n := 0; n < benchBlocks; {
				n += client.PollFetches(b.Context()).NumRecords()
			}
			client.Close()
		}
		report(b, before)
	})
	for _, carry := range []bool{false, true} {
		b.Run(fmt.Sprintf("log, carry %v", carry), func(b *testing.B) {
			l := open(b, c, topic, rows.Packed)
			door := feedtest.LogDoor(0)
			if !carry {
				door.Carry(0)
			}
			b.ResetTimer()
			before := processor()
			for range b.N {
				r, err := l.Open(b.Context(), 0, 0)
				if err != nil {
					b.Fatal(err)
				}
				var batch event.Batch
				for n := 0; n < benchRows*benchBlocks; n += batch.Len() {
					if _, err := r.Next(b.Context(), door, &batch); err != nil {
						b.Fatal(err)
					}
				}
				r.Close()
			}
			report(b, before)
		})
	}
}

// report counts rows a second of processor time, of client and broker together, which other programs on the machine do not
// change as much as they change time.
func report(b *testing.B, before time.Duration) {
	rows := float64(b.N) * benchRows * benchBlocks / 1e6
	b.ReportMetric(rows/b.Elapsed().Seconds(), "Mrows/s")
	b.ReportMetric(rows/(processor()-before).Seconds(), "Mrows/CPU-s")
}

// processor is the time that this process has used.
func processor() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
