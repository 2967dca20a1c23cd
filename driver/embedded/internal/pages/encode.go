package pages

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/mobility"
	"github.com/throng-stats/throng/population"
)

// Flags of a page.
const (
	flagInbound = 1 << iota
	flagSIM     // a mobile country code follows
	flagKin     // the pseudonyms of two pairs of months follow
	flagSeconds // times are whole seconds
	flagsKnown  = 1<<iota - 1
)

// leastPage is the fewest bytes of a page: pseudonym, flags, three attributes, number of records, one record of two bytes.
const leastPage = 8 + 1 + 3 + 1 + 2

// errBlock is what a block answers that was written by nobody.
var errBlock = errors.New("holds pages that cannot be")

// errHomes is the same of homes.
var errHomes = errors.New("holds homes that cannot be")

// appendPage encodes a page. It refuses what a decoder would refuse.
func appendPage(b []byte, p *population.Page, day throng.Period) ([]byte, error) {
	flags, unit := byte(flagSeconds), int64(1000)
	for i, s := range p.Seen {
		if s.Time < day.Start || s.Time >= day.End || i > 0 && s.Time < p.Seen[i-1].Time {
			return nil, fmt.Errorf("pages: got records out of order or outside %s; give those of the day, sorted", day.Name)
		}
		if (s.Place == event.NoPlace) != (s.Abroad != 0) {
			return nil, fmt.Errorf("pages: got a record on %s with a place and a country, or with neither; give one of both", day.Name)
		}
		if (s.Time-day.Start)%1000 != 0 {
			flags, unit = 0, 1
		}
	}
	if len(p.Seen) == 0 || p.Unit == 0 {
		return nil, fmt.Errorf("pages: got a page of %s without records or pseudonym; leave it out", day.Name)
	}
	if p.Inbound {
		flags |= flagInbound
	}
	if p.SIM != 0 {
		flags |= flagSIM
	}
	if p.Before != 0 || p.After != 0 {
		flags |= flagKin
	}
	b = append(binary.BigEndian.AppendUint64(b, p.Unit), flags)
	if p.SIM != 0 {
		b = binary.AppendUvarint(b, uint64(p.SIM))
	}
	if flags&flagKin != 0 {
		b = binary.BigEndian.AppendUint64(b, p.Before)
		b = binary.BigEndian.AppendUint64(b, p.After)
	}
	b = appendAttr(b, p.Attr)
	b = binary.AppendUvarint(b, uint64(len(p.Seen)))
	return appendSeen(b, p.Seen, day.Start, unit), nil
}

func appendAttr(b []byte, a event.Attr) []byte {
	return binary.AppendUvarint(append(b, a.Gender, a.Age), uint64(a.Origin))
}

// appendSeen encodes records: the time since the one before, and then twice the step from the last place, with its sign in
// the lowest bit (zigzag), or abroad twice the country and one.
func appendSeen(b []byte, seen []mobility.Seen, start, unit int64) []byte {
	at, place := start, int64(0)
	for _, s := range seen {
		b = binary.AppendUvarint(b, uint64((s.Time-at)/unit))
		at = s.Time
		if s.Abroad != 0 {
			b = binary.AppendUvarint(b, uint64(s.Abroad)<<1|1)
			continue
		}
		step := int64(s.Place) - place
		b = binary.AppendUvarint(b, uint64(step<<1^step>>63)<<1)
		place = int64(s.Place)
	}
	return b
}

// startBlock is the beginning of a block's plain bytes: how many pages and records there are.
func startBlock(pages, records int) []byte {
	return binary.AppendUvarint(binary.AppendUvarint(nil, uint64(pages)), uint64(records))
}

// readPages appends the pages of a block of a day, whose records are in memory of their own. It takes no more memory than
// a small multiple of the block, whatever its bytes say.
func readPages(into []population.Page, b []byte, index int32, day throng.Period) ([]population.Page, error) {
	r := rest{b: b}
	n, records := r.count(leastPage), r.count(2)
	room := make([]mobility.Seen, 0, records)
	for range n {
		p := population.Page{Unit: r.fixed(), Day: index}
		flags := r.byte()
		p.Inbound = flags&flagInbound != 0
		if flags&flagSIM != 0 {
			p.SIM = uint16(r.uvarint(1<<16 - 1))
		}
		if flags&flagKin != 0 {
			p.Before, p.After = r.fixed(), r.fixed()
		}
		p.Attr = r.attr()
		count := r.count(2)
		if r.bad || p.Unit == 0 || flags&^flagsKnown != 0 || count == 0 || count > cap(room)-len(room) {
			return nil, errBlock
		}
		from := len(room)
		room = r.seen(room, count, day, flags&flagSeconds != 0)
		p.Seen = room[from:len(room):len(room)]
		into = append(into, p)
	}
	if !r.done() || len(room) != records {
		return nil, errBlock
	}
	return into, nil
}

// rest is what is left to decode. The first thing that is wrong makes it bad, and everything after that zero.
type rest struct {
	b   []byte
	bad bool
}

func (r *rest) fail() { r.b, r.bad = nil, true }

func (r *rest) done() bool { return !r.bad && len(r.b) == 0 }

func (r *rest) uvarint(most uint64) uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 || v > most {
		r.fail()
		return 0
	}
	r.b = r.b[n:]
	return v
}

// count reads how many things of at least so many bytes follow.
func (r *rest) count(least int) int { return int(r.uvarint(uint64(len(r.b) / least))) }

func (r *rest) bytes(n int) []byte {
	if n > len(r.b) {
		r.fail()
		return nil
	}
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}

func (r *rest) byte() byte {
	if b := r.bytes(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *rest) fixed() uint64 {
	if b := r.bytes(8); b != nil {
		return binary.BigEndian.Uint64(b)
	}
	return 0
}

func (r *rest) attr() event.Attr {
	return event.Attr{Gender: r.byte(), Age: r.byte(), Origin: uint16(r.uvarint(1<<16 - 1))}
}

// seen decodes the records of a page.
func (r *rest) seen(into []mobility.Seen, n int, day throng.Period, seconds bool) []mobility.Seen {
	unit := int64(1)
	if seconds {
		unit = 1000
	}
	at, place := day.Start, int64(0)
	for range n {
		at += unit * int64(r.uvarint(uint64(day.End-day.Start)))
		s := mobility.Seen{Time: at, Place: event.NoPlace}
		if code := r.uvarint(1 << 35); code&1 != 0 {
			s.Abroad = uint16(code >> 1)
			if s.Abroad == 0 || code>>1 >= 1<<16 {
				r.fail()
			}
		} else {
			step := int64(code>>2) ^ -int64(code>>1&1)
			place += step
			if place < 0 || place >= event.NoPlace {
				r.fail()
			}
			s.Place = uint32(place)
		}
		if at >= day.End {
			r.fail()
		}
		into = append(into, s)
	}
	return into
}
