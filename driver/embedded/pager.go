package embedded

import (
	"slices"

	"github.com/throng-stats/throng/driver/embedded/internal/pages"
	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/feed"
	"github.com/throng-stats/throng/mobility"
	"github.com/throng-stats/throng/population"
)

// pager writes what the units of a period leave for their month. It belongs to one worker; a nil one keeps nothing.
type pager struct {
	out  *pages.Writer
	kin  *feed.Kin
	left []bool          // places whose records are left out
	page population.Page // at hand
	bad  error           // the first that went wrong
}

// book asks for the day into which a period goes and returns what makes a pager for each worker.
func (e *Engine) book(period int) func() *pager {
	if e.pass.Pages == nil || e.pass.Trips || e.pass.Sales {
		return func() *pager { return nil }
	}
	day, kin := e.pass.Pages(period)
	if day == nil {
		return func() *pager { return nil }
	}
	var left []bool
	if e.pass.LeaveOut != nil {
		left = e.pass.LeaveOut(period)
	}
	return func() *pager { return &pager{out: day.Writer(), kin: kin, left: left} }
}

// keep writes the page of a unit and day: whoever has a clean record has one, also from or in another country.
func (p *pager) keep(m *mobility.Machine, unit uint64, sim uint16, u *population.Unit) {
	if p == nil || p.bad != nil {
		return
	}
	seen := u.Day.Seen
	if p.left != nil {
		seen = slices.DeleteFunc(slices.Clone(seen), func(s mobility.Seen) bool { return s.Place != event.NoPlace && p.left[s.Place] })
	}
	if len(seen) == 0 {
		return
	}
	p.page = population.Page{Unit: unit, Attr: u.Attr, SIM: sim, Inbound: u.Inbound, Seen: m.Thin(p.page.Seen[:0], seen)}
	p.page.Before, p.page.After = p.kin.Of(unit)
	p.bad = p.out.Add(&p.page)
}

// fault is the first error of a page.
func (p *pager) fault() error {
	if p == nil {
		return nil
	}
	return p.bad
}

// end hands over what is left.
func (p *pager) end() error {
	if p == nil || p.bad != nil {
		return p.fault()
	}
	return p.out.Flush()
}
