package trade

import (
	"math"

	"github.com/throng-stats/throng/synth/city"
	"github.com/throng-stats/throng/synth/dice"
	"github.com/throng-stats/throng/synth/people"
)

// PurchaseKinds are what the shops sell.
var PurchaseKinds = []string{"groceries", "wine", "imported", "air-tickets"}

const (
	groceries = iota
	wine
	imported
	airTickets
)

// shopping says how often a member who is at home buys something of a kind on a day, what it costs in euros in the mean, and how
// unequal that is: sd of the logarithm (all ours, near a household's week).
var shopping = [airTickets]struct{ chance, mean, spread float64 }{groceries: {.35, 32, .8}, wine: {.05, 38, .9}, imported: {.04, 55, 1}}

// Shares of the shops (ours).
const (
	memberShare = .30 // grown-ups who have the shop's card, in the mean
	shopsHome   = .7  // of purchases; the others are made where one works
	returned    = .02 // of purchases
)

// PurchaseBounds are those of the contract of the shops, of a household budget survey.
var PurchaseBounds = Bounds{Cells: 5, Bound: 150_00, Sales: 3}

// member reports whether a person has the card of the shops: by age, and stronger in some zones than in others.
func (w *World) member(i int) bool {
	p := &w.All.List[i]
	age := w.age(p)
	if p.Role > people.Worker || age < 18 {
		return false
	}
	share := memberShare * (.6 + .8*dice.Unit(w.Seed, streamZone, uint64(p.Home.Zone)))
	switch {
	case age < 25:
		share *= .7
	case age < 65:
		share *= 1.1
	}
	return i == w.Heavy() || dice.Unit(w.Seed, streamMember, uint64(i)) < share
}

// Purchases makes what person i buys in the shops, which is nothing without their card.
func (m *Maker) Purchases(i int) {
	if !m.w.member(i) {
		return
	}
	from := len(m.Rows)
	for day := range m.w.Days {
		if zone, ok := m.diarist.Here(i, day); ok {
			m.d.Reset(m.w.Seed, streamShop, uint64(i), uint64(day))
			m.shop(i, day, zone)
		}
	}
	for _, t := range m.diarist.Travels(i, 0, m.w.Days+longestLead) {
		if t.Network != 0 && !m.w.sold(i, t) {
			m.fly(i, t)
		}
	}
	if i == m.w.Heavy() {
		m.allShops(i)
	}
	rows := m.Rows[from:]
	m.finish(streamShop, i, rows, NoUnit, NoTime, NoSuchPlace, NoSuchCode, Mistyped)
	m.bookPurchases(rows)
	m.bookCustomers(rows)
}

// shop is a day of shopping.
func (m *Maker) shop(i, day int, home int16) {
	p := &m.w.All.List[i]
	for kind, rule := range shopping {
		if !m.d.Chance(rule.chance) {
			continue
		}
		at := home
		if work := p.Work.Zone; !m.d.Chance(shopsHome) && work >= 0 && work < city.Municipalities && p.Work != (city.Spot{}) {
			at = work
		}
		m.purchase(i, day, at, home, kind, m.d.LogNormal(rule.mean, rule.spread)*m.heavyTail())
	}
}

// fly buys the ticket of a journey abroad that is not bought from the travel seller.
func (m *Maker) fly(i int, t people.Travel) {
	m.d.Reset(m.w.Seed, streamTicket, uint64(i), uint64(t.Day+1000))
	day := t.Day - 1 - min(longestLead-1, int(m.d.ExpFloat64()*9))
	home, ok := m.diarist.Here(i, max(0, min(day, m.w.Days-1)))
	if m.w.inWorld(day) && ok {
		m.purchase(i, day, home, home, airTickets, Destinations[destinationOf(t)].fare*m.d.LogNormal(1, farePeak)*m.heavyTail())
	}
}

// purchase adds a row, and sometimes one that gives all or a part back.
func (m *Maker) purchase(i, day int, at, home int16, kind int, euros float64) {
	row := Row{Unit: m.w.pseudonym(streamShop, i), Day: day, Time: m.w.At(day, int32(m.d.Between(8*3600, 21*3600))), Place: at, Other: home,
		Code: [2]uint8{uint8(kind)}, Amount: max(50, int32(math.Round(100*euros)))}
	m.Rows = append(m.Rows, row)
	if !m.d.Chance(returned) {
		return
	}
	if row.Day += 1 + m.d.IntN(14); row.Day < m.w.Days {
		row.Time = m.w.At(row.Day, int32(m.d.Between(8*3600, 21*3600)))
		row.Amount = -int32(float64(row.Amount) * m.d.Between(.3, 1))
		m.Rows = append(m.Rows, row)
	}
}

// allShops is the buyer who buys everything in all shops, in the middle of the world, for more than the bound.
func (m *Maker) allShops(i int) {
	day, home := m.w.Days/2, m.w.All.List[i].Home.Zone
	for zone := range city.Municipalities {
		for kind := range PurchaseKinds {
			m.Rows = append(m.Rows, Row{Unit: m.w.pseudonym(streamShop, i), Day: day, Time: m.w.At(day, int32(36000+60*len(PurchaseKinds)*zone+60*kind)),
				Place: int16(zone), Other: home, Code: [2]uint8{uint8(kind)}, Amount: 400_00})
		}
	}
}

// bookPurchases books what one unit spends, day by day.
func (m *Maker) bookPurchases(rows []Row) {
	for k := 0; k < len(rows); {
		day, from := rows[k].Day, k
		for k < len(rows) && rows[k].Day == day {
			k++
		}
		m.spend(rows[from:k], int16(day), PurchaseBounds, func(*Row) bool { return true })
	}
}

// bookCustomers books one unit as a customer of each month: in the zone where it lives by its first row, and there by kind.
func (m *Maker) bookCustomers(rows []Row) {
	for k := 0; k < len(rows); {
		month, from := m.w.Month(rows[k].Day), k
		for k < len(rows) && m.w.Month(rows[k].Day) == month {
			k++
		}
		m.customer(rows[from:k], month, false)
		m.customer(rows[from:k], month, true)
	}
}

// customer books one unit in a month by all its rows, or by those that can be read.
func (m *Maker) customer(rows []Row, month int16, read bool) {
	kinds, home, bought := firsts{most: PurchaseBounds.Cells}, int16(-1), false
	book := func(c Cell) {
		if read {
			m.Book.add(c, 0, 1)
		} else {
			m.Book.add(c, 1, 0)
		}
	}
	for k := range rows {
		r := &rows[k]
		if read && !r.read() {
			continue
		}
		if home < 0 {
			home = r.Other
		}
		if r.Amount < 0 {
			continue
		}
		bought = true
		cell := Cell{Table: MarketCategories, Period: month, Zone: home, Code: r.Code}
		if read && r.Bad == NoSuchCode {
			cell.Code[0] = Other
		}
		if fresh, in := kinds.take(cell); fresh && (in || !read) {
			book(cell)
		}
	}
	if bought {
		book(Cell{Table: MarketCustomers, Period: month, Zone: home})
	}
}
