package config

import (
	"slices"
	"strings"

	"github.com/throng-stats/throng"
)

// Kinds of feeds of companies and public bodies whose rows are sales and the like, with their units (standards.md 9.4, 9.5).
const (
	kindTickets   = "tickets"
	kindPurchases = "purchases"
	kindCases     = "cases"
	kindReports   = "reports"

	unitTraveller = "traveller"
	unitBuyer     = "buyer"
	unitPerson    = "person" // whom a case is about

	unitTicket   = "ticket"
	unitPurchase = "purchase"
	unitCase     = "case"
	unitReport   = "report"
)

// saleKinds are the kinds of Contract.Sales.
var saleKinds = []string{kindTickets, kindPurchases, kindCases, kindReports}

// weakUnits are rows: feeds that have no person protect no more than a row.
var weakUnits = []string{unitTrip, unitTicket, unitPurchase, unitCase, unitReport}

// SpendingClasses are the eight classes of what visitors spend on (IRTS 2008), the default list of a category of tickets.
var SpendingClasses = []string{"package-travel", "accommodation", "food-drink", "local-transport", "international-transport", "recreation", "shopping", "others"}

// Ids of the products of these feeds.
const (
	Spending = "spending"
	Market   = "market"
	Bookings = "bookings"
	Cases    = "cases"
	Reports  = "reports"
)

// Periods of spending.
const (
	everyDay   = "day"
	everyMonth = "month"
)

var amountTypes = []string{typeInt, typeDecimal}

// saleRoles are the roles of these feeds.
func saleRoles(kind string) []role {
	key := func(names ...string) (list []role) {
		for _, n := range names {
			list = append(list, role{name: n, types: keyTypes})
		}
		return list
	}
	code := func(name string, list ...string) role {
		return role{name: name, types: codeTypes, coded: true, list: list}
	}
	buying := append(key("home"), role{name: "residence", types: []string{typeText, typeInt}}, role{name: "amount", types: amountTypes},
		role{name: "currency", types: codeTypes}, code("channel"))
	switch kind {
	case kindTickets:
		return slices.Concat(key(unitTraveller, unitTicket, "place", "to", "from"), buying, []role{
			{name: "sale_time", types: timeTypes}, {name: "travel_time", types: timeTypes}, code("category", SpendingClasses...),
			{name: "nights", types: []string{typeInt}}, {name: "more_nights", types: []string{typeInt}}, {name: "rate", types: amountTypes}, {name: "cancelled", types: []string{typeBool, typeInt}},
			{name: "class", types: codeTypes}, {name: "carrier", types: codeTypes}, {name: "passengers", types: []string{typeInt}}})
	case kindPurchases:
		return slices.Concat(key(unitBuyer, unitPurchase, "place"), buying, []role{{name: "purchase_time", types: timeTypes, needed: true}, code("category"),
			{name: "cancelled", types: []string{typeBool, typeInt}}})
	case kindCases:
		return slices.Concat(key(unitPerson, unitCase, "district"), []role{{name: "time", types: timeTypes, needed: true}, code("authority"), code("reason"), {name: "waited", types: []string{typeInt}}})
	}
	return slices.Concat(key(unitReport), []role{{name: "time", types: timeTypes, needed: true}, {name: "place", types: keyTypes, needed: true}, code("reason"), code("vehicle_type")})
}

// codeRoles are, by kind, the roles whose values are the two further dimensions of tables, in their order, with the names of
// the dimensions.
var codeRoles = map[string][2][2]string{
	kindTickets:   {{"category", throng.DimCategory}, {"channel", throng.DimChannel}},
	kindPurchases: {{"category", throng.DimCategory}, {"channel", throng.DimChannel}},
	kindCases:     {{"authority", throng.DimAuthority}, {"reason", throng.DimReason}},
	kindReports:   {{"reason", throng.DimReason}, {"vehicle_type", throng.DimCategory}},
}

// whereRoles say where a sale, booking, case or report is.
var whereRoles = []string{"place", "to", "district"}

// Money says how amounts are counted. Source: privacy.md 18.
type Money struct {
	Currency Words     `yaml:"currency"` // Codes of ISO 4217; of two or more each is counted by itself. Required with spending.
	Bound    Decimal   `yaml:"bound"`    // Most that counts of one row, and of one unit in one cell, in units of the first currency such as 200.00. Required with spending.
	Total    Decimal   `yaml:"total"`    // Most that counts of one unit in all cells together. Default: no such cap.
	Source   string    `yaml:"source"`   // Where bound and total come from: public data or an earlier release, never these rows. Required with spending.
	Every    string    `yaml:"every"`    // Period of spending: day or month. Default: month.
	Net      bool      `yaml:"net"`      // What is given back counts below zero. Default: it counts as nothing.
	Classes  []Decimal `yaml:"classes"`  // Buyers by class of what they spend in the period: lower bounds, ascending from 0. Default: no such table.
}

// Decimal is a number as it is written, so that nothing is rounded.
type Decimal string

// UnmarshalYAML keeps the text of a number.
func (d *Decimal) UnmarshalYAML(text []byte) error {
	*d = Decimal(strings.Trim(strings.TrimSpace(string(text)), `"'`))
	return nil
}

// Sales reports whether rows are tickets, purchases, cases or reports.
func (c *Contract) Sales() bool { return slices.Contains(saleKinds, c.Feed.Kind) }

// Weak reports whether the unit is a row, because the feed has no person.
func (c *Contract) Weak() bool { return slices.Contains(weakUnits, c.Feed.Unit) }

// Exponent is how many decimals the currencies of the contract have: that of the first.
func (c *Contract) Exponent() int {
	if len(c.Money.Currency) == 0 {
		return 2
	}
	return throng.Exponent(c.Money.Currency[0])
}

// Minor is a decimal of the contract in the smallest unit of its first currency; 0 for none, and for what is no such decimal,
// which the check of the contract has found.
func (c *Contract) Minor(d Decimal) int64 {
	v, _ := throng.ParseAmount(string(d), c.Exponent())
	return v
}

// Classes of what buyers spend in a period, or nil.
func (c *Contract) SpendingClasses() throng.Amounts {
	var list throng.Amounts
	for _, d := range c.Money.Classes {
		list = append(list, c.Minor(d))
	}
	return list
}

// ByDay reports whether a product of these feeds is counted by civil day; the others by month.
func (c *Contract) ByDay(product string) bool {
	return product == Reports || product == Spending && c.Money.Every == everyDay
}

// Where reports whether rows say where they are.
func (c *Contract) Where() bool {
	return slices.ContainsFunc(whereRoles, func(as string) bool { return columnAs(c.Feed.Columns, as) != "" })
}

// SaleDim is one of the two further dimensions of tables: its name, and of the column that fills it the values, in a list or in
// a file (ReadList). A dimension without a name is not there.
type SaleDim struct {
	Name string
	List []string
	File string // resolved path
}

// SaleDims are the further dimensions of tables.
func (c *Contract) SaleDims() (dims [2]SaleDim) {
	for i, r := range codeRoles[c.Feed.Kind] {
		if name := columnAs(c.Feed.Columns, r[0]); name != "" {
			col := c.Feed.Columns[name]
			dims[i] = SaleDim{Name: r[1], List: col.List, File: c.Path(col.Domain)}
		}
	}
	return dims
}

// Residence is the file of the regions where units live, resolved, or "".
func (c *Contract) Residence() string {
	return c.Path(c.Feed.Columns[columnAs(c.Feed.Columns, "residence")].Domain)
}

// HasHome reports whether rows say in which zone units live.
func (c *Contract) HasHome() bool { return columnAs(c.Feed.Columns, "home") != "" }

// pays reports whether rows say an amount.
func (c *Contract) pays() bool {
	return columnAs(c.Feed.Columns, "amount") != "" || columnAs(c.Feed.Columns, "rate") != ""
}

// HasNights reports whether rows say for how many nights a booking is.
func (c *Contract) HasNights() bool { return columnAs(c.Feed.Columns, "nights") != "" }

// saleTables lists the tables of a product of these feeds.
func (c *Contract) saleTables(product string) (tables []string) {
	add := func(name string, is bool) {
		if is {
			tables = append(tables, name)
		}
	}
	residence := columnAs(c.Feed.Columns, "residence") != ""
	switch product {
	case Spending:
		add("total", true)
		add("buyers", true)
		add("sales", c.Bounds.Sales > 0)
		add("sizes", len(c.Money.Classes) > 0)
	case Market:
		add("customers", c.HasHome())
		add("categories", c.HasHome() && c.MarketCategories)
		add("origin", residence)
	case Bookings:
		add("trips", true)
		add("nights", c.HasNights())
		add("origin", residence)
	case Cases, Reports:
		add("total", true)
		add("waits", columnAs(c.Feed.Columns, "waited") != "")
	}
	return tables
}

// setSaleDefaults writes out what the contract of such a feed leaves open.
func (c *Contract) setSaleDefaults() {
	if !c.Sales() {
		return
	}
	fill := func(field *int, asked bool, value int) {
		if asked && *field == 0 {
			*field = value
		}
	}
	spends := slices.Contains(c.Products, Spending)
	fill(&c.Bounds.Cells, spends || c.MarketCategories, 5)
	fill(&c.Bounds.Nights, slices.Contains(c.Products, Bookings) && c.HasNights(), 14)
	fill(&c.Bounds.Cases, slices.Contains(c.Products, Cases), 4)
	if spends && c.Money.Every == "" {
		c.Money.Every = everyMonth
	}
}
