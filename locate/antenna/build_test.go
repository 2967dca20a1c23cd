package antenna

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"github.com/throng-stats/throng/locate"
	"github.com/throng-stats/throng/locate/area"
	"github.com/throng-stats/throng/locate/zone"
)

// region is a made-up province west of Paris: two counties of three municipalities each, squares of .1 degree.
func region(t *testing.T, shuffle *rand.Rand) *zone.Set { return regionAt(t, 2, shuffle) }

// regionAt is that region with its western border at another longitude.
func regionAt(t *testing.T, west float64, shuffle *rand.Rand) *zone.Set {
	t.Helper()
	var features []string
	for i := range 6 {
		x, y := west+float64(i%3)/10, 48+float64(i/3)/10
		features = append(features, fmt.Sprintf(`{"type":"Feature","properties":{"id":"m%d","name":"M","parent":"c%d","level":1},"geometry":{"type":"Polygon","coordinates":[[[%[3]g,%[4]g],[%[5]g,%[4]g],[%[5]g,%[6]g],[%[3]g,%[6]g],[%[3]g,%[4]g]]]}}`,
			i, i/3, x, y, x+.1, y+.1))
	}
	for i := range 2 {
		features = append(features, fmt.Sprintf(`{"type":"Feature","properties":{"id":"c%d","level":0},"geometry":null}`, i))
	}
	if shuffle != nil {
		shuffle.Shuffle(len(features), func(i, k int) { features[i], features[k] = features[k], features[i] })
	}
	set, err := zone.FromGeoJSON([]byte(`{"type":"FeatureCollection","features":[`+strings.Join(features, ",")+`]}`), zone.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// antennas are sites of three directional cells each, spread over the region.
func antennas(sites int) []Cell {
	rng := rand.New(rand.NewPCG(15, 16))
	var cells []Cell
	for i := range sites {
		lat, lon := 48+.2*rng.Float64(), 2+.3*rng.Float64()
		for k := range 3 {
			c := NewCell(fmt.Sprintf("cell%03d%c", i, 'a'+k), lat, lon)
			c.Directional, c.Azimuth, c.Range, c.Type = true, float64(k*120), 4000, macrocell
			cells = append(cells, c)
		}
	}
	return cells
}

// residents puts few people into m0 and more into each next zone.
func residents(people ...int64) []Residents {
	var rows []Residents
	for i, n := range people {
		rows = append(rows, Residents{fmt.Sprintf("m%d", i), "F", "0-17", n / 2}, Residents{fmt.Sprintf("m%d", i), "M", "0-17", n - n/2})
	}
	return rows
}

var usualResidents = residents(900, 2_500, 7_000, 9_000, 12_000, 20_000)

func build(t *testing.T, plan []Cell, set *zone.Set, opt Options) (*locate.Ground, BuildReport) {
	t.Helper()
	if opt.Tile == 0 {
		opt.Tile = 500
	}
	g, report, err := Build(plan, set, opt)
	if err != nil {
		t.Fatal(err)
	}
	checkGround(t, g)
	return g, report
}

// checkGround holds for every ground: order, ids, nesting, sums.
func checkGround(t *testing.T, g *locate.Ground) {
	t.Helper()
	seen := map[string]bool{}
	legal := regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
	for _, ids := range [][]string{g.Tree.LeafIDs(), g.Tree.BlockIDs(), g.Tree.AreaIDs()} {
		if !slices.IsSorted(ids) || len(ids) == 0 {
			t.Errorf("ids are not sorted: %v", ids)
		}
		for _, id := range ids {
			if seen[strings.ToLower(id)] || !legal.MatchString(id) {
				t.Errorf("id %q is not legal or occurs twice", id)
			}
			seen[strings.ToLower(id)] = true
		}
	}
	block, above := make([]float64, len(g.Tree.Blocks)), make([]float64, len(g.Tree.Areas))
	weight := make([]float64, len(g.Tree.Leaves))
	for _, l := range g.Tree.Leaves {
		block[l.Block] += l.Residents
		if !(l.Area > 0) {
			t.Errorf("leaf %s hears %v square metres", l.ID, l.Area)
		}
	}
	for i, b := range g.Tree.Blocks {
		near(t, "residents of block "+b.ID, b.Residents, block[i], 1e-6)
		above[b.Up] += b.Residents
	}
	for i, a := range g.Tree.Areas {
		near(t, "residents of area "+a.ID, a.Residents, above[i], 1e-6)
		if a.Up != -1 {
			t.Errorf("area %s lies in %d, want -1", a.ID, a.Up)
		}
	}
	for i, s := range g.Shares {
		weight[s.Leaf] += s.Weight
		if i > 0 {
			p := g.Shares[i-1]
			if p.Leaf > s.Leaf || p.Leaf == s.Leaf && compareTiles([2]int32{p.E, p.N}, [2]int32{s.E, s.N}) >= 0 {
				t.Fatal("shares are not in the order of leaf, E, N")
			}
		}
	}
	for i, w := range weight {
		near(t, "weights of leaf "+g.Tree.Leaves[i].ID, w, 1, 1e-12)
	}
	for i, p := range g.Places {
		if at, ok := g.Place([]byte(p.ID)); !ok || int(at) != i {
			t.Errorf("place %s is not found by its id", p.ID)
		}
		for _, k := range g.Near[i] {
			if !g.IsNear(k, uint32(i)) {
				t.Errorf("place %d is near to %d, but not the other way round", i, k)
			}
		}
		if !slices.Contains(g.Near[i], uint32(i)) || !slices.IsSorted(g.Near[i]) {
			t.Errorf("place %d: near to %v", i, g.Near[i])
		}
	}
}

func TestBuildReachesTheGrain(t *testing.T) {
	set := region(t, nil)
	for _, sites := range []int{4, 40, 200} {
		g, r := build(t, antennas(sites), set, Options{Residents: usualResidents, Share: map[string]float64{"m5": .1, "m4": .4}})
		if r.SmallLeaves+r.SmallBlocks+r.SmallAreas > 0 {
			t.Errorf("%d sites: %+v", sites, r)
		}
		for _, b := range g.Tree.Blocks {
			if b.Residents < 2000 {
				t.Errorf("block %s has %v residents", b.ID, b.Residents)
			}
		}
		for _, a := range g.Tree.Areas {
			if a.Residents < 5000 {
				t.Errorf("area %s has %v residents", a.ID, a.Residents)
			}
		}
		devices := make([]float64, len(g.Tree.Leaves))
		for _, s := range g.Shares {
			if s.Zone >= 0 {
				devices[s.Leaf] += g.Tree.Leaves[s.Leaf].Residents * s.Weight / g.Zones.At(int(s.Zone)).Factor
			}
		}
		for i, d := range devices {
			// Tiles below 1e-4 of the best are left out of the shares; a leaf has at most some hundred.
			if d < 150*.99 {
				t.Errorf("leaf %s has %v residents x share", g.Tree.Leaves[i].ID, d)
			}
		}
		if r.ResidentsTotal != 51_400 || r.ResidentsHeard > r.ResidentsTotal+1e-6 || sites > 4 && r.ResidentsHeard < .9*r.ResidentsTotal {
			t.Errorf("%d sites hear %v of %v residents", sites, r.ResidentsHeard, r.ResidentsTotal)
		}
		if sites == 200 && (r.Leaves < 50 || r.Blocks < 8 || r.Areas < 4) {
			t.Errorf("merged more than needed: %+v", r)
		}
	}
}

func TestBuildFillsZones(t *testing.T) {
	g, _ := build(t, antennas(20), region(t, nil), Options{Residents: usualResidents, Share: map[string]float64{"m0": .4}, Dedup: .95})
	for id, want := range map[string]struct {
		residents int64
		factor    float64
	}{"m0": {900, .95 / .4}, "m1": {2500, .95}, "c0": {10_400, 0}, "c1": {41_000, 0}} {
		i, _ := g.Zones.Index(id)
		if z := g.Zones.At(i); z.Residents != want.residents || math.Abs(z.Factor-want.factor) > 1e-12 {
			t.Errorf("zone %s: got %d residents and the factor %v, want %+v", id, z.Residents, z.Factor, want)
		}
	}
}

func TestBuildDoesNotDependOnOrder(t *testing.T) {
	plan := antennas(60)
	opt := Options{Residents: slices.Clone(usualResidents), Protected: []orb.Geometry{orb.Point{2.15, 48.1}}}
	want, wantReport := build(t, plan, region(t, nil), opt)
	rng := rand.New(rand.NewPCG(17, 18))
	for range 3 {
		rng.Shuffle(len(plan), func(i, k int) { plan[i], plan[k] = plan[k], plan[i] })
		rng.Shuffle(len(opt.Residents), func(i, k int) { opt.Residents[i], opt.Residents[k] = opt.Residents[k], opt.Residents[i] })
		got, report := build(t, plan, region(t, rng), opt)
		if !reflect.DeepEqual(got, want) || !reflect.DeepEqual(report, wantReport) {
			t.Fatal("the plan, the zones or the residents in another order give another ground")
		}
	}
}

// sitesIn counts the sites of each leaf.
func sitesIn(g *locate.Ground) map[int32]map[int32]bool {
	sites := map[int32]map[int32]bool{}
	for _, p := range g.Places {
		if sites[p.Leaf] == nil {
			sites[p.Leaf] = map[int32]bool{}
		}
		sites[p.Leaf][p.Site] = true
	}
	return sites
}

func TestProtectedPlacesAreMergedAndLeaveNoTrace(t *testing.T) {
	plan := antennas(40)
	set := region(t, nil)
	// So many residents that nothing but protection merges sites.
	many := residents(900_000, 900_000, 900_000, 900_000, 900_000, 900_000)
	open, _ := build(t, plan, set, Options{Residents: many})
	if len(open.Tree.Leaves) != 40 {
		t.Fatalf("got %d leaves without protection, want one a site", len(open.Tree.Leaves))
	}
	at := orb.Point{plan[30].Lon, plan[30].Lat}
	square := orb.Polygon{{{at[0], at[1]}, {at[0] + .002, at[1]}, {at[0] + .002, at[1] + .002}, {at[0], at[1]}}}
	for _, protected := range []orb.Geometry{at, orb.MultiPoint{at}, square, orb.MultiPolygon{square}} {
		g, _ := build(t, plan, set, Options{Residents: many, Protected: []orb.Geometry{protected}})
		i, _ := g.Place([]byte(plan[30].ID))
		if n := len(sitesIn(g)[g.Places[i].Leaf]); n < 3 {
			t.Errorf("%s: the leaf of the protected place has %d sites, want at least 3", protected.GeoJSONType(), n)
		}
		if n := len(g.Tree.Leaves); n < 32 || n > 38 {
			t.Errorf("%s: got %d leaves, want 40 less those of a few sites", protected.GeoJSONType(), n)
		}
		plain := regexp.MustCompile(`^m[0-5]-\d\d$`)
		for _, id := range g.Tree.LeafIDs() {
			if !plain.MatchString(id) {
				t.Errorf("leaf %s is named in another way than the rest", id)
			}
		}
		// Ranks have no holes that would tell where something was merged.
		count := map[string]int{}
		for _, id := range g.Tree.LeafIDs() {
			zone, rank, _ := strings.Cut(id, "-")
			if count[zone]++; fmt.Sprintf("%02d", count[zone]) != rank {
				t.Errorf("leaf %s is number %d of its zone", id, count[zone])
			}
		}
	}
	if _, _, err := Build(plan[:6], set, Options{Protected: []orb.Geometry{orb.Point{plan[0].Lon, plan[0].Lat}}}); err == nil || !strings.Contains(err.Error(), "2 sites") {
		t.Errorf("a plan of two sites cannot hide a protected place: got %v", err)
	}
}

// A place far from every site is still merged away when it lies on the tile that a site hears best.
func TestProtectedByItsStrongestTile(t *testing.T) {
	plan := antennas(40)
	set := region(t, nil)
	b := &builder{opt: Options{Tile: 500}.ensureDefaults(set), cells: plan}
	b.survey = newSurvey(plan, b.opt.Plane, 500)
	// Site 7 is strongest on a tile 30 km from all sites, site 8 weakly heard there.
	b.foot = assemble([]heard{{4_000_000, 3_000_000, 21, .9}, {4_000_000, 3_000_000, 24, .2}, {4_000_500, 3_000_000, 24, .3}}, 500)
	lat, lon := b.opt.Plane.Inverse(4_000_400, 3_000_100)
	for _, protected := range []orb.Geometry{orb.Point{lon, lat}, orb.Polygon{{{lon, lat}, {lon + .001, lat}, {lon, lat + .001}, {lon, lat}}}} {
		b.opt.Protected = []orb.Geometry{protected}
		list := make([]*cluster, 40)
		for i := range list {
			list[i] = &cluster{}
		}
		if !b.markProtected(list) || !list[7].protected || list[8].protected {
			t.Errorf("%s: site 7 hears the place best: marked %v; site 8 does not: marked %v", protected.GeoJSONType(), list[7].protected, list[8].protected)
		}
	}
}

func TestBuildWithoutResidents(t *testing.T) {
	plan := antennas(30)
	g, r := build(t, plan, region(t, nil), Options{})
	if r.Leaves != 30 || r.Blocks > 6 || r.Areas > 2 || len(r.Notes) != 1 {
		t.Errorf("got %+v, want a leaf a site, blocks that are zones, areas that are counties and a note", r)
	}
	county := map[int]int{} // by area
	for _, l := range g.Tree.Leaves {
		if want := g.Zones.At(l.Zone).ID + "-b01"; g.Tree.Blocks[l.Block].ID != want {
			t.Errorf("leaf %s is in block %s, want %s", l.ID, g.Tree.Blocks[l.Block].ID, want)
		}
		area := g.Tree.Blocks[l.Block].Up
		if other, ok := county[area]; ok && other != g.Zones.Parent(l.Zone) {
			t.Errorf("area %s holds leaves of two counties", g.Tree.Areas[area].ID)
		}
		county[area] = g.Zones.Parent(l.Zone)
	}
}

func TestSmallRegionsAreReported(t *testing.T) {
	_, r := build(t, antennas(10), region(t, nil), Options{Residents: residents(100, 0, 0, 0, 0, 0)})
	if r.Leaves != 1 || r.SmallLeaves != 1 || r.SmallBlocks != 1 || r.SmallAreas != 1 || len(r.Notes) != 3 {
		t.Errorf("got %+v, want one leaf that is too small on every level", r)
	}
	if r.PriorFallbacks == 0 {
		t.Error("cells where nobody lives must fall back to the uniform prior")
	}
}

func TestGroundOutsideAllZones(t *testing.T) {
	far := NewCell("far", 49, 2)
	far.Type = macrocell
	g, r := build(t, append(antennas(5), far), region(t, nil), Options{})
	i, _ := g.Place([]byte("far"))
	if leaf := g.Tree.Leaves[g.Places[i].Leaf]; g.Places[i].Zone != -1 || leaf.Zone != -1 || leaf.ID != "out-01" || r.OutsideZones != 1 {
		t.Errorf("got the zone %d, leaf %+v, %d outside; want -1, out-01 and 1", g.Places[i].Zone, leaf, r.OutsideZones)
	}
}

func TestClockOfPlaces(t *testing.T) {
	utc := func(c Cell) *time.Location {
		if c.ID == "cell000a" {
			return time.UTC
		}
		return nil
	}
	g, _ := build(t, antennas(3), region(t, nil), Options{Clock: utc})
	if g.Places[0].Clock != time.UTC || g.Places[1].Clock != nil {
		t.Error("places did not get the clocks of their cells")
	}
}

func TestBuildErrors(t *testing.T) {
	set, plan := region(t, nil), antennas(3)
	for _, c := range []struct {
		why, want string
		plan      []Cell
		opt       Options
	}{
		{"no cells", "no cell", nil, Options{}},
		{"a cell twice", "occurs twice", append(antennas(1), antennas(1)...), Options{}},
		{"no degrees", "want degrees", []Cell{NewCell("a", 91, 0)}, Options{}},
		{"tiles", "tiles of 5 m", plan, Options{Tile: 5}},
		{"finer leaves", "grain", plan, Options{MinLeaf: 10}},
		{"finer blocks", "grain", plan, Options{MinBlock: 1999}},
		{"prior", "prior", plan, Options{Prior: "flat"}},
		{"prior without table", "no table of residents", plan, Options{Prior: PriorResidents}},
		{"unknown zone", `residents: row 1: got the zone "x"`, plan, Options{Residents: []Residents{{Zone: "x"}}}},
		{"coarse zone", "finest zones", plan, Options{Residents: []Residents{{Zone: "c0"}}}},
		{"negative people", "-1 people", plan, Options{Residents: []Residents{{Zone: "m0", People: -1}}}},
		{"share", "market share: got 1.5", plan, Options{Share: map[string]float64{"m0": 1.5}}},
		{"share of nothing", "market share: got the zone", plan, Options{Share: map[string]float64{"q": .5}}},
		{"dedup", "people a device", plan, Options{Dedup: math.Inf(1)}},
	} {
		if _, _, err := Build(c.plan, set, c.opt); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q in it", c.why, err, c.want)
		}
	}
}

// Six hundred cells of 10 km on tiles of 500 m, the size of the demonstration: it is here that slowness would be felt.
func BenchmarkFootprints(b *testing.B) {
	cells := antennas(200)
	for i := range cells {
		cells[i].Range = 10_000
	}
	for b.Loop() {
		Footprints(cells, area.Europe, 500)
	}
}
