package ledger

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
)

var histories = flag.Int("histories", 100, "number of random histories of the model test")

// TestModel runs random histories of releases, burnt bookings, withdrawals, questions asked again, crashes, restarts,
// lowered caps and second writers, and holds the files against the invariants and against plain arithmetic. With
// -histories 10000 it is the long form.
func TestModel(t *testing.T) {
	n := *histories
	if testing.Short() {
		n /= 10
	}
	t.Logf("%d histories, seeds 0 to %d", n, n-1)
	counts := map[string]int{}
	for seed := range n {
		history(t, uint64(seed), counts)
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	t.Logf("what happened: %v", counts)
	for _, must := range []string{"published", "refused", "crashed", "asked again", "burnt", "withdrawn", "caps lowered", "overtaken"} {
		if counts[must] == 0 {
			t.Errorf("no history has %q; the test looks at too little", must)
		}
	}
}

// run is one history.
type run struct {
	*world
	r      *rand.Rand
	l      *Ledger
	caps   Caps
	counts map[string]int
}

func history(t *testing.T, seed uint64, counts map[string]int) {
	h := &run{world: &world{t: t, files: Memory(), out: map[string]string{}}, r: rand.New(rand.NewPCG(seed, 10)), counts: counts,
		caps: Caps{Day: 100, Days30: 700, Days365: 1500}}
	for range 40 {
		if h.l == nil {
			h.open()
			continue
		}
		h.settle(h.step())
		if t.Failed() {
			return
		}
	}
	h.check("in the end")
}

// open starts a process, which may crash later.
func (h *run) open() {
	if h.r.IntN(3) == 0 {
		h.files.CrashAt(h.files.Operations()+1+h.r.IntN(40), Loss(h.r.IntN(3)))
	}
	l, err := h.start(func(o *Options) { o.Caps = h.caps })
	h.l = l
	h.settle(err)
}

// step does one thing at random.
func (h *run) step() error {
	switch p := h.r.IntN(100); {
	case p < 60:
		return h.release()
	case p < 70:
		ticket, err := h.l.Reserve(h.reservation())
		if err != nil {
			return err
		}
		h.counts["burnt"]++
		return h.l.Burnt(ticket, burnReasons[h.r.IntN(len(burnReasons))])
	case p < 75:
		for id := range h.out {
			if err := h.l.Withdrawn(id, ReasonInput); KindOf(err) != Missing {
				h.counts["withdrawn"]++
				return err
			}
		}
		return nil
	case p < 80:
		h.overtake()
		return nil
	case p < 85:
		h.caps.Day -= h.r.Int64N(10)
		h.caps.Days30 -= h.r.Int64N(50)
		h.counts["caps lowered"]++
		fallthrough // a writer learns of lower caps when it opens
	default:
		err := h.l.Close()
		h.l = nil
		return err
	}
}

// reservation draws one of few questions, so that many are asked again.
func (h *run) reservation() Reservation {
	day := func(d int) string { return fmt.Sprintf("2026-03-%02d", d) }
	at := 1 + h.r.IntN(20)
	rho := int64(1 + h.r.IntN(60))
	r := Reservation{Product: "present", Spec: fmt.Sprint(h.r.IntN(2)), Period: day(at), Parts: []Part{{Table: "total", D2: 1, Sigma2: 500_000_000, Rho: rho}}}
	switch h.r.IntN(4) {
	case 0: // a long input window with a span
		r.Product, r.From, r.To = "usual", day(at), day(min(31, at+h.r.IntN(12)))
		r.RhoSpan = rho + h.r.Int64N(100)
	case 1: // carried days
		r.More = []Charge{{day(at + 1), day(at + 2), 1 + h.r.Int64N(20)}}
	}
	return r
}

// release publishes, and holds every answer against plain arithmetic on the records.
func (h *run) release() error {
	r := h.reservation()
	b := h.l.booking(r)
	if err := b.check(); err != nil {
		h.t.Errorf("the test's own reservation: %v", err)
		return nil
	}
	before, readErr := Read(h.files)
	known := h.out[b.ReleaseID] != ""
	draws := len(h.draws)
	err := h.publish(h.l, r)
	if readErr != nil || errors.Is(err, ErrCrashed) {
		return err
	}
	over, which := breaksAfter(before, b)
	drawn := len(h.draws) > draws
	switch {
	case known && drawn:
		h.t.Errorf("release %s was published and is drawn again", b.ReleaseID)
	case known:
		h.counts["asked again"]++
	case drawn && over:
		h.t.Errorf("booked although a cap is broken: %s", which)
	case KindOf(err) == Refused && !over:
		h.t.Errorf("refused although every cap holds: %v", err)
	case KindOf(err) == Refused:
		h.counts["refused"]++
	case err == nil:
		h.counts["published"]++
	}
	return err
}

// breaksAfter asks whether a booking breaks a cap after what is recorded.
func breaksAfter(records []Record, b *Booking) (bool, string) {
	var caps Caps
	var booked []plain
	for _, r := range records {
		switch body := r.Body.(type) {
		case *CapsSet:
			caps = body.Caps
		case *Booking:
			booked = append(booked, plainly(body))
		}
	}
	return breaks(caps, append(booked, plainly(b)))
}

// overtake lets a second writer in, as if locks did not work; the first must not go on.
func (h *run) overtake() {
	if h.files.crashAt > 0 {
		return // one disaster at a time
	}
	old := h.l
	h.files.BreakLock()
	h.l = nil
	if h.open(); h.l == nil {
		return
	}
	r := h.reservation()
	r.Period, r.From, r.To = "2026-03-31", "2026-03-31", "2026-03-31"
	if _, err := old.Reserve(r); err == nil || KindOf(err) != Busy && KindOf(err) != Refused && !errors.Is(err, ErrCrashed) {
		h.t.Errorf("a writer that was overtaken answers %v, want Busy", err)
	}
	h.counts["overtaken"]++
}

// settle looks at the error of a step. A crash restarts the folder; refusals are part of life; nothing else may happen.
func (h *run) settle(err error) {
	switch {
	case err == nil || KindOf(err) == Refused || KindOf(err) == "released":
	case errors.Is(err, ErrCrashed):
		h.counts["crashed"]++
		h.files = h.files.Restart()
		h.l = nil
		h.check("after a crash")
	default:
		h.t.Errorf("unexpected: %v", err)
	}
}
