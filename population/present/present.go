// Package present counts where people are, hour by hour.
//
// A device counts 1 in the leaf in which it was for most of the hour (methods.md, section 21). Total, gender, age,
// origin and role are tables of their own, each on the ground on which it may be counted (privacy.md, section 27).
package present

import (
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/locate"
	"github.com/throng-stats/throng/mobility"
	"github.com/throng-stats/throng/population"
)

// Options says which breakdowns a feed can give.
type Options struct {
	Gender, Age, Origin bool
	Classes             throng.Classes
	// Role adds the table of roles; it needs the segments of the day. Default: none.
	Role bool
	// Workday says whether the day is a workday, on which people commute. Default: it is not.
	Workday bool
	// Clock is the local time of nights and working hours. Default: UTC.
	Clock *time.Location
}

// Present is the statistic. It is a value of one worker.
type Present struct {
	ground  *locate.Ground
	classes throng.Classes
	start   int64
	tables  []population.Table
	gender  int // index of the table, -1 when there is none
	age     int
	origin  int
	role    int
	roles   *roles
	leaf    []int32 // of each place
	bins    []int32
}

// New returns the statistic for one civil day. A device is in at most one leaf an hour, so it adds 1 to at most T cells
// of each table, T the hours that start in the day (23 to 25): D2 = T.
func New(ground *locate.Ground, day throng.Period, o Options) *Present {
	hours := throng.Dim{Name: throng.DimTime, Codes: day.BinCodes(time.Hour)}
	bound := population.Bound{Cells: len(hours.Codes), PerCell: 1}
	p := &Present{ground: ground, classes: o.Classes, start: day.Start, gender: -1, age: -1, origin: -1, role: -1, bins: make([]int32, len(hours.Codes))}
	for _, place := range ground.Places {
		p.leaf = append(p.leaf, place.Leaf)
	}
	add := func(name, level string, ids []string, class ...throng.Dim) int {
		zone := throng.Dim{Name: throng.DimZone, Level: level, Codes: ids}
		p.tables = append(p.tables, population.Table{
			Shape: throng.Shape{Name: name, Dims: append([]throng.Dim{zone, hours}, class...)}, Bound: bound})
		return len(p.tables) - 1
	}
	add("total", throng.LevelLeaf, ground.Tree.LeafIDs())
	if o.Gender {
		p.gender = add("gender", throng.LevelBlock, ground.Tree.BlockIDs(), throng.Dim{Name: throng.DimGender, Codes: o.Classes.Gender})
	}
	if o.Age {
		p.age = add("age", throng.LevelBlock, ground.Tree.BlockIDs(), throng.Dim{Name: throng.DimAge, Codes: o.Classes.Age})
	}
	if o.Origin {
		p.origin = add("origin", throng.LevelArea, ground.Tree.AreaIDs(), throng.Dim{Name: throng.DimOrigin, Codes: o.Classes.Origin})
	}
	if o.Role {
		p.roles = newRoles(ground, day, o)
		p.role = add("role", throng.LevelBlock, ground.Tree.BlockIDs(), throng.Dim{Name: throng.DimRole, Codes: Roles})
	}
	return p
}

// Product is "present".
func (p *Present) Product() string { return "present" }

// Tables lists total and the breakdowns that the feed can give.
func (p *Present) Tables() []population.Table { return p.tables }

// Contribute adds 1 an hour and table where the device was somewhere.
func (p *Present) Contribute(u *population.Unit, emit population.Emit) {
	mobility.Dominant(p.bins, u.Day.Spans, p.start, time.Hour.Milliseconds(), p.leaf)
	hours := len(p.bins)
	genders, ages, origins := p.codes(p.gender), p.codes(p.age), p.codes(p.origin)
	var day role
	if p.roles != nil {
		day = p.roles.day(u)
	}
	for hour, leaf := range p.bins {
		if leaf < 0 {
			continue
		}
		block := p.ground.Tree.Leaves[leaf].Block
		emit(0, uint64(int(leaf)*hours+hour))
		if p.gender >= 0 {
			emit(p.gender, uint64((block*hours+hour)*genders+int(u.Attr.Gender)))
		}
		if p.age >= 0 {
			emit(p.age, uint64((block*hours+hour)*ages+int(u.Attr.Age)))
		}
		if p.origin >= 0 {
			area := p.ground.Tree.Blocks[block].Up
			emit(p.origin, uint64((area*hours+hour)*origins+p.classes.OriginAt(u.Attr.Origin)))
		}
		if p.role >= 0 {
			role := p.roles.at(u, day, leaf, p.start+int64(hour)*time.Hour.Milliseconds())
			emit(p.role, uint64((block*hours+hour)*len(Roles)+role))
		}
	}
}

func (p *Present) codes(table int) int {
	if table < 0 {
		return 0
	}
	return len(p.tables[table].Shape.Dims[2].Codes)
}
