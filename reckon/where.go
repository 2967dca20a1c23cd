package reckon

import (
	"math"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/privacy/result"
	"github.com/throng-stats/throng/release"
)

// where tells in which zones the devices of a table without zones are, from another released table of the same devices.
type where struct {
	zone   []int     // of each cell, an index into the geography
	people []float64 // per device of each cell
	raw    []int64
	sd     float64 // of the noise of a cell
	all    float64 // devices
}

// reliable is how many standard deviations the denominator of a ratio shall have (methods.md, section 21, share).
const reliable = 5

// whereOf reads where people spend the night: from nights by zone and origin, or by zone. Nil for any other product, and where the
// devices are too few to tell.
func whereOf(product string, geo release.Geography, measured []result.Table, o Options) (*where, error) {
	if product != ProductNights {
		return nil, nil
	}
	for _, t := range measured {
		if len(t.Shape.Dims) == 0 || t.Shape.Dims[0].Name != throng.DimZone || len(t.Raw) != t.Shape.Cells() {
			continue
		}
		by, err := newScale(geo, t.Shape, o, nil)
		if err != nil {
			return nil, err
		}
		w, place := &where{raw: t.Raw, sd: math.Sqrt(float64(t.Sigma2))}, make([]int, len(t.Shape.Dims))
		for i, n := range t.Raw {
			t.Shape.At(uint64(i), place)
			z, _ := geo.Zones.Index(t.Shape.Dims[0].Codes[place[0]])
			people, _ := by.at(t.Shape, uint64(i), place)
			w.zone, w.people, w.all = append(w.zone, z), append(w.people, people), w.all+float64(n)
		}
		if w.all > reliable*w.sd*math.Sqrt(float64(len(t.Raw))) {
			return w, nil
		}
	}
	return nil, nil
}

// mean is for how many people a device stands wherever it is, with of the people per device of a cell: sum n f / sum n, and the
// standard deviation that the noise of n gives it (delta method).
func (w *where) mean(of func(cell int) float64) (people, noise float64) {
	for i, n := range w.raw {
		people += float64(n) * of(i) / w.all
	}
	for i := range w.raw {
		noise += (of(i) - people) * (of(i) - people)
	}
	return people, w.sd * math.Sqrt(noise) / w.all
}

// inZones gives each cell what its zone has.
func (w *where) inZones(of func(zone int) float64) func(cell int) float64 {
	known := map[int]float64{}
	return func(cell int) float64 {
		z := w.zone[cell]
		if _, ok := known[z]; !ok {
			known[z] = of(z)
		}
		return known[z]
	}
}
