package people

import (
	"math"

	"github.com/throng-stats/throng/synth/city"
)

// dayEnd is 24:00 on the civil clock, in seconds.
const dayEnd = 86400

// Stay is a time at one spot. What lies between two stays is a way from one to the other.
type Stay struct {
	From, To int32 // seconds of the civil clock, [From, To)
	city.Spot
	Network int32 // abroad: the PLMN visited
	Gone    bool  // abroad or absent: no spot; nothing is travelled to or from it
}

// Day writes day i of a person: stays that begin at 0, end at 86,400 and do not overlap. The slice is valid until the next call.
func (w *Diarist) Day(i, day int) []Stay {
	now, next := w.night(i, day), w.night(i, day+1)
	w.d.Reset(w.all.seed, 30, uint64(i), uint64(day))
	w.stays = append(w.stays[:0], now.stay())
	p := w.personOn(i, day)
	switch {
	case now.at == atWork || next.at == atWork:
		w.nightShift(p, now, next)
	case now.spot != next.spot || now.at != next.at:
		w.travel(p, now, next)
	case now.at == atHome:
		w.ordinary(p, i, day)
	case now.at == atHotel:
		w.sights(now.spot, 9.5*3600, 21.5*3600)
	case now.at == atAway && p.Role == Visitor:
		if v, ok := w.visitorVisit(i, day); ok && v.from == day && v.to == day {
			w.dayVisit(p)
		} else {
			w.awayDay(now.spot)
		}
	case now.at == atAway:
		w.awayDay(now.spot)
	case p.Role == Roamer:
		if v, ok := w.roamerVisit(i, day); ok && v.from == day && v.to == day {
			w.roamerDay()
		}
	}
	return w.finish()
}

func (n night) stay() Stay {
	return Stay{Spot: n.spot, Network: n.network, Gone: n.at == abroad || n.at == absent}
}

// finish closes the last stay at midnight and squeezes what would end after it.
func (w *Diarist) finish() []Stay {
	s := w.stays
	s[len(s)-1].To = dayEnd
	limit := int32(dayEnd - 60)
	for k := len(s) - 1; k > 0; k-- {
		s[k].From = min(s[k].From, limit)
		s[k-1].To = min(s[k-1].To, s[k].From)
		limit = s[k-1].To - 1
	}
	s[0].From = 0
	return s
}

func (w *Diarist) last() *Stay { return &w.stays[len(w.stays)-1] }

// move leaves the last stay at a time, or two minutes after it began, and arrives somewhere.
func (w *Diarist) move(at float64, to city.Spot) {
	last := w.last()
	if last.Spot == to && !last.Gone {
		return
	}
	last.To = max(int32(at), last.From+120)
	w.stays = append(w.stays, Stay{From: last.To + TravelSeconds(last.Spot, to), Spot: to})
}

// vanish ends the last stay and is gone from then on.
func (w *Diarist) vanish(at float64, n night) {
	last := w.last()
	last.To = max(int32(at), last.From+120)
	gone := n.stay()
	gone.From = last.To
	w.stays = append(w.stays, gone)
}

// appear ends being gone at a time, at a gate.
func (w *Diarist) appear(at float64, gate city.Spot) {
	last := w.last()
	last.To = max(int32(at), last.From+120)
	w.stays = append(w.stays, Stay{From: last.To, Spot: gate})
}

// arrived is when the last stay began.
func (w *Diarist) arrived() float64 { return float64(w.last().From) }

// hours draws a time of the day, in seconds.
func (w *Diarist) hours(mean, sd float64) float64 { return w.d.Normal(mean, sd) * 3600 }

// TravelSeconds is how long a way takes: on foot up to 1,200 m (4.5 km/h), else by a mix of car, bus and train of 20 km/h in
// town rising to 80 km/h, 95 km/h beyond 60 km, plus 4 minutes of access; ways are 1.3 times the straight line (detour
// factor of road networks, Gonçalves et al. and others: 1.2 to 1.4). Set so that a local trip takes 20 minutes in the mean
// (EMP 2019: 3 trips and 62 minutes a day).
func TravelSeconds(a, b city.Spot) int32 {
	straight := a.Point().Distance(b.Point())
	km := 1.3 * straight / 1000
	switch {
	case straight < 1200:
		return 60 + int32(km/4.5*3600)
	case straight > 60000:
		return 240 + int32(km/95*3600)
	}
	return 240 + int32(km/(20+60*(1-math.Exp(-km/18)))*3600)
}

// Between is the position after a part f of the way from a to b: a bow, whose side depends on its ends only.
func Between(a, b city.Spot, f float64) city.Point {
	dx, dy := float64(b.X)-float64(a.X), float64(b.Y)-float64(a.Y)
	bow := .12
	if int64(a.X+b.Y)&1 == 0 {
		bow = -.12
	}
	sag := 4 * f * (1 - f) * bow
	return city.Point{X: float64(a.X) + f*dx - sag*dy, Y: float64(a.Y) + f*dy + sag*dx}
}
