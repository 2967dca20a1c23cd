//go:build oracle

package oracle

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/throng-stats/throng/locate/antenna"
	"github.com/throng-stats/throng/locate/area"
)

// cell is one cell of a plan; units as in antenna.Radio.
type cell struct {
	Cell        name     `json:"cell"`
	Latitude    float64  `json:"latitude"`
	Longitude   float64  `json:"longitude"`
	Height      float64  `json:"height"`
	Power       float64  `json:"power"`
	PathLoss    float64  `json:"path_loss"`
	Range       float64  `json:"range"`
	Directional truth    `json:"directional"`
	Azimuth     *float64 `json:"azimuth" case:"optional"`
	Tilt        *float64 `json:"tilt" case:"optional"`
	HBeam       *float64 `json:"horizontal_beam" case:"optional"`
	VBeam       *float64 `json:"vertical_beam" case:"optional"`
	BackAcross  *float64 `json:"back_loss_azimuth" case:"optional"`
	BackUpright *float64 `json:"back_loss_elevation" case:"optional"`
}

// truth is written as true or as 1.
type truth bool

// UnmarshalJSON reads either.
func (t *truth) UnmarshalJSON(b []byte) error {
	switch string(b) {
	case "true", "1":
		*t = true
	case "false", "0":
		*t = false
	default:
		return errors.New("want true or false")
	}
	return nil
}

// beams are found once for each width and loss.
type beams map[[2]float64]antenna.Beam

func (b beams) of(width, back float64) antenna.Beam {
	key := [2]float64{width, back}
	beam, ok := b[key]
	if !ok {
		beam = antenna.ReferenceBeam(width, back)
		b[key] = beam
	}
	return beam
}

// radio of a cell. Those that are not directional need no angles.
func (c cell) radio(b beams) (antenna.Radio, error) {
	r := antenna.Radio{Power: c.Power, PathLoss: c.PathLoss, Range: c.Range, Height: c.Height}
	if !c.Directional {
		return r, nil
	}
	for _, v := range []*float64{c.Azimuth, c.Tilt, c.HBeam, c.VBeam, c.BackAcross, c.BackUpright} {
		if v == nil {
			return r, errors.New("a directional cell wants azimuth, tilt, horizontal_beam, vertical_beam, back_loss_azimuth and back_loss_elevation")
		}
	}
	r.Directional, r.Azimuth, r.Tilt = true, *c.Azimuth, *c.Tilt
	r.Across, r.Upright = b.of(*c.HBeam, *c.BackAcross), b.of(*c.VBeam, *c.BackUpright)
	return r, nil
}

func project(inputs json.RawMessage) (any, error) {
	a, err := read(inputs, struct {
		Latitude  float64 `json:"latitude"`
		Longitude float64 `json:"longitude"`
	}{})
	x, y := area.Europe.Forward(a.Latitude, a.Longitude)
	return []float64{x, y}, err
}

func angularLoss(inputs json.RawMessage) (any, error) {
	a, err := read(inputs, struct {
		Angle float64 `json:"angle"`
		Sigma float64 `json:"sigma"`
		Back  float64 `json:"back_loss" case:"optional"`
	}{Back: -30})
	return antenna.BeamOf(a.Sigma, a.Back).Loss(a.Angle), err
}

func beamSigma(inputs json.RawMessage) (any, error) {
	a, err := read(inputs, struct {
		Width float64 `json:"width"`
		Back  float64 `json:"back_loss" case:"optional"`
	}{Back: -30})
	return antenna.ReferenceBeam(a.Width, a.Back).Sigma(), err
}

func strength(inputs json.RawMessage) (any, error) {
	a, err := read(inputs, struct {
		Cell     cell    `json:"cell"`
		Easting  float64 `json:"easting"`
		Northing float64 `json:"northing"`
	}{})
	if err != nil {
		return nil, err
	}
	r, err := a.Cell.radio(make(beams))
	x, y := area.Europe.Forward(a.Cell.Latitude, a.Cell.Longitude)
	return r.Strength(a.Easting-x, a.Northing-y), err
}

func dominance(inputs json.RawMessage) (any, error) {
	usual := antenna.UsualModel()
	a, err := read(inputs, struct {
		DBm       float64 `json:"dbm"`
		Steepness float64 `json:"steepness" case:"optional"`
		Midpoint  float64 `json:"midpoint" case:"optional"`
	}{Steepness: usual.Steepness, Midpoint: usual.Midpoint})
	return antenna.Model{Steepness: a.Steepness, Midpoint: a.Midpoint}.Dominance(a.DBm), err
}

// dominant is one row of a footprint.
type dominant struct {
	Cell      name    `json:"cell"`
	Tile      name    `json:"tile"`
	Dominance float64 `json:"dominance"`
}

type centre struct {
	Tile     name    `json:"tile"`
	Easting  float64 `json:"easting"`
	Northing float64 `json:"northing"`
}

// footprint takes null for minimum, percent_of_best or most_cells as no such rule.
func footprint(inputs json.RawMessage) (any, error) {
	usual := antenna.UsualModel()
	a, err := read(inputs, struct {
		Cells     []cell   `json:"cells"`
		Tiles     []centre `json:"tiles"`
		Steepness float64  `json:"steepness" case:"optional"`
		Midpoint  float64  `json:"midpoint" case:"optional"`
		Minimum   *float64 `json:"minimum" case:"optional"`
		OfBest    *float64 `json:"percent_of_best" case:"optional"`
		Most      *int     `json:"most_cells" case:"optional"`
	}{Steepness: usual.Steepness, Midpoint: usual.Midpoint, Minimum: usual.Least, OfBest: usual.OfBest, Most: usual.Most})
	if err != nil {
		return nil, err
	}
	model := antenna.Model{Steepness: a.Steepness, Midpoint: a.Midpoint, Least: a.Minimum, OfBest: a.OfBest, Most: a.Most}
	radios, x, y := make([]antenna.Radio, len(a.Cells)), make([]float64, len(a.Cells)), make([]float64, len(a.Cells))
	known := make(beams)
	for i, c := range a.Cells {
		if radios[i], err = c.radio(known); err != nil {
			return nil, fmt.Errorf("cells[%d]: %w", i, err)
		}
		x[i], y[i] = area.Europe.Forward(c.Latitude, c.Longitude)
	}
	out := []dominant{}
	for _, t := range a.Tiles {
		for _, h := range model.At(radios, x, y, t.Easting, t.Northing) {
			out = append(out, dominant{a.Cells[h.Cell].Cell, t.Tile, h.S})
		}
	}
	return out, nil
}

// landPrior gives tiles without any use of land a prior of 0.
func landPrior(inputs json.RawMessage) (any, error) {
	a, err := read(inputs, struct {
		Shares  map[string]map[string]float64 `json:"shares"`
		Weights map[string]float64            `json:"weights"`
	}{})
	if err != nil {
		return nil, err
	}
	prior, total := make(map[string]float64), 0.0
	for _, tile := range slices.Sorted(maps.Keys(a.Shares)) {
		prior[tile] = 0
		for _, class := range slices.Sorted(maps.Keys(a.Shares[tile])) {
			prior[tile] += a.Shares[tile][class] * a.Weights[class]
		}
		total += prior[tile]
	}
	for tile := range prior {
		if total != 0 {
			prior[tile] /= total
		}
	}
	return prior, nil
}

// connection is one row of connection probabilities.
type connection struct {
	Cell        name    `json:"cell"`
	Tile        name    `json:"tile"`
	Probability float64 `json:"probability"`
	Posterior   float64 `json:"posterior"`
}

// connectionProbabilities leaves a cell whose prior vanishes everywhere at 0, as the reference does.
func connectionProbabilities(inputs json.RawMessage) (any, error) {
	a, err := read(inputs, struct {
		Footprint []dominant         `json:"footprint"`
		Prior     map[string]float64 `json:"prior" case:"optional"`
	}{})
	if err != nil {
		return nil, err
	}
	inTile, ofCell := make(map[name]float64), make(map[name]float64)
	for _, f := range a.Footprint {
		inTile[f.Tile] += f.Dominance
	}
	out := []connection{}
	for _, f := range a.Footprint {
		prior, ok := 1.0, true
		if a.Prior != nil {
			prior, ok = a.Prior[f.Tile.text()]
		}
		if !ok {
			continue
		}
		c := connection{Cell: f.Cell, Tile: f.Tile}
		if inTile[f.Tile] != 0 {
			c.Probability = f.Dominance / inTile[f.Tile]
		}
		c.Posterior = c.Probability * prior
		ofCell[f.Cell] += c.Posterior
		out = append(out, c)
	}
	for i, c := range out {
		if ofCell[c.Cell] != 0 {
			out[i].Posterior /= ofCell[c.Cell]
		}
	}
	return out, nil
}
