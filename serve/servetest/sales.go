package servetest

import (
	"math"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/release"
)

// FillSales adds what companies and public bodies would publish of the region, beside what Fill publishes: money and buyers by
// municipality, kind and currency, customers by home, trips and nights booked, cases of two authorities, reports about parked
// vehicles and the rides of the same day. Dogwood has so few buyers that their mean cannot be shown.
func FillSales(store release.Store) error {
	g := Region()
	zones := throng.Dim{Name: throng.DimZone, Level: throng.LevelZone, Codes: g.Zones.IDs(g.Zones.Finest()...)}
	kinds := throng.Dim{Name: throng.DimCategory, Codes: []string{"wine", "food", throng.Other}}
	coins := throng.Dim{Name: throng.DimCurrency, Codes: []string{"EUR", "JPY"}}
	bodies := throng.Dim{Name: throng.DimAuthority, Codes: []string{"registry", "police"}}
	reasons := throng.Dim{Name: throng.DimReason, Codes: []string{"late", "refused"}}
	weights := map[string]float64{"M1": 8, "M2": 3, "M3": 2.8, "M4": .1}
	for _, p := range []struct {
		product string
		tables  []salesTable
	}{
		{"spending", []salesTable{{"total", 400_000, 8e9, []throng.Dim{zones, kinds, coins}}, {"buyers", 90, 90, []throng.Dim{zones, kinds, coins}}}},
		{"market", []salesTable{{"customers", 300, 900, []throng.Dim{zones}}, {"categories", 120, 2000, []throng.Dim{zones, kinds}}}},
		{"bookings", []salesTable{{"trips", 200, 500, []throng.Dim{zones}}, {"nights", 700, 6000, []throng.Dim{zones}}}},
		{"cases", []salesTable{{"total", 40, 60, []throng.Dim{zones, bodies, reasons}}}},
		{"reports", []salesTable{{"total", 20, 9, []throng.Dim{zones, reasons}}}},
		{"vehicles", []salesTable{{"departures", 500, 16, []throng.Dim{zones}}, {"arrivals", 480, 16, []throng.Dim{zones}}}},
	} {
		if _, err := store.Put(salesOf(g, p.product, p.tables, weights)); err != nil {
			return err
		}
	}
	return nil
}

// salesTable is a measured table whose cells are a level times the weight of their zone, less for later codes.
type salesTable struct {
	name   string
	level  float64
	sigma2 uint64
	dims   []throng.Dim
}

func salesOf(g release.Geography, product string, tables []salesTable, weights map[string]float64) release.Draft {
	d := release.Draft{Manifest: manifest(g, product, "2026-02-03", "")}
	m := &d.Manifest
	m.Holder, m.Unit, m.Options = "Toy Company", map[string]string{"bookings": "traveller-day", "cases": "person-day", "reports": "report", "vehicles": "trip"}[product], map[string]string{}
	if m.Unit == "" {
		m.Unit = "buyer-day"
	}
	if product == "spending" {
		m.Options["money.currency"], m.Options["money.bound"] = `["EUR","JPY"]`, "200.00"
		d.Texts = map[string][]byte{"clamping.json": []byte(`[{"currency":"EUR","bound":"200.00","share_cut_at_most":0.0213},{"currency":"JPY","bound":"20000","share_cut_at_most":null}]` + "\n")}
	}
	for _, one := range tables {
		t := release.Table{Kind: release.Measured, Shape: throng.Shape{Name: one.name, Dims: one.dims}, Sigma2: one.sigma2}
		e := release.Table{Kind: release.Estimate, Method: Method, Shape: t.Shape}
		at := make([]int, len(one.dims))
		for cell := range t.Shape.Cells() {
			t.Shape.At(uint64(cell), at)
			v := one.level * weights[one.dims[0].Codes[at[0]]]
			for _, k := range at[1:] {
				v /= 1 + float64(k)
			}
			raw := int64(math.Round(v)) + int64(cell*37%23-11)*int64(math.Sqrt(float64(one.sigma2)))/11
			t.Raw = append(t.Raw, raw)
			e.Estimate, e.NoiseSD = append(e.Estimate, float64(raw)), append(e.NoiseSD, math.Sqrt(float64(one.sigma2)))
		}
		m.Parts = append(m.Parts, release.Part{Table: one.name, D2: 24, Sigma2: one.sigma2, Rho: max(1, 1e9*24/(2*int64(one.sigma2))), Domain: release.Axes(t.Shape)})
		d.Tables = append(d.Tables, t, e)
	}
	return d
}
