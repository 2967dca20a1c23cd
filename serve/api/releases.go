package api

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/serve/export"
)

// listed is a release in a list. Of an embargoed one only its existence is told.
type listed struct {
	ID        string         `json:"id"`
	Product   string         `json:"product"`
	Period    release.Period `json:"period"`
	Revision  int            `json:"revision"`
	Geo       release.GeoRef `json:"geo"`
	Data      string         `json:"data"`
	Parts     []cost         `json:"parts,omitempty"`
	Tables    []tableName    `json:"tables,omitempty"`
	NotBefore string         `json:"not_before"`
	Embargoed bool           `json:"embargoed,omitempty"`

	Sources []release.Source `json:"sources,omitempty"` // of a combined release: what it was made from
}

type cost struct {
	Table  string `json:"table"`
	D2     uint64 `json:"d2"`
	Sigma2 uint64 `json:"sigma2"`
	Rho    int64  `json:"rho"`

	Tau   int64   `json:"tau,omitempty"`
	False float64 `json:"false_cells,omitempty"`
}

type tableName struct {
	Kind   string `json:"kind"`
	Name   string `json:"name"`
	Method string `json:"method,omitempty"`
	Dims   []axis `json:"dims"`
}

type axis struct {
	Name  string `json:"name"`
	Level string `json:"level,omitempty"`
}

func (s *server) listed(m release.Manifest) listed {
	l := listed{ID: m.ID, Product: m.Product, Period: m.Period, Revision: m.Revision, Geo: m.Geo, Data: m.Data, NotBefore: m.NotBefore}
	if !s.open(m.Head()) {
		l.Embargoed = true
		return l
	}
	l.Sources = m.Sources
	for _, p := range m.Parts {
		if m.Combined() {
			break // its sources were paid for
		}
		l.Parts = append(l.Parts, cost{p.Table, p.D2, p.Sigma2, p.Rho, p.Tau, p.False})
	}
	for _, n := range export.Names(m) {
		l.Tables = append(l.Tables, tableName{n.Kind, n.Table, n.Method, axesOf(m, n)})
	}
	return l
}

// axesOf tells the dimensions of a table from the manifest alone: those of the measured table of the same name, on zones
// when it is an estimate. The estimate "leaf" has the dimensions of the measured total, which a live release calls leaf.
func axesOf(m release.Manifest, n export.Name) []axis {
	axes := []axis{}
	part := func(name string) int {
		return slices.IndexFunc(m.Parts, func(p release.Part) bool { return p.Table == name })
	}
	i := part(n.Table)
	switch {
	case i < 0 && n.Table == throng.LevelLeaf:
		i = part("total")
	case i < 0 && m.Product == productLive:
		i = part(throng.LevelLeaf)
	}
	if i < 0 {
		return axes
	}
	for _, a := range m.Parts[i].Domain {
		level := a.Level
		if n.Kind == release.Estimate && level != "" && n.Table != throng.LevelLeaf {
			level = throng.LevelZone
		}
		axes = append(axes, axis{a.Name, level})
	}
	return axes
}

func (s *server) release(r *http.Request) (answer, error) {
	m, err := s.opened(r)
	if err != nil {
		return answer{}, err
	}
	a, err := jsonAnswer(s.listed(m))
	a.cache, a.releases = keep(m.Head()), []string{m.ID}
	return a, err
}

// releases lists what exists, newest first. Only the manifests of those that are listed are read.
func (s *server) releases(r *http.Request) (answer, error) {
	if err := onlyParameters(r, "product", "from", "to", "revision", "limit", "after"); err != nil {
		return answer{}, err
	}
	q := r.URL.Query()
	if rev := q.Get("revision"); rev != "" && rev != "latest" && rev != "all" {
		return answer{}, wrong("bad-parameter", "?revision", rev, "latest or all")
	}
	most, err := limitOf(q)
	if err != nil {
		return answer{}, err
	}
	list, err := s.list(r)
	if err != nil {
		return answer{}, err
	}
	out := struct {
		Releases []listed `json:"releases"`
		Next     string   `json:"next,omitempty"` // there are more: after this one
	}{Releases: []listed{}}
	heads, more, err := pick(list, q, most)
	if err != nil {
		return answer{}, err
	}
	for _, h := range heads {
		one, err := s.manifests([]release.Head{h})
		if err != nil {
			return answer{}, err
		}
		out.Releases = append(out.Releases, s.listed(one[0]))
	}
	if more {
		out.Next = heads[len(heads)-1].ID
	}
	return jsonAnswer(out)
}

// pick chooses at most so many of the releases that a question wants, from behind the one that it names by after, and reports whether
// there are more.
func pick(list []release.Head, q url.Values, most int) (heads []release.Head, more bool, err error) {
	best := latestRevisions(list)
	if q.Has("after") {
		i := slices.IndexFunc(list, func(h release.Head) bool { return h.ID == q.Get("after") })
		if i < 0 {
			return nil, false, wrong("bad-parameter", "?after", q.Get("after"), "the id of a release, such as next of the answer before")
		}
		list = list[i+1:]
	}
	clocks := map[string]*time.Location{}
	for _, h := range list {
		keep, err := wanted(h, q, clocks)
		if err != nil {
			return nil, false, err
		}
		if !keep || q.Get("revision") == "latest" && h.Revision < best[seriesOf(h)] {
			continue
		}
		if len(heads) == most {
			return heads, true, nil
		}
		heads = append(heads, h)
	}
	return heads, false, nil
}

// maxListed is the most that limit may ask for, and how many are listed without it.
const maxListed = 10_000

// limitOf reads how many releases are wanted at most, the newest.
func limitOf(q url.Values) (int, error) {
	if !q.Has("limit") {
		return maxListed, nil
	}
	n, err := strconv.Atoi(q.Get("limit"))
	if err != nil || n < 1 || n > maxListed {
		return 0, wrong("bad-parameter", "?limit", q.Get("limit"), "1 to "+strconv.Itoa(maxListed))
	}
	return n, nil
}

// series is what has revisions.
type series struct{ product, geo, period string }

func seriesOf(h release.Head) series { return series{h.Product, h.Geo.ID, h.Period.Name} }

// latestRevisions are the numbers of the last revisions, where that is not the first.
func latestRevisions(list []release.Head) map[series]int {
	best := map[series]int{}
	for _, h := range list {
		if h.Revision > best[seriesOf(h)] {
			best[seriesOf(h)] = h.Revision
		}
	}
	return best
}

// wanted reads product, from and to: a release is in the list when its period meets the days from..to, both included.
// clocks keeps the time zones that were looked up.
func wanted(m release.Head, q url.Values, clocks map[string]*time.Location) (bool, error) {
	loc, ok := clocks[m.Period.TimeZone]
	if !ok {
		var err error
		if loc, err = time.LoadLocation(m.Period.TimeZone); err != nil {
			loc = m.Period.Start.Location()
		}
		clocks[m.Period.TimeZone] = loc
	}
	from, _, err := dayOr(q.Get("from"), loc)
	if err != nil {
		return false, wrong("bad-time", "?from", q.Get("from"), "a day such as 2026-02-03, or an instant with a zone")
	}
	_, to, err := dayOr(q.Get("to"), loc)
	if err != nil {
		return false, wrong("bad-time", "?to", q.Get("to"), "a day such as 2026-02-03, or an instant with a zone")
	}
	product := q.Get("product")
	return (product == "" || product == m.Product) &&
		(from.IsZero() || m.Period.End.After(from)) && (to.IsZero() || m.Period.Start.Before(to)), nil
}

// dayOr reads a civil day of a time zone as its start and end, or an instant as both; no text is no limit.
func dayOr(text string, loc *time.Location) (from, to time.Time, err error) {
	if text == "" {
		return
	}
	if at, err := instant(text); err == nil {
		return at, at, nil
	}
	if !dayPattern.MatchString(text) {
		return from, to, errors.New("neither a day nor an instant")
	}
	day, err := throng.DayOf(text, loc)
	return time.UnixMilli(day.Start), time.UnixMilli(day.End), err
}
