package api

import (
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
	maxBins     = 100 // of present-live: those of a civil day
	maxForecast = 7   // days; a comparison with the usual day takes as many
	longest     = 15 * time.Second
)

// query is a question in its canonical form: what means the same is written the same.
type query struct {
	product   string
	geography string           // id; "" for that of the newest release
	zones     []string         // sorted, each once; nil when there is a polygon
	polygon   orb.MultiPolygon // rounded, each ring counterclockwise from its smallest vertex
	day       string           // time as the name of a day
	newest    bool             // time as the newest bin of a live count
	from, to  time.Time        // time as an interval; zero when not given
	by        []string         // in the order of breakdowns, each once
	usual     bool             // compare with the usual day
	forecast  int              // civil days after the newest release that are forecast; 0: none
	pyramid   bool             // gender by age, modelled
	purpose   string           // why it is asked; "" when it was not said. No part of the canonical form
}

// breakdowns are the words of by in the order of the answer.
var breakdowns = []string{throng.DimTime, throng.DimGender, throng.DimAge, throng.DimOrigin, throng.DimRole}

// parseQuery reads a query body.
func parseQuery(n node) (query, error) {
	q := query{by: []string{throng.DimTime}}
	if err := n.only("product", "area", "time", "by", "compare", "forecast", "geography", "purpose", "pyramid"); err != nil {
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
	if err := q.readBesides(n); err != nil {
		return q, err
	}
	if err := q.onlyHours(n); err != nil {
		return q, err
	}
	a, ok := n.field("area")
	if !ok {
		return q, wrong("bad-area", "/area", "nothing", `{"polygon": GeoJSON geometry} or {"zones": [ids]}`)
	}
	return q, q.readArea(a)
}

// live reports whether people present are asked bin by bin, as they are published while the day goes on.
func (q *query) live() bool { return q.product == productLive }

func (q *query) readTime(n node) error {
	if err := n.is("string"); err != nil {
		return err
	}
	if dayPattern.MatchString(n.text) {
		q.day = n.text
		return nil
	}
	if n.text == "live" && q.live() {
		q.newest = true
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
	b.WriteString(`,"by":["` + strings.Join(q.by, `","`) + `"]` + q.besides() + `,"geography":"` + q.geography + `","product":"` + q.product + `","time":"`)
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
