package servetest

import (
	"math"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/release"
)

// FillWeeks adds what statements about weeks are made of, beside what Fill publishes: five Tuesdays of people present before the
// day of Fill, the second of them a holiday, each with a table by role; and the nights of four weeks, without one day of the first.
func FillWeeks(store release.Store) error {
	g := Region()
	for i, times := range []float64{.9, 3, 1.1, .95, 1.05} {
		day := time.Date(2025, 12, 30+7*i, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
		d, err := presentLike(g, day, "", times)
		if err != nil {
			return err
		}
		if i == 1 {
			d.Manifest.Options = map[string]string{"holiday": "true"}
		}
		if _, err := store.Put(d); err != nil {
			return err
		}
	}
	for i := range 28 {
		day := time.Date(2026, 1, 5+i, 0, 0, 0, 0, time.UTC)
		if i == 3 {
			continue
		}
		if _, err := store.Put(nightsOf(g, day.Format(time.DateOnly), i/7)); err != nil {
			return err
		}
	}
	return nil
}

// nightsOf is a day of nights by origin on counties, and by gender for all: DE comes in the third week and has left in the fourth.
func nightsOf(g release.Geography, day string, week int) release.Draft {
	m := manifest(g, "nights", day, "")
	origins := throng.Dim{Name: throng.DimOrigin, Codes: []string{"home", "DE", throng.Other}}
	counties := throng.Dim{Name: throng.DimZone, Level: throng.LevelZone, Codes: []string{"C1", "C2"}}
	d := release.Draft{Manifest: m, Texts: map[string][]byte{"claim.json": []byte("{}\n")}}
	add := func(t release.Table) {
		e := release.Table{Kind: release.Estimate, Method: Method, Shape: t.Shape}
		for _, raw := range t.Raw {
			e.Estimate, e.NoiseSD = append(e.Estimate, 2*float64(raw)), append(e.NoiseSD, 2*math.Sqrt(float64(t.Sigma2)))
		}
		d.Tables = append(d.Tables, t, e)
	}
	byOrigin := measure(&d.Manifest, "origin", 700, 100, counties, origins)
	for _, cell := range []int{1, 4} {
		byOrigin.Raw[cell] += []int64{0, 0, 250, 40}[week]
	}
	add(byOrigin)
	add(measure(&d.Manifest, "gender", 2100, 100, throng.Dim{Name: throng.DimGender, Codes: throng.Genders}))
	return d
}
