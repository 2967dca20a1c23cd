// Package multimno writes releases as the gold tables of the European reference pipeline (eurostat/multimno 1.0.0,
// multimno/core/data_objects/silver and output_indicators.py).
//
// A gold table is a folder of Parquet files; its name, its columns and their types are those of the source. The columns that
// are folders there stand in the files here, in their place. Behind them stand variance, the square of the standard
// deviation of the noise (people squared, null where it is not known), and method, the name of the estimate. Numbers are
// estimates of people as they are stored: signed, not rounded, nothing hidden. What a release cannot say is null
// (docs/format/multimno.md).
package multimno

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/release"
)

// Format is the name of this format in commands.
const Format = "multimno"

// Names of the gold tables, which are their folders.
const (
	PresentPopulation = "present_population_zone_gold"
	UsualEnvironments = "aggregated_usual_environments_zone_gold"
	InternalMigration = "internal_migration"
	TourismZones      = "tourism_geozone_aggregations"
	TourismTrips      = "tourism_trip_aggregations"
	TourismOutbound   = "tourism_outbound_aggregations"
)

// Ids of the products that have a gold table.
const (
	present   = "present"
	nights    = "nights"
	usual     = "usual"
	migration = "migration"
	tourism   = "tourism"
)

// Products are the products that have a gold table.
var Products = []string{present, nights, usual, migration, tourism}

// File is one file of a gold table.
type File struct {
	Table string // folder
	Name  string // of the file, the same for every revision: product and period

	rows func() (int, func(io.Writer) error, error)
}

// Write writes the file and tells how many rows it has. It reads the store when it is called.
func (f File) Write(w io.Writer) (int, error) {
	n, write, err := f.rows()
	if err != nil {
		return 0, fmt.Errorf("multimno: %s/%s: %w", f.Table, f.Name, err)
	}
	return n, write(w)
}

// Plan lists the files that the newest revisions of a store give, in the order of tables and periods, and says in words what
// of it has no gold table. Product and period narrow it; "" is all. A period is that of a release, such as 2026-02-03 of
// present; of nights it is the month, whose days must all be published.
func Plan(store release.Store, product, period string) (files []File, notes []string, err error) {
	if product != "" && !slices.Contains(Products, product) {
		return nil, nil, fmt.Errorf("multimno: there is no gold table of %.40q; want one of %s", product, strings.Join(Products, " "))
	}
	list, err := newest(store)
	if err != nil {
		return nil, nil, err
	}
	months := map[string][]release.Manifest{}
	for _, m := range list {
		if product != "" && m.Product != product {
			continue
		}
		if m.Product == nights {
			months[m.Period.Name[:len("2006-01")]] = append(months[m.Period.Name[:len("2006-01")]], m)
		} else if period == "" || m.Period.Name == period {
			of, about := filesOf(store, m)
			files, notes = append(files, of...), append(notes, about...)
		}
	}
	for month, days := range months {
		if period != "" && month != period {
			continue
		}
		if lack := lacking(month, days); lack != "" {
			notes = append(notes, "nights of "+month+": "+lack)
			continue
		}
		files = append(files, File{TourismZones, "nights-" + month + ".parquet", func() (int, func(io.Writer) error, error) { return nightRows(store, month, days) }})
	}
	slices.SortFunc(files, func(a, b File) int { return cmp.Or(cmp.Compare(a.Table, b.Table), cmp.Compare(a.Name, b.Name)) })
	slices.Sort(notes)
	if len(files) == 0 {
		return nil, notes, fmt.Errorf("multimno: there is nothing to write of %s and %s; want releases of %s", cmp.Or(product, "any product"), cmp.Or(period, "any period"), strings.Join(Products, " "))
	}
	return files, notes, nil
}

// newest lists the manifests of the newest revision of each product that has a gold table and period, by product and period.
func newest(store release.Store) ([]release.Manifest, error) {
	all, err := store.Heads()
	if err != nil {
		return nil, err
	}
	list := slices.DeleteFunc(slices.Clone(all), func(h release.Head) bool { return !slices.Contains(Products, h.Product) })
	slices.SortFunc(list, func(a, b release.Head) int {
		return cmp.Or(cmp.Compare(a.Product, b.Product), cmp.Compare(a.Period.Name, b.Period.Name), cmp.Compare(b.Revision, a.Revision))
	})
	return release.Manifests(store, slices.CompactFunc(list, func(a, b release.Head) bool { return a.Product == b.Product && a.Period.Name == b.Period.Name }))
}

// filesOf lists the files of one release that is not of nights.
func filesOf(store release.Store, m release.Manifest) (files []File, notes []string) {
	add := func(table string, rows func(release.Store, release.Manifest) (int, func(io.Writer) error, error)) {
		files = append(files, File{table, m.Product + "-" + m.Period.Name + ".parquet", func() (int, func(io.Writer) error, error) { return rows(store, m) }})
	}
	sparse := func(table string) bool {
		return slices.ContainsFunc(m.Parts, func(p release.Part) bool { return p.Table == table && p.Tau > 0 })
	}
	switch m.Product {
	case present:
		add(PresentPopulation, presentRows)
	case usual:
		add(UsualEnvironments, usualRows)
		if sparse("home-work") {
			notes = append(notes, fmt.Sprintf("usual of %s: its table of homes and works lists large cells only, so there are no sums by place of work", m.Period.Name))
		}
	case migration:
		add(InternalMigration, migrationRows)
		if sparse("total") {
			notes = append(notes, fmt.Sprintf("migration of %s: its table lists large cells only, so there are no sums of zones above", m.Period.Name))
		}
	case tourism:
		if add(TourismZones, departureRows); guests(m) == nil {
			notes = append(notes, fmt.Sprintf("tourism of %s: it does not say which origins are countries, so there are no journeys by country", m.Period.Name))
		}
		add(TourismTrips, tripRows)
		if sparse("abroad") {
			notes = append(notes, fmt.Sprintf("tourism of %s: its table of countries lists large cells only, so there are no sums by country", m.Period.Name))
		} else {
			add(TourismOutbound, outboundRows)
		}
	}
	return files, notes
}

// lacking says why the nights of a month cannot be summed; "" when they can.
func lacking(month string, days []release.Manifest) string {
	if n := daysOf(month); len(days) != n {
		return fmt.Sprintf("%d of %d days are published; a month is written when all are", len(days), n)
	}
	for _, m := range days {
		if !slices.ContainsFunc(m.Parts, func(p release.Part) bool { return p.Table == throng.DimOrigin }) || guests(m) == nil {
			return m.Period.Name + " has no table by origin, or does not say which origins are countries"
		}
	}
	return ""
}

// daysOf is the number of civil days of a month, 2006-01.
func daysOf(month string) int {
	first, err := time.Parse("2006-01", month)
	if err != nil {
		return -1
	}
	return first.AddDate(0, 1, -1).Day()
}
