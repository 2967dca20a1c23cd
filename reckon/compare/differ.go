package compare

import (
	"fmt"
	"math"
)

// Differ is the difference of two shares of exact public counts, k1 of n1 less k2 of n2, with its 95 % interval: whether a body
// awards, inspects or fines one class of firms as often as another. The interval is that of Newcombe 1998, method 10, made of
// the intervals of Wilson for either share. Counts of registers are exact: what is uncertain is how cases come about. For
// released counts use Over and Minus, whose margins are those of the noise.
func Differ(k1, n1, k2, n2 int64) (difference, lo, hi float64, err error) {
	if k1 < 0 || k2 < 0 || k1 > n1 || k2 > n2 || n1 < 1 || n2 < 1 {
		return 0, 0, 0, fmt.Errorf("compare: got %d of %d and %d of %d, want shares of at least one case each", k1, n1, k2, n2)
	}
	p1, lo1, hi1 := Wilson(k1, n1)
	p2, lo2, hi2 := Wilson(k2, n2)
	difference = p1 - p2
	return difference, difference - math.Hypot(p1-lo1, hi2-p2), difference + math.Hypot(hi1-p1, p2-lo2), nil
}

// Wilson is the share k of n of exact counts and its 95 % score interval (Wilson 1927); n is at least 1.
func Wilson(k, n int64) (p, lo, hi float64) {
	p = float64(k) / float64(n)
	z2 := z95 * z95
	middle, half := p+z2/(2*float64(n)), z95*math.Sqrt((p*(1-p)+z2/(4*float64(n)))/float64(n))
	scale := 1 + z2/float64(n)
	return p, (middle - half) / scale, (middle + half) / scale
}
