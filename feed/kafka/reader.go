package kafka

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/feed"
	"github.com/throng-stats/throng/feed/rows"
)

// reader reads one partition. It assigns the partition by hand: which worker reads it is decided elsewhere.
type reader struct {
	log       *Log
	client    *kgo.Client
	decoder   *rows.Decoder
	partition int
	next      feed.Offset
	clock     int64
	end       int64       // offset behind the last record that may be read, as the broker said last
	until     feed.Offset // of a part; below 0 for ever

	waiting []*kgo.Record
	sizes   []int // rows of the first of them
}

// fetchPartition is how much is fetched at once, in bytes as they are sent: what is held in memory a partition is a few times that, for one
// fetch is unpacked while another is counted.
const fetchPartition = 1 << 20

// Open begins to read. That the log has nothing from the offset on any more is an error of the first Next.
func (l *Log) Open(ctx context.Context, partition int, from feed.Offset) (feed.LogReader, error) {
	return l.reader(ctx, partition, from, -1)
}

func (l *Log) reader(ctx context.Context, partition int, from, until feed.Offset) (*reader, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if partition < 0 || partition >= l.partitions || from < 0 {
		panic(fmt.Sprintf("kafka: partition %d from %d of a topic with %d", partition, from, l.partitions))
	}
	client, err := l.newReader(
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{l.opt.Topic: {int32(partition): kgo.NewOffset().At(int64(from))}}),
		kgo.ConsumeResetOffset(kgo.NoResetOffset()), // what is gone is never skipped
		kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.KeepControlRecords(),
		kgo.FetchMaxPartitionBytes(fetchPartition), kgo.WithPools(&l.spent))
	if errors.Is(err, net.ErrClosed) {
		return nil, io.EOF
	}
	if err != nil {
		return nil, err
	}
	return &reader{log: l, client: client, decoder: l.decoder.Clone(), partition: partition, next: from, end: -1, until: until}, nil
}

// Next gives the rows of the records that are there.
func (r *reader) Next(ctx context.Context, door *feed.Door, b *event.Batch) (feed.Mark, error) {
	b.Reset()
	for len(r.waiting) == 0 {
		if err := r.fetch(ctx); err != nil {
			return feed.Mark{}, err
		}
	}
	if err := ctx.Err(); err != nil {
		return feed.Mark{}, err
	}
	n, rows, err := r.take()
	if err != nil {
		return feed.Mark{}, err
	}
	r.decoder.Begin(door, b, rows)
	if err := r.put(n, rows); err != nil {
		b.Reset()
		return feed.Mark{}, r.refused(err)
	}
	if r.log.opt.ByColumn {
		for i, at := range b.Arrival {
			if b.Bad[i]&event.NullArrival == 0 {
				r.clock = max(r.clock, at)
			}
		}
	}
	r.next = feed.Offset(r.waiting[n-1].Offset + 1)
	for i, record := range r.waiting[:n] {
		record.Recycle()
		r.waiting[i] = nil
	}
	r.waiting = r.waiting[n:]
	return feed.Mark{Next: r.next, Clock: r.clock, Lag: r.lag()}, nil
}

// put decodes the first n waiting records.
func (r *reader) put(n, rows int) error {
	i := 0
	for j, record := range r.waiting[:n] {
		k := r.sizes[j]
		if k == 0 {
			continue
		}
		if err := r.decoder.Put(i, k, record.Value, record.Timestamp.UnixMilli()); err != nil {
			return err
		}
		i += k
	}
	return r.decoder.Finish(rows)
}

func (r *reader) lag() int64 {
	if r.end < 0 {
		return -1
	}
	return max(0, r.end-int64(r.next))
}

// hasRows reports whether a record is more than a heartbeat or a mark of a transaction.
func hasRows(record *kgo.Record) bool {
	if record.Attrs.IsControl() {
		return false
	}
	if record.Value != nil {
		return true
	}
	return beat(record) == nil
}

// beat is the value of the header of a heartbeat, or nil.
func beat(record *kgo.Record) []byte {
	for _, h := range record.Headers {
		if h.Key == Heartbeat {
			return append([]byte{}, h.Value...)
		}
	}
	return nil
}

// appendTime is the type of a stamp that the broker made (KIP-32).
const appendTime = 1

// take says how many of the waiting records are one batch, and how many rows they hold.
func (r *reader) take() (n, rows int, err error) {
	r.sizes = r.sizes[:0]
	for _, record := range r.waiting {
		if r.until >= 0 && feed.Offset(record.Offset) >= r.until {
			break
		}
		k := 0
		if hasRows(record) {
			k = r.decoder.Rows(record.Value)
		}
		if n > 0 && rows+k > feed.BatchRows {
			break
		}
		if !record.Attrs.IsControl() {
			if record.Attrs.TimestampType() != appendTime {
				return 0, 0, r.log.wrong(feed.Refused, fmt.Sprintf("a record in partition %d that its producer has stamped", r.partition), "stamps of the log: LogAppendTime", r.log.command(), nil)
			}
			if !r.log.opt.ByColumn {
				r.clock = max(r.clock, record.Timestamp.UnixMilli())
			} else if len(record.Headers) > 0 {
				if at, err := strconv.ParseInt(string(beat(record)), 10, 64); err == nil {
					r.clock = max(r.clock, at)
				}
			}
		}
		r.sizes = append(r.sizes, k)
		n, rows = n+1, rows+k
	}
	return n, rows, nil
}

// refused adds to an error of the decoder which log it is about.
func (r *reader) refused(err error) error {
	var known *feed.Error
	if errors.As(err, &known) && known.File == "" {
		known.File = r.log.where()
	}
	return err
}

// fetch waits for records. What the client tries again by itself is not seen here.
func (r *reader) fetch(ctx context.Context) error {
	fetches := r.client.PollFetches(ctx)
	if fetches.IsClientClosed() {
		return io.EOF
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	var failed error
	fetches.EachError(func(_ string, _ int32, err error) {
		if failed == nil {
			failed = r.failed(err)
		}
	})
	if failed != nil {
		return failed
	}
	fetches.EachPartition(func(p kgo.FetchTopicPartition) {
		if len(r.waiting) == 0 {
			r.waiting = p.Records
		} else {
			r.waiting = append(r.waiting, p.Records...)
		}
		if p.LastStableOffset >= 0 {
			r.end = p.LastStableOffset
		}
	})
	return nil
}

// failed says whether a partition cannot be read on; nil when the client goes on by itself.
func (r *reader) failed(err error) error {
	var lost *kgo.ErrDataLoss
	gone := func(got string) error {
		return r.log.wrong(feed.Corrupt, fmt.Sprintf("%s, reading partition %d from %d", got, r.partition, r.next), "every entry once", "what is gone is not counted; begin a new feed.id, or restore the topic; keep entries (retention.ms) longer than throng may be away", err)
	}
	switch {
	case errors.As(err, &lost):
		return gone("a partition that was cut off behind what was read")
	case errors.Is(err, kerr.OffsetOutOfRange):
		return gone("a partition that does not have this offset: it was deleted by age, or the topic was made anew")
	case errors.Is(err, kerr.UnknownTopicID), errors.Is(err, kerr.InconsistentTopicID), errors.Is(err, kerr.UnknownTopicOrPartition):
		return gone("no such topic any more")
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), IsAway(err):
		return nil
	}
	return r.log.wrong(feed.Invalid, "an answer of the broker: "+word(err), "entries", "correct the rights of the user on the topic", err)
}

// Close ends this reader.
func (r *reader) Close() error {
	r.log.closeReader(r.client)
	return nil
}

// Part is a piece of the past. There is an entry from to on, or the mark that was to is of the log's own making.
func (l *Log) Part(partition int, from, to feed.Offset, door *feed.Door) feed.Part {
	return &part{l, partition, from, to, door}
}

type part struct {
	log       *Log
	partition int
	from, to  feed.Offset
	door      *feed.Door
}

// Name tells the topic, the partition and its offsets.
func (p *part) Name() string {
	return fmt.Sprintf("%s, partition %d, from %d to %d", p.log.where(), p.partition, p.from, p.to)
}

// Bytes are not known.
func (p *part) Bytes() int64 { return 0 }

// Rows are not known.
func (p *part) Rows() int64 { return -1 }

// Open begins to read.
func (p *part) Open(ctx context.Context) (feed.Reader, error) {
	if p.from >= p.to {
		return &past{part: p}, nil
	}
	r, err := p.log.reader(ctx, p.partition, p.from, p.to)
	if err != nil {
		return nil, err
	}
	return &past{part: p, reader: r}, nil
}

// past reads a part.
type past struct {
	*part
	reader *reader // nil when the part is empty
}

// Read gives the next rows before the end of the part.
func (p *past) Read(ctx context.Context, b *event.Batch) (func(), error) {
	b.Reset()
	for r := p.reader; r != nil && r.next < p.to; {
		for len(r.waiting) == 0 {
			if err := r.fetch(ctx); err != nil {
				return nil, p.early(err)
			}
		}
		if feed.Offset(r.waiting[0].Offset) >= p.to { // entries before it were of a transaction that was given up
			return nil, io.EOF
		}
		if _, err := r.Next(ctx, p.door, b); err != nil {
			return nil, p.early(err)
		}
		if b.Len() > 0 {
			return func() {}, nil
		}
	}
	return nil, io.EOF
}

// early tells a log that was closed from the end of the part.
func (p *past) early(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// Close ends this reader.
func (p *past) Close() error {
	if p.reader == nil {
		return nil
	}
	return p.reader.Close()
}
