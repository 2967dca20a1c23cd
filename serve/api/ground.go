package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strings"

	"github.com/paulmach/orb"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/locate/area"
	"github.com/throng-stats/throng/reckon/allot"
	"github.com/throng-stats/throng/release"
)

// ground is a geography prepared for answers. It does not change.
type ground struct {
	geo     release.Geography
	plane   area.Plane
	index   *allot.Index
	shapes  map[string]shape
	tiles   []int    // by zone: how many tiles of it get something
	extent  [2]coord // of the covered area, degrees
	forPage []byte   // the geography as the map draws it
}

// shape is the outline of a zone in degrees, or the point of a zone without one.
type shape struct {
	outline orb.MultiPolygon
	point   *orb.Point
}

// groundOf prepares the geography of a release. That it is missing is a fault of the store, not of the question.
func (s *server) groundOf(ref release.GeoRef) (*ground, error) {
	g, err := s.groundNamed(ref)
	if err != nil {
		return nil, fmt.Errorf("geography %.60q, version %.60q of a release: %v (%w)", ref.ID, ref.Version, err, release.ErrCorrupt)
	}
	return g, nil
}

func (s *server) groundNamed(ref release.GeoRef) (*ground, error) {
	return s.ground.get(ref.ID+"/"+ref.Version, func() (*ground, error) {
		geo, err := s.store.Geography(ref.ID, ref.Version)
		if err != nil {
			return nil, err
		}
		return prepare(geo)
	})
}

func prepare(geo release.Geography) (*ground, error) {
	index, err := allot.NewIndex(geo)
	if err != nil {
		return nil, err
	}
	g := &ground{geo: geo, index: index, plane: area.Plane{Lat0: geo.Lat0, Lon0: geo.Lon0, FE: geo.FE, FN: geo.FN}}
	if g.shapes, err = readShapes(geo.Shapes); err != nil {
		return nil, err
	}
	box := g.survey()
	g.extent = g.degrees(box)
	g.forPage, err = g.draw(box)
	return g, err
}

// survey counts the tiles of each zone and returns the box of all covered tiles in the plane.
func (g *ground) survey() orb.Bound {
	type tile struct{ e, n int32 }
	seen := map[tile]bool{}
	g.tiles = make([]int, g.geo.Zones.Len())
	box := orb.Bound{Min: orb.Point{math.Inf(1), math.Inf(1)}, Max: orb.Point{math.Inf(-1), math.Inf(-1)}}
	add := func(x0, y0, x1, y1 float64) {
		box.Min = orb.Point{min(box.Min[0], x0), min(box.Min[1], y0)}
		box.Max = orb.Point{max(box.Max[0], x1), max(box.Max[1], y1)}
	}
	side := float64(g.geo.Tile)
	for _, s := range g.geo.Shares {
		if s.Zone < 0 || s.Weight == 0 || seen[tile{s.E, s.N}] {
			continue
		}
		seen[tile{s.E, s.N}] = true
		add(float64(s.E), float64(s.N), float64(s.E)+side, float64(s.N)+side)
		for z := int(s.Zone); z >= 0; z = g.geo.Zones.Parent(z) {
			g.tiles[z]++
		}
	}
	if len(seen) == 0 {
		for _, l := range g.geo.Tree.Leaves {
			add(l.X, l.Y, l.X, l.Y)
		}
	}
	return box
}

// degrees is the box of a box of the plane, rounded outwards to three decimals (about 100 m).
func (g *ground) degrees(box orb.Bound) [2]coord {
	out := [2]coord{{180, 90}, {-180, -90}}
	const steps = 8
	for i := range steps + 1 {
		f := float64(i) / steps
		x, y := box.Min[0]+f*(box.Max[0]-box.Min[0]), box.Min[1]+f*(box.Max[1]-box.Min[1])
		for _, p := range []orb.Point{{x, box.Min[1]}, {x, box.Max[1]}, {box.Min[0], y}, {box.Max[0], y}} {
			lat, lon := g.plane.Inverse(p[0], p[1])
			out[0] = coord{min(out[0][0], math.Floor(lon*1e3)/1e3), min(out[0][1], math.Floor(lat*1e3)/1e3)}
			out[1] = coord{max(out[1][0], math.Ceil(lon*1e3)/1e3), max(out[1][1], math.Ceil(lat*1e3)/1e3)}
		}
	}
	return out
}

// readShapes reads zones.geojson: outlines and points by the id of their zone.
func readShapes(text []byte) (map[string]shape, error) {
	if len(text) == 0 {
		return nil, nil
	}
	var file struct {
		Features []struct {
			Geometry *struct {
				Type        string          `json:"type"`
				Coordinates json.RawMessage `json:"coordinates"`
			} `json:"geometry"`
			Properties struct {
				ID string `json:"id"`
			} `json:"properties"`
		} `json:"features"`
	}
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf("zones.geojson of the geography cannot be read: %w; publish the geography again", err)
	}
	shapes := make(map[string]shape, len(file.Features))
	for _, f := range file.Features {
		if f.Geometry == nil {
			continue
		}
		one, err := readShape(f.Geometry.Type, f.Geometry.Coordinates)
		if err != nil {
			return nil, fmt.Errorf("outline of zone %.60q: %w", f.Properties.ID, err)
		}
		shapes[f.Properties.ID] = one
	}
	return shapes, nil
}

func readShape(kind string, coordinates json.RawMessage) (shape, error) {
	var err error
	switch kind {
	case "Point":
		var p orb.Point
		err = json.Unmarshal(coordinates, &p)
		return shape{point: &p}, err
	case "Polygon":
		var p orb.Polygon
		err = json.Unmarshal(coordinates, &p)
		return shape{outline: orb.MultiPolygon{p}}, err
	case "MultiPolygon":
		var m orb.MultiPolygon
		err = json.Unmarshal(coordinates, &m)
		return shape{outline: m}, err
	}
	return shape{}, errors.New("geometry type " + clip(kind) + ", want Point, Polygon or MultiPolygon")
}

// km2 is the size of a zone by its outline, or by its tiles when it has none.
func (g *ground) km2(zone int) float64 {
	if s := g.shapes[g.geo.Zones.At(zone).ID]; s.outline != nil {
		return math.Abs(area.Area(g.plane.Shape(s.outline))) / 1e6
	}
	return g.tilesKM2(zone)
}

func (g *ground) tilesKM2(zone int) float64 {
	return float64(g.tiles[zone]) * float64(g.geo.Tile) * float64(g.geo.Tile) / 1e6
}

// geographies lists the geographies of all releases.
func (s *server) geographies(*http.Request) (answer, error) {
	list, err := s.store.List()
	if err != nil {
		return answer{}, err
	}
	return jsonAnswer(geosOf(list))
}

// geography answers with a geography as it was released (.geojson) or as the map draws it (.json, the default).
func (s *server) geography(r *http.Request) (answer, error) {
	if err := onlyParameters(r); err != nil {
		return answer{}, err
	}
	version, suffix := cutSuffix(r.PathValue("version"))
	id := r.PathValue("id")
	if !pathID.MatchString(id) || !pathID.MatchString(version) {
		return answer{}, newProblem("not-found", "no geography is called "+clip(id)).hint("GET /v1/geographies lists them")
	}
	if suffix == "" {
		suffix = accepted(r.Header.Get("Accept"))
	}
	if suffix == ".csv" || suffix == "" {
		return answer{}, newProblem("not-acceptable", "a geography is served as .json and .geojson")
	}
	g, err := s.groundNamed(release.GeoRef{ID: id, Version: version})
	if errors.Is(err, release.ErrMissing) {
		return answer{}, newProblem("not-found", "there is no geography "+clip(id)+", version "+clip(version)).hint("GET /v1/geographies lists them")
	}
	if err != nil {
		return answer{}, err
	}
	a := answer{mediaType: representations[suffix], cache: s.keepGround(g), body: g.forPage}
	if suffix == ".geojson" {
		a.body = g.geo.Shapes
	}
	return a, nil
}

// keepGround is keep for a geography: for ever when it belongs to releases that are kept for ever.
func (s *server) keepGround(g *ground) string {
	list, err := s.store.List()
	if err != nil {
		return cacheList
	}
	for _, m := range list {
		if m.Geo.ID == g.geo.ID && m.Geo.Version == g.geo.Version {
			return keep(m)
		}
	}
	return cacheList
}

// page is a geography as the map draws it: whole metres in the plane.
type page struct {
	ID      string     `json:"id"`
	Version string     `json:"version"`
	CRS     string     `json:"crs"`
	Proj    proj       `json:"proj"`
	Extent  [4]int64   `json:"extent"`
	Tile    int        `json:"tile"`
	Zones   []pageZone `json:"zones"`
	Leaves  []pageLeaf `json:"leaves"`
}

type proj struct {
	Lat0 float64 `json:"lat0"`
	Lon0 float64 `json:"lon0"`
	FE   float64 `json:"fe"`
	FN   float64 `json:"fn"`
}

type pageZone struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Parent    string    `json:"parent"`
	Level     int       `json:"level"`
	Residents int64     `json:"residents"`
	KM2       float64   `json:"km2"`
	Rings     [][]int64 `json:"rings,omitempty"` // each x0, y0, dx1, dy1, ...; open: the last point leads to the first
	Polys     []int     `json:"polys,omitempty"` // number of rings of each polygon
	Point     []int64   `json:"point,omitempty"`
}

type pageLeaf struct {
	ID      string  `json:"id"`
	X       int64   `json:"x"`
	Y       int64   `json:"y"`
	AreaKM2 float64 `json:"area_km2"`
}

func (g *ground) draw(box orb.Bound) ([]byte, error) {
	p := page{ID: g.geo.ID, Version: g.geo.Version, CRS: g.geo.CRS, Tile: g.geo.Tile,
		Proj:  proj{g.geo.Lat0, g.geo.Lon0, g.geo.FE, g.geo.FN},
		Zones: []pageZone{}, Leaves: []pageLeaf{}}
	for i := range g.geo.Zones.Len() {
		z := g.geo.Zones.At(i)
		one := pageZone{ID: z.ID, Name: z.Name, Parent: z.Parent, Level: z.Level, Residents: z.Residents, KM2: round(g.km2(i), 3)}
		s := g.shapes[z.ID]
		if s.point != nil {
			x, y := g.plane.Forward(s.point[1], s.point[0])
			one.Point = []int64{whole(x), whole(y)}
		}
		flat := g.plane.Shape(s.outline)
		one.Rings, one.Polys = rings(flat)
		if len(one.Rings) > 0 {
			box = box.Union(flat.Bound())
		}
		p.Zones = append(p.Zones, one)
	}
	for _, l := range g.geo.Tree.Leaves {
		p.Leaves = append(p.Leaves, pageLeaf{l.ID, whole(l.X), whole(l.Y), round(l.Area/1e6, 3)})
	}
	// Outlines come from degrees with some centimetres of rounding: that much does not widen the box by a metre.
	const slack = 0.05
	p.Extent = [4]int64{int64(math.Floor(box.Min[0] + slack)), int64(math.Floor(box.Min[1] + slack)),
		int64(math.Ceil(box.Max[0] - slack)), int64(math.Ceil(box.Max[1] - slack))}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(p)
	return b.Bytes(), err
}

// rings codes outlines as whole metres, each point by its step from the one before. Points that fall together are one,
// and rings that fall together to fewer than three points are left out.
func rings(flat orb.MultiPolygon) (coded [][]int64, polys []int) {
	for _, polygon := range flat {
		n := 0
		for k, ring := range polygon {
			steps := delta(ring)
			if len(steps) < 6 {
				if k == 0 {
					break // without its outer ring a polygon is nothing
				}
				continue
			}
			coded, n = append(coded, steps), n+1
		}
		if n > 0 {
			polys = append(polys, n)
		}
	}
	return coded, polys
}

func delta(ring orb.Ring) []int64 {
	var steps []int64
	var x, y, x0, y0 int64
	for i, p := range ring {
		px, py := whole(p[0]), whole(p[1])
		if i == 0 {
			x0, y0 = px, py
		} else if px == x && py == y || i == len(ring)-1 && px == x0 && py == y0 {
			continue
		}
		steps = append(steps, px-x, py-y)
		x, y = px, py
	}
	return steps
}

func whole(metres float64) int64 { return int64(math.Round(metres)) }

func round(x float64, decimals int) float64 {
	p := math.Pow10(decimals)
	return math.Round(x*p) / p
}

// finestOf lists the finest zones that lie in the named ones, each once, ascending.
func (g *ground) finestOf(ids []string) ([]int, error) {
	in := map[int]bool{}
	for i, id := range ids {
		z, ok := g.geo.Zones.Index(id)
		if !ok {
			return nil, wrong("bad-area", fmt.Sprintf("/area/zones/%d", i), id, "a zone of geography "+g.geo.ID+", version "+g.geo.Version)
		}
		in[z] = true
	}
	var finest []int
	for _, f := range g.geo.Zones.Finest() {
		for z := f; z >= 0; z = g.geo.Zones.Parent(z) {
			if in[z] {
				finest = append(finest, f)
				break
			}
		}
	}
	return finest, nil
}

// leafOf names the leaf that an area smaller than a leaf is mostly a share of.
func (g *ground) leafOf(a allot.Area) throng.Leaf {
	best := 0
	for i, s := range a.Share {
		if s > a.Share[best] {
			best = i
		}
	}
	return g.geo.Tree.Leaves[a.Leaf[best]]
}

func joinIDs(list []release.Manifest) string {
	ids := make([]string, len(list))
	for i, m := range list {
		ids[i] = m.ID
	}
	return strings.Join(ids, " ")
}
