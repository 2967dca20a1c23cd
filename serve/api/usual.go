package api

import (
	"context"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/throng-stats/throng/reckon/allot"
	"github.com/throng-stats/throng/reckon/forecast"
	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/serve/export"
)

// A usual day is made of the last pastWeeks days of the same weekday, none of them older than pastDays.
const (
	usualDay  = "usual-day"
	pastWeeks = 4
	pastDays  = 56
)

// askedUsual compares the total with the usual day.
type askedUsual struct {
	Releases []string   `json:"releases"` // that the usual is made of
	Rows     []usualRow `json:"rows"`     // a row for each row of the total that has past weeks
}

// usualRow is how one bin differs from what is usual. Numbers are people.
type usualRow struct {
	Time       string       `json:"time"`
	Weeks      int          `json:"weeks"`
	Usual      usualNumber  `json:"usual"`
	Spread     *float64     `json:"spread"` // standard deviation of weeks, noise included; null of one week
	Difference signedNumber `json:"difference"`
	Percent    *percentage  `json:"percent"` // null where the usual is not reliably above zero
	Clear      bool         `json:"clear"`   // zero lies outside the 95 % margin of the difference
}

// usualNumber is a number as every other.
type usualNumber struct {
	Value    int64   `json:"value"`
	Estimate float64 `json:"estimate"`
	NoiseSD  float64 `json:"noise_sd"`
	Lo       float64 `json:"lo"`
	Hi       float64 `json:"hi"`
	Reliable bool    `json:"reliable"`
}

// signedNumber is a difference, which may be below zero.
type signedNumber struct {
	Estimate float64 `json:"estimate"`
	NoiseSD  float64 `json:"noise_sd"`
	Lo       float64 `json:"lo"`
	Hi       float64 `json:"hi"`
}

type percentage struct {
	Estimate float64 `json:"estimate"`
	Lo       float64 `json:"lo"`
	Hi       float64 `json:"hi"`
}

// askedForecast carries the usual forward to days that are not released yet.
type askedForecast struct {
	Releases []string      `json:"releases"`
	Rows     []forecastRow `json:"rows"`
}

// forecastRow is the forecast of one bin; the released value will lie between lo and hi in 95 of 100 weeks.
type forecastRow struct {
	Time       string  `json:"time"`
	Weeks      int     `json:"weeks"`
	Value      int64   `json:"value"`
	Estimate   float64 `json:"estimate"`
	ForecastSD float64 `json:"forecast_sd"`
	Lo         float64 `json:"lo"`
	Hi         float64 `json:"hi"`
	Reliable   bool    `json:"reliable"`
	Status     string  `json:"status"`
}

// readBesides reads what an answer has beside its tables: compare, forecast and pyramid.
func (q *query) readBesides(n node) error {
	if c, ok := n.field("compare"); ok {
		if err := c.is("string"); err != nil {
			return err
		}
		if c.text != usualDay {
			return wrong("bad-parameter", c.pointer, c.text, usualDay)
		}
		q.usual = true
	}
	if p, ok := n.field("pyramid"); ok {
		if err := p.is("boolean"); err != nil {
			return err
		}
		q.pyramid = p.text == "true"
	}
	if f, ok := n.field("forecast"); ok {
		if err := f.is("number"); err != nil {
			return err
		}
		var err error
		if q.forecast, err = strconv.Atoi(f.text); err != nil || q.forecast < 1 || q.forecast > maxForecast {
			return wrong("bad-parameter", f.pointer, f.text, "civil days after the newest release, 1 to "+strconv.Itoa(maxForecast))
		}
	}
	return nil
}

// besides writes compare, forecast and pyramid in the canonical form; nothing when they are not asked, so that older questions
// keep their ids.
func (q query) besides() string {
	text := ""
	if q.usual {
		text += `,"compare":"` + usualDay + `"`
	}
	if q.forecast > 0 {
		text += `,"forecast":` + strconv.Itoa(q.forecast)
	}
	if q.pyramid {
		text += `,"pyramid":true`
	}
	return text
}

// weeks are the releases that a comparison and a forecast are made of.
type weeks struct {
	past map[string][]release.Manifest // by id of the release that is compared
	days []string                      // civil days that are forecast, ascending
	of   map[string][]release.Manifest // by such a day
	all  []release.Manifest            // all, each once, ascending
}

// weeks chooses past weeks from the open releases: the last four of the weekday, without holidays. A day that is a holiday
// itself is compared with Sundays. Which of the days to come are holidays is not known here.
func (s *server) weeks(q query, list []release.Manifest, open []release.Head) (w weeks, err error) {
	w = weeks{past: map[string][]release.Manifest{}, of: map[string][]release.Manifest{}}
	if q.usual && len(list) > maxForecast {
		return w, wrong("too-large", "/compare", strconv.Itoa(len(list))+" releases", "at most "+strconv.Itoa(maxForecast)+" at a time")
	}
	if q.usual {
		for _, m := range list {
			if w.past[m.ID], err = s.keep(&w, pastOf(m.Period.Name, m.Head().Holiday, open)); err != nil {
				return w, err
			}
		}
	}
	last, err := time.Parse(time.DateOnly, open[len(open)-1].Period.Name)
	if err != nil {
		return w, nil // a period that is not a day has no weekday
	}
	for i := range q.forecast {
		day := last.AddDate(0, 0, i+1).Format(time.DateOnly)
		w.days = append(w.days, day)
		if w.of[day], err = s.keep(&w, pastOf(day, false, open)); err != nil {
			return w, err
		}
	}
	slices.SortFunc(w.all, func(a, b release.Manifest) int { return a.Period.Start.Compare(b.Period.Start) })
	return w, nil
}

// keep reads the manifests of past releases, and adds those that are not among all weeks yet.
func (s *server) keep(w *weeks, past []release.Head) ([]release.Manifest, error) {
	found, err := s.manifests(past)
	for _, m := range found {
		if !slices.ContainsFunc(w.all, func(o release.Manifest) bool { return o.ID == m.ID }) {
			w.all = append(w.all, m)
		}
	}
	return found, err
}

// pastOf lists the released days that a day is compared with, ascending.
func pastOf(day string, feast bool, open []release.Head) []release.Head {
	at, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return nil
	}
	weekday := at.Weekday()
	if feast {
		weekday = time.Sunday
	}
	var past []release.Head
	for i := len(open) - 1; i >= 0 && len(past) < pastWeeks; i-- {
		m := open[i]
		before, err := time.Parse(time.DateOnly, m.Period.Name)
		if err == nil && before.Before(at) && before.Weekday() == weekday && !m.Holiday && at.Sub(before) <= pastDays*24*time.Hour {
			past = append(past, m)
		}
	}
	slices.Reverse(past)
	return past
}

// locatePast locates the area on the ground of past weeks. A week whose ground lacks a zone of the question is left out.
func (s *server) locatePast(q query, w weeks, areas map[release.GeoRef]allot.Area) error {
	for _, m := range w.all {
		if _, ok := areas[m.Geo]; ok {
			continue
		}
		g, err := s.groundOf(m.Geo)
		if err != nil {
			return err
		}
		if len(g.lacks(q.zones)) == 0 {
			if areas[m.Geo], _, err = g.locate(q); err != nil {
				delete(areas, m.Geo) // outside of what was covered then
			}
		}
	}
	return nil
}

// bins are the totals of one release by local hour of its day; an hour that comes twice has "b" the second time.
type bins struct {
	keys   []string
	values map[string]forecast.Value
}

func (d *day) bins(a allot.Area) bins {
	loc, err := time.LoadLocation(d.manifest.Period.TimeZone)
	if err != nil {
		loc = time.UTC
	}
	b, series := bins{values: map[string]forecast.Value{}}, d.reckoner.Total(a)
	for i, start := range d.starts {
		key := start.In(loc).Format("15:04")
		if _, twice := b.values[key]; twice {
			key += "b"
		}
		b.keys = append(b.keys, key)
		b.values[key] = forecast.Value{Value: series.Estimate[i], NoiseSD: series.NoiseSD}
	}
	return b
}

// askPast answers the comparison and the forecast.
func (s *server) askPast(ctx context.Context, q query, list []release.Manifest, w weeks, areas map[release.GeoRef]allot.Area, a *asked) error {
	if !q.usual && q.forecast == 0 {
		return nil
	}
	known := map[string]bins{}
	for _, m := range slices.Concat(w.all, list) {
		area, ok := areas[m.Geo]
		if !ok || len(w.all) == 0 {
			continue
		}
		if ctx.Err() != nil {
			return newProblem("too-large", "the answer takes more than "+longest.String()).hint("ask for a shorter time, or without compare and forecast")
		}
		d, err := s.day(m)
		if err != nil {
			return err
		}
		known[m.ID] = d.bins(area)
	}
	if q.usual {
		a.Usual = &askedUsual{Releases: []string{}, Rows: []usualRow{}}
		for _, m := range list {
			if err := s.compare(q, m, w.past[m.ID], known, a.Usual); err != nil {
				return err
			}
		}
	}
	if q.forecast > 0 {
		a.Forecast = &askedForecast{Releases: []string{}, Rows: []forecastRow{}}
		for _, day := range w.days {
			if err := a.Forecast.add(day, a.TimeZone, w.of[day], known); err != nil {
				return err
			}
		}
	}
	return nil
}

// pastValues are the values of one local hour in the past weeks that have it.
func pastValues(key string, past []release.Manifest, known map[string]bins) (values forecast.Weeks) {
	for _, m := range past {
		if v, ok := known[m.ID].values[key]; ok {
			values = append(values, v)
		}
	}
	return values
}

// compare adds the rows of one release.
func (s *server) compare(q query, m release.Manifest, past []release.Manifest, known map[string]bins, u *askedUsual) error {
	b, ok := known[m.ID]
	if !ok {
		return nil
	}
	d, err := s.day(m)
	if err != nil {
		return err
	}
	used := false
	for i, key := range b.keys {
		values := pastValues(key, past, known)
		if len(values) == 0 || !d.meets(i, q) {
			continue
		}
		usual, err := values.Usual()
		if err != nil {
			return err
		}
		used = true
		u.Rows = append(u.Rows, newUsualRow(d.reckoner.Times()[i], usual, b.values[key]))
	}
	if used {
		u.Releases = appendNew(u.Releases, past)
	}
	return nil
}

func appendNew(ids []string, list []release.Manifest) []string {
	for _, m := range list {
		if !slices.Contains(ids, m.ID) {
			ids = append(ids, m.ID)
		}
	}
	return ids
}

func newUsualRow(at string, u forecast.Usual, v forecast.Value) usualRow {
	const z = 1.96
	n, d := export.Display(u.Mean, u.NoiseSD), u.Compare(v)
	r := usualRow{Time: at, Weeks: u.Weeks, Usual: usualNumber{n.Value, thousandth(n.Estimate), thousandth(n.NoiseSD), thousandth(n.Lo), thousandth(n.Hi), n.Reliable},
		Difference: signedNumber{thousandth(d.People), thousandth(d.NoiseSD), thousandth(d.People - z*d.NoiseSD), thousandth(d.People + z*d.NoiseSD)},
		Clear:      math.Abs(d.People) > z*d.NoiseSD}
	if u.Weeks > 1 {
		spread := thousandth(u.Spread)
		r.Spread = &spread
	}
	if share := forecast.ShareOf(v, forecast.Value{Value: u.Mean, NoiseSD: u.NoiseSD}); !math.IsNaN(d.Percent) && share.Reliable {
		half := 100 * z * share.NoiseSD
		r.Percent = &percentage{round(d.Percent, 1), round(d.Percent-half, 1), round(d.Percent+half, 1)}
	}
	return r
}

func thousandth(x float64) float64 { return round(x, export.Decimals) }

// add adds the rows of one day to come. An hour that has fewer than two past weeks has no interval, and no row.
func (f *askedForecast) add(name, zone string, past []release.Manifest, known map[string]bins) error {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		loc = time.UTC
	}
	if len(past) == 0 {
		return nil
	}
	at, err := time.ParseInLocation(time.DateOnly, name, loc)
	if err != nil {
		return nil
	}
	used := false
	seen := map[string]bool{}
	for end := at.AddDate(0, 0, 1); at.Before(end); at = at.Add(time.Hour) {
		key := at.Format("15:04")
		if seen[key] {
			continue // no past week had an hour twice
		}
		seen[key] = true
		values := pastValues(key, past, known)
		if len(values) < 2 {
			continue
		}
		u, err := values.Usual()
		if err != nil {
			return err
		}
		i, err := u.Forecast()
		if err != nil {
			return err
		}
		used = true
		f.Rows = append(f.Rows, newForecastRow(at.UTC().Format(time.RFC3339), u, i))
	}
	if used {
		f.Releases = appendNew(f.Releases, past)
	}
	return nil
}

func newForecastRow(at string, u forecast.Usual, i forecast.Interval) forecastRow {
	n := export.Display(i.Value, (i.High-i.Low)/2/1.96)
	return forecastRow{Time: at, Weeks: u.Weeks, Value: n.Value, Estimate: thousandth(i.Value),
		ForecastSD: thousandth(u.Spread * math.Sqrt(1+1/float64(u.Weeks))), Lo: thousandth(i.Low), Hi: thousandth(i.High), Reliable: n.Reliable, Status: "forecast"}
}
