package demo

import (
	"errors"
	"fmt"
	"slices"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/reckon"
	"github.com/throng-stats/throng/reckon/forecast"
	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/synth"
)

// ofDay compares a table of a day with the truth of the day. A table that is not listed here or in ofMonth stops the demo.
var ofDay = map[string]func(s *scores, row *tally, t release.Table, truth *synth.Truth){
	"present/total":     (*scores).present,
	"present/gender":    (*scores).present,
	"present/age":       (*scores).present,
	"present/origin":    (*scores).present,
	"present/role":      (*scores).present,
	"visitors/total":    (*scores).visitors,
	"arrivals/total":    counts(synth.TruthArrivals, (*tally).pair),
	"nights/origin":     (*scores).nightsByOrigin,
	"nights/gender":     counts(synth.TruthNightsGender, (*tally).add),
	"nights/age":        counts(synth.TruthNightsAge, (*tally).add),
	"flows-hour/total":  counts(synth.TruthTrips, (*tally).pair),
	"flows-day/total":   (*scores).tripsOfDay,
	"flows-day/purpose": counts(synth.TruthPurpose, (*tally).pair),
}

// cell is a cell of a table by the names that truths have.
type cell struct{ zone, zone2, time, class string }

// each hands every cell of a table to see, but for cells of zones of which the region sees ten sites only, whose people are not the
// holder's to measure, cells from a zone to itself, which are empty by definition, and people of whom something is not known: the
// truth knows everybody.
func (s *scores) each(t release.Table, see func(c cell, estimate, sd float64)) {
	at := make([]int, len(t.Shape.Dims))
	for i, estimate := range t.Estimate {
		t.Shape.At(uint64(i), at)
		var c cell
		in := true
		for k, d := range t.Shape.Dims {
			code := d.Codes[at[k]]
			switch d.Name {
			case throng.DimZone:
				c.zone, in = code, in && slices.Contains(s.finest, code)
			case throng.DimZone2:
				c.zone2, in = code, in && slices.Contains(s.finest, code) && code != c.zone
			case throng.DimTime:
				c.time = code
			default:
				c.class, in = code, in && code != throng.Unknown && code != throng.Other
			}
		}
		if in {
			see(c, estimate, t.NoiseSD[i])
		}
	}
}

// present compares the mean number of people in an hour.
func (s *scores) present(row *tally, t release.Table, truth *synth.Truth) {
	s.each(t, func(c cell, estimate, sd float64) {
		if mean, _, ok := truth.Present(t.Shape.Name, c.zone, c.time, c.class); ok {
			row.add(estimate, sd, mean)
			if t.Shape.Name == synth.TruthTotal && t.Method == release.Linear {
				p := s.here[c.zone]
				s.here[c.zone] = presence{p.estimate + estimate, p.variance + sd*sd, p.truth + mean}
			}
		}
	})
}

// counts compares a table with one of the truth that has the same cells.
func counts(table string, add func(row *tally, estimate, sd, truth float64)) func(*scores, *tally, release.Table, *synth.Truth) {
	return func(s *scores, row *tally, t release.Table, truth *synth.Truth) {
		s.each(t, func(c cell, estimate, sd float64) {
			add(row, estimate, sd, float64(truth.Count(table, c.zone, c.zone2, c.time, c.class)))
		})
	}
}

// heardOnly is the row of trips of a day against those that left a record at both ends, and of visitors against those who left one in the
// zone.
const heardOnly = "total, heard"

// visitors compares everybody who was in a zone at any moment. A second row compares with the part of them who left a record in it, as
// phones of the holder tell, which is the most that anybody can know.
func (s *scores) visitors(row *tally, t release.Table, truth *synth.Truth) {
	heard := s.of(row.product, heardOnly)
	s.each(t, func(c cell, estimate, sd float64) {
		all := float64(truth.Count(synth.TruthVisitors, c.zone, "", "", ""))
		row.add(estimate, sd, all)
		phones, left := truth.HeardVisits(c.zone)
		heard.add(estimate, sd, all*float64(left)/float64(max(phones, 1)))
	})
}

// tripsOfDay compares trips by pair with the sum of the hours, and keeps them for the month. A second row compares with the part
// of the trips of which both stays left a record, as phones of the holder tell, which is the most that anybody can know.
func (s *scores) tripsOfDay(row *tally, t release.Table, truth *synth.Truth) {
	trips, month := map[synth.Pair]int64{}, truth.Day[:7]
	if s.trips[month] == nil {
		s.trips[month] = map[synth.Pair]int64{}
	}
	for _, r := range truth.Rows {
		if r.Table == synth.TruthTrips {
			trips[synth.Pair{From: r.Zone, To: r.Zone2}] += r.Count
			s.trips[month][synth.Pair{From: r.Zone, To: r.Zone2}] += r.Count
		}
	}
	heard := s.of(row.product, heardOnly)
	s.each(t, func(c cell, estimate, sd float64) {
		all := float64(trips[synth.Pair{From: c.zone, To: c.zone2}])
		row.pair(estimate, sd, all)
		phones, both := truth.Heard(c.zone, c.zone2)
		heard.pair(estimate, sd, all*float64(both)/float64(max(phones, 1)))
	})
}

// heard notes which part of visits and trips left a record.
func (s *scores) heard() []string {
	var notes []string
	for _, of := range [][2]string{{"visitors", "visits left a record in the municipality"}, {"flows-day", "trips between municipalities left a record at both ends"}} {
		all, heard := s.of(of[0], "total").truth, s.of(of[0], heardOnly).truth
		if all > 0 {
			notes = append(notes, fmt.Sprintf("%s: %.0f %% of the %s (row heard); nobody can count the others", of[0], 100*heard/all, of[1]))
		}
	}
	return notes
}

// nightsOfDays are the nights of an origin in the host, summed over days.
type nightsOfDays struct{ estimate, variance, truth float64 }

// nightsByOrigin compares nights in the zones of the host that are counted by origin, and keeps them for the month.
func (s *scores) nightsByOrigin(row *tally, t release.Table, truth *synth.Truth) {
	month := truth.Day[:7]
	if s.nights[month] == nil {
		s.nights[month] = map[string]*nightsOfDays{}
	}
	keep, at, day := s.host(t), make([]int, 2), map[string]float64{}
	for i, estimate := range t.Estimate {
		t.Shape.At(uint64(i), at)
		zone, origin := t.Shape.Dims[0].Codes[at[0]], t.Shape.Dims[1].Codes[at[1]]
		if !keep(zone) || origin == throng.Unknown || origin == throng.Other {
			continue
		}
		people := 0.0
		for _, id := range s.under(zone) {
			people += float64(truth.Count(synth.TruthNights, id, "", "", origin))
		}
		row.add(estimate, t.NoiseSD[i], people)
		day[origin] += people
		sum := s.nights[month][origin]
		if sum == nil {
			sum = &nightsOfDays{}
			s.nights[month][origin] = sum
		}
		sum.estimate, sum.variance, sum.truth = sum.estimate+estimate, sum.variance+t.NoiseSD[i]*t.NoiseSD[i], sum.truth+people
	}
	for origin, people := range day {
		s.days[origin] = append(s.days[origin], forecast.Day{Date: truth.Day, Value: people})
	}
}

// under lists the municipalities of a zone.
func (s *scores) under(zone string) []string {
	zones := s.job.Ground.Zones
	top, ok := zones.Index(zone)
	return slices.DeleteFunc(slices.Clone(s.finest), func(id string) bool {
		i, known := zones.Index(id)
		return !ok || !known || !zones.Within(i, top)
	})
}

// beyond are contributions of people over the days of a demo, and those that the bounds leave out.
type beyond struct{ all, left int64 }

// bounds adds what the bounds leave out of a day.
func (s *scores) bounds(truth *synth.Truth) {
	of := map[string]string{synth.TruthVisitors: "visitors", synth.TruthArrivals: "arrivals"}
	for _, r := range truth.Rows {
		switch {
		case r.Table == synth.TruthBeyond:
			s.beyond(r.Class).left += r.Count
		case r.Table == synth.TruthTrips:
			s.beyond("flows-hour").all += r.Count
			s.beyond("flows-day").all += r.Count
		case of[r.Table] != "":
			s.beyond(of[r.Table]).all += r.Count
		}
	}
}

func (s *scores) beyond(product string) *beyond {
	if s.left[product] == nil {
		s.left[product] = &beyond{}
	}
	return s.left[product]
}

// boundsNote says what the bounds of a day leave out, over the days of the demo.
func (s *scores) boundsNote() string {
	text := "bounds of one person's day leave out"
	for i, product := range synth.Bounded {
		if i > 0 {
			text += ","
		}
		b := s.beyond(product)
		text += fmt.Sprintf(" %.1f %% of %s", 100*float64(b.left)/float64(max(b.all, 1)), product)
	}
	return text
}

// add compares the releases of one day.
func (s *scores) add(store release.Store, day string, truth *synth.Truth) error {
	s.bounds(truth)
	return eachTable(store, day, func(m release.Manifest, t release.Table) error {
		compare, ok := ofDay[m.Product+"/"+t.Shape.Name]
		if !ok {
			return noTruth(m.Product, t.Shape.Name)
		}
		name := t.Shape.Name
		if t.Method != release.Linear {
			name += " " + t.Method
		}
		compare(s, s.of(m.Product, name), t, truth)
		return nil
	})
}

// noTruth is the error of a table that nothing is compared with.
func noTruth(product, table string) error {
	return fmt.Errorf("demo: %s/%s is published and has no truth; add its truth to synth and a row to ofDay or ofMonth", product, table)
}

// eachTable hands the estimates of a period to see, in the order in which they were published; of a table that is estimated by EM
// too, both.
func eachTable(store release.Store, period string, see func(release.Manifest, release.Table) error) error {
	list, err := store.List()
	if err != nil {
		return err
	}
	slices.Reverse(list)
	for _, m := range list {
		if m.Period.Name != period {
			continue
		}
		for _, p := range m.Parts {
			for _, method := range []string{release.Linear, reckon.MethodEM} {
				t, err := store.Table(m.ID, method, p.Table)
				if errors.Is(err, release.ErrMissing) && method != release.Linear {
					continue
				}
				if err != nil {
					return err
				}
				if err := see(m, t); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// again compares a day with the same day published a second time. The difference of the two is noise alone.
func (s *scores) again(first, second release.Store, day string) error {
	twice := map[string]release.Table{}
	err := eachTable(second, day, func(m release.Manifest, t release.Table) error {
		twice[m.Product+"/"+t.Shape.Name] = t
		return nil
	})
	if err != nil {
		return err
	}
	return eachTable(first, day, func(m release.Manifest, t release.Table) error {
		other, row := twice[m.Product+"/"+t.Shape.Name], s.of(m.Product, t.Shape.Name)
		if t.Cells != nil || len(other.Estimate) != len(t.Estimate) {
			return nil // what a sparse table lists depends on its noise
		}
		for i, sd := range t.NoiseSD {
			row.twice(t.Estimate[i], other.Estimate[i], sd, other.NoiseSD[i])
		}
		return nil
	})
}
