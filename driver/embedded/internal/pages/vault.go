package pages

import (
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"os"
	"path/filepath"
	"sync"
)

// A vault is one file of sealed blocks:
//
//	header   8 bytes: "throngp" and the version
//	blocks   each: nonce of 12 bytes, AES-256-GCM ciphertext, tag of 16 bytes
//	footer   one more such block: what the file is of, and shard, length and items of every block in order
//	trailer  8 bytes: length of the footer in big-endian order, "pgs" and the version
//
// The additional data of a block are the label of the file, the block's shard and its place in the file, so that no block
// can be moved within a file or into another.
const (
	version     = 1
	header      = "throngp\x01"
	trailer     = "pgs\x01"
	trailerSize = 4 + len(trailer)
	sealSize    = 12 + 16
)

// Shards is the number of shards of every file.
const Shards = 64

// footerShard stands for the footer where a shard is named.
const footerShard = Shards

// ShardOf is the shard of a pseudonym. Pseudonyms are keyed hashes, so the division is fair.
func ShardOf(unit uint64) int {
	shard, _ := bits.Mul64(unit, Shards)
	return int(shard)
}

// label says what a file is: its kind, the month or pair of months, the day or side.
type label struct{ kind, period, part string }

// data are the additional data of a block.
func (l label) data(shard, seq int) []byte {
	b := []byte{version}
	for _, s := range []string{l.kind, l.period, l.part} {
		b = append(binary.AppendUvarint(b, uint64(len(s))), s...)
	}
	b = binary.AppendUvarint(b, uint64(shard))
	return binary.AppendUvarint(b, uint64(seq))
}

// block is one entry of the footer.
type block struct {
	shard, bytes, items int
	offset              int64
}

// writing is a vault in the making, under a temporary name. Its methods may be called by several goroutines.
type writing struct {
	path  string
	label label
	aead  cipher.AEAD

	mu     sync.Mutex
	file   *os.File
	at     int64
	blocks []block
}

// create begins a file. What a crash left of an earlier attempt is overwritten.
func create(path string, l label, aead cipher.AEAD) (*writing, error) {
	f, err := os.OpenFile(path+".tmp", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("pages: %w", err)
	}
	w := &writing{path: path, label: l, aead: aead, file: f}
	return w, w.write([]byte(header))
}

// put seals a block of one shard and appends it. The plain bytes are overwritten with zeros.
func (w *writing) put(shard, items int, plain []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.file == nil {
		return errors.New("pages: a block came after the file was closed; flush every writer before the commit")
	}
	sealed := w.seal(shard, len(w.blocks), plain)
	clear(plain)
	w.blocks = append(w.blocks, block{shard: shard, bytes: len(sealed), items: items})
	return w.write(sealed)
}

func (w *writing) seal(shard, seq int, plain []byte) []byte {
	sealed := make([]byte, 12, sealSize+len(plain))
	rand.Read(sealed)
	return w.aead.Seal(sealed, sealed, plain, w.label.data(shard, seq))
}

func (w *writing) write(b []byte) error {
	if _, err := w.file.WriteAt(b, w.at); err != nil {
		return fmt.Errorf("pages: %w; free room in the state folder", err)
	}
	w.at += int64(len(b))
	return nil
}

// commit writes the footer and gives the file its name, durably.
func (w *writing) commit(meta []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.file == nil {
		return errors.New("pages: a file was closed twice; commit it once")
	}
	foot := w.seal(footerShard, 0, footer(meta, w.blocks))
	tail := append(binary.BigEndian.AppendUint32(nil, uint32(len(foot))), trailer...)
	err := errors.Join(w.write(append(foot, tail...)), w.file.Sync(), w.file.Close())
	w.file = nil
	if err == nil {
		err = os.Rename(w.path+".tmp", w.path)
	}
	if err != nil {
		os.Remove(w.path + ".tmp")
		return fmt.Errorf("pages: %w; free room or mend the disk of the state folder", err)
	}
	return syncFolder(filepath.Dir(w.path))
}

// abort removes what was written. After a commit it does nothing.
func (w *writing) abort() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.file == nil {
		return nil
	}
	err := w.file.Close()
	w.file = nil
	return errors.Join(err, os.Remove(w.path+".tmp"))
}

// syncFolder makes names in a folder durable.
func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("pages: %w", err)
	}
	return errors.Join(d.Sync(), d.Close())
}

// footer encodes the meta data of a file and its blocks.
func footer(meta []byte, blocks []block) []byte {
	b := append(binary.AppendUvarint(nil, uint64(len(meta))), meta...)
	b = binary.AppendUvarint(b, uint64(len(blocks)))
	for _, k := range blocks {
		b = binary.AppendUvarint(b, uint64(k.shard))
		b = binary.AppendUvarint(b, uint64(k.bytes))
		b = binary.AppendUvarint(b, uint64(k.items))
	}
	return b
}
