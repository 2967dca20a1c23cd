package pool

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/release"
)

// Release is a published release of one holder, with what is needed to combine it.
type Release struct {
	Manifest release.Manifest
	SHA256   string          // of the bytes of its manifest
	Tables   []release.Table // its linear estimates
	Geo      release.Geography
	// As renames zones to those of the first release; several may become one, whose counts are added. Default: the same zones.
	As map[string]string
}

type source = Release

// Sort says how tables of several holders become one.
type Sort string

// The sorts.
const (
	// People: each table estimates all people by the customers of its holder. The pooled estimate is the mean, weighted by the
	// public shares: customers of all holders over the sum of their shares. Who is with two is in both, above and below.
	People Sort = "people"
	// Sum: money, nights, rows and vehicles of different holders are different ones. They are added.
	Sum Sort = "sum"
	// Distinct: different customers of each. The sum is multiplied by the share of residents who are with one holder at least
	// over the sum of the shares, which counts who is with two once.
	Distinct Sort = "distinct"
	// Apart: cannot be made from what is published, such as classes of what a buyer spends at all holders together.
	Apart Sort = "apart"
)

// sums and distinct are the tables of company feeds by product/table, or product alone; the other products are of people.
var (
	sums     = []string{"spending/total", "spending/sales", "bookings", "reports", "vehicles", "cases"}
	distinct = []string{"spending/buyers", "market"}
	apart    = []string{"spending/sizes"}
)

// weak are the units that are a row: tables of them are sums.
var weak = []string{"trip", "ticket", "purchase", "case", "report"}

// SortOf tells how a table of a product is combined.
func SortOf(product, table, unit string) Sort {
	in := func(list []string) bool {
		return slices.Contains(list, product) || slices.Contains(list, product+"/"+table)
	}
	switch {
	case in(apart):
		return Apart
	case in(sums), slices.Contains(weak, unit):
		return Sum
	case in(distinct):
		return Distinct
	}
	return People
}

// Result is a combined release, and what it takes for granted.
type Result struct {
	Draft   release.Draft // without an id and the version of the program
	Geo     release.Geography
	Assumed []string // sentences for people; they stand in combined.json too
	Left    []string // tables that are left out, with the reason
}

// Combine makes one release of releases of one product and period by several holders, each paid for under its own ledger. Its
// estimates are linear in theirs, weights are public, so noise variances add: Var = sum of weight^2 Var_i; ScaleSD and AllocSD add
// with their weights, as if sources of error that all share erred in one direction. Cells that one holder does not have are made
// from the others and are Partial. It refuses releases of different definitions, bounds, units, periods or zones, with the reason.
func Combine(list []Release, shares Shares) (Result, error) {
	var out Result
	if len(list) < 2 {
		return out, fmt.Errorf("pool: got %d releases, want at least two", len(list))
	}
	for _, other := range list[1:] {
		if err := agree(list[0].Manifest, other.Manifest); err != nil {
			return out, fmt.Errorf("pool: %s and %s: %w", list[0].Manifest.Holder, other.Manifest.Holder, err)
		}
	}
	c := combiner{list: list, shares: shares, assumed: map[string]bool{}}
	for _, t := range list[0].Tables {
		one, why, err := c.table(t.Shape.Name)
		if err != nil {
			return out, err
		}
		if why != "" {
			out.Left = append(out.Left, t.Shape.Name+": "+why)
			continue
		}
		out.Draft.Tables = append(out.Draft.Tables, one)
	}
	if len(out.Draft.Tables) == 0 {
		return out, fmt.Errorf("pool: %s: no table can be combined: %s", list[0].Manifest.Product, strings.Join(out.Left, "; "))
	}
	out.Geo, out.Assumed = c.geography(), c.sentences
	out.Draft.Manifest = c.manifest(out.Draft.Tables)
	out.Draft.Manifest.Geo = release.GeoRef{ID: out.Geo.ID, Version: out.Geo.Version}
	return out, nil
}

// defining are the options, by the beginning of their key, that shape what a number means.
var defining = []string{"bounds.", "money.", "flows", "home", "roles", "purposes", "tourism_ends", "live.bin", "market_categories", "feed.unit", release.OptionAbroad}

// agree refuses two releases whose numbers do not mean the same.
func agree(a, b release.Manifest) error {
	differ := func(what, x, y string) error {
		return fmt.Errorf("different %s, %.60q and %.60q; only what means the same can be added", what, x, y)
	}
	span := func(p release.Period) string {
		return p.Name + " from " + p.Start.UTC().Format(time.RFC3339) + " to " + p.End.UTC().Format(time.RFC3339)
	}
	for _, w := range []struct{ what, x, y string }{
		{"products", a.Product, b.Product}, {"periods", span(a.Period), span(b.Period)}, {"versions of the definitions", a.Method, b.Method}, {"units", a.Unit, b.Unit},
	} {
		if w.x != w.y {
			return differ(w.what, w.x, w.y)
		}
	}
	if a.Combined() || b.Combined() {
		return fmt.Errorf("one is combined already; combine the releases that it was made from")
	}
	if (a.Data == "synthetic") != (b.Data == "synthetic") {
		return differ("sorts of data", a.Data, b.Data)
	}
	keys := map[string]bool{}
	for k := range a.Options {
		keys[k] = true
	}
	for k := range b.Options {
		keys[k] = true
	}
	for k := range keys {
		if a.Options[k] != b.Options[k] && slices.ContainsFunc(defining, func(p string) bool { return strings.HasPrefix(k, p) }) {
			return differ("definitions, "+k, a.Options[k], b.Options[k])
		}
	}
	for _, p := range a.Parts {
		if i := slices.IndexFunc(b.Parts, func(o release.Part) bool { return o.Table == p.Table }); i >= 0 && b.Parts[i].D2 != p.D2 {
			return differ("bounds of the table "+p.Table, fmt.Sprint(p.D2), fmt.Sprint(b.Parts[i].D2))
		}
	}
	return nil
}

// combiner keeps what is taken for granted while tables are combined.
type combiner struct {
	list      []Release
	shares    Shares
	assumed   map[string]bool
	sentences []string
}

func (c *combiner) assume(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if !c.assumed[text] {
		c.assumed[text] = true
		c.sentences = append(c.sentences, text)
	}
}

// table combines the tables of a name, or says why it cannot.
func (c *combiner) table(name string) (t release.Table, why string, err error) {
	m := c.list[0].Manifest
	sort := SortOf(m.Product, name, m.Unit)
	if sort == Apart {
		return t, "what one person has at all holders together is in no table of theirs", nil
	}
	var all []release.Table
	for _, one := range c.list {
		i := slices.IndexFunc(one.Tables, func(t release.Table) bool { return t.Shape.Name == name })
		if i < 0 {
			return t, one.Manifest.Holder + " has no such table", nil
		}
		if one.Tables[i].Sparse() {
			return t, "a table that lists only some cells has no sums", nil
		}
		if d, ok := one.Tables[i].Shape.Dim(throng.DimZone); ok && d.Level != throng.LevelZone {
			return t, "it lies on the ground of one holder alone", nil
		}
		renamed, err := one.renamed(one.Tables[i], c.list[0].Geo.Zones)
		if err != nil {
			return t, "", fmt.Errorf("pool: table %s of %s: %w", name, one.Manifest.Holder, err)
		}
		all = append(all, renamed)
	}
	shape, err := union(all)
	if err != nil {
		return t, "", fmt.Errorf("pool: table %s: %w", name, err)
	}
	weights, factor, err := c.weights(name, sort)
	if err != nil {
		return t, "", err
	}
	return add(shape, all, weights, factor, sort == People), "", nil
}

// weights of the holders in a table, and the factor of the sum.
func (c *combiner) weights(table string, sort Sort) (weights []float64, factor Share, err error) {
	weights, factor = make([]float64, len(c.list)), Share{1, 0}
	if sort == Sum {
		c.assume("%s: what one holder has is no other holder's: it is added", table)
		for i := range weights {
			weights[i] = 1
		}
		return weights, factor, nil
	}
	of := make([]Share, len(c.list))
	for i, one := range c.list {
		share, ok := c.shares.of(one)
		if !ok {
			return nil, factor, fmt.Errorf("pool: the table %s is about people and there is no public share of %.60q; name it or %s in the table of shares", table, one.Manifest.Holder, one.Manifest.Geo.ID)
		}
		of[i], weights[i] = share, share.Value
	}
	if sort == People {
		c.assume("%s: customers of each holder stand for all residents as its own release says; the mean is weighted by the public shares, so that who is with two counts twice in both the customers and the shares", table)
		return weights, factor, nil
	}
	if c.shares.Any.Value == 0 {
		return nil, factor, fmt.Errorf("pool: the table %s counts different people, and nothing says how many are with two holders; add the row %q, the share of residents who are with one of them at least", table, AnyHolder)
	}
	factor = c.shares.overlap(of)
	c.assume("%s: of the customers of all holders, added up, %.4g are different people, by the public shares, in every cell alike", table, factor.Value)
	for i := range weights {
		weights[i] = 1
	}
	return weights, factor, nil
}

// add adds tables cell by cell; mean divides by the weights of those that have the cell.
func add(shape throng.Shape, all []release.Table, weights []float64, factor Share, mean bool) release.Table {
	n := shape.Cells()
	t := release.Table{Kind: release.Estimate, Method: release.Linear, Shape: shape, Estimate: make([]float64, n), NoiseSD: make([]float64, n),
		AllocSD: make([]float64, n), ScaleSD: make([]float64, n), Status: make([]string, n)}
	at := make([]int, len(shape.Dims))
	places := make([]placer, len(all))
	for i := range all {
		places[i] = newPlacer(shape, all[i].Shape)
	}
	for cell := range n {
		shape.At(uint64(cell), at)
		sum, variance, alloc, scale, weight, have := 0.0, 0.0, 0.0, 0.0, 0.0, 0
		for i, one := range all {
			k, ok := places[i].at(at)
			if !ok {
				continue
			}
			w := weights[i]
			have, weight = have+1, weight+w
			sum, variance = sum+w*one.Estimate[k], variance+w*w*one.NoiseSD[k]*one.NoiseSD[k]
			alloc, scale = alloc+w*optional(one.AllocSD, int(k)), scale+w*optional(one.ScaleSD, int(k))
		}
		f := factor.Value
		if mean && weight > 0 {
			f /= weight
		}
		t.Estimate[cell], t.NoiseSD[cell], t.AllocSD[cell] = f*sum, f*math.Sqrt(variance), f*alloc
		t.ScaleSD[cell] = f * scale
		if factor.Value != 1 { // counts of customers have no factor of their own, that of the overlap is the only one
			t.ScaleSD[cell] = math.Abs(sum) * factor.SD
		}
		t.Status[cell] = release.Combined
		if have < len(all) {
			t.Status[cell] = release.Partial
		}
	}
	return t
}

func optional(column []float64, i int) float64 {
	if len(column) == 0 {
		return math.NaN()
	}
	return column[i]
}

// geography is that of the first release without what belongs to one holder: its antennas and its people per device.
func (c *combiner) geography() release.Geography {
	g := c.list[0].Geo
	zones := make([]throng.Zone, g.Zones.Len())
	for i := range zones {
		zones[i] = g.Zones.At(i)
		zones[i].Factor = 0
	}
	g.Zones, _ = throng.NewZones(zones) // they were legal before
	g.Tree, g.Shares, g.Factors = throng.Tree{}, nil, nil
	return g
}

// manifest says what it was made from. Options that all sources share are kept; the strictest rule of publication holds.
func (c *combiner) manifest(tables []release.Table) release.Manifest {
	m := c.list[0].Manifest
	out := release.Manifest{Product: m.Product, Period: m.Period, Method: m.Method, Unit: m.Unit, Options: map[string]string{}}
	var holders, purposes, licences, words []string
	for _, one := range c.list {
		o := one.Manifest
		holders, purposes, licences, words = append(holders, o.Holder), append(purposes, o.Purpose), append(licences, o.Licence), append(words, o.Data)
		out.NotBefore = later(out.NotBefore, o.NotBefore)
		out.Sources = append(out.Sources, release.Source{Holder: o.Holder, Release: o.ID, Geo: o.Geo, Manifest: one.SHA256})
		if o.Options["publish.private"] == "true" {
			out.Options["publish.private"] = "true"
		}
	}
	unique := func(list []string, between string) string {
		list = slices.Clone(list)
		slices.Sort(list)
		return strings.Join(slices.Compact(list), between)
	}
	out.Holder, out.Purpose, out.Licence = unique(holders, " + "), unique(purposes, "; "), unique(licences, " AND ")
	out.Data = "synthetic"
	for _, word := range []string{"public", "real"} {
		if slices.Contains(words, word) {
			out.Data = word
		}
	}
	for k, v := range m.Options {
		if !slices.ContainsFunc(c.list, func(o Release) bool { return o.Manifest.Options[k] != v }) {
			out.Options[k] = v
		}
	}
	for _, t := range tables {
		out.Parts = append(out.Parts, release.Part{Table: t.Shape.Name, Domain: release.Axes(t.Shape)})
	}
	return out
}

// later is the later one of two instants as they stand in manifests.
func later(a, b string) string {
	x, errX := time.Parse(time.RFC3339, a)
	y, errY := time.Parse(time.RFC3339, b)
	if errX != nil || errY == nil && y.After(x) {
		return b
	}
	return a
}
