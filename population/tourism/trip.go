package tourism

import (
	"cmp"
	"slices"
	"time"
)

// Limits of trips (methods.md, sections 14 to 16).
const (
	LeastStay   = 180 * minute
	InboundGap  = day
	OutboundGap = 3 * day
	LongestTrip = 365 * day // domestic: what lasts longer is a move
)

// Share is how much of a stay lies in a zone, 0 to 1. Abroad a zone is a country.
type Share struct {
	Zone   uint32
	Weight float64
}

// Stay is one stay away, [Start, End) in milliseconds, not cut at midnight.
type Stay struct {
	Start, End int64
	Shares     []Share        // each zone once
	Clock      *time.Location // of the place
}

// Tally is what a trip has in one zone.
type Tally struct {
	Zone   uint32
	Most   float64 // the largest share of a stay: what the trip adds to the departures of the zone
	Nights float64 // weighted
	Millis float64 // weighted time
	First  int64   // first arrival
}

// ZoneNight is a night, or a part of it, in a zone.
type ZoneNight struct {
	Date  Date
	Share Share
}

// Visit is a run of stays of a trip in one main zone: the country, abroad.
type Visit struct {
	Zone       uint32
	Start, End int64
	Nights     int
}

// Trip is a finished trip. It belongs to the month of its End; each night to its own.
type Trip struct {
	Start, End int64
	Nights     int         // nights away, wherever
	Zones      []Tally     // ascending by zone
	ZoneNights []ZoneNight // in the order of time
	Visits     []Visit
}

// Options of trips, in milliseconds.
type Options struct {
	Least   int64 // shorter stays are ignored
	Gap     int64 // a longer silence between two stays ends the trip
	Return  int64 // a stay at home of at least this length ends it, whatever the silence (D31)
	Longest int64 // longer trips are none; 0 for no limit
	Night   NightRule
}

// Inbound, Outbound and Domestic are the rules of the three kinds. A foreign guest has no home here; a domestic traveller is
// back with the shortest stay inside the usual environment.
var (
	Inbound  = Options{Least: LeastStay, Gap: InboundGap, Night: Night}
	Outbound = Options{Least: LeastStay, Gap: OutboundGap, Return: LeastStay, Night: NightAbroad}
	Domestic = Options{Least: LeastStay, Gap: OutboundGap, Longest: LongestTrip, Night: Night}
)

// Traveller is the state of one device: its open trip. Stays come in order of time.
type Traveller struct {
	opt  Options
	open Trip
	has  bool
}

// NewTraveller is a device without a trip.
func NewTraveller(o Options) *Traveller { return &Traveller{opt: o} }

// Away takes a stay away from home and returns the trip that ends because of it, if one does.
func (t *Traveller) Away(s Stay) (ended Trip, ok bool) {
	if s.End-s.Start < t.opt.Least {
		return Trip{}, false
	}
	if t.has && s.Start-t.open.End > t.opt.Gap {
		ended, ok = t.finish()
	}
	if !t.has {
		t.open, t.has = Trip{Start: s.Start}, true
	}
	t.open.add(s, t.opt.Night)
	return ended, ok
}

// Back takes a stay at home, which ends an open trip when it is long enough.
func (t *Traveller) Back(start, end int64) (ended Trip, ok bool) {
	if end-start < t.opt.Return {
		return Trip{}, false
	}
	return t.finish()
}

// Watermark says that nothing before a time can come any more: a trip that no later stay can go on with is finished.
func (t *Traveller) Watermark(at int64) (ended Trip, ok bool) {
	if t.has && at > t.open.End+t.opt.Gap {
		return t.finish()
	}
	return Trip{}, false
}

func (t *Traveller) finish() (Trip, bool) {
	ended, ok := t.open, t.has
	t.open, t.has = Trip{}, false
	if t.opt.Longest > 0 && ended.End-ended.Start > t.opt.Longest {
		return Trip{}, false
	}
	return ended, ok
}

func (t *Trip) add(s Stay, rule NightRule) {
	nights := rule.Nights(s.Start, s.End, s.Clock)
	t.End = max(t.End, s.End)
	t.Nights += len(nights)
	for _, share := range s.Shares {
		i, found := slices.BinarySearchFunc(t.Zones, share.Zone, func(z Tally, id uint32) int { return cmp.Compare(z.Zone, id) })
		if !found {
			t.Zones = slices.Insert(t.Zones, i, Tally{Zone: share.Zone, First: s.Start})
		}
		z := &t.Zones[i]
		z.Most = max(z.Most, share.Weight)
		z.Nights += float64(len(nights)) * share.Weight
		z.Millis += float64(s.End-s.Start) * share.Weight
	}
	for _, n := range nights {
		for _, share := range s.Shares {
			t.ZoneNights = append(t.ZoneNights, ZoneNight{n, share})
		}
	}
	zone, ok := main(s.Shares)
	if last := len(t.Visits) - 1; ok && last >= 0 && t.Visits[last].Zone == zone {
		t.Visits[last].End = max(t.Visits[last].End, s.End)
		t.Visits[last].Nights += len(nights)
	} else if ok {
		t.Visits = append(t.Visits, Visit{zone, s.Start, s.End, len(nights)})
	}
}

// main is the zone with the largest share, ties to the smaller id.
func main(shares []Share) (zone uint32, ok bool) {
	best := 0.0
	for _, s := range shares {
		if !ok || s.Weight > best || s.Weight == best && s.Zone < zone {
			zone, best, ok = s.Zone, s.Weight, true
		}
	}
	return zone, ok
}

// Overnight reports whether the trip has a night.
func (t Trip) Overnight() bool { return t.Nights > 0 }

// Destinations is the number of zones in which a stay was at least half.
func (t Trip) Destinations() int {
	n := 0
	for _, z := range t.Zones {
		if z.Most >= .5 {
			n++
		}
	}
	return n
}

// Main is the main destination: most nights, then most time, then the earliest arrival, then the smaller id. False for a
// trip outside all zones.
func (t Trip) Main() (zone uint32, ok bool) {
	if len(t.Zones) == 0 {
		return 0, false
	}
	return slices.MinFunc(t.Zones, func(a, b Tally) int {
		return cmp.Or(cmp.Compare(b.Nights, a.Nights), cmp.Compare(b.Millis, a.Millis), cmp.Compare(a.First, b.First), cmp.Compare(a.Zone, b.Zone))
	}).Zone, true
}

// Zones shares a stay out over zones: each of its cells speaks for an equal part, which lies on tiles as its posterior says.
// zone gives -1 for a tile outside all zones. Shares come ascending by zone; their sum is at most 1.
func Zones(cells []uint32, posterior func(cell uint32, emit func(tile uint32, q float64)), zone func(tile uint32) int32) []Share {
	sums := make(map[uint32]float64)
	for _, c := range cells {
		posterior(c, func(tile uint32, q float64) {
			if z := zone(tile); z >= 0 {
				sums[uint32(z)] += q / float64(len(cells))
			}
		})
	}
	shares := make([]Share, 0, len(sums))
	for z, w := range sums {
		shares = append(shares, Share{z, w})
	}
	slices.SortFunc(shares, func(a, b Share) int { return cmp.Compare(a.Zone, b.Zone) })
	return shares
}

// UsualShare is how much of a stay lies inside the usual environment: from half on a domestic stay is at home.
const UsualShare = 0.5
