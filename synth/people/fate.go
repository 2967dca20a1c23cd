package people

import (
	"github.com/throng-stats/throng/synth/city"
	"github.com/throng-stats/throng/synth/dice"
)

// fate is what sets a few people apart. A household moves together; the others are alone in it.
type fate uint8

const (
	settled  fate = iota
	mover         // moves house once, for good
	emigrant      // lives abroad for weeks or months
	crosser       // works beyond the border and comes home every evening
)

// Shares of the fates.
const (
	// movers of households change municipality within 60 days: a tenth of people move in a year, two of three of them to
	// another municipality (Insee, population censuses, rounded), so .10 * 2/3 * 60/365 = .011.
	movers = .011
	// Of the movers, so many leave for a home province, and as many come from one (ours).
	moveOut, moveIn = .15, .15
	emigrants       = .006 // of residents and workers of 18 to 64 (ours: a few hundred people)
	crossers        = .005 // of employed residents (ours)
	moveDays        = 60   // days in which all moves lie
)

// decideFates draws the fates.
func (a *All) decideFates() {
	for i := range a.List {
		p := &a.List[i]
		age := a.Calendar.Year - int(p.Birth)
		abroad := p.Role <= Worker && age >= 18 && age < 65 && dice.Unit(a.seed, 28, uint64(i)) < emigrants
		switch {
		case abroad:
			p.fate = emigrant
		case p.Role != Resident:
		case dice.Unit(a.seed, 27, uint64(p.House)) < movers:
			p.fate = mover
		case p.job == employed && dice.Unit(a.seed, 29, uint64(i)) < crossers:
			p.fate = crosser
		}
	}
}

// move is a change of dwelling on a day: from the next midnight on it holds. Who comes from a province has Person.Home
// after it, everybody else before it.
type move struct {
	day   int
	other city.Spot
	comes bool
}

// moveOf is the move of a household of movers. Seven of ten stay in the host.
func (a *All) moveOf(p *Person) move {
	d := dice.New(a.seed, 31, uint64(p.House))
	m := move{day: d.IntN(moveDays)}
	switch u := d.Float64(); {
	case u < moveOut+moveIn:
		m.comes = u < moveIn
		m.other = a.plan.Dwelling(city.HomeZone(city.Home+d.IntN(city.Provinces-city.Home)), d)
	default:
		weights := a.plan.Weight
		weights[p.Home.Zone] = 0
		m.other = a.plan.Dwelling(int16(d.Pick(weights[:])), d)
	}
	return m
}

// homeOn is where a resident lives at the midnight with which a day begins.
func (a *All) homeOn(p *Person, day int) city.Spot {
	if p.fate != mover {
		return p.Home
	}
	if m := a.moveOf(p); (day > m.day) != m.comes {
		return m.other
	}
	return p.Home
}

// personOn is a person with the dwelling of the day; it is valid until the next call.
func (w *Diarist) personOn(i, day int) *Person {
	p := &w.all.List[i]
	if p.fate != mover {
		return p
	}
	w.self = *p
	w.self.Home = w.all.homeOn(p, day)
	return &w.self
}

// emigrantNight is a night of a long absence abroad: it begins between 45 days before the world and day 25, and lasts 45 to
// 104 nights (ours).
func (w *Diarist) emigrantNight(p *Person, i, day int) (night, bool) {
	if p.fate != emigrant {
		return night{}, false
	}
	w.aux.Reset(w.all.seed, 32, uint64(i))
	from := w.aux.IntN(71) - 45
	j := journey{from, from + 45 + w.aux.IntN(60)}
	if !j.covers(day) {
		return night{}, false
	}
	c := city.Countries[w.aux.IntN(len(city.Countries))]
	return night{at: abroad, spot: city.Spot{Zone: nowhere}, network: int32(c.Network)}, true
}

// WorksAbroad reports whether a person works beyond the border: what he does there is part of his usual days.
func (p *Person) WorksAbroad() bool { return p.fate == crosser }

// MovesHouse reports whether a person's household moves to another municipality or province for good.
func (p *Person) MovesHouse() bool { return p.fate == mover }

// neighbours are the countries in which people work who live here, the first of city.Countries.
const neighbours = 7

// borderDay is a working day beyond the border, through a gate in the morning and in the evening.
func (w *Diarist) borderDay(i int) {
	gate := w.all.plan.Gates[0]
	country := city.Countries[dice.Hash(w.all.seed, 33, uint64(i))%neighbours]
	home := w.last().Spot
	w.move(w.hours(6.6, .4), gate)
	w.vanish(w.arrived()+w.hours(.4, .08), night{at: abroad, spot: city.Spot{Zone: nowhere}, network: int32(country.Network)})
	w.appear(max(w.arrived()+4*3600, w.hours(17.2, .6)), gate)
	w.move(w.arrived()+w.hours(.3, .06), home)
}
