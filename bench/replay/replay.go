// Package replay plays what the network of an invented region delivers into a Kafka topic, as fast as is asked for.
package replay

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/throng-stats/throng/feed/kafka"
	"github.com/throng-stats/throng/feed/rows"
	"github.com/throng-stats/throng/synth"
	"github.com/throng-stats/throng/synth/signal"
)

// Options of a replay.
type Options struct {
	World      *synth.World
	Client     *kgo.Client // of the broker, with kgo.ManualPartitioner
	Topic      string
	Partitions int
	// Speed is how many seconds of the region pass in one of ours; 0 is as fast as it goes.
	Speed float64
	// Slice is how much of the region's time is sent at once. Default a minute.
	Slice time.Duration
	// Rows is the most rows of one record. Default 500.
	Rows int
	// Encode makes a record of rows. Default Pack.
	Encode func(w *synth.World, list []synth.Arrived) []byte
	// Sent, if set, is told after each slice: the region's time, and rows so far.
	Sent func(at time.Time, rows int64)
}

// Topic makes a topic whose stamps are those of the log.
func Topic(ctx context.Context, client *kgo.Client, name string, partitions int) error {
	stamps := "LogAppendTime"
	resp, err := kadm.NewClient(client).CreateTopic(ctx, int32(partitions), 1, map[string]*string{"message.timestamp.type": &stamps}, name)
	if err == nil {
		err = resp.Err
	}
	if err != nil {
		return fmt.Errorf("replay: topic %s: %w", name, err)
	}
	return nil
}

// Contract writes the region and a contract that reads the topic, and returns its path.
func Contract(w *synth.World, dir, broker, topic string) (string, error) {
	if err := w.WriteRegion(dir); err != nil {
		return "", err
	}
	if err := w.WriteLiveContract(dir); err != nil {
		return "", err
	}
	path := filepath.Join(dir, "contract.yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	return path, os.WriteFile(path, []byte(OnTopic(string(text), broker, topic)), 0o644)
}

// OnTopic is the contract of a region's slices as one that reads them from a topic, packed.
func OnTopic(contract, broker, topic string) string {
	var text strings.Builder
	for line := range strings.Lines(contract) {
		switch key, _, _ := strings.Cut(strings.TrimSpace(line), ":"); {
		case key == "files" && strings.HasPrefix(line, "  files"):
			line = fmt.Sprintf("  kafka: {brokers: [%q], topic: %s, format: packed}\n", broker, topic)
		case key == "timestamp":
			line = "    timestamp: {as: time, type: int, format: epoch-ms}\n"
		case key == "arrival" && strings.HasPrefix(line, "    "):
			line = "    arrival: {as: arrival, type: int, format: epoch-ms}\n"
		case key == "machine":
			line = "    machine: {as: machine, type: int}\n"
		}
		text.WriteString(line)
	}
	return text.String()
}

// Run sends all days of the world, and then heartbeats of half a day so that everything is closed. It ends early when ctx does.
func Run(ctx context.Context, o Options) error {
	if o.Slice == 0 {
		o.Slice = time.Minute
	}
	if o.Rows == 0 {
		o.Rows = 500
	}
	if o.Encode == nil {
		o.Encode = Pack
	}
	begin, first := time.Now(), o.World.Period(0).Start
	var sent int64
	last := first
	pace := func(until int64) error {
		if o.Speed == 0 {
			return ctx.Err()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Until(begin.Add(time.Duration(float64(until-first) / o.Speed * 1e6)))):
			return nil
		}
	}
	err := o.World.Stream(ctx, 0, o.World.Options().Days, o.Slice, func(s synth.Slice) error {
		if err := pace(s.End); err != nil {
			return err
		}
		n, err := o.send(ctx, s)
		if sent, last = sent+int64(n), s.End; o.Sent != nil {
			o.Sent(time.UnixMilli(s.End), sent)
		}
		return err
	})
	for at := last; err == nil && at < last+12*3600e3; at += 5 * 60e3 {
		if err = pace(at); err == nil {
			_, err = o.send(ctx, synth.Slice{Start: at, End: at})
		}
	}
	return err
}

// send packs the rows of each partition, and ends with a heartbeat.
func (o Options) send(ctx context.Context, s synth.Slice) (int, error) {
	parts := make([][]synth.Arrived, o.Partitions)
	for _, r := range s.Rows {
		p := int(r.ID % uint64(o.Partitions))
		parts[p] = append(parts[p], r)
	}
	var records []*kgo.Record
	for p, list := range parts {
		for len(list) > 0 {
			n := min(len(list), o.Rows)
			records = append(records, &kgo.Record{Topic: o.Topic, Partition: int32(p), Value: o.Encode(o.World, list[:n])})
			list = list[n:]
		}
		records = append(records, &kgo.Record{Topic: o.Topic, Partition: int32(p), Headers: []kgo.RecordHeader{{Key: kafka.Heartbeat, Value: strconv.AppendInt(nil, s.End, 10)}}})
	}
	return len(s.Rows), o.Client.ProduceSync(ctx, records...).FirstErr()
}

// Pack writes rows as a packed block (docs/format/packed.md).
func Pack(w *synth.World, list []synth.Arrived) []byte {
	whole := func(name string, of func(*synth.Arrived) int64) rows.Column {
		c := rows.Column{Name: name, Wholes: make([]int64, len(list))}
		for i := range list {
			if c.Wholes[i] = of(&list[i]); c.Wholes[i] == 0 && name != "machine" {
				c.Wholes[i] = math.MinInt64 // missing
			}
		}
		return c
	}
	cells := rows.Column{Name: "cell_id", Codes: make([]uint32, len(list))}
	number := map[uint16]uint32{}
	for i, r := range list {
		if r.Cell == signal.NoCell {
			cells.Codes[i] = math.MaxUint32
			continue
		}
		k, ok := number[r.Cell]
		if !ok {
			k = uint32(len(cells.Words))
			number[r.Cell] = k
			cells.Words = append(cells.Words, w.CellName(r.Cell))
		}
		cells.Codes[i] = k
	}
	if cells.Words == nil {
		cells.Words = []string{"none"}
	}
	return rows.Pack(nil, whole("user_id", func(r *synth.Arrived) int64 { return int64(r.ID) }), whole("timestamp", func(r *synth.Arrived) int64 { return r.Time }), cells,
		whole("mcc", func(r *synth.Arrived) int64 { return int64(r.MCC) }), whole("plmn", func(r *synth.Arrived) int64 { return int64(r.Network) }),
		whole("machine", func(r *synth.Arrived) int64 {
			if r.Machine {
				return 1
			}
			return 0
		}), whole("arrival", func(r *synth.Arrived) int64 { return r.Arrival }))
}
