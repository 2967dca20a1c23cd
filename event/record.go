package event

import (
	"cmp"
	"slices"
)

// Record is one admitted row, packed for sorting: 32 bytes without pointers.
type Record struct {
	Unit   uint64
	Time   uint32 // milliseconds after the start of the period
	Place  uint32
	End    uint32 // trips: milliseconds after the start of the period; sales: codes, see Sale; else 0
	To     uint32 // trips: place of the end; events: PLMN of a visited network, 0 at home; sales: home
	SIM    uint16 // sales: currency and nights, see Sale
	Origin uint16
	Amount int32 // sales: in the smallest unit of the currency; else 0
}

// Compare is the total order of the records of a period: unit, time, place, then everything else. Duplicates are equal.
func Compare(a, b Record) int {
	return cmp.Or(cmp.Compare(a.Unit, b.Unit), cmp.Compare(a.Time, b.Time), cmp.Compare(a.Place, b.Place),
		cmp.Compare(a.To, b.To), cmp.Compare(a.End, b.End), cmp.Compare(a.SIM, b.SIM), cmp.Compare(a.Origin, b.Origin),
		cmp.Compare(a.Amount, b.Amount))
}

// Sort puts records in total order, so that no result depends on files, batches, shards or arrival.
func Sort(records []Record) { slices.SortFunc(records, Compare) }
