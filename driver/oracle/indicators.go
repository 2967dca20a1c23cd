//go:build oracle

package oracle

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/throng-stats/throng/locate/area"
	"github.com/throng-stats/throng/reckon/pool"
)

// row is one row of a table: columns with their values as they were written.
type row map[string]json.RawMessage

// number reads a column; null is absent.
func (r row) number(column string) (v float64, ok bool, err error) {
	raw, ok := r[column]
	if !ok {
		return 0, false, fmt.Errorf("rows: a row has no column %.40q", column)
	}
	if isNull(raw) {
		return 0, false, nil
	}
	if json.Unmarshal(raw, &v) != nil {
		return 0, false, fmt.Errorf("rows: want a number in the column %.40q", column)
	}
	return v, true, nil
}

// set writes a number into a column.
func (r row) set(column string, v float64) error {
	raw, err := json.Marshal(v)
	r[column] = raw
	return err
}

// key is everything of a row but the columns named, as one text. Keys are equal exactly when the rows are; 5.0 equals 5.
func (r row) key(without ...string) string {
	var b strings.Builder
	for _, column := range slices.Sorted(maps.Keys(r)) {
		if !slices.Contains(without, column) {
			fmt.Fprintf(&b, "%q:%s\n", column, spelled(r[column]))
		}
	}
	return b.String()
}

// summed adds up rows with equal other columns.
func summed(operators [][]row, weights []float64, columns []string) ([]row, error) {
	tables, first := make([][]pool.Row, len(operators)), make(map[string]row)
	for i, rows := range operators {
		for _, r := range rows {
			p := pool.Row{Key: r.key(columns...), Values: make([]pool.Value, len(columns))}
			for k, column := range columns {
				v, ok, err := r.number(column)
				if err != nil {
					return nil, err
				}
				p.Values[k] = pool.Value{V: v, Hidden: !ok}
			}
			tables[i] = append(tables[i], p)
			first[p.Key] = r
		}
	}
	out := []row{}
	for _, sum := range pool.Total(tables, weights) {
		r := maps.Clone(first[sum.Key])
		for k, column := range columns {
			r[column] = json.RawMessage("null")
			if !sum.Values[k].Hidden {
				if err := r.set(column, sum.Values[k].V); err != nil {
					return nil, err
				}
			}
		}
		out = append(out, r)
	}
	return out, nil
}

func inspireZone(inputs json.RawMessage) (any, error) {
	a, err := read(inputs, struct {
		Tile       whole `json:"tile"`
		Resolution whole `json:"resolution" case:"optional"`
		East       whole `json:"origin_east"`
		North      whole `json:"origin_north"`
	}{Resolution: 100})
	if err != nil {
		return nil, err
	}
	if a.Resolution != 100 && a.Resolution != 1000 {
		return nil, fmt.Errorf("got a resolution of %d m, want 100 or 1000", a.Resolution)
	}
	grid := area.Grid{Side: 100, E: int32(a.East / 100 * 100), N: int32(a.North / 100 * 100)}
	e, n := grid.Tile(uint32(a.Tile))
	return area.Name(e, n, int32(a.Resolution)), nil
}

func zoneTotals(inputs json.RawMessage) (any, error) {
	a, err := read(inputs, struct {
		Rows    []row           `json:"rows"`
		Zones   map[string]name `json:"zones"`
		Columns []string        `json:"columns"`
	}{})
	if err != nil {
		return nil, err
	}
	var inside []row
	for _, r := range a.Rows {
		var tile name
		if _, ok := r["tile"]; !ok {
			return nil, errors.New("rows: a row has no column \"tile\"")
		}
		if err := json.Unmarshal(r["tile"], &tile); err != nil {
			return nil, fmt.Errorf("rows: column \"tile\": %v", err)
		}
		zone, ok := a.Zones[tile.text()]
		if !ok || zone == "" {
			continue
		}
		r = maps.Clone(r)
		delete(r, "tile")
		r["zone"] = json.RawMessage(zone)
		inside = append(inside, r)
	}
	return summed([][]row{inside}, []float64{1}, a.Columns)
}

// factors of one country; null is missing.
type factors struct {
	Dedup      *float64 `json:"deduplication" case:"optional"`
	Population *float64 `json:"population" case:"optional"`
}

func scale(inputs json.RawMessage) (any, error) {
	a, err := read(inputs, struct {
		Rows      []row              `json:"rows"`
		Columns   []string           `json:"columns"`
		Dedup     float64            `json:"deduplication" case:"optional"`
		Pop       float64            `json:"population" case:"optional"`
		ByCountry map[string]factors `json:"by_country" case:"optional"`
		Country   *string            `json:"country" case:"optional"`
	}{Dedup: pool.UsualResidents.Dedup, Pop: pool.UsualResidents.Population})
	if err != nil {
		return nil, err
	}
	country := "country"
	if a.Country != nil {
		country = *a.Country
	}
	out := []row{}
	for _, r := range a.Rows {
		f := pool.Factors{Dedup: a.Dedup, Population: a.Pop}
		var of name
		if raw, ok := r[country]; ok && json.Unmarshal(raw, &of) == nil {
			own := a.ByCountry[of.text()]
			if own.Dedup != nil {
				f.Dedup = *own.Dedup
			}
			if own.Population != nil {
				f.Population = *own.Population
			}
		}
		r = maps.Clone(r)
		for _, column := range a.Columns {
			v, ok, err := r.number(column)
			if err != nil {
				return nil, err
			}
			if !ok {
				continue
			}
			if err := r.set(column, f.People(v)); err != nil {
				return nil, err
			}
		}
		out = append(out, r)
	}
	return out, nil
}

func suppress(inputs json.RawMessage) (any, error) {
	a, err := read(inputs, struct {
		Rows    []row    `json:"rows"`
		Columns []string `json:"columns"`
		K       float64  `json:"k" case:"optional"`
		Drop    bool     `json:"drop" case:"optional"`
	}{K: 5})
	if err != nil {
		return nil, err
	}
	out := []row{}
	for _, r := range a.Rows {
		r, low := maps.Clone(r), false
		for _, column := range a.Columns {
			v, ok, err := r.number(column)
			if err != nil {
				return nil, err
			}
			if !ok || v >= a.K {
				low = low || !ok // no number is at least k
				continue
			}
			low = true
			if err := r.set(column, pool.ReferenceHidden(v, a.K)); err != nil {
				return nil, err
			}
		}
		if !low || !a.Drop {
			out = append(out, r)
		}
	}
	return out, nil
}

func combine(inputs json.RawMessage) (any, error) {
	a, err := read(inputs, struct {
		Operators [][]row   `json:"operators"`
		Weights   []float64 `json:"weights"`
		Columns   []string  `json:"columns"`
	}{})
	if err != nil {
		return nil, err
	}
	if len(a.Weights) != len(a.Operators) {
		return nil, fmt.Errorf("got %d weights for %d operators, want one each", len(a.Weights), len(a.Operators))
	}
	shown := make([][]row, len(a.Operators))
	for i, rows := range a.Operators {
		for _, r := range rows {
			hidden := false
			for _, column := range a.Columns {
				v, ok, err := r.number(column)
				if err != nil {
					return nil, err
				}
				hidden = hidden || !ok || v < 0
			}
			if !hidden {
				shown[i] = append(shown[i], r)
			}
		}
	}
	return summed(shown, a.Weights, a.Columns)
}
