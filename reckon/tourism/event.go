package tourism

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/throng-stats/throng/reckon/compare"
)

// Study is what happened to a destination after an event, such as a travel warning, set against all other destinations abroad.
type Study struct {
	Country          string
	There, Elsewhere compare.Change
	// Net is the change there less what changed elsewhere, relative: (after / before there) / (after / before elsewhere) - 1, with its
	// 95 % interval. Not Shown where a mean before or after may be nothing: its interval touches 0.
	Net compare.Ratio
}

// Event compares a destination before and after with the sum of all others abroad, of spending or of trips. Each map is a period
// of its own, with independent noise; country and home are among its keys. The interval of Net is that of its logarithm, whose
// variance is the sum of the relative variances of the four means (delta method). It tells that something changed there and not
// elsewhere, not why. It refuses a country that a period does not have, and periods that are missing.
func Event(country, home string, before, after []Numbers) (Study, error) {
	s := Study{Country: country}
	split := func(periods []Numbers) (there, elsewhere []compare.Number, err error) {
		for _, p := range periods {
			one, ok := p[country]
			if !ok {
				return nil, nil, fmt.Errorf("tourism: a period has no %.40q; name a destination that all have", country)
			}
			var others []compare.Number
			for _, c := range slices.Sorted(maps.Keys(p)) {
				if c != country && c != home {
					others = append(others, p[c])
				}
			}
			there, elsewhere = append(there, one), append(elsewhere, compare.Plus(others...))
		}
		return there, elsewhere, nil
	}
	thereBefore, elseBefore, err := split(before)
	if err != nil {
		return s, err
	}
	thereAfter, elseAfter, err := split(after)
	if err != nil {
		return s, err
	}
	if s.There, err = compare.Event(thereBefore, thereAfter); err != nil {
		return s, err
	}
	if s.Elsewhere, err = compare.Event(elseBefore, elseAfter); err != nil {
		return s, err
	}
	s.Net = net(s.There, s.Elsewhere)
	return s, nil
}

// net is the ratio of two relative changes, less 1.
func net(there, elsewhere compare.Change) compare.Ratio {
	value, variance := 1.0, 0.0
	for _, n := range []struct {
		of    compare.Number
		power float64
	}{{there.After, 1}, {there.Before, -1}, {elsewhere.After, -1}, {elsewhere.Before, 1}} {
		lo, _ := n.of.Margin()
		if lo <= 0 {
			return compare.Over(compare.Number{}, compare.Number{})
		}
		value *= math.Pow(n.of.Value, n.power)
		variance += n.of.SD * n.of.SD / (n.of.Value * n.of.Value)
	}
	sd := math.Sqrt(variance)
	_, z := compare.Number{SD: 1}.Margin() // of 95 %
	reliable := there.Before.Value > 5*there.Before.SD && elsewhere.Before.Value > 5*elsewhere.Before.SD && there.After.Value > 5*there.After.SD && elsewhere.After.Value > 5*elsewhere.After.SD
	return compare.Ratio{Value: value - 1, SD: value * sd, Lo: value*math.Exp(-z*sd) - 1, Hi: value*math.Exp(z*sd) - 1, Shown: true, Reliable: reliable}
}
