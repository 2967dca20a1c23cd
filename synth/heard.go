package synth

import (
	"github.com/throng-stats/throng/synth/city"
	"github.com/throng-stats/throng/synth/people"
	"github.com/throng-stats/throng/synth/signal"
)

// Names of the tables of the truth that say what a network can know of trips and visits. Each has a row for every pair of zones that
// a phone went between, or every zone that it was in, without an hour.
const (
	// TruthPhoneTrips counts the trips of the holder's phones: those of whoever carries one, once for each.
	TruthPhoneTrips = "trips-phones"
	// TruthHeardTrips counts those of them of which both stays left a record, so that anybody could tell. The other ones no rule
	// can find.
	TruthHeardTrips = "trips-heard"
	// TruthPhoneVisits counts the visitors of a zone by the holder's phones, TruthHeardVisits those of them that left a record in it.
	TruthPhoneVisits = "visitors-phones"
	TruthHeardVisits = "visitors-heard"
)

// zones is a set of finest zones.
type zones uint64

func (z *zones) add(zone int32) {
	if zone >= 0 && zone < city.Finest {
		*z |= 1 << zone
	}
}

func (z zones) has(zone int) bool { return z>>zone&1 == 1 }

// hear marks the stays and the zones in which a phone left the rows.
func (c *chunk) hear(plan *city.Plan, p *phone, rows []signal.Event, start int64) {
	stays := c.stays[p.from:p.to]
	for i := range rows {
		at := int32((rows[i].Time - start) / 1000)
		for k := range stays {
			switch {
			case at >= stays[k].From && at < stays[k].To:
				c.heard[int(p.heard)+k] = true
				p.left.add(int32(stays[k].Zone))
			case k > 0 && at >= stays[k-1].To && at < stays[k].From:
				p.left.add(wayZone(plan, &stays[k-1], &stays[k], at))
			}
		}
	}
}

// wayZone is the zone in which the tally puts somebody on the way between two stays.
func wayZone(plan *city.Plan, from, to *people.Stay, at int32) int32 {
	if from.Gone || to.Gone {
		return -1
	}
	step := from.To + (at-from.To)/wayStep*wayStep
	return int32(plan.ZoneNear(people.Between(from.Spot, to.Spot, wayPart(from, to, step))))
}

// heardVisits counts the zones in which phones were, and those of them in which they left a record.
func (w *World) heardVisits(chunks []chunk) []TruthRow {
	var phones, heard [city.Finest]int64
	t := w.newTally()
	for c := range chunks {
		for i := range chunks[c].phones {
			p := &chunks[c].phones[i]
			if p.device.Person < 0 || p.device.OptedOut {
				continue
			}
			var in zones
			t.stays = chunks[c].stays[p.from:p.to]
			t.divide(w.plan)
			for _, piece := range t.cut {
				in.add(piece.zone)
			}
			for z := range city.Finest {
				if in.has(z) {
					phones[z]++
					if p.left.has(z) {
						heard[z]++
					}
				}
			}
		}
	}
	var rows []TruthRow
	for z, n := range phones {
		if n > 0 {
			rows = append(rows, TruthRow{Table: TruthPhoneVisits, Zone: w.truthZone(z), Mean: float64(n), Count: n},
				TruthRow{Table: TruthHeardVisits, Zone: w.truthZone(z), Mean: float64(heard[z]), Count: heard[z]})
		}
	}
	return rows
}

// HeardVisits returns how many of the holder's phones were in a finest zone on the day, and how many of them left a record there.
// Only the truth of a day that was written knows.
func (t *Truth) HeardVisits(zone string) (phones, heard int64) {
	return t.Count(TruthPhoneVisits, zone, "", "", ""), t.Count(TruthHeardVisits, zone, "", "", "")
}

// heardRows counts the trips of phones, and those that were heard. Things do not travel; who has opted out is in no feed.
func (w *World) heardRows(chunks []chunk) []TruthRow {
	zones := w.newTally().zones
	phones, heard := make([]int64, zones*zones), make([]int64, zones*zones)
	for c := range chunks {
		for _, p := range chunks[c].phones {
			if p.device.Person < 0 || p.device.OptedOut {
				continue
			}
			stays := chunks[c].stays[p.from:p.to]
			eachTrip(stays, func(from, to int) {
				pair := int(stays[from].Zone)*zones + int(stays[to].Zone)
				phones[pair]++
				if chunks[c].heard[int(p.heard)+from] && chunks[c].heard[int(p.heard)+to] {
					heard[pair]++
				}
			})
		}
	}
	var rows []TruthRow
	for z := range zones - 1 {
		for z2 := range zones - 1 {
			if n := phones[z*zones+z2]; n > 0 {
				row := TruthRow{Table: TruthPhoneTrips, Zone: w.truthZone(z), Zone2: w.truthZone(z2), Mean: float64(n), Count: n}
				rows = append(rows, row)
				row.Table, row.Mean, row.Count = TruthHeardTrips, float64(heard[z*zones+z2]), heard[z*zones+z2]
				rows = append(rows, row)
			}
		}
	}
	return rows
}

// Heard returns how many trips the holder's phones made between two finest zones, and of how many both stays left a record. Only
// the truth of a day that was written knows.
func (t *Truth) Heard(from, to string) (phones, heard int64) {
	return t.Count(TruthPhoneTrips, from, to, "", ""), t.Count(TruthHeardTrips, from, to, "", "")
}
