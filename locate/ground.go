// Package locate knows the ground: what each antenna covers and which zones lie there.
package locate

import (
	"time"

	"github.com/throng-stats/throng"
)

// Place is one thing that a feed can name as the place of a row: a radio cell, a station, an airport. It is part of the
// holder's plan and never published.
type Place struct {
	ID       string
	Lat, Lon float64
	From     int64          // milliseconds since 1970 UTC; valid from, 0 for always
	Until    int64          // valid until (exclusive), math.MaxInt64 for always
	Leaf     int32          // index into Ground.Tree.Leaves; several places share one
	Zone     int32          // index of its dominant finest zone in Ground.Zones, -1 outside all zones
	Site     int32          // antennas within 25 m of each other are one site
	Clock    *time.Location // time zone in which rows from here are stamped; nil: that of the feed
}

// Ground is everything that the stages need to know about where things are, computed once before any row is read and
// from nothing but the cell plan and public geography.
type Ground struct {
	Places []Place // sorted by ID; the index of a place is what event.Batch.Place holds
	Tree   throng.Tree
	Zones  throng.Zones
	Shares []throng.Share // by leaf, then E, N
	Near   [][]uint32     // of each place: the places whose ground touches its own, ascending, itself included (methods.md, section 7)

	index map[string]uint32
}

// Index prepares look-ups by id; whoever builds a Ground calls it last.
func (g *Ground) Index() {
	g.index = make(map[string]uint32, len(g.Places))
	for i, p := range g.Places {
		g.index[p.ID] = uint32(i)
	}
}

// Place returns the index of the place with that id, or false.
func (g *Ground) Place(id []byte) (uint32, bool) {
	i, ok := g.index[string(id)]
	return i, ok
}

// IsNear reports whether the grounds of places a and b touch.
func (g *Ground) IsNear(a, b uint32) bool {
	if a == b {
		return true
	}
	near := g.Near[a]
	for lo, hi := 0, len(near); lo < hi; {
		mid := int(uint(lo+hi) >> 1)
		switch {
		case near[mid] == b:
			return true
		case near[mid] < b:
			lo = mid + 1
		default:
			hi = mid
		}
	}
	return false
}
