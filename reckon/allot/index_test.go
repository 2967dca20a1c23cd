package allot

import (
	"math"
	"math/rand"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/locate/area"
	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/release/storetest"
)

func index(t testing.TB, side int) (*Index, release.Geography) {
	t.Helper()
	geo := storetest.Geography(side, 7)
	x, err := NewIndex(geo)
	if err != nil {
		t.Fatal(err)
	}
	return x, geo
}

// dot is what an area gets of the values of the leaves.
func dot(a Area, h []float64) float64 {
	sum := 0.0
	for i, leaf := range a.Leaf {
		sum += a.Weight[i] * h[leaf]
	}
	return sum
}

func values(n int, seed int64) []float64 {
	rnd := rand.New(rand.NewSource(seed))
	h := make([]float64, n)
	for i := range h {
		h[i] = 500 * rnd.NormFloat64()
	}
	return h
}

func TestZonesAreThePlainSumOfTheirTiles(t *testing.T) {
	x, geo := index(t, 7)
	for z := range geo.Zones.Len() {
		want := make([]float64, len(geo.Tree.Leaves))
		for _, s := range geo.Shares {
			if s.Zone >= 0 && geo.Zones.Within(int(s.Zone), z) {
				want[s.Leaf] += s.Weight * geo.Zones.At(int(s.Zone)).Factor
			}
		}
		got := make([]float64, len(want))
		for i, leaf := range x.Zone(z).Leaf {
			got[leaf] = x.Zone(z).Weight[i]
		}
		for i := range want {
			if math.Abs(got[i]-want[i]) > 1e-12 {
				t.Fatalf("zone %s leaf %d: weight %v, want %v", geo.Zones.At(z).ID, i, got[i], want[i])
			}
		}
	}
}

func TestChildrenAddUpToTheirParent(t *testing.T) {
	x, geo := index(t, 7)
	h := values(len(geo.Tree.Leaves), 1)
	children := make([]float64, geo.Zones.Len())
	for z := range children {
		if p := geo.Zones.Parent(z); p >= 0 {
			children[p] += dot(x.Zone(z), h)
		}
	}
	for z, sum := range children {
		if got := dot(x.Zone(z), h); geo.Zones.At(z).Level < 2 && math.Abs(got-sum) > 1e-8 {
			t.Errorf("zone %s is %v, its children sum to %v", geo.Zones.At(z).ID, got, sum)
		}
	}
}

func TestZonesTogetherCountOnce(t *testing.T) {
	x, geo := index(t, 7)
	at := func(id string) int { z, _ := geo.Zones.Index(id); return z }
	h := values(len(geo.Tree.Leaves), 8)
	for name, c := range map[string]struct {
		zones []int
		want  float64
	}{
		"one":              {[]int{at("C1")}, dot(x.Zone(at("C1")), h)},
		"two":              {[]int{at("C1"), at("C2")}, dot(x.Zone(at("C1")), h) + dot(x.Zone(at("C2")), h)},
		"twice":            {[]int{at("C1"), at("C1")}, dot(x.Zone(at("C1")), h)},
		"one in the other": {[]int{at("R"), at("M0101")}, dot(x.Zone(at("R")), h)},
		"none":             {nil, 0},
	} {
		if got := dot(x.Together(c.zones), h); math.Abs(got-c.want) > 1e-8 {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}

// degrees draws a rectangle of the plane as a ring in longitude and latitude, with a corner wherever asked for, so that
// neighbours share every corner of their border.
func degrees(geo release.Geography, corners ...[2]float64) orb.MultiPolygon {
	plane := area.Plane{Lat0: geo.Lat0, Lon0: geo.Lon0, FE: geo.FE, FN: geo.FN}
	var ring orb.Ring
	for _, c := range append(corners, corners[0]) {
		lat, lon := plane.Inverse(c[0], c[1])
		ring = append(ring, orb.Point{lon, lat})
	}
	return orb.MultiPolygon{{ring}}
}

// TestPerimetersAddUp: answer(P and Q together) = answer(P) + answer(Q) for disjoint P, Q (privacy.md, section 13).
func TestPerimetersAddUp(t *testing.T) {
	x, geo := index(t, 8)
	rnd := rand.New(rand.NewSource(3))
	span := float64(8 * 2 * storetest.Side)
	for round := range 30 {
		h := values(len(geo.Tree.Leaves), int64(round))
		x0, x2 := rnd.Float64()*span/3, span*(0.6+rnd.Float64()/2)
		y0, y1 := rnd.Float64()*span/3, span*(0.5+rnd.Float64()/2)
		low, high := x0+(x2-x0)*(.2+.6*rnd.Float64()), x0+(x2-x0)*(.2+.6*rnd.Float64())
		p := perimeter(t, x, degrees(geo, [2]float64{x0, y0}, [2]float64{low, y0}, [2]float64{high, y1}, [2]float64{x0, y1}))
		q := perimeter(t, x, degrees(geo, [2]float64{low, y0}, [2]float64{x2, y0}, [2]float64{x2, y1}, [2]float64{high, y1}))
		both := perimeter(t, x, degrees(geo, [2]float64{x0, y0}, [2]float64{low, y0}, [2]float64{x2, y0}, [2]float64{x2, y1}, [2]float64{high, y1}, [2]float64{x0, y1}))
		if got, want := dot(both.Area, h), dot(p.Area, h)+dot(q.Area, h); math.Abs(got-want) > 1e-6 {
			t.Fatalf("round %d: together %v, apart %v", round, got, want)
		}
		if math.Abs(both.KM2-p.KM2-q.KM2) > 1e-9 {
			t.Fatalf("round %d: %v km2 together, %v apart", round, both.KM2, p.KM2+q.KM2)
		}
	}
}

func perimeter(t testing.TB, x *Index, shape orb.MultiPolygon) Perimeter {
	t.Helper()
	p, err := x.Perimeter(shape)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestPerimeterAroundAZoneIsTheZone draws the border of a municipality, which follows tiles.
func TestPerimeterAroundAZoneIsTheZone(t *testing.T) {
	x, geo := index(t, 9)
	z, _ := geo.Zones.Index("M0101")
	from, to := 6.0*storetest.Side, 12.0*storetest.Side
	p := perimeter(t, x, degrees(geo, [2]float64{from, from}, [2]float64{to, from}, [2]float64{to, to}, [2]float64{from, to}))
	h := values(len(geo.Tree.Leaves), 5)
	// Straight lines in degrees bend in the plane: over 3 km by less than 0.2 m, 3e-4 of a tile, for 24 tiles at the border.
	if got, want := dot(p.Area, h), dot(x.Zone(z), h); math.Abs(got-want) > 3 {
		t.Errorf("the perimeter gets %v, the zone %v", got, want)
	}
	if math.Abs(p.KM2-9) > 0.01 || math.Abs(p.Covered-1) > 1e-3 || len(p.Zone) == 0 {
		t.Errorf("got %v km2, covered %v, zones %v; want 9, 1", p.KM2, p.Covered, p.Zone)
	}
	if math.Abs(x.Residents(p.Area)-float64(geo.Zones.At(z).Residents)) > 5 {
		t.Errorf("residents %v, the zone has %d", x.Residents(p.Area), geo.Zones.At(z).Residents)
	}
}

func TestPerimeterSaysHowMuchIsCovered(t *testing.T) {
	x, geo := index(t, 6)
	span := 12.0 * storetest.Side
	half := perimeter(t, x, degrees(geo, [2]float64{-span, 0}, [2]float64{span, 0}, [2]float64{span, span}, [2]float64{-span, span}))
	if math.Abs(half.Covered-.5) > 1e-3 {
		t.Errorf("half of the perimeter is outside, covered says %v", half.Covered)
	}
	far := perimeter(t, x, degrees(geo, [2]float64{9e5, 9e5}, [2]float64{9.1e5, 9e5}, [2]float64{9e5, 9.1e5}))
	if far.Covered != 0 || len(far.Leaf) != 0 || !far.Smaller() {
		t.Errorf("a perimeter elsewhere: covered %v, leaves %v", far.Covered, far.Leaf)
	}
	small := perimeter(t, x, degrees(geo, [2]float64{1100, 1100}, [2]float64{1300, 1100}, [2]float64{1300, 1300}))
	if !small.Smaller() || small.Border != len(small.Leaf) || small.Leaves() <= 0 {
		t.Errorf("200 m: smaller %v, border %d of %d, %v leaves", small.Smaller(), small.Border, len(small.Leaf), small.Leaves())
	}
	if _, err := x.Perimeter(orb.MultiPolygon{{{{7, 48}, {7, 48}, {7, 48}, {7, 48}}}}); err == nil {
		t.Error("a point was taken for a perimeter")
	}
}

func TestUpAndComposition(t *testing.T) {
	x, geo := index(t, 5)
	region, _ := geo.Zones.Index("R")
	a := x.Zone(region)
	for level, nodes := range map[string]int{throng.LevelBlock: len(geo.Tree.Blocks), throng.LevelArea: len(geo.Tree.Areas)} {
		lifted := x.Up(a, level)
		if len(lifted) != nodes {
			t.Fatalf("%s: %d nodes, want %d", level, len(lifted), nodes)
		}
		want := make([]float64, nodes)
		residents := make([]float64, nodes)
		for i, node := range x.Node(level) {
			residents[node] += geo.Tree.Leaves[i].Residents
		}
		for i, leaf := range a.Leaf {
			node := x.Node(level)[leaf]
			want[node] += a.Weight[i] * geo.Tree.Leaves[leaf].Residents / residents[node]
		}
		for i := range want {
			if math.Abs(lifted[i]-want[i]) > 1e-12 {
				t.Errorf("%s %d: got %v, want %v", level, i, lifted[i], want[i])
			}
		}
	}
	women, all := 0.0, 0.0
	for _, r := range geo.Residents {
		if all += float64(r.People); r.Gender == "F" {
			women += float64(r.People)
		}
	}
	c := x.Composition(a, throng.DimGender, throng.Genders)
	if math.Abs(c[0]-women/all) > 1e-12 || c[2] != 0 || math.Abs(c[0]+c[1]-1) > 1e-12 {
		t.Errorf("composition %v, want %v women and nobody unknown", c, women/all)
	}
	if c := x.Composition(a, throng.DimOrigin, []string{"p", "q"}); c[0] != .5 || c[1] != .5 {
		t.Errorf("origins without a public table are %v, want equal", c)
	}
}

func TestLeafWithoutSharesLiesInItsZone(t *testing.T) {
	geo := storetest.Geography(4, 7)
	geo.Shares = nil
	x, err := NewIndex(geo)
	if err != nil {
		t.Fatal(err)
	}
	z := geo.Tree.Leaves[5].Zone
	a := x.Zone(z)
	for i := range a.Leaf {
		if a.Share[i] != 1 || geo.Tree.Leaves[a.Leaf[i]].Zone != z {
			t.Errorf("leaf %d has share %v in zone %d", a.Leaf[i], a.Share[i], z)
		}
	}
	if a.Border(values(16, 2)) != 0 {
		t.Error("whole leaves have no border")
	}
}

func TestIndexRefuses(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(*release.Geography)
		want  string
	}{
		{"tile", func(g *release.Geography) { g.Tile = 0 }, "positive side"},
		{"leaf", func(g *release.Geography) { g.Shares[3].Leaf = 99 }, "names leaf"},
		{"zone", func(g *release.Geography) { g.Shares[3].Zone = 99 }, "zone 99"},
		{"coarse zone", func(g *release.Geography) { g.Shares[3].Zone = 0 }, "finest"},
		{"weight", func(g *release.Geography) { g.Shares[3].Weight = math.NaN() }, "want 0 to 1"},
		{"sum", func(g *release.Geography) { g.Shares[3].Weight += 0.01 }, "want 1"},
		{"block", func(g *release.Geography) { g.Tree.Leaves[0].Block = 99 }, "block 99"},
		{"area", func(g *release.Geography) { g.Tree.Blocks[0].Up = 99 }, "area 99"},
	} {
		geo := storetest.Geography(4, 7)
		c.spoil(&geo)
		if _, err := NewIndex(geo); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want an error with %q", c.name, err, c.want)
		}
	}
}

// BenchmarkPerimeter draws a perimeter over most of 10,000 leaves.
func BenchmarkPerimeter(b *testing.B) {
	x, geo := index(b, 100)
	side := 200.0 * storetest.Side
	shape := degrees(geo, [2]float64{100, 100}, [2]float64{side - 100, 300}, [2]float64{side - 400, side - 100}, [2]float64{200, side - 200})
	for b.Loop() {
		if p := perimeter(b, x, shape); len(p.Leaf) < 9000 {
			b.Fatalf("only %d leaves", len(p.Leaf))
		}
	}
}
