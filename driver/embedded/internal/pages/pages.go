// Package pages keeps what the days of a month leave until the month is counted, encrypted in the holder's state.
//
// A book is a folder with one file a civil day. Every file is written whole or not at all, is divided into shards by the
// pseudonyms of the month, and opens only with the key of that month: who destroys the key has destroyed the book.
package pages

import (
	"cmp"
	"crypto/cipher"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/population"
)

// Month names what a book is of.
type Month struct {
	Name string          // "2026-02"
	Days []throng.Period // all civil days of the window, in order
	Spec string          // digest of everything that shapes pages, such as the cell plan: days under another are refused
}

// Book are the pages of one month. Its methods may be called by several goroutines.
type Book struct {
	dir   string
	aead  cipher.AEAD
	month Month

	mu   sync.Mutex
	days []*vault // nil where a day is not in
}

const kindPages = "pages"

// Open takes up the book of a month in a folder of its own, which is made when it is missing. aead seals with the key of
// that month; a nonce of 12 random bytes is drawn for every block. It fails for files that are damaged, of another month
// or key, or written under another Spec.
func Open(dir string, aead cipher.AEAD, month Month) (*Book, error) {
	if aead.NonceSize() != 12 || aead.Overhead() != 16 {
		return nil, errors.New("pages: got a cipher with other nonces or tags, want AES-256-GCM")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("pages: %w", err)
	}
	b := &Book{dir: dir, aead: aead, month: month, days: make([]*vault, len(month.Days))}
	for i := range month.Days {
		v, err := b.open(i)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		b.days[i] = v
	}
	return b, nil
}

func (b *Book) path(day int) string { return filepath.Join(b.dir, b.month.Days[day].Name+".pages") }

func (b *Book) label(day int) label { return label{kindPages, b.month.Name, b.month.Days[day].Name} }

// open opens the file of a day, or returns nil and fs.ErrNotExist.
func (b *Book) open(day int) (*vault, error) {
	v, err := openVault(b.path(day), b.label(day), b.aead)
	if err != nil {
		return nil, err
	}
	if _, spec, ok := readMeta(v.meta); !ok || spec != b.month.Spec {
		return nil, fmt.Errorf("pages: %s was kept under another contract or geography; finish %s with the old contract, or remove its pages to begin the month again", b.month.Days[day].Name, b.month.Name)
	}
	return v, nil
}

// Month is what the book is of.
func (b *Book) Month() Month { return b.month }

// Has reports whether a day, by its index in the window, is in.
func (b *Book) Has(day int) bool { _, ok := b.Input(day); return ok }

// Input is the keyed digest of the input that a day was made from, and whether the day is in.
func (b *Book) Input(day int) (string, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.days[day] == nil {
		return "", false
	}
	input, _, _ := readMeta(b.days[day].meta)
	return input, true
}

// Missing lists the days that are not in, by their names.
func (b *Book) Missing() []string {
	var out []string
	for i, d := range b.month.Days {
		if !b.Has(i) {
			out = append(out, d.Name)
		}
	}
	return out
}

// Bytes is the size of all files.
func (b *Book) Bytes() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := int64(0)
	for _, v := range b.days {
		if v != nil {
			n += v.size
		}
	}
	return n
}

// Shard returns the pages of one shard of all days that are in, by pseudonym and then day. What it needs at once is the
// whole shard.
func (b *Book) Shard(shard int) ([]population.Page, error) {
	b.mu.Lock()
	days := slices.Clone(b.days)
	b.mu.Unlock()
	var out []population.Page
	for i, v := range days {
		if v == nil {
			continue
		}
		err := v.shard(shard, func(plain []byte, items int) error {
			before := len(out)
			var err error
			if out, err = readPages(out, plain, int32(i), b.month.Days[i]); err == nil && len(out)-before != items {
				err = errBlock
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	slices.SortFunc(out, func(x, y population.Page) int { return cmp.Or(cmp.Compare(x.Unit, y.Unit), cmp.Compare(x.Day, y.Day)) })
	for i := 1; i < len(out); i++ {
		if out[i].Unit == out[i-1].Unit && out[i].Day == out[i-1].Day {
			return nil, fmt.Errorf("pages: a unit has two pages of %s; a day is written by one run, remove its file and read the day again", b.month.Days[out[i].Day].Name)
		}
	}
	return out, nil
}

// Remove removes the folder of the book with all that is in it. The caller destroys the key as well.
func (b *Book) Remove() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	clear(b.days)
	if err := os.RemoveAll(b.dir); err != nil {
		return fmt.Errorf("pages: %w", err)
	}
	return syncFolder(filepath.Dir(b.dir))
}
