package api

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/serve/export"
)

// dimensions are the parameters that choose codes of a table.
var dimensions = throng.Dimensions()

// representations are the media types of a table by suffix.
var representations = map[string]string{
	".json":    "application/json",
	".csv":     "text/csv; charset=utf-8",
	".geojson": "application/geo+json",
}

// table answers with one table of a release, whole or by chosen codes, as rows, as columns, or as a file.
func (s *server) table(r *http.Request) (answer, error) {
	name, suffix := cutSuffix(r.PathValue("table"))
	if suffix == "" {
		if suffix = accepted(r.Header.Get("Accept")); suffix == "" {
			return answer{}, newProblem("not-acceptable", "got Accept: "+clip(r.Header.Get("Accept"))+"; JSON, CSV and GeoJSON are served")
		}
	}
	m, err := s.opened(r)
	if err != nil {
		return answer{}, err
	}
	o, layout, err := tableOptions(r.URL.Query(), suffix)
	if err != nil {
		return answer{}, err
	}
	if !pathID.MatchString(name) {
		return answer{}, newProblem("not-found", "release "+m.ID+" has no table of this name")
	}
	v, err := export.Load(s.store, m.ID, o.Kind, o.Method, name)
	if errors.Is(err, release.ErrMissing) {
		return answer{}, newProblem("not-found", "release "+m.ID+" has no table "+clip(name)+" of this kind and method").hint("GET /v1/releases/" + m.ID + " lists its tables")
	}
	if err != nil {
		return answer{}, err
	}
	if v, err = v.Select(o.Where); err != nil {
		return answer{}, err
	}
	text, _ := json.Marshal(m) // encodes as it was decoded
	a := answer{mediaType: representations[suffix], cache: keep(m.Head()), releases: []string{m.ID},
		tag: tagOf(string(text), name, suffix, layout, r.URL.Query().Encode())}
	return s.represent(a, v, o, suffix, layout)
}

// represent chooses how a view is written.
func (s *server) represent(a answer, v export.View, o export.Options, suffix, layout string) (answer, error) {
	if suffix == ".json" {
		a.stream = func(w io.Writer) error { return writeRows(w, v) }
		if layout == "columns" && v.Table.Sparse() {
			return answer{}, wrong("bad-parameter", "?layout", layout, "rows: this table lists the cells with a noisy count of at least "+strconv.FormatInt(v.Table.Tau, 10)+", and columns need them all")
		}
		if layout == "columns" {
			a.stream = func(w io.Writer) error { return writeColumns(w, v) }
		}
		return a, nil
	}
	g, err := s.groundOf(v.Manifest.Geo)
	if err != nil {
		return answer{}, err
	}
	a.fileName = export.FileName(v.Manifest, v.Table.Shape.Name) + suffix
	a.stream = func(w io.Writer) error { return export.WriteCSV(w, v, g.geo, o) }
	if suffix == ".geojson" {
		if err := export.CheckGeoJSON(v); err != nil {
			return answer{}, err
		}
		a.stream = func(w io.Writer) error { return export.WriteGeoJSON(w, v, g.geo, o) }
	}
	return a, nil
}

func cutSuffix(name string) (stem, suffix string) {
	for s := range representations {
		if stem, ok := strings.CutSuffix(name, s); ok {
			return stem, s
		}
	}
	return name, ""
}

// accepted reads Accept: the first media type that is served wins; none given means JSON, none served "".
func accepted(header string) string {
	if header == "" {
		return ".json"
	}
	for _, one := range strings.Split(header, ",") {
		media, rest, _ := strings.Cut(strings.TrimSpace(one), ";")
		if strings.ReplaceAll(rest, " ", "") == "q=0" {
			continue
		}
		switch strings.TrimSpace(media) {
		case "application/json", "application/*", "*/*":
			return ".json"
		case "text/csv", "text/*":
			return ".csv"
		case "application/geo+json":
			return ".geojson"
		}
	}
	return ""
}

// tableOptions reads the parameters of a table. Repeated codes of a dimension are alternatives; the rest stands once.
func tableOptions(q url.Values, suffix string) (o export.Options, layout string, err error) {
	o.Where = export.Where{}
	for name, values := range q {
		if slices.Contains(dimensions, name) {
			if o.Where[name], err = codes(name, values); err != nil {
				return o, "", err
			}
			continue
		}
		if len(values) > 1 {
			return o, "", wrong("bad-parameter", "?"+name, values[1], "the parameter once")
		}
		var words []string
		switch name {
		case "kind":
			o.Kind, words = values[0], []string{release.Estimate, release.Measured}
		case "layout":
			layout, words = values[0], []string{"rows", "columns"}
		case "labels":
			o.Labels, words = values[0], []string{"name", "both"}
		case "bom":
			o.BOM, words = values[0] == "1", []string{"1", "0"}
		case "method":
			o.Method, words = values[0], values
		default:
			return o, "", wrong("bad-parameter", "?"+name, name, "kind, layout, method, labels, bom, "+strings.Join(dimensions, ", "))
		}
		if !slices.Contains(words, values[0]) {
			return o, "", wrong("bad-parameter", "?"+name, values[0], strings.Join(words, " or "))
		}
	}
	if layout != "" && suffix != ".json" {
		return o, "", wrong("bad-parameter", "?layout", layout, "no layout with "+suffix)
	}
	return o, layout, nil
}

// codes reads the codes of one dimension; instants are written as they stand in tables, in UTC.
func codes(dim string, values []string) ([]string, error) {
	if dim != throng.DimTime {
		return values, nil
	}
	utc := make([]string, len(values))
	for i, text := range values {
		at, err := instant(text)
		if err != nil {
			return nil, wrong("bad-time", "?time", text, "the start of a bin, such as 2026-02-03T07:00:00Z (in an address + is written %2B)")
		}
		utc[i] = at.UTC().Format(time.RFC3339)
	}
	return utc, nil
}

// head is what stands before the cells of a table.
type head struct {
	Release  string         `json:"release"`
	Revision int            `json:"revision"`
	Table    string         `json:"table"`
	Kind     string         `json:"kind"`
	Method   string         `json:"method,omitempty"`
	Product  string         `json:"product"`
	Data     string         `json:"data"`
	Geo      release.GeoRef `json:"geo"`
	Period   string         `json:"period"`
	Start    string         `json:"start"`
	End      string         `json:"end"`
	TimeZone string         `json:"time_zone"`
	Tau      int64          `json:"tau,omitempty"` // cells that are not there had a noisy count below it
}

func appendHead(v export.View) []byte {
	m, t := v.Manifest, v.Table
	b, _ := json.Marshal(head{m.ID, m.Revision, t.Shape.Name, t.Kind, t.Method, m.Product, m.Data, m.Geo, m.Period.Name,
		m.Period.Start.UTC().Format(time.RFC3339), m.Period.End.UTC().Format(time.RFC3339), m.Period.TimeZone, t.Tau})
	return b[:len(b)-1] // the object goes on
}

// writeRows writes one object for each cell; nothing but the row at hand is held.
func writeRows(w io.Writer, v export.View) error {
	out := bufio.NewWriterSize(w, 1<<15)
	out.Write(appendHead(v))
	out.WriteString(`,"rows":[`)
	var b []byte
	before := "\n{"
	err := v.Each(func(cell int, at []int) error {
		b = export.AppendRow(append(b[:0], before...), v, cell, at)
		before = ",\n{"
		_, err := out.Write(append(b, '}'))
		return err
	})
	if err != nil {
		return err
	}
	out.WriteString("\n]}\n")
	return out.Flush()
}
