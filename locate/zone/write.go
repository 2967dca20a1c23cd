package zone

import (
	"bytes"
	"encoding/json"
	"strconv"

	"github.com/paulmach/orb"
)

// GeoJSON writes the canonical text of a geography: features in the order of Zones, one a line, properties id, name,
// parent, level and, when an id was rewritten, label; degrees with at most seven decimals (a centimetre). Reading it gives
// the same zones; a zone without a shape of its own has the geometry null.
func (s *Set) GeoJSON() []byte {
	var b bytes.Buffer
	b.WriteString(`{"type":"FeatureCollection","features":[`)
	for i := range s.Zones.Len() {
		z := s.Zones.At(i)
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString("\n" + `{"type":"Feature","properties":{"id":` + quote(z.ID) + `,"name":` + quote(z.Name))
		if z.Parent != "" {
			b.WriteString(`,"parent":` + quote(z.Parent))
		}
		b.WriteString(`,"level":` + strconv.Itoa(z.Level))
		if s.labels[i] != "" {
			b.WriteString(`,"label":` + quote(s.labels[i]))
		}
		b.WriteString(`},"geometry":`)
		writeGeometry(&b, s.shapes[i])
		b.WriteByte('}')
	}
	b.WriteString("\n]}\n")
	return b.Bytes()
}

func quote(text string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(text); err != nil {
		panic("zone: a string cannot be written as JSON: " + err.Error())
	}
	return string(bytes.TrimRight(b.Bytes(), "\n"))
}

func writeGeometry(b *bytes.Buffer, shape orb.Geometry) {
	switch shape := shape.(type) {
	case orb.Point:
		b.WriteString(`{"type":"Point","coordinates":`)
		writePoint(b, shape)
		b.WriteByte('}')
	case orb.MultiPolygon:
		b.WriteString(`{"type":"MultiPolygon","coordinates":`)
		writeList(b, shape, func(polygon orb.Polygon) {
			writeList(b, polygon, func(ring orb.Ring) {
				writeList(b, ring, func(p orb.Point) { writePoint(b, p) })
			})
		})
		b.WriteByte('}')
	default:
		b.WriteString("null")
	}
}

func writeList[T any](b *bytes.Buffer, list []T, write func(T)) {
	b.WriteByte('[')
	for i, one := range list {
		if i > 0 {
			b.WriteByte(',')
		}
		write(one)
	}
	b.WriteByte(']')
}

func writePoint(b *bytes.Buffer, p orb.Point) {
	b.WriteByte('[')
	b.WriteString(degrees(p[0]))
	b.WriteByte(',')
	b.WriteString(degrees(p[1]))
	b.WriteByte(']')
}

// degrees writes a number with at most seven decimals and no needless zeros.
func degrees(v float64) string {
	text := []byte(strconv.FormatFloat(v, 'f', 7, 64))
	text = bytes.TrimRight(text, "0")
	text = bytes.TrimSuffix(text, []byte("."))
	if string(text) == "-0" {
		return "0"
	}
	return string(text)
}
