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
func (r Radio) Strength(dx, dy float64) float64 {
	d := math.Hypot(dx, dy)
	s := 10*math.Log10(r.Power) + 30 - 10*r.PathLoss*math.Log10(math.Hypot(d, r.Height))
	if !r.Directional {
		return s
	}
	alpha, eps := r.angles(dx, dy, d)
	return s + r.Across.Loss(alpha) + r.Upright.Loss(eps)
}

// angles are how far, in degrees, a point lies off the beam, sideways in the plane of the tilted beam and in elevation.
func (r Radio) angles(dx, dy, d float64) (alpha, eps float64) {
	delta := (math.Atan2(dx, dy)/degree - r.Azimuth) * degree
	side, ahead := d*math.Sin(delta), d*math.Cos(delta)
	slant := math.Hypot(ahead, r.Height)
	lam := math.Atan2(r.Height, math.Abs(ahead)) / degree
	var along float64
	switch {
	case ahead > 0:
		along = slant * math.Cos((lam-r.Tilt)*degree)
	case lam+r.Tilt < 90:
		along = -slant * math.Cos((lam+r.Tilt)*degree)
	default:
		along = slant * math.Cos((180-lam-r.Tilt)*degree)
	}
	return math.Atan2(side, along) / degree, wrap(math.Atan2(r.Height, d)/degree - r.Tilt)
}

// Dominance turns a strength in dBm into how surely a device listens, 0 to 1.
func Dominance(dBm float64) float64 { return 1 / (1 + math.Exp(-0.2*(dBm+92.5))) }

// wrap brings an angle into [-180, 180) degrees.
func wrap(x float64) float64 {
	if x >= -180 && x < 180 {
		return x
	}
	return x - 360*math.Floor((x+180)/360)
}
