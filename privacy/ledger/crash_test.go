package ledger

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"
)

// world publishes releases as the real thing does, with a folder of releases that crashes together with the ledger, and
// remembers, as only a test can, everything that was ever drawn and published.
type world struct {
	t       *testing.T
	files   *RAM
	writers int
	draws   []Ticket          // one for each draw of noise
	out     map[string]string // digest of what was ever published, by release
}

const releasePrefix = "release-"

// start opens the ledger, with the anchors of all releases in the folder, and recovers it.
func (w *world) start(change func(*Options)) (*Ledger, error) {
	w.writers++
	o := options(fmt.Sprint("writer-", w.writers))
	o.SegmentBytes = 2500 // several files in every history
	o.Footers = w.footers(w.files)
	if change != nil {
		change(&o)
	}
	l, err := Open(w.files, o)
	if err != nil {
		return nil, err
	}
	return l, l.Recover(w.find)
}

// footers reads the anchors in the folder. A release holds "seq head draw".
func (w *world) footers(files *RAM) []Footer {
	names, _ := files.List()
	var list []Footer
	for _, name := range names {
		id, ok := strings.CutPrefix(name, releasePrefix)
		if content, err := files.ReadFile(name); ok && err == nil && !strings.HasSuffix(name, ".tmp") {
			f := Footer{ReleaseID: id}
			fmt.Sscan(string(content), &f.Seq, &f.Head)
			list = append(list, f)
		}
	}
	return list
}

func (w *world) find(id string) (Found, bool) {
	content, err := w.files.ReadFile(releasePrefix + id)
	if err != nil {
		return Found{}, false
	}
	f := Found{SHA256: digest(string(content)), Bytes: int64(len(content))}
	fmt.Sscan(string(content), &f.Seq, &f.Head)
	w.saw(id, f.SHA256)
	return f, true
}

// saw checks that a release never has two digests.
func (w *world) saw(id, sha string) {
	if before, ok := w.out[id]; ok && before != sha {
		w.t.Errorf("release %s has two digests", id)
	}
	w.out[id] = sha
}

// publish goes the whole way of one release.
func (w *world) publish(l *Ledger, r Reservation) error {
	ticket, err := l.Reserve(r)
	var already *AlreadyReleased
	if errors.As(err, &already) {
		w.saw(already.Release.ID, already.Release.SHA256)
		content, err := w.files.ReadFile(releasePrefix + already.Release.ID)
		if err != nil || digest(string(content)) != already.Release.SHA256 {
			w.t.Errorf("release %s is booked as published, but its bytes are %q, %v", already.Release.ID, content, err)
		}
		return nil
	}
	if err != nil {
		return err
	}
	w.draws = append(w.draws, ticket)
	content := fmt.Sprintf("%d %s %d", ticket.Seq, ticket.Head, len(w.draws)) // no two draws are the same
	if err := replace(w.files, releasePrefix+ticket.ReleaseID, []byte(content)); err != nil {
		return err
	}
	if err := l.Released(ticket, digest(content), int64(len(content)), time.Time{}); err != nil {
		return err
	}
	w.saw(ticket.ReleaseID, digest(content))
	return nil
}

// check holds what must be true of the files at any time, whatever happened before.
func (w *world) check(what string) {
	w.t.Helper()
	report, err := Verify(w.files, w.footers(w.files)...)
	if KindOf(err) == Missing && len(w.draws) == 0 {
		return // it crashed before the first line
	}
	if err != nil || !report.OK() {
		w.t.Errorf("%s: verify %v, %v", what, report.Violations, err)
		return
	}
	records, err := Read(w.files)
	if err != nil {
		w.t.Errorf("%s: %v", what, err)
		return
	}
	seen := map[uint64]bool{}
	for _, draw := range w.draws {
		if draw.Seq > uint64(len(records)) || records[draw.Seq-1].Kind != KindReserve || records[draw.Seq-1].Hash != draw.Head {
			w.t.Errorf("%s: noise was drawn for record %d, which is not on the disk", what, draw.Seq)
		}
		if seen[draw.Seq] {
			w.t.Errorf("%s: noise was drawn twice for record %d", what, draw.Seq)
		}
		seen[draw.Seq] = true
	}
	if over, which := exceeds(records); over {
		w.t.Errorf("%s: spent more than the caps: %s", what, which)
	}
}

// script is what the crash matrix runs: three releases, one of them burnt and made again, in two processes.
func (w *world) script() error {
	l, err := w.start(nil)
	if err != nil {
		return err
	}
	if err := w.publish(l, present("2026-02-03", 20_000_000)); err != nil {
		return err
	}
	r := present("2026-02-04", 20_000_000)
	ticket, err := l.Reserve(r)
	if err == nil {
		err = l.Burnt(ticket, ReasonStopped)
	}
	if err != nil && KindOf(err) != "released" {
		return err
	}
	if err := l.Close(); err != nil {
		return err
	}
	if l, err = w.start(nil); err != nil {
		return err
	}
	if err := w.publish(l, r); err != nil {
		return err
	}
	month := Reservation{Product: "usual", Spec: "home", Period: "2026-02", From: "2026-02-01", To: "2026-02-28",
		Parts: []Part{{Table: "home", D2: 2, Sigma2: 500}}}
	if err := w.publish(l, month); err != nil {
		return err
	}
	return l.Close()
}

// TestCrashMatrix crashes at every operation in turn, with every kind of loss, restarts, and runs the script to its end.
func TestCrashMatrix(t *testing.T) {
	clean := &world{t: t, files: Memory(), out: map[string]string{}}
	if err := clean.script(); err != nil {
		t.Fatal(err)
	}
	clean.check("without a crash")
	n := clean.files.Operations()
	t.Logf("%d operations, 3 losses", n)
	for at := 1; at <= n; at++ {
		for _, loss := range []Loss{LoseNothing, LoseUnsynced, LoseHalf} {
			what := fmt.Sprintf("crash at operation %d (%s), loss %d", at, operation(clean.files, at), loss)
			w := &world{t: t, files: Memory(), out: map[string]string{}}
			w.files.CrashAt(at, loss)
			if err := w.script(); !errors.Is(err, ErrCrashed) {
				t.Errorf("%s: the script ended with %v, want the crash", what, err)
			}
			w.files = w.files.Restart()
			w.check(what)
			if err := w.script(); err != nil {
				t.Errorf("%s: after the restart: %v", what, err)
			}
			w.check(what + ", afterwards")
			if len(w.out) != 3 {
				t.Errorf("%s: %d releases in the end, want 3", what, len(w.out))
			}
		}
		if t.Failed() {
			return // one crash explains itself better than all
		}
	}
}

// operation is the line of the log of the n-th operation.
func operation(files *RAM, n int) string {
	for _, line := range files.Log() {
		if line == "list" || strings.HasPrefix(line, "read ") || strings.HasPrefix(line, "# ") {
			continue
		}
		if n--; n == 0 {
			return line
		}
	}
	return "none"
}

// exceeds recomputes, from the records alone and as plainly as possible, whether the caps in force were ever broken. It
// shares nothing with the code under test but the format.
func exceeds(records []Record) (bool, string) {
	var caps Caps
	var booked []plain
	for _, r := range records {
		switch body := r.Body.(type) {
		case *CapsSet:
			caps = body.Caps
		case *Booking:
			booked = append(booked, plainly(body))
			if over, which := breaks(caps, booked); over {
				return true, fmt.Sprintf("record %d: %s", r.Seq, which)
			}
		}
	}
	return false, ""
}

// plain is what a booking charges, its days as numbers.
type plain struct {
	ranges []span
	most   int64
}

type span struct{ from, to, rho int64 }

func plainly(b *Booking) plain {
	p := plain{most: b.RhoSpan}
	for _, c := range b.Charges {
		p.ranges = append(p.ranges, span{date(c.From), date(c.To), c.Rho})
	}
	return p
}

// breaks asks whether the last booking breaks a cap.
func breaks(caps Caps, booked []plain) (bool, string) {
	newest := booked[len(booked)-1]
	first, last := newest.ranges[0].from, newest.ranges[0].to
	for _, c := range newest.ranges {
		first, last = min(first, c.from), max(last, c.to)
	}
	for _, rule := range []struct{ days, cap int64 }{{1, caps.Day}, {30, caps.Days30}, {365, caps.Days365}} {
		for from := first - rule.days + 1; from <= last; from++ {
			if within := newest.in(from, from+rule.days-1); within == 0 {
				continue
			}
			sum := int64(0)
			for _, b := range booked {
				sum += b.in(from, from+rule.days-1)
			}
			if sum > rule.cap {
				return true, fmt.Sprintf("%d in the %d days from %d, the cap is %d", sum, rule.days, from, rule.cap)
			}
		}
	}
	return false, ""
}

func (p plain) in(from, to int64) int64 {
	sum := int64(0)
	for _, c := range p.ranges {
		if days := min(to, c.to) - max(from, c.from) + 1; days > 0 {
			sum += days * c.rho
		}
	}
	if from == to {
		return sum // a day bears its whole charge
	}
	return min(sum, p.most)
}

func date(name string) int64 {
	t, err := time.Parse(time.DateOnly, name)
	if err != nil {
		panic(err)
	}
	return int64(t.Sub(time.Unix(0, 0)).Hours()) / 24
}

// TestMissingSyncIsNoticed breaks the promise on purpose, so that the matrix is known to be able to fail: with writes that
// are not synced, a crash must show a draw without a booking.
func TestMissingSyncIsNoticed(t *testing.T) {
	silent := &testing.T{}
	w := &world{t: silent, files: Memory(), out: map[string]string{}}
	l, err := w.start(nil)
	if err != nil {
		t.Fatal(err)
	}
	l.segment = unsynced{l.segment}
	if err := w.publish(l, present("2026-02-03", 20_000_000)); err != nil {
		t.Fatal(err)
	}
	w.files.loss = LoseUnsynced
	w.files = w.files.Restart()
	w.check("without sync")
	if !silent.Failed() {
		t.Error("a booking was lost and nobody noticed")
	}
}

type unsynced struct{ File }

func (unsynced) Sync() error { return nil }

func TestMemoryLosses(t *testing.T) {
	write := func(files *RAM) error {
		f, err := files.Create("a")
		if err == nil {
			err = writeSynced(f, []byte("synced"))
		}
		if err == nil {
			err = files.SyncDir()
		}
		if err == nil {
			_, err = f.Write([]byte("more"))
		}
		return err
	}
	for _, c := range []struct {
		at   int
		loss Loss
		want string // content after the restart, "-" when the name is gone
	}{
		{1, LoseNothing, ""}, {1, LoseUnsynced, "-"}, {1, LoseHalf, "-"},
		{2, LoseNothing, "synced"}, {2, LoseUnsynced, "-"}, {2, LoseHalf, "syn"},
		{3, LoseNothing, "synced"}, {3, LoseUnsynced, "-"}, {3, LoseHalf, "syn"},
		{4, LoseNothing, "synced"}, {4, LoseUnsynced, "-"}, {4, LoseHalf, "synced"},
		{5, LoseNothing, "syncedmore"}, {5, LoseUnsynced, "synced"}, {5, LoseHalf, "syncedmo"},
	} {
		files := Memory()
		files.CrashAt(c.at, c.loss)
		if err := write(files); !errors.Is(err, ErrCrashed) {
			t.Errorf("operation %d: got %v, want a crash", c.at, err)
		}
		if _, err := files.List(); !errors.Is(err, ErrCrashed) {
			t.Errorf("operation %d: the folder still answers after the crash", c.at)
		}
		got, err := files.Restart().ReadFile("a")
		if c.want == "-" && !errors.Is(err, fs.ErrNotExist) || c.want != "-" && !slices.Equal(got, []byte(c.want)) {
			t.Errorf("operation %d, loss %d: got %q, %v, want %q", c.at, c.loss, got, err, c.want)
		}
	}
}
