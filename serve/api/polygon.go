package api

import (
	"math"
	"slices"
	"strconv"

	"github.com/paulmach/orb"

	"github.com/throng-stats/throng/locate/area"
)

// readPolygon reads a GeoJSON Polygon or MultiPolygon in longitude and latitude and puts it into canonical form.
func readPolygon(n node) (orb.MultiPolygon, error) {
	if err := n.only("type", "coordinates"); err != nil {
		return nil, err
	}
	kind, _ := n.field("type")
	coordinates, _ := n.field("coordinates")
	var polygons []node
	switch {
	case kind.kind == "string" && kind.text == "Polygon":
		polygons = []node{coordinates}
	case kind.kind == "string" && kind.text == "MultiPolygon":
		if err := coordinates.is("array"); err != nil {
			return nil, wrong("bad-area", n.pointer+"/coordinates", coordinates.kind, "an array of polygons")
		}
		polygons = coordinates.items
	default:
		return nil, wrong("bad-area", n.pointer+"/type", kind.text, "Polygon or MultiPolygon")
	}
	var shape orb.MultiPolygon
	vertices := 0
	for _, p := range polygons {
		if p.kind != "array" {
			return nil, wrong("bad-area", n.pointer+"/coordinates", p.kind, "an array of rings")
		}
		var polygon orb.Polygon
		for _, r := range p.items {
			if vertices += len(r.items); vertices > maxVertices {
				return nil, wrong("too-large", r.pointer, "more than "+strconv.Itoa(maxVertices)+" vertices", "at most "+strconv.Itoa(maxVertices)+"; simplify the line")
			}
			ring, err := readRing(r)
			if err != nil {
				return nil, err
			}
			polygon = append(polygon, ring)
		}
		shape = append(shape, polygon)
	}
	if err := area.CheckPerimeter(shape); err != nil {
		return nil, wrong("bad-area", n.pointer, err.Error(), "a closed simple line in longitude, latitude with ground inside")
	}
	return canonicalShape(shape), nil
}

// readRing reads positions, rounded to seven decimals of a degree (about a centimetre); neighbours that fall together
// are one.
func readRing(n node) (orb.Ring, error) {
	if n.kind != "array" {
		return nil, wrong("bad-area", n.pointer, n.kind, "an array of positions")
	}
	var ring orb.Ring
	for _, p := range n.items {
		if p.kind != "array" || len(p.items) != 2 || p.items[0].kind != "number" || p.items[1].kind != "number" {
			return nil, wrong("bad-area", p.pointer, p.kind, "a position [longitude, latitude] of two numbers")
		}
		var at orb.Point
		for k, item := range p.items {
			x, err := strconv.ParseFloat(item.text, 64)
			if limit := []float64{180, 90}[k]; err != nil || math.Abs(x) > limit {
				return nil, wrong("bad-area", item.pointer, item.text, "longitude from -180 to 180, then latitude from -90 to 90")
			}
			at[k] = math.Round(x*1e7)/1e7 + 0 // + 0: there is no -0
		}
		if len(ring) == 0 || ring[len(ring)-1] != at {
			ring = append(ring, at)
		}
	}
	return ring, nil
}

// canonicalShape turns every ring counterclockwise, begins it at its smallest vertex and sorts holes and polygons, so
// that the same ground drawn in another order is the same question.
func canonicalShape(shape orb.MultiPolygon) orb.MultiPolygon {
	out := make(orb.MultiPolygon, len(shape))
	for i, polygon := range shape {
		for _, ring := range polygon {
			out[i] = append(out[i], canonicalRing(ring))
		}
		slices.SortFunc(out[i][1:], func(a, b orb.Ring) int { return comparePoints(a[0], b[0]) })
	}
	slices.SortFunc(out, func(a, b orb.Polygon) int { return comparePoints(a[0][0], b[0][0]) })
	return out
}

func canonicalRing(ring orb.Ring) orb.Ring {
	open := slices.Clone(ring[:len(ring)-1])
	if ring.Orientation() == orb.CW {
		slices.Reverse(open)
	}
	first := 0
	for i := range open {
		if comparePoints(open[i], open[first]) < 0 {
			first = i
		}
	}
	turned := append(slices.Clone(open[first:]), open[:first]...)
	return append(turned, turned[0])
}

func comparePoints(a, b orb.Point) int { return slices.Compare(a[:], b[:]) }
