package driver

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geo"
	"github.com/paulmach/orb/planar"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/config"
	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/feed"
	"github.com/throng-stats/throng/feed/files"
	"github.com/throng-stats/throng/locate"
	"github.com/throng-stats/throng/locate/antenna"
	"github.com/throng-stats/throng/locate/area"
	"github.com/throng-stats/throng/locate/zone"
	pop "github.com/throng-stats/throng/population/present"
	"github.com/throng-stats/throng/population/tourism"
	"github.com/throng-stats/throng/privacy/account"
	"github.com/throng-stats/throng/release"
)

// Ids of products that the driver treats in ways of their own.
const (
	present    = config.Present
	flowsHour  = config.FlowsHour
	flowsDay   = config.FlowsDay
	flowsMonth = config.FlowsMonth
	vehicles   = config.Vehicles
	visitors   = config.Visitors
	nights     = config.Nights

	productUsual     = config.Usual
	productMigration = config.Migration
	productTourism   = config.Tourism
)

// Job is a contract made ready: everything that can be known before a row is read.
type Job struct {
	Contract *config.Contract
	Ground   *locate.Ground
	Geo      release.Geography
	Classes  throng.Classes
	Plan     map[string]int64 // share of each table, nano-rho, by "product/table"
	Notes    []string         // what a person should know before reading results

	trips   bool
	sales   *sales // of tickets, purchases, cases and reports; else nil
	places  bool   // stations and airports instead of antennas
	feed    feed.Options
	persons feed.Options
	optOut  [][]byte
	origins map[string]uint16                          // value of the origin column -> index into Classes.Finest
	foreign map[uint16]uint16                          // mobile country code -> index into Classes.Finest
	ages    []uint8                                    // band of the contract -> index into Classes.Age
	quiet   []config.QuietRow                          // areas that are not counted by themselves on some days
	counted func(day string) (areas []string, ok bool) // with which quiet areas a day was first counted
	views   views
	hidden  int // rows of protected_origins

	holidays  []string       // civil days, ascending
	countries []string       // codes of the countries that are visited
	visited   map[uint16]int // mobile country code -> index into countries
}

// Prepare reads the plan, the zones and the public tables that a contract names, works out the ground, and checks that
// the shares of privacy fit. It reads no row of the feed.
func Prepare(c *config.Contract) (*Job, error) {
	j := &Job{Contract: c, trips: c.Feed.Kind == "trips", places: c.Cells.Kind == "places"}
	if (j.trips || c.Sales()) && slices.ContainsFunc(c.Feed.Files, config.NamesDay) {
		return nil, &Error{Kind: Invalid, Text: "feed.files: a feed of " + c.Feed.Kind + " is read as a whole, so its patterns do not name the day; write * in place of {day}"}
	}
	j.Notes = append(j.Notes, c.Notes()...)
	for _, step := range []func() error{j.shares, j.classes, j.options, j.ground, j.readBusinesses, j.readQuiet, j.readHolidays, j.checkNoise} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return j, nil
}

// shares looks up what each table may cost.
func (j *Job) shares() error {
	c := j.Contract
	profile, err := account.Named(c.Privacy.Profile)
	if err != nil {
		return err
	}
	custom := map[string]int64{}
	for name, share := range c.Privacy.Shares {
		custom[name] = int64(share)
	}
	j.Plan, err = profile.Plan(c.Charged(), custom)
	return err
}

// caps are the caps of the scope: those of the profile, or lower ones of the contract.
func (j *Job) caps() capsInForce {
	p, _ := account.Named(j.Contract.Privacy.Profile)
	caps := capsInForce{Day: p.CapDay, Days30: p.Cap30(), Days365: p.Cap365()}
	if v := int64(j.Contract.Privacy.Cap30); v > 0 {
		caps.Days30 = min(caps.Days30, v)
	}
	if v := int64(j.Contract.Privacy.Cap365); v > 0 {
		caps.Days365 = min(caps.Days365, v)
	}
	return caps
}

// classes reads the public code lists. Bands that end below 18 may be counted only where 50,000 people live (privacy.md,
// section 27), so in the tables of this version they are "not known".
func (j *Job) classes() error {
	c := j.Contract
	if c.Sales() {
		return j.readSales()
	}
	if j.trips {
		var domain []string
		for _, col := range c.FeedOptions().Columns {
			if col.Domain != "" {
				var err error
				if domain, err = config.ReadList(col.Domain); err != nil {
					return err
				}
			}
		}
		j.Classes, j.origins = c.ClassesOfTrips(domain)
		return nil
	}
	origins, err := c.ReadOrigins()
	if err != nil {
		return err
	}
	if slices.Contains(c.Tables(present), "origin") {
		if err := c.CheckOrigins(origins); err != nil {
			return err
		}
	}
	protected, err := c.ReadProtectedOrigins()
	if err != nil {
		return err
	}
	j.hidden = len(protected)
	countries, err := c.ReadCountries()
	if err != nil {
		return err
	}
	j.Classes, j.origins, j.foreign = c.Classes(origins, countries)
	j.countries, j.visited = c.Visited(countries)
	bands := c.Bands()
	all := bands.Codes()
	j.Classes.Age = nil
	j.ages = make([]uint8, len(all))
	for i, code := range all {
		if i+1 < len(bands) && bands[i+1] <= 18 {
			continue // filled below: not known
		}
		j.ages[i] = uint8(len(j.Classes.Age))
		j.Classes.Age = append(j.Classes.Age, code)
	}
	for i := range all {
		if i+1 < len(bands) && bands[i+1] <= 18 {
			j.ages[i] = uint8(len(j.Classes.Age) - 1)
		}
	}
	return nil
}

// readHolidays reads the days that are no working days.
func (j *Job) readHolidays() (err error) {
	j.holidays, err = j.Contract.ReadHolidays()
	return err
}

// options turns the contract's columns into options of the readers.
func (j *Job) options() error {
	c := j.Contract
	o := c.FeedOptions()
	j.feed = feed.Options{Kind: o.Kind, Format: o.Format, Drop: o.Drop, Unit: o.Unit, Clock: c.Location(), Stamped: c.IsLog() && c.Feed.Arrival != "column", Strict: !c.IsLog()}
	var err error
	if j.feed.Columns, err = columns(o.Columns, j.Classes.Origin); err != nil {
		return err
	}
	for i := range j.feed.Columns {
		if j.sales != nil {
			j.saleColumn(&j.feed.Columns[i])
		}
	}
	if c.Attributes.File != "" {
		a := c.AttributeOptions()
		j.persons = feed.Options{Kind: feed.Persons, Files: []string{a.File}, Format: a.Format, Drop: a.Drop, Clock: c.Location(), Strict: true}
		if j.persons.Columns, err = columns(a.Columns, nil); err != nil {
			return err
		}
	}
	out, err := c.ReadOptOut()
	for _, id := range out {
		j.optOut = append(j.optOut, []byte(id))
	}
	return err
}

func columns(list []config.FeedColumn, origins []string) ([]feed.Column, error) {
	var out []feed.Column
	for _, c := range list {
		one := feed.Column{Name: c.Name, As: c.As, Type: c.Type, Format: c.Format, Zone: c.Zone, Fold: c.Fold, Take: c.Take, List: c.List, Bands: c.Bands}
		if c.Domain != "" {
			one.Domain = slices.DeleteFunc(slices.Clone(origins), func(code string) bool { return code == throng.Other || code == throng.Unknown })
		}
		out = append(out, one)
	}
	return out, nil
}

// ground reads plan and zones and works out leaves, tiles and shares.
func (j *Job) ground() error {
	c := j.Contract
	var set *zone.Set
	var plane area.Plane
	tile := int32(c.Grid.Tile)
	var err error
	if j.places {
		rows, err := readPlaces(c)
		if err != nil {
			return err
		}
		var report antenna.PlacesReport
		if j.Ground, set, report, err = antenna.BuildPlaces(rows, antenna.PlacesOptions{Tile: tile}); err != nil {
			return &Error{Kind: Invalid, Text: err.Error()}
		}
		plane = area.PlaneFor(set.Bound())
		if report.Earlier > 0 {
			j.Notes = append(j.Notes, fmt.Sprintf("%d places stand in %s more than once; their last row counts", report.Earlier, filepath.Base(c.Cells.File)))
		}
	} else if set, plane, err = j.antennas(tile); err != nil {
		return err
	}
	return j.geography(set, plane)
}

func (j *Job) antennas(tile int32) (*zone.Set, area.Plane, error) {
	c := j.Contract
	fail := func(err error) (*zone.Set, area.Plane, error) {
		if KindOf(err) == "" {
			err = &Error{Kind: Invalid, Text: err.Error()}
		}
		return nil, area.Plane{}, err
	}
	text, err := read(c.Path(c.Zones.File), "zones")
	if err != nil {
		return fail(err)
	}
	set, err := zone.FromGeoJSON(text, zone.Options{ID: c.Zones.ID, Parent: c.Zones.Parent, Name: c.Zones.Name, Level: c.Zones.Level})
	if err != nil {
		return fail(err)
	}
	opt, err := j.buildOptions(tile, set.Zones)
	if err != nil {
		return fail(err)
	}
	opt.Plane = area.PlaneFor(set.Bound())
	cells, dropped, err := readPlan(c)
	if err != nil {
		return fail(err)
	}
	var report antenna.BuildReport
	build := antenna.Build
	if antenna.HasOutlines(cells) {
		build = antenna.BuildOutlines
	}
	if j.Ground, report, err = build(cells, set, opt); err != nil {
		return fail(err)
	}
	if err := j.grain(report); err != nil {
		return fail(err)
	}
	j.Notes = append(j.Notes, report.Notes...)
	if n := dropped.Rows - dropped.Kept; n > 0 {
		j.Notes = append(j.Notes, fmt.Sprintf("%d of %d rows of the cell plan cannot be used", n, dropped.Rows))
	}
	return set, opt.Plane, nil
}

// readPlan reads all files of the plan of antennas.
func readPlan(c *config.Contract) ([]antenna.Cell, antenna.Report, error) {
	paths, err := c.PlanFiles()
	if err != nil {
		return nil, antenna.Report{}, err
	}
	var plan []antenna.PlanFile
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			return nil, antenna.Report{}, &Error{Kind: Missing, Text: fmt.Sprintf("cells: %v; put the cell plan there or correct the contract", err)}
		}
		defer f.Close()
		plan = append(plan, antenna.PlanFile{Name: path, Text: f})
	}
	if len(plan) == 1 {
		plan[0].Name = c.Cells.File
	}
	columns := map[string]string{}
	for role, name := range c.PlanColumns() {
		columns[name] = role
	}
	return antenna.ReadPlanFiles(plan, antenna.PlanOptions{Columns: columns, Clock: c.Location()})
}

// grain refuses what would be counted on fewer public residents than privacy.md, section 27, allows, and breakdowns where
// nobody can tell for want of a table of residents.
func (j *Job) grain(r antenna.BuildReport) error {
	refuse := func(what, why string) error {
		return &Error{Kind: Refused, Text: fmt.Sprintf("%s: %s (rule 27.1); leave it out, or publish a larger region", what, why)}
	}
	tables := j.Contract.Tables(present)
	has := func(names ...string) bool {
		return slices.ContainsFunc(names, func(n string) bool { return slices.Contains(tables, n) })
	}
	switch {
	case len(j.Geo.Residents) == 0 && has("gender", "age", "origin"):
		return refuse("present by gender, age or origin", "the contract names no table of residents, so nobody can tell whether enough people live where it is counted")
	case len(j.Geo.Residents) == 0 && slices.ContainsFunc(j.Contract.Products, func(p string) bool { return p == nights || p == productTourism }):
		return refuse("nights and tourism", "the contract names no table of residents, so nobody can tell whether enough people live where it is counted")
	case slices.Contains(j.Contract.Tables(nights), "origin") && j.tooSmall(pop.NightResidents):
		return refuse("nights by origin", fmt.Sprintf("fewer than %d people live in a zone that has none above it", pop.NightResidents))
	case slices.Contains(j.Contract.Products, productTourism) && j.tooSmall(tourism.Residents):
		return refuse("tourism", fmt.Sprintf("fewer than %d people live in a zone that has none above it", tourism.Residents))
	case r.SmallLeaves > 0:
		return refuse("present", "fewer than 150 customers live in the whole region")
	case r.SmallBlocks > 0 && has("gender", "age", "role"):
		return refuse("present by gender, age or role", "fewer than 2,000 people live in the whole region")
	case r.SmallAreas > 0 && has("origin"):
		return refuse("present by origin", "fewer than 5,000 people live in the whole region")
	}
	return nil
}

// tooSmall reports whether a zone of the finest division into zones of so many residents has fewer.
func (j *Job) tooSmall(residents int64) bool {
	_, _, small := j.Ground.Zones.Partition(residents)
	return small > 0
}

// buildOptions reads the public tables that shape the measurement tree.
func (j *Job) buildOptions(tile int32, zones throng.Zones) (antenna.Options, error) {
	c := j.Contract
	opt := antenna.Options{Tile: tile, Dedup: c.Scaling.Dedup, Share: map[string]float64{}}
	residents, err := c.ReadResidents()
	if err != nil {
		return opt, err
	}
	for _, r := range residents {
		opt.Residents = append(opt.Residents, antenna.Residents(r))
		j.Geo.Residents = append(j.Geo.Residents, release.Residents(r))
	}
	use, err := c.ReadLandUse()
	if err != nil {
		return opt, err
	}
	for _, u := range use {
		opt.LandUse = append(opt.LandUse, antenna.LandUse(u))
	}
	if j.Geo.Factors, err = j.market(zones, opt.Share); err != nil {
		return opt, err
	}
	if c.Protected != "" {
		text, err := read(c.Path(c.Protected), "protected")
		if err != nil {
			return opt, err
		}
		var shapes []orb.Geometry
		if shapes, err = zone.Geometries(text); err != nil {
			return opt, &Error{Kind: Invalid, Text: "protected: " + err.Error()}
		}
		opt.Protected = shapes
	}
	return opt, j.readPublicPlaces(opt.Protected)
}

// readPublicPlaces reads the list of places around which people are told. A protected place may not be on it: the list would
// name what nobody may find.
func (j *Job) readPublicPlaces(protected []orb.Geometry) error {
	rows, err := j.Contract.ReadPlaces()
	if err != nil {
		return err
	}
	for i, p := range rows {
		at := orb.Point{p.Lon, p.Lat}
		if slices.ContainsFunc(protected, func(g orb.Geometry) bool { return insideOf(g, at) }) {
			return &Error{Kind: Refused, Text: fmt.Sprintf("places: place %d by id lies in a protected place; a public list must not name one", i+1)}
		}
		j.Geo.Places = append(j.Geo.Places, release.Place(p))
	}
	return nil
}

// near is how far from a protected place that is given as a point a place of a public list has to be, metres.
const near = 100

func insideOf(g orb.Geometry, at orb.Point) bool {
	switch g := g.(type) {
	case orb.Point:
		return geo.Distance(g, at) <= near
	case orb.Polygon:
		return planar.PolygonContains(g, at)
	case orb.MultiPolygon:
		return planar.MultiPolygonContains(g, at)
	}
	return false
}

// geography assembles the public geography. Its version tells its content, so that one name never means two things.
func (j *Job) geography(set *zone.Set, plane area.Plane) error {
	c := j.Contract
	g := &j.Geo
	g.ID, g.TimeZone = c.Holder.ID+"-"+c.Feed.ID, c.Clock
	g.Lat0, g.Lon0, g.FE, g.FN = plane.Lat0, plane.Lon0, plane.FE, plane.FN
	g.CRS = "laea"
	if plane == area.Europe {
		g.CRS = "EPSG:3035"
	}
	g.Tile = c.Grid.Tile
	g.Zones, g.Shapes, g.Tree, g.Shares = j.Ground.Zones, set.GeoJSON(), j.Ground.Tree, j.Ground.Shares
	g.Version = versionOf(c.Zones.Version, *g)
	return nil
}

// versionOf names a geography by its content.
func versionOf(version string, g release.Geography) string {
	plane := area.Plane{Lat0: g.Lat0, Lon0: g.Lon0, FE: g.FE, FN: g.FN}
	text := fmt.Sprintln(g.CRS, plane, g.Tile, g.Tree, g.Shares, g.Residents)
	for i := range g.Zones.Len() {
		text += fmt.Sprintln(g.Zones.At(i))
	}
	for _, f := range g.Factors {
		text += fmt.Sprintln(f)
	}
	if len(g.Places) > 0 {
		text += fmt.Sprintln(g.Places)
	}
	return zone.PlainID(version) + "-" + release.Digest(append([]byte(text), g.Shapes...))[:8]
}

func read(path, key string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, &Error{Kind: Missing, Text: fmt.Sprintf("%s: %v; put the file there or correct the contract", key, err)}
	}
	return text, nil
}

// neededOfPlaces are the roles that a list of stations or airports cannot do without.
var neededOfPlaces = []string{"id", "latitude", "longitude"}

// readPlaces reads a public list of stations or airports.
func readPlaces(c *config.Contract) ([]antenna.PlaceRow, error) {
	path := c.Path(c.Cells.File)
	f, err := os.Open(path)
	if err != nil {
		return nil, &Error{Kind: Missing, Text: fmt.Sprintf("cells: %v; put the list of places there or correct the contract", err)}
	}
	defer f.Close()
	in := csv.NewReader(f)
	header, err := in.Read()
	if err != nil {
		return nil, &Error{Kind: Invalid, Text: fmt.Sprintf("%s: got no header, want a first line with the names of the columns", path)}
	}
	at := map[string]int{}
	for role, name := range c.PlanColumns() {
		i := slices.Index(header, name)
		if i < 0 && name == role && !slices.Contains(neededOfPlaces, role) {
			continue // a contract that names no columns means those that are there
		}
		if i < 0 {
			return nil, &Error{Kind: Invalid, Text: fmt.Sprintf("%s: has no column %q (for %s); it has %s", path, name, role, strings.Join(header, ", "))}
		}
		at[role] = i
	}
	var rows []antenna.PlaceRow
	for n := 1; ; n++ {
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, &Error{Kind: Invalid, Text: fmt.Sprintf("%s: row %d: %v", path, n, err)}
		}
		one, err := place(row, at)
		if err != nil {
			return nil, &Error{Kind: Invalid, Text: fmt.Sprintf("%s: row %d: %v", path, n, err)}
		}
		rows = append(rows, one)
	}
}

func place(row []string, at map[string]int) (p antenna.PlaceRow, err error) {
	text := func(role string) string {
		if i, ok := at[role]; ok {
			return row[i]
		}
		return ""
	}
	p.ID, p.Name, p.Parent = text("id"), text("name"), text("parent")
	for role, v := range map[string]*float64{"latitude": &p.Lat, "longitude": &p.Lon} {
		if *v, err = strconv.ParseFloat(text(role), 64); err != nil {
			return p, fmt.Errorf("column %s: got %.20q, want degrees such as 48.85", role, text(role))
		}
	}
	if name := text("time_zone"); name != "" {
		if p.Clock, err = time.LoadLocation(name); err != nil {
			return p, fmt.Errorf("column time_zone: got %.40q, want an IANA name such as America/Chicago", name)
		}
	}
	return p, nil
}

// people reads the attributes of the units of one period.
func (j *Job) people(ctx context.Context, door *feed.Door, period int, idType string) (*feed.People, error) {
	if j.persons.Files == nil {
		return nil, nil
	}
	p, _, err := j.readPeople(ctx, door, period, idType)
	return p, err
}

// readPeople also tells how many rows contradict an earlier row of the same pseudonym.
func (j *Job) readPeople(ctx context.Context, door *feed.Door, period int, idType string) (*feed.People, int64, error) {
	n := uint16(j.Classes.Origins())
	return files.People(ctx, j.persons, door, period, feed.Attributes{Origins: maps.Clone(j.origins), Other: n - 2, Unknown: n - 1}, idType)
}

// attr gives the attributes of a unit, in the codes of Classes.
func (j *Job) attr(people *feed.People, unit uint64) event.Attr {
	unknown := event.Attr{Gender: uint8(len(j.Classes.Gender) - 1), Age: uint8(len(j.Classes.Age) - 1), Origin: uint16(j.Classes.Origins() - 1)}
	if people == nil {
		return unknown
	}
	a := people.Of(unit)
	if int(a.Age) < len(j.ages) {
		a.Age = j.ages[a.Age]
	}
	return a
}
