//go:build oracle

package oracle

import (
	"cmp"
	"encoding/json"
	"slices"

	"github.com/throng-stats/throng/population/present"
	"github.com/throng-stats/throng/reckon/spread"
)

// counted is a number of devices at a cell on a day.
type counted struct {
	Day     date    `json:"day"`
	Cell    name    `json:"cell"`
	Devices float64 `json:"devices"`
}

type chance struct {
	Day         date    `json:"day"`
	Cell        name    `json:"cell"`
	Tile        name    `json:"tile"`
	Probability float64 `json:"probability"`
}

type peopled struct {
	Time       *whole  `json:"time,omitempty"`
	Tile       name    `json:"tile"`
	Population float64 `json:"population"`
}

// visit is one event of a case; the network does not matter.
type visit struct {
	Device name  `json:"device"`
	Time   whole `json:"time"`
	Cell   name  `json:"cell"`
}

// Rules of the reference: an hour around the instant, at most 20 steps, an end below 10,000 devices.
const (
	usualTolerance = 3_600_000
	usualSteps     = 20
	usualEnd       = 10_000
)

func devicesPerCell(inputs json.RawMessage) (any, error) {
	a, err := read(inputs, struct {
		Events    []visit `json:"events"`
		Time      whole   `json:"time"`
		Tolerance whole   `json:"tolerance" case:"optional"`
	}{Tolerance: usualTolerance})
	return countDevices(a.Events, int64(a.Time), int64(a.Tolerance)), err
}

// countDevices counts each device once, at its event nearest to an instant. A cell is another one on another day.
func countDevices(events []visit, at, tolerance int64) []counted {
	cells := sortedNames(events)
	nearest := make(map[name]*present.Nearest)
	for _, e := range events {
		n := nearest[e.Device]
		if n == nil {
			start := present.NearestTo(at, tolerance)
			n = &start
			nearest[e.Device] = n
		}
		n.Add(int64(e.Time), cells.of(e.Cell))
	}
	type spot struct {
		day  date
		cell name
	}
	count := make(map[spot]float64)
	for _, n := range nearest {
		if time, cell, ok := n.Best(); ok {
			count[spot{date(dayOf(time)), cells.names[cell]}]++
		}
	}
	out := []counted{}
	for s, n := range count {
		out = append(out, counted{s.day, s.cell, n})
	}
	slices.SortFunc(out, func(x, y counted) int { return cmp.Or(cmp.Compare(x.Day, y.Day), cmp.Compare(x.Cell, y.Cell)) })
	return out
}

// sortedNames numbers cells in the order of their names, so that ties go to the smaller one.
func sortedNames(events []visit) *numbers {
	list := make([]name, len(events))
	for i, e := range events {
		list[i] = e.Cell
	}
	slices.Sort(list)
	var n numbers
	for _, c := range list {
		n.of(c)
	}
	return &n
}

// spreadOver shares devices out over tiles; rows of tiles outside the list are left out.
func spreadOver(devices []counted, chances []chance, tiles []name, most int, below float64) ([]peopled, int) {
	var cells, grid numbers
	for _, t := range tiles {
		grid.of(t)
	}
	known := len(grid.names)
	at := func(day date, cell name) uint32 { return cells.of(name(day) + "|" + cell) }
	for _, d := range devices {
		at(d.Day, d.Cell)
	}
	counts := make([]float64, len(cells.names))
	for _, d := range devices {
		counts[at(d.Day, d.Cell)] += d.Devices
	}
	var links []spread.Link
	for _, c := range chances {
		cell, tile := int(at(c.Day, c.Cell)), int(grid.of(c.Tile))
		if cell < len(counts) && tile < known {
			links = append(links, spread.Link{Cell: cell, Tile: tile, P: c.Probability})
		}
	}
	people, reached, steps := spread.Reference(len(counts), known, links, counts, most, below)
	out := []peopled{}
	for t, p := range people {
		if reached[t] {
			out = append(out, peopled{Tile: grid.names[t], Population: p})
		}
	}
	return out, steps
}

// spreadDevices gives a pair: the rows, and how many steps they took.
func spreadDevices(inputs json.RawMessage) (any, error) {
	a, err := read(inputs, struct {
		Devices []counted `json:"devices"`
		Chances []chance  `json:"probabilities"`
		Tiles   []name    `json:"tiles"`
		Most    whole     `json:"most_iterations" case:"optional"`
		Below   float64   `json:"stop_below" case:"optional"`
	}{Most: usualSteps, Below: usualEnd})
	rows, steps := spreadOver(a.Devices, a.Chances, a.Tiles, int(a.Most), a.Below)
	return []any{rows, steps}, err
}

func presentPopulation(inputs json.RawMessage) (any, error) {
	a, err := read(inputs, struct {
		Events    []visit  `json:"events"`
		Chances   []chance `json:"probabilities"`
		Tiles     []name   `json:"tiles"`
		Times     []whole  `json:"times"`
		Tolerance whole    `json:"tolerance" case:"optional"`
		Most      whole    `json:"most_iterations" case:"optional"`
		Below     float64  `json:"stop_below" case:"optional"`
	}{Tolerance: usualTolerance, Most: usualSteps, Below: usualEnd})
	if err != nil {
		return nil, err
	}
	out := []peopled{}
	for _, time := range a.Times {
		devices := countDevices(a.Events, int64(time), int64(a.Tolerance))
		if len(devices) == 0 {
			continue
		}
		rows, _ := spreadOver(devices, a.Chances, a.Tiles, int(a.Most), a.Below)
		for _, r := range rows {
			r.Time = &time
			out = append(out, r)
		}
	}
	return out, nil
}
