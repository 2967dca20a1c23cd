package present

import (
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/locate"
	"github.com/throng-stats/throng/mobility"
	"github.com/throng-stats/throng/population"
)

// Live counts where people are now: a device 1 in the leaf in which it was for most of one bin of the live timeline, and in
// the block and the area of that leaf (methods.md, section 21). It is a value of one worker.
type Live struct {
	ground *locate.Ground
	bin    throng.Period
	leaf   []int32 // of each place
	at     [1]int32
	tables []population.Table
}

// LiveName names a bin by the instant at which it starts, in UTC: "2026-02-03T07:15Z".
func LiveName(start int64) string { return time.UnixMilli(start).UTC().Format("2006-01-02T15:04Z") }

// NewLive returns the statistic of one bin. A device is in one leaf, block and area at most, so it adds 1 to at most one cell
// of each table: D2 = 1. In the first bins of a day, in which a device without a record is counted where yesterday ended, a
// record that is taken away may bring that back elsewhere: the bin is carried, and D2 = 2 (privacy.md, section 4, L6).
func NewLive(ground *locate.Ground, bin throng.Period, carried bool) *Live {
	l := &Live{ground: ground, bin: bin}
	for _, place := range ground.Places {
		l.leaf = append(l.leaf, place.Leaf)
	}
	when := throng.Dim{Name: throng.DimTime, Codes: []string{time.UnixMilli(bin.Start).UTC().Format(time.RFC3339)}}
	for _, level := range []struct {
		name string
		ids  []string
	}{{throng.LevelLeaf, ground.Tree.LeafIDs()}, {throng.LevelBlock, ground.Tree.BlockIDs()}, {throng.LevelArea, ground.Tree.AreaIDs()}} {
		l.tables = append(l.tables, population.Table{
			Shape: throng.Shape{Name: level.name, Dims: []throng.Dim{{Name: throng.DimZone, Level: level.name, Codes: level.ids}, when}},
			Bound: population.Bound{Cells: 1, PerCell: 1}, Move: carried})
	}
	return l
}

// Product is "present-live".
func (l *Live) Product() string { return "present-live" }

// Tables lists leaf, block and area.
func (l *Live) Tables() []population.Table { return l.tables }

// Contribute adds 1 at each level where the device was somewhere.
func (l *Live) Contribute(u *population.Unit, emit population.Emit) {
	mobility.Dominant(l.at[:], u.Day.Spans, l.bin.Start, l.bin.End-l.bin.Start, l.leaf)
	leaf := l.at[0]
	if leaf < 0 {
		return
	}
	block := l.ground.Tree.Leaves[leaf].Block
	emit(0, uint64(leaf))
	emit(1, uint64(block))
	emit(2, uint64(l.ground.Tree.Blocks[block].Up))
}
