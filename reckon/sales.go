package reckon

import (
	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/privacy/result"
	"github.com/throng-stats/throng/release"
)

// Ids of products of feeds of tickets, purchases, cases and reports.
const (
	ProductSpending = "spending"
	ProductMarket   = "market"
	ProductBookings = "bookings"
	ProductCases    = "cases"
	ProductReports  = "reports"
)

// summable are the tables of zones that may be added up: money, rows, nights, and customers, who live in one zone. Buyers are
// not: who buys in two towns of a province is one buyer of the province.
var summable = map[string]bool{
	ProductSpending + "/total": true, ProductSpending + "/sales": true, ProductMarket + "/customers": true,
	ProductBookings + "/nights": true, ProductReports + "/total": true,
}

// Sales estimates tables of what a holder sells, books or is told: the count or sum itself, with the exact noise of each cell.
// It is about the holder's own customers, not about people at large; for them there are shares (reckon/compare). Money is in
// the smallest unit of its currency. Where a table of zones may be added up, the zones above are added: their estimate is the
// sum of their parts, their variance the sum of the variances.
func Sales(product string, geo release.Geography, measured []result.Table) ([]release.Table, error) {
	tables, err := Counts(measured)
	if err != nil {
		return nil, err
	}
	for i, t := range tables {
		if summable[product+"/"+t.Shape.Name] && t.Shape.Dims[0].Name == throng.DimZone {
			tables[i] = withParents(geo.Zones, t)
		}
	}
	return tables, nil
}
