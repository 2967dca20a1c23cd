package present

import (
	"slices"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/locate"
	"github.com/throng-stats/throng/population"
)

// Arrivals counts when people come into a zone: a device once in a zone and day, in the hour in which its timeline first
// enters it. The zone in which its day begins is not arrived at (docs/method/arrivals.md). It is a value of one worker.
type Arrivals struct {
	most   int
	start  int64
	at     []int32 // of each place
	seen   []int32 // scratch: zones of the device, in order
	tables []population.Table
}

// NewArrivals returns the statistic of one civil day: the first so many zones of a device; 0 is 10. It adds 1 to at most so many
// different cells, one a zone: D2 = 10 (privacy.md, section 4, L2; the state is reset at midnight).
func NewArrivals(ground *locate.Ground, day throng.Period, most int) *Arrivals {
	if most == 0 {
		most = 10
	}
	return &Arrivals{most: most, start: day.Start, at: PlaceZones(ground), tables: []population.Table{{
		Shape: throng.Shape{Name: "total", Dims: []throng.Dim{finestDim(ground), {Name: throng.DimTime, Codes: day.BinCodes(time.Hour)}}},
		Bound: population.Bound{Cells: most, PerCell: 1}}}}
}

// Product is "arrivals".
func (a *Arrivals) Product() string { return "arrivals" }

// Tables is the one table by zone and hour.
func (a *Arrivals) Tables() []population.Table { return a.tables }

// Contribute adds 1 for each of the first zones that are entered.
func (a *Arrivals) Contribute(u *population.Unit, emit population.Emit) {
	a.seen = a.seen[:0]
	for i, s := range u.Day.Spans {
		zone := a.at[s.Place]
		if zone < 0 || slices.Contains(a.seen, zone) {
			continue
		}
		if a.seen = append(a.seen, zone); i == 0 {
			continue // where the day begins
		}
		if len(a.seen) > a.most+1 {
			return
		}
		shape := &a.tables[0].Shape
		emit(0, shape.Cell(int(zone), int((s.Start-a.start)/time.Hour.Milliseconds())))
	}
}
