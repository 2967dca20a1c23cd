package api

import (
	"bufio"
	"encoding/json"
	"io"
	"strconv"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/serve/export"
)

// dimJSON is a dimension with its codes, as columns need them.
type dimJSON struct {
	Name  string   `json:"name"`
	Level string   `json:"level,omitempty"`
	Codes []string `json:"codes"`
}

func dimsJSON(dims []throng.Dim) []dimJSON {
	out := make([]dimJSON, len(dims))
	for i, d := range dims {
		out[i] = dimJSON{d.Name, d.Level, append([]string{}, d.Codes...)}
	}
	return out
}

// writeColumns writes one array for each field, cells in their order: what the page loads.
func writeColumns(w io.Writer, v export.View) error {
	out := bufio.NewWriterSize(w, 1<<15)
	out.Write(appendHead(v))
	dims, _ := json.Marshal(dimsJSON(v.Dims()))
	out.WriteString(`,"dims":`)
	out.Write(dims)
	if v.Table.Kind == release.Measured {
		column(out, v, "raw", func(b []byte, cell int) []byte { return strconv.AppendInt(b, v.Table.Raw[cell], 10) })
		out.WriteString(`,"sigma2":` + strconv.FormatUint(v.Table.Sigma2, 10))
	} else {
		column(out, v, "estimate", func(b []byte, cell int) []byte {
			return export.AppendFloat(b, v.Table.Estimate[cell], 1, "null")
		})
		column(out, v, "value", func(b []byte, cell int) []byte {
			if n := v.Number(cell); !n.Missing {
				return strconv.AppendInt(b, n.Value, 10)
			}
			return append(b, "null"...)
		})
		noiseColumn(out, v)
	}
	statusColumn(out, v)
	out.WriteString("}\n")
	return out.Flush()
}

// column writes one array; a writer that broke says so when it is flushed.
func column(out *bufio.Writer, v export.View, name string, item func(b []byte, cell int) []byte) {
	out.WriteString(`,"` + name + `":[`)
	var b []byte
	first := true
	v.Each(func(cell int, _ []int) error {
		b = b[:0]
		if !first {
			b = append(b, ',')
		}
		first = false
		_, err := out.Write(item(b, cell))
		return err
	})
	out.WriteByte(']')
}

// noiseDecimals: the noise of a zone of a thousand people is some tens; three decimals keep a margin exact to a
// thousandth.
const noiseDecimals = 3

// noiseColumn writes one number when the noise is the same in all cells.
func noiseColumn(out *bufio.Writer, v export.View) {
	constant, first := true, ""
	print := func(b []byte, cell int) []byte {
		return export.AppendFloat(b, v.Table.NoiseSD[cell], noiseDecimals, "null")
	}
	var b []byte
	v.Each(func(cell int, _ []int) error {
		b = print(b[:0], cell)
		if first == "" {
			first = string(b)
		}
		constant = constant && first == string(b)
		return nil
	})
	if constant && first != "" {
		out.WriteString(`,"noise_sd":` + first)
		return
	}
	column(out, v, "noise_sd", print)
}

// statusColumn names the cells that are not simply measured, by their place in the arrays.
func statusColumn(out *bufio.Writer, v export.View) {
	out.WriteString(`,"status":{`)
	i, before := 0, ""
	v.Each(func(cell int, _ []int) error {
		if status := v.Status(cell); status != release.Measured {
			word, _ := json.Marshal(status)
			out.WriteString(before + `"` + strconv.Itoa(i) + `":` + string(word))
			before = ","
		}
		i++
		return nil
	})
	out.WriteByte('}')
}
