package antenna

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/paulmach/orb"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/locate"
	"github.com/throng-stats/throng/locate/area"
	"github.com/throng-stats/throng/locate/zone"
)

// PlaceRow is one row of a list of places that are no antennas: stations, airports, shops.
type PlaceRow struct {
	ID, Name string
	Lat, Lon float64        // degrees
	Parent   string         // name of what it lies in, such as a city; "" for none
	Clock    *time.Location // time zone in which rows from here are stamped; nil: that of the feed
}

// PlacesOptions of BuildPlaces.
type PlacesOptions struct {
	// Plane of the tiles. Default: area.PlaneFor the box of the places.
	Plane area.Plane
	// Tile is the side of a tile, metres. Default 100 (methods, section 1).
	Tile int32
}

// PlacesReport says what became of a list of places.
type PlacesReport struct {
	Rows, Places, Parents int
	Earlier               int // rows whose id came again further down; the last row counts
}

// BuildPlaces makes a ground on which every place is a leaf, a block and a finest zone of its own, which is a point. What
// the places lie in become zones of level 0 and areas. All of a place lies on its tile, and a place is near to itself alone.
func BuildPlaces(rows []PlaceRow, opt PlacesOptions) (*locate.Ground, *zone.Set, PlacesReport, error) {
	report := PlacesReport{Rows: len(rows)}
	list, err := lastRows(rows)
	if err != nil {
		return nil, nil, report, err
	}
	report.Places, report.Earlier = len(list), len(rows)-len(list)
	ids, parents, err := placeIDs(list)
	if err != nil {
		return nil, nil, report, err
	}
	report.Parents = len(parents)
	set, err := placeZones(list, ids, parents)
	if err != nil {
		return nil, nil, report, err
	}
	if opt.Plane == (area.Plane{}) {
		opt.Plane = area.PlaneFor(set.Bound())
	}
	if opt.Tile == 0 {
		opt.Tile = 100
	}
	if opt.Tile < 10 || opt.Tile > 10_000 {
		return nil, nil, report, fmt.Errorf("places: got tiles of %d m, want 10 to 10,000", opt.Tile)
	}
	g := placeGround(list, ids, set, opt)
	g.Index()
	return g, set, report, nil
}

// lastRows keeps the last row of each id, sorted by id.
func lastRows(rows []PlaceRow) ([]PlaceRow, error) {
	if len(rows) == 0 {
		return nil, fmt.Errorf("places: the list is empty; want at least one place")
	}
	last := make(map[string]PlaceRow, len(rows))
	for i, r := range rows {
		if r.ID == "" {
			return nil, fmt.Errorf("places: row %d has no id", i+1)
		}
		if !(math.Abs(r.Lat) <= 90 && math.Abs(r.Lon) <= 180) {
			return nil, fmt.Errorf("places: row %d: %.40q lies at %v, %v, want degrees of latitude and longitude", i+1, r.ID, r.Lat, r.Lon)
		}
		last[r.ID] = r
	}
	list := make([]PlaceRow, 0, len(last))
	for _, r := range last {
		list = append(list, r)
	}
	slices.SortFunc(list, func(a, b PlaceRow) int { return strings.Compare(a.ID, b.ID) })
	return list, nil
}

// slug rewrites a name as an id: every run of signs that are not legal becomes one -.
func slug(name string) string {
	var b strings.Builder
	for _, r := range name {
		legal := r == '_' || r == '-' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z'
		switch {
		case legal && b.Len() < 60:
			b.WriteRune(r)
		case !legal && b.Len() > 0 && b.Len() < 60 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	return strings.Trim(b.String(), "-")
}

// placeIDs makes the ids of zones: of places by index, of parents by name. Places whose ids become the same are refused; a
// parent whose id is taken gets a number.
func placeIDs(list []PlaceRow) (ids []string, parents map[string]string, err error) {
	taken := make(map[string]string)
	ids, parents = make([]string, len(list)), make(map[string]string)
	for i, r := range list {
		ids[i] = slug(r.ID)
		key := strings.ToLower(ids[i])
		if other, twice := taken[key]; twice || ids[i] == "" {
			return nil, nil, fmt.Errorf("places: the id %.40q becomes %q, as does %.40q; want ids that differ in ASCII letters and digits", r.ID, ids[i], other)
		}
		taken[key] = r.ID
		if r.Parent != "" {
			parents[r.Parent] = ""
		}
	}
	names := make([]string, 0, len(parents))
	for name := range parents {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		base := cmp.Or(slug(name), "zone")
		id := base
		for n := 2; ; n++ {
			if _, used := taken[strings.ToLower(id)]; !used {
				break
			}
			id = base + "-" + strconv.Itoa(n)
		}
		taken[strings.ToLower(id)], parents[name] = name, id
	}
	return ids, parents, nil
}

func placeZones(list []PlaceRow, ids []string, parents map[string]string) (*zone.Set, error) {
	zones := make([]throng.Zone, 0, len(list)+len(parents))
	for name, id := range parents {
		zones = append(zones, throng.Zone{ID: id, Name: name})
	}
	slices.SortFunc(zones, func(a, b throng.Zone) int { return strings.Compare(a.ID, b.ID) })
	points := make(map[string]orb.Point, len(list))
	for i, r := range list {
		z := throng.Zone{ID: ids[i], Name: cmp.Or(r.Name, r.ID), Parent: parents[r.Parent]}
		if len(parents) > 0 {
			z.Level = 1
		}
		zones = append(zones, z)
		points[ids[i]] = orb.Point{r.Lon, r.Lat}
	}
	return zone.FromPlaces(zones, points)
}

// placeGround builds the tree: a leaf and a block a place, an area a parent or, without one, a place.
func placeGround(list []PlaceRow, ids []string, set *zone.Set, opt PlacesOptions) *locate.Ground {
	g := &locate.Ground{Zones: set.Zones, Near: make([][]uint32, len(list)), Places: make([]locate.Place, len(list))}
	leafIDs, blockIDs, areaIDs := make([]string, len(list)), make([]string, len(list)), make([]string, len(list))
	zones := make([]int, len(list))
	for i, id := range ids {
		zones[i], _ = set.Zones.Index(id)
		leafIDs[i], blockIDs[i] = id+"-01", id+"-b01"
		areaIDs[i] = cmp.Or(set.Zones.At(zones[i]).Parent, id) + "-a01"
	}
	blocks, areas := sortedIDs(blockIDs), sortedIDs(areaIDs)
	g.Tree.Leaves, g.Tree.Blocks = make([]throng.Leaf, len(list)), make([]throng.Block, len(list))
	for _, id := range areas {
		g.Tree.Areas = append(g.Tree.Areas, throng.Block{ID: id, Up: -1})
	}
	at := make(map[string]int, len(list))
	for i, id := range leafIDs {
		at[id] = i
	}
	for leaf, id := range sortedIDs(leafIDs) {
		i := at[id]
		r := list[i]
		block, _ := slices.BinarySearch(blocks, blockIDs[i])
		above, _ := slices.BinarySearch(areas, areaIDs[i])
		x, y := opt.Plane.Forward(r.Lat, r.Lon)
		e, n := area.Corner(x, y, opt.Tile)
		g.Tree.Leaves[leaf] = throng.Leaf{ID: id, Block: block, Zone: zones[i], X: x, Y: y, Area: float64(opt.Tile) * float64(opt.Tile)}
		g.Tree.Blocks[block] = throng.Block{ID: blockIDs[i], Up: above}
		g.Shares = append(g.Shares, throng.Share{Leaf: int32(leaf), E: e, N: n, Zone: int32(zones[i]), Weight: 1})
		g.Places[i] = locate.Place{ID: r.ID, Lat: r.Lat, Lon: r.Lon, Until: math.MaxInt64, Leaf: int32(leaf), Zone: int32(zones[i]),
			Site: int32(i), Clock: r.Clock}
		g.Near[i] = []uint32{uint32(i)}
	}
	return g
}

// sortedIDs lists ids ascending, each once.
func sortedIDs(ids []string) []string {
	list := slices.Clone(ids)
	slices.Sort(list)
	return slices.Compact(list)
}
