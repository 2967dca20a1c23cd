package ledger

import (
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/throng-stats/throng/privacy/account"
)

// Limits of what one record may say. They keep every sum far from the end of its integers: 1100 days of 1e12 nano-rho
// are 1.1e15.
const (
	maxRho    = 1_000 * account.Nano // of a day, in nano-rho; nobody means more
	maxSpan   = 1_000_000 * account.Nano
	maxDelta  = 1_000_000_000_000_000_000 // 1, in 1e-18
	maxWindow = 1100                      // days from the first to the last day of an input window
	maxItems  = 16                        // parts, charges
)

// Reasons for which a booking is burnt.
const (
	ReasonCrash   = "crash"   // the process ended between the booking and the release
	ReasonStopped = "stopped" // somebody stopped it
	ReasonDisk    = "disk"    // the release could not be written
	ReasonFault   = "fault"   // anything else that went wrong
)

// Reasons for which a release is withdrawn. The list is closed, because a free text can carry what was seen in the data.
const (
	ReasonInput     = "input"     // the feed was wrong
	ReasonMethod    = "method"    // the method was wrong
	ReasonGeography = "geography" // the zones or the cell plan were wrong
	ReasonLegal     = "legal"     // a court, an authority or a contract says so
	ReasonVeto      = "veto"      // a person on the holder's side says so, before publication
)

var (
	burnReasons     = []string{ReasonCrash, ReasonStopped, ReasonDisk, ReasonFault}
	withdrawReasons = []string{ReasonInput, ReasonMethod, ReasonGeography, ReasonLegal, ReasonVeto}
	mechanisms      = []string{"dgauss", "dgauss+tau", "toeplitz"}
)

var (
	hex32  = regexp.MustCompile(`^[0-9a-f]{32}$`)
	hex64  = regexp.MustCompile(`^[0-9a-f]{64}$`)
	word   = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,63}$`)            // products and tables
	label  = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z:./_+-]{0,63}$`) // periods, writers, time zones
	anchor = regexp.MustCompile(`^[0-9]{1,20}:[0-9a-f]{64}$`)
	text   = regexp.MustCompile(`^[^\x00-\x1f\x7f]{0,200}$`)
)

// all answers the first of several demands that is not met.
func all(demands ...error) error {
	for _, err := range demands {
		if err != nil {
			return err
		}
	}
	return nil
}

func match(name, value string, shape *regexp.Regexp, want string) error {
	if shape.MatchString(value) {
		return nil
	}
	return fmt.Errorf("%s is %.80q, want %s", name, value, want)
}

func within(name string, value, low, high int64) error {
	if low <= value && value <= high {
		return nil
	}
	return fmt.Errorf("%s is %d, want %d to %d", name, value, low, high)
}

func isDigest(name, value string) error { return match(name, value, hex64, "64 hexadecimal digits") }
func isRelease(value string) error {
	return match("release_id", value, hex32, "32 hexadecimal digits")
}

func isTime(name, value string) error {
	if value == "" {
		return nil
	}
	if at, err := time.Parse(time.RFC3339, value); err != nil || at.UTC().Format(time.RFC3339) != value {
		return fmt.Errorf("%s is %.40q, want a time in UTC such as 2026-02-04T04:00:00Z", name, value)
	}
	return nil
}

func (r Record) check() error {
	if e, ok := r.Body.(*Ended); ok && (r.Kind == KindBurnt) != slices.Contains(burnReasons, e.Reason) {
		return fmt.Errorf("reason %.20q does not belong to it", e.Reason)
	}
	return all(isDigest("prev", r.Prev), match("writer", r.Writer, label, "letters and digits"), isTime("time", r.Time), r.Body.check())
}

func (g *Genesis) check() error {
	return all(match("ledger_id", g.LedgerID, hex32, "32 hexadecimal digits"),
		match("scope", g.Scope, text, "at most 200 signs"), match("zone", g.Zone, label, "a time zone such as Europe/Paris"))
}

func (o *Opened) check() error {
	for _, one := range o.Anchors {
		if err := match("anchors", one, anchor, "number:digest"); err != nil {
			return err
		}
	}
	return all(isDigest("previous_head", o.PreviousHead), within("number of anchors", int64(len(o.Anchors)), 0, 1))
}

func (c Caps) check() error {
	return all(within("cap_day", c.Day, 1, maxRho), within("cap_30", c.Days30, 1, maxSpan),
		within("cap_365", c.Days365, 1, maxSpan), within("cap_delta", c.Delta, 0, maxDelta))
}

func (c *CapsSet) check() error {
	if c.ValidFrom != "" || len(c.Signatures) != 0 {
		if err := c.checkRaise(); err != nil {
			return err
		}
	}
	return all(c.Caps.check(), isDigest("contract", c.Contract))
}

func (b *Booking) check() error {
	err := all(isRelease(b.ReleaseID), match("product", b.Product, word, "small letters, digits and -"),
		match("period", b.Period, label, "a day or month"), within("revision", int64(b.Revision), 0, 1_000),
		isDigest("spec", b.Spec), isDigest("contract", b.Contract), match("code", b.Code, text, "at most 200 signs"),
		within("number of parts", int64(len(b.Parts)), 1, maxItems), within("number of charges", int64(len(b.Charges)), 1, maxItems),
		within("delta_span", b.DeltaSpan, 0, maxDelta), within("attempt", int64(b.Attempt), 0, 1_000_000))
	if err == nil && b.Input != "" {
		err = isDigest("input", b.Input)
	}
	if err != nil {
		return err
	}
	parts := int64(0)
	for _, p := range b.Parts {
		if err := p.check(); err != nil {
			return err
		}
		parts += p.Rho
	}
	return b.checkCharges(parts)
}

func (p Part) check() error {
	if !slices.Contains(mechanisms, p.Mech) {
		return fmt.Errorf("mech of table %.40s is %.20q, want one of %v", p.Table, p.Mech, mechanisms)
	}
	err := all(match("table", p.Table, word, "small letters, digits and -"), within("rho of table "+p.Table, p.Rho, 1, maxRho))
	if err != nil {
		return err
	}
	if cost := account.Charge(p.D2, p.Sigma2); p.Rho < cost {
		return fmt.Errorf("table %s costs %d nano-rho (d2 %d, sigma2 %d), but %d are booked", p.Table, cost, p.D2, p.Sigma2, p.Rho)
	}
	return nil
}

// checkCharges: the day that bears most bears at least what all tables cost, and the span is at least what that day
// bears, because a day is one of the sets of days that can be removed.
func (b *Booking) checkCharges(parts int64) error {
	for _, c := range b.Charges {
		from, ok1 := parseDay(c.From)
		to, ok2 := parseDay(c.To)
		if !ok1 || !ok2 || to < from || to-from >= maxWindow {
			return fmt.Errorf("a charge runs from %.20q to %.20q, want days in ascending order, at most %d", c.From, c.To, maxWindow)
		}
		if err := within("rho of a charge", c.Rho, 1, maxRho); err != nil {
			return err
		}
	}
	w := b.window()
	if w.last-w.first >= maxWindow {
		return fmt.Errorf("the charges run from %v to %v, want at most %d days", w.first, w.last, maxWindow)
	}
	most := w.most()
	if most < parts {
		return fmt.Errorf("the tables cost %d nano-rho together, but no day is charged more than %d", parts, most)
	}
	return within("rho_span", b.RhoSpan, most, maxSpan*maxWindow)
}

func (p *Published) check() error {
	return all(isRelease(p.ReleaseID), isDigest("sha256", p.SHA256), within("bytes", p.Bytes, 1, 1<<50), isTime("not_before", p.NotBefore))
}

func (e *Ended) check() error {
	if !slices.Contains(burnReasons, e.Reason) && !slices.Contains(withdrawReasons, e.Reason) {
		return fmt.Errorf("reason is %.20q, want one of %v or %v", e.Reason, burnReasons, withdrawReasons)
	}
	return isRelease(e.ReleaseID)
}
