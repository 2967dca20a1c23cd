// Package people invents who lives in the region and what each of them does on any day.
//
// A day of a person is a pure function of the seed, the person and the day. Where somebody sleeps is decided by rules that
// look at the number of the night only, so that two days which are made apart fit together at midnight.
package people

import (
	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/synth/city"
	"github.com/throng-stats/throng/synth/dice"
	"math"
)

// Role is why a person is part of the world.
type Role uint8

// The roles. A worker has his home in another province and lodges in the host; a visitor lives in another province; a
// roamer lives abroad.
const (
	Resident Role = iota
	Worker
	Visitor
	Roamer
)

// Shares of the roles among all people; the worker's is the design's (30,000 of 200,000), the others are ours.
const (
	workerShare  = .15
	visitorShare = .05
	roamerShare  = .05
)

// job says what a person does on a working day.
type job uint8

const (
	free job = iota
	employed
	pupil
	student
	shifts // employed in three shifts that change weekly
)

// Person is one invented human being. The struct has no pointers; a quarter of a million of them are 20 MB.
type Person struct {
	Home  city.Spot // residents: dwelling; workers: lodging in the host
	Away  city.Spot // workers and visitors: dwelling in their home province
	Work  city.Spot // of those who have one: workplace, school
	House uint32    // residents of one dwelling share a number
	Birth int16     // year
	Sex   byte      // 'F' or 'M'
	Role  Role
	job   job
	// Origin is the number of a province; of roamers, the index into city.Countries.
	Origin uint8
	Holder bool    // carries a phone of this holder
	fate   fate    // what happens once in a life
	Share  float32 // with which probability that was drawn
}

// Zone is the finest zone in whose market the person took a phone: that of the dwelling or lodging; visitors' home
// province; -1 for roamers.
func (p *Person) Zone() int16 {
	switch p.Role {
	case Visitor:
		return p.Away.Zone
	case Roamer:
		return -1
	}
	return p.Home.Zone
}

// Group is the code of the group of origin.
func (p *Person) Group() string {
	if p.Role == Roamer {
		return city.Countries[p.Origin].Group
	}
	return city.ProvinceGroup(int(p.Origin))
}

// Calendar counts days from 0, the first day of the world.
type Calendar struct {
	Year     int // of day 0, for ages
	Weekday  int // of day 0; 0 is Sunday
	Festival int // number of the day of the feast; may lie outside the run
}

// weekday of a day, 0 is Sunday.
func (c Calendar) weekday(day int) int { return ((c.Weekday+day)%7 + 7) % 7 }

// Holiday reports whether a day is the feast or one of the days beside it.
func (c Calendar) Holiday(day int) bool { return day >= c.Festival-1 && day <= c.Festival+1 }

// workday: Monday to Friday and no holiday.
func (c Calendar) Workday(day int) bool {
	w := c.weekday(day)
	return w != 0 && w != 6 && !c.Holiday(day)
}

// All are the people of a world. It does not change after New and may be read by many goroutines.
type All struct {
	List     []Person
	Calendar Calendar

	seed uint64
	plan *city.Plan
}

// New invents n people. The same seed, plan, calendar and mean share give the same people.
func New(seed uint64, plan *city.Plan, n int, calendar Calendar, share float64) *All {
	a := &All{Calendar: calendar, seed: seed, plan: plan, List: make([]Person, 0, n)}
	workers, visitors, roamers := int(float64(n)*workerShare), int(float64(n)*visitorShare), int(float64(n)*roamerShare)
	a.addResidents(n - workers - visitors - roamers)
	for range workers {
		a.addWorker()
	}
	for range visitors {
		a.addVisitor()
	}
	for range roamers {
		a.addRoamer()
	}
	a.decideFates()
	a.handOutPhones(share)
	return a
}

// Kinds of household: members and share. Sizes after the French census of 2020 (Insee: 37, 33, 14, 11 and 5 % of households
// with 1, 2, 3, 4 and 5 or more people), rounded.
var householdSizes = []float64{.37, .33, .14, .11, .05}

// Ages of the first adult by size of household: lower bound of a band and weights. Ours, so that the bands of all people
// come near those of France (about 21, 8, 24, 26 and 21 %).
var (
	adultBands   = [...]int{18, 25, 45, 65}
	adultWeights = [...][]float64{{.11, .22, .28, .39}, {.05, .17, .36, .42}, {.02, .46, .48, .04}, {.01, .52, .45, .02}, {.01, .60, .38, .01}}
	bandEnds     = [...]int{24, 44, 64, 93}
)

func (a *All) addResidents(n int) {
	d := dice.New(a.seed, 10)
	for house := uint32(0); len(a.List) < n; house++ {
		zone := int16(d.Pick(a.plan.Weight[:]))
		size := 1 + d.Pick(householdSizes)
		home := a.plan.Dwelling(zone, d)
		band := d.Pick(adultWeights[size-1])
		age := adultBands[band] + d.IntN(bandEnds[band]-adultBands[band]+1)
		adults := 2
		if size == 1 || size > 2 && d.Chance(.17) || size == 2 && d.Chance(.12) {
			adults = 1 // alone, or alone with children
		}
		for k := 0; k < size && len(a.List) < n; k++ {
			member := age
			switch {
			case k >= adults:
				member = min(d.IntN(23), max(0, age-18))
			case k > 0:
				member = max(18, min(93, age+int(d.Normal(0, 4))))
			}
			a.addResident(home, house, member, k, d)
		}
	}
}

func (a *All) addResident(home city.Spot, house uint32, age, k int, d *dice.Dice) {
	p := Person{Home: home, House: house, Birth: int16(a.Calendar.Year - age), Sex: sex(k, d)}
	a.employ(&p, age, d)
	a.List = append(a.List, p)
}

// sex: couples are mixed, everybody else is drawn.
func sex(k int, d *dice.Dice) byte {
	if k == 0 && d.Chance(.5) || k > 0 && d.Chance(.52) {
		return 'F'
	}
	return 'M'
}

// employ decides about school and work: two thirds of 18 to 64 are employed (Insee: 68 % of 15 to 64), half of 18 to 24
// study; 6 % of the employed work in shifts (ours).
func (a *All) employ(p *Person, age int, d *dice.Dice) {
	kind := city.Work
	switch {
	case age >= 3 && age < 18:
		p.job, kind = pupil, city.School
	case age >= 18 && age < 25 && d.Chance(.5):
		p.job, kind = student, city.College
	case age >= 18 && age < 65 && d.Chance(.74), age >= 65 && age < 72 && d.Chance(.06):
		p.job = employed
		if d.Chance(.06) {
			p.job = shifts
		}
	default:
		return
	}
	p.Work = a.plan.Places[kind].Draw(p.Home.Zone, d)
}

// addWorker: half lodge in dormitories beside industry, the rest in the city and towns; ages 18 to 60, 62 % men; one in
// five works in shifts (ours).
func (a *All) addWorker() {
	i := uint64(len(a.List))
	d := dice.New(a.seed, 11, i)
	origin := city.Home + d.Pick([]float64{30, 20, 15, 22, 13})
	p := Person{Role: Worker, Origin: uint8(origin), Sex: 'F', job: employed}
	if d.Chance(.62) {
		p.Sex = 'M'
	}
	p.Birth = int16(a.Calendar.Year - min(60, 18+int(d.LogNormal(15, .6))))
	p.Home = a.plan.Dorms[d.IntN(len(a.plan.Dorms))]
	if d.Chance(.5) {
		p.Home = a.plan.Dwelling(int16(d.Pick(a.plan.Weight[:city.Counties])), d)
	}
	p.Away = a.plan.Dwelling(city.HomeZone(origin), d)
	p.Work = a.plan.Places[city.Work].Draw(p.Home.Zone, d)
	if d.Chance(.2) {
		p.job = shifts
	}
	a.List = append(a.List, p)
}

func (a *All) addVisitor() {
	i := uint64(len(a.List))
	d := dice.New(a.seed, 12, i)
	origin := city.Home + d.IntN(city.Provinces-city.Home)
	p := Person{Role: Visitor, Origin: uint8(origin), Sex: sex(0, d)}
	p.Birth = int16(a.Calendar.Year - int(d.Between(0, 85)))
	p.Away = a.plan.Dwelling(city.HomeZone(origin), d)
	a.List = append(a.List, p)
}

func (a *All) addRoamer() {
	i := uint64(len(a.List))
	d := dice.New(a.seed, 13, i)
	weights := make([]float64, len(city.Countries))
	for k, c := range city.Countries {
		weights[k] = c.Weight
	}
	p := Person{Role: Roamer, Origin: uint8(d.Pick(weights)), Sex: sex(0, d)}
	p.Birth = int16(a.Calendar.Year - int(d.Between(5, 80)))
	a.List = append(a.List, p)
}

// Band is the index of the person's age band in a year, in throng.DefaultBands.
func (p *Person) Band(year int) int { return throng.DefaultBands.Of(year - int(p.Birth)) }

// appetite for a phone of one's own, by age, before scaling: children under 12 mostly have none (Arcep's digital barometer
// puts the age of the first phone near 11); the shape is ours.
func appetite(age int) float64 {
	switch {
	case age < 12:
		return .12
	case age < 18:
		return 1
	case age < 45:
		return 1.2
	case age < 65:
		return 1.1
	}
	return .9
}

// marketOf is how strong the holder is in a finest zone: within 21 % of the mean; the city is near it.
func (a *All) marketOf(zone int16) float64 {
	switch {
	case zone < 0:
		return 1
	case zone == 0:
		return 1.02
	}
	return .79 + .42*dice.Unit(a.seed, 14, uint64(zone))
}

// handOutPhones draws who carries a phone of this holder, so that the mean share is as wanted.
func (a *All) handOutPhones(share float64) {
	sum := 0.0
	for i := range a.List {
		p := &a.List[i]
		p.Share = float32(a.marketOf(p.Zone()) * appetite(a.Calendar.Year-int(p.Birth)))
		sum += float64(p.Share)
	}
	scale := share * float64(len(a.List)) / sum
	for i := range a.List {
		p := &a.List[i]
		p.Share = float32(min(.95, float64(p.Share)*scale))
		p.Holder = dice.Unit(a.seed, 15, uint64(i)) < float64(p.Share)
	}
}

// Market is the holder's share of some people: the mean of their chances, and how far what was drawn scatters about it.
type Market struct{ Share, SD float64 }

// MarketShares are the holder's shares by finest zone, as a regulator would publish them: phones of the holder per person,
// over the people of the zone's market, all and by age band (throng.DefaultBands); 0 where there is nobody. Workers count
// where they lodge and, in their home province, there too.
func (a *All) MarketShares() (all []Market, byAge [][]Market) {
	bands := len(throng.DefaultBands)
	sum, variance, n := make([]float64, city.Finest*(bands+1)), make([]float64, city.Finest*(bands+1)), make([]float64, city.Finest*(bands+1))
	for i := range a.List {
		p := &a.List[i]
		zones := []int16{p.Zone(), -1}
		if p.Role == Worker {
			zones[1] = p.Away.Zone
		}
		for _, z := range zones {
			if z < 0 {
				continue
			}
			for _, at := range []int{int(z) * (bands + 1), int(z)*(bands+1) + 1 + p.Band(a.Calendar.Year)} {
				sum[at] += float64(p.Share)
				variance[at] += float64(p.Share) * (1 - float64(p.Share))
				n[at]++
			}
		}
	}
	of := make([]Market, len(sum))
	for at := range of {
		if n[at] > 0 {
			of[at] = Market{sum[at] / n[at], math.Sqrt(variance[at]) / n[at]}
		}
	}
	for z := range city.Finest {
		all = append(all, of[z*(bands+1)])
		byAge = append(byAge, of[z*(bands+1)+1:(z+1)*(bands+1)])
	}
	return all, byAge
}

// GuestShare is the expected share of the holder among guests, who have no zone of their own.
func (a *All) GuestShare() float64 {
	sum, n := 0.0, 0
	for i := range a.List {
		if a.List[i].Role == Roamer {
			sum += float64(a.List[i].Share)
			n++
		}
	}
	return sum / float64(n)
}
