package market

import "github.com/throng-stats/throng/population"

// Cases counts what public bodies do, by district, body and reason, or reports about places by zone and reason. The unit is
// the person concerned, or the report: never an official, never who reports.
type Cases struct {
	product string
	domain  *domain
	tables  []population.Table
}

// NewCases returns the cases of a month (methods.md, section 21: conduct of public bodies).
//
// Bound. Of one person the first most cells, 1 in each: D2 = most, 4 by default, and twice where a day that is taken away may
// move them (L4). Somebody who has the same case twice in a month counts once.
func NewCases(g *Ground, most int) *Cases {
	if most == 0 {
		most = 4
	}
	return newCases("cases", g, most)
}

// NewReports returns reports about places and vehicles of a day. The unit is the report, which counts in one cell: D2 = 1.
func NewReports(g *Ground) *Cases { return newCases("reports", g, 1) }

func newCases(product string, g *Ground, most int) *Cases {
	c := &Cases{product: product, domain: newDomain(g, false)}
	c.tables = []population.Table{{Shape: c.domain.shape("total"), Bound: population.Bound{Cells: g.cells(most), PerCell: 1}, Move: g.move()}}
	return c
}

// Product is cases or reports.
func (c *Cases) Product() string { return c.product }

// Tables lists the tables.
func (c *Cases) Tables() []population.Table { return c.tables }

// Contribute counts the cases of one unit.
func (c *Cases) Contribute(u *population.Unit, emit population.Emit) {
	for i := range u.Sales {
		r := &u.Sales[i]
		if cell, ok := c.domain.cell(r, r.Sale()); ok {
			emit(0, cell)
		}
	}
}
