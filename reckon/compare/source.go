package compare

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/release"
)

// Refusal says which part of a question cannot be answered, and what is wanted instead.
type Refusal struct {
	What string // period, before, table, by, where, over; or absent, what Over would be read from
	Text string
}

// Error is the sentence.
func (r *Refusal) Error() string { return "compare: " + r.Text }

// Readable is what may be read of a store, such as what is published already and for everybody.
type Readable struct {
	Store release.Store
	List  []release.Head
}

// Question asks for a ranking of released numbers.
type Question struct {
	Product, Period, Table string
	By                     string            // dimension that is ranked; the first of the table when it is ""
	Where                  map[string]string // one code of other dimensions; the rest is added up
	Over                   string            // see Readable.League; "" for none
	Before                 []string          // periods before an event
}

// Ranked is a league table and what it was made from.
type Ranked struct {
	Question
	Releases []release.Manifest // of the period, ascending
	Codes    []string
	Places   []Place  // from the largest
	Per      []string // ids of the releases that Over was read from, where they are others
	Note     string   // what Over means; "" without one
}

// In returns the releases of a product for a period, ascending, each in its last revision: the one of that name or, of a month
// that was not released as one, those of its days. All are on the geography of the newest; others are left out.
func (r Readable) In(product, period string) ([]release.Manifest, error) {
	best := map[string]release.Head{}
	for _, m := range r.List {
		name := m.Period.Name
		if m.Product != product || name != period && !(len(period) == len("2006-01") && strings.HasPrefix(name, period+"-")) {
			continue
		}
		if before, ok := best[name]; !ok || m.Revision > before.Revision {
			best[name] = m
		}
	}
	if whole, ok := best[period]; ok {
		return release.Manifests(r.Store, []release.Head{whole})
	}
	var list []release.Head
	for _, m := range best {
		list = append(list, m)
	}
	slices.SortFunc(list, func(a, b release.Head) int { return a.Period.Start.Compare(b.Period.Start) })
	return release.Manifests(r.Store, slices.DeleteFunc(list, func(h release.Head) bool { return h.Geo != list[len(list)-1].Geo }))
}

// League answers a question from the releases of its period. Over may be a table of the same releases (means: total over buyers),
// PRODUCT/TABLE of what was released of the same time (reports over vehicles/arrivals), "present", the mean of people present by
// hour (cases per person present), or "residents", the public residents of the geography (penetration). What these releases do
// not have is taken from beside, the releases of others. A Refusal says what cannot be answered.
func (r Readable) League(q Question, beside ...Readable) (Ranked, error) {
	out := Ranked{Question: q}
	var err error
	if out.Releases, err = r.In(q.Product, q.Period); err != nil {
		return out, err
	}
	if len(out.Releases) == 0 {
		return out, &Refusal{"period", fmt.Sprintf("nothing of %.40q was released for %.20q", q.Product, q.Period)}
	}
	if q.By == "" {
		t, _, err := r.read(out.Releases[0], q.Table)
		if err != nil {
			return out, err
		}
		if len(t.Shape.Dims) == 0 {
			return out, &Refusal{"table", fmt.Sprintf("table %.40q has one number and no dimension", q.Table)}
		}
		out.By = t.Shape.Dims[0].Name
	}
	all, sums, err := r.sum(out.Releases, out.Question, q.Table, nil)
	if err != nil {
		return out, err
	}
	if out.Codes = all; out.By == throng.DimZone {
		if out.Codes, err = r.finest(out.Releases[0].Geo, all); err != nil {
			return out, err
		}
	}
	of := Align(out.Codes, all, sums)
	var b Beside
	for _, period := range q.Before {
		list, err := r.In(q.Product, period)
		if err != nil {
			return out, err
		}
		if len(list) == 0 {
			return out, &Refusal{"before", fmt.Sprintf("nothing of %.40q was released for %.20q", q.Product, period)}
		}
		codes, then, err := r.sum(list, out.Question, q.Table, nil)
		if err != nil {
			return out, err
		}
		if !slices.Equal(codes, all) {
			return out, &Refusal{"before", fmt.Sprintf("%s of %s has other codes than %s; compare periods of one geography", q.Product, period, q.Period)}
		}
		b.Before = append(b.Before, Align(out.Codes, codes, then))
	}
	if err := r.over(&out, &b, beside); err != nil {
		return out, err
	}
	out.Places, err = League(out.Codes, of, b)
	return out, err
}

// finest leaves out the zones in which others of the list lie: what is ranked adds up to a whole.
func (r Readable) finest(ref release.GeoRef, codes []string) ([]string, error) {
	geo, err := r.Store.Geography(ref.ID, ref.Version)
	if err != nil {
		return nil, err
	}
	holds := holding(codes, geo.Zones)
	return slices.DeleteFunc(slices.Clone(codes), holds), nil
}

// over reads what is divided by.
func (r Readable) over(out *Ranked, b *Beside, beside []Readable) (err error) {
	product, table, other := strings.Cut(out.Over, "/")
	switch {
	case out.Over == "":
		return nil
	case out.Over == "residents" || out.Over == "present":
		if out.By != throng.DimZone {
			return &Refusal{"over", fmt.Sprintf("%s are told by zone, not by %s", out.Over, out.By)}
		}
		if out.Over == "residents" {
			out.Note = "per public resident; residents have no margin"
			return r.residents(out, b, beside)
		}
		product, table, out.Note = "present", "total", "per person present, the mean over the hours of the same time"
	case !other:
		codes, of, err := r.sum(out.Releases, out.Question, out.Over, nil)
		b.Over = Align(out.Codes, codes, of)
		out.Note = "per one of " + out.Over
		return err
	default:
		out.Note = "per one of " + out.Over + " of the same time"
	}
	return r.meanwhile(out, b, product, table, beside)
}

// residents divides by the public residents of the codes.
func (r Readable) residents(out *Ranked, b *Beside, beside []Readable) (err error) {
	b.Over, err = r.Residents(out.Releases[len(out.Releases)-1].Geo, out.Codes, beside...)
	return err
}

// Residents are the public residents of zones by a geography or, where it tells none of them, by the first one beside it that tells
// of any. A Refusal says that there is none.
func (r Readable) Residents(own release.GeoRef, zones []string, beside ...Readable) ([]Number, error) {
	none := func(list []Number) bool {
		return !slices.ContainsFunc(list, func(n Number) bool { return !math.IsNaN(n.Value) })
	}
	for i, s := range append([]Readable{r}, beside...) {
		refs := []release.GeoRef{own}
		if i > 0 {
			refs = nil
			for _, m := range s.List {
				if !slices.Contains(refs, m.Geo) {
					refs = append(refs, m.Geo)
				}
			}
		}
		for _, ref := range refs {
			geo, err := s.Store.Geography(ref.ID, ref.Version)
			if err != nil {
				return nil, err
			}
			if list := Residents(geo, zones); !none(list) {
				return list, nil
			}
		}
	}
	return nil, &Refusal{"absent", "no geography here tells the public residents of these zones"}
}

// Inside adds the cells of a table of one release that lie in the named zones, by the codes of a dimension; of all zones where they
// are nil, and all cells as one, under the code "", where by is "". where keeps one code of other dimensions. Whether cells may be
// added up at all is on the page of the method. A Refusal says what the table does not have.
func (r Readable) Inside(m release.Manifest, table, by string, where map[string]string, zones []string) (codes []string, of []Number, err error) {
	t, all, err := r.read(m, table)
	if err != nil {
		return nil, nil, err
	}
	c := cells{}
	if zones != nil {
		d, ok := t.Shape.Dim(throng.DimZone)
		if !ok {
			return nil, nil, &Refusal{"area", fmt.Sprintf("table %s is not told by zone", table)}
		}
		for _, zone := range zones {
			if !slices.Contains(d.Codes, zone) {
				return nil, nil, &Refusal{"area", fmt.Sprintf("table %s does not tell of zone %.40q", table, zone)}
			}
		}
		c.inside = func(zone string) bool { return slices.Contains(zones, zone) }
	}
	codes, of, err = numbers(t, all, by, where, c)
	if by == throng.DimZone && zones != nil && err == nil {
		of, codes = Align(zones, codes, of), zones
	}
	return codes, of, err
}

// meanwhile reads a table of another product over the time of the releases, of the first that has it.
func (r Readable) meanwhile(out *Ranked, b *Beside, product, table string, beside []Readable) error {
	from, to := out.Releases[0].Period.Start, out.Releases[len(out.Releases)-1].Period.End
	for _, s := range append([]Readable{r}, beside...) {
		var heads []release.Head
		for _, m := range s.List {
			if m.Product == product && m.Period.Start.Before(to) && m.Period.End.After(from) {
				heads = append(heads, m)
			}
		}
		if len(heads) == 0 {
			continue
		}
		slices.SortFunc(heads, func(a, c release.Head) int { return a.Period.Start.Compare(c.Period.Start) })
		heads = slices.DeleteFunc(heads, func(h release.Head) bool {
			return h.Geo != heads[len(heads)-1].Geo || slices.ContainsFunc(heads, func(o release.Head) bool { return o.Period == h.Period && o.Revision > h.Revision })
		})
		list, err := release.Manifests(s.Store, heads)
		if err != nil {
			return err
		}
		bins := map[string]bool{}
		during := func(code string) bool {
			at, err := time.Parse(time.RFC3339, code)
			in := err == nil && !at.Before(from) && at.Before(to)
			if in {
				bins[code] = true
			}
			return in
		}
		codes, of, err := s.sum(list, Question{By: out.By}, table, during)
		if err != nil {
			return err
		}
		if product == "present" {
			for i := range of {
				of[i] = of[i].Times(1 / float64(max(1, len(bins))))
			}
		}
		for _, m := range list {
			out.Per = append(out.Per, m.ID)
		}
		b.Over = Align(out.Codes, codes, of)
		return nil
	}
	return &Refusal{"absent", fmt.Sprintf("nothing of %.40q was released for the same time", product)}
}

// sum adds a table over releases of one geography; during, if any, tells which bins of time are taken.
func (r Readable) sum(list []release.Manifest, q Question, table string, during func(code string) bool) (codes []string, of []Number, err error) {
	for i, m := range list {
		t, zones, err := r.read(m, table)
		if err != nil {
			return nil, nil, err
		}
		one, more, err := numbers(t, zones, q.By, q.Where, cells{during: during})
		if err != nil {
			return nil, nil, err
		}
		if i == 0 {
			codes, of = one, more
			continue
		}
		if !slices.Equal(one, codes) {
			return nil, nil, &Refusal{"period", fmt.Sprintf("%s has other codes than %s; ask for one of them", m.ID, list[0].ID)}
		}
		for k, n := range more {
			of[k] = Plus(of[k], n)
		}
	}
	return codes, of, nil
}

// read opens the measured table, or the estimated one where a release has no other or tells zones only so. zones are those of
// its geography.
func (r Readable) read(m release.Manifest, table string) (release.Table, throng.Zones, error) {
	geo, err := r.Store.Geography(m.Geo.ID, m.Geo.Version)
	if err != nil {
		return release.Table{}, geo.Zones, err
	}
	method, has := "", false
	for _, p := range m.Parts {
		if p.Table == table {
			has = true
			if m.Combined() || slices.ContainsFunc(p.Domain, func(a release.Axis) bool { return a.Level != "" && a.Level != throng.LevelZone }) {
				method = release.Linear
			}
		}
	}
	if !has {
		var names []string
		for _, p := range m.Parts {
			names = append(names, p.Table)
		}
		return release.Table{}, geo.Zones, &Refusal{"table", fmt.Sprintf("%s of %s has no table %.40q; want one of %s", m.Product, m.Period.Name, table, strings.Join(names, ", "))}
	}
	t, err := r.Store.Table(m.ID, method, table)
	return t, geo.Zones, err
}
