package export

import (
	"fmt"
	"slices"
	"strings"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/reckon/compare"
	"github.com/throng-stats/throng/release"
)

// Where names the codes that are wanted of each dimension: different codes of one dimension are alternatives,
// dimensions that are not named are taken whole.
type Where map[string][]string

// View is a table of a release, restricted to some codes of its dimensions. Nothing is copied.
type View struct {
	Manifest release.Manifest
	Table    release.Table
	picked   [][]int          // of each dimension: indexes of the wanted codes, ascending
	under    []compare.Number // by cell: what its number is divided by; nil for nothing
}

// BadCode says that a wanted code or dimension is not part of a table.
type BadCode struct {
	Dim, Got, Want string
}

// Error says which code was not found and what the dimension holds.
func (e BadCode) Error() string {
	return fmt.Sprintf("export: %s=%.60q is not in the table; want %s", e.Dim, e.Got, e.Want)
}

// Load opens a table of a release. Kind is release.Measured or release.Estimate (default); method is empty for the linear
// estimate, or the only one of a table that has none.
func Load(store release.Store, id, kind, method, name string) (View, error) {
	m, err := store.Manifest(id)
	if err != nil {
		return View{}, fmt.Errorf("release %.80q: %w", id, err)
	}
	if kind == "" {
		kind = release.Estimate
	}
	method, err = methodOf(m, kind, method, name)
	if err != nil {
		return View{}, err
	}
	t, err := store.Table(id, method, name)
	if err != nil {
		return View{}, fmt.Errorf("table %.40q of %.80q: %w", name, id, err)
	}
	return ViewOf(m, t), nil
}

// ViewOf is a whole table as a view.
func ViewOf(m release.Manifest, t release.Table) View {
	v := View{Manifest: m, Table: t, picked: make([][]int, len(t.Shape.Dims))}
	for i, d := range t.Shape.Dims {
		v.picked[i] = all(len(d.Codes))
	}
	return v
}

// Name is a table of a release as it is listed.
type Name struct {
	Kind, Method, Table string
}

// Names lists the tables of a release by the paths of its files: measured/TABLE.parquet, estimate/METHOD/TABLE.parquet.
func Names(m release.Manifest) []Name {
	var names []Name
	for _, f := range m.Files {
		parts := strings.Split(strings.TrimSuffix(f.Path, ".parquet"), "/")
		switch {
		case !strings.HasSuffix(f.Path, ".parquet"):
		case len(parts) == 2 && parts[0] == release.Measured:
			names = append(names, Name{release.Measured, "", parts[1]})
		case len(parts) == 3 && parts[0] == release.Estimate:
			names = append(names, Name{release.Estimate, parts[1], parts[2]})
		}
	}
	return names
}

func methodOf(m release.Manifest, kind, method, table string) (string, error) {
	found, ok := "", false
	for _, n := range Names(m) {
		if n.Kind == kind && n.Table == table && (method == "" || n.Method == method) && !(ok && found == release.Linear) {
			found, ok = n.Method, true
		}
	}
	if !ok {
		return "", fmt.Errorf("table %.40q (%.20s) of release %.80q: %w", table, kind, m.ID, release.ErrMissing)
	}
	return found, nil
}

// Select keeps the wanted codes. It answers BadCode for a dimension or a code that the table does not have.
func (v View) Select(where Where) (View, error) {
	v.picked = slices.Clone(v.picked)
	for dim, codes := range where {
		i := slices.IndexFunc(v.Table.Shape.Dims, func(d throng.Dim) bool { return d.Name == dim })
		if i < 0 {
			return View{}, BadCode{dim, strings.Join(codes, ","), "one of its dimensions: " + strings.Join(v.dimNames(), ", ")}
		}
		picked, err := pick(v.Table.Shape.Dims[i], codes)
		if err != nil {
			return View{}, err
		}
		v.picked[i] = picked
	}
	return v, nil
}

func pick(d throng.Dim, codes []string) ([]int, error) {
	at := make(map[string]int, len(d.Codes))
	for i, c := range d.Codes {
		at[c] = i
	}
	var picked []int
	for _, c := range codes {
		i, ok := at[c]
		if !ok {
			return nil, BadCode{d.Name, c, "one of " + some(d.Codes)}
		}
		picked = append(picked, i)
	}
	slices.Sort(picked)
	return slices.Compact(picked), nil
}

func some(codes []string) string {
	if len(codes) > 6 {
		return strings.Join(codes[:6], ", ") + fmt.Sprintf(", ... (%d codes)", len(codes))
	}
	return strings.Join(codes, ", ")
}

func (v View) dimNames() []string {
	names := make([]string, len(v.Table.Shape.Dims))
	for i, d := range v.Table.Shape.Dims {
		names[i] = d.Name
	}
	return names
}

// Dims are the dimensions with the wanted codes alone.
func (v View) Dims() []throng.Dim {
	dims := make([]throng.Dim, len(v.picked))
	for i, d := range v.Table.Shape.Dims {
		codes := make([]string, len(v.picked[i]))
		for k, j := range v.picked[i] {
			codes[k] = d.Codes[j]
		}
		dims[i] = throng.Dim{Name: d.Name, Level: d.Level, Codes: codes}
	}
	return dims
}

// Rows is the number of cells in the view; of a sparse table, of those that are listed.
func (v View) Rows() int {
	if v.Table.Sparse() {
		n := 0
		v.eachListed(func(int, []int) error { n++; return nil })
		return n
	}
	n := 1
	for _, p := range v.picked {
		n *= len(p)
	}
	return n
}

// Each calls f with the row of each cell in the table and the index of its code in each dimension, in the order of the
// cells; rows of a table that lists every cell are numbered as the cells are. The slice is used again by the next call. It
// stops at the first error and returns it.
func (v View) Each(f func(row int, at []int) error) error {
	if v.Table.Sparse() {
		return v.eachListed(f)
	}
	if v.Rows() == 0 {
		return nil
	}
	turn := make([]int, len(v.picked))
	at := make([]int, len(v.picked))
	for {
		cell := 0
		for i, p := range v.picked {
			at[i] = p[turn[i]]
			cell = cell*len(v.Table.Shape.Dims[i].Codes) + at[i]
		}
		if err := f(cell, at); err != nil {
			return err
		}
		i := len(turn) - 1
		for ; i >= 0; i-- {
			if turn[i]++; turn[i] < len(v.picked[i]) {
				break
			}
			turn[i] = 0
		}
		if i < 0 {
			return nil
		}
	}
}

// eachListed is Each of a sparse table: the listed cells all of whose codes are wanted.
func (v View) eachListed(f func(row int, at []int) error) error {
	wanted := make([][]bool, len(v.picked))
	for i, p := range v.picked {
		wanted[i] = make([]bool, len(v.Table.Shape.Dims[i].Codes))
		for _, k := range p {
			wanted[i][k] = true
		}
	}
	at := make([]int, len(v.picked))
cells:
	for row, cell := range v.Table.Cells {
		v.Table.Shape.At(cell, at)
		for i, k := range at {
			if !wanted[i][k] {
				continue cells
			}
		}
		if err := f(row, at); err != nil {
			return err
		}
	}
	return nil
}

// Number returns what is shown of a cell. A measured cell is its signed noisy count with sigma as its noise.
func (v View) Number(cell int) Number {
	if v.Table.Kind == release.Measured {
		return Display(float64(v.Table.Raw[cell]), sigma(v.Table))
	}
	return Display(v.Table.Estimate[cell], v.Table.NoiseSD[cell])
}

// Status returns the word for how a cell came about: measured, modelled, combined, partial, suppressed or missing.
func (v View) Status(cell int) string {
	if v.Table.Status == nil || v.Table.Status[cell] == "" {
		return release.Measured
	}
	return v.Table.Status[cell]
}

func all(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}
