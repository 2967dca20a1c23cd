//go:build oracle

package oracle

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/throng-stats/throng/population/tourism"
)

// trip is a trip of a case.
type trip struct {
	Device   name   `json:"device"`
	Start    whole  `json:"start"`
	Finished bool   `json:"finished"`
	Month    string `json:"month"`
	Parts    []name `json:"parts"`
}

// leg is a stay or segment of a case.
type leg interface {
	span() (device, id name, start, end int64)
}

// traveller is one device with its legs in order of time.
type traveller[L leg] struct {
	device name
	rows   []L
	legs   []tourism.Leg
	open   []tourism.ReferenceTrip // of the month before
}

// travellers gathers legs by device.
func travellers[L leg](rows []L) []*traveller[L] {
	devices, groups := grouped(rows, func(l L) name { device, _, _, _ := l.span(); return device })
	out := make([]*traveller[L], len(devices))
	for i, device := range devices {
		t := &traveller[L]{device: device, rows: groups[device]}
		slices.SortStableFunc(t.rows, func(a, b L) int {
			_, _, x, _ := a.span()
			_, _, y, _ := b.span()
			return cmp.Compare(x, y)
		})
		for _, l := range t.rows {
			_, _, start, end := l.span()
			t.legs = append(t.legs, tourism.Leg{Start: start, End: end})
		}
		out[i] = t
	}
	return out
}

// goOn takes up the trips that were open at the end of the month before.
func (t *traveller[L]) goOn(known []trip, before string) {
	for _, k := range known {
		if k.Device != t.device || k.Finished || k.Month != before {
			continue
		}
		open := tourism.ReferenceTrip{Start: int64(k.Start)}
		for i, l := range t.rows {
			if _, id, _, _ := l.span(); slices.Contains(k.Parts, id) {
				open.Legs = append(open.Legs, i)
			}
		}
		t.open = append(t.open, open)
	}
}

// trips of a month; those that are written are added to what is found.
func (t *traveller[L]) trips(r tourism.Reference, month string, m tourism.Month, found *[]trip) []tourism.ReferenceTrip {
	trips := r.Trips(m, t.legs, t.open)
	t.open = nil
	for _, one := range trips {
		if !r.Written(m, one) {
			continue
		}
		row := trip{Device: t.device, Start: whole(one.Start), Finished: one.Finished, Month: month, Parts: []name{}}
		for _, i := range one.Legs {
			_, id, _, _ := t.rows[i].span()
			row.Parts = append(row.Parts, id)
		}
		*found = append(*found, row)
		if !one.Finished {
			t.open = append(t.open, one)
		}
	}
	return trips
}

// eachMonth goes over the months; trips stay open from one to the next one only when it is the next.
func eachMonth[L leg](all []*traveller[L], months []string, known []trip, do func(month string, m tourism.Month)) error {
	last := ""
	for _, month := range months {
		first, err := midnight(month)
		if err != nil {
			return err
		}
		m := tourism.MonthOf(first)
		before := time.UnixMilli(m.Before().First).UTC().Format("2006-01")
		for _, t := range all {
			if before != last {
				t.open = nil
			}
			t.goOn(known, before)
		}
		do(month, m)
		last = month
	}
	return nil
}

func monthBounds(inputs json.RawMessage) (any, error) {
	a, err := read(inputs, struct {
		Month string `json:"month"`
	}{})
	if err != nil {
		return nil, err
	}
	first, err := midnight(a.Month)
	m := tourism.MonthOf(first)
	return []int64{m.First, m.Last}, err
}

// guestStay is one inbound stay.
type guestStay struct {
	Stay      name   `json:"stay"`
	Device    name   `json:"device"`
	Start     whole  `json:"start"`
	End       whole  `json:"end"`
	Country   name   `json:"country"`
	Overnight bool   `json:"overnight"`
	Zones     []part `json:"zones"`
}

type part struct {
	Path   []name  `json:"path"`
	Weight float64 `json:"weight"`
}

func (s guestStay) span() (device, id name, start, end int64) {
	return s.Device, s.Stay, int64(s.Start), int64(s.End)
}

type inboundNights struct {
	Month      string  `json:"month"`
	Level      whole   `json:"level"`
	Country    name    `json:"country"`
	Overnight  bool    `json:"overnight"`
	Zone       name    `json:"zone"`
	Nights     float64 `json:"nights"`
	Departures int     `json:"departures"`
}

type inboundAverages struct {
	Month         string  `json:"month"`
	Level         whole   `json:"level"`
	Country       name    `json:"country"`
	ZonesPerTrip  float64 `json:"zones_per_trip"`
	NightsPerZone float64 `json:"nights_per_zone"`
}

func inbound(inputs json.RawMessage) (any, error) {
	a, err := read(inputs, struct {
		Stays    []guestStay `json:"stays"`
		Months   []string    `json:"months"`
		Levels   []whole     `json:"levels" case:"optional"`
		TripGap  whole       `json:"trip_gap" case:"optional"`
		VisitGap whole       `json:"visit_gap" case:"optional"`
		Trips    []trip      `json:"trips" case:"optional"`
	}{Levels: []whole{1}, TripGap: tourism.InboundGap, VisitGap: tourism.InboundGap})
	if err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(a.Levels, func(l whole) bool { return l < 1 }); i >= 0 {
		return nil, fmt.Errorf("got the level %d, want 1 or more", a.Levels[i])
	}
	r := tourism.Reference{Gap: int64(a.TripGap), VisitGap: int64(a.VisitGap)}
	nights, averages, found := []inboundNights{}, []inboundAverages{}, []trip{}
	all := travellers(a.Stays)
	err = eachMonth(all, a.Months, a.Trips, func(month string, m tourism.Month) {
		sums := make([]*inboundSums, len(a.Levels))
		for i, level := range a.Levels {
			sums[i] = newInboundSums(month, level)
		}
		for _, t := range all {
			for _, one := range t.trips(r, month, m, &found) {
				for _, s := range sums {
					s.add(r, m, t, one)
				}
			}
		}
		for _, s := range sums {
			nights = append(nights, s.rows()...)
			averages = append(averages, s.means()...)
		}
	})
	return map[string]any{"nights": nights, "averages": averages, "trips": found}, err
}

// inboundSums are the sums of one month and level.
type inboundSums struct {
	month     string
	level     whole
	nights    map[inboundNights]*inboundNights // by month, level, country, overnight and zone
	countries map[name]*means
	zones     numbers
}

// means of one country: trips, zones visited, nights.
type means struct{ trips, visited, nights float64 }

func newInboundSums(month string, level whole) *inboundSums {
	return &inboundSums{month: month, level: level, nights: make(map[inboundNights]*inboundNights), countries: make(map[name]*means)}
}

// zone of a path at the level; "" when the path is shorter.
func (s *inboundSums) zone(p part) name {
	if int(s.level) > len(p.Path) {
		return ""
	}
	return p.Path[s.level-1]
}

func (s *inboundSums) add(r tourism.Reference, m tourism.Month, t *traveller[guestStay], one tourism.ReferenceTrip) {
	var rows []tourism.At
	var weights []float64
	for _, i := range one.Legs {
		for _, p := range t.rows[i].Zones {
			rows = append(rows, tourism.At{Leg: i, Zone: s.zones.of(s.zone(p))})
			weights = append(weights, p.Weight)
		}
	}
	if len(rows) == 0 {
		return
	}
	left := make(map[inboundNights]bool) // rows to which the trip is a departure
	slept := make(map[uint32]float64)    // by zone
	for k, counts := range r.Counted(m, t.legs, rows) {
		stay := t.rows[rows[k].Leg]
		key := inboundNights{Month: s.month, Level: s.level, Country: stay.Country, Overnight: stay.Overnight, Zone: s.zones.names[rows[k].Zone]}
		if s.nights[key] == nil {
			row := key
			s.nights[key] = &row
		}
		slept[rows[k].Zone] += 0
		if stay.Overnight {
			slept[rows[k].Zone] += weights[k]
			if counts {
				s.nights[key].Nights += weights[k]
			}
		}
		left[key] = true
	}
	if !one.Finished {
		return
	}
	for key := range left {
		s.nights[key].Departures++
	}
	s.average(t.rows[one.Legs[0]].Country, slept)
}

func (s *inboundSums) average(country name, slept map[uint32]float64) {
	c := s.countries[country]
	if c == nil {
		c = &means{}
		s.countries[country] = c
	}
	c.trips++
	for _, zone := range slices.Sorted(maps.Keys(slept)) {
		c.visited++
		c.nights += slept[zone]
	}
}

func (s *inboundSums) rows() []inboundNights {
	var out []inboundNights
	for _, row := range s.nights {
		out = append(out, *row)
	}
	slices.SortFunc(out, func(a, b inboundNights) int {
		if c := cmp.Or(cmp.Compare(a.Country, b.Country), cmp.Compare(a.Zone, b.Zone)); c != 0 || a.Overnight == b.Overnight {
			return c
		}
		if a.Overnight {
			return 1
		}
		return -1
	})
	return out
}

func (s *inboundSums) means() []inboundAverages {
	var out []inboundAverages
	for _, country := range slices.Sorted(maps.Keys(s.countries)) {
		c := s.countries[country]
		out = append(out, inboundAverages{s.month, s.level, country, c.visited / c.trips, c.nights / c.visited})
	}
	return out
}
