package release

import (
	"fmt"
	"math"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/throng-stats/throng"
)

var (
	legalName  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$`)
	legalTable = regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}$`)
)

// IsName reports whether a word may name a release, product, geography, version or method: it becomes a folder and a
// part of a URL, so it begins with an ASCII letter or digit and goes on with those, dots, underscores and hyphens.
func IsName(word string) bool { return legalName.MatchString(word) }

// All is the code that stands in files for a dimension that a table does not have; no dimension may use it.
const All = "_T"

// Check refuses drafts that could not be read back or would not explain themselves. Stores call it before they write.
func (d Draft) Check() error {
	m := d.Manifest
	for what, word := range map[string]string{"id": m.ID, "product": m.Product, "geography": m.Geo.ID, "version of the geography": m.Geo.Version} {
		if !IsName(word) {
			return fmt.Errorf("release: the %s is %.40q; want ASCII letters, digits, dots, underscores and hyphens", what, word)
		}
	}
	if m.Period.Name == "" || m.Period.TimeZone == "" || !m.Period.Start.Before(m.Period.End) {
		return fmt.Errorf("release: the period %.40q is from %v to %v in zone %.40q; want a name, a start before its end, and a time zone", m.Period.Name, m.Period.Start, m.Period.End, m.Period.TimeZone)
	}
	if !slices.Contains([]string{"real", "public", "synthetic"}, m.Data) {
		return fmt.Errorf("release: data is %.40q; want real, public or synthetic", m.Data)
	}
	if err := m.checkSources(); err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, t := range d.Tables {
		if err := t.check(m); err != nil {
			return err
		}
		if p := t.Path(); seen[p] {
			return fmt.Errorf("release: the table %s is there twice", p)
		} else {
			seen[p] = true
		}
	}
	for _, part := range m.Parts {
		if m.Combined() && seen[TablePath(Linear, part.Table)] {
			continue
		}
		if !seen[Measured+"/"+part.Table+".parquet"] {
			return fmt.Errorf("release: the part %.40q has no measured table; nothing is charged that is not published", part.Table)
		}
	}
	for p := range d.Texts {
		first, _, _ := strings.Cut(p, "/")
		if p != path.Clean(p) || !legalName.MatchString(first) || strings.Contains(p, "..") || p == "manifest.json" || first == Measured || first == Estimate {
			return fmt.Errorf("release: a further file cannot be called %.60q; use a plain name such as claim.json", p)
		}
	}
	return nil
}

// TablePath is the file of a table in the folder of its release; method is "" for a measured one.
func TablePath(method, name string) string {
	if method == "" {
		return Measured + "/" + name + ".parquet"
	}
	return Estimate + "/" + method + "/" + name + ".parquet"
}

// Path is the file of the table in the folder of its release.
func (t Table) Path() string { return TablePath(t.Method, t.Shape.Name) }

// Axes describes the domain of a table for a Part.
func Axes(s throng.Shape) []Axis {
	axes := make([]Axis, len(s.Dims))
	for i, d := range s.Dims {
		axes[i] = Axis{Name: d.Name, Level: d.Level, Codes: len(d.Codes)}
	}
	return axes
}

// check refuses a table that does not have a value for every cell of its shape, or a measured one that is not accounted
// for in the manifest.
func (t Table) check(m Manifest) error {
	if !legalTable.MatchString(t.Shape.Name) {
		return fmt.Errorf("release: a table is called %.40q; want lower case letters, digits and hyphens", t.Shape.Name)
	}
	if err := checkShape(t.Shape); err != nil {
		return err
	}
	cells := t.Rows()
	if err := t.checkCells(m); err != nil {
		return err
	}
	if err := m.checkKind(t); err != nil {
		return err
	}
	switch t.Kind {
	case Measured:
		if len(t.Raw) != cells || t.Sigma2 == 0 || t.Sigma2 > math.MaxInt64 || t.Method != "" || t.Estimate != nil {
			return fmt.Errorf("release: the measured table %s has %d of %d cells and variance %d; want every cell, a positive variance and nothing else", t.Shape.Name, len(t.Raw), cells, t.Sigma2)
		}
		i := slices.IndexFunc(m.Parts, func(p Part) bool { return p.Table == t.Shape.Name })
		if i < 0 || m.Parts[i].Sigma2 != t.Sigma2 || !slices.Equal(m.Parts[i].Domain, Axes(t.Shape)) {
			return fmt.Errorf("release: no part of the manifest has the variance %d and the domain of the measured table %s; state what it cost", t.Sigma2, t.Shape.Name)
		}
	case Estimate:
		return t.checkEstimate(cells)
	default:
		return fmt.Errorf("release: the table %s is of kind %.40q; want %s or %s", t.Shape.Name, t.Kind, Measured, Estimate)
	}
	return nil
}

// Sparse reports whether only some cells of the domain are listed.
func (t Table) Sparse() bool { return t.Cells != nil }

// Rows is the number of cells that the table lists.
func (t Table) Rows() int {
	if t.Sparse() {
		return len(t.Cells)
	}
	return t.Shape.Cells()
}

// Cell is the number in the domain of the cell in a row.
func (t Table) Cell(row int) uint64 {
	if t.Sparse() {
		return t.Cells[row]
	}
	return uint64(row)
}

// MostSparse is the largest domain that a sparse table may have.
const MostSparse = 1 << 40

// checkCells wants the cells of a sparse table to ascend within its domain, none of them below the tau of its part, and
// a dense table to have no tau.
func (t Table) checkCells(m Manifest) error {
	i := slices.IndexFunc(m.Parts, func(p Part) bool { return p.Table == t.Shape.Name })
	if i >= 0 && m.Parts[i].Tau != t.Tau && (t.Kind == Measured || t.Sparse()) || t.Sparse() != (t.Tau > 0) || t.Sparse() && i < 0 {
		return fmt.Errorf("release: table %s keeps cells from %d on, and its part of the manifest does not say the same; state tau", t.Shape.Name, t.Tau)
	}
	n := 1
	for _, d := range t.Shape.Dims {
		if n *= len(d.Codes); t.Sparse() && n > MostSparse {
			return fmt.Errorf("release: the sparse table %s has more than %d cells; use larger zones or a shorter period", t.Shape.Name, MostSparse)
		}
	}
	for k, c := range t.Cells {
		if c >= uint64(n) || k > 0 && t.Cells[k-1] >= c {
			return fmt.Errorf("release: the cells of the sparse table %s do not ascend within its domain of %d", t.Shape.Name, n)
		}
		if k < len(t.Raw) && t.Raw[k] < t.Tau {
			return fmt.Errorf("release: the sparse table %s lists a cell below its tau of %d", t.Shape.Name, t.Tau)
		}
	}
	return nil
}

func (t Table) checkEstimate(cells int) error {
	if !IsName(t.Method) {
		return fmt.Errorf("release: the estimate %s is made by method %.40q; want a name", t.Shape.Name, t.Method)
	}
	optional := func(n int) bool { return n == 0 || n == cells }
	if len(t.Estimate) != cells || len(t.NoiseSD) != cells || !optional(len(t.AllocSD)) || !optional(len(t.ScaleSD)) || !optional(len(t.Status)) || t.Raw != nil {
		return fmt.Errorf("release: the estimate %s has %d values and %d margins for %d cells; want one of each a cell", t.Shape.Name, len(t.Estimate), len(t.NoiseSD), cells)
	}
	for i, v := range t.Estimate {
		if sd := t.NoiseSD[i]; math.IsNaN(v) || math.IsInf(v, 0) || !(sd >= 0) || math.IsInf(sd, 1) {
			return fmt.Errorf("release: cell %d of the estimate %s is %v with a standard deviation of %v; want finite numbers", i, t.Shape.Name, v, sd)
		}
	}
	return nil
}

// checkShape refuses dimensions that have no column, codes that are there twice and times that do not ascend.
func checkShape(s throng.Shape) error {
	columns := throng.Dimensions()
	names := map[string]bool{}
	for _, d := range s.Dims {
		if !slices.Contains(columns, d.Name) || names[d.Name] || len(d.Codes) == 0 {
			return fmt.Errorf("release: table %s has the dimension %.40q with %d codes; want each of %v at most once, with codes", s.Name, d.Name, len(d.Codes), columns)
		}
		names[d.Name] = true
		codes := make(map[string]bool, len(d.Codes))
		for _, c := range d.Codes {
			if c == All || codes[c] {
				return fmt.Errorf("release: dimension %s of table %s has the code %.40q twice or the reserved code %s", d.Name, s.Name, c, All)
			}
			codes[c] = true
		}
		if d.Name == throng.DimTime {
			if _, err := Starts(d.Codes); err != nil {
				return fmt.Errorf("release: table %s: %w", s.Name, err)
			}
		}
	}
	if n := len(s.Dims); n == 0 {
		return fmt.Errorf("release: table %s has no dimension", s.Name)
	}
	return nil
}

// Starts reads the codes of a time dimension: RFC 3339 in UTC, ascending, as milliseconds since 1970.
func Starts(codes []string) ([]int64, error) {
	starts := make([]int64, len(codes))
	for i, c := range codes {
		t, err := time.Parse(time.RFC3339, c)
		if err != nil || t.UTC().Format(time.RFC3339) != c || (i > 0 && t.UnixMilli() <= starts[i-1]) {
			return nil, fmt.Errorf("time code %d is %.40q; want ascending instants in UTC such as 2026-02-03T07:00:00Z", i, c)
		}
		starts[i] = t.UnixMilli()
	}
	return starts, nil
}
