package synth

import (
	"fmt"
	"strings"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/synth/trade"
)

// Contracts of companies and public bodies; the two %s are the first and the last day.

// ticketsText is about what is bought, trips of the same rows about what happens; both spend one budget.
var (
	ticketsText = `# A travel seller: what travellers spend, by destination and kind, in the month in which they buy.
throng: 1
holder: {id: voyages, name: Voyages Lumera}
agreement: {id: voyages-1, purpose: [tourism, statistics], from: %s, until: %s}
data: synthetic
state: state
feed:
  id: tickets
  kind: tickets
  unit: traveller
  files: sales.csv
  columns:
    client: {as: traveller, type: text}
    sold: {as: sale_time, type: text}
    from: {as: from}
    to: {as: to}
    kind: {as: category, list: ` + words(trade.TicketKinds) + `} # classes of IRTS 2008
    amount: {as: amount, type: decimal} # below zero is given back
    currency: {as: currency}
    cancelled: {as: cancelled}
  drop: [begins, nights]
clock: ` + Clock + `
cells: {file: destinations.csv}
zones: {from: cells, version: "2026"}
products: [spending]
bounds: {cells: ` + fmt.Sprint(trade.TicketBounds.Cells) + `, sales: ` + fmt.Sprint(trade.TicketBounds.Sales) + `}
money: {currency: ` + words(trade.Coins) + `, bound: ` + cents(trade.TicketBounds.Bound) + `, total: ` + cents(trade.TicketBounds.Total) + `, source: posted fares and rooms, classes: ` + classes(trade.TicketSizes) + `}
privacy: {shares: {spending/total: .045, spending/buyers: .010, spending/sales: .010, spending/sizes: .005}}
`
	bookingsText = `# The same travel seller and the same rows: trips and nights, by destination, in the month in which the journey begins.
throng: 1
holder: {id: voyages, name: Voyages Lumera}
agreement: {id: voyages-1, purpose: [tourism, statistics], from: %s, until: %s}
data: synthetic
state: state # of the other contract: what both tell about a traveller adds up
feed:
  id: tickets
  kind: tickets
  unit: traveller
  files: sales.csv
  columns:
    client: {as: traveller, type: text}
    begins: {as: travel_time, type: text}
    to: {as: to}
    amount: {as: amount, type: decimal}
    nights: {as: nights, type: int}
    cancelled: {as: cancelled}
  drop: [sold, from, kind, currency]
clock: ` + Clock + `
cells: {file: destinations.csv}
zones: {from: cells, version: "2026"}
products: [bookings]
bounds: {tourism: ` + fmt.Sprint(trade.BookedTrips) + `, nights: ` + fmt.Sprint(trade.BookedNights) + `}
privacy: {shares: {bookings/trips: .005, bookings/nights: .015}}
`
	purchasesText = `# Shops with a card: what members spend by town, kind and day, and where customers live.
throng: 1
holder: {id: halles, name: Halles de Corvande}
agreement: {purpose: own-market, from: %s, until: %s}
data: synthetic
state: state
feed:
  id: till
  kind: purchases
  unit: buyer
  files: purchases.csv
  columns:
    member: {as: buyer, type: text}
    bought: {as: purchase_time, type: text}
    shop: {as: place}
    home: {as: home}
    sort: {as: category, list: ` + words(trade.PurchaseKinds) + `}
    paid: {as: amount, type: decimal} # euros; below zero is given back
clock: ` + Clock + `
cells: {file: towns.csv}
zones: {from: cells, version: "2026"}
products: [spending, market]
market_categories: true
bounds: {cells: ` + fmt.Sprint(trade.PurchaseBounds.Cells) + `, sales: ` + fmt.Sprint(trade.PurchaseBounds.Sales) + `}
money: {currency: EUR, bound: ` + cents(trade.PurchaseBounds.Bound) + `, source: household budget survey, every: day}
privacy: {shares: {spending/total: .040, spending/buyers: .010, spending/sales: .010, market/customers: .015, market/categories: .015}}
`
	ridesText = `# A bicycle company: rides between docks. No rider is in the feed, so the unit is the ride, which is weak.
throng: 1
holder: {id: velorane, name: Velorane}
agreement: {purpose: transport, from: %s, until: %s}
data: synthetic
state: state
feed:
  id: rides
  kind: trips
  unit: trip
  files: rides.csv
  columns:
    ride: {as: trip, type: text}
    start: {as: start_time, type: text}
    end: {as: end_time, type: text}
    from_dock: {as: from, type: text}
    to_dock: {as: to, type: text}
  drop: [vehicle]
clock: ` + Clock + `
cells: {file: docks.csv, kind: places}
zones: {from: cells, version: "2026"}
products: [flows-month, vehicles]
`
	reportsText = `# The same company: reports about how bicycles stand. Neither who reports nor who rode is in them.
throng: 1
holder: {id: velorane, name: Velorane}
agreement: {purpose: transport, from: %s, until: %s}
data: synthetic
state: state-reports
feed:
  id: reports
  kind: reports
  unit: report
  files: reports.csv
  columns:
    report: {as: report, type: text}
    at: {as: time, type: text}
    dock: {as: place}
    reason: {as: reason, list: ` + words(trade.ReportReasons) + `}
  drop: [vehicle]
clock: ` + Clock + `
cells: {file: docks.csv}
zones: {from: cells, version: "2026"}
products: [reports]
`
	casesText = `# Public bodies of Corvande: what they did and how long they let people wait, by body, district and reason. The unit is the person
# concerned; no official is in the feed, and nobody who complained.
throng: 1
holder: {id: corvande, name: Ombudsman of Corvande}
agreement: {purpose: [statistics, planning], from: %s, until: %s}
data: synthetic
state: state
feed:
  id: conduct
  kind: cases
  unit: person
  files: cases.csv
  columns:
    person_concerned: {as: person, type: text}
    at: {as: time, type: text}
    district: {as: district}
    authority: {as: authority, list: ` + words(trade.Authorities) + `}
    reason: {as: reason, list: ` + words(trade.CaseReasons) + `}
    waited: {as: waited, type: int} # days
clock: ` + Clock + `
cells: {file: districts.csv}
zones: {from: cells, version: "2026"}
products: [cases]
bounds: {cases: ` + fmt.Sprint(trade.CaseBound) + `}
`
	procurementText = `# What bodies of Corvande spend on drinks, travel, gifts and the like: public and exact.
throng: 1
data: public
register:
  id: procurement
  source: invented, register of procurement and representation of Corvande
  licence: CC0-1.0
  file: procurement.csv
  currency: EUR
  columns:
    authority: {as: authority, list: ` + words(trade.Bodies) + `}
    staff: {as: size, type: int}
    category: {as: category, list: ` + words(trade.Spent) + `}
    class: {as: class, list: ` + words(trade.FirmClasses) + `}
    amount: {as: amount, type: decimal}
  drop: [id, date]
`
	inspectionsText = `# Whom bodies of Corvande inspect, and who is fined, by class of firm: public and exact.
throng: 1
data: public
register:
  id: inspections
  source: invented, register of inspections of Corvande
  licence: CC0-1.0
  file: inspections.csv
  columns:
    authority: {as: authority, list: ` + words(trade.Bodies) + `}
    class: {as: class, list: ` + words(trade.FirmClasses) + `}
    fined: {as: outcome, type: bool}
  drop: [id, date, fine, award]
`
)

func words(list []string) string { return "[" + strings.Join(list, ", ") + "]" }

func cents(v int64) string { return throng.FormatAmount(v, 2) }

func classes(list throng.Amounts) string {
	var out []string
	for _, v := range list {
		out = append(out, cents(v))
	}
	return words(out)
}
