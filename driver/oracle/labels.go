//go:build oracle

package oracle

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/throng-stats/throng/population/usual"
)

// monthly is one row of scores of a month.
type monthly struct {
	Device    name   `json:"device"`
	Place     name   `json:"place"`
	Kind      string `json:"kind"`
	Days      string `json:"days"`
	Hours     string `json:"hours"`
	Month     string `json:"month"`
	Score     whole  `json:"score"`
	Frequency whole  `json:"frequency"`
}

type seasonal struct {
	Device    name     `json:"device"`
	Place     name     `json:"place"`
	Kind      string   `json:"kind"`
	Days      string   `json:"days"`
	Hours     string   `json:"hours"`
	Score     whole    `json:"score"`
	Frequency whole    `json:"frequency"`
	Mean      float64  `json:"frequency_mean"`
	SD        *float64 `json:"frequency_sd"`
}

func longTerm(inputs json.RawMessage) (any, error) {
	a, err := read(inputs, struct {
		Rows   []monthly `json:"rows"`
		Months []string  `json:"months"`
	}{})
	if err != nil {
		return nil, err
	}
	var rows []monthly
	for _, r := range a.Rows {
		if slices.Contains(a.Months, r.Month) {
			rows = append(rows, r)
		}
	}
	keys, groups := grouped(rows, func(r monthly) name {
		return name(fmt.Sprintf("%s|%s|%q|%q|%q", r.Device, r.Place, r.Kind, r.Days, r.Hours))
	})
	out := []seasonal{}
	for _, key := range keys {
		var s usual.Season
		for _, r := range groups[key] {
			s.Add(int64(r.Score), int64(r.Frequency))
		}
		r := groups[key][0]
		row := seasonal{Device: r.Device, Place: r.Place, Kind: r.Kind, Days: r.Days, Hours: r.Hours,
			Score: whole(s.Slots), Frequency: whole(s.Days)}
		mean, sd, ok := s.Frequency()
		row.Mean = mean
		if ok {
			row.SD = &sd
		}
		out = append(out, row)
	}
	return out, nil
}

// score is one row of the scores of a season.
type score struct {
	Device    name    `json:"device"`
	Tile      name    `json:"tile" case:"optional"`
	Kind      string  `json:"kind"`
	Days      string  `json:"days"`
	Hours     string  `json:"hours"`
	Score     float64 `json:"score"`
	Frequency float64 `json:"frequency"`
}

type labelRules struct {
	LeastSlots float64 `json:"least_score" case:"optional"`
	LeastDays  float64 `json:"least_days" case:"optional"`
	UsualGap   float64 `json:"usual_gap" case:"optional"`
	UsualSlots float64 `json:"usual_score" case:"optional"`
	UsualDays  float64 `json:"usual_days" case:"optional"`
	HomeGap    float64 `json:"home_gap" case:"optional"`
	HomeSlots  float64 `json:"home_score" case:"optional"`
	HomeDays   float64 `json:"home_days" case:"optional"`
	WorkGap    float64 `json:"work_gap" case:"optional"`
	WorkSlots  float64 `json:"work_score" case:"optional"`
	WorkDays   float64 `json:"work_days" case:"optional"`
}

type labelled struct {
	Device name   `json:"device"`
	Tile   name   `json:"tile"`
	Label  string `json:"label"`
	Rule   string `json:"rule"`
}

var labelWords = map[usual.Label]string{usual.Usual: "usual", usual.Home: "home", usual.Work: "work"}

// periodOf the days and hours of a row; false when labels do not use it.
func periodOf(s score) (usual.Period, bool) {
	switch s.Days + "/" + s.Hours {
	case "all/all":
		return usual.AllDay, true
	case "all/night":
		return usual.Nights, true
	case "workdays/work":
		return usual.Working, true
	}
	return 0, false
}

func label(inputs json.RawMessage) (any, error) {
	a, err := read(inputs, struct {
		Scores   []score    `json:"scores"`
		Rules    labelRules `json:"rules" case:"optional"`
		Fallback string     `json:"fallback" case:"optional"`
	}{Rules: labelRules(usual.UsualRules()), Fallback: "device"})
	if err != nil {
		return nil, err
	}
	if a.Fallback != "device" && a.Fallback != "batch" {
		return nil, fmt.Errorf("got the fallback %.20q, want device or batch", a.Fallback)
	}
	for i, s := range a.Scores {
		if err := oneOf(fmt.Sprintf("scores[%d].kind", i), s.Kind, "grid", "abroad", "observation"); err != nil {
			return nil, err
		}
	}
	names, groups := grouped(a.Scores, func(s score) name { return s.Device })
	tiles := make([][]name, len(names))
	devices := make([]usual.Device, len(names))
	for i, device := range names {
		devices[i], tiles[i] = seasonOf(groups[device])
	}
	out := []labelled{}
	for i, list := range usual.Rules(a.Rules).ReferenceLabels(devices, a.Fallback == "batch") {
		for _, l := range list {
			word := labelWords[l.Label]
			out = append(out, labelled{names[i], tiles[i][l.Place], word, fmt.Sprintf("%s_%d", word, l.Rule)})
		}
	}
	return out, nil
}

// seasonOf gathers the rows of one device, and the tiles by the number of their place.
func seasonOf(rows []score) (d usual.Device, tiles []name) {
	var keys numbers
	places := make(map[uint32]usual.Place)
	for _, r := range rows {
		period, ok := periodOf(r)
		if !ok {
			continue
		}
		s := usual.Score{Slots: r.Score, Days: r.Frequency, Known: true}
		if r.Kind == "observation" {
			d.Observed[period] = s
			continue
		}
		id := keys.of(name(r.Kind) + "|" + r.Tile) // a country is no tile, whatever its number
		if int(id) == len(tiles) {
			tiles = append(tiles, r.Tile)
		}
		p := places[id]
		p.ID = id
		p.Scores[period] = s
		places[id] = p
	}
	for _, id := range slices.Sorted(maps.Keys(places)) {
		d.Places = append(d.Places, places[id])
	}
	return d, tiles
}
