package feedtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/feed"
	"github.com/throng-stats/throng/locate"
)

// Memory is a log in memory with the columns of LogOptions, whose stamps the test chooses. An entry has one offset.
type Memory struct {
	gate   *feed.Gate
	fields []*feed.Field
	name   string

	lock   sync.Mutex
	grown  *sync.Cond
	closed bool
	parts  [][]memoryEntry
	gone   []feed.Offset // by partition: entries before it are released
}

type memoryEntry struct {
	stamp  int64
	rows   []LogRow
	broken bool
}

// NewMemory makes an empty log.
func NewMemory(name string, partitions int, ground *locate.Ground) *Memory {
	fields, err := LogOptions().Fields()
	if err != nil {
		panic(err)
	}
	m := &Memory{gate: feed.NewGate(LogOptions(), fields, ground, nil), fields: fields, name: name, parts: make([][]memoryEntry, partitions), gone: make([]feed.Offset, partitions)}
	m.grown = sync.NewCond(&m.lock)
	return m
}

// Append adds an entry: rows, or none for a heartbeat. The stamp is in milliseconds since 1970 UTC.
func (m *Memory) Append(partition int, stamp int64, rows ...LogRow) {
	m.append(partition, memoryEntry{stamp: stamp, rows: slices.Clone(rows)})
}

// AppendBroken adds an entry that is no row.
func (m *Memory) AppendBroken(partition int, stamp int64) {
	m.append(partition, memoryEntry{stamp: stamp, broken: true})
}

func (m *Memory) append(partition int, e memoryEntry) {
	m.lock.Lock()
	defer m.lock.Unlock()
	m.parts[partition] = append(m.parts[partition], e)
	m.grown.Broadcast()
}

// Name is the name that the log was made with.
func (m *Memory) Name() string { return m.name }

// Partitions is the number that the log was made with.
func (m *Memory) Partitions() int { return len(m.parts) }

// Open begins to read.
func (m *Memory) Open(_ context.Context, partition int, from feed.Offset) (feed.LogReader, error) {
	m.lock.Lock()
	defer m.lock.Unlock()
	if from < m.gone[partition] {
		return nil, fmt.Errorf("memory: entries from %d on are wanted, those before %d were released", from, m.gone[partition])
	}
	return &memoryReader{log: m, gate: m.gate.Clone(), partition: partition, next: from}, nil
}

// Part is a piece of the past.
func (m *Memory) Part(partition int, from, to feed.Offset, door *feed.Door) feed.Part {
	return &memoryPart{m, partition, from, to, door}
}

// Release forgets what lies before an offset.
func (m *Memory) Release(_ context.Context, partition int, before feed.Offset) error {
	m.lock.Lock()
	defer m.lock.Unlock()
	m.gone[partition] = max(m.gone[partition], before)
	return nil
}

// Close ends all readers.
func (m *Memory) Close() error {
	m.lock.Lock()
	defer m.lock.Unlock()
	m.closed = true
	m.grown.Broadcast()
	return nil
}

type memoryReader struct {
	log       *Memory
	gate      *feed.Gate
	partition int
	next      feed.Offset
	clock     int64
	until     feed.Offset // of a part; 0 for ever
}

// Next gives what is there, at most feed.BatchRows rows and the rest of an entry.
func (r *memoryReader) Next(ctx context.Context, door *feed.Door, b *event.Batch) (feed.Mark, error) {
	b.Reset()
	entries, lag, err := r.take(ctx)
	if err != nil {
		return feed.Mark{}, err
	}
	r.gate.Through(door)
	var rows []LogRow
	var stamps []int64
	var broken []int
	for _, e := range entries {
		if r.clock = max(r.clock, e.stamp); e.broken {
			broken = append(broken, len(rows))
			e.rows = []LogRow{{}}
		}
		for range e.rows {
			stamps = append(stamps, e.stamp)
		}
		rows = append(rows, e.rows...)
	}
	r.next += feed.Offset(len(entries))
	err = r.admit(b, rows, stamps, broken)
	return feed.Mark{Next: r.next, Clock: r.clock, Lag: lag}, err
}

// take waits for entries.
func (r *memoryReader) take(ctx context.Context) (entries []memoryEntry, lag int64, err error) {
	m := r.log
	defer context.AfterFunc(ctx, m.grown.Broadcast)()
	m.lock.Lock()
	defer m.lock.Unlock()
	for {
		all := m.parts[r.partition]
		if r.until > 0 {
			all = all[:r.until]
		}
		switch {
		case ctx.Err() != nil:
			return nil, 0, ctx.Err()
		case m.closed:
			return nil, 0, io.EOF
		case int(r.next) < len(all):
			n := 0
			for _, e := range all[r.next:] {
				if n += max(1, len(e.rows)); n > feed.BatchRows && len(entries) > 0 {
					break
				}
				entries = append(entries, e)
			}
			return entries, int64(len(all)) - int64(r.next) - int64(len(entries)), nil
		case r.until > 0:
			return nil, 0, io.EOF
		}
		m.grown.Wait()
	}
}

// admit hands rows to the gate.
func (r *memoryReader) admit(b *event.Batch, rows []LogRow, stamps []int64, broken []int) (err error) {
	r.gate.Begin(b, int64(r.next), len(rows))
	for i, stamp := range stamps {
		r.gate.Arrived(i, 1, stamp)
	}
	for _, f := range r.log.fields {
		for i, row := range rows {
			switch {
			case slices.Contains(broken, i):
			case f.Name == "u":
				err = errors.Join(err, r.gate.Ints(f, i, []int64{row.Unit}))
			case f.Name == "t":
				err = errors.Join(err, r.gate.Ints(f, i, []int64{row.Time}))
			default:
				err = errors.Join(err, r.gate.Text(f, i, []byte(row.Cell)))
			}
		}
	}
	for _, i := range broken {
		b.Bad[i] |= event.Unreadable
	}
	r.gate.Finish(len(rows))
	return err
}

// Close ends this reader.
func (r *memoryReader) Close() error { return nil }

type memoryPart struct {
	log       *Memory
	partition int
	from, to  feed.Offset
	door      *feed.Door
}

// Name tells the partition and its offsets.
func (p *memoryPart) Name() string {
	return fmt.Sprintf("%s, partition %d from %d to %d", p.log.name, p.partition, p.from, p.to)
}

// Bytes are not known.
func (p *memoryPart) Bytes() int64 { return 0 }

// Rows are not known.
func (p *memoryPart) Rows() int64 { return -1 }

// Open begins to read.
func (p *memoryPart) Open(ctx context.Context) (feed.Reader, error) {
	r, err := p.log.Open(ctx, p.partition, p.from)
	if err != nil {
		return nil, err
	}
	r.(*memoryReader).until = p.to
	return &memoryPast{r.(*memoryReader), p.door, p.from >= p.to}, nil
}

// memoryPast reads a part of a Memory.
type memoryPast struct {
	*memoryReader
	door  *feed.Door
	empty bool
}

// Read gives the next rows.
func (p *memoryPast) Read(ctx context.Context, b *event.Batch) (func(), error) {
	b.Reset()
	for !p.empty {
		if _, err := p.Next(ctx, p.door, b); err != nil {
			return nil, err
		}
		if b.Len() > 0 {
			return func() {}, nil
		}
	}
	return nil, io.EOF
}
