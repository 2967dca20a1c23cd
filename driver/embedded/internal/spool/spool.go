// Package spool holds the admitted records of a run by period and shard, in bounded memory.
//
// Records arrive in any order from several readers at once. A unit's records of one period are all in one shard, because
// the shard is chosen by the keyed pseudonym. Beyond its memory a spool writes blocks to one encrypted file, whose key
// exists in memory only; the file is removed when the spool is closed.
package spool

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"math/bits"
	"os"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/throng-stats/throng/event"
)

// blockSize is how many bytes of records travel together.
const blockSize = 8 << 10

// Spool is safe for use by several writers, and then by several readers; not by both at once.
type Spool struct {
	shards []shard // period-major
	per    int     // shards a period
	size   int     // bytes of a record
	most   int64   // records in memory
	held   atomic.Int64
	spare  atomic.Int64 // blocks in free
	dir    string

	mu      sync.Mutex // guards what follows
	free    [][]byte
	file    *os.File
	aead    cipher.AEAD
	written int64
	seq     uint64
	huge    []region // slabs with large pages
}

type shard struct {
	mu      sync.Mutex
	blocks  [][]byte
	records int
	spilled []segment
}

type segment struct {
	offset int64
	bytes  int
	seq    uint64
}

// New returns a spool of periods x shards that keeps about memory bytes in memory and the rest in a file in dir. Of records
// it keeps what the layout has.
func New(periods, shards int, layout Layout, memory int64, dir string) *Spool {
	size := int(layout)
	return &Spool{shards: make([]shard, periods*shards), per: shards, size: size, most: memory / int64(size), dir: dir}
}

// Shards is the number of shards of each period.
func (s *Spool) Shards() int { return s.per }

// Writer collects the records of one reader.
type Writer struct {
	spool   *Spool
	pending []pending
	slab    []byte // what is left of it
	next    int    // bytes of the last slab
}

// pending is a block in the making.
type pending struct {
	room []byte
	n    int // bytes of records in it
}

// Writer returns a writer for one goroutine.
func (s *Spool) Writer() *Writer { return &Writer{spool: s, pending: make([]pending, len(s.shards))} }

// Add puts a record of a period where its unit belongs.
func (w *Writer) Add(period int, r *event.Record) error {
	s := w.spool
	shard, _ := bits.Mul64(r.Unit, uint64(s.per)) // units are hashes, so this is a fair division
	at := period*s.per + int(shard)
	p := &w.pending[at]
	if p.room == nil {
		p.room, p.n = w.block(), 0
	}
	pack(p.room[p.n:], r, s.size)
	if p.n += s.size; p.n+s.size <= blockSize {
		return nil
	}
	full := p.room[:p.n]
	p.room = nil
	return s.put(at, full)
}

// Flush hands over what is pending; call it once at the end.
func (w *Writer) Flush() error {
	for at, p := range w.pending {
		if p.room != nil {
			if err := w.spool.put(at, p.room[:p.n]); err != nil {
				return err
			}
		}
	}
	w.pending = nil
	return nil
}

func (s *Spool) put(at int, records []byte) error {
	n := len(records) / s.size
	sh := &s.shards[at]
	sh.mu.Lock()
	defer sh.mu.Unlock()
	sh.blocks = append(sh.blocks, records)
	sh.records += n
	if s.held.Add(int64(n)) <= s.most {
		return nil
	}
	return s.spill(sh)
}

// spill writes the blocks of a shard, whose lock is held, to the file.
func (s *Spool) spill(sh *shard) error {
	n := 0
	for _, b := range sh.blocks {
		n += len(b)
	}
	plain := slices.Grow([]byte(nil), n+16) // and the tag of the seal
	for _, b := range sh.blocks {
		plain = append(plain, b...)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.open(); err != nil {
		return err
	}
	sealed := s.aead.Seal(plain[:0], nonce(s.seq), plain, nil)
	if _, err := s.file.WriteAt(sealed, s.written); err != nil {
		return fmt.Errorf("spool: %w; free room in the state folder, or give the run more memory", err)
	}
	sh.spilled = append(sh.spilled, segment{s.written, len(sealed), s.seq})
	s.written += int64(len(sealed))
	s.seq++
	s.held.Add(-int64(n / s.size))
	for _, b := range sh.blocks {
		s.free = append(s.free, b[:blockSize]) // all of its room, also where it is not full
	}
	s.spare.Store(int64(len(s.free)))
	sh.blocks = sh.blocks[:0]
	return nil
}

func (s *Spool) open() error {
	if s.file != nil {
		return nil
	}
	key := make([]byte, 32)
	rand.Read(key)
	blockCipher, err := aes.NewCipher(key)
	clear(key)
	if err != nil {
		return err
	}
	if s.aead, err = cipher.NewGCM(blockCipher); err != nil {
		return err
	}
	s.file, err = os.CreateTemp(s.dir, "spill-*.tmp")
	return err
}

func nonce(seq uint64) []byte {
	var n [12]byte
	binary.BigEndian.PutUint64(n[4:], seq)
	return n[:]
}

// Spilled is how many bytes were written to the file.
func (s *Spool) Spilled() int64 { return s.written }

// Len is the number of records of a period.
func (s *Spool) Len(period int) int {
	n := 0
	for i := range s.per {
		n += s.shards[period*s.per+i].records
	}
	return n
}

// Take returns the records of one shard of one period, in packed blocks of any length and no particular order, and lets
// the spool forget them.
func (s *Spool) Take(period, at int) (blocks [][]byte, err error) {
	sh := &s.shards[period*s.per+at]
	for _, b := range sh.blocks {
		s.held.Add(-int64(len(b) / s.size))
	}
	blocks = sh.blocks
	for _, g := range sh.spilled {
		sealed := make([]byte, g.bytes)
		if _, err := s.file.ReadAt(sealed, g.offset); err != nil {
			return nil, fmt.Errorf("spool: reading back: %w", err)
		}
		plain, err := s.aead.Open(sealed[:0], nonce(g.seq), sealed, nil)
		if err != nil {
			return nil, fmt.Errorf("spool: a block came back changed; the disk of the state folder is not to be trusted")
		}
		blocks = append(blocks, plain)
	}
	sh.blocks, sh.spilled, sh.records = nil, nil, 0
	return blocks, nil
}

// Close removes the file.
func (s *Spool) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.huge {
		wantSmall(r)
	}
	s.huge = nil
	if s.file == nil {
		return nil
	}
	name := s.file.Name()
	s.file.Close()
	s.file = nil
	return os.Remove(name)
}
