package feed

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/throng-stats/throng"
)

// Kinds of feeds.
const (
	Events    = "events"    // rows that say a pseudonym was seen somewhere
	Trips     = "trips"     // rows that say a vehicle went from one place to another
	Tickets   = "tickets"   // rows that say somebody goes somewhere, stays there or pays for it
	Purchases = "purchases" // rows that say somebody bought something
	Cases     = "cases"     // rows that say what a public body did about somebody
	Reports   = "reports"   // rows that say something about a place or vehicle
	Persons   = "people"    // one row a pseudonym: gender, age, origin; read with files.People
)

// Options say what one feed looks like and what of it is admitted. Config fills them from a contract.
type Options struct {
	// Kind is Events, Trips, Tickets, Purchases, Cases, Reports or Persons. Required.
	Kind string
	// Files are the paths to read, in the order of the contract. Required for files.
	Files []string
	// Format is "csv" or "parquet". Default: by the ending of each name (.parquet, .csv, .csv.gz, .csv.zst).
	Format string
	// Columns are the source columns that are admitted. Required.
	Columns []Column
	// Drop names the source columns that are left where they are. A column that is neither in Columns nor here stops
	// the run. Names that no file has are allowed. Default: none.
	Drop []string
	// Unit is what is protected: subscriber, device, traveller, buyer, person, or a row: trip, ticket, purchase, case or
	// report. With a row, a file with a column that is named for the id of a person is refused, dropped or not: such a feed
	// must declare the person. Default: subscriber for events, trip for trips.
	Unit string
	// Stamped says that a log stamps its entries with the time of their arrival; a column of that role is not needed then.
	// Default: false.
	Stamped bool
	// Clock is the holder's time zone, used with Zone "cell" for places that name none. Default: UTC.
	Clock *time.Location
	// Strict stops at the first value that is not of the agreed type, with file, row and column. Otherwise such rows
	// are counted under event.BadTime and event.BadNumber. Values that are missing, out of range or unknown are always
	// counted. Default: false; commands set it.
	Strict bool
}

// Column is one admitted column.
type Column struct {
	// Name is the name of the column at the source. Required.
	Name string
	// As is what the column means. Required. For events: subscriber or device (one of them is required), time
	// (required), cell, latitude, longitude, sim_country, visited_network, machine; for trips: trip, start_time
	// (required), end_time, from, to, origin; for people: subscriber or device (required), age (a year of birth),
	// gender, origin; for events also arrival, which decides what is late. Also admitted, checked for their type and not
	// carried, because no statistic reads them: kind, duration, timing_advance of events and category of trips. For tickets,
	// purchases, cases and reports: the unit or an id of the row, a time (sale_time or travel_time, purchase_time, time), place,
	// to or district, home, residence, amount or rate (an amount a night), currency, nights, more_nights, waited (days), cancelled, and the dimensions category, channel, authority, reason
	// and vehicle_type.
	As string
	// Type is int, decimal, text, bytes, bool or timestamp (a Parquet timestamp, or text of Format). Default: what fits As;
	// in a Parquet file, what the file says.
	Type string
	// Format is of time columns: a pattern of y M d H m s S, X (an offset such as +02:00 or Z) and signs, letters between
	// apostrophes; or epoch-ms, epoch-s, epoch-us. Default: RFC 3339 for text, epoch-ms for int, what the file says for a
	// Parquet timestamp.
	Format string
	// Zone is of local times: an IANA name, or "cell" for the time zone of the row's place. Required when neither the
	// format nor the file says it.
	Zone string
	// Fold resolves local times that a clock change leaves out or has twice: "first" uses the offset before the change,
	// "last" the one after, "reject" counts the row under event.NoSuchTime. Default: reject.
	Fold string
	// Take is of origin: only the first so many characters are read. Default: 0, all.
	Take int
	// Domain is of origin, residence and dimensions: the public list of values. What it does not name is throng.Other, what
	// is empty is throng.Unknown: see OriginCodes. Required for origin of trips, residence and dimensions. Of currency the
	// codes of the contract: a row with another one is counted under event.BadCurrency. Required there.
	Domain []string
	// List is of kind and category: the words of the source. Kept for the manifest; values are not carried.
	List []string
	// Exponents are of amount: the decimals of each currency, in the order of the currencies. Required there.
	Exponents []int
	// Bands are of age. Default: throng.DefaultBands.
	Bands throng.Bands

	dated bool // times may be days without an hour: of sales and the like
}

// OriginCodes is the code list of an origin column of trips, whose indexes event.Batch.Origin holds: the domain, then
// throng.Other and throng.Unknown unless the domain has them.
func OriginCodes(domain []string) []string {
	codes := slices.Clone(domain)
	for _, c := range []string{throng.Other, throng.Unknown} {
		if !slices.Contains(codes, c) {
			codes = append(codes, c)
		}
	}
	return codes
}

// role is what a column does in a batch. The order is the order in which the columns of a row are admitted: a time may
// need the place of its row, a pseudonym needs the time, because its key belongs to a period.
type role uint8

const (
	roleNetwork role = iota
	rolePlace
	roleTo
	roleLat
	roleLon
	roleTime
	roleEnd
	roleArrival
	roleUnit
	roleSIM
	roleOrigin
	roleMachine
	roleBirth
	roleGender
	roleHome
	roleCode0
	roleCode1
	roleCoin // before the amount, whose decimals are those of the currency
	roleAmount
	roleNights
	roleMoreNights
	roleCancelled
	roleUnread // admitted and not carried
)

// vocabulary says, for each kind of feed, what a column may be, and which types it may have; the first is the default.
var vocabulary = map[string]map[string]meaning{
	Events: {
		"subscriber": {roleUnit, "text bytes int"}, "device": {roleUnit, "text bytes int"},
		"time": {roleTime, "text int timestamp"}, "cell": {rolePlace, "text bytes int"},
		"latitude": {roleLat, "decimal"}, "longitude": {roleLon, "decimal"},
		"sim_country": {roleSIM, "int"}, "visited_network": {roleNetwork, "int"}, "machine": {roleMachine, "bool int"},
		"kind": {roleUnread, "text int"}, "duration": {roleUnread, "int decimal"},
		"timing_advance": {roleUnread, "int"}, "arrival": {roleArrival, "text int timestamp"},
	},
	Trips: {
		"trip": {roleUnit, "text bytes int"}, "start_time": {roleTime, "text int timestamp"},
		"end_time": {roleEnd, "text int timestamp"}, "from": {rolePlace, "text bytes int"},
		"to": {roleTo, "text bytes int"}, "origin": {roleOrigin, "text int"}, "category": {roleUnread, "text int"},
	},
	Tickets: sales("traveller ticket", "sale_time travel_time", "place to", map[string]meaning{
		"category": {roleCode0, "text int"}, "channel": {roleCode1, "text int"}, "nights": {roleNights, "int"}, "more_nights": {roleMoreNights, "int"}, "rate": {roleAmount, "int decimal text"}, "cancelled": {roleCancelled, "bool int"},
		"from": {roleUnread, "text bytes int"}, "class": {roleUnread, "text int"}, "carrier": {roleUnread, "text int"}, "passengers": {roleUnread, "int"},
	}),
	Purchases: sales("buyer purchase", "purchase_time", "place", map[string]meaning{
		"category": {roleCode0, "text int"}, "channel": {roleCode1, "text int"}, "cancelled": {roleCancelled, "bool int"},
	}),
	Cases:   sales("person case", "time", "district", map[string]meaning{"authority": {roleCode0, "text int"}, "reason": {roleCode1, "text int"}, "waited": {roleNights, "int"}}),
	Reports: sales("report", "time", "place", map[string]meaning{"reason": {roleCode0, "text int"}, "vehicle_type": {roleCode1, "text int"}}),
	Persons: {
		"subscriber": {roleUnit, "text bytes int"}, "device": {roleUnit, "text bytes int"},
		"age": {roleBirth, "int"}, "gender": {roleGender, "text"}, "origin": {roleOrigin, "text int"},
	},
}

// sales is the vocabulary of a kind of rows that are no movements: words for units, times and places, and what else there is.
func sales(units, times, places string, more map[string]meaning) map[string]meaning {
	for _, unit := range strings.Fields(units) {
		more[unit] = meaning{roleUnit, "text bytes int"}
	}
	for _, time := range strings.Fields(times) {
		more[time] = meaning{roleTime, "text int timestamp"}
	}
	for _, place := range strings.Fields(places) {
		more[place] = meaning{rolePlace, "text bytes int"}
	}
	if times != "time" { // something is bought
		more["home"], more["residence"] = meaning{roleHome, "text bytes int"}, meaning{roleOrigin, "text int"}
		more["amount"], more["currency"] = meaning{roleAmount, "int decimal text"}, meaning{roleCoin, "text"}
	}
	return more
}

// isSales reports whether rows are tickets, purchases, cases or reports.
func (o *Options) isSales() bool {
	return o.Kind == Tickets || o.Kind == Purchases || o.Kind == Cases || o.Kind == Reports
}

// rowUnits are the units that are a row and no person.
var rowUnits = []string{"trip", "ticket", "purchase", "case", "report"}

type meaning struct {
	role  role
	types string
}

// Field is an admitted column, checked and ready to be read.
type Field struct {
	Column
	// Types are the types that the contract allows here: one when it names one, else those that fit.
	Types []string

	role           role
	timer          *Timer
	origin         map[string]uint16
	other, unknown uint16 // codes of origin
}

// IsRead reports whether anything of the column enters a batch.
func (f *Field) IsRead() bool { return f.role != roleUnread }

// IsPseudonym reports whether the column holds the holder's pseudonyms of people.
func (f *Field) IsPseudonym() bool { return f.role == roleUnit && !slices.Contains(rowUnits, f.As) }

// IsTime reports whether the column holds times.
func (f *Field) IsTime() bool { return f.timer != nil }

// NeedsZone reports whether times without an offset cannot be read, because the contract names no zone.
func (f *Field) NeedsZone() bool { return f.timer != nil && f.Zone == "" }

// IsPattern reports whether times are texts of a pattern, so that whole numbers are not times.
func (f *Field) IsPattern() bool { return f.timer != nil && f.timer.scale == 0 }

// Fields checks the columns of a contract and returns them in the order in which they are admitted.
func (o Options) Fields() ([]*Field, error) {
	words, ok := vocabulary[o.Kind]
	if !ok {
		return nil, &Error{Kind: Invalid, Got: fmt.Sprintf("the kind of feed %.40q", o.Kind), Want: "events, trips, tickets, purchases, cases, reports or people"}
	}
	var fields []*Field
	taken := map[string]string{}
	for _, c := range o.Columns {
		f, err := newField(c, words, o.Kind)
		if err != nil {
			return nil, err
		}
		key := "role " + string(rune('a'+f.role))
		if f.role == roleUnread {
			key = "as " + f.As
		}
		for _, k := range []string{key, "name " + c.Name} {
			if before, twice := taken[k]; twice {
				return nil, &Error{Kind: Invalid, Column: c.Name, Got: fmt.Sprintf("as %s, which column %q is too", c.As, before), Want: "one column a meaning", Hint: "put the other under drop"}
			}
			taken[k] = c.Name
		}
		if slices.Contains(o.Drop, c.Name) {
			return nil, &Error{Kind: Invalid, Column: c.Name, Got: "both columns and drop", Want: "one of them"}
		}
		fields = append(fields, f)
	}
	slices.SortStableFunc(fields, func(a, b *Field) int { return int(a.role) - int(b.role) })
	return fields, o.complete(fields)
}

// complete refuses contracts without the columns that the kind of feed cannot do without.
func (o Options) complete(fields []*Field) error {
	has := func(r role) bool { return slices.ContainsFunc(fields, func(f *Field) bool { return f.role == r }) }
	lack := func(what string) error {
		return &Error{Kind: Invalid, Got: "columns without " + what, Want: "one of them", Hint: "name the source column that is " + what}
	}
	if o.isSales() {
		switch {
		case !has(roleTime):
			return lack("a time")
		case !has(rolePlace) && !has(roleHome):
			return lack("place or home")
		}
		return nil
	}
	switch {
	case o.Kind != Trips && !has(roleUnit):
		return lack("subscriber or device")
	case o.Kind == Events && !has(roleTime):
		return lack("time")
	case o.Kind == Trips && !has(roleTime):
		return lack("start_time")
	case has(roleLat) != has(roleLon):
		return lack("both latitude and longitude")
	case o.Kind == Events && !has(rolePlace) && !has(roleLat) && !has(roleNetwork):
		return lack("cell, latitude and longitude, or visited_network")
	case o.Kind == Trips && !has(rolePlace):
		return lack("from")
	}
	return nil
}

func newField(c Column, words map[string]meaning, kind string) (*Field, error) {
	m, ok := words[c.As]
	if !ok {
		known := make([]string, 0, len(words))
		for w := range words {
			known = append(known, w)
		}
		slices.Sort(known)
		return nil, &Error{Kind: Invalid, Column: c.Name, Got: fmt.Sprintf("as %.40q", c.As), Want: "one of " + strings.Join(known, ", ") + " in a feed of " + kind, Hint: "nothing else may enter; put the column under drop"}
	}
	f := &Field{Column: c, Types: strings.Fields(m.types), role: m.role}
	if c.Type != "" {
		if !slices.Contains(f.Types, c.Type) {
			return nil, &Error{Kind: Invalid, Column: c.Name, Got: fmt.Sprintf("type %.40q for %s", c.Type, c.As), Want: strings.Join(f.Types, " or ")}
		}
		f.Types = []string{c.Type}
		if c.Type == "timestamp" { // CSV, and some Parquet files, hold timestamps as texts
			f.Types = append(f.Types, "text")
		}
	}
	if m.role == roleTime || m.role == roleEnd || m.role == roleArrival {
		c.dated = kind != Events && kind != Trips
		t, err := NewTimer(c)
		if err != nil {
			return nil, err
		}
		f.timer = t
	}
	listed := m.role == roleOrigin && kind != Persons || m.role == roleCode0 || m.role == roleCode1 || m.role == roleCoin
	if m.role == roleAmount && len(c.Exponents) == 0 {
		return nil, &Error{Kind: Invalid, Column: c.Name, Got: "amount without a currency", Want: "the currency of its values", Hint: "name it under money.currency"}
	}
	if listed {
		if len(c.Domain) == 0 {
			return nil, &Error{Kind: Invalid, Column: c.Name, Got: c.As + " without a domain", Want: "the public list of its values", Hint: "name a file under domain"}
		}
		f.origin = map[string]uint16{}
		for i, code := range OriginCodes(c.Domain) {
			f.origin[code] = uint16(i)
		}
		f.other, f.unknown = f.origin[throng.Other], f.origin[throng.Unknown]
	}
	if err := c.Bands.Check(); c.Bands != nil && err != nil {
		return nil, &Error{Kind: Invalid, Column: c.Name, Got: err.Error(), Cause: err}
	}
	return f, nil
}
