package release

import (
	"cmp"
	"fmt"
	"slices"
)

// Head is what a list says of a release: what it is of, and whether it may be read. Whoever keeps lists of releases keeps heads: a
// manifest is many times as large, and there is one more release for every bin, for ever.
type Head struct {
	ID        string
	Product   string
	Period    Period
	Revision  int
	Geo       GeoRef
	Data      string
	NotBefore string
	Private   bool // it stays with its holder: a word of publish.private that is neither "" nor "false"
	Holiday   bool // its contract calls its day a holiday
}

// Head is the head of a release.
func (m Manifest) Head() Head {
	private := m.Options["publish.private"]
	return Head{ID: m.ID, Product: m.Product, Period: m.Period, Revision: m.Revision, Geo: m.Geo, Data: m.Data, NotBefore: m.NotBefore,
		Private: private != "" && private != "false", Holiday: m.Options["holiday"] == "true"}
}

// Compare puts heads in the order of lists: newest period first, then product, then revision, then id.
func (h Head) Compare(o Head) int {
	return cmp.Or(o.Period.Start.Compare(h.Period.Start), cmp.Compare(h.Product, o.Product), cmp.Compare(h.Revision, o.Revision), cmp.Compare(h.ID, o.ID))
}

// Order sorts heads by Compare.
func Order(list []Head) { slices.SortFunc(list, Head.Compare) }

// Manifests returns the manifests of some releases of a store, in their order. One that says other than its head did is refused with
// ErrCorrupt: the head said that it may be read.
func Manifests(s Store, heads []Head) ([]Manifest, error) {
	list := make([]Manifest, 0, len(heads))
	for _, h := range heads {
		m, err := s.Manifest(h.ID)
		if err != nil {
			return nil, err
		}
		if is := m.Head(); is.Private != h.Private || is.Data != h.Data || is.NotBefore != h.NotBefore {
			return nil, fmt.Errorf("the list says other than the manifest of release %s: %w", m.ID, ErrCorrupt)
		}
		list = append(list, m)
	}
	return list, nil
}
