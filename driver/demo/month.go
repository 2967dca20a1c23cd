package demo

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/synth"
)

// months compares releases about months with the truth of a month: it is asked after each day, and works when something about
// a month was published for the first time.
type months struct {
	world  *synth.World
	truths map[string]*synth.MonthTruth
	done   map[string]bool // "product month"
}

func newMonths(world *synth.World) *months {
	return &months{world: world, truths: map[string]*synth.MonthTruth{}, done: map[string]bool{}}
}

// truth replays a month once. The one before is kept, for those who moved.
func (m *months) truth(ctx context.Context, month string) (*synth.MonthTruth, error) {
	if t := m.truths[month]; t != nil {
		return t, nil
	}
	t, err := m.world.MonthTruth(ctx, month)
	if err == nil {
		m.truths[month] = t
	}
	return t, err
}

// add compares what is new.
func (m *months) add(ctx context.Context, store release.Store, s *scores) error {
	list, err := store.List()
	if err != nil {
		return err
	}
	for _, r := range list {
		key := r.Product + " " + r.Period.Name
		if len(r.Period.Name) != len("2026-02") || m.done[key] {
			continue
		}
		m.done[key] = true
		t, err := m.truth(ctx, r.Period.Name)
		if err != nil {
			return err
		}
		switch r.Product {
		case "usual":
			err = s.usual(store, r.ID, t)
			if err == nil {
				err = m.days(store, s, list, t)
			}
		case "migration":
			err = m.migration(ctx, store, r, s, t)
		case "tourism":
			err = s.tourism(store, r.ID, t)
		case "flows-month":
			err = m.flows(store, r.ID, s, t)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// usual compares homes, and homes by work between municipalities, whose correlation is told too.
func (s *scores) usual(store release.Store, id string, t *synth.MonthTruth) error {
	home, err := store.Table(id, "linear", "home")
	if err != nil {
		return err
	}
	finest := s.measured()
	for cell, v := range home.Estimate {
		if zone := home.Shape.Dims[0].Codes[cell]; slices.Contains(finest, zone) {
			s.of("usual", "home").add(v, home.NoiseSD[cell], float64(t.Home[zone]))
		}
	}
	return s.pairs(store, id, "usual", "home-work", t.Work)
}

// pairs compares a table of pairs of municipalities, all of them.
func (s *scores) pairs(store release.Store, id, product, table string, truth map[synth.Pair]int64) error {
	got, err := store.Table(id, "linear", table)
	if err != nil {
		return err
	}
	finest, tally := s.measured(), s.of(product, table)
	at := make([]int, len(got.Shape.Dims))
	for cell, v := range got.Estimate {
		got.Shape.At(uint64(cell), at)
		from, to := got.Shape.Dims[0].Codes[at[0]], got.Shape.Dims[1].Codes[at[1]]
		if slices.Contains(finest, from) && slices.Contains(finest, to) {
			tally.pair(v, got.NoiseSD[cell], float64(truth[synth.Pair{From: from, To: to}]))
		}
	}
	return nil
}

// migration compares moves between all zones but the unknown, the provinces included, which is where most people move.
func (m *months) migration(ctx context.Context, store release.Store, r release.Manifest, s *scores, t *synth.MonthTruth) error {
	before, err := m.truth(ctx, r.Period.Start.AddDate(0, 0, -10).Format("2006-01"))
	if err != nil {
		return err
	}
	moved := t.Moved(before)
	got, err := store.Table(r.ID, "linear", "total")
	if err != nil {
		return err
	}
	at := make([]int, 2)
	for cell, v := range got.Estimate {
		got.Shape.At(uint64(cell), at)
		if from, to := got.Shape.Dims[0].Codes[at[0]], got.Shape.Dims[1].Codes[at[1]]; from != to {
			s.of("migration", "total").pair(v, got.NoiseSD[cell], float64(moved[synth.Pair{From: from, To: to}]))
		}
	}
	return nil
}

// tourism compares journeys of roamers by country, and journeys abroad by country, each summed over the other dimension.
func (s *scores) tourism(store release.Store, id string, t *synth.MonthTruth) error {
	for _, one := range []struct {
		table, dim string
		truth      map[string]int64
	}{{"trips", throng.DimOrigin, t.Inward}, {"abroad", throng.DimCountry, t.Abroad}} {
		got, err := store.Table(id, "linear", one.table)
		if err != nil {
			return err
		}
		for code, v := range sums(got, one.dim, s.host(got)) {
			if truth, ok := one.truth[code]; ok {
				s.of("tourism", one.table).add(v[0], math.Sqrt(v[1]), float64(truth))
			}
		}
	}
	return nil
}

// host keeps of a table with zones those of the host that have no zone of the host above them in the table.
func (s *scores) host(t release.Table) func(zone string) bool {
	zones := s.job.Ground.Zones
	listed := map[int]bool{}
	if d, ok := t.Shape.Dim(throng.DimZone); ok {
		for _, code := range d.Codes {
			if i, ok := zones.Index(code); ok && s.isHost(i) {
				listed[i] = true
			}
		}
	}
	return func(id string) bool {
		i, ok := zones.Index(id)
		if !ok || !listed[i] {
			return false
		}
		for up := zones.Parent(i); up >= 0; up = zones.Parent(up) {
			if listed[up] {
				return false
			}
		}
		return true
	}
}

// isHost reports whether a zone holds municipalities alone: of the home provinces the region sees ten sites only.
func (s *scores) isHost(zone int) bool {
	zones, finest := s.job.Ground.Zones, s.measured()
	for _, i := range zones.Finest() {
		if zones.Within(i, zone) && !slices.Contains(finest, zones.At(i).ID) {
			return false
		}
	}
	return true
}

// sums adds a table up by the codes of one dimension: estimate and variance. Zones are those that keep says.
func sums(t release.Table, dim string, keep func(zone string) bool) map[string][2]float64 {
	out, at := map[string][2]float64{}, make([]int, len(t.Shape.Dims))
	for cell, v := range t.Estimate {
		t.Shape.At(uint64(cell), at)
		code, in := "", true
		for i, d := range t.Shape.Dims {
			switch d.Name {
			case dim:
				code = d.Codes[at[i]]
			case throng.DimZone:
				in = keep(d.Codes[at[i]])
			}
		}
		if in {
			one := out[code]
			out[code] = [2]float64{one[0] + v, one[1] + t.NoiseSD[cell]*t.NoiseSD[cell]}
		}
	}
	return out
}

// days compares sums over the days of a month: nights by origin in the host, and person-days of visitors by zone.
func (m *months) days(store release.Store, s *scores, list []release.Manifest, t *synth.MonthTruth) error {
	nights, visits, arrivals := map[string][2]float64{}, map[string][2]float64{}, arrived{}
	for _, r := range list {
		if !strings.HasPrefix(r.Period.Name, t.Month) || len(r.Period.Name) == len(t.Month) {
			continue
		}
		switch r.Product {
		case "nights":
			got, err := store.Table(r.ID, "linear", "origin")
			if err != nil {
				return err
			}
			merge(nights, sums(got, throng.DimOrigin, s.host(got)))
		case "visitors":
			got, err := store.Table(r.ID, "linear", "total")
			if err != nil {
				return err
			}
			merge(visits, sums(got, throng.DimZone, func(string) bool { return true }))
		case "arrivals":
			if err := arrivals.add(store, r.ID); err != nil {
				return err
			}
		}
	}
	truth, finest := map[string]int64{}, s.measured()
	for pair, n := range t.Nights {
		if slices.Contains(finest, pair.From) {
			truth[pair.To] += n
		}
	}
	for origin, n := range truth {
		if v, ok := nights[origin]; ok {
			table := "of provinces, month"
			if _, guest := t.Inward[origin]; guest {
				table = "of countries, month"
			}
			s.of("nights", table).add(v[0], math.Sqrt(v[1]), float64(n))
		}
	}
	for pair, v := range arrivals {
		if slices.Contains(finest, pair.From) {
			s.of("arrivals", "total, month").pair(v[0], math.Sqrt(v[1]), float64(t.Arrive[pair]))
		}
	}
	for _, zone := range finest {
		if v, ok := visits[zone]; ok {
			s.of("visitors", "total, month").add(v[0], math.Sqrt(v[1]), float64(t.Visits[zone]))
		}
	}
	return nil
}

// arrived are sums of arrivals by zone and hour since midnight: estimate and variance.
type arrived map[synth.Pair][2]float64

func (a arrived) add(store release.Store, id string) error {
	t, err := store.Table(id, "linear", "total")
	if err != nil {
		return err
	}
	at := make([]int, 2)
	for cell, v := range t.Estimate {
		t.Shape.At(uint64(cell), at)
		pair := synth.Pair{From: t.Shape.Dims[0].Codes[at[0]], To: fmt.Sprintf("%02d", at[1])}
		a[pair] = [2]float64{a[pair][0] + v, a[pair][1] + t.NoiseSD[cell]*t.NoiseSD[cell]}
	}
	return nil
}

func merge(into, from map[string][2]float64) {
	for code, v := range from {
		one := into[code]
		into[code] = [2]float64{one[0] + v[0], one[1] + v[1]}
	}
}

// flows compares the flows of a month with the trips of its days.
func (m *months) flows(store release.Store, id string, s *scores, t *synth.MonthTruth) error {
	truth := map[synth.Pair]int64{}
	for pair, n := range s.trips[t.Month] {
		truth[synth.Pair{From: pair[0], To: pair[1]}] = n
	}
	got, err := store.Table(id, "linear", "total")
	if err != nil {
		return err
	}
	finest, at := s.measured(), make([]int, 2)
	for cell, v := range got.Estimate {
		got.Shape.At(uint64(cell), at)
		from, to := got.Shape.Dims[0].Codes[at[0]], got.Shape.Dims[1].Codes[at[1]]
		if from != to && slices.Contains(finest, from) && slices.Contains(finest, to) {
			s.of("flows-month", "total").pair(v, got.NoiseSD[cell], float64(truth[synth.Pair{From: from, To: to}]))
		}
	}
	return nil
}
