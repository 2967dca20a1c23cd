package area

import (
	"fmt"
	"math"
	"strconv"

	"github.com/paulmach/orb"
)

// margin is by how many tiles a grid reaches over its extent on each side, and maxOffset how many tiles a grid may have
// along one axis: compact ids keep 16 bits for each.
const (
	margin    = 5
	maxOffset = 1<<16 - 1
)

// Grid cuts a plane into square tiles. A tile is named by its lower left corner in metres; corners are multiples of the
// side, whatever the origin, so that tiles of equal side are the same tiles in every grid of a plane.
type Grid struct {
	Side int32 // of a tile, metres
	E, N int32 // origin, metres: the lower left corner of the tile with offsets 0, 0
}

// GridOver lays a grid over a box of degrees (longitude, latitude): the box of its projected corners, five tiles wider on
// every side. The origin is aligned to factor tiles, so that coarser tiles of factor times the side are the squares that
// everybody else uses (deliberate correction D36 of the methods).
func GridOver(p Plane, box orb.Bound, side, factor int32) (Grid, error) {
	if side <= 0 || factor <= 0 {
		return Grid{}, fmt.Errorf("grid: got a side of %d m and a factor of %d; both are above 0, such as 100 and 10", side, factor)
	}
	minX, minY, maxX, maxY := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, corner := range box.ToRing() {
		x, y := p.Forward(corner.Lat(), corner.Lon())
		minX, minY, maxX, maxY = math.Min(minX, x), math.Min(minY, y), math.Max(maxX, x), math.Max(maxY, y)
	}
	lower := func(v float64) int32 {
		return floorTo(int32(math.Round(v/float64(side)))*side-margin*side, side*factor)
	}
	upper := func(v float64) int32 { return int32(math.Round(v/float64(side)))*side + margin*side }
	g := Grid{Side: side, E: lower(minX), N: lower(minY)}
	if wide := max((upper(maxX)-g.E)/side, (upper(maxY)-g.N)/side); wide > maxOffset {
		return Grid{}, fmt.Errorf("grid: the box is %d tiles of %d m long; a grid has at most %d along one axis, take larger tiles", wide, side, maxOffset)
	}
	return g, nil
}

// Corner is the lower left corner of the tile of that side that holds a point of the plane.
func Corner(x, y float64, side int32) (e, n int32) {
	s := float64(side)
	return int32(math.Floor(x/s)) * side, int32(math.Floor(y/s)) * side
}

// Compact packs the tile with lower left corner (e, n) as (i << 16) | j, the offsets east and north from the origin. It
// refuses tiles that lie outside the 65,535 offsets of the grid or are no tiles of it.
func (g Grid) Compact(e, n int32) (uint32, error) {
	i, j := int64(e)-int64(g.E), int64(n)-int64(g.N)
	side := int64(g.Side)
	if i%side != 0 || j%side != 0 || i < 0 || j < 0 || i/side > maxOffset || j/side > maxOffset {
		return 0, fmt.Errorf("grid: the corner E %d N %d is not one of the tiles of %d m from E %d N %d", e, n, g.Side, g.E, g.N)
	}
	return uint32(i/side)<<16 | uint32(j/side), nil
}

// Tile is the inverse of Compact.
func (g Grid) Tile(id uint32) (e, n int32) {
	return g.E + int32(id>>16)*g.Side, g.N + int32(id&maxOffset)*g.Side
}

// Origin packs the origin as (E/100 << 32) | (N/100).
func (g Grid) Origin() uint64 { return uint64(g.E/100)<<32 | uint64(uint32(g.N/100)) }

// Coarser gives the compact id of the lower left tile of the coarser square, factor tiles wide, that holds a tile.
func (g Grid) Coarser(id uint32, factor uint32) uint32 {
	i, j := id>>16, id&maxOffset
	return (i-i%factor)<<16 | (j - j%factor)
}

// Name is the INSPIRE name of the tile of that side at a corner, such as 100mN19467E26655 or 1kmN1946E2665: coordinates
// lose as many zeros as the side has. Outside Europe it is the same notation in a plane of its own.
func Name(e, n, side int32) string {
	zeros := int32(1)
	for side%(zeros*10) == 0 {
		zeros *= 10
	}
	size := strconv.Itoa(int(side)) + "m"
	if side%1000 == 0 {
		size = strconv.Itoa(int(side/1000)) + "km"
	}
	return size + "N" + strconv.Itoa(int(floorTo(n, zeros)/zeros)) + "E" + strconv.Itoa(int(floorTo(e, zeros)/zeros))
}

// floorTo is the largest multiple of unit that is not above v.
func floorTo(v, unit int32) int32 {
	r := v % unit
	if r < 0 {
		r += unit
	}
	return v - r
}
