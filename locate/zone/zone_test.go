package zone

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/locate/area"
)

// box writes a feature that is a rectangle of degrees.
func box(properties string, x0, y0, x1, y1 float64) string {
	return fmt.Sprintf(`{"type":"Feature","properties":{%s},"geometry":{"type":"Polygon","coordinates":[[[%[2]g,%[3]g],[%[4]g,%[3]g],[%[4]g,%[5]g],[%[2]g,%[5]g],[%[2]g,%[3]g]]]}}`,
		properties, x0, y0, x1, y1)
}

func bare(properties string) string {
	return fmt.Sprintf(`{"type":"Feature","properties":{%s},"geometry":null}`, properties)
}

func file(features ...string) []byte {
	return []byte(`{"type":"FeatureCollection","features":[` + strings.Join(features, ",\n") + `]}`)
}

func mustRead(t *testing.T, text []byte, opt Options) *Set {
	t.Helper()
	s, err := FromGeoJSON(text, opt)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestFromGeoJSONOrdersAHierarchy(t *testing.T) {
	s := mustRead(t, file(
		box(`"code":33063,"nom":"Bordeaux","dep":"fr:33","level":1`, 0, 44, 1, 45),
		box(`"code":"33.009","nom":"Arcachon","dep":"fr:33","level":1`, -1, 44, 0, 45),
		bare(`"code":"fr:33","nom":"Gironde","level":0`),
	), Options{ID: "code", Name: "nom", Parent: "dep"})
	if got, want := strings.Join(s.Zones.IDs(), " "), "fr-33 33-009 33063"; got != want {
		t.Fatalf("ids: got %s, want %s", got, want)
	}
	if got := s.Label(1); got != "33.009" {
		t.Errorf("label: got %q, want the id as the file wrote it", got)
	}
	if got := s.Zones.At(1); got.Name != "Arcachon" || got.Parent != "fr-33" || got.Level != 1 {
		t.Errorf("got %+v", got)
	}
	union, ok := s.Shape(0).(orb.MultiPolygon)
	if !ok || len(union) != 2 {
		t.Errorf("ground of the department: got %v, want both municipalities", s.Shape(0))
	}
	if got, want := s.Bound(), (orb.Bound{Min: orb.Point{-1, 44}, Max: orb.Point{1, 45}}); got != want {
		t.Errorf("bound: got %v, want %v", got, want)
	}
}

func TestLevelsAreCountedFromParents(t *testing.T) {
	s := mustRead(t, file(box(`"id":"c","parent":"b"`, 0, 0, 1, 1), bare(`"id":"b","parent":"a"`), bare(`"id":"a","parent":null`)), Options{})
	for i, want := range []string{"a 0", "b 1", "c 2"} {
		if z := s.Zones.At(i); fmt.Sprint(z.ID, " ", z.Level) != want {
			t.Errorf("got %s %d, want %s", z.ID, z.Level, want)
		}
	}
}

func TestErrorsSayWhereAndWhat(t *testing.T) {
	good := box(`"id":"a"`, 0, 0, 1, 1)
	for _, c := range []struct {
		why, want string
		text      []byte
	}{
		{"no JSON", "FeatureCollection", []byte(`hello`)},
		{"text after", "follows", append(file(good), "x"...)},
		{"another type", `"Feature"`, []byte(good)},
		{"capital letters", "want FeatureCollection", []byte(`{"Type":"FeatureCollection","features":[]}`)},
		{"no list", "features", []byte(`{"type":"FeatureCollection"}`)},
		{"nothing in it", "no feature", file()},
		{"another plane", "reproject", []byte(`{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::2154"}},"features":[]}`)},
		{"metres", "feature 2: ring 1 of polygon 1: got the position 652000", file(good, box(`"id":"b"`, 652000, 6862000, 652100, 6862100))},
		{"no id", `feature 2: property "id" is missing`, file(good, box(`"name":"b"`, 0, 0, 1, 1))},
		{"id with a slash", `feature 1: property "id" is "a/b"`, file(box(`"id":"a/b"`, 0, 0, 1, 1))},
		{"id is a fraction", `property "id" is 1.5`, file(box(`"id":1.5`, 0, 0, 1, 1))},
		{"ids by case", "as in feature 1", file(good, box(`"id":"A"`, 0, 0, 1, 1))},
		{"ids after rewriting", "as in feature 1", file(box(`"id":"1.2"`, 0, 0, 1, 1), box(`"id":"1:2"`, 0, 0, 1, 1))},
		{"some levels", `feature 2: property "level" is missing`, file(box(`"id":"a","level":0`, 0, 0, 1, 1), box(`"id":"b"`, 0, 0, 1, 1))},
		{"level of text", `property "level" is "top"`, file(box(`"id":"a","level":"top"`, 0, 0, 1, 1))},
		{"lost parent", `property "parent" leads to "x"`, file(box(`"id":"a","parent":"x"`, 0, 0, 1, 1))},
		{"circle", "circle", file(box(`"id":"a","parent":"b"`, 0, 0, 1, 1), box(`"id":"b","parent":"a"`, 0, 0, 1, 1))},
		{"no ground", "neither children nor a geometry", file(good, bare(`"id":"b"`))},
		{"a line", `feature 1: got the geometry "LineString"`, file(`{"type":"Feature","properties":{"id":"a"},"geometry":{"type":"LineString","coordinates":[[0,0],[1,1]]}}`)},
		{"open ring", "close the ring", file(`{"type":"Feature","properties":{"id":"a"},"geometry":{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,1]]]}}`)},
		{"flat ring", "no ground inside", file(`{"type":"Feature","properties":{"id":"a"},"geometry":{"type":"Polygon","coordinates":[[[0,0],[1,0],[2,0],[0,0]]]}}`)},
		{"formula", "formula", file(box(`"id":"a","name":"=1+1"`, 0, 0, 1, 1))},
		{"two lines", "one line", file(box(`"id":"a","name":"x\ny"`, 0, 0, 1, 1))},
		{"point nesting", "not nested", file(`{"type":"Feature","properties":{"id":"a"},"geometry":{"type":"Point","coordinates":[[0,0]]}}`)},
	} {
		_, err := FromGeoJSON(c.text, Options{})
		if err == nil {
			t.Errorf("%s was accepted", c.why)
		} else if !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %q, want %q in it", c.why, err, c.want)
		}
	}
}

func TestGeoJSONIsCanonical(t *testing.T) {
	s := mustRead(t, file(
		box(`"id":"b.1","name":"B & Cie","parent":"a","level":1,"other":7`, 2, 48, 2.123456789, 49),
		box(`"id":"c","name":"Été","parent":"a","level":1`, 3, 48, 4, 49),
		bare(`"id":"a","name":"A","level":0`),
		`{"type":"Feature","properties":{"id":"p","level":1},"geometry":{"type":"Point","coordinates":[-0.5,44.25,12]}}`,
	), Options{})
	want := `{"type":"FeatureCollection","features":[
{"type":"Feature","properties":{"id":"a","name":"A","level":0},"geometry":null},
{"type":"Feature","properties":{"id":"b-1","name":"B & Cie","parent":"a","level":1,"label":"b.1"},"geometry":{"type":"MultiPolygon","coordinates":[[[[2,48],[2.1234568,48],[2.1234568,49],[2,49],[2,48]]]]}},
{"type":"Feature","properties":{"id":"c","name":"Été","parent":"a","level":1},"geometry":{"type":"MultiPolygon","coordinates":[[[[3,48],[4,48],[4,49],[3,49],[3,48]]]]}},
{"type":"Feature","properties":{"id":"p","name":"p","level":1},"geometry":{"type":"Point","coordinates":[-0.5,44.25]}}
]}
`
	got := s.GeoJSON()
	if string(got) != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	again := mustRead(t, got, Options{})
	if !bytes.Equal(again.GeoJSON(), got) || again.Label(1) != "b.1" {
		t.Error("reading the canonical text does not give the same set")
	}
}

func TestRingsAreTurned(t *testing.T) {
	s := mustRead(t, file(`{"type":"Feature","properties":{"id":"a"},"geometry":{"type":"Polygon","coordinates":[
		[[0,0],[0,9],[9,9],[9,0],[0,0]],[[1,1],[2,1],[2,2],[1,2],[1,1]]]}}`), Options{})
	shape := s.Shape(0).(orb.MultiPolygon)[0]
	if shape[0].Orientation() != orb.CCW || shape[1].Orientation() != orb.CW {
		t.Errorf("outer ring %v, hole %v; want against the clock and with it", shape[0].Orientation(), shape[1].Orientation())
	}
}

// plane touches the earth at the equator, where a degree is about 110 km, so that signs and sizes are easy to read.
var plane = area.Plane{}

func TestBordersBelongToTheSmallestID(t *testing.T) {
	// The shared border is the meridian 0, which is x = 0 in the plane; ids compare as text: "10" < "9".
	s := mustRead(t, file(box(`"id":"9"`, -1, -1, 0, 1), box(`"id":"10"`, 0, -1, 1, 1)), Options{})
	l := s.Locator(plane, 1000)
	index := func(id string) int32 { i, _ := s.Zones.Index(id); return int32(i) }
	for _, c := range []struct {
		x, y float64
		want int32
	}{{-10, 0, index("9")}, {10, 0, index("10")}, {0, 500, index("10")}, {200_000, 0, -1}, {0, -200_000, -1}} {
		if got := l.At(c.x, c.y); got != c.want {
			t.Errorf("at %v, %v: got %d, want %d", c.x, c.y, got, c.want)
		}
	}
	if got := l.Tile(-1000, 0); got != index("9") {
		t.Errorf("tile west of the border: got %d", got)
	}
}

// Every tile belongs to exactly one zone, and the tiles of all zones are those whose centre lies in the whole.
func TestTilesArePartitioned(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	var features []string
	for i := range 6 {
		for k := range 6 {
			features = append(features, box(fmt.Sprintf(`"id":"z%d-%d"`, i, k), float64(i)/10, float64(k)/10, float64(i+1)/10, float64(k+1)/10))
		}
	}
	rng.Shuffle(len(features), func(i, k int) { features[i], features[k] = features[k], features[i] })
	s := mustRead(t, file(features...), Options{})
	l := s.Locator(plane, 500)
	owner := map[[2]int32]int32{}
	for _, z := range s.Zones.Finest() {
		l.Tiles(int32(z), func(e, n int32) {
			if before, twice := owner[[2]int32{e, n}]; twice {
				t.Fatalf("tile E %d N %d lies in zones %d and %d", e, n, before, z)
			}
			owner[[2]int32{e, n}] = int32(z)
		})
	}
	x, y := plane.Forward(.6, .6)
	if got, want := float64(len(owner)), x*y/500/500; got < want*.98 || got > want*1.02 {
		t.Errorf("got %v tiles, want about %v", got, want)
	}
}

func TestPointsHoldTheirTile(t *testing.T) {
	s, err := FromPlaces([]throng.Zone{{ID: "b", Level: 1, Parent: "top"}, {ID: "a", Level: 1, Parent: "top"}, {ID: "top"}},
		map[string]orb.Point{"a": {.001, .001}, "b": {.5, .5}})
	if err != nil {
		t.Fatal(err)
	}
	l := s.Locator(plane, 500)
	a, _ := s.Zones.Index("a")
	if got := l.At(499, 0); got != int32(a) {
		t.Errorf("in the tile: got %d, want %d", got, a)
	}
	if got := l.At(501, 0); got != -1 {
		t.Errorf("beside the tile: got %d, want -1", got)
	}
	n := 0
	l.Tiles(int32(a), func(int32, int32) { n++ })
	if n != 1 || s.Shape(0) != nil {
		t.Errorf("a place has %d tiles, its parent the shape %v; want 1 and none", n, s.Shape(0))
	}
	if _, err := FromPlaces([]throng.Zone{{ID: "x"}}, nil); err == nil {
		t.Error("a place without a point was accepted")
	}
}

func TestGeometries(t *testing.T) {
	shapes, err := Geometries(file(box(``, 0, 0, 1, 1), `{"type":"Feature","properties":null,"geometry":{"type":"MultiPoint","coordinates":[[1,2],[3,4]]}}`))
	if err != nil || len(shapes) != 2 || len(shapes[1].(orb.MultiPoint)) != 2 {
		t.Errorf("got %v, %v", shapes, err)
	}
	if _, err := Geometries(file(bare(``))); err == nil || !strings.Contains(err.Error(), "feature 1") {
		t.Errorf("a feature without geometry: got %v", err)
	}
}

func FuzzFromGeoJSON(f *testing.F) {
	f.Add(file(box(`"id":"a.b","name":"A","level":3`, 0, 0, 1, 1), bare(`"id":7,"level":2`)))
	f.Add(file(`{"type":"Feature","properties":{"id":"p"},"geometry":{"type":"Point","coordinates":[1,2]}}`))
	f.Add([]byte(`{"type":"FeatureCollection","features":[null]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := FromGeoJSON(text, Options{})
		if err != nil {
			return
		}
		once := s.GeoJSON()
		if !json.Valid(once) {
			t.Fatalf("the canonical text is no JSON: %s", once)
		}
		again, err := FromGeoJSON(once, Options{})
		if err != nil {
			t.Fatalf("the canonical text is refused: %v\n%s", err, once)
		}
		if twice := again.GeoJSON(); !bytes.Equal(once, twice) {
			t.Fatalf("the canonical text changes:\n%s\n%s", once, twice)
		}
	})
}
