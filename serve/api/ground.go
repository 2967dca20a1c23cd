package api

import (
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
func (s *server) geographies(r *http.Request) (answer, error) {
	list, err := s.list(r)
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
	ref := release.GeoRef{ID: id, Version: version}
	list, err := s.store.Heads()
	if err != nil {
		return answer{}, err
	}
	g, err := s.groundNamed(ref)
	if errors.Is(err, release.ErrMissing) || s.hidden(r, ref, list) {
		return answer{}, newProblem("not-found", "there is no geography "+clip(id)+", version "+clip(version)).hint("GET /v1/geographies lists them")
	}
	if err != nil {
		return answer{}, err
	}
	a := answer{mediaType: representations[suffix], cache: keepGround(ref, list), body: g.forPage}
	if suffix == ".geojson" {
		a.body = g.geo.Shapes
	}
	return a, nil
}

// keepGround is keep for a geography: for ever when it belongs to releases that are kept for ever.
func keepGround(ref release.GeoRef, list []release.Head) string {
	for _, m := range list {
		if m.Geo == ref {
			return keep(m)
		}
	}
	return cacheList
}

// hidden reports whether only private releases speak of a geography, and whoever asks may not know of them.
func (s *server) hidden(r *http.Request, ref release.GeoRef, list []release.Head) bool {
	secret := false
	for _, m := range list {
		if m.Geo == ref && !private(m) {
			return false
		}
		secret = secret || m.Geo == ref
	}
	return secret && !s.mayReadPrivate(r)
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
