package main

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/throng-stats/throng/synth"
)

// How a sender differs from what is delivered in files, in milliseconds. Together with usual, slice, and a slice for which a batch may be held
// back, it is less than lateness: what is sent again because of a fault keeps the time of the clock at which it was sent first.
const (
	behind   = 8 * minute // the clock after the end of a slice
	mostLeap = 4 * minute // of the clock, to either side
)

const mostBatch = 80 // rows of a request

// request is one batch as it is sent, the same bytes each time.
type request struct {
	key, kind, packing string
	body               []byte
	rows               int
	isDropped          bool          // the sender does not hear the first answer that says 200
	hangsUp            time.Duration // once, so long after everything was written; 0: it does not
	patience           time.Duration // for the first answer
}

// slot is what is sent at one time of the clock.
type slot struct {
	clock    int64
	requests []*request
	again    []*request // that were acknowledged long before
	bad      []int      // malformed requests between, by their number
}

// schedule draws what is sent at which time: batches of a slice in any order, some of them with the next slice, some of them again within the
// day for which keys are remembered, and malformed requests between. The clock is behind the slices, and leaps a little now and then.
func (w *world) schedule(rng *rand.Rand, f *figures) ([]slot, error) {
	plan := make([]slot, len(w.told))
	leap, until := int64(0), -1
	n := 0
	for i, s := range w.told {
		if i > until && rng.IntN(40) == 0 {
			leap, until = rng.Int64N(2*mostLeap)-mostLeap, i+rng.IntN(6)
			f.faults[leaps]++
		} else if i > until {
			leap = 0
		}
		plan[i].clock = min(s.End+behind+leap, w.until-1)
		for list := s.Rows; len(list) > 0; n++ {
			part := list[:min(len(list), 1+rng.IntN(mostBatch))]
			list = list[len(part):]
			r, err := w.request(n, part, rng)
			if err != nil {
				return nil, err
			}
			f.rows += int64(r.rows)
			at := i
			if rng.IntN(8) == 0 && w.isNear(i, i+1, slice) {
				at++
				f.faults[shuffled]++
			}
			plan[at].requests = append(plan[at].requests, r)
			if later := at + 1 + rng.IntN(100); rng.IntN(12) == 0 && w.isNear(i, later, 20*60*minute) {
				plan[later].again = append(plan[later].again, r)
				f.faults[twice]++
			}
		}
		if rng.IntN(2) == 0 {
			plan[i].bad = append(plan[i].bad, rng.IntN(1<<20))
		}
	}
	for i := range plan {
		list := plan[i].requests
		rng.Shuffle(len(list), func(a, b int) { list[a], list[b] = list[b], list[a] })
	}
	plan[len(plan)-1].clock = w.until
	return plan, nil
}

// isNear reports whether a slice ends within a span after another, and is not the last.
func (w *world) isNear(i, later int, span int64) bool {
	return later < len(w.told)-1 && w.told[later].End-w.told[i].End <= span
}

// request makes one of rows.
func (w *world) request(n int, rows []synth.Arrived, rng *rand.Rand) (*request, error) {
	r := &request{key: fmt.Sprintf("batch %d", n), kind: kinds[n%len(kinds)], packing: packings[n/len(kinds)%len(packings)], rows: len(rows), patience: 10 * time.Second}
	plain, err := w.body(r.kind, rows)
	if err != nil {
		return nil, err
	}
	if r.body, err = packed(r.packing, plain); err != nil {
		return nil, err
	}
	switch rng.IntN(12) {
	case 0:
		r.isDropped = true
	case 1:
		r.hangsUp = 1 + time.Duration(rng.Int64N(int64(3*time.Millisecond)))
	case 2, 3, 4:
		r.patience = 500 * time.Millisecond
	}
	return r, nil
}
