package api

import (
	"bytes"
	"encoding/json"
	"math"

	"github.com/paulmach/orb"
)

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

	Places []pagePlace `json:"places,omitempty"`
}

// pagePlace is a place of the public list.
type pagePlace struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Kind string `json:"kind"`
	X    int64  `json:"x"`
	Y    int64  `json:"y"`
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
	for _, one := range g.geo.Places {
		x, y := g.plane.Forward(one.Lat, one.Lon)
		p.Places = append(p.Places, pagePlace{one.ID, one.Name, one.Kind, whole(x), whole(y)})
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
