//go:build oracle

package oracle

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"github.com/throng-stats/throng/population/usual"
)

// seenEvent is one event of permanence.daily.
type seenEvent struct {
	Device name  `json:"device"`
	Time   whole `json:"time"`
	Day    date  `json:"day"`
	Cell   name  `json:"cell" case:"optional"`
	Plmn   name  `json:"plmn" case:"optional"`
}

// place is the footprint of a cell on a day.
type place struct {
	Day    date         `json:"day"`
	Cell   name         `json:"cell"`
	Points [][2]float64 `json:"points"`
	Groups []name       `json:"groups"`
}

type slotRow struct {
	Device name   `json:"device"`
	Slot   whole  `json:"slot"`
	Kind   string `json:"kind"`
	Values []name `json:"values"`
}

// covers are the footprints of a case.
type covers struct {
	index  map[string]uint32 // by day and cell
	points [][][2]float64
	groups [][]uint32
	names  numbers // of groups
	apart  map[[2]uint32]float64
}

func newCovers(places []place) *covers {
	c := &covers{index: make(map[string]uint32), apart: make(map[[2]uint32]float64)}
	for _, p := range places {
		i := c.of(p.Day, p.Cell)
		c.points[i] = p.Points
		for _, g := range p.Groups {
			c.groups[i] = append(c.groups[i], c.names.of(g))
		}
	}
	return c
}

func (c *covers) of(day date, cell name) uint32 {
	key := string(day) + "|" + string(cell)
	i, ok := c.index[key]
	if !ok {
		i = uint32(len(c.points))
		c.index[key] = i
		c.points, c.groups = append(c.points, nil), append(c.groups, nil)
	}
	return i
}

// Distance is between the nearest centres of tiles. The reference takes hulls of them, which are as far apart but for a few
// metres. It is remembered, for it is asked for each pair many times.
func (c *covers) Distance(a, b uint32) float64 {
	key := [2]uint32{min(a, b), max(a, b)}
	d, ok := c.apart[key]
	if ok || len(c.points[a]) == 0 || len(c.points[b]) == 0 {
		return d
	}
	d = math.Inf(1)
	for _, p := range c.points[a] {
		for _, q := range c.points[b] {
			d = math.Min(d, math.Hypot(p[0]-q[0], p[1]-q[1]))
		}
	}
	c.apart[key] = d
	return d
}

// Groups lists the sets of tiles of a footprint.
func (c *covers) Groups(i uint32) []uint32 { return c.groups[i] }

// limits in milliseconds and m/s.
type limits struct {
	SameDay   whole   `json:"same_place_day" case:"optional"`
	SameNight whole   `json:"same_place_night" case:"optional"`
	Other     whole   `json:"other_place" case:"optional"`
	Abroad    whole   `json:"abroad" case:"optional"`
	Speed     float64 `json:"speed" case:"optional"`
}

func dailyScores(inputs json.RawMessage) (any, error) {
	a, err := read(inputs, struct {
		Day    string      `json:"day"`
		Events []seenEvent `json:"events"`
		Places []place     `json:"places"`
		Home   name        `json:"home_mcc"`
		Slots  whole       `json:"slots" case:"optional"`
		Limits limits      `json:"limits" case:"optional"`
	}{Slots: 24, Limits: limits{7_200e3, 28_800e3, 900e3, 7_200e3, 50 / 3.6}})
	if err != nil {
		return nil, err
	}
	start, err := midnight(a.Day)
	if err != nil {
		return nil, err
	}
	if a.Slots < 1 || a.Slots > 86_400 {
		return nil, fmt.Errorf("got %d slots, want 24, 48 or 96", a.Slots)
	}
	o := usual.DailyOptions{Slots: int(a.Slots), SameDay: int64(a.Limits.SameDay), SameNight: int64(a.Limits.SameNight),
		Other: int64(a.Limits.Other), Abroad: int64(a.Limits.Abroad), Speed: a.Limits.Speed, Reference: true}
	covers := newCovers(a.Places)
	var cells numbers
	out := []slotRow{}
	devices, groups := grouped(a.Events, func(e seenEvent) name { return e.Device })
	for _, device := range devices {
		events := groups[device]
		slices.SortStableFunc(events, func(x, y seenEvent) int { return cmp.Compare(x.Time, y.Time) })
		daily := usual.NewDaily(o, covers, start)
		for _, e := range events {
			u := usual.Event{Time: int64(e.Time), Cell: cells.of(e.Cell), Cover: covers.of(e.Day, e.Cell), Day: int8(cmp.Compare(string(e.Day), a.Day))}
			if mcc := country(e.Plmn); mcc != "" && mcc != a.Home.text() {
				u.Country = uint16(named(mcc).plmn())
			}
			daily.Add(u)
		}
		for _, s := range daily.Flush() {
			out = append(out, covers.row(device, s))
		}
	}
	return out, nil
}

// country is the first three digits of a network, "" of none.
func country(plmn name) string {
	text := plmn.text()
	return text[:min(3, len(text))]
}

func (c *covers) row(device name, s usual.Slot) slotRow {
	out := slotRow{Device: device, Slot: whole(s.Start), Values: []name{}}
	switch s.Kind {
	case usual.Nowhere:
		out.Kind = "unknown"
	case usual.Away:
		out.Kind, out.Values = "abroad", append(out.Values, named(fmt.Sprintf("%03d", s.Country)))
	case usual.Grid:
		out.Kind = "grid"
		for _, g := range s.Groups {
			out.Values = append(out.Values, c.names.names[g])
		}
		slices.Sort(out.Values)
	}
	return out
}
