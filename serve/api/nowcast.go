package api

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/reckon/forecast"
	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/serve/export"
)

// maxNights is the most days of nights that one nowcast reads.
const maxNights = 400

// movers is the answer of the nowcast: how the nights of a week differ from those of the week before.
type movers struct {
	Product  string         `json:"product"`
	Data     string         `json:"data"`
	By       string         `json:"by"`
	Zone     string         `json:"zone,omitempty"` // "" for all zones of the table
	Geo      release.GeoRef `json:"geo"`
	Releases []string       `json:"releases"`
	Series   []moverSeries  `json:"series"`
	Sources  moverSources   `json:"sources"`
}

// moverSeries are the weeks of one class, such as a province of origin.
type moverSeries struct {
	Code  string      `json:"code"`
	Weeks []moverWeek `json:"weeks"`
}

// moverWeek is one week; numbers are nights a day.
type moverWeek struct {
	Week    string  `json:"week"` // its Monday
	Before  float64 `json:"before"`
	Mean    float64 `json:"mean"`
	Change  float64 `json:"change"`
	NoiseSD float64 `json:"noise_sd"`
	Lo      float64 `json:"lo"`
	Hi      float64 `json:"hi"`
	Reading string  `json:"reading"` // arrivals, departures, or unclear where zero lies between lo and hi
}

type moverSources struct {
	Method string `json:"method"`
	Noise  string `json:"noise"`
	Note   string `json:"note"`
}

// nowcast answers who has come and gone, week by week: the mean of the nights of a week less that of the week before.
func (s *server) nowcast(r *http.Request) (answer, error) {
	if err := onlyParameters(r, "zone", "by", "from", "to"); err != nil {
		return answer{}, err
	}
	p := r.URL.Query()
	by := p.Get("by")
	if by == "" {
		by = throng.DimOrigin
	}
	if words := []string{throng.DimOrigin, throng.DimGender, throng.DimAge}; !slices.Contains(words, by) {
		return answer{}, wrong("bad-parameter", "?by", by, fmt.Sprint(words))
	}
	if by != throng.DimOrigin && p.Has("zone") {
		return answer{}, wrong("bad-parameter", "?zone", p.Get("zone"), "no zone: by gender and age nights are told for the whole region alone")
	}
	list, err := s.nights(r)
	if err != nil {
		return answer{}, err
	}
	out := movers{Product: "nights", Data: dataOf(list), By: by, Zone: p.Get("zone"), Geo: list[len(list)-1].Geo, Releases: []string{}, Series: []moverSeries{},
		Sources: moverSources{
			Method: "nights of a week, Monday to Sunday, less those of the week before, both as a mean of days; a week with a day missing is left out",
			Noise:  "discrete Gaussian noise of the releases; noise_sd is exact, lo and hi hold 95 % of it and nothing else",
			Note:   "a balance of arrivals and departures, not how many came and how many left",
		}}
	codes, days, err := s.nightsBy(list, &out)
	if err != nil {
		return answer{}, err
	}
	for _, code := range codes {
		weeks, err := forecast.Weekly(days[code])
		if err != nil {
			return answer{}, err
		}
		out.Series = append(out.Series, moverSeries{code, readings(weeks)})
	}
	a, err := jsonAnswer(out)
	a.releases = out.Releases
	return a, err
}

// nights lists the readable releases of nights between the days from and to, ascending, on the geography of the newest one.
func (s *server) nights(r *http.Request) ([]release.Head, error) {
	all, err := s.list(r)
	if err != nil {
		return nil, err
	}
	p := r.URL.Query()
	for _, name := range []string{"from", "to"} {
		if text := p.Get(name); p.Has(name) && !dayPattern.MatchString(text) {
			return nil, wrong("bad-time", "?"+name, text, "a day such as 2026-02-03")
		}
	}
	var list []release.Head
	for _, m := range s.latest(all, "nights") {
		if name := m.Period.Name; s.open(m) && (p.Get("from") == "" || name >= p.Get("from")) && (p.Get("to") == "" || name <= p.Get("to")) {
			list = append(list, m)
		}
	}
	if len(list) == 0 {
		return nil, wrong("period-missing", "?from", p.Get("from"), "a time with a release of nights").hint("GET /v1/available?product=nights")
	}
	slices.SortFunc(list, func(a, b release.Head) int { return a.Period.Start.Compare(b.Period.Start) })
	newest := list[len(list)-1].Geo.ID
	list = slices.DeleteFunc(list, func(h release.Head) bool { return h.Geo.ID != newest })
	if len(list) > maxNights {
		return nil, wrong("too-large", "?from", strconv.Itoa(len(list))+" days", "at most "+strconv.Itoa(maxNights)+" days")
	}
	_, err = s.manifests(list) // they say that it may be read, too
	return list, err
}

// nightsBy reads the nights of each class and day. A day on whose ground the zone is not, or that lacks the table, is missing.
func (s *server) nightsBy(list []release.Head, out *movers) (codes []string, days map[string][]forecast.Day, err error) {
	days = map[string][]forecast.Day{}
	found := false
	for _, m := range list {
		v, err := export.Load(s.store, m.ID, release.Estimate, "", out.By)
		if errors.Is(err, release.ErrMissing) {
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		g, err := s.groundOf(m.Geo)
		if err != nil {
			return nil, nil, err
		}
		sums := sumBy(v, out.By, g.chosen(v, out.Zone))
		if len(sums) > 0 {
			out.Releases = append(out.Releases, m.ID)
			found = true
		}
		for _, one := range sums {
			if days[one.code] == nil {
				codes = append(codes, one.code)
			}
			if !math.IsNaN(one.value) {
				days[one.code] = append(days[one.code], forecast.Day{Date: m.Period.Name, Value: one.value, NoiseSD: math.Sqrt(one.variance)})
			}
		}
	}
	switch {
	case !found && out.Zone != "":
		return nil, nil, wrong("bad-parameter", "?zone", out.Zone, "a zone on which nights are counted: those of 20,000 residents and more")
	case !found:
		return nil, nil, wrong("bad-parameter", "?by", out.By, "a breakdown that the releases of nights have")
	}
	return codes, days, nil
}

// chosen says which zones of a table are summed: the one that is named, or those that lie in no other one of the table. A
// table without zones has one number for all.
func (g *ground) chosen(v export.View, id string) func(zone string) bool {
	return func(zone string) bool {
		if id != "" {
			return zone == id
		}
		at, ok := g.geo.Zones.Index(zone)
		for z := -1; ok; {
			if z = g.geo.Zones.Parent(at); z < 0 {
				return true
			}
			if slices.Contains(zonesOf(v), g.geo.Zones.At(z).ID) {
				return false
			}
			at = z
		}
		return false
	}
}

func zonesOf(v export.View) []string {
	for _, d := range v.Dims() {
		if d.Name == throng.DimZone {
			return d.Codes
		}
	}
	return nil
}

// classSum is the sum of one class over zones.
type classSum struct {
	code            string
	value, variance float64
}

// sumBy adds the cells of the chosen zones by the codes of one dimension, in their order; noise is independent.
func sumBy(v export.View, dim string, keep func(zone string) bool) []classSum {
	var out []classSum
	at := map[string]int{}
	v.Each(func(cell int, index []int) error {
		code := ""
		for i, d := range v.Dims() {
			switch d.Name {
			case dim:
				code = d.Codes[index[i]]
			case throng.DimZone:
				if !keep(d.Codes[index[i]]) {
					return nil
				}
			}
		}
		k, ok := at[code]
		if !ok {
			k = len(out)
			at[code], out = k, append(out, classSum{code: code})
		}
		n := v.Number(cell)
		if n.Missing {
			n.Estimate = math.NaN()
		}
		out[k].value += n.Estimate
		out[k].variance += n.NoiseSD * n.NoiseSD
		return nil
	})
	return out
}

func readings(weeks []forecast.Change) []moverWeek {
	const z = 1.96
	out := []moverWeek{}
	for _, w := range weeks {
		one := moverWeek{w.Week, thousandth(w.Before), thousandth(w.Mean), thousandth(w.Change), thousandth(w.NoiseSD), thousandth(w.Change - z*w.NoiseSD), thousandth(w.Change + z*w.NoiseSD), "unclear"}
		switch {
		case w.Change > z*w.NoiseSD:
			one.Reading = "arrivals"
		case w.Change < -z*w.NoiseSD:
			one.Reading = "departures"
		}
		out = append(out, one)
	}
	return out
}
