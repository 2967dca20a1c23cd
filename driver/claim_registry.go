package driver

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
)

// registry is a claim in the form of the registry of deployments of differential privacy
// (opendp/deployments-registry-data, schemas/deployments-schema.yaml), as a draft of tier 3. Names and values of lists are
// those of that schema.
type registry struct {
	Slug       string             `yaml:"url_slug"`
	Status     string             `yaml:"status"`
	Tier       int                `yaml:"tier"`
	Deployment registryDeployment `yaml:"deployment"`
}

type registryDeployment struct {
	Basic struct {
		Name        string   `yaml:"name"`
		Curators    []string `yaml:"data_curators"`
		IntendedUse string   `yaml:"intended_use"`
		Type        string   `yaml:"data_product_type"`
		Region      string   `yaml:"data_product_region"`
		Description string   `yaml:"description"`
		Date        quoted   `yaml:"publication_date"`
	} `yaml:"basic"`
	Variant struct {
		Name        string `yaml:"variant_name"`
		Domain      string `yaml:"data_domain"`
		Unprotected string `yaml:"unprotected_quantities"`
	} `yaml:"dp_variant"`
	Loss struct {
		Unit       string `yaml:"privacy_unit"`
		Details    string `yaml:"privacy_unit_details"`
		Parameters struct {
			Epsilon float64 `yaml:"epsilon"`
			Delta   literal `yaml:"delta"`
			Rho     float64 `yaml:"rho"`
		} `yaml:"privacy_parameters"`
		ParametersDetails string `yaml:"privacy_parameters_details"`
	} `yaml:"privacy_loss"`
	Model struct {
		Name           string `yaml:"model_name"`
		Actors         string `yaml:"actors"`
		ReleaseType    string `yaml:"release_type"`
		ReleaseDetails string `yaml:"release_type_details"`
		Source         string `yaml:"data_source_type"`
		Access         string `yaml:"access_type"`
		AccessDetails  string `yaml:"access_type_details"`
	} `yaml:"deployment_model"`
	Accounting struct {
		PostProcessing string `yaml:"post_processing"`
		Composition    string `yaml:"composition"`
	} `yaml:"accounting"`
	Implementation struct {
		Tuning        string `yaml:"preprocessing_and_hyperparameter_tuning"`
		Mechanisms    string `yaml:"mechanisms"`
		Justification string `yaml:"justification"`
	} `yaml:"implementation"`
	Administrative struct {
		Sources string   `yaml:"sources"`
		Notes   string   `yaml:"notes"`
		Authors []string `yaml:"registry_authors"`
	} `yaml:"administrative"`
}

// quoted is a text that a reader of YAML would otherwise take for a date.
type quoted string

// MarshalYAML writes the text between quotes.
func (q quoted) MarshalYAML() ([]byte, error) { return []byte(strconv.Quote(string(q))), nil }

// literal is a number as it stands: every reader of YAML takes 1.0e-9 for a number, some take 1e-09 for a text.
type literal string

// MarshalYAML writes the number.
func (l literal) MarshalYAML() ([]byte, error) { return []byte(l), nil }

// registry writes registry.yaml. Its parameters are those of a day of one unit, everything published about the scope
// together, because that is what the registry compares.
func (c claim) registry() ([]byte, error) {
	r := registry{Slug: slug(c.Name), Status: "Draft", Tier: 3}
	d := &r.Deployment
	b := &d.Basic
	b.Name, b.Curators, b.IntendedUse, b.Type, b.Region = c.Name, []string{c.Holder}, c.IntendedUse, "Summary statistics", c.Region
	b.Description, b.Date = c.FirstLine+" "+c.Description+".", quoted(c.FirstPublished)
	d.Variant.Name, d.Variant.Domain, d.Variant.Unprotected = c.Variant, c.DataDomain, bullets(c.Unprotected)
	l := &d.Loss
	l.Unit, l.Details = c.Unit, bullets(append([]string{c.Neighbours, c.Group.Rule}, c.UnitNotes...))
	e := c.Epsilon["1e-9"]
	var err error
	if l.Parameters.Epsilon, err = strconv.ParseFloat(e.Day, 64); err != nil {
		return nil, err
	}
	if l.Parameters.Rho, err = strconv.ParseFloat(c.RhoDay, 64); err != nil {
		return nil, err
	}
	l.Parameters.Delta = "1.0e-9"
	l.ParametersDetails = bullets([]string{
		"the parameters above are caps for one day of one unit, everything published together",
		fmt.Sprintf("this release: rho %s (epsilon %s) for each charged day", c.RhoRelease, e.Release),
		fmt.Sprintf("any 30 days: rho %s (epsilon %s); any 365 days: rho %s (epsilon %s)", c.Rho30, e.Days30, c.Rho365, e.Days365),
		c.SpanNote, fmt.Sprintf("removing any set of days from this release: rho %s (epsilon %s)", c.RhoSpan, e.Span),
		"delta of the samplers: " + c.DeltaSampler,
	})
	d.Model.Name, d.Model.ReleaseType, d.Model.Source, d.Model.Access = c.Model, c.ReleaseType, c.Source, c.Access
	for _, a := range c.Actors {
		d.Model.Actors += fmt.Sprintf("- %s: sees %s; %s\n", a.Who, a.Sees, a.Trust)
	}
	d.Model.ReleaseDetails = "a release for each civil day or month; " + c.Composition.Rule
	d.Model.AccessDetails = "questions are answered from releases alone and cost nothing"
	d.Accounting.PostProcessing = bullets(c.PostProcessing)
	d.Accounting.Composition = bullets([]string{c.Composition.Rule, "profile " + c.Composition.Profile + ", scope " + c.Composition.Scope, c.Composition.Scopes,
		fmt.Sprintf("ledger record %d, %s", c.Ledger.Seq, c.Ledger.Head)})
	d.Implementation.Tuning = c.BoundsOrigin
	d.Implementation.Mechanisms = bullets(append(c.mechanisms(), c.FloatPolicy, c.Randomness, c.SideChannels, "code: "+c.CodeVersion))
	d.Implementation.Justification = c.why()
	d.Administrative.Sources = "audit: " + c.Audit.Status
	d.Administrative.Notes = bullets(append([]string{"businesses: " + c.BusinessRules}, c.Groups...))
	d.Administrative.Authors = []string{c.Holder}
	return yaml.MarshalWithOptions(r, yaml.UseLiteralStyleIfMultiline(true), yaml.IndentSequence(true))
}

// mechanisms is a line for each table.
func (c claim) mechanisms() []string {
	var lines []string
	for _, t := range c.Products {
		within := map[string]string{"day": " in a day", "period": " in the days of the period together"}[t.Within]
		lines = append(lines, fmt.Sprintf("table %s: %s; one unit adds%s to at most %d cells, at most %d in each; D2 %d, variance %d, rho %s", t.Table, t.Mechanism, within, t.Cells, t.PerCell, t.D2, t.Sigma2, t.Rho))
	}
	return lines
}

func (c claim) why() string {
	why := "Profile " + c.Justification.Profile
	if c.Justification.Reason != "" {
		return why + ": " + c.Justification.Reason + " (signed by " + c.Justification.Signed + ")"
	}
	return why + ", by default of the contract"
}

func bullets(lines []string) string {
	var b strings.Builder
	for _, l := range lines {
		if l != "" {
			b.WriteString("- " + l + "\n")
		}
	}
	return b.String()
}

// slug keeps what a URL can hold.
func slug(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' {
			return r
		}
		return '-'
	}, strings.ToLower(name))
}
