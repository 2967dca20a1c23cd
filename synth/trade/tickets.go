package trade

import (
	"cmp"
	"math"
	"slices"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/synth/city"
	"github.com/throng-stats/throng/synth/dice"
	"github.com/throng-stats/throng/synth/people"
)

// Coins are the currencies of the books, and Rates what one of each is worth in the first (ours, near those of 2026).
var (
	Coins = []string{"EUR", "GBP", "CHF"}
	Rates = []float64{1, 1.17, 1.06}
)

const (
	euro = iota
	pound
	franc
)

// TicketKinds are what the travel seller sells, by the words of IRTS 2008.
var TicketKinds = []string{"package-travel", "accommodation", "local-transport", "international-transport"}

const (
	packageTravel = iota
	accommodation
	localTransport
	internationalTransport
)

// Destination is where journeys lead: a country, or a home province.
type Destination struct {
	ID       string
	Lat, Lon float64 // of the capital, degrees; 0 of a province
	fare     float64 // there and back, and a night, in euros (ours)
	night    float64
}

// Destinations of journeys: the countries in the order of city.Countries, then the home provinces in theirs.
var Destinations = [len(city.Countries) + city.Provinces - city.Home]Destination{
	{"DEU", 52.52, 13.4, 180, 110}, {"GBR", 51.51, -.13, 190, 140}, {"BEL", 50.85, 4.35, 90, 105}, {"ITA", 41.9, 12.5, 200, 115},
	{"ESP", 40.42, -3.7, 190, 100}, {"NLD", 52.37, 4.9, 140, 125}, {"CHE", 46.95, 7.45, 150, 160}, {"PRT", 38.72, -9.14, 220, 90},
	{"POL", 52.23, 21.01, 210, 80}, {"USA", 38.9, -77.04, 760, 190}, {"MAR", 34.02, -6.84, 260, 70}, {"CHN", 39.9, 116.4, 890, 95},
	{"P2", 0, 0, 45, 75}, {"P3", 0, 0, 52, 75}, {"P4", 0, 0, 38, 70}, {"P5", 0, 0, 60, 80}, {"P6", 0, 0, 48, 75},
}

// Shares of the travel seller (ours).
const (
	soldAbroad   = .7  // journeys abroad that are bought there
	soldProvince = .5  // journeys to home provinces; the others go by car, or buy elsewhere
	packaged     = .15 // of journeys abroad of three nights and more
	hotelAbroad  = .8  // of households that travel
	hotelHome    = .3
	longestHotel = 21  // nights: who stays longer rents
	business     = .06 // of fares
	refunded     = .04 // rows of which a part is given back
	cancelled    = .03 // rows that are taken back and bought again
	longestLead  = 45  // days from sale to journey, at most; mean 9
	childFare    = .5
	farePeak     = .35 // sd of the logarithm of a fare
	nightPeak    = .4
)

// TicketBounds are those of the contract of the travel seller, of posted prices: a fare and some nights in Europe, or most of a long
// fare.
var TicketBounds = Bounds{Cells: 4, Bound: 600_00, Total: 1200_00, Sales: 2}

// TicketSizes are the classes of what a traveller spends in a month.
var TicketSizes = throng.Amounts{0, 50_00, 100_00, 200_00, 400_00, 800_00, 1600_00}

// Bounds of bookings: destinations of a unit in a month, nights at one and at all.
const (
	BookedTrips  = 4
	BookedNights = 7
	bookedMonth  = 31
)

// destinationOf is the index of the destination of an absence.
func destinationOf(t people.Travel) int16 {
	if t.Network == 0 {
		return int16(len(city.Countries)) + t.Zone - city.Municipalities
	}
	for i, c := range city.Countries {
		if int32(c.Network) == t.Network {
			return int16(i)
		}
	}
	return -1
}

// sold reports whether a journey is bought from the travel seller.
func (w *World) sold(i int, t people.Travel) bool {
	share := soldAbroad
	if t.Network == 0 {
		share = soldProvince
	}
	return dice.Unit(w.Seed, streamTravel, uint64(i), uint64(t.Day+1000)) < share
}

// Tickets makes the tickets and bookings that person i buys from the travel seller: in the days of the world and in those before in
// which its first journeys are bought.
func (m *Maker) Tickets(i int) {
	from := len(m.Rows)
	for _, t := range m.diarist.Travels(i, 0, m.w.Days+longestLead) {
		if m.w.sold(i, t) {
			m.d.Reset(m.w.Seed, streamTicket, uint64(i), uint64(t.Day+1000))
			m.journey(i, t)
		}
	}
	if i == m.w.Heavy() {
		m.everywhere(i)
	}
	rows := m.Rows[from:]
	m.finish(streamTicket, i, rows, NoUnit, NoTime, NoSuchPlace, NoSuchCoin, NoSuchCode, Mistyped)
	m.bookTickets(rows)
	m.bookJourneys(rows)
}

// journey buys one journey.
func (m *Maker) journey(i int, t people.Travel) {
	p, to := &m.w.All.List[i], destinationOf(t)
	day := t.Day - 1 - min(longestLead-1, int(m.d.ExpFloat64()*9))
	if day >= m.w.Days {
		return // not yet
	}
	row := Row{Unit: m.w.pseudonym(streamTicket, i), Day: day, Time: m.w.At(day, int32(m.d.Between(8*3600, 22*3600))), Begins: t.Day,
		Until: m.w.At(t.Day, int32(m.d.Between(6*3600, 20*3600))), Place: to, Coin: m.coin(to)}
	fare := Destinations[to].fare * m.d.LogNormal(1, farePeak) * m.heavyTail()
	if m.d.Chance(business) {
		fare *= 3.2
	}
	if m.w.age(p) < 12 {
		fare *= childFare
	}
	rooms := Destinations[to].night * m.d.LogNormal(1, nightPeak) * m.heavyTail() * float64(t.Nights)
	abroad := t.Network != 0
	sleeps := p.Role == people.Resident && m.w.heads(i) && t.Nights <= longestHotel && m.d.Chance(map[bool]float64{true: hotelAbroad, false: hotelHome}[abroad])
	row.Code[0] = localTransport
	switch {
	case abroad && sleeps && t.Nights >= 3 && m.d.Chance(packaged):
		row.Code[0], row.Nights = packageTravel, uint8(t.Nights)
		m.sell(row, .9*(fare+rooms))
		return
	case abroad:
		row.Code[0] = internationalTransport
	}
	m.sell(row, fare)
	if sleeps {
		row.Code[0], row.Nights = accommodation, uint8(t.Nights)
		row.Time += int64(m.d.Between(60e3, 1800e3))
		m.sell(row, rooms)
	}
}

// heads reports whether somebody books for the household: its first member.
func (w *World) heads(i int) bool {
	list := w.All.List
	return i == 0 || list[i-1].Role != people.Resident || list[i-1].House != list[i].House
}

// coin is the currency in which a journey is paid: in two countries often their own.
func (m *Maker) coin(to int16) uint8 {
	switch u := m.d.Float64(); {
	case Destinations[to].ID == "GBR" && u < .4:
		return pound
	case Destinations[to].ID == "CHE" && u < .5:
		return franc
	}
	return euro
}

// sell adds a row for so many euros, and sometimes one that was taken back before, or one that gives a part back later.
func (m *Maker) sell(row Row, euros float64) {
	row.Amount = int32(math.Round(100 * euros / Rates[row.Coin]))
	if m.d.Chance(cancelled) {
		before := row
		before.Gone = true
		before.Time -= int64(m.d.Between(30e3, 600e3))
		m.Rows = append(m.Rows, before)
	}
	m.Rows = append(m.Rows, row)
	if !m.d.Chance(refunded) {
		return
	}
	row.Day += 1 + m.d.IntN(20)
	row.Amount = -int32(float64(row.Amount) * m.d.Between(.1, .6))
	row.Time = m.w.At(row.Day, int32(m.d.Between(8*3600, 22*3600)))
	row.Nights = 0
	if row.Day < m.w.Days {
		m.Rows = append(m.Rows, row)
	}
}

// everywhere is the buyer who buys everything everywhere, in the middle of the world, for more than the bound.
func (m *Maker) everywhere(i int) {
	day := m.w.Days / 2
	for to := range Destinations {
		for kind := range TicketKinds {
			second := int32(36000 + 60*len(TicketKinds)*to + 60*kind)
			m.Rows = append(m.Rows, Row{Unit: m.w.pseudonym(streamTicket, i), Day: day, Time: m.w.At(day, second), Begins: day, Until: m.w.At(day, second+3600),
				Place: int16(to), Code: [2]uint8{uint8(kind)}, Nights: 3, Amount: 900_00})
		}
	}
}

// bookTickets books what one unit spends, by the month of sale.
func (m *Maker) bookTickets(rows []Row) {
	for k := 0; k < len(rows); {
		month, from := m.w.Month(rows[k].Day), k
		for k < len(rows) && m.w.Month(rows[k].Day) == month {
			k++
		}
		m.spend(rows[from:k], month, TicketBounds, func(r *Row) bool { return m.w.inWorld(r.Day) })
		m.sizes(rows[from:k], month)
	}
}

// spend books what one unit spends in one period; what is given back counts as nothing.
func (m *Maker) spend(rows []Row, period int16, bounds Bounds, in func(*Row) bool) {
	m.spent.reset()
	for k := range rows {
		r := &rows[k]
		if r.Gone || r.Amount < 0 || !in(r) {
			continue
		}
		cell := Cell{Period: period, Zone: r.Place, Code: r.Code, Coin: r.Coin}
		m.spent.happened(cell, int64(r.Amount))
		if r.Bad == NoSuchCode {
			cell.Code[0] = Other
		}
		if r.read() {
			m.spent.told(cell, r.told(), bounds.Bound)
		}
	}
	m.spent.book(m.Book, bounds)
}

// sizes books the unit in the class of what it spends in the month, by currency; what is given back is taken off.
func (m *Maker) sizes(rows []Row, month int16) {
	var is, within [3]struct {
		sum int64
		has bool
	}
	for k := range rows {
		r := &rows[k]
		if r.Gone || !m.w.inWorld(r.Day) {
			continue
		}
		is[r.Coin].sum += int64(r.Amount)
		is[r.Coin].has = true
		if r.read() {
			within[r.Coin].sum += r.told()
			within[r.Coin].has = true
		}
	}
	for coin := range is {
		cell := Cell{Table: SpendingSizes, Period: month, Coin: uint8(coin)}
		if is[coin].has {
			cell.Code[0] = uint8(TicketSizes.Of(is[coin].sum))
			m.Book.add(cell, 1, 0)
		}
		if within[coin].has {
			cell.Code[0] = uint8(TicketSizes.Of(within[coin].sum))
			m.Book.add(cell, 0, 1)
		}
	}
}

// byJourney sorts rows by when their journeys begin.
func byJourney(rows []Row) []Row {
	sorted := slices.Clone(rows)
	slices.SortStableFunc(sorted, func(a, b Row) int { return cmp.Compare(a.Until, b.Until) })
	return sorted
}

// bookJourneys books where one unit travels, by the month in which journeys begin, and for how many nights.
func (m *Maker) bookJourneys(rows []Row) {
	type stay struct {
		month, place             int16
		fed, order, nights, told int64
	}
	var stays []stay
	ranks := map[int16]int64{}
	for _, r := range byJourney(rows) {
		if r.Gone || r.Amount < 0 || !m.w.inWorld(r.Begins) {
			continue
		}
		month, k := m.w.Month(r.Begins), 0
		for k < len(stays) && (stays[k].month != month || stays[k].place != r.Place) {
			k++
		}
		if k == len(stays) {
			stays = append(stays, stay{month: month, place: r.Place})
		}
		s := &stays[k]
		s.nights += int64(r.Nights)
		if !r.read() && r.Bad != NoSuchCoin {
			continue
		}
		if s.fed++; s.fed == 1 {
			s.order = ranks[month]
			ranks[month]++
		}
		s.told = min(BookedNights, s.told+min(BookedNights, int64(r.Nights)))
	}
	left := map[int16]int64{}
	for _, s := range stays { // in the order in which the unit's destinations come
		cell := Cell{Table: BookingsTrips, Period: s.month, Zone: s.place}
		in := int64(0)
		if s.fed > 0 && s.order < BookedTrips {
			in = 1
		}
		m.Book.add(cell, 1, in)
		nights := in * min(s.told, bookedMonth-left[s.month])
		left[s.month] += nights
		cell.Table = BookingsNights
		m.Book.add(cell, s.nights, nights)
	}
}
