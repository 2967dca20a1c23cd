// Package event defines what a company reports about a pseudonym, and nothing more.
//
// Rows travel in packed columns from the door on. A row says which pseudonym was seen, when and where; nothing else has
// a field to be carried in.
package event

import "math"

// NoPlace marks a row without a place, or with a place that the ground does not know.
const NoPlace = math.MaxUint32

// NoOrigin marks a row or a person without a region of origin.
const NoOrigin = math.MaxUint16

// Bad are the reasons for which a row cannot be read, one bit each; a row may carry several (methods.md, section 2).
type Bad uint16

// The reasons, in the order in which reports print them.
const (
	NullUnit       Bad = 1 << iota // no pseudonym
	NullTime                       // no time
	NullPlace                      // the contract wants a place and the row has none
	BadTime                        // a time that is not in the declared format
	NoSuchTime                     // a local time that a clock change leaves out or has twice
	BadNumber                      // a number column that holds no number
	BadSIM                         // SIM country outside 100..999
	BadNetwork                     // visited network outside 10000..999999
	UnknownPlace                   // a place that the cell plan does not name
	Machine                        // the SIM of a thing
	NullSecondTime                 // a trip without an end time
	OptedOut                       // the pseudonym is on the opt-out list
	Unreadable                     // an entry of a log that is no row
	NullArrival                    // a row without a time of arrival
	Cancelled                      // a booking that was taken back
	BadCurrency                    // a currency that the contract does not name
)

// BadNames are the words of reports, by bit.
var BadNames = []string{
	"no pseudonym", "no time", "no place", "time not in the declared format", "local time that does not exist or exists twice",
	"not a number", "SIM country out of range", "visited network out of range", "place not in the cell plan",
	"SIM of a thing", "no end time", "opted out", "entry that is no row", "no time of arrival", "cancelled", "currency not in the contract",
}

// Batch is a block of rows in columns of equal length. Columns that a feed does not have are nil.
type Batch struct {
	Unit    []uint64    // keyed pseudonym: subscriber, device, or trip
	Time    []int64     // milliseconds since 1970 UTC; start of a trip
	Place   []uint32    // index into the ground's places, or NoPlace
	SIM     []uint16    // mobile country code of the SIM, 0 when not given: domestic
	Network []uint32    // PLMN of a visited network abroad, 0 when at home
	End     []int64     // trips: end time
	To      []uint32    // trips: place of the end
	Origin  []uint16    // trips: index into the classes' Origin, or NoOrigin
	Arrival []int64     // when the log took the row in, milliseconds since 1970 UTC; nil when the feed does not say
	Was     []uint64    // the unit under the key of the period before, of rows just after a period began; else 0
	Home    []uint32    // sales: place where the unit lives, or NoPlace
	Code    [2][]uint16 // sales: indexes into the code lists of the contract's two dimensions
	Amount  []int32     // sales: in the smallest unit of the currency, below zero for what is given back
	Coin    []uint8     // sales: index into the currencies of the contract
	Nights  []uint8     // sales: of a booking
	Shard   []uint8     // which partition of a log the row belongs to; nil when the door does not spread units
	Bad     []Bad       // why a row cannot be used; 0 when it can
}

// Len is the number of rows.
func (b *Batch) Len() int { return len(b.Time) }

// Reset empties the batch and keeps its memory.
func (b *Batch) Reset() {
	b.Unit, b.Time, b.Place, b.SIM, b.Network = b.Unit[:0], b.Time[:0], b.Place[:0], b.SIM[:0], b.Network[:0]
	b.End, b.To, b.Origin, b.Bad = b.End[:0], b.To[:0], b.Origin[:0], b.Bad[:0]
	b.Arrival, b.Was = b.Arrival[:0], b.Was[:0]
	b.Home, b.Code[0], b.Code[1] = b.Home[:0], b.Code[0][:0], b.Code[1][:0]
	b.Amount, b.Coin, b.Nights, b.Shard = b.Amount[:0], b.Coin[:0], b.Nights[:0], b.Shard[:0]
}

// Keep leaves the rows from i up to j.
func (b *Batch) Keep(i, j int) {
	if i == 0 && j == b.Len() {
		return
	}
	b.Unit, b.Time, b.Bad = keep(b.Unit, i, j), keep(b.Time, i, j), keep(b.Bad, i, j)
	b.Place, b.SIM, b.Network = keep(b.Place, i, j), keep(b.SIM, i, j), keep(b.Network, i, j)
	b.End, b.To, b.Origin = keep(b.End, i, j), keep(b.To, i, j), keep(b.Origin, i, j)
	b.Arrival, b.Was, b.Shard = keep(b.Arrival, i, j), keep(b.Was, i, j), keep(b.Shard, i, j)
	b.Home, b.Code[0], b.Code[1] = keep(b.Home, i, j), keep(b.Code[0], i, j), keep(b.Code[1], i, j)
	b.Amount, b.Coin, b.Nights = keep(b.Amount, i, j), keep(b.Coin, i, j), keep(b.Nights, i, j)
}

func keep[T any](column []T, i, j int) []T {
	if len(column) == 0 {
		return column
	}
	return column[:copy(column, column[i:j])]
}

// Attr is what a contract may say about a pseudonym, reduced at the door: gender, age band, group of origin, each an
// index into the public code lists of throng.Classes; an origin is one of Classes.Finest.
type Attr struct {
	Gender, Age uint8
	Origin      uint16
}
