package market

import (
	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/population"
)

// SpendingOptions shape the tables of spending. Bounds come from public data or earlier releases, never from the data.
type SpendingOptions struct {
	// Cells is the most cells that one unit's spending counts in, p of privacy.md, section 18. Default 5.
	Cells int
	// Bound is the most that counts of one row, and of one unit in one cell, in the smallest unit of the currency (B). Required.
	Bound int64
	// Total is the most that counts of one unit in all cells together (S). Default: no such cap.
	Total int64
	// Net lets what is given back count below zero, down to -Bound. Default: it counts as nothing.
	Net bool
	// Sales asks for a table of the number of sales too, of which at most so many of a unit count in a cell. Default: none.
	Sales int
	// Classes ask for a table of units by what they spend in the period, in these classes. Default: none.
	Classes throng.Amounts
	// Exponent is how many decimals the first currency has; it names the classes.
	Exponent int
}

// Spending sums amounts and counts units by place, codes and currency, in a day or a month.
type Spending struct {
	opt    SpendingOptions
	domain *domain
	tables []population.Table
	sales  int // index of that table, or -1
	sizes  int
	spent  []int64 // of the unit at hand, by currency
}

// NewSpending returns the statistic. Tables: total (sums), buyers (different units), and where they are asked for sales (rows)
// and sizes (units by class of what they spend).
//
// Bound. total: at most p cells, in each at most B: D2 = p B^2, or with a cap S floor(S/B) B^2 + (S mod B)^2 (privacy.md,
// section 18). Proof: the rows of a unit are cut to [0, B], its sum in a cell again, and what lies in further cells is left out;
// with refunds the cut is to [-B, B], which has the same square. buyers: p cells of 1, D2 = p. sales: p cells of c, D2 = p c^2.
// sizes: one class a currency, D2 = the number of currencies. In a month a day that is taken away may move all of it: twice,
// with refunds four times of total (L4).
func NewSpending(g *Ground, o SpendingOptions) *Spending {
	if o.Cells == 0 {
		o.Cells = 5
	}
	s := &Spending{opt: o, domain: newDomain(g, true), sales: -1, sizes: -1, spent: make([]int64, max(1, len(g.Coins)))}
	p, move := g.cells(o.Cells), g.move()
	s.tables = []population.Table{
		{Shape: s.domain.shape("total"), Sum: true, Move: move, Bound: population.Bound{Cells: p, PerCell: int(o.Bound), Total: int(o.Total), Signed: o.Net}},
		{Shape: s.domain.shape("buyers"), Move: move, Bound: population.Bound{Cells: p, PerCell: 1}},
	}
	if o.Sales > 0 {
		s.sales = len(s.tables)
		s.tables = append(s.tables, population.Table{Shape: s.domain.shape("sales"), Move: move, Bound: population.Bound{Cells: p, PerCell: g.cells(o.Sales)}})
	}
	if len(o.Classes) > 0 {
		s.sizes = len(s.tables)
		shape := throng.Shape{Name: "sizes", Dims: []throng.Dim{{Name: throng.DimAmount, Codes: o.Classes.Codes(o.Exponent)}}}
		if len(g.Coins) > 1 {
			shape.Dims = append([]throng.Dim{{Name: throng.DimCurrency, Codes: g.Coins}}, shape.Dims...)
		}
		s.tables = append(s.tables, population.Table{Shape: shape, Move: move, Bound: population.Bound{Cells: g.cells(len(s.spent)), PerCell: 1}})
	}
	return s
}

// Product is spending.
func (s *Spending) Product() string { return "spending" }

// Tables lists the tables.
func (s *Spending) Tables() []population.Table { return s.tables }

// Contribute counts the unit and its sales. Rows that give back more than nothing are no sales.
func (s *Spending) Contribute(u *population.Unit, emit population.Emit) {
	for i := range u.Sales {
		r := &u.Sales[i]
		one := r.Sale()
		cell, ok := s.domain.cell(r, one)
		if !ok || one.Amount < 0 {
			continue
		}
		emit(1, cell)
		if s.sales >= 0 {
			emit(s.sales, cell)
		}
	}
	if s.sizes >= 0 {
		s.classes(u, emit)
	}
}

// classes counts the unit in the class of what it spends, wherever: what is given back is taken off.
func (s *Spending) classes(u *population.Unit, emit population.Emit) {
	clear(s.spent)
	has := make([]bool, len(s.spent))
	for i := range u.Sales {
		one := u.Sales[i].Sale()
		s.spent[one.Coin] += int64(one.Amount)
		has[one.Coin] = true
	}
	for coin, spent := range s.spent {
		if has[coin] {
			emit(s.sizes, uint64(coin*len(s.opt.Classes)+s.opt.Classes.Of(spent)))
		}
	}
}

// Sum adds the amounts.
func (s *Spending) Sum(u *population.Unit, emit population.EmitAmount) {
	for i := range u.Sales {
		r := &u.Sales[i]
		one := r.Sale()
		if cell, ok := s.domain.cell(r, one); ok && s.counts(one) {
			emit(0, cell, s.cut(one.Amount))
		}
	}
}

// counts reports whether a row says something about spending: what is given back does where spending is net.
func (s *Spending) counts(one event.Sale) bool { return s.opt.Net || one.Amount >= 0 }

// cut clamps the amount of a row.
func (s *Spending) cut(amount int32) int64 {
	return max(-s.opt.Bound, min(s.opt.Bound, int64(amount)))
}
