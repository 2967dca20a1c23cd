package journal

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/throng-stats/throng/feed"
)

// Sizes of the format (docs/format/journal.md).
const (
	segmentMagic = "throngj\x01"
	segmentSize  = 8 + 16 + 8 + 5*8 // bytes of the header of a segment
	entryMagic   = "tje\x01"
	entrySize    = 36 // bytes of the header of an entry before the lengths of its blocks
	tagSize      = 16
)

// Kinds of entries.
const (
	kindRows = 1 + iota
	kindBeat // a heartbeat: moves the clock
	kindKeys // keys of batches, carried over from a segment that is removed
)

// segment is one file of the journal. Its bytes behind the header are those of the log from base on.
type segment struct {
	name       string
	header     []byte
	number     int64  // of the file
	base       Offset // of its first entry
	stamp      int64  // no entry before it arrived later, milliseconds since 1970 UTC
	first      int64  // number of its first entry
	partitions int64
	aead       cipher.AEAD
}

func derive(key [32]byte, use string, more []byte) []byte {
	mac := hmac.New(sha256.New, key[:])
	mac.Write([]byte(use))
	mac.Write(more)
	return mac.Sum(nil)
}

// keyName names a key in the headers of segments, and tells nothing of it.
func keyName(key [32]byte) []byte { return derive(key, "throng journal key", nil)[:8] }

// baseIn is where the entries of a segment begin, from its header.
func baseIn(header []byte) Offset { return Offset(binary.BigEndian.Uint64(header[32:])) }

func segmentName(number int64) string { return fmt.Sprintf("%06d.seg", number) }

// newSegment makes the header of a segment, with a salt of its own. So every segment has a key of its own, and a place in it
// is sealed once: after a restart a new segment begins.
func newSegment(key [32]byte, s segment) *segment {
	h := append(make([]byte, 0, segmentSize), segmentMagic...)
	h = h[:8+16]
	rand.Read(h[8:])
	h = append(h, keyName(key)...)
	for _, v := range []int64{int64(s.base), s.number, s.stamp, s.first, s.partitions} {
		h = binary.BigEndian.AppendUint64(h, uint64(v))
	}
	s.name, s.header = segmentName(s.number), h
	s.seal(key)
	return &s
}

func (s *segment) seal(key [32]byte) {
	block, _ := aes.NewCipher(derive(key, "throng journal segment", s.header))
	s.aead, _ = cipher.NewGCM(block)
}

// readSegment reads a header. It is not ok when it never was written whole.
func readSegment(key [32]byte, name string, h []byte) (s *segment, ok bool, err error) {
	if len(h) < segmentSize || bytes.Equal(h, make([]byte, len(h))) {
		return nil, false, nil
	}
	v := func(i int) int64 { return int64(binary.BigEndian.Uint64(h[32+8*i:])) }
	s = &segment{name: name, header: h, base: baseIn(h), number: v(1), stamp: v(2), first: v(3), partitions: v(4)}
	switch {
	case string(h[:7]) != segmentMagic[:7]:
		return nil, false, corrupt(name, "a beginning that is not of a journal")
	case h[7] != segmentMagic[7]:
		return nil, false, &feed.Error{Kind: feed.Unsafe, File: name, Got: fmt.Sprintf("a journal of version %d", h[7]), Want: fmt.Sprintf("version %d", segmentMagic[7]),
			Hint: "go on with the program that wrote it until what is in it is published"}
	case !isUnder(key, h):
		return nil, false, corrupt(name, "a journal under another key")
	case s.base < 0 || s.number < 0 || s.first < 0 || s.partitions < 1 || name != segmentName(s.number):
		return nil, false, corrupt(name, "a header that cannot be")
	}
	s.seal(key)
	return s, true, nil
}

// head is the header of an entry.
type head struct {
	bytes   []byte
	size    int64
	number  int64
	group   Offset // where the entries begin that became durable together with it: what lies before was durable
	arrival int64
	kind    byte
	blocks  []int // bytes of each, sealed; 0: none. The first is what all partitions read, then one a partition
}

// appendHead encodes a header.
func appendHead(b []byte, h *head) []byte {
	b = append(b, entryMagic...)
	b = binary.BigEndian.AppendUint32(b, uint32(h.size))
	b = binary.BigEndian.AppendUint64(b, uint64(h.number))
	b = binary.BigEndian.AppendUint64(b, uint64(h.group))
	b = binary.BigEndian.AppendUint64(b, uint64(h.arrival))
	b = append(b, h.kind, byte(len(h.blocks)), 0, 0)
	for _, n := range h.blocks {
		b = binary.BigEndian.AppendUint32(b, uint32(n))
	}
	return b
}

// readHead decodes the header at the beginning of b. A false answer means that there is none, or not all of it.
func readHead(b []byte) (h head, ok bool) {
	if len(b) < entrySize || string(b[:4]) != entryMagic {
		return h, false
	}
	n := int(b[33])
	if n < 1 || len(b) < entrySize+4*n || b[34] != 0 || b[35] != 0 {
		return h, false
	}
	h = head{size: int64(binary.BigEndian.Uint32(b[4:])), number: int64(binary.BigEndian.Uint64(b[8:])), group: Offset(binary.BigEndian.Uint64(b[16:])),
		arrival: int64(binary.BigEndian.Uint64(b[24:])), kind: b[32], bytes: b[:entrySize+4*n]}
	sum := int64(len(h.bytes))
	for i := range n {
		size := int(binary.BigEndian.Uint32(b[entrySize+4*i:]))
		if size != 0 && size < tagSize {
			return h, false
		}
		sum += int64(size)
		h.blocks = append(h.blocks, size)
	}
	return h, sum == h.size && h.blocks[0] > 0 && h.kind >= kindRows && h.kind <= kindKeys
}

// nonce is used once under the key of a segment: an entry has a place of its own in the log.
func nonce(at Offset, block int) []byte {
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint64(nil, uint64(at)), uint32(block))
}

// appendEntry seals an entry at its place. The plain blocks are overwritten with zeros.
func (s *segment) appendEntry(b []byte, at Offset, h head, plain [][]byte) []byte {
	h.blocks, h.size = nil, int64(entrySize+4*len(plain))
	for _, p := range plain {
		n := 0
		if p != nil {
			n = len(p) + tagSize
		}
		h.blocks = append(h.blocks, n)
		h.size += int64(n)
	}
	from := len(b)
	b = appendHead(b, &h)
	data := slices.Clone(b[from:])
	for i, p := range plain {
		if p != nil {
			b = s.aead.Seal(b, nonce(at, i), p, data)
			clear(p)
		}
	}
	return b
}

// block opens a block; sealed are its bytes.
func (s *segment) block(at Offset, h *head, i int, sealed []byte) ([]byte, bool) {
	plain, err := s.aead.Open(make([]byte, 0, len(sealed)), nonce(at, i), sealed, h.bytes)
	return plain, err == nil
}

// whole opens all blocks of the entry at the beginning of b, which lies at a place of the log.
func (s *segment) whole(at Offset, b []byte) (h head, plain [][]byte, ok bool) {
	if h, ok = readHead(b); !ok || int64(len(b)) < h.size {
		return h, nil, false
	}
	pos := len(h.bytes)
	for i, n := range h.blocks {
		if n == 0 {
			plain = append(plain, nil)
			continue
		}
		p, ok := s.block(at, &h, i, b[pos:pos+n])
		if !ok {
			return h, nil, false
		}
		plain = append(plain, p)
		pos += n
	}
	return h, plain, true
}
