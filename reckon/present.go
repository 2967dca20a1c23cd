package reckon

import (
	"slices"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/privacy/result"
	"github.com/throng-stats/throng/reckon/allot"
	"github.com/throng-stats/throng/reckon/balance"
	"github.com/throng-stats/throng/release"
)

// Present estimates the population that is present, in people (docs/method/present-population.md): the table leaf, with
// a consistent estimate for every leaf and hour; the table total for every zone of every level; and, for each breakdown
// that was measured (gender, age, origin), a table of every zone whose classes sum to the total.
//
// Of a live release, whose tables are leaf, block and area of one bin, it makes leaf and total.
//
// NoiseSD is exact and the same in every hour. AllocSD of a total bounds what its border may be wrong by
// (allot.Area.Border); it is 0 for a leaf and NaN, unknown, for a class. ScaleSD is NaN: the uncertainty of the factors
// that turn devices into people is not modelled. Status is "modelled" where a zone is less than one leaf, or below the
// grain of the breakdown (balance.BlockGrain, balance.AreaGrain).
func Present(geo release.Geography, measured []result.Table) ([]release.Table, error) {
	return presentOf(geo, nil, measured)
}

// presentOf is Present with an index that was made before, or nil.
func presentOf(geo release.Geography, index *allot.Index, measured []result.Table) (_ []release.Table, err error) {
	if index == nil {
		if index, err = allot.NewIndex(geo); err != nil {
			return nil, err
		}
	}
	r, err := balance.NewReckoner(index, Measured(measured))
	if err != nil {
		return nil, err
	}
	time := throng.Dim{Name: throng.DimTime, Codes: r.Times()}
	zone := throng.Dim{Name: throng.DimZone, Level: throng.LevelZone, Codes: geo.Zones.IDs()}
	tables := []release.Table{leaves(geo, r, time), totals(r, zone, time)}
	for _, name := range r.Tables() {
		t, err := breakdown(r, name, zone, time)
		if err != nil {
			return nil, err
		}
		tables = append(tables, t)
	}
	return tables, nil
}

// leaves scales the consistent estimate of each leaf by the people per device of its dominant zone.
func leaves(geo release.Geography, r *balance.Reckoner, time throng.Dim) release.Table {
	zone := throng.Dim{Name: throng.DimZone, Level: throng.LevelLeaf, Codes: geo.Tree.LeafIDs()}
	t := empty(throng.Shape{Name: "leaf", Dims: []throng.Dim{zone, time}})
	bins := len(time.Codes)
	for i, leaf := range geo.Tree.Leaves {
		factor := r.Index().Factor(leaf.Zone)
		sd := factor * r.LeafSD(i)
		for bin := range bins {
			t.Estimate[i*bins+bin], t.NoiseSD[i*bins+bin], t.AllocSD[i*bins+bin] = factor*r.Leaves(bin)[i], sd, 0
		}
	}
	return t
}

func totals(r *balance.Reckoner, zone, time throng.Dim) release.Table {
	t := empty(throng.Shape{Name: "total", Dims: []throng.Dim{zone, time}})
	bins := len(time.Codes)
	status := make([]string, t.Shape.Cells())
	for z := range zone.Codes {
		s := r.Total(r.Index().Zone(z))
		copy(t.Estimate[z*bins:], s.Estimate)
		copy(t.AllocSD[z*bins:], s.AllocSD)
		for i := z * bins; i < (z+1)*bins; i++ {
			t.NoiseSD[i], status[i] = s.NoiseSD, s.Status
		}
	}
	t.Status = unlessEmpty(status)
	return t
}

func breakdown(r *balance.Reckoner, name string, zone, time throng.Dim) (release.Table, error) {
	var t release.Table
	var status []string
	for z := range zone.Codes {
		b, err := r.Breakdown(r.Index().Zone(z), name)
		if err != nil {
			return release.Table{}, err
		}
		if z == 0 {
			class := throng.Dim{Name: b.Dim, Codes: b.Codes}
			t = empty(throng.Shape{Name: name, Dims: []throng.Dim{zone, time, class}})
			status = make([]string, t.Shape.Cells())
		}
		from, n := z*len(b.Estimate), len(b.Codes)
		copy(t.Estimate[from:], b.Estimate)
		for i := range b.Estimate {
			t.NoiseSD[from+i], status[from+i] = b.NoiseSD[i%n], b.Status
		}
	}
	t.Status = unlessEmpty(status)
	return t, nil
}

// unlessEmpty is nil when every status is "".
func unlessEmpty(status []string) []string {
	if slices.ContainsFunc(status, func(s string) bool { return s != "" }) {
		return status
	}
	return nil
}
