// Package population says what one device adds to which cell of which table.
//
// A statistic is a pure function from one device's period to bounded integer contributions, plus its declared bounds and
// the shapes of its tables. It holds no totals, so it cannot forget to bound, and cannot publish.
package population

import (
	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/mobility"
)

// Bound is what one unit can add to one table at most: Cells different cells, each at most PerCell: counts, or of a table of
// sums the smallest units of what is summed, such as cents. It is enforced behind the statistic, whatever the statistic does
// (privacy/bound).
type Bound struct {
	Cells   int
	PerCell int
	Total   int  // of sums: most of all cells of a unit together, without signs; 0: no such cap
	Signed  bool // of sums: a cell may be as much below zero as above; otherwise what is below zero counts as zero
}

// D2 is the squared sensitivity: k cells, each at most c, so that the squared L2 norm of one unit's contribution is at
// most k c^2 (privacy.md, section 4, lemma L2). Proof: the contribution has at most k coordinates that are not zero, each
// of at most c. With a cap S on the sum of them it is floor(S/c) c^2 + (S mod c)^2 (lemma L3, section 18) where that is less.
// Proof: the sum of n_i^2 is convex, so its maximum on {|n_i| <= c, sum of |n_i| <= S} is at a vertex, at which floor(S/c)
// coordinates are c and one is the rest.
func (b Bound) D2() uint64 {
	k, c := uint64(b.Cells), uint64(b.PerCell)
	if s := uint64(b.Total); b.Total > 0 && c > 0 && s/c < k {
		return s/c*c*c + s%c*(s%c)
	}
	return k * c * c
}

// Table is one table of a statistic: its public domain and its bound.
type Table struct {
	Shape throng.Shape
	Bound Bound
	// Sparse says that the domain is large and nearly everywhere zero, such as pairs of thousands of zones: then the cells
	// whose noisy count reaches a public threshold are published, and no others (privacy.md, section 11).
	Sparse bool
	// Move says that without one user-day the unit may count elsewhere instead of not at all, as in statistics of many days:
	// then the squared sensitivity doubles (privacy.md, section 4, L4).
	Move bool
	// Sum says that the table holds sums of amounts (Summing), not counts.
	Sum bool
}

// D2 is the squared sensitivity of the table to one user-day: that of the bound, twice where what is counted may move, four
// times where amounts of both signs may. Proof of the factors (L4): |x-x'|^2 = |x|^2 + |x'|^2 - 2<x,x'>, and the last term is
// at most 0 where contributions x, x' are >= 0, else at most |x|^2 + |x'|^2.
func (t Table) D2() uint64 {
	switch {
	case t.Move && t.Bound.Signed:
		return 4 * t.Bound.D2()
	case t.Move:
		return 2 * t.Bound.D2()
	}
	return t.Bound.D2()
}

// Unit is one device and period as statistics see it, or one trip.
type Unit struct {
	Period  throng.Period
	Attr    event.Attr    // frozen for the period; unknown is a category of its own
	Inbound bool          // a foreign SIM
	Day     *mobility.Day // nil for trips
	Trip    event.Record  // trip feeds
	// Sales are the rows of one unit of a feed of tickets, purchases, cases or reports in total order, at least one
	// (event.Sale says what each holds). They are valid during the call.
	Sales []event.Record
}

// Emit adds 1 to a cell of the table with that index in Tables.
type Emit func(table int, cell uint64)

// EmitAmount adds an amount, in the smallest unit of what is summed, to a cell of the table of sums with that index in
// Tables. What is not Signed and below zero counts as zero, what is above PerCell as PerCell.
type EmitAmount func(table int, cell uint64, amount int64)

// Statistic is one product. Contribute calls emit in order of preference, earliest first: where a unit would add more
// than its bound, what is emitted first is kept. It must not keep anything between calls but scratch memory.
type Statistic interface {
	Product() string
	Tables() []Table
	Contribute(u *Unit, emit Emit)
}

// Summing is a statistic with tables of sums. Contribute emits to its tables of counts alone, Sum to those of sums; the order
// of preference is that of cells: those that are emitted first are kept.
type Summing interface {
	Statistic
	Sum(u *Unit, emit EmitAmount)
}
