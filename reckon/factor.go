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

	drawn   float64   // standard deviation of by from the noise of where; 0 without it
	classed []float64 // the same by code of the dimension class
}

// newScale finds the factors of a table. The first dimension decides when it is of zones: a finest zone has its own factor,
// a coarser one the factor of the residents below it (calibrate.Mean). Any other table has the factor of its devices where they
// are, if that is known, else that of all residents. Codes of origin in Options.Inbound, and the kind inbound, have a factor of
// their own, whatever the zone.
func newScale(geo release.Geography, s throng.Shape, o Options, at *where) (scale, error) {
	of := scale{dim: -1, class: -1, inner: uint64(s.Cells())}
	whole := []int{}
	for z := range geo.Zones.Len() {
		if geo.Zones.Parent(z) < 0 {
			whole = append(whole, z)
		}
	}
	groups := [][]int{whole}
	if len(s.Dims) > 0 && s.Dims[0].Name == throng.DimZone {
		groups, at = nil, nil
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
	if at != nil {
		of.by[0], of.drawn = at.mean(func(cell int) float64 { return at.people[cell] })
	}
	classes := calibrate.NewClasses(geo.Zones, geo.Factors, geo.Residents)
	of.byClass(geo, s, groups, classes, at)
	of.byOrigin(geo, s, groups, classes, means)
	of.guests(s, o)
	return of, nil
}

// byClass notes the codes of gender and age for which the table of shares has factors. Their relative uncertainty is that of
// the zone, for want of a better one.
func (of *scale) byClass(geo release.Geography, s throng.Shape, groups [][]int, classes *calibrate.Classes, at *where) {
	for i, d := range s.Dims {
		if !slices.ContainsFunc(d.Codes, func(code string) bool { return classes.Has(d.Name, code) }) {
			continue
		}
		of.class, of.classes, of.classed = i, make([][]float64, len(groups)), make([]float64, len(d.Codes))
		mean := func(code string, zones ...int) float64 {
			return classes.Mean(d.Name, code, below(geo.Zones, zones...), func(z int) float64 { return peoplePer(geo.Zones, z) })
		}
		for g, zones := range groups {
			of.classes[g] = make([]float64, len(d.Codes))
			for k, code := range d.Codes {
				switch {
				case !classes.Has(d.Name, code):
				case at != nil:
					in := at.inZones(func(zone int) float64 { return mean(code, zone) })
					of.classes[g][k], of.classed[k] = at.mean(in)
				default:
					of.classes[g][k] = mean(code, zones...)
				}
			}
		}
	}
}

// below lists the finest zones in or below some zones.
func below(all throng.Zones, zones ...int) []int {
	return slices.DeleteFunc(slices.Clone(all.Finest()), func(f int) bool {
		return !slices.ContainsFunc(zones, func(z int) bool { return all.Within(f, z) })
	})
}

// byOrigin notes the codes of origin that are zones of the geography. Who lives where he is counted has the factor of those who
// live there; who comes from elsewhere took his phone there, so that his region's share of all counts and not that of the place.
// Their relative uncertainty is that of the zone, as for classes.
func (of *scale) byOrigin(geo release.Geography, s throng.Shape, groups [][]int, classes *calibrate.Classes, means *calibrate.Means) {
	for i, d := range s.Dims {
		if d.Name != throng.DimOrigin {
			continue
		}
		of.class, of.classes = i, make([][]float64, len(groups))
		for g, zones := range groups {
			of.classes[g] = make([]float64, len(d.Codes))
			for k, code := range d.Codes {
				from, ok := geo.Zones.Index(code)
				switch {
				case !ok: // a group of regions, or guests
				case len(zones) == 1 && geo.Zones.Within(zones[0], from):
					of.classes[g][k] = classes.Residents(below(geo.Zones, zones[0]), func(z int) float64 { return peoplePer(geo.Zones, z) })
				default:
					of.classes[g][k] = means.Of(from).People
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

// noise is the standard deviation of the factor of a cell from the noise of where its devices are. place has one element a
// dimension.
func (of *scale) noise(s throng.Shape, cell uint64, place []int) float64 {
	if of.drawn > 0 && of.classed != nil {
		s.At(cell, place)
		if of.classes[0][place[of.class]] > 0 {
			return of.classed[place[of.class]]
		}
	}
	return of.drawn
}
