package release

import (
	"fmt"
	"regexp"
	"slices"
)

// Source is a release that a combined one was made from. Who has it can check the digest, and in the ledger of its holder what
// was spent for it.
type Source struct {
	Holder   string `json:"holder"`
	Release  string `json:"release"`
	Geo      GeoRef `json:"geo"`
	Manifest string `json:"manifest_sha256"` // digest of its manifest, which has those of its tables
}

// Statuses of the cells of a combined release.
const (
	Combined = "combined" // made from the tables of all sources
	Partial  = "partial"  // one source at least has no such cell
)

// leastSources is the least number of sources of a combined release: one alone is that release.
const leastSources = 2

var sha256Text = regexp.MustCompile(`^[0-9a-f]{64}$`)

// Combined reports whether a release was made from releases of several holders. It has estimates alone and no record in a
// ledger; its parts tell the domains of its tables and cost nothing: what was spent stands in the sources.
func (m Manifest) Combined() bool { return len(m.Sources) > 0 }

// checkSources refuses a combined release that does not say what it was made from, or pretends to have been paid for.
func (m Manifest) checkSources() error {
	if !m.Combined() {
		return nil
	}
	if len(m.Sources) < leastSources || m.Ledger != (LedgerRef{}) {
		return fmt.Errorf("release: a combined release has %d sources and record %d of a ledger; want at least two sources, and no ledger: theirs are", len(m.Sources), m.Ledger.Seq)
	}
	for i, s := range m.Sources {
		if !IsName(s.Release) || !sha256Text.MatchString(s.Manifest) || slices.ContainsFunc(m.Sources[:i], func(o Source) bool { return o.Manifest == s.Manifest }) {
			return fmt.Errorf("release: source %d is %.40q with digest %.80q; want a release and the SHA-256 of its manifest, each once", i+1, s.Release, s.Manifest)
		}
	}
	for _, p := range m.Parts {
		if p.D2 != 0 || p.Sigma2 != 0 || p.Rho != 0 || p.Tau != 0 {
			return fmt.Errorf("release: the part %.40q of a combined release has a cost or a variance of its own; they are those of its sources", p.Table)
		}
	}
	return nil
}

// checkKind wants estimates alone of a combined release, and its words of no other.
func (m Manifest) checkKind(t Table) error {
	if m.Combined() && t.Kind != Estimate {
		return fmt.Errorf("release: table %s of a combined release is %.40q; it has estimates alone", t.Shape.Name, t.Kind)
	}
	if !m.Combined() && slices.ContainsFunc(t.Status, func(s string) bool { return s == Combined || s == Partial }) {
		return fmt.Errorf("release: table %s has combined cells and its manifest names no sources; name them", t.Shape.Name)
	}
	return nil
}
