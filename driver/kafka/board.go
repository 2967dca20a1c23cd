// Package kafka keeps what several workers of one log and their releaser tell each other: how far they are, what they have counted,
// and the keys of the days. It is a board of notes with names, for each partition of the log its own; the last note of a name
// counts. On Kafka it is a compacted topic.
//
// Notes hold exact counts and keys of pseudonyms. They are sealed under a key that only workers and releaser have, and the topic
// needs the same protection as the feed (scale.md, section 7, rule 11).
package kafka

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Board is the board of one log. Its methods may be called by several goroutines.
type Board interface {
	// Put writes a note, durably when it returns; nil takes it away.
	Put(ctx context.Context, partition int, name string, text []byte) error
	// Load returns the notes of a partition whose names begin so, as they are now.
	Load(ctx context.Context, partition int, prefix string) (map[string][]byte, error)
	// Watch hands over the notes of all partitions whose names are wanted, of those that are there the last of each name, then those
	// that come, until the context ends; text is nil when a note was taken away.
	Watch(ctx context.Context, want func(name string) bool, use func(partition int, name string, text []byte)) error
	Close() error
}

// Memory is a board in memory, for one process and its tests.
type Memory struct {
	mu      sync.Mutex
	changed chan struct{}
	notes   []note
}

type note struct {
	partition int
	name      string
	text      []byte
}

// NewMemory returns an empty board.
func NewMemory() *Memory { return &Memory{changed: make(chan struct{})} }

// Put writes a note.
func (m *Memory) Put(_ context.Context, partition int, name string, text []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.notes = append(m.notes, note{partition, name, slices.Clone(text)})
	close(m.changed)
	m.changed = make(chan struct{})
	return nil
}

// Load returns the notes of a partition.
func (m *Memory) Load(_ context.Context, partition int, prefix string) (map[string][]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := map[string][]byte{}
	for _, n := range m.notes {
		if n.partition == partition && strings.HasPrefix(n.name, prefix) {
			set(all, n.name, n.text)
		}
	}
	return all, nil
}

func set(all map[string][]byte, name string, text []byte) {
	if text == nil {
		delete(all, name)
	} else {
		all[name] = text
	}
}

// Watch hands over notes.
func (m *Memory) Watch(ctx context.Context, want func(name string) bool, use func(partition int, name string, text []byte)) error {
	for at := 0; ; {
		m.mu.Lock()
		news, changed := m.notes[at:], m.changed
		if at == 0 {
			var p past
			for _, n := range news {
				p.add(n)
			}
			news = p.last()
		}
		at = len(m.notes)
		m.mu.Unlock()
		for _, n := range news {
			if want(n.name) {
				use(n.partition, n.name, n.text)
			}
		}
		if len(news) > 0 {
			continue
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		}
	}
}

// past is what lies on a board. Of a name the last note counts; what it took the place of may be sealed under a key that is long gone.
type past struct {
	notes []note // in the order in which they were written
	at    map[place]int
}

type place struct {
	partition int
	name      string
}

func (p *past) add(n note) {
	if p.at == nil {
		p.at = map[place]int{}
	}
	where := place{n.partition, n.name}
	if i, ok := p.at[where]; ok {
		p.notes[i] = note{partition: -1}
	}
	p.at[where] = len(p.notes)
	p.notes = append(p.notes, n)
}

// last are those that count.
func (p *past) last() []note {
	return slices.DeleteFunc(p.notes, func(n note) bool { return n.partition < 0 })
}

// Close does nothing.
func (m *Memory) Close() error { return nil }

// chunk is how much of a snapshot a note holds: what a broker takes by default is a little more.
const chunk = 512 << 10

// snapshot is the note that says where the pieces of a snapshot are, once they are all there.
type snapshot struct {
	Generation int32  `json:"generation"`
	Slot       int    `json:"slot"`
	Offset     int64  `json:"offset"`
	Pieces     int    `json:"pieces"`
	SHA256     []byte `json:"sha256"`
}

const (
	headPrefix  = "snapshot/"
	piecePrefix = "piece/"
)

func headName(generation int32) string { return headPrefix + fmt.Sprintf("%010d", generation) }
func pieceName(generation int32, slot, i int) string {
	return fmt.Sprintf("%s%010d/%d/%d", piecePrefix, generation, slot, i)
}

// Snapshots writes and reads the snapshots of one partition. Every generation of the group writes under names of its own, so that a
// worker that was declared dead and still runs cannot spoil what its successor writes; and in two slots, so that one that dies while it
// writes leaves the one before whole.
type Snapshots struct {
	board      Board
	partition  int
	generation int32
	slot       int
	pieces     [2]int // that lie in the slots
	old        []string
}

// NewSnapshots begins to write as a member of a generation.
func NewSnapshots(b Board, partition int, generation int32) *Snapshots {
	return &Snapshots{board: b, partition: partition, generation: generation}
}

// Save writes a snapshot. offset tells how far it is; what is saved is a function of the log up to there, so that of two the one
// further on is as good as the other and newer, whoever wrote it.
func (s *Snapshots) Save(ctx context.Context, offset int64, text []byte) error {
	head := snapshot{Generation: s.generation, Slot: s.slot, Offset: offset}
	sum := sha256.Sum256(text)
	head.SHA256 = sum[:]
	for piece := range slices.Chunk(text, chunk) {
		if err := s.board.Put(ctx, s.partition, pieceName(s.generation, s.slot, head.Pieces), piece); err != nil {
			return err
		}
		head.Pieces++
	}
	note, err := json.Marshal(head)
	if err != nil {
		return err
	}
	if err := s.board.Put(ctx, s.partition, headName(s.generation), note); err != nil {
		return err
	}
	for i := head.Pieces; i < s.pieces[s.slot]; i++ { // of a longer one before
		if err := s.board.Put(ctx, s.partition, pieceName(s.generation, s.slot, i), nil); err != nil {
			return err
		}
	}
	s.pieces[s.slot] = head.Pieces
	s.slot = 1 - s.slot
	for _, name := range s.old { // of earlier generations, now that there is one of this
		if err := s.board.Put(ctx, s.partition, name, nil); err != nil {
			return err
		}
	}
	s.old = nil
	return nil
}

// Latest returns the snapshot that is furthest on, of whatever generation, or nil when there is none. Those of earlier generations are
// taken away when this one has saved.
func (s *Snapshots) Latest(ctx context.Context) (text []byte, err error) {
	heads, err := s.board.Load(ctx, s.partition, headPrefix)
	if err != nil || len(heads) == 0 {
		return nil, err
	}
	pieces, err := s.board.Load(ctx, s.partition, piecePrefix)
	if err != nil {
		return nil, err
	}
	best := int64(-1)
	for name, note := range heads {
		var h snapshot
		if err := json.Unmarshal(note, &h); err != nil {
			return nil, fmt.Errorf("kafka: the note %s of partition %d cannot be read; go on with the program that wrote it", name, s.partition)
		}
		if whole, ok := h.join(pieces); ok && h.Offset > best {
			best, text = h.Offset, whole
		}
		if h.Generation == s.generation {
			s.slot = 1 - h.Slot
		} else {
			s.old = append(s.old, name)
		}
	}
	for name := range pieces {
		own, slot, i := fmt.Sprintf("%s%010d/", piecePrefix, s.generation), 0, 0
		if !strings.HasPrefix(name, own) {
			s.old = append(s.old, name)
		} else if n, _ := fmt.Sscanf(name[len(own):], "%d/%d", &slot, &i); n == 2 && slot == slot&1 {
			s.pieces[slot] = max(s.pieces[slot], i+1)
		}
	}
	slices.Sort(s.old)
	return text, nil
}

func (h snapshot) join(pieces map[string][]byte) ([]byte, bool) {
	var text []byte
	for i := range h.Pieces {
		piece, ok := pieces[pieceName(h.Generation, h.Slot, i)]
		if !ok {
			return nil, false
		}
		text = append(text, piece...)
	}
	sum := sha256.Sum256(text)
	return text, slices.Equal(sum[:], h.SHA256)
}

// Number and Instant write numbers as notes hold them.
func Number(v int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(v)) }

// Instant reads a number of a note; 0 where there is none.
func Instant(text []byte) int64 {
	if len(text) != 8 {
		return 0
	}
	return int64(binary.BigEndian.Uint64(text))
}

// BinName is the name of the note with what a partition has counted in the bin that starts at an instant, in milliseconds.
func BinName(start int64) string { return "bin/" + fmt.Sprintf("%015d", start) }

// BinStart is the instant of such a name.
func BinStart(name string) (int64, bool) {
	text, ok := strings.CutPrefix(name, "bin/")
	if !ok {
		return 0, false
	}
	v, err := strconv.ParseInt(text, 10, 64)
	return v, err == nil
}
