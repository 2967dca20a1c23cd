package driver

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/throng-stats/throng/config"
	"github.com/throng-stats/throng/privacy/account"
	"github.com/throng-stats/throng/release"
)

// words fills in the sentences of a claim. They are the same for every release of a kind: what differs is a number.
func (c *claim) words(f claimFacts) {
	contract := f.contract
	c.WeakUnit = contract.Weak()
	c.FirstLine = firstLine(c.Unit)
	c.Description = fmt.Sprintf("%s of %s: counts on public areas with exact integer noise on every one", f.manifest.Product, c.Period.Name)
	c.IntendedUse = strings.Join(contract.Agreement.Purpose, ", ")
	if contract.Agreement.Text != "" {
		c.IntendedUse += ": " + contract.Agreement.Text
	}
	c.Neighbours = neighbours(c.Unit)
	c.UnitNotes = unitNotes(c.Unit)
	c.Group.Rule = "k units that act together, such as one person with k pseudonyms or a family, lose at most k times k times rho"
	c.DataDomain = "records that the contract admits and the filter keeps, of the days from " + c.Period.From + " to " + c.Period.To
	c.Unprotected = []string{"the contract", "the public tables it names", "the measurement tree and its zones", "which days were published",
		"a person on the holder's side may withdraw a release for a reason from a fixed list; that decision is outside the promise"}
	c.SpanNote = c.spanNote(f.month)
	c.Composition = claimComposition{Profile: contract.Privacy.Profile, Scope: contract.Scope(),
		Rule:   "losses in rho add; the ledger refuses whatever would pass a cap of a day, of 30 or of 365 days",
		Scopes: "somebody who is counted in another scope too bears the sum of both"}
	c.PostProcessing = []string{"least squares over the measurement tree", "linear allocation of leaves to tiles, zones and drawn areas",
		"scaling to people by public factors", "rounding and hiding in display only; what is stored is signed and unbiased"}
	if contract.Estimate == config.EstimateEM && f.manifest.Product == present {
		c.PostProcessing = append(c.PostProcessing, "expectation-maximisation from the published counts, beside the linear estimate; its margins are redraws of the noise on them")
	}
	c.Model, c.ReleaseType, c.Source, c.Access = "Central", "Many releases", "Dynamic", "Non-interactive"
	c.Trust = "the holder has the events and is trusted to hold them; everybody else sees releases only and is not trusted"
	c.Actors = []claimActor{
		{"holder of the feed (" + c.Holder + ")", "events, for as long as a run lasts; the ledger; the noise is never stored", "trusted to hold what it has anyway"},
		{"privacy officer of the holder", "the contract, the ledger, the reasons for more than the strict profile", "trusted to refuse"},
		{"recipients (" + strings.Join(c.Recipients, ", ") + ")", "releases", "not trusted"},
		{"everybody", "releases, the public summary of the ledger, this claim, the code", "not trusted; may know everybody else's records"},
	}
	c.BoundsOrigin = "defaults of the method pages or numbers of the contract, fixed before any data were read; none was tuned on the data"
	c.SideChannels = "every cell of a public domain is published, or of a large one those that a public threshold keeps from the noisy whole; " +
		"times of publication are fixed; timing, memory and caches inside the holder's machine are out of scope"
	c.FloatPolicy = "counts, noise and every decision are integers; floating point begins after the noise"
	c.Randomness = "ChaCha8, a fresh 256-bit key from the operating system for every release, wiped after it; nothing else can seed it"
	c.BusinessRules = cmp.Or(f.business, "none: nothing of a business is counted. Rules for businesses would not be differential privacy")
	if contract.Money.Source != "" {
		c.BoundsOrigin += "; the bound of an amount, " + string(contract.Money.Bound) + " " + contract.Money.Currency[0] + ": " + contract.Money.Source
	}
	c.Groups = append(groupNotes(contract), f.groups...)
}

// isRow reports whether a unit of a claim is a row of the feed and not what somebody does on a day.
func isRow(unit string) bool { return !strings.HasSuffix(unit, "-day") }

// firstLine says the unit; a weak one says in its first words that it is weak.
func firstLine(unit string) string {
	if isRow(unit) {
		return fmt.Sprintf("Weak unit: the feed names no person, so one %s is protected and not one person. Somebody who makes many %ss is protected less.", unit, unit)
	}
	return fmt.Sprintf("Unit: %s. Everything that one %s adds on one civil day is protected together.", unit, strings.TrimSuffix(unit, "-day"))
}

func neighbours(unit string) string {
	if isRow(unit) {
		return "add or remove one " + unit
	}
	return "add or remove all records of one " + strings.TrimSuffix(unit, "-day") + " whose time falls in one local civil day"
}

func unitNotes(unit string) []string {
	if isRow(unit) {
		return []string{firstLine(unit), "k " + unit + "s of one person together lose at most k times k times rho.",
			"These figures are never to be set beside figures with the unit of a day without the first line."}
	}
	who := strings.TrimSuffix(unit, "-day")
	notes := []string{fmt.Sprintf("The promise is about one %s and one civil day. Somebody who is seen every day of a year is protected less over the year: see rho_365.", who)}
	if who == "device" {
		notes = append(notes, "The feed names devices, not people: somebody with k devices loses at most k times k times rho.")
	}
	return append(notes, "No label of earlier days is used: the promise is not conditional on anything.")
}

// spanNote says what the figures of 30 and 365 days do not bound.
func (c *claim) spanNote(m monthSum) string {
	days := int64(1)
	for _, b := range c.bounds {
		days = max(days, b.days)
	}
	if days > 1 {
		return fmt.Sprintf("one table sums the %d days of %s under one noise: removing k of them of one unit changes it by up to k times a day, which costs up to k times k times rho_release, "+
			"for all %d days rho_span = %s. The caps of 30 and 365 days add what each day bears, and do not bound this", days, c.Period.Name, days, c.RhoSpan)
	}
	if c.live() {
		return c.spanOfBins()
	}
	note := "each table is about one " + cmp.Or(map[bool]string{true: c.Unit}[c.WeakUnit], "day") + ": removing several costs what they bear, added"
	if c.moves() {
		note = fmt.Sprintf("each table is one count of the days from %s to %s: whichever and however many of them one unit loses, the table changes by at most d2, so rho_span is rho_release",
			c.Period.From, c.Period.To)
	}
	if m.days > 1 {
		note += fmt.Sprintf(". But %s of the same scope sums the %d days of %s under one noise: "+
			"removing k of them of one unit costs up to k times k times %s, for all %d days rho %s. The caps of 30 and 365 days add what each day bears, and do not bound that",
			flowsMonth, m.days, m.name, account.Decimal(m.rho), m.days, c.SpanMonth)
	}
	return note
}

// live reports whether the release is one bin of a day on which people are counted live.
func (c *claim) live() bool {
	for _, b := range c.bounds {
		if b.whole > 0 {
			return true
		}
	}
	return false
}

// ofTheDay is the most that all bins of a day cost together, in nano-rho: the bins of the day itself, and those of the next into which it
// is carried.
func (c *claim) ofTheDay(parts []release.Part) (rho int64) {
	for _, p := range parts {
		rho += int64(c.bounds[p.Table].whole) * account.Charge(1, p.Sigma2)
	}
	return rho
}

// spanOfBins says what the bins of a day cost together.
func (c *claim) spanOfBins() string {
	return fmt.Sprintf("this is one bin of a day: a unit adds 1 to at most one cell of each table, and all bins that one day of a unit is in, those of the next day into which it is carried "+
		"included, cost rho %s at most, for which the noise of each is made; removing several days costs what they bear, added", c.DayOfBins)
}

// reachOfBin says which days a bin charges.
func (c *claim) reachOfBin(b unitBound) string {
	if !b.moves {
		return fmt.Sprintf("the civil day %s is charged rho", c.Period.To)
	}
	before := "; the day before is charged half of it"
	if c.Period.From == c.Period.To {
		before = "; the agreement does not cover the day before"
	}
	return fmt.Sprintf("the bin is one of the first after midnight, in which a unit without a record counts where the day before ended: without its records of %s it may count elsewhere, so d2 is twice that of the bound "+
		"and that day is charged rho", c.Period.To) + before
}

// moves reports whether the tables are counts of many days at once, in which a day that is taken away moves what a unit counts.
func (c *claim) moves() bool {
	for _, b := range c.bounds {
		if b.moves {
			return true
		}
	}
	return false
}

func groupNotes(c *config.Contract) []string {
	notes := []string{"A town that empties or fills is visible; that is the product. No noise hides a large group."}
	if c.Sales() {
		notes = append(notes, "A place at which much is bought, or a body about which many complain, is visible; that is the product.")
	} else {
		notes = append(notes, "Totals are counted on areas of at least 150 customers by public figures.")
	}
	tables := strings.Join(c.Tables(present), " ")
	if strings.Contains(tables, "gender") || strings.Contains(tables, "age") {
		notes = append(notes, "Gender and age are counted on areas of at least 2,000 public residents, by hour; ages under 18 are counted as not known.")
	}
	if strings.Contains(tables, "origin") {
		notes = append(notes, "Origin is counted on areas of at least 5,000 public residents, by hour, in groups of at least 100,000 residents.")
	}
	for _, one := range []struct{ product, text string }{
		{nights, "Nights by origin are counted by day on zones of at least 20,000 public residents, in regions and countries of at least 100,000; by gender and age for the whole region alone."},
		{productMigration, "Moves of homes are counted as totals: nothing tells who moved, only how many."},
		{productTourism, "Journeys by origin are counted by month on zones of at least 5,000 public residents."},
	} {
		if slices.Contains(c.Products, one.product) {
			notes = append(notes, one.text)
		}
	}
	if slices.Contains(c.Products, presentLive) {
		notes = append(notes, fmt.Sprintf("Live, totals alone are counted, by bins of %d minutes, and told %d minutes after the end of each at the earliest; on a day with quiet areas nothing is told live, and nobody can be called when a crowd gathers.",
			int(c.LiveOptions().Bin.Minutes()), int((c.LiveOptions().Lateness+liveMargin).Minutes())))
	}
	if c.Review.Text != "" {
		notes = append(notes, fmt.Sprintf("Group review by %s on %s: %s", c.Review.By, c.Review.Date, c.Review.Text))
	}
	return append(notes, "Nothing here may be used against a person or a group: the purposes are closed, and policing, immigration control, intelligence, credit and employment are not among them.")
}
