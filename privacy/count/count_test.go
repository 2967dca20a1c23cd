package count_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/privacy/bound"
	"github.com/throng-stats/throng/privacy/count"
)

var shape = throng.Shape{Name: "total", Dims: []throng.Dim{{Name: "zone", Codes: []string{"a", "b"}}, {Name: "time", Codes: []string{"0", "1", "2"}}}}

func table(t *testing.T) *count.Table {
	t.Helper()
	tab, err := count.New(shape, count.Bound{Cells: 3, PerCell: 1})
	if err != nil {
		t.Fatal(err)
	}
	return tab
}

func none() int64 { return 0 }

func TestAddMergeTake(t *testing.T) {
	a, b := table(t), table(t)
	a.Unit([]uint64{0, 4, 4})
	b.Unit([]uint64{4, 5, 1, 2}) // a fourth cell is beyond the bound
	a.Merge(b)
	if a.D2() != 3 {
		t.Errorf("D2 = %d, want 3", a.D2())
	}
	if got := a.Noisy(none); !slices.Equal(got, []int64{1, 1, 0, 0, 2, 1}) {
		t.Errorf("got %v", got)
	}
	for name, use := range map[string]func(){
		"taken twice": func() { a.Noisy(none) }, "merged table used again": func() { b.Unit([]uint64{1}) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			use()
		}()
	}
}

// TestUnreadable: a number that must not appear does not, by any way of printing or encoding, direct or nested.
func TestUnreadable(t *testing.T) {
	t.Run("dense", func(t *testing.T) { unreadable(t, table(t)) })
	t.Run("sparse", func(t *testing.T) { unreadable(t, sparse(t)) })
}

func unreadable(t *testing.T, tab *count.Table) {
	for range 77_177 {
		tab.Unit([]uint64{3})
	}
	type box struct {
		inner  *count.Table
		Public *count.Table
		value  []any
	}
	nested := box{tab, tab, []any{tab, *tab}}
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, nil))
	logger.Info("x", "t", tab, "n", nested)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "t", tab, "n", nested)
	var seen []string
	for _, v := range []any{tab, *tab, nested, &nested, []*count.Table{tab}, map[string]any{"t": tab}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d", "%x", "%q"} {
			seen = append(seen, fmt.Sprintf(verb, v))
		}
	}
	if _, err := json.Marshal(tab); !errors.Is(err, count.ErrUnreadable) {
		t.Errorf("json: got %v, want a refusal", err)
	}
	if err := gob.NewEncoder(&log).Encode(tab); err == nil {
		t.Error("gob encoded a table")
	}
	for _, s := range append(seen, log.String()) {
		if strings.Contains(s, "77177") || strings.Contains(s, "12d79") {
			t.Fatalf("an exact count was printed: %.200s", s)
		}
	}
}

func TestDigestAndSeal(t *testing.T) {
	a, b := table(t), table(t)
	a.Unit([]uint64{1, 2})
	b.Unit([]uint64{1})
	one := table(t)
	one.Unit([]uint64{2})
	key := []byte("key of this run")
	if a.Digest(key) == b.Digest(key) || a.Digest(key) == a.Digest([]byte("another")) {
		t.Error("digests of different tables or keys are equal")
	}
	b.Merge(one) // the same sum by another way
	if a.Digest(key) != b.Digest(key) {
		t.Error("digests of equal tables differ")
	}
	block, _ := aes.NewCipher(make([]byte, 32))
	aead, _ := cipher.NewGCM(block)
	sealed := a.Seal(aead, make([]byte, aead.NonceSize()))
	back := table(t)
	if err := back.Unseal(aead, sealed); err != nil {
		t.Fatal(err)
	}
	if back.Digest(key) != a.Digest(key) {
		t.Error("a sealed table came back different")
	}
	sealed[20] ^= 1
	if err := table(t).Unseal(aead, sealed); err == nil {
		t.Error("a changed sealed table was opened")
	}
}

func TestTooLarge(t *testing.T) {
	many := make([]string, 10_000)
	_, err := count.New(throng.Shape{Name: "total", Dims: []throng.Dim{{Codes: many}, {Codes: many}}}, count.Bound{Cells: 1, PerCell: 1})
	if err == nil {
		t.Error("a domain of 1e8 cells was accepted")
	}
}

var wide = throng.Shape{Name: "pairs", Dims: []throng.Dim{{Name: "zone", Codes: make([]string, 50_000)}, {Name: "zone2", Codes: make([]string, 50_000)}}}

func sparse(t *testing.T) *count.Table {
	t.Helper()
	tab, err := count.For(bound.Table{Shape: wide, Bound: count.Bound{Cells: 3, PerCell: 1}, Sparse: true})
	if err != nil || !tab.Sparse() {
		t.Fatal(err)
	}
	return tab
}

func taken(tab *count.Table) (cells []uint64, counts []int64) {
	return tab.NoisyCells(func(c []uint64, n []int64) ([]uint64, []int64) { return slices.Clone(c), slices.Clone(n) })
}

// TestSparse: a sparse table over 2.5e9 cells holds what a map would hold, whatever is added, merged, sealed and grown.
func TestSparse(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	want := map[uint64]int64{}
	parts := []*count.Table{sparse(t), sparse(t), sparse(t)}
	for i := range 60_000 {
		c := r.Uint64N(50_000) * r.Uint64N(50_000) // some cells often, most never
		if i%7 == 0 {
			c = uint64(i % 100)
		}
		want[c]++
		parts[i%3].Unit([]uint64{c, c}) // the second is beyond the bound
	}
	key := []byte("key")
	block, _ := aes.NewCipher(make([]byte, 16))
	aead, _ := cipher.NewGCM(block)
	back := sparse(t)
	if err := back.Unseal(aead, parts[2].Seal(aead, make([]byte, aead.NonceSize()))); err != nil {
		t.Fatal(err)
	}
	if back.Digest(key) != parts[2].Digest(key) {
		t.Error("a sealed table came back otherwise")
	}
	parts[0].Merge(parts[1])
	back.Merge(parts[0])
	cells, counts := taken(back)
	if len(cells) != len(want) || !slices.IsSorted(cells) {
		t.Fatalf("%d cells, want %d ascending", len(cells), len(want))
	}
	for i, c := range cells {
		if counts[i] != want[c] {
			t.Fatalf("cell %d has %d, want %d", c, counts[i], want[c])
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("taken twice without a panic")
		}
	}()
	taken(back)
}

// TestSparseEqualsDense: the same units give the same digest either way.
func TestSparseEqualsDense(t *testing.T) {
	a := table(t)
	b, err := count.NewSparse(shape, count.Bound{Cells: 3, PerCell: 1})
	if err != nil {
		t.Fatal(err)
	}
	for i := range uint64(20) {
		a.Unit([]uint64{i % 6, i * i % 6})
		b.Unit([]uint64{i % 6, i * i % 6})
	}
	if a.Digest([]byte("k")) != b.Digest([]byte("k")) {
		t.Error("a sparse and a dense table of the same units have different digests")
	}
	for name, use := range map[string]func(){
		"merged with the other kind": func() { a.Merge(b) },
		"a cell outside the domain":  func() { b.Unit([]uint64{6}) },
		"cells of a dense table":     func() { taken(a) },
		"all of a sparse table":      func() { b.Noisy(none) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			use()
		}()
	}
}

func TestSparseRefuses(t *testing.T) {
	huge := throng.Shape{Name: "huge", Dims: slices.Repeat([]throng.Dim{wide.Dims[0]}, 4)}
	if _, err := count.NewSparse(huge, count.Bound{Cells: 1, PerCell: 1}); err == nil {
		t.Error("a domain of 6e18 cells was taken")
	}
	block, _ := aes.NewCipher(make([]byte, 16))
	aead, _ := cipher.NewGCM(block)
	nonce := make([]byte, aead.NonceSize())
	for name, plain := range map[string][]byte{"half a cell": make([]byte, 24), "a cell outside": slices.Repeat([]byte{255}, 16)} {
		if err := sparse(t).Unseal(aead, aead.Seal(slices.Clone(nonce), nonce, plain, []byte("pairs"))); err == nil {
			t.Errorf("%s was unsealed", name)
		}
	}
}
