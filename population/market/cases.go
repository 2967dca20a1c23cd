package market

import (
	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/population"
)

// Cases counts what public bodies do, by district, body and reason, or reports about places by zone and reason. The unit is
// the person concerned, or the report: never an official, never who reports.
type Cases struct {
	product string
	domain  *domain
	bodies  *domain // zone and first code alone, for waits; nil without
	tables  []population.Table
}

// Waits are the classes of the days that a case waited. Source: ours.
var Waits = throng.Amounts{0, 1, 8, 31, 91}

// NewCases returns the cases of a month (methods.md, section 21: conduct of public bodies). Tables: total, and where rows say
// how long cases waited waits (zone, first code and class of days).
//
// Bound, of either table. Of one person the first most cells, 1 in each: D2 = most, 4 by default, and twice where a day that is taken away may
// move them (L4). Somebody who has the same case twice in a month counts once.
func NewCases(g *Ground, most int, waits bool) *Cases {
	if most == 0 {
		most = 4
	}
	c := newCases("cases", g, most)
	if waits {
		plain := *g
		plain.Codes[1] = throng.Dim{}
		c.bodies = newDomain(&plain, false)
		c.tables = append(c.tables, population.Table{Shape: c.bodies.shape("waits", throng.Dim{Name: throng.DimAmount, Codes: Waits.Codes(0)}),
			Bound: population.Bound{Cells: g.cells(most), PerCell: 1}, Move: g.move()})
	}
	return c
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
		one := r.Sale()
		if cell, ok := c.domain.cell(r, one); ok {
			emit(0, cell)
		}
		if c.bodies == nil {
			continue
		}
		if cell, ok := c.bodies.cell(r, one); ok {
			emit(1, cell*uint64(len(Waits))+uint64(Waits.Of(int64(one.Nights))))
		}
	}
}
