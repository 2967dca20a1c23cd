package main

import (
	"context"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/throng-stats/throng/bench/replay"
	"github.com/throng-stats/throng/feed/kafka"
	"github.com/throng-stats/throng/synth"
)

const (
	partitions = 4
	mostRows   = 60 // of a record
)

// stream puts the slices of a world into a topic, one after the other, by the partition of the pseudonym.
type stream struct {
	client *kgo.Client
	plan   [][]*kgo.Record // slice by slice, in the order in which they are sent
	at     int
}

// plan draws in which order slices and their records are sent, within blocks, and which records are sent twice.
func (w *world) plan(topic string, rng *rand.Rand, f *figures) *stream {
	order := rng.Perm(block)
	s := &stream{plan: make([][]*kgo.Record, len(w.told))}
	for i := range w.told {
		k := i
		if i%block == 0 {
			if order = rng.Perm(min(block, len(w.told)-i)); !w.isSteady(i) {
				slices.Sort(order)
			}
		}
		k = i - i%block + order[i%block]
		if k != i {
			f.faults[shuffled]++
		}
		records := w.records(topic, w.told[k])
		rng.Shuffle(len(records)-partitions, func(a, b int) { records[a], records[b] = records[b], records[a] })
		s.plan[i] = append(s.plan[i], records...)
		for _, r := range records {
			if rng.IntN(12) > 0 {
				continue
			}
			later := i + rng.IntN(block)
			if rng.IntN(3) == 0 {
				later = i + rng.IntN(len(w.told)-i)
			}
			again := *r
			s.plan[min(later, len(w.told)-1)] = append(s.plan[min(later, len(w.told)-1)], &again)
			f.faults[twice]++
		}
	}
	return s
}

// records pack a slice, and end with a heartbeat for each partition.
func (w *world) records(topic string, s synth.Slice) (records []*kgo.Record) {
	parts := make([][]synth.Arrived, partitions)
	for _, r := range s.Rows {
		parts[r.ID%partitions] = append(parts[r.ID%partitions], r)
	}
	for p, list := range parts {
		for len(list) > 0 {
			n := min(len(list), mostRows)
			records = append(records, &kgo.Record{Topic: topic, Partition: int32(p), Value: replay.Pack(w.region, list[:n])})
			list = list[n:]
		}
	}
	for p := range parts {
		beat := kgo.RecordHeader{Key: kafka.Heartbeat, Value: strconv.AppendInt(nil, s.End, 10)}
		records = append(records, &kgo.Record{Topic: topic, Partition: int32(p), Headers: []kgo.RecordHeader{beat}})
	}
	return records
}

// left is how many slices are to come.
func (s *stream) left() int { return len(s.plan) - s.at }

// put sends the next n slices, with a pause after each. While the broker is away it waits.
func (s *stream) put(ctx context.Context, n int, pause time.Duration) error {
	for ; n > 0 && s.at < len(s.plan); n-- {
		if err := s.client.ProduceSync(ctx, s.plan[s.at]...).FirstErr(); err != nil {
			return err
		}
		s.at++
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
	return nil
}
