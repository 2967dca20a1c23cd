package ledger

import (
	"maps"
	"slices"

	"github.com/throng-stats/throng/privacy/account"
)

// window is what one booking charges to each civil day.
type window struct {
	first, last day
	rho         []int64 // from first to last
	total       int64
	span        int64 // most that removing any set of days can cost
	delta       int64
}

// window reads the charges of a booking; ranges may overlap.
func (b *Booking) window() window {
	w := window{span: b.RhoSpan, delta: b.DeltaSpan}
	ranges := make([][2]day, len(b.Charges))
	for i, c := range b.Charges {
		ranges[i][0], _ = parseDay(c.From)
		ranges[i][1], _ = parseDay(c.To)
		if i == 0 {
			w.first, w.last = ranges[i][0], ranges[i][1]
		}
		w.first, w.last = min(w.first, ranges[i][0]), max(w.last, ranges[i][1])
	}
	w.rho = make([]int64, w.last-w.first+1)
	for i, c := range b.Charges {
		for d := ranges[i][0]; d <= ranges[i][1]; d++ {
			w.rho[d-w.first] += c.Rho
			w.total += c.Rho
		}
	}
	return w
}

func (w window) most() int64 { return slices.Max(w.rho) }

// at is what one day bears, 0 outside the booking.
func (w window) at(d day) int64 {
	if d < w.first || d > w.last {
		return 0
	}
	return w.rho[d-w.first]
}

// shifted is the same booking some days later.
func (w window) shifted(by day) window {
	w.first, w.last = w.first+by, w.last+by
	return w
}

// in is what the booking costs in the days from..to: what it charges to them, at most its span.
func (w window) in(from, to day) int64 {
	sum := int64(0)
	for d := max(from, w.first); d <= min(to, w.last); d++ {
		sum += w.rho[d-w.first]
	}
	return min(sum, w.span)
}

// spending is everything that was booked. Reserved, released, burnt and withdrawn are counted alike.
type spending struct {
	day     map[day]int64 // what each civil day bears
	plain   map[day]int64 // of bookings whose span is no less than their charges together: these simply add
	spanned equals        // the others
	deltas  equals        // bookings with a delta
	total   int64
}

// equals are windows, each with how many bookings have it: the bins of a day are booked alike, so there are a few a day.
type equals []equal

type equal struct {
	window
	times int64
}

// add looks from the end, where the bookings of the same day are.
func (e equals) add(w window) equals {
	for i, one := range slices.Backward(e) {
		if one.first == w.first && one.last == w.last && one.span == w.span && one.delta == w.delta && slices.Equal(one.rho, w.rho) {
			e[i].times++
			return e
		}
	}
	return append(e, equal{w, 1})
}

func newSpending() *spending {
	return &spending{day: make(map[day]int64), plain: make(map[day]int64)}
}

func (s *spending) add(w window) {
	for i, rho := range w.rho {
		if rho == 0 {
			continue
		}
		d := w.first + day(i)
		s.day[d] += rho
		if w.span >= w.total {
			s.plain[d] += rho
		}
	}
	if w.span < w.total {
		s.spanned = s.spanned.add(w)
	}
	if w.delta > 0 {
		s.deltas = s.deltas.add(w)
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
		sum += w.times * w.in(from, to)
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
func (s *spending) excess(caps schedule, w window) (short, bool) {
	return s.excessBeside(caps, w, s.row(w.first-365, w.last+366))
}

// row is what the plain bookings charge to each of the days from..to, for a scan.
func (s *spending) row(from, to day) window {
	r := window{first: from, last: to, rho: make([]int64, to-from+1)}
	for i := range r.rho {
		r.rho[i] = s.plain[from+day(i)]
	}
	return r
}

func (s *spending) excessBeside(caps schedule, w, plain window) (short, bool) {
	for d := w.first; d <= w.last; d++ {
		limit := caps.at(d).Day
		if rho := w.at(d); rho > 0 && s.day[d]+rho > limit {
			return short{from: d, to: d, days: 1, cost: rho, left: limit - s.day[d]}, true
		}
	}
	for _, c := range []struct {
		days day
		cap  func(last day) int64
	}{{30, func(last day) int64 { return caps.at(last).Days30 }}, {365, func(last day) int64 { return caps.at(last).Days365 }}} {
		if found, over := s.slide(w, plain, c.days, c.cap); over {
			return found, true
		}
	}
	return s.excessDelta(caps, w)
}

// slide moves n days in a row over the booking, with running sums of what it and the plain bookings charge to them. The
// limit is that of the last of the days.
func (s *spending) slide(w, plain window, n day, limit func(last day) int64) (short, bool) {
	var near equals
	for _, other := range s.spanned {
		if other.last > w.first-n && other.first < w.last+n {
			near = append(near, other)
		}
	}
	from := w.first - n + 1
	before, own := int64(0), int64(0)
	for d := from; d < from+n; d++ {
		before += plain.at(d)
		own += w.at(d)
	}
	for ; from <= w.last; from++ {
		if cost := min(own, w.span); cost > 0 {
			booked := before
			for _, other := range near {
				booked += other.times * other.in(from, from+n-1)
			}
			if most := limit(from + n - 1); booked+cost > most {
				return short{from: from, to: from + n - 1, days: n, cost: cost, left: most - booked}, true
			}
		}
		before += plain.at(from+n) - plain.at(from)
		own += w.at(from+n) - w.at(from)
	}
	return short{}, false
}

// excessDelta adds the deltas of all bookings that meet any 365 days in a row which meet this one.
func (s *spending) excessDelta(caps schedule, w window) (short, bool) {
	if w.delta == 0 {
		return short{}, false
	}
	for from := w.first - 364; from <= w.last; from++ {
		booked := int64(0)
		for _, other := range s.deltas {
			if other.last >= from && other.first <= from+364 {
				for range other.times {
					booked += min(other.delta, maxDelta-booked)
				}
			}
		}
		if most := caps.at(from + 364).Delta; booked > most-w.delta {
			return short{from: from, to: from + 364, days: 365, cost: w.delta, left: most - booked, delta: true}, true
		}
	}
	return short{}, false
}

// until is the first day on which the same booking would fit, or false when none of the next 400 days is one.
func (s *spending) until(caps schedule, w window) (day, bool) {
	plain := s.row(w.first-365, w.last+366+400)
	for by := day(1); by <= 400; by++ {
		later := w.shifted(by)
		if _, over := s.excessBeside(caps, later, plain); !over {
			return later.first, true
		}
	}
	return 0, false
}

// refuse writes the refusal of a booking that would break a cap.
func (s *spending) refuse(caps schedule, w window, over short) error {
	err := s.refusal(caps, w, over)
	err.spent = true
	return err
}

func (s *spending) refusal(caps schedule, w window, over short) *Error {
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
