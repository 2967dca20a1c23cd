package reckon

import (
	"fmt"
	"math"
	"slices"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/reckon/allot"
	"github.com/throng-stats/throng/reckon/calibrate"
	"github.com/throng-stats/throng/release"
)

// Options of EstimatesWith. They travel with the release, for they shape its numbers.
type Options struct {
	// Inbound is how many guests a foreign SIM of a code of origin stands for (methods.md, section 22: per country where
	// given). Default: as many as a resident's device of the zone.
	Inbound map[string]float64
	// Roamer is the same for guests of tables that do not say where they are from. Default: as for Inbound.
	Roamer float64
	// EM also estimates the present by zone by expectation-maximisation, beside the linear estimate (EM). Default: not.
	EM bool
	// Redraws of EM, see EMOptions.
	Redraws int
	// Index is that of the geography, for those who estimate presence often with the same. Default: made anew each time.
	Index *allot.Index
}

// KindInbound is the code of the kind of trips of guests in tables of tourism.
const KindInbound = "inbound"

func (o Options) validate() error {
	positive := func(v float64) bool { return v > 0 && !math.IsInf(v, 1) }
	for code, v := range o.Inbound {
		if !positive(v) {
			return fmt.Errorf("reckon: a foreign SIM of origin %.40q stands for %v people; want a positive number", code, v)
		}
	}
	if o.Roamer != 0 && !positive(o.Roamer) {
		return fmt.Errorf("reckon: a foreign SIM stands for %v people; want a positive number", o.Roamer)
	}
	return nil
}

// scale says for how many people one count of a cell stands, and how uncertain that is.
type scale struct {
	by      []float64 // people per count, by code of the first dimension; one value when it is not a zone
	sd      []float64 // standard deviation of by, relative to it; NaN where unknown
	foreign []float64 // by code of the dimension dim: people per count instead, 0 for by
	dim     int       // index of that dimension, -1 for none
	inner   uint64    // cells of one code of the first dimension

	class   int         // index of a dimension whose codes have people per device of their own, -1 for none
	classes [][]float64 // by code of the first dimension, then of that one: people per count, 0 for by
}

// newScale finds the factors of a table. The first dimension decides when it is of zones: a finest zone has its own factor,
// a coarser one the factor of the residents below it (calibrate.Mean). Any other table has the factor of all residents.
// Codes of origin in Options.Inbound, and the kind inbound, have a factor of their own, whatever the zone.
func newScale(geo release.Geography, s throng.Shape, o Options) (scale, error) {
	of := scale{dim: -1, class: -1, inner: uint64(s.Cells())}
	whole := []int{}
	for z := range geo.Zones.Len() {
		if geo.Zones.Parent(z) < 0 {
			whole = append(whole, z)
		}
	}
	groups := [][]int{whole}
	if len(s.Dims) > 0 && s.Dims[0].Name == throng.DimZone {
		groups = nil
		for _, id := range s.Dims[0].Codes {
			z, ok := geo.Zones.Index(id)
			if !ok {
				return of, fmt.Errorf("zone %.40q is not in the geography; use the one that the release names", id)
			}
			groups = append(groups, []int{z})
		}
		of.inner /= uint64(max(1, len(groups)))
	}
	means, err := calibrate.NewMeans(geo.Zones, geo.Factors)
	if err != nil {
		return of, err
	}
	for _, zones := range groups {
		f := means.Of(zones...)
		of.by, of.sd = append(of.by, f.People), append(of.sd, f.SD/f.People)
	}
	of.byClass(geo, s, groups)
	of.guests(s, o)
	return of, nil
}

// byClass notes the codes of gender and age for which the table of shares has factors. Their relative uncertainty is that of
// the zone, for want of a better one.
func (of *scale) byClass(geo release.Geography, s throng.Shape, groups [][]int) {
	classes := calibrate.NewClasses(geo.Zones, geo.Factors, geo.Residents)
	for i, d := range s.Dims {
		if !slices.ContainsFunc(d.Codes, func(code string) bool { return classes.Has(d.Name, code) }) {
			continue
		}
		of.class, of.classes = i, make([][]float64, len(groups))
		for g, zones := range groups {
			finest := slices.DeleteFunc(geo.Zones.Finest(), func(f int) bool {
				return !slices.ContainsFunc(zones, func(z int) bool { return geo.Zones.Within(f, z) })
			})
			of.classes[g] = make([]float64, len(d.Codes))
			for k, code := range d.Codes {
				if classes.Has(d.Name, code) {
					of.classes[g][k] = classes.Mean(d.Name, code, finest, func(z int) float64 { return peoplePer(geo.Zones, z) })
				}
			}
		}
	}
}

// peoplePer is the factor of a zone.
func peoplePer(zones throng.Zones, z int) float64 {
	if f := zones.At(z).Factor; f > 0 {
		return f
	}
	return 1
}

// guests notes the codes of foreign SIMs.
func (of *scale) guests(s throng.Shape, o Options) {
	for i, d := range s.Dims {
		if d.Name != throng.DimOrigin && d.Name != throng.DimKind {
			continue
		}
		foreign := make([]float64, len(d.Codes))
		for k, code := range d.Codes {
			if d.Name == throng.DimOrigin {
				foreign[k] = o.Inbound[code]
			} else if code == KindInbound {
				foreign[k] = o.Roamer
			}
		}
		if slices.ContainsFunc(foreign, func(f float64) bool { return f > 0 }) {
			of.dim, of.foreign = i, foreign
		}
	}
}

// at is the factor of a cell, and its relative standard deviation. place has one element a dimension.
func (of *scale) at(s throng.Shape, cell uint64, place []int) (people, sd float64) {
	if of.dim >= 0 {
		s.At(cell, place)
		if f := of.foreign[place[of.dim]]; f > 0 {
			return f, math.NaN()
		}
	}
	k := cell / of.inner
	if of.class >= 0 {
		s.At(cell, place)
		if f := of.classes[k][place[of.class]]; f > 0 {
			return f, of.sd[k]
		}
	}
	return of.by[k], of.sd[k]
}
