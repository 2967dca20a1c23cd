package antenna

import "math"

const degree = math.Pi / 180

// Radio is the model of one antenna: how strong its signal is at a point beside it. The model is the logistic signal
// dominance of Tennekes and Gootzen (2022), as in the R package mobloc.
type Radio struct {
	Power       float64 // watts
	PathLoss    float64 // exponent
	Range       float64 // metres; nothing is heard beyond
	Height      float64 // metres above the ground that hears
	Directional bool
	Azimuth     float64 // degrees clockwise from north
	Tilt        float64 // degrees below the horizon
	Across      Beam    // loss sideways; directional antennas only
	Upright     Beam    // loss in elevation; directional antennas only
}

// Radio fills what the plan leaves out with what is usual for the type of the cell.
func (c Cell) Radio() Radio {
	u := usualOf(c.Type)
	return Radio{
		Power: or(c.Power, u.power), PathLoss: u.pathLoss, Range: or(c.Range, u.reach), Height: or(c.Height, u.height),
		Directional: c.Directional, Azimuth: or(c.Azimuth, 0), Tilt: or(c.Tilt, usualTilt),
		Across: NewBeam(or(c.HBeam, usualHBeam), backLoss), Upright: NewBeam(or(c.VBeam, usualVBeam), backLoss),
	}
}

// Strength is the signal in dBm at a point dx metres east and dy metres north of the antenna.
func (r *Radio) Strength(dx, dy float64) float64 {
	most := r.ahead(dx*dx + dy*dy)
	if !r.Directional {
		return most
	}
	alpha, eps := r.angles(dx, dy)
	return most + r.Across.Loss(alpha) + r.Upright.Loss(eps)
}

// ahead is the strength in dBm without any loss off the beam, at the square of a distance on the ground: no direction of
// the antenna is stronger. 10 g log10(d) is 5 g log10(d^2).
func (r *Radio) ahead(d2 float64) float64 {
	return r.start() - r.slope()*math.Log(d2+r.Height*r.Height)
}

// start is the strength in dBm a metre ahead.
func (r *Radio) start() float64 { return 10*math.Log10(r.Power) + 30 }

// slope is how many dBm are lost ahead when the logarithm of the square of the distance grows by 1.
func (r *Radio) slope() float64 { return 5 / math.Ln10 * r.PathLoss }

// angles are how far, in degrees, a point lies off the beam, sideways in the plane of the tilted beam and in elevation.
func (r *Radio) angles(dx, dy float64) (alpha, eps float64) {
	m := mast{height: r.Height, tilt: r.Tilt}
	m.sinA, m.cosA = math.Sincos(r.Azimuth * degree)
	m.sinT, m.cosT = math.Sincos(r.Tilt * degree)
	return m.angles(dx, dy)
}

// Dominance turns a strength in dBm into how surely a device listens, 0 to 1.
func Dominance(dBm float64) float64 { return 1 / (1 + math.Exp(-0.2*(dBm+92.5))) }

// strengthOf is the strength in dBm of a dominance.
func strengthOf(s float64) float64 { return 5*math.Log(s/(1-s)) - 92.5 }

// wrap brings an angle into [-180, 180) degrees.
func wrap(x float64) float64 {
	if x >= -180 && x < 180 {
		return x
	}
	return x - 360*math.Floor((x+180)/360)
}
