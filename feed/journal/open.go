package journal

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"slices"
	"sync"
)

var segmentNames = regexp.MustCompile(`^[0-9]{6,}\.seg$`)

// Open opens a journal or makes one. What a crash has left of a last group that was not durable is cut; what is damaged
// before that is an error. It begins a new file, so that nothing is ever sealed twice at one place.
func Open(opt Options) (*Journal, error) {
	fill := func(v *int64, d int64) {
		if *v == 0 {
			*v = d
		}
	}
	fill(&opt.SegmentBytes, 64<<20)
	fill(&opt.QueueBytes, 32<<20)
	if opt.Partitions == 0 {
		opt.Partitions = 1
	}
	if opt.Keys == 0 {
		opt.Keys = 1e6
	}
	if opt.Spread == [16]byte{} {
		opt.Spread = SpreadKey(opt.Key)
	}
	if opt.Name == "" {
		opt.Name = "journal"
	}
	if opt.Partitions < 1 || opt.Partitions > 64 {
		return nil, fmt.Errorf("journal: got %d partitions, want 1 to 64", opt.Partitions)
	}
	j := &Journal{opt: opt, news: make(chan struct{}), done: make(chan struct{}), released: make([]Offset, opt.Partitions),
		keys: memory{of: map[Key]*remembered{}}}
	j.wake = sync.NewCond(&j.mu)
	if err := j.load(); err != nil {
		return nil, err
	}
	go j.commit()
	return j, nil
}

// load finds the files, the end of the log, and the keys of the last day.
func (j *Journal) load() error {
	names, err := j.opt.Files.List()
	if err != nil {
		return fmt.Errorf("journal: %w; name a state folder that this user may write", err)
	}
	names = slices.DeleteFunc(names, func(name string) bool { return !segmentNames.MatchString(name) })
	number := int64(0)
	for _, name := range names {
		s, ok, err := j.header(name)
		if err != nil {
			return err
		}
		if ok {
			if err := j.follows(s); err != nil {
				return err
			}
			j.segments = append(j.segments, s)
			number = s.number + 1
			continue
		}
		if name != names[len(names)-1] {
			return corrupt(name, "no header")
		}
		if err := j.opt.Files.Remove(name); err != nil { // begun and never used
			return fmt.Errorf("journal: %w", err)
		}
	}
	if err := j.last(); err != nil {
		return err
	}
	if err := j.remember(); err != nil {
		return err
	}
	if err := j.begin(number); err != nil {
		return fmt.Errorf("journal: %w; free room or mend the disk of the state folder", err)
	}
	return nil
}

func (j *Journal) header(name string) (*segment, bool, error) {
	f, err := j.opt.Files.Open(name)
	if err != nil {
		return nil, false, fmt.Errorf("journal: %w", err)
	}
	defer f.Close()
	b := make([]byte, segmentSize)
	n, err := f.ReadAt(b, 0)
	if err != nil && err != io.EOF {
		return nil, false, fmt.Errorf("journal: %w", err)
	}
	return readSegment(j.opt.Key, name, b[:n])
}

// follows refuses files that do not belong behind those before them.
func (j *Journal) follows(s *segment) error {
	if s.partitions != int64(j.opt.Partitions) {
		return corrupt(s.name, fmt.Sprintf("a journal of %d partitions instead of %d", s.partitions, j.opt.Partitions))
	}
	if n := len(j.segments); n > 0 {
		if b := j.segments[n-1]; s.number != b.number+1 || s.base < b.base || s.first < b.first || s.stamp < b.stamp {
			return corrupt(s.name, "a file that does not follow the one before it")
		}
	}
	return nil
}

// last finds the end of the last file, and cuts what is behind it.
func (j *Journal) last() error {
	if len(j.segments) == 0 {
		return nil
	}
	s := j.segments[len(j.segments)-1]
	j.end, j.number, j.clock = s.base, s.first, s.stamp
	text, err := content(j.opt.Files, s.name)
	if err != nil {
		return err
	}
	for b := text[segmentSize:]; len(b) > 0; {
		h, _, ok := s.whole(j.end, b)
		if !ok {
			return s.torn(j.end, b)
		}
		b = b[h.size:]
		j.end += Offset(h.size)
		j.number, j.clock = h.number+1, h.arrival
	}
	return nil
}

// content is what a file holds.
func content(files Files, name string) ([]byte, error) {
	f, err := files.Open(name)
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	defer f.Close()
	size, err := f.Size()
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	b := make([]byte, size)
	if n, err := f.ReadAt(b, 0); n < len(b) {
		return nil, fmt.Errorf("journal: %w", err)
	}
	return b, nil
}

// torn looks at what cannot be read from a place to the end of the last file. A group is written only after the one before it is durable.
// So if a whole entry lies behind whose group began later, this place was durable, and is damaged; else a crash cut it.
func (s *segment) torn(at Offset, b []byte) error {
	for i := 1; ; i++ {
		k := bytes.Index(b[min(i, len(b)):], []byte(entryMagic))
		if k < 0 {
			return nil
		}
		i += k
		if h, _, ok := s.whole(at+Offset(i), b[i:]); ok && h.group > at {
			return corrupt(s.name, fmt.Sprintf("a damaged entry at byte %d", int64(at-s.base)+segmentSize))
		}
	}
}

// remember collects the keys of the last day.
func (j *Journal) remember() error {
	for i, s := range j.segments {
		if i+1 < len(j.segments) && j.segments[i+1].stamp+day <= j.clock {
			continue
		}
		c := cursor{j: j, pos: s.base, most: readHeads}
		for end := j.endOf(i); c.pos < end; {
			e, err := c.entry(none)
			if err != nil {
				c.close()
				return err
			}
			switch e.kind {
			case kindRows:
				j.keys.add(remembered{e.meta.key, e.meta.body, e.arrival, e.number, e.number, e.meta.rows, e.meta.rejected})
			case kindKeys:
				for _, k := range e.keys {
					k.home = e.number
					j.keys.add(k)
				}
			}
		}
		c.close()
	}
	j.keys.forget(j.clock)
	return nil
}

// endOf is where a segment ends; the lock is held, or nobody else knows the journal yet.
func (j *Journal) endOf(i int) Offset {
	if i+1 < len(j.segments) {
		return j.segments[i+1].base
	}
	return j.end
}
