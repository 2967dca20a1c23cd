package zone

import (
	"strings"
	"testing"

	"github.com/throng-stats/throng/locate/area"
)

func TestParsePerimeter(t *testing.T) {
	for _, c := range []struct{ why, text, want string }{
		{"a triangle", `{"type":"Polygon","coordinates":[[[2,48],[3,48],[3,49],[2,48]]]}`, ""},
		{"two triangles", `{"type":"MultiPolygon","coordinates":[[[[2,48],[3,48],[3,49],[2,48]]],[[[5,48],[6,48],[6,49],[5,48]]]]}`, ""},
		{"a point", `{"type":"Point","coordinates":[2,48]}`, `got "Point"`},
		{"null", `null`, "want Polygon"},
		{"a number", `7`, "want one GeoJSON geometry"},
		{"text after", `{"type":"Polygon","coordinates":[[[2,48],[3,48],[3,49],[2,48]]]} {}`, "follows"},
		{"other members", `{"type":"Polygon","coordinates":[[[2,48],[3,48],[3,49],[2,48]]],"crs":4}`, "neither"},
		{"capital letters", `{"Type":"Polygon","coordinates":[[[2,48],[3,48],[3,49],[2,48]]]}`, "neither"},
		{"bow tie", `{"type":"Polygon","coordinates":[[[0,0],[2,2],[2,0],[0,3],[0,0]]]}`, "cross"},
		{"null inside", `{"type":"Polygon","coordinates":[[[2,48],null,[3,49],[2,48]]]}`, "0 numbers"},
		{"too many corners", `{"type":"Polygon","coordinates":[[` + strings.Repeat("[2,48],", 1001) + `[2,48]]]}`, "too many positions"},
		{"too long", strings.Repeat(" ", 1<<20) + `{}`, "bytes"},
	} {
		_, err := ParsePerimeter([]byte(c.text))
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: got %v", c.why, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: got %v, want %q in it", c.why, err, c.want)
		}
		if err != nil && len(err.Error()) > 400 {
			t.Errorf("%s: the error has %d bytes", c.why, len(err.Error()))
		}
	}
}

func FuzzParsePerimeter(f *testing.F) {
	f.Add([]byte(`{"type":"Polygon","coordinates":[[[2,48],[3,48],[3,49],[2,48]]]}`))
	f.Add([]byte(`{"type":"MultiPolygon","coordinates":[[[[0,0],[9,0],[9,9],[0,0]],[[2,1],[3,1],[3,2],[2,1]]]]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		shape, err := ParsePerimeter(text)
		if err != nil {
			return
		}
		// Whatever is accepted has ground, in degrees.
		if ground := area.Area(shape); !(ground > 0) {
			t.Fatalf("accepted a shape of %v square degrees: %v", ground, shape)
		}
	})
}
