package journal

import (
	"cmp"
	"context"
	"fmt"
	"io"

	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/feed"
)

// entry is one entry as one partition reads it.
type entry struct {
	head
	meta meta
	keys []remembered
	rows []byte // block of the partition; nil when it has none
}

// cursor reads entries one after the other.
type cursor struct {
	j    *Journal
	pos  Offset
	seg  *segment
	end  Offset // of what may be read of seg
	file Reader
	buf  []byte // what was read ahead
	most int64  // bytes to read ahead; 0: readAhead
	at   Offset // of buf
}

// none stands for a partition where no rows are wanted.
const none = -1

// How many bytes are read at once, and when no rows are wanted.
const (
	readAhead = 256 << 10
	readHeads = 4 << 10
)

// find opens the segment of the position.
func (c *cursor) find() error {
	c.j.mu.Lock()
	segments := c.j.segments
	i := len(segments) - 1
	for i >= 0 && segments[i].base > c.pos {
		i--
	}
	for i >= 0 && i+1 < len(segments) && c.j.endOf(i) == c.pos {
		i++ // behind the end of one is the beginning of the next
	}
	var s *segment
	if i >= 0 {
		s, c.end = segments[i], c.j.endOf(i)
	}
	c.j.mu.Unlock()
	if s == nil {
		return &feed.Error{Kind: feed.Corrupt, Got: "a journal without the place at which to go on", Want: "the journal that belongs to the state", Hint: "restore the state folder from its copy, as a whole"}
	}
	if s == c.seg {
		return nil
	}
	c.close()
	f, err := c.j.opt.Files.Open(s.name)
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	c.seg, c.file = s, f
	return nil
}

// bytes are the n bytes at a position of the segment; they are good until the next call.
func (c *cursor) bytes(at Offset, n int64) ([]byte, bool) {
	if n > int64(c.end-at) {
		return nil, false
	}
	if at < c.at || at+Offset(n) > c.at+Offset(len(c.buf)) {
		want := min(max(n, cmp.Or(c.most, readAhead)), int64(c.end-at))
		if int64(cap(c.buf)) < want {
			c.buf = make([]byte, want)
		}
		c.buf, c.at = c.buf[:want], at
		if k, _ := c.file.ReadAt(c.buf, segmentSize+int64(at-c.seg.base)); int64(k) < want {
			c.buf = c.buf[:k]
			if int64(k) < n {
				return nil, false
			}
		}
	}
	return c.buf[at-c.at:][:n], true
}

// entry reads the entry at the position as a partition, and goes on.
func (c *cursor) entry(partition int) (*entry, error) {
	if c.seg == nil || c.pos >= c.end || c.pos < c.seg.base {
		if err := c.find(); err != nil {
			return nil, err
		}
	}
	e, ok := c.read(partition)
	if !ok {
		return nil, corrupt(c.seg.name, fmt.Sprintf("a damaged entry at byte %d", int64(c.pos-c.seg.base)+segmentSize))
	}
	c.pos += Offset(e.size)
	return e, nil
}

func (c *cursor) read(partition int) (*entry, bool) {
	b, ok := c.bytes(c.pos, min(int64(entrySize+4*256), int64(c.end-c.pos)))
	if !ok {
		return nil, false
	}
	h, ok := readHead(b)
	if !ok || h.size > int64(c.end-c.pos) || h.kind == kindRows && len(h.blocks) != 1+c.j.opt.Partitions {
		return nil, false
	}
	h.bytes = append([]byte(nil), h.bytes...)
	e := &entry{head: h}
	block := func(i int) (plain []byte, ok bool) {
		at := c.pos + Offset(len(h.bytes))
		for _, n := range h.blocks[:i] {
			at += Offset(n)
		}
		sealed, ok := c.bytes(at, int64(h.blocks[i]))
		if !ok {
			return nil, false
		}
		return c.seg.block(c.pos, &h, i, sealed)
	}
	plain, ok := block(0)
	if !ok {
		return nil, false
	}
	switch h.kind {
	case kindRows:
		if e.meta, ok = readMeta(plain); ok && partition != none && h.blocks[1+partition] > 0 {
			e.rows, ok = block(1 + partition)
		}
	case kindKeys:
		e.keys, ok = readKeys(plain)
	}
	return e, ok
}

func (c *cursor) close() {
	if c.file != nil {
		c.file.Close()
	}
	c.file, c.seg, c.buf = nil, nil, c.buf[:0]
}

// reader reads a partition, up to a limit or for ever.
type reader struct {
	cursor
	partition int
	limit     Offset // 0: none
	clock     int64
	number    int64
	held      *entry // read, and left for the next batch
	err       error
}

// Open begins to read a partition.
func (j *Journal) Open(ctx context.Context, partition int, from Offset) (feed.LogReader, error) {
	r, err := j.open(ctx, partition, from, 0)
	if err != nil {
		return nil, err
	}
	return r, nil
}

func (j *Journal) open(ctx context.Context, partition int, from, to Offset) (*reader, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	j.mu.Lock()
	first, end, isClosed := j.segments[0], j.end, j.isClosed
	j.mu.Unlock()
	if isClosed {
		return nil, ErrClosed
	}
	if from < first.base || from > end || to > end || partition < 0 || partition >= j.opt.Partitions {
		return nil, &feed.Error{Kind: feed.Corrupt, Got: "a journal without the place at which to go on", Want: "the journal that belongs to the state", Hint: "restore the state folder from its copy, as a whole"}
	}
	r := &reader{cursor: cursor{j: j, pos: from}, partition: partition, limit: to, number: first.first - 1}
	return r, r.find()
}

// Next hands over the rows of the entries that are there, at least of one.
func (r *reader) Next(ctx context.Context, door *feed.Door, into *event.Batch) (feed.Mark, error) {
	into.Reset()
	if r.err != nil {
		return feed.Mark{}, r.err
	}
	if err := ctx.Err(); err != nil {
		return feed.Mark{}, err
	}
	if r.held == nil {
		if err := r.wait(ctx); err != nil {
			return feed.Mark{}, err
		}
	}
	mark, err := r.fill(door, into)
	if err != nil {
		into.Reset()
		r.err = err
	}
	return mark, err
}

// wait waits for an entry.
func (r *reader) wait(ctx context.Context) error {
	for {
		r.j.mu.Lock()
		end, err, isClosed, news := r.j.end, r.j.err, r.j.isClosed, r.j.news
		r.j.mu.Unlock()
		switch {
		case isClosed:
			return io.EOF
		case r.pos < end:
			return nil
		case err != nil:
			return err
		}
		select {
		case <-news:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// more reports whether there is an entry to read without waiting.
func (r *reader) more() bool {
	r.j.mu.Lock()
	defer r.j.mu.Unlock()
	return r.pos < r.j.end && (r.limit == 0 || r.pos < r.limit)
}

// fill puts entries into a batch until it is full or the next does not fit.
func (r *reader) fill(door *feed.Door, into *event.Batch) (feed.Mark, error) {
	columns := uint16(0)
	var mark feed.Mark
	for {
		e := r.held
		if e == nil {
			if !r.more() || into.Len() >= feed.BatchRows {
				break
			}
			var err error
			if e, err = r.entry(r.partition); err != nil {
				return feed.Mark{}, err
			}
		}
		if e.rows != nil && into.Len() > 0 && (columnsOf(e.rows) != columns || into.Len()+int(e.meta.rows) > feed.BatchRows) {
			r.held = e
			break
		}
		r.held = nil
		if e.rows != nil {
			columns = columnsOf(e.rows)
			if err := r.admit(e, door, into); err != nil {
				return feed.Mark{}, err
			}
		}
		r.clock, r.number = max(r.clock, e.arrival), e.number
		mark = feed.Mark{Next: r.pos, Clock: r.clock}
	}
	r.j.mu.Lock()
	mark.Lag = r.j.number - 1 - r.number
	r.j.mu.Unlock()
	return mark, nil
}

// admit appends the rows of an entry, stamped, as if they came through the door.
func (r *reader) admit(e *entry, door *feed.Door, into *event.Batch) error {
	from := into.Len()
	n, err := readRows(e.rows, into)
	clear(e.rows)
	if err != nil {
		return corrupt(r.seg.name, err.Error())
	}
	if !r.j.opt.ByColumn {
		for range n {
			into.Arrival = append(into.Arrival, e.arrival)
		}
	}
	if len(into.Was) < into.Len() && door.Carried() > 0 {
		into.Was = append(into.Was, make([]uint64, into.Len()-len(into.Was))...)
	}
	return door.Recall(into, from, e.meta.made)
}

// Close ends the reader.
func (r *reader) Close() error {
	r.close()
	if r.err == nil {
		r.err = io.EOF
	}
	return nil
}

// part is a piece of the past.
type part struct {
	j         *Journal
	partition int
	from, to  Offset
	door      *feed.Door
}

// Part is the rows of [from, to).
func (j *Journal) Part(partition int, from, to Offset, door *feed.Door) feed.Part {
	return &part{j, partition, from, to, door}
}

// Name tells the journal and the place.
func (p *part) Name() string {
	return fmt.Sprintf("%s, partition %d from byte %d", p.j.Name(), p.partition, p.from)
}

// Bytes is about the share of the partition.
func (p *part) Bytes() int64 { return int64(p.to-p.from) / int64(p.j.opt.Partitions) }

// Rows is not known.
func (p *part) Rows() int64 { return -1 }

// Open begins to read.
func (p *part) Open(ctx context.Context) (feed.Reader, error) {
	r, err := p.j.open(ctx, p.partition, p.from, p.to)
	if err != nil {
		return nil, err
	}
	return &past{reader: r, door: p.door, to: p.to}, nil
}

// past reads a part.
type past struct {
	reader *reader
	door   *feed.Door
	to     Offset
}

// Read fills a batch.
func (p *past) Read(ctx context.Context, b *event.Batch) (func(), error) {
	for {
		if b.Reset(); p.reader.held == nil && p.reader.pos >= p.to && ctx.Err() == nil {
			return nil, io.EOF
		}
		if _, err := p.reader.Next(ctx, p.door, b); err != nil {
			return nil, err
		}
		if b.Len() > 0 {
			return func() {}, nil
		}
	}
}

// Close ends it.
func (p *past) Close() error { return p.reader.Close() }
