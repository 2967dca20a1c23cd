// Package pool totals tables of tiles by zone, scales them to people and pools those of several operators.
//
// It adds published tables of several holders too (Combine). It is arithmetic on numbers that have left through the door. A value that is not shown is marked, never coded as a number
// and never quietly left out: a sum with such a part is marked partial (methods.md, section 22; D40). The rules of the
// reference, which code it as -1 and decide on scaled values, are kept apart for comparison.
package pool

import (
	"maps"
	"slices"
)

// Value is one number of a table.
type Value struct {
	V       float64
	Hidden  bool // not shown: V means nothing
	Partial bool // a part of the sum is not shown, so V is too small
}

// plus adds a value that counts weight times.
func (v Value) plus(o Value, weight float64) Value {
	if o.Hidden {
		v.Partial = true
		return v
	}
	v.V += weight * o.V
	v.Partial = v.Partial || o.Partial
	return v
}

// Row is one row of a table: what it is about, as one text, and its numbers.
type Row struct {
	Key    string
	Values []Value
}

// Total adds up rows of equal key, each value times the weight of its row's table. Rows come out in the order of keys. A
// key whose values are hidden everywhere stays hidden.
func Total(tables [][]Row, weights []float64) []Row {
	sums := make(map[string]*Row)
	shown := make(map[string][]bool)
	for t, table := range tables {
		for _, r := range table {
			sum, ok := sums[r.Key]
			if !ok {
				sum = &Row{Key: r.Key, Values: make([]Value, len(r.Values))}
				sums[r.Key], shown[r.Key] = sum, make([]bool, len(r.Values))
			}
			for i, v := range r.Values {
				sum.Values[i] = sum.Values[i].plus(v, weights[t])
				shown[r.Key][i] = shown[r.Key][i] || !v.Hidden
			}
		}
	}
	out := make([]Row, 0, len(sums))
	for _, key := range slices.Sorted(maps.Keys(sums)) {
		for i, ok := range shown[key] {
			if !ok {
				sums[key].Values[i] = Value{Hidden: true}
			}
		}
		out = append(out, *sums[key])
	}
	return out
}

// Factors turn counted devices into people.
type Factors struct {
	Dedup      float64 // people per device, such as 0.95
	Population float64 // people per person with this operator, such as 5.4
}

// UsualResidents and UsualInbound are the factors where nothing better is known (methods.md, section 22).
var (
	UsualResidents = Factors{Dedup: 0.95, Population: 5.4}
	UsualInbound   = Factors{Dedup: 0.95, Population: 4.2}
)

// Or fills each factor that is missing, 0, from its own default (D5).
func (f Factors) Or(usual Factors) Factors {
	if f.Dedup == 0 {
		f.Dedup = usual.Dedup
	}
	if f.Population == 0 {
		f.Population = usual.Population
	}
	return f
}

// People scales a released count, and its standard deviation alike.
func (f Factors) People(v float64) float64 { return v * f.Dedup * f.Population }

// Hidden decides on the number of devices, before any scaling, whether a row is shown: none of its values is when the
// count is below k (D3, D4).
func Hidden(devices, k float64) bool { return devices < k }

// ReferenceHidden is the value that the reference writes for one below k, decided on the scaled value: -1.
func ReferenceHidden(v, k float64) float64 {
	if v < k {
		return -1
	}
	return v
}
