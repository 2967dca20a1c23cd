package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/reckon/compare"
	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/serve/export"
)

// maxLeague is the most codes that are ranked: ranks compare each with each.
const maxLeague = 2000

// league is a ranking of places, categories or bodies by released numbers.
type league struct {
	Product    string            `json:"product"`
	Data       string            `json:"data"`
	Period     string            `json:"period"`
	Table      string            `json:"table"`
	By         string            `json:"by"`
	Where      map[string]string `json:"where"`
	Over       string            `json:"over,omitempty"`
	Before     []string          `json:"before,omitempty"`
	Unit       string            `json:"unit"`                 // a currency where money is ranked, in its smallest unit; else the unit of privacy
	Exponent   *int              `json:"exponent,omitempty"`   // decimals of the currency
	Currencies []string          `json:"currencies,omitempty"` // that can be chosen
	Geo        release.GeoRef    `json:"geo"`
	Releases   []string          `json:"releases"`
	OverFrom   []string          `json:"over_releases,omitempty"`
	Total      leagueNumber      `json:"total"` // of all lines
	Lines      []leagueLine      `json:"lines"`
	Clamping   json.RawMessage   `json:"clamping,omitempty"` // what the bound of amounts cuts off, from the release
	Sources    moverSources      `json:"sources"`
}

type leagueNumber struct {
	Value    int64   `json:"value"`
	Estimate float64 `json:"estimate"`
	NoiseSD  float64 `json:"noise_sd"`
	Lo       float64 `json:"lo"`
	Hi       float64 `json:"hi"`
	Reliable bool    `json:"reliable"`
}

type leagueLine struct {
	Code string `json:"code"`
	leagueNumber
	Best   int          `json:"best"` // ranks that it may have, 1 is the largest
	Worst  int          `json:"worst"`
	Group  int          `json:"group"`
	Share  *leagueRatio `json:"share"`            // of all; null where the noise leaves nothing to show
	Per    *leagueRatio `json:"per,omitempty"`    // of over; not there where it cannot be shown
	Gap    *leagueGap   `json:"gap,omitempty"`    // potential less actual customers, where over is residents
	Change *leagueRatio `json:"change,omitempty"` // relative, since before
}

// leagueRatio has an interval of Fieller's; it is not reliable when the denominator is at most five of its standard deviations.
type leagueRatio struct {
	Value    float64 `json:"value"`
	Lo       float64 `json:"lo"`
	Hi       float64 `json:"hi"`
	Reliable bool    `json:"reliable"`
}

type leagueGap struct {
	Estimate float64 `json:"estimate"`
	NoiseSD  float64 `json:"noise_sd"`
	Lo       float64 `json:"lo"`
	Hi       float64 `json:"hi"`
	Best     int     `json:"best"`
	Worst    int     `json:"worst"`
}

// league answers with the ranking of one table of a product and period.
func (s *server) league(r *http.Request) (answer, error) {
	own, err := s.readable(r)
	if err != nil {
		return answer{}, err
	}
	q, err := leagueQuestion(r.URL.Query())
	if err != nil {
		return answer{}, err
	}
	if err := s.choose(own, &q); err != nil {
		return answer{}, err
	}
	beside, err := s.beside()
	if err != nil {
		return answer{}, err
	}
	ranked, err := own.League(q, beside...)
	var refusal *compare.Refusal
	if errors.As(err, &refusal) && refusal.What == "absent" { // the ranking is there all the same
		q.Over = ""
		ranked, err = own.League(q)
		ranked.Note = refusal.Text + ", so nothing is divided by it"
	}
	if errors.As(err, &refusal) {
		return answer{}, refused(refusal, q)
	}
	if err != nil {
		return answer{}, err
	}
	out := s.writeLeague(ranked)
	a, err := jsonAnswer(out)
	a.releases = out.Releases
	return a, err
}

// readable are the releases of this holder that whoever asks may read.
func (s *server) readable(r *http.Request) (compare.Readable, error) {
	list, err := s.list(r)
	list = slices.DeleteFunc(slices.Clone(list), func(h release.Head) bool { return !s.open(h) })
	return compare.Readable{Store: s.store, List: list}, err
}

// beside are the releases of others that everybody may read.
func (s *server) beside() ([]compare.Readable, error) {
	var out []compare.Readable
	for _, store := range s.opt.Beside {
		list, err := store.Heads()
		if err != nil {
			return nil, err
		}
		out = append(out, compare.Readable{Store: store, List: slices.DeleteFunc(slices.Clone(list), func(h release.Head) bool { return private(h) || !s.open(h) })})
	}
	return out, nil
}

// leagueQuestion reads the parameters.
func leagueQuestion(p url.Values) (compare.Question, error) {
	q := compare.Question{Table: "total", Where: map[string]string{}}
	for name, values := range p {
		if name == "before" {
			if q.Before = values; len(values) > maxReleases {
				return q, wrong("too-large", "?before", strconv.Itoa(len(values))+" periods", "at most "+strconv.Itoa(maxReleases)+" periods")
			}
			continue
		}
		if len(values) > 1 {
			return q, wrong("bad-parameter", "?"+name, values[1], "the parameter once")
		}
		switch value := values[0]; {
		case name == "product":
			q.Product = value
		case name == "period":
			q.Period = value
		case name == "table":
			q.Table = value
		case name == "by":
			q.By = value
		case name == "over":
			q.Over = value
		case slices.Contains(dimensions, name):
			q.Where[name] = value
		default:
			return q, wrong("bad-parameter", "?"+name, name, "product, period, table, by, over, before, or a dimension")
		}
	}
	return q, nil
}

// choose fills in the newest period, and the first currency where there are several: they are never added up. It refuses what has
// too many codes.
func (s *server) choose(own compare.Readable, q *compare.Question) error {
	i := slices.IndexFunc(own.List, func(h release.Head) bool { return h.Product == q.Product })
	if i < 0 {
		return wrong("bad-parameter", "?product", q.Product, "a product of /v1/products with a release that may be read")
	}
	if q.Period == "" {
		q.Period = own.List[i].Period.Name
	}
	list, err := own.In(q.Product, q.Period)
	if err != nil || len(list) == 0 {
		return err // of none the question is refused with the reason
	}
	for _, p := range list[0].Parts {
		if p.Table != q.Table {
			continue
		}
		for _, a := range p.Domain {
			if a.Name == throng.DimCurrency && q.Where[throng.DimCurrency] == "" && q.By != throng.DimCurrency {
				if coins := currencies(list[0]); len(coins) > 0 {
					q.Where[throng.DimCurrency] = coins[0]
				}
			}
			if a.Codes > maxLeague && (a.Name == q.By || q.By == "") {
				return newProblem("too-large", fmt.Sprintf("%d codes would be ranked, at most %d are", a.Codes, maxLeague)).hint("throng compare has no limit")
			}
			if q.By == "" {
				q.By = a.Name
			}
		}
	}
	return nil
}

// currencies are those of the amounts of a release, in their order.
func currencies(m release.Manifest) (coins []string) {
	if json.Unmarshal([]byte(m.Options["money.currency"]), &coins) != nil && throng.IsCurrency(m.Options["money.currency"]) {
		coins = []string{m.Options["money.currency"]}
	}
	return coins
}

// refused tells what of a question cannot be answered.
func refused(r *compare.Refusal, q compare.Question) error {
	got := map[string]string{"product": q.Product, "table": q.Table, "by": q.By, "over": q.Over}[r.What]
	switch r.What {
	case "period", "before":
		return wrong("period-missing", "?"+r.What, q.Period, "a released period").hint("GET /v1/available?product=" + clip(q.Product))
	case "where":
		return newProblem("bad-parameter", clip(r.Text))
	}
	p := wrong("bad-parameter", "?"+r.What, got, "what the product has")
	p.Detail = clip(r.Text)
	return p
}

func (s *server) writeLeague(r compare.Ranked) league {
	last := r.Releases[len(r.Releases)-1]
	out := league{Product: r.Product, Data: dataOf(headsOf(r.Releases)), Period: r.Period, Table: r.Table, By: r.By, Where: r.Where, Over: r.Over, Before: r.Before, Unit: last.Unit,
		Geo: last.Geo, Releases: []string{}, OverFrom: r.Per, Lines: []leagueLine{}, Clamping: s.clamping(last), Sources: moverSources{
			Method: "sums of released cells; ranks hold for all lines at once with 95 %; lines of different groups are in that order; ratios by Fieller, not reliable where the denominator is at most five of its standard deviations",
			Noise:  "discrete Gaussian noise of the releases; noise_sd is exact, lo and hi hold 95 % of it and nothing else",
			Note:   r.Note,
		}}
	if r.Product == "spending" {
		if out.Currencies = currencies(last); r.Table == "total" && len(out.Currencies) > 0 {
			if out.Unit = r.Where[throng.DimCurrency]; out.Unit == "" {
				out.Unit = out.Currencies[0]
			}
			exponent := throng.Exponent(out.Unit)
			out.Exponent = &exponent
		}
	}
	for _, m := range r.Releases {
		out.Releases = append(out.Releases, m.ID)
	}
	var all compare.Number
	for _, p := range r.Places {
		all = compare.Plus(all, p.Of)
		line := leagueLine{Code: p.Code, leagueNumber: shownNumber(p.Of), Best: p.Rank.Best, Worst: p.Rank.Worst, Group: p.Rank.Group,
			Share: shownRatio(p.Share), Per: shownRatio(p.Per), Change: shownRatio(p.Change.Relative)}
		if r.Over == "residents" && !math.IsNaN(p.Gap.Value) {
			lo, hi := p.Gap.Margin()
			line.Gap = &leagueGap{thousandth(p.Gap.Value), thousandth(p.Gap.SD), thousandth(lo), thousandth(hi), p.GapRank.Best, p.GapRank.Worst}
		}
		out.Lines = append(out.Lines, line)
	}
	out.Total = shownNumber(all)
	return out
}

// clamping is what a release says of its bound of amounts, or nil.
func (s *server) clamping(m release.Manifest) json.RawMessage {
	f, err := s.store.Open(m.ID, "clamping.json")
	if err != nil {
		return nil
	}
	defer f.Close()
	text, err := io.ReadAll(f)
	if err != nil || !json.Valid(text) {
		return nil
	}
	return text
}

func shownNumber(n compare.Number) leagueNumber {
	d := export.Display(n.Value, n.SD)
	return leagueNumber{d.Value, thousandth(d.Estimate), thousandth(d.NoiseSD), thousandth(d.Lo), thousandth(d.Hi), d.Reliable}
}

// ratioDecimals keep a share of a ten thousandth to two digits.
const ratioDecimals = 6

func shownRatio(r compare.Ratio) *leagueRatio {
	if !r.Shown {
		return nil
	}
	return &leagueRatio{round(r.Value, ratioDecimals), round(r.Lo, ratioDecimals), round(r.Hi, ratioDecimals), r.Reliable}
}
