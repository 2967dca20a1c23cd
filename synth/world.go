// Package synth invents a country, its people and the signals they would leave.
//
// It knows the truth, and none of our methods: it projects, places and counts by itself. A world is made from a seed; a day
// of it can be written without the days before.
package synth

import (
	"fmt"
	"math"
	"sort"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/synth/city"
	"github.com/throng-stats/throng/synth/people"
	"github.com/throng-stats/throng/synth/signal"
)

// chunkPeople is how many people are made in one piece of work. It is part of the order of equal rows.
const chunkPeople = 2048

// World is an invented country with its people and phones. It does not change and may be used by many goroutines.
type World struct {
	options Options
	clock   *time.Location
	start   time.Time
	plan    *city.Plan
	all     *people.All
	radio   *signal.Radio
	devices []signal.Device // by person, then the SIMs of things
	names   []string        // of cells
	groups  []string        // of origin, in the order of the truth
	groupOf []uint8         // of each person
}

// New invents a world. It needs the time zone database of the machine or of the program.
func New(o Options) (*World, error) {
	o.EnsureDefaults()
	if err := o.Validate(); err != nil {
		return nil, err
	}
	clock, err := time.LoadLocation(Clock)
	if err != nil {
		return nil, fmt.Errorf("synth: the time zone %s is unknown here; install tzdata or import time/tzdata: %w", Clock, err)
	}
	start, err := time.ParseInLocation(time.DateOnly, o.From, clock)
	if err != nil {
		return nil, fmt.Errorf("synth: from: %w", err)
	}
	w := &World{options: o, clock: clock, start: start, plan: city.New(o.Seed)}
	calendar := people.Calendar{Year: start.Year(), Weekday: int(start.Weekday()), Festival: o.FestivalDay}
	w.all = people.New(o.Seed, w.plan, o.People, calendar, o.Share)
	w.radio = signal.NewRadio(w.plan)
	w.devices = signal.Devices(o.Seed, w.all, o.EventsPerDevice)
	w.names = signal.Names(w.plan)
	if len(w.names) >= math.MaxUint16 {
		panic("synth: more cells than two bytes can name")
	}
	w.groupPeople()
	return w, nil
}

// Options are the options with their defaults.
func (w *World) Options() Options { return w.options }

// People is the number of invented people.
func (w *World) People() int { return len(w.all.List) }

// Devices is the number of subscriptions in the feed, those of things included.
func (w *World) Devices() int { return len(w.devices) }

// Zones are the zones of all levels, without outlines, residents and factors.
func (w *World) Zones() []throng.Zone {
	list := make([]throng.Zone, len(w.plan.Zones))
	for i, z := range w.plan.Zones {
		list[i] = z.Zone
	}
	return list
}

// Period is a day of the world, counted from 0.
func (w *World) Period(day int) throng.Period {
	name := w.start.AddDate(0, 0, day).Format(time.DateOnly)
	period, err := throng.DayOf(name, w.clock)
	if err != nil {
		panic("synth: a day that its own format cannot read: " + name)
	}
	return period
}

// DayName is the name of a day of the world, "2006-01-02", counted from 0.
func (w *World) DayName(day int) string { return w.Period(day).Name }

// groupPeople lists the groups of origin, the host's first, and finds everybody's.
func (w *World) groupPeople() {
	index := map[string]uint8{}
	add := func(group string) {
		if _, ok := index[group]; !ok {
			index[group] = uint8(len(w.groups))
			w.groups = append(w.groups, group)
		}
	}
	for i := range city.Provinces {
		add(city.ProvinceGroup(i))
	}
	for _, c := range city.Countries {
		add(c.Group)
	}
	w.groupOf = make([]uint8, len(w.all.List))
	for i := range w.all.List {
		w.groupOf[i] = index[w.all.List[i].Group()]
	}
}

// devicesOf is the range of devices of people first to last (exclusive); the things belong to nobody.
func (w *World) devicesOf(first, last int) []signal.Device {
	phones := sort.Search(len(w.devices), func(i int) bool { return w.devices[i].Person < 0 })
	at := func(person int) int {
		return sort.Search(phones, func(i int) bool { return int(w.devices[i].Person) >= person })
	}
	return w.devices[at(first):at(last)]
}

// things are the devices that nobody carries.
func (w *World) things() []signal.Device {
	return w.devices[sort.Search(len(w.devices), func(i int) bool { return w.devices[i].Person < 0 }):]
}
