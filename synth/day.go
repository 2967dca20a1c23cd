package synth

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/synth/people"
	"github.com/throng-stats/throng/synth/signal"
)

// phone is a device and its day, as a range of the chunk's stays.
type phone struct {
	device   *signal.Device
	from, to int32
	heard    int32 // where its stays are in heard
	left     zones // in which it left a row
}

// chunk is the day of some people: what their phones need. Nobody without a phone is kept.
type chunk struct {
	phones []phone
	stays  []people.Stay
	heard  []bool // of the stays of each phone: whether it left a row in them
}

// WriteDay writes a day, counted from 0, below dir: in/DAY.parquet (or .csv) with the rows, truth/DAY.parquet with what
// happened. Both appear whole or not at all. progress, if any, hears how many rows have been written, about 25 times.
// Memory is bounded by people: two hours of rows and the day's diaries.
func (w *World) WriteDay(ctx context.Context, dir string, day int, progress func(rows int)) error {
	if day < 0 || day >= w.options.Days {
		return fmt.Errorf("synth: day %d is not in the world, which lasts from 0 to %d", day, w.options.Days-1)
	}
	period := w.Period(day)
	chunks, truth, err := w.live(ctx, day, period)
	if err != nil {
		return err
	}
	if err := w.writeRows(ctx, dir, day, period, chunks, progress); err != nil {
		return err
	}
	return writeParquet(truthPath(dir, period.Name), slices.Concat(truth.Rows, w.heardRows(chunks), w.heardVisits(chunks)))
}

// Truth is what happens on a day, without writing or drawing any rows, so without what is heard of it.
func (w *World) Truth(ctx context.Context, day int) (*Truth, error) {
	_, truth, err := w.live(ctx, day, w.Period(day))
	return truth, err
}

// each runs the work for every number below n on all processors, with a number of the worker; it stops early when ctx ends.
func each(ctx context.Context, n int, work func(worker, i int)) error {
	var next atomic.Int64
	var group sync.WaitGroup
	for worker := range workers() {
		group.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				work(worker, i)
			}
		})
	}
	group.Wait()
	return ctx.Err()
}

func workers() int { return runtime.GOMAXPROCS(0) }

// live lets everybody live a day.
func (w *World) live(ctx context.Context, day int, period throng.Period) ([]chunk, *Truth, error) {
	n := len(w.all.List)
	chunks := make([]chunk, (n+chunkPeople-1)/chunkPeople, (n+chunkPeople-1)/chunkPeople+1)
	diarists, tallies := make([]*people.Diarist, workers()), make([]*tally, workers())
	for i := range diarists {
		diarists[i], tallies[i] = w.all.Diarist(), w.newTally()
	}
	elapsed := clockOf(period, w.clock)
	err := each(ctx, len(chunks), func(worker, c int) {
		diarist, tally := diarists[worker], tallies[worker]
		first, last := c*chunkPeople, min(n, (c+1)*chunkPeople)
		devices, at := w.devicesOf(first, last), 0
		for i := first; i < last; i++ {
			stays := diarist.Day(i, day)
			for k := range stays {
				stays[k].From, stays[k].To = elapsed(stays[k].From), elapsed(stays[k].To)
			}
			tally.live(w.plan, stays, w.personaOf(i, day), elapsed)
			from := int32(len(chunks[c].stays))
			for ; at < len(devices) && int(devices[at].Person) == i; at++ {
				if from == int32(len(chunks[c].stays)) {
					chunks[c].stays = append(chunks[c].stays, stays...)
				}
				chunks[c].phones = append(chunks[c].phones, phone{&devices[at], from, from + int32(len(stays)), int32(len(chunks[c].heard)), 0})
				chunks[c].heard = append(chunks[c].heard, make([]bool, len(stays))...)
			}
		}
	})
	if err != nil {
		return nil, nil, fmt.Errorf("synth: day %s was not finished: %w", period.Name, err)
	}
	for _, t := range tallies[1:] {
		tallies[0].merge(t)
	}
	return append(chunks, w.stand(period)), w.truthOf(period, tallies[0]), nil
}

// stand is the day of things: they stand where they stand.
func (w *World) stand(period throng.Period) chunk {
	var c chunk
	for i := range w.things() {
		thing := &w.things()[i]
		at := int32(len(c.stays))
		c.stays = append(c.stays, people.Stay{To: int32((period.End - period.Start) / 1000), Spot: thing.Spot})
		c.phones = append(c.phones, phone{thing, at, at + 1, at, 0})
		c.heard = append(c.heard, false)
	}
	return c
}

// clockOf turns seconds of a civil day of 24 hours into seconds since the day began. On a day of 23 hours the missing hour is
// one instant; on a day of 25 the hour that comes twice belongs to what went on before it.
func clockOf(period throng.Period, loc *time.Location) func(int32) int32 {
	shift := int32((period.End-period.Start)/1000) - 86400
	if shift == 0 {
		return func(t int32) int32 { return t }
	}
	offset := func(ms int64) int {
		_, seconds := time.UnixMilli(ms).In(loc).Zone()
		return seconds
	}
	change := int32(0)
	for offset(period.Start+int64(change)*1000) == offset(period.Start) {
		change += 900
	}
	return func(t int32) int32 {
		if t < change {
			return t
		}
		return max(change, t+shift)
	}
}
