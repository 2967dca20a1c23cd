// Package attack tries to learn about one device from releases alone.
//
// An attacker has the releases, the code, the public rule of the publisher, and whatever knowledge about other people an
// attack states; never the defence. So this package knows nothing of the ledger or the noise: each publisher, ours too, is
// a value handed in. Every attack states its source, its procedure, its statistic and the bound that a publisher with a
// proven privacy loss must keep. The attacks on publishers without one must succeed: where they fail, the attack is
// broken, and the world is not safe. docs/privacy/audit.md tells what was found.
//
// No exact table is drawn twice. Where an attack needs thousands of draws, each target is copied into that many zones of
// its own within one release.
package attack

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/release"
)

// Hours is the number of bins of presence of a civil day: worlds live in UTC, whose days have 24 hours.
const Hours = 24

// Products that a world can ask a publisher for. A publisher that does not make a product answers ErrRefused.
const (
	Present  = "present"      // people by zone and hour
	Flows    = "flows-day"    // trips by pair of zones
	Areas    = "areas"        // people in each of a list of areas, any unions of zones, in the first hour
	Visitors = "windows"      // different people seen in a zone within the first k hours, by k
	Live     = "present-live" // people by zone, a release for each live bin of the first day

	Spending = "spending" // money, buyers and sales by zone, category and currency
	Market   = "market"   // customers by the zone where they live, and by what they buy too
	Bookings = "bookings" // trips, nights, and trips by origin, by destination
	Cases    = "cases"    // by district and reason, and by how long they waited
	Reports  = "reports"  // by zone and reason
	Vehicles = "vehicles" // departures and arrivals by zone and hour

	FlowsMonth = "flows-month" // of trips, by pair of zones
)

// ErrRefused is wrapped by a publisher that does not publish what a world asks for.
var ErrRefused = errors.New("refused")

// Stay is a time in a zone, in hours from the beginning of the first day, [From, To). It does not pass midnight.
type Stay struct {
	Zone     int32
	From, To int16
}

// Unit is one device in the truth. Between its stays it is nowhere.
type Unit struct {
	Stays  []Stay // in the order of time, without overlap
	Events int    // rows of the feed in each hour of its stays, at least; 0 means as few as tell where it was
	Sales  []Sale // rows of a company's feed, in the order of their days; then there are no stays
}

// World is a truth that publishers are fed. Its name is the set of persons: one ledger, one budget.
type World struct {
	Name    string
	Product string
	Days    int
	Zones   int
	Units   []Unit
	Areas   [][]int32 // of the product Areas
	Rho     float64   // privacy loss agreed for a unit and day, in equal shares for the tables of the product

	Codes int  // of what is bought or reported; of Bookings, of where travellers come from; 0: rows do not say
	Coins int  // currencies
	Net   bool // what is given back counts below zero

	Month   bool   // the period is a month, the only one of the world, and not a day
	Only    string // the one table that is attacked, whose cells are not those of zones; Zones counts copies then
	Classes int    // of amounts, of a copy

	// ByEvents says that publishers with a threshold on events count events and not people.
	ByEvents bool
}

// Day is a civil day of every world, counted from 0.
func Day(i int) throng.Period {
	name := time.Date(2026, 2, 2+i, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
	p, err := throng.DayOf(name, time.UTC)
	if err != nil {
		panic("attack: a day that its own format cannot read: " + name)
	}
	return p
}

// ZoneID is the id of a zone of a world.
func ZoneID(i int) string { return fmt.Sprintf("z%06d", i) }

// Publisher turns a truth into releases.
type Publisher struct {
	Name string
	// Publish publishes every day of a world. Asked again for a world of the same name it answers what it published then.
	Publish func(World) (release.Store, error)
	// Expect is the public rule: what a cell with a count of n is published as, and whether it is shown at all.
	Expect func(n int64) (value float64, shown bool)
	// Proven says that the publisher claims a privacy loss: it must keep the bounds. The others must fall.
	Proven bool
	// Again are further ways to ask for a world that is published: after a restart, through another driver, after a crash.
	Again []Way
}

// Way is a way to ask again.
type Way struct {
	Name string
	Ask  func(World) (release.Store, error)
}

// Size says how much an attack does.
type Size struct {
	// Seed names the invented worlds. The noise of a publisher is not its business.
	Seed uint64
	// People of the audit's region. Default 20,000.
	People int
	// Part scales the number of draws and targets, 0 to 1. Default 1: the sizes of docs/privacy/audit.md.
	Part float64
}

// EnsureDefaults fills what is zero.
func (s *Size) EnsureDefaults() {
	if s.People == 0 {
		s.People = 20_000
	}
	if s.Part == 0 {
		s.Part = 1
	}
}

// of scales a number, to no less than the least that makes sense.
func (s Size) of(full, least int) int { return max(least, int(math.Round(float64(full)*s.Part))) }

// Finding is what one attack found on one publisher.
type Finding struct {
	Value  float64 // of the attack's statistic
	Bound  float64 // most that the proven loss allows; NaN for a publisher without one
	Slack  float64 // 4.9 standard errors of the value, 0 for exact checks
	Least  float64 // least value that shows that the attack works; NaN: no demand
	Alarm  float64 // probability that a true bound is reported as broken
	Draws  int     // the value is the mean of so many draws, or compares so many on either side
	Detail string  // what else was seen, one sentence
	Refuse string  // the publisher does not publish what was asked for; this is its sentence
	Extra  []Check // demands besides the statistic
}

// Check is a demand besides the statistic.
type Check struct {
	Name    string
	OK      bool
	Control bool // about the attack itself: it must succeed where there is no protection
}

// Verdict says what a finding means.
type Verdict string

// The verdicts.
const (
	Holds   Verdict = "holds"   // within the proven bound
	Falls   Verdict = "falls"   // as it should, without protection
	Stands  Verdict = "stands"  // a publisher without a bound on which this attack demands nothing
	Refused Verdict = "refused" // not published
	Broken  Verdict = "BROKEN"  // above the proven bound
	Weak    Verdict = "WEAK"    // the attack does not do what it must; its silence proves nothing
)

// Verdict judges a finding.
func (f Finding) Verdict() Verdict {
	for _, c := range f.Extra {
		if !c.OK && c.Control {
			return Weak
		}
		if !c.OK {
			return Broken
		}
	}
	switch {
	case f.Refuse != "":
		return Refused
	case !math.IsNaN(f.Bound) && !(f.Value <= f.Bound+f.Slack):
		return Broken
	case !math.IsNaN(f.Least) && !(f.Value >= f.Least):
		return Weak
	case !math.IsNaN(f.Bound):
		return Holds
	case !math.IsNaN(f.Least):
		return Falls
	}
	return Stands
}

// Fails reports whether a finding fails the audit.
func (f Finding) Fails() bool { v := f.Verdict(); return v == Broken || v == Weak }

// Attack is one attack.
type Attack struct {
	Number    string // "1" to "12", "C", "D"
	Name      string
	On        string // what it is run on, of attacks on the products of companies
	Statistic string
	Run       func(p Publisher, s Size) (Finding, error)
}

// Attacks are all that are run on publishers of what devices do, in the order of the page.
func Attacks() []Attack {
	return []Attack{
		{"1", "membership, strong adversary", "", "AUC", Membership},
		{"2", "membership, population prior", "", "AUC", Groups},
		{"3", "differencing by margins", "", "recovered", Margins},
		{"4", "differencing by window and area", "", "exact hits", Windows},
		{"5", "small support", "", "recovered", Support},
		{"6", "heavy contributor", "", "change of a cell", Heavy},
		{"7", "averaging and retry", "", differentAnswers, Averaging},
		{"7l", "averaging, live bins", "", "right guesses", AverageLive},
		{"8", "stream, one day", "", "AUC", StreamDay},
		{"8w", "stream, seven days", "", "AUC", StreamWeek},
		{"8l", "stream, live bins", "", "AUC", StreamLive},
		{"9", "trajectory recovery", "", "advantage", Trajectories},
		{"11", "reconstruction", "", "bits right", Reconstruction},
		{"12", "singleton after scaling", "", "accuracy", Singleton},
		{"C", "distinguishing canaries", "", "mu", Distinguish},
		{"Cl", "canaries in live bins", "", "mu", DistinguishLive},
		{"D", "one-run audit", "", "right guesses", OneRun},
	}
}

// demand fills the parts of a finding that differ between publishers: a proven publisher has a bound and a slack, the
// others have a least value.
func demand(p Publisher, f Finding, bound, slack, least float64) Finding {
	f.Bound, f.Least = math.NaN(), math.NaN()
	if p.Proven {
		f.Bound, f.Slack, f.Alarm = bound, slack, oneSided
		if slack == 0 {
			f.Alarm = 0
		}
		return f
	}
	f.Least = least
	return f
}

// refused turns a refusal into a finding. Where a publisher that claims nothing refuses, the attack has nothing to show.
func refused(p Publisher, err error) (Finding, error) {
	if !errors.Is(err, ErrRefused) {
		return Finding{}, err
	}
	return Finding{Value: 0, Bound: math.NaN(), Least: math.NaN(), Refuse: strings.TrimSuffix(err.Error(), ": "+ErrRefused.Error())}, nil
}
