package usual

import (
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/locate"
	"github.com/throng-stats/throng/population"
	"github.com/throng-stats/throng/population/flow"
	"github.com/throng-stats/throng/population/present"
)

// The rules by which a home is found.
const (
	Modal      = "modal"      // methods.md, section 17
	Permanence = "permanence" // methods.md, sections 10 to 12, on leaves
)

// Options of the statistics of a month.
type Options struct {
	// Rule is Modal or Permanence. Default: Modal, since it finds a home for everybody who is seen often enough; the
	// permanence rule leaves out those who are in one leaf for less than four fifths of their nights.
	Rule string
	// MinDays is the least number of days with a record; a unit with fewer has no home. Default: 7, a week, so that one
	// journey or a few days with a new SIM make no home. Source: ours; methods.md, section 17, has 1.
	MinDays int
	// Workday reports whether a day, an index into Month.Days, is a workday. Default: Monday to Friday.
	Workday func(day int) bool
	// Clock is the local time. Default: UTC.
	Clock *time.Location
}

// EnsureDefaults fills what is zero.
func (o *Options) EnsureDefaults() {
	if o.Rule == "" {
		o.Rule = Modal
	}
	if o.MinDays == 0 {
		o.MinDays = 7
	}
	if o.Clock == nil {
		o.Clock = time.UTC
	}
}

// workday reports whether a day of the month is one.
func (o *Options) workday(m *population.Month, day int) bool {
	if o.Workday != nil {
		return o.Workday(day)
	}
	week := time.UnixMilli(m.Days[day].Start).In(o.Clock).Weekday()
	return week != time.Saturday && week != time.Sunday
}

// finder finds home and work of a unit and month. Tiles are ascending, and zone tells of each its place among the finest zones.
type finder interface {
	find(m *population.Month, work bool) (homes, works []uint32)
	zone(tile uint32) int32
}

func newFinder(ground *locate.Ground, o Options) finder {
	o.EnsureDefaults()
	if o.Rule == Permanence {
		return newPermanent(ground, o)
	}
	return newModal(ground, o)
}

// homesOf is a finder as migration wants it.
type homesOf struct {
	finder finder
	least  int
}

// NewHomes finds the homes of a month for migration: one zone, an index among the finest, for the modal rule; leaves for
// the permanence rule. It is a value of one worker.
func NewHomes(ground *locate.Ground, o Options) population.Homes {
	o.EnsureDefaults()
	return &homesOf{newFinder(ground, o), o.MinDays}
}

// Home is empty for guests from abroad, for units that are seen on too few days, and where no place is home.
func (h *homesOf) Home(m *population.Month) population.Home {
	if !counts(m, h.least) {
		return nil
	}
	home, _ := h.finder.find(m, false)
	return home
}

// counts reports whether a unit can be a usual resident at all.
func counts(m *population.Month, least int) bool { return !m.Inbound && len(m.Active) >= least }

// Environment counts the homes of a month, and home and work together. It is a value of one worker.
type Environment struct {
	finder finder
	least  int
	zones  int
	tables []population.Table
}

// New returns the statistic: home by zone, and home-work by zone of home and zone of work. A unit has one home zone and one
// zone of work at most, so it adds 1 to at most one cell of each table: k = c = 1. A day that is taken away can move it to
// another cell, so Move is set and D2 = 2 (privacy.md, section 4, L4). People who work in the zone where they live are on
// the diagonal; those without a zone of work are in home alone.
func New(ground *locate.Ground, o Options) *Environment {
	o.EnsureDefaults()
	finest := ground.Zones.Finest()
	zone := throng.Dim{Name: throng.DimZone, Level: throng.LevelZone}
	if len(finest) > 0 {
		zone.Codes = ground.Zones.IDs(finest...)
	}
	work := zone
	work.Name = throng.DimZone2
	e := &Environment{finder: newFinder(ground, o), least: o.MinDays, zones: len(finest)}
	for _, s := range []throng.Shape{{Name: "home", Dims: []throng.Dim{zone}}, {Name: "home-work", Dims: []throng.Dim{zone, work}}} {
		e.tables = append(e.tables, population.Table{Shape: s, Bound: population.Bound{Cells: 1, PerCell: 1},
			Sparse: s.Cells() > flow.MostDense, Move: true})
	}
	return e
}

// Product is "usual".
func (e *Environment) Product() string { return "usual" }

// Tables lists home and home-work.
func (e *Environment) Tables() []population.Table { return e.tables }

// Contribute adds 1 to the home zone, and 1 to the pair of home and work where there is work.
func (e *Environment) Contribute(m *population.Month, emit population.Emit) {
	if !counts(m, e.least) {
		return
	}
	homes, works := e.finder.find(m, true)
	home := mainZone(homes, e.finder.zone)
	if home < 0 {
		return
	}
	emit(0, uint64(home))
	if work := mainZone(works, e.finder.zone); work >= 0 {
		emit(1, uint64(int(home)*e.zones+int(work)))
	}
}

// mainZone is the zone with most of the tiles, ties to the smaller id; -1 where none lies in a zone. There are few tiles.
func mainZone(tiles []uint32, zone func(uint32) int32) int32 {
	best, most := int32(-1), 0
	for _, t := range tiles {
		z, n := zone(t), 0
		for _, other := range tiles {
			if zone(other) == z {
				n++
			}
		}
		if z >= 0 && (n > most || n == most && z < best) {
			best, most = z, n
		}
	}
	return best
}

// modal finds the zone of the last record of most days, and the zone in which the 4 h rule holds on most workdays.
type modal struct {
	opt    Options
	at     []int32 // of each place
	habits *present.Habits
	days   []int // scratch: days by zone
	home   [1]uint32
	work   [1]uint32
}

func newModal(ground *locate.Ground, o Options) *modal {
	at, zones := present.PlaceZones(ground), len(ground.Zones.Finest())
	return &modal{opt: o, at: at, habits: present.NewHabits(at, zones), days: make([]int, zones)}
}

func (d *modal) zone(tile uint32) int32 { return int32(tile) }

func (d *modal) find(m *population.Month, work bool) (homes, works []uint32) {
	if home := d.lives(m); home >= 0 {
		d.home[0] = uint32(home)
		homes = d.home[:]
	}
	if work && homes != nil {
		if at := d.works(m); at >= 0 {
			d.work[0] = uint32(at)
			works = d.work[:]
		}
	}
	return homes, works
}

// lives is the modal location: over the month, the zone of the last record of most days; ties to the most recent. A day that
// ends abroad or outside all zones has no location. Records at the same instant come in the order of their places: of these
// the smallest zone counts (methods.md, section 17).
func (d *modal) lives(m *population.Month) int {
	clear(d.days)
	home, next := -1, 0
	for _, day := range m.Days {
		last, at := -1, int64(-1)
		for ; next < len(m.Seen) && m.Seen[next].Time < day.End; next++ {
			s, zone := m.Seen[next], -1
			if s.Abroad == 0 && int(s.Place) < len(d.at) {
				zone = int(d.at[s.Place])
			}
			if s.Time > at || zone >= 0 && (last < 0 || zone < last) {
				last, at = zone, s.Time
			}
		}
		if last < 0 {
			continue
		}
		if d.days[last]++; home < 0 || d.days[last] >= d.days[home] { // as many, and more recent
			home = last
		}
	}
	return home
}

// works is the zone with most workdays on which the unit stays there for four hours between 08:00 and 18:00; ties to the
// most recent day, then to the smaller id; -1 where there is none.
func (d *modal) works(m *population.Month) int {
	clear(d.days)
	work, latest := -1, -1
	for _, day := range m.Active {
		if !d.opt.workday(m, int(day)) {
			continue
		}
		w := present.WindowsOf(m.Days[day], d.opt.Clock)
		for _, z := range d.habits.Stays(m.Segments, m.Spans, w.WorkStart, w.WorkEnd, present.WorkStay) {
			n := int(z)
			d.days[n]++
			if work < 0 || d.days[n] > d.days[work] || d.days[n] == d.days[work] && int(day) > latest {
				work, latest = n, int(day)
			}
		}
	}
	return work
}
