// Package servetest fills a store with a small region that is the same in every test of the answering side.
//
// It has four municipalities of 2 km by 2 km in two counties, eight leaves, one day of present population in every
// breakdown, a second day under embargo, and a day of flows. The numbers come from a formula; nobody is in them.
package servetest

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/locate/area"
	"github.com/throng-stats/throng/reckon/allot"
	"github.com/throng-stats/throng/reckon/balance"
	"github.com/throng-stats/throng/release"
)

// Ids of what Fill publishes.
const (
	Day      = "present-2026-02-03-r0"
	Embargo  = "present-2026-02-04-r0" // not before EmbargoAt
	Flows    = "flows-day-2026-02-03-r0"
	Quiet    = "present-2026-02-02-r0" // of FillQuiet
	Geo      = "toy"
	Version  = "2026-01-01"
	Method   = "linear"
	side     = 500  // metres of a tile
	commune  = 2000 // metres of a municipality
	embargoT = "2026-02-06T05:00:00Z"
)

// EmbargoAt is when the release Embargo may be read.
var EmbargoAt = time.Date(2026, 2, 6, 5, 0, 0, 0, time.UTC)

// Plane is the plane of the region.
var Plane = area.Plane{Lat0: 49, Lon0: 2}

// Square is a perimeter with the given corners, in metres of the plane, as GeoJSON: counterclockwise, closed.
func Square(x0, y0, x1, y1 float64) string {
	return `{"type":"Polygon","coordinates":[` + ring(x0, y0, x1, y1) + `]}`
}

func ring(x0, y0, x1, y1 float64) string {
	var points []string
	for _, p := range [][2]float64{{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}, {x0, y0}} {
		lat, lon := Plane.Inverse(p[0], p[1])
		points = append(points, fmt.Sprintf("[%.7f,%.7f]", lon, lat))
	}
	return "[" + strings.Join(points, ",") + "]"
}

// Region is the geography. Municipalities M1 to M4 lie in counties C1 (south) and C2 (north) of province P.
func Region() release.Geography {
	list := []throng.Zone{
		{ID: "P", Name: "Province", Residents: 29000},
		{ID: "C1", Name: "County South", Parent: "P", Level: 1, Residents: 17000},
		{ID: "C2", Name: "County North", Parent: "P", Level: 1, Residents: 12000},
	}
	g := release.Geography{ID: Geo, Version: Version, TimeZone: "Europe/Paris", Lat0: Plane.Lat0, Lon0: Plane.Lon0, CRS: "laea", Tile: side}
	people := []int64{9000, 8000, 10500, 1500}
	for i, n := range people {
		list = append(list, throng.Zone{ID: fmt.Sprintf("M%d", i+1), Name: []string{"Alder", "Birch, \"Old\"", "Cedar", "Dogwood"}[i],
			Parent: []string{"C1", "C2"}[i/2], Level: 2, Residents: n, Factor: 2 + float64(i)/4})
		for k, gender := range throng.Genders[:2] {
			for j, age := range []string{"0-17", "18-64", "65+"} {
				g.Residents = append(g.Residents, release.Residents{Zone: fmt.Sprintf("M%d", i+1), Gender: gender, Age: age, People: n * int64(10+2*j+k+i) / 78})
			}
		}
	}
	zones, err := throng.NewZones(list)
	if err != nil {
		panic(err)
	}
	g.Zones = zones
	g.Places = []release.Place{place("clinic", "Clinic", 2900, 2900), place("far", "Far \"Halt\"", 90_000, 0), place("school", "School", 900, 1000)}
	g.Tree, g.Shares = ground(people)
	g.Shapes = shapes(true)
	return g
}

func place(id, name string, x, y float64) release.Place {
	lat, lon := Plane.Inverse(x, y)
	return release.Place{ID: id, Name: name, Kind: id, Lat: math.Round(lat*1e7) / 1e7, Lon: math.Round(lon*1e7) / 1e7}
}

// ground puts two leaves side by side into each municipality, a block for each municipality, an area for each county. A
// leaf gives nine tenths of what it hears to its own eight tiles and a tenth to the four tiles east of them.
func ground(people []int64) (throng.Tree, []throng.Share) {
	t := throng.Tree{Areas: []throng.Block{{ID: "a1", Up: -1, Residents: 17000}, {ID: "a2", Up: -1, Residents: 12000}}}
	var shares []throng.Share
	for m, n := range people {
		t.Blocks = append(t.Blocks, throng.Block{ID: fmt.Sprintf("b%d", m+1), Up: m / 2, Residents: float64(n)})
		for half := range 2 {
			e, north := int32(m%2*commune+half*commune/2), int32(m/2*commune)
			i := len(t.Leaves)
			t.Leaves = append(t.Leaves, throng.Leaf{ID: fmt.Sprintf("l%d", i+1), Block: m, Zone: 3 + m, Area: 2e6,
				X: float64(e) + commune/4, Y: float64(north) + commune/2, Residents: float64(n) * (0.4 + 0.2*float64(half))})
			for row := range int32(4) {
				for col := range int32(3) {
					w := 0.9 / 8
					if col == 2 {
						w = 0.1 / 4
					}
					shares = append(shares, throng.Share{Leaf: int32(i), E: e + col*side, N: north + row*side, Zone: zoneAt(e+col*side, m), Weight: w})
				}
			}
		}
	}
	return t, shares
}

// zoneAt is the zone of a tile in the row of municipality m; -1 east of the region.
func zoneAt(e int32, m int) int32 {
	if e >= 2*commune {
		return -1
	}
	return 3 + int32(m/2*2) + e/commune
}

// shapes draws the municipalities and the southern county; the northern one is a point, the province nothing. Without
// south, the municipalities of the southern county are left out.
func shapes(south bool) []byte {
	feature := func(id, name, parent string, level int, geometry string) string {
		return fmt.Sprintf(`{"type":"Feature","properties":{"id":%q,"name":%q,"parent":%q,"level":%d},"geometry":%s}`, id, name, parent, level, geometry)
	}
	list := []string{
		feature("C1", "County South", "P", 1, Square(0, 0, 2*commune, commune)),
		feature("C2", "County North", "P", 1, `{"type":"Point","coordinates":[2.0273,49.027]}`),
	}
	for i, name := range []string{"Alder", "Birch, \"Old\"", "Cedar", "Dogwood"} {
		if i < 2 && !south {
			continue
		}
		x, y := float64(i%2*commune), float64(i/2*commune)
		list = append(list, feature(fmt.Sprintf("M%d", i+1), name, fmt.Sprintf("C%d", i/2+1), 2, Square(x, y, x+commune, y+commune)))
	}
	return []byte(`{"type":"FeatureCollection","features":[` + strings.Join(list, ",\n") + "]}\n")
}

// Fill publishes the region and its releases.
func Fill(store release.Store) error {
	g := Region()
	if err := store.PutGeography(g); err != nil {
		return err
	}
	present, err := presentOf(g, "2026-02-03", "")
	if err != nil {
		return err
	}
	later, err := presentOf(g, "2026-02-04", embargoT)
	if err != nil {
		return err
	}
	for _, d := range []release.Draft{present, later, flowsOf(g)} {
		if _, err := store.Put(d); err != nil {
			return err
		}
	}
	return store.PutSummary([]byte(`{"scope":"toy","profile":"standard","unit":"subscriber-day","cap_day":1000000,"days":[],"spent_total":0}` + "\n"))
}

func manifest(g release.Geography, product, day, notBefore string) release.Manifest {
	loc, err := time.LoadLocation(g.TimeZone)
	if err != nil {
		panic(err)
	}
	p, err := throng.DayOf(day, loc)
	if err != nil {
		panic(err)
	}
	return release.Manifest{ID: product + "-" + day + "-r0", Product: product, Geo: release.GeoRef{ID: g.ID, Version: g.Version},
		Period: release.Period{Name: day, Start: time.UnixMilli(p.Start).UTC(), End: time.UnixMilli(p.End).UTC(), TimeZone: g.TimeZone},
		Method: "1", Code: "test", Holder: "Toy Operator", Data: "synthetic", Purpose: "test", Licence: "CC0-1.0", Unit: "subscriber-day", NotBefore: notBefore}
}

// measure makes a measured table by a formula: a level, a wave over the day, and a sawtooth in place of noise.
func measure(m *release.Manifest, name string, level float64, sigma2 uint64, dims ...throng.Dim) release.Table {
	t := release.Table{Kind: release.Measured, Shape: throng.Shape{Name: name, Dims: dims}, Sigma2: sigma2}
	at := make([]int, len(dims))
	for cell := range t.Shape.Cells() {
		t.Shape.At(uint64(cell), at)
		wave := 1.0
		if len(at) > 1 {
			wave += 0.3 * math.Sin(float64(at[1])/24*2*math.Pi)
		}
		t.Raw = append(t.Raw, int64(math.Round(level*wave))+int64(cell*37%23)-11)
	}
	m.Parts = append(m.Parts, release.Part{Table: name, D2: 24, Sigma2: sigma2, Rho: 1e9 * 24 / (2 * int64(sigma2)), Domain: release.Axes(t.Shape)})
	return t
}

// presentOf measures a day and reckons its estimates for all zones.
func presentOf(g release.Geography, day, notBefore string) (release.Draft, error) {
	return presentLike(g, day, notBefore, 1)
}

// presentLike is presentOf of a day with so many times the people.
func presentLike(g release.Geography, day, notBefore string, times float64) (release.Draft, error) {
	m := manifest(g, "present", day, notBefore)
	p := throng.Period{Name: day, Start: m.Period.Start.UnixMilli(), End: m.Period.End.UnixMilli()}
	hours := throng.Dim{Name: throng.DimTime, Codes: p.BinCodes(time.Hour)}
	on := func(level string, ids []string) throng.Dim {
		return throng.Dim{Name: throng.DimZone, Level: level, Codes: ids}
	}
	measured := []release.Table{
		measure(&m, "total", times*600, 100, on(throng.LevelLeaf, g.Tree.LeafIDs()), hours),
		measure(&m, "gender", times*400, 120, on(throng.LevelBlock, g.Tree.BlockIDs()), hours, throng.Dim{Name: throng.DimGender, Codes: throng.Genders}),
		measure(&m, "age", times*300, 130, on(throng.LevelBlock, g.Tree.BlockIDs()), hours, throng.Dim{Name: throng.DimAge, Codes: throng.Bands{0, 18, 65}.Codes()}),
		measure(&m, "role", times*240, 150, on(throng.LevelBlock, g.Tree.BlockIDs()), hours, throng.Dim{Name: throng.DimRole, Codes: []string{"resident", "commuter", "visitor", "transit", "unknown"}}),
		measure(&m, "origin", times*800, 140, on(throng.LevelArea, g.Tree.AreaIDs()), hours, throng.Dim{Name: throng.DimOrigin, Codes: []string{"home", "DE", throng.Other}}),
	}
	index, err := allot.NewIndex(g)
	if err != nil {
		return release.Draft{}, err
	}
	r, err := balance.NewReckoner(index, measured)
	if err != nil {
		return release.Draft{}, err
	}
	zones := on(throng.LevelZone, g.Zones.IDs())
	d := release.Draft{Manifest: m, Tables: append(measured, totals(r, g, zones, hours)),
		Texts: map[string][]byte{"claim.json": []byte(`{"unit":"subscriber-day","epsilon":"1.2"}` + "\n"), "quality.json": []byte(`{"gates":[]}` + "\n")}}
	for _, name := range r.Tables() {
		t, err := breakdown(r, g, name, zones, hours)
		if err != nil {
			return release.Draft{}, err
		}
		d.Tables = append(d.Tables, t)
	}
	return d, nil
}

func totals(r *balance.Reckoner, g release.Geography, zones, hours throng.Dim) release.Table {
	t := release.Table{Kind: release.Estimate, Method: Method, Shape: throng.Shape{Name: "total", Dims: []throng.Dim{zones, hours}}}
	for z := range g.Zones.Len() {
		s := r.Total(r.Index().Zone(z))
		for bin := range hours.Codes {
			t.Estimate, t.NoiseSD = append(t.Estimate, s.Estimate[bin]), append(t.NoiseSD, s.NoiseSD)
			t.AllocSD, t.Status = append(t.AllocSD, s.AllocSD[bin]), append(t.Status, s.Status)
		}
	}
	return t
}

func breakdown(r *balance.Reckoner, g release.Geography, name string, zones, hours throng.Dim) (release.Table, error) {
	t := release.Table{Kind: release.Estimate, Method: Method}
	for z := range g.Zones.Len() {
		b, err := r.Breakdown(r.Index().Zone(z), name)
		if err != nil {
			return t, err
		}
		t.Shape = throng.Shape{Name: name, Dims: []throng.Dim{zones, hours, {Name: b.Dim, Codes: b.Codes}}}
		for i, x := range b.Estimate {
			t.Estimate, t.NoiseSD = append(t.Estimate, x), append(t.NoiseSD, b.NoiseSD[i%len(b.Codes)])
			t.Status = append(t.Status, b.Status)
		}
	}
	return t, nil
}

// flowsOf is a day of flows between municipalities.
func flowsOf(g release.Geography) release.Draft {
	m := manifest(g, "flows-day", "2026-02-03", "2026-02-05T05:00:00Z")
	ids := g.Zones.IDs(g.Zones.Finest()...)
	t := measure(&m, "total", 20, 400, throng.Dim{Name: throng.DimZone, Level: throng.LevelZone, Codes: ids}, throng.Dim{Name: throng.DimZone2, Level: throng.LevelZone, Codes: ids})
	e := release.Table{Kind: release.Estimate, Method: Method, Shape: t.Shape}
	for _, raw := range t.Raw {
		e.Estimate, e.NoiseSD = append(e.Estimate, float64(raw)*2), append(e.NoiseSD, 40)
	}
	return release.Draft{Manifest: m, Tables: []release.Table{t, e}, Texts: map[string][]byte{"claim.json": []byte("{}\n")}}
}
