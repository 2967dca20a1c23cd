package config

import (
	"maps"
	"slices"
)

// FeedColumn is a column that enters, for whoever opens the feed. Fields are those of Column.
type FeedColumn struct {
	Name   string
	As     string
	Type   string // int, decimal, text, bytes, bool, timestamp, or "" for what the file holds; a code is a text
	Format string // a pattern, epoch-s, epoch-ms, epoch-us, or "" for the default of the type
	Zone   string // of times without offset: an IANA name, cell, or ""
	Fold   string // first, last, reject, or ""
	Take   int    // of origin; 0 is all
	Domain string // of origin: resolved path, for ReadList; "" without one
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
		if col.Type == typeCode {
			col.Type = typeText
		}
		list = append(list, FeedColumn{Name: name, As: col.As, Type: col.Type, Format: col.Format, Zone: col.Zone, Fold: col.Fold,
			Take: col.Take, Domain: c.Path(col.Domain), List: slices.Clone(col.List), Bands: slices.Clone(col.Bands)})
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
