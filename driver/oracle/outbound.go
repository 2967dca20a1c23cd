//go:build oracle

package oracle

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/throng-stats/throng/population/tourism"
)

// abroadSegment is one segment of a case; only those abroad matter.
type abroadSegment struct {
	Segment name   `json:"segment"`
	Device  name   `json:"device"`
	Start   whole  `json:"start"`
	End     whole  `json:"end"`
	State   string `json:"state"`
	Plmn    name   `json:"plmn" case:"optional"`
}

func (s abroadSegment) span() (device, id name, start, end int64) {
	return s.Device, s.Segment, int64(s.Start), int64(s.End)
}

// destination is a country with the clock by which nights there are told.
type destination struct {
	Country  name   `json:"country"`
	Timezone string `json:"timezone"`
	clock    *time.Location
}

type outboundNights struct {
	Month   string `json:"month"`
	Country name   `json:"country"`
	Nights  int    `json:"nights"`
}

// outboundInputs are the arguments; lengths are in milliseconds.
type outboundInputs struct {
	Segments     []abroadSegment        `json:"segments"`
	Months       []string               `json:"months"`
	Countries    map[string]destination `json:"countries"`
	TripGap      whole                  `json:"trip_gap" case:"optional"`
	LeastSegment whole                  `json:"least_segment" case:"optional"`
	Midnight     whole                  `json:"midnight_hour" case:"optional"`
	LeastNight   whole                  `json:"least_night" case:"optional"`
	Trips        []trip                 `json:"trips" case:"optional"`
}

func usualOutbound() outboundInputs {
	return outboundInputs{TripGap: tourism.OutboundGap, LeastSegment: tourism.LeastStay,
		Midnight: whole(tourism.NightAbroad.Hour), LeastNight: whole(tourism.NightAbroad.Least)}
}

func outbound(inputs json.RawMessage) (any, error) {
	a, err := read(inputs, usualOutbound())
	if err != nil {
		return nil, err
	}
	for mcc, d := range a.Countries {
		if d.clock, err = time.LoadLocation(d.Timezone); err != nil {
			return nil, fmt.Errorf("country %.8q: got the time zone %.40q, want one such as Europe/Paris", mcc, d.Timezone)
		}
		a.Countries[mcc] = d
	}
	r := tourism.Reference{Gap: int64(a.TripGap), Outbound: true}
	rule := tourism.NightRule{Hour: int(a.Midnight), Least: int64(a.LeastNight)}
	all := travellers(slices.DeleteFunc(a.Segments, func(s abroadSegment) bool {
		return s.State != "abroad" || s.End/1000-s.Start/1000 < a.LeastSegment/1000
	}))
	nights, found := []outboundNights{}, []trip{}
	err = eachMonth(all, a.Months, a.Trips, func(month string, m tourism.Month) {
		sums := make(map[name]int)
		for _, t := range all {
			for _, one := range t.trips(r, month, m, &found) {
				a.addNights(sums, r, m, t, one, rule)
			}
		}
		for _, country := range slices.Sorted(maps.Keys(sums)) {
			nights = append(nights, outboundNights{month, country, sums[country]})
		}
	})
	return map[string]any{"nights": nights, "trips": found}, err
}

// addNights adds the nights of one trip by country.
func (a outboundInputs) addNights(sums map[name]int, r tourism.Reference, m tourism.Month, t *traveller[abroadSegment], one tourism.ReferenceTrip, rule tourism.NightRule) {
	var countries numbers
	var rows []tourism.At
	for _, i := range one.Legs {
		rows = append(rows, tourism.At{Leg: i, Zone: countries.of(a.Countries[country(t.rows[i].Plmn)].Country)})
	}
	for k, counts := range r.Counted(m, t.legs, rows) {
		leg := t.legs[rows[k].Leg]
		there := a.Countries[country(t.rows[rows[k].Leg].Plmn)]
		sums[there.Country] += 0
		if counts && there.clock != nil && rule.ReferenceNight(leg.Start, leg.End, there.clock) {
			sums[there.Country]++
		}
	}
}

func spendsNight(inputs json.RawMessage) (any, error) {
	a, err := read(inputs, struct {
		Start    whole  `json:"start"`
		End      whole  `json:"end"`
		Timezone string `json:"timezone"`
		Midnight whole  `json:"midnight_hour" case:"optional"`
		Least    whole  `json:"least" case:"optional"`
	}{Midnight: whole(tourism.NightAbroad.Hour), Least: whole(tourism.NightAbroad.Least)})
	if err != nil {
		return nil, err
	}
	clock, err := time.LoadLocation(a.Timezone)
	if err != nil {
		return nil, fmt.Errorf("got the time zone %.40q, want one such as Europe/Paris", a.Timezone)
	}
	return tourism.NightRule{Hour: int(a.Midnight), Least: int64(a.Least)}.ReferenceNight(int64(a.Start), int64(a.End), clock), nil
}
