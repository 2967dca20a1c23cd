package antenna

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/throng-stats/throng/locate"
	"github.com/throng-stats/throng/locate/area"
	"github.com/throng-stats/throng/locate/zone"
)

// scaledRegion are six municipalities in two counties, and 60 sites of three cells, with every length by a factor: positions, borders,
// heights and ranges. A signal that loses 10 g dB with every tenfold of the distance needs a power that is larger by factor^g.
func scaledRegion(t *testing.T, plane area.Plane, factor float64, power bool) ([]Cell, *zone.Set) {
	t.Helper()
	var features []string
	corner := func(i, k int) string {
		lat, lon := plane.Inverse(float64(i-1)*7500*factor, float64(k-1)*10_000*factor)
		return fmt.Sprintf("[%v,%v]", lon, lat)
	}
	for m := range 6 {
		i, k := m%3, m/3
		features = append(features, fmt.Sprintf(`{"type":"Feature","properties":{"id":"m%d","parent":"c%d","level":1},"geometry":{"type":"Polygon","coordinates":[[%s,%s,%s,%s,%[3]s]]}}`,
			m, k, corner(i, k), corner(i+1, k), corner(i+1, k+1), corner(i, k+1)))
	}
	for k := range 2 {
		features = append(features, fmt.Sprintf(`{"type":"Feature","properties":{"id":"c%d","level":0},"geometry":null}`, k))
	}
	set, err := zone.FromGeoJSON([]byte(`{"type":"FeatureCollection","features":[`+strings.Join(features, ",")+`]}`), zone.Options{})
	if err != nil {
		t.Fatal(err)
	}
	plan := antennas(60)
	for i := range plan {
		c := &plan[i]
		x, y := (c.Lon-2)/.3*22_500-7500, (c.Lat-48)/.2*20_000-10_000
		c.Lat, c.Lon = plane.Inverse(x*factor, y*factor)
		r := c.Radio()
		c.Range, c.Height = r.Range*factor, r.Height*factor
		if power {
			c.Power = r.Power * math.Pow(factor, r.PathLoss)
		}
	}
	return plan, set
}

// TestAnotherScale: a plan and zones of twice the size, with all that is a length of a cell and of a tile, are the same ground:
// leaves, blocks, areas, the zone and leaf of every cell, who is near whom, and shares to a millionth; areas are four times as
// large. Not scaled are the lengths of the rules, which no cell here comes near: 25 m within a site, 200 m between grounds that touch
// (tiles are wider, so grounds touch when they share one), 500 m around protected places. Twice the size with the power of
// before is another ground.
func TestAnotherScale(t *testing.T) {
	plane := area.Plane{Lat0: 48, Lon0: 2}
	build := func(factor float64, power bool) *locate.Ground {
		plan, set := scaledRegion(t, plane, factor, power)
		g, _, err := Build(plan, set, Options{Plane: plane, Tile: int32(250 * factor), Residents: residents(900, 2_500, 7_000, 9_000, 12_000, 20_000)})
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	want, got := build(1, true), build(2, true)
	same := func(what string, of func(g *locate.Ground) any) {
		t.Helper()
		if !reflect.DeepEqual(of(want), of(got)) {
			t.Errorf("%s: %v, and at twice the size %v", what, of(want), of(got))
		}
	}
	same("leaves", func(g *locate.Ground) any { return g.Tree.LeafIDs() })
	same("blocks", func(g *locate.Ground) any { return g.Tree.BlockIDs() })
	same("areas", func(g *locate.Ground) any { return g.Tree.AreaIDs() })
	same("nearness", func(g *locate.Ground) any { return g.Near })
	same("places", func(g *locate.Ground) any {
		var all [][4]any
		for _, p := range g.Places {
			all = append(all, [4]any{p.ID, p.Leaf, p.Zone, p.Site})
		}
		return all
	})
	same("tiles", func(g *locate.Ground) any {
		tile := map[*locate.Ground]int32{want: 250, got: 500}[g]
		var all [][3]int32
		for _, s := range g.Shares {
			all = append(all, [3]int32{int32(s.Leaf), s.E / tile, s.N / tile})
		}
		return all
	})
	if t.Failed() {
		return
	}
	for i, s := range want.Shares {
		if math.Abs(s.Weight-got.Shares[i].Weight) > 1e-6 {
			t.Fatalf("share %d: %v, and at twice the size %v", i, s.Weight, got.Shares[i].Weight)
		}
	}
	for i, l := range want.Tree.Leaves {
		if other := got.Tree.Leaves[i]; math.Abs(other.Area/l.Area-4) > 1e-6 || math.Abs(other.Residents-l.Residents) > 1e-3 {
			t.Errorf("leaf %s: %v square metres and %v residents, and at twice the size %v and %v", l.ID, l.Area, l.Residents, other.Area, other.Residents)
		}
	}
	if weak := build(2, false); reflect.DeepEqual(weak.Shares, want.Shares) || reflect.DeepEqual(weak.Near, want.Near) {
		t.Error("twice the size with the power of before is the same ground; the test sees nothing")
	}
}
