package main

import (
	"math"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/locate"
	"github.com/throng-stats/throng/locate/antenna"
	"github.com/throng-stats/throng/locate/area"
	"github.com/throng-stats/throng/reckon/spread"
)

// ground is what the antennas hear, tile by tile, before it is decided by what they are counted.
type ground struct {
	base  *locate.Ground // of the product: leaves of at least 150 expected customers
	zones throng.Zones   // with factors
	foot  *antenna.Footprint
	zone  []int32   // by tile: the finest zone, -1 outside
	prior []float64 // by tile: public residents
	heard []float64 // by tile: residents by people per device, how devices are taken to be spread
}

func (w *world) hear() (g ground, err error) {
	if g.base, _, err = antenna.Build(w.cells, w.set, w.opt); err != nil {
		return g, err
	}
	g.zones = g.base.Zones
	g.foot, _ = antenna.Footprints(w.cells, w.opt.Plane, w.opt.Tile)
	locator := w.set.Locator(w.opt.Plane, w.opt.Tile)
	perTile := make([]float64, g.zones.Len())
	for _, z := range g.zones.Finest() {
		tiles := 0
		locator.Tiles(int32(z), func(int32, int32) { tiles++ })
		perTile[z] = float64(g.zones.At(z).Residents) / float64(max(1, tiles))
	}
	for _, tile := range g.foot.Tiles {
		z, people, devices := locator.Tile(tile[0], tile[1]), 0.0, 0.0
		if z >= 0 {
			people = perTile[z]
			devices = people / g.zones.At(int(z)).Factor
		}
		g.zone, g.prior, g.heard = append(g.zone, z), append(g.prior, people), append(g.heard, devices)
	}
	return g, nil
}

// disc is the weight of each tile in a disc: the part inside times people per device.
func (g *ground) disc(d disc, plane area.Plane) []float64 {
	part := map[[2]int32]float64{}
	area.Coverage(plane.Shape(d.outline()), g.foot.Side, func(e, n int32, share float64) { part[[2]int32{e, n}] = share })
	weight := make([]float64, len(g.zone))
	for t, tile := range g.foot.Tiles {
		if z := g.zone[t]; z >= 0 {
			weight[t] = part[tile] * g.zones.At(int(z)).Factor
		}
	}
	return weight
}

// way is one way to count: by units of some kind.
type way struct {
	name  string
	n     int
	of    []int32     // by place: its unit, -1 none
	tree  throng.Tree // blocks and areas above the units; empty where there are none
	links []spread.Link
	exact [][][]float64 // by day, hour, unit
}

// ways lists the units that are compared.
func (w *world) ways() ([]*way, error) {
	base := w.ground.base
	byPlace := func(of func(i int, p locate.Place) int32) (list []int32, n int) {
		for i, p := range base.Places {
			list = append(list, of(i, p))
			n = max(n, int(list[i])+1)
		}
		return list, n
	}
	below := func(of []int32, n int) throng.Tree { // units that lie in one leaf of the product each
		t := throng.Tree{Leaves: make([]throng.Leaf, n), Blocks: base.Tree.Blocks, Areas: base.Tree.Areas}
		for i, u := range of {
			t.Leaves[u].Block = base.Tree.Leaves[base.Places[i].Leaf].Block
		}
		return t
	}
	cell := &way{name: "cell"}
	cell.of, cell.n = byPlace(func(i int, _ locate.Place) int32 { return int32(i) })
	cell.tree = below(cell.of, cell.n)
	site := &way{name: "site"}
	site.of, site.n = byPlace(func(_ int, p locate.Place) int32 { return p.Site })
	site.tree = below(site.of, site.n)
	list := []*way{cell, site}
	for _, c := range []struct {
		name  string
		least float64
	}{{"cluster of 150", 150}, {"cluster of 500", 500}, {"cluster of 1,500", 1500}} {
		opt := w.opt
		opt.MinLeaf = c.least
		g, _, err := antenna.Build(w.cells, w.set, opt)
		if err != nil {
			return nil, err
		}
		u := &way{name: c.name, n: len(g.Tree.Leaves), tree: g.Tree}
		for _, p := range g.Places {
			u.of = append(u.of, p.Leaf)
		}
		list = append(list, u)
	}
	zone := &way{name: "dominant zone", n: w.ground.zones.Len()}
	zone.of, _ = byPlace(func(_ int, p locate.Place) int32 { return p.Zone })
	for _, u := range list {
		u.links = w.ground.links(u)
	}
	zone.links = w.ground.own()
	return append(list, zone), nil
}

// links says how surely a device on a tile is heard by a unit: the sum over the cells of the unit.
func (g *ground) links(u *way) []spread.Link {
	var links []spread.Link
	for t, pairs := range g.foot.Pairs {
		from := len(links)
		for _, p := range pairs {
			unit := int(u.of[p.Cell])
			k := from
			for k < len(links) && links[k].Cell != unit {
				k++
			}
			if k == len(links) {
				links = append(links, spread.Link{Cell: unit, Tile: t})
			}
			links[k].P = math.Min(1, links[k].P+p.P)
		}
	}
	return links
}

// own says that whoever is counted in a zone is on one of its tiles.
func (g *ground) own() []spread.Link {
	var links []spread.Link
	for t, z := range g.zone {
		if z >= 0 {
			links = append(links, spread.Link{Cell: int(z), Tile: t, P: 1})
		}
	}
	return links
}
