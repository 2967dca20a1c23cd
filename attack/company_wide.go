package attack

import (
	"math"

	"github.com/throng-stats/throng"
)

// Tables that are attacked by themselves, because their cells are not those of a zone: a region has one such table. Copies of the
// surroundings of a unit lie in cells of their own, in one release, as those of other tables lie in zones of their own.
const (
	Sizes  = "sizes"  // of Spending: buyers by currency and class of what they spend
	Origin = "origin" // of Market: customers by where they come from
	Pairs  = "total"  // of FlowsMonth: trips by pair of zones
)

// width is the size of a class of amounts, in cents: one euro.
const width = 100

// wide are the subjects whose tables have no zones: a copy has three classes, three regions, two pairs.
func wide() []subject {
	trip := func(pair int32) Unit { return Unit{Stays: []Stay{{pair, 8, 9}, {0, 9, 10}}} }
	const copies = 8 // that the unit which tries everything is in
	return []subject{
		{name: "spending/sizes", world: World{Product: Spending, Only: Sizes, Zones: 1, Classes: 3, Coins: 2}, money: -1, spread: copies,
			most:  rows(2, func(i int) Sale { return Sale{Coin: uint8(i), Cents: 2*width + 1} }),
			least: oneRow(Sale{Cents: 1}), other: oneRow(Sale{Cents: width}), extreme: shopper(copies * 3)},
		{name: "market/origin", world: World{Product: Market, Only: Origin, Zones: 1, Codes: 3}, money: -1, spread: copies,
			most: oneRow(Sale{Origin: 2}), least: oneRow(Sale{}), other: oneRow(Sale{Origin: 1}),
			extreme: rows(2*copies*3, func(i int) Sale { return Sale{Origin: uint16(i / 2), Cents: int64(i%2) * -100} })},
		{name: "flows-month", world: World{Product: FlowsMonth, Only: Pairs, Month: true, Zones: 1, Codes: 2}, money: -1,
			most: trip(0), least: trip(0), other: trip(1)},
	}
}

// shopper buys in every class in two currencies and gives all but the last purchase back: whoever counts purchases by size, and not
// buyers, finds it everywhere.
func shopper(classes int) Unit {
	return rows(2*(2*classes-1), func(i int) Sale {
		s := Sale{Coin: uint8(i % 2), Cents: int64(i/4*width + 1)}
		if i/2%2 == 1 {
			s.Cents = -s.Cents
		}
		return s
	})
}

// widen moves a row of a unit to the cells of a copy, of a table whose cells are not those of zones.
func (w *World) widen(s Sale, first int) Sale {
	switch shift := int64(first * w.Classes * width); {
	case w.Only == Origin:
		s.Origin += uint16(first * w.Codes)
	case w.Only != Sizes:
	case s.Cents < 0:
		s.Cents -= shift
	default:
		s.Cents += shift
	}
	return s
}

// pair makes a cell of a table of pairs two zones.
func (w *World) pair(cell, first int) (from, to int32) {
	cell += first * w.Codes
	return int32(cell / w.Places()), int32(cell % w.Places())
}

// Places is the number of zones that rows of a world name: a square of them for pairs, one where a table has no zones.
func (w *World) Places() int {
	switch {
	case w.Product == FlowsMonth:
		return int(math.Ceil(math.Sqrt(float64(w.Zones * w.Codes))))
	case w.Only != "":
		return 1
	}
	return w.Zones
}

// AmountClasses are the classes of a table of sizes: as many as all copies have.
func (w *World) AmountClasses() throng.Amounts {
	list := make(throng.Amounts, w.Zones*w.Classes)
	for i := range list {
		list[i] = int64(i * width)
	}
	return list
}

// released is the number of tables among which the loss of a world is divided: of a product one table of which is attacked, those
// that come with it too.
func (w *World) released() int {
	if w.Only == Sizes {
		return 3 // total, buyers
	}
	return len(w.tables())
}

// attacked is the part of the loss of a world that lies in the tables which an attacker reads.
func (w *World) attacked() float64 {
	return w.Rho * float64(len(w.tables())) / float64(w.released())
}

// only are the tables of a world of one table.
func (w *World) only() []saleTable {
	switch w.Only {
	case Sizes:
		return []saleTable{{name: Sizes, cells: w.Classes * w.Coins, limit: limit{cells: int64(w.Coins), per: 1}}}
	case Origin:
		return []saleTable{{name: Origin, cells: w.Codes, limit: limit{cells: 1, per: 1}}}
	}
	return []saleTable{{name: Pairs, cells: w.Codes, limit: limit{cells: 1, per: 1}}}
}

// size is the number of cells of a table.
func (w *World) size(t saleTable) int {
	if w.Product == FlowsMonth {
		return w.Places() * w.Places()
	}
	return w.Zones * t.cells
}

// onlyDims are the dimensions of the table of a world of one table.
func (w *World) onlyDims() []throng.Dim {
	switch w.Only {
	case Sizes:
		classes := throng.Dim{Name: throng.DimAmount, Codes: w.AmountClasses().Codes(2)}
		return append([]throng.Dim{classes}, w.list(throng.DimCurrency, w.Coins)...)
	case Origin:
		return w.list(throng.DimOrigin, w.Zones*w.Codes)
	}
	return []throng.Dim{zoneDim(w.Places()), zone2Dim(w.Places())}
}

// sizes lists the classes of what a unit spends: one in each currency, of all of it; or, each by itself, of its purchases.
func (w *World) sizes(u *Unit, day int, each bool) (adds []add) {
	spent, has := make([]int64, w.Coins), make([]bool, w.Coins)
	put := func(coin int, cents int64) {
		class := max(0, min(int64(w.Zones*w.Classes)-1, cents/width))
		adds = append(adds, add{int(class)*w.Coins + coin, 1})
	}
	for i := range u.Sales {
		s := &u.Sales[i]
		if w.periodOf(s.Day) != day {
			continue
		}
		spent[s.Coin] += s.Cents
		has[s.Coin] = true
		if each && s.Cents >= 0 {
			put(int(s.Coin), s.Cents)
		}
	}
	for coin, some := range has {
		if some && !each {
			put(coin, spent[coin])
		}
	}
	return adds
}

// byClass puts the currencies of a table of sizes last, so that the cells of a copy lie side by side.
func (p published) byClass() published {
	if p.shape.Dims[0].Name != throng.DimCurrency {
		return p
	}
	coins, classes := len(p.shape.Dims[0].Codes), len(p.shape.Dims[1].Codes)
	value, shown := make([]float64, len(p.value)), make([]bool, len(p.shown))
	for i := range value {
		from := i%coins*classes + i/coins
		value[i], shown[i] = p.value[from], p.shown[from]
	}
	p.value, p.shown = value, shown
	return p
}
