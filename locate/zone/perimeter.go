package zone

import (
	"encoding/json"
	"fmt"

	"github.com/paulmach/orb"

	"github.com/throng-stats/throng/locate/area"
)

// maxPerimeter is how many bytes the text of a perimeter may have: a vertex of full precision takes about 40.
const maxPerimeter = 1 << 20

// ParsePerimeter reads the ground that somebody drew: a GeoJSON geometry, Polygon or MultiPolygon, in degrees (longitude,
// latitude), that area.CheckPerimeter accepts. It is strict, because strangers write it: exact names, no other members
// than type and coordinates, nothing after the end.
func ParsePerimeter(text []byte) (orb.MultiPolygon, error) {
	if len(text) > maxPerimeter {
		return nil, fmt.Errorf("perimeter: got %d bytes, want at most %d; simplify the line", len(text), maxPerimeter)
	}
	var members map[string]json.RawMessage
	if err := decodeOne(text, &members); err != nil {
		return nil, fmt.Errorf("perimeter: want one GeoJSON geometry: %w", err)
	}
	for name := range members {
		if name != "type" && name != "coordinates" {
			return nil, fmt.Errorf("perimeter: got a member that is neither type nor coordinates; send the geometry alone")
		}
	}
	budget := area.MaxVertices
	geometry, err := parseGeometry(text, &budget)
	if err != nil {
		return nil, fmt.Errorf("perimeter: %w", err)
	}
	shape, ok := geometry.(orb.MultiPolygon)
	if !ok {
		return nil, fmt.Errorf("perimeter: got %.40q, want Polygon or MultiPolygon", textOf(members["type"]))
	}
	if err := area.CheckPerimeter(shape); err != nil {
		return nil, err
	}
	return shape, nil
}
