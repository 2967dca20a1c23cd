package storetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/release"
)

// SparseDraft is a release of flows between 1,000 zones by hour, 24 million cells, of which a measured table and its
// estimate list the given ones.
func SparseDraft(id string, cells []uint64) release.Draft {
	d := Draft(id, 3, 1)
	codes := make([]string, 1000)
	for i := range codes {
		codes[i] = fmt.Sprintf("z%03d", i)
	}
	p := throng.Period{Start: d.Manifest.Period.Start.UnixMilli(), End: d.Manifest.Period.End.UnixMilli()}
	zone := throng.Dim{Name: throng.DimZone, Level: throng.LevelZone, Codes: codes}
	zone2 := zone
	zone2.Name = throng.DimZone2
	s := throng.Shape{Name: "total", Dims: []throng.Dim{zone, zone2, {Name: throng.DimTime, Codes: p.BinCodes(time.Hour)}}}
	measured := release.Table{Kind: release.Measured, Shape: s, Cells: cells, Tau: 89, Sigma2: 429}
	estimate := release.Table{Kind: release.Estimate, Method: "linear", Shape: s, Cells: cells, Tau: 89}
	for i := range cells {
		measured.Raw = append(measured.Raw, 89+int64(i*i%40))
		estimate.Estimate = append(estimate.Estimate, 2.5*float64(measured.Raw[i]))
		estimate.NoiseSD = append(estimate.NoiseSD, 51.8)
	}
	d.Manifest.Product = "flows-hour"
	d.Manifest.Parts = []release.Part{{Table: "total", D2: 6, Sigma2: 429, Rho: 6_993_007, Domain: release.Axes(s), Tau: 89, False: 963.2}}
	d.Tables = []release.Table{measured, estimate}
	return d
}

// sparse puts tables that list some cells, one cell and none, reads them back, and refuses those that are not in order.
func sparse(t *testing.T, s release.Store) {
	for id, cells := range map[string][]uint64{"some": {0, 7, 24_000, 12_345_678, 23_999_999}, "single": {5}, "none": {}} {
		d := SparseDraft(id, cells)
		m := put(t, s, d)
		if m.Parts[0].Tau != 89 || m.Parts[0].False != 963.2 {
			t.Errorf("%s: the manifest says tau %d and %v false cells", id, m.Parts[0].Tau, m.Parts[0].False)
		}
		for _, want := range d.Tables {
			if got, err := s.Table(id, want.Method, "total"); err != nil || !Equal(got, want) || !got.Sparse() || got.Rows() != len(cells) {
				t.Errorf("%s: a %s table with %d cells came back with %d cells: %v", id, want.Kind, len(cells), len(got.Cells), err)
			}
		}
	}
	for name, spoil := range map[string]func(*release.Draft){
		"descending":         func(d *release.Draft) { d.Tables[0].Cells = []uint64{9, 7, 8} },
		"twice the same":     func(d *release.Draft) { d.Tables[0].Cells = []uint64{1, 7, 7} },
		"outside":            func(d *release.Draft) { d.Tables[0].Cells = []uint64{1, 7, 24_000_000} },
		"below tau":          func(d *release.Draft) { d.Tables[0].Raw[1] = 88 },
		"short":              func(d *release.Draft) { d.Tables[0].Raw = d.Tables[0].Raw[1:] },
		"short estimate":     func(d *release.Draft) { d.Tables[1].Estimate = d.Tables[1].Estimate[1:] },
		"other tau":          func(d *release.Draft) { d.Manifest.Parts[0].Tau++ },
		"dense with tau":     func(d *release.Draft) { d.Tables[0].Cells = nil },
		"sparse, no tau":     func(d *release.Draft) { d.Manifest.Parts[0].Tau, d.Tables[0].Tau, d.Tables[1].Tau = 0, 0, 0 },
		"estimate, no tau":   func(d *release.Draft) { d.Tables[1].Tau = 0 },
		"estimate elsewhere": func(d *release.Draft) { d.Tables[1].Shape.Name = "other" },
	} {
		d := SparseDraft("spoilt", []uint64{1, 7, 8})
		spoil(&d)
		if _, err := s.Put(d); err == nil || errors.Is(err, release.ErrExists) {
			t.Errorf("%s: got %v, want a refusal", name, err)
		}
	}
}
