package config

import (
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Kinds of plan of places.
const (
	kindAntennas = "antennas"
	kindPlaces   = "places"
)

// Kinds of data: what `data` may be.
const (
	DataReal      = "real"
	DataPublic    = "public"
	DataSynthetic = "synthetic"
)

// profiles are the privacy profiles and the loss of a day of each in nano-rho (privacy.md 9). Sums of shares are
// checked by the accounting, which knows what every table costs.
var profiles = map[string]Nano{"strict": 20_000_000, "standard": 100_000_000, "trips": 100_000_000, "purchases": 100_000_000, "purchases-strict": 20_000_000}

var profileNames = []string{"strict", "standard", "trips", "purchases", "purchases-strict"}

// setDefaults writes out what the contract leaves open, so that the canonical text says it.
func (c *Contract) setDefaults() {
	fill := func(field *string, value string) {
		if *field == "" {
			*field = value
		}
	}
	fill(&c.Holder.Name, c.Holder.ID)
	fill(&c.Data, DataReal)
	if c.IsLog() {
		fill(&c.Feed.Arrival, "log-time")
	}
	fill(&c.Feed.Arrival, "file-time")
	fill(&c.Flows, "stay")
	if c.Feed.Kind == kindEvents && c.Flows == "stay" {
		fill(&c.FlowsSilence, "4h")
	}
	fill(&c.Publish.NotBefore, "+1d06:00")
	fill(&c.Publish.Embargo, "none")
	if c.Data == DataSynthetic {
		fill(&c.Publish.Licence, "CC0-1.0")
	}
	if len(c.Recipients) == 0 {
		c.Recipients = Words{"public"}
		if c.Publish.Private {
			c.Recipients = Words{"holder"}
		}
	}
	if c.Feed.Kind == kindTrips || c.Sales() {
		fill(&c.Cells.Kind, kindPlaces)
	}
	c.setSaleDefaults()
	fill(&c.Cells.Kind, kindAntennas)
	if c.Zones.From == "" {
		fill(&c.Zones.ID, "id")
		fill(&c.Zones.Parent, "parent")
		fill(&c.Zones.Name, "name")
		fill(&c.Zones.Level, "level")
	}
	for _, n := range []struct {
		field *int
		value int
	}{{&c.Grid.Tile, 100}, {&c.Bounds.Trips, 6}, {&c.Bounds.Visitors, 10}, {&c.Bounds.Tourism, 4}} {
		if *n.field == 0 {
			*n.field = n.value
		}
	}
	fill(&c.Home, HomeModal)
	fill(&c.Estimate, EstimateLinear)
	if c.Scaling.Dedup == 0 {
		c.Scaling.Dedup = 1
	}
	if c.Feed.Format == "" {
		c.Feed.Format = formatOf(c.Feed.Files)
	}
	if vocabulary := roles[c.Cells.Kind]; len(c.Cells.Columns) == 0 {
		c.Cells.Columns = map[string]Column{}
		for _, r := range vocabulary {
			c.Cells.Columns[r.name] = Column{As: r.name}
		}
	}
	setColumnDefaults(c.Feed.Columns, rolesOf(c.Feed.Kind))
	setColumnDefaults(c.Attributes.Columns, roles[kindAttributes])
	c.setLogDefaults()
	c.setLiveDefaults()
	c.setProfile()
}

// setProfile decides the profile: real data run under strict unless a signed reason says otherwise (privacy.md 27.7).
func (c *Contract) setProfile() {
	asked, full, strict := c.Privacy.Profile, "standard", "strict"
	if c.Sales() {
		full, strict = "purchases", "purchases-strict"
	}
	switch {
	case asked != "":
	case c.Feed.Kind == kindTrips:
		c.Privacy.Profile = "trips"
	case c.Data == DataReal:
		c.Privacy.Profile = strict
	default:
		c.Privacy.Profile = full
	}
	if asked == full && c.Data == DataReal && c.Feed.Kind != kindTrips && !c.reasoned() {
		c.Privacy.Profile = strict
		c.notes = append(c.notes, fmt.Sprintf("privacy.profile: %s is asked for, %s is run: real data need privacy.reason, signed by the privacy officer (rule 27.7)", full, strict))
	}
	day := profiles[c.Privacy.Profile]
	if c.Privacy.Cap30 == 0 {
		c.Privacy.Cap30 = 30 * day
	}
	if c.Privacy.Cap365 == 0 {
		c.Privacy.Cap365 = 365 * day
	}
}

// reasoned reports whether the contract carries a reason for more than strict and the key of the privacy officer.
func (c *Contract) reasoned() bool {
	return strings.TrimSpace(c.Privacy.Reason) != "" && slices.Contains(c.Agreement.Signed, c.Privacy.Signed)
}

// formatOf is the format of files by the ending of their patterns; "" when they end in something else.
func formatOf(patterns Words) string {
	for _, pattern := range patterns {
		name := strings.ToLower(pattern)
		for _, packed := range []string{".gz", ".zst"} {
			name = strings.TrimSuffix(name, packed)
		}
		for _, format := range []string{"csv", "parquet"} {
			if strings.HasSuffix(name, "."+format) {
				return format
			}
		}
	}
	return ""
}

// check finds everything that is wrong with a contract whose defaults are written out.
func (c *Contract) check(find *findings) {
	if c.Throng != 1 {
		find.invalid("throng", "got %d, want 1: the version of the contract format", c.Throng)
	}
	oneOf(find, "data", c.Data, DataReal, DataPublic, DataSynthetic)
	c.checkAgreement(find)
	c.checkGroups(find)
	c.checkFeed(find)
	c.checkGround(find)
	c.checkAttributes(find)
	c.checkProducts(find)
	c.checkSales(find)
	c.checkLive(find)
	c.checkNumbers(find)
	c.checkPrivacy(find)
	c.checkPublish(find)
}

var shortID = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)

func checkID(find *findings, key, id string) {
	if !shortID.MatchString(id) {
		find.invalid(key, "got %.60q, want 1 to 40 of a-z, 0-9 and -, such as op-a", id)
	}
}

func oneOf(find *findings, key, got string, list ...string) bool {
	if slices.Contains(list, got) {
		return true
	}
	if got == "" {
		find.invalid(key, "got nothing, want one of: %s", strings.Join(list, " "))
	} else {
		find.invalid(key, "unknown word %.40q; %s", got, didYouMean(got, list))
	}
	return false
}

func checkDay(find *findings, key, day string) {
	if _, err := time.Parse(time.DateOnly, day); err != nil {
		find.invalid(key, "got %.40q, want a day such as 2026-02-03", day)
	}
}

// checkAgreement checks holder, agreement, review and the folder of state.
func (c *Contract) checkAgreement(find *findings) {
	checkID(find, "holder.id", c.Holder.ID)
	if c.Agreement.From != "" {
		checkDay(find, "agreement.from", c.Agreement.From)
	}
	if c.Agreement.Until != "" {
		checkDay(find, "agreement.until", c.Agreement.Until)
	}
	if c.Agreement.From != "" && c.Agreement.Until != "" && c.Agreement.From > c.Agreement.Until {
		find.invalid("agreement.until", "got %.20s, which is before agreement.from %.20s; the agreement ends before it begins", c.Agreement.Until, c.Agreement.From)
	}
	if c.Review != (Review{}) {
		checkDay(find, "review.date", c.Review.Date)
		if strings.TrimSpace(c.Review.By) == "" || strings.TrimSpace(c.Review.Text) == "" {
			find.invalid("review", "a review says by whom, when and what; add by, date and text")
		}
	}
	if c.Data != DataReal {
		return
	}
	if c.State == "" {
		find.invalid("state", "got nothing; real data need a folder of their own for ledger, keys and checkpoints, such as /var/lib/throng/%s", orWord(c.Feed.ID, "signalling"))
	}
	if c.Agreement.ID == "" {
		find.invalid("agreement.id", "got nothing; real data need the number of the agreement")
	}
	if len(c.Agreement.Signed) == 0 {
		find.invalid("agreement.signed", "got nothing; real data need the names of the keys of those who signed")
	}
}

// unbuiltFeeds are kinds of feed of the design that this version does not read.
var unbuiltFeeds = []string{"vehicles"}

// unitsOf are the units of privacy that a kind of feed may have.
var unitsOf = map[string][]string{kindEvents: {unitSubscriber, unitDevice}, kindTrips: {unitTrip}, kindTickets: {unitTraveller, unitTicket},
	kindPurchases: {unitBuyer, unitPurchase}, kindCases: {unitPerson, unitCase}, kindReports: {unitReport}}

// feedKinds are the kinds of feed that this version reads.
var feedKinds = append([]string{kindEvents, kindTrips}, saleKinds...)

// checkFeed checks what enters.
func (c *Contract) checkFeed(find *findings) {
	f := &c.Feed
	checkID(find, "feed.id", f.ID)
	if f.Kind == "status" { // no run of this program publishes an exact table, whatever a contract calls its data
		find.invalid("feed.kind", "status is not read: how full stations are is public where GBFS publishes it, and two exact counts of one station a moment apart tell one ride; parked vehicles are counted by reports, rides by trips; available: %s", strings.Join(feedKinds, " "))
		c.checkColumnNames(find)
		return
	}
	if slices.Contains(unbuiltFeeds, f.Kind) {
		find.invalid("feed.kind", "%s is not built yet in this version; available: %s", f.Kind, strings.Join(feedKinds, " "))
		c.checkColumnNames(find)
		return
	}
	if !oneOf(find, "feed.kind", f.Kind, feedKinds...) {
		c.checkColumnNames(find)
		return
	}
	oneOf(find, "feed.unit", f.Unit, unitsOf[f.Kind]...)
	c.checkSource(find)
	if !c.IsLog() {
		oneOf(find, "feed.format", f.Format, "csv", "parquet")
	}
	c.checkArrival(find)
	c.checkColumns(find, "feed", f.Kind, f.Columns, f.Drop)
	c.checkUnit(find)
}

// checkColumnNames refuses columns by name where the kind of the feed, and so its roles, are not known.
func (c *Contract) checkColumnNames(find *findings) {
	for _, name := range slices.Sorted(maps.Keys(c.Feed.Columns)) {
		c.refusedColumn(find, "feed.columns."+name, name, c.Feed.Columns[name])
	}
}

// checkUnit wants the unit's column and place, and refuses a weak unit where a person's id exists (privacy.md 27.10).
func (c *Contract) checkUnit(find *findings) {
	f := &c.Feed
	unitColumn := columnAs(f.Columns, f.Unit)
	if f.Kind == kindEvents {
		if unitColumn == "" && slices.Contains(unitsOf[kindEvents], f.Unit) {
			find.invalid("feed.columns", "no column has the role %s, the unit of the feed; add NAME: {as: %s}", f.Unit, f.Unit)
		}
		position := columnAs(f.Columns, "latitude") != "" && columnAs(f.Columns, "longitude") != ""
		if columnAs(f.Columns, "cell") == "" && !position && columnAs(f.Columns, "visited_network") == "" {
			find.invalid("feed.columns", "no column says where; add NAME: {as: cell}, or latitude and longitude, or visited_network")
		}
	}
	if f.Unit == unitSubscriber || c.Sales() && !c.Weak() {
		return
	}
	for _, name := range slices.Concat(slices.Sorted(maps.Keys(f.Columns)), f.Drop) {
		if name != unitColumn && isPersonID(name, f.Unit) || f.Unit == unitDevice && f.Columns[name].As == unitSubscriber {
			find.refuse("27.10", "feed.unit", "the feed has the id of a person (column %.60q), so the unit cannot be the %s; declare the person as unit, or have the holder remove the column at the source", name, f.Unit)
		}
	}
}

// checkGround checks clock, cells, zones and SIM countries at home.
func (c *Contract) checkGround(find *findings) {
	loc, err := loadZone(c.Clock)
	if err != nil {
		find.invalid("clock", "%v", err)
	}
	c.clock = loc
	for _, mcc := range c.Local {
		if mcc < 100 || mcc > 999 {
			find.invalid("local", "got %d, want mobile country codes from 100 to 999, such as [208]", mcc)
		}
	}
	if c.Cells.File == "" {
		find.invalid("cells.file", "got nothing, want the file of the places that rows name")
	}
	c.checkPlanFile(find)
	if oneOf(find, "cells.kind", c.Cells.Kind, kindAntennas, kindPlaces) {
		c.checkPlan(find)
	}
	if (c.Zones.File == "") == (c.Zones.From == "") {
		find.invalid("zones", "want either file (GeoJSON) or from: cells, and not both")
	}
	if c.Zones.From != "" {
		oneOf(find, "zones.from", c.Zones.From, "cells")
		if c.Cells.Kind == kindAntennas {
			find.invalid("zones.from", "antennas are the holder's secret and never zones; give zones.file, or cells.kind: places if these are public places")
		}
	}
	if !zoneVersion.MatchString(c.Zones.Version) {
		find.invalid("zones.version", "got %.40q, want 1 to 40 of letters, digits, . _ and -, such as 2026-01-01", c.Zones.Version)
	}
}

var zoneVersion = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$`)

// checkPlanFile refuses a file of the plan that is no pattern, or that names the day: the ground is the same on every day.
func (c *Contract) checkPlanFile(find *findings) {
	file := c.Cells.File
	if hasMark(file) {
		find.invalid("cells.file", "%.80q names the day, and the plan is one for all days; write the day whose plan it is, such as day=3", file)
	}
	if _, err := filepath.Match(file, ""); err != nil {
		find.invalid("cells.file", "%.80q is no pattern; * stands for part of a name, ? for one letter, [ab] for one of some", file)
	}
	if c.Cells.Kind == kindPlaces && strings.ContainsAny(file, "*?[") {
		find.invalid("cells.file", "%.80q is a pattern, and a list of places is one file; name it", file)
	}
}

// checkPlan holds the columns of the plan of places against its vocabulary.
func (c *Contract) checkPlan(find *findings) {
	vocabulary := roles[c.Cells.Kind]
	taken := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(c.Cells.Columns)) {
		col, at := c.Cells.Columns[name], "cells.columns."+name
		if _, known := findRole(vocabulary, col.As); !known {
			find.invalid(at, "unknown role %.40q for %s; %s", col.As, c.Cells.Kind, didYouMean(col.As, roleNames(vocabulary)))
		}
		if other, twice := taken[col.As]; twice {
			find.invalid(at, "has the role %s, and so has column %s; a role is held by one column", col.As, other)
		}
		taken[col.As] = name
		col.As = ""
		if fmt.Sprint(col) != fmt.Sprint(Column{}) {
			find.invalid(at, "columns of places have a role only; leave the rest out")
		}
	}
	for _, r := range vocabulary {
		if r.needed && taken[r.name] == "" {
			find.invalid("cells.columns", "no column has the role %s; add NAME: {as: %s}", r.name, r.name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Feed.Columns)) {
		if c.Feed.Columns[name].Zone == zoneOfCell && taken["time_zone"] == "" {
			find.invalid("feed.columns."+name+".zone", "got cell, but no column of cells has the role time_zone; add NAME: {as: time_zone} to cells.columns")
		}
	}
}

// checkAttributes checks what is known of a pseudonym.
func (c *Contract) checkAttributes(find *findings) {
	a := &c.Attributes
	if a.File == "" && len(a.Columns) == 0 && len(a.Drop) == 0 {
		return
	}
	if a.File == "" || len(a.Columns) == 0 {
		find.invalid("attributes", "want file and columns together, or neither")
	} else if formatOf(Words{a.File}) == "" {
		find.invalid("attributes.file", "got %.80q, want a name that ends in .csv, .csv.gz, .csv.zst or .parquet", a.File)
	}
	if c.Sales() {
		find.invalid("attributes", "a feed of %s says where its unit lives in columns of its own, home and residence; leave attributes out", c.Feed.Kind)
		return
	}
	if c.Feed.Kind == kindTrips {
		find.invalid("attributes", "a trip has no person whose attributes could be known; leave attributes out, an origin is a column of the feed")
	}
	c.checkColumns(find, "attributes", kindAttributes, a.Columns, a.Drop)
	if c.Feed.Kind == kindEvents && columnAs(a.Columns, c.Feed.Unit) == "" {
		find.invalid("attributes.columns", "no column has the role %s, the unit of the feed; add NAME: {as: %s}", c.Feed.Unit, c.Feed.Unit)
	}
}

// checkNumbers checks grid, bounds, flows and scaling.
func (c *Contract) checkNumbers(find *findings) {
	if c.Grid.Tile < 50 || c.Grid.Tile > 5000 {
		find.invalid("grid.tile", "got %d, want 50 to 5000 metres", c.Grid.Tile)
	}
	if c.Bounds.Trips < 1 || c.Bounds.Trips > 50 {
		find.invalid("bounds.trips", "got %d, want 1 to 50 moves of one unit in a period", c.Bounds.Trips)
	}
	if c.Bounds.Visitors < 1 || c.Bounds.Visitors > 50 {
		find.invalid("bounds.visitors", "got %d, want 1 to 50 zones of one unit in a day", c.Bounds.Visitors)
	}
	if c.Bounds.Tourism < 1 || c.Bounds.Tourism > 20 {
		find.invalid("bounds.tourism", "got %d, want 1 to 20 journeys of one unit in a month", c.Bounds.Tourism)
	}
	oneOf(find, "flows", c.Flows, "stay", "consecutive")
	c.checkSilence(find)
	oneOf(find, "home", c.Home, HomeModal, HomePermanence)
	if oneOf(find, "estimate", c.Estimate, EstimateLinear, EstimateEM) && c.Estimate == EstimateEM && !slices.Contains(c.Products, Present) {
		find.invalid("estimate", "em is defined for %s alone, which is not among the products; add it, or leave estimate out", Present)
	}
	if c.Roles != "" {
		oneOf(find, "roles", c.Roles, "same-day")
	}
	if c.Purposes && c.Flows != "stay" {
		find.invalid("purposes", "purposes come from stays, and flows is %s; write flows: stay, or leave purposes out", c.Flows)
	}
	if !(c.Scaling.Inbound >= 0 && c.Scaling.Inbound <= 100) {
		find.invalid("scaling.inbound", "got %v, want guests per foreign SIM above 0 and at most 100, such as 2.5", c.Scaling.Inbound)
	}
	if !(c.Scaling.Dedup > 0 && c.Scaling.Dedup <= 1) {
		find.invalid("scaling.dedup", "got %v, want people per device above 0 and at most 1", c.Scaling.Dedup)
	}
}

// checkPrivacy checks profile, reason, shares and caps (privacy.md 9, 27.7).
func (c *Contract) checkPrivacy(find *findings) {
	p := &c.Privacy
	if !oneOf(find, "privacy.profile", p.Profile, profileNames...) {
		return
	}
	if strings.HasPrefix(p.Profile, "purchases") != c.Sales() {
		find.invalid("privacy.profile", "got %s for a feed of %s; tickets, purchases, cases and reports have the profiles purchases and purchases-strict, and nothing else has", p.Profile, c.Feed.Kind)
		return
	}
	if (p.Profile == "trips") != (c.Feed.Kind == kindTrips) {
		find.invalid("privacy.profile", "got %s for a feed of %s; trips have the profile trips, and nothing else has", p.Profile, c.Feed.Kind)
	}
	if p.Profile == "trips" && c.Data == DataReal && !c.reasoned() {
		find.refuse("27.7", "privacy.reason", "real trips under the profile trips need a written reason, signed by the privacy officer (privacy.signed, one of agreement.signed)")
	}
	if p.Reason != "" && !c.reasoned() {
		find.invalid("privacy.signed", "got %.40q, want the key of the privacy officer under privacy.reason, one of agreement.signed", p.Signed)
	}
	for _, n := range []struct {
		key   string
		value Nano
	}{{"privacy.cap_30", p.Cap30}, {"privacy.cap_365", p.Cap365}} {
		if n.value == badNano {
			find.invalid(n.key, "%s", wantNano)
		}
	}
	day := profiles[p.Profile]
	if p.Cap30 > 30*day {
		find.refuse("9", "privacy.cap_30", "got %s, the profile %s allows at most %s; caps may be lower, never higher", p.Cap30, p.Profile, 30*day)
	}
	if p.Cap365 > 365*day {
		find.refuse("9", "privacy.cap_365", "got %s, the profile %s allows at most %s; caps may be lower, never higher", p.Cap365, p.Profile, 365*day)
	}
	c.checkKeys(find)
	c.checkRaise(find, day)
}

// checkPublish checks hour and licence; breakdowns wait for the next day, 06:00 (privacy.md 27.1).
func (c *Contract) checkPublish(find *findings) {
	days, hour, minute, err := parseNotBefore(c.Publish.NotBefore)
	if err != nil {
		find.invalid("publish.not_before", "%v", err)
	} else if (days < 1 || days == 1 && hour*60+minute < 6*60) && len(c.Tables(Present)) > 1 {
		find.refuse("27.1", "publish.not_before", "got %s; tables by gender, age or origin come out on the next day at 06:00 at the earliest; write +1d06:00 or later", c.Publish.NotBefore)
	} else if days < 1 {
		find.invalid("publish.not_before", "got %s, want at least +1d00:00: a period is published after it has ended", c.Publish.NotBefore)
	}
	if c.Publish.Licence == "" {
		find.invalid("publish.licence", "got nothing, want the SPDX name of a licence, such as CC-BY-4.0")
	}
}
