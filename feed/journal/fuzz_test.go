package journal

import (
	"bytes"
	"slices"
	"testing"

	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/feed/feedtest"
)

// FuzzRows: no bytes make the decoder take more memory than the rows that it may hold, or give columns of unequal length.
func FuzzRows(f *testing.F) {
	d := theDoor(f, 0)
	f.Add(appendRows(nil, through(f, d, noon, 1, 2, 3), []int32{0, 2}, false))
	f.Add([]byte{255, 255, 255, 255, 3, 4, 0, 0})
	f.Fuzz(func(t *testing.T, block []byte) {
		var b event.Batch
		n, err := readRows(block, &b)
		if err != nil {
			if b.Len() != 0 {
				t.Error("rows and an error")
			}
			return
		}
		if n != b.Len() || n > MaxRows || len(b.Unit) != n || len(b.Bad) != n {
			t.Errorf("%d rows, %d times", n, b.Len())
		}
		rows := make([]int32, n)
		for i := range rows {
			rows[i] = int32(i)
		}
		var again event.Batch
		if k, err := readRows(appendRows(nil, &b, rows, true), &again); err != nil || k != n || !slices.Equal(feedtest.Rows(&again), feedtest.Rows(&b)) {
			t.Errorf("encoded again: %d rows, %v", k, err)
		}
	})
}

// FuzzHead: headers and the first blocks of entries.
func FuzzHead(f *testing.F) {
	s := newSegment([32]byte{1}, segment{partitions: 1})
	f.Add(s.appendEntry(nil, 0, head{kind: kindRows}, [][]byte{appendMeta(nil, &meta{made: theDoor(f, 0).Made()}), {1}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		if h, ok := readHead(b); ok && !bytes.Equal(appendHead(nil, &h), h.bytes) {
			t.Error("a header that is encoded otherwise")
		}
		if m, ok := readMeta(b); ok && !bytes.Equal(appendMeta(nil, &m), b) {
			t.Error("a block that is encoded otherwise")
		}
		if keys, ok := readKeys(b); ok && len(keys)*keySize != len(b) {
			t.Error("keys that are not there")
		}
	})
}
