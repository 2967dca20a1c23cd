package market

import (
	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/population"
)

// CustomersOptions say which tables there are.
type CustomersOptions struct {
	// Homes counts customers by the zone where they live.
	Homes bool
	// Cells, where positive, counts them by that zone and the first code of their sales too, in at most so many cells each.
	Cells int
	// Origins counts them by region of origin.
	Origins bool
}

// Customers counts the different buyers of a month by where they live.
type Customers struct {
	opt    CustomersOptions
	domain *domain
	codes  int
	tables []population.Table
	index  [3]int // of the tables, -1 where one is not there
}

// NewCustomers returns the statistic (methods.md, section 21). Tables: customers (home zone), categories (home zone and first
// code), origin (region of origin). A unit lives where the first of its rows in the month that says so says.
//
// Bound. customers and origin: one cell, D2 = 1. categories: k cells of 1, D2 = k. A day that is taken away may move the home:
// twice (L4).
func NewCustomers(g *Ground, o CustomersOptions) *Customers {
	c := &Customers{opt: o, domain: newDomain(g, false), codes: max(1, len(g.Codes[0].Codes)), index: [3]int{-1, -1, -1}}
	zones := zonesOf(g.Places)
	add := func(i int, name string, cells int, dims ...throng.Dim) {
		c.index[i] = len(c.tables)
		c.tables = append(c.tables, population.Table{Shape: throng.Shape{Name: name, Dims: dims}, Bound: population.Bound{Cells: g.cells(cells), PerCell: 1}, Move: g.move()})
	}
	if o.Homes {
		add(0, "customers", 1, zones)
	}
	if o.Homes && o.Cells > 0 {
		add(1, "categories", o.Cells, zones, g.Codes[0])
	}
	if o.Origins {
		add(2, "origin", 1, throng.Dim{Name: throng.DimOrigin, Codes: g.Origins})
	}
	return c
}

// Product is market.
func (c *Customers) Product() string { return "market" }

// Tables lists the tables.
func (c *Customers) Tables() []population.Table { return c.tables }

// Contribute counts one buyer. What is given back is no purchase: somebody who only gives back is no customer of the month.
func (c *Customers) Contribute(u *population.Unit, emit population.Emit) {
	zone, origin, bought := -1, event.NoOrigin, false
	for i := range u.Sales {
		one := u.Sales[i].Sale()
		bought = bought || one.Amount >= 0
		if zone < 0 {
			zone = c.domain.zone(one.Home)
		}
		if origin == event.NoOrigin {
			origin = int(one.Origin)
		}
	}
	if !bought {
		return
	}
	if c.index[0] >= 0 && zone >= 0 {
		emit(c.index[0], uint64(zone))
	}
	if c.index[2] >= 0 && origin != event.NoOrigin {
		emit(c.index[2], uint64(origin))
	}
	if c.index[1] < 0 || zone < 0 {
		return
	}
	for i := range u.Sales {
		if one := u.Sales[i].Sale(); one.Amount >= 0 {
			emit(c.index[1], uint64(zone*c.codes+int(one.Code[0])))
		}
	}
}
