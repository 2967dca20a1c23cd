package synth

import "github.com/throng-stats/throng/synth/signal"

// Names of the tables of the truth that say what a network can know of trips. Each has a row for every pair of zones that a phone
// went between, without an hour.
const (
	// TruthPhoneTrips counts the trips of the holder's phones: those of whoever carries one, once for each.
	TruthPhoneTrips = "trips-phones"
	// TruthHeardTrips counts those of them of which both stays left a record, so that anybody could tell. The other ones no rule
	// can find.
	TruthHeardTrips = "trips-heard"
)

// hear marks the stays in which a phone left the rows.
func (c *chunk) hear(p phone, rows []signal.Event, start int64) {
	stays := c.stays[p.from:p.to]
	for i := range rows {
		at := int32((rows[i].Time - start) / 1000)
		for k := range stays {
			if at >= stays[k].From && at < stays[k].To {
				c.heard[int(p.heard)+k] = true
			}
		}
	}
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
