package feed

import "math/bits"

// Carry makes the gates of this door give rows of the first so many milliseconds of a period the pseudonym of the period
// before as well, in event.Batch.Was: who is counted where yesterday ended, until heard today, has to be known by both
// (privacy.md, section 3, midnight). Call it before the first gate is made.
func (d *Door) Carry(ms int64) { d.carry = ms }

// carries reports whether a row of a period needs the pseudonym of the period before.
func (d *Door) carries(period int, ms int64) bool {
	return d.carry > 0 && period > 0 && ms < d.periods[period].Start+d.carry && d.periods[period-1].End == d.periods[period].Start
}

// wasInts fills Was of consecutive rows whose pseudonyms are numbers.
func (g *Gate) wasInts(i int, vs []int64) {
	for k, v := range vs {
		if g.b.Unit[i+k] == 0 {
			continue // opted out, or of no period
		}
		if p := g.periodOf(i + k); p >= 0 && g.door.carries(p, g.b.Time[i+k]) {
			g.b.Was[i+k] = max(1, hash9(g.door.keys[p-1][0], g.door.keys[p-1][1], bits.ReverseBytes64(uint64(v)), tagInt))
		}
	}
}

// Arrived stamps rows of the batch with the time at which a log took them in.
func (g *Gate) Arrived(i, n int, ms int64) {
	for k := i; k < i+n; k++ {
		g.b.Arrival[k] = ms
	}
}

// Through sets the door for the batches to come. A log runs on over midnight, and its doors change with the days.
func (g *Gate) Through(d *Door) {
	if d != g.door {
		g.door, g.period = d, -1
	}
}
