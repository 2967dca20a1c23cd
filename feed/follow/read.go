package follow

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/feed"
)

// ahead is how many batches are decoded before they are asked for: about a megabyte.
const ahead = 4

// item is what one call of Next hands over.
type item struct {
	b    *event.Batch
	mark feed.Mark
	err  error
}

// pump decodes ahead, from an offset on, through one door.
type pump struct {
	folder *Folder
	door   *feed.Door
	next   feed.Offset
	to     feed.Offset // 0: goes on for ever
	clock  int64
	cancel context.CancelFunc
	items  chan item
	free   chan *event.Batch
}

func (f *Folder) pump(door *feed.Door, from, to feed.Offset) *pump {
	p := &pump{folder: f, door: door, next: from, to: to, items: make(chan item, ahead), free: make(chan *event.Batch, ahead+2)}
	for range cap(p.free) {
		p.free <- new(event.Batch)
	}
	f.mu.Lock()
	p.clock = f.index.clock(seqOf(from))
	f.mu.Unlock()
	ctx, cancel := context.WithCancel(f.ctx)
	p.cancel = cancel
	go p.run(ctx)
	return p
}

// stop ends the pump and waits for it.
func (p *pump) stop() {
	p.cancel()
	for range p.items {
	}
}

func (p *pump) run(ctx context.Context) {
	defer close(p.items)
	for p.to == 0 || p.next < p.to {
		e, err := p.folder.entry(ctx, seqOf(p.next))
		if err == nil {
			err = p.entry(ctx, e)
		}
		if err != nil {
			if ctx.Err() == nil {
				p.items <- item{err: err} // whoever reads either takes it or stops
			}
			return
		}
	}
}

// entry decodes what is left of an entry.
func (p *pump) entry(ctx context.Context, e *entry) error {
	if e.Kind == kindFile && rowOf(p.next) < e.Rows {
		return p.file(ctx, e)
	}
	p.clock, p.next = e.Clock, offsetOf(e.Seq+1, 0)
	return p.send(ctx, nil)
}

func (p *pump) file(ctx context.Context, e *entry) error {
	c, err := p.folder.file(ctx, e)
	if err != nil {
		return err
	}
	if !p.folder.opt.ByColumn {
		p.clock = e.Clock
	}
	parts := c.files.Through(p.door).Parts()
	for i, part := range parts {
		if i+1 < len(parts) && before(parts[i+1]) <= rowOf(p.next) {
			continue
		}
		if err := p.part(ctx, e, part); err != nil {
			if e.isChanged() {
				return changed(e.Name)
			}
			return err
		}
		if p.to != 0 && p.next == p.to {
			return nil
		}
	}
	if p.next != offsetOf(e.Seq+1, 0) {
		return changed(e.Name)
	}
	p.folder.wasRead(e.Seq)
	return nil
}

// before is how many rows of its file stand before a part.
func before(p feed.Part) int64 { return p.(interface{ Before() int64 }).Before() }

// part decodes the rows of a part that are wanted.
func (p *pump) part(ctx context.Context, e *entry, part feed.Part) (err error) {
	r, err := part.Open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	for row := before(part); p.to == 0 || p.next < p.to; {
		var b *event.Batch
		select {
		case b = <-p.free:
		case <-ctx.Done():
			return ctx.Err()
		}
		if _, err := r.Read(ctx, b); err == io.EOF {
			p.free <- b
			return nil
		} else if err != nil {
			return err
		}
		from := row
		row += int64(b.Len())
		if row > e.Rows {
			return changed(e.Name)
		}
		if row <= rowOf(p.next) {
			p.free <- b
			continue
		}
		if p.to != 0 && seqOf(p.to) == e.Seq {
			row = min(row, rowOf(p.to))
		}
		b.Keep(int(rowOf(p.next)-from), int(row-from))
		if !p.folder.opt.ByColumn {
			for i := range b.Arrival {
				b.Arrival[i] = e.Arrival
			}
		}
		if p.next = offsetOf(e.Seq, row); row == e.Rows {
			p.next, p.clock = offsetOf(e.Seq+1, 0), e.Clock
		}
		if err := p.send(ctx, b); err != nil {
			return err
		}
	}
	return nil
}

// send hands over a batch, or nil after what has no rows.
func (p *pump) send(ctx context.Context, b *event.Batch) error {
	select {
	case p.items <- item{b: b, mark: feed.Mark{Next: p.next, Clock: p.clock}}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// reader is a feed.LogReader: a pump that is begun again when the door changes.
type reader struct {
	folder *Folder
	next   feed.Offset
	pump   *pump
	err    error
}

// Open begins to read at an offset.
func (f *Folder) Open(ctx context.Context, partition int, from feed.Offset) (feed.LogReader, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := f.knows(partition, from); err != nil {
		return nil, err
	}
	return &reader{folder: f, next: from}, nil
}

// knows refuses offsets that no mark can have been.
func (f *Folder) knows(partition int, at feed.Offset) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch e := f.index.at(seqOf(at)); {
	case partition != 0, at < 0, e != nil && e.Name == "", e == nil && (rowOf(at) > 0 || seqOf(at) > f.index.next), e != nil && rowOf(at) > 0 && rowOf(at) >= e.Rows:
		return &feed.Error{Kind: feed.Corrupt, File: f.index.path(), Got: "an index without the place at which to go on", Want: "the index that belongs to the state",
			Hint: "restore the state folder from its copy, as a whole"}
	}
	return nil
}

// Next hands over the next batch.
func (r *reader) Next(ctx context.Context, door *feed.Door, into *event.Batch) (feed.Mark, error) {
	into.Reset()
	if err := ctx.Err(); err != nil {
		return feed.Mark{}, err
	}
	if r.err != nil {
		return feed.Mark{}, r.err
	}
	if r.pump == nil || r.pump.door != door {
		r.stop()
		r.pump = r.folder.pump(door, r.next, 0)
	}
	it, err := r.pump.take(ctx, into)
	if err != nil {
		if ctx.Err() == nil {
			r.err = err
		}
		return feed.Mark{}, err
	}
	r.next = it.mark.Next
	it.mark.Lag = r.folder.waiting(seqOf(r.next))
	return it.mark, nil
}

// take waits for an item and swaps its batch with the caller's.
func (p *pump) take(ctx context.Context, into *event.Batch) (item, error) {
	select {
	case it, ok := <-p.items:
		switch {
		case !ok, it.err == errEnd:
			return item{}, io.EOF
		case it.err != nil:
			return item{}, it.err
		case it.b != nil:
			*into, *it.b = *it.b, *into
			p.free <- it.b
		}
		return it, nil
	case <-ctx.Done():
		return item{}, ctx.Err()
	}
}

func (r *reader) stop() {
	if r.pump != nil {
		r.pump.stop()
		r.pump = nil
	}
}

// Close ends the reader.
func (r *reader) Close() error {
	r.stop()
	if r.err == nil {
		r.err = io.EOF
	}
	return nil
}

// part is a piece of the past.
type part struct {
	folder   *Folder
	from, to feed.Offset
	door     *feed.Door
}

// Part is the rows of [from, to).
func (f *Folder) Part(partition int, from, to feed.Offset, door *feed.Door) feed.Part {
	return &part{f, from, to, door}
}

// Name tells the folder and the numbers of the files.
func (p *part) Name() string {
	return fmt.Sprintf("%s from file %d", p.folder.Name(), seqOf(p.from))
}

// each calls use for every file of the part with the rows of it that are wanted.
func (p *part) each(use func(e *entry, rows int64)) {
	p.folder.mu.Lock()
	defer p.folder.mu.Unlock()
	for i := range p.folder.index.entries {
		e := &p.folder.index.entries[i]
		if e.Kind != kindFile || e.Seq < seqOf(p.from) || e.Seq > seqOf(p.to) {
			continue
		}
		from, to := int64(0), e.Rows
		if e.Seq == seqOf(p.from) {
			from = rowOf(p.from)
		}
		if e.Seq == seqOf(p.to) {
			to = rowOf(p.to)
		}
		use(e, to-from)
	}
}

// Bytes is the size of the files.
func (p *part) Bytes() (n int64) {
	p.each(func(e *entry, rows int64) {
		if rows > 0 {
			n += e.Size
		}
	})
	return n
}

// Rows is their number.
func (p *part) Rows() (n int64) {
	p.each(func(_ *entry, rows int64) { n += rows })
	return n
}

// Open begins to read.
func (p *part) Open(ctx context.Context) (feed.Reader, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	for _, at := range []feed.Offset{p.from, p.to} {
		if err := p.folder.knows(0, at); err != nil {
			return nil, err
		}
	}
	if p.to <= p.from {
		return &past{err: io.EOF}, nil
	}
	return &past{pump: p.folder.pump(p.door, p.from, p.to)}, nil
}

// past reads a part.
type past struct {
	pump *pump
	err  error
}

// Read fills a batch.
func (r *past) Read(ctx context.Context, b *event.Batch) (func(), error) {
	b.Reset()
	if r.err == nil {
		r.err = ctx.Err()
	}
	for r.err == nil {
		if _, r.err = r.pump.take(ctx, b); r.err == nil && b.Len() > 0 {
			return func() {}, nil
		}
	}
	b.Reset()
	return nil, r.err
}

// Close ends it.
func (r *past) Close() error {
	if r.pump != nil {
		r.pump.stop()
	}
	return nil
}
