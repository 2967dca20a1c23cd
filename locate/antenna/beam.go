package antenna

import "math"

// halfPower is the loss, in dB, at half the width of a beam.
const halfPower = -3

// Beam is how much is lost, in dB, off the direction of a beam: 0 ahead, 3 at half its width, back behind. It is a bell
// curve over the angle x, back (1 - r(x)) / (1 - r(180)) with r(x) = exp(-x^2 / 2 sigma^2).
type Beam struct {
	back  float64 // dB, negative
	sigma float64 // degrees; 0 when no bell curve loses only 3 dB at half the width, and the parabola stands in (D16)
	per   float64 // 1 / 2 sigma^2
	scale float64 // back / (1 - r(180))
	round bool    // the beam goes all round and loses nothing
}

// NewBeam finds by bisection the bell curve of a beam of that width, in degrees, that loses 3 dB at half of it and back dB
// behind. Losses there grow with sigma from back to those of the parabola back (x/180)^2, its limit.
func NewBeam(width, back float64) Beam {
	if width >= 360 {
		return Beam{round: true}
	}
	if width/2 >= 180*math.Sqrt(halfPower/back) {
		return Beam{back: back}
	}
	low, high := 1e-6, 1e6
	for range 200 {
		wasLow, wasHigh := low, high
		if middle := math.Sqrt(low * high); bell(middle, back).Loss(width/2) < halfPower {
			low = middle
		} else {
			high = middle
		}
		if low == wasLow && high == wasHigh { // and so for ever
			break
		}
	}
	return bell(high, back)
}

func bell(sigma, back float64) Beam {
	per := 1 / (2 * sigma * sigma)
	return Beam{back: back, sigma: sigma, per: per, scale: back / math.Expm1(-180*180*per)}
}

// Loss is the loss in dB, 0 or negative, at an angle of x degrees off the beam.
func (b Beam) Loss(x float64) float64 {
	switch x = wrap(x); {
	case b.round:
		return 0
	case b.sigma == 0:
		return b.back * (x / 180) * (x / 180)
	}
	return b.scale * math.Expm1(-x*x*b.per)
}

// ReferenceBeam finds sigma as the European reference pipeline does, for comparison with it alone: of the candidates
// .18, .36, ..., 179.82 degrees it takes the one that loses 3 dB nearest to the whole degree that is nearest to half the
// width, of 1 to 180 (D15).
func ReferenceBeam(width, back float64) Beam {
	angles := make([]float64, 999)
	for i := range angles {
		angles[i] = referenceAngle(bell(.18*float64(i+1), back))
	}
	found := make([]int, 0, 180) // by whole degree from 1 on: its candidate
	for k := 1; k <= 180; k++ {
		best := 0
		for i, angle := range angles {
			if math.Abs(angle-float64(k)) < math.Abs(angles[best]-float64(k)) {
				best = i
			}
		}
		found = append(found, best)
	}
	degree := 1
	for k := range len(found) + 1 {
		if k > 0 && math.Abs(float64(k)-width/2) < math.Abs(float64(degree)-width/2) {
			degree = k
		}
	}
	return bell(.18*float64(found[degree-1]+1), back)
}

// referenceAngle is the one of 720 angles from 0 to 180 degrees at which a beam loses most nearly 3 dB.
func referenceAngle(b Beam) float64 {
	best, miss := 0.0, math.Inf(1)
	for i := range 720 {
		x := float64(i) * (180.0 / 719) // rounded as the reference rounds
		loss := b.back                  // at 180 degrees, which Loss takes for -180
		if i < 719 {
			loss = b.Loss(x)
		}
		if off := math.Abs(halfPower - loss); off < miss {
			best, miss = x, off
		}
	}
	return best
}
