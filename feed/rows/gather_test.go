package rows

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/feed/feedtest"
)

// drawnRow is one drawn row; values that are missing or wrong are among them.
type drawnRow struct {
	unit, time int64
	cell       string
}

func drawRow(rng *rand.Rand) drawnRow {
	r := drawnRow{rng.Int64N(50) - 5, feedtest.LogMonday + rng.Int64N(2*86400000), fmt.Sprintf("c%d", rng.IntN(12))}
	switch rng.IntN(8) {
	case 0:
		r.unit = math.MinInt64
	case 1:
		r.time = math.MinInt64
	case 2:
		r.time = math.MaxInt64
	case 3:
		r.cell = ""
	}
	return r
}

// packRows packs rows with their cells as words or as texts, columns in one of two orders.
func packRows(list []drawnRow, isWords, isTurned bool) []byte {
	u, at, c := Column{Name: "u"}, Column{Name: "t"}, Column{Name: "c"}
	for _, r := range list {
		u.Wholes, at.Wholes = append(u.Wholes, r.unit), append(at.Wholes, r.time)
		if !isWords {
			c.Texts = append(c.Texts, r.cell)
			continue
		}
		k := slices.Index(c.Words, r.cell)
		if k < 0 {
			k, c.Words = len(c.Words), append(c.Words, r.cell)
		}
		c.Codes = append(c.Codes, uint32(k))
	}
	if isTurned {
		return Pack(nil, c, at, u)
	}
	return Pack(nil, u, at, c)
}

// TestGather: the same rows come out however they are cut into blocks, and blocks that are lost take nothing with them.
func TestGather(t *testing.T) {
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 1))
		d := decoder(t, Options{Format: Packed})
		var list []drawnRow
		for range 1 + rng.IntN(300) {
			list = append(list, drawRow(rng))
		}
		want := read(t, d, packRows(list, true, false))
		var entries [][]byte
		lost := map[int]bool{}
		for i, rest := 0, list; len(rest) > 0; {
			n := min(len(rest), 1+rng.IntN(1+rng.IntN(3*fewPacked)))
			block := packRows(rest[:n], rng.IntN(6) > 0, rng.IntN(6) == 0)
			if rng.IntN(6) == 0 {
				entries = append(entries, block[:len(block)-1-rng.IntN(5)])
				lost[i] = true
				i++
			}
			entries, rest = append(entries, block), rest[n:]
			i += n
		}
		got := read(t, d, entries...)
		kept := slices.Clone(got[:0])
		for i, row := range got {
			row.Arrival = 1000
			if row.Bad == event.Unreadable {
				if !lost[i] {
					t.Fatalf("seed %d: row %d is none", seed, i)
				}
				continue
			}
			kept = append(kept, row)
		}
		if !slices.Equal(kept, want) {
			t.Fatalf("seed %d: got\n%+v\nwant\n%+v", seed, kept, want)
		}
	}
}

// TestGatherJSON: whole numbers that are read as they are scanned give what their texts give, whatever stands in the rows around them.
func TestGatherJSON(t *testing.T) {
	wholes := []string{"0", "-0", "7", "-7", "12345678", "123456789", "1234567890123456", "1769990400000", "1769990400001", "9223372036854775807", "-9223372036854775808", "9223372036854775808", "99999999999999999999", "00", "012345678",
		"-", "1.5", "1e3", "1E3", `"77"`, `"1769990400000"`, `"x"`, `""`, "null", "true", "1x"}
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 4))
		var entries [][]byte
		for range 1 + rng.IntN(2*mostGathered) {
			entry := []byte("{")
			for _, name := range []string{"u", "t", "c"} {
				if rng.IntN(20) == 0 {
					continue
				}
				value := wholes[rng.IntN(len(wholes))]
				if rng.IntN(4) > 0 {
					value = wholes[6+rng.IntN(3)]
				}
				if name == "c" {
					value = `"c1"`
				}
				entry = fmt.Appendf(entry, "%s%q:%s", map[bool]string{true: " , "}[len(entry) > 1], name, value)
			}
			entries = append(entries, append(entry, []string{"}", "}\n", "\r\n}\n\n"}[rng.IntN(3)]...))
		}
		d, texts := decoder(t, Options{Format: JSON}), decoder(t, Options{Format: JSON})
		clear(texts.digits)
		if got, want := read(t, d, entries...), read(t, texts, entries...); !slices.Equal(got, want) {
			t.Fatalf("seed %d: got\n%+v\nwant\n%+v", seed, got, want)
		}
	}
}

// TestGatherAnew: rows that were gathered for a batch that was given up are not in the next.
func TestGatherAnew(t *testing.T) {
	d := decoder(t, Options{Format: Packed})
	one, two := packRows([]drawnRow{{1, feedtest.LogMonday, "c1"}}, true, false), packRows([]drawnRow{{2, feedtest.LogMonday, "c0"}}, true, false)
	var b event.Batch
	d.Begin(feedtest.LogDoor(0), &b, 1)
	if err := d.Put(0, 1, one, 1); err != nil {
		t.Fatal(err)
	}
	if got, want := read(t, d, two), read(t, decoder(t, Options{Format: Packed}), two); !slices.Equal(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// TestStencil: whatever byte of an entry is changed, a decoder that has seen many like it says the same as one that has seen none.
func TestStencil(t *testing.T) {
	entries := [][]byte{
		packRows([]drawnRow{{7, feedtest.LogMonday, "c1"}}, true, false),
		packRows([]drawnRow{{7, feedtest.LogMonday, "c1"}}, false, true),
		packRows([]drawnRow{{7, feedtest.LogMonday, ""}}, true, true),
		Pack(nil, Column{Name: "u", Wholes: []int64{7}}, Column{Name: "note", Words: []string{"a"}, Codes: []uint32{0}}, Column{Name: "t", Texts: []string{"1769990400000"}}, Column{Name: "c", Words: []string{"c1"}, Codes: []uint32{math.MaxUint32}}),
	}
	for k, entry := range entries {
		seen := decoder(t, Options{Format: Packed})
		read(t, seen, entry, entry)
		if seen.form.(*packedForm).known.of(entry) == nil {
			t.Fatalf("entry %d: no stencil fits it", k)
		}
		for at := range entry {
			for _, by := range []byte{1, 2, 0x80, 0xff} {
				changed := slices.Clone(entry)
				changed[at] ^= by
				got, want := read(t, seen, entry, changed, entry), read(t, decoder(t, Options{Format: Packed}), changed)
				for i := range got {
					got[i].Arrival = 1000
				}
				if !slices.Equal(got[1:len(got)-1], want) {
					t.Fatalf("entry %d, byte %d by %x: got %+v, want %+v", k, at, by, got[1:len(got)-1], want)
				}
				read(t, seen, entry) // the stencil of the entry as it was
			}
		}
	}
}

// TestRoomIsBounded: texts that are written out are kept until their rows are handed over, and not those of a whole entry.
func TestRoomIsBounded(t *testing.T) {
	const n = 100 * mostGathered
	var objects, lines []byte
	for i := range n {
		at := fmt.Sprint(feedtest.LogMonday)
		if i%2 == 0 { // types change, so rows are handed over one by one
			at = fmt.Sprintf("%q", at)
		}
		objects = fmt.Appendf(objects, "{\"u\":1,\"t\":%s,\"c\":\"\\u0063%08d\"}\n", at, i)
		lines = fmt.Appendf(lines, "1,%d,\"c%08d\"\n", feedtest.LogMonday, i)
	}
	d := decoder(t, Options{Format: JSON})
	read(t, d, objects)
	if got := cap(d.scratch); got > 4*mostRoom {
		t.Errorf("objects: room for %d bytes", got)
	}
	d = decoder(t, Options{Format: CSV, Header: []string{"u", "t", "c"}})
	read(t, d, lines)
	if got := cap(d.form.(*csvForm).room); got > 4*mostRoom {
		t.Errorf("lines: room for %d bytes", got)
	}
}
