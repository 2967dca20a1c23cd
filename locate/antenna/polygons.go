package antenna

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/paulmach/orb"

	"github.com/throng-stats/throng/locate"
	"github.com/throng-stats/throng/locate/area"
	"github.com/throng-stats/throng/locate/zone"
)

// beginsObject reports whether a text begins as JSON does.
func beginsObject(begin []byte) bool {
	text := strings.TrimLeft(strings.TrimPrefix(string(begin), "\ufeff"), " \t\r\n")
	return strings.HasPrefix(text, "{")
}

// outlines reads a plan as GeoJSON (RFC 7946): one feature a cell, whose properties are the fields of a plan. A polygon
// is where the cell serves, as an operator's own planning tool knows it; latitude and longitude may be left out then and
// are the centre of the polygon. A point is a cell without an outline, which stands there.
func (in *intake) outlines(r io.Reader) error {
	text, err := io.ReadAll(io.LimitReader(r, maxPlanBytes+1))
	if err == nil && len(text) > maxPlanBytes {
		err = fmt.Errorf("got more than %d bytes; simplify the polygons", maxPlanBytes)
	}
	if err != nil {
		return err
	}
	shapes, err := zone.Geometries(text)
	if err != nil {
		return err
	}
	var file struct {
		Features []struct {
			Properties map[string]any `json:"properties"`
			Geometry   *struct{}      `json:"geometry"`
		} `json:"features"`
	}
	if err := json.Unmarshal(text, &file); err != nil {
		return fmt.Errorf("want a GeoJSON FeatureCollection: %w", err)
	}
	if len(shapes) != len(file.Features) {
		return fmt.Errorf("got %d features with %d geometries; want a polygon or a point each", len(file.Features), len(shapes))
	}
	header := outlineHeader(in.opt)
	if err := in.begin(header); err != nil {
		return err
	}
	for i, f := range file.Features {
		record := make([]string, len(header))
		for k, column := range header {
			record[k] = property(f.Properties[column])
		}
		outline, at := outlineOf(shapes[i])
		for k, v := range [2]float64{at[1], at[0]} { // latitude and longitude end the header
			if place := len(header) - 2 + k; record[place] == "" {
				record[place] = strconv.FormatFloat(v, 'f', -1, 64)
			}
		}
		if err := in.add(record, i+1, outline); err != nil {
			return err
		}
	}
	return nil
}

// outlineHeader lists the properties that are read: the id, the site, the type, the dates, and where the cell stands.
func outlineHeader(opt PlanOptions) []string {
	fields := []string{fieldID, fieldSite, fieldStart, fieldEnd, fieldLat, fieldLon}
	for column, field := range opt.Columns {
		for i, known := range fields {
			if known == field {
				fields[i] = column
			}
		}
	}
	return fields
}

// property writes a value as it would stand in CSV.
func property(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		return map[bool]string{true: "1", false: "0"}[v]
	}
	return ""
}

// outlineOf is the polygon of a cell and a point inside its box that stands for it: the centre of mass of its corners.
func outlineOf(g orb.Geometry) (orb.MultiPolygon, orb.Point) {
	var outline orb.MultiPolygon
	switch g := g.(type) {
	case orb.Point:
		return nil, g
	case orb.Polygon:
		outline = orb.MultiPolygon{g}
	case orb.MultiPolygon:
		outline = g
	default:
		return nil, orb.Point{math.NaN(), math.NaN()} // flagged as no position
	}
	var sum orb.Point
	n := 0.0
	for _, polygon := range outline {
		ring := polygon[0]
		for _, p := range ring[:len(ring)-1] {
			sum[0], sum[1], n = sum[0]+p[0], sum[1]+p[1], n+1
		}
	}
	return outline, orb.Point{sum[0] / n, sum[1] / n}
}

// HasOutlines reports whether any cell of a plan is given as a polygon, so that BuildOutlines and not Build is for it.
func HasOutlines(plan []Cell) bool {
	for _, c := range plan {
		if c.Outline != nil {
			return true
		}
	}
	return false
}

// BuildOutlines is Build for a plan whose cells say by polygons where they serve: a cell is heard on every tile that its
// polygon touches, as strongly as the share of the tile that lies inside, and nothing is modelled. A cell without a polygon,
// or whose polygon is nowhere, is heard on the tile where it stands. Everything after the footprint, leaves, blocks, areas,
// protected places and shares, is as in Build.
func BuildOutlines(plan []Cell, zones *zone.Set, opt Options) (*locate.Ground, BuildReport, error) {
	return groundOf(plan, zones, opt, (*builder).outline)
}

// mostTiles is how many tiles a polygon's box may have: a country at 100 m.
const mostTiles = 200_000_000

// outline makes the footprint of polygons.
func (b *builder) outline() error {
	b.survey = newSurvey(b.cells, b.opt.Plane, b.opt.Tile)
	var all []heard
	for i, c := range b.cells {
		if c.Outline == nil {
			b.report.Bare++
			continue
		}
		shape := b.opt.Plane.Shape(c.Outline)
		box := shape.Bound()
		side := float64(b.opt.Tile)
		if tiles := (box.Max[0] - box.Min[0]) / side * (box.Max[1] - box.Min[1]) / side; !(tiles <= mostTiles) {
			return fmt.Errorf("ground: the polygon of cell %.40q spans %.0f tiles, want at most %d; correct it, or take larger tiles", c.ID, tiles, mostTiles)
		}
		area.Coverage(shape, b.opt.Tile, func(e, n int32, share float64) {
			if share > 0 {
				all = append(all, heard{e, n, int32(i), share})
			}
		})
	}
	all, b.report.Orphans = b.survey.addOrphans(all)
	b.foot = assemble(all, b.opt.Tile)
	return nil
}
