package antenna

import (
	"fmt"
	"math"

	"github.com/paulmach/orb"

	"github.com/throng-stats/throng/locate/area"
)

// protectedReach is how near, in metres, a site may stand to a protected place before it is merged, and protectedSites how
// many sites its leaf has then at least.
const (
	protectedReach = 500
	protectedSites = 3
)

// hideProtected merges the sites of protected places into their neighbours, before anything is counted. Neither ids nor
// codes of the tree depend on whether that happened.
func (b *builder) hideProtected(sites []*cluster) ([]*cluster, error) {
	if len(b.opt.Protected) == 0 {
		return sites, nil
	}
	found := b.markProtected(sites)
	if found && len(sites) < protectedSites {
		return nil, fmt.Errorf("ground: the plan has %d sites, want at least %d to hide protected places among; take a larger region", len(sites), protectedSites)
	}
	return mergeUntil(sites, b.public.zones, func(c *cluster) float64 {
		if !c.protected {
			return math.Inf(1)
		}
		return float64(len(c.members))
	}, protectedSites), nil
}

// markProtected marks the sites that stand near a protected place or hear best where one lies.
func (b *builder) markProtected(sites []*cluster) (found bool) {
	best := b.bestTiles(len(sites))
	for _, geometry := range b.opt.Protected {
		place := inPlane(geometry, b.opt.Plane)
		mark := func(site int32) { sites[site].protected, found = true, true }
		for i := range b.cells {
			if place.distance(b.survey.x[i], b.survey.y[i]) <= protectedReach {
				mark(b.survey.site[i])
			}
		}
		for site, t := range best {
			if t >= 0 && place.meets(b.foot.Tiles[t], b.opt.Tile) {
				mark(int32(site))
			}
		}
	}
	return found
}

// bestTiles is, by site, the tile on which one of its cells is strongest; ties to the first tile.
func (b *builder) bestTiles(sites int) []int {
	best, strength := make([]int, sites), make([]float64, sites)
	for i := range best {
		best[i] = -1
	}
	for t, pairs := range b.foot.Pairs {
		for _, p := range pairs {
			if site := b.survey.site[p.Cell]; p.S > strength[site] {
				best[site], strength[site] = t, p.S
			}
		}
	}
	return best
}

// shape is a protected place in the plane.
type shape struct {
	points []orb.Point
	ground orb.MultiPolygon
}

func inPlane(geometry orb.Geometry, plane area.Plane) shape {
	var s shape
	add := func(p orb.Point) {
		x, y := plane.Forward(p.Lat(), p.Lon())
		s.points = append(s.points, orb.Point{x, y})
	}
	switch g := geometry.(type) {
	case orb.Point:
		add(g)
	case orb.MultiPoint:
		for _, p := range g {
			add(p)
		}
	case orb.Polygon:
		s.ground = plane.Shape(orb.MultiPolygon{g})
	case orb.MultiPolygon:
		s.ground = plane.Shape(g)
	default:
		panic(fmt.Sprintf("antenna: a protected place is a %s, want points or polygons", geometry.GeoJSONType()))
	}
	return s
}

func (s shape) distance(x, y float64) float64 {
	least := math.Inf(1)
	for _, p := range s.points {
		least = math.Min(least, math.Hypot(p[0]-x, p[1]-y))
	}
	if s.ground != nil {
		least = math.Min(least, area.Distance(s.ground, x, y))
	}
	return least
}

// meets reports whether a tile holds a point or a part of the ground.
func (s shape) meets(tile [2]int32, side int32) bool {
	for _, p := range s.points {
		if e, n := area.Corner(p[0], p[1], side); e == tile[0] && n == tile[1] {
			return true
		}
	}
	if s.ground == nil {
		return false
	}
	window := orb.Bound{Min: orb.Point{float64(tile[0]), float64(tile[1])},
		Max: orb.Point{float64(tile[0] + side), float64(tile[1] + side)}}
	met := false
	area.CoverageWithin(s.ground, side, window, func(e, n int32, _ float64) { met = met || e == tile[0] && n == tile[1] })
	return met
}
