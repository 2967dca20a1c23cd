package allot

import (
	"slices"

	"github.com/paulmach/orb"

	"github.com/throng-stats/throng"
)

// grid finds the shares of a tile: rows of tiles from south to north, in each the tiles from west to east. Tiles are
// asked for row by row, so the place after the last hit is tried before the row is searched.
type grid struct {
	rows  []int32 // N of each row, ascending
	first []int   // of each row: its first tile; one more at the end
	east  []int32 // E of each tile
	from  []int   // of each tile: its first share; one more at the end
}

// newGrid reads shares that are sorted by N, then E.
func newGrid(shares []throng.Share) grid {
	var g grid
	for i, s := range shares {
		newRow := i == 0 || s.N != shares[i-1].N
		if newRow {
			g.rows, g.first = append(g.rows, s.N), append(g.first, len(g.east))
		}
		if newRow || s.E != shares[i-1].E {
			g.east, g.from = append(g.east, s.E), append(g.from, i)
		}
	}
	g.first, g.from = append(g.first, len(g.east)), append(g.from, len(shares))
	return g
}

// bound is the rectangle around all tiles.
func (g *grid) bound(tile int32) orb.Bound {
	if len(g.rows) == 0 {
		return orb.Bound{}
	}
	west, east := g.east[0], g.east[0]
	for _, e := range g.east {
		west, east = min(west, e), max(east, e)
	}
	return orb.Bound{
		Min: orb.Point{float64(west), float64(g.rows[0])},
		Max: orb.Point{float64(east + tile), float64(g.rows[len(g.rows)-1] + tile)},
	}
}

// cursor remembers where the last tile was found.
type cursor struct {
	grid      *grid
	n         int32
	row, next int // row is -1 when no tile lies on n
	started   bool
}

// find returns the range of shares of a tile; it is empty when nothing is put there.
func (c *cursor) find(e, n int32) (from, to int) {
	g := c.grid
	if !c.started || n != c.n {
		c.started, c.n, c.row = true, n, -1
		if r, ok := slices.BinarySearch(g.rows, n); ok {
			c.row, c.next = r, g.first[r]
		}
	}
	if c.row < 0 {
		return 0, 0
	}
	end := g.first[c.row+1]
	if c.next >= end || g.east[c.next] != e {
		k, ok := slices.BinarySearch(g.east[g.first[c.row]:end], e)
		c.next = g.first[c.row] + k
		if !ok {
			return 0, 0
		}
	}
	k := c.next
	c.next++ // only a guess: find looks whether it holds
	return g.from[k], g.from[k+1]
}
