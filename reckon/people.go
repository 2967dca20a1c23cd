package reckon

import (
	"fmt"
	"math"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/privacy/result"
	"github.com/throng-stats/throng/release"
)

// People estimates persons from devices in tables whose first dimension is a zone of any level, or none: a counted device
// stands for as many people as one of that zone. Where a zone is divided further, or there is none, that is the mean of the
// finest zones inside, or of all: residents by the devices that they make. Cells are independent and the noise of each is
// known; nothing is modelled (docs/method/calibration.md).
func People(geo release.Geography, measured []result.Table) ([]release.Table, error) {
	var tables []release.Table
	for _, t := range measured {
		of, err := peoplePerDevice(geo.Zones, t.Shape)
		if err != nil {
			return nil, fmt.Errorf("reckon: table %s: %w", t.Shape.Name, err)
		}
		each := uint64(t.Shape.Cells() / max(len(of), 1))
		one, err := scaled(t, func(cell uint64) float64 { return of[cell/each] })
		if err != nil {
			return nil, err
		}
		tables = append(tables, one)
	}
	return tables, nil
}

// peoplePerDevice is the factor of each code of a table's first dimension, when that is a zone; else one for all.
func peoplePerDevice(zones throng.Zones, s throng.Shape) ([]float64, error) {
	if len(s.Dims) == 0 || s.Dims[0].Name != throng.DimZone {
		return []float64{meanFactor(zones, -1)}, nil
	}
	of := make([]float64, len(s.Dims[0].Codes))
	for i, id := range s.Dims[0].Codes {
		z, ok := zones.Index(id)
		if !ok {
			return nil, fmt.Errorf("zone %.40q is not in the geography; use the one that the release names", id)
		}
		if of[i] = meanFactor(zones, z); !(of[i] > 0) || math.IsInf(of[i], 1) {
			return nil, fmt.Errorf("zone %s has %v people per device; want a positive number", id, of[i])
		}
	}
	return of, nil
}

// meanFactor is the mean of people per device over the finest zones of one zone, or of all when it is -1, by the devices that
// their public residents make: sum of residents / sum of residents by factor. Without residents all zones weigh the same.
func meanFactor(zones throng.Zones, top int) float64 {
	var people, devices, sum, n float64
	for _, z := range zones.Finest() {
		if top >= 0 && !zones.Within(z, top) {
			continue
		}
		one := zones.At(z)
		f := one.Factor
		if f == 0 {
			f = 1
		}
		people += float64(one.Residents)
		devices += float64(one.Residents) / f
		sum += 1 / f
		n++
	}
	switch {
	case devices > 0:
		return people / devices
	case n > 0:
		return n / sum
	}
	return 1
}
