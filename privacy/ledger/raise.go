package ledger

import (
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"math"
	"strings"
	"time"
)

// Roles of those who sign together that a cap rises.
const (
	ByOfficer   = "privacy-officer"
	ByPublisher = "publisher"
)

// notice is how long, at least, a raise is known before its first day begins anywhere on Earth; the first time zone is
// fourteen hours before UTC.
const (
	notice    = 7 * 24 * time.Hour
	firstZone = 14 * time.Hour
)

// Raise asks for caps above those in force, from a civil day on.
type Raise struct {
	Caps
	ValidFrom  string // first civil day, 2006-01-02
	Signatures []Signature
}

// Signature is the signature of RaiseMessage by one of the two whose keys the ledger keeps.
type Signature struct {
	By  string // ByOfficer or ByPublisher
	Key string // Ed25519 public key, base64
	Sig string // Ed25519 signature, base64
}

// RaiseMessage is what both sign: scope, caps and first day, a line each (docs/format/ledger.md).
func RaiseMessage(scope string, c Caps, validFrom string) []byte {
	return fmt.Appendf(nil, "throng caps 1\nscope %s\nday %d\n30 days %d\n365 days %d\ndelta %d\nvalid_from %s\n",
		scope, c.Day, c.Days30, c.Days365, c.Delta, validFrom)
}

// schedule is which caps hold when. A step holds from its day on; the first one always did.
type schedule []step

type step struct {
	from day
	caps Caps
}

// at is the caps of a civil day; those of any days in a row are the caps of the last one.
func (s schedule) at(d day) Caps {
	for i := len(s) - 1; i > 0; i-- {
		if s[i].from <= d {
			return s[i].caps
		}
	}
	if len(s) == 0 {
		return Caps{}
	}
	return s[0].caps
}

func (s schedule) last() Caps { return s.at(math.MaxInt) }

// lowered holds every step down to c, and drops steps that then say nothing.
func (s schedule) lowered(c Caps) schedule {
	if len(s) == 0 {
		return schedule{{0, c}}
	}
	var out schedule
	for _, one := range s {
		one.caps = Caps{min(one.caps.Day, c.Day), min(one.caps.Days30, c.Days30), min(one.caps.Days365, c.Days365), min(one.caps.Delta, c.Delta)}
		if len(out) == 0 || out.last() != one.caps {
			out = append(out, one)
		}
	}
	return out
}

// within reports whether no cap of c is higher than that of d.
func (c Caps) within(d Caps) bool {
	return c.Day <= d.Day && c.Days30 <= d.Days30 && c.Days365 <= d.Days365 && c.Delta <= d.Delta
}

// has reports whether a raise is in the schedule already.
func (s schedule) has(r Raise) bool {
	from, _ := parseDay(r.ValidFrom)
	for i, one := range s {
		if i > 0 && one.from == from && one.caps == r.Caps {
			return true
		}
	}
	return false
}

// raise writes the caps that Options raise, unless they are in the ledger already.
func (l *Ledger) raise() error {
	r := l.opt.Raise
	if r == nil || l.state.caps.has(*r) {
		return nil
	}
	body := &CapsSet{r.Caps, r.ValidFrom, l.opt.Contract, []string{}}
	for _, s := range r.Signatures {
		body.Signatures = append(body.Signatures, strings.Join([]string{s.By, s.Key, s.Sig}, ":"))
	}
	err := body.check()
	if err == nil {
		err = l.state.mayRaise(l.next(KindCaps, body).Time, body)
	}
	if err != nil {
		return errorf(Refused, "caps do not rise: %w; the caps in force stay, take the higher ones out of the contract or have them signed as it wants", err)
	}
	return l.append(KindCaps, body)
}

// applyKeys keeps the first keys for good.
func (s *state) applyKeys(k *Keys) error {
	if s.keys != (Keys{}) {
		return fmt.Errorf("the ledger has its keys already")
	}
	s.keys = *k
	return nil
}

func (s *state) applyCaps(r Record, c *CapsSet) error {
	if c.ValidFrom == "" {
		if len(s.caps) > 0 && !c.Caps.within(s.caps.last()) {
			return fmt.Errorf("it raises a cap without the signatures that this needs")
		}
		s.caps = s.caps.lowered(c.Caps)
		return nil
	}
	if err := s.mayRaise(r.Time, c); err != nil {
		return err
	}
	from, _ := parseDay(c.ValidFrom)
	s.caps = append(s.caps, step{from, c.Caps})
	return nil
}

// mayRaise checks a raise: that it raises, is signed by both under the keys of the ledger, known for seven days, and is for
// days that bear nothing yet. The time of the record is the only one in the ledger that decides something; a clock that
// runs ahead shortens the notice and can do nothing else, because both have signed the day itself.
func (s *state) mayRaise(at string, c *CapsSet) error {
	from, _ := parseDay(c.ValidFrom) // checked with the record
	if len(s.caps) == 0 || !s.caps.last().within(c.Caps) || c.Caps == s.caps.last() {
		return fmt.Errorf("some cap is not above the one in force, or none is")
	}
	if err := s.signed(c); err != nil {
		return err
	}
	known, err := time.Parse(time.RFC3339, at)
	if err != nil {
		return fmt.Errorf("there is no time from which seven days could be counted")
	}
	if earliest := known.Add(notice + firstZone); time.Unix(int64(from)*secondsADay, 0).Before(earliest) {
		return fmt.Errorf("valid_from is %s, want at least seven days after %s, so %s or later", c.ValidFrom, at[:len(time.DateOnly)], dayAfter(earliest))
	}
	if newest, any := s.spent.newest(); any && from <= newest {
		return fmt.Errorf("valid_from is %s, but %v bears a charge already; want a later day", c.ValidFrom, newest)
	}
	if n := len(s.caps); n > 1 && from <= s.caps[n-1].from {
		return fmt.Errorf("valid_from is %s, and caps rise on %v already; want a later day", c.ValidFrom, s.caps[n-1].from)
	}
	return nil
}

// dayAfter is the first civil day that begins, in UTC, at an instant or later.
func dayAfter(at time.Time) string {
	return at.UTC().Add(24*time.Hour - time.Nanosecond).Format(time.DateOnly)
}

// signed checks that both have signed, each once, under the keys that the ledger keeps.
func (s *state) signed(c *CapsSet) error {
	if s.keys == (Keys{}) {
		return fmt.Errorf("the ledger has no keys of a privacy officer and a publisher; name them under keys first")
	}
	message := RaiseMessage(s.genesis.Scope, c.Caps, c.ValidFrom)
	by := map[string]bool{}
	for _, text := range c.Signatures {
		one, _ := parseSignature(text) // checked with the record
		want := map[string]string{ByOfficer: s.keys.Officer, ByPublisher: s.keys.Publisher}[one.By]
		if one.Key != want {
			return fmt.Errorf("the signature by %s is not under the key that the ledger keeps", one.By)
		}
		key, _ := base64.StdEncoding.DecodeString(one.Key)
		sig, _ := base64.StdEncoding.DecodeString(one.Sig)
		if len(key) != ed25519.PublicKeySize || !ed25519.Verify(key, message, sig) {
			return fmt.Errorf("the signature by %s is not one of this scope, these caps and this day", one.By)
		}
		by[one.By] = true
	}
	if !by[ByOfficer] || !by[ByPublisher] {
		return fmt.Errorf("want a signature by %s and one by %s", ByOfficer, ByPublisher)
	}
	return nil
}

// check wants two keys that differ.
func (k *Keys) check() error {
	if k.Officer == k.Publisher {
		return fmt.Errorf("the privacy officer and the publisher have the same key; they are two persons")
	}
	for name, text := range map[string]string{"officer": k.Officer, "publisher": k.Publisher} {
		if !isBase64(text, ed25519.PublicKeySize) {
			return fmt.Errorf("the key of the %s is %.80q, want 32 bytes in base64", name, text)
		}
	}
	return nil
}

// checkRaise checks the form of caps with a day and signatures.
func (c *CapsSet) checkRaise() error {
	if _, ok := parseDay(c.ValidFrom); !ok {
		return fmt.Errorf("valid_from is %.40q, want a civil day such as 2026-03-01", c.ValidFrom)
	}
	if len(c.Signatures) != 2 {
		return fmt.Errorf("it has %d signatures, want two: by %s and by %s", len(c.Signatures), ByOfficer, ByPublisher)
	}
	for _, text := range c.Signatures {
		if _, err := parseSignature(text); err != nil {
			return err
		}
	}
	return nil
}

func parseSignature(text string) (Signature, error) {
	part := strings.Split(text, ":")
	if len(part) != 3 || part[0] != ByOfficer && part[0] != ByPublisher || !isBase64(part[1], ed25519.PublicKeySize) || !isBase64(part[2], ed25519.SignatureSize) {
		return Signature{}, fmt.Errorf("a signature is %.80q, want by:key:signature with key and signature in base64", text)
	}
	return Signature{part[0], part[1], part[2]}, nil
}

// isBase64 reports whether a text is the one way to write so many bytes.
func isBase64(text string, bytes int) bool {
	got, err := base64.StdEncoding.Strict().DecodeString(text)
	return err == nil && len(got) == bytes && base64.StdEncoding.EncodeToString(got) == text
}

// newest is the last charged day.
func (s *spending) newest() (day, bool) {
	days := s.days()
	if len(days) == 0 {
		return 0, false
	}
	return days[len(days)-1], true
}

// capsNow are the caps of the last charged day, or the first ones.
func (s *state) capsNow() Caps {
	newest, _ := s.spent.newest()
	return s.caps.at(newest)
}

// CapsOn are the caps in force on a civil day, 2006-01-02.
func (l *Ledger) CapsOn(name string) Caps {
	l.mu.Lock()
	defer l.mu.Unlock()
	d, _ := parseDay(name)
	return l.state.caps.at(d)
}
