package driver

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/throng-stats/throng/config"
	"github.com/throng-stats/throng/privacy/account"
	"github.com/throng-stats/throng/release"
)

// claim is the claim file of a release (privacy.md, section 23): what is promised, in fields that a program can check
// against the ledger and the manifest. It is generated, never typed.
type claim struct {
	Name          string            `json:"name"`
	Holder        string            `json:"holder"`
	Description   string            `json:"description"`
	IntendedUse   string            `json:"intended_use"`
	Recipients    []string          `json:"recipients"`
	Data          string            `json:"data"`
	Variant       string            `json:"variant"`
	Unit          string            `json:"unit"`
	Neighbours    string            `json:"neighbours"`
	UnitNotes     []string          `json:"unit_notes"`
	DataDomain    string            `json:"data_domain"`
	Unprotected   []string          `json:"unprotected"`
	RhoRelease    string            `json:"rho_release"`
	RhoDay        string            `json:"rho_day"`
	Rho30         string            `json:"rho_30"`
	Rho365        string            `json:"rho_365"`
	Epsilon       map[string]spent  `json:"epsilon"` // by delta
	DeltaSampler  string            `json:"delta_sampler"`
	Products      []claimTable      `json:"products"`
	Composition   string            `json:"composition"`
	PostProcess   []string          `json:"post_processing"`
	Model         string            `json:"model"`
	Trust         string            `json:"trust"`
	BoundsOrigin  string            `json:"bounds_origin"`
	SideChannels  string            `json:"side_channels"`
	FloatPolicy   string            `json:"float_policy"`
	Randomness    string            `json:"randomness"`
	CodeVersion   string            `json:"code_version"`
	Justification string            `json:"justification,omitempty"`
	Groups        []string          `json:"what_this_may_show_about_groups"`
	Ledger        release.LedgerRef `json:"ledger"`
	ContractSHA   string            `json:"contract_sha"`
}

// spent is a conversion of rho to epsilon.
type spent struct {
	Release string `json:"release"`
	Day     string `json:"day_cap"`
	Month   string `json:"cap_30_days"`
	Year    string `json:"cap_365_days"`
}

type claimTable struct {
	Table     string         `json:"table"`
	Bound     string         `json:"bound"`
	D2        uint64         `json:"d2"`
	Reach     string         `json:"reach"`
	Sigma2    uint64         `json:"sigma2"`
	Rho       string         `json:"rho"`
	Mechanism string         `json:"mechanism"`
	Domain    []release.Axis `json:"domain"`
	Tau       int64          `json:"tau"`
}

// claimOf writes the claim of a release from its manifest, its contract and the caps in force.
func claimOf(c *config.Contract, m release.Manifest, caps capsInForce) []byte {
	rho := int64(0)
	for _, p := range m.Parts {
		rho += p.Rho
	}
	out := claim{
		Name: c.Holder.ID + " " + m.Product + " " + m.Period.Name, Holder: c.Holder.Name, IntendedUse: strings.Join(c.Agreement.Purpose, ", "),
		Recipients: c.Recipients, Data: m.Data, Variant: "Zero-concentrated DP", Unit: m.Unit, Neighbours: "add or remove one " + m.Unit,
		Description: fmt.Sprintf("%s of %s: counts per public area with exact integer noise", m.Product, m.Period.Name),
		UnitNotes:   unitNotes(m.Unit), DataDomain: "records that the contract admits and the filter keeps",
		Unprotected: []string{"the contract", "the public tables it names", "the measurement tree", "which days were published"},
		RhoRelease:  account.Decimal(rho), RhoDay: account.Decimal(caps.Day), Rho30: account.Decimal(caps.Days30), Rho365: account.Decimal(caps.Days365),
		Epsilon: map[string]spent{}, DeltaSampler: "below 2^-64 over 10^12 draws (total variation distance of the sampling table)",
		Composition: fmt.Sprintf("zCDP, additive; profile %s; every charged day of the scope %s is capped in the ledger", c.Privacy.Profile, c.Scope()),
		PostProcess: []string{"least squares over the measurement tree", "linear allocation of leaves to tiles, zones and drawn areas",
			"scaling to people by public factors", "rounding and hiding in display only"},
		Model: "Central", Trust: "the holder has the events and is trusted to hold them; everybody else sees releases only",
		BoundsOrigin: "public defaults of the method pages, fixed before any data were read",
		SideChannels: "every cell of a public domain is published, publication times are fixed; timing inside the holder's machine is out of scope",
		FloatPolicy:  "integers until after the noise; noise is integer and exact", Justification: c.Privacy.Reason,
		Randomness: "ChaCha8, a fresh key from the operating system for every release", CodeVersion: m.Code, Ledger: m.Ledger, ContractSHA: m.ContractSHA,
		Groups: groupNotes(c),
	}
	for name, delta := range map[string]float64{"1e-9": 1e-9, "1e-6": 1e-6} {
		out.Epsilon[name] = spent{epsilon(rho, delta), epsilon(caps.Day, delta), epsilon(caps.Days30, delta), epsilon(caps.Days365, delta)}
	}
	for _, p := range m.Parts {
		out.Products = append(out.Products, claimTable{Table: m.Product + "/" + p.Table, Bound: "enforced for every unit before counting", D2: p.D2,
			Reach: reach(m), Sigma2: p.Sigma2, Rho: account.Decimal(p.Rho), Mechanism: "discrete Gaussian, independent per cell", Domain: p.Domain, Tau: p.Tau})
	}
	text, _ := json.MarshalIndent(out, "", "  ")
	return append(text, '\n')
}

// capsInForce are the caps of the scope, in nano-rho.
type capsInForce struct{ Day, Days30, Days365 int64 }

func epsilon(rho int64, delta float64) string {
	return fmt.Sprintf("%.2f", account.Epsilon(float64(rho)/account.Nano, delta))
}

func reach(m release.Manifest) string {
	return fmt.Sprintf("each civil day of %s is charged once", m.Period.Name)
}

func unitNotes(unit string) []string {
	if unit == "trip" {
		return []string{"Weak unit: the feed names no person, so the promise is about one trip. Somebody who makes many trips is protected less: k trips together by k times k times rho.",
			"These figures are never to be set beside figures with the unit of a day without this line."}
	}
	return []string{"The promise is about one " + strings.TrimSuffix(unit, "-day") + " and one civil day. Somebody who is seen every day of a year is protected less over the year: see rho_365.",
		"k pseudonyms that act together are protected by k times k times rho."}
}

func groupNotes(c *config.Contract) []string {
	notes := []string{"A town that empties or fills is visible; that is the product.",
		"Breakdowns are counted on at least 2,000 (gender, age) or 5,000 (origin) public residents; ages under 18 are counted as not known."}
	if c.Review.Text != "" {
		notes = append(notes, fmt.Sprintf("Group review by %s on %s: %s", c.Review.By, c.Review.Date, c.Review.Text))
	}
	return append(notes, c.Notes()...)
}
