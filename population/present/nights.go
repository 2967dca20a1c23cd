package present

import (
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/locate"
	"github.com/throng-stats/throng/population"
)

// NightResidents is the least number of public residents of a zone in which nights are counted by origin (privacy.md,
// section 27).
const NightResidents = 20_000

// NightOptions says which breakdowns of nights a feed can give.
type NightOptions struct {
	// Gender and Age add tables of the whole region. Origin adds that by zone and origin, in place of the total by zone.
	Gender, Age, Origin bool
	// Classes has the codes. Required where there is a breakdown.
	Classes throng.Classes
	// Clock is the local time by which nights last from 00:00 to 06:00. Default: UTC.
	Clock *time.Location
}

// Nights counts where people spend the night: one device and night in one zone. It is a value of one worker.
type Nights struct {
	opt     NightOptions
	windows Windows
	habits  *Habits
	part    []int32 // of each finest zone: its zone in the table of origins
	gender  int     // index of the table, -1 when there is none
	age     int
	origin  int
	total   int
	tables  []population.Table
}

// NewNights returns the statistic of one civil day. A device has one night zone or none, so it adds 1 to at most one cell of
// each table: D2 = 1.
func NewNights(ground *locate.Ground, day throng.Period, o NightOptions) *Nights {
	zones := ground.Zones.Finest()
	n := &Nights{opt: o, windows: WindowsOf(day, o.Clock), habits: NewHabits(PlaceZones(ground), len(zones)), gender: -1, age: -1, origin: -1, total: -1}
	add := func(name string, dims ...throng.Dim) int {
		n.tables = append(n.tables, population.Table{Shape: throng.Shape{Name: name, Dims: dims}, Bound: population.Bound{Cells: 1, PerCell: 1}})
		return len(n.tables) - 1
	}
	if o.Origin {
		parts, of, _ := ground.Zones.Partition(NightResidents)
		for _, z := range zones {
			n.part = append(n.part, of[z])
		}
		zone := throng.Dim{Name: throng.DimZone, Level: throng.LevelZone}
		if len(parts) > 0 {
			zone.Codes = ground.Zones.IDs(parts...)
		}
		n.origin = add("origin", zone, throng.Dim{Name: throng.DimOrigin, Codes: o.Classes.Regions()})
	} else {
		n.total = add("total", finestDim(ground))
	}
	if o.Gender {
		n.gender = add("gender", throng.Dim{Name: throng.DimGender, Codes: o.Classes.Gender})
	}
	if o.Age {
		n.age = add("age", throng.Dim{Name: throng.DimAge, Codes: o.Classes.Age})
	}
	return n
}

// Product is "nights".
func (n *Nights) Product() string { return "nights" }

// Tables lists origin, or total where the feed has none, and the breakdowns of the whole region.
func (n *Nights) Tables() []population.Table { return n.tables }

// guestsBy is how long after the night a guest's first record of the day may be, in milliseconds: three hours, 09:00.
const guestsBy = 3 * 3600e3

// Contribute adds 1 to each table where the device has a night zone. The timeline puts a device before its first record of
// the day where that record was, which is right for people who live there and lie asleep, and wrong for guests on the day on
// which they come: a foreign SIM whose first record is after 09:00 has not spent the night (docs/method/nights.md).
func (n *Nights) Contribute(u *population.Unit, emit population.Emit) {
	if seen := u.Day.Seen; u.Inbound && len(seen) > 0 && seen[0].Time >= n.windows.NightEnd+guestsBy {
		return
	}
	zone := n.habits.Night(u.Day.Spans, n.windows)
	if zone < 0 {
		return
	}
	if n.total >= 0 {
		emit(n.total, uint64(zone))
	}
	if n.origin >= 0 && n.part[zone] >= 0 {
		origins := len(n.tables[n.origin].Shape.Dims[1].Codes)
		emit(n.origin, uint64(int(n.part[zone])*origins+n.opt.Classes.RegionAt(u.Attr.Origin)))
	}
	if n.gender >= 0 {
		emit(n.gender, uint64(u.Attr.Gender))
	}
	if n.age >= 0 {
		emit(n.age, uint64(u.Attr.Age))
	}
}
