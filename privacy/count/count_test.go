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
	"slices"
	"strings"
	"testing"

	"github.com/throng-stats/throng"
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
	tab := table(t)
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
