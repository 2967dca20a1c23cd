package journal

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// unfinished is added to the name of a segment that is being sealed anew.
const unfinished = ".new"

// Reseal seals the segments of a journal under another key, each whole or not at all, and answers how many. Those that are under
// it already are left, so after a crash it is called again. Offsets, numbers and stamps stay as they are. Nobody else may have
// the journal open. The errors are those of Open; after one, what is there is as good as before.
func Reseal(files Files, from, to [32]byte) (n int, err error) {
	return reseal(files, from, to, replace)
}

// Check opens all entries of a journal that nobody else has open, and changes nothing.
func Check(files Files, key [32]byte) error {
	_, err := reseal(files, key, [32]byte{}, func(Files, string, []byte) error { return nil })
	return err
}

func reseal(files Files, from, to [32]byte, put func(files Files, name string, text []byte) error) (n int, err error) {
	names, err := segmentsOf(files)
	if err != nil {
		return 0, err
	}
	for i, name := range names {
		text, err := content(files, name)
		if err != nil {
			return n, err
		}
		if isUnder(to, text) {
			continue
		}
		s, ok, err := readSegment(from, name, text[:min(len(text), segmentSize)])
		if err != nil {
			return n, err
		}
		if !ok {
			if i < len(names)-1 {
				return n, corrupt(name, "no header")
			}
			continue // begun and never used
		}
		end := Offset(-1)
		if i+1 < len(names) {
			if end, err = baseOf(files, names[i+1]); err != nil {
				return n, err
			}
		}
		fresh, err := s.under(to, text[segmentSize:], end)
		if err != nil {
			return n, err
		}
		if err := put(files, name, fresh); err != nil {
			return n, fmt.Errorf("journal: %w; free room or mend the disk of the state folder, nothing was lost", err)
		}
		n++
	}
	return n, nil
}

// segmentsOf lists the segments in their order, and removes what an earlier Reseal has left.
func segmentsOf(files Files) ([]string, error) {
	names, err := files.List()
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, unfinished) {
			if err := files.Remove(name); err != nil {
				return nil, fmt.Errorf("journal: %w", err)
			}
		}
	}
	return slices.DeleteFunc(names, func(name string) bool { return !segmentNames.MatchString(name) }), nil
}

// isUnder reports whether a segment says that it is sealed under a key.
func isUnder(key [32]byte, text []byte) bool {
	return len(text) >= segmentSize && bytes.Equal(text[24:32], keyName(key))
}

// baseOf is where the entries of a segment begin. An empty one does not tell: then those before it end where they cannot be read.
func baseOf(files Files, name string) (Offset, error) {
	f, err := files.Open(name)
	if err != nil {
		return 0, fmt.Errorf("journal: %w", err)
	}
	defer f.Close()
	h := make([]byte, segmentSize)
	n, err := f.ReadAt(h, 0)
	if err != nil && err != io.EOF {
		return 0, fmt.Errorf("journal: %w", err)
	}
	if n < segmentSize || bytes.Equal(h, make([]byte, segmentSize)) {
		return -1, nil
	}
	return baseIn(h), nil
}

// under seals the entries of a segment, up to an offset or, where that is negative, to what a crash has cut, anew: under another key,
// with a salt of its own.
func (s *segment) under(key [32]byte, b []byte, end Offset) ([]byte, error) {
	fresh := newSegment(key, *s)
	text := append(make([]byte, 0, segmentSize+len(b)), fresh.header...)
	at := s.base
	for at != end && (len(b) > 0 || end >= 0) {
		h, plain, ok := s.whole(at, b)
		switch {
		case !ok && end < 0:
			return text, s.torn(at, b)
		case !ok:
			return nil, corrupt(s.name, fmt.Sprintf("a damaged entry at byte %d", int64(at-s.base)+segmentSize))
		}
		text = fresh.appendEntry(text, at, h, plain)
		b = b[h.size:]
		at += Offset(h.size)
	}
	return text, nil
}

// replace writes a file in the place of another, durably.
func replace(files Files, name string, text []byte) error {
	f, err := files.Create(name + unfinished)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := files.Rename(name+unfinished, name); err != nil {
		return err
	}
	return files.SyncDir()
}
