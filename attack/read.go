package attack

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/release"
)

// published is a table as an attacker reads it: a measured one where there is one, else the publisher's own.
type published struct {
	shape  throng.Shape
	value  []float64
	shown  []bool
	raw    []int64 // whole numbers; nil for baselines
	sigma2 float64 // stated variance of the noise; 0 for baselines
}

// read reads a table of a day.
func read(store release.Store, w World, day int, name string) (published, error) {
	list, err := store.List()
	if err != nil {
		return published{}, err
	}
	for _, m := range list {
		if m.Product != w.Product || m.Period.Name != w.Period(day).Name {
			continue
		}
		return tableOf(store, m.ID, name, w)
	}
	return published{}, fmt.Errorf("attack: nothing was published of %s on %s", w.Product, w.Period(day).Name)
}

// tableOf reads a table of a release: the measured one where there is one, else the publisher's own.
func tableOf(store release.Store, id, name string, w World) (published, error) {
	t, err := store.Table(id, "", name)
	if errors.Is(err, release.ErrMissing) {
		t, err = store.Table(id, baselineMethod, name)
	}
	if err != nil {
		return published{}, err
	}
	return view(t, w)
}

// view checks that the zones of a table are those of the world, in their order, and copies the numbers.
func view(t release.Table, w World) (published, error) {
	for _, d := range t.Shape.Dims {
		for i, code := range d.Codes {
			if d.Name != throng.DimZone && d.Name != throng.DimZone2 {
				break
			}
			if id, _, _ := strings.Cut(code, "-"); id != ZoneID(i) {
				return published{}, fmt.Errorf("attack: zone %d of table %s is %.40q, want %s", i, t.Shape.Name, code, ZoneID(i))
			}
		}
	}
	p := published{shape: t.Shape, raw: t.Raw, sigma2: float64(t.Sigma2), value: t.Estimate}
	if t.Kind == release.Measured {
		p.value = make([]float64, len(t.Raw))
		for i, v := range t.Raw {
			p.value[i] = float64(v)
		}
	}
	p.shown = make([]bool, len(p.value))
	for i := range p.shown {
		p.shown[i] = t.Status == nil || t.Status[i] != hidden
	}
	return p, nil
}

// one publishes a world of one day and reads one of its tables.
func one(p Publisher, w World, name string) (published, error) {
	store, err := p.Publish(w)
	if err != nil {
		return published{}, err
	}
	return read(store, w, 0, name)
}

// days publishes a world and reads a table of each of its days.
func days(p Publisher, w World, name string) ([]published, error) {
	store, err := p.Publish(w)
	if err != nil {
		return nil, err
	}
	all := make([]published, w.Days)
	for i := range all {
		if all[i], err = read(store, w, i, name); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// score is the evidence of one cell for n+x against n: how much better the published value agrees with the first. For
// independent Gaussian noise its sum over cells is the optimal test (Neyman-Pearson), linear in the values; for a rule
// without noise it is not zero exactly where the rule tells the two apart.
func (p Publisher) score(value float64, shown bool, n, x int64) float64 {
	miss := func(n int64) float64 {
		want, show := p.Expect(n)
		switch {
		case show != shown:
			return 1e6
		case !show:
			return 0
		}
		return (value - want) * (value - want)
	}
	return miss(n) - miss(n+x)
}

// claimed is the variance of each cell that follows from what was agreed: a unit and day changes a table of presence by at
// most 1 in each of 24 hours, so sigma2 = 24 / 2 rho. Bounds come from here, never from what a release says of itself.
func claimed(rho float64) float64 { return Hours / (2 * rho) }

// single is the accuracy bound of guessing from one cell with noise of that variance whether it holds one more:
// Phi(1 / 2 sigma).
func single(sigma2 float64) float64 { return phi(1 / (2 * math.Sqrt(sigma2))) }

// peak is the largest probability of one value of the noise, 1 / (sigma sqrt(2 pi)): how often a noisy count is right.
func peak(sigma2 float64) float64 { return 1 / math.Sqrt(2*math.Pi*sigma2) }

// bestAUC is the most that any test reaches at a loss of rho: Phi(sqrt rho), mu = sqrt(2 rho).
func bestAUC(rho float64) float64 { return phi(math.Sqrt(rho)) }

// bestAccuracy is the same for guesses about a fair coin: Phi(mu / 2).
func bestAccuracy(rho float64) float64 { return phi(math.Sqrt(rho / 2)) }
