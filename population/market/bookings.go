package market

import (
	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/population"
)

// BookingsOptions shape the tables of bookings.
type BookingsOptions struct {
	// Trips is the most destinations in which one unit counts in a month. Default 4 (methods.md, section 21: tourism).
	Trips int
	// Nights is the most nights that count of a unit at one destination; 0: rows do not say, there is no such table.
	Nights int
	// Origins counts trips by destination and region of origin too.
	Origins bool
}

// mostNights is the most nights of one unit in a month that count in all destinations together.
const mostNights = 31

// Bookings counts trips and nights by destination and month, from tickets and bookings.
type Bookings struct {
	opt    BookingsOptions
	domain *domain
	codes  int // of origin
	tables []population.Table
	index  [2]int // of nights and origin, -1 where one is not there
}

// NewBookings returns the statistic. Tables: trips (destination: units that went there), nights (their nights), origin
// (destination and region of origin).
//
// Bound. trips and origin: a cells of 1, D2 = a. nights: a cells of at most n nights, at most 31 nights together, so that with
// n = 14 D2 = 2 14^2 + 3^2 = 401 (L3). A day that is taken away may move all of it: twice (L4).
func NewBookings(g *Ground, o BookingsOptions) *Bookings {
	if o.Trips == 0 {
		o.Trips = 4
	}
	plain := *g
	plain.Codes, plain.Into = [2]throng.Dim{}, nil
	b := &Bookings{opt: o, domain: newDomain(&plain, false), codes: len(g.Origins), index: [2]int{-1, -1}}
	bound := population.Bound{Cells: g.cells(o.Trips), PerCell: 1}
	b.tables = []population.Table{{Shape: b.domain.shape("trips"), Bound: bound, Move: g.move()}}
	if o.Nights > 0 {
		b.index[0] = len(b.tables)
		b.tables = append(b.tables, population.Table{Shape: b.domain.shape("nights"), Sum: true, Move: g.move(),
			Bound: population.Bound{Cells: bound.Cells, PerCell: o.Nights, Total: mostNights}})
	}
	if o.Origins {
		b.index[1] = len(b.tables)
		b.tables = append(b.tables, population.Table{Shape: b.domain.shape("origin", throng.Dim{Name: throng.DimOrigin, Codes: g.Origins}), Bound: bound, Move: g.move()})
	}
	return b
}

// Product is bookings.
func (b *Bookings) Product() string { return "bookings" }

// Tables lists the tables.
func (b *Bookings) Tables() []population.Table { return b.tables }

// Contribute counts the destinations of one unit.
func (b *Bookings) Contribute(u *population.Unit, emit population.Emit) {
	origin := event.NoOrigin // frozen at the first row that says it
	for i := range u.Sales {
		r := &u.Sales[i]
		one := r.Sale()
		if origin == event.NoOrigin {
			origin = int(one.Origin)
		}
		cell, ok := b.domain.cell(r, one)
		if !ok || one.Amount < 0 {
			continue
		}
		emit(0, cell)
		if b.index[1] >= 0 && origin != event.NoOrigin {
			emit(b.index[1], cell*uint64(b.codes)+uint64(origin))
		}
	}
}

// Sum adds the nights.
func (b *Bookings) Sum(u *population.Unit, emit population.EmitAmount) {
	if b.index[0] < 0 {
		return
	}
	for i := range u.Sales {
		r := &u.Sales[i]
		one := r.Sale()
		if cell, ok := b.domain.cell(r, one); ok && one.Amount >= 0 {
			emit(b.index[0], cell, int64(one.Nights))
		}
	}
}
