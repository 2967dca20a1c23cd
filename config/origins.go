package config

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/throng-stats/throng"
)

const (
	// minGroup is the fewest public residents of a group of origin (privacy.md 27.2).
	minGroup = 100_000
	// maxGroups is the most groups of origin in a table by hour, abroad included (privacy.md 27.1).
	maxGroups = 8
	// Abroad is the group of SIM countries that have no group of their own.
	Abroad = "abroad"
)

// Bands are the age bands of the contract, or the default ones.
func (c *Contract) Bands() throng.Bands {
	if name := columnAs(c.Attributes.Columns, "age"); name != "" {
		return throng.Bands(c.Attributes.Columns[name].Bands)
	}
	return throng.DefaultBands
}

// Classes are the code lists of the breakdowns of a feed of events, and where each region of origin and each mobile
// country code stands in the list of origins.
//
// Groups of origin obey rules 27.1 and 27.2: one with fewer than 100,000 residents is merged into other (of countries:
// into abroad), beyond eight groups countries become abroad and then the smallest regions other, and what is merged into
// other has 100,000 residents itself, so that other is no small group by another name. Tables by day or longer have regions
// and countries one by one, where each has 100,000 residents; those that protected_origins makes one stay one. The codes
// are the groups by name, abroad, other, U. A region or country that no row names is other or abroad. Countries of Local have no entry: there
// the attributes decide.
func (c *Contract) Classes(origins []OriginRow, countries []CountryRow) (throng.Classes, map[string]uint16, map[uint16]uint16) {
	foreign := columnAs(c.Feed.Columns, "sim_country") != "" || len(countries) > 0
	byHour := grouped(origins, countries, c.local, foreign, maxGroups)
	byDay := grouped(singly(origins), alone(countries), c.local, foreign, math.MaxInt)
	finest := pairs{}
	originIndex := make(map[string]uint16, len(origins))
	for _, row := range origins {
		originIndex[row.Origin] = finest.of(byHour.region[row.Origin], byDay.region[row.Origin])
	}
	mccIndex := map[uint16]uint16{}
	for mcc := uint16(100); foreign && mcc <= 999; mcc++ {
		if !c.local(mcc) {
			mccIndex[mcc] = finest.of(byHour.country(mcc), byDay.country(mcc))
		}
	}
	for _, code := range []string{throng.Other, throng.Unknown} { // the last two, whatever else is the same
		finest = append(finest, throng.OriginOf{Origin: byHour.at[code], Region: byDay.at[code]})
	}
	return throng.Classes{Gender: throng.Genders, Age: c.Bands().Codes(), Origin: byHour.codes, Region: byDay.codes, Finest: finest}, originIndex, mccIndex
}

// Visited are the countries that people of the region visit: those of countries.csv with at least 100,000 residents, by name,
// then other; and where each mobile country code stands, 0 included for other.
func (c *Contract) Visited(countries []CountryRow) ([]string, map[uint16]int) {
	of, names := groupCountries(alone(countries), c.local)
	names = append(slices.DeleteFunc(names, func(n string) bool { return n == Abroad }), throng.Other)
	at := map[uint16]int{}
	for mcc := uint16(0); mcc <= 999; mcc++ {
		if i := slices.Index(names, of[mcc]); i >= 0 {
			at[mcc] = i
		} else {
			at[mcc] = len(names) - 1
		}
	}
	return names, at
}

// pairs lists what an origin can be; each pair of groups once.
type pairs []throng.OriginOf

func (p *pairs) of(hour, day uint16) uint16 {
	one := throng.OriginOf{Origin: hour, Region: day}
	i := slices.Index(*p, one)
	if i < 0 {
		i = len(*p)
		*p = append(*p, one)
	}
	return uint16(i)
}

// singly names each region after itself, for tables by day or longer, unless the privacy officer has made it one with others.
func singly(origins []OriginRow) []OriginRow {
	rows := slices.Clone(origins)
	for i, r := range rows {
		if !r.joined {
			rows[i].Group = r.Origin
		}
	}
	return rows
}

// alone names each country after itself.
func alone(countries []CountryRow) []CountryRow {
	rows := slices.Clone(countries)
	for i, r := range rows {
		rows[i].Group = r.Country
	}
	return rows
}

// division is one list of groups of origin, and where regions and countries stand in it.
type division struct {
	codes     []string
	at        map[string]uint16
	region    map[string]uint16 // by value of the origin column
	countries map[uint16]string
}

func (d *division) country(mcc uint16) uint16 { return d.at[cmp.Or(d.countries[mcc], Abroad)] }

// grouped merges what is too small or too much.
func grouped(origins []OriginRow, countries []CountryRow, local func(uint16) bool, foreign bool, most int) *division {
	region := groupRegions(origins)
	country, groups := groupCountries(countries, local)
	if foreign && !slices.Contains(groups, Abroad) {
		groups = append(groups, Abroad)
	}
	if kept(region)+len(groups) > most && len(groups) > 1 {
		for mcc := range country {
			country[mcc] = Abroad
		}
		groups = []string{Abroad}
	}
	mergeSmallest(region, most-len(groups))
	d := &division{codes: codesOf(region, groups), at: map[string]uint16{}, region: map[string]uint16{}, countries: country}
	for i, code := range d.codes {
		d.at[code] = uint16(i)
	}
	for _, row := range origins {
		d.region[row.Origin] = d.at[region[row.Group].into]
	}
	return d
}

// local reports whether SIMs of a country are at home.
func (c *Contract) local(mcc uint16) bool { return slices.Contains(c.Local, int(mcc)) }

// group is one group of regions: its public residents, and the code under which it is published.
type group struct {
	residents int64
	into      string
}

// groupRegions sums the residents of groups and merges those that are too small.
func groupRegions(rows []OriginRow) map[string]group {
	groups := map[string]group{}
	for _, row := range rows {
		g := groups[row.Group]
		groups[row.Group] = group{g.residents + row.Residents, row.Group}
	}
	for name, g := range groups {
		if g.residents < minGroup || name == Abroad {
			groups[name] = group{g.residents, throng.Other}
		}
	}
	return groups
}

// kept counts the groups that have a code of their own.
func kept(groups map[string]group) int {
	n := 0
	for _, g := range groups {
		if g.into != throng.Other {
			n++
		}
	}
	return n
}

// mergeSmallest merges the smallest groups into other until at most so many are left, and goes on until other is either
// empty or no small group itself.
func mergeSmallest(groups map[string]group, most int) {
	order := slices.SortedFunc(maps.Keys(groups), func(a, b string) int {
		return cmp.Or(cmp.Compare(groups[a].residents, groups[b].residents), cmp.Compare(a, b))
	})
	var merged int64
	for _, name := range order {
		if groups[name].into == throng.Other {
			merged += groups[name].residents
		}
	}
	for _, name := range order {
		enough := merged == 0 || merged >= minGroup
		if kept(groups) <= most && enough {
			return
		}
		if groups[name].into != throng.Other {
			groups[name] = group{groups[name].residents, throng.Other}
			merged += groups[name].residents
		}
	}
}

// groupCountries gives each country that is not at home its group; a small one is abroad.
func groupCountries(rows []CountryRow, local func(uint16) bool) (map[uint16]string, []string) {
	residents, counted := map[string]int64{}, map[string]bool{}
	for _, row := range rows {
		// Several codes of one country hold the same residents.
		if !local(row.MCC) && !counted[row.Country] {
			residents[row.Group] += row.Residents
			counted[row.Country] = true
		}
	}
	of := map[uint16]string{}
	groups := map[string]bool{}
	for _, row := range rows {
		if local(row.MCC) {
			continue
		}
		name := row.Group
		if residents[name] < minGroup || name == throng.Other {
			name = Abroad
		}
		of[row.MCC] = name
		groups[name] = true
	}
	return of, slices.Sorted(maps.Keys(groups))
}

// codesOf lists the codes of origin in their order: regions and groups of countries by name, abroad, other, U.
func codesOf(region map[string]group, countries []string) []string {
	named := map[string]bool{}
	for _, g := range region {
		named[g.into] = true
	}
	for _, name := range countries {
		named[name] = true
	}
	delete(named, throng.Other)
	abroad := named[Abroad]
	delete(named, Abroad)
	codes := slices.Sorted(maps.Keys(named))
	if abroad {
		codes = append(codes, Abroad)
	}
	return append(codes, throng.Other, throng.Unknown)
}

// ClassesOfTrips are the code lists of a feed of trips whose origin has a public domain (ReadList): the domain in its
// order, then other and U unless it has them. A value outside the domain is other, an empty one U.
func (c *Contract) ClassesOfTrips(domain []string) (throng.Classes, map[string]uint16) {
	codes := slices.Clone(domain)
	for _, code := range []string{throng.Other, throng.Unknown} {
		if !slices.Contains(codes, code) {
			codes = append(codes, code)
		}
	}
	at := make(map[string]uint16, len(codes))
	for i, code := range codes {
		at[code] = uint16(i)
	}
	return throng.Classes{Gender: throng.Genders, Age: throng.DefaultBands.Codes(), Origin: codes}, at
}

// CheckOrigins refuses a table of regions of origin whose groups are finer than the macro-regions that a table by hour may
// show (privacy.md 27.1): more than eight groups with 100,000 residents.
func (c *Contract) CheckOrigins(rows []OriginRow) error {
	if n := kept(groupRegions(rows)); n > maxGroups {
		return &Error{Kind: Refused, Rule: "27.1", Key: c.Origins,
			Text: fmt.Sprintf("has %d groups; a table of origin by hour shows at most %d macro-regions, give provinces the group of their macro-region", n, maxGroups)}
	}
	return nil
}
