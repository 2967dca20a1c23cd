// Package quiet joins the ground of quiet areas, so that nothing in them is counted finer than fifty thousand residents.
//
// An assembly, an election, a feast: on the days that a public list names, a zone is counted only together with the
// smallest zone above it in which MinResidents live (privacy, section 27, rule 4). The joined ground is a ground like any
// other and is known before a row is read; what is counted on it needs no rule of its own.
package quiet

import (
	"fmt"
	"slices"
	"strings"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/locate"
	"github.com/throng-stats/throng/locate/zone"
)

// MinResidents is how many public residents the joined ground of a quiet area has at least.
const MinResidents = 50_000

// leastHeard is the share of a leaf that lies in a quiet area from which on the leaf hears it. Below one part in a hundred
// a footprint says nothing: its edge is known less well than that.
const leastHeard = .01

// Joined says what Join did.
type Joined struct {
	Ground *locate.Ground
	Zones  []string // ids of the zones that stand for quiet areas, ascending
	Within int      // finest zones that are counted together in them
	ZoneOf []int    // by index of a zone of the old ground: that of the zone which stands for it
}

// group is what becomes one leaf: all that is heard in one or more zones, and every leaf that hears part of a quiet area.
type group struct {
	anchors []int  // zones that stand for the quiet areas
	leaves  []bool // by leaf
}

// Join returns the ground of a day on which the areas (ids of zones of any level) are quiet. Leaves that hear a
// quiet area, or lie in the zone that stands for it, become one; their blocks and areas become one each, and the zones
// below go. An error names the area in or above which no zone has MinResidents whom the antennas hear, or which is none.
func Join(g *locate.Ground, areas []string) (Joined, error) {
	var groups []group
	for _, id := range areas {
		one, err := groupOf(g, id)
		if err != nil {
			return Joined{}, err
		}
		groups = append(groups, one)
	}
	groups = together(g.Zones, groups)
	zones, zoneOf, err := joinZones(g.Zones, groups)
	if err != nil {
		return Joined{}, err
	}
	out := Joined{Ground: &locate.Ground{Zones: zones, Near: g.Near}, ZoneOf: zoneOf}
	for _, one := range groups {
		for _, a := range one.anchors {
			out.Zones = append(out.Zones, g.Zones.At(a).ID)
			out.Within += len(finestWithin(g.Zones, a))
		}
	}
	slices.Sort(out.Zones)
	joinTree(g, out.Ground, groups, zoneOf)
	out.Ground.Index()
	return out, nil
}

// Mute returns a ground on which the places of quiet areas lie outside all zones: flows from and to them are not counted,
// and the domain of the table stays. It is for sums over days of which only some are quiet.
func Mute(g *locate.Ground, areas []string) (*locate.Ground, error) {
	out := *g
	out.Places = slices.Clone(g.Places)
	for _, id := range areas {
		one, err := groupOf(g, id)
		if err != nil {
			return nil, err
		}
		for i, p := range g.Places {
			if p.Zone >= 0 && g.Zones.Within(int(p.Zone), one.anchors[0]) {
				out.Places[i].Zone = -1
			}
		}
	}
	out.Index()
	return &out, nil
}

// groupOf climbs from a quiet area to the smallest zone with enough residents, in the table and within hearing.
func groupOf(g *locate.Ground, id string) (group, error) {
	area, ok := g.Zones.Index(zone.PlainID(id))
	if !ok {
		return group{}, fmt.Errorf("quiet: area %.40q is no zone of this geography; want the id of a zone of any level", id)
	}
	hears, part := make([]bool, len(g.Tree.Leaves)), make([]float64, len(g.Tree.Leaves))
	for _, s := range g.Shares {
		if s.Zone >= 0 && g.Zones.Within(int(s.Zone), area) {
			part[s.Leaf] += s.Weight
		}
	}
	for i := range hears {
		hears[i] = part[i] >= leastHeard
	}
	for anchor := area; anchor >= 0; anchor = g.Zones.Parent(anchor) {
		leaves, heard := slices.Clone(hears), 0.0
		for i, leaf := range g.Tree.Leaves {
			leaves[i] = leaves[i] || leaf.Zone >= 0 && g.Zones.Within(leaf.Zone, anchor)
			if leaves[i] {
				heard += leaf.Residents
			}
		}
		if g.Zones.At(anchor).Residents >= MinResidents && heard >= MinResidents {
			return group{[]int{anchor}, leaves}, nil
		}
	}
	return group{}, fmt.Errorf("quiet: no zone in or above area %.40q has %d public residents whom antennas hear; publish a larger region, or leave out the days on which it is quiet", id, MinResidents)
}

// together unites groups whose zones or leaves overlap, until none do. Of zones within each other the upper one stands.
func together(zones throng.Zones, groups []group) []group {
	for i := 0; i < len(groups); i++ {
		for k := i + 1; k < len(groups); k++ {
			if !groups[i].meets(zones, groups[k]) {
				continue
			}
			groups[i] = groups[i].with(zones, groups[k])
			groups = slices.Delete(groups, k, k+1)
			i = -1 // the united group may meet earlier ones
			break
		}
	}
	return groups
}

func (g group) meets(zones throng.Zones, o group) bool {
	for _, a := range g.anchors {
		for _, b := range o.anchors {
			if zones.Within(a, b) || zones.Within(b, a) {
				return true
			}
		}
	}
	for i := range g.leaves {
		if g.leaves[i] && o.leaves[i] {
			return true
		}
	}
	return false
}

func (g group) with(zones throng.Zones, o group) group {
	out := group{leaves: make([]bool, len(g.leaves))}
	for i := range g.leaves {
		out.leaves[i] = g.leaves[i] || o.leaves[i]
	}
	all := slices.Concat(g.anchors, o.anchors)
	slices.Sort(all)
	all = slices.Compact(all)
	for _, a := range all {
		if !slices.ContainsFunc(all, func(b int) bool { return a != b && zones.Within(a, b) }) {
			out.anchors = append(out.anchors, a)
		}
	}
	return out
}

// finestWithin lists the finest zones in a zone, itself when it is one.
func finestWithin(zones throng.Zones, top int) []int {
	var in []int
	for _, i := range zones.Finest() {
		if zones.Within(i, top) {
			in = append(in, i)
		}
	}
	return in
}

// joinZones takes out what lies below the zones that stand for quiet areas. Such a zone gets the people per device of all
// its residents together.
func joinZones(zones throng.Zones, groups []group) (throng.Zones, []int, error) {
	stands := make([]int, zones.Len())
	for i := range stands {
		stands[i] = i
	}
	var list []throng.Zone
	for i := range zones.Len() {
		one := zones.At(i)
		for _, g := range groups {
			for _, anchor := range g.anchors {
				if zones.Within(i, anchor) {
					stands[i] = anchor
				}
				if i == anchor {
					one.Factor = factorOf(zones, anchor)
				}
			}
		}
		if stands[i] == i {
			list = append(list, one)
		}
	}
	out, err := throng.NewZones(list)
	if err != nil {
		return out, nil, err
	}
	for i, s := range stands {
		stands[i], _ = out.Index(zones.At(s).ID)
	}
	return out, stands, nil
}

// factorOf is the people per device of a zone as a whole: residents over the devices that they have.
func factorOf(zones throng.Zones, anchor int) float64 {
	people, devices := 0.0, 0.0
	for _, i := range finestWithin(zones, anchor) {
		one := zones.At(i)
		factor := one.Factor
		if factor == 0 {
			factor = 1
		}
		people += float64(one.Residents)
		devices += float64(one.Residents) / factor
	}
	if devices == 0 {
		return 1
	}
	return people / devices
}

// name is the id of what a group becomes.
func (g group) name(zones throng.Zones, mark string) string {
	ids := zones.IDs(g.anchors...)
	return slices.MinFunc(ids, strings.Compare) + mark
}
