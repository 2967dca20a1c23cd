package antenna

import (
	"math"

	"github.com/paulmach/orb"
)

// Kinds of cells, as plans name them.
const (
	macrocell = "macrocell"
	microcell = "microcell"
	picocell  = "picocell"
	femtocell = "femtocell"
)

// Cell is one row of a cell plan. Numbers that the plan does not give are NaN; make cells with NewCell, so that they are.
type Cell struct {
	ID          string
	Site        string  // name of its site; "" puts cells within 25 m of each other on one site
	Lat, Lon    float64 // degrees
	Altitude    float64 // metres above the sea
	Height      float64 // of the antenna, metres above ground
	Directional bool
	Azimuth     float64 // degrees clockwise from north; directional cells only
	Tilt        float64 // degrees below the horizon
	HBeam       float64 // horizontal beam width, degrees
	VBeam       float64 // vertical beam width, degrees
	Power       float64 // watts
	Range       float64 // metres
	Frequency   float64 // megahertz
	Technology  string  // 5G, LTE, UMTS, GSM or ""
	Type        string  // macrocell, microcell, picocell, femtocell or ""
	From, Until int64   // milliseconds since 1970 UTC, half-open; 0 and math.MaxInt64 for always
	// Outline is where the cell serves, degrees, when the plan says so by a polygon; else nil. BuildOutlines reads it.
	Outline orb.MultiPolygon
}

// NewCell is a cell of which only the position is known.
func NewCell(id string, lat, lon float64) Cell {
	null := math.NaN()
	return Cell{ID: id, Lat: lat, Lon: lon, Altitude: null, Height: null, Azimuth: null, Tilt: null, HBeam: null,
		VBeam: null, Power: null, Range: null, Frequency: null, Until: math.MaxInt64}
}

// isBare reports whether nothing is known of the antenna: its ground is then what is nearest to its site.
func (c Cell) isBare() bool {
	for _, v := range []float64{c.Height, c.Tilt, c.HBeam, c.VBeam, c.Power, c.Range, c.Frequency} {
		if !math.IsNaN(v) {
			return false
		}
	}
	return !c.Directional && c.Technology == "" && c.Type == ""
}

// usual holds what stands in for missing values of a type of cell (methods, section 5).
type usual struct{ power, reach, pathLoss, height float64 }

func usualOf(kind string) usual {
	switch kind {
	case macrocell, "":
		return usual{power: 10, reach: 10_000, pathLoss: 3.75, height: 30}
	case microcell:
		return usual{power: 5, reach: 1_000, pathLoss: 6, height: 8}
	}
	return usual{power: 5, reach: 5_000, pathLoss: 3.75, height: 8}
}

// Angles that stand in for missing ones, degrees, and what reaches the back of an antenna, dB; for every type of cell.
const (
	usualTilt  = 5
	usualHBeam = 65
	usualVBeam = 9
	backLoss   = -30
)

// or replaces a missing value.
func or(v, otherwise float64) float64 {
	if math.IsNaN(v) {
		return otherwise
	}
	return v
}
