package feed

import "time"

// clocks turns local times into instants. It remembers, for each time zone, the stretch of local time around the last
// answer in which the offset is one and the same, so that nearly every row costs two comparisons. One goroutine.
type clocks struct {
	last *clockFace
	all  map[*time.Location]*clockFace
}

// clockFace is one stretch [lo, hi) of local milliseconds in which every time exists once.
type clockFace struct {
	zone           *time.Location
	lo, hi, offset int64
}

// instant resolves a local time, in milliseconds since 1970 by the clock on the wall. With fold "first" or "last", times
// that a clock change leaves out or has twice take the offset before or after it; otherwise they are not ok.
func (c *clocks) instant(zone *time.Location, local int64, fold string) (ms int64, ok bool) {
	face := c.last
	if face == nil || face.zone != zone {
		face = c.of(zone)
	}
	if face.lo <= local && local < face.hi {
		return local - face.offset, true
	}
	return face.resolve(local, fold)
}

func (c *clocks) of(zone *time.Location) *clockFace {
	if c.all == nil {
		c.all = map[*time.Location]*clockFace{}
	}
	if c.all[zone] == nil {
		c.all[zone] = &clockFace{zone: zone}
	}
	c.last = c.all[zone]
	return c.last
}

// stretch is a span of instants with one offset, in milliseconds.
type stretch struct{ from, until, offset int64 }

// Ends of time, far enough from the ends of int64 that an offset can be added.
const (
	always  = -1 << 60
	forever = 1 << 60
)

func stretchAt(zone *time.Location, ms int64) stretch {
	t := time.UnixMilli(ms).In(zone)
	_, seconds := t.Zone()
	s := stretch{always, forever, int64(seconds) * 1000}
	from, until := t.ZoneBounds()
	if !from.IsZero() {
		s.from = from.UnixMilli()
	}
	if !until.IsZero() {
		s.until = until.UnixMilli()
	}
	return s
}

// resolve looks at the stretch that the time falls in when it is read with that stretch's own offset, and at its two
// neighbours. Clock changes are weeks apart, so no other stretch can hold the time.
func (f *clockFace) resolve(local int64, fold string) (int64, bool) {
	mid := stretchAt(f.zone, local)
	around := []stretch{mid}
	if mid.from != always {
		around = append([]stretch{stretchAt(f.zone, mid.from-1)}, around...)
	}
	if mid.until != forever {
		around = append(around, stretchAt(f.zone, mid.until))
	}
	var found []int64
	for i, s := range around {
		if ms := local - s.offset; s.from <= ms && ms < s.until {
			found = append(found, ms)
			f.keep(around, i, local)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], true
	case fold != "first" && fold != "last":
		return 0, false
	case len(found) > 1 && fold == "first":
		return found[0], true
	case len(found) > 1:
		return found[len(found)-1], true
	}
	return skipped(around, local, fold)
}

// keep remembers the local times of one stretch that neither neighbour has, when the neighbours are known.
func (f *clockFace) keep(around []stretch, i int, local int64) {
	s := around[i]
	lo, hi := s.from+s.offset, s.until+s.offset
	if s.from != always {
		if i == 0 {
			lo = local // the neighbour was not looked at
		} else {
			lo = max(lo, s.from+around[i-1].offset)
		}
	}
	if s.until != forever {
		if i == len(around)-1 {
			hi = local
		} else {
			hi = min(hi, s.until+around[i+1].offset)
		}
	}
	f.lo, f.hi, f.offset = lo, hi, s.offset
}

// skipped resolves a local time that a clock change leaves out.
func skipped(around []stretch, local int64, fold string) (int64, bool) {
	for i := 1; i < len(around); i++ {
		before, after := around[i-1], around[i]
		if change := after.from; change+before.offset <= local && local < change+after.offset {
			if fold == "first" {
				return local - before.offset, true
			}
			return local - after.offset, true
		}
	}
	return 0, false
}
