package journal

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

// TestReseal: a journal of several segments, the last with a tail that a crash has cut, is sealed under another key. Whatever part of
// it was done before a crash, it is brought to its end, holds the same under the new key, and does not open under the old one.
func TestReseal(t *testing.T) {
	old, fresh := [32]byte{7}, [32]byte{8}
	door, small := theDoor(t, 0), func(o *Options) { o.Partitions, o.SegmentBytes = 3, 400 }
	dir := t.TempDir()
	j := open(t, dir, small)
	j.Spread(door)
	for i := range int64(12) {
		key := Key{byte(i + 1)}
		if _, err := j.Append(t.Context(), Rows{Batch: through(t, door, noon, 10*i, 10*i+1, 10*i+2), Door: door, Key: key, Body: uint64(i)}); err != nil {
			t.Fatal(err)
		}
		if i%3 == 0 {
			if err := j.Beat(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	j.Close()
	names, err := segmentsOf(Disk(dir))
	if err != nil || len(names) < 4 {
		t.Fatalf("%d segments, %v", len(names), err)
	}
	last := filepath.Join(dir, names[len(names)-1])
	text, err := os.ReadFile(last)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(last, append(text, text[segmentSize:segmentSize+20]...), 0o600); err != nil {
		t.Fatal(err)
	}
	want := contents(t, copyDir(t, dir), small)
	if len(want.rows[0])+len(want.rows[1])+len(want.rows[2]) != 36 || len(want.keys) != 12 {
		t.Fatalf("the journal holds %v", want)
	}

	whole := copyDir(t, dir)
	if n, err := Reseal(quick{Disk(whole)}, old, fresh); err != nil || n != len(names) {
		t.Fatalf("%d of %d segments sealed anew, %v", n, len(names), err)
	}
	if err := Check(Disk(whole), fresh); err != nil {
		t.Error(err)
	}
	if err := Check(Disk(whole), old); err == nil {
		t.Error("it opens under the old key")
	}
	under := func(o *Options) { small(o); o.Key, o.Spread = fresh, SpreadKey(old) }
	for done := range len(names) + 1 { // a crash after so many of them
		cut := copyDir(t, dir)
		for _, name := range names[:done] {
			text, err := os.ReadFile(filepath.Join(whole, name))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(cut, name), text, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(cut, segmentName(99)+unfinished), text[:50], 0o600); err != nil {
			t.Fatal(err)
		}
		if n, err := Reseal(quick{Disk(cut)}, old, fresh); err != nil || n != len(names)-done {
			t.Fatalf("after %d: %d sealed anew, %v", done, n, err)
		}
		if got := contents(t, cut, under); !reflect.DeepEqual(got, want) {
			t.Errorf("after %d: got %v, want %v", done, got, want)
		}
	}
}

// held is what a journal holds.
type held struct {
	rows [3][]uint64
	ends [3]Offset
	keys map[Key]remembered
}

func contents(t *testing.T, dir string, change func(*Options)) (h held) {
	t.Helper()
	j := open(t, dir, change)
	door := theDoor(t, 0)
	j.Spread(door)
	for p := range h.rows {
		rows, marks, err := all(t, j, p, 0, door)
		if err != nil {
			t.Fatal(err)
		}
		h.rows[p], h.ends[p] = units(rows), marks[len(marks)-1].Next
	}
	h.keys = map[Key]remembered{}
	for key, r := range j.keys.of {
		h.keys[key] = *r
	}
	for _, b := range through(t, door, noon, 0, 1, 2).Shard { // who was sent to a partition before is sent there again
		h.ends[b]++
	}
	j.Close()
	return h
}

// TestResealDamaged: what is damaged is not sealed anew, and stays as it is.
func TestResealDamaged(t *testing.T) {
	door, dir := theDoor(t, 0), t.TempDir()
	j := open(t, dir, func(o *Options) { o.SegmentBytes = 200 })
	for i := range int64(6) {
		push(t, j, door, noon, i)
	}
	j.Close()
	path := filepath.Join(dir, segmentName(1))
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(b []byte) []byte{
		"a bit of an entry":  func(b []byte) []byte { b[len(b)-9] ^= 4; return b },
		"the end is gone":    func(b []byte) []byte { return b[:len(b)-30] },
		"nothing but a head": func(b []byte) []byte { return b[:segmentSize] },
		"a bit of the base":  func(b []byte) []byte { b[39] ^= 1; return b },
	} {
		if err := os.WriteFile(path, change(bytes.Clone(whole)), 0o600); err != nil {
			t.Fatal(err)
		}
		before, _ := os.ReadFile(path)
		if err := Check(Disk(dir), [32]byte{7}); err == nil {
			t.Errorf("%s: nothing is said", name)
		}
		if _, err := Reseal(quick{Disk(copyDir(t, dir))}, [32]byte{7}, [32]byte{8}); err == nil {
			t.Errorf("%s: it is sealed anew", name)
		}
		if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
			t.Errorf("%s: Check has changed the file", name)
		}
	}
	if _, err := Reseal(unlisted{Disk(t.TempDir())}, [32]byte{7}, [32]byte{8}); err == nil {
		t.Error("a disk that cannot be read is taken for empty")
	}
}

// unlisted is a disk that cannot be listed.
type unlisted struct{ Files }

func (unlisted) List() ([]string, error) { return nil, errDisk }
