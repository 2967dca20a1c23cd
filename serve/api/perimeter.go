package api

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/reckon/allot"
	"github.com/throng-stats/throng/release"
)

// queryMethod is the version of what this file computes: another version gives other ids to the same questions.
const queryMethod = "perimeter-1"

// query answers a question about an area, for every release of its time.
func (s *server) query(r *http.Request) (answer, error) {
	if err := onlyParameters(r, "purpose"); err != nil {
		return answer{}, err
	}
	body, err := readBody(r)
	if err != nil {
		return answer{}, err
	}
	if product, _ := body.field("product"); sold[product.text] != nil {
		return s.querySold(r, body)
	}
	q, err := parseQuery(body)
	if err != nil {
		return answer{}, err
	}
	if err := q.readPurpose(r, body); err != nil {
		return answer{}, err
	}
	list, open, err := s.releasesOf(r, &q)
	if err != nil {
		return answer{}, err
	}
	w, err := s.weeksOf(r, q, list, open)
	if err != nil {
		return answer{}, err
	}
	ctx, cancel := context.WithTimeout(r.Context(), longest)
	defer cancel()
	a, areas, err := s.about(q, list)
	if err != nil {
		return answer{}, err
	}
	if err := s.locatePast(q, w, areas); err != nil {
		return answer{}, err
	}
	a.ID = queryID(q.canonical(q.from, q.to), append(slices.Clone(list), w.all...))
	if err := s.admit(r, q, list, w.all, areas, a); err != nil {
		return answer{}, err
	}
	if err := s.ask(ctx, q, list, w, areas, a); err != nil {
		return answer{}, err
	}
	if q.pyramid {
		if err := s.askPyramid(q, list, areas, a); err != nil {
			return answer{}, err
		}
	}
	if err := s.askPast(ctx, q, list, w, areas, a); err != nil {
		return answer{}, err
	}
	text, err := a.encode()
	return answer{mediaType: "application/json", body: text, releases: idsOf(list, w.all)}, err
}

// idsOf lists the ids of releases, each once, in their order.
func idsOf(lists ...[]release.Manifest) []string {
	ids := []string{}
	for _, list := range lists {
		for _, m := range list {
			if !slices.Contains(ids, m.ID) {
				ids = append(ids, m.ID)
			}
		}
	}
	return ids
}

// releasesOf chooses the releases of a question, ascending by time, and writes the defaults into it. It also returns the heads of all
// that may be read of the product on its geography, ascending.
func (s *server) releasesOf(r *http.Request, q *query) (list []release.Manifest, open []release.Head, err error) {
	kept, open, err := s.chosen(r, q)
	if err != nil {
		return nil, nil, err
	}
	list, err = s.manifests(kept)
	return list, open, err
}

func (s *server) chosen(r *http.Request, q *query) (kept, open []release.Head, err error) {
	list, err := s.list(r)
	if err != nil {
		return nil, nil, err
	}
	if q.product != productPresent && q.product != productLive && sold[q.product] == nil {
		p := wrong("not-a-product", "/product", q.product, "present, present-live, spending, market, bookings, cases or reports")
		if slices.Contains(productsOf(list), q.product) {
			p.hint("read its tables: GET /v1/releases?product=" + q.product)
		}
		return nil, nil, p
	}
	latest := s.latest(list, q.product)
	var closed []release.Head
	open = make([]release.Head, 0, len(latest))
	for _, m := range latest {
		switch {
		case q.geography != "" && m.Geo.ID != q.geography:
		case s.open(m):
			open = append(open, m)
		default:
			closed = append(closed, m)
		}
	}
	slices.SortStableFunc(open, func(a, b release.Head) int { return a.Period.Start.Compare(b.Period.Start) })
	if len(open) == 0 {
		return nil, nil, nothing(q, closed)
	}
	newest := open[len(open)-1]
	if q.geography == "" {
		q.geography = newest.Geo.ID
		open = slices.DeleteFunc(open, func(m release.Head) bool { return m.Geo.ID != q.geography })
	}
	if err := q.readDay(newest); err != nil {
		return nil, nil, err
	}
	for _, h := range open {
		if q.meets(h) {
			kept = append(kept, h)
		}
	}
	switch {
	case len(kept) == 0:
		return nil, nil, nothing(q, closed)
	case len(kept) > q.most():
		return nil, nil, wrong("too-large", "/time", strconv.Itoa(len(kept))+" releases", "at most "+strconv.Itoa(q.most())+" at a time")
	}
	if q.day != "" {
		q.from, q.to = kept[0].Period.Start.UTC(), kept[len(kept)-1].Period.End.UTC()
	}
	return kept, open, nil
}

func (q *query) meets(m release.Head) bool {
	if q.day != "" { // of a month, its release or those of its days
		return m.Period.Name == q.day || len(q.day) == len("2006-01") && strings.HasPrefix(m.Period.Name, q.day+"-")
	}
	return m.Period.Start.Before(q.to) && m.Period.End.After(q.from)
}

// nothing says why no release answers: it is under embargo, or it does not exist.
func nothing(q *query, closed []release.Head) error {
	for _, m := range closed {
		if (q.day == "" && q.from.IsZero()) || q.meets(m) {
			return embargoed(m)
		}
	}
	got := q.day
	if got == "" && !q.from.IsZero() {
		got = q.from.Format(time.RFC3339) + "/" + q.to.Format(time.RFC3339)
	}
	return wrong("period-missing", "/time", got, "a time with a release of "+q.product).hint("GET /v1/available?product=" + q.product)
}

// about begins the answer to a question: all but the numbers. It locates the area on the ground of each release; a ground
// that lacks a zone of the question has no area, and the answer says so.
func (s *server) about(q query, list []release.Manifest) (*asked, map[release.GeoRef]allot.Area, error) {
	last := list[len(list)-1]
	a := &asked{Product: q.product, Data: dataOf(headsOf(list)), Releases: []string{},
		Time:     q.from.Format(time.RFC3339Nano) + "/" + q.to.Format(time.RFC3339Nano),
		TimeZone: last.Period.TimeZone, Geo: last.Geo, Missing: missing(q, list), Sources: words(last.Method)}
	for _, by := range q.by {
		a.Tables = append(a.Tables, &askedTable{By: by, Rows: []json.RawMessage{}})
	}
	whole, err := s.whole(q, list)
	if err != nil {
		return nil, nil, err
	}
	areas := map[release.GeoRef]allot.Area{}
	for _, m := range list {
		g, err := s.groundOf(m.Geo)
		if err != nil {
			return nil, nil, err
		}
		if lacks := g.lacks(q.zones); len(lacks) > 0 && whole != nil {
			a.Absent = append(a.Absent, absentFrom(m, g, lacks, whole)...)
			continue
		}
		if _, ok := areas[m.Geo]; !ok {
			if areas[m.Geo], a.Area, err = g.locate(q); err != nil {
				return nil, nil, err
			}
		}
	}
	if len(a.Absent) > 0 { // what is said of the area is said of a ground that has it
		a.Geo = release.GeoRef{ID: whole.geo.ID, Version: whole.geo.Version}
		_, a.Area, err = whole.locate(q)
	}
	return a, areas, err
}

// ask computes the numbers of an answer, release by release.
func (s *server) ask(ctx context.Context, q query, list []release.Manifest, w weeks, areas map[release.GeoRef]allot.Area, a *asked) error {
	rho := int64(0) // of the releases asked for; the past weeks were paid for by themselves
	usual := s.splits(q, w, areas, a)
	for _, m := range list {
		if ctx.Err() != nil {
			return newProblem("too-large", "the answer takes more than "+longest.String()).hint("ask for a shorter time")
		}
		d, err := s.day(m)
		if err != nil {
			return err
		}
		area, ok := areas[m.Geo]
		for _, t := range a.Tables {
			switch {
			case ok && q.live() && t.By != throng.DimTime:
				err = usual.fill(t, d, area, q)
			case ok:
				err = d.fill(t, area, q)
			default:
				err = d.fillNothing(t, q)
			}
			if err != nil {
				return err
			}
		}
		a.Releases = append(a.Releases, m.ID)
		for _, p := range m.Parts {
			rho += p.Rho
		}
	}
	for _, t := range a.Tables {
		if len(t.Rows) == 0 && a.Modelled == nil {
			return wrong("period-missing", "/by", t.By, "a breakdown that a release of this time has")
		}
	}
	a.Cost = askedCost{float64(rho) / 1e9, "paid once when the releases were made; this question is arithmetic on public numbers and costs nothing"}
	return nil
}

// encode writes an answer; the order of members is fixed, so the same question has the same bytes.
func (a *asked) encode() ([]byte, error) {
	r, err := jsonAnswer(a)
	return r.body, err
}

// missing lists the parts of the time of a question that no release covers.
func missing(q query, list []release.Manifest) []string {
	gaps := []string{}
	at := q.from
	gap := func(from, to time.Time) {
		if from.Before(to) {
			gaps = append(gaps, from.UTC().Format(time.RFC3339)+"/"+to.UTC().Format(time.RFC3339))
		}
	}
	for _, m := range list {
		gap(at, m.Period.Start)
		at = m.Period.End
	}
	gap(at, q.to)
	return gaps
}
