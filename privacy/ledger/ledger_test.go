package ledger

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/throng-stats/throng/privacy/account"
)

// caps of the tests: rho .1 a day.
var caps = Caps{Day: 100_000_000, Days30: 3_000_000_000, Days365: 36_500_000_000}

// options are those of a writer in a test: ids and times are the same on every run.
func options(writer string) Options {
	clock := time.Date(2026, 2, 4, 4, 0, 0, 0, time.UTC)
	return Options{
		Scope: "mobile", TimeZone: "Europe/Paris", Caps: caps, Contract: strings.Repeat("c", 64), Code: "throng 1.0", Writer: writer,
		Now:    func() time.Time { clock = clock.Add(time.Second); return clock },
		Random: rand.NewChaCha8([32]byte{10}),
	}
}

func open(t *testing.T, files Files, writer string) *Ledger {
	t.Helper()
	l, err := Open(files, options(writer))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// present is one day of present population: one table, squared sensitivity 24.
func present(day string, rho int64) Reservation {
	return Reservation{
		Product: "present", Spec: "tables: total", Period: day, Input: []byte("files of " + day),
		Parts: []Part{{Table: "total", D2: 24, Sigma2: account.Sigma2(24, rho)}},
	}
}

// digest stands for the digest of a release.
func digest(text string) string { return hashOf([]byte(text)) }

func reserve(t *testing.T, l *Ledger, r Reservation) Ticket {
	t.Helper()
	ticket, err := l.Reserve(r)
	if err != nil {
		t.Fatal(err)
	}
	return ticket
}

// wants checks the kind of an error and that its text tells what it should.
func wants(t *testing.T, what string, err error, kind string, says ...string) {
	t.Helper()
	if KindOf(err) != kind {
		t.Errorf("%s: got %v, want kind %q", what, err, kind)
		return
	}
	for _, part := range says {
		if err != nil && !strings.Contains(err.Error(), part) {
			t.Errorf("%s: %q does not say %q", what, err, part)
		}
	}
}

func TestOneRelease(t *testing.T) {
	files := Memory()
	l := open(t, files, "w1")
	r := present("2026-02-03", 40_000_000)
	ticket := reserve(t, l, r)
	if ticket.ReleaseID != l.ReleaseID("present", "tables: total", "2026-02-03", 0) || len(ticket.ReleaseID) != 32 || ticket.Seq != 4 || len(ticket.Head) != 64 {
		t.Errorf("ticket %+v, want the release's own id and record 4 (after GENESIS, OPEN, CAPS)", ticket)
	}
	if _, ok := l.Lookup(ticket.ReleaseID); ok {
		t.Error("a release is there before it was published")
	}
	_, err := l.Reserve(r)
	wants(t, "a second booking meanwhile", err, Busy, "is being made")
	at := time.Date(2026, 2, 5, 6, 0, 0, 0, time.FixedZone("", 3600))
	if err := l.Released(ticket, digest("bytes"), 1000, at); err != nil {
		t.Fatal(err)
	}
	got, ok := l.Lookup(ticket.ReleaseID)
	want := Release{ID: ticket.ReleaseID, Product: "present", Period: "2026-02-03", Seq: 4, Head: ticket.Head, SHA256: digest("bytes"), Bytes: 1000, NotBefore: "2026-02-05T05:00:00Z"}
	if !ok || got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	var already *AlreadyReleased
	if _, err := l.Reserve(r); !errors.As(err, &already) || already.Release != want {
		t.Errorf("asked again: got %v, want AlreadyReleased", err)
	}
	if err := l.Released(ticket, digest("bytes"), 1000, at); err != nil {
		t.Errorf("published twice with the same bytes: %v", err)
	}
	wants(t, "other bytes", l.Released(ticket, digest("other"), 1000, at), Unsafe, "other bytes")
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	again := open(t, files, "w2")
	if _, err := again.Reserve(r); !errors.As(err, &already) || already.Release != want {
		t.Errorf("asked again in another process: got %v, want AlreadyReleased", err)
	}
	report, err := Verify(files, Footer{ticket.ReleaseID, ticket.Seq, ticket.Head, digest("bytes")})
	if err != nil || !report.OK() || report.Summary.Releases != 1 || report.Open != 0 {
		t.Errorf("verify: %+v, %v", report, err)
	}
}

func TestCapOfADay(t *testing.T) {
	l := open(t, Memory(), "w")
	reserve(t, l, present("2024-05-07", 88_000_000))
	next := present("2024-05-07", 40_000_000)
	next.Revision = 1
	_, err := l.Reserve(next)
	wants(t, "the day is spent", err, Refused, "ledger: this release costs rho 0.04 on 2024-05-07, but 0.012", "is left until 2024-05-08; publish fewer cells or wait")
	reserve(t, l, present("2024-05-08", 40_000_000))
}

// TestCapOfAMonth: three releases fill the cap of 30 days; the next fits when the first leaves them.
func TestCapOfAMonth(t *testing.T) {
	o := options("w")
	o.Caps.Days30 = 100_000_000
	l, err := Open(Memory(), o)
	if err != nil {
		t.Fatal(err)
	}
	for _, day := range []string{"2024-02-01", "2024-02-11", "2024-02-21"} {
		reserve(t, l, present(day, 32_000_000))
	}
	_, err = l.Reserve(present("2024-02-22", 32_000_000))
	wants(t, "30 days are spent", err, Refused, "in the 30 days from 2024-01-24 to 2024-02-22", "is left until 2024-03-02") // 2024-02-01 + 30
	if _, err = l.Reserve(present("2024-03-01", 32_000_000)); KindOf(err) != Refused {
		t.Errorf("a day early: %v", err)
	}
	reserve(t, l, present("2024-03-02", 32_000_000))
	// Days before what is booked are in its windows too.
	_, err = l.Reserve(present("2024-01-25", 32_000_000))
	wants(t, "a day before the others", err, Refused, "to 2024-02-")
	reserve(t, l, present("2023-12-31", 32_000_000))
}

// TestSpan: a monthly table whose whole removal costs no more than 2 days charges every day of the cap of a day, but its
// span only once to 30 and to 365 days.
func TestSpan(t *testing.T) {
	o := options("w")
	o.Caps = Caps{Day: 10_000_000, Days30: 12_000_000, Days365: 30_000_000}
	l, err := Open(Memory(), o)
	if err != nil {
		t.Fatal(err)
	}
	month := func(name, from, to string) Reservation {
		return Reservation{Product: "usual", Spec: "home", Period: name, From: from, To: to, RhoSpan: 6_000_000,
			Parts: []Part{{Table: "home", D2: 2, Sigma2: account.Sigma2(2, 3_000_000)}}}
	}
	reserve(t, l, month("2024-01", "2024-01-01", "2024-01-31"))
	reserve(t, l, month("2024-02", "2024-02-01", "2024-02-29")) // windows over both months bear 6 + 6
	if s := l.Summary("", ""); s.Spent30 != 12_000_000 || s.Spent365 != 12_000_000 || s.SpentTotal != 12_000_000 || len(s.Days) != 60 {
		t.Errorf("spent %d in 30 and %d in 365 days, %d in all, on %d days; want 12000000 three times on 60", s.Spent30, s.Spent365, s.SpentTotal, len(s.Days))
	}
	_, err = l.Reserve(present("2024-02-10", 1_000_000))
	wants(t, "30 days are spent", err, Refused, "but 0 is left")
	reserve(t, l, month("2024-03", "2024-03-01", "2024-03-31"))
	reserve(t, l, month("2024-04", "2024-04-01", "2024-04-30"))
	reserve(t, l, month("2024-05", "2024-05-01", "2024-05-31"))
	_, err = l.Reserve(month("2024-06", "2024-06-01", "2024-06-30"))
	wants(t, "365 days are spent", err, Refused, "in the 365 days", "but 0 is left until")
}

func TestDelta(t *testing.T) {
	o := options("w")
	o.Caps.Delta = 1_000_000
	l, _ := Open(Memory(), o)
	r := present("2024-05-01", 1_000_000)
	r.DeltaSpan = 600_000
	reserve(t, l, r)
	r.Period, r.Input = "2024-06-01", nil
	_, err := l.Reserve(r)
	wants(t, "delta is spent", err, Refused, "600000 e-18", "400000 e-18 is left")
	r.Period = "2025-05-01" // 365 days later
	reserve(t, l, r)
}

// TestCarriedDays: live bins after midnight charge the day before as well.
func TestCarriedDays(t *testing.T) {
	l := open(t, Memory(), "w")
	r := present("2024-05-02", 2_000_000)
	r.More = []Charge{{"2024-05-01", "2024-05-01", 1_000_000}}
	reserve(t, l, r)
	s := l.Summary("subscriber-day", "standard")
	if len(s.Days) != 2 || s.Days[0].Spent != 1_000_000 || s.Days[1].Spent != account.Charge(24, account.Sigma2(24, 2_000_000)) {
		t.Errorf("days %+v, want 1000000 on the day before and the cost on the day", s.Days)
	}
}

func TestInvalidReservations(t *testing.T) {
	l := open(t, Memory(), "w")
	before := l.files.(*RAM).Operations()
	for name, change := range map[string]func(*Reservation){
		"no parts":            func(r *Reservation) { r.Parts = nil },
		"no noise":            func(r *Reservation) { r.Parts[0].Sigma2 = 0 },
		"books less":          func(r *Reservation) { r.Parts[0].Rho = 1 },
		"charges less":        func(r *Reservation) { r.RhoDay = 1 },
		"span below a day":    func(r *Reservation) { r.RhoSpan = 1 },
		"a month as a day":    func(r *Reservation) { r.Period = "2026-02" },
		"days descend":        func(r *Reservation) { r.From, r.To = "2026-02-03", "2026-02-01" },
		"no such day":         func(r *Reservation) { r.From = "2026-02-30" },
		"a window of years":   func(r *Reservation) { r.From, r.To = "2020-01-01", "2026-01-01" },
		"ranges far apart":    func(r *Reservation) { r.More = []Charge{{"2001-01-01", "2001-01-01", 1}} },
		"negative revision":   func(r *Reservation) { r.Revision = -1 },
		"negative charge":     func(r *Reservation) { r.More = []Charge{{"2026-02-02", "2026-02-02", -5}} },
		"negative delta":      func(r *Reservation) { r.DeltaSpan = -1 },
		"a product in quotes": func(r *Reservation) { r.Product = `"present"` },
		"a line too long":     func(r *Reservation) { r.Parts = make([]Part, 17) },
		"unknown mechanism":   func(r *Reservation) { r.Parts[0].Mech = "laplace" },
		"a contract's name":   func(r *Reservation) { r.Contract = "contract.yaml" },
		"code with a newline": func(r *Reservation) { r.Code = "a\nb" },
	} {
		r := present("2026-02-03", 1_000_000)
		change(&r)
		_, err := l.Reserve(r)
		wants(t, name, err, Invalid)
	}
	if after := l.files.(*RAM).Operations(); after != before {
		t.Errorf("%d operations on the files, want none", after-before)
	}
}

func TestBurntHasNoRefund(t *testing.T) {
	l := open(t, Memory(), "w")
	r := present("2026-02-03", 60_000_000)
	ticket := reserve(t, l, r)
	wants(t, "a reason of one's own", l.Burnt(ticket, "because of 0612345678"), Invalid, "want one of")
	if err := l.Burnt(ticket, ReasonDisk); err != nil {
		t.Fatal(err)
	}
	wants(t, "published after it was burnt", l.Released(ticket, digest("x"), 1, time.Time{}), Invalid, "no open booking")
	_, err := l.Reserve(r)
	wants(t, "a second attempt", err, Refused, "is left")
	r = present("2026-02-03", 40_000_000) // a smaller one is the same question with another noise
	second := reserve(t, l, r)
	if second.ReleaseID != ticket.ReleaseID || second.Attempt != 1 {
		t.Errorf("second ticket %+v, want attempt 1 of the same release", second)
	}
	wants(t, "the first ticket", l.Released(ticket, digest("x"), 1, time.Time{}), Invalid, "was booked by record 6, not 4")
}

func TestWithdrawn(t *testing.T) {
	l := open(t, Memory(), "w")
	r := present("2026-02-03", 60_000_000)
	ticket := reserve(t, l, r)
	l.Released(ticket, digest("x"), 1, time.Time{})
	wants(t, "a reason of one's own", l.Withdrawn(ticket.ReleaseID, "crash"), Invalid, "want one of")
	wants(t, "an unknown release", l.Withdrawn(strings.Repeat("0", 32), ReasonInput), Missing)
	if err := l.Withdrawn(ticket.ReleaseID, ReasonInput); err != nil {
		t.Fatal(err)
	}
	wants(t, "withdrawn twice", l.Withdrawn(ticket.ReleaseID, ReasonInput), Missing)
	_, err := l.Reserve(r)
	wants(t, "asked again", err, Refused, "was withdrawn")
	if got, ok := l.Lookup(ticket.ReleaseID); !ok || !got.Withdrawn {
		t.Errorf("got %+v, %v, want a withdrawn release", got, ok)
	}
	veto := present("2026-02-04", 60_000_000)
	ticket = reserve(t, l, veto)
	if err := l.Withdrawn(ticket.ReleaseID, ReasonVeto); err != nil {
		t.Errorf("a veto before publication: %v", err)
	}
	if s := l.Summary("", ""); s.Releases != 1 || s.Withdrawn != 1 || len(s.Days) != 2 {
		t.Errorf("summary %+v, want one published and withdrawn release and two charged days", s)
	}
}

func TestInputs(t *testing.T) {
	files := Memory()
	l := open(t, files, "w")
	r := present("2026-02-03", 10_000_000)
	ticket := reserve(t, l, r)
	l.Released(ticket, digest("x"), 1, time.Time{})
	changed := r
	changed.Input = []byte("other files")
	_, err := l.Reserve(changed)
	wants(t, "the same question of other files", err, Refused, "has changed since it was published")
	changed.Spec = "tables: total, with other bounds"
	_, err = l.Reserve(changed)
	wants(t, "another spec, other files", err, Refused, "has changed")
	changed.Revision = 1
	reserve(t, l, changed) // the planned revision sees more
	keyed, ok := l.InputOf(ticket.ReleaseID)
	if !ok || keyed != l.Input(r.Input) || !l.HasInput(r.Input) || l.HasInput([]byte("never seen")) || l.HasInput(nil) {
		t.Error("the ledger does not know its inputs")
	}
	if keyed == hashOf(r.Input) {
		t.Error("the input is kept without a key; whoever reads the ledger could test guesses")
	}
	l.Close()
	gone := files.Restart()
	delete(gone.live, keyFile)
	_, err = Open(gone, options("w2"))
	wants(t, "the key is gone", err, Missing, "input.key is gone")
}

func TestCapsOnlyFall(t *testing.T) {
	files := Memory()
	open(t, files, "w1").Close()
	low := options("w2")
	low.Caps.Day = 50_000_000
	l, err := Open(files, low)
	if err != nil {
		t.Fatal(err)
	}
	_, err = l.Reserve(present("2026-02-03", 60_000_000))
	wants(t, "above the lower cap", err, Refused, "0.05 is left")
	l.Close()
	_, err = Open(files, options("w3"))
	wants(t, "the old cap again", err, Refused, "caps are never raised by a program", "0.05 a day")
	again, err := Open(files, low)
	if err != nil {
		t.Fatalf("the lower cap again: %v", err)
	}
	again.Close()
	if report, err := Verify(files); err != nil || !report.OK() || report.Summary.CapDay != 50_000_000 {
		t.Errorf("verify: %+v, %v", report, err)
	}
}

func TestForeignFolder(t *testing.T) {
	files := Memory()
	open(t, files, "w1").Close()
	for name, change := range map[string]func(*Options){
		"scope": func(o *Options) { o.Scope = "tickets" }, "zone": func(o *Options) { o.TimeZone = "Asia/Shanghai" },
	} {
		o := options("w2")
		change(&o)
		_, err := Open(files, o)
		wants(t, name, err, Unsafe, "this folder keeps the ledger of scope \"mobile\" in Europe/Paris")
	}
	for name, change := range map[string]func(*Options){
		"no scope": func(o *Options) { o.Scope = "" }, "no zone": func(o *Options) { o.TimeZone = "" },
		"no caps": func(o *Options) { o.Caps = Caps{} }, "no contract": func(o *Options) { o.Contract = "" },
	} {
		o := options("w2")
		change(&o)
		_, err := Open(files, o)
		wants(t, name, err, Invalid)
	}
}

// TestOlderLedger: a copy of yesterday is put back, and a release of today proves it.
func TestOlderLedger(t *testing.T) {
	files := Memory()
	l := open(t, files, "w1")
	first := reserve(t, l, present("2026-02-03", 10_000_000))
	l.Released(first, digest("1"), 1, time.Time{})
	copied := files.Restart()
	second := reserve(t, l, present("2026-02-04", 10_000_000))
	l.Released(second, digest("2"), 1, time.Time{})
	l.Close()
	footers := []Footer{{first.ReleaseID, first.Seq, first.Head, ""}, {second.ReleaseID, second.Seq, second.Head, ""}}
	reopen := func(files Files, footers ...Footer) error {
		o := options("w2")
		o.Footers = footers
		l, err := Open(files, o)
		if err == nil {
			l.Close()
		}
		return err
	}
	if err := reopen(files, footers...); err != nil {
		t.Errorf("the ledger that paid: %v", err)
	}
	wants(t, "the older copy", reopen(copied, footers...), Unsafe, "release "+second.ReleaseID+" was paid for by record 6, but the ledger ends with record 5", "put back the newest copy")
	// The older copy goes on for a day and so reaches the number, on another chain.
	other := open(t, copied, "w3")
	reserve(t, other, present("2026-02-04", 20_000_000))
	other.Close()
	wants(t, "another chain", reopen(copied, footers...), Unsafe, "not on the chain")
	wants(t, "an empty folder", reopen(Memory(), footers...), Unsafe, "(and 1 more releases)")
	report, err := Verify(copied, footers...)
	if err != nil || len(report.Violations) != 1 || report.Err() == nil {
		t.Errorf("verify with the footers: %+v, %v", report, err)
	}
	report, _ = Verify(files, Footer{first.ReleaseID, first.Seq, first.Head, digest("forged")})
	wants(t, "a forged release", report.Err(), Unsafe, "has the digest")
	if _, err := Verify(Memory()); KindOf(err) != Missing {
		t.Errorf("verify of nothing: got %v, want Missing", err)
	}
}

func TestTwoWriters(t *testing.T) {
	files := Memory()
	first := open(t, files, "first")
	_, err := Open(files, options("second"))
	wants(t, "while the lock is held", err, Busy, "writer first has this ledger open")
	files.BreakLock() // a file system that keeps no locks
	second := open(t, files, "second")
	reserve(t, second, present("2026-02-03", 60_000_000))
	_, err = first.Reserve(present("2026-02-03", 60_000_000))
	wants(t, "the lock was lost", err, Busy, "writer second has gone on")
	_, again := first.Reserve(present("2026-02-05", 1_000_000))
	if again != err {
		t.Errorf("a writer that was overtaken goes on: got %v, want the same error for ever", again)
	}
	if err := second.Released(second.state.entry(second.ReleaseID("present", "tables: total", "2026-02-03", 0)).ticket(second.ReleaseID("present", "tables: total", "2026-02-03", 0)), digest("x"), 1, time.Time{}); err != nil {
		t.Errorf("the writer that has gone on: %v", err)
	}
	if report, err := Verify(files); err != nil || !report.OK() {
		t.Errorf("verify: %+v, %v", report, err)
	}
}

func TestFailedSyncIsFinal(t *testing.T) {
	files := Memory()
	l := open(t, files, "w1")
	full := errors.New("input/output error")
	files.FailAt(files.Operations()+2, full) // write, then sync
	_, err := l.Reserve(present("2026-02-03", 10_000_000))
	wants(t, "the sync fails", err, Unsafe, "may not be durable", "end this process")
	if !errors.Is(err, full) {
		t.Errorf("the cause is lost: %v", err)
	}
	for what, got := range map[string]error{
		"Released": l.Released(Ticket{}, "", 0, time.Time{}), "Burnt": l.Burnt(Ticket{}, ""), "Withdrawn": l.Withdrawn("", ""),
		"Recover": l.Recover(nil),
	} {
		if got != err {
			t.Errorf("%s after it: got %v, want the same error", what, got)
		}
	}
	if _, got := l.Reserve(present("2026-02-04", 10_000_000)); got != err {
		t.Errorf("Reserve after it: got %v, want the same error", got)
	}
}

func TestDiskFull(t *testing.T) {
	files := Memory()
	l := open(t, files, "w1")
	files.FailAt(files.Operations()+1, errors.New("no space left on device"))
	_, err := l.Reserve(present("2026-02-03", 10_000_000))
	wants(t, "no room for the booking", err, Unsafe, "no space left")
	next := files.Restart()
	again := open(t, next, "w2")
	if left := again.OpenReservations(); len(left) != 0 {
		t.Errorf("%d bookings are open, want none: nothing was written", len(left))
	}
	reserve(t, again, present("2026-02-03", 10_000_000))
}

func TestTornLine(t *testing.T) {
	files := Memory()
	l := open(t, files, "w1")
	ticket := reserve(t, l, present("2026-02-03", 10_000_000))
	l.Close()
	whole, _ := files.ReadFile(segmentOf(1))
	for name, tail := range map[string][]byte{
		"half a line": []byte(`{"v":"1","seq":"5"`), "zero bytes": make([]byte, 100), "zero bytes and an end": append(make([]byte, 100), '\n'),
		"a whole record without its end": bytes.TrimSuffix(whole[bytes.LastIndexByte(whole[:len(whole)-1], '\n')+1:], []byte("\n")),
	} {
		next := files.Restart()
		next.WriteFile(segmentOf(1), append(bytes.Clone(whole), tail...))
		if report, err := Verify(next); err != nil || !report.OK() || report.Torn != len(tail) {
			t.Errorf("%s: verify %+v, %v", name, report, err)
		}
		again := open(t, next, "w2")
		if torn, _ := next.ReadFile(tornFile); !bytes.Equal(torn, append(bytes.Clone(tail), '\n')) {
			t.Errorf("%s: %s holds %q", name, tornFile, torn)
		}
		if left := again.OpenReservations(); len(left) != 1 || left[0] != ticket {
			t.Errorf("%s: open are %v, want %v", name, left, ticket)
		}
		again.Close()
		if report, err := Verify(next); err != nil || !report.OK() || report.Torn != 0 {
			t.Errorf("%s: verify afterwards %+v, %v", name, report, err)
		}
	}
}

func TestRecover(t *testing.T) {
	files := Memory()
	l := open(t, files, "w1")
	a, b := reserve(t, l, present("2026-02-03", 10_000_000)), reserve(t, l, present("2026-02-04", 10_000_000))
	next := open(t, files.Restart(), "w2")
	if left := next.OpenReservations(); len(left) != 2 || left[0] != a || left[1] != b {
		t.Fatalf("open are %v, want %v and %v", left, a, b)
	}
	_, err := next.Reserve(present("2026-02-05", 10_000_000))
	wants(t, "before they are settled", err, Unsafe, "2 bookings", "recover")
	wrong := func(string) (Found, bool) { return Found{Seq: 99, Head: a.Head, SHA256: digest("a"), Bytes: 7}, true }
	wants(t, "a folder of another booking", next.Recover(wrong), Unsafe, "anchor of record 99, but record 4 paid")
	found := func(id string) (Found, bool) {
		return Found{a.Seq, a.Head, digest("a"), 7, time.Date(2026, 2, 5, 5, 0, 0, 0, time.UTC)}, id == a.ReleaseID
	}
	if err := next.Recover(found); err != nil {
		t.Fatal(err)
	}
	if got, ok := next.Lookup(a.ReleaseID); !ok || got.SHA256 != digest("a") || got.NotBefore != "2026-02-05T05:00:00Z" {
		t.Errorf("recovered %+v, %v", got, ok)
	}
	if again := reserve(t, next, present("2026-02-04", 10_000_000)); again.Attempt != 1 {
		t.Errorf("the burnt one is booked again as %+v, want attempt 1", again)
	}
	if spent := next.Summary("", "").Days[1].Spent; spent != 2*account.Charge(24, account.Sigma2(24, 10_000_000)) {
		t.Errorf("the day of the burnt one bears %d, want both attempts", spent)
	}
}

// TestSegments: a small limit makes many files, and they are one chain.
func TestSegments(t *testing.T) {
	files, o := Memory(), options("w1")
	o.SegmentBytes = 1500
	l, err := Open(files, o)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 10 {
		ticket := reserve(t, l, present(fmt.Sprintf("2026-02-%02d", i+1), 10_000_000))
		if err := l.Released(ticket, digest("x"), 1, time.Time{}); err != nil {
			t.Fatal(err)
		}
	}
	l.Close()
	names, err := segments(files)
	if err != nil || len(names) < 5 {
		t.Fatalf("files %v, %v, want several", names, err)
	}
	report, err := Verify(files)
	if err != nil || !report.OK() || report.Records != 23 {
		t.Errorf("verify: %+v, %v", report, err)
	}
	if records, err := Read(files); err != nil || len(records) != 23 || records[22].Hash != report.Summary.Head {
		t.Errorf("%d records, %v", len(records), err)
	}
	gap := files.Restart()
	delete(gap.live, names[2])
	if _, err := Open(gap, o); KindOf(err) != Corrupt {
		t.Errorf("a file is missing: got %v, want Corrupt", err)
	}
	cut := files.Restart()
	content, _ := cut.ReadFile(names[1])
	cut.WriteFile(names[1], content[:len(content)-10])
	if _, err := Open(cut, o); KindOf(err) != Corrupt {
		t.Errorf("a file in the middle is cut: got %v, want Corrupt", err)
	}
}
