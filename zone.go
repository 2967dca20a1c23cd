package throng

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Zone is one geographical unit of a published geography.
type Zone struct {
	ID        string  // ASCII letters, digits, _ and -; unique without regard to case
	Name      string  // what people call it, any script
	Parent    string  // id of the zone one level up; empty at the top
	Level     int     // 0 is the top; larger is finer
	Residents int64   // public residents, 0 when no table was given
	Factor    float64 // people per counted device, public; 0 means 1
}

// Zones is a validated hierarchy of zones in a fixed order: by level, then by id.
// The zero value is an empty hierarchy.
type Zones struct {
	list   []Zone
	index  map[string]int
	parent []int
	finest []int
}

var zoneID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// NewZones validates and orders a list of zones. It refuses ids that are not legal in URLs and file names, ids that
// differ only by case, parents that do not exist, and parents that are not on a coarser level.
func NewZones(list []Zone) (Zones, error) {
	z := Zones{list: slices.Clone(list), index: make(map[string]int, len(list))}
	slices.SortFunc(z.list, func(a, b Zone) int {
		return cmp.Or(cmp.Compare(a.Level, b.Level), cmp.Compare(a.ID, b.ID))
	})
	folded := make(map[string]string, len(list))
	for i, one := range z.list {
		if !zoneID.MatchString(one.ID) {
			return Zones{}, fmt.Errorf("zones: id %.40q is not made of ASCII letters, digits, _ and - (at most 64); rewrite it, dots and colons as -", one.ID)
		}
		if strings.ContainsAny(one.Name[:min(1, len(one.Name))], "=+-@\t") {
			return Zones{}, fmt.Errorf("zones: the name of zone %s begins with a sign that spreadsheets run as a formula; rename it", one.ID)
		}
		if before, twice := folded[strings.ToLower(one.ID)]; twice {
			return Zones{}, fmt.Errorf("zones: ids %s and %s are the same without regard to case; rename one", before, one.ID)
		}
		folded[strings.ToLower(one.ID)] = one.ID
		z.index[one.ID] = i
	}
	hasChild := make([]bool, len(z.list))
	z.parent = make([]int, len(z.list))
	for i, one := range z.list {
		z.parent[i] = -1
		if one.Parent == "" {
			continue
		}
		p, ok := z.index[one.Parent]
		if !ok {
			return Zones{}, fmt.Errorf("zones: zone %s names the parent %.40q, which is not in the list; add it or leave the parent empty", one.ID, one.Parent)
		}
		if z.list[p].Level >= one.Level {
			return Zones{}, fmt.Errorf("zones: zone %s (level %d) names the parent %s (level %d); a parent is on a smaller level", one.ID, one.Level, one.Parent, z.list[p].Level)
		}
		z.parent[i], hasChild[p] = p, true
	}
	for i := range z.list {
		if !hasChild[i] {
			z.finest = append(z.finest, i)
		}
	}
	return z, nil
}

// Len is the number of zones on all levels.
func (z Zones) Len() int { return len(z.list) }

// At returns the i-th zone, 0 <= i < Len.
func (z Zones) At(i int) Zone { return z.list[i] }

// Index returns the place of a zone in the order, and whether it exists.
func (z Zones) Index(id string) (int, bool) { i, ok := z.index[id]; return i, ok }

// Parent returns the index of the zone one level up, or -1 at the top.
func (z Zones) Parent(i int) int { return z.parent[i] }

// Finest lists the indexes of the zones that have no children, ascending. Every device is counted in one of these.
func (z Zones) Finest() []int { return z.finest }

// Partition divides the ground into zones with at least so many public residents each, as fine as that allows: where one
// zone has fewer, it and its siblings, and all that lies below them, are counted as the zone above. It returns these zones
// ascending, and for every zone of the hierarchy the place of its own in that list, -1 for zones above them. A top-level
// zone with too few residents stays alone; small tells how many there are, for the caller to refuse.
func (z Zones) Partition(residents int64) (parts []int, of []int32, small int) {
	tooFine := make([]bool, len(z.list)) // counted as the zone above
	for i := len(z.list) - 1; i >= 0; i-- {
		if p := z.parent[i]; p >= 0 && z.list[i].Residents < residents {
			tooFine[p] = true // marks the parent: its children are too fine
		}
	}
	of = make([]int32, len(z.list))
	for i := range z.list { // parents come before their children
		of[i] = -1
		p := z.parent[i]
		switch {
		case p >= 0 && of[p] >= 0:
			of[i] = of[p]
		case tooFine[i] || slices.Contains(z.finest, i):
			of[i] = int32(len(parts))
			parts = append(parts, i)
			if z.list[i].Residents < residents {
				small++
			}
		}
	}
	return parts, of, small
}

// IDs lists the ids of the given zones, or of all zones when none are given.
func (z Zones) IDs(of ...int) []string {
	if of == nil {
		of = make([]int, len(z.list))
		for i := range of {
			of[i] = i
		}
	}
	ids := make([]string, len(of))
	for k, i := range of {
		ids[k] = z.list[i].ID
	}
	return ids
}

// Within reports whether zone i is zone top or lies below it.
func (z Zones) Within(i, top int) bool {
	for i >= 0 && i != top {
		i = z.parent[i]
	}
	return i == top
}
