//go:build oracle

package oracle

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/throng-stats/throng/mobility"
)

// event is one row of the events of a case.
type event struct {
	Device name  `json:"device" case:"optional"`
	Time   whole `json:"time"`
	Cell   name  `json:"cell" case:"optional"`
	Plmn   name  `json:"plmn" case:"optional"`
	Abroad bool  `json:"abroad" case:"optional"`
}

// piece is one segment of a case.
type piece struct {
	Device name   `json:"device,omitempty"`
	Start  whole  `json:"start"`
	End    whole  `json:"end"`
	Last   *whole `json:"last_event" case:"optional"`
	Cells  []name `json:"cells" case:"optional"`
	Plmn   name   `json:"plmn" case:"optional"`
	State  string `json:"state"`
	IsLast bool   `json:"is_last" case:"optional"`
}

type overlap struct {
	Day   date   `json:"day"`
	Cell  name   `json:"cell"`
	Cells []name `json:"cells"`
}

// segmentRules in milliseconds.
type segmentRules struct {
	Stay    whole `json:"stay" case:"optional"`
	Stays   whole `json:"stay_gap" case:"optional"`
	Moves   whole `json:"move_gap" case:"optional"`
	Abroad  whole `json:"abroad_gap" case:"optional"`
	Unknown whole `json:"unknown_gap" case:"optional"`
	Pad     whole `json:"pad" case:"optional"`
}

func usualSegmentRules() segmentRules {
	return segmentRules{Stay: 900e3, Stays: 43_200e3, Moves: 7_200e3, Abroad: 259_200e3, Unknown: 604_800e3, Pad: 300e3}
}

func (r segmentRules) reference() mobility.Reference {
	return mobility.Reference{Options: mobility.Options{StayOver: int64(r.Stay), StayGap: int64(r.Stays),
		MoveGap: int64(r.Moves), AbroadGap: int64(r.Abroad), Pad: int64(r.Pad)}, Forget: int64(r.Unknown)}
}

var stateWords = map[mobility.State]string{mobility.Stay: "stay", mobility.Move: "move",
	mobility.Undetermined: "undetermined", mobility.Unknown: "unknown", mobility.Abroad: "abroad"}

// names of cells and networks of a case, as numbers.
type segmentNames struct {
	cells    numbers
	networks map[uint32]name
}

func (n *segmentNames) network(plmn name) uint32 {
	number := plmn.plmn()
	if number != 0 {
		n.networks[number] = plmn
	}
	return number
}

func (n *segmentNames) marks(events []event) []mobility.Mark {
	marks := make([]mobility.Mark, len(events))
	for i, e := range events {
		marks[i] = mobility.Mark{Time: int64(e.Time), Place: n.cells.of(e.Cell), Network: n.network(e.Plmn), Abroad: e.Abroad}
	}
	slices.SortStableFunc(marks, func(a, b mobility.Mark) int { return cmp.Compare(a.Time, b.Time) })
	return marks
}

func (n *segmentNames) take(p piece) (mobility.Piece, error) {
	out := mobility.Piece{Start: int64(p.Start), End: int64(p.End), Last: mobility.NoTime, Network: n.network(p.Plmn), Final: p.IsLast}
	if p.Last != nil {
		out.Last = int64(*p.Last)
	}
	for state, word := range stateWords {
		if word == p.State {
			out.State = state
		}
	}
	if out.State == 0 {
		return out, fmt.Errorf("got a segment with the state %.20q, want stay, move, undetermined, unknown or abroad", p.State)
	}
	for _, c := range p.Cells {
		out.Cells = append(out.Cells, n.cells.of(c))
	}
	slices.Sort(out.Cells)
	out.Cells = slices.Compact(out.Cells)
	return out, nil
}

func (n *segmentNames) give(device name, p mobility.Piece) piece {
	out := piece{Device: device, Start: whole(p.Start), End: whole(p.End), Cells: []name{}, Plmn: n.networks[p.Network],
		State: stateWords[p.State], IsLast: p.Final}
	if p.Last != mobility.NoTime {
		last := whole(p.Last)
		out.Last = &last
	}
	for _, c := range p.Cells {
		out.Cells = append(out.Cells, n.cells.names[c])
	}
	slices.Sort(out.Cells)
	return out
}

// nearness tells which cells overlap, by day and cell.
type nearness map[string]map[uint32][]uint32

func (n nearness) add(day string, cell uint32, others []uint32) {
	if n[day] == nil {
		n[day] = make(map[uint32][]uint32)
	}
	n[day][cell] = append(n[day][cell], others...)
}

func (n *segmentNames) places(cells []name) []uint32 {
	out := make([]uint32, len(cells))
	for i, c := range cells {
		out[i] = n.cells.of(c)
	}
	return out
}

func segmentDay(inputs json.RawMessage) (any, error) {
	a, err := read(inputs, struct {
		Day      string            `json:"day"`
		Events   []event           `json:"events"`
		Previous *piece            `json:"previous" case:"optional"`
		Overlaps map[string][]name `json:"overlaps" case:"optional"`
		Rules    segmentRules      `json:"rules" case:"optional"`
	}{Rules: usualSegmentRules()})
	if err != nil {
		return nil, err
	}
	start, err := midnight(a.Day)
	if err != nil {
		return nil, err
	}
	names := segmentNames{networks: make(map[uint32]name)}
	marks := names.marks(a.Events)
	var before *mobility.Piece
	if a.Previous != nil {
		p, err := names.take(*a.Previous)
		if err != nil {
			return nil, err
		}
		before = &p
	}
	overlaps := make(map[string][]uint32) // keys of objects are texts, whatever cells are
	for cell, others := range a.Overlaps {
		overlaps[cell] = names.places(others)
	}
	out := []piece{}
	for _, p := range a.Rules.reference().Day(start, marks, before, func(place, other uint32) bool {
		return slices.Contains(overlaps[names.cells.names[place].text()], other)
	}) {
		out = append(out, names.give("", p))
	}
	return out, nil
}

func segment(inputs json.RawMessage) (any, error) {
	a, err := read(inputs, struct {
		Events   []event      `json:"events"`
		Overlaps []overlap    `json:"overlaps" case:"optional"`
		Existing []piece      `json:"existing" case:"optional"`
		Days     []string     `json:"days"`
		Rules    segmentRules `json:"rules" case:"optional"`
	}{Rules: usualSegmentRules()})
	if err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(a.Events, func(e event) bool { return e.Device == "" }); i >= 0 {
		return nil, fmt.Errorf("events[%d]: \"device\" is missing", i)
	}
	if i := slices.IndexFunc(a.Existing, func(p piece) bool { return p.Device == "" }); i >= 0 {
		return nil, fmt.Errorf("existing[%d]: \"device\" is missing", i)
	}
	midnights := make([]int64, len(a.Days))
	for i, day := range a.Days {
		if midnights[i], err = midnight(day); err != nil {
			return nil, err
		}
	}
	names := segmentNames{networks: make(map[uint32]name)}
	near := make(nearness)
	for _, o := range a.Overlaps {
		near.add(string(o.Day), names.cells.of(o.Cell), names.places(o.Cells))
	}
	_, events := grouped(a.Events, func(e event) name { return e.Device })
	_, existing := grouped(a.Existing, func(p piece) name { return p.Device })
	all := maps.Clone(existing)
	for device := range events {
		all[device] = existing[device]
	}
	out := []piece{}
	for _, device := range slices.Sorted(maps.Keys(all)) {
		var known []mobility.Piece
		for _, p := range existing[device] {
			k, err := names.take(p)
			if err != nil {
				return nil, err
			}
			known = append(known, k)
		}
		marks := names.marks(events[device])
		for _, p := range a.Rules.reference().Sequence(marks, known, midnights, func(day int, place, other uint32) bool {
			return slices.Contains(near[a.Days[day]][place], other)
		}) {
			out = append(out, names.give(device, p))
		}
	}
	return out, nil
}
