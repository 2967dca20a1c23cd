package people

import (
	"github.com/throng-stats/throng/synth/city"
	"github.com/throng-stats/throng/synth/dice"
)

// whereabouts of somebody at midnight.
type whereabouts uint8

const (
	atHome   whereabouts = iota // dwelling or lodging in the host
	atWork                      // on the night shift
	atAway                      // in a home province
	atHotel                     // in the host
	abroad                      // seen in a visited network
	absent                      // nowhere that the feed sees
	dayTrip                     // of visitors and roamers: not a night; they come and go within the day
	nowhere  = -1               // zone of abroad and absent
	blockLen = 14               // days in which a household travels at most once
)

// night says where somebody is at the midnight with which a day begins.
type night struct {
	at      whereabouts
	spot    city.Spot
	network int32 // abroad: the PLMN visited
}

// Diarist writes days. It holds scratch memory and is not safe for several goroutines; make one for each.
type Diarist struct {
	all   *All
	self  Person     // somebody who has moved, as of the day
	d     *dice.Dice // of the person's day
	aux   *dice.Dice // of what lasts longer than a day
	stays []Stay

	travels []Travel
}

// Diarist returns a new one.
func (a *All) Diarist() *Diarist { return &Diarist{all: a, d: dice.New(0), aux: dice.New(0)} }

// night is where person i is at the midnight with which the day begins.
func (w *Diarist) night(i int, day int) night {
	p := &w.all.List[i]
	switch p.Role {
	case Worker:
		return w.workerNight(p, i, day)
	case Visitor:
		return w.visitorNight(p, i, day)
	case Roamer:
		return w.roamerNight(i, day)
	}
	return w.residentNight(p, i, day)
}

// journey is an absence: out on the day from, back on the day to. During the nights after from up to to one is away.
type journey struct{ from, to int }

func (j journey) covers(day int) bool { return day > j.from && day <= j.to }

// block names the block of days that holds a day, and its first day. Blocks begin late days after the multiples of their
// length, so that not everybody's blocks end together; days before 0 have blocks too.
func block(day, length, late int) (number uint64, first int) {
	b := (day - late) / length
	if day < late && (day-late)%length != 0 {
		b--
	}
	return uint64(b), b*length + late
}

// residentNight: a household travels in 24 % of fortnights (EMP 2019: 6.3 journeys over 80 km a person and year), 14 % of
// them abroad (EMP 2019: 86 % within the country); half of the rest leads to one of the five provinces (ours). One journey in
// twelve lasts five to nine nights, the others one to four (ours).
func (w *Diarist) residentNight(p *Person, i, day int) night {
	if away, ok := w.emigrantNight(p, i, day); ok {
		return away
	}
	late := int(dice.Hash(w.all.seed, 25, uint64(p.House)) % blockLen)
	b, first := block(day-1, blockLen, late)
	w.aux.Reset(w.all.seed, 20, uint64(p.House), b)
	if w.aux.Chance(.24) {
		from := first + w.aux.IntN(10)
		j := journey{from, from + 1 + min(3, int(w.aux.ExpFloat64()*1.5))}
		if w.aux.Chance(.08) {
			j.from = first + w.aux.IntN(4)
			j.to = j.from + 5 + w.aux.IntN(5)
		}
		if j.covers(day) {
			return w.destination()
		}
	}
	home := w.all.homeOn(p, day)
	switch {
	case home.Zone >= city.Municipalities:
		return night{at: atAway, spot: home}
	case p.job == shifts && w.onNightShift(i, day-1):
		return night{at: atWork, spot: p.Work}
	}
	return night{at: atHome, spot: home}
}

func (w *Diarist) destination() night {
	switch u := w.aux.Float64(); {
	case u < .14:
		c := city.Countries[w.aux.IntN(len(city.Countries))]
		return night{at: abroad, spot: city.Spot{Zone: nowhere}, network: int32(c.Network)}
	case u < .57:
		zone := city.HomeZone(city.Home + w.aux.IntN(city.Provinces-city.Home))
		return night{at: atAway, spot: w.all.plan.Dwelling(zone, w.aux)}
	}
	return night{at: absent, spot: city.Spot{Zone: nowhere}}
}

// onNightShift: shift workers go early, late and at night in turn, by weeks; nights are those after working days. Nobody
// begins a night shift on the eve of a journey: the journey is looked at first.
func (w *Diarist) onNightShift(i, evening int) bool {
	return w.all.Calendar.Workday(evening) && w.shift(i, evening) == 2
}

func (w *Diarist) shift(i, day int) int {
	week, _ := block(day, 7, -w.all.Calendar.Weekday)
	return int((week + dice.Hash(w.all.seed, 21, uint64(i))%3) % 3)
}

// workerNight: 70 % go home for the feast, one to seven days before it, and come back 3 to 16 days after; 8 % of them do
// not. 7 % begin during the first 60 days, 4 % leave for good; one weekend in twenty is spent at home. All ours, in the
// shape of the Chinese and other new-year migrations.
func (w *Diarist) workerNight(p *Person, i, day int) night {
	if away, ok := w.emigrantNight(p, i, day); ok {
		return away
	}
	w.aux.Reset(w.all.seed, 22, uint64(i))
	feast := journey{w.all.Calendar.Festival - 1 - w.aux.IntN(7), w.all.Calendar.Festival + 3 + w.aux.IntN(14)}
	goes, stays := w.aux.Chance(.70), w.aux.Chance(.08)
	if stays {
		feast.to = 1 << 30
	}
	arrival, departure := -1<<30, 1<<30
	if w.aux.Chance(.07) {
		arrival = 1 + w.aux.IntN(60)
	}
	if w.aux.Chance(.04) {
		departure = max(arrival, 0) + 2 + w.aux.IntN(58)
	}
	if goes && feast.covers(day) || day <= arrival || day > departure || w.weekendAtHome(i, day) {
		return night{at: atAway, spot: p.Away}
	}
	if p.job == shifts && w.onNightShift(i, day-1) {
		return night{at: atWork, spot: p.Work}
	}
	return night{at: atHome, spot: p.Home}
}

// weekendAtHome covers the nights after Friday and Saturday.
func (w *Diarist) weekendAtHome(i, day int) bool {
	weekday := w.all.Calendar.weekday(day)
	if weekday != 6 && weekday != 0 {
		return false
	}
	week, _ := block(day, 7, 1-w.all.Calendar.Weekday)
	return dice.Unit(w.all.seed, 23, uint64(i), week) < .05
}

// visit is one stay of a visitor or roamer in the host; day trips have from == to.
type visit struct {
	journey
	hotel city.Spot
}

// visitOf draws the visit of a block of days, and whether there is one.
func (w *Diarist) visitOf(i, day, length int, chance, dayTrips, meanNights float64) (visit, bool) {
	b, first := block(day, length, int(dice.Hash(w.all.seed, 26, uint64(i))%uint64(length)))
	w.aux.Reset(w.all.seed, 24, uint64(i), b)
	if !w.aux.Chance(chance) {
		return visit{}, false
	}
	nights := 0
	if !w.aux.Chance(dayTrips) {
		nights = min(length-2, 1+int(w.aux.ExpFloat64()*(meanNights-.5)))
	}
	from := first + w.aux.IntN(length-nights)
	v := visit{journey: journey{from, from + nights}}
	if nights > 0 {
		v.hotel = w.all.plan.Places[city.Hotel].Draw(0, w.aux)
	}
	return v, true
}

// visitorVisit: a visitor comes in a bit more than half of the weeks, two times of three for a day (ours).
func (w *Diarist) visitorVisit(i, day int) (visit, bool) { return w.visitOf(i, day, 7, .55, .65, 1.8) }

// roamerVisit: a roamer comes in nine of ten blocks of 30 days, one time in five for a day, else for four nights on average (ours).
func (w *Diarist) roamerVisit(i, day int) (visit, bool) { return w.visitOf(i, day, 30, .9, .2, 4) }

func (w *Diarist) visitorNight(p *Person, i, day int) night {
	if v, ok := w.visitorVisit(i, day-1); ok && v.covers(day) {
		return night{at: atHotel, spot: v.hotel}
	}
	return night{at: atAway, spot: p.Away}
}

func (w *Diarist) roamerNight(i, day int) night {
	if v, ok := w.roamerVisit(i, day-1); ok && v.covers(day) {
		return night{at: atHotel, spot: v.hotel}
	}
	return night{at: absent, spot: city.Spot{Zone: nowhere}}
}
