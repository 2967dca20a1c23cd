package api

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/throng-stats/throng/reckon/allot"
	"github.com/throng-stats/throng/reckon/balance"
	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/serve/export"
)

// queryMethod is the version of what this file computes: another version gives other ids to the same questions.
const queryMethod = "perimeter-1"

// day is one release of present, fitted once and asked often.
type day struct {
	manifest release.Manifest
	reckoner *balance.Reckoner
	ground   *ground
	starts   []time.Time
	width    time.Duration
}

// day loads and fits a release. The key holds the digests of its files, so another content is another day.
func (s *server) day(m release.Manifest) (*day, error) {
	text, _ := json.Marshal(m) // encodes as it was decoded
	return s.days.get(tagOf(string(text)), func() (*day, error) {
		g, err := s.groundOf(m.Geo)
		if err != nil {
			return nil, err
		}
		var tables []release.Table
		for _, n := range export.Names(m) {
			if n.Kind == release.Measured {
				t, err := s.store.Table(m.ID, "", n.Table)
				if err != nil {
					return nil, fmt.Errorf("measured table %s of %s: %v (%w)", n.Table, m.ID, err, release.ErrCorrupt)
				}
				tables = append(tables, t)
			}
		}
		r, err := balance.NewReckoner(g.index, tables)
		if err != nil {
			return nil, fmt.Errorf("release %s: %w", m.ID, err)
		}
		return newDay(m, r, g)
	})
}

func newDay(m release.Manifest, r *balance.Reckoner, g *ground) (*day, error) {
	d := &day{manifest: m, reckoner: r, ground: g, width: m.Period.End.Sub(m.Period.Start)}
	for _, code := range r.Times() {
		at, err := instant(code)
		if err != nil {
			return nil, fmt.Errorf("release %s has a bin %.40q that is no instant: %w", m.ID, code, release.ErrCorrupt)
		}
		d.starts = append(d.starts, at)
	}
	if len(d.starts) > 1 {
		d.width = d.starts[1].Sub(d.starts[0])
	}
	return d, nil
}

// query answers a question about an area, for every release of its time.
func (s *server) query(r *http.Request) (answer, error) {
	if err := onlyParameters(r); err != nil {
		return answer{}, err
	}
	body, err := readBody(r)
	if err != nil {
		return answer{}, err
	}
	q, err := parseQuery(body)
	if err != nil {
		return answer{}, err
	}
	list, err := s.releasesOf(&q)
	if err != nil {
		return answer{}, err
	}
	ctx, cancel := context.WithTimeout(r.Context(), maxSeconds)
	defer cancel()
	a, err := s.ask(ctx, q, list)
	if err != nil {
		return answer{}, err
	}
	text, err := a.encode()
	ids := make([]string, len(list))
	for i, m := range list {
		ids[i] = m.ID
	}
	return answer{mediaType: "application/json", body: text, releases: ids}, err
}

// releasesOf chooses the releases of a question, ascending by time, and writes the defaults into it.
func (s *server) releasesOf(q *query) ([]release.Manifest, error) {
	list, err := s.store.List()
	if err != nil {
		return nil, err
	}
	if q.product != "present" {
		p := wrong("not-a-product", "/product", q.product, "present")
		if slices.Contains(productsOf(list), q.product) {
			p.hint("read its tables: GET /v1/releases?product=" + q.product)
		}
		return nil, p
	}
	var open, closed []release.Manifest
	for _, m := range s.latest(list, q.product) {
		switch {
		case q.geography != "" && m.Geo.ID != q.geography:
		case s.open(m):
			open = append(open, m)
		default:
			closed = append(closed, m)
		}
	}
	slices.SortStableFunc(open, func(a, b release.Manifest) int { return a.Period.Start.Compare(b.Period.Start) })
	if len(open) == 0 {
		return nil, nothing(q, closed)
	}
	newest := open[len(open)-1]
	if q.geography == "" {
		q.geography = newest.Geo.ID
		open = slices.DeleteFunc(open, func(m release.Manifest) bool { return m.Geo.ID != q.geography })
	}
	if q.day == "" && q.from.IsZero() {
		q.day = newest.Period.Name
	}
	kept := slices.DeleteFunc(open, func(m release.Manifest) bool { return !q.meets(m) })
	switch {
	case len(kept) == 0:
		return nil, nothing(q, closed)
	case len(kept) > maxReleases:
		return nil, wrong("too-large", "/time", strconv.Itoa(len(kept))+" releases", "at most "+strconv.Itoa(maxReleases)+" at a time")
	}
	if q.day != "" {
		q.from, q.to = kept[0].Period.Start.UTC(), kept[0].Period.End.UTC()
	}
	return kept, nil
}

func (q *query) meets(m release.Manifest) bool {
	if q.day != "" {
		return m.Period.Name == q.day
	}
	return m.Period.Start.Before(q.to) && m.Period.End.After(q.from)
}

// nothing says why no release answers: it is under embargo, or it does not exist.
func nothing(q *query, closed []release.Manifest) error {
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

// asked is the answer to a question, as it is encoded.
type asked struct {
	ID       string         `json:"id"`
	Product  string         `json:"product"`
	Data     string         `json:"data"`
	Releases []string       `json:"releases"`
	Time     string         `json:"time"`
	TimeZone string         `json:"time_zone"`
	Geo      release.GeoRef `json:"geo"`
	Area     askedArea      `json:"area"`
	Missing  []string       `json:"missing"` // parts of the time without a release
	Tables   []*askedTable  `json:"tables"`
	Sources  askedSources   `json:"sources"`
	Cost     askedCost      `json:"cost"`
}

type askedArea struct {
	KM2             float64   `json:"km2"`
	Leaves          int       `json:"leaves"`
	SmallerThanLeaf bool      `json:"smaller_than_leaf"`
	Covered         float64   `json:"covered"`
	Leaf            *pageLeaf `json:"leaf,omitempty"` // that a smaller area is a share of
}

type askedTable struct {
	By   string            `json:"by"`
	Dims []dimJSON         `json:"dims"`
	Rows []json.RawMessage `json:"rows"`
}

type askedSources struct {
	Method     string `json:"method"`
	Noise      string `json:"noise"`
	Allocation string `json:"allocation"`
	Scaling    string `json:"scaling"`
}

type askedCost struct {
	RhoRelease float64 `json:"rho_release"`
	Note       string  `json:"note"`
}

// words are the same in every answer.
func words(method string) askedSources {
	return askedSources{
		Method:     "definitions " + method + ", " + queryMethod + ": a weighted sum of released leaves, fitted by generalised least squares over the public measurement tree",
		Noise:      "discrete Gaussian noise of the release; noise_sd is exact, lo and hi hold 95 % of it and nothing else",
		Allocation: "leaves are given out to tiles by public shares; alloc_sd bounds what leaves that lie here only partly may add or take away, null where it is not known",
		Scaling:    "people per counted device by zone, public, applied after the noise; its uncertainty is not in lo and hi",
	}
}

// queryID names a question together with the releases that answer it.
func queryID(canonical string, list []release.Manifest) string {
	sum := sha256.Sum256([]byte(canonical + "\n" + joinIDs(list) + "\n" + queryMethod))
	return "q" + strings.ToLower(base32.StdEncoding.EncodeToString(sum[:]))[:26]
}

// ask computes the answer, release by release.
func (s *server) ask(ctx context.Context, q query, list []release.Manifest) (*asked, error) {
	last := list[len(list)-1]
	a := &asked{ID: queryID(q.canonical(q.from, q.to), list), Product: q.product, Data: dataOf(list), Releases: []string{},
		Time:     q.from.Format(time.RFC3339Nano) + "/" + q.to.Format(time.RFC3339Nano),
		TimeZone: last.Period.TimeZone, Geo: last.Geo, Missing: missing(q, list), Sources: words(last.Method)}
	for _, by := range q.by {
		a.Tables = append(a.Tables, &askedTable{By: by, Rows: []json.RawMessage{}})
	}
	areas := map[release.GeoRef]allot.Area{}
	rho := int64(0)
	for _, m := range list {
		if ctx.Err() != nil {
			return nil, newProblem("too-large", "the answer takes more than "+maxSeconds.String()).hint("ask for a shorter time")
		}
		d, err := s.day(m)
		if err != nil {
			return nil, err
		}
		if _, ok := areas[m.Geo]; !ok {
			if areas[m.Geo], a.Area, err = d.ground.locate(q); err != nil {
				return nil, err
			}
		}
		for _, t := range a.Tables {
			if err := d.fill(t, areas[m.Geo], q); err != nil {
				return nil, err
			}
		}
		a.Releases = append(a.Releases, m.ID)
		for _, p := range m.Parts {
			rho += p.Rho
		}
	}
	for _, t := range a.Tables {
		if len(t.Rows) == 0 {
			return nil, wrong("period-missing", "/by", t.By, "a breakdown that a release of this time has")
		}
	}
	a.Cost = askedCost{float64(rho) / 1e9, "paid once when the releases were made; this question is arithmetic on public numbers and costs nothing"}
	return a, nil
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

// locate allots the area of a question. A perimeter that meets no covered ground is outside; how little of it is covered
// otherwise is told by its covered share.
func (g *ground) locate(q query) (allot.Area, askedArea, error) {
	a, about, err := g.allot(q)
	if err != nil {
		return a, about, err
	}
	if len(a.Leaf) == 0 {
		p := newProblem("area-outside", "no part of the area is covered; the covered area lies between the corners in extent")
		p.Extent = g.extent[:]
		return a, about, p.hint("draw inside the extent")
	}
	about.KM2, about.Covered = round(about.KM2, 6), round(min(1, about.Covered), 4)
	about.Leaves, about.SmallerThanLeaf = len(a.Leaf), a.Smaller()
	if about.SmallerThanLeaf {
		l := g.leafOf(a)
		about.Leaf = &pageLeaf{l.ID, whole(l.X), whole(l.Y), round(l.Area/1e6, 3)}
	}
	return a, about, nil
}

func (g *ground) allot(q query) (allot.Area, askedArea, error) {
	if q.polygon != nil {
		p, err := g.index.Perimeter(q.polygon)
		if err != nil {
			return p.Area, askedArea{}, wrong("bad-area", "/area/polygon", err.Error(), "a perimeter that the plane of the geography can hold")
		}
		return p.Area, askedArea{KM2: p.KM2, Covered: p.Covered}, nil
	}
	finest, err := g.finestOf(q.zones)
	if err != nil {
		return allot.Area{}, askedArea{}, err
	}
	about, tiles := askedArea{}, 0.0
	var parts []allot.Area
	for _, z := range finest {
		parts = append(parts, g.index.Zone(z))
		about.KM2 += g.km2(z)
		tiles += g.tilesKM2(z)
	}
	if about.KM2 > 0 {
		about.Covered = tiles / about.KM2
	}
	return union(parts), about, nil
}

// union adds areas that do not overlap.
func union(parts []allot.Area) allot.Area {
	share, weight, part := map[int32]float64{}, map[int32]float64{}, map[int32]float64{}
	for _, p := range parts {
		for i, leaf := range p.Leaf {
			share[leaf] += p.Share[i]
			weight[leaf] += p.Weight[i]
		}
		for i, zone := range p.Zone {
			part[zone] += p.Part[i]
		}
	}
	var a allot.Area
	for leaf := range share {
		a.Leaf = append(a.Leaf, leaf)
	}
	for zone := range part {
		a.Zone = append(a.Zone, zone)
	}
	slices.Sort(a.Leaf)
	slices.Sort(a.Zone)
	for _, leaf := range a.Leaf {
		a.Share, a.Weight = append(a.Share, min(1, share[leaf])), append(a.Weight, weight[leaf])
	}
	for _, zone := range a.Zone {
		a.Part = append(a.Part, min(1, part[zone]))
	}
	return a
}
