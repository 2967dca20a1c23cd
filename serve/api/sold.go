package api

import (
	"encoding/json"
	"errors"
	"maps"
	"math"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/reckon/compare"
	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/serve/export"
)

// sold are the products of companies and public bodies that are asked about by zone, and of each the tables in which nobody is
// counted in two zones; their cells add up to different units, money or nights.
var sold = map[string][]string{
	"spending": {"total", "sales"}, "market": {"customers", "origin"}, "bookings": {"nights"}, "cases": {}, "reports": {"total"},
}

// soldMethod is the version of what this file computes.
const soldMethod = "zones-1"

// soldQuery is a question about what a holder sells, books or is told, in its canonical form.
type soldQuery struct {
	query // product, geography, zones, time, by
	table string
	where map[string]string
	over  string // "residents", a table of the same release, or ""
}

// askedSold is the answer to it, as it is encoded.
type askedSold struct {
	ID         string            `json:"id"`
	Product    string            `json:"product"`
	Data       string            `json:"data"`
	Releases   []string          `json:"releases"`
	Time       string            `json:"time"`
	TimeZone   string            `json:"time_zone"`
	Geo        release.GeoRef    `json:"geo"`
	Zones      []string          `json:"zones"` // that are added up, the smallest there are; none: the table is not told by zone
	Table      string            `json:"table"`
	Where      map[string]string `json:"where"`
	Over       string            `json:"over,omitempty"`
	Unit       string            `json:"unit"`                 // a currency of money, in its smallest unit; else the unit of privacy
	Exponent   *int              `json:"exponent,omitempty"`   // decimals of the currency
	Currencies []string          `json:"currencies,omitempty"` // that can be chosen
	Missing    []string          `json:"missing"`              // parts of the time without a release
	Tables     []*askedTable     `json:"tables"`
	Clamping   json.RawMessage   `json:"clamping,omitempty"` // what the bound of amounts cuts off, from the newest release
	Sources    moverSources      `json:"sources"`
	Cost       askedCost         `json:"cost"`
}

var monthPattern = regexp.MustCompile(`^\d{4}-\d{2}$`)

// parseSold reads the body of such a question.
func parseSold(n node) (soldQuery, error) {
	q := soldQuery{query: query{by: []string{throng.DimTime}}, table: "total", where: map[string]string{}}
	if err := n.only("product", "area", "time", "by", "geography", "purpose", "table", "where", "over"); err != nil {
		return q, err
	}
	for name, into := range map[string]*string{"product": &q.product, "geography": &q.geography, "table": &q.table, "over": &q.over} {
		if f, ok := n.field(name); ok {
			if err := f.is("string"); err != nil {
				return q, err
			}
			*into = f.text
		}
	}
	if t, ok := n.field("time"); ok {
		if t.kind == "string" && monthPattern.MatchString(t.text) {
			q.day = t.text
		} else if err := q.readTime(t); err != nil {
			return q, err
		}
	}
	if w, ok := n.field("where"); ok {
		if err := w.only(classes...); err != nil {
			return q, err
		}
		for i, name := range w.names {
			if err := w.items[i].is("string"); err != nil {
				return q, err
			}
			q.where[name] = w.items[i].text
		}
	}
	if by, ok := n.field("by"); ok {
		if err := q.readDims(by); err != nil {
			return q, err
		}
	}
	a, ok := n.field("area")
	if !ok {
		return q, nil
	}
	if _, drawn := a.field("polygon"); drawn {
		return q, wrong("bad-area", "/area/polygon", "a polygon", `{"zones": [ids]}: nothing of `+q.product+" is counted finer than by zone")
	}
	return q, q.readArea(a)
}

// readDims reads the dimensions, each of which gives a table over time.
func (q *soldQuery) readDims(n node) error {
	words, err := n.words(len(dimensions))
	if err != nil {
		return err
	}
	if len(words) == 0 {
		return wrong("bad-parameter", n.pointer, "an empty list", "time or dimensions of the table")
	}
	for i, w := range words {
		if !slices.Contains(dimensions, w) {
			return wrong("bad-parameter", n.pointer+"/"+strconv.Itoa(i), w, "time or a dimension of the table")
		}
	}
	q.by = nil
	for _, d := range append([]string{throng.DimTime, throng.DimZone}, classes...) {
		if slices.Contains(words, d) {
			q.by = append(q.by, d)
		}
	}
	return nil
}

// classes are the dimensions by which a table may be told, and of which one code may be kept; zones are kept by the area, times by
// the time of a question.
var classes = slices.DeleteFunc(throng.Dimensions(), func(d string) bool {
	return d == throng.DimTime || d == throng.DimZone
})

// querySold answers a question about a product of companies and public bodies: sums of released cells.
func (s *server) querySold(r *http.Request, body node) (answer, error) {
	q, err := parseSold(body)
	if err != nil {
		return answer{}, err
	}
	if err := q.readPurpose(r, body); err != nil {
		return answer{}, err
	}
	list, _, err := s.releasesOf(r, &q.query)
	if err != nil {
		return answer{}, err
	}
	own, err := s.readable(r)
	if err != nil {
		return answer{}, err
	}
	last := list[len(list)-1]
	q.chooseCoin(last)
	a := &askedSold{Product: q.product, Data: dataOf(headsOf(list)), Releases: idsOf(list), Time: q.from.Format(time.RFC3339Nano) + "/" + q.to.Format(time.RFC3339Nano),
		TimeZone: last.Period.TimeZone, Geo: last.Geo, Table: q.table, Where: q.where, Over: q.over, Unit: last.Unit, Missing: missing(q.query, list), Zones: []string{},
		Clamping: s.clampingOf(q, last), Sources: q.sources()}
	if a.Currencies = q.coins(last); q.money() && len(a.Currencies) > 0 {
		if a.Unit = q.where[throng.DimCurrency]; a.Unit == "" {
			a.Unit = a.Currencies[0]
		}
		exponent := throng.Exponent(a.Unit)
		a.Exponent = &exponent
	}
	if err := s.askSold(own, q, list, a); err != nil {
		return answer{}, err
	}
	a.ID = queryID(q.canonicalSold(), list)
	answered, err := jsonAnswer(a)
	answered.releases = a.Releases
	return answered, err
}

// money reports whether the table is of amounts.
func (q *soldQuery) money() bool { return q.product == "spending" && q.table == "total" }

// coins are the currencies that can be chosen; those of amounts and of tables told by currency.
func (q *soldQuery) coins(m release.Manifest) []string {
	if q.product != "spending" {
		return nil
	}
	return currencies(m)
}

// chooseCoin keeps the first currency where there are several and the question names none: they are never added up. Only the table
// by currency has all of them.
func (q *soldQuery) chooseCoin(m release.Manifest) {
	for _, p := range m.Parts {
		told := slices.ContainsFunc(p.Domain, func(a release.Axis) bool { return a.Name == throng.DimCurrency })
		if p.Table == q.table && told && q.where[throng.DimCurrency] == "" {
			if coins := currencies(m); len(coins) > 0 {
				q.where[throng.DimCurrency] = coins[0]
			}
		}
	}
}

func (s *server) clampingOf(q soldQuery, m release.Manifest) json.RawMessage {
	if !q.money() {
		return nil
	}
	return s.clamping(m)
}

// sources says in words how the numbers came about.
func (q *soldQuery) sources() moverSources {
	out := moverSources{Method: soldMethod + ": sums of released cells; about the holder's own customers and cases, not scaled to people at large; per by Fieller, not reliable where the denominator is at most five of its standard deviations",
		Noise: "discrete Gaussian noise of the releases; noise_sd is exact, lo and hi hold 95 % of it and nothing else"}
	if !slices.Contains(sold[q.product], q.table) {
		out.Note = "who is in several of the cells that are added up counts in each"
	}
	return out
}

// askSold computes the rows, release by release.
func (s *server) askSold(own compare.Readable, q soldQuery, list []release.Manifest, a *askedSold) error {
	rho := int64(0)
	for _, by := range q.by {
		a.Tables = append(a.Tables, &askedTable{By: by, Rows: []json.RawMessage{}})
	}
	for _, m := range list {
		zones, err := s.soldZones(q, m)
		if err != nil {
			return err
		}
		if zones != nil {
			a.Zones = zones
		}
		for _, t := range a.Tables {
			if err := s.fillSold(own, q, m, zones, t); err != nil {
				return err
			}
		}
		for _, p := range m.Parts {
			rho += p.Rho
		}
	}
	a.Cost = askedCost{float64(rho) / 1e9, "paid once when the releases were made; this question is arithmetic on public numbers and costs nothing"}
	return nil
}

// soldZones are the smallest zones of a release in those of the question; all of them where it names none; nil where the table is not
// told by zone and none is named.
func (s *server) soldZones(q soldQuery, m release.Manifest) ([]string, error) {
	told := slices.ContainsFunc(m.Parts, func(p release.Part) bool {
		return p.Table == q.table && slices.ContainsFunc(p.Domain, func(a release.Axis) bool { return a.Name == throng.DimZone })
	})
	if !told && q.zones == nil {
		return nil, nil
	}
	g, err := s.groundOf(m.Geo)
	if err != nil {
		return nil, err
	}
	finest := g.geo.Zones.Finest()
	if q.zones != nil {
		if finest, err = g.finestOf(q.zones); err != nil {
			return nil, err
		}
	}
	return g.geo.Zones.IDs(finest...), nil
}

// fillSold adds the rows of one release to a table of an answer.
func (s *server) fillSold(own compare.Readable, q soldQuery, m release.Manifest, zones []string, t *askedTable) error {
	by := t.By
	if by == throng.DimTime {
		by = ""
	}
	if by == throng.DimCurrency {
		q.where = maps.Clone(q.where)
		delete(q.where, throng.DimCurrency)
	}
	codes, of, err := own.Inside(m, q.table, by, q.where, zones)
	if err != nil {
		return q.refused(err)
	}
	under, err := s.under(own, q, m, zones, by, codes)
	if refusal := (*compare.Refusal)(nil); errors.As(err, &refusal) {
		return q.refused(&compare.Refusal{What: "over", Text: refusal.Text})
	}
	if err != nil {
		return err
	}
	t.dims(t.By, nil)
	if by != "" {
		t.dims(t.By, codes)
	}
	at := m.Period.Start.UTC().Format(time.RFC3339)
	if !slices.Contains(t.Dims[0].Codes, at) {
		t.Dims[0].Codes = append(t.Dims[0].Codes, at)
	}
	for i, code := range codes {
		var per *compare.Ratio
		if under != nil {
			ratio := compare.Ratio{}
			if !math.IsNaN(under[i].Value) {
				ratio = compare.Over(of[i], under[i])
			}
			per = &ratio
		}
		t.Rows = append(t.Rows, soldRow(m, at, by, code, of[i], per))
	}
	return nil
}

// under is what the numbers are divided by, or nil.
func (s *server) under(own compare.Readable, q soldQuery, m release.Manifest, zones []string, by string, codes []string) ([]compare.Number, error) {
	if q.over == "" {
		return nil, nil
	}
	if q.over != "residents" {
		other, of, err := own.Inside(m, q.over, by, q.where, zones)
		return compare.Align(codes, other, of), err
	}
	if zones == nil {
		return nil, &compare.Refusal{What: "over", Text: "residents are told by zone, and table " + q.table + " is not"}
	}
	beside, err := s.beside()
	if err != nil {
		return nil, err
	}
	residents, err := own.Residents(m.Geo, zones, beside...)
	if err != nil || by == throng.DimZone {
		return residents, err
	}
	return slices.Repeat([]compare.Number{compare.Plus(residents...)}, len(codes)), nil
}

// soldRow writes one row.
func soldRow(m release.Manifest, at, by, code string, n compare.Number, per *compare.Ratio) json.RawMessage {
	b := append([]byte(`{"time":"`), at...)
	b = append(b, '"')
	if by != "" {
		text, _ := json.Marshal(code) // a string always encodes
		b = append(append(b, `,"`+by+`":`...), text...)
	}
	b = export.AppendNumber(append(b, ','), export.Display(n.Value, n.SD))
	if per != nil {
		text, _ := json.Marshal(shownRatio(*per)) // finite numbers encode, and what is not shown is null
		b = append(append(b, `,"per":`...), text...)
	}
	status := release.Measured
	if m.Combined() {
		status = release.Combined
	}
	b = append(b, `,"status":"`+status+`","release":"`+m.ID+`","revision":`...)
	return append(strconv.AppendInt(b, int64(m.Revision), 10), '}')
}

// refused tells which member of the question cannot be answered.
func (q *soldQuery) refused(err error) error {
	var refusal *compare.Refusal
	if !errors.As(err, &refusal) {
		return err
	}
	where, _ := json.Marshal(q.where)
	got := map[string]string{"table": q.table, "by": strings.Join(q.by, ", "), "over": q.over, "area": strings.Join(q.zones, ", "), "where": string(where)}[refusal.What]
	code := "bad-parameter"
	if refusal.What == "area" {
		code = "bad-area"
	}
	p := wrong(code, "/"+refusal.What, got, "what the product has")
	p.Detail = clip(refusal.Text)
	return p
}

// canonicalSold writes the question with the time that it was answered for.
func (q *soldQuery) canonicalSold() string {
	where, _ := json.Marshal(q.where) // sorted
	return `{"where":` + string(where) + `,"table":"` + q.table + `","over":"` + q.over + `",` + q.canonical(q.from, q.to)[1:]
}
