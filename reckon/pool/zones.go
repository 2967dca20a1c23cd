package pool

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/release"
)

// ReadZones reads a public table holder,zone,as: what a zone of a holder, its name or the id of its geographies, is called
// in the geography of the first release. It returns zone to name by holder.
func ReadZones(from io.Reader) (map[string]map[string]string, error) {
	out := map[string]map[string]string{}
	in := csv.NewReader(from)
	header, err := in.Read()
	holder, zone, as := slices.Index(header, "holder"), slices.Index(header, "zone"), slices.Index(header, "as")
	if err != nil || holder < 0 || zone < 0 || as < 0 {
		return nil, fmt.Errorf("pool: zones: got the columns %.80q, want holder,zone,as", strings.Join(header, ","))
	}
	for {
		row, err := in.Read()
		if err == io.EOF {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("pool: zones: %w", err)
		}
		if out[row[holder]] == nil {
			out[row[holder]] = map[string]string{}
		}
		if _, twice := out[row[holder]][row[zone]]; twice {
			line, _ := in.FieldPos(0)
			return nil, fmt.Errorf("pool: zones: line %d: zone %.40q of %.40q stands there twice", line, row[zone], row[holder])
		}
		out[row[holder]][row[zone]] = row[as]
	}
}

// renamed gives a table the zones of another geography. Zones that become one are added, and have to lie on one level.
func (r Release) renamed(t release.Table, zones throng.Zones) (release.Table, error) {
	shape := throng.Shape{Name: t.Shape.Name, Dims: slices.Clone(t.Shape.Dims)}
	into := make([][]int, len(shape.Dims)) // of each code its place among the new ones
	for i, d := range shape.Dims {
		codes := d.Codes
		if d.Name == throng.DimZone || d.Name == throng.DimZone2 {
			var err error
			if codes, err = r.codes(d.Codes, zones); err != nil {
				return t, err
			}
		}
		shape.Dims[i].Codes = nil
		for _, c := range codes {
			k := slices.Index(shape.Dims[i].Codes, c)
			if k < 0 {
				k = len(shape.Dims[i].Codes)
				shape.Dims[i].Codes = append(shape.Dims[i].Codes, c)
			}
			into[i] = append(into[i], k)
		}
	}
	n := shape.Cells()
	out := release.Table{Shape: shape, Estimate: make([]float64, n), NoiseSD: make([]float64, n), AllocSD: make([]float64, n), ScaleSD: make([]float64, n)}
	at := make([]int, len(shape.Dims))
	for cell := range t.Estimate {
		t.Shape.At(uint64(cell), at)
		for i := range at {
			at[i] = into[i][at[i]]
		}
		k := shape.Cell(at...)
		out.Estimate[k] += t.Estimate[cell]
		out.NoiseSD[k] = math.Hypot(out.NoiseSD[k], t.NoiseSD[cell])
		out.AllocSD[k] += optional(t.AllocSD, cell)
		out.ScaleSD[k] += optional(t.ScaleSD, cell)
	}
	return out, nil
}

// codes renames zones, and refuses one that the other geography does not have, or zones of two levels that become one.
func (r Release) codes(codes []string, zones throng.Zones) ([]string, error) {
	out, level := make([]string, len(codes)), map[string]int{}
	for i, c := range codes {
		out[i] = c
		if as, ok := r.As[c]; ok {
			out[i] = as
		}
		if _, ok := zones.Index(out[i]); !ok {
			return nil, fmt.Errorf("zone %.40q is not in the geography of the first release; say in the table of zones what it is there", c)
		}
		z, ok := r.Geo.Zones.Index(c)
		if !ok {
			return nil, fmt.Errorf("zone %.40q is not in the geography that the release names", c)
		}
		at := r.Geo.Zones.At(z).Level
		if before, ok := level[out[i]]; ok && before != at {
			return nil, fmt.Errorf("two zones of different levels are called %.40q; one may lie in the other", out[i])
		}
		level[out[i]] = at
	}
	return out, nil
}

// union is the domain of several tables. Their dimensions are the same; zones may differ, other codes may not.
func union(all []release.Table) (throng.Shape, error) {
	shape := throng.Shape{Name: all[0].Shape.Name, Dims: slices.Clone(all[0].Shape.Dims)}
	for _, t := range all[1:] {
		if len(t.Shape.Dims) != len(shape.Dims) {
			return shape, fmt.Errorf("different dimensions, %d and %d; the contracts count by other things", len(shape.Dims), len(t.Shape.Dims))
		}
		for i, d := range t.Shape.Dims {
			have := &shape.Dims[i]
			if d.Name != have.Name || d.Level != have.Level {
				return shape, fmt.Errorf("different dimensions, %.20q and %.20q; the contracts count by other things", have.Name, d.Name)
			}
			isZone := d.Name == throng.DimZone || d.Name == throng.DimZone2
			if !isZone && !slices.Equal(d.Codes, have.Codes) {
				return shape, fmt.Errorf("different codes of %s: %.80q and %.80q; use one public list", d.Name, strings.Join(have.Codes, " "), strings.Join(d.Codes, " "))
			}
			codes := slices.Clone(have.Codes)
			for _, c := range d.Codes {
				if !slices.Contains(codes, c) {
					codes = append(codes, c)
				}
			}
			have.Codes = codes
		}
	}
	return shape, nil
}

// placer finds cells of one table by the codes of a wider one.
type placer struct {
	shape throng.Shape
	into  [][]int // of each code of the wider dimension its place here, or -1
	place []int
}

func newPlacer(wide, own throng.Shape) placer {
	p := placer{shape: own, place: make([]int, len(own.Dims))}
	for i, d := range wide.Dims {
		into := make([]int, len(d.Codes))
		for k, c := range d.Codes {
			into[k] = slices.Index(own.Dims[i].Codes, c)
		}
		p.into = append(p.into, into)
	}
	return p
}

func (p placer) at(wide []int) (cell uint64, ok bool) {
	for i, k := range wide {
		if p.place[i] = p.into[i][k]; p.place[i] < 0 {
			return 0, false
		}
	}
	return p.shape.Cell(p.place...), true
}
