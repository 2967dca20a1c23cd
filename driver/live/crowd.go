// Package live keeps the crowd of one partition of a log: who is where now, bin by bin.
//
// Of a device it keeps where it was last heard, and when: sixteen bytes. Rows wait until the bin in which they lie has ended
// and the log's clock has passed its lateness; then the bin is counted, and the rows are gone. What a row counts for is
// decided by its own stamps and by the order of the log, so that the tables are the same however the log is cut into batches,
// and wherever it is taken up again.
package live

import (
	"fmt"
	"slices"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/feed"
	"github.com/throng-stats/throng/filter"
	"github.com/throng-stats/throng/locate"
	"github.com/throng-stats/throng/mobility"
)

// Options of the crowd of a partition.
type Options struct {
	Ground   *locate.Ground
	Filter   filter.Options
	Mobility mobility.Options
	// Bin is the width of a bin. Default 15 minutes.
	Bin time.Duration
	// Late is how long after its time a row may arrive and still be counted live, in milliseconds. Default 10 minutes.
	Late int64
	// Carry is in how many bins after midnight a device without a row is counted where the day before ended. Default 8; -1 is none.
	Carry int
	// Rows is the most rows of one device that count in one bin, the first by time; so that memory grows with devices and not
	// with rows. Default 256.
	Rows int
	// Stamped says that the log stamps its entries in their order, so that each moves its clock at once. Otherwise marks alone do:
	// a column of arrivals may be in any order within a file. Default: false.
	Stamped bool
	// Workers is the number of goroutines that count a bin. Default 1.
	Workers int
}

// EnsureDefaults fills what is zero.
func (o *Options) EnsureDefaults() {
	o.Mobility.EnsureDefaults()
	o.Filter.EnsureDefaults()
	if o.Bin == 0 {
		o.Bin = 15 * time.Minute
	}
	if o.Late == 0 {
		o.Late = 10 * time.Minute.Milliseconds()
	}
	if o.Carry == 0 {
		o.Carry = 8
	}
	if o.Rows == 0 {
		o.Rows = 256
	}
	if o.Workers == 0 {
		o.Workers = 1
	}
}

// Carried is in how many bins after midnight yesterday is carried on: Carry, or 0 when that is -1.
func (o Options) Carried() int { return max(0, o.Carry) }

// CarryFor is how long after midnight rows need the pseudonym of the day before, in milliseconds: for feed.Door.Carry.
func (o Options) CarryFor() int64 { return int64(o.Carried()) * o.Bin.Milliseconds() }

// Counts are what a crowd has seen. They are exact and stay inside.
type Counts struct {
	filter.Counts
	// Late are rows that arrived too late to be counted live, by how late after their time: under 15 minutes, an hour, six
	// hours, a day, and more.
	Late [5]int64
	// Back are entries whose stamp lay before that of an earlier one: the log's clock went back.
	Back int64
}

// Merge adds the counts of another partition.
func (c *Counts) Merge(o Counts) {
	c.Counts.Merge(o.Counts)
	for i, n := range o.Late {
		c.Late[i] += n
	}
	c.Back += o.Back
}

// lateAges are the upper ends of the classes of Counts.Late, in milliseconds.
var lateAges = [...]int64{15 * 60e3, 3600e3, 6 * 3600e3, 24 * 3600e3}

// LateNames are the words of Counts.Late.
var LateNames = [...]string{"under 15 minutes", "under an hour", "under six hours", "under a day", "a day or more"}

// Crowd is one partition. It belongs to one goroutine; Close uses more.
type Crowd struct {
	Counts Counts

	opt     Options
	filter  *filter.Filter
	at      feed.Mark
	days    []*day // ascending; those that are not wholly counted, and the one before for what it carries
	closers []*closer
	packer  packer
}

// shards is the number of parts into which the devices of a partition are divided.
const shards = 64

// day is one civil day of a partition.
type day struct {
	period throng.Period
	bins   int // in the day
	closed int // bins that are counted
	shards [shards]shard
}

// New returns the crowd of a partition of which nothing was read yet.
func New(opt Options) *Crowd {
	opt.EnsureDefaults()
	opt.Filter.Late = 1 << 60 // what is late here is counted here
	return &Crowd{opt: opt, filter: filter.New(opt.Filter, opt.Ground)}
}

// Mark is how far the log has been taken in: state and offset are one value.
func (c *Crowd) Mark() feed.Mark { return c.at }

// Begin opens the days in which rows may lie; those that are open already stay. The caller opens the day of the log's clock and the next
// one before rows of them come. Rows of days that are not open are counted as outside.
func (c *Crowd) Begin(periods ...throng.Period) {
	for _, p := range periods {
		if slices.ContainsFunc(c.days, func(d *day) bool { return d.period.Name == p.Name }) {
			continue
		}
		if n := len(c.days); n > 0 && p.Start < c.days[n-1].period.End {
			continue // of the past
		}
		c.days = append(c.days, &day{period: p, bins: p.Bins(c.opt.Bin)})
	}
}

// Add takes in the rows of a batch, up to a mark.
func (c *Crowd) Add(b *event.Batch, to feed.Mark) {
	carry, width := c.opt.CarryFor(), uint32(c.opt.Bin.Milliseconds())
	var d *day
	for i, ms := range b.Time {
		arrival := ms
		if b.Arrival != nil {
			arrival = b.Arrival[i]
		}
		if arrival < c.at.Clock {
			c.Counts.Back++
			arrival = c.at.Clock // what is closed is closed
		} else if c.opt.Stamped {
			c.at.Clock = arrival
		}
		if d == nil || !d.period.Contains(ms) {
			if d = c.day(ms); d == nil {
				if behind := arrival - ms; behind > c.opt.Late && b.Bad[i] == 0 {
					c.late(behind)
				} else {
					c.outside(b, i)
				}
				continue
			}
		}
		var r event.Record
		if !c.filter.Row(b, i, d.period.Start, d.period.End, true, &r) {
			continue
		}
		if behind := arrival - ms; behind > c.opt.Late {
			c.late(behind)
			continue
		}
		bin := int(r.Time / width)
		c.filter.Counts.Dropped[filter.Flood] += d.shards[r.Unit%shards].add(bin, row{r.Unit, uint64(r.Time)<<32 | uint64(r.Place)}, c.opt.Rows, &c.packer)
		if b.Was != nil && b.Was[i] != 0 && ms < d.period.Start+carry {
			d.shards[b.Was[i]%shards].hear(bin, b.Was[i])
		}
	}
	c.at.Next, c.at.Lag, c.at.Clock = to.Next, to.Lag, max(c.at.Clock, to.Clock)
	c.Counts.Counts = c.filter.Counts
}

func (c *Crowd) day(ms int64) *day {
	for i := len(c.days) - 1; i >= 0; i-- {
		if c.days[i].period.Contains(ms) {
			return c.days[i]
		}
	}
	return nil
}

func (c *Crowd) outside(b *event.Batch, i int) {
	var r event.Record
	c.filter.Row(b, i, b.Time[i], b.Time[i], false, &r)
}

func (c *Crowd) late(behind int64) {
	i := 0
	for i < len(lateAges) && behind >= lateAges[i] {
		i++
	}
	c.Counts.Late[i]++
}

// Since leaves out the bins that begin before an instant, of which the log does not tell.
func (c *Crowd) Since(ms int64) {
	for _, d := range c.days {
		for d.closed < d.bins && d.bin(d.closed, c.opt.Bin).Start < ms {
			d.closed++
		}
	}
	c.tidy()
}

// Due returns the next bin to be counted, and its day: the earliest of the open days. ok is false when there is none.
func (c *Crowd) Due() (bin, of throng.Period, ok bool) {
	for _, d := range c.days {
		if d.closed < d.bins {
			return d.bin(d.closed, c.opt.Bin), d.period, true
		}
	}
	return bin, of, false
}

// Ready reports whether no row of a bin can come any more that is not late.
func (c *Crowd) Ready(bin throng.Period) bool { return c.at.Clock >= bin.End+c.opt.Late }

// IsCarried reports whether a bin is one of the first of its day, in which yesterday is carried on.
func (c *Crowd) IsCarried(bin, of throng.Period) bool {
	return bin.Start < of.Start+c.opt.CarryFor()
}

// bin is the k-th of the day. The last may be short.
func (d *day) bin(k int, width time.Duration) throng.Period {
	start := d.period.Start + int64(k)*width.Milliseconds()
	return throng.Period{Name: time.UnixMilli(start).UTC().Format("2006-01-02T15:04Z"), Start: start, End: min(d.period.End, start+width.Milliseconds())}
}

// Devices is how many devices are kept. It stays inside.
func (c *Crowd) Devices() int {
	n := 0
	for _, d := range c.days {
		for i := range d.shards {
			n += len(d.shards[i].devices)
		}
	}
	return n
}

// Waiting is how many rows wait for their bins to end. It stays inside.
func (c *Crowd) Waiting() int {
	n := 0
	for _, d := range c.days {
		for i := range d.shards {
			for _, rows := range d.shards[i].rows {
				n += len(rows.list)
			}
		}
	}
	return n
}

// Forget drops what lies before a day: its devices, and rows that wait in it. The bins of it are not counted any more.
func (c *Crowd) Forget(before int64) {
	c.days = slices.DeleteFunc(c.days, func(d *day) bool { return d.period.End <= before })
}

// errOrder says that a bin was asked for out of turn, which is a bug of the caller.
func errOrder(want, got throng.Period) error {
	return fmt.Errorf("live: bin %s was to be counted, and %s is next", got.Name, want.Name)
}
