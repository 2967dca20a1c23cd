package demo

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/config"
	"github.com/throng-stats/throng/driver"
	"github.com/throng-stats/throng/reckon/compare"
	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/release/disk"
	"github.com/throng-stats/throng/synth"
)

// books are the contracts of companies and public bodies, each with a scope and a state of its own, but for the two of the travel
// seller, which share theirs.
var books = []struct{ folder, contract string }{
	{synth.Tickets, "contract.yaml"}, {synth.Tickets, "trips.yaml"}, {synth.Purchases, "contract.yaml"},
	{synth.Bikes, "contract.yaml"}, {synth.Bikes, "reports.yaml"}, {synth.Cases, "contract.yaml"},
}

// rows are the files of their feeds.
var rows = []string{"tickets/sales.csv", "purchases/purchases.csv", "bikes/rides.csv", "bikes/reports.csv", "cases/cases.csv"}

// prepare reads a contract of a company.
func prepare(dir, folder, contract string) (*driver.Job, error) {
	c, err := config.Read(filepath.Join(dir, folder, contract))
	if err != nil {
		return nil, err
	}
	return driver.Prepare(c)
}

// company compares what a company publishes with the truth of its feed.
type company struct {
	folder   string
	truth    *synth.CompanyTruth
	finest   []string // places
	order    []*tally
	released map[synth.CompanyCell]compare.Number
	notes    []string
}

// companies invents the books of companies and public bodies over all days, publishes them and compares.
func (r *Result) companies(ctx context.Context, o Options, world *synth.World, s *scores) error {
	o.Note("inventing what companies and public bodies have in their books")
	if err := world.WriteCompanies(ctx, o.Dir); err != nil {
		return err
	}
	var all []*company
	for _, b := range books {
		if len(all) == 0 || all[len(all)-1].folder != b.folder {
			truth, err := synth.ReadCompany(o.Dir, b.folder)
			if err != nil {
				return err
			}
			all = append(all, &company{folder: b.folder, truth: truth, released: map[synth.CompanyCell]compare.Number{}})
		}
		o.Note(strings.TrimSuffix(b.folder+"/"+b.contract, "/contract.yaml") + ": reading, counting, publishing, twice")
		if err := all[len(all)-1].publish(ctx, o, b.contract); err != nil {
			return err
		}
	}
	if err := all[0].spending(filepath.Join(o.Dir, synth.Tickets, "rates.csv")); err != nil {
		return err
	}
	all[1].penetration(s.job.Geo.Residents)
	all[len(all)-1].rate(s.here)
	for _, c := range all {
		for _, t := range c.order {
			if t.n > 0 {
				r.Companies = append(r.Companies, t.score())
			}
		}
		r.CompanyNotes = append(r.CompanyNotes, c.notes...)
	}
	notes, err := registers(o.Dir)
	if err != nil {
		return err
	}
	r.CompanyNotes = append(r.CompanyNotes, notes...)
	if o.Keep {
		return nil
	}
	for _, name := range rows {
		if err := os.Remove(filepath.Join(o.Dir, name)); err != nil {
			return fmt.Errorf("demo: %w", err)
		}
	}
	return nil
}

// publish runs one contract, compares, and runs it again elsewhere, to see how often the margins hold the noise.
func (c *company) publish(ctx context.Context, o Options, contract string) error {
	job, err := prepare(o.Dir, c.folder, contract)
	if err != nil {
		return err
	}
	zones := job.Ground.Zones
	c.finest = zones.IDs(zones.Finest()...)
	dir := filepath.Join(o.Dir, c.folder)
	sum, err := driver.Run(ctx, job, driver.RunOptions{Out: filepath.Join(dir, "out"), Code: o.Code})
	if err != nil {
		return err
	}
	first, err := disk.OpenReadOnly(filepath.Join(dir, "out"))
	if err != nil {
		return err
	}
	defer os.RemoveAll(filepath.Join(dir, "again"))
	again := driver.RunOptions{Out: filepath.Join(dir, "again", "out"), State: filepath.Join(dir, "again", "state"), Code: o.Code}
	if _, err := driver.Run(ctx, job, again); err != nil {
		return err
	}
	second, err := disk.OpenReadOnly(again.Out)
	if err != nil {
		return err
	}
	for _, p := range sum.Published {
		m, err := first.Manifest(p.ID)
		if err != nil {
			return err
		}
		if err := c.compare(first, second, m); err != nil {
			return err
		}
	}
	return nil
}

// compare compares the tables of a release with the truth, and with the same release published a second time.
func (c *company) compare(first, second release.Store, m release.Manifest) error {
	twin := func(table string) (release.Table, error) {
		list, err := second.List()
		if err != nil {
			return release.Table{}, err
		}
		i := slices.IndexFunc(list, func(o release.Manifest) bool { return o.Product == m.Product && o.Period.Name == m.Period.Name })
		if i < 0 {
			return release.Table{}, fmt.Errorf("demo: %s of %s was not published a second time", m.Product, m.Period.Name)
		}
		return second.Table(list[i].ID, release.Linear, table)
	}
	for _, p := range m.Parts {
		name := m.Product + "/" + p.Table
		if !slices.Contains(synth.CompanyTables(c.folder), name) {
			return noTruth(m.Product, p.Table)
		}
		t, err := first.Table(m.ID, release.Linear, p.Table)
		other, err2 := twin(p.Table)
		if err := errors.Join(err, err2); err != nil {
			return err
		}
		row := c.row(m.Product, p.Table)
		for i := range t.Estimate {
			cell, ok := c.name(t, i)
			if !ok {
				continue
			}
			cell.Table, cell.Period = name, m.Period.Name
			c.add(row, cell, t.Estimate[i], t.NoiseSD[i], p.Sigma2)
			if t.Cells == nil {
				row.twice(t.Estimate[i], other.Estimate[i], t.NoiseSD[i], other.NoiseSD[i])
			}
		}
	}
	return nil
}

// units are how many of what a table counts one of what is printed holds: money is printed in whole units of its currency.
func units(table string) float64 {
	if table == "spending/total" {
		return 100
	}
	return 1
}

// add compares one cell.
func (c *company) add(row *tally, cell synth.CompanyCell, estimate, sd float64, sigma2 uint64) {
	one, is := units(cell.Table), c.truth.Of(cell)
	c.released[cell] = compare.Number{Value: estimate / one, SD: sd / one}
	row.add(estimate/one, sd/one, float64(is.True)/one)
	row.bounded(estimate/one, sd/one, float64(is.Within)/one, coverage(sigma2))
}

// name is the name of a cell by the dimensions of its table; not ok of zones above places, and of codes that no list has: in
// truth everything has one.
func (c *company) name(t release.Table, i int) (cell synth.CompanyCell, ok bool) {
	at, index := make([]int, len(t.Shape.Dims)), uint64(i)
	if t.Cells != nil {
		index = t.Cells[i]
	}
	t.Shape.At(index, at)
	for k, d := range t.Shape.Dims {
		code := d.Codes[at[k]]
		switch {
		case code == throng.Other || code == throng.Unknown:
			return cell, false
		case d.Name == throng.DimZone:
			cell.Zone = code
			if !slices.Contains(c.finest, code) {
				return cell, false
			}
		case d.Name == throng.DimZone2:
			cell.Zone2 = code
		case d.Name == throng.DimTime:
			cell.Time = code
		case d.Name == throng.DimCurrency:
			cell.Currency = code
		case cell.Class == "":
			cell.Class = code
		default:
			cell.Class2 = code
		}
	}
	return cell, true
}

func (c *company) row(product, table string) *tally {
	for _, t := range c.order {
		if t.product == product && t.table == table {
			return t
		}
	}
	t := &tally{feed: c.folder, product: product, table: table}
	c.order = append(c.order, t)
	return t
}

// ratio compares a ratio of two released numbers with those of two truths: what happened, and within bounds. Ratios that are not
// reliable are left out.
func (t *tally) ratio(r compare.Ratio, times, is, within float64) {
	if r.Shown && r.Reliable && !math.IsNaN(is) && !math.IsInf(is, 0) {
		t.add(times*r.Value, times*r.SD, times*is)
		t.bounded(times*r.Value, times*r.SD, times*within, .95)
	}
}

// spending compares what a buyer spends in the mean, and spending by destination in one currency; its ranks become a note.
func (c *company) spending(rates string) error {
	f, err := os.Open(rates)
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	defer f.Close()
	table, err := compare.ReadRates("EUR", f)
	if err != nil {
		return err
	}
	mean := c.row("spending", "mean of a buyer")
	type sum struct {
		released   compare.Number
		is, within float64
	}
	to := map[string]map[string]sum{} // by month and destination
	for cell, n := range c.sorted("spending/total") {
		buyers := cell
		buyers.Table = "spending/buyers"
		money, count := c.truth.Of(cell), c.truth.Of(buyers)
		mean.ratio(compare.Over(n, c.released[buyers]), 1, float64(money.True)/100/float64(count.True), float64(money.Within)/100/float64(count.Within))
		euros, err := table.Convert(cell.Currency, compare.Number{Value: 100})
		if err != nil {
			return err
		}
		if to[cell.Period] == nil {
			to[cell.Period] = map[string]sum{}
		}
		s := to[cell.Period][cell.Zone]
		to[cell.Period][cell.Zone] = sum{compare.Plus(s.released, n.Times(euros.Value)), s.is + euros.Value*float64(money.True)/100, s.within + euros.Value*float64(money.Within)/100}
	}
	row := c.row("spending", "by destination")
	for _, month := range sortedKeys(to) {
		var numbers []compare.Number
		var is, within []float64
		for _, zone := range c.finest {
			s := to[month][zone]
			row.add(s.released.Value, s.released.SD, s.is)
			row.bounded(s.released.Value, s.released.SD, s.within, .95)
			numbers, is, within = append(numbers, s.released), append(is, s.is), append(within, s.within)
		}
		c.notes = append(c.notes, ranksNote(month, c.finest, numbers, is, within))
	}
	return nil
}

// ranksNote says which destination is first, and how many true ranks lie in the ranges of ranks.
func ranksNote(month string, names []string, numbers []compare.Number, is, within []float64) string {
	ranks, first := compare.Ranks(numbers), 0
	held := func(truth []float64) (n int) {
		for i, r := range ranks {
			rank := 1
			for _, v := range truth {
				if v > truth[i] {
					rank++
				}
			}
			if r.Best <= rank && rank <= r.Worst {
				n++
			}
		}
		return n
	}
	for i := range numbers {
		if numbers[i].Value > numbers[first].Value {
			first = i
		}
	}
	return fmt.Sprintf("tickets: spending in euros of %s ranks %s first (rank %d to %d); the ranges hold the true rank of %d of %d destinations, and of %d within the bounds",
		month, names[first], ranks[first].Best, ranks[first].Worst, held(is), len(names), held(within))
}

// penetration compares customers of a month as a part of the residents of the public table, in percent.
func (c *company) penetration(residents []release.Residents) {
	of := map[string]float64{}
	for _, r := range residents {
		of[r.Zone] += float64(r.People)
	}
	row := c.row("market", "penetration, %")
	for cell, n := range c.sorted("market/customers") {
		is := c.truth.Of(cell)
		row.ratio(compare.Over(n, compare.Number{Value: of[cell.Zone]}), 100, float64(is.True)/of[cell.Zone], float64(is.Within)/of[cell.Zone])
	}
}

// rate compares cases in a district per thousand days that somebody is present there, both published: over all bodies and reasons,
// and the hours of all days.
func (c *company) rate(here map[string]presence) {
	type sum struct {
		released   compare.Number
		is, within float64
	}
	cases := map[string]sum{}
	for cell, n := range c.sorted("cases/total") {
		s, v := cases[cell.Zone], c.truth.Of(cell)
		cases[cell.Zone] = sum{compare.Plus(s.released, n), s.is + float64(v.True), s.within + float64(v.Within)}
	}
	row := c.row("cases", "per 1000 days present")
	for _, zone := range c.finest {
		s, p := cases[zone], here[zone]
		days := compare.Number{Value: p.estimate / 24, SD: math.Sqrt(p.variance) / 24}
		row.ratio(compare.Over(s.released, days), 1000, s.is/(p.truth/24), s.within/(p.truth/24))
	}
}

// sorted walks over the released cells of a table in a fixed order.
func (c *company) sorted(table string) func(yield func(synth.CompanyCell, compare.Number) bool) {
	var cells []synth.CompanyCell
	for cell := range c.released {
		if cell.Table == table {
			cells = append(cells, cell)
		}
	}
	slices.SortFunc(cells, func(a, b synth.CompanyCell) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	return func(yield func(synth.CompanyCell, compare.Number) bool) {
		for _, cell := range cells {
			if !yield(cell, c.released[cell]) {
				return
			}
		}
	}
}

func sortedKeys[V any](m map[string]V) (keys []string) {
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// coverage is how often 1.96 standard deviations hold integer noise of a variance: P(|Z| <= floor(1.96 sigma)) of the discrete
// Gaussian (privacy.md, section 14).
func coverage(sigma2 uint64) float64 {
	if sigma2 > 1_000_000 {
		return .95
	}
	s2 := float64(sigma2)
	weight := func(k float64) float64 { return math.Exp(-k * k / (2 * s2)) }
	most, in, all := math.Floor(1.96*math.Sqrt(s2)), weight(0), weight(0)
	for k := 1.0; k <= 12*math.Sqrt(s2)+1; k++ {
		w := 2 * weight(k)
		all += w
		if k <= most {
			in += w
		}
	}
	return in / all
}
