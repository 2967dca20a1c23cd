package ledger

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// status is where a release stands.
type status uint8

const (
	reserved status = iota
	released
	burnt
	withdrawn
)

func (s status) String() string { return [...]string{"reserved", "released", "burnt", "withdrawn"}[s] }

// state is what the records of a ledger add up to. It knows no files; the writer, the reader and the auditor run every
// record through the same apply.
type state struct {
	genesis Genesis
	caps    schedule
	keys    Keys
	seq     uint64
	head    string
	epoch   uint64
	writer  string
	entries map[releaseID]*entry
	open    map[releaseID]*pending // entries that are reserved
	inputs  map[question]*entry    // the last released one of each question whose input was given
	names   map[string]string      // of products, each once
	spent   *spending
}

func newState() *state {
	return &state{head: noHead, entries: make(map[releaseID]*entry), open: make(map[releaseID]*pending), inputs: make(map[question]*entry),
		names: make(map[string]string), spent: newSpending()}
}

// entry is what is known about a release, or nil.
func (s *state) entry(id string) *entry {
	key, ok := parseRelease(id)
	if !ok {
		return nil
	}
	return s.entries[key]
}

// apply adds one record, or says which rule it breaks and changes nothing.
func (s *state) apply(r Record) error {
	if err := s.follows(r); err != nil {
		return err
	}
	var err error
	switch body := r.Body.(type) {
	case *Genesis:
		s.genesis = *body
	case *Opened:
		if body.PreviousHead != s.head {
			err = fmt.Errorf("the writer began at another head than the one before it")
		} else {
			s.epoch, s.writer = r.Epoch, r.Writer
		}
	case *CapsSet:
		err = s.applyCaps(r, body)
	case *Keys:
		err = s.applyKeys(body)
	case *Booking:
		err = s.applyBooking(r, body)
	case *Published:
		err = s.applyPublished(body)
	case *Ended:
		err = s.applyEnded(r.Kind, body)
	}
	if err != nil {
		return err
	}
	s.seq, s.head = r.Seq, r.Hash
	return nil
}

// follows checks the chain: number, hash of the line before, epoch and writer.
func (s *state) follows(r Record) error {
	begins := r.Kind == KindOpen && r.Epoch == s.epoch+1
	switch {
	case r.Seq != s.seq+1:
		return fmt.Errorf("its number is %d, want %d", r.Seq, s.seq+1)
	case r.Prev != s.head:
		return fmt.Errorf("it does not follow the line before: prev is %.12s, that line has %.12s", r.Prev, s.head)
	case (r.Kind == KindGenesis) != (r.Seq == 1):
		return fmt.Errorf("a ledger begins with GENESIS and has no other")
	case r.Kind != KindGenesis && !begins && (r.Kind == KindOpen || r.Epoch != s.epoch || r.Writer != s.writer):
		return fmt.Errorf("writer %s of epoch %d did not open the ledger; it was open for %s of epoch %d", r.Writer, r.Epoch, s.writer, s.epoch)
	case r.Kind == KindGenesis && r.Epoch != 0:
		return fmt.Errorf("GENESIS has epoch %d, want 0", r.Epoch)
	}
	return nil
}

func (s *state) applyBooking(r Record, b *Booking) error {
	id, ok := parseRelease(b.ReleaseID)
	e := s.entries[id]
	switch {
	case len(s.caps) == 0:
		return fmt.Errorf("something is booked before there are caps")
	case !ok || b.ReleaseID != s.releaseID(b.Product, b.Spec, b.Period, b.Revision):
		return fmt.Errorf("release %s is not named after what it books", b.ReleaseID)
	case e != nil && e.status != burnt:
		return fmt.Errorf("release %s is booked again although it is %v", b.ReleaseID, e.status)
	case e == nil && b.Attempt != 0 || e != nil && b.Attempt != uint64(e.attempts):
		return fmt.Errorf("attempt %d of release %s is out of order", b.Attempt, b.ReleaseID)
	}
	w := b.window()
	if over, found := s.spent.excess(s.caps, w); found {
		return s.spent.refuse(s.caps, w, over)
	}
	if e == nil {
		e = &entry{product: s.name(b.Product), period: strings.Clone(b.Period), revision: b.Revision}
		s.entries[id] = e
	}
	e.status, e.input, e.hasInput = reserved, [32]byte{}, b.Input != ""
	if e.hasInput {
		e.input = binary(b.Input)
	}
	e.try(r)
	s.open[id] = &pending{e, b}
	s.spent.add(w)
	return nil
}

// name is the one copy of the name of a product.
func (s *state) name(product string) string {
	if _, ok := s.names[product]; !ok {
		s.names[strings.Clone(product)] = strings.Clone(product)
	}
	return s.names[product]
}

// ofOpen returns the entry that a record of an open release speaks about.
func (s *state) ofOpen(id string, seq uint64) (*entry, error) {
	key, ok := parseRelease(id)
	p := s.open[key]
	if !ok || p == nil {
		return nil, fmt.Errorf("release %s has no open booking", id)
	}
	if p.last.seq != seq {
		return nil, fmt.Errorf("release %s was booked by record %d, not %d", id, p.last.seq, seq)
	}
	return p.entry, nil
}

func (s *state) applyPublished(p *Published) error {
	e, err := s.ofOpen(p.ReleaseID, p.ReserveSeq)
	if err != nil {
		return err
	}
	e.publish(p)
	s.close(p.ReleaseID)
	if e.hasInput {
		s.inputs[question{e.product, e.period, e.revision}] = e
	}
	return nil
}

// close forgets the booking of a release that is open no more; it can be read again from its file.
func (s *state) close(id string) {
	key, _ := parseRelease(id)
	delete(s.open, key)
}

func (s *state) applyEnded(kind string, x *Ended) error {
	e := s.entry(x.ReleaseID)
	if kind == KindWithdrawn && e != nil && e.status == released && e.last.seq == x.ReserveSeq {
		e.status = withdrawn
		return nil
	}
	e, err := s.ofOpen(x.ReleaseID, x.ReserveSeq)
	if err != nil {
		return err
	}
	e.status = burnt
	if kind == KindWithdrawn {
		e.status = withdrawn
	}
	s.close(x.ReleaseID)
	return nil
}

// releaseID names a release by what it is, so that the same question has the same id everywhere. Lengths keep the fields
// apart. 128 bits of the digest are enough for names of folders: among 2^40 releases two agree with probability 2^-49,
// and then the second is refused, not mixed up.
func (s *state) releaseID(product, specSHA, period string, revision uint64) string {
	h := sha256.New()
	for _, field := range []string{s.genesis.LedgerID, s.genesis.Scope, product, specSHA, period, strconv.FormatUint(revision, 10)} {
		fmt.Fprintf(h, "%d:%s\n", len(field), field)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
