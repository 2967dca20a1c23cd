package tourism

import (
	"cmp"
	"math"
	"slices"

	"github.com/throng-stats/throng/mobility"
	"github.com/throng-stats/throng/population"
)

// journey is a trip of one kind.
type journey struct {
	kind int
	trip Trip
}

// walk is the scratch memory of one month of one unit.
type walk struct {
	journeys []journey
	abroad   []run // one after the other
	at       []int // how many cells of a stay lie in a zone, by zone in zones
	zones    []int32
}

// Contribute adds the first trips of the month in the order of their starts, and a long absence. A trip belongs to every
// month in which it has a stay of three hours, with the nights that this month's records show: no record of another month is
// looked at (docs/method/tourism.md says what that counts twice).
func (t *Tourism) Contribute(m *population.Month, emit population.Emit) {
	w := &t.walk
	w.journeys, w.abroad = w.journeys[:0], w.abroad[:0]
	origin := t.opt.Classes.RegionAt(m.Attr.Origin)
	if m.Inbound {
		t.stays(m, inbound, nil)
	} else {
		t.runsAbroad(m)
		t.outbound(m)
		if inside := t.opt.Usual(m); inside != nil {
			t.stays(m, domestic, inside)
		}
		if country, ok := t.absence(m); ok {
			emit(tableAbsences, t.tables[tableAbsences].Shape.Cell(country, origin))
		}
	}
	slices.SortStableFunc(w.journeys, func(a, b journey) int {
		return cmp.Or(cmp.Compare(a.trip.Start, b.trip.Start), cmp.Compare(a.kind, b.kind))
	})
	t.emit(origin, emit)
}

// emit adds the first trips to each table. A trip outside all zones has no destination and is in no table.
func (t *Tourism) emit(origin int, emit population.Emit) {
	all, here, away := 0, 0, 0
	for i := range t.walk.journeys {
		j := &t.walk.journeys[i]
		main, ok := j.trip.Main()
		if !ok {
			continue
		}
		if all++; all <= t.opt.Trips {
			emit(tableLength, t.tables[tableLength].Shape.Cell(j.kind, Length(j.trip.Nights)))
		}
		if j.kind == outbound {
			if away++; away <= t.opt.Trips {
				emit(tableAbroad, t.tables[tableAbroad].Shape.Cell(t.country(main), origin))
			}
			continue
		}
		if here++; here <= t.opt.Trips {
			emit(tableTrips, t.tables[tableTrips].Shape.Cell(int(main), origin))
			if t.opt.Ends {
				shape := t.tables[tableEnds].Shape
				emit(tableEnds, shape.Cell(0, int(j.trip.Visits[0].Zone), origin))
				emit(tableEnds, shape.Cell(1, int(j.trip.Visits[len(j.trip.Visits)-1].Zone), origin))
			}
		}
	}
}

// stays makes the trips of inbound guests, for whom no place is inside, or of residents outside their usual environment.
func (t *Tourism) stays(m *population.Month, kind int, inside func(zone int32) bool) {
	traveller := Traveller{opt: Inbound}
	if kind == domestic {
		traveller.opt = Domestic
	}
	for i := range m.Segments {
		g := &m.Segments[i]
		if g.State != mobility.Stay {
			continue
		}
		if inside != nil && t.isUsual(g.Cells, inside) {
			t.keep(kind)(traveller.Back(g.Start, g.End))
			continue
		}
		if g.End-g.Start < LeastStay {
			continue
		}
		s := Stay{Start: g.Start, End: g.End, Shares: t.shares(g.Cells), Clock: t.opt.Clock}
		if clock := t.ground.Places[g.Cells[0]].Clock; clock != nil {
			s.Clock = clock
		}
		t.keep(kind)(traveller.Away(s))
	}
	t.keep(kind)(traveller.Watermark(math.MaxInt64))
}

// keep takes a trip that has ended, if one has.
func (t *Tourism) keep(kind int) func(trip Trip, ok bool) {
	return func(trip Trip, ok bool) {
		if ok {
			t.walk.journeys = append(t.walk.journeys, journey{kind, trip})
		}
	}
}

// isUsual reports whether at least half of a stay is inside: u >= .5 (methods.md, section 16), each cell an equal part in
// its dominant zone. Ground outside all zones is never inside.
func (t *Tourism) isUsual(cells []uint32, inside func(zone int32) bool) bool {
	n := 0
	for _, c := range cells {
		if z := t.ground.Places[c].Zone; z >= 0 && inside(z) {
			n++
		}
	}
	return float64(n) >= UsualShare*float64(len(cells))
}

// shares gives each cell of a stay an equal part in the zone of destination of its dominant zone (methods.md, section 14,
// with all of a cell's posterior there): what Zones does for tiles.
func (t *Tourism) shares(cells []uint32) []Share {
	w := &t.walk
	w.zones, w.at = w.zones[:0], w.at[:0]
	for _, c := range cells {
		z := t.part[c]
		if z < 0 {
			continue
		}
		i, found := slices.BinarySearch(w.zones, z)
		if !found {
			w.zones, w.at = slices.Insert(w.zones, i, z), slices.Insert(w.at, i, 0)
		}
		w.at[i]++
	}
	shares := make([]Share, len(w.zones))
	for i, z := range w.zones {
		shares[i] = Share{Zone: uint32(z), Weight: float64(w.at[i]) / float64(len(cells))}
	}
	return shares
}
