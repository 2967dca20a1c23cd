package mobility

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/locate"
)

// State of a segment (methods.md, section 9; reference codes 1 to 5).
type State uint8

// The states.
const (
	Stay State = iota + 1
	Move
	Undetermined
	Unknown
	Abroad
)

var stateNames = [...]string{"", "STAY", "MOVE", "UNDETERMINED", "UNKNOWN", "ABROAD"}

// String returns the name that statisticians use.
func (s State) String() string { return stateNames[s] }

// Segment is a stretch of a device's time with one state, [Start, End).
type Segment struct {
	Start, End int64
	Last       int64    // time of its last record
	State      State    // STAY, MOVE, ...
	Country    uint16   // mobile country code of ABROAD
	Cells      []uint32 // places in which it was seen, ascending; empty for UNKNOWN and ABROAD
}

// Segmenter is the state machine that cuts a device's records into a gap-free sequence of segments. It runs over the
// whole sequence; days play no part until Flush. Between records its state is one open segment.
type Segmenter struct {
	opt      Options
	nearness nearness
	start    int64 // where the sequence starts: UNKNOWN before the first record
	open     Segment
	has      bool

	room  []uint32 // memory of lists of cells
	piece int      // how much of it is taken at once; 0: for one list
}

// NewSegmenter returns a machine whose sequence starts at start, in milliseconds.
func NewSegmenter(opt Options, ground *locate.Ground, start int64) *Segmenter {
	opt.EnsureDefaults()
	return &Segmenter{opt: opt, nearness: nearness{ground: ground}, start: start}
}

// Reset forgets the device.
func (s *Segmenter) Reset(start int64) { s.start, s.has, s.open = start, false, Segment{} }

// Add takes the next record in time order and appends the segments that it closes.
func (s *Segmenter) Add(e Seen, into []Segment) []Segment {
	if !s.has {
		p := min(s.opt.Pad, (e.Time-s.start)/2)
		into = emit(into, Segment{Start: s.start, End: e.Time - p, State: Unknown})
		s.begin(e, e.Time-p, s.initial(e))
		return into
	}
	gap := e.Time - s.open.End
	switch {
	case e.Abroad != 0 && s.open.State == Abroad:
		return s.stayAbroad(e, gap, into)
	case e.Abroad != 0:
		return s.goAbroad(e, gap, into)
	case s.open.State == Abroad:
		return s.comeHome(e, gap, into)
	default:
		return s.local(e, gap, into)
	}
}

func (s *Segmenter) local(e Seen, gap int64, into []Segment) []Segment {
	near, known := s.near(e.Place)
	switch {
	case near && gap <= s.opt.StayGap && s.open.State == Move:
		into = emit(into, s.open)
		s.begin(e, s.open.End, Undetermined)
	case near && gap <= s.opt.StayGap:
		s.open.End, s.open.Last = e.Time, e.Time
		if !known {
			i, _ := slices.BinarySearch(s.open.Cells, e.Place)
			s.open.Cells = slices.Insert(s.open.Cells, i, e.Place)
		}
		s.promote()
	case !near && gap <= s.opt.MoveGap:
		mid := s.open.End + gap/2
		into = emit(into, s.open)
		into = emit(into, Segment{Start: s.open.End, End: mid, Last: s.open.Last, State: Move, Cells: s.open.Cells})
		s.begin(e, mid, Move)
	default:
		into = s.bridge(e, Undetermined, into)
	}
	return into
}

func (s *Segmenter) stayAbroad(e Seen, gap int64, into []Segment) []Segment {
	switch {
	case gap > s.opt.AbroadGap:
		return s.bridge(e, Abroad, into)
	case e.Abroad == s.open.Country:
		s.open.End, s.open.Last = e.Time, e.Time
	default:
		into = emit(into, s.open)
		s.begin(e, s.open.End, Abroad)
	}
	return into
}

func (s *Segmenter) goAbroad(e Seen, gap int64, into []Segment) []Segment {
	if gap > s.opt.MoveGap {
		return s.bridge(e, Abroad, into)
	}
	into = emit(into, s.open)
	s.begin(e, s.open.End, Abroad)
	return into
}

func (s *Segmenter) comeHome(e Seen, gap int64, into []Segment) []Segment {
	if gap > s.opt.MoveGap {
		return s.bridge(e, Undetermined, into)
	}
	into = emit(into, s.open)
	s.begin(e, s.open.End, Undetermined)
	return into
}

// bridge closes the open segment a little after its last record, leaves UNKNOWN, and opens the next a little before e.
func (s *Segmenter) bridge(e Seen, next State, into []Segment) []Segment {
	p := min(s.opt.Pad, (e.Time-s.open.End)/2)
	s.open.End += p
	s.promote()
	into = emit(into, s.open)
	into = emit(into, Segment{Start: s.open.End, End: e.Time - p, State: Unknown})
	s.begin(e, e.Time-p, next)
	return into
}

func (s *Segmenter) begin(e Seen, from int64, state State) {
	s.open = Segment{Start: from, End: e.Time, Last: e.Time, State: state, Country: e.Abroad}
	if state != Abroad {
		s.open.Cells = s.one(e.Place)
	}
	s.has = true
	s.promote()
}

func (s *Segmenter) initial(e Seen) State {
	if e.Abroad != 0 {
		return Abroad
	}
	return Undetermined
}

// promote makes a long enough segment in one place a stay.
func (s *Segmenter) promote() {
	if s.open.State == Undetermined && s.open.End-s.open.Start > s.opt.StayOver {
		s.open.State = Stay
	}
}

// near reports whether all cells of the open segment lie near the place of a record, and whether it is one of them.
func (s *Segmenter) near(place uint32) (near, known bool) {
	if len(s.open.Cells) == 0 || place == event.NoPlace {
		return false, false
	}
	// The cells of a segment are near each other, each way, so whichever of them comes again is near all.
	if slices.Contains(s.open.Cells, place) {
		return true, true
	}
	for _, c := range s.open.Cells {
		if !s.nearness.of(place, c) {
			return false, false
		}
	}
	return true, false
}

// listRoom is how many cells a list can hold before it moves: few segments have more.
const listRoom = 4

// one returns a list of one cell.
func (s *Segmenter) one(place uint32) []uint32 {
	if len(s.room)+listRoom > cap(s.room) {
		s.room = make([]uint32, 0, max(s.piece, listRoom)) // who holds a list of the old memory keeps it
	}
	n := len(s.room)
	s.room = s.room[:n+listRoom]
	s.room[n] = place
	return s.room[n : n+1 : n+listRoom]
}

// Flush ends the sequence at end and appends what is open: the segment with its pad, then UNKNOWN.
func (s *Segmenter) Flush(end int64, into []Segment) []Segment {
	if !s.has {
		return into
	}
	p := min(s.opt.Pad, max(0, end-s.open.End))
	if s.open.End+p < end {
		s.open.End += p
	} else {
		s.open.End = end
	}
	s.promote()
	into = emit(into, s.open)
	into = emit(into, Segment{Start: s.open.End, End: end, State: Unknown})
	s.has = false
	return into
}

func emit(into []Segment, g Segment) []Segment {
	if g.End <= g.Start {
		return into
	}
	return append(into, g)
}

// AppendState appends the device's state: what is needed to go on after a restart. It holds exact personal data and is
// encrypted wherever it rests.
func (s *Segmenter) AppendState(b []byte) []byte {
	if !s.has {
		return append(b, 0)
	}
	b = append(b, 1, byte(s.open.State))
	b = binary.BigEndian.AppendUint16(b, s.open.Country)
	for _, v := range []int64{s.start, s.open.Start, s.open.End, s.open.Last} {
		b = binary.BigEndian.AppendUint64(b, uint64(v))
	}
	b = binary.AppendUvarint(b, uint64(len(s.open.Cells)))
	for _, c := range s.open.Cells {
		b = binary.BigEndian.AppendUint32(b, c)
	}
	return b
}

// RestoreState takes up a state that AppendState wrote and returns the bytes behind it.
func (s *Segmenter) RestoreState(b []byte) ([]byte, error) {
	short := fmt.Errorf("mobility: a device's state ends early; restore the checkpoint from its copy")
	if len(b) == 0 {
		return nil, short
	}
	if b[0] == 0 {
		s.has = false
		return b[1:], nil
	}
	if len(b) < 36 || b[1] < byte(Stay) || b[1] > byte(Abroad) {
		return nil, short
	}
	s.open = Segment{State: State(b[1]), Country: binary.BigEndian.Uint16(b[2:])}
	for i, v := range []*int64{&s.start, &s.open.Start, &s.open.End, &s.open.Last} {
		*v = int64(binary.BigEndian.Uint64(b[4+8*i:]))
	}
	n, used := binary.Uvarint(b[36:])
	b = b[36+max(used, 0):]
	if used <= 0 || n > uint64(len(b))/4 {
		return nil, short
	}
	for i := range int(n) {
		s.open.Cells = append(s.open.Cells, binary.BigEndian.Uint32(b[4*i:]))
	}
	s.has = true
	return b[4*n:], nil
}

// Open returns the segment that is still open, or false.
func (s *Segmenter) Open() (Segment, bool) { return s.open, s.has }
