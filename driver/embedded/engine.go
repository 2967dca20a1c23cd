// Package embedded runs the stages in order in one process, on all cores, in bounded memory.
package embedded

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/driver/embedded/internal/spool"
	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/feed"
	"github.com/throng-stats/throng/filter"
	"github.com/throng-stats/throng/locate"
	"github.com/throng-stats/throng/mobility"
	"github.com/throng-stats/throng/population"
	"github.com/throng-stats/throng/privacy/bound"
	"github.com/throng-stats/throng/privacy/count"
)

// Tuning says how a run uses its machine. Nothing in it changes a result.
type Tuning struct {
	// Workers is the number of goroutines. Default: the number of cores.
	Workers int
	// Shards is the most shards of a period; units are divided among them by their pseudonym. Default 256: the records of a
	// shard of a large day stay near the processor.
	Shards int
	// Memory is about how many bytes of records are kept in memory; the rest is written encrypted to Scratch. Default 512 MiB.
	Memory int64
	// Scratch is the folder for what does not fit. Default: the system's folder for temporary files.
	Scratch string
	// Progress, if set, is told now and then how many bytes of the input have been read, and of how many.
	Progress func(done, of int64)
}

// EnsureDefaults fills what is zero.
func (t *Tuning) EnsureDefaults() {
	if t.Workers == 0 {
		t.Workers = runtime.GOMAXPROCS(0)
	}
	if t.Shards == 0 {
		t.Shards = 256
	}
	if t.Memory == 0 {
		t.Memory = 512 << 20
	}
	if t.Progress == nil {
		t.Progress = func(int64, int64) {}
	}
}

// mostShards is the most shards of all periods together: each reader keeps a block of 8 KiB for each.
const mostShards = 2048

// Pass is one reading of a feed: its periods, and what is counted in each.
type Pass struct {
	Periods  []throng.Period
	Ground   *locate.Ground
	Filter   filter.Options
	Mobility mobility.Options
	Trips    bool // rows are trips
	Sales    bool // rows are tickets, purchases, cases or reports
	// Statistics returns what is counted in a period; it is called once a worker.
	Statistics func(throng.Period) []population.Statistic
	// Segments says that a statistic reads the segments of the day.
	Segments bool
	// Classify gives the attributes of a unit by its pseudonym and the country of its SIM (0 when not given); it is
	// asked once a unit and period, about its first record.
	Classify func(unit uint64, sim uint16, inbound bool) event.Attr
	// Pages, if set, is asked once a period for the day of a book into which the period's units leave their pages, or nil,
	// and for what the door noted of their pseudonyms in pairs of months, or nil. The caller commits the day after Period.
	Pages func(period int) (*BookDay, *feed.Kin)
	// LeaveOut, if set, tells of each place whether records from there are left out of the pages of a period: quiet areas
	// (privacy.md, section 27, rule 4). Nil: none.
	LeaveOut func(period int) []bool
}

// Engine is one pass in the making. Read first, then Period for each.
type Engine struct {
	Counts filter.Counts // of everything so far; inside

	pass  Pass
	tune  Tuning
	spool *spool.Spool
	mu    sync.Mutex
}

// New prepares a pass.
func New(pass Pass, tune Tuning) *Engine {
	tune.EnsureDefaults()
	shards := max(1, min(tune.Shards, mostShards/max(1, len(pass.Periods))))
	return &Engine{pass: pass, tune: tune, spool: spool.New(len(pass.Periods), shards, pass.layout(), tune.Memory, tune.Scratch)}
}

func (p *Pass) layout() spool.Layout {
	switch {
	case p.Sales:
		return spool.Sales
	case p.Trips:
		return spool.Trips
	}
	return spool.Events
}

// Close removes what was written.
func (e *Engine) Close() error { return e.spool.Close() }

// Spilled is how many bytes of records did not fit into memory.
func (e *Engine) Spilled() int64 { return e.spool.Spilled() }

// Read reads all parts, on all workers, in any order.
func (e *Engine) Read(ctx context.Context, parts []feed.Part) error {
	var total int64
	for _, p := range parts {
		total += p.Bytes()
	}
	var done atomic.Int64
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	queue := make(chan feed.Part)
	var group sync.WaitGroup
	for range min(e.tune.Workers, len(parts)) {
		group.Go(func() {
			r := e.reader()
			for p := range queue {
				if err := r.part(ctx, p); err != nil {
					cancel(err)
					return
				}
				e.tune.Progress(done.Add(p.Bytes()), total)
			}
			if err := r.end(); err != nil {
				cancel(err)
			}
		})
	}
	for _, p := range parts {
		select {
		case queue <- p:
		case <-ctx.Done():
		}
	}
	close(queue)
	group.Wait()
	return context.Cause(ctx)
}

// reader is one goroutine that reads parts. Its blocks go on from part to part, so that many small files do not leave
// many small blocks.
type reader struct {
	engine *Engine
	filter *filter.Filter
	writer *spool.Writer
}

func (e *Engine) reader() *reader {
	return &reader{e, filter.New(e.pass.Filter, e.pass.Ground), e.spool.Writer()}
}

// part reads one part to its end.
func (r *reader) part(ctx context.Context, p feed.Part) error {
	periods, at := r.engine.pass.Periods, 0 // at is the period of the row before
	start, end := periods[at].Start, periods[at].End
	var one event.Record
	if r.engine.pass.Sales {
		return r.sales(ctx, p)
	}
	return feed.Each(ctx, p, func(b *event.Batch) error {
		for i, ms := range b.Time {
			if ms < start || ms >= end {
				at = r.engine.period(ms, at)
				start, end = periods[at].Start, periods[at].End
			}
			if !r.filter.Row(b, i, start, end, ms >= start && ms < end, &one) {
				continue
			}
			if err := r.writer.Add(at, &one); err != nil {
				return err
			}
		}
		return nil
	})
}

// sales reads one part of tickets, purchases, cases or reports to its end.
func (r *reader) sales(ctx context.Context, p feed.Part) error {
	periods, at := r.engine.pass.Periods, 0
	var one event.Record
	return feed.Each(ctx, p, func(b *event.Batch) error {
		for i, ms := range b.Time {
			at = r.engine.period(ms, at)
			if !r.filter.Sale(b, i, periods[at].Start, periods[at].Contains(ms), &one) {
				continue
			}
			if err := r.writer.Add(at, &one); err != nil {
				return err
			}
		}
		return nil
	})
}

// end hands over what is left.
func (r *reader) end() error {
	r.engine.mu.Lock()
	r.engine.Counts.Merge(r.filter.Counts)
	r.engine.mu.Unlock()
	return r.writer.Flush()
}

// period returns the period of an instant, or the one given when there is none.
func (e *Engine) period(ms int64, otherwise int) int {
	lo, hi := 0, len(e.pass.Periods)
	for lo < hi {
		if mid := (lo + hi) / 2; e.pass.Periods[mid].End <= ms {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo < len(e.pass.Periods) && e.pass.Periods[lo].Contains(ms) {
		return lo
	}
	return otherwise
}

// Records is the number of admitted records of a period.
func (e *Engine) Records(period int) int { return e.spool.Len(period) }

// Counted are the exact tables of one product and period, before the noise.
type Counted struct {
	Product string
	Tables  []*count.Table
}

// Period runs the records of one period through the stages and returns its tables. They are the same, bit for bit, for
// any number of workers and shards and any order of files and rows.
func (e *Engine) Period(ctx context.Context, period int) ([]Counted, error) {
	var next atomic.Int64
	workers := make([]*worker, min(e.tune.Workers, e.spool.Shards()))
	errs := make([]error, len(workers))
	var group sync.WaitGroup
	book := e.book(period)
	for i := range workers {
		w, err := e.worker(e.pass.Periods[period])
		if err != nil {
			return nil, err
		}
		w.pages = book()
		workers[i] = w
	}
	for i, w := range workers { // when all are there: one that works when another cannot be made would go on in what is closed
		group.Go(func() {
			for {
				shard := int(next.Add(1)) - 1
				if shard >= e.spool.Shards() || ctx.Err() != nil {
					errs[i] = w.pages.end()
					return
				}
				if errs[i] = w.shard(e.spool, period, shard); errs[i] != nil {
					return
				}
			}
		})
	}
	group.Wait()
	if err := errors.Join(append(errs, context.Cause(ctx))...); err != nil {
		return nil, err
	}
	for _, w := range workers[1:] {
		for i, c := range w.counted {
			for k, t := range c.Tables {
				workers[0].counted[i].Tables[k].Merge(t)
			}
		}
	}
	for _, w := range workers {
		e.Counts.Merge(w.filter.Counts)
	}
	return workers[0].counted, nil
}

// summing is a statistic that also has tables of sums, and its amounts of the unit at hand, by table; nil for others.
type summing struct {
	stat   population.Summing
	staged [][]bound.Amount
	emit   population.EmitAmount
}

// newSumming prepares the tables of sums of a statistic, if it has any.
func newSumming(s population.Statistic) summing {
	stat, ok := s.(population.Summing)
	if !ok {
		return summing{}
	}
	staged := make([][]bound.Amount, len(s.Tables()))
	return summing{stat, staged, func(table int, cell uint64, amount int64) {
		staged[table] = append(staged[table], bound.Amount{Cell: cell, Value: amount})
	}}
}

// add runs the statistic on one unit.
func (s *summing) add(u *population.Unit, tables []*count.Table) {
	if s.stat == nil {
		return
	}
	s.stat.Sum(u, s.emit)
	for k, t := range tables {
		t.Amounts(s.staged[k])
		s.staged[k] = s.staged[k][:0]
	}
}

// worker holds the tools and tables of one goroutine.
type worker struct {
	pass    *Pass
	period  throng.Period
	filter  *filter.Filter
	machine *mobility.Machine
	stats   []population.Statistic
	counted []Counted
	staged  [][][]uint64      // contributions of the unit at hand, by statistic and table
	emits   []population.Emit // of each statistic: into staged
	sums    []summing         // of each statistic
	group   *spool.Grouper
	at      population.Unit // at hand
	pages   *pager          // nil where nothing is kept for a month
}

func (e *Engine) worker(p throng.Period) (*worker, error) {
	w := &worker{pass: &e.pass, period: p, filter: filter.New(e.pass.Filter, e.pass.Ground),
		machine: mobility.New(e.pass.Mobility, e.pass.Ground), stats: e.pass.Statistics(p), group: e.spool.Grouper()}
	for _, s := range w.stats {
		c := Counted{Product: s.Product()}
		for _, t := range s.Tables() {
			table, err := count.For(t)
			if err != nil {
				return nil, fmt.Errorf("product %s: %w", s.Product(), err)
			}
			c.Tables = append(c.Tables, table)
		}
		w.counted = append(w.counted, c)
		w.sums = append(w.sums, newSumming(s))
		staged := make([][]uint64, len(c.Tables))
		w.staged = append(w.staged, staged)
		w.emits = append(w.emits, func(table int, cell uint64) { staged[table] = append(staged[table], cell) })
	}
	return w, nil
}

// shard runs the units of one shard.
func (w *worker) shard(s *spool.Spool, period, shard int) error {
	blocks, err := s.Take(period, shard)
	if err != nil {
		return err
	}
	sorted, ends := w.group.Group(blocks)
	from := int32(0)
	for _, end := range ends {
		w.unit(sorted[from:end])
		from = end
	}
	return w.pages.fault()
}

// unit runs one unit: filter, mobility, statistics, bounded count.
func (w *worker) unit(records []event.Record) {
	u := &w.at
	*u = population.Unit{Period: w.period}
	first := records[0]
	switch {
	case w.pass.Sales:
		if u.Sales = w.filter.Sales(records); len(u.Sales) == 0 {
			return
		}
	case w.pass.Trips:
		if records = w.filter.Trips(records); len(records) == 0 {
			return
		}
		u.Trip = records[0]
	default:
		if records = w.filter.Unit(records, w.period.Start); len(records) == 0 {
			return
		}
		u.Inbound = w.filter.Domain(first.SIM, 0) == filter.Inbound
		u.Attr = w.pass.Classify(first.Unit, first.SIM, u.Inbound)
		u.Day = w.machine.Day(records, w.period.Start, w.period.End, w.pass.Segments)
		w.pages.keep(w.machine, first.Unit, first.SIM, u)
	}
	for i, s := range w.stats {
		staged := w.staged[i]
		for k := range staged {
			staged[k] = staged[k][:0]
		}
		s.Contribute(u, w.emits[i])
		for k, t := range w.counted[i].Tables {
			t.Unit(staged[k])
		}
		w.sums[i].add(u, w.counted[i].Tables)
	}
}
