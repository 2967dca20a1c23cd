package feed

import (
	"encoding/binary"
	"fmt"
	"strings"
	"time"
)

// Timer reads the times of one column. It is compiled once and may be shared.
type Timer struct {
	want  string // the format, for errors
	steps []step // of texts
	scale int64  // of whole numbers: how many make a millisecond when negative, milliseconds each when positive
	zone  *time.Location
	cell  bool // local to the place of the row
	fold  string
}

// step reads one piece of a text.
type step struct {
	kind byte // y M d H m s: digits; F: digits of a fraction; f: an optional fraction with its point; X: an offset; T: T, t or a space; ' : the sign itself
	n    int  // digits; 0 is one or two
	sign byte
}

const rfc3339 = "RFC 3339, such as 2026-02-03T08:15:00+01:00"

// NewTimer compiles format, zone and fold of a time column.
func NewTimer(c Column) (*Timer, error) {
	t := &Timer{want: c.Format, fold: c.Fold}
	if c.Fold != "" && c.Fold != "reject" && c.Fold != "first" && c.Fold != "last" {
		return nil, badTimer(c, fmt.Sprintf("fold %.40q", c.Fold), "first, last or reject")
	}
	switch c.Zone {
	case "":
	case "cell":
		t.cell = true
	default:
		zone, err := time.LoadLocation(c.Zone)
		if err != nil || c.Zone == "Local" {
			return nil, badTimer(c, fmt.Sprintf("zone %.40q", c.Zone), "an IANA name such as Europe/Paris, or cell")
		}
		t.zone = zone
	}
	if err := t.setFormat(c); err != nil {
		return nil, err
	}
	if c.Type == "int" && t.scale == 0 || c.Type == "text" && t.steps == nil {
		return nil, badTimer(c, fmt.Sprintf("format %.60q with type %s", c.Format, c.Type), "a pattern with text, an epoch with int")
	}
	return t, nil
}

func badTimer(c Column, got, want string) error {
	return &Error{Kind: Invalid, Column: c.Name, Got: got, Want: want}
}

func (t *Timer) setFormat(c Column) error {
	scale := map[string]int64{"epoch-s": 1000, "epoch-ms": 1, "epoch-us": -1000}[c.Format]
	switch {
	case c.Format == "" && c.Type == "int":
		t.scale, t.want = 1, "epoch-ms"
	case c.Format == "" || c.Format == "rfc3339":
		t.scale, t.want = 1, rfc3339
		t.steps = rfcSteps
	case scale != 0:
		t.scale = scale
	default:
		steps, err := compile(c.Format, c.dated)
		if err != nil {
			return badTimer(c, fmt.Sprintf("format %.60q: %v", c.Format, err), "a pattern such as yyyy-MM-dd HH:mm:ss, or epoch-ms, epoch-s, epoch-us")
		}
		t.steps = steps
		if c.Zone == "" && !strings.ContainsRune(c.Format, 'X') {
			return badTimer(c, "local times without a zone", "zone: an IANA name such as Europe/Paris, or cell")
		}
	}
	return nil
}

// Want names the format in words for errors.
func (t *Timer) Want() string { return t.want }

var rfcSteps = []step{{kind: 'y', n: 4}, {kind: '\'', sign: '-'}, {kind: 'M', n: 2}, {kind: '\'', sign: '-'}, {kind: 'd', n: 2}, {kind: 'T'},
	{kind: 'H', n: 2}, {kind: '\'', sign: ':'}, {kind: 'm', n: 2}, {kind: '\'', sign: ':'}, {kind: 's', n: 2}, {kind: 'f'}, {kind: 'X'}}

// compile turns a pattern of Java's DateTimeFormatter into steps. Only what has one meaning in every language is known. dated
// allows a pattern without an hour: midnight.
func compile(pattern string, dated bool) ([]step, error) {
	var steps []step
	seen := map[byte]bool{}
	for i := 0; i < len(pattern); {
		c, n := pattern[i], 1
		for i+n < len(pattern) && pattern[i+n] == c {
			n++
		}
		switch {
		case c == '\'':
			end := strings.IndexByte(pattern[i+1:], '\'')
			if end < 0 {
				return nil, fmt.Errorf("an apostrophe is not closed")
			}
			for _, sign := range []byte(pattern[i+1 : i+1+end]) {
				steps = append(steps, step{kind: '\'', sign: sign})
			}
			i += end + 2
			continue
		case (c == 'y' || c == 'u') && n == 4:
			c = 'y'
			steps = append(steps, step{kind: c, n: 4})
		case strings.IndexByte("MdHms", c) >= 0 && n <= 2:
			steps = append(steps, step{kind: c, n: n &^ 1})
		case c == 'S' && n <= 9:
			steps = append(steps, step{kind: 'F', n: n})
		case c == 'X' && n <= 3:
			steps = append(steps, step{kind: 'X'})
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
			return nil, fmt.Errorf("%s is not known", pattern[i:i+n])
		default:
			for range n {
				steps = append(steps, step{kind: '\'', sign: c})
			}
			i += n
			continue
		}
		if seen[c] {
			return nil, fmt.Errorf("%c stands twice", c)
		}
		seen[c] = true
		i += n
	}
	for _, c := range []byte("yMdH") {
		if !seen[c] && !(c == 'H' && dated) {
			return nil, fmt.Errorf("%c is missing", c)
		}
	}
	return steps, nil
}

// Text reads a time: milliseconds since 1970, and whether they are of a local clock rather than UTC.
func (t *Timer) Text(b []byte) (ms int64, local, ok bool) {
	if t.steps == nil {
		v, ok := parseInt(b)
		if !ok {
			return 0, false, false
		}
		ms, ok = t.Int(v)
		return ms, false, ok
	}
	p := pieces{month: 1, day: 1, local: true}
	for i := range t.steps {
		if b, ok = p.read(&t.steps[i], b); !ok {
			return 0, false, false
		}
	}
	if len(b) != 0 || p.month < 1 || p.month > 12 || p.day < 1 || p.day > daysIn(p.year, p.month) || p.hour > 23 || p.minute > 59 || p.second > 59 {
		return 0, false, false
	}
	s := daysSince1970(p.year, p.month, p.day)*86400 + int64(p.hour*3600+p.minute*60+p.second-p.offset)
	return s*1000 + int64(p.milli), p.local, true
}

// pieces are what the steps have read.
type pieces struct {
	year, month, day, hour, minute, second, milli int
	offset                                        int // seconds east of UTC
	local                                         bool
}

// read takes one step and returns the rest of the text.
func (p *pieces) read(s *step, b []byte) (rest []byte, ok bool) {
	switch s.kind {
	case '\'':
		if len(b) == 0 || b[0] != s.sign {
			return nil, false
		}
		return b[1:], true
	case 'T':
		if len(b) == 0 || b[0] != 'T' && b[0] != 't' && b[0] != ' ' {
			return nil, false
		}
		return b[1:], true
	case 'X':
		p.local = false
		p.offset, rest, ok = parseOffset(b)
		return rest, ok
	case 'f':
		return p.readFraction(b)
	}
	n := s.n
	if n == 0 {
		n = 1
		if len(b) > 1 && isDigit(b[1]) {
			n = 2
		}
	}
	if len(b) < n {
		return nil, false
	}
	v := 0
	for _, c := range b[:n] {
		if !isDigit(c) {
			return nil, false
		}
		v = v*10 + int(c-'0')
	}
	switch s.kind {
	case 'y':
		p.year = v
	case 'M':
		p.month = v
	case 'd':
		p.day = v
	case 'H':
		p.hour = v
	case 'm':
		p.minute = v
	case 's':
		p.second = v
	case 'F':
		p.milli = fraction(b[:n])
	}
	return b[n:], true
}

// readFraction reads an optional point with one to nine digits.
func (p *pieces) readFraction(b []byte) (rest []byte, ok bool) {
	if len(b) == 0 || b[0] != '.' {
		return b, true
	}
	n := 1
	for n < len(b) && isDigit(b[n]) {
		n++
	}
	if n == 1 || n > 10 {
		return nil, false
	}
	p.milli = fraction(b[1:n])
	return b[n:], true
}

// maxSecond is the last second of the year 9999; times outside the years 1 to 9999 are not times.
const (
	minSecond = -62135596800
	maxSecond = 253402300799
)

// Int reads a whole number since 1970 UTC.
func (t *Timer) Int(v int64) (ms int64, ok bool) {
	switch {
	case t.scale < 0:
		v = floorDiv(v, -t.scale)
	case t.scale > 1:
		if v < minSecond || v > maxSecond {
			return 0, false
		}
		v *= t.scale
	}
	return v, v >= minSecond*1000 && v <= maxSecond*1000+999
}

// floorDiv divides towards minus infinity, so that 1969 does not end with a millisecond of its own.
func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}

// fraction reads the first three digits of a fraction of a second.
func fraction(b []byte) int {
	v := 0
	for i := range 3 {
		v *= 10
		if i < len(b) {
			v += int(b[i] - '0')
		}
	}
	return v
}

// parseOffset reads Z, +hh, +hhmm or +hh:mm at the beginning and returns seconds east of UTC and the rest.
func parseOffset(b []byte) (seconds int, rest []byte, ok bool) {
	if len(b) > 0 && (b[0] == 'Z' || b[0] == 'z') {
		return 0, b[1:], true
	}
	if len(b) < 3 || b[0] != '+' && b[0] != '-' || !isDigit(b[1]) || !isDigit(b[2]) {
		return 0, nil, false
	}
	seconds, rest = (int(b[1]-'0')*10+int(b[2]-'0'))*3600, b[3:]
	minutes := rest
	if len(minutes) > 0 && minutes[0] == ':' {
		minutes = minutes[1:]
	}
	if len(minutes) >= 2 && isDigit(minutes[0]) && isDigit(minutes[1]) {
		m := int(minutes[0]-'0')*10 + int(minutes[1]-'0')
		if m > 59 {
			return 0, nil, false
		}
		seconds, rest = seconds+m*60, minutes[2:]
	}
	if seconds > 18*3600 {
		return 0, nil, false
	}
	if b[0] == '-' {
		seconds = -seconds
	}
	return seconds, rest, true
}

func daysIn(y, m int) int {
	switch m {
	case 2:
		if y%4 == 0 && (y%100 != 0 || y%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// daysSince1970 counts days of the proleptic Gregorian calendar; years begin in March, so that the leap day is last.
func daysSince1970(y, m, d int) int64 {
	if m <= 2 {
		y--
		m += 12
	}
	era := y / 400
	if y < 0 {
		era = (y - 399) / 400
	}
	yearOfEra := y - era*400
	dayOfYear := (153*(m-3)+2)/5 + d - 1
	return int64(era*146097 + yearOfEra*365 + yearOfEra/4 - yearOfEra/100 + dayOfYear - 719468)
}

// parseInt reads a decimal whole number with an optional sign.
func parseInt(b []byte) (int64, bool) {
	negative := len(b) > 0 && b[0] == '-'
	if negative || len(b) > 0 && b[0] == '+' {
		b = b[1:]
	}
	if len(b) == 0 || len(b) > 19 {
		return 0, false
	}
	var v uint64
	for len(b) >= 8 {
		eight, ok := eightDigits(binary.LittleEndian.Uint64(b))
		if !ok {
			return 0, false
		}
		v, b = v*1e8+eight, b[8:]
	}
	for _, c := range b {
		if !isDigit(c) {
			return 0, false
		}
		v = v*10 + uint64(c-'0')
	}
	switch {
	case negative && v <= 1<<63:
		return -int64(v), true
	case !negative && v < 1<<63:
		return int64(v), true
	}
	return 0, false
}

// eightDigits reads eight digits at once, the first in the lowest byte: pairs, then fours, then all are put together.
func eightDigits(x uint64) (v uint64, ok bool) {
	const zeros = 0x3030303030303030
	if (x&0xf0f0f0f0f0f0f0f0)|((x+0x0606060606060606)&0xf0f0f0f0f0f0f0f0)>>4 != zeros|zeros>>4 {
		return 0, false
	}
	x -= zeros
	x = x*10 + x>>8
	return ((x&0x000000ff000000ff)*(100+1000000<<32) + (x>>16&0x000000ff000000ff)*(1+10000<<32)) >> 32, true
}
