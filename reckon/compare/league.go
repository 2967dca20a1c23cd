package compare

import (
	"fmt"
	"math"
	"slices"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/release"
)

// Beside is what a ranking sets beside each of its numbers. Lists are as long as the codes, or nil.
type Beside struct {
	// Over divides: means per buyer, penetration of potential customers, cases per person present. A code that has no such number
	// is NaN, and has no ratio.
	Over []Number
	// Before are the numbers of periods before an event, a list for each period.
	Before [][]Number
}

// Place is a line of a league table: a standing with what was set beside it.
type Place struct {
	Standing
	Per Ratio // of its number over that of Beside.Over; Shown is false without one
	// Gap is what Over leaves: potential less actual customers, where a promotion would reach most; NaN without one. Rank of the
	// gaps from the largest.
	Gap     Number
	GapRank Rank
	Change  Change // since the periods before; its Relative is not Shown without any
}

// League ranks codes by their numbers with what is set beside them. All of it is arithmetic on released or public numbers, each
// with independent noise. codes and of are of one length; it refuses lists of another one.
func League(codes []string, of []Number, b Beside) ([]Place, error) {
	for _, list := range append([][]Number{of}, append(b.Before, b.Over)...) {
		if list != nil && len(list) != len(codes) {
			return nil, fmt.Errorf("compare: got %d numbers for %d codes, want one of each", len(list), len(codes))
		}
	}
	gaps, ranks := Gaps(of, b.Over)
	at := make(map[string]int, len(codes))
	for i, code := range codes {
		at[code] = i
	}
	var out []Place
	for _, s := range Top(codes, of) {
		i := at[s.Code]
		p := Place{Standing: s, Per: none(), Gap: gaps[i], GapRank: ranks[i], Change: Change{Relative: none()}}
		if b.Over != nil && !math.IsNaN(b.Over[i].Value) {
			p.Per = Over(of[i], b.Over[i])
		}
		if len(b.Before) > 0 {
			var before []Number
			for _, period := range b.Before {
				before = append(before, period[i])
			}
			p.Change, _ = Event(before, of[i:i+1]) // both lists have a period
		}
		out = append(out, p)
	}
	return out, nil
}

// Gaps are what is left of potential numbers when the actual ones are taken off, and their ranks from the largest, all at once
// with 95 %. Codes without a potential are NaN and of no rank; so is all when potential is nil.
func Gaps(actual, potential []Number) ([]Number, []Rank) {
	gaps, ranks := make([]Number, len(actual)), make([]Rank, len(actual))
	var known []int
	var list []Number
	for i, n := range actual {
		gaps[i] = Number{math.NaN(), math.NaN()}
		if potential != nil && !math.IsNaN(potential[i].Value) {
			gaps[i] = Minus(potential[i], n)
			known, list = append(known, i), append(list, gaps[i])
		}
	}
	for k, r := range Ranks(list) {
		ranks[known[k]] = r
	}
	return gaps, ranks
}

// Residents are the public residents of zones, without a margin; NaN where a geography does not tell them.
func Residents(geo release.Geography, zones []string) []Number {
	sums := map[string]float64{}
	for _, r := range geo.Residents {
		sums[r.Zone] += float64(r.People)
	}
	out := make([]Number, len(zones))
	for i, id := range zones {
		out[i].Value = math.NaN()
		if z, ok := geo.Zones.Index(id); ok && geo.Zones.At(z).Residents > 0 {
			out[i].Value = float64(geo.Zones.At(z).Residents)
		} else if sums[id] > 0 {
			out[i].Value = sums[id]
		}
	}
	return out
}

// Align puts numbers of other codes into the order of these; NaN where there is none.
func Align(codes, other []string, of []Number) []Number {
	out := make([]Number, len(codes))
	for i, code := range codes {
		out[i] = Number{math.NaN(), math.NaN()}
		if k := slices.Index(other, code); k >= 0 {
			out[i] = of[k]
		}
	}
	return out
}

// holding tells which zones of a list have another one of it in them.
func holding(list []string, zones throng.Zones) func(zone string) bool {
	holds := map[string]bool{}
	for _, id := range list {
		if z, ok := zones.Index(id); ok {
			for z = zones.Parent(z); z >= 0; z = zones.Parent(z) {
				holds[zones.At(z).ID] = true
			}
		}
	}
	return func(zone string) bool { return holds[zone] }
}

// cells tells which cells of a table count, and their numbers.
type cells struct {
	skip   func(zone string) bool // of zones that others of the table lie in
	inside func(zone string) bool // nil takes all
	during func(time string) bool // nil takes all
	number func(cell int) Number
}

// add sums cells by the codes of a dimension, or all of them as one where by is "".
func add(t release.Table, by string, where map[string]string, c cells) (codes []string, of []Number, err error) {
	column, chosen, keep := -1, 0, make([]int, len(t.Shape.Dims))
	for i, d := range t.Shape.Dims {
		keep[i] = -1
		if d.Name == by {
			column, codes = i, d.Codes
		}
		if code, ok := where[d.Name]; ok {
			if keep[i] = slices.Index(d.Codes, code); keep[i] < 0 {
				return nil, nil, &Refusal{"where", fmt.Sprintf("%.40q is no %s of table %s", code, d.Name, t.Shape.Name)}
			}
			chosen++
		}
	}
	if by == "" {
		codes = []string{""}
	} else if column < 0 {
		return nil, nil, &Refusal{"by", fmt.Sprintf("table %s has no dimension %.40q", t.Shape.Name, by)}
	}
	if chosen < len(where) {
		return nil, nil, &Refusal{"where", fmt.Sprintf("table %s does not have all the dimensions to choose from", t.Shape.Name)}
	}
	of = make([]Number, len(codes))
	at := make([]int, len(t.Shape.Dims))
	for cell := range t.Shape.Cells() {
		if t.Shape.At(uint64(cell), at); kept(at, keep) && c.counts(t.Shape, at, keep) {
			k := 0
			if column >= 0 {
				k = at[column]
			}
			of[k] = Plus(of[k], c.number(cell))
		}
	}
	return codes, of, nil
}

func (c cells) counts(s throng.Shape, at, keep []int) bool {
	for i, d := range s.Dims {
		code := d.Codes[at[i]]
		if d.Name == throng.DimZone && (keep[i] < 0 && c.skip(code) || c.inside != nil && !c.inside(code)) || d.Name == throng.DimTime && c.during != nil && !c.during(code) {
			return false
		}
	}
	return true
}
