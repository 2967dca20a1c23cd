package api

import (
	"bytes"
	_ "embed" // openapi.json is part of the program
	"net/http"
	"slices"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/serve/export"
)

//go:embed openapi.json
var openapi []byte

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
	"bookings":     "Trips and nights booked",
	"cases":        "Cases of public bodies",
	"reports":      "Reports about places and vehicles",
	"vehicles":     "Departures and arrivals of shared vehicles",
}

// openAPI answers with the description of this interface.
func (s *server) openAPI(*http.Request) (answer, error) {
	return answer{mediaType: "application/json", body: openapi}, nil
}

// root says what is served here.
func (s *server) root(r *http.Request) (answer, error) {
	list, err := s.list(r)
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
		Holders     []Holder          `json:"holders,omitempty"`
		Links       map[string]string `json:"links"`
	}{Name: "throng", Version: s.opt.Version, Products: productsOf(list), Geographies: geosOf(list), Holders: s.opt.Holders, Links: map[string]string{
		"access": "/v1/access", "available": "/v1/available", "catchments": "/v1/catchments", "description": "/v1/openapi.json", "geographies": "/v1/geographies", "league": "/v1/league", "ledger": "/v1/ledger",
		"limits": "/v1/limits", "live": "/v1/live", "nowcast": "/v1/nowcast", "products": "/v1/products", "queries": "/v1/queries", "releases": "/v1/releases",
	}}
	if len(list) > 0 {
		newest, err := s.manifests(list[:1])
		if err != nil {
			return answer{}, err
		}
		about.Holder, about.Data, about.Licence = newest[0].Holder, dataOf(list), newest[0].Licence
	}
	return jsonAnswer(about)
}

// dataOf is the word for the banner: real as soon as one release is real, then public, else synthetic.
func dataOf(list []release.Head) string {
	for _, word := range []string{"real", "public"} {
		if slices.ContainsFunc(list, func(h release.Head) bool { return h.Data == word }) {
			return word
		}
	}
	return "synthetic"
}

// headsOf are the heads of releases.
func headsOf(list []release.Manifest) []release.Head {
	heads := make([]release.Head, len(list))
	for i, m := range list {
		heads[i] = m.Head()
	}
	return heads
}

func productsOf(list []release.Head) []string {
	ids := []string{}
	for _, m := range list {
		if !slices.Contains(ids, m.Product) {
			ids = append(ids, m.Product)
		}
	}
	slices.Sort(ids)
	return ids
}

func geosOf(list []release.Head) []release.GeoRef {
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
		ForecastDays      int `json:"forecast_days"`
		SecondsPerQuery   int `json:"seconds_per_query"`
		GeoJSONFeatures   int `json:"geojson_features"`
		EchoCharacters    int `json:"echo_characters"`
		BinsPerQuery      int `json:"live_bins_per_query"`
		Listeners         int `json:"listeners"`
		EventsKept        int `json:"events_kept"`
	}{maxBody, maxDepth, maxVertices, maxZones, maxReleases, maxForecast, int(longest.Seconds()), export.MaxFeatures, maxEcho,
		maxBins, maxListeners, maxEvents})
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

// describe tells of a product what its newest release says.
func (s *server) describe(id string, list []release.Head) (described, error) {
	d := described{ID: id, Title: titles[id], Tables: []string{}, Grain: map[string]string{}}
	if d.Title == "" {
		d.Title = id
	}
	i := slices.IndexFunc(list, func(h release.Head) bool { return h.Product == id })
	newest, err := s.manifests(list[i : i+1])
	if err != nil {
		return d, err
	}
	m := newest[0]
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
	return d, nil
}

func (s *server) products(r *http.Request) (answer, error) {
	list, err := s.list(r)
	if err != nil {
		return answer{}, err
	}
	all := []described{}
	for _, id := range productsOf(list) {
		one, err := s.describe(id, list)
		if err != nil {
			return answer{}, err
		}
		all = append(all, one)
	}
	return jsonAnswer(all)
}

func (s *server) product(r *http.Request) (answer, error) {
	list, err := s.list(r)
	if err != nil {
		return answer{}, err
	}
	id := r.PathValue("id")
	if !slices.Contains(productsOf(list), id) {
		return answer{}, newProblem("not-found", "no release is of the product "+clip(id)).hint("GET /v1/products lists the products")
	}
	one, err := s.describe(id, list)
	if err != nil {
		return answer{}, err
	}
	return jsonAnswer(one)
}
