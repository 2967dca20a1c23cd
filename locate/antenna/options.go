package antenna

import (
	"fmt"
	"time"

	"github.com/paulmach/orb"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/locate/area"
	"github.com/throng-stats/throng/locate/zone"
)

// Priors: how people are taken to be spread before it is known which antenna hears them.
const (
	PriorResidents = "residents" // as residents are, evenly inside each finest zone
	PriorUniform   = "uniform"   // the same number on every tile
)

// Residents is one row of the public residents' table. Rows of a zone are added up.
type Residents struct {
	Zone        string // id of a finest zone; dots and colons are read as -
	Gender, Age string
	People      int64
}

// Options of Build. Each travels with the geography, for it shapes every number.
type Options struct {
	// Plane of the tiles. Default: area.PlaneFor the box of the zones.
	Plane area.Plane
	// Tile is the side of a tile, metres. Default 100 (methods, section 1).
	Tile int32
	// Prior is PriorResidents or PriorUniform. Default PriorResidents when Residents are given, else PriorUniform.
	Prior string
	// Residents is public. Default none: then every site is a leaf, the leaves of a zone are a block and the blocks below
	// one parent zone are an area, and no grain is ensured.
	Residents []Residents
	// LandUse is a public grid of where people are inside a zone. Residents are spread over the tiles of their zone by it, but
	// for a tenth, which is spread evenly. Default none: evenly.
	LandUse []LandUse
	// Share is the holder's market share by finest zone, above 0 and at most 1. Default 1.
	Share map[string]float64
	// Dedup is people per device of this holder before market share, such as 0.95 where some carry two. Default 1.
	// The factor of a finest zone is Dedup / Share.
	Dedup float64
	// Protected places in degrees (zone.Geometries reads them). A site that stands within 500 m of one, or whose strongest
	// tile holds one, is merged until its leaf has at least three sites. Default none.
	Protected []orb.Geometry
	// MinLeaf is how many residents x share a leaf has at least. Default 150 (privacy, section 27).
	MinLeaf float64
	// MinBlock is how many residents a block has at least. Default 2,000 (privacy, section 27).
	MinBlock float64
	// MinArea is how many residents an area has at least. Default 5,000 (privacy, section 27).
	MinArea float64
	// Clock is the time zone in which rows of a cell are stamped, nil for that of the feed. Default nil for every cell.
	Clock func(Cell) *time.Location
}

// grain of the measurement tree: privacy, section 27, rule 1. Options may ask for more, never for less.
const (
	minLeaf  = 150
	minBlock = 2_000
	minArea  = 5_000
)

func (o Options) ensureDefaults(zones *zone.Set) Options {
	if o.Plane == (area.Plane{}) {
		o.Plane = area.PlaneFor(zones.Bound())
	}
	if o.Tile == 0 {
		o.Tile = 100
	}
	if o.Prior == "" {
		o.Prior = PriorUniform
		if len(o.Residents) > 0 {
			o.Prior = PriorResidents
		}
	}
	for _, d := range []struct {
		field *float64
		value float64
	}{{&o.Dedup, 1}, {&o.MinLeaf, minLeaf}, {&o.MinBlock, minBlock}, {&o.MinArea, minArea}} {
		if *d.field == 0 {
			*d.field = d.value
		}
	}
	return o
}

func (o Options) validate() error {
	switch {
	case o.Tile < 10 || o.Tile > 10_000:
		return fmt.Errorf("ground: got tiles of %d m, want 10 to 10,000", o.Tile)
	case o.Prior != PriorResidents && o.Prior != PriorUniform:
		return fmt.Errorf("ground: got the prior %.40q, want %s or %s", o.Prior, PriorResidents, PriorUniform)
	case o.Prior == PriorResidents && len(o.Residents) == 0:
		return fmt.Errorf("ground: the prior is %s, but there is no table of residents; give one or take %s", PriorResidents, PriorUniform)
	case !(o.Dedup > 0 && o.Dedup <= 10):
		return fmt.Errorf("ground: got %v people a device, want a number above 0, such as 0.95", o.Dedup)
	case !(o.MinLeaf >= minLeaf && o.MinBlock >= minBlock && o.MinArea >= minArea):
		return fmt.Errorf("ground: got the grain %v, %v, %v, want at least %d residents x share a leaf, %d residents a block, %d an area", o.MinLeaf, o.MinBlock, o.MinArea, minLeaf, minBlock, minArea)
	}
	return nil
}

// tables are the public tables by index of zone.
type tables struct {
	zones     throng.Zones // with Residents and Factor filled
	residents []float64
	share     []float64
	total     float64 // residents of all finest zones
}

// fill reads residents and shares into the zones.
func (o Options) fill(set *zone.Set) (tables, error) {
	n := set.Zones.Len()
	t := tables{residents: make([]float64, n), share: make([]float64, n)}
	finest := make([]bool, n)
	for _, i := range set.Zones.Finest() {
		finest[i], t.share[i] = true, 1
	}
	people := make([]int64, n)
	for k, row := range o.Residents {
		i, ok := set.Zones.Index(zone.PlainID(row.Zone))
		if !ok || !finest[i] {
			return t, fmt.Errorf("residents: row %d: got the zone %.40q, want one of the %d finest zones", k+1, row.Zone, len(set.Zones.Finest()))
		}
		if row.People < 0 || row.People > 1e10 {
			return t, fmt.Errorf("residents: row %d: got %d people in zone %s, want 0 or more", k+1, row.People, row.Zone)
		}
		people[i] += row.People
	}
	for id, share := range o.Share {
		i, ok := set.Zones.Index(zone.PlainID(id))
		if !ok || !finest[i] {
			return t, fmt.Errorf("market share: got the zone %.40q, want one of the %d finest zones", id, len(set.Zones.Finest()))
		}
		if !(share > 0 && share <= 1) {
			return t, fmt.Errorf("market share: got %v for zone %s, want a number above 0 and at most 1", share, id)
		}
		t.share[i] = share
	}
	list := make([]throng.Zone, n)
	for i := range list {
		list[i] = set.Zones.At(i)
	}
	for _, i := range set.Zones.Finest() {
		list[i].Factor = o.Dedup / t.share[i]
		t.residents[i] = float64(people[i])
		t.total += t.residents[i]
		for up := i; up >= 0 && len(o.Residents) > 0; up = set.Zones.Parent(up) {
			list[up].Residents += people[i]
		}
	}
	var err error
	t.zones, err = throng.NewZones(list)
	return t, err
}
