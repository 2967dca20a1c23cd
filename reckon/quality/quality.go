// Package quality says how good a release is, from released and public numbers alone, and judges the holder's own figures by limits.
//
// What comes out of Report is free and public. Limits judge exact figures of a feed: their result stays inside, and asks a person
// to look; it never decides by itself whether something is published.
package quality

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/release"
)

// Levels of a finding.
const (
	OK    = "ok"
	Warn  = "warn"  // somebody should look
	Alarm = "alarm" // somebody must look before others do
)

// Finding is what a gate found.
type Finding struct {
	Gate  string `json:"gate"`
	Level string `json:"level"`
	Text  string `json:"text"`
}

// Table is a summary of an estimate.
type Table struct {
	Table    string  `json:"table"`
	Method   string  `json:"method"`
	Cells    int     `json:"cells"`
	MedianSD float64 `json:"median_noise_sd"`
	Reliable float64 `json:"share_reliable"` // cells whose noise_sd is at most .3 of max(estimate, 1)
	CV       [4]int  `json:"cells_by_cv"`    // coefficient of variation: up to .05, .15, .30, above
}

// Report is the public quality report of a release.
type Report struct {
	Release  string    `json:"release"`
	Class    string    `json:"class"`
	Total    float64   `json:"total"`    // sum of the first table over its finest cells, people
	TotalSD  float64   `json:"total_sd"` // its noise, cells taken as independent
	Tables   []Table   `json:"tables"`
	Findings []Finding `json:"findings"`
}

// Earlier is the total of an earlier release of the same product, of the same weekday.
type Earlier struct{ Total, TotalSD float64 }

// Of makes the report of a release from its estimates, the public geography and earlier releases. It is a function of these.
func Of(m release.Manifest, geo release.Geography, estimates []release.Table, earlier []Earlier) Report {
	r := Report{Release: m.ID, Class: "derived: from released and public numbers only", Tables: []Table{}, Findings: []Finding{}}
	for _, e := range estimates {
		r.Tables = append(r.Tables, summary(e))
	}
	if len(estimates) > 0 {
		r.Total, r.TotalSD = total(geo, estimates[0])
	}
	add := func(gate string, level, text string) { r.Findings = append(r.Findings, Finding{gate, level, text}) }
	if level, text := usual(r.Total, r.TotalSD, earlier); text != "" {
		add("same weekday", level, text)
	}
	for _, e := range estimates {
		if text, level := asymmetry(e); text != "" {
			add("asymmetry of "+e.Shape.Name, level, text)
		}
		if m.Product == "usual" && e.Shape.Name == "home" {
			level, text := register(geo, e)
			add("homes by the register", level, text)
		}
	}
	return r
}

// JSON is the text of quality.json.
func (r Report) JSON() ([]byte, error) {
	text, err := json.MarshalIndent(r, "", "  ")
	return append(text, '\n'), err
}

func summary(e release.Table) Table {
	t := Table{Table: e.Shape.Name, Method: e.Method, Cells: len(e.Estimate)}
	reliable := 0
	for i, v := range e.Estimate {
		cv := e.NoiseSD[i] / max(v, 1)
		if cv <= .3 {
			reliable++
		}
		switch {
		case cv <= .05:
			t.CV[0]++
		case cv <= .15:
			t.CV[1]++
		case cv <= .30:
			t.CV[2]++
		default:
			t.CV[3]++
		}
	}
	if n := len(e.NoiseSD); n > 0 {
		sorted := slices.Clone(e.NoiseSD)
		slices.Sort(sorted)
		t.MedianSD, t.Reliable = sorted[n/2], float64(reliable)/float64(n)
	}
	return t
}

// total adds a table up over the zones that have none above them in it, or over all cells where it has no zones.
func total(geo release.Geography, e release.Table) (sum, sd float64) {
	top := map[string]bool{}
	if d, ok := e.Shape.Dim(throng.DimZone); ok && d.Level == throng.LevelZone {
		for _, id := range d.Codes {
			if z, ok := geo.Zones.Index(id); ok {
				above := false
				for up := geo.Zones.Parent(z); up >= 0; up = geo.Zones.Parent(up) {
					above = above || slices.Contains(d.Codes, geo.Zones.At(up).ID)
				}
				top[id] = !above
			}
		}
	}
	at := make([]int, len(e.Shape.Dims))
	for i, v := range e.Estimate {
		e.Shape.At(e.Cell(i), at)
		in := true
		for k, d := range e.Shape.Dims {
			if d.Name == throng.DimZone && len(top) > 0 {
				in = top[d.Codes[at[k]]]
			}
		}
		if in {
			sum += v
			sd += e.NoiseSD[i] * e.NoiseSD[i]
		}
	}
	return sum, math.Sqrt(sd)
}

// usual compares a total with those of earlier weeks: outside the quartiles by 1.5 times their distance, widened by the noise, is
// a warning, by 3 times an alarm. With fewer than four weeks nothing is said.
func usual(value, sd float64, earlier []Earlier) (level, text string) {
	if len(earlier) < 4 {
		return "", ""
	}
	var past []float64
	for _, e := range earlier {
		past = append(past, e.Total)
		sd = max(sd, e.TotalSD)
	}
	slices.Sort(past)
	q1, q3 := quantile(past, .25), quantile(past, .75)
	span := q3 - q1 + 2*sd
	for _, c := range []struct {
		times float64
		level string
	}{{3, Alarm}, {1.5, Warn}} {
		if value < q1-c.times*span || value > q3+c.times*span {
			return c.level, fmt.Sprintf("the total is %.0f, and %.0f to %.0f in half of the %d same weekdays before it", value, q1, q3, len(past))
		}
	}
	return OK, fmt.Sprintf("the total is like those of %d same weekdays before it", len(past))
}

// quantile of sorted values, linear between them (Hyndman and Fan 1996, type 7).
func quantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	i := int(at)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}

// asymmetry of a matrix of zones: people who go somewhere on a day come back, so the matrix is nearly symmetric. The squared
// difference less what the noise alone makes of it is compared with that; three times is a warning.
func asymmetry(e release.Table) (text, level string) {
	if len(e.Shape.Dims) != 2 || e.Shape.Dims[0].Name != throng.DimZone || e.Shape.Dims[1].Name != throng.DimZone2 || e.Cells != nil ||
		!slices.Equal(e.Shape.Dims[0].Codes, e.Shape.Dims[1].Codes) {
		return "", ""
	}
	n := len(e.Shape.Dims[0].Codes)
	var square, noise, size float64
	for i := range n {
		for k := range i {
			a, b := i*n+k, k*n+i
			d := e.Estimate[a] - e.Estimate[b]
			square += d * d
			noise += e.NoiseSD[a]*e.NoiseSD[a] + e.NoiseSD[b]*e.NoiseSD[b]
			size += e.Estimate[a]*e.Estimate[a] + e.Estimate[b]*e.Estimate[b]
		}
	}
	share := math.Sqrt(max(0, square-noise) / max(size, 1))
	level = OK
	if square > 3*noise && share > .1 {
		level = Warn
	}
	return fmt.Sprintf("%.3f of its size is not matched by ways back, noise taken off", share), level
}

// register compares homes with public residents, zone by zone: outside .8 to 1.25 is a warning, outside .5 to 2 an alarm, where the
// noise does not explain it (three standard deviations).
func register(geo release.Geography, e release.Table) (level, text string) {
	level = OK
	off, all := 0, 0
	for i, id := range e.Shape.Dims[0].Codes {
		z, ok := geo.Zones.Index(id)
		if !ok || geo.Zones.At(z).Residents == 0 {
			continue
		}
		all++
		people, least := float64(geo.Zones.At(z).Residents), 3*e.NoiseSD[i]
		switch v := e.Estimate[i]; {
		case v+least < .5*people || v-least > 2*people:
			level, off = Alarm, off+1
		case v+least < .8*people || v-least > 1.25*people:
			off++
			if level == OK {
				level = Warn
			}
		}
	}
	return level, fmt.Sprintf("%d of %d zones have fewer than 0.8 or more than 1.25 homes a resident of the register", off, all)
}
