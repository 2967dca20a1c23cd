package ledger

import (
	"maps"
	"slices"

	"github.com/throng-stats/throng/privacy/account"
)

// window is what one booking charges to each civil day.
type window struct {
	first, last day
	rho         map[day]int64
	total       int64
	span        int64 // most that removing any set of days can cost
	delta       int64
}

// window reads the charges of a booking; ranges may overlap.
func (b *Booking) window() window {
	w := window{rho: make(map[day]int64), span: b.RhoSpan, delta: b.DeltaSpan}
	for i, c := range b.Charges {
		from, _ := parseDay(c.From)
		to, _ := parseDay(c.To)
		for d := from; d <= to; d++ {
			w.rho[d] += c.Rho
			w.total += c.Rho
		}
		if i == 0 {
			w.first, w.last = from, to
		}
		w.first, w.last = min(w.first, from), max(w.last, to)
	}
	return w
}

func (w window) most() int64 { return slices.Max(slices.Collect(maps.Values(w.rho))) }

// shifted is the same booking some days later.
func (w window) shifted(by day) window {
	later := make(map[day]int64, len(w.rho))
	for d, rho := range w.rho {
		later[d+by] = rho
	}
	w.first, w.last, w.rho = w.first+by, w.last+by, later
	return w
}

// in is what the booking costs in the days from..to: what it charges to them, at most its span.
func (w window) in(from, to day) int64 {
	sum := int64(0)
	for d := max(from, w.first); d <= min(to, w.last); d++ {
		sum += w.rho[d]
	}
	return min(sum, w.span)
}

// spending is everything that was booked. Reserved, released, burnt and withdrawn are counted alike.
type spending struct {
	day     map[day]int64 // what each civil day bears
	plain   map[day]int64 // of bookings whose span is no less than their charges together: these simply add
	spanned []window      // the others
	deltas  []window      // bookings with a delta
	total   int64
}

func newSpending() *spending {
	return &spending{day: make(map[day]int64), plain: make(map[day]int64)}
}

func (s *spending) add(w window) {
	for d, rho := range w.rho {
		s.day[d] += rho
		if w.span >= w.total {
			s.plain[d] += rho
		}
	}
	if w.span < w.total {
		s.spanned = append(s.spanned, w)
	}
	if w.delta > 0 {
		s.deltas = append(s.deltas, w)
	}
	s.total += min(w.total, w.span)
}

// in is what is booked in the days from..to.
func (s *spending) in(from, to day) int64 {
	sum := int64(0)
	for d := from; d <= to; d++ {
		sum += s.plain[d]
	}
	for _, w := range s.spanned {
		sum += w.in(from, to)
	}
	return sum
}

// worst is the most that any n days in a row bear. It is reached by days that begin with a charged one.
func (s *spending) worst(n day) int64 {
	worst := int64(0)
	for d := range s.day {
		worst = max(worst, s.in(d, d+n-1))
	}
	return worst
}

// days lists the charged days, ascending.
func (s *spending) days() []day { return slices.Sorted(maps.Keys(s.day)) }

// short says which cap a booking would break.
type short struct {
	from, to   day
	days       day // 1, 30 or 365
	cost, left int64
	delta      bool // cost and left are delta in 1e-18
}

// excess is the first cap that the booking would break, or false. It is checked for every day that is charged, then for
// every 30 and every 365 days in a row that meet the charged days.
func (s *spending) excess(caps Caps, w window) (short, bool) {
	for d := w.first; d <= w.last; d++ {
		if rho := w.rho[d]; rho > 0 && s.day[d]+rho > caps.Day {
			return short{from: d, to: d, days: 1, cost: rho, left: caps.Day - s.day[d]}, true
		}
	}
	for _, c := range []struct {
		days day
		cap  int64
	}{{30, caps.Days30}, {365, caps.Days365}} {
		if found, over := s.slide(w, c.days, c.cap); over {
			return found, true
		}
	}
	return s.excessDelta(caps, w)
}

// slide moves n days in a row over the booking. What the plain bookings charge is kept as a running sum.
func (s *spending) slide(w window, n day, limit int64) (short, bool) {
	var near []window
	for _, other := range s.spanned {
		if other.last > w.first-n && other.first < w.last+n {
			near = append(near, other)
		}
	}
	from := w.first - n + 1
	plain, own := int64(0), int64(0)
	for d := from; d < from+n; d++ {
		plain += s.plain[d]
		own += w.rho[d]
	}
	for ; from <= w.last; from++ {
		if cost := min(own, w.span); cost > 0 {
			booked := plain
			for _, other := range near {
				booked += other.in(from, from+n-1)
			}
			if booked+cost > limit {
				return short{from: from, to: from + n - 1, days: n, cost: cost, left: limit - booked}, true
			}
		}
		plain += s.plain[from+n] - s.plain[from]
		own += w.rho[from+n] - w.rho[from]
	}
	return short{}, false
}

// excessDelta adds the deltas of all bookings that meet any 365 days in a row which meet this one.
func (s *spending) excessDelta(caps Caps, w window) (short, bool) {
	if w.delta == 0 {
		return short{}, false
	}
	for from := w.first - 364; from <= w.last; from++ {
		booked := int64(0)
		for _, other := range s.deltas {
			if other.last >= from && other.first <= from+364 {
				booked += min(other.delta, maxDelta-booked)
			}
		}
		if booked > caps.Delta-w.delta {
			return short{from: from, to: from + 364, days: 365, cost: w.delta, left: caps.Delta - booked, delta: true}, true
		}
	}
	return short{}, false
}

// until is the first day on which the same booking would fit, or false when none of the next 400 days is one.
func (s *spending) until(caps Caps, w window) (day, bool) {
	for by := day(1); by <= 400; by++ {
		later := w.shifted(by)
		if _, over := s.excess(caps, later); !over {
			return later.first, true
		}
	}
	return 0, false
}

// refuse writes the refusal of a booking that would break a cap.
func (s *spending) refuse(caps Caps, w window, over short) error {
	until := ""
	if d, ok := s.until(caps, w); ok {
		until = " until " + d.String()
	}
	cost, left := "rho "+account.Decimal(over.cost), account.Decimal(max(0, over.left))
	if over.delta {
		return errorf(Refused, "this release adds %d e-18 to delta, but %d e-18 is left in the 365 days from %v to %v; leave out the tables with a threshold or wait", over.cost, max(0, over.left), over.from, over.to)
	}
	if over.days == 1 {
		return errorf(Refused, "this release costs %s on %v, but %s is left%s; publish fewer cells or wait", cost, over.from, left, until)
	}
	return errorf(Refused, "this release costs %s in the %d days from %v to %v, but %s is left%s; publish fewer cells or wait", cost, over.days, over.from, over.to, left, until)
}
