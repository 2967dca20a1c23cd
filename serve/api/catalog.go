package api

import (
	"bytes"
	_ "embed" // openapi.json is part of the program
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/serve/export"
)

//go:embed openapi.json
var openapi []byte

// pathID is what an id in a path may look like, so that no path of a store is ever built from anything else.
var pathID = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$`)

// titles are the products of the definitions with what people call them.
var titles = map[string]string{
	"present-live": "Present population, live",
	"present":      "Present population by hour",
	"visitors":     "Distinct visitors of a day",
	"nights":       "Nights",
	"flows-hour":   "Flows between zones by hour",
	"flows-day":    "Flows between zones by day",
	"flows-month":  "Flows between zones by month",
	"usual":        "Usual environment: home and work",
	"migration":    "Migration between zones",
	"tourism":      "Tourism",
	"spending":     "Spending",
	"market":       "Market penetration",
	"vehicles":     "Departures and arrivals of shared vehicles",
}

// openAPI answers with the description of this interface.
func (s *server) openAPI(*http.Request) (answer, error) {
	return answer{mediaType: "application/json", body: openapi}, nil
}

// root says what is served here.
func (s *server) root(r *http.Request) (answer, error) {
	list, err := s.store.List()
	if err != nil {
		return answer{}, err
	}
	about := struct {
		Name        string            `json:"name"`
		Version     string            `json:"version"`
		Holder      string            `json:"holder"`
		Data        string            `json:"data"`
		Licence     string            `json:"licence"`
		Products    []string          `json:"products"`
		Geographies []release.GeoRef  `json:"geographies"`
		Links       map[string]string `json:"links"`
	}{Name: "throng", Version: s.opt.Version, Products: productsOf(list), Geographies: geosOf(list), Links: map[string]string{
		"available": "/v1/available", "description": "/v1/openapi.json", "geographies": "/v1/geographies", "ledger": "/v1/ledger",
		"limits": "/v1/limits", "products": "/v1/products", "queries": "/v1/queries", "releases": "/v1/releases",
	}}
	if len(list) > 0 {
		about.Holder, about.Data, about.Licence = list[0].Holder, dataOf(list), list[0].Licence
	}
	return jsonAnswer(about)
}

// dataOf is the word for the banner: real as soon as one release is real, then public, else synthetic.
func dataOf(list []release.Manifest) string {
	for _, word := range []string{"real", "public"} {
		if slices.ContainsFunc(list, func(m release.Manifest) bool { return m.Data == word }) {
			return word
		}
	}
	return "synthetic"
}

func productsOf(list []release.Manifest) []string {
	ids := []string{}
	for _, m := range list {
		ids = append(ids, m.Product)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

func geosOf(list []release.Manifest) []release.GeoRef {
	refs := []release.GeoRef{}
	for _, m := range list {
		if !slices.Contains(refs, m.Geo) {
			refs = append(refs, m.Geo)
		}
	}
	slices.SortFunc(refs, func(a, b release.GeoRef) int {
		return bytes.Compare([]byte(a.ID+"/"+a.Version), []byte(b.ID+"/"+b.Version))
	})
	return refs
}

// limits prints the limits, which are also in openapi.json.
func (s *server) limits(*http.Request) (answer, error) {
	return jsonAnswer(struct {
		BodyBytes         int `json:"body_bytes"`
		JSONDepth         int `json:"json_depth"`
		PerimeterVertices int `json:"perimeter_vertices"`
		ZonesPerQuery     int `json:"zones_per_query"`
		ReleasesPerQuery  int `json:"releases_per_query"`
		SecondsPerQuery   int `json:"seconds_per_query"`
		GeoJSONFeatures   int `json:"geojson_features"`
		EchoCharacters    int `json:"echo_characters"`
	}{maxBody, maxDepth, maxVertices, maxZones, maxReleases, int(maxSeconds.Seconds()), export.MaxFeatures, maxEcho})
}

// described is a product as it is listed.
type described struct {
	ID     string            `json:"id"`
	Title  string            `json:"title"`
	Unit   string            `json:"unit"`
	Tables []string          `json:"tables"`
	Grain  map[string]string `json:"grain"` // of each table: the level on which it was measured
	Method string            `json:"method"`
}

func describe(id string, list []release.Manifest) described {
	d := described{ID: id, Title: titles[id], Tables: []string{}, Grain: map[string]string{}}
	if d.Title == "" {
		d.Title = id
	}
	i := slices.IndexFunc(list, func(m release.Manifest) bool { return m.Product == id })
	m := list[i]
	d.Unit, d.Method = m.Unit, m.Method
	for _, n := range export.Names(m) {
		if n.Kind == release.Estimate && !slices.Contains(d.Tables, n.Table) {
			d.Tables = append(d.Tables, n.Table)
		}
	}
	slices.Sort(d.Tables)
	for _, p := range m.Parts {
		for _, a := range p.Domain {
			if a.Name == throng.DimZone {
				d.Grain[p.Table] = a.Level
			}
		}
	}
	return d
}

func (s *server) products(*http.Request) (answer, error) {
	list, err := s.store.List()
	if err != nil {
		return answer{}, err
	}
	all := []described{}
	for _, id := range productsOf(list) {
		all = append(all, describe(id, list))
	}
	return jsonAnswer(all)
}

func (s *server) product(r *http.Request) (answer, error) {
	list, err := s.store.List()
	if err != nil {
		return answer{}, err
	}
	id := r.PathValue("id")
	if !slices.Contains(productsOf(list), id) {
		return answer{}, newProblem("not-found", "no release is of the product "+clip(id)).hint("GET /v1/products lists the products")
	}
	return jsonAnswer(describe(id, list))
}

// available says which periods of a product can be read, which are missing between them, and when the next one comes.
func (s *server) available(r *http.Request) (answer, error) {
	if err := onlyParameters(r, "product"); err != nil {
		return answer{}, err
	}
	list, err := s.store.List()
	if err != nil {
		return answer{}, err
	}
	id := r.URL.Query().Get("product")
	if !slices.Contains(productsOf(list), id) {
		return answer{}, wrong("bad-parameter", "?product", id, "a product of /v1/products")
	}
	type period struct {
		Name     string `json:"name"`
		Release  string `json:"release"`
		Revision int    `json:"revision"`
	}
	out := struct {
		Product string   `json:"product"`
		First   string   `json:"first"`
		Last    string   `json:"last"`
		Periods []period `json:"periods"`
		Gaps    []string `json:"gaps"`
		Next    string   `json:"next_not_before,omitempty"`
	}{Product: id, Periods: []period{}, Gaps: []string{}}
	var names []string
	for _, m := range s.latest(list, id) {
		if !s.open(m) {
			if out.Next == "" || m.NotBefore < out.Next {
				out.Next = m.NotBefore
			}
			continue
		}
		out.Periods = append(out.Periods, period{m.Period.Name, m.ID, m.Revision})
		names = append(names, m.Period.Name)
	}
	if len(names) > 0 {
		out.First, out.Last, out.Gaps = names[0], names[len(names)-1], gaps(names)
	}
	return jsonAnswer(out)
}

// latest keeps the last revision of each period of a product that may be read, by period, ascending; where none may be
// read yet, the last one there is. A period that was released for several geographies has one entry for each.
func (s *server) latest(list []release.Manifest, product string) []release.Manifest {
	best := map[string]release.Manifest{}
	for _, m := range list {
		if m.Product != product {
			continue
		}
		key := m.Period.Name + "\x00" + m.Geo.ID
		before, ok := best[key]
		if !ok || s.open(m) && !s.open(before) || s.open(m) == s.open(before) && m.Revision > before.Revision {
			best[key] = m
		}
	}
	var keys []string
	for k := range best {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	out := make([]release.Manifest, len(keys))
	for i, k := range keys {
		out[i] = best[k]
	}
	return out
}

// gaps lists the days or months that are missing between the first and the last name, ascending.
func gaps(names []string) []string {
	layout, months, days := time.DateOnly, 0, 1
	if len(names[0]) == len("2006-01") {
		layout, months, days = "2006-01", 1, 0
	}
	missing := []string{}
	at, err := time.Parse(layout, names[0])
	for i := 1; err == nil && i < len(names); at = at.AddDate(0, months, days) {
		switch name := at.Format(layout); {
		case name < names[i] && name > names[i-1]:
			missing = append(missing, name)
		case name >= names[i]:
			i++
		}
		if len(missing) > 10_000 {
			return missing
		}
	}
	return missing
}

// ledger passes the public summary of the ledger through as it was written.
func (s *server) ledger(*http.Request) (answer, error) {
	text, err := s.store.Summary()
	if err != nil {
		return answer{}, fmt.Errorf("summary of the ledger: %w", err)
	}
	return answer{mediaType: "application/json", body: text}, nil
}

// open reports whether the content of a release may be read: its not_before has come. A not_before that cannot be read
// keeps the release closed.
func (s *server) open(m release.Manifest) bool {
	if m.NotBefore == "" || s.opt.IgnoreEmbargo && (m.Data == "synthetic" || m.Data == "public") {
		return true
	}
	at, err := time.Parse(time.RFC3339, m.NotBefore)
	return err == nil && !s.opt.Now().Before(at)
}

// opened returns the manifest of a release that may be read.
func (s *server) opened(r *http.Request) (release.Manifest, error) {
	id := r.PathValue("id")
	if !pathID.MatchString(id) {
		return release.Manifest{}, newProblem("not-found", "no release is called "+clip(strconv.Quote(id))).hint("GET /v1/releases lists the releases")
	}
	m, err := s.store.Manifest(id)
	if errors.Is(err, release.ErrMissing) {
		return m, newProblem("not-found", "no release is called "+clip(id)).hint("GET /v1/releases lists the releases")
	}
	if err != nil {
		return m, err
	}
	if !s.open(m) {
		return m, embargoed(m)
	}
	return m, nil
}

func embargoed(m release.Manifest) error {
	return newProblem("embargoed", "release "+m.ID+" is published at "+clip(m.NotBefore)).hint("ask again then; the date does not depend on the content")
}

// keep is how long an answer about a release may be kept: for ever, but asked for again where the data are invented,
// because a demonstration makes other numbers under the same names.
func keep(m release.Manifest) string {
	if m.Data == "real" || m.Data == "public" {
		return cacheImmutable
	}
	return cacheList
}

func (s *server) manifest(r *http.Request) (answer, error) {
	m, err := s.opened(r)
	if err != nil {
		return answer{}, err
	}
	a, err := jsonAnswer(m)
	a.cache, a.releases = keep(m), []string{m.ID}
	return a, err
}

func (s *server) claim(r *http.Request) (answer, error)   { return s.text(r, "claim.json") }
func (s *server) quality(r *http.Request) (answer, error) { return s.text(r, "quality.json") }

// text answers with a JSON file of a release as it was published.
func (s *server) text(r *http.Request, path string) (answer, error) {
	m, err := s.opened(r)
	if err != nil {
		return answer{}, err
	}
	f, err := s.store.Open(m.ID, path)
	if errors.Is(err, release.ErrMissing) {
		return answer{}, newProblem("not-found", "release "+m.ID+" has no "+path)
	}
	if err != nil {
		return answer{}, err
	}
	defer f.Close()
	body, err := io.ReadAll(f)
	if err == nil && !json.Valid(body) {
		err = fmt.Errorf("%s of release %s is not JSON: %w", path, m.ID, release.ErrCorrupt)
	}
	return answer{mediaType: "application/json", body: body, cache: keep(m), releases: []string{m.ID}}, err
}

// onlyParameters refuses parameters that a path does not know, and names that are given twice.
func onlyParameters(r *http.Request, names ...string) error {
	for name, values := range r.URL.Query() {
		if !slices.Contains(names, name) {
			want := "no parameters here"
			if len(names) > 0 {
				want = "one of " + fmt.Sprint(names)
			}
			return wrong("bad-parameter", "?"+name, name, want)
		}
		if len(values) > 1 {
			return wrong("bad-parameter", "?"+name, values[1], "the parameter once")
		}
	}
	return nil
}
