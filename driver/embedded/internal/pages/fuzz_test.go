package pages

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/throng-stats/throng/population"
)

// FuzzPages gives the decoders of blocks and footers any bytes. What they take they give back, and they never take more
// memory than a small multiple of what they are given.
func FuzzPages(f *testing.F) {
	day := march().Days[1]
	encode := func(pages []population.Page) []byte {
		var plain []byte
		records := 0
		for i := range pages {
			plain, _ = appendPage(plain, &pages[i], day)
			records += len(pages[i].Seen)
		}
		return append(startBlock(len(pages), records), plain...)
	}
	f.Add(encode(somePages(rand.New(rand.NewPCG(1, 2)), day, 1, 3)))
	f.Add(encode(somePages(rand.New(rand.NewPCG(2, 2)), day, 1, 1)))
	f.Add(append(startBlock(1, 2), appendHome(nil, Home{Unit: 1 << 60, Home: population.Home{3, 9}})...))
	f.Add(footer(meta("input", "spec"), []block{{shard: 3, bytes: 100, items: 2}}))
	f.Add([]byte{255, 255, 255, 255, 255, 255, 255, 255, 255, 1, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		if pages, err := readPages(nil, b, 1, day); err == nil {
			if len(pages)*leastPage > len(b) {
				t.Fatalf("%d pages came out of %d bytes", len(pages), len(b))
			}
			again, err := readPages(nil, encode(pages), 1, day)
			if err != nil || !reflect.DeepEqual(pages, again) {
				t.Fatalf("what was decoded does not come back: %v", err)
			}
		}
		if homes, err := readHomes(nil, b); err == nil && len(homes)*leastHome > len(b) {
			t.Fatalf("%d homes came out of %d bytes", len(homes), len(b))
		}
		if _, blocks, err := readFooter(b, 1000); err == nil && 3*len(blocks) > len(b) {
			t.Fatalf("%d blocks came out of %d bytes", len(blocks), len(b))
		}
		readMeta(b)
	})
}

// TestDamage: every byte that is changed, and every end that is missing, is noticed, when the book is opened or a shard of
// it read; nothing panics.
func TestDamage(t *testing.T) {
	month, dir := march(), t.TempDir()
	b, err := Open(dir, keyed(t, 1), month)
	if err != nil {
		t.Fatal(err)
	}
	write(t, b, 0, "one", somePages(rand.New(rand.NewPCG(7, 1)), month.Days[0], 0, 4), 1)
	path := filepath.Join(dir, "2026-03-28.pages")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	read := func(text []byte) error {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		b, err := Open(dir, keyed(t, 1), month)
		if err != nil {
			return err
		}
		for i := range Shards {
			if _, err := b.Shard(i); err != nil {
				return err
			}
		}
		return nil
	}
	if err := read(whole); err != nil {
		t.Fatal(err)
	}
	for i := range whole {
		if i%3 == 0 && read(whole[:i]) == nil {
			t.Fatalf("the first %d of %d bytes were taken for a file", i, len(whole))
		}
		changed := append([]byte(nil), whole...)
		changed[i] ^= 1 << (i % 8)
		if read(changed) == nil {
			t.Fatalf("byte %d of %d was changed and nobody noticed", i, len(whole))
		}
	}
	if read(append(append([]byte(nil), whole...), 0)) == nil {
		t.Error("a file grew and nobody noticed")
	}
}
