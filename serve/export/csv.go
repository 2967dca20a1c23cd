package export

import (
	"bufio"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/release"
)

// All is the code that stands for "all classes" in a column that a table does not break down by.
const All = release.All

// dimColumns are the columns of dimensions that every file has; further dimensions of a table follow them.
var dimColumns = []string{throng.DimZone, throng.DimZone2, throng.DimTime, "duration_s", throng.DimGender, throng.DimAge, throng.DimOrigin}

// WriteCSV writes a view as RFC 4180 text: UTF-8, CRLF, a header always, dots in decimals. The columns are those of the
// stored tables followed by value, lo, hi and reliable. Rows come in the order of the cells.
func WriteCSV(w io.Writer, v View, geo release.Geography, o Options) error {
	out := bufio.NewWriterSize(w, 1<<15)
	if o.BOM {
		out.WriteString("\ufeff")
	}
	p := newCSVRow(v, geo, o)
	out.WriteString(strings.Join(p.header(), ",") + "\r\n")
	var row []byte
	err := v.Each(func(cell int, at []int) error {
		row = p.append(row[:0], cell, at)
		_, err := out.Write(row)
		return err
	})
	if err != nil {
		return err
	}
	return out.Flush()
}

// csvRow knows what is the same in every row.
type csvRow struct {
	v      View
	clock  clock
	place  []int // of each column of dimColumns and more: the place of the dimension, -1 when the table has none
	column []string
	prefix []byte
	names  map[string]string // of zones, when labels are wanted
	labels string
	tail   []byte
}

func newCSVRow(v View, geo release.Geography, o Options) *csvRow {
	p := &csvRow{v: v, clock: clockOf(v), labels: o.Labels, column: append([]string(nil), dimColumns...)}
	for _, d := range v.Table.Shape.Dims {
		if !contains(p.column, d.Name) {
			p.column = append(p.column, d.Name)
		}
	}
	for _, name := range p.column {
		place := -1
		for i, d := range v.Table.Shape.Dims {
			if d.Name == name {
				place = i
			}
		}
		p.place = append(p.place, place)
	}
	m := v.Manifest
	for _, text := range []string{m.ID, m.Product, m.Geo.ID + "/" + m.Geo.Version} {
		p.prefix = append(appendText(p.prefix, text), ',')
	}
	if o.Labels != "" {
		p.names = zoneNames(geo.Zones)
	}
	p.tail = append(strconv.AppendInt([]byte{','}, int64(m.Revision), 10), ',')
	return p
}

func (p *csvRow) header() []string {
	head := []string{"release", "product", "geo"}
	for _, c := range p.column {
		head = append(head, c)
		if p.labels == "both" && (c == throng.DimZone || c == throng.DimZone2) {
			head = append(head, c+"_name")
		}
	}
	if p.v.Table.Kind == release.Measured {
		head = append(head, "raw", "sigma2")
	} else {
		head = append(head, "estimate", "noise_sd", "alloc_sd", "scale_sd")
	}
	head = append(head, "status", "revision", "value", "lo", "hi", "reliable")
	if p.v.under != nil {
		head = append(head, "per", "per_lo", "per_hi", "per_reliable")
	}
	return head
}

func (p *csvRow) append(b []byte, cell int, at []int) []byte {
	b = append(b, p.prefix...)
	start, secs := p.clock.at(at)
	for i, name := range p.column {
		switch {
		case name == throng.DimTime:
			b = append(b, start...)
		case name == "duration_s":
			b = strconv.AppendInt(b, secs, 10)
		case name == throng.DimZone || name == throng.DimZone2:
			b = p.appendZone(b, p.place[i], at)
		case p.place[i] < 0:
			b = append(b, All...)
		default:
			b = appendText(b, p.v.Table.Shape.Dims[p.place[i]].Codes[at[p.place[i]]])
		}
		b = append(b, ',')
	}
	b = p.appendNumbers(b, cell)
	if p.v.under != nil {
		b = p.appendRatio(b, cell)
	}
	return append(b, '\r', '\n')
}

func (p *csvRow) appendZone(b []byte, place int, at []int) []byte {
	id := All
	if place >= 0 {
		id = p.v.Table.Shape.Dims[place].Codes[at[place]]
	}
	name := p.names[id]
	if name == "" {
		name = id
	}
	switch p.labels {
	case "name":
		return appendText(b, name)
	case "both":
		return appendText(append(appendText(b, id), ','), name)
	}
	return appendText(b, id)
}

func (p *csvRow) appendNumbers(b []byte, cell int) []byte {
	t := p.v.Table
	n := p.v.Number(cell)
	if t.Kind == release.Measured {
		b = strconv.AppendInt(b, t.Raw[cell], 10)
		b = strconv.AppendUint(append(b, ','), t.Sigma2, 10)
	} else {
		b = AppendFloat(b, t.Estimate[cell], Decimals, "")
		b = AppendFloat(append(b, ','), t.NoiseSD[cell], Decimals, "")
		b = AppendFloat(append(b, ','), at(t.AllocSD, cell), Decimals, "")
		b = AppendFloat(append(b, ','), at(t.ScaleSD, cell), Decimals, "")
	}
	b = appendText(append(b, ','), p.v.Status(cell))
	b = append(b, p.tail...)
	if n.Missing {
		return append(b, ",,,"...)
	}
	b = strconv.AppendInt(b, n.Value, 10)
	b = AppendFloat(append(b, ','), n.Lo, Decimals, "")
	b = AppendFloat(append(b, ','), n.Hi, Decimals, "")
	return strconv.AppendBool(append(b, ','), n.Reliable)
}

// ratioDecimals keep a share of a ten thousandth to two digits.
const ratioDecimals = 6

func (p *csvRow) appendRatio(b []byte, cell int) []byte {
	r := p.v.ratio(cell)
	if !r.Shown {
		return append(b, ",,,,"...)
	}
	for _, x := range []float64{r.Value, r.Lo, r.Hi} {
		b = AppendFloat(append(b, ','), x, ratioDecimals, "")
	}
	return strconv.AppendBool(append(b, ','), r.Reliable)
}

// at reads a column that may be absent.
func at(column []float64, cell int) float64 {
	if column == nil {
		return math.NaN()
	}
	return column[cell]
}

// appendText quotes a field where RFC 4180 demands it.
func appendText(b []byte, text string) []byte {
	if !strings.ContainsAny(text, ",\"\r\n") {
		return append(b, text...)
	}
	b = append(b, '"')
	b = append(b, strings.ReplaceAll(text, `"`, `""`)...)
	return append(b, '"')
}

func zoneNames(z throng.Zones) map[string]string {
	names := make(map[string]string, z.Len())
	for i := range z.Len() {
		names[z.At(i).ID] = z.At(i).Name
	}
	return names
}

func contains(list []string, one string) bool {
	for _, s := range list {
		if s == one {
			return true
		}
	}
	return false
}
