package config

import (
	"maps"
	"slices"
	"strings"

	"github.com/throng-stats/throng"
)

// Kinds of feed and units of privacy that this version builds.
const (
	kindEvents = "events"
	kindTrips  = "trips"

	kindAttributes = "attributes" // of the columns of people, not of a feed

	unitSubscriber = "subscriber"
	unitDevice     = "device"
	unitTrip       = "trip"
)

// Types of columns.
const (
	typeInt       = "int"
	typeDecimal   = "decimal"
	typeText      = "text"
	typeBytes     = "bytes"
	typeBool      = "bool"
	typeTimestamp = "timestamp"
	typeCode      = "code"
)

// ColumnTypes are the types that a column may be given.
var ColumnTypes = []string{typeInt, typeDecimal, typeText, typeBytes, typeBool, typeTimestamp, typeCode}

// zoneOfCell as the zone of a column: a time is local where the row's place is.
const zoneOfCell = "cell"

// role is one word that `as` may be.
type role struct {
	name   string
	types  []string // that it may have; without a type it is what the file holds
	needed bool
	coded  bool     // it has a list of values
	list   []string // the default list
}

// isTime reports whether a role holds instants.
func (r role) isTime() bool { return slices.Contains(r.types, typeTimestamp) }

var (
	timeTypes = []string{typeText, typeInt, typeTimestamp}
	keyTypes  = []string{typeText, typeBytes, typeInt}
	codeTypes = []string{typeCode, typeText, typeInt}
)

// eventKinds are the default codes of the role kind of events (standards.md 9.2).
var eventKinds = []string{"call", "message", "data", "attach", "update", "handover", "detach"}

// roles are the closed vocabulary of `as` for each kind of source.
var roles = map[string][]role{
	kindEvents: {
		{name: unitSubscriber, types: keyTypes},
		{name: unitDevice, types: keyTypes},
		{name: "time", types: timeTypes, needed: true},
		{name: "cell", types: keyTypes},
		{name: "latitude", types: []string{typeDecimal}},
		{name: "longitude", types: []string{typeDecimal}},
		{name: "sim_country", types: []string{typeInt}},
		{name: "visited_network", types: []string{typeInt}},
		{name: "kind", types: codeTypes, coded: true, list: eventKinds},
		{name: "machine", types: []string{typeBool, typeInt}},
		{name: "duration", types: []string{typeInt, typeDecimal}},
		{name: "timing_advance", types: []string{typeInt}},
		{name: "arrival", types: timeTypes},
	},
	kindTrips: {
		{name: unitTrip, types: keyTypes},
		{name: "start_time", types: timeTypes, needed: true},
		{name: "end_time", types: timeTypes, needed: true},
		{name: "from", types: keyTypes, needed: true},
		{name: "to", types: keyTypes, needed: true},
		{name: "origin", types: []string{typeText, typeInt}},
		{name: "category", types: codeTypes, coded: true},
	},
	kindAttributes: {
		{name: unitSubscriber, types: keyTypes},
		{name: unitDevice, types: keyTypes},
		{name: "gender", types: codeTypes, coded: true, list: []string{"F", "M"}},
		{name: "age", types: []string{typeInt}},
		{name: "origin", types: []string{typeText, typeInt}},
	},
	kindAntennas: namedRoles("cell_id*", "latitude*", "longitude*", "site_id", "altitude", "antenna_height", "directionality",
		"azimuth_angle", "elevation_angle", "horizontal_beam_width", "vertical_beam_width", "power", "range", "frequency",
		"technology", "cell_type", "valid_date_start", "valid_date_end"),
	kindPlaces: namedRoles("id*", "latitude*", "longitude*", "name", "parent", "time_zone", "valid_from", "valid_until"),
}

// rolesOf are the roles of a kind of source.
func rolesOf(kind string) []role {
	if slices.Contains(saleKinds, kind) {
		return saleRoles(kind)
	}
	if kind == kindRegister {
		return registerRoles()
	}
	return roles[kind]
}

// namedRoles are roles without types, of files of public reference; * marks needed ones.
func namedRoles(names ...string) []role {
	list := make([]role, len(names))
	for i, name := range names {
		plain, needed := strings.CutSuffix(name, "*")
		list[i] = role{name: plain, needed: needed}
	}
	return list
}

func roleNames(of []role) []string {
	names := make([]string, len(of))
	for i, r := range of {
		names[i] = r.name
	}
	return names
}

func findRole(of []role, name string) (role, bool) {
	i := slices.IndexFunc(of, func(r role) bool { return r.name == name })
	if i < 0 {
		return role{}, false
	}
	return of[i], true
}

// columnAs is the name of the column with a role, or "".
func columnAs(columns map[string]Column, as string) string {
	for _, name := range slices.Sorted(maps.Keys(columns)) {
		if columns[name].As == as {
			return name
		}
	}
	return ""
}

// has reports whether the feed or its attributes carry a breakdown: gender, age or origin.
func (c *Contract) has(breakdown string) bool {
	return columnAs(c.Feed.Columns, breakdown) != "" || columnAs(c.Attributes.Columns, breakdown) != ""
}

// setColumnDefaults writes out the lists, bands and folds that a column leaves open.
func setColumnDefaults(columns map[string]Column, vocabulary []role) {
	for name, col := range columns {
		r, known := findRole(vocabulary, col.As)
		if !known {
			continue
		}
		if r.isTime() && col.Zone != "" && col.Fold == "" {
			col.Fold = "reject"
		}
		if r.coded && len(col.List) == 0 && col.Domain == "" {
			col.List = slices.Clone(r.list)
		}
		if col.As == "age" && len(col.Bands) == 0 {
			col.Bands = slices.Clone(throng.DefaultBands)
		}
		columns[name] = col
	}
}

// checkColumns holds the columns of a source against the roles of its kind and against the refused kinds. Public
// reference (plan of cells) is not looked through for refused names: it holds nobody.
func (c *Contract) checkColumns(find *findings, key, kind string, columns map[string]Column, drop Words) {
	vocabulary := rolesOf(kind)
	taken := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(columns)) {
		col, at := columns[name], key+".columns."+name
		if c.refusedColumn(find, at, name, col) {
			continue
		}
		r, known := findRole(vocabulary, col.As)
		if !known {
			find.invalid(at, "unknown role %.40q for %s; %s", col.As, kind, didYouMean(col.As, roleNames(vocabulary)))
			continue
		}
		if other, twice := taken[col.As]; twice {
			find.invalid(at, "has the role %s, and so has column %s; a role is held by one column", col.As, other)
		}
		taken[col.As] = name
		if slices.Contains(drop, name) {
			find.invalid(at, "stands in columns and in drop; keep one")
		}
		c.checkColumn(find, at, col, r)
	}
	for _, r := range vocabulary {
		if r.needed && taken[r.name] == "" {
			find.invalid(key+".columns", "no column has the role %s, which %s need; add NAME: {as: %s}", r.name, kind, r.name)
		}
	}
}

// refusedColumn refuses a column by its role or by its name, before any file is opened.
func (c *Contract) refusedColumn(find *findings, at, name string, col Column) bool {
	if kind := refusedName(col.As); kind != nil {
		find.refuse("9.1", at, "the role %.40q is %s: %s; name the column under drop", col.As, kind.what, kind.why)
		return true
	}
	kind := refusedName(name)
	if kind == nil || col.As == "age" && isBirth(name) {
		return false
	}
	find.refuse("9.1", at, "by its name the column holds %s: %s; name it under drop, or rename it at the source if it holds something else", kind.what, kind.why)
	return true
}

// checkColumn checks one column whose role is known.
func (c *Contract) checkColumn(find *findings, at string, col Column, r role) {
	if col.Type != "" && !slices.Contains(ColumnTypes, col.Type) {
		find.invalid(at+".type", "unknown type %.40q; %s", col.Type, didYouMean(col.Type, ColumnTypes))
		return
	}
	if col.Type != "" && !slices.Contains(r.types, col.Type) {
		find.invalid(at+".type", "role %s is of type %s, got %s", col.As, strings.Join(r.types, " or "), col.Type)
	}
	if r.isTime() {
		c.checkTime(find, at, col)
	} else if col.Format != "" || col.Zone != "" || col.Fold != "" {
		find.invalid(at, "format, zone and fold belong to times, and %s is none; leave them out", col.As)
	}
	if col.Take != 0 && (col.As != "origin" && col.As != "residence" || col.Take < 1 || col.Take > 16) {
		find.invalid(at+".take", "got %d for %s, want 1 to 16 first characters of an origin", col.Take, col.As)
	}
	filed := col.As == "residence" || r.coded && (c.Sales() || c.Feed.Kind == kindRegister) // a list may be a file
	if col.Domain != "" && col.As != "origin" && !filed {
		find.invalid(at+".domain", "only an origin has a domain; leave it out for %s", col.As)
	}
	if col.Domain != "" && len(col.List) > 0 {
		find.invalid(at, "has a list and a domain; keep one")
	}
	if r.coded && len(col.List) == 0 && (col.Domain == "" || !filed) {
		find.invalid(at+".list", "%s needs the list of its values; add list: [a, b]", col.As)
	}
	if !r.coded && len(col.List) > 0 {
		find.invalid(at+".list", "%s has no list of values; leave it out", col.As)
	}
	if col.As == "age" {
		checkBands(find, at+".bands", col.Bands)
	} else if len(col.Bands) > 0 {
		find.invalid(at+".bands", "only age has bands; leave them out for %s", col.As)
	}
}

// adult is the age from which the finest grain of privacy.md 27.1 is that of everybody.
const adult = 18

// checkBands refuses bands that do not ascend and bands that cut children finer than one band.
func checkBands(find *findings, key string, bands []int) {
	if err := throng.Bands(bands).Check(); err != nil {
		find.invalid(key, "%v", err)
		return
	}
	for i := 2; i < len(bands); i++ {
		if bands[i] <= adult {
			find.refuse("27.1", key, "%v has more than one band below 18; children are one band", bands)
			return
		}
	}
}
