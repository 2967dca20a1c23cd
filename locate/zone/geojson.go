package zone

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"

	"github.com/paulmach/orb"
)

// collection is a GeoJSON FeatureCollection (RFC 7946) of which features are still text. Members are looked up in maps, so
// that their names must be exact.
type collection []feature

type feature struct {
	properties map[string]json.RawMessage
	geometry   orb.Geometry // nil, orb.Point, orb.MultiPoint or orb.MultiPolygon
}

// wgs84 are the names of CRS84 that old writers put into a member "crs".
var wgs84 = map[string]bool{
	"urn:ogc:def:crs:OGC:1.3:CRS84": true, "urn:ogc:def:crs:OGC::CRS84": true, "OGC:CRS84": true,
	"EPSG:4326": true, "urn:ogc:def:crs:EPSG::4326": true,
}

// parseCollection reads the features of a text; budget is how many positions it may have at most.
func parseCollection(text []byte, maxFeatures, budget int) (collection, error) {
	var top map[string]json.RawMessage
	if err := decodeOne(text, &top); err != nil {
		return nil, fmt.Errorf("want a GeoJSON FeatureCollection: %w", err)
	}
	if kind := textOf(top["type"]); kind != "FeatureCollection" {
		return nil, fmt.Errorf("got the type %.40q, want FeatureCollection", kind)
	}
	if err := checkCRS(top["crs"]); err != nil {
		return nil, err
	}
	var list []json.RawMessage
	if err := json.Unmarshal(top["features"], &list); err != nil || list == nil {
		return nil, fmt.Errorf("the member features is missing or not a list; want one feature a zone")
	}
	if len(list) > maxFeatures {
		return nil, fmt.Errorf("got %d features, want at most %d; leave out levels that are not needed", len(list), maxFeatures)
	}
	features := make(collection, len(list))
	for i, raw := range list {
		one, err := parseFeature(raw, &budget)
		if err != nil {
			return nil, fmt.Errorf("feature %d: %w", i+1, err)
		}
		features[i] = one
	}
	return features, nil
}

func decodeOne(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return fmt.Errorf("text follows after the end of the object; cut it off")
	}
	return nil
}

func textOf(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

func checkCRS(raw json.RawMessage) error {
	if raw == nil || string(raw) == "null" {
		return nil
	}
	var crs map[string]json.RawMessage
	var properties map[string]json.RawMessage
	if json.Unmarshal(raw, &crs) != nil || json.Unmarshal(crs["properties"], &properties) != nil || !wgs84[textOf(properties["name"])] {
		return fmt.Errorf("the coordinates are in %.60q, want degrees of CRS84 (longitude, latitude); reproject the file", textOf(properties["name"]))
	}
	return nil
}

func parseFeature(raw json.RawMessage, budget *int) (feature, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil || textOf(members["type"]) != "Feature" {
		return feature{}, fmt.Errorf("want an object with type Feature")
	}
	var f feature
	if text := members["properties"]; text != nil {
		if err := json.Unmarshal(text, &f.properties); err != nil {
			return feature{}, fmt.Errorf("properties are not an object")
		}
	}
	var err error
	f.geometry, err = parseGeometry(members["geometry"], budget)
	return f, err
}

// parseGeometry reads a geometry; polygons become multipolygons, rings are turned as RFC 7946 wants them (outer rings
// against the clock), heights are left out.
func parseGeometry(raw json.RawMessage, budget *int) (orb.Geometry, error) {
	if raw == nil || string(raw) == "null" {
		return nil, nil
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil {
		return nil, fmt.Errorf("the geometry is not an object")
	}
	text := members["coordinates"]
	switch kind := textOf(members["type"]); kind {
	case "Point":
		var at []float64
		return parsed(text, &at, func() (orb.Geometry, error) { return point(at, budget) })
	case "MultiPoint":
		var list [][]float64
		return parsed(text, &list, func() (orb.Geometry, error) { return multiPoint(list, budget) })
	case "Polygon":
		var rings [][][]float64
		return parsed(text, &rings, func() (orb.Geometry, error) { return multiPolygon([][][][]float64{rings}, budget) })
	case "MultiPolygon":
		var list [][][][]float64
		return parsed(text, &list, func() (orb.Geometry, error) { return multiPolygon(list, budget) })
	default:
		return nil, fmt.Errorf("got the geometry %.40q, want Polygon, MultiPolygon or Point", kind)
	}
}

func parsed(text json.RawMessage, into any, build func() (orb.Geometry, error)) (orb.Geometry, error) {
	if text == nil || json.Unmarshal(text, into) != nil {
		return nil, fmt.Errorf("the coordinates are missing or not nested as the type of the geometry wants")
	}
	return build()
}

func point(at []float64, budget *int) (orb.Point, error) {
	if *budget--; *budget < 0 {
		return orb.Point{}, fmt.Errorf("the file has too many positions; simplify the borders")
	}
	if len(at) < 2 {
		return orb.Point{}, fmt.Errorf("a position has %d numbers, want longitude and latitude", len(at))
	}
	if !(math.Abs(at[0]) <= 180 && math.Abs(at[1]) <= 90) {
		return orb.Point{}, fmt.Errorf("got the position %.8g, %.8g, want longitude -180..180 and latitude -90..90 in degrees; reproject the file to CRS84", at[0], at[1])
	}
	// A centimetre is enough, and the canonical text then says exactly what was read.
	return orb.Point{math.Round(at[0]*1e7) / 1e7, math.Round(at[1]*1e7) / 1e7}, nil
}

func multiPoint(list [][]float64, budget *int) (orb.MultiPoint, error) {
	out := make(orb.MultiPoint, len(list))
	for i, at := range list {
		p, err := point(at, budget)
		if err != nil {
			return nil, err
		}
		out[i] = p
	}
	return out, nil
}

func multiPolygon(list [][][][]float64, budget *int) (orb.MultiPolygon, error) {
	if len(list) == 0 {
		return nil, fmt.Errorf("the shape has no polygon; leave the geometry null or draw one")
	}
	out := make(orb.MultiPolygon, len(list))
	for i, rings := range list {
		if len(rings) == 0 {
			return nil, fmt.Errorf("polygon %d has no ring", i+1)
		}
		for k, positions := range rings {
			r, err := ring(positions, budget)
			if err != nil {
				return nil, fmt.Errorf("ring %d of polygon %d: %w", k+1, i+1, err)
			}
			if wanted := orb.CCW; (k == 0) != (r.Orientation() == wanted) {
				r.Reverse()
			}
			out[i] = append(out[i], r)
		}
	}
	return out, nil
}

func ring(positions [][]float64, budget *int) (orb.Ring, error) {
	r := make(orb.Ring, 0, len(positions))
	for _, at := range positions {
		p, err := point(at, budget)
		if err != nil {
			return nil, err
		}
		r = append(r, p)
	}
	if len(r) < 4 || r[0] != r[len(r)-1] {
		return nil, fmt.Errorf("got %d positions, want at least 4, the last equal to the first; close the ring", len(r))
	}
	if r.Orientation() == 0 {
		return nil, fmt.Errorf("it has no ground inside; leave it out")
	}
	return r, nil
}
