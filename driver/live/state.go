package live

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/feed"
)

// stateVersion is the version of the bytes of AppendState. A program that reads an older one says so and refuses; the log can be
// read again from the beginning of the day.
const stateVersion = 1

// ErrVersion is what RestoreState answers to the bytes of another version.
var ErrVersion = errors.New("live: this checkpoint was written by another version of the program")

// AppendState appends all that the crowd keeps. The bytes hold exact personal data under pseudonyms, and are encrypted wherever they
// rest. They depend on what was read alone, not on batches.
func (c *Crowd) AppendState(b []byte) []byte {
	b = append(b, "throng live"...)
	b = append(b, stateVersion)
	b = binary.AppendVarint(b, int64(c.at.Next))
	b = binary.AppendVarint(b, c.at.Clock)
	for _, n := range append(c.Counts.Late[:], c.Counts.Back) {
		b = binary.AppendVarint(b, n)
	}
	b = binary.AppendUvarint(b, uint64(len(c.days)))
	for _, d := range c.days {
		b = binary.AppendUvarint(b, uint64(len(d.period.Name)))
		b = append(b, d.period.Name...)
		b = binary.AppendVarint(b, d.period.Start)
		b = binary.AppendVarint(b, d.period.End)
		b = binary.AppendUvarint(b, uint64(d.closed))
		for i := range d.shards {
			b = d.shards[i].append(b, c.opt.Rows, &c.packer)
		}
	}
	return b
}

func (s *shard) append(b []byte, most int, p *packer) []byte {
	b = binary.AppendUvarint(b, uint64(len(s.devices)))
	for _, d := range s.devices {
		b = binary.LittleEndian.AppendUint64(b, d.unit)
		b = binary.LittleEndian.AppendUint32(b, d.place)
		b = binary.LittleEndian.AppendUint32(b, d.time)
	}
	b = binary.AppendUvarint(b, uint64(len(s.rows)))
	for _, bin := range sortedBins(s.rows) {
		w := s.rows[bin]
		w.list, _ = p.pack(w.list, most)
		b = binary.AppendUvarint(b, uint64(bin))
		b = binary.AppendUvarint(b, uint64(len(w.list)))
		for _, r := range w.list {
			b = binary.LittleEndian.AppendUint64(b, r.unit)
			b = binary.LittleEndian.AppendUint64(b, r.at)
		}
	}
	b = binary.AppendUvarint(b, uint64(len(s.heard)))
	for _, bin := range sortedBins(s.heard) {
		list := s.heard[bin]
		slices.Sort(list)
		list = slices.Compact(list)
		s.heard[bin] = list
		b = binary.AppendUvarint(b, uint64(bin))
		b = binary.AppendUvarint(b, uint64(len(list)))
		for _, unit := range list {
			b = binary.LittleEndian.AppendUint64(b, unit)
		}
	}
	return b
}

func sortedBins[V any](of map[int]V) []int {
	bins := make([]int, 0, len(of))
	for bin := range of {
		bins = append(bins, bin)
	}
	slices.Sort(bins)
	return bins
}

// RestoreState takes up what AppendState wrote, into a new crowd with the same options.
func (c *Crowd) RestoreState(b []byte) error {
	const head = "throng live"
	if len(b) <= len(head) || string(b[:len(head)]) != head {
		return errors.New("live: these bytes are no checkpoint; restore the checkpoint from its copy")
	}
	if b[len(head)] != stateVersion {
		return fmt.Errorf("%w (%d, want %d)", ErrVersion, b[len(head)], stateVersion)
	}
	in := &input{b: b[len(head)+1:], places: uint32(len(c.opt.Ground.Places))}
	c.at = feed.Mark{Next: feed.Offset(in.signed()), Clock: in.signed()}
	for i := range c.Counts.Late {
		c.Counts.Late[i] = in.signed()
	}
	c.Counts.Back = in.signed()
	c.days = nil
	for range in.length(shards) {
		d := &day{}
		d.period.Name = string(in.bytes(in.length(1)))
		d.period.Start, d.period.End = in.signed(), in.signed()
		d.closed = in.length(0)
		if !sane(d.period) {
			in.broken = true
		}
		if in.broken {
			break
		}
		d.bins = d.period.Bins(c.opt.Bin)
		for i := range d.shards {
			d.shards[i].restore(in)
		}
		if d.closed > d.bins {
			in.broken = true
		}
		c.days = append(c.days, d)
	}
	if in.broken || len(in.b) > 0 {
		return errors.New("live: a checkpoint ends early or is damaged; restore it from its copy")
	}
	return nil
}

// sane reports whether a period can be a civil day.
func sane(p throng.Period) bool { return p.End > p.Start && p.End-p.Start <= 49*3600e3 }

func (s *shard) restore(in *input) {
	for range in.length(16) {
		s.devices = append(s.devices, device{in.word(), in.place(in.half()), in.half()})
	}
	for range in.length(2) {
		bin := in.length(0)
		w := &rows{}
		for range in.length(16) {
			r := row{in.word(), in.word()}
			in.place(uint32(r.at))
			w.list = append(w.list, r)
		}
		w.packed = len(w.list)
		if s.rows == nil {
			s.rows = map[int]*rows{}
		}
		s.rows[bin] = w
	}
	for range in.length(2) {
		bin := in.length(0)
		var list []uint64
		for range in.length(8) {
			list = append(list, in.word())
		}
		if s.heard == nil {
			s.heard = map[int][]uint64{}
		}
		s.heard[bin] = list
	}
}

// input reads the bytes of a checkpoint. After an end that comes too early everything is zero.
type input struct {
	b      []byte
	places uint32 // of the ground
	broken bool
}

// place checks that a place is one of the ground.
func (in *input) place(p uint32) uint32 {
	if p >= in.places && p != event.NoPlace {
		in.broken = true
	}
	return p
}

func (in *input) signed() int64 {
	v, n := binary.Varint(in.b)
	return v * int64(in.skip(n))
}

// length reads a number of things that take at least so many bytes each; 0 is a plain small number.
func (in *input) length(each int) int {
	v, n := binary.Uvarint(in.b)
	if in.skip(n) == 0 || each > 0 && v > uint64(len(in.b)/each) || each == 0 && v > 1<<20 {
		in.broken = true
		return 0
	}
	return int(v)
}

// skip goes on after a number of n bytes and tells whether there was one.
func (in *input) skip(n int) int {
	if n <= 0 {
		in.broken, in.b = true, nil
		return 0
	}
	in.b = in.b[n:]
	return 1
}

func (in *input) bytes(n int) []byte {
	if n > len(in.b) {
		in.broken, in.b = true, nil
		return nil
	}
	out := in.b[:n]
	in.b = in.b[n:]
	return out
}

func (in *input) word() uint64 {
	if b := in.bytes(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

func (in *input) half() uint32 {
	if b := in.bytes(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}
