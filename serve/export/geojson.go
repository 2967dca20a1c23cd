package export

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/release"
)

// MaxFeatures is the largest number of features of one GeoJSON file; programs that read GeoJSON hold it whole.
const MaxFeatures = 50_000

// Errors of WriteGeoJSON; wrapped.
var (
	ErrTooLarge = errors.New("too many features for GeoJSON")
	ErrNoShape  = errors.New("the table does not lie on zones, so it has no outlines")
)

// CheckGeoJSON refuses views that GeoJSON is not fit for: too many features, or ground without outlines.
func CheckGeoJSON(v View) error {
	for _, d := range v.Table.Shape.Dims {
		if d.Name == throng.DimZone2 || d.Name == throng.DimZone && d.Level != throng.LevelZone {
			return fmt.Errorf("export: %s of level %s: %w; write csv", d.Name, d.Level, ErrNoShape)
		}
	}
	if n := v.Rows(); n > MaxFeatures {
		return fmt.Errorf("export: got %d features, want at most %d: %w; write csv, or choose zones or hours", n, MaxFeatures, ErrTooLarge)
	}
	return nil
}

// WriteGeoJSON writes a view as an RFC 7946 feature collection: one feature for each zone, period and class, with the
// row as its properties. A zone without an outline has the geometry null.
func WriteGeoJSON(w io.Writer, v View, geo release.Geography, o Options) error {
	if err := CheckGeoJSON(v); err != nil {
		return err
	}
	shapes, err := geometries(geo.Shapes)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(w, 1<<15)
	out.WriteString(`{"type":"FeatureCollection","features":[`)
	names, clock, zone := zoneNames(geo.Zones), clockOf(v), zoneDim(v)
	var b []byte
	first := true
	err = v.Each(func(cell int, at []int) error {
		id := ""
		if zone >= 0 {
			id = v.Table.Shape.Dims[zone].Codes[at[zone]]
		}
		b = b[:0]
		if !first {
			b = append(b, ',')
		}
		first = false
		b = append(b, "\n"+`{"type":"Feature","geometry":`...)
		if g := shapes[id]; g != nil {
			b = append(b, g...)
		} else {
			b = append(b, "null"...)
		}
		b = append(b, `,"properties":{`...)
		if o.Labels != "" && zone >= 0 {
			b = append(appendString(append(b, `"name":`...), names[id]), ',')
		}
		start, secs := clock.at(at)
		if clock.dim < 0 {
			b = append(appendString(append(b, `"time":`...), start), ',')
		}
		b = strconv.AppendInt(append(b, `"duration_s":`...), secs, 10)
		b = AppendRow(append(b, ','), v, cell, at)
		_, err := out.Write(append(b, "}}"...))
		return err
	})
	if err != nil {
		return err
	}
	out.WriteString("\n]}\n")
	return out.Flush()
}

// AppendRow appends the members of one row as JSON without the braces: the codes, then every field that travels with a
// number.
func AppendRow(b []byte, v View, cell int, at []int) []byte {
	for i, d := range v.Table.Shape.Dims {
		b = append(b, '"')
		b = append(b, d.Name...)
		b = append(b, `":`...)
		b = append(appendString(b, d.Codes[at[i]]), ',')
	}
	if v.Table.Kind == release.Measured {
		b = strconv.AppendInt(append(b, `"raw":`...), v.Table.Raw[cell], 10)
		b = strconv.AppendUint(append(b, `,"sigma2":`...), v.Table.Sigma2, 10)
		b = append(b, ',')
	}
	b = AppendNumber(b, v.Number(cell))
	if v.Table.AllocSD != nil {
		b = AppendFloat(append(b, `,"alloc_sd":`...), v.Table.AllocSD[cell], Decimals, "null")
	}
	if v.Table.ScaleSD != nil {
		b = AppendFloat(append(b, `,"scale_sd":`...), v.Table.ScaleSD[cell], Decimals, "null")
	}
	b = appendString(append(b, `,"status":`...), v.Status(cell))
	b = appendString(append(b, `,"release":`...), v.Manifest.ID)
	return strconv.AppendInt(append(b, `,"revision":`...), int64(v.Manifest.Revision), 10)
}

// AppendNumber appends value, estimate, noise_sd, lo, hi and reliable as JSON members.
func AppendNumber(b []byte, n Number) []byte {
	if n.Missing {
		return append(b, `"value":null,"estimate":null,"noise_sd":null,"lo":null,"hi":null,"reliable":false`...)
	}
	b = strconv.AppendInt(append(b, `"value":`...), n.Value, 10)
	b = AppendFloat(append(b, `,"estimate":`...), n.Estimate, Decimals, "null")
	b = AppendFloat(append(b, `,"noise_sd":`...), n.NoiseSD, Decimals, "null")
	b = AppendFloat(append(b, `,"lo":`...), n.Lo, Decimals, "null")
	b = AppendFloat(append(b, `,"hi":`...), n.Hi, Decimals, "null")
	return strconv.AppendBool(append(b, `,"reliable":`...), n.Reliable)
}

// appendString appends a JSON string. Most codes need no escape.
func appendString(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= 0x7f || c == '<' || c == '>' || c == '&' {
			text, _ := json.Marshal(s) // a string always encodes
			return append(b, text...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

func zoneDim(v View) int {
	for i, d := range v.Table.Shape.Dims {
		if d.Name == throng.DimZone {
			return i
		}
	}
	return -1
}

// geometries reads the outlines of zones by their id.
func geometries(shapes []byte) (map[string]json.RawMessage, error) {
	if len(shapes) == 0 {
		return nil, nil
	}
	var file struct {
		Features []struct {
			Geometry   json.RawMessage `json:"geometry"`
			Properties struct {
				ID string `json:"id"`
			} `json:"properties"`
		} `json:"features"`
	}
	if err := json.Unmarshal(shapes, &file); err != nil {
		return nil, fmt.Errorf("export: zones.geojson of the geography cannot be read: %w; publish the geography again", err)
	}
	byID := make(map[string]json.RawMessage, len(file.Features))
	for _, f := range file.Features {
		byID[f.Properties.ID] = f.Geometry
	}
	return byID, nil
}
