package present

import (
	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/locate"
	"github.com/throng-stats/throng/population"
)

// Visitors counts in how many devices' day a zone is, each device once in a zone (methods.md, section 21, distinct
// visitors). It is a value of one worker.
type Visitors struct {
	most   int
	at     []int32 // of each place
	seen   []int32 // scratch: zones of the device, in order
	tables []population.Table
}

// NewVisitors returns the statistic of one civil day: the first so many zones of a device, in the order of its first moment
// there; 0 is 10 (privacy.md, section 4). It adds 1 to at most so many different cells: D2 = 10.
func NewVisitors(ground *locate.Ground, _ throng.Period, most int) *Visitors {
	if most == 0 {
		most = 10
	}
	return &Visitors{most: most, at: PlaceZones(ground), tables: []population.Table{{
		Shape: throng.Shape{Name: "total", Dims: []throng.Dim{finestDim(ground)}},
		Bound: population.Bound{Cells: most, PerCell: 1}}}}
}

// finestDim is the dimension of the finest zones.
func finestDim(ground *locate.Ground) throng.Dim {
	dim := throng.Dim{Name: throng.DimZone, Level: throng.LevelZone}
	if ids := ground.Zones.Finest(); len(ids) > 0 {
		dim.Codes = ground.Zones.IDs(ids...)
	}
	return dim
}

// Product is "visitors".
func (v *Visitors) Product() string { return "visitors" }

// Tables is the one table by zone.
func (v *Visitors) Tables() []population.Table { return v.tables }

// Contribute adds 1 to each of the first zones of the timeline.
func (v *Visitors) Contribute(u *population.Unit, emit population.Emit) {
	v.seen = v.seen[:0]
next:
	for _, s := range u.Day.Spans {
		zone := v.at[s.Place]
		if zone < 0 {
			continue
		}
		for _, before := range v.seen {
			if before == zone {
				continue next
			}
		}
		if len(v.seen) == v.most {
			return
		}
		v.seen = append(v.seen, zone)
		emit(0, uint64(zone))
	}
}
