package flow

import (
	"slices"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/locate"
	"github.com/throng-stats/throng/population"
	"github.com/throng-stats/throng/population/present"
)

// Purposes are the codes of why people go to the zone in which a trip ends: home is the zone of the night before, work one
// in which they stay for four hours between 08:00 and 18:00 of a workday (methods.md, section 21). Both are of the same
// day; guests from abroad have neither here.
var Purposes = []string{"home", "work", "other"}

const (
	purposeHome = iota
	purposeWork
	purposeOther
)

// purposes is the scratch memory of the purposes of one device and day.
type purposes struct {
	workday bool
	windows present.Windows
	habits  *present.Habits
	night   int
	work    []int32
}

// addPurpose adds the table. It counts the same first m trips as the total, and a pair has one purpose a day, since that is
// of the zone alone: at most m cells, each at most 1, D2 = m.
func (f *Flow) addPurpose(ground *locate.Ground, day throng.Period) {
	f.purpose = &purposes{workday: f.opt.Workday, windows: present.WindowsOf(day, f.opt.Clock), habits: present.NewHabits(f.at, len(f.dwell))}
	pairs := f.tables[0]
	pairs.Shape = throng.Shape{Name: "purpose", Dims: append(slices.Clone(pairs.Shape.Dims), throng.Dim{Name: throng.DimPurpose, Codes: Purposes})}
	pairs.Sparse = sparse(pairs.Shape)
	f.tables = append(f.tables, pairs)
}

// day looks at the night and the stays of a device.
func (p *purposes) day(u *population.Unit) {
	p.night, p.work = -1, nil
	if u.Inbound {
		return
	}
	p.night = p.habits.Night(u.Day.Spans, p.windows)
	if p.workday {
		p.work = p.habits.Stays(u.Day.Segments, u.Day.Spans, p.windows.WorkStart, p.windows.WorkEnd, present.WorkStay)
	}
}

// of is the purpose of going to a zone: home before work.
func (p *purposes) of(zone int) int {
	switch {
	case zone == p.night:
		return purposeHome
	case slices.Contains(p.work, int32(zone)):
		return purposeWork
	}
	return purposeOther
}
