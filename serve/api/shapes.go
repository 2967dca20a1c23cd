package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"github.com/paulmach/orb"
)

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
		if err = json.Unmarshal(coordinates, &p); err == nil {
			err = inDegrees(p)
		}
		return shape{point: &p}, err
	case "Polygon":
		var p orb.Polygon
		if err = json.Unmarshal(coordinates, &p); err == nil {
			err = outlineInDegrees(orb.MultiPolygon{p})
		}
		return shape{outline: orb.MultiPolygon{p}}, err
	case "MultiPolygon":
		var m orb.MultiPolygon
		if err = json.Unmarshal(coordinates, &m); err == nil {
			err = outlineInDegrees(m)
		}
		return shape{outline: m}, err
	}
	return shape{}, errors.New("geometry type " + clip(kind) + ", want Point, Polygon or MultiPolygon")
}

func outlineInDegrees(m orb.MultiPolygon) error {
	for _, polygon := range m {
		for _, ring := range polygon {
			for _, p := range ring {
				if err := inDegrees(p); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func inDegrees(p orb.Point) error {
	if !(math.Abs(p[0]) <= 180 && math.Abs(p[1]) <= 90) {
		return fmt.Errorf("position %v, want longitude -180..180 and latitude -90..90 in degrees", p)
	}
	return nil
}
