package ledger

import (
	"encoding/hex"
	"time"
)

// releaseID is the id of a release in binary: memory goes with the number of releases, so what is kept of each is small.
type releaseID [16]byte

// parseRelease reads an id as it stands in records, 32 small hexadecimal digits; anything else is the id of nothing.
func parseRelease(text string) (id releaseID, ok bool) {
	if len(text) != 2*len(id) {
		return id, false
	}
	_, err := hex.Decode(id[:], []byte(text))
	return id, err == nil && hex.EncodeToString(id[:]) == text
}

// binary is a digest of 64 hexadecimal digits; records are checked before they are applied.
func binary(text string) (out [32]byte) {
	if n, err := hex.Decode(out[:], []byte(text)); err != nil || n != len(out) {
		panic("ledger: a digest that was checked has not 64 hexadecimal digits")
	}
	return out
}

// entry is what the ledger holds in memory about one release, some 300 bytes with its places in the maps: enough to know the
// release when it is asked for again, and its input. The rest of its booking is read from its file (Booked).
type entry struct {
	product   string // shared by all entries
	period    string
	revision  uint64
	input     [32]byte // keyed digest, with hasInput
	sha256    [32]byte // of what was published, with published
	bytes     int64
	notBefore int64 // seconds since 1970, with timed
	last      attempt
	attempts  uint32
	status    status
	hasInput  bool
	published bool
	timed     bool
}

// attempt is one booking of a release; all but the last were burnt.
type attempt struct {
	seq, epoch uint64
	head       [32]byte
	before     *attempt
}

// pending is a release that is neither published nor burnt.
type pending struct {
	*entry
	booking *Booking
}

// question is what can be published once: another spec has another id, and answers the same question.
type question struct {
	product, period string
	revision        uint64
}

// try adds the booking in a record.
func (e *entry) try(r Record) {
	now := attempt{seq: r.Seq, epoch: r.Epoch, head: binary(r.Hash)}
	if e.attempts > 0 {
		before := e.last
		now.before = &before
	}
	e.last, e.attempts = now, e.attempts+1
}

// publish keeps what a release is known by.
func (e *entry) publish(p *Published) {
	e.status, e.published, e.sha256, e.bytes = released, true, binary(p.SHA256), p.Bytes
	if at, err := time.Parse(time.RFC3339, p.NotBefore); err == nil {
		e.notBefore, e.timed = at.Unix(), true
	}
}

// has reports whether a record booked this release.
func (e *entry) has(seq uint64, head string) bool {
	for a := &e.last; a != nil; a = a.before {
		if a.seq == seq && a.headText() == head {
			return true
		}
	}
	return false
}

func (a *attempt) headText() string { return hex.EncodeToString(a.head[:]) }

// inputText is the keyed digest of the input as it stands in the record, "" when none was given.
func (e *entry) inputText() string {
	if e == nil || !e.hasInput {
		return ""
	}
	return hex.EncodeToString(e.input[:])
}

// digest is that of what was published, "" when nothing was.
func (e *entry) digest() string {
	if !e.published {
		return ""
	}
	return hex.EncodeToString(e.sha256[:])
}

func (e *entry) ticket(id string) Ticket {
	return Ticket{id, e.last.seq, e.last.headText(), int(e.attempts) - 1}
}

// release is what is told about an entry.
func (e *entry) release(id string) Release {
	r := Release{ID: id, Product: e.product, Period: e.period, Revision: e.revision, Seq: e.last.seq, Head: e.last.headText(),
		Attempt: uint64(e.attempts - 1), SHA256: e.digest(), Bytes: e.bytes, Withdrawn: e.status == withdrawn}
	if e.timed {
		r.NotBefore = time.Unix(e.notBefore, 0).UTC().Format(time.RFC3339)
	}
	return r
}
