package config

import (
	"maps"
	"slices"
	"strings"
)

// Ids of the products of this version.
const (
	Present     = "present"
	PresentLive = "present-live"
	FlowsHour   = "flows-hour"
	FlowsDay    = "flows-day"
	FlowsMonth  = "flows-month"
	Vehicles    = "vehicles"
	Visitors    = "visitors"
	Arrivals    = "arrivals"
	Nights      = "nights"
	Usual       = "usual"
	Migration   = "migration"
	Tourism     = "tourism"
)

// Rules of home and work (methods.md, sections 17 and 12).
const (
	HomeModal      = "modal"
	HomePermanence = "permanence"
)

// Estimates of people present by zone (methods.md, section 8). The linear one is always made.
const (
	EstimateLinear = "linear"
	EstimateEM     = "em"
)

// Products are the ids of the products that this version builds.
var Products = []string{Present, PresentLive, Visitors, Arrivals, Nights, FlowsHour, FlowsDay, FlowsMonth, Usual, Migration, Tourism, Vehicles, Spending, Market, Bookings, Cases, Reports}

// productsOf are the products that a kind of feed can give.
var productsOf = map[string][]string{
	kindEvents: {Present, PresentLive, Visitors, Arrivals, Nights, FlowsHour, FlowsDay, FlowsMonth, Usual, Migration, Tourism},
	kindTrips:  {FlowsMonth, Vehicles},

	kindTickets: {Spending, Market, Bookings}, kindPurchases: {Spending, Market}, kindCases: {Cases}, kindReports: {Reports},
}

// Tables lists the measured tables of a product under this contract, in the order in which they are charged; nil when
// the contract does not ask for the product.
func (c *Contract) Tables(product string) []string {
	if !slices.Contains(c.Products, product) {
		return nil
	}
	if c.Sales() {
		return c.saleTables(product)
	}
	tables := []string{"total"}
	known := func(breakdown string) bool { return columnAs(c.Attributes.Columns, breakdown) != "" }
	switch product {
	case Present:
		for _, breakdown := range []string{"gender", "age", "origin"} {
			if known(breakdown) {
				tables = append(tables, breakdown)
			}
		}
		if c.Roles != "" {
			tables = append(tables, "role")
		}
	case PresentLive:
		tables = []string{"leaf", "block", "area"}
	case Nights:
		if known("origin") {
			tables = []string{"origin"}
		}
		for _, breakdown := range []string{"gender", "age"} {
			if known(breakdown) {
				tables = append(tables, breakdown)
			}
		}
	case FlowsDay:
		if c.Purposes {
			tables = append(tables, "purpose")
		}
	case Usual:
		tables = []string{"home", "home-work"}
	case Tourism:
		tables = []string{"trips", "abroad", "length", "absences"}
		if c.TourismEnds {
			tables = append(tables, "ends")
		}
	case FlowsMonth:
		if columnAs(c.Feed.Columns, "origin") != "" {
			tables = append(tables, "origin")
		}
	case Vehicles:
		tables = []string{"departures", "arrivals"}
	}
	return tables
}

// allTables lists every product/table of the contract.
func (c *Contract) allTables() []string {
	var all []string
	for _, product := range c.Products {
		for _, table := range c.Tables(product) {
			all = append(all, product+"/"+table)
		}
	}
	return all
}

// Charged lists every share that a day bears, by "product/table". A table of two months is charged to the days of both, so
// that every day is in two of them: as the month after, migration/total, and as the month before, migration/before.
func (c *Contract) Charged() []string {
	all := c.allTables()
	if slices.Contains(c.Products, Migration) {
		all = append(all, MigrationBefore)
	}
	return all
}

// MigrationBefore is the share with which a day is in the table of its month and the next. It equals that of the table.
const MigrationBefore = Migration + "/before"

// LongDays is the least number of civil days of a month for which statistics of a month are made: where somebody usually is
// cannot be told from fewer. Months of which an agreement covers less have none. Source: ours.
const LongDays = 20

// IsLong reports whether a product is about months, not days: it is counted from the pages of a month.
func IsLong(product string) bool {
	return product == Usual || product == Migration || product == Tourism
}

// Long reports whether the contract asks for a product that IsLong.
func (c *Contract) Long() bool { return slices.ContainsFunc(c.Products, IsLong) }

// checkProducts holds products and shares against what this version builds and what the feed can give.
func (c *Contract) checkProducts(find *findings) {
	if len(c.Products) == 0 {
		find.invalid("products", "got nothing, want one or more of: %s", strings.Join(Products, " "))
	}
	possible := productsOf[c.Feed.Kind]
	for i, product := range c.Products {
		switch {
		case alertWord(product):
			find.refuse("27.3", "products", "%s", noAlerts)
		case refusedName(product) != nil:
			kind := refusedName(product)
			find.refuse("9.1", "products", "%.40q is %s: %s; no product is about a person", product, kind.what, kind.why)
		case !slices.Contains(Products, product):
			find.invalid("products", "unknown product %.40q; %s", product, didYouMean(product, Products))
		case possible != nil && !slices.Contains(possible, product):
			find.invalid("products", "a feed of %s cannot give %s; it can give: %s", c.Feed.Kind, product, strings.Join(possible, " "))
		case slices.Contains(c.Products[:i], product):
			find.invalid("products", "%s stands there twice; keep one", product)
		}
	}
	tables := c.Charged()
	if c.Privacy.Shares[Migration+"/total"] != c.Privacy.Shares[MigrationBefore] {
		find.invalid("privacy.shares."+MigrationBefore, "a table of two months has one share: give migration/total and migration/before the same")
	}
	for _, key := range slices.Sorted(maps.Keys(c.Privacy.Shares)) {
		if c.Privacy.Shares[key] == badNano {
			find.invalid("privacy.shares."+key, "%s", wantNano)
		}
		if !slices.Contains(tables, key) {
			find.invalid("privacy.shares."+key, "no such table under this contract; %s", didYouMean(key, tables))
		}
	}
}

// checkOrigins wants a review and public groups where a table by origin is asked for (privacy.md 27.2, 27.8).
func (c *Contract) checkOrigins(find *findings) {
	asked := slices.ContainsFunc(c.allTables(), func(t string) bool { return strings.HasSuffix(t, "/origin") || strings.HasPrefix(t, Tourism) })
	if !asked {
		return
	}
	if c.Review == (Review{}) {
		find.refuse("27.8", "review", "a table by origin is asked for, and nobody has reviewed what it may do to groups; add review: {by, date, text}, the text is printed in the claim")
	}
	if columnAs(c.Attributes.Columns, "origin") != "" && c.Origins == "" {
		find.invalid("origins", "attributes name an origin, and the file of its groups is missing; add origins: origins.csv (origin,group,residents)")
	}
	if col := columnAs(c.Feed.Columns, "origin"); col != "" && c.Feed.Columns[col].Domain == "" {
		find.invalid("feed.columns."+col+".domain", "an origin of trips needs the public list of its values; add domain: FILE, one value a line")
	}
}
