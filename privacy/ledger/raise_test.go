package ledger

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"strings"
	"testing"
	"time"
)

// signer is one of the two who sign, with a key made from its name.
type signer struct {
	by  string
	key ed25519.PrivateKey
}

func signerOf(by string) signer {
	seed := make([]byte, ed25519.SeedSize)
	copy(seed, by)
	return signer{by, ed25519.NewKeyFromSeed(seed)}
}

func (s signer) public() string {
	return base64.StdEncoding.EncodeToString(s.key.Public().(ed25519.PublicKey))
}

func (s signer) sign(scope string, c Caps, from string) Signature {
	return Signature{s.by, s.public(), base64.StdEncoding.EncodeToString(ed25519.Sign(s.key, RaiseMessage(scope, c, from)))}
}

var (
	officer   = signerOf(ByOfficer)
	publisher = signerOf(ByPublisher)
	both      = Keys{officer.public(), publisher.public()}
	low       = Caps{Day: 20_000_000, Days30: 300_000_000, Days365: 1_000_000_000}
	high      = Caps{Day: 100_000_000, Days30: 3_000_000_000, Days365: 36_500_000_000}
)

// raiseTo is a raise to the high caps that both have signed.
func raiseTo(from string) *Raise {
	return &Raise{high, from, []Signature{officer.sign("mobile", high, from), publisher.sign("mobile", high, from)}}
}

// lowly are options of a ledger with low caps and two keys; the clock stands on 2026-02-04.
func lowly(writer string, raise *Raise) Options {
	o := options(writer)
	o.Caps, o.Keys, o.Raise = low, both, raise
	return o
}

func reopen(t *testing.T, files *RAM, o Options) (*Ledger, error) {
	t.Helper()
	l, err := Open(files, o)
	if err == nil {
		t.Cleanup(func() { l.Close() })
	}
	return l, err
}

// begun is a ledger with low caps and a charge on 2026-02-03.
func begun(t *testing.T) *RAM {
	t.Helper()
	files := Memory()
	l, err := Open(files, lowly("w1", nil))
	if err != nil {
		t.Fatal(err)
	}
	ticket := reserve(t, l, present("2026-02-03", 20_000_000))
	if err := l.Released(ticket, digest("x"), 1, time.Time{}); err != nil {
		t.Fatal(err)
	}
	l.Close()
	return files
}

// TestCapsRiseWithTwoSignatures: from the day on, and not before it.
func TestCapsRiseWithTwoSignatures(t *testing.T) {
	files := begun(t)
	l, err := reopen(t, files, lowly("w2", raiseTo("2026-02-12")))
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range []struct {
		day     string
		rho     int64
		refused bool
	}{
		{"2026-02-11", 20_000_000, false},
		{"2026-02-10", 20_000_001, true},
		{"2026-02-12", 100_000_000, false},
		{"2026-02-13", 100_000_001, true},
	} {
		if got := l.CapsOn(one.day).Day; (one.rho > got) != one.refused {
			t.Errorf("%s: the cap is %d", one.day, got)
		}
		r := present(one.day, 1_000_000)
		r.Parts = []Part{{Table: "total", D2: 24, Sigma2: 1 << 40}}
		r.RhoDay = one.rho
		_, err := l.Reserve(r)
		if KindOf(err) == Refused != one.refused || err != nil && !one.refused {
			t.Errorf("%s with %d: got %v, want refused %v", one.day, one.rho, err, one.refused)
		}
	}
	l.Close()
	report, err := Verify(files)
	if err != nil || !report.OK() {
		t.Errorf("verify: %+v, %v", report, err)
	}
	if report.Summary.CapDay != high.Day {
		t.Errorf("the summary says %d a day, want the caps of the last charged day, %d", report.Summary.CapDay, high.Day)
	}
	// The same contract again changes nothing; one without the raise lowers the caps again.
	l, err = reopen(t, files, lowly("w3", raiseTo("2026-02-12")))
	if err != nil {
		t.Fatal(err)
	}
	records, _ := l.Records()
	if last := records[len(records)-1]; last.Kind != KindOpen {
		t.Errorf("the same raise wrote %s", last.Kind)
	}
	l.Close()
	l, err = reopen(t, files, lowly("w4", nil))
	if err != nil || l.CapsOn("2026-02-20") != low {
		t.Errorf("without the raise: got %+v, %v, want the low caps", l.CapsOn("2026-02-20"), err)
	}
}

// TestWindowsEndUnderTheirOwnCaps: thirty days that end before the day of a raise obey the old cap, later ones the other.
func TestWindowsEndUnderTheirOwnCaps(t *testing.T) {
	files := begun(t)
	l, err := reopen(t, files, lowly("w2", raiseTo("2026-02-20")))
	if err != nil {
		t.Fatal(err)
	}
	booked := int64(20_000_000) // of begun
	for _, d := range []string{"04", "05", "06", "07", "08", "09", "10", "11", "12", "13", "14", "15", "16", "17"} {
		reserve(t, l, present("2026-02-"+d, 20_000_000))
		booked += 20_000_000
	}
	if booked != low.Days30 {
		t.Fatalf("the test books %d, want all of %d", booked, low.Days30)
	}
	_, err = l.Reserve(present("2026-02-19", 20_000_000))
	wants(t, "a day before the raise", err, Refused, "in the 30 days")
	reserve(t, l, present("2026-02-20", 100_000_000))
}

// TestCapsDoNotRise: every way to raise caps that is not the one way.
func TestCapsDoNotRise(t *testing.T) {
	good := raiseTo("2026-02-12")
	edit := func(change func(r *Raise)) *Raise {
		r := *good
		r.Signatures = append([]Signature{}, good.Signatures...)
		change(&r)
		return &r
	}
	stranger := signer{ByPublisher, signerOf("stranger").key}
	flip := func(text string) string {
		raw, _ := base64.StdEncoding.DecodeString(text)
		raw[0] ^= 1
		return base64.StdEncoding.EncodeToString(raw)
	}
	for name, one := range map[string]struct {
		raise *Raise
		says  string
	}{
		"one signature":           {edit(func(r *Raise) { r.Signatures = r.Signatures[:1] }), "1 signatures, want two"},
		"no signature":            {edit(func(r *Raise) { r.Signatures = nil }), "0 signatures, want two"},
		"the same key twice":      {edit(func(r *Raise) { r.Signatures[1] = r.Signatures[0] }), "want a signature by"},
		"one key, both roles":     {edit(func(r *Raise) { r.Signatures[1] = r.Signatures[0]; r.Signatures[1].By = ByPublisher }), "not under the key"},
		"a stranger's key":        {edit(func(r *Raise) { r.Signatures[1] = stranger.sign("mobile", high, r.ValidFrom) }), "not under the key"},
		"a third role":            {edit(func(r *Raise) { r.Signatures[1].By = "director" }), "by:key:signature"},
		"too early":               {raiseTo("2026-02-11"), "want at least seven days after 2026-02-04, so 2026-02-12"},
		"for today":               {raiseTo("2026-02-04"), "seven days"},
		"no day":                  {raiseTo(""), "valid_from"},
		"an edited signature":     {edit(func(r *Raise) { r.Signatures[0].Sig = flip(r.Signatures[0].Sig) }), "not one of this scope"},
		"higher caps than signed": {edit(func(r *Raise) { r.Days365++ }), "not one of this scope"},
		"another day than signed": {edit(func(r *Raise) { r.ValidFrom = "2026-02-13" }), "not one of this scope"},
		"another scope": {edit(func(r *Raise) {
			r.Signatures = []Signature{officer.sign("tickets", high, r.ValidFrom), publisher.sign("tickets", high, r.ValidFrom)}
		}), "not one of this scope"},
		"no raise at all": {&Raise{low, "2026-02-12", []Signature{officer.sign("mobile", low, "2026-02-12"), publisher.sign("mobile", low, "2026-02-12")}}, "not above"},
	} {
		files := begun(t)
		_, err := reopen(t, files, lowly("w2", one.raise))
		wants(t, name, err, Refused, one.says)
		report, err := Verify(files)
		if err != nil || !report.OK() || report.Summary.CapDay != low.Day {
			t.Errorf("%s: afterwards %+v, %v, want the low caps and no violation", name, report, err)
		}
	}
}

func TestCapsDoNotRiseForAChargedDay(t *testing.T) {
	files := begun(t)
	l, err := reopen(t, files, lowly("w2", nil))
	if err != nil {
		t.Fatal(err)
	}
	reserve(t, l, present("2026-02-14", 10_000_000))
	l.Close()
	o := lowly("w3", raiseTo("2026-02-14"))
	_, err = reopen(t, files, o)
	wants(t, "a charged day", err, Refused, "2026-02-14 bears a charge already")
}

func TestKeysStandForGood(t *testing.T) {
	files := begun(t)
	o := lowly("w2", nil)
	o.Keys = Keys{officer.public(), signerOf("another").public()}
	_, err := reopen(t, files, o)
	wants(t, "other keys", err, Refused, "stand for good")

	o = lowly("w2", raiseTo("2026-02-12"))
	o.Keys = Keys{}
	if _, err := reopen(t, files, o); err != nil {
		t.Errorf("a contract that no longer names the keys: got %v, want the ledger's", err)
	}
	fresh := Memory()
	o = lowly("w1", raiseTo("2026-02-12"))
	o.Keys = Keys{}
	_, err = reopen(t, fresh, o)
	wants(t, "a ledger without keys", err, Refused, "has no keys")
	o.Keys = Keys{officer.public(), officer.public()}
	_, err = reopen(t, Memory(), o)
	wants(t, "one key for both", err, Invalid, "same key")
}

// TestNoticeIsSevenDaysEverywhere: at noon UTC it is the next day already where days begin first.
func TestNoticeIsSevenDaysEverywhere(t *testing.T) {
	noon := func(o Options) Options {
		o.Now = func() time.Time { return time.Date(2026, 2, 4, 12, 0, 0, 0, time.UTC) }
		return o
	}
	_, err := reopen(t, begun(t), noon(lowly("w2", raiseTo("2026-02-12"))))
	wants(t, "a day that begins in 6.9 days somewhere", err, Refused, "so 2026-02-13 or later")
	if _, err := reopen(t, begun(t), noon(lowly("w2", raiseTo("2026-02-13")))); err != nil {
		t.Errorf("a day later: %v", err)
	}
}

// TestRaiseWithoutAClock: nobody could say that seven days have passed.
func TestRaiseWithoutAClock(t *testing.T) {
	o := lowly("w2", raiseTo("2026-02-12"))
	o.Now = nil
	_, err := reopen(t, begun(t), o)
	wants(t, "no clock", err, Refused, "no time")
}

// TestVerifySeesATamperedRaise: a raise that is written into the file by hand, with a chain that is right, is a violation.
func TestVerifySeesATamperedRaise(t *testing.T) {
	files := begun(t)
	l, err := reopen(t, files, lowly("w2", raiseTo("2026-02-12")))
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	content, _ := files.ReadFile(segmentOf(1))
	end := bytes.LastIndexByte(content[:len(content)-1], '\n') + 1
	line := string(content[end:])
	if !strings.Contains(line, `"kind":"CAPS"`) {
		t.Fatalf("the last record is %s", line)
	}
	for name, change := range map[string][2]string{
		"higher":    {`"cap_day":"100000000"`, `"cap_day":"100000001"`},
		"earlier":   {`"valid_from":"2026-02-12"`, `"valid_from":"2026-02-11"`},
		"undated":   {`"valid_from":"2026-02-12"`, `"valid_from":""`},
		"backdated": {`"time":"2026-02-04`, `"time":"2026-02-06`},
	} {
		edited := strings.Replace(line, change[0], change[1], 1)
		if edited == line {
			t.Fatalf("%s: the test changes nothing", name)
		}
		files.WriteFile(segmentOf(1), append(bytes.Clone(content[:end]), edited...))
		report, err := Verify(files)
		if err != nil || report.OK() {
			t.Errorf("%s: verify accepts %s", name, edited)
		}
	}
	files.WriteFile(segmentOf(1), content)
	if report, err := Verify(files); err != nil || !report.OK() {
		t.Errorf("unchanged: %+v, %v", report, err)
	}
}
