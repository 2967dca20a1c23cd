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

// MostSparse is the largest public domain that a sparse table may have.
const MostSparse = 1 << 40

// Table is an exact table before the noise. Adding and merging commute, so any number of tables over any division of the
// units gives the same sum. A dense one holds every cell of its domain, a sparse one those that are not zero.
type Table struct {
	Shape throng.Shape
	limit Bound
	move  bool
	sum   bool           // of amounts
	cells func() []int64 // of a dense table; nil once taken
	pairs func() *pairs  // of a sparse table; nil once taken
}

// Bound is the bound that every unit's contribution to the table keeps.
type Bound = bound.Bound

// New returns an empty table. It refuses a domain of more than MostCells cells.
func New(shape throng.Shape, limit Bound) (*Table, error) {
	if err := fits(shape, MostCells); err != nil {
		return nil, err
	}
	data := make([]int64, shape.Cells())
	return &Table{Shape: shape, limit: limit, cells: func() []int64 { return data }}, nil
}

// NewSparse returns an empty table for a large domain that is nearly everywhere zero: its memory grows with the cells that
// somebody is in, of which a unit adds limit.Cells at most. What leaves the door are the cells whose noisy count reaches a
// public threshold. It refuses a domain of more than MostSparse cells.
func NewSparse(shape throng.Shape, limit Bound) (*Table, error) {
	if err := fits(shape, MostSparse); err != nil {
		return nil, err
	}
	data := newPairs()
	return &Table{Shape: shape, limit: limit, pairs: func() *pairs { return data }}, nil
}

// For returns an empty table for a table of a statistic: sparse where the statistic says so.
func For(t bound.Table) (*Table, error) {
	made := New
	if t.Sparse {
		made = NewSparse
	}
	if t.Sum && t.Sparse {
		return nil, fmt.Errorf("count: table %s is sparse and sums amounts; a threshold on amounts says nothing about people, so list every cell", t.Shape.Name)
	}
	table, err := made(t.Shape, t.Bound)
	if err == nil {
		table.move, table.sum = t.Move, t.Sum
	}
	return table, err
}

func fits(shape throng.Shape, most int) error {
	n := 1
	for _, d := range shape.Dims {
		if n *= max(len(d.Codes), 1); n > most {
			return fmt.Errorf("count: table %s has more than %d cells; use larger zones or a shorter period", shape.Name, most)
		}
	}
	return nil
}

// Sparse reports whether the table holds only the cells that are not zero.
func (t *Table) Sparse() bool { return t.pairs != nil }

// D2 is the squared sensitivity of the table to one user-day.
func (t *Table) D2() uint64 { return bound.Table{Bound: t.limit, Move: t.move, Sum: t.sum}.D2() }

// Moves reports whether a user-day that is taken away can move what is counted instead of removing it.
func (t *Table) Moves() bool { return t.move }

// Bound is the bound that every unit's contribution keeps. It is public.
func (t *Table) Bound() Bound { return t.limit }

// Sums reports whether the table holds sums of amounts, not counts.
func (t *Table) Sums() bool { return t.sum }

// Amounts adds what one unit contributes to a table of sums, bounded; the slice is used as scratch memory.
func (t *Table) Amounts(amounts []bound.Amount) {
	if len(amounts) == 0 {
		return
	}
	if !t.sum {
		panic(fmt.Sprintf("count: a statistic emitted amounts to table %s, which counts", t.Shape.Name))
	}
	data := t.open()
	for _, a := range bound.KeepAmounts(amounts, t.limit) {
		data[a.Cell] += a.Value
	}
}

// Unit adds what one unit contributes, bounded; the slice is used as scratch memory.
func (t *Table) Unit(cells []uint64) {
	if len(cells) == 0 {
		return
	}
	if t.sum {
		panic(fmt.Sprintf("count: a statistic emitted counts to table %s, which sums amounts", t.Shape.Name))
	}
	kept := bound.Keep(cells, t.limit)
	if t.pairs != nil {
		data, n := t.pairs(), uint64(t.Shape.Cells())
		for _, c := range kept {
			if c >= n {
				panic(fmt.Sprintf("count: a statistic emitted a cell outside the %d of table %s", n, t.Shape.Name))
			}
			data.add(c, 1)
		}
		return
	}
	data := t.open()
	for _, c := range kept {
		data[c]++
	}
}

// Merge adds another table of the same shape and bound, which is used up.
func (t *Table) Merge(o *Table) {
	if !Same(t.Shape, o.Shape) || t.limit != o.limit || t.move != o.move || t.sum != o.sum || t.Sparse() != o.Sparse() {
		panic(fmt.Sprintf("count: tables %s and %s are of different shapes or bounds", t.Shape.Name, o.Shape.Name))
	}
	if t.pairs != nil {
		data := t.pairs()
		o.pairs().each(data.add)
		o.Wipe()
		return
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
	if t.pairs != nil {
		t.pairs().wipe()
		t.pairs = nil
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

// NoisyCells takes the counts of a sparse table out, once, as the cells that are not zero, ascending, and their counts;
// what draw makes of them is returned, and they are wiped. Only the door calls it, and tests.
func (t *Table) NoisyCells(draw func(cells []uint64, counts []int64) ([]uint64, []int64)) (kept []uint64, noisy []int64) {
	if t.pairs == nil {
		panic("count: the cells of a table that is dense, or was taken, were asked for")
	}
	cells, counts := t.pairs().sorted()
	kept, noisy = draw(cells, counts)
	clear(cells)
	clear(counts)
	t.Wipe()
	return kept, noisy
}

// Digest is a keyed digest of the counts in canonical order (scale.md, section 9): equal tables of two runs have equal
// digests under one key, and without the key a small table cannot be guessed from its digest.
func (t *Table) Digest(key []byte) string {
	mac := hmac.New(sha256.New, key)
	var pair [16]byte
	write := func(cell uint64, v int64) {
		binary.BigEndian.PutUint64(pair[:8], cell)
		binary.BigEndian.PutUint64(pair[8:], uint64(v))
		mac.Write(pair[:])
	}
	if t.pairs != nil {
		cells, counts := t.pairs().sorted()
		for i, c := range cells {
			write(c, counts[i])
		}
		return hex.EncodeToString(mac.Sum(nil))
	}
	for i, v := range t.open() {
		if v != 0 {
			write(uint64(i), v)
		}
	}
	return hex.EncodeToString(mac.Sum(nil))
}

// Seal encrypts the counts for rest on the personal side. nonce must never be used twice with one key.
func (t *Table) Seal(aead cipher.AEAD, nonce []byte) []byte {
	plain := t.plain()
	sealed := aead.Seal(slices.Clone(nonce), nonce, plain, []byte(t.Shape.Name))
	clear(plain)
	return sealed
}

// plain are the counts of a dense table, or cells and counts of a sparse one in canonical order.
func (t *Table) plain() []byte {
	if t.pairs != nil {
		cells, counts := t.pairs().sorted()
		plain := make([]byte, 0, 16*len(cells))
		for i, c := range cells {
			plain = binary.BigEndian.AppendUint64(plain, c)
			plain = binary.BigEndian.AppendUint64(plain, uint64(counts[i]))
		}
		return plain
	}
	data := t.open()
	plain := make([]byte, 0, 8*len(data))
	for _, v := range data {
		plain = binary.BigEndian.AppendUint64(plain, uint64(v))
	}
	return plain
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
	if t.pairs != nil {
		return t.addPlain(plain)
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

func (t *Table) addPlain(plain []byte) error {
	data, n := t.pairs(), uint64(t.Shape.Cells())
	if len(plain)%16 != 0 {
		return fmt.Errorf("count: a sealed sparse table has %d bytes, want 16 a cell; the contract or its zones have changed since", len(plain))
	}
	for i := 0; i < len(plain); i += 16 {
		if binary.BigEndian.Uint64(plain[i:]) >= n {
			return fmt.Errorf("count: a sealed sparse table has cells outside the %d of its domain; the contract or its zones have changed since", n)
		}
	}
	for i := 0; i < len(plain); i += 16 {
		data.add(binary.BigEndian.Uint64(plain[i:]), int64(binary.BigEndian.Uint64(plain[i+8:])))
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
