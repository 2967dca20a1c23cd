package pages

import (
	"bytes"
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// vault is a file that was written whole. It holds nothing open.
type vault struct {
	path   string
	label  label
	aead   cipher.AEAD
	meta   []byte
	blocks []block
	size   int64
}

// damaged says what is wrong with a file and what to do. It tells sizes only.
func (v *vault) damaged(what error) error {
	return fmt.Errorf("pages: file %s %w; restore the state folder from its copy", filepath.Base(v.path), what)
}

// errShut is what a block answers that was not sealed with this key as this block.
var errShut = errors.New("does not open with this state's key")

// openVault reads and checks the ends of a file; its blocks are read by shard.
func openVault(path string, l label, aead cipher.AEAD) (*vault, error) {
	v := &vault{path: path, label: l, aead: aead}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("pages: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("pages: %w", err)
	}
	v.size = info.Size()
	least := int64(len(header) + sealSize + trailerSize)
	if v.size < least {
		return nil, v.damaged(fmt.Errorf("has %d bytes, want at least %d", v.size, least))
	}
	ends := make([]byte, len(header)+trailerSize)
	if _, err := f.ReadAt(ends[:len(header)], 0); err != nil {
		return nil, v.damaged(fmt.Errorf("cannot be read: %w", err))
	}
	if _, err := f.ReadAt(ends[len(header):], v.size-int64(trailerSize)); err != nil {
		return nil, v.damaged(fmt.Errorf("cannot be read: %w", err))
	}
	if !bytes.Equal(ends[:len(header)], []byte(header)) || !bytes.Equal(ends[len(header)+4:], []byte(trailer)) {
		return nil, v.damaged(fmt.Errorf("is not a file of pages of version %d", version))
	}
	n := int64(binary.BigEndian.Uint32(ends[len(header):]))
	if n < sealSize || n > v.size-int64(len(header)+trailerSize) {
		return nil, v.damaged(fmt.Errorf("has %d bytes and claims a footer of %d", v.size, n))
	}
	foot := make([]byte, n)
	if _, err := f.ReadAt(foot, v.size-int64(trailerSize)-n); err != nil {
		return nil, v.damaged(fmt.Errorf("cannot be read: %w", err))
	}
	plain, err := v.unseal(foot, footerShard, 0)
	if err != nil {
		return nil, v.damaged(err)
	}
	if v.meta, v.blocks, err = readFooter(plain, v.size-int64(len(header)+trailerSize)-n); err != nil {
		return nil, v.damaged(err)
	}
	return v, nil
}

func (v *vault) unseal(sealed []byte, shard, seq int) ([]byte, error) {
	if len(sealed) < sealSize {
		return nil, errShut
	}
	plain, err := v.aead.Open(sealed[12:12], sealed[:12], sealed[12:], v.label.data(shard, seq))
	if err != nil {
		return nil, errShut // the library's words add nothing
	}
	return plain, nil
}

// shard reads the blocks of a shard in their order and hands each to use, which must not keep it.
func (v *vault) shard(shard int, use func(plain []byte, items int) error) error {
	f, err := os.Open(v.path)
	if err != nil {
		return fmt.Errorf("pages: %w", err)
	}
	defer f.Close()
	for seq, b := range v.blocks {
		if b.shard != shard {
			continue
		}
		sealed := make([]byte, b.bytes)
		if _, err := f.ReadAt(sealed, b.offset); err != nil {
			return v.damaged(fmt.Errorf("cannot be read: %w", err))
		}
		plain, err := v.unseal(sealed, shard, seq)
		if err == nil {
			err = use(plain, b.items)
		}
		clear(plain)
		if err != nil {
			return v.damaged(fmt.Errorf("block %d %w", seq, err))
		}
	}
	return nil
}

// readFooter decodes a footer. Its blocks must fill exactly the given number of bytes behind the header.
func readFooter(b []byte, room int64) (meta []byte, blocks []block, err error) {
	r := rest{b: b}
	meta = bytes.Clone(r.bytes(r.count(1)))
	n := r.count(3)
	blocks = make([]block, 0, n)
	offset := int64(len(header))
	for range n {
		k := block{shard: int(r.uvarint(Shards - 1)), bytes: int(r.uvarint(uint64(room))), items: int(r.uvarint(uint64(room))), offset: offset}
		offset += int64(k.bytes)
		blocks = append(blocks, k)
	}
	if !r.done() || offset-int64(len(header)) != room {
		return nil, nil, fmt.Errorf("has a footer that does not fit its %d bytes of blocks", room)
	}
	return meta, blocks, nil
}
