package config

import (
	"maps"
	"slices"
	"time"
)

// FeedColumn is a column that enters, ready for whoever opens the feed. Fields are those of Column.
type FeedColumn struct {
	Name   string
	As     string
	Type   string
	Format string         // as the contract has it: s, ms, us, ns for numbers
	Layout string         // Format as a layout of package time; "" for numbers and for times of the file's own type
	Zone   *time.Location // of times without offset; nil with ZoneOfCell, and for times that need none
	OfCell bool           // times are local where the row's place is
	Fold   string
	Take   int
	Domain string // resolved path, for ReadList; "" without one
	List   []string
	Bands  []int
}

// FeedOptions is what opening a feed needs.
type FeedOptions struct {
	ID, Kind, Unit, Format, Arrival string
	Columns                         []FeedColumn // by name
	Drop                            []string     // by name
}

// FeedOptions are the options of the feed; the files come from FilesFor.
func (c *Contract) FeedOptions() FeedOptions {
	return FeedOptions{
		ID: c.Feed.ID, Kind: c.Feed.Kind, Unit: c.Feed.Unit, Format: c.Feed.Format, Arrival: c.Feed.Arrival,
		Columns: c.feedColumns(c.Feed.Columns), Drop: slices.Sorted(slices.Values(c.Feed.Drop)),
	}
}

// AttributeOptions is what reading the file of attributes needs; the zero value when the contract has none.
type AttributeOptions struct {
	File    string       // resolved path
	Format  string       // csv or parquet
	Columns []FeedColumn // by name
	Drop    []string     // by name
}

// AttributeOptions are the options of the file of attributes.
func (c *Contract) AttributeOptions() AttributeOptions {
	a := c.Attributes
	return AttributeOptions{
		File: c.Path(a.File), Format: formatOf(Words{a.File}),
		Columns: c.feedColumns(a.Columns), Drop: slices.Sorted(slices.Values(a.Drop)),
	}
}

func (c *Contract) feedColumns(columns map[string]Column) []FeedColumn {
	var list []FeedColumn
	for _, name := range slices.Sorted(maps.Keys(columns)) {
		col := columns[name]
		one := FeedColumn{Name: name, As: col.As, Type: col.Type, Format: col.Format, OfCell: col.Zone == zoneOfCell, Fold: col.Fold,
			Take: col.Take, Domain: c.Path(col.Domain), List: slices.Clone(col.List), Bands: slices.Clone(col.Bands)}
		if col.Type != typeInt && col.Format != "" {
			one.Layout, _ = Layout(col.Format) // checked with the contract
		}
		if col.Zone != "" && !one.OfCell {
			one.Zone, _ = loadZone(col.Zone) // checked with the contract
		}
		list = append(list, one)
	}
	return list
}

// PlanColumns are the columns of the plan of places by role: for each role the name of its column in the file.
func (c *Contract) PlanColumns() map[string]string {
	names := make(map[string]string, len(c.Cells.Columns))
	for name, col := range c.Cells.Columns {
		names[col.As] = name
	}
	return names
}
