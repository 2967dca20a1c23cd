package migration

import (
	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/locate"
	"github.com/throng-stats/throng/population"
	"github.com/throng-stats/throng/population/flow"
	"github.com/throng-stats/throng/population/present"
	"github.com/throng-stats/throng/population/usual"
)

// Moves counts who moved from zone to zone between two consecutive months. It is a value of one worker.
type Moves struct {
	rule   string
	zones  int
	ground Ground // of leaves
	tables []population.Table
}

// New returns the statistic for homes found by a rule of package usual: usual.Permanence, where a unit has moved whose homes
// overlap by less than half and counts in the pair of zones with the largest p_i q_j; otherwise usual.Modal, where the zones
// differ (methods.md, section 21). A unit is in one pair at most: k = c = 1. A day that is taken away from either month can
// move it to another cell, so Move is set and D2 = 2 (privacy.md, section 4, L4).
func New(ground *locate.Ground, rule string) *Moves {
	finest, leaves := ground.Zones.Finest(), present.LeafZones(ground)
	from := throng.Dim{Name: throng.DimZone, Level: throng.LevelZone}
	if len(finest) > 0 {
		from.Codes = ground.Zones.IDs(finest...)
	}
	to := from
	to.Name = throng.DimZone2
	shape := throng.Shape{Name: "total", Dims: []throng.Dim{from, to}}
	return &Moves{rule: rule, zones: len(finest), tables: []population.Table{{Shape: shape,
		Bound: population.Bound{Cells: 1, PerCell: 1}, Sparse: shape.Cells() > flow.MostDense, Move: true}},
		ground: Ground{Zone: func(leaf uint32) (uint32, bool) {
			if int(leaf) >= len(leaves) || leaves[leaf] < 0 {
				return 0, false
			}
			return uint32(leaves[leaf]), true
		}}}
}

// Product is "migration".
func (s *Moves) Product() string { return "migration" }

// Tables is the table of pairs of zones, before and now.
func (s *Moves) Tables() []population.Table { return s.tables }

// Contribute adds 1 to the pair of a unit that moved. A unit without a home in either month adds nothing.
func (s *Moves) Contribute(p *population.Pair, emit population.Emit) {
	if len(p.Before) == 0 || len(p.Now) == 0 {
		return
	}
	if s.rule != usual.Permanence {
		if p.Before[0] != p.Now[0] {
			emit(0, uint64(int(p.Before[0])*s.zones+int(p.Now[0])))
		}
		return
	}
	flows, _ := s.ground.Flows(p.Before, p.Now, Threshold)
	if main, ok := Main(flows); ok {
		emit(0, uint64(int(main.From)*s.zones+int(main.To)))
	}
}
