package area

import "math"

// EarthRadius is the mean radius of the earth in metres (IUGG R1). Against the ellipsoid distances are wrong by less than 0.6 %.
const EarthRadius = 6_371_008.8

const degree = math.Pi / 180

// Haversine is the distance in metres between two points, given in degrees, on a sphere of radius EarthRadius.
func Haversine(lat1, lon1, lat2, lon2 float64) float64 {
	sinLat := math.Sin((lat2 - lat1) * degree / 2)
	sinLon := math.Sin((lon2 - lon1) * degree / 2)
	a := sinLat*sinLat + math.Cos(lat1*degree)*math.Cos(lat2*degree)*sinLon*sinLon
	return 2 * EarthRadius * math.Asin(math.Min(1, math.Sqrt(a)))
}
