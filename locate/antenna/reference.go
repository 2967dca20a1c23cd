package antenna

import "math"

// Model is what turns the strength of signals into a footprint, for comparison with other pipelines: ours is fixed
// (Footprints). Nil leaves a rule out.
type Model struct {
	Steepness, Midpoint float64  // of the logistic curve, per dBm and dBm
	Least               *float64 // dominance must be above it, strictly
	OfBest              *float64 // and at least so many percent of the best of its tile
	Most                *int     // a tile keeps at most so many cells, best first, ties to the smaller cell
}

// UsualModel is ours.
func UsualModel() Model {
	least, ofBest, most := leastDominance, float64(leastOfBest), mostCells
	return Model{Steepness: .2, Midpoint: -92.5, Least: &least, OfBest: &ofBest, Most: &most}
}

// Dominance of a strength in dBm.
func (m Model) Dominance(dBm float64) float64 {
	return 1 / (1 + math.Exp(-m.Steepness*(dBm-m.Midpoint)))
}

// Heard says that a cell, by its index, is heard so surely at a point.
type Heard struct {
	Cell int
	S    float64
}

// At lists which antennas are heard at a point of the plane, best first. x and y are where the antennas stand. No cell is
// made to be heard somewhere.
func (m Model) At(radios []Radio, x, y []float64, east, north float64) []Heard {
	var list []heard
	for i := range radios {
		dx, dy := east-x[i], north-y[i]
		if math.Hypot(dx, dy) <= radios[i].Range {
			list = append(list, heard{cell: int32(i), s: m.Dominance(radios[i].Strength(dx, dy))})
		}
	}
	least, ofBest, most := math.Inf(-1), math.Inf(-1), len(list)
	if m.Least != nil {
		least = *m.Least
	}
	if m.OfBest != nil {
		ofBest = *m.OfBest
	}
	if m.Most != nil {
		most = *m.Most
	}
	var out []Heard
	for _, h := range pruneTo(list, least, ofBest, most) {
		out = append(out, Heard{int(h.cell), h.s})
	}
	return out
}

// Sigma is the width of the bell curve in degrees; 0 when there is none.
func (b Beam) Sigma() float64 { return b.sigma }

// BeamOf is the beam of a bell curve of that width that loses back dB behind.
func BeamOf(sigma, back float64) Beam { return bell(sigma, back) }
