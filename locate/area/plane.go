package area

import (
	"math"

	"github.com/paulmach/orb"
)

// GRS80, the ellipsoid of ETRS89; WGS84 differs from it by a tenth of a millimetre.
const (
	semiMajor  = 6_378_137.0
	flattening = 1 / 298.257222101
	ecc2       = 2*flattening - flattening*flattening
)

// longestStep is how long an edge, in degrees, may be before Shape cuts it: a straight line on the map of degrees then
// leaves the straight line in the plane by less than a metre (5 km squared / 8 earth radii = 0.5 m).
const longestStep = 0.05

// Plane is an ellipsoidal Lambert azimuthal equal-area projection on GRS80. Equal squares of it hold equal ground
// everywhere. Two planes that compare equal are the same plane.
type Plane struct {
	Lat0, Lon0 float64 // degrees; where the plane touches the earth
	FE, FN     float64 // false easting and northing, metres; the coordinates of that point
}

// Europe is EPSG:3035 (ETRS89-extended / LAEA Europe), the plane of the INSPIRE grids.
var Europe = Plane{Lat0: 52, Lon0: 10, FE: 4_321_000, FN: 3_210_000}

// europeArea is the area of use of EPSG:3035.
var europeArea = orb.Bound{Min: orb.Point{-35.58, 24.6}, Max: orb.Point{44.83, 84.73}}

// PlaneFor chooses the plane of a box in degrees (longitude, latitude): Europe when the box lies inside its area of use,
// else a plane of its own that touches the earth at the centre of the box, rounded to whole degrees so that a small
// change of the box does not move the plane.
func PlaneFor(box orb.Bound) Plane {
	if europeArea.Contains(box.Min) && europeArea.Contains(box.Max) {
		return Europe
	}
	c := box.Center()
	return Plane{Lat0: math.Round(c.Lat()), Lon0: math.Round(c.Lon())}
}

// CRS names the plane: "EPSG:3035" or "laea".
func (p Plane) CRS() string {
	if p == Europe {
		return "EPSG:3035"
	}
	return "laea"
}

// frame holds the constants of Snyder's formulas ("Map Projections: A Working Manual", chapter 24) for one plane.
type frame struct{ sinB0, cosB0, rq, d float64 }

func (p Plane) frame() frame {
	sin0, cos0 := math.Sincos(p.Lat0 * degree)
	m0 := cos0 / math.Sqrt(1-ecc2*sin0*sin0)
	sinB0 := clampOne(authalic(sin0) / polarQ)
	cosB0 := math.Sqrt(1 - sinB0*sinB0)
	rq := semiMajor * math.Sqrt(polarQ/2)
	return frame{sinB0, cosB0, rq, semiMajor * m0 / (rq * cosB0)}
}

// ecc, the eccentricity, and polarQ, q at the pole, are the same for every plane.
var (
	ecc    = math.Sqrt(ecc2)
	polarQ = authalic(1)
)

// authalic is Snyder's q: twice the area from the equator to the parallel of that sine, over the semi-major axis squared
// and the difference in longitude.
func authalic(sin float64) float64 {
	return (1 - ecc2) * (sin/(1-ecc2*sin*sin) - math.Log((1-ecc*sin)/(1+ecc*sin))/(2*ecc))
}

func clampOne(v float64) float64 { return math.Max(-1, math.Min(1, v)) }

// Forward projects degrees to metres. The point opposite to the centre of the plane has no image; nothing near it is exact.
func (p Plane) Forward(lat, lon float64) (x, y float64) {
	f := p.frame()
	sinB := clampOne(authalic(math.Sin(lat*degree)) / polarQ)
	cosB := math.Sqrt(1 - sinB*sinB)
	sinL, cosL := math.Sincos((lon - p.Lon0) * degree)
	b := f.rq * math.Sqrt(2/math.Max(1+f.sinB0*sinB+f.cosB0*cosB*cosL, 1e-15))
	x = p.FE + b*f.d*cosB*sinL
	y = p.FN + b/f.d*(f.cosB0*sinB-f.sinB0*cosB*cosL)
	return x, y
}

// Inverse gives the degrees of a point of the plane; longitudes lie in [-180, 180].
func (p Plane) Inverse(x, y float64) (lat, lon float64) {
	f := p.frame()
	dx, dy := (x-p.FE)/f.d, (y-p.FN)*f.d
	rho := math.Hypot(dx, dy)
	if rho == 0 {
		return p.Lat0, p.Lon0
	}
	sinC, cosC := math.Sincos(2 * math.Asin(math.Min(1, rho/(2*f.rq))))
	sinB := clampOne(cosC*f.sinB0 + dy*sinC*f.cosB0/rho)
	lon = p.Lon0 + math.Atan2(dx*sinC, rho*f.cosB0*cosC-dy*f.sinB0*sinC)/degree
	return latitude(polarQ*sinB) / degree, math.Remainder(lon, 360)
}

// latitude inverts authalic by Newton's method; it needs three steps anywhere but at the poles.
func latitude(q float64) float64 {
	phi := math.Asin(clampOne(q / 2))
	for range 20 {
		sin, cos := math.Sincos(phi)
		if cos < 1e-12 {
			break
		}
		w := 1 - ecc2*sin*sin
		step := w * w / (2 * cos) * (q/(1-ecc2) - sin/w + math.Log((1-ecc*sin)/(1+ecc*sin))/(2*ecc))
		phi += step
		if math.Abs(step) < 1e-14 {
			break
		}
	}
	return math.Max(-math.Pi/2, math.Min(math.Pi/2, phi))
}

// Shape projects a shape from degrees (longitude, latitude) to the plane. Long edges are cut, so that two shapes that
// share a border in degrees share it in the plane.
func (p Plane) Shape(shape orb.MultiPolygon) orb.MultiPolygon {
	out := make(orb.MultiPolygon, len(shape))
	for i, polygon := range shape {
		out[i] = make(orb.Polygon, len(polygon))
		for k, ring := range polygon {
			out[i][k] = p.ring(ring)
		}
	}
	return out
}

func (p Plane) ring(ring orb.Ring) orb.Ring {
	out := make(orb.Ring, 0, len(ring))
	for i, at := range ring {
		if i > 0 {
			from := ring[i-1]
			steps := int(math.Ceil(math.Max(math.Abs(at[0]-from[0]), math.Abs(at[1]-from[1])) / longestStep))
			for k := 1; k < steps; k++ {
				t := float64(k) / float64(steps)
				x, y := p.Forward(from[1]+t*(at[1]-from[1]), from[0]+t*(at[0]-from[0]))
				out = append(out, orb.Point{x, y})
			}
		}
		x, y := p.Forward(at[1], at[0])
		out = append(out, orb.Point{x, y})
	}
	return out
}
