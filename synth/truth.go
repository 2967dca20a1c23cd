package synth

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/parquet-go/parquet-go"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/synth/city"
)

// Elsewhere is the zone of people who are in no zone: abroad, in the rest of the country, or on the way between provinces.
// With it, the people of an hour sum to all people.
const Elsewhere = "elsewhere"

// Names of the tables of the truth.
const (
	TruthTotal        = "total"
	TruthGender       = "gender"
	TruthAge          = "age"
	TruthOrigin       = "origin"
	TruthRole         = "role"
	TruthTrips        = "trips"
	TruthPurpose      = "purpose"       // trips of the day by why people go there
	TruthVisitors     = "visitors"      // people who are in a zone at any moment of the day
	TruthArrivals     = "arrivals"      // of these, who came during the day, by the hour in which they first came
	TruthNights       = "nights"        // people by the zone of their night and by province, or country of a guest
	TruthNightsGender = "nights-gender" // people who have such a zone
	TruthNightsAge    = "nights-age"
	TruthBeyond       = "beyond" // of all zones: what the bounds of one person leave out of a table, one of Bounded
)

// TruthRow is one cell of the truth of a day. Presence has a row for every zone, hour and class, the other tables only where
// there is anybody.
type TruthRow struct {
	Table string `parquet:"table,dict"`
	Zone  string `parquet:"zone,dict"`  // finest zone, or Elsewhere; empty for what is of all zones
	Zone2 string `parquet:"zone2,dict"` // trips and purposes: the destination
	Time  string `parquet:"time,dict"`  // start of the hour in UTC, RFC 3339; empty for what is of the whole day
	Class string `parquet:"class,dict"` // code of gender, age band, origin, role or purpose, or one of Bounded; empty for what is not by class
	// Mean is the number of persons present, averaged over the hour: physical people, with or without a phone. In tables that
	// are not of presence it is the count.
	Mean float64 `parquet:"mean"`
	// Count is the number of persons whose dominant zone of the hour this is (most seconds, then entered first). In the other
	// tables it counts what they say; of trips, those whose stay at the origin ends in the hour.
	Count int64 `parquet:"count"`
}

// Truth is what happened on a day, in persons.
type Truth struct {
	Day  string
	Rows []TruthRow

	index map[truthKey]int
}

type truthKey struct{ table, zone, zone2, time, class string }

// Present returns the mean number of persons in a zone and hour, and those of whom it is the dominant zone. The class is empty
// for TruthTotal. It is false when the truth has no such cell.
func (t *Truth) Present(table, zone, hour, class string) (mean float64, dominant int64, ok bool) {
	i, ok := t.index[truthKey{table, zone, "", hour, class}]
	if !ok {
		return 0, 0, false
	}
	return t.Rows[i].Mean, t.Rows[i].Count, true
}

// Trips returns the number of trips from one finest zone to another whose stay at the origin ends in the hour.
func (t *Truth) Trips(from, to, hour string) int64 { return t.Count(TruthTrips, from, to, hour, "") }

// Count returns the count of a cell; 0 where the truth has none.
func (t *Truth) Count(table, zone, zone2, time, class string) int64 {
	if i, ok := t.index[truthKey{table, zone, zone2, time, class}]; ok {
		return t.Rows[i].Count
	}
	return 0
}

func newTruth(day string, rows []TruthRow) *Truth {
	t := &Truth{Day: day, Rows: rows, index: make(map[truthKey]int, len(rows))}
	for i, r := range rows {
		t.index[truthKey{r.Table, r.Zone, r.Zone2, r.Time, r.Class}] = i
	}
	return t
}

func truthPath(dir, day string) string { return filepath.Join(dir, "truth", day+".parquet") }

// ReadTruth reads the truth of a day, named "2006-01-02", from the folder in which a world was written.
func ReadTruth(dir, day string) (*Truth, error) {
	f, err := os.Open(truthPath(dir, day))
	if err != nil {
		return nil, fmt.Errorf("synth: the truth of %.40q is missing; write the day first: %w", day, err)
	}
	defer f.Close()
	size, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("synth: %w", err)
	}
	file, err := parquet.OpenFile(f, size.Size())
	if err != nil {
		return nil, fmt.Errorf("synth: the truth of %s is no Parquet file; write the day again: %w", day, err)
	}
	r := parquet.NewGenericReader[TruthRow](file)
	defer r.Close()
	rows := make([]TruthRow, r.NumRows())
	if n, err := r.Read(rows); n < len(rows) {
		return nil, fmt.Errorf("synth: the truth of %s ends after %d of %d rows; write the day again: %w", day, n, len(rows), err)
	}
	return newTruth(day, rows), nil
}

// table says which columns of a tally a table has.
type table struct {
	name  string
	codes []string
	first int // column
}

// tables of presence of a world's truth, in the order of the tally's columns.
func (w *World) tables() []table {
	gender, age := throng.Genders[:2], throng.DefaultBands.Codes()
	age = age[:len(age)-1] // everybody's age is known to the truth
	return []table{
		{TruthTotal, []string{""}, 0},
		{TruthGender, gender, 1},
		{TruthAge, age, 1 + len(gender)},
		{TruthOrigin, w.groups, 1 + len(gender) + len(age)},
		{TruthRole, Roles, 1 + len(gender) + len(age) + len(w.groups)},
	}
}

// truthOf turns a tally into rows.
func (w *World) truthOf(period throng.Period, t *tally) *Truth {
	hours := period.BinCodes(time.Hour)
	var rows []TruthRow
	for _, one := range w.tables() {
		for z := range t.zones {
			for h, code := range hours {
				for k, class := range one.codes {
					at := t.at(z, h) + one.first + k
					rows = append(rows, TruthRow{
						Table: one.name, Zone: w.truthZone(z), Time: code, Class: class,
						Mean: float64(t.seconds[at]) / 3600, Count: t.dominant[at],
					})
				}
			}
		}
	}
	add := func(n int64, row TruthRow) {
		if n > 0 {
			row.Mean, row.Count = float64(n), n
			rows = append(rows, row)
		}
	}
	w.addTrips(hours, t, add)
	w.addZones(hours, t, add)
	for _, one := range w.tables()[1:3] {
		for k, class := range one.codes {
			add(t.sleepers[one.first+k], TruthRow{Table: TruthNights + "-" + one.name, Class: class})
		}
	}
	for k, class := range Bounded {
		add(t.beyond[k], TruthRow{Table: TruthBeyond, Class: class})
	}
	return newTruth(period.Name, rows)
}

// addTrips adds trips and purposes.
func (w *World) addTrips(hours []string, t *tally, add func(int64, TruthRow)) {
	for z := range t.zones - 1 {
		for z2 := range t.zones - 1 {
			pair := z*t.zones + z2
			for h, code := range hours {
				add(t.trips[pair*maxHours+h], TruthRow{Table: TruthTrips, Zone: w.truthZone(z), Zone2: w.truthZone(z2), Time: code})
			}
			for k, class := range Purposes {
				add(t.purposes[pair*len(Purposes)+k], TruthRow{Table: TruthPurpose, Zone: w.truthZone(z), Zone2: w.truthZone(z2), Class: class})
			}
		}
	}
}

// addZones adds visitors, arrivals and nights.
func (w *World) addZones(hours []string, t *tally, add func(int64, TruthRow)) {
	for z := range t.zones - 1 {
		add(t.visits[z], TruthRow{Table: TruthVisitors, Zone: w.truthZone(z)})
		for h, code := range hours {
			add(t.arrive[z*maxHours+h], TruthRow{Table: TruthArrivals, Zone: w.truthZone(z), Time: code})
		}
		for origin := range t.origins {
			add(t.nights[z*t.origins+origin], TruthRow{Table: TruthNights, Zone: w.truthZone(z), Class: originCode(origin)})
		}
	}
}

// originCode is the code of a province, or of a country after them.
func originCode(origin int) string {
	if origin < city.Provinces {
		return city.ProvinceID(origin)
	}
	return city.Countries[origin-city.Provinces].Code
}

func (w *World) truthZone(z int) string {
	if z < city.Finest {
		return w.plan.FinestID(z)
	}
	return Elsewhere
}
