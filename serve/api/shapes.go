package api

import (
	"encoding/json"
	"errors"
	"fmt"

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
		err = json.Unmarshal(coordinates, &p)
		return shape{point: &p}, err
	case "Polygon":
		var p orb.Polygon
		err = json.Unmarshal(coordinates, &p)
		return shape{outline: orb.MultiPolygon{p}}, err
	case "MultiPolygon":
		var m orb.MultiPolygon
		err = json.Unmarshal(coordinates, &m)
		return shape{outline: m}, err
	}
	return shape{}, errors.New("geometry type " + clip(kind) + ", want Point, Polygon or MultiPolygon")
}
