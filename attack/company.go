package attack

import (
	"fmt"
	"math"
	"slices"

	"github.com/throng-stats/throng/synth/dice"
)

// Attacks on the products of companies and public bodies are many checks, so each allows 5.3 standard errors: a true bound is
// reported as broken with a probability of 5.8e-8 on one side.
const (
	errors53 = 5.3
	alarm53  = 5.8e-8
)

// fewer is the part of the draws for tables without zones and for months, so that they take a tenth of the time of an audit: half of a
// variance is seen there by C, where D2 is more than 1, and no longer by 1 and D; a tenth by D.
const fewer = .3

// subject is a product of a company's feed as attacks take it on: the world of one copy of a unit's surroundings, and units.
type subject struct {
	name    string
	world   World // product, codes, currencies; zones of a copy
	most    Unit  // reaches the bound of every table
	least   Unit  // one row
	other   Unit  // a row that differs from it in what it says
	extreme Unit  // tries to do more than any bound: a heavy buyer, enormous amounts, refunds, all cells and currencies
	spread  int   // zones of its copy; 0: a row is a unit, whatever it tries
	count   int   // a table that counts units
	parts   int   // a table whose cells of a zone add up to those of the margin; 0: none
	money   int   // a table of sums, -1: none
}

// subjects are the products that are attacked. Each unit stands in the first zones; Sale.Zone and Home count from there.
func subjects() []subject {
	trip := func(hour int16) Unit { return Unit{Stays: []Stay{{0, hour, hour + 1}, {1, hour + 1, hour + 2}}} }
	spending := subject{name: "spending", world: World{Product: Spending, Zones: 1, Codes: 3, Coins: 2}, count: 1, spread: 8,
		most: buyer(), least: oneRow(Sale{Cents: 1}), other: oneRow(Sale{Cents: 1, Code: 1}), extreme: everywhere(8, 3, 2, false)}
	net := spending
	net.name, net.world.Net, net.extreme, net.money = "spending, net", true, everywhere(8, 3, 2, true), -1
	return slices.Concat([]subject{spending, net,
		{name: "market", world: World{Product: Market, Zones: 1, Codes: 12}, parts: 1, money: -1, spread: 8,
			most: rows(5, func(i int) Sale { return Sale{Code: uint16(i)} }), least: oneRow(Sale{}), other: oneRow(Sale{Code: 1}),
			extreme: everywhere(8, 12, 1, false)},
		{name: "bookings", world: World{Product: Bookings, Zones: 5, Codes: 6}, parts: 2, money: 1, spread: 24,
			most:  rows(4, func(i int) Sale { return Sale{Zone: int32(i), Nights: BoundNights} }),
			least: oneRow(Sale{Nights: 1}), other: oneRow(Sale{Zone: 1, Nights: 1}),
			extreme: rows(48, func(i int) Sale { return Sale{Zone: int32(i % 24), Nights: 200, Origin: uint16(i % 5)} })},
		{name: "cases", world: World{Product: Cases, Zones: 1, Codes: 5}, money: -1, spread: 8,
			most:  rows(4, func(i int) Sale { return Sale{Code: uint16(i), Nights: uint8(Waits[i])} }),
			least: oneRow(Sale{}), other: oneRow(Sale{Code: 1, Nights: 10}), extreme: everywhere(8, 5, 1, false)},
		{name: "reports", world: World{Product: Reports, Zones: 1, Codes: 3}, money: -1, spread: 8,
			most: oneRow(Sale{}), least: oneRow(Sale{}), other: oneRow(Sale{Code: 1}), extreme: everywhere(8, 3, 1, false)},
		{name: "vehicles", world: World{Product: Vehicles, Zones: 2}, money: -1, most: trip(8), least: trip(8), other: trip(16)},
	}, wide(), months())
}

// Support is attack 5 on spending.
func Support(p Publisher, s Size) (Finding, error) {
	s.EnsureDefaults()
	return subjects()[0].support(p, s)
}

func rows(n int, row func(i int) Sale) Unit {
	var u Unit
	for i := range n {
		u.Sales = append(u.Sales, row(i))
	}
	return u
}

func oneRow(s Sale) Unit { return Unit{Sales: []Sale{s}} }

// buyer spends more than counts, in as many sales as count, in five of the six cells of a zone.
func buyer() Unit {
	return rows(BoundCells*BoundSales, func(i int) Sale {
		cell := i % BoundCells
		s := Sale{Code: uint16(cell / 2), Coin: uint8(cell % 2), Cents: 1}
		if i < BoundCells {
			s.Cents = 10 * BoundCents
		}
		return s
	})
}

// everywhere is a unit with four enormous sales of everything in every zone, in every currency, who lives in all of them; with
// net it gives as much back in every other place.
func everywhere(zones, codes, coins int, net bool) Unit {
	return rows(4*zones*codes*coins, func(i int) Sale {
		cell := i / 4
		s := Sale{Zone: int32(cell / coins / codes), Code: uint16(cell / coins % codes), Coin: uint8(cell % coins), Cents: 1 << 40, Nights: uint8(cell * 7 % 200)}
		if s.Home = s.Zone; i%4 == 3 || net && cell%2 == 1 {
			s.Cents = -s.Cents
		}
		return s
	})
}

// put adds a unit on each of the days, in the zones from first on.
func (w *World) put(u Unit, first, days int) {
	var moved Unit
	for day := range days {
		for _, s := range u.Sales {
			s.Day += int16(day)
			if w.Only == "" {
				s.Zone, s.Home = s.Zone+int32(first), s.Home+int32(first)
			}
			moved.Sales = append(moved.Sales, w.widen(s, first))
		}
	}
	if u.Stays == nil {
		w.Units = append(w.Units, moved)
		return
	}
	for day := range int16(days) { // a trip is a unit, another one every day
		trip := Unit{}
		for _, s := range u.Stays {
			trip.Stays = append(trip.Stays, Stay{s.Zone + int32(first), s.From + day*Hours, s.To + day*Hours})
		}
		if w.Only == Pairs {
			trip.Stays[0].Zone, trip.Stays[1].Zone = w.pair(int(u.Stays[0].Zone), first)
		}
		w.Units = append(w.Units, trip)
	}
}

// copies is a world of n copies of the surroundings of a subject, with a loss of rho in the tables that are attacked.
func (s subject) copies(name string, n, days int, rho float64) World {
	w := s.world
	w.Name, w.Days, w.Zones = s.name+" "+name, days, n*s.world.Zones
	w.Rho = rho * float64(w.released()) / float64(len(w.tables()))
	return w
}

// variance is that of each cell of a table which follows from what was agreed: D2 / 2 rho of its share, whole and not less. Shares
// are whole billionths.
func (w *World) variance(t saleTable) float64 {
	share := math.Floor(math.Round(w.Rho*1e9) / float64(w.released()))
	return math.Ceil(t.limit.d2() * 1e9 / (2 * share))
}

// effect is what units add to the cells of one copy, by table, where bounds are kept; nobody adds nothing.
func (s subject) effect(units ...Unit) [][]int64 { return s.ofCopy(s.on(units).promised(0)) }

// truth is what they add at a publisher: without bounds where it has none.
func (s subject) truth(p Publisher, units ...Unit) [][]int64 {
	if p.Proven {
		return s.effect(units...)
	}
	return s.ofCopy(s.on(units).unbounded(0))
}

// ofCopy leaves out the cells of a square of pairs that belong to no copy.
func (s subject) ofCopy(counts [][]int64) [][]int64 {
	for i, t := range s.world.tables() {
		counts[i] = counts[i][:s.world.Zones*t.cells]
	}
	return counts
}

// on is a world of one copy with these units.
func (s subject) on(units []Unit) *World {
	w := s.world
	for _, u := range units {
		w.put(u, 0, 1)
	}
	return &w
}

// once is the unit that reaches every bound with one row for each thing that it says: in the same cells, less of it.
func (s subject) once() Unit {
	u := s.most
	if len(u.Sales) > BoundCells && !s.world.Month {
		u.Sales = u.Sales[:BoundCells]
	}
	return u
}

// touched is the cell of a copy that the least unit is counted in, of the table that counts units.
func (s subject) touched() int {
	return slices.IndexFunc(s.effect(s.least)[s.count], func(n int64) bool { return n != 0 })
}

// distance2 is the squared distance of two effects, in standard deviations of the noise: 2 rho where one is nothing and the
// other reaches every bound.
func (w *World) distance2(a, b [][]int64) float64 {
	sum := 0.0
	for i, t := range w.tables() {
		for k := range a[i] {
			sum += float64((a[i][k]-b[i][k])*(a[i][k]-b[i][k])) / w.variance(t)
		}
	}
	return sum
}

// shownDay is what was released of a day of a world of copies.
type shownDay struct {
	w      *World
	zones  int // of a copy
	list   []saleTable
	noise  []float64 // agreed variance of each table
	tables []published
}

// days publishes a world of copies and reads all tables of each day.
func (s subject) days(p Publisher, w World) ([]shownDay, error) {
	store, err := p.Publish(w)
	if err != nil {
		return nil, err
	}
	all := make([]shownDay, w.Days)
	for day := range all {
		all[day] = shownDay{w: &w, zones: s.world.Zones, list: w.tables()}
		for _, t := range all[day].list {
			all[day].noise = append(all[day].noise, w.variance(t))
			one, err := read(store, w, day, t.name)
			if err != nil {
				return nil, err
			}
			if len(one.value) != w.size(t) {
				return nil, fmt.Errorf("attack: table %s of %s has %d cells, want %d", t.name, w.Product, len(one.value), w.size(t))
			}
			all[day].tables = append(all[day].tables, one.byClass())
		}
	}
	return all, nil
}

// copy returns the cells of a table that belong to a copy.
func (d *shownDay) copy(table, c int) (value []float64, shown []bool) {
	n := d.zones * d.list[table].cells
	return d.tables[table].value[c*n : (c+1)*n], d.tables[table].shown[c*n : (c+1)*n]
}

// shows is how a publisher shows a copy, of which it is known who is there.
type shows struct {
	value [][]float64
	shown [][]bool
}

// rule is how a publisher shows the exact cells of a copy.
func (p Publisher) rule(list []saleTable, counts [][]int64) shows {
	scale := 1.0
	if !p.Proven {
		thousand, _ := p.Expect(1000)
		scale = thousand / 1000
	}
	var all shows
	for i, t := range list {
		v, s := make([]float64, len(counts[i])), make([]bool, len(counts[i]))
		for k, n := range counts[i] {
			if _, s[k] = p.Expect(counts[t.people][k]); t.margin {
				s[k] = true
			}
			v[k] = float64(n) * scale
		}
		all.value, all.shown = append(all.value, v), append(all.shown, s)
	}
	return all
}

// score is the evidence of all tables of a copy for the second of two truths: how much better what is shown agrees with it, each
// table by the variance of its noise. For independent Gaussian noise it is the optimal test.
func (d *shownDay) score(c int, without, with shows) float64 {
	sum := 0.0
	for i := range d.list {
		value, shown := d.copy(i, c)
		miss := func(k int, s *shows) float64 {
			switch {
			case s.shown[i][k] != shown[k]:
				return 1e6
			case !shown[k]:
				return 0
			}
			return (value[k] - s.value[i][k]) * (value[k] - s.value[i][k])
		}
		for k := range value {
			sum += (miss(k, &without) - miss(k, &with)) / d.noise[i]
		}
	}
	return sum
}

// OnCompanies are the attacks that have a meaning for the products of companies and public bodies, each on every product for
// which it has one. Attacks 2 and 9 have none: tables of sales tell no hours. Attack 10 is run on feeds as a whole. A month has no
// 4p and no 8w: a day is in one month alone, so neither the difference of two nor seven of them say more of it than one does. A table
// of the whole region has no 3: it is its total once, and cannot be drawn again in one release.
func OnCompanies() []Attack {
	var list []Attack
	add := func(number, name, statistic string, has func(subject) bool, run func(subject, Publisher, Size) (Finding, error)) {
		for _, s := range subjects() {
			if has == nil || has(s) {
				list = append(list, Attack{number, name, s.name, statistic, func(p Publisher, size Size) (Finding, error) {
					size.EnsureDefaults()
					if s.world.Month || s.world.Only != "" {
						size.Part *= fewer
					}
					return run(s, p, size)
				}})
			}
		}
	}
	days := func(s subject) bool { return !s.world.Month }
	add("1", "membership of a heavy unit", "AUC", nil, func(s subject, p Publisher, size Size) (Finding, error) { return s.regular(p, size, 1) })
	add("3", "differencing by margins", "recovered", func(s subject) bool { return s.parts > 0 }, subject.margins)
	add("4p", "differencing of two days", "exact hits", days, subject.periods)
	add("4h", "differencing of two holders", "exact hits", nil, subject.holders)
	add("5", "small support", "recovered", func(s subject) bool { return s.money > 0 }, subject.support)
	add("6", "heavy contributor", "share of D2", func(s subject) bool { return s.spread > 0 }, subject.heavy)
	add("7", "averaging and retry", differentAnswers, nil, subject.averaging)
	add("8w", "stream, seven days", "AUC", days, func(s subject, p Publisher, size Size) (Finding, error) { return s.regular(p, size, 7) })
	add("11", "reconstruction from all tables", "bits right", nil, subject.bits)
	add("12", "singleton", "accuracy", nil, subject.singleton)
	add("C", "distinguishing canaries", "mu", nil, subject.distinguish)
	add("D", "one-run audit", "right guesses", nil, subject.oneRun)
	return list
}

// differentAnswers is the statistic of attack 7.
const differentAnswers = "different answers"

// widen gives a finding on a publisher with a proven loss the wider slack of these attacks.
func widen(f Finding, slack float64, checks int) Finding {
	if !math.IsNaN(f.Bound) {
		f.Slack, f.Alarm = slack, float64(checks)*alarm53
	}
	return f
}

// hides leaves out the demand on a publisher that hides a single unit.
func hides(p Publisher, least float64) float64 {
	if p.Name == "T15" {
		return math.NaN()
	}
	return least
}

// regular is attacks 1 and 8: one unit that reaches every bound, among 15 in the same cells, as the strong adversary sees it who
// knows all others; on one day, and on linked days. It is the case that a threshold decides by itself.
//
// Bound: AUC <= Phi(sqrt(rho days)), reached by the score over all tables, since the unit reaches all bounds.
func (s subject) regular(p Publisher, size Size, length int) (Finding, error) {
	const regulars = 15
	draws := size.of(4000/(1+length/2), 200)
	if !p.Proven {
		draws = min(draws, 40)
	}
	w := s.copies(fmt.Sprintf("regular %d %d", length, draws), 2*draws, length, .1)
	others, rest := slices.Repeat([]Unit{s.once()}, regulars), s.without(s.most)
	for c := range 2 * draws {
		known := slices.Concat(others, rest)
		if c < draws {
			known = append(slices.Clone(others), s.most)
		}
		for _, u := range known {
			w.put(u, c*s.world.Zones, length)
		}
	}
	days, err := s.days(p, w)
	if err != nil {
		return refused(p, err)
	}
	list := w.tables()
	without, with := p.rule(list, s.truth(p, slices.Concat(others, rest)...)), p.rule(list, s.truth(p, append(slices.Clone(others), s.most)...))
	scores := make([]float64, 2*draws)
	for _, d := range days {
		for c := range scores {
			scores[c] += d.score(c, without, with)
		}
	}
	f := Finding{Value: auc(scores[:draws], scores[draws:]), Draws: draws}
	slack := errors53 * aucError(draws, draws)
	f = widen(demand(p, f, bestAUC(w.attacked()*float64(length)), slack, .95), slack, 2)
	if p.Proven {
		f.Least = f.Bound - slack
	}
	return f, nil
}

// guess puts one of two things into each of n copies by a fair coin and guesses which from all tables of a day. Bound: Phi(mu / 2)
// for their distance mu.
func (s subject) guess(p Publisher, name string, n int, rho, least float64, tails, heads []Unit, d *dice.Dice) (Finding, error) {
	w := s.copies(name, n, 1, rho)
	coins := make([]bool, n)
	for c := range coins {
		side := tails
		if coins[c] = d.Chance(.5); coins[c] {
			side = heads
		}
		for _, u := range side {
			w.put(u, c*s.world.Zones, 1)
		}
	}
	days, err := s.days(p, w)
	if err != nil {
		return refused(p, err)
	}
	a, b := p.rule(days[0].list, s.truth(p, tails...)), p.rule(days[0].list, s.truth(p, heads...))
	right := 0
	for c := range coins {
		if (days[0].score(c, a, b) > 0) == coins[c] {
			right++
		}
	}
	bound := phi(math.Sqrt(w.distance2(s.effect(tails...), s.effect(heads...))) / 2)
	slack := errors53 * shareError(bound, n)
	f := Finding{Value: float64(right) / float64(n), Draws: n}
	return widen(demand(p, f, bound, slack, hides(p, least)), slack, 1), nil
}

// some is a number of draws: fewer where there is no noise to be averaged.
func (s Size) some(p Publisher, full, least int) int {
	if !p.Proven {
		return min(200, s.of(full, least))
	}
	return s.of(full, least)
}

// oneRun is layer D: the unit that reaches every bound is in a copy of its own or not; of a month, its first day is.
func (s subject) oneRun(p Publisher, size Size) (Finding, error) {
	n := size.some(p, 10_000, 1000)
	return s.guess(p, fmt.Sprintf("one run %d", n), n, .1, .99, s.without(s.most), []Unit{s.most}, dice.New(size.Seed, streamCompany, 1))
}

// singleton is attack 12: one row, the least that is counted, or nothing.
func (s subject) singleton(p Publisher, size Size) (Finding, error) {
	n := size.some(p, 10_000, 1000)
	return s.guess(p, fmt.Sprintf("singleton %d", n), n, .1, .99, nil, []Unit{s.least}, dice.New(size.Seed, streamCompany, 2))
}

// bits is attack 11: the adversary knows that somebody is there, and guesses one secret bit of each (what was bought, where
// somebody went, how long a case waited) from all tables of the release together.
func (s subject) bits(p Publisher, size Size) (Finding, error) {
	n := size.some(p, 10_000, 1000)
	return s.guess(p, fmt.Sprintf("bits %d", n), n, .1, .99, []Unit{s.least}, []Unit{s.other}, dice.New(size.Seed, streamCompany, 3))
}
