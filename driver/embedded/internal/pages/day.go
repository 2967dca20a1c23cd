package pages

import (
	"encoding/binary"
	"fmt"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/population"
)

// Day is a day of a book in the making. Nothing of it is there before Commit.
type Day struct {
	book  *Book
	index int
	input string
	file  *writing
}

// Day begins a day, by its index in the window, from the input with the given keyed digest. A day that is in may be
// written again from the same input, and no other.
func (b *Book) Day(day int, input string) (*Day, error) {
	if was, ok := b.Input(day); ok && was != input {
		return nil, fmt.Errorf("pages: %s is in the month already, from another input; a day is counted once, bring back the input of then", b.month.Days[day].Name)
	}
	w, err := create(b.path(day), b.label(day), b.aead)
	if err != nil {
		return nil, err
	}
	return &Day{b, day, input, w}, nil
}

// Commit makes the day part of its book, durably. All writers have been flushed.
func (d *Day) Commit() error {
	if err := d.file.commit(meta(d.input, d.book.month.Spec)); err != nil {
		return err
	}
	v, err := d.book.open(d.index)
	if err != nil {
		return err
	}
	d.book.mu.Lock()
	defer d.book.mu.Unlock()
	d.book.days[d.index] = v
	return nil
}

// Abort removes what was written of the day. After a commit, and to a nil one, it does nothing.
func (d *Day) Abort() error {
	if d == nil {
		return nil
	}
	return d.file.abort()
}

// Writer collects the pages of one goroutine.
func (d *Day) Writer() *Writer {
	w := &Writer{day: d.book.month.Days[d.index]}
	w.out.file = d.file
	return w
}

// Writer is a writer of pages.
type Writer struct {
	day throng.Period
	out shards
}

// Add encodes a page; it keeps nothing of it. The day of the page is that of the writer.
func (w *Writer) Add(p *population.Page) error {
	return w.out.add(p.Unit, len(p.Seen), func(b []byte) ([]byte, error) { return appendPage(b, p, w.day) })
}

// Flush hands over what is left; call it once at the end.
func (w *Writer) Flush() error { return w.out.flush() }

// blockBytes is how many plain bytes of a shard are collected before they are sealed: 2 MiB a writer.
const blockBytes = 32 << 10

// shards are the blocks in the making of one goroutine.
type shards struct {
	file *writing
	of   [Shards]struct {
		plain         []byte
		items, things int // pages and records
	}
}

// add appends one item of so many things, and seals the block when it is full.
func (s *shards) add(unit uint64, things int, encode func([]byte) ([]byte, error)) error {
	shard := ShardOf(unit)
	at := &s.of[shard]
	if at.plain == nil {
		at.plain = make([]byte, 0, blockBytes)
	}
	plain, err := encode(at.plain)
	if err != nil {
		return err // and what was appended is overwritten by the next
	}
	at.plain = plain
	at.items++
	at.things += things
	if len(at.plain) < blockBytes-blockBytes/8 {
		return nil
	}
	return s.seal(shard)
}

func (s *shards) seal(shard int) error {
	at := &s.of[shard]
	err := s.file.put(shard, at.items, append(startBlock(at.items, at.things), at.plain...))
	clear(at.plain)
	at.plain, at.items, at.things = at.plain[:0], 0, 0
	return err
}

func (s *shards) flush() error {
	for shard := range s.of {
		if s.of[shard].items > 0 {
			if err := s.seal(shard); err != nil {
				return err
			}
		}
	}
	return nil
}

// meta are the digests that a file is bound to, and readMeta reads them.
func meta(input, spec string) []byte {
	return append(append(binary.AppendUvarint(nil, uint64(len(input))), input...), spec...)
}

func readMeta(b []byte) (input, spec string, ok bool) {
	r := rest{b: b}
	input = string(r.bytes(r.count(1)))
	return input, string(r.b), !r.bad
}
