package pages

import (
	"cmp"
	"crypto/cipher"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/population"
)

// Side says which of its two months a file of homes is of.
type Side string

// The sides of a pair of months.
const (
	Before Side = "before"
	Now    Side = "now"
)

// Home is where a unit lives in one month of a pair, under its pseudonym of that pair.
type Home struct {
	Unit uint64
	Attr event.Attr // of the month
	Home population.Home
}

const kindHomes = "homes"

// HomesWriting is a file of homes in the making. Nothing of it is there before Commit.
type HomesWriting struct {
	file *writing
	spec string
}

// NewHomes begins the file of homes of one side of a pair of months, such as "2026-01 2026-02". aead seals with the key of
// that pair. spec is the digest of everything that shapes a home, the rule and the geography; only files of the same are
// joined.
func NewHomes(path string, aead cipher.AEAD, pair string, side Side, spec string) (*HomesWriting, error) {
	w, err := create(path, label{kindHomes, pair, string(side)}, aead)
	if err != nil {
		return nil, err
	}
	return &HomesWriting{w, spec}, nil
}

// Commit gives the file its name, durably. All writers have been flushed.
func (h *HomesWriting) Commit() error { return h.file.commit([]byte(h.spec)) }

// Abort removes what was written. After a commit, and to a nil one, it does nothing.
func (h *HomesWriting) Abort() error {
	if h == nil {
		return nil
	}
	return h.file.abort()
}

// Writer collects the homes of one goroutine.
func (h *HomesWriting) Writer() *HomesWriter { return &HomesWriter{shards{file: h.file}} }

// HomesWriter is a writer of homes.
type HomesWriter struct{ out shards }

// Add encodes a home; it keeps nothing of it. A unit is added once.
func (w *HomesWriter) Add(h Home) error {
	if h.Unit == 0 || !ascends(h.Home) {
		return fmt.Errorf("pages: got a home without pseudonym or whose tiles do not ascend; sort them and leave out what is twice")
	}
	return w.out.add(h.Unit, len(h.Home), func(b []byte) ([]byte, error) { return appendHome(b, h), nil })
}

// Flush hands over what is left; call it once at the end.
func (w *HomesWriter) Flush() error { return w.out.flush() }

func ascends(tiles []uint32) bool {
	return slices.IsSortedFunc(tiles, func(a, b uint32) int { return cmp.Or(cmp.Compare(a, b), -1) }) // equal tiles count as descending
}

// appendHome encodes a home: pseudonym, attributes, number of tiles, and of each how far it lies behind the one before.
func appendHome(b []byte, h Home) []byte {
	b = appendAttr(binary.BigEndian.AppendUint64(b, h.Unit), h.Attr)
	b = binary.AppendUvarint(b, uint64(len(h.Home)))
	before := uint32(0)
	for _, tile := range h.Home {
		b = binary.AppendUvarint(b, uint64(tile-before))
		before = tile
	}
	return b
}

// leastHome is the fewest bytes of a home: pseudonym, three attributes, number of tiles.
const leastHome = 8 + 3 + 1

// Homes is a file of homes.
type Homes struct{ vault *vault }

// OpenHomes opens the homes of one side of a pair of months.
func OpenHomes(path string, aead cipher.AEAD, pair string, side Side) (*Homes, error) {
	v, err := openVault(path, label{kindHomes, pair, string(side)}, aead)
	if err != nil {
		return nil, err
	}
	return &Homes{v}, nil
}

// Spec is the digest of what shaped the homes.
func (h *Homes) Spec() string { return string(h.vault.meta) }

// Shard returns the homes of one shard, by pseudonym.
func (h *Homes) Shard(shard int) ([]Home, error) {
	var out []Home
	err := h.vault.shard(shard, func(plain []byte, items int) error {
		before := len(out)
		var err error
		if out, err = readHomes(out, plain); err == nil && len(out)-before != items {
			err = errHomes
		}
		return err
	})
	slices.SortFunc(out, func(x, y Home) int { return cmp.Or(cmp.Compare(x.Unit, y.Unit), compareHomes(x, y)) })
	return out, err
}

// compareHomes orders two homes of one pseudonym, which only a collision of hashes makes: whose is kept must not depend on
// the order of writing.
func compareHomes(x, y Home) int {
	return cmp.Or(cmp.Compare(x.Attr.Gender, y.Attr.Gender), cmp.Compare(x.Attr.Age, y.Attr.Age), cmp.Compare(x.Attr.Origin, y.Attr.Origin),
		slices.Compare(x.Home, y.Home))
}

// readHomes appends the homes of a block.
func readHomes(into []Home, b []byte) ([]Home, error) {
	r := rest{b: b}
	n, tiles := r.count(leastHome), r.count(1)
	room := make([]uint32, 0, tiles)
	for range n {
		h := Home{Unit: r.fixed(), Attr: r.attr()}
		count := r.count(1)
		if r.bad || h.Unit == 0 || count > cap(room)-len(room) {
			return nil, errHomes
		}
		from, at := len(room), uint64(0)
		for i := range count {
			step := r.uvarint(1<<32 - 1)
			if at += step; at >= 1<<32 || i > 0 && step == 0 {
				return nil, errHomes
			}
			room = append(room, uint32(at))
		}
		h.Home = room[from:len(room):len(room)]
		into = append(into, h)
	}
	if !r.done() || len(room) != tiles {
		return nil, errHomes
	}
	return into, nil
}

// Join calls use for every pseudonym that is on both sides; each is sorted as Shard returns it.
func Join(before, now []Home, use func(before, now *Home)) {
	i := 0
	for k := range now {
		if k > 0 && now[k].Unit == now[k-1].Unit {
			continue
		}
		for i < len(before) && before[i].Unit < now[k].Unit {
			i++
		}
		if i < len(before) && before[i].Unit == now[k].Unit {
			use(&before[i], &now[k])
		}
	}
}
