package files

import "bytes"

// splitBytes is about how long the pieces are into which a long CSV file is cut. Tests set it smaller through seams.
const splitBytes = 64 << 20

// seams finds where a CSV file can be cut while its digest is made: behind a line, and only if no quote, which could
// hide a line end, and no empty line, which is not a row, stands anywhere in the file.
type seams struct {
	on    bool
	every int64
	next  int64 // cut at the first line end at or after this byte
	at    int64 // bytes seen
	lines int64
	last  [2]byte // the last bytes seen
	cuts  []cut
}

// cut is the first byte of a line, and how many lines stand before it.
type cut struct{ at, lines int64 }

func newSeams(on bool) *seams { return &seams{on: on, every: splitBytes, next: splitBytes} }

func (s *seams) look(b []byte) {
	if !s.on || len(b) == 0 {
		return
	}
	if bytes.IndexByte(b, '"') >= 0 || bytes.Contains(b, []byte("\n\n")) || bytes.Contains(b, []byte("\n\r\n")) || s.emptyAcross(b) {
		s.on, s.cuts = false, nil
		return
	}
	for s.next < s.at+int64(len(b)) {
		from := max(0, s.next-s.at)
		i := bytes.IndexByte(b[from:], '\n')
		if i < 0 {
			s.next = s.at + int64(len(b))
			break
		}
		end := from + int64(i) + 1
		s.cuts = append(s.cuts, cut{s.at + end, s.lines + int64(bytes.Count(b[:end], []byte("\n")))})
		s.next = s.at + end + s.every
	}
	s.at += int64(len(b))
	s.lines += int64(bytes.Count(b, []byte("\n")))
	tail := append(s.last[:], b[max(0, len(b)-2):]...)
	copy(s.last[:], tail[len(tail)-2:])
}

// emptyAcross reports an empty line that begins in the bytes before.
func (s *seams) emptyAcross(b []byte) bool {
	edge := append(s.last[:2:2], b[:min(2, len(b))]...)
	return bytes.Contains(edge, []byte("\n\n")) || bytes.Contains(edge, []byte("\n\r\n"))
}

// pieces cuts a file of the given size; the header line belongs to the first piece and is no row.
func (s *seams) pieces(size int64) []piece {
	one := piece{to: 0, rows: -1, bytes: size}
	if !s.on || len(s.cuts) == 0 {
		return []piece{one}
	}
	var all []piece
	var from cut
	for _, c := range append(s.cuts, cut{at: size}) {
		if c.at == from.at {
			continue
		}
		all = append(all, piece{from: from.at, to: c.at, rowsBefore: max(0, from.lines-1), rows: -1, bytes: c.at - from.at})
		from = c
	}
	return all
}
