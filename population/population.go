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

// Bound is what one unit can add to one table at most: Cells different cells, each at most PerCell. It is enforced behind
// the statistic, whatever the statistic does (privacy/bound).
type Bound struct {
	Cells   int
	PerCell int
}

// D2 is the squared sensitivity: k cells, each at most c, so that the squared L2 norm of one unit's contribution is at
// most k c^2 (privacy.md, section 4, lemma L2). Proof: the contribution has at most k coordinates that are not zero, each
// of at most c.
func (b Bound) D2() uint64 { return uint64(b.Cells) * uint64(b.PerCell) * uint64(b.PerCell) }

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
}

// D2 is the squared sensitivity of the table to one user-day: that of the bound, twice where what is counted may move.
// Proof of the factor (L4): contributions x, x' are >= 0, so |x-x'|^2 <= |x|^2 + |x'|^2.
func (t Table) D2() uint64 {
	if t.Move {
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
}

// Emit adds 1 to a cell of the table with that index in Tables.
type Emit func(table int, cell uint64)

// Statistic is one product. Contribute calls emit in order of preference, earliest first: where a unit would add more
// than its bound, what is emitted first is kept. It must not keep anything between calls but scratch memory.
type Statistic interface {
	Product() string
	Tables() []Table
	Contribute(u *Unit, emit Emit)
}
