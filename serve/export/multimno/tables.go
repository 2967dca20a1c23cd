package multimno

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/release"
)

// presentRows are the people present by zone of every level and hour.
func presentRows(store release.Store, m release.Manifest) (int, func(io.Writer) error, error) {
	s, err := open(store, m, "total")
	if err != nil {
		return 0, nil, err
	}
	day, err := time.Parse(time.DateOnly, m.Period.Name)
	if err != nil {
		return 0, nil, err
	}
	var rows []presentRow
	err = s.Each(func(row int, at []int) error {
		zone := s.code(throng.DimZone, at)
		start, err := time.Parse(time.RFC3339, s.code(throng.DimTime, at))
		f := s.at(row)
		rows = append(rows, presentRow{zone, f.value(), start.UnixMicro(), m.Geo.ID, s.levelOf(zone), int16(day.Year()), int8(day.Month()), int8(day.Day()), f.spread(), s.Table.Method})
		return err
	})
	if err != nil {
		return 0, nil, err
	}
	return writer(rows, m)
}

// usualRows are homes by zone of every level, and works: the sum of the matrix of homes and works over homes, which is exact
// because everybody has one of each.
func usualRows(store release.Store, m release.Manifest) (int, func(io.Writer) error, error) {
	of, _, _, err := monthsOf(m.Period.Name)
	if err != nil {
		return 0, nil, err
	}
	home, err := open(store, m, "home")
	if err != nil {
		return 0, nil, err
	}
	work, err := open(store, m, "home-work")
	if err != nil {
		return 0, nil, err
	}
	var rows []usualRow
	add := func(s source, zone, label string, f figure) {
		rows = append(rows, usualRow{zone, f.value(), m.Geo.ID, s.levelOf(zone), label, of.start, of.end, allSeasons, f.spread(), s.Table.Method})
	}
	err = home.Each(func(row int, at []int) error {
		add(home, home.code(throng.DimZone, at), "home", home.at(row))
		return nil
	})
	if err != nil || work.Table.Sparse() {
		return done(rows, m, err)
	}
	sums := map[int]*figure{}
	err = work.Each(func(row int, at []int) error {
		for z, ok := work.zones.Index(work.code(throng.DimZone2, at)); ok && z >= 0; z = work.zones.Parent(z) {
			into(sums, z).add(work.at(row))
		}
		return nil
	})
	for _, z := range sorted(sums, cmp.Compare[int]) {
		add(work, work.zones.At(z).ID, "work", *sums[z])
	}
	return done(rows, m, err)
}

func done[R any](rows []R, m release.Manifest, err error) (int, func(io.Writer) error, error) {
	if err != nil {
		return 0, nil, err
	}
	return writer(rows, m)
}

func into[K comparable](sums map[K]*figure, key K) *figure {
	f, ok := sums[key]
	if !ok {
		f = &figure{}
		sums[key] = f
	}
	return f
}

func sorted[K comparable](sums map[K]*figure, less func(a, b K) int) []K {
	keys := make([]K, 0, len(sums))
	for k := range sums {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, less)
	return keys
}

// pair is a pair of zones on one level.
type pair struct {
	level    int8
	from, to int
}

// migrationRows are moves between finest zones, and between the zones above them: the sum over pairs that lie in different
// ones, as the source counts them. Who stays is in no pair; the cells of the diagonal are empty and left out.
func migrationRows(store release.Store, m release.Manifest) (int, func(io.Writer) error, error) {
	of, _, _, err := monthsOf(m.Period.Name)
	if err != nil {
		return 0, nil, err
	}
	s, err := open(store, m, "total")
	if err != nil {
		return 0, nil, err
	}
	sums := map[pair]*figure{}
	err = s.Each(func(row int, at []int) error {
		from, known := s.zones.Index(s.code(throng.DimZone, at))
		to, also := s.zones.Index(s.code(throng.DimZone2, at))
		if !known || !also {
			return fmt.Errorf("a zone of the table is not in the geography")
		}
		for _, p := range above(s.zones, from, to, s.Table.Sparse()) {
			into(sums, p).add(s.at(row))
		}
		return nil
	})
	if err != nil {
		return 0, nil, err
	}
	var rows []migrationRow
	for _, p := range sorted(sums, func(a, b pair) int {
		return cmp.Or(cmp.Compare(a.level, b.level), cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to))
	}) {
		f := *sums[p]
		rows = append(rows, migrationRow{s.zones.At(p.from).ID, s.zones.At(p.to).ID, f.value(), m.Geo.ID, p.level,
			of.startBefore, of.endBefore, allSeasons, of.start, of.end, allSeasons, f.spread(), s.Table.Method})
	}
	return writer(rows, m)
}

// above lists the pairs that a move between two zones counts in: its own, at the level of the finer one, and the pairs of
// different zones of one level above them. A table that lists large cells only has no sums.
func above(zones throng.Zones, from, to int, sparse bool) []pair {
	if from == to {
		return nil
	}
	pairs := []pair{{max(level(zones, from), level(zones, to)), from, to}}
	for a := from; a >= 0 && !sparse; a = zones.Parent(a) {
		for b := to; b >= 0; b = zones.Parent(b) {
			if a != b && level(zones, a) == level(zones, b) && (a != from || b != to) {
				pairs = append(pairs, pair{level(zones, a), a, b})
			}
		}
	}
	return pairs
}

// guests reads which codes of origin of a release are countries; nil when it does not say.
func guests(m release.Manifest) map[string]bool {
	var codes []string
	if json.Unmarshal([]byte(m.Options[release.OptionAbroad]), &codes) != nil {
		return nil
	}
	is := map[string]bool{}
	for _, c := range codes {
		is[c] = true
	}
	return is
}

// departureRows are inbound journeys by main destination and country. What the source calls departures are visits that have
// ended. Journeys of residents are in no gold table.
func departureRows(store release.Store, m release.Manifest) (int, func(io.Writer) error, error) {
	_, year, month, err := monthsOf(m.Period.Name)
	if err != nil {
		return 0, nil, err
	}
	s, err := open(store, m, "trips")
	if err != nil {
		return 0, nil, err
	}
	isGuest := guests(m)
	var rows []zoneRow
	err = s.Each(func(row int, at []int) error {
		zone, country, f := s.code(throng.DimZone, at), s.code(throng.DimOrigin, at), s.at(row)
		if isGuest[country] {
			rows = append(rows, zoneRow{Period: m.Period.Name, Zone: zone, Country: country, Departures: f.value(),
				Year: year, Month: month, Level: s.levelOf(zone), Dataset: m.Geo.ID, Variance: f.spread(), Method: s.Table.Method})
		}
		return nil
	})
	return done(rows, m, err)
}

// night is a cell of nights: zone and country.
type night struct{ zone, country string }

// nightRows are nights spent by guests in a month by zone and country: the sum over its days of who spent the night there.
// Cells that are not in the tables of every day, because quiet days join zones or a contract changed, are left out.
func nightRows(store release.Store, month string, days []release.Manifest) (int, func(io.Writer) error, error) {
	_, year, number, err := monthsOf(month)
	if err != nil {
		return 0, nil, err
	}
	sums, seen, order := map[night]*figure{}, map[night]int{}, []night(nil)
	var s source
	for _, m := range days {
		if s, err = open(store, m, throng.DimOrigin); err != nil {
			return 0, nil, err
		}
		isGuest := guests(m)
		err = s.Each(func(row int, at []int) error {
			n := night{s.code(throng.DimZone, at), s.code(throng.DimOrigin, at)}
			if !isGuest[n.country] {
				return nil
			}
			if seen[n]++; seen[n] == 1 {
				order = append(order, n)
			}
			into(sums, n).add(s.at(row))
			return nil
		})
		if err != nil {
			return 0, nil, err
		}
	}
	yes := true
	var rows []zoneRow
	for _, n := range order {
		if f := *sums[n]; seen[n] == len(days) {
			rows = append(rows, zoneRow{Period: month, Zone: n.zone, Country: n.country, Overnight: &yes, Nights: f.value(),
				Year: year, Month: number, Level: s.levelOf(n.zone), Dataset: days[0].Geo.ID, Variance: f.spread(), Method: s.Table.Method})
		}
	}
	return writer(rows, days...)
}

// tripRows are none: nobody counts how many zones a journey leads to, nor nights by country and journey. The file is there
// so that the table can be read.
func tripRows(_ release.Store, m release.Manifest) (int, func(io.Writer) error, error) {
	return writer([]tripRow(nil), m)
}

// outboundRows are journeys abroad by country, of residents of all regions.
func outboundRows(store release.Store, m release.Manifest) (int, func(io.Writer) error, error) {
	_, year, month, err := monthsOf(m.Period.Name)
	if err != nil {
		return 0, nil, err
	}
	s, err := open(store, m, "abroad")
	if err != nil {
		return 0, nil, err
	}
	sums := map[string]*figure{}
	err = s.Each(func(row int, at []int) error {
		into(sums, s.code(throng.DimCountry, at)).add(s.at(row))
		return nil
	})
	var rows []outboundRow
	for _, country := range sorted(sums, cmp.Compare[string]) {
		f := *sums[country]
		rows = append(rows, outboundRow{Period: m.Period.Name, Country: country, Year: year, Month: month, Journeys: f.value(), Variance: f.spread(), Method: s.Table.Method})
	}
	return done(rows, m, err)
}
