package attack

import (
	"errors"
	"fmt"
	"math"

	"github.com/throng-stats/throng/synth/dice"
)

const (
	regions = 8
	small   = 15 // what a threshold of 15 means to hide
)

// Margins is attack 3, differencing by margins (the layout of Flowminder/FlowKit inflows.py: totals from unredacted data
// beside cells with a threshold).
//
// Procedure: 100 matrices of trips between 8 regions, a day each. From the totals of departures and arrivals subtract the
// published cells; a row or column with one unknown cell gives that cell away; repeat. Statistic: share of the cells of 1
// to 15 trips that are recovered exactly. A publisher without totals is read as it is: the published value is the guess.
//
// Bound: a noisy count is exactly right with the largest probability of the noise, 1 / (sigma sqrt(2 pi)), sigma2 = 6 /
// 2 rho for six trips of a device and day; sums of noisy cells tell no more.
func Margins(p Publisher, s Size) (Finding, error) {
	s.EnsureDefaults()
	d := dice.New(s.Seed, streamMargins)
	w := World{Name: "margins", Product: Flows, Days: s.of(100, 40), Zones: regions, Rho: .007}
	for day := range w.Days {
		var out, in [regions]float64
		for i := range out {
			out[i], in[i] = d.LogNormal(1, .5), d.LogNormal(1, .5)
		}
		for from := range regions {
			for to := range regions {
				if from != to {
					w.travel(day, int32(from), int32(to), d.Poisson(34*out[from]*in[to]), d)
				}
			}
		}
	}
	store, err := p.Publish(w)
	if err != nil {
		return refused(p, err)
	}
	scale, _ := p.Expect(1000)
	right, all := 0, 0
	for day := range w.Days {
		t, err := read(store, w, day, "total")
		if err != nil {
			return Finding{}, err
		}
		out, errOut := read(store, w, day, "departures")
		in, errIn := read(store, w, day, "arrivals")
		if errOut == nil && errIn == nil {
			peel(&t, out, in)
		} else if !p.Proven {
			return Finding{}, errors.Join(errOut, errIn)
		}
		truth, _, _ := w.trips(day)
		for cell, n := range truth {
			if n >= 1 && n <= small {
				all++
				if t.shown[cell] && math.Round(t.value[cell]*1000/scale) == float64(n) {
					right++
				}
			}
		}
	}
	sigma2 := 6 / (2 * w.Rho)
	f := Finding{Value: float64(right) / float64(all), Draws: all, Detail: fmt.Sprintf("%d cells of 1 to 15 trips", all)}
	return demand(p, f, peak(sigma2), rareSlack(peak(sigma2), all, oneSided), .15), nil
}

// travel adds n devices that go from one zone to another, each at an hour of its own.
func (w *World) travel(day int, from, to int32, n int, d *dice.Dice) {
	for range n {
		h := int16(day*Hours + 6 + d.IntN(14))
		w.Units = append(w.Units, Unit{Stays: []Stay{{from, h, h + 1}, {to, h + 1, h + 2}}})
	}
}

// peel fills in hidden cells that are alone in their row or column, until none is. The diagonal is known: no trip ends
// where it began.
func peel(t *published, out, in published) {
	known := func(from, to int) bool { return from == to || t.shown[from*regions+to] }
	for again := true; again; {
		again = false
		for line := range 2 * regions {
			at := func(k int) (int, int) {
				if line < regions {
					return line, k
				}
				return k, line - regions
			}
			rest, hole, holes := 0.0, 0, 0
			if line < regions {
				rest = out.value[line]
			} else {
				rest = in.value[line-regions]
			}
			for k := range regions {
				if from, to := at(k); known(from, to) {
					rest -= t.value[from*regions+to]
				} else {
					hole, holes = from*regions+to, holes+1
				}
			}
			if holes == 1 {
				t.value[hole], t.shown[hole], again = rest, true, true
			}
		}
	}
}
