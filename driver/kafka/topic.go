package kafka

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	feedkafka "github.com/throng-stats/throng/feed/kafka"
)

// Topic is a board on a compacted topic of as many partitions as the log has.
type Topic struct {
	name   string
	common []kgo.Opt
	client *kgo.Client
	admin  *kadm.Client
}

// OpenTopic opens the board of a log, and makes its topic when it is not there. common are the options of a client: brokers, and how
// they are reached.
func OpenTopic(ctx context.Context, name string, partitions int, common ...kgo.Opt) (*Topic, error) {
	client, err := kgo.NewClient(append(common, kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerBatchMaxBytes(1<<20-1024))...)
	if err != nil {
		return nil, fmt.Errorf("kafka: %w", err)
	}
	t := &Topic{name: name, common: common, client: client, admin: kadm.NewClient(client)}
	if err := feedkafka.Persist(ctx, func() error { return t.make(ctx, partitions) }); err != nil {
		client.Close()
		return nil, err
	}
	return t, nil
}

func (t *Topic) make(ctx context.Context, partitions int) error {
	compact := "compact"
	_, err := t.admin.CreateTopic(ctx, int32(partitions), -1, map[string]*string{"cleanup.policy": &compact}, t.name)
	if err != nil && !errors.Is(err, kerr.TopicAlreadyExists) {
		return fmt.Errorf("kafka: the topic %s of workers and releaser cannot be made: %w; make it with %d partitions and cleanup.policy=compact", t.name, err, partitions)
	}
	list, err := t.admin.ListTopics(ctx, t.name)
	if err != nil {
		return fmt.Errorf("kafka: %w", err)
	}
	if n := len(list[t.name].Partitions); n != partitions && err == nil && n > 0 {
		return fmt.Errorf("kafka: the topic %s has %d partitions and the log %d; a log whose partitions change is a new one: give the contract another feed id", t.name, n, partitions)
	}
	return nil
}

// Put writes a note, acknowledged by all replicas. When ctx ends before that, the note may be written all the same, in its order.
func (t *Topic) Put(ctx context.Context, partition int, name string, text []byte) error {
	r := &kgo.Record{Topic: t.name, Partition: int32(partition), Key: []byte(name), Value: slices.Clone(text)}
	written := make(chan error, 1)
	t.client.Produce(ctx, r, func(_ *kgo.Record, err error) { written <- err })
	var err error
	select {
	case err = <-written:
	case <-ctx.Done(): // what is on its way cannot be called back, and the client would wait for the answer
		err = context.Cause(ctx)
	}
	if err != nil {
		return fmt.Errorf("kafka: a note of partition %d was not written: %w", partition, err)
	}
	return nil
}

// Load reads a partition from its beginning to where it ends now.
func (t *Topic) Load(ctx context.Context, partition int, prefix string) (map[string][]byte, error) {
	ends, err := t.ends(ctx)
	if err != nil {
		return nil, err
	}
	end, ok := ends[int32(partition)]
	if !ok {
		return nil, fmt.Errorf("kafka: the topic %s has no partition %d", t.name, partition)
	}
	all := map[string][]byte{}
	if end == 0 {
		return all, nil
	}
	client, err := t.reader(partition)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	for at := int64(0); at < end; { // compaction never takes the last record away, and a mark of a transaction is handed over too
		fetches := client.PollFetches(ctx)
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := firstError(fetches); err != nil {
			return nil, err
		}
		fetches.EachRecord(func(r *kgo.Record) {
			if at = r.Offset + 1; r.Offset < end && !r.Attrs.IsControl() && strings.HasPrefix(string(r.Key), prefix) {
				set(all, string(r.Key), r.Value)
			}
		})
	}
	return all, nil
}

// ends are where the partitions end now; 0 where nothing lies, though something may have.
func (t *Topic) ends(ctx context.Context) (ends map[int32]int64, err error) {
	err = feedkafka.Persist(ctx, func() error {
		ends = map[int32]int64{}
		list, err := t.admin.ListEndOffsets(ctx, t.name)
		if err != nil {
			return fmt.Errorf("kafka: %w", err)
		}
		starts, err := t.admin.ListStartOffsets(ctx, t.name)
		if err != nil {
			return fmt.Errorf("kafka: %w", err)
		}
		for partition, of := range list[t.name] {
			start, _ := starts.Lookup(t.name, partition)
			if err := cmp.Or(of.Err, start.Err); err != nil {
				return fmt.Errorf("kafka: partition %d of %s cannot be read: %w", partition, t.name, err)
			}
			if ends[partition] = of.Offset; start.Offset >= of.Offset {
				ends[partition] = 0
			}
		}
		return nil
	})
	return ends, err
}

// reader reads one partition, or all when it is -1, from the beginning.
func (t *Topic) reader(partition int) (*kgo.Client, error) {
	opts := append([]kgo.Opt{kgo.KeepControlRecords()}, t.common...)
	if partition < 0 {
		opts = append(opts, kgo.ConsumeTopics(t.name), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	} else {
		opts = append(opts, kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{t.name: {int32(partition): kgo.NewOffset().AtStart()}}))
	}
	client, err := kgo.NewClient(opts...)
	if err != nil {
		return nil, fmt.Errorf("kafka: %w", err)
	}
	return client, nil
}

func firstError(f kgo.Fetches) error {
	for _, e := range f.Errors() {
		if !feedkafka.IsAway(e.Err) {
			return fmt.Errorf("kafka: the notes cannot be read: %w", e.Err)
		}
	}
	return nil
}

// Watch hands over notes for ever. Until the broker compacts, which it may never do with the last segment, notes that were written anew or
// taken away lie there still, so each partition is read to where it ends now before any of its notes is handed over.
func (t *Topic) Watch(ctx context.Context, want func(name string) bool, use func(partition int, name string, text []byte)) error {
	ends, err := t.ends(ctx)
	if err != nil {
		return err
	}
	client, err := t.reader(-1)
	if err != nil {
		return err
	}
	defer client.Close()
	pasts := map[int32]*past{} // of partitions whose end was not reached yet
	for partition := range ends {
		pasts[partition] = new(past)
	}
	reached := func(partition int32) {
		if p := pasts[partition]; p != nil {
			delete(pasts, partition)
			for _, n := range p.last() {
				use(n.partition, n.name, n.text)
			}
		}
	}
	for {
		fetches := client.PollFetches(ctx)
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := firstError(fetches); err != nil {
			return err
		}
		fetches.EachRecord(func(r *kgo.Record) {
			if r.Offset >= ends[r.Partition] {
				reached(r.Partition)
			}
			n := note{int(r.Partition), string(r.Key), r.Value}
			switch p := pasts[r.Partition]; {
			case r.Attrs.IsControl(), !want(n.name):
			case p != nil:
				p.add(n)
			default:
				use(n.partition, n.name, n.text)
			}
			if r.Offset+1 >= ends[r.Partition] {
				reached(r.Partition)
			}
		})
	}
}

// Close closes the connections.
func (t *Topic) Close() error {
	t.client.Close()
	return nil
}
