package city

import "math"

// Point is a position in the plane of EPSG:3035 (Lambert azimuthal equal area, ETRS89), in metres.
type Point struct{ X, Y float64 }

// Distance is the straight distance in metres.
func (p Point) Distance(q Point) float64 {
	dx, dy := p.X-q.X, p.Y-q.Y
	return math.Sqrt(dx*dx + dy*dy)
}

// Degrees is a position on the globe.
type Degrees struct{ Lon, Lat float64 }

// The ellipsoid GRS80 and the origin of EPSG:3035 (EPSG registry).
const (
	semiMajor     = 6378137.0
	flattening    = 1 / 298.257222101
	originLat     = 52.0
	originLon     = 10.0
	falseEasting  = 4321000.0
	falseNorthing = 3210000.0
	radian        = math.Pi / 180
)

// lambert holds what Snyder, Map Projections (USGS PP 1395, 1987), equations 3-12 to 24-26, computes once.
type lambert struct{ e2, e, qp, rq, sinBeta0, cosBeta0, d float64 }

func newLambert() lambert {
	l := lambert{e2: 2*flattening - flattening*flattening}
	l.e = math.Sqrt(l.e2)
	l.qp = l.q(1)
	l.rq = semiMajor * math.Sqrt(l.qp/2)
	sin, cos := math.Sincos(originLat * radian)
	l.sinBeta0 = l.q(sin) / l.qp
	l.cosBeta0 = math.Sqrt(1 - l.sinBeta0*l.sinBeta0)
	l.d = semiMajor * cos / math.Sqrt(1-l.e2*sin*sin) / (l.rq * l.cosBeta0)
	return l
}

func (l lambert) q(sin float64) float64 {
	return (1 - l.e2) * (sin/(1-l.e2*sin*sin) - math.Log((1-l.e*sin)/(1+l.e*sin))/(2*l.e))
}

// Project puts a position on the globe into the plane.
func Project(g Degrees) Point {
	l := newLambert()
	sinBeta := l.q(math.Sin(g.Lat*radian)) / l.qp
	cosBeta := math.Sqrt(1 - sinBeta*sinBeta)
	sin, cos := math.Sincos((g.Lon - originLon) * radian)
	b := l.rq * math.Sqrt(2/(1+l.sinBeta0*sinBeta+l.cosBeta0*cosBeta*cos))
	return Point{
		falseEasting + b*l.d*cosBeta*sin,
		falseNorthing + b/l.d*(l.cosBeta0*sinBeta-l.sinBeta0*cosBeta*cos),
	}
}

// Unproject finds the position on the globe of a point of the plane, to 1e-12 degrees.
func Unproject(p Point) Degrees {
	l := newLambert()
	x, y := (p.X-falseEasting)/l.d, (p.Y-falseNorthing)*l.d
	rho := math.Hypot(x, y)
	if rho == 0 {
		return Degrees{originLon, originLat}
	}
	sinC, cosC := math.Sincos(2 * math.Asin(rho/(2*l.rq)))
	q := l.qp * (cosC*l.sinBeta0 + y*sinC*l.cosBeta0/rho)
	lon := originLon + math.Atan2(x*sinC, rho*l.cosBeta0*cosC-y*l.sinBeta0*sinC)/radian
	lat := math.Asin(q / 2)
	for range 12 { // Newton's method, Snyder 3-16
		sin, cos := math.Sincos(lat)
		w := 1 - l.e2*sin*sin
		step := w * w / (2 * cos) * (q/(1-l.e2) - sin/w + math.Log((1-l.e*sin)/(1+l.e*sin))/(2*l.e))
		lat += step
		if math.Abs(step) < 1e-14 {
			break
		}
	}
	return Degrees{lon, lat / radian}
}
