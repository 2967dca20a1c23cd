package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/throng-stats/throng/privacy/ledger"
	"github.com/throng-stats/throng/release"
)

// auditLedger is layer E: random histories of publishing, asking again, burning, crashing at any operation on the disk,
// and starting again, against the ledger's public interface on a disk that loses what was not synced. After every crash
// and at the end the files themselves are read and added up, apart from the ledger's own sums.
func auditLedger(histories int, seed uint64) []layerCheck {
	total := &history{}
	for i := range histories {
		h := &history{r: rand.New(rand.NewPCG(seed, uint64(i))), files: ledger.Memory(), drawn: map[uint64]int{}, digest: map[string]string{}, public: map[string]bool{}}
		h.run()
		total.merge(h)
	}
	seen := fmt.Sprintf("%d histories: %d published, %d refused, %d crashes, %d asked again, %d restored copies", histories, total.published, total.refused,
		total.crashes, total.again, total.restored)
	checks := []layerCheck{
		{"spent is at most the caps", seen, "always", total.overspent == 0, 0},
		{"no draw without a durable booking", fmt.Sprintf("%d draws", total.draws), "always", total.unpaid == 0, 0},
		{"no booking is drawn from twice", "", "always", total.twice == 0, 0},
		{"no release has two contents", "", "always", total.contents == 0, 0},
		{"the chain verifies", total.broken, "always", total.broken == "", 0},
		{"a restored older copy is refused", fmt.Sprintf("%d tries", total.restored), "always", total.accepted == 0 && total.restored > 0, 0},
	}
	if total.published*total.refused*total.crashes*total.again == 0 {
		checks = append(checks, layerCheck{"the histories hold something", seen, "of everything some", false, 0})
	}
	return checks
}

// never is an operation that no history reaches.
const never = 1 << 30

// history is one random history and what went wrong in it.
type history struct {
	r      *rand.Rand
	files  *ledger.RAM
	book   *ledger.Ledger
	drawn  map[uint64]int    // draws by the record that paid
	digest map[string]string // contents by release that were handed to the ledger last
	public map[string]bool   // releases that the ledger took
	crash  int               // operation at which the process crashes
	loss   ledger.Loss       // and what it loses then
	anchor []ledger.Footer

	published, refused, crashes, again, restored, draws int
	overspent, unpaid, twice, contents, accepted        int
	broken                                              string
}

func (h *history) merge(o *history) {
	for _, pair := range [][2]*int{{&h.published, &o.published}, {&h.refused, &o.refused}, {&h.crashes, &o.crashes}, {&h.again, &o.again},
		{&h.restored, &o.restored}, {&h.draws, &o.draws}, {&h.overspent, &o.overspent}, {&h.unpaid, &o.unpaid}, {&h.twice, &o.twice},
		{&h.contents, &o.contents}, {&h.accepted, &o.accepted}} {
		*pair[0] += *pair[1]
	}
	if h.broken == "" {
		h.broken = o.broken
	}
}

// auditCaps are small, so that they are met.
var auditCaps = ledger.Caps{Day: 100, Days30: 500, Days365: 1500}

func (h *history) options() ledger.Options {
	return ledger.Options{Scope: "audit", TimeZone: "UTC", Contract: contractDigest, Caps: auditCaps, Footers: h.anchor}
}

func (h *history) run() {
	for range 30 {
		var err error
		switch {
		case h.book == nil:
			err = h.start()
		case h.r.IntN(6) == 0:
			err = h.book.Close()
			h.book = nil
		default:
			err = h.release()
		}
		h.settle(err)
	}
	h.look()
	if report, err := ledger.Verify(h.files, h.anchor...); h.published > 0 && (err != nil || !report.OK()) {
		h.broken = fmt.Sprint(err, report.Violations)
	}
	h.restore()
}

// start opens the ledger; one in three processes will crash.
func (h *history) start() error {
	if h.crash, h.loss = never, ledger.LoseUnsynced; h.r.IntN(3) == 0 {
		h.crash, h.loss = h.files.Operations()+1+h.r.IntN(30), ledger.Loss(h.r.IntN(3))
	}
	h.files.CrashAt(h.crash, h.loss)
	book, err := ledger.Open(h.files, h.options())
	if err != nil {
		return err
	}
	h.book = book
	return book.Recover(func(string) (ledger.Found, bool) { return ledger.Found{}, false })
}

// release asks one of few questions, so that many are asked again.
func (h *history) release() error {
	rho := int64(1 + h.r.IntN(60))
	ticket, err := h.book.Reserve(ledger.Reservation{Product: "present", Spec: "audit", Period: fmt.Sprintf("2026-03-%02d", 1+h.r.IntN(12)),
		Parts: []ledger.Part{{Table: "total", D2: 1, Sigma2: 500_000_000, Rho: rho}}})
	if err != nil {
		return err
	}
	h.draws++
	h.drawn[ticket.Seq]++ // here the noise would be drawn
	if h.r.IntN(4) == 0 {
		h.look()
	}
	if h.r.IntN(8) == 0 {
		return h.book.Burnt(ticket, ledger.ReasonStopped)
	}
	if h.public[ticket.ReleaseID] {
		h.contents++
	}
	h.digest[ticket.ReleaseID] = release.Digest([]byte(fmt.Sprint(h.r.Uint64())))
	if err := h.book.Released(ticket, h.digest[ticket.ReleaseID], 1, time.Time{}); err != nil {
		return err
	}
	h.published++
	h.public[ticket.ReleaseID] = true
	h.anchor = append(h.anchor, ledger.Footer{ReleaseID: ticket.ReleaseID, Seq: ticket.Seq, Head: ticket.Head})
	return nil
}

// settle looks at the error of a step. After a crash the next process finds what is durable.
func (h *history) settle(err error) {
	already := (*ledger.AlreadyReleased)(nil)
	switch {
	case err == nil:
	case errors.As(err, &already):
		h.again++
		if h.digest[already.Release.ID] != already.Release.SHA256 {
			h.contents++
		}
	case errors.Is(err, ledger.ErrCrashed):
		h.crashes++
		h.files, h.book = h.files.Restart(), nil
		h.look()
	case ledger.KindOf(err) == ledger.Refused:
		h.refused++
	default:
		h.broken = err.Error()
	}
}

// look reads what would survive a loss of power now and adds it up: the bookings of each day and of every 30 days, and
// whether every draw was paid for by a record that is there.
func (h *history) look() {
	h.files.CrashAt(h.crash, ledger.LoseUnsynced)
	durable := h.files.Restart()
	h.files.CrashAt(h.crash, h.loss)
	records, err := ledger.Read(durable)
	if err != nil {
		if ledger.KindOf(err) != ledger.Missing {
			h.broken = err.Error()
		}
		return
	}
	paid, day, all := map[uint64]bool{}, map[string]int64{}, int64(0)
	for _, r := range records {
		if b, ok := r.Body.(*ledger.Booking); ok {
			paid[r.Seq] = true
			day[b.Charges[0].From] += b.Charges[0].Rho
			all += b.Charges[0].Rho
			if day[b.Charges[0].From] > auditCaps.Day || all > auditCaps.Days30 { // all days lie within 30
				h.overspent++
			}
		}
	}
	for seq, n := range h.drawn {
		if !paid[seq] {
			h.unpaid++
		}
		if n > 1 {
			h.twice++
		}
	}
}

// restore puts back a copy from before the last release: it must not open, because the release proves that it is old.
func (h *history) restore() {
	if h.book != nil {
		_ = h.book.Close()
	}
	if len(h.anchor) == 0 {
		return
	}
	last := slices.MaxFunc(h.anchor, func(a, b ledger.Footer) int { return int(a.Seq) - int(b.Seq) })
	old := h.files.Restart()
	names, err := old.List()
	if err != nil {
		h.broken = err.Error()
		return
	}
	for _, name := range names {
		if text, err := old.ReadFile(name); err == nil && len(name) > len("ledger-") && name[:7] == "ledger-" {
			old.WriteFile(name, linesBefore(text, last.Seq))
		}
	}
	h.restored++
	if book, err := ledger.Open(old, h.options()); err == nil || ledger.KindOf(err) != ledger.Unsafe {
		h.accepted++
		if book != nil {
			_ = book.Close()
		}
	}
}

// linesBefore keeps the first lines of a ledger's only file, up to but without the record of that number.
func linesBefore(text []byte, seq uint64) []byte {
	n := uint64(0)
	for i, c := range text {
		if c == '\n' {
			if n++; n == seq-1 {
				return text[:i+1]
			}
		}
	}
	return text
}
