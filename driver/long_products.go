package driver

import (
	"slices"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/config"
	"github.com/throng-stats/throng/population"
	"github.com/throng-stats/throng/population/migration"
	"github.com/throng-stats/throng/population/tourism"
	"github.com/throng-stats/throng/population/usual"
	"github.com/throng-stats/throng/reckon"
)

// ofMonth returns what is counted of the month of a period, in the order of the contract; nothing where the agreement covers
// too few of its days.
func (j *Job) ofMonth(p throng.Period) []population.Monthly {
	if j.whole() || !j.Contract.Long() {
		return nil
	}
	month := j.monthAt(p.Start)
	if len(j.daysIn(month)) < config.LongDays {
		return nil
	}
	var out []population.Monthly
	for _, product := range j.Contract.Products {
		switch product {
		case productUsual:
			out = append(out, usual.New(j.Ground, j.usual(month)))
		case productTourism:
			out = append(out, tourism.New(j.Ground, j.tourism()))
		}
	}
	return out
}

// tourism are the options of journeys. The night abroad is that of the local clock: no public list says where in a large
// country somebody was.
func (j *Job) tourism() tourism.Counting {
	return tourism.Counting{Trips: j.Contract.Bounds.Tourism, Ends: j.Contract.TourismEnds, Classes: j.Classes, Countries: j.countries,
		Country: func(mcc uint16) int { return j.visited[mcc] }, Clock: j.Contract.Location()}
}

// usual are the options of homes and works of a month.
func (j *Job) usual(month throng.Period) usual.Options {
	days := j.daysIn(month)
	return usual.Options{Rule: j.Contract.Home, Clock: j.Contract.Location(), Workday: func(i int) bool {
		day, _ := throng.DayOf(days[i], j.Contract.Location()) // daysIn made the name
		return j.isWorkday(day)
	}}
}

// homes finds where units live in a month, for migration.
func (j *Job) homes(month throng.Period) population.Homes {
	return usual.NewHomes(j.Ground, j.usual(month))
}

// ofPair returns what is counted of two months in a row.
func (j *Job) ofPair() []population.Paired {
	return []population.Paired{migration.New(j.Ground, j.Contract.Home)}
}

// isPaired reports whether the contract asks for migration and the agreement covers enough of the month of a period.
func (j *Job) isPaired(p throng.Period) bool {
	return !j.whole() && slices.Contains(j.Contract.Products, productMigration) && len(j.daysIn(j.monthAt(p.Start))) >= config.LongDays
}

// reckoning are the public options of estimates: for how many guests a foreign SIM stands, whatever its country.
func (j *Job) reckoning() reckon.Options {
	o, guests := reckon.Options{EM: j.Contract.Estimate == config.EstimateEM}, j.Contract.Scaling.Inbound
	if guests == 0 {
		return o
	}
	o.Roamer, o.Inbound = guests, map[string]float64{}
	for _, code := range j.originsAbroad() {
		o.Inbound[code] = guests
	}
	return o
}

// originsAbroad are the codes of origin that stand for countries of foreign SIMs, in the order of the code list.
func (j *Job) originsAbroad() []string {
	isAbroad := map[int]bool{}
	for _, origin := range j.foreign {
		isAbroad[j.Classes.RegionAt(origin)] = true
	}
	var codes []string
	for i, code := range j.Classes.Regions() {
		if isAbroad[i] {
			codes = append(codes, code)
		}
	}
	return codes
}
