package api

import (
	"math"
	"net/http"
	"slices"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/reckon/allot"
	"github.com/throng-stats/throng/reckon/balance"
	"github.com/throng-stats/throng/release"
)

// Products that are answered for any area.
const (
	productPresent = "present"
	productLive    = "present-live"
)

// binLayout is how a bin is called: the instant at which it starts, in UTC.
const binLayout = "2006-01-02T15:04Z"

// askedModelled tells how the breakdowns of a live count were made. Nothing but the total is counted live (privacy.md 27.1): gender,
// age and origin are those of the usual day, on the areas on which they were counted then.
type askedModelled struct {
	Method   string   `json:"method"`
	Releases []string `json:"releases"` // hours of these days were used
}

const modelledMethod = "modelled: the live total, split as the same hour of the usual day was: the last four released days of the weekday, else the last released day; nothing but the total is counted live"

// sureShare is how many standard deviations the usual number must be above zero for a share of it to be told (methods.md,
// section 21).
const sureShare = 5

// onlyHours refuses for a live count what is told of hours only, and a breakdown of which no usual day tells.
func (q *query) onlyHours(n node) error {
	if !q.live() {
		return nil
	}
	for _, name := range []string{"compare", "forecast", "pyramid"} {
		if f, ok := n.field(name); ok {
			return wrong("bad-parameter", f.pointer, name, "no "+name+" of present-live; ask it of present, which is counted by hour from all that arrived")
		}
	}
	if i := slices.Index(q.by, throng.DimRole); i >= 0 {
		return wrong("bad-parameter", "/by", throng.DimRole, "some of time, gender, age, origin; roles are told of hours only")
	}
	return nil
}

// split reports whether a live total is to be split by anything.
func (q *query) split() bool { return q.live() && !slices.Equal(q.by, []string{throng.DimTime}) }

// readDay writes the default time into a question: the newest release; of a live count a civil day is all its bins.
func (q *query) readDay(newest release.Head) error {
	switch {
	case q.newest, q.live() && q.day == "" && q.from.IsZero():
		q.from, q.to = newest.Period.Start.UTC(), newest.Period.End.UTC()
	case q.live() && q.day != "":
		loc, err := time.LoadLocation(newest.Period.TimeZone)
		if err != nil {
			return err
		}
		day, err := throng.DayOf(q.day, loc)
		if err != nil {
			return wrong("bad-time", "/time", q.day, "a day such as 2026-02-03")
		}
		q.day, q.from, q.to = "", time.UnixMilli(day.Start).UTC(), time.UnixMilli(day.End).UTC()
	case q.day == "" && q.from.IsZero():
		q.day = newest.Period.Name
	}
	return nil
}

// most is how many releases a question may need.
func (q *query) most() int {
	if q.live() {
		return maxBins
	}
	return maxReleases
}

// weeksOf chooses the past days of a question. Those of a live count with breakdowns are open releases of present on its geography.
func (s *server) weeksOf(r *http.Request, q query, list []release.Manifest, open []release.Head) (weeks, error) {
	if !q.live() {
		return s.weeks(q, list, open)
	}
	w := weeks{past: map[string][]release.Manifest{}}
	if !q.split() {
		return w, nil
	}
	all, err := s.list(r)
	if err != nil {
		return w, err
	}
	days := slices.DeleteFunc(s.latest(all, productPresent), func(h release.Head) bool { return h.Geo.ID != q.geography || !s.open(h) })
	slices.SortStableFunc(days, func(a, b release.Head) int { return a.Period.Start.Compare(b.Period.Start) })
	for _, m := range list {
		loc, err := time.LoadLocation(m.Period.TimeZone)
		if err != nil {
			return w, err
		}
		day := m.Period.Start.In(loc).Format(time.DateOnly)
		past := pastOf(day, m.Head().Holiday, days)
		for i := len(days) - 1; i >= 0 && len(past) == 0; i-- {
			if days[i].Period.Name < day {
				past = days[i : i+1]
			}
		}
		if w.past[m.ID], err = s.keep(&w, past); err != nil {
			return w, err
		}
	}
	slices.SortFunc(w.all, func(a, b release.Manifest) int { return a.Period.Start.Compare(b.Period.Start) })
	return w, nil
}

// splits are the usual days of a live question, and what was reckoned of them already.
type splits struct {
	server *server
	weeks  weeks
	areas  map[release.GeoRef]allot.Area
	answer *asked
	known  map[string]split // by release and breakdown
}

// split is one usual day of an area by one breakdown.
type split struct {
	day   *day
	total balance.Series
	by    balance.Breakdown
}

func (s *server) splits(q query, w weeks, areas map[release.GeoRef]allot.Area, a *asked) *splits {
	if q.split() {
		a.Modelled = &askedModelled{Method: modelledMethod, Releases: []string{}}
	}
	return &splits{s, w, areas, a, map[string]split{}}
}

// of reckons one usual day; ok is false where it lacks the breakdown or the area.
func (u *splits) of(m release.Manifest, by string) (one split, ok bool, err error) {
	key := m.ID + " " + by
	if one, ok = u.known[key]; ok {
		return one, true, nil
	}
	area, ok := u.areas[m.Geo]
	if !ok {
		return one, false, nil
	}
	if one.day, err = u.server.day(m); err != nil || !slices.Contains(one.day.reckoner.Tables(), by) {
		return one, false, err
	}
	one.total = one.day.reckoner.Total(area)
	if one.by, err = one.day.reckoner.Breakdown(area, by); err != nil {
		return one, false, err
	}
	u.known[key] = one
	return one, true, nil
}

// fill adds the rows of one bin by one breakdown: with B(k) and S the sums over the usual days of class k and of the total in the same
// local hour, and T the live total,
//
//	row(k) = T*c(k),  c(k) = B(k)/S,  sd² = c(k)²*Var T + T²*(Var B(k) + c(k)²*Var S)/S²,
//
// the delta method without the covariance of B(k) and S, which is positive as S holds B(k): the margin is rather too wide. A bin of whose
// hour no usual day tells has no numbers.
func (u *splits) fill(t *askedTable, d *day, a allot.Area, q query) error {
	loc, err := time.LoadLocation(d.manifest.Period.TimeZone)
	if err != nil {
		return err
	}
	t.dims(t.By, nil)
	live := d.reckoner.Total(a)
	for bin, start := range d.starts {
		if !d.meets(bin, q) {
			continue
		}
		sum, used, err := u.sum(u.weeks.past[d.manifest.ID], t.By, start.In(loc).Format("15"), loc)
		if err != nil {
			return err
		}
		if len(sum.codes) == 0 {
			continue
		}
		t.dims(t.By, sum.codes)
		if !(sum.total > sureShare*math.Sqrt(sum.variance)) {
			for _, code := range sum.codes {
				t.add(d, bin, code, math.NaN(), math.NaN(), math.NaN(), missingStatus)
			}
			continue
		}
		u.answer.Modelled.Releases = appendNew(u.answer.Modelled.Releases, used)
		people, noise := live.Estimate[bin], live.NoiseSD
		for k, code := range sum.codes {
			c := sum.of[k] / sum.total
			sd := math.Sqrt(c*c*noise*noise + people*people*(sum.ofVariance[k]+c*c*sum.variance)/(sum.total*sum.total))
			t.add(d, bin, code, c*people, sd, math.NaN(), balance.Modelled)
		}
	}
	return nil
}

// usualHour is a sum over usual days of one hour.
type usualHour struct {
	codes           []string
	total, variance float64
	of, ofVariance  []float64 // by code
}

// sum adds the usual days that have an hour; those with other classes than the newest are left out.
func (u *splits) sum(past []release.Manifest, by, hour string, loc *time.Location) (sum usualHour, used []release.Manifest, err error) {
	for i := len(past) - 1; i >= 0; i-- {
		one, ok, err := u.of(past[i], by)
		if err != nil {
			return sum, nil, err
		}
		if !ok || len(sum.codes) > 0 && !slices.Equal(sum.codes, one.by.Codes) {
			continue
		}
		at := slices.IndexFunc(one.day.starts, func(start time.Time) bool { return start.In(loc).Format("15") == hour })
		if at < 0 {
			continue
		}
		n := len(one.by.Codes)
		if len(sum.codes) == 0 {
			sum.codes, sum.of, sum.ofVariance = one.by.Codes, make([]float64, n), make([]float64, n)
		}
		sum.total += one.total.Estimate[at]
		sum.variance += one.total.NoiseSD * one.total.NoiseSD
		for k := range n {
			sum.of[k] += one.by.Estimate[at*n+k]
			sum.ofVariance[k] += one.by.NoiseSD[k] * one.by.NoiseSD[k]
		}
		used = append(used, past[i])
	}
	slices.Reverse(used)
	return sum, used, nil
}
