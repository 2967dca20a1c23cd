//go:build oracle

package oracle

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"github.com/throng-stats/throng/filter"
	"github.com/throng-stats/throng/locate/area"
)

// sighting is one event of a day, before it is judged.
type sighting struct {
	Event     name     `json:"event"`
	Device    name     `json:"device"`
	Time      whole    `json:"time"`
	Domain    string   `json:"domain"`
	Cell      name     `json:"cell" case:"optional"`
	Latitude  *float64 `json:"latitude" case:"optional"`
	Longitude *float64 `json:"longitude" case:"optional"`
	Plmn      name     `json:"plmn" case:"optional"`
}

type planned struct {
	Cell      name    `json:"cell"`
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
	From      *whole  `json:"valid_from" case:"optional"`
	Until     *whole  `json:"valid_to" case:"optional"`
}

type flagged struct {
	Event name   `json:"event"`
	Flag  string `json:"flag"`
}

var flagWords = map[filter.Flag]string{filter.FlagGood: "ok", filter.FlagManyPlaces: "two places at once",
	filter.FlagCellUnknown: "no such cell", filter.FlagCellInvalid: "cell not in service",
	filter.FlagIncorrect: "impossible", filter.FlagSuspicious: "doubtful"}

func distance(inputs json.RawMessage) (any, error) {
	a, err := read(inputs, struct {
		A [2]float64 `json:"a"`
		B [2]float64 `json:"b"`
	}{})
	return area.Haversine(a.A[0], a.A[1], a.B[0], a.B[1]), err
}

// semanticFlags measures on the globe, not between (latitude, latitude): the one correction in reference mode (D1).
func semanticFlags(inputs json.RawMessage) (any, error) {
	a, err := read(inputs, struct {
		Events    []sighting `json:"events"`
		Cells     []planned  `json:"cells"`
		Distance  float64    `json:"least_distance" case:"optional"`
		Speed     float64    `json:"least_speed" case:"optional"`
		TwoPlaces bool       `json:"two_places" case:"optional"`
	}{Distance: 10_000, Speed: 55, TwoPlaces: true})
	if err != nil {
		return nil, err
	}
	for i, e := range a.Events {
		if err := oneOf(fmt.Sprintf("events[%d].domain", i), e.Domain, "domestic", "inbound", "outbound"); err != nil {
			return nil, err
		}
	}
	plan := make(map[name]planned)
	for _, c := range a.Cells {
		plan[c.Cell] = c
	}
	o := filter.FlagOptions{JumpMetres: a.Distance, JumpSpeed: a.Speed, ManyPlaces: a.TwoPlaces, Reference: true}
	out := []flagged{}
	var where numbers
	devices, groups := grouped(a.Events, func(s sighting) name { return s.Device })
	for _, device := range devices {
		events := groups[device]
		slices.SortStableFunc(events, func(x, y sighting) int { return cmp.Compare(x.Time, y.Time) })
		seen := make([]filter.Sighting, len(events))
		for i, e := range events {
			seen[i] = e.judged(plan, &where)
		}
		for i, f := range filter.Flags(seen, o) {
			out = append(out, flagged{events[i].Event, flagWords[f]})
		}
	}
	return out, nil
}

func (s sighting) judged(plan map[name]planned, where *numbers) filter.Sighting {
	cell, known := plan[s.Cell]
	e := filter.Sighting{Time: int64(s.Time), Outbound: s.Domain == "outbound", Known: known && s.Cell != "",
		From: math.MinInt64, Until: math.MaxInt64, Lat: cell.Latitude, Lon: cell.Longitude}
	if cell.From != nil {
		e.From = int64(*cell.From)
	}
	if cell.Until != nil {
		e.Until = int64(*cell.Until)
	}
	at := func(v *float64) string {
		if v == nil {
			return "null"
		}
		return fmt.Sprint(*v)
	}
	e.Where = where.of(name(fmt.Sprint(s.Cell, "|", at(s.Latitude), "|", at(s.Longitude), "|", s.Plmn)))
	return e
}
