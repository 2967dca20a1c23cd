package kafka

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Sealed is a board whose notes are sealed with AES-256-GCM. A note opens only in its place: under its name, in its partition, on the
// board of that log.
type Sealed struct {
	Board
	keys  [][32]byte
	aeads []cipher.AEAD // one a key
	log   string
}

// Seal returns a board whose notes are sealed under keys that are worked out from the given ones, of which there is at least one. The first
// seals, and any opens: so a key can be changed while workers and releaser go on (docs/format/workers.md).
func Seal(b Board, log string, keys ...[32]byte) *Sealed {
	s := &Sealed{Board: b, keys: keys, log: log}
	for _, key := range keys {
		mac := hmac.New(sha256.New, key[:])
		mac.Write([]byte("throng board"))
		block, _ := aes.NewCipher(mac.Sum(nil)) // 32 bytes fit
		aead, _ := cipher.NewGCM(block)
		s.aeads = append(s.aeads, aead)
	}
	return s
}

// Keys are the keys that were given to Seal, for what lies in a note sealed once more.
func (s *Sealed) Keys() [][32]byte { return s.keys }

// noteSeal says nothing. Whoever opens it has the key under which the others seal.
const noteSeal = "seal"

// Admit refuses a process whose keys do not open what others have sealed, before it writes anything that they could not open. Whoever
// was admitted leaves a note under its own first key, for the next one.
func (s *Sealed) Admit(ctx context.Context) error {
	if _, err := s.Load(ctx, 0, noteSeal); err != nil {
		return err
	}
	return s.Put(ctx, 0, noteSeal, []byte{})
}

// Older counts the notes of so many partitions that lie under another key than the first, of this process or not. Where nobody writes
// any more that seals under another key, and it is 0, those other keys are not needed any more.
func (s *Sealed) Older(ctx context.Context, partitions int) (n int, err error) {
	for p := range partitions {
		all, err := s.Board.Load(ctx, p, "")
		if err != nil {
			return 0, err
		}
		for name, text := range all {
			if s.opener(p, name, text) != 0 {
				n++
			}
		}
	}
	return n, nil
}

// Sweep takes away what workers of generations before this one have left of the snapshots of a partition under one of the other keys: one that
// was thought dead and went on, or one whose note was on its way when it ended. It does so where a snapshot of this generation lies under
// the first key: of two snapshots the one further on is newer and no better. Otherwise it does nothing.
func (s *Sealed) Sweep(ctx context.Context, partition int, generation int32) error {
	notes, err := s.Board.Load(ctx, partition, "")
	if err != nil {
		return err
	}
	if own := headName(generation); s.opener(partition, own, notes[own]) != 0 {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(notes)) {
		if of, ok := generationOf(name); ok && of < generation && s.opener(partition, name, notes[name]) > 0 {
			if err := s.Board.Put(ctx, partition, name, nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// opener is the place of the key that opens a note among those of this process; -1 is none.
func (s *Sealed) opener(partition int, name string, text []byte) int {
	return slices.IndexFunc(s.aeads, func(aead cipher.AEAD) bool {
		plain, ok := s.openWith(aead, partition, name, text)
		clear(plain)
		return ok
	})
}

// generationOf is that of a note of a snapshot.
func generationOf(name string) (int32, bool) {
	kind, rest, _ := strings.Cut(name, "/")
	of, _, _ := strings.Cut(rest, "/")
	v, err := strconv.ParseInt(of, 10, 32)
	return int32(v), err == nil && (kind+"/" == headPrefix || kind+"/" == piecePrefix)
}

func (s *Sealed) place(partition int, name string) []byte {
	return fmt.Appendf(nil, "%s\x00%d\x00%s", s.log, partition, name)
}

// Put seals a note under the first key.
func (s *Sealed) Put(ctx context.Context, partition int, name string, text []byte) error {
	if text == nil {
		return s.Board.Put(ctx, partition, name, nil)
	}
	aead := s.aeads[0]
	nonce := make([]byte, aead.NonceSize())
	rand.Read(nonce)
	return s.Board.Put(ctx, partition, name, aead.Seal(nonce, nonce, text, s.place(partition, name)))
}

// unopened is the error of a note that opens under no key of this process. It names no key.
type unopened struct {
	partition int
	name      string
}

func (e *unopened) Error() string {
	return fmt.Sprintf("kafka: the note %s of partition %d does not open with a key of this process; all workers and the releaser need the same: give it the key under which the others seal, beside its own while a key is changed (docs/format/workers.md)", e.name, e.partition)
}

// Kind is that of driver.Unsafe.
func (e *unopened) Kind() string { return "unsafe" }

func (s *Sealed) open(partition int, name string, text []byte) ([]byte, error) {
	for _, aead := range s.aeads {
		if plain, ok := s.openWith(aead, partition, name, text); ok {
			return plain, nil
		}
	}
	return nil, &unopened{partition, name}
}

func (s *Sealed) openWith(aead cipher.AEAD, partition int, name string, text []byte) ([]byte, bool) {
	n := aead.NonceSize()
	if len(text) < n {
		return nil, false
	}
	plain, err := aead.Open([]byte{}, text[:n], text[n:], s.place(partition, name))
	return plain, err == nil
}

// Load opens notes.
func (s *Sealed) Load(ctx context.Context, partition int, prefix string) (map[string][]byte, error) {
	all, err := s.Board.Load(ctx, partition, prefix)
	for name, text := range all {
		if all[name], err = s.open(partition, name, text); err != nil {
			return nil, err
		}
	}
	return all, err
}

// Watch opens notes; one that does not open ends it.
func (s *Sealed) Watch(ctx context.Context, want func(name string) bool, use func(partition int, name string, text []byte)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	err := s.Board.Watch(ctx, want, func(partition int, name string, text []byte) {
		if text != nil {
			var err error
			if text, err = s.open(partition, name, text); err != nil {
				cancel(err)
				return
			}
		}
		use(partition, name, text)
	})
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}
