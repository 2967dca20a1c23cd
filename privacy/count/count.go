// Package count sums bounded contributions in mergeable, unreadable tables.
//
// Exact counts must not be printable, loggable or encodable by mistake. The counts of a Table lie behind a function, so
// that fmt, slog, json, gob and reflection have nothing to print, even when a table sits in an unexported field of
// another struct, where methods cannot be called.
package count

import (
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/privacy/bound"
)

// MostCells is the largest public domain that a dense table may have.
const MostCells = 1 << 26

// ErrUnreadable is what every attempt to encode a table answers.
var ErrUnreadable = errors.New("count: exact counts cannot be read, printed or encoded; only the door takes them")

// Table is an exact table before the noise. Adding and merging commute, so any number of tables over any division of the
// units gives the same sum.
type Table struct {
	Shape throng.Shape
	limit Bound
	cells func() []int64 // nil once taken
}

// Bound is the bound that every unit's contribution to the table keeps.
type Bound = bound.Bound

// New returns an empty table. It refuses a domain of more than MostCells cells.
func New(shape throng.Shape, limit Bound) (*Table, error) {
	n := 1
	for _, d := range shape.Dims {
		if n *= max(len(d.Codes), 1); n > MostCells {
			return nil, fmt.Errorf("count: table %s has more than %d cells; use larger zones or a shorter period", shape.Name, MostCells)
		}
	}
	data := make([]int64, shape.Cells())
	return &Table{Shape: shape, limit: limit, cells: func() []int64 { return data }}, nil
}

// D2 is the squared sensitivity of the table.
func (t *Table) D2() uint64 { return t.limit.D2() }

// Unit adds what one unit contributes, bounded; the slice is used as scratch memory.
func (t *Table) Unit(cells []uint64) {
	if len(cells) == 0 {
		return
	}
	data := t.open()
	for _, c := range bound.Keep(cells, t.limit) {
		data[c]++
	}
}

// Merge adds another table of the same shape and bound, which is used up.
func (t *Table) Merge(o *Table) {
	if !Same(t.Shape, o.Shape) || t.limit != o.limit {
		panic(fmt.Sprintf("count: tables %s and %s are of different shapes or bounds", t.Shape.Name, o.Shape.Name))
	}
	data, other := t.open(), o.open()
	for i, v := range other {
		data[i] += v
	}
	o.Wipe()
}

// Same reports whether two shapes are the same domain.
func Same(a, b throng.Shape) bool {
	return a.Name == b.Name && slices.EqualFunc(a.Dims, b.Dims, func(x, y throng.Dim) bool {
		return x.Name == y.Name && x.Level == y.Level && slices.Equal(x.Codes, y.Codes)
	})
}

func (t *Table) open() []int64 {
	if t.cells == nil {
		panic("count: a table was used after it was taken")
	}
	return t.cells()
}

// Wipe overwrites the counts; the table cannot be used again.
func (t *Table) Wipe() {
	if t.cells != nil {
		clear(t.cells())
		t.cells = nil
	}
}

// Noisy takes the counts out, once, and adds to each cell what draw answers; then it wipes them. Only the door calls it
// (a test of the house looks), and tests with a draw that is always 0.
func (t *Table) Noisy(draw func() int64) []int64 {
	data := t.open()
	noisy := make([]int64, len(data))
	for i, v := range data {
		noisy[i] = v + draw()
	}
	t.Wipe()
	return noisy
}

// Digest is a keyed digest of the counts in canonical order (scale.md, section 9): equal tables of two runs have equal
// digests under one key, and without the key a small table cannot be guessed from its digest.
func (t *Table) Digest(key []byte) string {
	mac := hmac.New(sha256.New, key)
	var pair [16]byte
	for i, v := range t.open() {
		if v != 0 {
			binary.BigEndian.PutUint64(pair[:8], uint64(i))
			binary.BigEndian.PutUint64(pair[8:], uint64(v))
			mac.Write(pair[:])
		}
	}
	return hex.EncodeToString(mac.Sum(nil))
}

// Seal encrypts the counts for rest on the personal side. nonce must never be used twice with one key.
func (t *Table) Seal(aead cipher.AEAD, nonce []byte) []byte {
	data := t.open()
	plain := make([]byte, 0, 8*len(data))
	for _, v := range data {
		plain = binary.BigEndian.AppendUint64(plain, uint64(v))
	}
	sealed := aead.Seal(slices.Clone(nonce), nonce, plain, []byte(t.Shape.Name))
	clear(plain)
	return sealed
}

// Unseal adds sealed counts of a table of the same shape.
func (t *Table) Unseal(aead cipher.AEAD, sealed []byte) error {
	n := aead.NonceSize()
	if len(sealed) < n {
		return fmt.Errorf("count: a sealed table has %d bytes, want more than %d; restore the state from its copy", len(sealed), n)
	}
	plain, err := aead.Open(nil, sealed[:n], sealed[n:], []byte(t.Shape.Name))
	if err != nil {
		return fmt.Errorf("count: a sealed table does not open with this state's key; restore state and keys from the same copy")
	}
	data := t.open()
	if len(plain) != 8*len(data) {
		return fmt.Errorf("count: a sealed table has %d cells, want %d; the contract or its zones have changed since", len(plain)/8, len(data))
	}
	for i := range data {
		data[i] += int64(binary.BigEndian.Uint64(plain[8*i:]))
	}
	clear(plain)
	return nil
}

// Format refuses to print.
func (t *Table) Format(f fmt.State, _ rune) { fmt.Fprint(f, "count.Table(unreadable)") }

// MarshalText refuses to encode, for JSON, XML, YAML and logs alike.
func (t *Table) MarshalText() ([]byte, error) { return nil, ErrUnreadable }

// MarshalJSON refuses to encode.
func (t *Table) MarshalJSON() ([]byte, error) { return nil, ErrUnreadable }

// GobEncode refuses to encode.
func (t *Table) GobEncode() ([]byte, error) { return nil, ErrUnreadable }

// String refuses to print.
func (t *Table) String() string { return "count.Table(unreadable)" }
