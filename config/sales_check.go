package config

import (
	"slices"

	"github.com/throng-stats/throng"
)

// mostBound is the largest bound of an amount, in the smallest unit of its currency: squares of it stay far from the end of
// their integers.
const mostBound = 100_000_000

// checkSales checks what only feeds of tickets, purchases, cases and reports have, and refuses it for others.
func (c *Contract) checkSales(find *findings) {
	if !c.Sales() {
		if c.Bounds.Cells != 0 || c.Bounds.Sales != 0 || c.Bounds.Nights != 0 || c.Bounds.Cases != 0 || c.MarketCategories || c.Businesses != "" || !isEmptyMoney(c.Money) {
			find.invalid("money", "money, market_categories, businesses and the bounds cells, sales, nights and cases are of feeds of tickets, purchases, cases and reports; leave them out")
		}
		return
	}
	c.checkSaleColumns(find)
	c.checkMoney(find)
	c.checkSaleProducts(find)
	for _, n := range []struct {
		key         string
		value, most int
	}{{"bounds.cells", c.Bounds.Cells, 20}, {"bounds.sales", c.Bounds.Sales, 20}, {"bounds.nights", c.Bounds.Nights, 31}, {"bounds.cases", c.Bounds.Cases, 10}} {
		if n.value < 0 || n.value > n.most {
			find.invalid(n.key, "got %d, want 1 to %d", n.value, n.most)
		}
	}
	if c.IsLog() {
		find.invalid("feed.kind", "a feed of %s is read from files; name them under feed.files", c.Feed.Kind)
	}
	if c.Cells.Kind != kindPlaces || c.Zones.From == "" {
		find.invalid("cells", "%s name public places: shops, destinations, districts; write cells.kind: places and zones.from: cells", c.Feed.Kind)
	}
}

func isEmptyMoney(m Money) bool {
	return len(m.Currency) == 0 && m.Bound == "" && m.Total == "" && m.Source == "" && m.Every == "" && !m.Net && len(m.Classes) == 0
}

// checkSaleColumns wants a time, a place or home, and the unit's column.
func (c *Contract) checkSaleColumns(find *findings) {
	f := &c.Feed
	has := func(as string) bool { return columnAs(f.Columns, as) != "" }
	if f.Kind == kindTickets && has("sale_time") == has("travel_time") {
		find.invalid("feed.columns", "want one column with the role sale_time or travel_time, the date at which a row counts; name the other date under drop")
	}
	if has("place") && has("to") {
		find.invalid("feed.columns", "want one column with the role place or to, the destination; name the other under drop")
	}
	if !c.Where() && !has("home") {
		find.invalid("feed.columns", "no column says where; add NAME: {as: place}, or {as: home} for where the %s lives", f.Unit)
	}
	if !c.Weak() && slices.Contains(unitsOf[f.Kind], f.Unit) && !has(f.Unit) {
		find.invalid("feed.columns", "no column has the role %s, the unit of the feed; add NAME: {as: %s}, or declare a weaker unit", f.Unit, f.Unit)
	}
	if c.Weak() && slices.ContainsFunc([]string{unitTraveller, unitBuyer, unitPerson}, has) {
		find.refuse("27.10", "feed.unit", "the feed has the person, so the unit cannot be the %s; declare the person as unit", f.Unit)
	}
	if has("amount") && has("rate") || has("rate") && !has("nights") || has("more_nights") && !has("nights") {
		find.invalid("feed.columns", "want amount, or rate, an amount a night, with a column of nights; more_nights are added to nights")
	}
	for _, as := range []string{"amount", "rate"} {
		name := columnAs(f.Columns, as)
		if name == "" || f.Columns[name].Type != "" {
			continue
		}
		find.invalid("feed.columns."+name+".type", "want int for whole numbers of the smallest unit of the currency, or decimal for numbers such as 12.50")
	}
	if name := columnAs(f.Columns, "residence"); name != "" && f.Columns[name].Domain == "" {
		find.invalid("feed.columns."+name+".domain", "a residence needs the public list of its values; add domain: FILE, one value a line")
	}
}

// checkMoney checks currencies, bounds and classes.
func (c *Contract) checkMoney(find *findings) {
	m := &c.Money
	if !slices.Contains(c.Products, Spending) {
		if m.Bound != "" || m.Total != "" || m.Every != "" || m.Net || len(m.Classes) > 0 || m.Source != "" {
			find.invalid("money", "only the product spending counts money; leave money out, or add spending to products")
		}
		if len(m.Currency) == 0 {
			return
		}
	}
	if len(m.Currency) == 0 || len(m.Currency) > 8 {
		find.invalid("money.currency", "got %d codes, want one to eight of ISO 4217, such as EUR", len(m.Currency))
	}
	for i, code := range m.Currency {
		if !throng.IsCurrency(code) || slices.Contains(m.Currency[:i], code) {
			find.invalid("money.currency", "got %.20q, want codes of ISO 4217 such as EUR, each once", code)
		}
	}
	if len(m.Currency) > 1 && columnAs(c.Feed.Columns, "currency") == "" {
		find.invalid("feed.columns", "there are %d currencies and no column says which; add NAME: {as: currency}", len(m.Currency))
	}
	if slices.Contains(c.Products, Spending) {
		c.checkBound(find)
	}
}

// checkBound checks what clamps amounts, which is public and comes from public data.
func (c *Contract) checkBound(find *findings) {
	m := &c.Money
	amount := func(key string, d Decimal) int64 {
		v, err := throng.ParseAmount(string(d), c.Exponent())
		if err != nil || v < 1 || v > mostBound {
			find.invalid(key, "got %.40q, want an amount above 0 and at most %s, such as %s", string(d), throng.FormatAmount(mostBound, c.Exponent()), throng.FormatAmount(20_000, c.Exponent()))
		}
		return v
	}
	bound := amount("money.bound", m.Bound)
	if m.Total != "" && amount("money.total", m.Total) < bound {
		find.invalid("money.total", "got %s, which is below money.bound; a total is at least the bound", m.Total)
	}
	if len(m.Source) < 3 {
		find.invalid("money.source", "got nothing; say where the bound comes from: public data or an earlier release, never the rows themselves")
	}
	oneOf(find, "money.every", m.Every, everyDay, everyMonth)
	for _, d := range m.Classes {
		if _, err := throng.ParseAmount(string(d), c.Exponent()); err != nil {
			find.invalid("money.classes", "got %.40q, want amounts such as 0, 10.00, 50.00", string(d))
			return
		}
	}
	if classes := c.SpendingClasses(); classes != nil {
		if err := classes.Check(); err != nil {
			find.invalid("money.classes", "%v", err)
		}
	}
}

// checkSaleProducts wants of the feed what its products need.
func (c *Contract) checkSaleProducts(find *findings) {
	f := &c.Feed
	for _, product := range c.Products {
		switch {
		case !slices.Contains(productsOf[f.Kind], product): // said elsewhere
		case product == Spending && !c.pays():
			find.invalid("products", "spending needs a column with the role amount")
		case product == Market && c.Weak():
			find.refuse("17", "products", "market counts customers, and a feed of the unit %s has none; declare the %s as unit", f.Unit, unitsOf[f.Kind][0])
		case product != Market && !c.Where():
			find.invalid("products", "%s needs a column that says where: role place", product)
		case product == Market && len(c.saleTables(Market)) == 0:
			find.invalid("products", "market needs a column with the role home or residence")
		}
	}
	if c.MarketCategories && (!slices.Contains(c.Tables(Market), "categories") || c.SaleDims()[0].Name == "") {
		find.invalid("market_categories", "needs the product market, and columns with the roles home and category")
	}
	if c.Businesses != "" && (c.SaleDims()[0].Name == "" || !c.Where()) {
		find.invalid("businesses", "businesses are told apart by place and category; the feed needs columns with both roles")
	}
}
