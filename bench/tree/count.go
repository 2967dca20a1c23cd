package main

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"os"
	"slices"
	"sync"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/driver/embedded"
	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/feed"
	"github.com/throng-stats/throng/feed/files"
	"github.com/throng-stats/throng/locate"
	"github.com/throng-stats/throng/population"
	"github.com/throng-stats/throng/population/present"
)

// exact is the statistic of present, whose contributions are summed here instead of at the door. What is counted is
// invented; a table of a real feed is never taken out without noise.
type exact struct {
	*present.Present
	mu    *sync.Mutex
	sums  [][]float64 // by hour, then unit; shared
	hours int
}

// Tables is none: nothing goes to the door.
func (exact) Tables() []population.Table { return nil }

// Contribute adds what the unit of privacy adds.
func (x exact) Contribute(u *population.Unit, _ population.Emit) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.Present.Contribute(u, func(_ int, cell uint64) { x.sums[int(cell)%x.hours][int(cell)/x.hours]++ })
}

// count runs the stages of the product over all days with the given units as leaves.
func (w *world) count(ctx context.Context, u *way) error {
	g := *w.ground.base
	g.Places = slices.Clone(g.Places)
	for i := range g.Places {
		g.Places[i].Leaf = max(u.of[i], 0)
		if u.of[i] < 0 { // outside all zones: counted nowhere
			g.Places[i].Leaf = int32(u.n)
		}
	}
	g.Tree = throng.Tree{Leaves: make([]throng.Leaf, u.n+1), Blocks: make([]throng.Block, 1), Areas: make([]throng.Block, 1)}
	g.Index()
	for day := range w.days {
		sums, err := w.countDay(ctx, &g, day)
		if err != nil {
			return err
		}
		for h := range sums {
			sums[h] = sums[h][:u.n]
		}
		u.exact = append(u.exact, sums)
	}
	return nil
}

func (w *world) countDay(ctx context.Context, g *locate.Ground, day int) ([][]float64, error) {
	period := w.days[day]
	var key [16]byte // a fixed key: the people are invented, and the same run gives the same numbers
	binary.BigEndian.PutUint64(key[:], rand.New(rand.NewPCG(uint64(day), 72)).Uint64())
	door := feed.NewDoor([]throng.Period{period}, [][16]byte{key}, w.objected())
	paths, err := w.contract.FilesFor(period.Name)
	if err != nil {
		return nil, err
	}
	o := w.contract.FeedOptions()
	opt := feed.Options{Kind: o.Kind, Format: o.Format, Drop: o.Drop, Unit: o.Unit, Files: paths, Clock: w.contract.Location(), Strict: true}
	for _, c := range o.Columns {
		opt.Columns = append(opt.Columns, feed.Column{Name: c.Name, As: c.As, Type: c.Type, Format: c.Format, Zone: c.Zone})
	}
	input, err := files.Open(ctx, opt, g, door)
	if err != nil {
		return nil, err
	}
	hours := period.Bins(3_600_000_000_000)
	sums := make([][]float64, hours)
	for h := range sums {
		sums[h] = make([]float64, len(g.Tree.Leaves))
	}
	var mu sync.Mutex
	pass := embedded.Pass{Periods: []throng.Period{period}, Ground: g,
		Classify: func(uint64, uint16, bool) event.Attr { return event.Attr{} },
		Statistics: func(p throng.Period) []population.Statistic {
			return []population.Statistic{exact{present.New(g, p, present.Options{}), &mu, sums, hours}}
		}}
	for _, mcc := range w.contract.Local {
		pass.Filter.Local = append(pass.Filter.Local, uint16(mcc))
	}
	e := embedded.New(pass, embedded.Tuning{Scratch: os.TempDir()})
	defer e.Close()
	if err := e.Read(ctx, input.Parts()); err != nil {
		return nil, err
	}
	_, err = e.Period(ctx, 0)
	return sums, err
}

// objected lists who opted out.
func (w *world) objected() (list [][]byte) {
	out, _ := w.contract.ReadOptOut() // read and checked with the contract's other tables
	for _, id := range out {
		list = append(list, []byte(id))
	}
	return list
}
