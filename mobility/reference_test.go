package mobility_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/throng-stats/throng/mobility"
)

const dayLength = int64(24 * 3600e3)

func marksOf(seen []mobility.Seen) []mobility.Mark {
	var marks []mobility.Mark
	for _, s := range seen {
		m := mobility.Mark{Time: s.Time, Place: s.Place, Abroad: s.Abroad != 0}
		if m.Abroad {
			m.Network = uint32(s.Abroad)*100 + 1
		}
		marks = append(marks, m)
	}
	return marks
}

// reference runs days of May 2024 from the 6th on.
func reference(marks []mobility.Mark, known []mobility.Piece, days int) []mobility.Piece {
	var r mobility.Reference
	r.EnsureDefaults()
	g := ground()
	midnights := make([]int64, days)
	for i := range midnights {
		midnights[i] = start + int64(i)*dayLength
	}
	return r.Sequence(marks, known, midnights, func(_ int, place, other uint32) bool { return g.IsNear(place, other) })
}

func drawPiece(p mobility.Piece) string {
	s := mobility.Segment{Start: p.Start, End: p.End, State: p.State, Country: uint16(p.Network / 100), Cells: p.Cells}
	line := strings.TrimSpace(draw(s))
	if p.Final {
		line += " last"
	}
	return line
}

// The rows of the worked check of methods.md, section 9, that name the reference: 1 and 3r.
func TestReferenceSegments(t *testing.T) {
	every2 := ""
	for d := 6; d <= 7; d++ {
		for h := 2; h <= 22; h += 2 {
			every2 += fmt.Sprintf("%d %02d:00 A\n", d, h)
		}
	}
	for _, c := range []struct {
		name, events string
		days         int
		want         string
	}{
		{"1", every2, 2, `
6 00:00:00 - 6 01:55:00 UNKNOWN
6 01:55:00 - 6 23:59:59 STAY{A} last
7 00:00:00 - 7 02:00:00 STAY{A}
7 22:00:00 - 7 23:59:59 UNKNOWN last`},
		{"3r", "6 08:00 A\n6 08:30 A\n6 09:30 abroad 208\n6 20:00 abroad 208\n8 12:00 abroad 208\n8 14:00 abroad 262\n8 19:00 A\n8 19:40 A", 3, `
6 00:00:00 - 6 07:55:00 UNKNOWN
6 07:55:00 - 6 08:30:00 STAY{A}
6 08:30:00 - 6 20:00:00 ABROAD 208
6 20:00:00 - 6 23:59:59 UNKNOWN last
7 00:00:00 - 7 23:59:59 UNKNOWN last
8 00:00:00 - 8 11:55:00 UNKNOWN
8 11:55:00 - 8 12:00:00 ABROAD 208
8 12:00:00 - 8 14:00:00 ABROAD 262
8 14:00:00 - 8 19:40:00 STAY{A}
8 19:40:00 - 8 23:59:59 UNKNOWN last`},
		{"a silent day abroad goes on", "6 08:00 abroad 208\n7 08:00 abroad 208", 2, `
6 00:00:00 - 6 07:55:00 UNKNOWN
6 07:55:00 - 6 23:59:59 ABROAD 208 last
7 00:00:00 - 7 08:00:00 ABROAD 208
7 08:00:00 - 7 23:59:59 UNKNOWN last`},
		{"a move across midnight", "6 22:00 A\n6 23:00 A\n7 01:00 K\n7 01:30 K", 2, `
6 00:00:00 - 6 21:55:00 UNKNOWN
6 21:55:00 - 6 23:00:00 STAY{A}
6 23:00:00 - 6 23:59:59 MOVE{A} last
7 00:00:00 - 7 00:00:00 MOVE{A}
7 00:00:00 - 7 01:00:00 MOVE{K}
7 01:00:00 - 7 01:30:00 STAY{K}
7 01:30:00 - 7 23:59:59 UNKNOWN last`},
		{"too long abroad", "6 08:00 abroad 208\n11 08:00 abroad 208\n11 09:00 A", 6, `
6 00:00:00 - 6 07:55:00 UNKNOWN
6 07:55:00 - 6 08:00:00 ABROAD 208
6 08:00:00 - 6 23:59:59 UNKNOWN last
7 00:00:00 - 7 23:59:59 UNKNOWN last
8 00:00:00 - 8 23:59:59 UNKNOWN last
9 00:00:00 - 9 23:59:59 UNKNOWN last
10 00:00:00 - 10 23:59:59 UNKNOWN last
11 00:00:00 - 11 07:55:00 UNKNOWN
11 07:55:00 - 11 08:00:00 ABROAD 208
11 08:00:00 - 11 09:00:00 UNDETERMINED{A}
11 09:00:00 - 11 23:59:59 UNKNOWN last`},
	} {
		var lines []string
		for _, p := range reference(marksOf(parse(t, c.events)), nil, c.days) {
			lines = append(lines, drawPiece(p))
		}
		if got := strings.Join(lines, "\n"); got != strings.TrimSpace(c.want) {
			t.Errorf("%s:\n%s\nwant%s", c.name, got, c.want)
		}
	}
}

// Which piece a day goes on from.
func TestReferencePrevious(t *testing.T) {
	var r mobility.Reference
	r.EnsureDefaults()
	last := mobility.Piece{Start: start - 3600e3, End: start - 1000, Last: start - 3600e3, State: mobility.Stay, Final: true}
	within := mobility.Piece{Start: start, End: start + 60_000, Last: start + 60_000, State: mobility.Move}
	old := mobility.Piece{Start: start - dayLength, End: start - 1000, Last: start - 8*dayLength, State: mobility.Unknown, Final: true}
	week, never, open := old, old, last
	week.Last, never.Last, open.Final = start-7*dayLength, mobility.NoTime, false
	for i, c := range []struct {
		known []mobility.Piece
		want  int // index, -1 for none
	}{
		{nil, -1}, {[]mobility.Piece{last}, 0}, {[]mobility.Piece{last, within}, 1}, {[]mobility.Piece{old}, -1},
		{[]mobility.Piece{week}, 0}, {[]mobility.Piece{never}, 0}, {[]mobility.Piece{open}, -1},
	} {
		got, ok := r.Previous(c.known, start)
		if ok != (c.want >= 0) || ok && fmt.Sprint(got) != fmt.Sprint(c.known[c.want]) {
			t.Errorf("case %d: got %v, %v", i, got, ok)
		}
	}
}

// Days one by one, with what was written before, give the same as all days at once; and random sequences with equal
// times, silences and existing pieces break nothing.
func TestReferenceDayByDay(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 9))
		var marks []mobility.Mark
		for at := start + r.Int64N(9000)*1000; at < start+6*dayLength; at += r.Int64N(1+r.Int64N(90_000)) * 1000 {
			m := mobility.Mark{Time: at, Place: uint32(r.IntN(4))}
			if r.IntN(4) == 0 {
				m.Abroad, m.Network = true, []uint32{20801, 20810, 26201, 0}[r.IntN(4)]
			}
			marks = append(marks, m)
		}
		whole := reference(marks, nil, 6)
		var parts []mobility.Piece
		for days := 1; days <= 6; days++ {
			until, _ := slices.BinarySearchFunc(marks, start+int64(days+1)*dayLength, func(m mobility.Mark, at int64) int {
				if m.Time < at {
					return -1
				}
				return 1
			})
			parts = reference(marks[:until], nil, days)
			if n := len(parts); n > len(whole) || fmt.Sprint(parts) != fmt.Sprint(whole[:n]) {
				t.Fatalf("seed %d: after %d days got\n%v\nwant the beginning of\n%v", seed, days, parts, whole)
			}
		}
		if len(parts) != len(whole) {
			t.Fatalf("seed %d: got %d pieces, want %d", seed, len(parts), len(whole))
		}
	}
}
