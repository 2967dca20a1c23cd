package live

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/filter"
	"github.com/throng-stats/throng/mobility"
	"github.com/throng-stats/throng/population"
	"github.com/throng-stats/throng/privacy/count"
)

// shard is a part of the devices of a day.
type shard struct {
	devices []device      // ascending by unit
	rows    map[int]*rows // that wait, by bin
	last    *rows         // those of the bin of the last row that came, or nil
	lastBin int
	heard   map[int][]uint64 // by bin: pseudonyms of yesterday of those who were heard in it
}

// device is what is kept of one: sixteen bytes.
type device struct {
	unit  uint64
	place uint32
	time  uint32 // milliseconds after the start of the day
}

// row is one that waits: unit, and time (milliseconds after the start of the day) before place.
type row struct{ unit, at uint64 }

// rows are those of one bin, in no order.
type rows struct {
	list   []row
	packed int // length after the last packing
}

// firstPacking is how many rows of a bin and shard wait before they are packed for the first time.
const firstPacking = 1 << 13

// add takes in a row, and tells how many were dropped as too many of one device.
func (s *shard) add(bin int, r row, most int, p *packer) (flood int64) {
	w := s.last
	if w == nil || s.lastBin != bin {
		w = s.of(bin)
		s.last, s.lastBin = w, bin
	}
	w.list = append(w.list, r)
	if len(w.list) >= max(firstPacking, 2*w.packed) {
		w.list, flood = p.pack(w.list, most)
		w.packed = len(w.list)
	}
	return flood
}

// of are the rows of a bin.
func (s *shard) of(bin int) *rows {
	if s.rows == nil {
		s.rows = map[int]*rows{}
	}
	w := s.rows[bin]
	if w == nil {
		w = &rows{}
		s.rows[bin] = w
	}
	return w
}

func (s *shard) hear(bin int, unit uint64) {
	if s.heard == nil {
		s.heard = map[int][]uint64{}
	}
	list := s.heard[bin]
	if n := len(list); n > 0 && list[n-1] == unit {
		return
	}
	s.heard[bin] = append(list, unit)
}

// Close counts the next bin, which the caller has found to be ready, and returns its tables before the noise. Rows that
// waited for it are gone. places, if set, tells which places are left out: quiet areas.
func (c *Crowd) Close(bin throng.Period, statistic func() population.Statistic, leftOut []bool) ([]*count.Table, error) {
	k := slices.IndexFunc(c.days, func(d *day) bool { return d.closed < d.bins })
	if k < 0 {
		return nil, errOrder(throng.Period{}, bin)
	}
	d := c.days[k]
	if next := d.bin(d.closed, c.opt.Bin); next.Start != bin.Start {
		return nil, errOrder(next, bin)
	}
	var before *day
	if k > 0 && d.closed < c.opt.Carried() && c.days[k-1].period.End == d.period.Start {
		before = c.days[k-1]
	}
	for len(c.closers) < c.opt.Workers {
		c.closers = append(c.closers, &closer{machine: mobility.New(c.opt.Mobility, c.opt.Ground), filter: filter.New(c.opt.Filter, c.opt.Ground), most: c.opt.Rows})
	}
	for _, cl := range c.closers {
		if err := cl.begin(bin, d.period.Start, statistic(), leftOut); err != nil {
			return nil, err
		}
	}
	var group sync.WaitGroup
	var next atomic.Int64
	for _, cl := range c.closers {
		group.Go(func() {
			for s := int(next.Add(1)) - 1; s < shards; s = int(next.Add(1)) - 1 {
				cl.shard(&d.shards[s], d.closed)
				if before != nil {
					cl.carried(&before.shards[s], d.shards[s].heard[d.closed], before.period.Start)
				}
				delete(d.shards[s].heard, d.closed)
			}
		})
	}
	group.Wait()
	tables := c.closers[0].tables
	for i, cl := range c.closers {
		c.filter.Counts.Merge(cl.filter.Counts)
		cl.filter.Counts = filter.Counts{}
		if i > 0 {
			for k, t := range cl.tables {
				tables[k].Merge(t)
			}
		}
	}
	c.Counts.Counts = c.filter.Counts
	d.closed++
	c.tidy()
	return tables, nil
}

// tidy drops days that are counted and carry nothing more.
func (c *Crowd) tidy() {
	for len(c.days) > 1 && c.days[0].closed == c.days[0].bins &&
		(c.days[1].closed >= min(c.opt.Carried(), c.days[1].bins) || c.days[1].period.Start != c.days[0].period.End) {
		c.days = c.days[1:]
	}
}

// closer counts shards of one bin, on one goroutine.
type closer struct {
	machine *mobility.Machine
	filter  *filter.Filter
	most    int // rows of a device
	packer  packer

	bin     throng.Period
	start   int64 // of the day
	stat    population.Statistic
	leftOut []bool
	tables  []*count.Table

	staged  [][]uint64 // contributions of the device at hand, by table
	emit    population.Emit
	unit    population.Unit
	day     mobility.Day
	seen    []mobility.Seen
	records []event.Record
	next    []device
}

// begin prepares for a bin of the day that starts at start.
func (cl *closer) begin(bin throng.Period, start int64, stat population.Statistic, leftOut []bool) error {
	cl.bin, cl.start, cl.stat, cl.leftOut, cl.tables = bin, start, stat, leftOut, nil
	for _, t := range stat.Tables() {
		table, err := count.For(t)
		if err != nil {
			return err
		}
		cl.tables = append(cl.tables, table)
	}
	cl.staged = make([][]uint64, len(cl.tables))
	cl.emit = func(table int, cell uint64) { cl.staged[table] = append(cl.staged[table], cell) }
	cl.unit = population.Unit{Period: bin, Day: &cl.day}
	return nil
}

// shard goes through the devices that are kept and the rows of the bin, both in order of their units.
func (cl *closer) shard(s *shard, bin int) {
	var waiting []row
	if w := s.rows[bin]; w != nil {
		var flood int64
		waiting, flood = cl.packer.pack(w.list, cl.most)
		cl.filter.Counts.Dropped[filter.Flood] += flood
	}
	old := s.devices
	cl.next = cl.next[:0]
	for i := 0; i < len(waiting) || len(old) > 0; {
		switch {
		case i == len(waiting) || len(old) > 0 && old[0].unit < waiting[i].unit:
			cl.keep(old[0], nil)
			old = old[1:]
		default:
			j := i + 1
			for j < len(waiting) && waiting[j].unit == waiting[i].unit {
				j++
			}
			d := device{unit: waiting[i].unit, place: event.NoPlace, time: never}
			if len(old) > 0 && old[0].unit == d.unit {
				d, old = old[0], old[1:]
			}
			cl.keep(d, waiting[i:j])
			i = j
		}
	}
	s.devices = append(s.devices[:0], cl.next...)
	clear(waiting[:cap(waiting)])
	delete(s.rows, bin)
	s.last = nil
}

// never stands for the time of a device that was not heard on the day.
const never = 1<<32 - 1

// keep counts one device in the bin, and keeps it while it may still be where it was heard.
func (cl *closer) keep(d device, rows []row) {
	held := mobility.Held{}
	if d.time != never {
		held = mobility.Held{Place: d.place, Time: cl.start + int64(d.time)}
	}
	cl.seen = cl.seen[:0]
	if len(rows) > 0 {
		cl.clean(d.unit, rows)
	}
	cl.day.Spans = cl.machine.Bin(cl.day.Spans[:0], &held, cl.seen, cl.bin.Start, cl.bin.End)
	cl.count()
	if cl.machine.Holds(held, cl.bin.End) {
		cl.next = append(cl.next, device{d.unit, held.Place, uint32(held.Time - cl.start)})
	}
}

// clean drops rows that cannot be true, as far as that can be told without knowing what comes next.
func (cl *closer) clean(unit uint64, rows []row) {
	cl.records = cl.records[:0]
	for _, r := range rows {
		cl.records = append(cl.records, event.Record{Unit: unit, Time: uint32(r.at >> 32), Place: uint32(r.at)})
	}
	for _, r := range cl.filter.Instant(cl.records, cl.start) {
		cl.seen = append(cl.seen, mobility.Seen{Time: cl.start + int64(r.Time), Place: r.Place})
	}
}

func (cl *closer) count() {
	spans := cl.day.Spans
	if cl.leftOut != nil {
		spans = slices.DeleteFunc(spans, func(s mobility.Span) bool { return cl.leftOut[s.Place] })
		cl.day.Spans = spans
	}
	if len(spans) == 0 {
		return
	}
	for i := range cl.staged {
		cl.staged[i] = cl.staged[i][:0]
	}
	cl.stat.Contribute(&cl.unit, cl.emit)
	for i, t := range cl.tables {
		t.Unit(cl.staged[i])
	}
}

// carried counts the devices of the day before that have not been heard today, where that day ended.
func (cl *closer) carried(s *shard, heard []uint64, start int64) {
	slices.Sort(heard)
	kept := s.devices[:0]
	for _, d := range s.devices {
		for len(heard) > 0 && heard[0] < d.unit {
			heard = heard[1:]
		}
		if len(heard) > 0 && heard[0] == d.unit {
			continue
		}
		held := mobility.Held{Place: d.place, Time: start + int64(d.time)}
		cl.day.Spans = cl.machine.Bin(cl.day.Spans[:0], &held, nil, cl.bin.Start, cl.bin.End)
		cl.count()
		if cl.machine.Holds(held, cl.bin.End) {
			kept = append(kept, d)
		}
	}
	clear(s.devices[len(kept):])
	s.devices = kept
}
