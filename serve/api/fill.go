package api

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/reckon/allot"
	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/serve/export"
)

// fill adds the rows of one release to a table of an answer. A breakdown that the release does not have adds none.
func (d *day) fill(t *askedTable, a allot.Area, q query) error {
	if t.By == throng.DimTime {
		s := d.reckoner.Total(a)
		t.dims(throng.DimTime, nil)
		for bin := range d.starts {
			if d.meets(bin, q) {
				t.add(d, bin, "", s.Estimate[bin], s.NoiseSD, s.AllocSD[bin], s.Status)
			}
		}
		return nil
	}
	if !slices.Contains(d.reckoner.Tables(), t.By) {
		return nil
	}
	b, err := d.reckoner.Breakdown(a, t.By)
	if err != nil {
		return err
	}
	t.dims(b.Dim, b.Codes)
	n := len(b.Codes)
	for bin := range d.starts {
		for k, code := range b.Codes {
			if d.meets(bin, q) {
				t.add(d, bin, code, b.Estimate[bin*n+k], b.NoiseSD[k], math.NaN(), b.Status)
			}
		}
	}
	return nil
}

// fillNothing adds the rows of a release that has no number for the area: each is missing.
func (d *day) fillNothing(t *askedTable, q query) error {
	var codes []string
	dim := throng.DimTime
	if t.By != throng.DimTime {
		if !slices.Contains(d.reckoner.Tables(), t.By) {
			return nil
		}
		b, err := d.reckoner.Breakdown(d.ground.index.Zone(0), t.By) // for its codes
		if err != nil {
			return err
		}
		dim, codes = b.Dim, b.Codes
	}
	t.dims(dim, codes)
	if codes == nil {
		codes = []string{""} // the total has one row a bin
	}
	for bin := range d.starts {
		for _, code := range codes {
			if d.meets(bin, q) {
				t.add(d, bin, code, math.NaN(), math.NaN(), math.NaN(), missingStatus)
			}
		}
	}
	return nil
}

// missingStatus is the status of a row without a number.
const missingStatus = "missing"

// meets reports whether a bin has a part in the time of a question.
func (d *day) meets(bin int, q query) bool {
	return d.starts[bin].Before(q.to) && d.starts[bin].Add(d.width).After(q.from)
}

// dims writes down the dimensions at the first release and adds class codes that a later one has besides.
func (t *askedTable) dims(name string, codes []string) {
	if t.Dims == nil {
		t.Dims = []dimJSON{{Name: throng.DimTime, Codes: []string{}}}
		if name != throng.DimTime {
			t.Dims = append(t.Dims, dimJSON{Name: name, Codes: []string{}})
		}
	}
	for _, c := range codes {
		if !slices.Contains(t.Dims[1].Codes, c) {
			t.Dims[1].Codes = append(t.Dims[1].Codes, c)
		}
	}
}

// add writes one row.
func (t *askedTable) add(d *day, bin int, code string, estimate, noiseSD, allocSD float64, status string) {
	time := d.reckoner.Times()[bin]
	if times := &t.Dims[0].Codes; len(*times) == 0 || (*times)[len(*times)-1] != time {
		*times = append(*times, time)
	}
	b := append([]byte(`{"time":"`), time...)
	if len(t.Dims) > 1 {
		text, _ := json.Marshal(code) // a string always encodes
		b = append(append(b, `","`+t.Dims[1].Name+`":`...), text...)
	} else {
		b = append(b, '"')
	}
	b = export.AppendNumber(append(b, ','), export.Display(estimate, noiseSD))
	b = export.AppendFloat(append(b, `,"alloc_sd":`...), allocSD, export.Decimals, "null")
	if status == "" {
		status = release.Measured
	}
	b = append(b, `,"status":"`+status+`","release":"`+d.manifest.ID+`","revision":`...)
	t.Rows = append(t.Rows, append(strconv.AppendInt(b, int64(d.manifest.Revision), 10), '}'))
}
