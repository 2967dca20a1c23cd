package api

import (
	"math"
	"testing"

	"github.com/throng-stats/throng/locate/area"
	"github.com/throng-stats/throng/serve/servetest"
)

// FuzzShapes reads outlines as a geography may bring them and draws them: refused or drawn, never a panic, and every
// ring that is drawn has three points.
func FuzzShapes(f *testing.F) {
	f.Add(servetest.Region().Shapes)
	f.Add([]byte(`{"features":[{"properties":{"id":"a"},"geometry":{"type":"MultiPolygon","coordinates":[[],[[]],[[[1,2],[3]]]]}}]}`))
	f.Add([]byte(`{"features":[{"geometry":null},{"geometry":{"type":"Point","coordinates":[]}}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		shapes, err := readShapes(text)
		if err != nil {
			return
		}
		for _, s := range shapes {
			for _, polygon := range s.outline {
				for _, ring := range polygon {
					for _, p := range ring {
						if !(math.Abs(p[0]) <= 180 && math.Abs(p[1]) <= 90) {
							t.Fatalf("the position %v was read as degrees", p)
						}
					}
				}
			}
			flat := servetest.Plane.Shape(s.outline)
			area.Area(flat)
			coded, polys := rings(flat)
			n := 0
			for _, p := range polys {
				n += p
			}
			if n != len(coded) {
				t.Errorf("%d rings, polys count %d", len(coded), n)
			}
			for _, ring := range coded {
				if len(ring) < 6 || len(ring)%2 != 0 {
					t.Errorf("a ring of %d numbers", len(ring))
				}
			}
		}
	})
}

// FuzzInterval: what is read as an interval is one.
func FuzzInterval(f *testing.F) {
	f.Add("2026-02-03T00:00:00+01:00/2026-02-04T00:00:00Z")
	f.Add("2026-02-03T00:00:00.123456789Z/P1DT2H3M")
	f.Add("2026-02-03T00:00:00Z/P9999W")
	f.Fuzz(func(t *testing.T, text string) {
		if from, to, err := interval(text); err == nil && !from.Before(to) {
			t.Errorf("%q: from %v to %v", text, from, to)
		}
	})
}
