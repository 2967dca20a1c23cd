package usual

import (
	"math/bits"
	"slices"
	"time"

	"github.com/throng-stats/throng/locate"
	"github.com/throng-stats/throng/mobility"
	"github.com/throng-stats/throng/population"
	"github.com/throng-stats/throng/population/present"
)

// What is advised for half a year (methods.md, section 12), scaled to the window of a month.
const (
	halfYear      = 182.5 // days
	halfYearSlots = 1500
	halfYearDays  = 50
)

// permanent labels leaves as methods.md, sections 10 to 12, labels tiles: of each hour of the month's timeline, the leaf in
// which the unit is for at least half of it.
type permanent struct {
	opt    Options
	leaf   []int32 // of each place
	zones  []int32 // of each leaf
	tally  [][periods]count
	seen   []uint32 // leaves with a tally
	all    [periods]count
	here   []part // scratch of a slot
	device Device
	homes  []uint32
	works  []uint32
}

// count is how many slots and days something was so; a window has at most 64 days.
type count struct {
	slots int
	days  uint64
}

func (c *count) add(day int) { c.slots++; c.days |= 1 << uint(day) }

func (c count) score() Score {
	return Score{Slots: float64(c.slots), Days: float64(bits.OnesCount64(c.days)), Known: c.slots > 0}
}

// part is the time of a leaf in a slot, or of all countries abroad.
type part struct {
	leaf int32
	time int64
}

const abroad = -1

func newPermanent(ground *locate.Ground, o Options) *permanent {
	p := &permanent{opt: o, zones: present.LeafZones(ground)}
	for _, place := range ground.Places {
		p.leaf = append(p.leaf, place.Leaf)
	}
	p.tally = make([][periods]count, len(p.zones))
	return p
}

func (p *permanent) zone(tile uint32) int32 { return p.zones[tile] }

func (p *permanent) find(m *population.Month, _ bool) (homes, works []uint32) {
	p.slots(m)
	rules, window := UsualRules(), float64(len(m.Days))
	rules.LeastSlots, rules.LeastDays = halfYearSlots*window/halfYear, halfYearDays*window/halfYear
	p.device.Places = p.device.Places[:0]
	slices.Sort(p.seen)
	for _, leaf := range p.seen {
		place := Place{ID: leaf}
		for k := range place.Scores {
			place.Scores[k] = p.tally[leaf][k].score()
		}
		p.device.Places = append(p.device.Places, place)
	}
	for k := range p.device.Observed {
		p.device.Observed[k] = p.all[k].score()
	}
	p.homes, p.works = p.homes[:0], p.works[:0]
	for _, l := range rules.Labels(p.device) {
		switch l.Label {
		case Home:
			p.homes = append(p.homes, l.Place)
		case Work:
			p.works = append(p.works, l.Place)
		}
	}
	slices.Sort(p.homes)
	slices.Sort(p.works)
	return p.homes, p.works
}

// slots tallies the hours of the month. Hours belong to days as in methods.md, section 11; those of a day outside the window
// are dropped.
func (p *permanent) slots(m *population.Month) {
	for _, leaf := range p.seen {
		p.tally[leaf] = [periods]count{}
	}
	p.seen, p.all = p.seen[:0], [periods]count{}
	if len(m.Days) == 0 {
		return
	}
	first, _ := AllHours.Of(p.local(m.Days[0].Start)+12*hour, hour)
	spans, segments := m.Spans, m.Segments
	for at := m.Days[0].Start; at < m.Days[len(m.Days)-1].End; at += hour {
		for len(spans) > 0 && spans[0].End <= at {
			spans = spans[1:]
		}
		for len(segments) > 0 && segments[0].End <= at {
			segments = segments[1:]
		}
		p.slot(spans, segments, at)
		for _, h := range p.here {
			if 2*h.time >= hour {
				p.note(m, int(h.leaf), p.local(at), first)
			}
		}
	}
}

func (p *permanent) local(at int64) int64 {
	_, offset := time.UnixMilli(at).In(p.opt.Clock).Zone()
	return at + int64(offset)*second
}

// slot finds the time of each leaf, and abroad, in the hour that begins at at.
func (p *permanent) slot(spans []mobility.Span, segments []mobility.Segment, at int64) {
	p.here = p.here[:0]
	add := func(leaf int32, from, until int64) {
		i := slices.IndexFunc(p.here, func(h part) bool { return h.leaf == leaf })
		if i < 0 {
			i = len(p.here)
			p.here = append(p.here, part{leaf: leaf})
		}
		p.here[i].time += min(until, at+hour) - max(from, at)
	}
	for _, s := range spans {
		if s.Start >= at+hour {
			break
		}
		if leaf := p.leaf[s.Place]; leaf >= 0 {
			add(leaf, s.Start, s.End)
		}
	}
	for _, g := range segments {
		if g.Start >= at+hour {
			break
		}
		if g.State == mobility.Abroad {
			add(abroad, g.Start, g.End)
		}
	}
}

// note adds a slot to the tallies of a leaf and of the unit as a whole. Two leaves of half an hour each are one slot of the
// unit: the earlier call has counted it.
func (p *permanent) note(m *population.Month, leaf int, local int64, first Date) {
	for k, h := range [periods]Hours{AllDay: AllHours, Nights: NightHours, Working: WorkHours} {
		date, inside := h.Of(local, hour)
		day := int(date - first)
		if !inside || day < 0 || day >= len(m.Days) || Period(k) == Working && !p.opt.workday(m, day) {
			continue
		}
		if p.here[0].leaf == int32(leaf) || 2*p.here[0].time < hour {
			p.all[k].add(day)
		}
		if leaf == abroad {
			continue
		}
		if p.tally[leaf] == [periods]count{} {
			p.seen = append(p.seen, uint32(leaf))
		}
		p.tally[leaf][k].add(day)
	}
}
