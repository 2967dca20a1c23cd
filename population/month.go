package population

import (
	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/mobility"
)

// Page is what is kept of one unit's civil day until its month is counted: the clean records, thinned so that segments and
// timelines come out the same (Thin). Pages lie encrypted in the holder's state, under pseudonyms of the month, and are
// destroyed with their key when the month is counted (privacy.md, section 3).
type Page struct {
	Unit    uint64          // pseudonym of the month
	Before  uint64          // pseudonym of the pair of months that ends with this one; 0 where no pairs are counted
	After   uint64          // pseudonym of the pair of months that begins with this one
	Day     int32           // index of the civil day in the month's window, from 0
	Attr    event.Attr      // frozen for the day
	SIM     uint16          // mobile country code of the SIM, 0 when not given
	Inbound bool            // a foreign SIM
	Seen    []mobility.Seen // in order, at least one
}

// Month is one unit and month as statistics of many days see it. Its slices are reused from unit to unit. Only the month's
// own records are used, so the input window of what is counted is the month.
type Month struct {
	Period   throng.Period
	Days     []throng.Period    // all civil days of the window, in order
	Active   []int32            // indexes of the days on which the unit has a record, ascending
	Attr     event.Attr         // of its first day: frozen for the month
	SIM      uint16             // of its first day
	Inbound  bool               // of its first day
	Seen     []mobility.Seen    // clean records of the whole month, in order
	Segments []mobility.Segment // stays, moves and gaps, uncut: one machine over the month (methods.md, section 9)
	Spans    []mobility.Span    // final timeline (methods.md, section 21), one over the month
}

// Monthly is one product of many days. As for Statistic, what is emitted first is kept, and nothing is kept between calls
// but scratch memory. Its tables have Move set, because a day that is taken away can change what the month says.
type Monthly interface {
	Product() string
	Tables() []Table
	Contribute(m *Month, emit Emit)
}

// Home is where a unit lives in a month, as Homes finds it: tiles of the same kind in every month, ascending (leaves for
// the permanence rule, one zone for the modal rule); empty when nobody can tell.
type Home []uint32

// Homes finds the home of a unit in a month. The slice is valid until the next call.
type Homes interface {
	Home(m *Month) Home
}

// Pair is one unit that had a record in two consecutive months, with its home in each; a home may be empty.
type Pair struct {
	Period      throng.Period // the later month
	Attr        event.Attr    // of the later month
	Before, Now Home
}

// Paired is a product of two consecutive months, such as migration. It is counted under pseudonyms of that pair alone.
type Paired interface {
	Product() string
	Tables() []Table
	Contribute(p *Pair, emit Emit)
}
