// Package market says what a buyer, a traveller or the person a case is about adds to tables of sales, bookings and cases.
//
// Rows are those of a unit and period in total order; what somebody does on the ground plays no part. Money is whole numbers
// of the smallest unit of its currency, before and after the noise.
package market

import (
	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/locate"
	"github.com/throng-stats/throng/population/present"
)

// Ground is the public domain of the rows of a feed: where, of what, in which currency.
type Ground struct {
	Places *locate.Ground
	// Where says that rows name the place of a sale, booking or case; then its zone is the first dimension.
	Where bool
	// Codes are the code lists of the two dimensions of the rows; one without a name is not there.
	Codes [2]throng.Dim
	// Coins are the currencies of the amounts; of two or more each is counted by itself.
	Coins []string
	// Origins are the codes of regions where units live. Default: rows do not say.
	Origins []string
	// Into merges, by zone among the finest and index of the first code, cells in which too few businesses stand: the code
	// under which a row is counted, or -1 for none (privacy.md, section 17). Default: nothing is merged.
	Into [][]int16
	// Weak says that the unit is a row, not a person: each has one row.
	Weak bool
	// Month says that the period is a month: then a day of a unit that is taken away can move what its other days count.
	Month bool
}

// Move tells whether tables have Move set.
func (g *Ground) move() bool { return g.Month && !g.Weak }

// cells is the number of cells that a unit may be in: one of a weak unit.
func (g *Ground) cells(most int) int {
	if g.Weak {
		return 1
	}
	return most
}

// domain is the cells of a table: zone, the two codes, currency, each where rows have it.
type domain struct {
	g     *Ground
	at    []int32 // of each place: its zone, an index among the finest, or -1
	dims  []throng.Dim
	sizes [4]int // zones, codes, codes, currencies; 1 where there is no dimension
}

// newDomain finds the dimensions. Without zones or coins they are left out.
func newDomain(g *Ground, coins bool) *domain {
	d := &domain{g: g, at: present.PlaceZones(g.Places), sizes: [4]int{1, 1, 1, 1}}
	if g.Where {
		d.add(0, zonesOf(g.Places))
	}
	for i, dim := range g.Codes {
		if dim.Name != "" {
			d.add(i+1, dim)
		}
	}
	if coins && len(g.Coins) > 1 {
		d.add(3, throng.Dim{Name: throng.DimCurrency, Codes: g.Coins})
	}
	return d
}

func (d *domain) add(i int, dim throng.Dim) {
	d.dims, d.sizes[i] = append(d.dims, dim), len(dim.Codes)
}

func zonesOf(ground *locate.Ground) throng.Dim {
	return throng.Dim{Name: throng.DimZone, Level: throng.LevelZone, Codes: ground.Zones.IDs(ground.Zones.Finest()...)}
}

// shape of a table of this domain, with further dimensions behind.
func (d *domain) shape(name string, more ...throng.Dim) throng.Shape {
	return throng.Shape{Name: name, Dims: append(append([]throng.Dim(nil), d.dims...), more...)}
}

// cell of a row, or false when it lies in none: its place is in no zone, or too few businesses are there.
func (d *domain) cell(r *event.Record, s event.Sale) (cell uint64, ok bool) {
	zone, first := 0, int(s.Code[0])
	if d.g.Where {
		if zone = d.zone(r.Place); zone < 0 {
			return 0, false
		}
	}
	if d.g.Into != nil {
		if first = int(d.g.Into[zone][first]); first < 0 {
			return 0, false
		}
	}
	index := [4]int{zone, first, int(s.Code[1]), int(s.Coin)}
	for i, size := range d.sizes {
		if size > 1 {
			cell = cell*uint64(size) + uint64(index[i])
		}
	}
	return cell, true
}

// zone of a place, an index among the finest, or -1.
func (d *domain) zone(place uint32) int {
	if place == event.NoPlace {
		return -1
	}
	return int(d.at[place])
}
