package signal

import (
	"slices"

	"github.com/throng-stats/throng/synth/city"
	"github.com/throng-stats/throng/synth/dice"
	"github.com/throng-stats/throng/synth/people"
)

// Event is one row of the feed. Zero means that a column is null, save for Cell.
type Event struct {
	ID      uint64
	Time    int64  // milliseconds since 1970 UTC
	Order   uint32 // milliseconds after the hour began, plus up to 2 s in which rows overtake each other
	Network uint32 // PLMN of a visited network
	Cell    uint16 // index into Names, or NoCell
	MCC     uint16
	Machine bool
}

// The rhythm of a phone. All ours, set so that the mean is the one asked for: see TestMeanEvents.
const (
	movingFactor = 3.0  // rows per second on the way, against rest: handovers and area updates
	followUp     = .35  // chance that a row is followed by another one of the same session
	idleHours    = 3    // an idle phone reports itself every three hours (timer T3412 extended; operators choose)
	silentHours  = 12   // the same, of a silent phone
	updates      = 2.5  // periodic reports of an ordinary phone and day that are expected
	movingShare  = 1.13 // what the ways add to a day
	abroadFactor = .5   // roaming rows arrive less often
	overtake     = 2000 // milliseconds
)

// curve is the activity by hour of the civil clock, mean 1 (ours, in the shape that published call-record studies agree on).
var curve = [24]float64{.45, .28, .2, .17, .18, .3, .6, .95, 1.2, 1.2, 1.22, 1.3, 1.45, 1.3, 1.22, 1.25, 1.35, 1.55, 1.65, 1.6, 1.45, 1.3, 1.1, .73}

// Hour is one hour of a day of the feed.
type Hour struct {
	Day   int
	Index int   // hours since the day began
	Start int64 // milliseconds since 1970 UTC
	Clock int   // hour of the civil clock, 0 to 23
}

// Maker makes rows. It is not safe for several goroutines; make one for each.
type Maker struct {
	radio *Radio
	dirt  dirt
	seed  uint64
	d     *dice.Dice
	at    []int32
}

// NewMaker returns a maker; scale multiplies all rates of dirt, 0 gives a clean feed.
func (r *Radio) NewMaker(seed uint64, scale float64) *Maker {
	return &Maker{radio: r, dirt: newDirt(r.plan, scale), seed: seed, d: dice.New(0)}
}

// Make appends the rows of one device in one hour. Stays are in seconds since the day began.
func (m *Maker) Make(dev *Device, stays []people.Stay, hour Hour, rows []Event) []Event {
	m.d.Reset(m.seed, 43, dev.ID, uint64(hour.Day), uint64(hour.Index))
	from, to := int32(hour.Index)*3600, int32(hour.Index+1)*3600
	first := len(rows)
	mean := max(float64(dev.Rate)*.5, float64(dev.Rate)-updates)
	rate := mean / movingShare * curve[hour.Clock] / 86400 * (1 - followUp)
	for k := range stays {
		s := &stays[k]
		if a, b := max(s.From, from), min(s.To, to); a < b {
			rows = m.rest(dev, s, hour, a, b, rate, rows)
		}
		if k+1 < len(stays) && !s.Gone && !stays[k+1].Gone {
			if a, b := max(s.To, from), min(stays[k+1].From, to); a < b {
				rows = m.way(dev, s, &stays[k+1], hour, a, b, rate, rows)
			}
		}
		if s.To >= to {
			break
		}
	}
	if len(rows) == first {
		rows = m.report(dev, stays, hour, rows)
	}
	return rows
}

// moments draws the times of rows in [a, b), in milliseconds since the day began, ascending.
func (m *Maker) moments(a, b int32, mean float64) []int32 {
	m.at = m.at[:0]
	for range m.d.Poisson(mean) {
		t := a*1000 + m.d.Int32N((b-a)*1000)
		m.at = append(m.at, t)
		for m.d.Float64() < followUp {
			if t += 3000 + m.d.Int32N(40000); t >= b*1000 {
				break
			}
			m.at = append(m.at, t)
		}
	}
	slices.Sort(m.at)
	return m.at
}

func (m *Maker) rest(dev *Device, s *people.Stay, hour Hour, a, b int32, rate float64, rows []Event) []Event {
	if s.Gone {
		if s.Network == 0 {
			return rows
		}
		for _, t := range m.moments(a, b, rate*abroadFactor*float64(b-a)) {
			rows = m.row(dev, nil, s.Network, hour, t, rows)
		}
		return rows
	}
	times := m.moments(a, b, rate*float64(b-a))
	if len(times) == 0 {
		return rows
	}
	heard := m.radio.at(s.Point())
	for _, t := range times {
		rows = m.row(dev, heard, 0, hour, t, rows)
	}
	return rows
}

func (m *Maker) way(dev *Device, s, next *people.Stay, hour Hour, a, b int32, rate float64, rows []Event) []Event {
	length := float64(next.From-s.To) * 1000
	for _, t := range m.moments(a, b, rate*movingFactor*float64(b-a)) {
		at := people.Between(s.Spot, next.Spot, float64(t-s.To*1000)/length)
		rows = m.row(dev, m.radio.at(at), 0, hour, t, rows)
	}
	return rows
}

// report is the periodic sign of life of a phone that was idle for the hour, every few hours by a phase of its own.
func (m *Maker) report(dev *Device, stays []people.Stay, hour Hour, rows []Event) []Event {
	every := uint64(idleHours)
	if dev.Silent {
		every = silentHours
	}
	if (dev.ID>>8+uint64(hour.Index)+24*uint64(hour.Day))%every != 0 {
		return rows
	}
	t := int32(hour.Index)*3_600_000 + int32(dice.Hash(dev.ID, 44)%3_600_000)
	for k := range stays {
		s := &stays[k]
		switch {
		case t < s.From*1000:
			return rows // on the way: the next hour will tell
		case t >= s.To*1000:
			continue
		case !s.Gone:
			return m.row(dev, m.radio.at(s.Point()), 0, hour, t, rows)
		case s.Network != 0:
			return m.row(dev, nil, s.Network, hour, t, rows)
		}
		return rows
	}
	return rows
}

// row appends one row, and what dirt makes of it. One draw of 64 bits decides everything about it.
func (m *Maker) row(dev *Device, heard *hearing, network int32, hour Hour, t int32, rows []Event) []Event {
	bits := m.d.Uint64()
	in := uint32(t - int32(hour.Index)*3_600_000)
	e := Event{
		ID: dev.ID, Time: hour.Start + int64(in), Order: in + uint32(bits>>16&0x7ff)*overtake/0x800,
		Network: uint32(network), Cell: NoCell, MCC: dev.MCC, Machine: dev.Person < 0,
	}
	if network == 0 {
		if e.Cell = heard.pick(uint16(bits)); e.Cell == NoCell {
			return rows // out of coverage
		}
	}
	if chance := float64(bits>>27) / (1 << 37); chance < m.dirt.total {
		return m.spoil(e, in, chance, rows)
	}
	return append(rows, e)
}

// Names are the texts of cells by index: the plan's, then some that no plan names.
func Names(plan *city.Plan) []string {
	names := make([]string, 0, len(plan.Cells)+strangers)
	for _, c := range plan.Cells {
		names = append(names, c.ID)
	}
	for k := range strangers {
		names = append(names, "2088999999000"+string(rune('1'+k))+"0")
	}
	return names
}
