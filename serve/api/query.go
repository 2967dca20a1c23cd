package api

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/paulmach/orb"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/locate/area"
)

// Limits of a query; /v1/limits prints them.
const (
	maxVertices = area.MaxVertices
	maxZones    = 1000
	maxReleases = 31
	maxSeconds  = 15 * time.Second
)

// query is a question in its canonical form: what means the same is written the same.
type query struct {
	product   string
	geography string           // id; "" for that of the newest release
	zones     []string         // sorted, each once; nil when there is a polygon
	polygon   orb.MultiPolygon // rounded, each ring counterclockwise from its smallest vertex
	day       string           // time as the name of a day
	from, to  time.Time        // time as an interval; zero when not given
	by        []string         // in the order of breakdowns, each once
}

// breakdowns are the words of by in the order of the answer.
var breakdowns = []string{throng.DimTime, throng.DimGender, throng.DimAge, throng.DimOrigin}

// parseQuery reads a query body.
func parseQuery(n node) (query, error) {
	q := query{by: []string{throng.DimTime}}
	if err := n.only("product", "area", "time", "by", "geography"); err != nil {
		return q, err
	}
	product, ok := n.field("product")
	if !ok {
		return q, wrong("bad-type", "/product", "nothing", "the id of a product, such as present")
	}
	if err := product.is("string"); err != nil {
		return q, err
	}
	q.product = product.text
	if g, ok := n.field("geography"); ok {
		if err := g.is("string"); err != nil {
			return q, err
		}
		q.geography = g.text
	}
	if t, ok := n.field("time"); ok {
		if err := q.readTime(t); err != nil {
			return q, err
		}
	}
	if by, ok := n.field("by"); ok {
		if err := q.readBy(by); err != nil {
			return q, err
		}
	}
	a, ok := n.field("area")
	if !ok {
		return q, wrong("bad-area", "/area", "nothing", `{"polygon": GeoJSON geometry} or {"zones": [ids]}`)
	}
	return q, q.readArea(a)
}

func (q *query) readTime(n node) error {
	if err := n.is("string"); err != nil {
		return err
	}
	if dayPattern.MatchString(n.text) {
		q.day = n.text
		return nil
	}
	var err error
	if q.from, q.to, err = interval(n.text); err != nil {
		return wrong("bad-time", n.pointer, n.text, err.Error()+", such as 2026-02-03T00:00:00+01:00/PT24H, or a day such as 2026-02-03")
	}
	return nil
}

// readBy reads the breakdowns. An item that joins two of them asks for their cross.
func (q *query) readBy(n node) error {
	words, err := n.words(len(breakdowns) * 2)
	if err != nil {
		return err
	}
	if len(words) == 0 {
		return wrong("bad-parameter", n.pointer, "an empty list", "some of "+strings.Join(breakdowns, ", "))
	}
	q.by = nil
	for i, w := range words {
		at := n.pointer + "/" + strconv.Itoa(i)
		if parts := strings.FieldsFunc(w, func(r rune) bool { return strings.ContainsRune("x×*,+ ", r) }); len(parts) > 1 &&
			slices.Contains(breakdowns, parts[0]) && slices.Contains(breakdowns, parts[1]) {
			return wrong("cross-not-released", at, w, "breakdowns one by one; each comes by time")
		}
		if !slices.Contains(breakdowns, w) {
			return wrong("bad-parameter", at, w, "one of "+strings.Join(breakdowns, ", "))
		}
	}
	for _, b := range breakdowns {
		if slices.Contains(words, b) {
			q.by = append(q.by, b)
		}
	}
	return nil
}

func (q *query) readArea(n node) error {
	if err := n.only("polygon", "zones"); err != nil {
		return err
	}
	polygon, drawn := n.field("polygon")
	zones, named := n.field("zones")
	switch {
	case drawn == named:
		return wrong("bad-area", n.pointer, strconv.Itoa(len(n.names))+" fields", "either polygon or zones")
	case drawn:
		var err error
		q.polygon, err = readPolygon(polygon)
		return err
	}
	list, err := zones.words(maxZones)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return wrong("bad-area", zones.pointer, "an empty list", "at least one zone")
	}
	slices.Sort(list)
	q.zones = slices.Compact(list)
	return nil
}

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

// canonical writes a query with the time that it was answered for: sorted keys, defaults written out.
func (q query) canonical(from, to time.Time) string {
	var b strings.Builder
	b.WriteString(`{"area":`)
	if q.zones != nil {
		b.WriteString(`{"zones":["` + strings.Join(q.zones, `","`) + `"]}`)
	} else {
		b.WriteString(`{"polygon":[`)
		for i, polygon := range q.polygon {
			comma(&b, i)
			b.WriteByte('[')
			for k, ring := range polygon {
				comma(&b, k)
				writeRing(&b, ring)
			}
			b.WriteByte(']')
		}
		b.WriteString(`]}`)
	}
	b.WriteString(`,"by":["` + strings.Join(q.by, `","`) + `"],"geography":"` + q.geography + `","product":"` + q.product + `","time":"`)
	b.WriteString(from.UTC().Format(time.RFC3339Nano) + "/" + to.UTC().Format(time.RFC3339Nano) + `"}`)
	return b.String()
}

func writeRing(b *strings.Builder, ring orb.Ring) {
	b.WriteByte('[')
	for i, p := range ring {
		comma(b, i)
		b.WriteString("[" + strconv.FormatFloat(p[0], 'f', -1, 64) + "," + strconv.FormatFloat(p[1], 'f', -1, 64) + "]")
	}
	b.WriteByte(']')
}

func comma(b *strings.Builder, i int) {
	if i > 0 {
		b.WriteByte(',')
	}
}
