package present

import (
	"cmp"
	"slices"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/locate"
	"github.com/throng-stats/throng/mobility"
)

// PlaceZones gives the dominant zone of each place, as an index among the finest zones, or -1 outside all.
func PlaceZones(ground *locate.Ground) []int32 {
	of := finest(ground)
	at := make([]int32, len(ground.Places))
	for i, p := range ground.Places {
		if at[i] = -1; p.Zone >= 0 {
			at[i] = of[p.Zone]
		}
	}
	return at
}

// LeafZones gives the zone of each leaf, as an index among the finest zones: that with most of its public shares, or where
// it has none that with most of its places; ties to the smaller id; -1 where nothing of it lies in a zone.
func LeafZones(ground *locate.Ground) []int32 {
	of, leaves := finest(ground), len(ground.Tree.Leaves)
	for _, p := range ground.Places {
		leaves = max(leaves, int(p.Leaf)+1)
	}
	weights := make([]map[int32]float64, leaves)
	add := func(leaf, zone int32, weight float64) {
		if leaf < 0 || zone < 0 {
			return
		}
		if weights[leaf] == nil {
			weights[leaf] = make(map[int32]float64)
		}
		weights[leaf][of[zone]] += weight
	}
	shared := make([]bool, leaves)
	for _, s := range ground.Shares {
		add(s.Leaf, s.Zone, s.Weight)
		shared[s.Leaf] = true
	}
	for _, p := range ground.Places {
		if p.Leaf >= 0 && !shared[p.Leaf] {
			add(p.Leaf, p.Zone, 1)
		}
	}
	zones := make([]int32, leaves)
	for leaf, w := range weights {
		zones[leaf] = -1
		for z, weight := range w {
			if best := zones[leaf]; best < 0 || weight > w[best] || weight == w[best] && z < best {
				zones[leaf] = z
			}
		}
	}
	return zones
}

// finest gives the place of each zone among the finest, -1 for zones above them.
func finest(ground *locate.Ground) []int32 {
	of := make([]int32, ground.Zones.Len())
	for i := range of {
		of[i] = -1
	}
	for k, i := range ground.Zones.Finest() {
		of[i] = int32(k)
	}
	return of
}

// Limits of the rules of one day, in milliseconds (methods.md, section 21).
const (
	// WorkStay is how long somebody stays between 08:00 and 18:00 where they work, at least: the 4 h rule.
	WorkStay = 4 * 3600e3
	// PassStay is the stay within an hour below which somebody only passes through.
	PassStay = 900e3
)

// Windows are the parts of a civil day at which the rules look, in milliseconds since 1970 UTC, half-open.
type Windows struct {
	NightStart, NightEnd int64 // 00:00 to 06:00 by the local clock, 5 to 7 hours where clocks change in it
	WorkStart, WorkEnd   int64 // 08:00 to 18:00
}

// WindowsOf gives the windows of a civil day of clock; nil is UTC.
func WindowsOf(day throng.Period, clock *time.Location) Windows {
	if clock == nil {
		clock = time.UTC
	}
	y, m, d := time.UnixMilli(day.Start).In(clock).Date()
	at := func(hour int) int64 { return time.Date(y, m, d, hour, 0, 0, 0, clock).UnixMilli() }
	return Windows{day.Start, at(6), at(8), at(18)}
}

// Habits tells from the timeline and the stays of one device in which zone it is at night and where it stays. What counts as
// a stay in a zone is the time of its timeline there while a segment says STAY, so that a stay that is heard by antennas
// of two zones is part in each. It is scratch memory of one worker.
type Habits struct {
	of    []int32 // of each place: its zone, or -1
	time  []int64 // by zone; 0 but for those in zones
	zones []int32
}

// NewHabits looks at zones numbered from 0 to zones-1; of gives that of each place, -1 for none.
func NewHabits(of []int32, zones int) *Habits {
	return &Habits{of: of, time: make([]int64, zones)}
}

// Night is the zone with most time of the timeline in the night, ties to the smaller; -1 without presence in any zone.
func (h *Habits) Night(spans []mobility.Span, w Windows) int {
	h.reset()
	h.add(spans, w.NightStart, w.NightEnd)
	best := -1
	for _, z := range h.zones {
		if t := h.time[z]; best < 0 || t > h.time[best] || t == h.time[best] && int(z) < best {
			best = int(z)
		}
	}
	return best
}

// Stays lists the zones in which the device stays for at least so long within [from, until), ascending.
func (h *Habits) Stays(segments []mobility.Segment, spans []mobility.Span, from, until, least int64) []int32 {
	h.stay(segments, spans, from, until, mobility.Stay)
	var long []int32
	for _, z := range h.zones {
		if h.time[z] >= least {
			long = append(long, z)
		}
	}
	slices.Sort(long)
	return long
}

// Rests is how long the device is in a zone within [from, until), in milliseconds, while it stays or while nothing is heard of it and
// its timeline goes on: silence is no evidence of a move.
func (h *Habits) Rests(segments []mobility.Segment, spans []mobility.Span, from, until int64, zone int) int64 {
	h.stay(segments, spans, from, until, mobility.Stay, mobility.Unknown)
	return h.time[zone]
}

// stay adds the time of the timeline within [from, until) while a segment is in one of the states.
func (h *Habits) stay(segments []mobility.Segment, spans []mobility.Span, from, until int64, states ...mobility.State) {
	h.reset()
	first, _ := slices.BinarySearchFunc(segments, from+1, func(g mobility.Segment, at int64) int { return cmp.Compare(g.End, at) })
	for _, g := range segments[first:] {
		if g.Start >= until {
			break
		}
		if slices.Contains(states, g.State) {
			h.add(spans, max(g.Start, from), min(g.End, until))
		}
	}
}

func (h *Habits) reset() {
	for _, z := range h.zones {
		h.time[z] = 0
	}
	h.zones = h.zones[:0]
}

// add adds the time of the timeline within [from, until) to its zones.
func (h *Habits) add(spans []mobility.Span, from, until int64) {
	first, _ := slices.BinarySearchFunc(spans, from+1, func(s mobility.Span, at int64) int { return cmp.Compare(s.End, at) })
	for _, s := range spans[first:] {
		if s.Start >= until {
			return
		}
		z, t := h.of[s.Place], min(s.End, until)-max(s.Start, from)
		if z < 0 || t <= 0 {
			continue
		}
		if h.time[z] == 0 {
			h.zones = append(h.zones, z)
		}
		h.time[z] += t
	}
}
