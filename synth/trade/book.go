package trade

import (
	"cmp"
	"math"
	"slices"
)

// Table is a table of the truth.
type Table uint8

// The tables, named as releases name them.
const (
	SpendingTotal Table = iota
	SpendingBuyers
	SpendingSales
	SpendingSizes
	BookingsTrips
	BookingsNights
	MarketCustomers
	MarketCategories
	RidesTotal
	RidesDepartures
	RidesArrivals
	ReportsTotal
	CasesTotal
	CasesWaits
)

// Cell is a cell of a table. What a table does not have is zero.
type Cell struct {
	Table       Table
	Period      int16 // a day of the world, or the number of a month
	Zone, Zone2 int16 // indexes of the feed's list of places
	Hour        int32 // hours since 1970 UTC
	Code        [2]uint8
	Coin        uint8
}

// Value is what is true of a cell.
type Value struct {
	// True is what happened: units, rows, nights, or money in hundredths.
	True int64
	// Within is the part of it that a table can hold: of rows that can be read, within the bounds that the contract declares.
	Within int64
}

// Book is a truth in the making.
type Book map[Cell]Value

func (b Book) add(c Cell, is, within int64) {
	v := b[c]
	b[c] = Value{v.True + is, v.Within + within}
}

// Merge adds another book.
func (b Book) Merge(o Book) {
	for c, v := range o {
		b.add(c, v.True, v.Within)
	}
}

// Bounds are what a contract lets one unit add (docs/method/spending.md).
type Bounds struct {
	Cells int
	Bound int64 // of a row, and of a unit in a cell, hundredths
	Total int64 // of a unit in all cells, hundredths; 0: no such bound
	Sales int   // rows of a unit in a cell
}

// spent is what one unit spends in one period.
type spent struct {
	cells []spentCell
	ranks int // cells that the feed has
}

// spentCell sums the rows of a cell: what happened, and what of it can be read.
type spentCell struct {
	cell               Cell
	sum, cut           int64
	sales, rows, order int64 // order: among the cells that the feed has, in order of time; -1 for none
}

func (s *spent) reset() { s.cells, s.ranks = s.cells[:0], 0 }

// at finds a cell.
func (s *spent) at(c Cell) *spentCell {
	i := slices.IndexFunc(s.cells, func(k spentCell) bool { return k.cell == c })
	if i < 0 {
		i, s.cells = len(s.cells), append(s.cells, spentCell{cell: c, order: -1})
	}
	return &s.cells[i]
}

// happened adds a sale to what is true.
func (s *spent) happened(c Cell, amount int64) {
	k := s.at(c)
	k.sum += amount
	k.sales++
}

// told adds a sale to what the feed tells.
func (s *spent) told(c Cell, amount, bound int64) {
	k := s.at(c)
	if k.order < 0 {
		k.order = int64(s.ranks)
		s.ranks++
	}
	k.cut += min(amount, bound)
	k.rows++
}

// book adds the unit to total, buyers and sales; of what exceeds the bound of all cells the first cells keep theirs.
func (s *spent) book(b Book, bounds Bounds) {
	slices.SortStableFunc(s.cells, func(a, b spentCell) int { return cmp.Compare(a.order, b.order) })
	left := bounds.Total
	if left == 0 {
		left = math.MaxInt64
	}
	for _, k := range s.cells {
		in := int64(0)
		if k.order >= 0 && k.order < int64(bounds.Cells) {
			in = 1
		}
		c, kept := k.cell, in*min(k.cut, bounds.Bound, left)
		left -= kept
		c.Table = SpendingTotal
		b.add(c, k.sum, kept)
		c.Table = SpendingBuyers
		b.add(c, min(1, k.sales), in)
		c.Table = SpendingSales
		b.add(c, k.sales, in*min(k.rows, int64(bounds.Sales)))
	}
}

// firsts are the first different cells of a unit in a period, as many as a bound allows.
type firsts struct {
	most  int
	cells []Cell
}

// take reports whether a cell is new, and whether it is among the first.
func (f *firsts) take(c Cell) (fresh, in bool) {
	i := slices.Index(f.cells, c)
	if i < 0 {
		f.cells = append(f.cells, c)
		return true, len(f.cells) <= f.most
	}
	return false, i < f.most
}

// pareto is a draw above 1 from a uniform one in (0, 1], exponent 1.5.
func pareto(u float64) float64 { return math.Pow(u, -1/1.5) }
