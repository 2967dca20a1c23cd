// Package reckon turns noisy counts into estimates of people, from public numbers only.
//
// It may look twice, costs no privacy and can leak nothing: what it reads has left through the door. Estimates are
// linear in the measured counts, signed and unbiased, and carry the exact standard deviation of their noise; nights of the whole
// region alone are scaled by a ratio of released sums (where), whose noise they carry too.
package reckon

import (
	"fmt"
	"math"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/privacy/result"
	"github.com/throng-stats/throng/release"
)

// Method names these estimates: the folder below estimate/ in a release.
const Method = release.Linear

// Ids of the products that this package knows.
const (
	ProductPresent    = "present"
	ProductLive       = "present-live"
	ProductFlowsHour  = "flows-hour"
	ProductFlowsDay   = "flows-day"
	ProductFlowsMonth = "flows-month"
	ProductVehicles   = "vehicles"
)

// Estimates makes the estimate tables of a product from its measured tables, with default options.
func Estimates(product string, geo release.Geography, measured []result.Table) ([]release.Table, error) {
	return EstimatesWith(product, geo, measured, Options{})
}

// EstimatesWith makes the estimate tables of a product from its measured tables. It is a function of them and of the options:
// made again, the tables are the same to the byte.
func EstimatesWith(product string, geo release.Geography, measured []result.Table, o Options) ([]release.Table, error) {
	switch product {
	case ProductLive:
		return presentOf(geo, o.Index, measured)
	case ProductPresent:
		tables, err := presentOf(geo, o.Index, measured)
		if err != nil || !o.EM {
			return tables, err
		}
		total, err := leafTotals(geo, measured)
		if err != nil {
			return nil, err
		}
		em, err := EM(geo, measured, EMOptions{Redraws: o.Redraws, Seed: SeedOf(total)})
		return append(tables, em...), err
	case ProductFlowsHour, ProductFlowsDay, ProductFlowsMonth:
		return Flows(geo, measured)
	case ProductVehicles:
		return Counts(measured)
	case ProductVisitors, ProductArrivals, ProductNights, ProductUsual, ProductMigration, ProductTourism:
		return People(product, geo, measured, o)
	case ProductSpending, ProductMarket, ProductBookings, ProductCases, ProductReports:
		return Sales(product, geo, measured)
	}
	return nil, fmt.Errorf("reckon: no estimates are defined for the product %.40q; give %s, %s, %s, %s, %s, %s, %s, %s, %s or %s", product, ProductPresent, ProductVisitors, ProductNights,
		ProductFlowsHour, ProductFlowsDay, ProductFlowsMonth, ProductUsual, ProductMigration, ProductTourism, ProductVehicles)
}

// Measured writes noisy counts as the measured tables of a release; the numbers are shared.
func Measured(tables []result.Table) []release.Table {
	of := make([]release.Table, len(tables))
	for i, t := range tables {
		of[i] = release.Table{Kind: release.Measured, Shape: t.Shape, Cells: t.Cells, Tau: t.Tau, Raw: t.Raw, Sigma2: t.Sigma2}
	}
	return of
}

// Flows estimates journeys between finest zones, in people: a counted journey stands for as many people as a device of
// the zone where it begins. A table without zones stands for itself. Nothing is modelled: cells are independent and the
// noise of each is known. Of a sparse table the listed cells are estimated; they were listed because their noisy count was
// high, so their sum is too large and the totals of zones come from tables that list every cell.
func Flows(geo release.Geography, measured []result.Table) ([]release.Table, error) {
	var tables []release.Table
	for _, t := range measured {
		factor, cells := []float64{1}, t.Shape.Cells()
		if len(t.Shape.Dims) > 0 && t.Shape.Dims[0].Name == throng.DimZone {
			var err error
			if factor, err = factors(geo.Zones, t.Shape.Dims[0]); err != nil {
				return nil, fmt.Errorf("reckon: table %s: %w", t.Shape.Name, err)
			}
		}
		one, err := scaled(t, func(cell uint64) float64 { return factor[cell/uint64(cells/len(factor))] })
		if err != nil {
			return nil, err
		}
		tables = append(tables, one)
	}
	return tables, nil
}

// factors lists the people per device of the zones of a dimension.
func factors(zones throng.Zones, d throng.Dim) ([]float64, error) {
	of := make([]float64, len(d.Codes))
	for i, id := range d.Codes {
		z, ok := zones.Index(id)
		if !ok {
			return nil, fmt.Errorf("zone %.40q is not in the geography; use the one that the release names", id)
		}
		if of[i] = zones.At(z).Factor; of[i] == 0 {
			of[i] = 1
		}
		if !(of[i] > 0) || math.IsInf(of[i], 1) {
			return nil, fmt.Errorf("zone %s has %v people per device; want a positive number", id, of[i])
		}
	}
	return of, nil
}

// Counts passes counts through that are not a sample of people: vehicles, tickets, reports. The estimate is the count.
func Counts(measured []result.Table) ([]release.Table, error) {
	var tables []release.Table
	for _, t := range measured {
		one, err := scaled(t, func(uint64) float64 { return 1 })
		if err != nil {
			return nil, err
		}
		tables = append(tables, one)
	}
	return tables, nil
}

// scaled multiplies counts and their noise by a public factor a cell.
func scaled(t result.Table, factor func(cell uint64) float64) (release.Table, error) {
	m := Measured([]result.Table{t})[0]
	if len(t.Raw) != m.Rows() || t.Sigma2 == 0 {
		return release.Table{}, fmt.Errorf("reckon: table %s has %d of %d cells and variance %d; want every cell and a positive variance", t.Shape.Name, len(t.Raw), m.Rows(), t.Sigma2)
	}
	e := unknown(t.Shape, m.Rows())
	e.Cells, e.Tau = t.Cells, t.Tau
	sd := math.Sqrt(float64(t.Sigma2))
	for i, raw := range t.Raw {
		f := factor(m.Cell(i))
		e.Estimate[i], e.NoiseSD[i] = float64(raw)*f, sd*f
	}
	return e, nil
}

// empty is an estimate of every cell whose allocation and scaling margins are not known.
func empty(s throng.Shape) release.Table { return unknown(s, s.Cells()) }

func unknown(s throng.Shape, rows int) release.Table {
	t := release.Table{
		Kind: release.Estimate, Method: Method, Shape: s, Estimate: make([]float64, rows), NoiseSD: make([]float64, rows),
		AllocSD: make([]float64, rows), ScaleSD: make([]float64, rows),
	}
	for i := range rows {
		t.AllocSD[i], t.ScaleSD[i] = math.NaN(), math.NaN()
	}
	return t
}
