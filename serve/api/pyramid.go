package api

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/locate/zone"
	"github.com/throng-stats/throng/reckon/allot"
	"github.com/throng-stats/throng/reckon/balance"
	"github.com/throng-stats/throng/reckon/calibrate"
	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/serve/export"
)

// askedPyramid is gender by age, which is not released: the public residents of the area raked to the two released breakdowns.
// Rows have no margin, because none is known. Empty where a release lacks a breakdown or the geography has no residents.
type askedPyramid struct {
	Method  string            `json:"method"`
	Genders []string          `json:"genders"`
	Ages    []string          `json:"ages"`
	Rows    []json.RawMessage `json:"rows"`
}

const pyramidMethod = "modelled: public residents by gender and age, raked to the released breakdowns by age and by gender; people of unknown age or gender, and those of an age that is counted with them, are not in it"

// askPyramid adds the pyramid of each release that has both breakdowns.
func (s *server) askPyramid(q query, list []release.Manifest, areas map[release.GeoRef]allot.Area, a *asked) error {
	a.Pyramid = &askedPyramid{Method: pyramidMethod, Genders: slices.Clone(throng.Genders[:2]), Ages: []string{}, Rows: []json.RawMessage{}}
	for _, m := range list {
		d, err := s.day(m)
		if err != nil {
			return err
		}
		area, ok := areas[m.Geo]
		tables := d.reckoner.Tables()
		if !ok || !slices.Contains(tables, throng.DimGender) || !slices.Contains(tables, throng.DimAge) {
			continue
		}
		if err := d.pyramid(a.Pyramid, area, q); err != nil {
			return err
		}
	}
	return nil
}

func (d *day) pyramid(p *askedPyramid, a allot.Area, q query) error {
	byGender, err := d.reckoner.Breakdown(a, throng.DimGender)
	if err != nil {
		return err
	}
	byAge, err := d.reckoner.Breakdown(a, throng.DimAge)
	if err != nil {
		return err
	}
	ages := slices.DeleteFunc(slices.Clone(byAge.Codes), func(code string) bool { return code == throng.Unknown })
	start := d.ground.cross(a, p.Genders, ages)
	if start == nil {
		return nil
	}
	for _, age := range ages {
		if !slices.Contains(p.Ages, age) {
			p.Ages = append(p.Ages, age)
		}
	}
	for bin := range d.starts {
		if !d.meets(bin, q) {
			continue
		}
		of := func(codes, all []string, estimate []float64) (target []float64) {
			for _, code := range codes {
				target = append(target, max(0, estimate[bin*len(all)+slices.Index(all, code)]))
			}
			return target
		}
		if !slices.Contains(byGender.Codes, p.Genders[0]) || !slices.Contains(byGender.Codes, p.Genders[1]) {
			return nil
		}
		cells, _, err := calibrate.Rake([]int{len(p.Genders), len(ages)}, start, []calibrate.Margin{
			{Dim: 1, Target: of(ages, byAge.Codes, byAge.Estimate)}, {Dim: 0, Target: of(p.Genders, byGender.Codes, byGender.Estimate)}})
		if err != nil {
			continue // a margin that noise made vanish: there is no pyramid of this hour
		}
		for i, gender := range p.Genders {
			for k, age := range ages {
				p.add(d, bin, gender, age, cells[i*len(ages)+k])
			}
		}
	}
	return nil
}

// add writes one cell.
func (p *askedPyramid) add(d *day, bin int, gender, age string, people float64) {
	b := append([]byte(`{"time":"`), d.reckoner.Times()[bin]+`","gender":`...)
	for i, code := range []string{gender, age} {
		text, _ := json.Marshal(code) // a string always encodes
		b = append(append(b, [2]string{"", `,"age":`}[i]...), text...)
	}
	b = export.AppendNumber(append(b, ','), export.Display(people, math.NaN()))
	b = append(b, `,"status":"`+balance.Modelled+`","release":"`+d.manifest.ID+`","revision":`...)
	p.Rows = append(p.Rows, append(strconv.AppendInt(b, int64(d.manifest.Revision), 10), '}'))
}

// cross are the public residents of an area by gender and age, of each zone by the part of it that lies there; nil where the
// geography does not say.
func (g *ground) cross(a allot.Area, genders, ages []string) []float64 {
	part := map[string]float64{}
	for i, z := range a.Zone {
		part[g.geo.Zones.At(int(z)).ID] = a.Part[i]
	}
	cells, found := make([]float64, len(genders)*len(ages)), false
	for _, r := range g.geo.Residents {
		i, k := slices.Index(genders, r.Gender), slices.Index(ages, r.Age)
		if i >= 0 && k >= 0 && part[zone.PlainID(r.Zone)] > 0 {
			cells[i*len(ages)+k] += part[zone.PlainID(r.Zone)] * float64(r.People)
			found = true
		}
	}
	if !found {
		return nil
	}
	return cells
}
