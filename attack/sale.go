package attack

import (
	"fmt"
	"slices"

	"github.com/throng-stats/throng"
)

// Bounds that every world of a company's feed declares in its contract (privacy.md, section 18). They are public.
const (
	BoundCells  = 5      // of money, buyers, sales, categories: in which a unit counts
	BoundCents  = 20_000 // of a sale, and of all that a unit spends in a cell
	BoundTotal  = 50_000 // of all that it spends, where spending is net
	BoundSales  = 3      // of a unit in a cell
	BoundTrips  = 4      // destinations of a unit
	BoundNights = 14     // of a unit at a destination
	boundAway   = 31     // nights of a unit in all
	BoundCases  = 4
)

// Waits are the classes of the days that a case waited, by their least number.
var Waits = throng.Amounts{0, 1, 8, 31, 91}

// Sale is one row of a company's feed: a purchase, a booking, a case, a report.
type Sale struct {
	Day    int16 // of the world
	Zone   int32 // of the shop, the destination, the district
	Home   int32 // zone where the unit lives
	Origin uint16
	Code   uint16 // of what: index among the codes of the world
	Coin   uint8  // index among its currencies
	Nights uint8  // of a booking; days that a case waited
	Cents  int64  // below zero for what is given back
}

// limit is what one unit may add to a table.
type limit struct {
	cells, per, total int64 // total 0: no such cap
	signed            bool
	move              int64 // of a month: times as much for what a day moves; 0: none
	each              bool  // of amounts by class: each row by itself
}

// d2 is the squared sensitivity: k c^2, or with a cap S floor(S / c) c^2 + (S mod c)^2 where that is less; more for what moves.
func (l limit) d2() float64 {
	k, c, s, times := float64(l.cells), float64(l.per), float64(l.total), float64(max(1, l.move))
	if n := float64(l.total / l.per); l.total > 0 && n < k {
		return times * (n*c*c + (s-n*c)*(s-n*c))
	}
	return times * k * c * c
}

// table is the public shape of one table of a company's product: its zone comes first, then so many cells of each.
type saleTable struct {
	name   string
	dims   []throng.Dim // behind the zone
	cells  int          // of a zone
	limit  limit
	people int  // of a table of sums: the table that counts who is behind it; else itself
	margin bool // also the sum of another one: a publisher without a bound makes it from data before cells were left out
	rows   bool // counts rows, not units
}

// add is one thing that a row adds, in the order of the rows.
type add struct {
	cell  int
	value int64
}

// tables lists the tables of the product of a world, as its contract asks for them.
func (w *World) tables() []saleTable {
	if w.Only != "" {
		return w.only()
	}
	codes, coins := w.list(w.Of(), w.Codes), w.list(throng.DimCurrency, w.Coins)
	goods := append(append([]throng.Dim{}, codes...), coins...)
	var list []saleTable
	table := func(name string, l limit, dims ...throng.Dim) *saleTable {
		cells := 1
		for _, d := range dims {
			cells *= len(d.Codes)
		}
		list = append(list, saleTable{name: name, dims: dims, cells: cells, limit: w.moved(l), people: len(list)})
		return &list[len(list)-1]
	}
	switch w.Product {
	case Spending:
		money := limit{cells: BoundCells, per: BoundCents, signed: w.Net}
		if w.Net {
			money.total = BoundTotal
		}
		table("total", money, goods...).people = 1
		table("buyers", limit{cells: BoundCells, per: 1}, goods...)
		table("sales", limit{cells: BoundCells, per: BoundSales}, goods...).rows = true
	case Market:
		table("customers", limit{cells: 1, per: 1}).margin = true
		table("categories", limit{cells: BoundCells, per: 1}, codes...)
	case Bookings:
		table("trips", limit{cells: BoundTrips, per: 1}).margin = true
		table("nights", limit{cells: BoundTrips, per: BoundNights, total: boundAway}).people = 0
		table("origin", limit{cells: BoundTrips, per: 1}, w.list(throng.DimOrigin, w.Codes)...)
	case Cases:
		table("total", limit{cells: BoundCases, per: 1}, codes...)
		table("waits", limit{cells: BoundCases, per: 1}, throng.Dim{Name: throng.DimAmount, Codes: Waits.Codes(0)})
	case Reports:
		table("total", limit{cells: 1, per: 1}, codes...)
	case Vehicles:
		hours := hourDim(Day(0))
		table("departures", limit{cells: 1, per: 1}, hours)
		table("arrivals", limit{cells: 1, per: 1}, hours)
	}
	return list
}

// Of names the dimension of the codes of a world.
func (w *World) Of() string {
	if w.Product == Cases || w.Product == Reports {
		return throng.DimReason
	}
	return throng.DimCategory
}

// list is a dimension of n codes, or none.
func (w *World) list(name string, n int) []throng.Dim {
	if n < 2 {
		return nil
	}
	return []throng.Dim{{Name: name, Codes: CodesOf(name, n)}}
}

// CodesOf are the first n codes of a dimension of a world: currencies by their names, others by number.
func CodesOf(dim string, n int) []string {
	if dim == throng.DimCurrency {
		return []string{"EUR", "JPY", "USD", "GBP"}[:n]
	}
	codes := make([]string, n)
	for i := range codes {
		codes[i] = fmt.Sprintf("%s-%d", dim, i)
	}
	return codes
}

// addsOf lists what the rows of a unit's period add to each table, before any bound; of amounts by class each by itself.
func (w *World) addsOf(u *Unit, day int, n int, each bool) [][]add {
	adds := make([][]add, n)
	put := func(table, cell int, value int64) { adds[table] = append(adds[table], add{cell, value}) }
	switch {
	case w.Product == FlowsMonth:
		put(0, int(u.Stays[0].Zone)*w.Places()+int(u.Stays[1].Zone), 1)
		return adds
	case w.Only == Sizes:
		adds[0] = w.sizes(u, day, each)
		return adds
	case w.Product == Vehicles:
		from, to := u.Stays[0], u.Stays[1]
		if int(from.From)/Hours == day {
			put(0, int(from.Zone)*Hours+int(from.From)%Hours, 1)
			put(1, int(to.Zone)*Hours+int(to.From)%Hours, 1)
		}
		return adds
	}
	var first *Sale // says where the unit lives
	for i := range u.Sales {
		s := &u.Sales[i]
		if w.periodOf(s.Day) != day {
			continue
		}
		if first == nil {
			first = s
		}
		w.row(s, int(first.Home), int(first.Origin), put)
	}
	return adds
}

// row adds one row of a unit that lives there.
func (w *World) row(s *Sale, home, origin int, put func(table, cell int, value int64)) {
	codes, coins := max(1, w.Codes), max(1, w.Coins)
	zone, code := int(s.Zone), int(s.Code)
	goods := (zone*codes+code)*coins + int(s.Coin)
	switch back := s.Cents < 0; {
	case w.Product == Spending && back:
		if w.Net {
			put(0, goods, s.Cents)
		}
	case w.Product == Spending:
		put(0, goods, s.Cents)
		put(1, goods, 1)
		put(2, goods, 1)
	case w.Product == Cases:
		put(0, zone*codes+code, 1)
		put(1, zone*len(Waits)+Waits.Of(int64(s.Nights)), 1)
	case w.Product == Reports:
		put(0, zone*codes+code, 1)
	case back: // no purchase, no booking
	case w.Only == Origin:
		put(0, int(s.Origin), 1)
	case w.Product == Market:
		put(0, home, 1)
		put(1, home*codes+code, 1)
	case w.Product == Bookings:
		put(0, zone, 1)
		put(1, zone, int64(s.Nights))
		put(2, zone*codes+origin, 1)
	}
}

// bounded keeps what a unit may add: a cell once, each cut to the limit, what came first.
func (l limit) bounded(adds []add) []add {
	kept := make([]add, 0, min(len(adds), int(min(l.cells, 64))))
	cut := func(v int64) int64 {
		least := int64(0)
		if l.signed {
			least = -l.per
		}
		return max(least, min(l.per, v))
	}
	for _, a := range adds {
		i := slices.IndexFunc(kept, func(k add) bool { return k.cell == a.cell })
		switch {
		case i >= 0:
			kept[i].value += cut(a.value)
		case int64(len(kept)) < l.cells:
			kept = append(kept, add{a.cell, cut(a.value)})
		}
	}
	left := l.total
	for i := range kept {
		v := cut(kept[i].value)
		if l.total > 0 {
			v = max(-left, min(left, v))
			left -= max(v, -v)
		}
		kept[i].value = v
	}
	return kept
}

// free is what a publisher without bounds keeps of a unit: of a table of units each cell once, else everything.
func (t *saleTable) free(i int) limit {
	const all = 1 << 50
	if t.people == i && !t.rows {
		return limit{cells: all, per: 1, each: true}
	}
	return limit{cells: all, per: all, signed: true}
}

// exact counts the tables of a day, each unit's part within what the limit of its table leaves of it.
func (w *World) exact(day int, tables []saleTable, limits []limit) [][]int64 {
	counts := make([][]int64, len(tables))
	for i, t := range tables {
		counts[i] = make([]int64, w.size(t))
	}
	for k := range w.Units {
		for i, adds := range w.addsOf(&w.Units[k], day, len(tables), limits[0].each) {
			for _, a := range limits[i].bounded(adds) {
				counts[i][a.cell] += a.value
			}
		}
	}
	return counts
}

// promised counts with the bounds of the contract.
func (w *World) promised(day int) [][]int64 {
	tables := w.tables()
	limits := make([]limit, len(tables))
	for i, t := range tables {
		limits[i] = t.limit
	}
	return w.exact(day, tables, limits)
}

// unbounded counts without bounds, as publishers do that have none.
func (w *World) unbounded(day int) [][]int64 {
	tables := w.tables()
	limits := make([]limit, len(tables))
	for i := range tables {
		limits[i] = tables[i].free(i)
	}
	return w.exact(day, tables, limits)
}

// shape of a table of a world.
func (w *World) shape(t saleTable) throng.Shape {
	if w.Only != "" {
		return throng.Shape{Name: t.name, Dims: w.onlyDims()}
	}
	return throng.Shape{Name: t.name, Dims: append([]throng.Dim{zoneDim(w.Zones)}, t.dims...)}
}
