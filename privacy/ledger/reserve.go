package ledger

import (
	"bytes"
	"slices"

	"github.com/throng-stats/throng/privacy/account"
)

// Reservation asks to pay for one release. All days are names of civil days, all losses nano-rho.
type Reservation struct {
	Product  string // id of the product
	Spec     string // canonical text of everything that decides what is counted: bounds, tables, domains, geography
	Contract string // SHA-256 of the contract; default: that of Options
	Code     string // version of the program; default: that of Options
	Period   string // name of the civil day or month that is reported
	Revision int    // 0 for the first, 1 for the planned revision, ...
	Parts    []Part // what each table costs; an empty Mech is "dgauss", a Rho of 0 is D2 / 2 Sigma2 rounded up

	// From and To are the first and the last civil day whose records can change the release, look-back and look-ahead
	// included; a monthly product charges each day of its month. Each of them bears RhoDay, at least the sum of Parts.
	// Default: From is Period where that is a day, To is From, RhoDay that sum.
	From, To string
	RhoDay   int64
	More     []Charge // further days, such as the day before of a product that carries past midnight

	// RhoSpan is the most that removing any set of days can cost. Default: everything that is charged.
	RhoSpan   int64
	DeltaSpan int64 // delta of tables with a threshold, in 1e-18

	// Input is a digest of what is counted (the files, in a fixed order). It is kept under a key and lets the ledger
	// tell whether an input has changed. Empty: not told.
	Input []byte
}

// Ticket is the proof that a release is paid for. Seq and Head go into its manifest.
type Ticket struct {
	ReleaseID string
	Seq       uint64
	Head      string // hash of the record that booked it
	Attempt   int
}

// Release is what the ledger knows about something that was published.
type Release struct {
	ID        string
	Product   string
	Period    string
	Revision  uint64
	Seq       uint64 // of the record that paid for it
	Head      string // hash of that record
	Attempt   uint64
	SHA256    string
	Bytes     int64
	NotBefore string
	Withdrawn bool
}

// ReleaseID names a release: 32 hexadecimal digits of the SHA-256 of ledger, scope, product, spec, period and revision.
// It never depends on data, so the same question has the same id in every process.
func (l *Ledger) ReleaseID(product, spec, period string, revision int) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.state.releaseID(product, hashOf([]byte(spec)), period, uint64(revision))
}

// Reserve books the whole cost of a release and returns when it is durable; only then may noise be drawn, once. Answers
// *AlreadyReleased when it is published and its input has not changed. Errors: Refused when a cap would be broken, when
// the input of a published release has changed, and for a release that was withdrawn; Busy while another goroutine makes
// the same release; Unsafe before Recover has settled what an earlier process left open; Invalid for a reservation that
// books less than its tables cost or makes no sense.
func (l *Ledger) Reserve(r Reservation) (Ticket, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failed != nil {
		return Ticket{}, l.failed
	}
	b := l.booking(r)
	if err := b.check(); err != nil {
		return Ticket{}, errorf(Invalid, "%w; nothing was booked", err)
	}
	if err := l.known(b); err != nil {
		return Ticket{}, err
	}
	w := b.window()
	if over, found := l.state.spent.excess(l.state.caps, w); found {
		return Ticket{}, l.state.spent.refuse(l.state.caps, w, over)
	}
	if err := l.append(KindReserve, b); err != nil {
		return Ticket{}, err
	}
	return l.state.entry(b.ReleaseID).ticket(b.ReleaseID), nil
}

// booking fills in what a reservation leaves to be filled in.
func (l *Ledger) booking(r Reservation) *Booking {
	b := &Booking{Product: r.Product, Period: r.Period, Revision: uint64(r.Revision), Spec: hashOf([]byte(r.Spec)), Contract: r.Contract,
		Code: r.Code, RhoSpan: r.RhoSpan, DeltaSpan: r.DeltaSpan, Input: l.keyed(r.Input)}
	if b.Contract == "" {
		b.Contract = l.opt.Contract
	}
	if b.Code == "" {
		b.Code = l.opt.Code
	}
	first := Charge{r.From, r.To, r.RhoDay}
	if first.From == "" {
		first.From = r.Period
	}
	if first.To == "" {
		first.To = first.From
	}
	sum := int64(0)
	for _, p := range r.Parts {
		b.Parts = append(b.Parts, p.filled())
		sum += min(b.Parts[len(b.Parts)-1].Rho, maxRho)
	}
	if first.Rho == 0 {
		first.Rho = sum
	}
	b.Charges = append([]Charge{first}, r.More...)
	b.ReleaseID = l.state.releaseID(b.Product, b.Spec, b.Period, b.Revision)
	if e := l.state.entry(b.ReleaseID); e != nil {
		b.Attempt = uint64(e.attempts)
	}
	if b.RhoSpan == 0 {
		b.RhoSpan = b.total()
	}
	return b
}

// total is everything that is charged, or 0 when the charges make no sense, which check will find.
func (b *Booking) total() int64 {
	sum := int64(0)
	for _, c := range b.Charges {
		from, ok1 := parseDay(c.From)
		to, ok2 := parseDay(c.To)
		if !ok1 || !ok2 || to < from || to-from >= maxWindow || c.Rho < 0 || c.Rho > maxRho {
			return 0
		}
		sum += int64(to-from+1) * c.Rho
	}
	return sum
}

// known answers a reservation from what is already in the ledger, or nil when it may go on.
func (l *Ledger) known(b *Booking) error {
	if e := l.state.entry(b.ReleaseID); e != nil {
		switch {
		case e.status == withdrawn:
			return errorf(Refused, "release %s (%s %s) was withdrawn; publish it under the next revision", b.ReleaseID, e.product, e.period)
		case e.status == released && changed(e.inputText(), b.Input):
			return l.changedInput(b)
		case e.status == released:
			return &AlreadyReleased{e.release(b.ReleaseID)}
		case e.status == reserved && e.last.epoch == l.state.epoch:
			return errorf(Busy, "release %s (%s %s) is being made; wait for it", b.ReleaseID, e.product, e.period)
		}
	}
	if left := l.leftOpen(); len(left) > 0 {
		return errorf(Unsafe, "%d bookings of an earlier process are neither published nor burnt; recover the ledger before anything new is booked", len(left))
	}
	if changed(l.state.inputs[question{b.Product, b.Period, b.Revision}].inputText(), b.Input) {
		return l.changedInput(b)
	}
	return nil
}

func (l *Ledger) changedInput(b *Booking) error {
	return errorf(Refused, "the input of %s %s has changed since it was published; the published numbers stay, a changed input needs the next revision and a budget of its own", b.Product, b.Period)
}

// changed reports whether two keyed digests of an input are both known and differ.
func changed(before, after string) bool { return before != "" && after != "" && before != after }

// Lookup returns what was published under an id; also when it was withdrawn.
func (l *Ledger) Lookup(releaseID string) (Release, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.state.entry(releaseID)
	if e == nil || !e.published {
		return Release{}, false
	}
	return e.release(releaseID), true
}

// Booked returns the last booking of a release, as it stands in the ledger: what a claim about the release is made from. That of a
// release which is not open any more is read from its file; false also when that cannot be read.
func (l *Ledger) Booked(releaseID string) (Booking, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.state.entry(releaseID)
	if e == nil {
		return Booking{}, false
	}
	key, _ := parseRelease(releaseID)
	b, ok := Booking{}, false
	if p := l.state.open[key]; p != nil {
		b, ok = *p.booking, true
	} else {
		b, ok = booked(l.files, e.last.headText())
	}
	b.Parts, b.Charges = slices.Clone(b.Parts), slices.Clone(b.Charges)
	return b, ok
}

// booked finds the booking whose record has a hash.
func booked(files Files, head string) (Booking, bool) {
	names, err := segments(files)
	if err != nil {
		return Booking{}, false
	}
	for _, name := range slices.Backward(names) {
		content, err := files.ReadFile(name)
		if err != nil {
			return Booking{}, false
		}
		for line := range bytes.Lines(content) {
			if line = bytes.TrimSuffix(line, []byte("\n")); hashOf(line) != head {
				continue
			}
			r, err := decode(line)
			b, ok := r.Body.(*Booking)
			if err != nil || !ok {
				return Booking{}, false
			}
			return *b, true
		}
	}
	return Booking{}, false
}

// InputOf returns the keyed digest of the input of the last booking of a release, "" when none was given.
func (l *Ledger) InputOf(releaseID string) (string, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.state.entry(releaseID)
	if e == nil {
		return "", false
	}
	return e.inputText(), true
}

// Input is the keyed digest under which this ledger would keep an input, to compare with InputOf.
func (l *Ledger) Input(digest []byte) string { return l.keyed(digest) }

// HasInput reports whether anything was ever booked for this input. Ledgers of several scopes with one key can so be
// asked whether the same persons are counted under another scope.
func (l *Ledger) HasInput(digest []byte) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	want := l.keyed(digest)
	for _, e := range l.state.entries {
		if want != "" && e.inputText() == want {
			return true
		}
	}
	return false
}

// filled completes a part: the discrete Gaussian is the mechanism, and its cost is what it costs.
func (p Part) filled() Part {
	if p.Mech == "" {
		p.Mech = "dgauss"
	}
	if p.Rho == 0 {
		p.Rho = account.Charge(p.D2, p.Sigma2)
	}
	return p
}
