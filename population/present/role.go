package present

import (
	"slices"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/locate"
	"github.com/throng-stats/throng/population"
)

// Roles are the codes of what somebody is to the zone in which they are, in the order of their indexes. They are of the same
// day: no record of another day is looked at (methods.md, section 21).
var Roles = []string{"resident", "commuter", "visitor", "transit", "unknown"}

// The roles, as indexes into Roles.
const (
	Resident = iota
	Commuter
	Visitor
	Transit
	Unknown
)

// roles is the scratch memory of the role table.
type roles struct {
	workday bool
	windows Windows
	habits  *Habits
	zone    []int32 // of each leaf; the last number is ground outside all zones
}

func newRoles(ground *locate.Ground, day throng.Period, o Options) *roles {
	outside := int32(len(ground.Zones.Finest()))
	zone := LeafZones(ground)
	for i := range zone {
		if zone[i] < 0 {
			zone[i] = outside
		}
	}
	of := make([]int32, len(ground.Places))
	for i, p := range ground.Places {
		if of[i] = -1; p.Leaf >= 0 {
			of[i] = zone[p.Leaf]
		}
	}
	return &roles{workday: o.Workday, windows: WindowsOf(day, o.Clock), habits: NewHabits(of, int(outside)+1), zone: zone}
}

// role is what the rules know of the day of a device. Ground outside all zones is nobody's night zone, and nobody commutes
// there.
type role struct {
	night   int     // zone, -1 for none
	work    []int32 // zones in which the 4 h rule holds
	inbound bool
}

func (r *roles) day(u *population.Unit) role {
	d := role{night: r.habits.Night(u.Day.Spans, r.windows), inbound: u.Inbound}
	outside := len(r.habits.time) - 1
	if d.night == outside {
		d.night = -1
	}
	if r.workday && !u.Inbound && d.night >= 0 {
		d.work = r.habits.Stays(u.Day.Segments, u.Day.Spans, r.windows.WorkStart, r.windows.WorkEnd, WorkStay)
		d.work = slices.DeleteFunc(d.work, func(z int32) bool { return int(z) == outside })
	}
	return d
}

// at finds what a device is to the zone of the leaf in which it is for most of an hour: the first of the rules that holds.
func (r *roles) at(u *population.Unit, d role, leaf int32, hour int64) int {
	zone := r.zone[leaf]
	switch {
	case d.night < 0:
		return Unknown
	case r.habits.Rests(u.Day.Segments, u.Day.Spans, hour, hour+time.Hour.Milliseconds(), int(zone)) < PassStay:
		return Transit
	case !d.inbound && int(zone) == d.night:
		return Resident
	case slices.Contains(d.work, zone):
		return Commuter
	}
	return Visitor
}
