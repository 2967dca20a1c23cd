package attack

import (
	"fmt"
	"math"

	"github.com/throng-stats/throng/synth/dice"
)

const (
	bits    = 80
	subsets = 400
)

// Reconstruction is attack 11, the reconstruction of a database from many counts (Dinur, Nissim 2003).
//
// Procedure: 80 people, each in or out of a zone of their own by a fair coin; 400 random unions of these zones are asked
// for; least squares, rounded. 250 such databases, five for publishers without noise. Where unions are refused they are
// added up from released cells. Statistic: share of bits that are right. And the low bits of values: every published
// number is whole, and for 2, 3 and 5 all remainders are equally common, so no lattice shows through.
//
// Bound: least squares on sums of the released cells returns the cells, each tells its bit with accuracy Phi(1 / 2
// sigma), sigma2 = 24 / 2 rho. Exact and thresholded answers give 95 % at least.
func Reconstruction(p Publisher, s Size) (Finding, error) {
	s.EnsureDefaults()
	copies := s.of(250, 20)
	if !p.Proven {
		copies = 5
	}
	d := dice.New(s.Seed, streamReconstruction)
	w := World{Name: fmt.Sprintf("reconstruction-%d", copies), Product: Areas, Days: 1, Zones: bits * copies, Rho: .1}
	in := w.coins(d, []Stay{{0, 0, 1}})
	design := make([][]float64, subsets)
	for q := range design {
		design[q] = make([]float64, bits)
		for i := range design[q] {
			if d.Chance(.5) {
				design[q][i] = 1
			}
		}
	}
	for c := range copies {
		for _, row := range design {
			var area []int32
			for i, x := range row {
				if x == 1 {
					area = append(area, int32(c*bits+i))
				}
			}
			w.Areas = append(w.Areas, area)
		}
	}
	value, shown, cells, err := w.areas(p)
	if err != nil {
		return refused(p, err)
	}
	scale, _ := p.Expect(1000)
	right := 0
	for c := range copies {
		x := leastSquares(design, value[c*subsets:(c+1)*subsets], shown[c*subsets:(c+1)*subsets])
		for i := range bits {
			if (x[i]*1000/scale > .5) == in[c*bits+i] {
				right++
			}
		}
	}
	bound := single(claimed(w.Rho))
	f := Finding{Value: float64(right) / float64(w.Zones), Draws: w.Zones}
	f = demand(p, f, bound, errors49*shareError(bound, w.Zones), .95)
	if cells != nil && p.Proven {
		f.Extra = lowBits(cells)
		f.Alarm += 10 * twoSided
	}
	return f, nil
}

// leastSquares solves for the bits from the answers that are shown.
func leastSquares(design [][]float64, value []float64, shown []bool) []float64 {
	normal, right := make([][]float64, bits), make([]float64, bits)
	for i := range normal {
		normal[i] = make([]float64, bits)
		normal[i][i] = 1e-9
	}
	for q, row := range design {
		if !shown[q] {
			continue
		}
		for i, x := range row {
			if x == 0 {
				continue
			}
			right[i] += value[q]
			for k, y := range row {
				normal[i][k] += y
			}
		}
	}
	return cholesky(normal, 1e-9).solve(right)
}

// lowBits checks that values are whole and their remainders equally common. For noise of variance sigma2 the shares of the
// remainders of m differ from 1/m by 2 exp(-2 pi^2 sigma2 / m^2) at most: nothing, from sigma2 = 24 on.
func lowBits(cells []float64) []Check {
	whole := true
	for _, v := range cells {
		whole = whole && v == math.Trunc(v)
	}
	checks := []Check{{Name: "all values are whole", OK: whole}}
	for _, m := range []int{2, 3, 5} {
		count := make([]int, m)
		for _, v := range cells {
			count[(int(v)%m+m)%m]++
		}
		even := true
		for _, n := range count {
			share := 1 / float64(m)
			even = even && math.Abs(float64(n)/float64(len(cells))-share) <= errors49*shareError(share, len(cells))
		}
		checks = append(checks, Check{Name: fmt.Sprintf("remainders of %d are equally common", m), OK: even})
	}
	return checks
}
