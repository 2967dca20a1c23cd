package api

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/paulmach/orb"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/reckon/allot"
	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/serve/export"
)

// Radii of catchments, metres.
const (
	leastRadius   = 100
	mostRadius    = 20_000
	defaultRadius = 1000
)

// around is the answer about the catchments of the public list of places.
type around struct {
	ID       string            `json:"id"`
	Product  string            `json:"product"`
	Data     string            `json:"data"`
	Releases []string          `json:"releases"`
	Time     string            `json:"time"`
	TimeZone string            `json:"time_zone"`
	Geo      release.GeoRef    `json:"geo"`
	Missing  []string          `json:"missing"`
	Radius   int               `json:"radius_m"`
	Overlap  bool              `json:"overlap"`
	Places   []aroundPlace     `json:"places"`
	Rows     []json.RawMessage `json:"rows"`
	Sources  askedSources      `json:"sources"`
	Cost     askedCost         `json:"cost"`
}

// aroundPlace is one place of the list and what lies around it on the newest ground of the answer.
type aroundPlace struct {
	ID              string  `json:"id"`
	Name            string  `json:"name"`
	Kind            string  `json:"kind"`
	Lat             float64 `json:"lat"`
	Lon             float64 `json:"lon"`
	Residents       int64   `json:"residents"` // public residents, spread over tiles as people are
	Leaves          int     `json:"leaves"`
	SmallerThanLeaf bool    `json:"smaller_than_leaf"`
}

// catchments answers how many people are within a distance of each place of the public list, by hour.
func (s *server) catchments(r *http.Request) (answer, error) {
	q, a, err := s.readAround(r)
	if err != nil {
		return answer{}, err
	}
	list, _, err := s.releasesOf(r, &q)
	if err != nil {
		return answer{}, err
	}
	if len(list) > maxForecast {
		return answer{}, wrong("too-large", "?time", strconv.Itoa(len(list))+" releases", "at most "+strconv.Itoa(maxForecast)+" at a time")
	}
	last := list[len(list)-1]
	only := r.URL.Query().Get("place")
	asked := fmt.Sprintf("catchments %d %v %q %s", a.Radius, a.Overlap, only, q.canonical(q.from, q.to))
	a.ID, a.Product, a.Data, a.Releases = queryID(asked, list), q.product, dataOf(headsOf(list)), idsOf(list)
	a.Time, a.TimeZone = q.from.Format(time.RFC3339Nano)+"/"+q.to.Format(time.RFC3339Nano), last.Period.TimeZone
	a.Geo, a.Missing, a.Sources = last.Geo, missing(q, list), words(last.Method)
	found, err := s.around(list, a, only)
	if err != nil {
		return answer{}, err
	}
	if err := s.admitAround(r, q, list, found, a); err != nil {
		return answer{}, err
	}
	ctx, cancel := context.WithTimeout(r.Context(), longest)
	defer cancel()
	if err := s.askAround(ctx, q, list, found, a); err != nil {
		return answer{}, err
	}
	out, err := jsonAnswer(a)
	out.releases = a.Releases
	return out, err
}

// readAround reads the parameters.
func (s *server) readAround(r *http.Request) (query, *around, error) {
	q := query{product: "present", by: []string{throng.DimTime}, zones: []string{}}
	a := &around{Radius: defaultRadius, Places: []aroundPlace{}, Rows: []json.RawMessage{}}
	if err := onlyParameters(r, "radius", "overlap", "place", "time", "geography", "purpose"); err != nil {
		return q, a, err
	}
	p := r.URL.Query()
	if text := p.Get("radius"); p.Has("radius") {
		var err error
		if a.Radius, err = strconv.Atoi(text); err != nil || a.Radius < leastRadius || a.Radius > mostRadius {
			return q, a, wrong("bad-parameter", "?radius", text, fmt.Sprintf("whole metres from %d to %d; 1000, 3000 and 5000 are usual", leastRadius, mostRadius))
		}
	}
	if text := p.Get("overlap"); p.Has("overlap") {
		if text != "true" && text != "false" {
			return q, a, wrong("bad-parameter", "?overlap", text, "true or false")
		}
		a.Overlap = text == "true"
	}
	if text := p.Get("time"); p.Has("time") {
		if err := q.readTime(node{pointer: "?time", kind: "string", text: text}); err != nil {
			return q, a, err
		}
	}
	q.geography = p.Get("geography")
	return q, a, q.readPurpose(r, node{kind: "object"})
}

// around gives out the ground of each release among the places of its list, and describes those of the newest one.
func (s *server) around(list []release.Manifest, a *around, only string) (map[release.GeoRef][]allot.Catchment, error) {
	found := map[release.GeoRef][]allot.Catchment{}
	for _, m := range list {
		if _, ok := found[m.Geo]; ok {
			continue
		}
		g, err := s.groundOf(m.Geo)
		if err != nil {
			return nil, err
		}
		all, err := s.near.get(fmt.Sprint(m.Geo, a.Radius, a.Overlap), func() ([]allot.Catchment, error) {
			places := make([]allot.Place, len(g.geo.Places))
			for i, p := range g.geo.Places {
				places[i] = allot.Place{ID: p.ID, Lat: p.Lat, Lon: p.Lon}
			}
			return g.index.Catchments(places, float64(a.Radius), a.Overlap)
		})
		if err != nil {
			return nil, err
		}
		if only != "" {
			all = slices.DeleteFunc(slices.Clone(all), func(c allot.Catchment) bool { return c.Place.ID != only })
			if len(all) == 0 {
				return nil, wrong("bad-parameter", "?place", only, "the id of a place of the geography")
			}
		}
		found[m.Geo] = all
	}
	g, err := s.groundOf(a.Geo)
	if err != nil {
		return nil, err
	}
	for _, c := range found[a.Geo] {
		i := slices.IndexFunc(g.geo.Places, func(p release.Place) bool { return p.ID == c.Place.ID })
		p := g.geo.Places[i]
		a.Places = append(a.Places, aroundPlace{p.ID, p.Name, p.Kind, p.Lat, p.Lon, g.residents(c.Area), len(c.Leaf), len(c.Leaf) > 0 && c.Smaller()})
	}
	return found, nil
}

// residents are the public residents of an area: those of each zone by the part of it that lies there.
func (g *ground) residents(a allot.Area) int64 {
	sum := 0.0
	for i, z := range a.Zone {
		sum += a.Part[i] * float64(g.geo.Zones.At(int(z)).Residents)
	}
	return int64(math.Round(sum))
}

// admitAround holds catchments to the rule of small drawn perimeters: a circle around a place of a list is drawn by whoever
// writes the list. The smallest one decides.
func (s *server) admitAround(r *http.Request, q query, list []release.Manifest, found map[release.GeoRef][]allot.Catchment, a *around) error {
	drawn, fewest, needed := q, 0, false
	drawn.polygon = orb.MultiPolygon{} // what watched looks at is the area
	for _, m := range list {
		for _, c := range found[m.Geo] {
			if len(c.Leaf) == 0 {
				continue // outside: it has no number
			}
			leaves, small, err := s.watched(drawn, []release.Manifest{m}, nil, map[release.GeoRef]allot.Area{m.Geo: c.Area})
			if err != nil {
				return err
			}
			if small && (!needed || leaves < fewest) {
				fewest, needed = leaves, true
			}
		}
	}
	if !needed {
		return nil
	}
	km2 := math.Pi * float64(a.Radius) * float64(a.Radius) / 1e6
	return s.permit(r, "a catchment", Entry{Purpose: q.purpose, Query: a.ID, Leaves: fewest, KM2: math.Round(km2*10) / 10})
}

// askAround computes the rows: place by place, hour by hour.
func (s *server) askAround(ctx context.Context, q query, list []release.Manifest, found map[release.GeoRef][]allot.Catchment, a *around) error {
	rho := int64(0)
	for _, m := range list {
		d, err := s.day(m)
		if err != nil {
			return err
		}
		for _, c := range found[m.Geo] {
			if ctx.Err() != nil {
				return newProblem("too-large", "the answer takes more than "+longest.String()).hint("ask for one place or a shorter time")
			}
			a.Rows = append(a.Rows, d.around(c, q)...)
		}
		for _, p := range m.Parts {
			rho += p.Rho
		}
	}
	a.Cost = askedCost{float64(rho) / 1e9, "paid once when the releases were made; catchments are arithmetic on public numbers and cost nothing"}
	return nil
}

// around writes the rows of one place. Ground that is not covered has no number.
func (d *day) around(c allot.Catchment, q query) (rows []json.RawMessage) {
	series := d.reckoner.Total(c.Area)
	id, _ := json.Marshal(c.Place.ID) // a string always encodes
	for bin := range d.starts {
		if !d.meets(bin, q) {
			continue
		}
		estimate, sd, alloc, status := series.Estimate[bin], series.NoiseSD, series.AllocSD[bin], series.Status
		if len(c.Leaf) == 0 {
			estimate, sd, alloc, status = math.NaN(), math.NaN(), math.NaN(), missingStatus
		}
		if status == "" {
			status = release.Measured
		}
		b := append(append([]byte(`{"place":`), id...), `,"time":"`+d.reckoner.Times()[bin]+`",`...)
		b = export.AppendNumber(b, export.Display(estimate, sd))
		b = export.AppendFloat(append(b, `,"alloc_sd":`...), alloc, export.Decimals, "null")
		b = append(b, `,"status":"`+status+`","release":"`+d.manifest.ID+`","revision":`...)
		rows = append(rows, append(strconv.AppendInt(b, int64(d.manifest.Revision), 10), '}'))
	}
	return rows
}
