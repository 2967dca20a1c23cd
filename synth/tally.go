package synth

import (
	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/synth/city"
	"github.com/throng-stats/throng/synth/people"
)

const (
	maxHours  = 25  // of a civil day
	wayStep   = 60  // seconds for which somebody on the way is put into one zone
	longStay  = 900 // a stay is longer than this, in seconds; shorter ones are part of the way
	elsewhere = city.Finest
)

// tally counts people in whole seconds, so that sums do not depend on their order.
type tally struct {
	zones    int // the finest and elsewhere
	columns  int
	seconds  []int64 // zone, hour, column
	dominant []int64
	trips    []int64 // zone, zone2, hour
	here     []spell // of the person and hour under the hand
}

// spell is how long a person was in a zone during an hour.
type spell struct{ zone, seconds int32 }

func (w *World) newTally() *tally {
	zones := city.Finest + 1
	columns := 1 + 2 + len(throng.DefaultBands) + len(w.groups)
	n := zones * maxHours * columns
	return &tally{
		zones: zones, columns: columns, seconds: make([]int64, n), dominant: make([]int64, n),
		trips: make([]int64, zones*zones*maxHours),
	}
}

func (t *tally) at(zone, hour int) int { return (zone*maxHours + hour) * t.columns }

// merge adds another tally.
func (t *tally) merge(o *tally) {
	for i := range t.seconds {
		t.seconds[i] += o.seconds[i]
		t.dominant[i] += o.dominant[i]
	}
	for i := range t.trips {
		t.trips[i] += o.trips[i]
	}
}

// columnsOf are the columns of the classes of a person.
func (w *World) columnsOf(i, year int) [4]int {
	p := &w.all.List[i]
	gender := 0
	if p.Sex == 'M' {
		gender = 1
	}
	return [4]int{0, 1 + gender, 3 + p.Band(year), 3 + len(throng.DefaultBands) + int(w.groupOf[i])}
}

// present adds a person's day. Stays are in seconds since the day began and reach to its end.
func (t *tally) present(plan *city.Plan, stays []people.Stay, columns [4]int) {
	hour := 0
	t.here = t.here[:0]
	piece := func(zone int16, from, to int32) {
		z := int32(zone)
		if zone < 0 {
			z = elsewhere
		}
		for from < to {
			if int(from/3600) != hour {
				t.close(hour, columns)
				hour = int(from / 3600)
			}
			end := min(to, int32(hour+1)*3600)
			t.add(z, end-from)
			from = end
		}
	}
	for k := range stays {
		s := &stays[k]
		piece(s.Zone, s.From, s.To)
		if k+1 == len(stays) {
			break
		}
		next := &stays[k+1]
		length := float64(next.From - s.To)
		for at := s.To; at < next.From; at += wayStep {
			end := min(at+wayStep, next.From)
			zone := int16(-1)
			if !s.Gone && !next.Gone {
				zone = plan.ZoneNear(people.Between(s.Spot, next.Spot, (float64(at+end)/2-float64(s.To))/length))
			}
			piece(zone, at, end)
		}
	}
	t.close(hour, columns)
}

func (t *tally) add(zone, seconds int32) {
	for k := range t.here {
		if t.here[k].zone == zone {
			t.here[k].seconds += seconds
			return
		}
	}
	t.here = append(t.here, spell{zone, seconds})
}

// close books the person's hour.
func (t *tally) close(hour int, columns [4]int) {
	best := 0
	for k, s := range t.here {
		at := t.at(int(s.zone), hour)
		for _, c := range columns {
			t.seconds[at+c] += int64(s.seconds)
		}
		if s.seconds > t.here[best].seconds {
			best = k
		}
	}
	if len(t.here) > 0 {
		at := t.at(int(t.here[best].zone), hour)
		for _, c := range columns {
			t.dominant[at+c]++
		}
	}
	t.here = t.here[:0]
}

// travelled adds a person's trips: two consecutive stays of more than 15 minutes in different finest zones, booked in the hour
// in which the first ends. A stay abroad or elsewhere breaks the chain.
func (t *tally) travelled(stays []people.Stay) {
	origin, left := int16(-1), int32(0)
	for k := range stays {
		s := &stays[k]
		switch {
		case s.Gone || s.Zone < 0 && s.To-s.From > longStay:
			origin = -1
		case s.To-s.From <= longStay:
		default:
			if origin >= 0 && origin != s.Zone {
				hour := left / 3600
				t.trips[(int(origin)*t.zones+int(s.Zone))*maxHours+int(hour)]++
			}
			origin, left = s.Zone, s.To
		}
	}
}
