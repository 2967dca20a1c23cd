// Package trade invents what the people of the region buy, book, ride and complain about, as the books of companies and public
// bodies have it, and what is true of it.
//
// The people are those of package people: who travels in a diary has bought, who is at home shops. What a person does in all days
// depends on the seed and the person alone.
package trade

import (
	"cmp"
	"slices"

	"github.com/throng-stats/throng/synth/city"
	"github.com/throng-stats/throng/synth/dice"
	"github.com/throng-stats/throng/synth/people"
)

// World is where trade happens.
type World struct {
	Seed  uint64
	Plan  *city.Plan
	All   *people.All
	Days  int                               // from 0
	At    func(day int, second int32) int64 // the instant of a second of the civil clock, in milliseconds since 1970 UTC
	Month func(day int) int16               // the number of the civil month of a day
	Clean bool                              // no row is wrong
}

// Row is a row of a feed. What a feed does not have is zero, a place that nobody knows -1.
type Row struct {
	Unit   uint64 // pseudonym; of rides, reports and cases without a person the number of the row
	Day    int    // civil day of Time; may lie before the world
	Time   int64  // milliseconds since 1970 UTC
	Until  int64  // of a ride its end, of a ticket when the journey begins
	Begins int    // of a ticket, the civil day of Until
	Place  int16  // where: an index of the feed's list of places
	Other  int16  // of a purchase where the buyer lives, of a ride where it ends
	Code   [2]uint8
	Coin   uint8 // index of Coins
	Nights uint8 // of a ticket; of a case the days that it waited
	Amount int32 // in hundredths of the currency, below zero for what is given back
	Typed  int32 // the amount that stands in the row, where Mistyped
	Gone   bool  // cancelled
	Bad    Bad
}

// Bad is how a row is wrong.
type Bad uint8

// The ways. Every one is in a feed whose rows have what it needs.
const (
	Good        Bad = iota
	NoUnit          // no pseudonym
	NoTime          // no time
	NoSuchPlace     // a place that no list has
	NoSuchCoin      // a currency that no contract names
	NoSuchCode      // a category that no list has: the row counts, as other
	Mistyped        // a thousand times the amount: the row counts
	bads
)

// badRates are shares of rows (ours; operators do not publish such figures).
var badRates = [bads]float64{NoUnit: .0005, NoTime: .0005, NoSuchPlace: .002, NoSuchCoin: .001, NoSuchCode: .003, Mistyped: .0005}

// mostTyped is the largest amount that somebody types, in hundredths.
const mostTyped = 2_000_000_000

// read reports whether a row can be read.
func (r *Row) read() bool { return r.Bad == Good || r.Bad == NoSuchCode || r.Bad == Mistyped }

// told is the amount that stands in the row.
func (r *Row) told() int64 {
	if r.Bad == Mistyped {
		return int64(r.Typed)
	}
	return int64(r.Amount)
}

// Other is the code of what no list has: the last of a code list of contracts but one.
const Other = 255

// Maker makes the rows and the truth of some people. It is not safe for several goroutines; make one for each.
type Maker struct {
	// Rows and Reports are what was made since they were last emptied; Reports are those of rides.
	Rows, Reports []Row
	Book          Book

	w       *World
	d       *dice.Dice
	diarist *people.Diarist
	spent   spent
	docks   []city.Spot
}

// Maker returns a new one.
func (w *World) Maker() *Maker {
	return &Maker{w: w, d: dice.New(0), diarist: w.All.Diarist(), Book: Book{}, docks: w.Docks()}
}

// Streams of dice.
const (
	streamTicket = 70 + iota
	streamTravel
	streamMember
	streamZone
	streamShop
	streamRider
	streamRide
	streamDock
	streamCase
	streamUnit
	streamBad
	streamRegister
)

// pseudonym is the id of a person in the books of a company: each has ids of its own.
func (w *World) pseudonym(stream uint64, i int) uint64 {
	return dice.Hash(w.Seed, streamUnit, stream, uint64(i))>>1 | 1
}

// Heavy is the person who is in all cells: the first grown-up resident.
func (w *World) Heavy() int {
	return slices.IndexFunc(w.All.List, func(p people.Person) bool { return p.Role == people.Resident && w.age(&p) >= 18 })
}

func (w *World) age(p *people.Person) int { return w.All.Calendar.Year - int(p.Birth) }

// inWorld reports whether a day is one of the world's.
func (w *World) inWorld(day int) bool { return day >= 0 && day < w.Days }

// finish puts a person's rows into their order, no two of them at one instant, and makes some wrong in one of the ways.
func (m *Maker) finish(stream uint64, i int, rows []Row, ways ...Bad) {
	slices.SortStableFunc(rows, func(a, b Row) int { return cmp.Compare(a.Time, b.Time) })
	for k := 1; k < len(rows); k++ {
		rows[k].Time = max(rows[k].Time, rows[k-1].Time+1)
	}
	if m.w.Clean || i == m.w.Heavy() {
		return
	}
	m.d.Reset(m.w.Seed, streamBad, stream, uint64(i))
	for k := range rows {
		for _, way := range ways {
			if m.d.Chance(badRates[way]) {
				rows[k].Bad = way
				rows[k].Typed = int32(max(-mostTyped, min(mostTyped, 1000*int64(rows[k].Amount))))
			}
		}
	}
}

// heavyTail multiplies a price: one in a hundred costs more, by Pareto's law with exponent 1.5, at most fifty times as much (ours).
func (m *Maker) heavyTail() float64 {
	if !m.d.Chance(.01) {
		return 1
	}
	u := 1 - m.d.Float64()
	return min(50, pareto(u))
}
