package people

import "github.com/throng-stats/throng/synth/city"

// ordinary is a day that begins and ends at home. Chances of working on a day give 3.6 days a week (French ministry, from
// EMP 2019: 7.3 ways to or from work a week).
func (w *Diarist) ordinary(p *Person, i, day int) {
	workday := w.all.Calendar.Workday(day)
	chance := map[bool]float64{true: .72, false: .10}[workday]
	if p.Role == Worker {
		chance = map[bool]float64{true: .9, false: .3}[workday]
	}
	switch {
	case p.job == shifts && workday && w.d.Chance(chance+.1):
		w.shiftDay(p, w.shift(i, day))
	case p.job == employed && w.d.Chance(chance):
		if p.fate == crosser {
			w.borderDay(i)
		} else {
			w.workDay(p)
		}
	case p.job == pupil && workday && w.d.Chance(.95):
		w.schoolDay(p, 8.4, 16.6)
	case p.job == student && workday && w.d.Chance(.75):
		w.schoolDay(p, 9.2, 17)
	case workday:
		w.errands(p, 1.4, 9.5, 17)
	default:
		w.errands(p, 1.2, 10, 17.5)
	}
	if w.arrived() < 19.5*3600 && w.d.Chance(.11) {
		w.outing(p, w.hours(19.6, .6), 1.8)
	}
}

// workDay: begins about 8:20, lasts 8.2 hours; lunch away in 25 %, a stop on the way home in 25 % (ours; the ministry's
// 15 % of ways with a stop count differently).
func (w *Diarist) workDay(p *Person) {
	begin := w.hours(8.3, .8)
	w.move(begin-float64(TravelSeconds(p.Home, p.Work)), p.Work)
	end := w.arrived() + max(4*3600, w.hours(8.2, .9))
	if w.d.Chance(.25) && p.Work.Zone >= 0 {
		w.move(w.hours(12.3, .3), w.near(p.Work, 700))
		w.move(w.arrived()+w.hours(.7, .15), p.Work)
	}
	if w.d.Chance(.25) {
		w.move(end, w.place(city.Shop, p.Work.Zone))
		end = w.arrived() + w.d.ExpFloat64()*1800 + 300
	}
	w.move(end, p.Home)
}

// shiftDay: early 5 to 13, late 13 to 21; the night shift is nightShift.
func (w *Diarist) shiftDay(p *Person, shift int) {
	begin := []float64{5, 13, 0}[shift]
	if shift == 2 {
		w.errands(p, 1, 14, 17)
		return
	}
	way := float64(TravelSeconds(p.Home, p.Work))
	w.move(begin*3600-way-w.d.Between(0, 900), p.Work)
	w.move((begin+8)*3600+w.d.Between(0, 900), p.Home)
}

// nightShift: 21:30 to 6:00. A journey that begins or ends beside it goes by way of home.
func (w *Diarist) nightShift(p *Person, now, next night) {
	if now.at == atWork {
		w.move(w.hours(6.1, .1), p.Home)
	}
	if next.at == atWork {
		if now.at != atWork && now.at != atHome {
			if w.last().Gone {
				w.appear(w.hours(13, 1), w.all.plan.Gates[w.d.IntN(2)])
				w.move(w.arrived()+w.hours(.5, .1), p.Home)
			} else {
				w.move(w.hours(12, 1), p.Home)
			}
		} else {
			w.errands(p, .6, 14, 16.5)
		}
		w.move(21.3*3600-float64(TravelSeconds(p.Home, p.Work)), p.Work)
		return
	}
	if next.at != atHome || next.spot != p.Home {
		w.depart(next, w.hours(15, .8))
	}
}

// schoolDay: at school between two hours; three in ten go home for lunch if it is near.
func (w *Diarist) schoolDay(p *Person, begin, end float64) {
	w.move(w.hours(begin, .2)-float64(TravelSeconds(p.Home, p.Work)), p.Work)
	if w.d.Chance(.3) && TravelSeconds(p.Home, p.Work) < 1200 {
		w.move(w.hours(11.9, .1), p.Home)
		w.move(w.hours(13.3, .1), p.Work)
	}
	leave := w.hours(end, .4)
	if w.d.Chance(.25) {
		w.move(leave, w.place(city.Leisure, p.Home.Zone))
		leave = w.arrived() + w.hours(1.3, .3)
	}
	w.move(leave, p.Home)
}

// errands: outings from home, a Poisson number of them between two hours; three in ten have a second stop.
func (w *Diarist) errands(p *Person, mean, from, until float64) {
	n := w.d.Poisson(mean)
	for k := range n {
		slot := (until - from) / float64(n)
		at := max(w.arrived()+900, (from+slot*(float64(k)+w.d.Float64()*.7))*3600)
		if at > (until+1)*3600 {
			return
		}
		w.outing(p, at, .9)
	}
}

// outing goes to one or two places and home again. Stays last a quarter of an hour and more.
func (w *Diarist) outing(p *Person, at, meanHours float64) {
	stops := 1
	if w.d.Chance(.3) {
		stops = 2
	}
	for range stops {
		w.move(at, w.place(w.errandKind(), p.Home.Zone))
		at = w.arrived() + 900 + w.d.ExpFloat64()*(meanHours*3600-900)
		if at > 22.8*3600 {
			break
		}
	}
	w.move(min(at, 23.2*3600), p.Home)
}

func (w *Diarist) errandKind() city.Kind {
	switch u := w.d.Float64(); {
	case u < .55:
		return city.Shop
	case u < .93:
		return city.Leisure
	}
	return city.Sight
}

func (w *Diarist) place(kind city.Kind, from int16) city.Spot {
	if from < 0 || int(from) >= city.Municipalities {
		from = 0
	}
	return w.all.plan.Places[kind].Draw(from, w.d)
}

// near is a spot at some metres from another, in the same zone if it can be had.
func (w *Diarist) near(from city.Spot, metres float64) city.Spot {
	for range 6 {
		to := city.Spot{X: from.X + float32(w.d.Normal(0, metres)), Y: from.Y + float32(w.d.Normal(0, metres))}
		if to.Zone = w.all.plan.ZoneAt(to.Point()); to.Zone == from.Zone {
			return to
		}
	}
	return from
}

// awayDay is a day in a home province: a few outings near the dwelling.
func (w *Diarist) awayDay(home city.Spot) {
	n := w.d.Poisson(1.2)
	for k := range n {
		at := max(w.arrived()+1200, (9.5+9/float64(n)*(float64(k)+w.d.Float64()*.7))*3600)
		if at > 20*3600 {
			return
		}
		w.move(at, w.near(home, 3000))
		w.move(w.arrived()+900+w.d.ExpFloat64()*3600, home)
	}
}

// sights is a day of a tourist: two to four places, then back to the hotel.
func (w *Diarist) sights(hotel city.Spot, from, until float64) {
	at := max(w.arrived()+600, from+w.d.Between(-3600, 3600))
	for range 2 + w.d.IntN(3) {
		if at > until-3600 {
			break
		}
		kind := city.Sight
		if w.d.Chance(.5) {
			kind = city.Leisure
		}
		w.move(at, w.place(kind, hotel.Zone))
		at = w.arrived() + 1200 + w.d.ExpFloat64()*5000
	}
	w.move(min(at, until+3600), hotel)
}

// dayVisit: a visitor drives to the host, sees one to three places and drives home.
func (w *Diarist) dayVisit(p *Person) {
	at := w.hours(7.5, .7)
	for range 1 + w.d.IntN(3) {
		w.move(at, w.place([]city.Kind{city.Sight, city.Shop, city.Leisure, city.Work}[w.d.IntN(4)], 0))
		at = w.arrived() + 1800 + w.d.ExpFloat64()*5400
		if at > 18*3600 {
			break
		}
	}
	w.move(min(at, 19.5*3600), p.Away)
}

// roamerDay: comes through a gate in the morning and leaves through it in the evening.
func (w *Diarist) roamerDay() {
	gate := w.all.plan.Gates[w.d.IntN(2)]
	w.appear(w.hours(9.5, 1), gate)
	w.sights(gate, w.arrived()+1800, w.hours(17.5, 1))
	w.vanish(max(w.arrived()+1800, w.hours(18, 1)), night{at: absent, spot: city.Spot{Zone: nowhere}})
}

// travel is a day that ends elsewhere than it began.
func (w *Diarist) travel(p *Person, now, next night) {
	if w.last().Gone {
		if next.at == abroad || next.at == absent {
			w.vanish(w.hours(13, 2), next)
			return
		}
		gate := w.all.plan.Gates[w.d.IntN(2)]
		w.appear(max(6*3600, min(20*3600, w.hours(14, 2.5))), gate)
		w.move(w.arrived()+w.hours(.6, .15), next.spot)
		if next.at == atHotel && w.arrived() < 17*3600 {
			w.sights(next.spot, w.arrived()+3600, 21*3600)
		}
		return
	}
	at := max(7*3600, min(18.5*3600, w.hours(13.5, 2.5)))
	if p.Role == Worker && p.job != free && now.at == atHome && w.d.Chance(.5) {
		w.move(w.hours(8, .5), p.Work) // works in the morning, leaves from there
	}
	w.depart(next, max(at, w.arrived()+3600))
}

// depart goes to the next night's place, through a gate when that is not on the ground.
func (w *Diarist) depart(next night, at float64) {
	if next.at == abroad || next.at == absent {
		w.move(at, w.all.plan.Gates[w.d.IntN(2)])
		w.vanish(w.arrived()+w.hours(1, .25), next)
		return
	}
	w.move(at, next.spot)
}
