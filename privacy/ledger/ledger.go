// Package ledger records every table's privacy cost before its noise is drawn.
//
// A ledger belongs to one scope: one set of persons, whichever program publishes about them. It is a chain of lines in
// plain files, each with the hash of the one before, written and synced one at a time; it knows costs, not people. The
// order is the promise: first the whole cost of a release is booked and durable, then its noise is drawn, then the
// digest of what was published is booked. Whatever crashes in between, what was spent stays spent, nothing is drawn
// twice for one booking, and no release has two contents. docs/format/ledger.md describes the bytes.
package ledger

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"sync"
	"time"
)

// Options say whose ledger is opened and by whom.
type Options struct {
	Scope    string // Required. The set of persons; must be that of the ledger.
	TimeZone string // Required. Where its civil days are civil; must be that of the ledger.
	Caps     Caps   // Required. Lower ones than those in force lower them at once and for good; higher ones are refused.
	Raise    *Raise // Caps above those in force, with two signatures. While it is given, Caps count for an empty ledger only. Default: none.
	Keys     Keys   // Who may sign a raise; the ledger keeps the first ones. Default: nobody.
	Contract string // Required. SHA-256 of the contract, 64 hexadecimal digits.
	Code     string // Version and revision of the program.

	// Writer is an id of this writer. Default: 8 random bytes.
	Writer string
	// Now gives the time that records carry for information. Default: records carry none.
	Now func() time.Time
	// Random gives the bytes of ids and of the input key. Default: the operating system's.
	Random io.Reader
	// Footers are the anchors of all releases that lie where this ledger's releases are kept. A ledger that is older
	// than one of them is refused.
	Footers []Footer
	// Key is the key of the digests of inputs; several scopes that share one can be asked for each other's inputs.
	// Default: a random key of this ledger's own, in the file input.key.
	Key []byte
	// SegmentBytes is the size at which a new file begins. Default: 1 MiB.
	SegmentBytes int
}

// Footer is what a release says about the booking that paid for it; it stands in its manifest.
type Footer struct {
	ReleaseID string
	Seq       uint64
	Head      string
	SHA256    string // digest of the published set of files; "" when it is not known, Verify compares it otherwise
}

// Ledger is the open ledger of one scope. Only one writer has it open at a time, and one Ledger may be used from several
// goroutines. After a write that may not be durable every call answers the same error; the process then ends, and the
// next one finds out from the files what is true.
type Ledger struct {
	mu     sync.Mutex
	files  Files
	opt    Options
	lock   io.Closer
	state  *state
	key    []byte
	failed error

	segment File
	number  int
	size    int
}

// Open opens the ledger in the folder, or begins one. Errors: Busy while another writer has it; Corrupt when its chain is
// broken; Unsafe when it belongs to another scope, or is older than a release; Refused when caps would rise; Missing when
// files cannot be read; Invalid for options that make no sense.
func Open(files Files, opt Options) (*Ledger, error) {
	l, err := newLedger(files, opt)
	if err != nil {
		return nil, err
	}
	if err := l.start(); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

func newLedger(files Files, opt Options) (*Ledger, error) {
	if opt.Random == nil {
		opt.Random = rand.Reader
	}
	if opt.SegmentBytes <= 0 {
		opt.SegmentBytes = defaultSegment
	}
	l := &Ledger{files: files, opt: opt}
	if l.opt.Writer == "" {
		id, err := l.random(8)
		if err != nil {
			return nil, err
		}
		l.opt.Writer = hex.EncodeToString(id)
	}
	g := Genesis{strings.Repeat("0", 32), opt.Scope, opt.TimeZone}
	err := all(g.check(), opt.Caps.check(), isDigest("contract", opt.Contract), match("writer", l.opt.Writer, label, "letters and digits"),
		match("code", opt.Code, text, "at most 200 signs"))
	if err == nil && opt.Scope == "" {
		err = errors.New("the scope has no name; name the set of persons whose data are counted")
	}
	if err != nil {
		return nil, errorf(Invalid, "%w", err)
	}
	if l.lock, err = Lock(files, l.opt.Writer); err != nil {
		return nil, err
	}
	return l, nil
}

// Lock holds the lock of a ledger until it is closed, for whoever changes what lies beside it: no writer can begin meanwhile. The
// errors are those of Open.
func Lock(files Files, owner string) (io.Closer, error) {
	lock, err := files.Lock(lockFile, owner)
	if err != nil {
		return nil, locked(files, err)
	}
	return lock, nil
}

// locked explains why the lock could not be taken.
func locked(files Files, err error) error {
	switch {
	case errors.Is(err, ErrLocked):
		owner, _ := files.ReadFile(lockFile)
		return errorf(Busy, "writer %.64s has this ledger open: %w; wait for it or stop it", strings.TrimSpace(string(owner)), err)
	case errors.Is(err, ErrNoLocks):
		return errorf(Unsafe, "two writers could book at once: %w; keep the state folder on a local disk", err)
	}
	return errorf(Missing, "the folder of the ledger cannot be locked: %w", err)
}

// start reads what is there, checks it against the options, and writes the records with which a writer begins.
func (l *Ledger) start() error {
	found, err := load(l.files, nil)
	if err != nil {
		return err
	}
	if err := l.fits(found.state); err != nil {
		return err
	}
	if err := l.loadKey(found.state); err != nil {
		return err
	}
	if err := found.repair(l.files); err != nil {
		return errorf(Unsafe, "a torn last line cannot be moved away: %w; make room on the disk and start again", err)
	}
	l.state = found.state
	if found.last != "" {
		fmt.Sscanf(found.last, "ledger-%06d.jsonl", &l.number)
		if l.segment, err = l.files.OpenAppend(found.last); err != nil {
			return errorf(Missing, "%s cannot be opened: %w", found.last, err)
		}
		l.size = found.size
	}
	if err := l.begin(); err != nil {
		return err
	}
	l.opt.Footers = nil // one a release, and they have been compared
	return nil
}

// fits checks a ledger that exists against the options.
func (l *Ledger) fits(s *state) error {
	if s.seq > 0 && (s.genesis.Scope != l.opt.Scope || s.genesis.Zone != l.opt.TimeZone) {
		return errorf(Unsafe, "this folder keeps the ledger of scope %q in %s, got scope %q in %s; use the state folder of that scope",
			s.genesis.Scope, s.genesis.Zone, l.opt.Scope, l.opt.TimeZone)
	}
	if most := s.caps.last(); len(s.caps) > 0 && l.opt.Raise == nil && !l.opt.Caps.within(most) {
		return errorf(Refused, "caps of %s a day, %s in 30 and %s in 365 days are in force, and caps are never raised by a program; ask for no more than these, or have the privacy officer and the publisher sign higher ones",
			decimal(most.Day), decimal(most.Days30), decimal(most.Days365))
	}
	if s.keys != (Keys{}) && l.opt.Keys != (Keys{}) && s.keys != l.opt.Keys {
		return errorf(Refused, "the keys of the privacy officer and the publisher are not those that this ledger was begun with; they stand for good, bring back those")
	}
	if broken := s.footers(l.opt.Footers); len(broken) > 0 {
		return errorf(Unsafe, "%s%s; this ledger is an older copy, or another one: put back the newest copy of the whole folder of the ledger, or use another folder for releases; to go on with this one would spend twice",
			broken[0], others(len(broken)-1))
	}
	return nil
}

func others(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(" (and %d more releases)", n)
}

// footers says of each release that this ledger did not pay for why that is so.
func (s *state) footers(list []Footer) []string {
	var broken []string
	for _, f := range list {
		e := s.entry(f.ReleaseID)
		switch {
		case f.Seq > s.seq:
			broken = append(broken, fmt.Sprintf("release %s was paid for by record %d, but the ledger ends with record %d", f.ReleaseID, f.Seq, s.seq))
		case e == nil:
			broken = append(broken, fmt.Sprintf("release %s is not in the ledger", f.ReleaseID))
		case !e.has(f.Seq, f.Head):
			broken = append(broken, fmt.Sprintf("release %s names record %d with the head %.12s, which is not on the chain", f.ReleaseID, f.Seq, f.Head))
		}
	}
	return broken
}

// loadKey reads the key of the digests of inputs, or makes it, durably, before the first record.
func (l *Ledger) loadKey(s *state) error {
	if l.key = l.opt.Key; l.key != nil {
		return nil
	}
	key, err := l.files.ReadFile(keyFile)
	switch {
	case err == nil && len(key) == 32:
		l.key = key
		return nil
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return errorf(Missing, "%s cannot be read: %w", keyFile, err)
	case err == nil:
		return errorf(Corrupt, "%s has %d bytes, want 32; restore it from a copy", keyFile, len(key))
	case s.seq > 0:
		return errorf(Missing, "%s is gone, so nobody can tell whether an input has changed; restore it from a copy", keyFile)
	}
	if l.key, err = l.random(32); err != nil {
		return err
	}
	if err := replace(l.files, keyFile, l.key); err != nil {
		return errorf(Unsafe, "%s cannot be written: %w", keyFile, err)
	}
	return nil
}

// begin writes GENESIS in an empty ledger, OPEN always, KEYS when there are none, and CAPS when there are none, they become
// lower, or higher ones are signed.
func (l *Ledger) begin() error {
	if l.state.seq == 0 {
		id, err := l.random(16)
		if err != nil {
			return err
		}
		if err := l.append(KindGenesis, &Genesis{hex.EncodeToString(id), l.opt.Scope, l.opt.TimeZone}); err != nil {
			return err
		}
	}
	if err := l.append(KindOpen, &Opened{l.state.head, newest(l.opt.Footers)}); err != nil {
		return err
	}
	if l.state.keys == (Keys{}) && l.opt.Keys != (Keys{}) {
		if err := l.append(KindKeys, &l.opt.Keys); err != nil {
			return err
		}
	}
	if len(l.state.caps) == 0 || l.opt.Raise == nil && l.state.caps.last() != l.opt.Caps {
		if err := l.append(KindCaps, &CapsSet{l.opt.Caps, "", l.opt.Contract, []string{}}); err != nil {
			return err
		}
	}
	return l.raise()
}

func newest(footers []Footer) []string {
	best := Footer{}
	for _, f := range footers {
		if f.Seq > best.Seq {
			best = f
		}
	}
	if best.Seq == 0 {
		return []string{}
	}
	return []string{fmt.Sprintf("%d:%s", best.Seq, best.Head)}
}

// Close gives the ledger to the next writer. Bookings that are open stay open; the next writer recovers them.
func (l *Ledger) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lock == nil {
		return nil
	}
	err := l.lock.Close()
	if l.segment != nil {
		err = errors.Join(err, l.segment.Close())
	}
	l.lock, l.segment = nil, nil
	if l.failed == nil {
		l.failed = errorf(Unsafe, "the ledger is closed")
	}
	return err
}

func (l *Ledger) random(n int) ([]byte, error) {
	out := make([]byte, n)
	if _, err := io.ReadFull(l.opt.Random, out); err != nil {
		return nil, errorf(Missing, "no random bytes: %w", err)
	}
	return out, nil
}

// keyed is the digest of an input under the key of this ledger: whoever reads the ledger without it cannot test guesses.
func (l *Ledger) keyed(input []byte) string {
	if len(input) == 0 {
		return ""
	}
	mac := hmac.New(sha256.New, l.key)
	mac.Write(input)
	return hex.EncodeToString(mac.Sum(nil))
}
