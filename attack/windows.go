package attack

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/synth/dice"
)

// Windows is attack 4, differencing by window, subset and nested perimeter: two answers about almost the same people are
// subtracted (tracker attack, Denning and Schloerer 1980).
//
// Procedure: different people within the first four and the first five hours, of 700 zones where 1 to 15 newcomers arrive
// in the fifth; and people in an area of six zones, and in the same less one zone of 1 to 15 people, 700 times. Statistic:
// share of these groups whose size is found exactly. Where windows are refused only areas count; where areas are refused
// they are added up from released cells.
//
// Bound: the difference of two sums of released cells is a sum of released cells, here one cell, so it is exactly right
// with probability 1 / (sigma sqrt(2 pi)) at most, sigma2 = 24 / 2 rho.
func Windows(p Publisher, s Size) (Finding, error) {
	s.EnsureDefaults()
	n := s.of(700, 60)
	f := Finding{}
	right, all, err := byWindow(p, s, n)
	if err != nil && !errors.Is(err, ErrRefused) {
		return f, err
	}
	if p.Proven {
		f.Extra = append(f.Extra, Check{Name: "windows of one's own are refused", OK: err != nil})
	}
	if err != nil {
		f.Detail = "windows are refused (" + strings.TrimSuffix(err.Error(), ": "+ErrRefused.Error()) + "); "
	}
	areas, exact, err := byArea(p, s, n)
	if err != nil {
		return refused(p, err)
	}
	if p.Proven {
		f.Extra = append(f.Extra, Check{Name: "the difference of two areas is a released cell", OK: exact})
	}
	right, all = right+areas, all+n
	f.Value, f.Draws = float64(right)/float64(all), all
	f.Detail += fmt.Sprintf("%d of %d groups", right, all)
	bound := peak(claimed(.1))
	return demand(p, f, bound, rareSlack(bound, all, oneSided), .99), nil
}

// byWindow counts the newcomers of the fifth hour that are found exactly.
func byWindow(p Publisher, s Size, n int) (right, all int, err error) {
	d := dice.New(s.Seed, streamWindows)
	w := World{Name: "windows", Product: Visitors, Days: 1, Zones: n, Rho: .1}
	came := make([]int, n)
	for z := range n {
		w.residents(int32(z), int64(20+d.IntN(40)), 1)
		came[z] = 1 + d.IntN(small)
		for range came[z] {
			w.Units = append(w.Units, Unit{Stays: []Stay{{int32(z), 4, 6}}})
		}
	}
	t, err := one(p, w, "total")
	if err != nil {
		return 0, 0, err
	}
	scale, _ := p.Expect(1000)
	for z := range n {
		four, five := z*Hours+3, z*Hours+4
		if t.shown[four] && t.shown[five] && math.Round((t.value[five]-t.value[four])*1000/scale) == float64(came[z]) {
			right++
		}
	}
	return right, n, nil
}

// byArea counts the zones of 1 to 15 people that are found exactly by two nested areas, and reports whether every
// difference equals what was released about the zone itself.
func byArea(p Publisher, s Size, n int) (right int, exact bool, err error) {
	d := dice.New(s.Seed, streamWindows, 1)
	w := World{Name: "areas", Product: Areas, Days: 1, Zones: 6 * n, Rho: .1}
	size := make([]int, n)
	for i := range n {
		first := int32(6 * i)
		area := []int32{first, first + 1, first + 2, first + 3, first + 4, first + 5}
		size[i] = 1 + d.IntN(small)
		w.residents(first, int64(size[i]), 1)
		for _, z := range area[1:] {
			w.residents(z, int64(20+d.IntN(40)), 1)
		}
		w.Areas = append(w.Areas, area, area[1:])
	}
	value, shown, cells, err := w.areas(p)
	if err != nil {
		return 0, false, err
	}
	scale, _ := p.Expect(1000)
	exact = true
	for i := range n {
		difference := value[2*i] - value[2*i+1]
		if shown[2*i] && shown[2*i+1] && math.Round(difference*1000/scale) == float64(size[i]) {
			right++
		}
		if cells != nil && difference != cells[6*i*Hours] {
			exact = false
		}
	}
	return right, exact, nil
}

// areas asks for the areas of a world; a publisher that refuses them has its cells added up instead, as anybody may.
func (w World) areas(p Publisher) (value []float64, shown []bool, cells []float64, err error) {
	var store release.Store
	if store, err = p.Publish(w); err == nil {
		t, err := read(store, w, 0, "total")
		return t.value, t.shown, nil, err
	}
	if !errors.Is(err, ErrRefused) {
		return nil, nil, nil, err
	}
	w.Product, w.Name = Present, w.Name+"-cells"
	t, err := one(p, w, "total")
	if err != nil {
		return nil, nil, nil, err
	}
	value, shown = make([]float64, len(w.Areas)), make([]bool, len(w.Areas))
	for i, area := range w.Areas {
		shown[i] = true
		for _, z := range area {
			value[i] += t.value[int(z)*Hours]
			shown[i] = shown[i] && t.shown[int(z)*Hours]
		}
	}
	return value, shown, t.value, nil
}
