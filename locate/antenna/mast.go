package antenna

import "math"

// sectorSteps is how many steps the bound of the loss across has from ahead to behind.
const sectorSteps = 32

// hair is how far, in dB, bounds stay on the safe side, so that rounding decides nothing in them.
const hair = 1e-6

// mast is an antenna in the plane, with what is the same for all points worked out beforehand. Its strength is that of its
// Radio bit for bit: the same operations in the same order.
type mast struct {
	x, y         float64
	reach2       float64 // square of the range
	start, slope float64 // strength ahead: start - slope log(d^2 + height^2)
	height, tilt float64
	sinA, cosA   float64 // of the azimuth
	sinT, cosT   float64 // of the tilt
	across       Beam
	upright      Beam
	directional  bool
	most         [sectorSteps + 1]float64 // loss across at most, by step of 1 - cos alpha
}

func newMast(r *Radio, x, y float64) mast {
	m := mast{x: x, y: y, reach2: r.Range * r.Range, start: r.start(), slope: r.slope(), height: r.Height, tilt: r.Tilt,
		across: r.Across, upright: r.Upright, directional: r.Directional}
	m.sinA, m.cosA = math.Sincos(r.Azimuth * degree)
	m.sinT, m.cosT = math.Sincos(r.Tilt * degree)
	for i := range m.most { // losses grow with the angle
		m.most[i] = m.across.Loss(math.Acos(1-2*float64(i)/sectorSteps)/degree) + hair/2
	}
	return m
}

// log is the logarithm in the strength ahead, by the square of a distance on the ground.
func (m *mast) log(d2 float64) float64 { return math.Log(d2 + m.height*m.height) }

// atMost is more than the strength at a point dx metres east and dy metres north, whose strength ahead is given, can be.
// It knows the direction of the point by a step only, which spares most antennas their arcs and exponentials.
func (m *mast) atMost(dx, dy, ahead float64) float64 {
	if !m.directional {
		return ahead
	}
	side, along := dx*m.cosA-dy*m.sinA, dy*m.cosA+dx*m.sinA
	front := along*m.cosT + m.height*m.sinT
	step := sectorSteps / 2 * (1 - front/math.Sqrt(side*side+front*front)) // of the least angle, rounded down
	if !(step > 0) {                                                       // also where there is no direction
		return ahead
	}
	return ahead + m.most[min(int(step), sectorSteps)]
}

// strength is Radio.Strength where that ahead is known.
func (m *mast) strength(dx, dy, ahead float64) float64 {
	if !m.directional {
		return ahead
	}
	alpha, eps := m.angles(dx, dy)
	return ahead + m.across.Loss(alpha) + m.upright.Loss(eps)
}

// angles are how far, in degrees, a point lies off the beam, sideways in the plane of the tilted beam and in elevation.
//
// With b the part of the way along the azimuth and C the height, the methods give the way along the tilted beam as
// D cos(lam - t) for b > 0, -D cos(lam + t) or D cos(180 - lam - t) else, where D = hypot(b, C) and lam = atan2(C, |b|).
// As D cos lam = |b| and D sin lam = C, all three are b cos t + C sin t.
func (m *mast) angles(dx, dy float64) (alpha, eps float64) {
	side, along := dx*m.cosA-dy*m.sinA, dy*m.cosA+dx*m.sinA
	alpha = math.Atan2(side, along*m.cosT+m.height*m.sinT) / degree
	return alpha, wrap(math.Atan2(m.height, math.Sqrt(dx*dx+dy*dy))/degree - m.tilt)
}
