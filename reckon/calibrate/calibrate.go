// Package calibrate turns counted devices into people: public factors for zones, and raking to public margins.
//
// Factors multiply an estimate and its margin of error alike, after the noise; before it they would multiply what one
// device can change (privacy.md, section 15).
package calibrate

import (
	"fmt"
	"math"

	"github.com/throng-stats/throng"
)

// DefaultDedup is people per device when some people carry two (methods.md, section 22).
const DefaultDedup = 0.95

// People sets the factor of every finest zone: people per counted device = dedup / share. share is the holder's share
// of the people of a zone, by zone id, in (0, 1]; a zone that is not listed has the share of the nearest zone above it.
// dedup is people per device, in (0, 1]. A zone without any share is refused: nobody can say for how many people one
// device there stands. An empty table of shares leaves dedup alone.
func People(zones throng.Zones, share map[string]float64, dedup float64) (throng.Zones, error) {
	if !(dedup > 0 && dedup <= 1) {
		return throng.Zones{}, fmt.Errorf("calibrate: dedup is %v, want more than 0 and at most 1: people per device", dedup)
	}
	for id, s := range share {
		if _, ok := zones.Index(id); !ok {
			return throng.Zones{}, fmt.Errorf("calibrate: the table of shares names the zone %.40q, which the geography does not have; use its ids", id)
		}
		if !(s > 0 && s <= 1) {
			return throng.Zones{}, fmt.Errorf("calibrate: the share of zone %s is %v, want more than 0 and at most 1", id, s)
		}
	}
	list := make([]throng.Zone, zones.Len())
	for i := range list {
		list[i] = zones.At(i)
	}
	for _, i := range zones.Finest() {
		s, ok := 1.0, len(share) == 0
		for z := i; z >= 0 && !ok; z = zones.Parent(z) {
			s, ok = share[list[z].ID], share[list[z].ID] > 0
		}
		if !ok {
			return throng.Zones{}, fmt.Errorf("calibrate: neither zone %s nor a zone above it is in the table of shares; add one", list[i].ID)
		}
		list[i].Factor = dedup / s
	}
	return throng.NewZones(list)
}

// Margin is what the sums of a table over one of its dimensions shall be.
type Margin struct {
	Dim    int // index of the dimension that is kept
	Target []float64
}

// Rounds and Tolerance end raking (methods.md, section 22): every margin within 1e-9 of its target, relative to it, or
// 50 rounds.
const (
	Rounds    = 50
	Tolerance = 1e-9
)

// Rake scales the cells of a table (last dimension fastest) until its margins are met, one margin after another, and
// returns the new cells and whether the margins were met within Rounds. Cells start from at least 0.5, so that a cell
// which noise made negative can grow again. Targets are scaled to the total of the first margin. The result is a view
// for display: it is not unbiased and has no exact variance.
func Rake(codes []int, cells []float64, margins []Margin) ([]float64, bool, error) {
	n := 1
	for _, c := range codes {
		n *= c
	}
	if n != len(cells) || len(margins) == 0 {
		return nil, false, fmt.Errorf("calibrate: got %d cells and %d margins for a table of %d cells; want as many cells and at least one margin", len(cells), len(margins), n)
	}
	targets := make([][]float64, len(margins))
	for k, m := range margins {
		if m.Dim < 0 || m.Dim >= len(codes) || len(m.Target) != codes[m.Dim] {
			return nil, false, fmt.Errorf("calibrate: margin %d has %d targets for dimension %d of a table with dimensions %v", k, len(m.Target), m.Dim, codes)
		}
		scale := 1.0
		if k > 0 {
			scale = total(targets[0]) / total(m.Target)
		}
		for _, t := range m.Target {
			if !(t >= 0) || !(total(m.Target) > 0) || math.IsInf(total(m.Target), 1) {
				return nil, false, fmt.Errorf("calibrate: margin %d holds %v; want targets of at least 0 that do not all vanish", k, t)
			}
			targets[k] = append(targets[k], t*scale)
		}
	}
	x := make([]float64, n)
	for i, c := range cells {
		x[i] = max(c, 0.5)
	}
	for range Rounds {
		for k, m := range margins {
			scaleTo(x, codes, m.Dim, targets[k])
		}
		if met(x, codes, margins, targets) {
			return x, true, nil
		}
	}
	return x, false, nil
}

// scaleTo makes the sums over one dimension equal to the targets.
func scaleTo(x []float64, codes []int, dim int, target []float64) {
	sums, inner := sumsOver(x, codes, dim)
	for i := range x {
		if k := i / inner % codes[dim]; sums[k] > 0 {
			x[i] *= target[k] / sums[k]
		}
	}
}

// sumsOver adds up the cells by one dimension; inner is the number of cells between neighbours in it.
func sumsOver(x []float64, codes []int, dim int) (sums []float64, inner int) {
	inner = 1
	for _, c := range codes[dim+1:] {
		inner *= c
	}
	sums = make([]float64, codes[dim])
	for i, v := range x {
		sums[i/inner%codes[dim]] += v
	}
	return sums, inner
}

func met(x []float64, codes []int, margins []Margin, targets [][]float64) bool {
	for k, m := range margins {
		sums, _ := sumsOver(x, codes, m.Dim)
		for i, s := range sums {
			if math.Abs(s-targets[k][i]) > Tolerance*max(1, targets[k][i]) {
				return false
			}
		}
	}
	return true
}

func total(of []float64) float64 {
	sum := 0.0
	for _, v := range of {
		sum += v
	}
	return sum
}
