package attack

import (
	"slices"
	"time"

	"github.com/throng-stats/throng"
)

// A month is charged to each of its days, so what is hidden of a unit is a day of it. Without that day what the others say may count
// elsewhere, where before it found no room; that is why the squared sensitivity doubles, and is four times as large where amounts of
// both signs count. The units of these subjects do that: attacks compare a unit with all its days and the same unit without the first.

// months are the subjects whose period is a month.
func months() []subject {
	return []subject{
		{name: "bookings, month", world: World{Product: Bookings, Month: true, Zones: 8, Codes: 2}, money: 1, spread: 24,
			most:  rows(8, func(i int) Sale { return Sale{Day: int16(i / 4), Zone: int32(i), Nights: BoundNights} }),
			least: oneRow(Sale{Nights: 1}), other: oneRow(Sale{Zone: 1, Nights: 1}),
			extreme: rows(48, func(i int) Sale {
				return Sale{Day: int16(i / 24), Zone: int32(i / 2), Nights: 200, Origin: uint16(i / 24)}
			})},
		{name: "spending, net, month", world: World{Product: Spending, Month: true, Net: true, Zones: 1, Codes: 5, Coins: 2}, count: 1, money: -1, spread: 4,
			most: turner(BoundCells, BoundSales, 1, 5*2, BoundCents), least: oneRow(Sale{Cents: 1}), other: oneRow(Sale{Cents: 1, Code: 1}),
			extreme: turner(4*5*2, 4, 6, 4*5*2, 1<<40)},
	}
}

// turner buys in the first cells on the first day, so often in each; on the second it gives back there, so many times, and buys in all
// others or, where there are none, in the same from the last one on. What it gives back is more than what it buys on the second day
// alone, and less than what it buys on both.
func turner(first, often, back, all int, cents int64) (u Unit) {
	put := func(day int16, cell int, cents int64) {
		u.Sales = append(u.Sales, Sale{Day: day, Zone: int32(cell / 10), Code: uint16(cell / 2 % 5), Coin: uint8(cell % 2), Cents: cents})
	}
	for i := range first * often {
		put(0, i%first, cents)
	}
	for i := range first * back {
		put(1, i%first, -cents)
	}
	for i := range all - first%all {
		for range often {
			put(1, all-1-i, cents)
		}
	}
	return u
}

// without is the unit without its first day; nobody, where a period is a day or a trip the unit.
func (s subject) without(u Unit) []Unit {
	if !s.world.Month || u.Stays != nil {
		return nil
	}
	return []Unit{{Sales: slices.DeleteFunc(slices.Clone(u.Sales), func(s Sale) bool { return s.Day == 0 })}}
}

// moved is a limit on what a day adds to a month, and by how much that grows for what it moves.
func (w *World) moved(l limit) limit {
	switch {
	case !w.Month || w.Product == FlowsMonth:
	case l.signed:
		l.move = 4
	default:
		l.move = 2
	}
	return l
}

// Period is a period of a world, counted from 0: a civil day, or the civil month of the first one.
func (w *World) Period(i int) throng.Period {
	if !w.Month {
		return Day(i)
	}
	p, err := throng.MonthOf(Day(0).Name[:7], time.UTC)
	if err != nil {
		panic("attack: a month that its own format cannot read: " + Day(0).Name)
	}
	return p
}

// periodOf is the period of a day: worlds of months have one.
func (w *World) periodOf(day int16) int {
	if w.Month {
		return 0
	}
	return int(day)
}
