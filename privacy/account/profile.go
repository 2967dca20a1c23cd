package account

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Reserve is the key of the share that pays for burnt releases: a crash between the booking and the release costs the
// booking, and the second attempt is paid for from here (privacy.md, section 10.3).
const Reserve = "reserve"

// Profile says how much one unit may lose in a day, and how the products divide it.
//
// The shares of a profile never sum to more than CapDay, and neither do those of a plan. What a share covers: each day of
// the input window of a release of that table bears it once. All numbers are nano-rho.
type Profile struct {
	Name   string
	CapDay int64            // most that one day of one unit may lose
	Shares map[string]int64 // by "product/table", and Reserve

	// Instead holds shares of tables that are not part of the default split, because another table has their place:
	// present/role, whose place flows-month/total has, and tables that a contract asks for beyond the usual ones. A plan may ask for one when it leaves out as much.
	Instead map[string]int64
}

// standard is the split of privacy.md, section 9, for a feed of a mobile network: rho .100 a day.
//
// Section 9 names no share for flows-month, which sums the bounded trips of the days and so bears a charge of its own on
// each of them. It takes the place of present/role (.0078), which no product uses until roles are counted: with .0072 it
// has the precision of flows-day, and the sum of everything that is listed stays within the cap (.0994 of .1000).
//
// A month of migration/... enters two releases, as the month after and as the month before: one share each.
var standard = map[string]int64{
	"present-live/leaf": 21_000_000, "present-live/block": 4_500_000, "present-live/area": 4_500_000,
	"present/total": 7_800_000, "present/gender": 7_800_000, "present/age": 7_800_000, "present/origin": 7_800_000,
	"visitors/total": 5_000_000,
	"nights/origin":  2_000_000, "nights/gender": 500_000, "nights/age": 500_000,
	"flows-hour/total": 7_000_000, "flows-day/total": 7_200_000, "flows-month/total": 7_200_000,
	"usual/home": 2_000_000, "usual/home-work": 2_000_000,
	"migration/total": 1_000_000, "migration/before": 1_000_000,
	"tourism/trips": 600_000, "tourism/abroad": 400_000, "tourism/length": 400_000, "tourism/absences": 400_000,
	Reserve: 1_000_000,
}

var instead = map[string]int64{"present/role": 7_800_000, "flows-day/purpose": 7_200_000, "nights/total": 2_000_000, "arrivals/total": 5_000_000, "tourism/ends": 400_000}

// trips is the split for feeds whose only unit is the trip: .019 for each table.
var trips = map[string]int64{
	"flows-month/total": 19_000_000, "vehicles/departures": 19_000_000, "vehicles/arrivals": 19_000_000,
	"flows-month/origin": 19_000_000, "flows-hour/total": 19_000_000,
	Reserve: 5_000_000,
}

// purchases is the split for feeds of bookings and purchases.
var purchases = map[string]int64{
	"spending/total": 50_000_000, "spending/buyers": 20_000_000, "market/customers": 20_000_000,
	Reserve: 10_000_000,
}

// insteadOfPurchases are tables of such feeds that are not part of the default split: a feed has customers or bookings, and
// what it asks for beyond spending and customers takes the place of something. Cases and reports are feeds of one table.
var insteadOfPurchases = map[string]int64{
	"spending/sales": 10_000_000, "spending/sizes": 5_000_000, "market/categories": 20_000_000, "market/origin": 20_000_000,
	"bookings/trips": 20_000_000, "bookings/nights": 20_000_000, "bookings/origin": 20_000_000,
	"cases/total": 60_000_000, "cases/waits": 30_000_000, "reports/total": 90_000_000,
}

// Names lists the profiles.
func Names() []string {
	return []string{"purchases", "purchases-strict", "standard", "strict", "trips"}
}

// Named returns a profile by its name. strict is standard with a fifth of every share, purchases-strict is purchases so. The maps are copies.
func Named(name string) (Profile, error) {
	switch name {
	case "standard":
		return Profile{name, 100_000_000, maps.Clone(standard), maps.Clone(instead)}, nil
	case "strict":
		return Profile{name, 20_000_000, fifth(standard), fifth(instead)}, nil
	case "trips":
		return Profile{name, 100_000_000, maps.Clone(trips), nil}, nil
	case "purchases":
		return Profile{name, 100_000_000, maps.Clone(purchases), maps.Clone(insteadOfPurchases)}, nil
	case "purchases-strict":
		return Profile{name, 20_000_000, fifth(purchases), fifth(insteadOfPurchases)}, nil
	}
	return Profile{}, Invalid{fmt.Sprintf("account: got the privacy profile %.40q, want one of %s", name, strings.Join(Names(), ", "))}
}

func fifth(shares map[string]int64) map[string]int64 {
	out := make(map[string]int64, len(shares))
	for table, share := range shares {
		out[table] = share / 5
	}
	return out
}

// Cap30 and Cap365 are the default caps of any 30 and 365 days: as many times the cap of a day.
func (p Profile) Cap30() int64 { return 30 * p.CapDay }

// Cap365 is the default cap of any 365 days.
func (p Profile) Cap365() int64 { return 365 * p.CapDay }

// Plan returns the share of each table asked for, by "product/table". A share in custom replaces that of the profile, so
// a contract may split the same sum otherwise, and leave out what it does not publish; the reserve of the profile counts
// unless custom names another. Refused, with the sum, when everything together exceeds the cap of a day; Invalid for
// tables that neither knows, tables asked for twice, and shares that are not positive.
func (p Profile) Plan(tables []string, custom map[string]int64) (map[string]int64, error) {
	if err := p.checkCustom(tables, custom); err != nil {
		return nil, err
	}
	plan, sum := make(map[string]int64, len(tables)), p.reserve(custom)
	for _, table := range tables {
		if _, twice := plan[table]; twice {
			return nil, Invalid{fmt.Sprintf("account: table %s is asked for twice; name it once", table)}
		}
		share, ok := p.share(table, custom)
		if !ok {
			return nil, Invalid{fmt.Sprintf("account: profile %s has no share for %.60q; give it one of its own, or ask for some of %s",
				p.Name, table, strings.Join(p.tables(), ", "))}
		}
		plan[table] = share
		sum += share
	}
	if sum > p.CapDay {
		return nil, Refused{fmt.Sprintf("account: %s sum to rho %s a day, but profile %s allows %s; ask for fewer tables or smaller shares",
			p.terms(plan, custom), Decimal(sum), p.Name, Decimal(p.CapDay))}
	}
	return plan, nil
}

// checkCustom refuses shares that are for nothing, or are no shares. A single one may not exceed the cap, so that sums
// stay far from the end of their integers.
func (p Profile) checkCustom(tables []string, custom map[string]int64) error {
	for _, table := range slices.Sorted(maps.Keys(custom)) {
		share := custom[table]
		if share < 0 || share == 0 && table != Reserve {
			return Invalid{fmt.Sprintf("account: the share of %.60s is %d nano-rho; a share is positive", table, share)}
		}
		if table != Reserve && !slices.Contains(tables, table) {
			return Invalid{fmt.Sprintf("account: there is a share for %.60q, but no product with that table is asked for; remove the share or ask for it", table)}
		}
		if share > p.CapDay {
			return Refused{fmt.Sprintf("account: %.60s alone has rho %s a day, but profile %s allows %s; give it less",
				table, Decimal(share), p.Name, Decimal(p.CapDay))}
		}
	}
	return nil
}

func (p Profile) share(table string, custom map[string]int64) (int64, bool) {
	if table == Reserve {
		return 0, false
	}
	for _, from := range []map[string]int64{custom, p.Shares, p.Instead} {
		if share, ok := from[table]; ok {
			return share, true
		}
	}
	return 0, false
}

func (p Profile) reserve(custom map[string]int64) int64 {
	if share, ok := custom[Reserve]; ok {
		return share
	}
	return p.Shares[Reserve]
}

// tables lists what may be asked for.
func (p Profile) tables() []string {
	all := slices.Concat(slices.Collect(maps.Keys(p.Shares)), slices.Collect(maps.Keys(p.Instead)))
	all = slices.DeleteFunc(all, func(table string) bool { return table == Reserve })
	slices.Sort(all)
	return all
}

// terms writes a sum out: "present/age 0.0078 + present/total 0.0078 + reserve 0.001".
func (p Profile) terms(plan, custom map[string]int64) string {
	var terms []string
	for _, table := range slices.Sorted(maps.Keys(plan)) {
		terms = append(terms, table+" "+Decimal(plan[table]))
	}
	if reserve := p.reserve(custom); reserve > 0 {
		terms = append(terms, Reserve+" "+Decimal(reserve))
	}
	return strings.Join(terms, " + ")
}

// Decimal writes nano-rho as rho, exactly and without zeros at the end: 7800000 is "0.0078".
func Decimal(nano int64) string {
	sign := ""
	if nano < 0 {
		sign, nano = "-", -nano
	}
	text := fmt.Sprintf("%s%d.%09d", sign, nano/Nano, nano%Nano)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}
