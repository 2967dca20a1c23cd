package driver

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/config"
	"github.com/throng-stats/throng/privacy/account"
	"github.com/throng-stats/throng/privacy/count"
	"github.com/throng-stats/throng/privacy/ledger"
	"github.com/throng-stats/throng/release"
)

// claimFormat is the version of the fields of claim.json (docs/format/claim.md).
const claimFormat = 1

// claim is the claim file of a release (privacy.md, section 23): what is promised, in fields that a program can check
// against the ledger and the manifest. It is generated, never typed: every number comes from one of the two. Field order
// is the order in the file; docs/format/claim.schema.json describes it.
type claim struct {
	Format         int                  `json:"format"`
	FirstLine      string               `json:"first_line"` // the unit; of a weak one, that it is weak
	Name           string               `json:"name"`
	Holder         string               `json:"holder"`
	Description    string               `json:"description"`
	IntendedUse    string               `json:"intended_use"`
	Purposes       []string             `json:"purposes"`
	Recipients     []string             `json:"recipients"`
	Region         string               `json:"region"`
	FirstPublished string               `json:"first_published"` // civil day of the first release of the scope
	NotBefore      string               `json:"not_before"`
	Data           string               `json:"data"`
	Licence        string               `json:"licence"`
	Product        string               `json:"product"`
	Period         claimPeriod          `json:"period"`
	Variant        string               `json:"variant"`
	Unit           string               `json:"unit"`
	WeakUnit       bool                 `json:"weak_unit"`
	Neighbours     string               `json:"neighbours"`
	UnitNotes      []string             `json:"unit_notes"`
	Label          bool                 `json:"label_conditional"`
	Group          claimGroup           `json:"group_rule"`
	DataDomain     string               `json:"data_domain"`
	Unprotected    []string             `json:"unprotected"`
	RhoRelease     string               `json:"rho_release"`       // each charged day, this release alone
	RhoSpan        string               `json:"rho_span"`          // most that removing any set of days can cost, this release alone
	SpanMonth      string               `json:"rho_span_of_month"` // the same of the scope's table that sums the month; "0": there is none
	SpanNote       string               `json:"rho_span_note"`
	DayOfBins      string               `json:"rho_of_all_bins"` // of a live count: most that all bins of one unit and day cost together; "0" of others
	RhoDay         string               `json:"rho_day"`         // caps in force, everything that is ever published about the scope
	Rho30          string               `json:"rho_30"`
	Rho365         string               `json:"rho_365"`
	Spent          claimSpent           `json:"spent"`
	Epsilon        map[string]epsilons  `json:"epsilon"` // by delta
	Accuracy       string               `json:"attacker_accuracy"`
	DeltaKeys      string               `json:"delta_keys"`
	DeltaSampler   string               `json:"delta_sampler"`
	Products       []claimTable         `json:"products"`
	Composition    claimComposition     `json:"composition"`
	PostProcessing []string             `json:"post_processing"`
	Model          string               `json:"model"`
	Actors         []claimActor         `json:"actors"`
	Trust          string               `json:"trust"`
	ReleaseType    string               `json:"release_type"`
	Source         string               `json:"source"`
	Access         string               `json:"access"`
	BoundsOrigin   string               `json:"bounds_origin"`
	SideChannels   string               `json:"side_channels"`
	FloatPolicy    string               `json:"float_policy"`
	Randomness     string               `json:"randomness"`
	CodeVersion    string               `json:"code_version"`
	Justification  claimReason          `json:"justification"`
	BusinessRules  string               `json:"business_rules"`
	Groups         []string             `json:"what_this_may_show_about_groups"`
	Review         *claimReview         `json:"review"`
	Notes          []string             `json:"notes"`
	Audit          claimAudit           `json:"audit"`
	ManifestCore   string               `json:"manifest_core_sha256"`
	ContractSHA    string               `json:"contract_sha"`
	Ledger         claimLedger          `json:"ledger"`
	bounds         map[string]unitBound // by table, for products
	month          monthSum
	parts          []release.Part
}

type claimPeriod struct {
	Name     string `json:"name"`
	From     string `json:"from"` // first and last civil day whose records can change the release
	To       string `json:"to"`
	Days     int64  `json:"days"`
	TimeZone string `json:"time_zone"`
}

// claimGroup is what k units that act together lose: k times k times rho.
type claimGroup struct {
	Rule   string `json:"rule"`
	RhoTwo string `json:"rho_two_units"` // of this release, for two
}

// claimSpent is what the ledger had booked when the release was paid for, this release included.
type claimSpent struct {
	Day     string `json:"most_of_its_days"`
	Days30  string `json:"most_of_30_days"`
	Days365 string `json:"most_of_365_days"`
}

// epsilons are conversions of rho, rounded up to two decimals.
type epsilons struct {
	Release string `json:"rho_release"`
	Span    string `json:"rho_span"`
	Two     string `json:"two_units"`
	Day     string `json:"rho_day"`
	Days30  string `json:"rho_30"`
	Days365 string `json:"rho_365"`
}

type claimTable struct {
	Table     string         `json:"table"`
	Cells     int            `json:"bound_cells"`    // most cells that one unit adds to
	PerCell   int            `json:"bound_per_cell"` // and most in each
	Total     int            `json:"bound_total"`    // and most in all together, of sums; 0: no such cap
	Signed    bool           `json:"bound_signed"`   // of sums: as much below zero
	Within    string         `json:"bound_period"`   // in what: a row such as trip, day, or the whole period
	D2        uint64         `json:"d2"`
	Reach     string         `json:"reach"`
	DaysIn    int64          `json:"days_in_one_table"`
	Sigma2    uint64         `json:"sigma2"`
	Rho       string         `json:"rho"`
	RhoSpan   string         `json:"rho_span"`
	WholeD2   uint64         `json:"d2_of_the_day"`  // of a live count: of all bins that one user-day is in, for which the noise is made; 0: there are no bins
	WholeRho  string         `json:"rho_of_the_day"` // and the most that they cost together
	Mechanism string         `json:"mechanism"`
	Domain    []release.Axis `json:"domain"`
	Domained  int            `json:"domain_cells"`
	Tau       int64          `json:"tau"`
	False     float64        `json:"false_cells"`
}

type claimComposition struct {
	Rule    string `json:"rule"`
	Profile string `json:"profile"`
	Scope   string `json:"scope"`
	Scopes  string `json:"other_scopes"`
}

type claimReview struct {
	By   string `json:"by"`
	Date string `json:"date"`
	Text string `json:"text"`
}

type claimActor struct {
	Who   string `json:"who"`
	Sees  string `json:"sees"`
	Trust string `json:"trust"`
}

type claimReason struct {
	Profile string `json:"profile"`
	Reason  string `json:"reason"`
	Signed  string `json:"signed"`
}

// claimAudit is empty until somebody audits: a claim does not change, so an audit writes its verdicts beside it.
type claimAudit struct {
	Status   string   `json:"status"`
	Date     string   `json:"date"`
	Version  string   `json:"version"`
	Verdicts []string `json:"verdicts"`
	SHA256   string   `json:"sha256"`
}

type claimLedger struct {
	Seq  uint64 `json:"seq"`
	Head string `json:"head"`
}

// unitBound is the most that one unit adds to a table, how many days the table sums, and whether it is one count of many
// days, in which a day that is taken away moves what a unit counts.
type unitBound struct {
	count.Bound
	days  int64
	moves bool
	sums  bool   // amounts, not counts
	whole uint64 // D2 of all bins of a day under one budget; 0 when the table is not one of bins
}

// within is the stretch of time of which the bound speaks. A table that sums days is bounded day by day.
func (b unitBound) within(unit string) string {
	switch {
	case isRow(unit):
		return unit
	case b.whole > 0:
		return "bin"
	case b.moves:
		return "period"
	}
	return "day"
}

// capsInForce are caps of a scope, in nano-rho.
type capsInForce struct{ Day, Days30, Days365 int64 }

// claimFacts is everything that a claim is made from.
type claimFacts struct {
	contract *config.Contract
	manifest release.Manifest // without files
	booking  ledger.Booking   // of the release, as it stands in the ledger
	spent    ledger.Summary   // of the ledger, with the booking
	caps     ledger.Caps      // in force on the last charged day
	groups   []string         // what only a run can tell about groups
	month    monthSum         // the table of the scope that sums the days of the month
	bounds   map[string]unitBound
	business string // what was done for businesses; "" when nothing was
	region   string
	first    string // civil day of the first release
}

// monthSum is a table that sums days of a civil month under one noise.
type monthSum struct {
	name string // 2026-02; "" when the scope has no such table
	days int64
	rho  int64 // of one day
}

func (m monthSum) span() int64 { return m.days * m.days * m.rho }

// monthOfClaim is the sum of the month in which a period lies, as the contract orders it.
func (r *runner) monthOfClaim(period string) monthSum {
	j := r.job
	share, ok := j.Plan[flowsMonth+"/total"]
	month, err := throng.MonthOf(period[:min(7, len(period))], j.Contract.Location())
	if j.whole() || !ok || err != nil {
		return monthSum{}
	}
	d2 := uint64(j.Contract.Bounds.Trips)
	return monthSum{month.Name, int64(len(j.daysIn(month))), account.Charge(d2, account.Sigma2(d2, share))}
}

// claimOf writes the claim of a release as fields.
func claimOf(f claimFacts) claim {
	c, m := f.contract, f.manifest
	out := claim{Format: claimFormat, Name: c.Holder.ID + " " + m.Product + " " + m.Period.Name, Holder: c.Holder.Name, Product: m.Product,
		Purposes: c.Agreement.Purpose, Recipients: c.Recipients, Region: f.region, FirstPublished: f.first, NotBefore: m.NotBefore, Data: m.Data, Licence: m.Licence,
		Variant: "Zero-concentrated DP", Unit: m.Unit, ContractSHA: m.ContractSHA, CodeVersion: m.Code, ManifestCore: manifestCore(m),
		Ledger: claimLedger{m.Ledger.Seq, m.Ledger.Head}, Notes: append([]string{}, c.Notes()...), bounds: f.bounds, month: f.month, parts: m.Parts,
		Audit: claimAudit{Status: "not run", Verdicts: []string{}}, Justification: claimReason{c.Privacy.Profile, c.Privacy.Reason, c.Privacy.Signed},
	}
	if c.Review != (config.Review{}) {
		out.Review = &claimReview{c.Review.By, c.Review.Date, c.Review.Text}
	}
	out.period(f)
	out.losses(f)
	out.DayOfBins = account.Decimal(out.ofTheDay(m.Parts))
	for _, p := range m.Parts {
		out.Products = append(out.Products, out.table(m, p))
	}
	out.words(f)
	return out
}

func (c *claim) period(f claimFacts) {
	charges := f.booking.Charges
	c.Period = claimPeriod{Name: f.manifest.Period.Name, From: charges[0].From, To: charges[0].To, TimeZone: f.manifest.Period.TimeZone}
	for _, one := range charges[1:] {
		c.Period.From, c.Period.To = min(c.Period.From, one.From), max(c.Period.To, one.To)
	}
	from, _ := time.Parse(time.DateOnly, c.Period.From) // the ledger has checked both
	to, _ := time.Parse(time.DateOnly, c.Period.To)
	c.Period.Days = int64(to.Sub(from).Hours()/24) + 1
}

// losses fills in every rho and its epsilons. What a day of the release bears is the largest of its charges.
func (c *claim) losses(f claimFacts) {
	rho := int64(0)
	for _, one := range f.booking.Charges {
		rho = max(rho, one.Rho)
	}
	span, two := f.booking.RhoSpan, 4*rho
	s := f.spent
	c.SpanMonth = account.Decimal(f.month.span())
	c.RhoRelease, c.RhoSpan, c.Group.RhoTwo = account.Decimal(rho), account.Decimal(span), account.Decimal(two)
	c.RhoDay, c.Rho30, c.Rho365 = account.Decimal(f.caps.Day), account.Decimal(f.caps.Days30), account.Decimal(f.caps.Days365)
	worst := int64(0)
	for _, d := range s.Days {
		if d.Day >= c.Period.From && d.Day <= c.Period.To {
			worst = max(worst, d.Spent)
		}
	}
	c.Spent = claimSpent{account.Decimal(worst), account.Decimal(s.Spent30), account.Decimal(s.Spent365)}
	c.Epsilon = map[string]epsilons{}
	for name, delta := range map[string]float64{"1e-9": 1e-9, "1e-6": 1e-6} {
		e := func(nano int64) string { return epsilon(nano, delta) }
		c.Epsilon[name] = epsilons{e(rho), e(span), e(two), e(f.caps.Day), e(f.caps.Days30), e(f.caps.Days365)}
	}
	c.Accuracy = fmt.Sprintf("%.1f %%", math.Ceil(1000*account.Accuracy(float64(rho)/account.Nano))/10)
	c.DeltaKeys, c.DeltaSampler = "0", "less than 2^-64 (10^12 draws, epsilon up to 8, from the exact distance of the sampling tables)"
}

// epsilon is rounded up, so that what is shown is never less than what is proved.
func epsilon(nano int64, delta float64) string {
	return fmt.Sprintf("%.2f", math.Ceil(100*account.Epsilon(float64(nano)/account.Nano, delta))/100)
}

func (c *claim) table(m release.Manifest, p release.Part) claimTable {
	b := c.bounds[p.Table]
	t := claimTable{Table: p.Table, Cells: b.Cells, PerCell: b.PerCell, Total: b.Total, Signed: b.Signed, Within: b.within(c.Unit), D2: p.D2, Sigma2: p.Sigma2, Rho: account.Decimal(p.Rho), DaysIn: b.days,
		RhoSpan: account.Decimal(p.Rho * b.days * b.days), Domain: p.Domain, Domained: 1, Tau: p.Tau, False: p.False,
		Mechanism: "discrete Gaussian, independent for every cell of the domain",
		Reach:     fmt.Sprintf("each civil day from %s to %s is charged rho once", c.Period.From, c.Period.To),
		WholeD2:   b.whole, WholeRho: account.Decimal(int64(b.whole) * account.Charge(1, p.Sigma2))}
	switch {
	case b.whole > 0:
		t.Reach = c.reachOfBin(b)
	case b.moves:
		t.Reach += fmt.Sprintf("; without one of its days a unit may count elsewhere instead of not at all, so d2 is %s that of the bound; without all of them it costs %s",
			map[bool]string{false: "twice", true: "four times"}[b.Signed], map[bool]string{false: "half", true: "a quarter"}[b.Signed])
	}
	for _, axis := range p.Domain {
		t.Domained *= axis.Codes
	}
	if p.Tau > 0 {
		t.Mechanism += fmt.Sprintf("; cells with a noisy count of at least %d are listed, which is post-processing", p.Tau)
	}
	return t
}

// manifestCore is the digest of a manifest without its list of files, which holds the digest of the claim and so cannot
// be named by it: the SHA-256 of its compact JSON with files null, as encoding/json writes it.
func manifestCore(m release.Manifest) string {
	m.Files = nil
	text, _ := json.Marshal(m) // strings and numbers always encode
	return release.Digest(text)
}

// json is the text of claim.json.
func (c claim) json() []byte {
	text, _ := json.MarshalIndent(c, "", "  ") // strings and numbers always encode
	return append(text, '\n')
}

// claims writes the claim of a release in every form: fields, registry and pages. Groups are sentences about groups that
// only the run can tell.
func (r *runner) claims(m release.Manifest, bounds map[string]unitBound, groups ...string) (map[string][]byte, error) {
	booking, ok := r.ledger.Booked(m.ID)
	if !ok {
		panic("driver: a release is claimed that the ledger does not know")
	}
	r.first = earlier(r.first, publishedOn(m, r.job.Contract.Location()))
	c := claimOf(claimFacts{contract: r.job.Contract, manifest: m, booking: booking, bounds: bounds, region: regionOf(r.job.Geo), first: r.first, business: r.job.businessRules(),
		spent: r.ledger.Summary(m.Unit, r.job.Contract.Privacy.Profile), caps: r.ledger.CapsOn(booking.Charges[0].To), groups: groups,
		month: r.monthOfClaim(m.Period.Name)})
	texts := map[string][]byte{"claim.json": c.json()}
	var err error
	if texts["registry.yaml"], err = c.registry(); err != nil {
		return nil, err
	}
	for _, language := range languages {
		if texts["claim."+language+".md"], err = c.page(language); err != nil {
			return nil, err
		}
	}
	return texts, nil
}

// publishedOn is the civil day on which a release may be read.
func publishedOn(m release.Manifest, loc *time.Location) string {
	return instant(m.NotBefore).In(loc).Format(time.DateOnly)
}

// earlier is the earlier of two civil days; "" is none.
func earlier(a, b string) string {
	if a == "" || b != "" && b < a {
		return b
	}
	return a
}

// boundsOf are the bounds of exact tables, which are public, by table.
func boundsOf(tables []*count.Table, days int64, whole uint64) map[string]unitBound {
	out := map[string]unitBound{}
	for _, t := range tables {
		out[t.Shape.Name] = unitBound{t.Bound(), days, t.Moves(), t.Sums(), whole}
	}
	return out
}

// regionOf names the zones at the top, at most six of them.
func regionOf(g release.Geography) string {
	var names []string
	for i := range g.Zones.Len() {
		z := g.Zones.At(i)
		if z.Parent == "" {
			names = append(names, nameOf(z))
		}
	}
	slices.Sort(names)
	if len(names) > 6 {
		return fmt.Sprintf("%s and %d more zones", strings.Join(names[:6], ", "), len(names)-6)
	}
	return strings.Join(names, ", ")
}

func nameOf(z throng.Zone) string {
	if z.Name == "" {
		return z.ID
	}
	return z.Name
}
