package feed

import (
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/locate"
)

var zoneUTC = time.UTC

// unknownPlace marks the id of a place that the ground does not have; at once replaced by event.NoPlace.
const unknownPlace = event.NoPlace - 1

func (g *Gate) lookup(id []byte) uint32 {
	if i, ok := g.ground.Place(id); ok {
		return i
	}
	return unknownPlace
}

// place stores a place that was looked up.
func (g *Gate) place(f *Field, i int, place uint32) {
	if place == unknownPlace {
		g.flag(f, i, event.UnknownPlace)
		return
	}
	if f.role == roleTo {
		g.b.To[i] = place
	} else {
		g.b.Place[i] = place
	}
}

// zone is the clock by which a local time was stamped: the column's, or that of the row's place.
func (g *Gate) zone(f *Field, i int) *time.Location {
	if !f.timer.cell {
		if f.timer.zone == nil {
			return g.opts.Clock
		}
		return f.timer.zone
	}
	at := g.b.Place
	if f.role == roleEnd && g.b.To != nil {
		at = g.b.To
	}
	if i < len(at) && at[i] != event.NoPlace {
		if clock := g.ground.Places[at[i]].Clock; clock != nil {
			return clock
		}
	}
	return g.opts.Clock
}

// Places settles where rows from i up to j were, after the fields for which IsWhere holds: coordinates of a row without
// a cell become the nearest place.
func (g *Gate) Places(i, j int) {
	if g.near == nil {
		return
	}
	for ; i < j; i++ {
		switch {
		case g.b.Place[i] != event.NoPlace || g.b.Bad[i]&event.UnknownPlace != 0:
		case math.IsNaN(g.lat[i]) || math.IsNaN(g.lon[i]):
			g.nowhere(g.latField(), i)
		default:
			place, ok := g.near.find(g.lat[i], g.lon[i])
			if !ok {
				place = unknownPlace
			}
			g.place(g.latField(), i, place)
		}
	}
}

// nowhere flags a row without a place, unless it was in a network abroad.
func (g *Gate) nowhere(f *Field, i int) {
	if g.b.Network == nil || g.b.Network[i] == 0 {
		g.flag(f, i, event.NullPlace)
	}
}

func (g *Gate) latField() *Field {
	i := slices.IndexFunc(g.fields, func(f *Field) bool { return f.role == roleLat })
	return g.fields[i]
}

// maxDistance is how far from every place a position may be before its place is unknown, in metres.
const maxDistance = 5000

// Radius of the Earth in metres (IUGG mean), and the size of a bucket in degrees: a little more than maxDistance.
const (
	earthRadius = 6371008.8
	bucketSize  = 0.05
)

// nearest finds the place that is nearest to a position.
type nearest struct {
	places  []locate.Place
	buckets map[[2]int32][]uint32
}

func newNearest(ground *locate.Ground) *nearest {
	n := &nearest{places: ground.Places, buckets: map[[2]int32][]uint32{}}
	for i, p := range ground.Places {
		k := bucketOf(p.Lat, p.Lon)
		n.buckets[k] = append(n.buckets[k], uint32(i))
	}
	return n
}

func bucketOf(lat, lon float64) [2]int32 {
	return [2]int32{int32(math.Floor(lat / bucketSize)), int32(math.Floor(lon / bucketSize))}
}

// lonBuckets is how many buckets go around the Earth.
const lonBuckets = 360 / bucketSize

// find returns the nearest place within maxDistance; the first in the order of places when two are equally near.
func (n *nearest) find(lat, lon float64) (uint32, bool) {
	if lat < -90 || lat > 90 || lon < -180 || lon > 180 {
		return 0, false
	}
	reach := maxDistance / (earthRadius * math.Pi / 180) / max(0.01, math.Cos((math.Abs(lat)+bucketSize)*math.Pi/180))
	wide := min(int32(math.Ceil(reach/bucketSize)), lonBuckets/2)
	at := bucketOf(lat, lon)
	best, found := uint32(0), false
	bestMetres := math.Nextafter(maxDistance, math.Inf(1))
	for dy := int32(-1); dy <= 1; dy++ {
		for dx := -wide; dx <= wide; dx++ {
			// Longitudes -180 and 180 are one meridian.
			x := (at[1]+dx+lonBuckets/2+lonBuckets)%lonBuckets - lonBuckets/2
			for _, i := range n.buckets[[2]int32{at[0] + dy, x}] {
				m := metres(lat, lon, n.places[i].Lat, n.places[i].Lon)
				if m < bestMetres || m == bestMetres && i < best {
					best, bestMetres, found = i, m, true
				}
			}
		}
	}
	return best, found
}

// metres is the great-circle distance by the haversine formula.
func metres(lat1, lon1, lat2, lon2 float64) float64 {
	const rad = math.Pi / 180
	a, b := math.Sin((lat2-lat1)*rad/2), math.Sin((lon2-lon1)*rad/2)
	return 2 * earthRadius * math.Asin(math.Sqrt(min(1, a*a+math.Cos(lat1*rad)*math.Cos(lat2*rad)*b*b)))
}

func parseDecimal(v []byte) (float64, bool) {
	x, err := strconv.ParseFloat(string(v), 64)
	return x, err == nil && !math.IsNaN(x) && !math.IsInf(x, 0)
}

func appendInt(b []byte, v int64) []byte { return strconv.AppendInt(b, v, 10) }
