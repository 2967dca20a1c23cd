package reckon

import (
	"fmt"
	"math"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/privacy/result"
	"github.com/throng-stats/throng/release"
)

// Ids of products whose cells are measured one by one, besides flows.
const (
	ProductVisitors  = "visitors"
	ProductArrivals  = "arrivals"
	ProductNights    = "nights"
	ProductUsual     = "usual"
	ProductMigration = "migration"
	ProductTourism   = "tourism"
)

// additive are the tables of zones whose counts may be added up: everybody in them is in one zone, or a trip has one
// destination. Visitors are not: who came to two zones of a province came to the province once.
var additive = map[string]bool{ProductNights + "/origin": true, ProductNights + "/total": true, ProductUsual + "/home": true, ProductTourism + "/trips": true}

// People estimates tables whose cells are measured one by one, in people: count x people per device (newScale), with the
// exact noise of each cell. ScaleSD is |estimate| x the relative uncertainty of that factor, apart from the noise, NaN
// where the geography does not say it. Where a table of zones may be added up (nights, homes, destinations of trips) the
// zones above those that were counted are added: their estimate is the sum of their parts, their variance the sum of the
// variances, and their ScaleSD the sum, as if the source of shares erred everywhere in one direction.
func People(product string, geo release.Geography, measured []result.Table, o Options) ([]release.Table, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	at, err := whereOf(product, geo, measured, o)
	if err != nil {
		return nil, fmt.Errorf("reckon: %w", err)
	}
	var tables []release.Table
	for _, t := range measured {
		by, err := newScale(geo, t.Shape, o, at)
		if err != nil {
			return nil, fmt.Errorf("reckon: table %s: %w", t.Shape.Name, err)
		}
		place := make([]int, len(t.Shape.Dims))
		one, err := scaled(t, func(cell uint64) float64 { people, _ := by.at(t.Shape, cell, place); return people })
		if err != nil {
			return nil, err
		}
		for i, v := range one.Estimate {
			_, sd := by.at(t.Shape, one.Cell(i), place)
			one.ScaleSD[i] = math.Abs(v) * sd
			if noise := by.noise(t.Shape, one.Cell(i), place); noise > 0 {
				one.NoiseSD[i] = math.Hypot(one.NoiseSD[i], float64(t.Raw[i])*noise)
			}
		}
		if additive[product+"/"+t.Shape.Name] && !one.Sparse() && len(t.Shape.Dims) > 0 && t.Shape.Dims[0].Name == throng.DimZone {
			one = withParents(geo.Zones, one)
		}
		tables = append(tables, one)
	}
	return tables, nil
}

// withParents adds the zones above those of the first dimension, in the order of the geography.
func withParents(zones throng.Zones, t release.Table) release.Table {
	place := make(map[int]int) // in the wider table, by zone
	for _, id := range t.Shape.Dims[0].Codes {
		for z, _ := zones.Index(id); z >= 0; z = zones.Parent(z) {
			place[z] = 0
		}
	}
	var of []int
	for z := range zones.Len() {
		if _, ok := place[z]; ok {
			place[z] = len(of)
			of = append(of, z)
		}
	}
	shape := throng.Shape{Name: t.Shape.Name, Dims: append([]throng.Dim{t.Shape.Dims[0]}, t.Shape.Dims[1:]...)}
	shape.Dims[0].Codes = zones.IDs(of...)
	wide, inner := empty(shape), t.Shape.Cells()/len(t.Shape.Dims[0].Codes)
	clear(wide.ScaleSD)
	for i, v := range t.Estimate {
		for z, _ := zones.Index(t.Shape.Dims[0].Codes[i/inner]); z >= 0; z = zones.Parent(z) {
			k := place[z]*inner + i%inner
			wide.Estimate[k] += v
			wide.NoiseSD[k] += t.NoiseSD[i] * t.NoiseSD[i]
			wide.ScaleSD[k] += t.ScaleSD[i]
		}
	}
	for k, variance := range wide.NoiseSD {
		wide.NoiseSD[k] = math.Sqrt(variance)
	}
	return wide
}
