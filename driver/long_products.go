package driver

import (
	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/config"
	"github.com/throng-stats/throng/population"
	"github.com/throng-stats/throng/population/tourism"
)

// ofMonth returns what is counted of the month of a period, in the order of the contract; nothing where the agreement covers
// too few of its days.
func (j *Job) ofMonth(p throng.Period) []population.Monthly {
	if j.trips || !j.Contract.Long() {
		return nil
	}
	month := j.monthAt(p.Start)
	if len(j.daysIn(month)) < config.LongDays {
		return nil
	}
	var out []population.Monthly
	for _, product := range j.Contract.Products {
		switch product {
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

// ofPair returns what is counted of two months in a row.
func (j *Job) ofPair() []population.Paired { return nil }

func (j *Job) homes(throng.Period) population.Homes { return nil }
