// Package compare relates released numbers to each other: means, shares, changes, ranks, quantiles, other currencies.
//
// Everything is arithmetic on numbers that have left through the door, so it costs nothing and may be done as often as wanted.
// Margins are those of the noise; what a definition leaves out stands on the page of the method.
package compare

import (
	"fmt"
	"math"
)

// z95 is the 97.5 % point of the normal distribution: margins are of 95 %.
const z95 = 1.959963984540054

// Number is a released estimate with the standard deviation of its noise, in any unit. A public number has SD 0.
type Number struct{ Value, SD float64 }

// Plus adds numbers with independent noise.
func Plus(list ...Number) Number {
	var sum Number
	for _, n := range list {
		sum.Value += n.Value
		sum.SD = math.Hypot(sum.SD, n.SD)
	}
	return sum
}

// Minus is the difference of two numbers with independent noise.
func Minus(a, b Number) Number { return Number{a.Value - b.Value, math.Hypot(a.SD, b.SD)} }

// Times multiplies by a public factor: a rate of exchange, people per device.
func (n Number) Times(factor float64) Number {
	return Number{n.Value * factor, n.SD * math.Abs(factor)}
}

// Margin is the interval of 95 % of the noise.
func (n Number) Margin() (lo, hi float64) { return n.Value - z95*n.SD, n.Value + z95*n.SD }

// Ratio is one number over another.
type Ratio struct {
	Value  float64 // NaN where Shown is false
	SD     float64 // by the delta method
	Lo, Hi float64 // 95 %, by Fieller's theorem, so not symmetric
	// Shown is false where the interval of the denominator touches 0: then there is no interval, and no ratio to show.
	Shown bool
	// Reliable says that the denominator is more than five of its standard deviations (methods.md, section 21).
	Reliable bool
}

// none is a ratio that is not shown.
func none() Ratio { return Ratio{Value: math.NaN(), SD: math.NaN(), Lo: math.NaN(), Hi: math.NaN()} }

// Over divides two numbers with independent noise: mean spending is the sum over the buyers, penetration is customers over
// potential, a rate is cases over people present.
//
// SD = |a/b| sqrt((sd_a/a)^2 + (sd_b/b)^2) (delta method; methods.md, section 21, Share). The interval is Fieller's: all r for
// which a - r b lies within 1.96 of its standard deviation sqrt(sd_a^2 + r^2 sd_b^2), which is an interval where b is more
// than 1.96 of its standard deviation from 0 (privacy.md, section 18).
func Over(a, b Number) Ratio {
	square := b.Value*b.Value - z95*z95*b.SD*b.SD
	if square <= 0 {
		return none()
	}
	r := Ratio{Value: a.Value / b.Value, Shown: true, Reliable: math.Abs(b.Value) > 5*b.SD}
	r.SD = math.Hypot(a.SD, r.Value*b.SD) / math.Abs(b.Value)
	middle := a.Value * b.Value / square
	half := math.Sqrt(max(0, a.Value*a.Value*b.Value*b.Value-square*(a.Value*a.Value-z95*z95*a.SD*a.SD))) / square
	r.Lo, r.Hi = middle-half, middle+half
	return r
}

// Part is the share of one number of a whole that it is a part of, which the rest completes: part and rest have independent
// noise, part and whole have not. With T = part + rest, SD = sqrt((rest sd_part)^2 + (part sd_rest)^2) / T^2 (delta method); the
// interval is that of the odds part / rest, whose noise is independent.
func Part(part, rest Number) Ratio {
	whole := Plus(part, rest)
	r := none()
	if lo, _ := whole.Margin(); lo <= 0 { // of nothing, or of less, nothing is a share
		return r
	}
	odds := Over(part, rest)
	r.Value, r.Shown, r.Reliable = part.Value/whole.Value, true, math.Abs(whole.Value) > 5*whole.SD
	r.SD = math.Hypot(rest.Value*part.SD, part.Value*rest.SD) / (whole.Value * whole.Value)
	r.Lo, r.Hi = r.Value-z95*r.SD, r.Value+z95*r.SD
	if odds.Shown && odds.Lo > -1 {
		r.Lo, r.Hi = odds.Lo/(1+odds.Lo), odds.Hi/(1+odds.Hi)
	}
	return r
}

// Change is what an event did, as far as before and after tell.
type Change struct {
	Before, After Number // means of the periods
	Difference    Number
	Relative      Ratio // difference over before
}

// Event compares the mean of the periods after an event with that of the periods before: an event study of one series. Periods
// are independent releases. It tells that something changed, not why: Against takes off what changed elsewhere too. Both lists
// have at least one period.
func Event(before, after []Number) (Change, error) {
	if len(before) == 0 || len(after) == 0 {
		return Change{}, fmt.Errorf("compare: got %d periods before and %d after an event, want at least one of each", len(before), len(after))
	}
	c := Change{Before: Plus(before...).Times(1 / float64(len(before))), After: Plus(after...).Times(1 / float64(len(after)))}
	c.Difference = Minus(c.After, c.Before)
	c.Relative = Over(c.After, c.Before)
	if c.Relative.Shown { // after/before - 1
		c.Relative.Value--
		c.Relative.Lo--
		c.Relative.Hi--
	}
	return c, nil
}

// Against takes the change of a comparison off, such as that of all other destinations: the difference of the differences.
func (c Change) Against(other Change) Number { return Minus(c.Difference, other.Difference) }
