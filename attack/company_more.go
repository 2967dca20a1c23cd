package attack

import (
	"fmt"
	"math"

	"github.com/throng-stats/throng/synth/dice"
)

// margins is attack 3: in each of 400 zones one cell holds 1 to 15 units, all others 20 to 50, and a table of all of the zone
// stands beside the cells. Where one cell of a zone is hidden, the total gives it away. Ours has noise of its own in both
// tables: the estimate of each cell is drawn towards what makes the sum agree (least squares).
//
// Bound: the estimate is exactly right with the largest probability of its error, 1 / (sigma sqrt(2 pi)), sigma2 = f - f^2 / (K f
// + m) for K cells of variance f and a total of variance m.
func (s subject) margins(p Publisher, size Size) (Finding, error) {
	d := dice.New(size.Seed, streamCompany, 4)
	n, list := size.of(400, 40), s.world.tables()
	w := s.copies("margins", n, 1, .1)
	cells := list[s.parts].cells
	truth := make([]int, n)
	for c := range truth {
		secret := d.IntN(cells)
		for k := range cells {
			people := 20 + d.IntN(30)
			if k == secret {
				people = 1 + d.IntN(small)
				truth[c] = people
			}
			for range people {
				w.put(oneRow(Sale{Code: uint16(k), Origin: uint16(k)}), c*s.world.Zones, 1)
			}
		}
	}
	days, err := s.days(p, w)
	if err != nil {
		return refused(p, err)
	}
	fine, total := w.variance(list[s.parts]), w.variance(list[0])
	gain := fine / (float64(cells)*fine + total)
	right := 0
	for c, want := range truth {
		value, shown := days[0].copy(s.parts, c)
		sums, _ := days[0].copy(0, c)
		if found := cornered(p, value[:cells], shown[:cells], sums[0], gain); smallest(found) == float64(want) {
			right++
		}
	}
	bound := peak(fine - gain*fine)
	f := Finding{Value: float64(right) / float64(n), Draws: n, Detail: fmt.Sprintf("%d of %d cells of 1 to 15", right, n)}
	return widen(demand(p, f, bound, 1, .95), rareSlack(bound, n, alarm53), 1), nil
}

// cornered are the counts of a zone's cells, whole, as its total tells them.
func cornered(p Publisher, value []float64, shown []bool, total, gain float64) []float64 {
	found := make([]float64, len(value))
	rest, hole := total, -1
	for k, v := range value {
		if found[k] = v; shown[k] {
			rest -= v
		} else {
			hole = k
		}
	}
	scale := 1.0
	if p.Proven {
		for k := range found {
			found[k] += gain * rest
		}
	} else {
		thousand, _ := p.Expect(1000)
		scale = thousand / 1000
		if hole >= 0 {
			found[hole] = rest
		}
	}
	for k := range found {
		found[k] = math.Round(found[k] / scale)
	}
	return found
}

func smallest(x []float64) float64 {
	least := math.Inf(1)
	for _, v := range x {
		least = min(least, v)
	}
	return least
}

// periods is attack 4 on two days: 20 to 50 units come on both days, 1 to 15 more on the second alone; the difference of the
// days is their number. Bound: two noises, so 1 / (sigma sqrt(4 pi)).
func (s subject) periods(p Publisher, size Size) (Finding, error) {
	d := dice.New(size.Seed, streamCompany, 5)
	n := size.of(350, 50)
	w := s.copies("periods", n, 2, .1)
	came := make([]int, n)
	for c := range came {
		for range 20 + d.IntN(30) {
			w.put(s.least, c*s.world.Zones, 2)
		}
		came[c] = 1 + d.IntN(small)
		for range came[c] {
			w.put(s.onDay(1), c*s.world.Zones, 1)
		}
	}
	days, err := s.days(p, w)
	if err != nil {
		return refused(p, err)
	}
	return s.differ(p, &days[1], &days[0], came), nil
}

// onDay is the least unit on another day.
func (s subject) onDay(day int16) Unit {
	u := Unit{}
	for _, one := range s.least.Sales {
		one.Day = day
		u.Sales = append(u.Sales, one)
	}
	for _, one := range s.least.Stays {
		u.Stays = append(u.Stays, Stay{one.Zone, one.From + day*Hours, one.To + day*Hours})
	}
	return u
}

// holders is attack 4 on two holders, each with a ledger of its own: one has 20 to 50 units, the other the same and 1 to 15
// more. Bound as of two days.
func (s subject) holders(p Publisher, size Size) (Finding, error) {
	d := dice.New(size.Seed, streamCompany, 6)
	n := size.of(350, 50)
	a, b := s.copies("holder a", n, 1, .1), s.copies("holder b", n, 1, .1)
	more := make([]int, n)
	for c := range more {
		for range 20 + d.IntN(30) {
			a.put(s.least, c*s.world.Zones, 1)
			b.put(s.least, c*s.world.Zones, 1)
		}
		more[c] = 1 + d.IntN(small)
		for range more[c] {
			b.put(s.least, c*s.world.Zones, 1)
		}
	}
	first, err := s.days(p, a)
	if err != nil {
		return refused(p, err)
	}
	second, err := s.days(p, b)
	if err != nil {
		return refused(p, err)
	}
	return s.differ(p, &second[0], &first[0], more), nil
}

// differ counts how often the difference of two releases is exactly what one has more.
func (s subject) differ(p Publisher, more, less *shownDay, truth []int) Finding {
	thousand, _ := p.Expect(1000)
	right, at := 0, s.touched()
	for c, want := range truth {
		a, shownA := more.copy(s.count, c)
		b, shownB := less.copy(s.count, c)
		if shownA[at] && shownB[at] && math.Round((a[at]-b[at])*1000/thousand) == float64(want) {
			right++
		}
	}
	n := len(truth)
	bound := peak(2 * more.noise[s.count])
	f := Finding{Value: float64(right) / float64(n), Draws: n, Detail: fmt.Sprintf("%d of %d groups of 1 to 15", right, n)}
	return widen(demand(p, f, bound, 1, .95), rareSlack(bound, n, alarm53), 1)
}

// support is attack 5: a threshold on the number of units protects the count, not the sum (or mean) beside it. Zones where 16 to
// 60 units are and one of them alone spends, or stays. Statistic: share of the sums found to 1 %. Bound: 1 %.
func (s subject) support(p Publisher, size Size) (Finding, error) {
	d := dice.New(size.Seed, streamSupport)
	n := size.of(500, 50)
	w := s.copies("support", n, 1, .05)
	sums := make([]float64, n)
	for c := range sums {
		for range 15 + d.IntN(45) {
			w.put(oneRow(Sale{}), c*s.world.Zones, 1)
		}
		one := Sale{Cents: min(int64(d.LogNormal(9000, 1))+100, BoundCents), Nights: uint8(1 + d.IntN(BoundNights))}
		w.put(oneRow(one), c*s.world.Zones, 1)
		if sums[c] = float64(one.Cents); s.world.Product == Bookings {
			sums[c] = float64(one.Nights)
		}
	}
	days, err := s.days(p, w)
	if err != nil {
		return refused(p, err)
	}
	thousand, _ := p.Expect(1000)
	right := 0
	for c, want := range sums {
		if value, shown := days[0].copy(s.money, c); shown[0] && math.Abs(value[0]*1000/thousand/want-1) <= .01 {
			right++
		}
	}
	bound := s.lucky(&w, sums)
	f := Finding{Value: float64(right) / float64(n), Draws: n}
	return widen(demand(p, f, bound, 1, .99), rareSlack(bound, n, alarm53), 1), nil
}

// lucky is how often a noisy sum is within 1 % of the truth: the largest probability of the noise, once for each whole number
// there.
func (s subject) lucky(w *World, sums []float64) float64 {
	mean := 0.0
	for _, sum := range sums {
		mean += (2*math.Floor(.01*sum) + 1) * peak(w.variance(w.tables()[s.money])) / float64(len(sums))
	}
	return mean
}

// heavy is attack 6: one unit that does more than any bound, with four enormous sales of everything in every zone and currency,
// refunds between them; alone in 1,000 copies, all in one release. Statistic: the squared norm of what it changes a table by, as a
// share of D2, of the table where that is largest; the mean over the copies, less what the noise adds. A publisher without a
// bound must change by twice as much at least. The unit reaches the bound, so less than that is an attack that is too weak. Of a month
// as many copies are without the unit's first day, and the difference of the means counts.
//
// Bound: 1. Standard error, s2 the variance of the noise in units of D2 (twice, of a difference): sqrt(4 s2 / n + 2 J s2^2 / n^2) for J cells.
func (s subject) heavy(p Publisher, size Size) (Finding, error) {
	n := size.some(p, 1000, 100)
	wide := s
	wide.world.Zones = s.spread
	rest := s.without(s.extreme)
	sides := 1
	if rest != nil {
		sides = 2
	}
	w := wide.copies(fmt.Sprintf("heavy %d", n), sides*n, 1, 2)
	for c := range n {
		w.put(s.extreme, c*s.spread, 1)
		for _, u := range rest {
			w.put(u, (n+c)*s.spread, 1)
		}
	}
	days, err := wide.days(p, w)
	if err != nil {
		return refused(p, err)
	}
	best := Finding{Value: math.Inf(-1), Draws: n}
	for i, t := range days[0].list {
		share, slack := changed(&days[0], i, n, sides), 0.0
		if p.Proven {
			noise := float64(sides) * days[0].noise[i] / t.limit.d2()
			cells := float64(s.spread * t.cells)
			share -= cells * noise / float64(n)
			slack = errors53 * math.Sqrt(4*noise/float64(n)+2*cells*noise*noise/float64(n)/float64(n))
		}
		if share-slack > best.Value-best.Slack {
			best.Value, best.Slack, best.Detail = min(share, farAway), slack, "table "+t.name
		}
	}
	slack := best.Slack
	f := widen(demand(p, best, 1, slack, hides(p, 2)), slack, 2*len(days[0].list))
	if p.Proven {
		f.Least = 1 - slack
	}
	return f, nil
}

// changed is the squared norm of the mean of n copies of a table, less that of the n behind them if there are two sides, as a share
// of D2.
func changed(d *shownDay, table, n, sides int) float64 {
	mean := make([]float64, d.zones*d.list[table].cells)
	for c := range sides * n {
		value, _ := d.copy(table, c)
		weight := 1 / float64(n)
		if c >= n {
			weight = -weight
		}
		for k, v := range value {
			mean[k] += v * weight
		}
	}
	return dot(mean, mean) / d.list[table].limit.d2()
}

// averaging is attack 7: 37 units are asked for 200 times, and again after every mishap.
func (s subject) averaging(p Publisher, size Size) (Finding, error) {
	const units = 37
	asks := size.of(200, 10)
	w := s.copies("averaging", 1, 1, .1)
	for range units {
		w.put(s.least, 0, 1)
	}
	answers, err := p.ask(w, asks)
	if err != nil {
		return refused(p, err)
	}
	days, err := s.days(p, w)
	if err != nil {
		return Finding{}, err
	}
	f := Finding{Value: float64(answers), Draws: asks + len(p.Again)}
	if !p.Proven {
		thousand, _ := p.Expect(1000)
		value, shown := days[0].copy(s.count, 0)
		f.Value = 0
		if at := s.touched(); shown[at] && math.Abs(value[at]*1000/thousand-units) < 1e-6 {
			f.Value = 1
		}
		return demand(p, f, 1, 0, 1), nil
	}
	return demand(p, f, 1, 0, math.NaN()), nil
}

// distinguish is layer C: the unit that reaches every bound, alone in 4,000 copies, 4,000 copies empty or without its first day, rho = 2. Projection on
// its cells of all tables, and whitened projection. Bound: mu = sqrt(2 rho) for a unit that reaches all bounds.
func (s subject) distinguish(p Publisher, size Size) (Finding, error) {
	n := size.of(4000, 400)
	if !p.Proven {
		n = 100
	}
	w, rest := s.copies(fmt.Sprintf("canaries %d", n), 2*n, 1, 2), s.without(s.most)
	for c := range n {
		w.put(s.most, c*s.world.Zones, 1)
		for _, u := range rest {
			w.put(u, (n+c)*s.world.Zones, 1)
		}
	}
	days, err := s.days(p, w)
	if err != nil {
		return refused(p, err)
	}
	effect, less, shown := s.effect(s.most), s.effect(rest...), true
	var pattern []float64
	for i, variance := range days[0].noise {
		for k, v := range effect[i] {
			pattern = append(pattern, float64(v-less[i][k])/math.Sqrt(variance))
		}
		shown = shown && all(days[0].tables[i].shown)
	}
	vectors := make([][]float64, 2*n)
	for c := range vectors {
		for i, variance := range days[0].noise {
			value, _ := days[0].copy(i, c)
			for _, v := range value {
				vectors[c] = append(vectors[c], v/math.Sqrt(variance))
			}
		}
	}
	claim := math.Sqrt(dot(pattern, pattern))
	f, slack := canaries(vectors[:n], vectors[n:], pattern, claim, errors53, alarm53)
	f = widen(demand(p, f, claim, slack, hides(p, farAway)), slack, 6)
	if !p.Proven {
		f.Extra, f.Detail = nil, ""
		return f, nil
	}
	f.Extra = append(f.Extra, Check{Name: "all cells are published", OK: shown})
	return f, nil
}
