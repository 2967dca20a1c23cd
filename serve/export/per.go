package export

import (
	"fmt"
	"math"
	"slices"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/reckon/compare"
	"github.com/throng-stats/throng/release"
)

// Residents divides by the public residents of the zone of a cell: penetration of potential customers, cases per resident.
const Residents = "residents"

// per sets beside each number what it is divided by: the same cell of another table of the release (money over buyers), or the
// Residents of its zone. It refuses tables of another shape, and zones of which nobody tells residents.
func (v View) per(store release.Store, geo release.Geography, o Options) (View, error) {
	if v.Table.Sparse() {
		return v, fmt.Errorf("export: table %.40q lists some of its cells only, and is not divided", v.Table.Shape.Name)
	}
	dims := v.Table.Shape.Dims
	v.under = make([]compare.Number, v.Table.Shape.Cells())
	if o.Over != Residents {
		return v.over(store, o)
	}
	zone := zoneDim(v)
	if zone < 0 {
		return v, fmt.Errorf("export: table %.40q is not told by zone, and residents are", v.Table.Shape.Name)
	}
	residents := compare.Residents(geo, dims[zone].Codes)
	if !slices.ContainsFunc(residents, func(n compare.Number) bool { return !math.IsNaN(n.Value) }) {
		return v, fmt.Errorf("export: the geography of the release tells no residents; throng compare reads them beside it")
	}
	at := make([]int, len(dims))
	for cell := range v.under {
		v.Table.Shape.At(uint64(cell), at)
		v.under[cell] = residents[at[zone]]
	}
	return v, nil
}

// over divides by the same cell of another table of the release. A zone that the other one does not tell has no ratio: the buyers of
// a province are not the sum of those of its towns.
func (v View) over(store release.Store, o Options) (View, error) {
	other, err := Load(store, v.Manifest.ID, o.Kind, o.Method, o.Over)
	if err != nil {
		return v, err
	}
	dims, theirs := v.Table.Shape.Dims, other.Table.Shape.Dims
	same := slices.EqualFunc(dims, theirs, func(a, b throng.Dim) bool {
		return a.Name == b.Name && (a.Name == throng.DimZone || slices.Equal(a.Codes, b.Codes))
	})
	if !same || other.Table.Sparse() {
		return v, fmt.Errorf("export: table %.40q has other cells than %s; throng compare adds up and divides", o.Over, v.Table.Shape.Name)
	}
	place := make([][]int, len(dims)) // of each code among theirs, -1 where it is not
	for i, d := range dims {
		for _, code := range d.Codes {
			place[i] = append(place[i], slices.Index(theirs[i].Codes, code))
		}
	}
	at := make([]int, len(dims))
	for cell := range v.under {
		v.Table.Shape.At(uint64(cell), at)
		for i, k := range at {
			at[i] = place[i][k]
		}
		if v.under[cell] = (compare.Number{Value: math.NaN()}); !slices.Contains(at, -1) {
			n := other.Number(int(other.Table.Shape.Cell(at...)))
			v.under[cell] = compare.Number{Value: n.Estimate, SD: n.NoiseSD}
		}
	}
	return v, nil
}

// ratio is a number over what stands beside it; not Shown where the noise of the denominator leaves none.
func (v View) ratio(cell int) compare.Ratio {
	n, under := v.Number(cell), v.under[cell]
	if n.Missing || math.IsNaN(under.Value) {
		return compare.Ratio{}
	}
	return compare.Over(compare.Number{Value: n.Estimate, SD: n.NoiseSD}, under)
}
