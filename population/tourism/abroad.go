package tourism

import (
	"cmp"
	"math"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/mobility"
	"github.com/throng-stats/throng/population"
)

// run is an uninterrupted time abroad in one country.
type run struct {
	start, end int64
	zone       uint32 // the country: see visited
	mcc        uint16
}

// visited names a country: its index in Countries where it has one of its own, and else a number of its own behind them, so
// that two small countries are not one because both are counted as other.
func (t *Tourism) visited(mcc uint16) uint32 {
	other := len(t.opt.Countries) - 1
	if i := t.opt.Country(mcc); i >= 0 && i < other {
		return uint32(i)
	}
	return uint32(other) + uint32(mcc)
}

// country is the index in Countries of a country as visited names it.
func (t *Tourism) country(zone uint32) int { return min(int(zone), len(t.opt.Countries)-1) }

// runsAbroad joins what follows upon each other in one country: a country may have several mobile country codes, and a
// phone that changes between them has not travelled.
func (t *Tourism) runsAbroad(m *population.Month) {
	runs := t.walk.abroad
	for i := range m.Segments {
		g := &m.Segments[i]
		if g.State != mobility.Abroad {
			continue
		}
		zone := t.visited(g.Country)
		if n := len(runs); n > 0 && runs[n-1].end == g.Start && runs[n-1].zone == zone {
			runs[n-1].end = g.End
			continue
		}
		runs = append(runs, run{start: g.Start, end: g.End, zone: zone, mcc: g.Country})
	}
	t.walk.abroad = runs
}

func (t *Tourism) stayAbroad(r run) Stay {
	return Stay{Start: r.start, End: r.end, Shares: []Share{{Zone: r.zone, Weight: 1}}, Clock: cmp.Or(t.opt.Abroad(r.mcc), t.opt.Clock)}
}

// outbound makes the trips abroad of a resident. A stay at home of three hours ends one (methods.md, section 15).
func (t *Tourism) outbound(m *population.Month) {
	traveller := Traveller{opt: Outbound}
	next := 0
	for i := range m.Segments {
		g := &m.Segments[i]
		for next < len(t.walk.abroad) && t.walk.abroad[next].start < g.End {
			t.keep(outbound)(traveller.Away(t.stayAbroad(t.walk.abroad[next])))
			next++
		}
		if g.State == mobility.Stay {
			t.keep(outbound)(traveller.Back(g.Start, g.End))
		}
	}
	t.keep(outbound)(traveller.Watermark(math.MaxInt64))
}

// A long absence (methods.md, section 21).
const (
	absenceNights  = 20 // nights of the month of which something is known, at least
	absencePercent = 80 // of these, abroad, at least
)

// absence gives the country in which a resident spent most nights, if nearly all nights of the month were abroad. The
// nights of a month are those whose functional midnight its records can show: all but that of its last date. A night is known
// when any time that is not UNKNOWN lies between noon and noon.
func (t *Tourism) absence(m *population.Month) (country int, ok bool) {
	if len(t.walk.abroad) == 0 || len(m.Days) < 2 {
		return 0, false
	}
	first := DateOf(time.UnixMilli(m.Days[0].Start).In(t.opt.Clock))
	var all Trip
	for _, r := range t.walk.abroad {
		all.add(t.stayAbroad(r), NightAbroad)
	}
	abroad := 0
	for i, n := range all.ZoneNights { // in the order of time: the same date twice, between two clocks, is one night
		if n.Date >= first && (i == 0 || all.ZoneNights[i-1].Date != n.Date) {
			abroad++
		}
	}
	known := t.knownNights(m)
	if known < absenceNights || abroad*100 < absencePercent*known {
		return 0, false
	}
	main, ok := all.Main()
	return t.country(main), ok
}

// knownNights counts the nights of the month of which something is known.
func (t *Tourism) knownNights(m *population.Month) int {
	known, at := 0, 0
	for i := range len(m.Days) - 1 {
		from, until := t.noon(m.Days[i]), t.noon(m.Days[i+1])
		for at < len(m.Segments) && m.Segments[at].End <= from {
			at++
		}
		for k := at; k < len(m.Segments) && m.Segments[k].Start < until; k++ {
			if m.Segments[k].State != mobility.Unknown {
				known++
				break
			}
		}
	}
	return known
}

// noon is noon of a civil day by the clock of the feed.
func (t *Tourism) noon(day throng.Period) int64 {
	y, m, d := time.UnixMilli(day.Start).In(t.opt.Clock).Date()
	return time.Date(y, m, d, 12, 0, 0, 0, t.opt.Clock).UnixMilli()
}
