package demo

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/synth"
)

// months compares releases about months with the truth of a month: it is asked after each day, and works when something about
// a month was published for the first time.
type months struct {
	world  *synth.World
	truths map[string]*synth.MonthTruth
	done   map[string]bool // product/month
	notes  []string        // what the truths count
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

// monthOf is what a table of a month is compared with.
type monthOf struct {
	truth *synth.MonthTruth
	moved map[synth.Pair]int64 // since the month before; of migration
}

// ofMonth compares a table of a month with the truth of the month.
var ofMonth = map[string]func(s *scores, row *tally, t release.Table, m monthOf){
	"usual/home": func(s *scores, row *tally, t release.Table, m monthOf) {
		s.each(t, func(c cell, estimate, sd float64) { row.add(estimate, sd, float64(m.truth.Home[c.zone])) })
	},
	"usual/home-work": func(s *scores, row *tally, t release.Table, m monthOf) {
		s.works(row, t, m.truth.Work)
	},
	// Moves are compared between all zones, the provinces included, which is where most people move.
	"migration/total": func(_ *scores, row *tally, t release.Table, m monthOf) {
		eachPair(t, func(p synth.Pair, estimate, sd float64) {
			if p.From != p.To {
				row.pair(estimate, sd, float64(m.moved[p]))
			}
		})
	},
	"flows-month/total": func(s *scores, row *tally, t release.Table, m monthOf) {
		s.each(t, func(c cell, estimate, sd float64) {
			row.pair(estimate, sd, float64(s.trips[m.truth.Month][synth.Pair{From: c.zone, To: c.zone2}]))
		})
	},
	"tourism/trips": (*scores).journeys,
	"tourism/abroad": func(s *scores, row *tally, t release.Table, m monthOf) {
		s.margins(row, t, throng.DimCountry, m.truth.Abroad)
	},
	"tourism/absences": func(s *scores, row *tally, t release.Table, m monthOf) {
		s.margins(row, t, throng.DimCountry, m.truth.Absences)
	},
	"tourism/length": func(_ *scores, row *tally, t release.Table, m monthOf) {
		eachPair(t, func(p synth.Pair, estimate, sd float64) { row.add(estimate, sd, float64(m.truth.Length[p])) })
	},
}

// add compares what is new.
func (m *months) add(ctx context.Context, store release.Store, s *scores) error {
	list, err := store.List()
	if err != nil {
		return err
	}
	for _, r := range list {
		key := r.Product + "/" + r.Period.Name
		if len(r.Period.Name) != len("2026-02") || m.done[key] {
			continue
		}
		m.done[key] = true
		if err := m.compare(ctx, store, r, s); err != nil {
			return err
		}
	}
	return nil
}

// compare compares the tables of a release about a month.
func (m *months) compare(ctx context.Context, store release.Store, r release.Manifest, s *scores) error {
	truth, err := m.truth(ctx, r.Period.Name)
	if err != nil {
		return err
	}
	of := monthOf{truth: truth}
	switch r.Product {
	case "migration":
		if of.moved, err = m.moved(ctx, r, truth); err != nil {
			return err
		}
		s.homes[truth.Month] = of.moved
	case "usual":
		s.sumsOfDays(truth.Month)
	case "tourism":
		m.beyond(truth)
	}
	for _, p := range r.Parts {
		compare, ok := ofMonth[r.Product+"/"+p.Table]
		if !ok {
			return noTruth(r.Product, p.Table)
		}
		t, err := store.Table(r.ID, "linear", p.Table)
		if err != nil {
			return err
		}
		compare(s, s.of(r.Product, p.Table), t, of)
	}
	return nil
}

// moved are the moves between the month of a release and the one before.
func (m *months) moved(ctx context.Context, r release.Manifest, truth *synth.MonthTruth) (map[synth.Pair]int64, error) {
	before, err := m.truth(ctx, r.Period.Start.AddDate(0, 0, -10).Format("2006-01"))
	if err != nil {
		return nil, err
	}
	moved, house := truth.Moved(before)
	m.notes = append(m.notes, fmt.Sprintf("migration %s: %d people have another home than in %s by the definition; %d of them moved house, the others have two homes and were in the other one on most days",
		truth.Month, sum(moved), before.Month, house))
	return moved, nil
}

// beyond notes what the bounds of the tables of journeys leave out, and who works abroad.
func (m *months) beyond(t *synth.MonthTruth) {
	m.notes = append(m.notes, fmt.Sprintf("tourism %s: the bounds (four journeys of a person, once a cell) leave out %d of %d journeys in the country, %d of %d abroad (%d of all journeys abroad are made to work beyond the border), and %d of %d by length",
		t.Month, t.Beyond[synth.MonthTrips], t.Beyond[synth.MonthTrips]+sum(t.Trips), t.Beyond[synth.MonthAbroad], t.Beyond[synth.MonthAbroad]+sum(t.Abroad), t.Commuting,
		t.Beyond[synth.MonthLength], t.Beyond[synth.MonthLength]+sum(t.Length)))
}

func sum(of map[synth.Pair]int64) (n int64) {
	for _, v := range of {
		n += v
	}
	return n
}

// eachPair hands every cell of a table of two dimensions to see.
func eachPair(t release.Table, see func(p synth.Pair, estimate, sd float64)) {
	at := make([]int, 2)
	for i, estimate := range t.Estimate {
		t.Shape.At(uint64(i), at)
		see(synth.Pair{From: t.Shape.Dims[0].Codes[at[0]], To: t.Shape.Dims[1].Codes[at[1]]}, estimate, t.NoiseSD[i])
	}
}

// works compares homes by work between municipalities. Unlike that of trips the diagonal counts: who works where he lives.
func (s *scores) works(row *tally, t release.Table, truth map[synth.Pair]int64) {
	eachPair(t, func(p synth.Pair, estimate, sd float64) {
		if slices.Contains(s.finest, p.From) && slices.Contains(s.finest, p.To) {
			row.pair(estimate, sd, float64(truth[p]))
		}
	})
}

// journeys compares journeys of guests by country, and those of people of the country by province, each summed over the zones of
// the host.
func (s *scores) journeys(_ *tally, t release.Table, m monthOf) {
	truth := map[string]int64{}
	for p, n := range m.truth.Trips {
		if slices.Contains(s.finest, p.From) {
			truth[p.To] += n
		}
	}
	provinces := s.provinces()
	for origin, v := range sums(t, throng.DimOrigin, s.host(t)) {
		if n, ok := truth[origin]; ok {
			row := "trips of countries"
			if slices.Contains(provinces, origin) {
				row = "trips of provinces"
			}
			s.of("tourism", row).add(v[0], math.Sqrt(v[1]), float64(n))
		}
	}
}

// margins compares the sums of a table over all dimensions but one with those of the truth over its second code.
func (s *scores) margins(row *tally, t release.Table, dim string, truth map[synth.Pair]int64) {
	people := map[string]int64{}
	for p, n := range truth {
		people[p.From] += n
	}
	for code, v := range sums(t, dim, s.host(t)) {
		if code != throng.Other && code != throng.Unknown {
			row.add(v[0], math.Sqrt(v[1]), float64(people[code]))
		}
	}
}

// sumsOfDays compares the nights of a month in the host, which are sums of its days, by origin.
func (s *scores) sumsOfDays(month string) {
	provinces := s.provinces()
	for origin, sum := range s.nights[month] {
		table := "of countries, month"
		if slices.Contains(provinces, origin) {
			table = "of provinces, month"
		}
		s.of("nights", table).add(sum.estimate, math.Sqrt(sum.variance), sum.truth)
	}
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
