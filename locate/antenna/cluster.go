package antenna

import (
	"math"
	"slices"

	"github.com/throng-stats/throng"
)

// cluster is a set of sites on its way to a leaf, of leaves on its way to a block, or of blocks on its way to an area. All
// sums are over tiles and additive, so that merging clusters adds them.
type cluster struct {
	members   []int32 // ascending
	protected bool
	residents float64 // public residents in what it hears
	devices   float64 // the same times the holder's share
	prior     moment  // under the prior
	flat      moment  // under the uniform prior, for clusters where nobody lives
	zone      int32   // dominant finest zone, -1 outside all
}

// moment is a weight on the ground: its sum, its centre times the sum, and its parts by zone.
type moment struct {
	sum, x, y float64
	zones     map[int32]float64
}

func (m *moment) add(weight, x, y float64, zone int32) {
	if weight == 0 {
		return
	}
	m.sum += weight
	m.x += weight * x
	m.y += weight * y
	if m.zones == nil {
		m.zones = make(map[int32]float64)
	}
	m.zones[zone] += weight
}

func (m *moment) merge(o moment) {
	m.sum += o.sum
	m.x += o.x
	m.y += o.y
	if m.zones == nil {
		m.zones = make(map[int32]float64, len(o.zones))
	}
	for zone, weight := range o.zones {
		m.zones[zone] += weight
	}
}

// dominant is the zone with most weight, ties to the smallest id; -1 when no weight lies in a zone.
func (m moment) dominant(zones throng.Zones) int32 {
	best, weight := int32(-1), 0.0
	for zone, w := range m.zones {
		if zone < 0 {
			continue
		}
		if best < 0 || w > weight || w == weight && zones.At(int(zone)).ID < zones.At(int(best)).ID {
			best, weight = zone, w
		}
	}
	return best
}

// best is the moment that counts: the prior where anybody lives, else the uniform one.
func (c *cluster) best() moment {
	if c.prior.sum > 0 {
		return c.prior
	}
	return c.flat
}

func (c *cluster) centre() (x, y float64) {
	m := c.best()
	return m.x / m.sum, m.y / m.sum
}

// merge takes in another cluster.
func (c *cluster) merge(o *cluster, zones throng.Zones) {
	c.members = append(c.members, o.members...)
	slices.Sort(c.members)
	c.protected = c.protected || o.protected
	c.residents += o.residents
	c.devices += o.devices
	c.prior.merge(o.prior)
	c.flat.merge(o.flat)
	c.zone = c.best().dominant(zones)
}

// mergeUntil merges clusters that are too small with their nearest neighbour, the smallest first, until none is or one is
// left. A neighbour with the same dominant zone goes before nearer ones of other zones. Ties go to the cluster with the
// smallest first member; distances are compared in whole millimetres.
func mergeUntil(list []*cluster, zones throng.Zones, size func(*cluster) float64, least float64) []*cluster {
	for len(list) > 1 {
		small := -1
		for i, c := range list {
			if s := size(c); s < least && (small < 0 || s < size(list[small])) {
				small = i
			}
		}
		if small < 0 {
			break
		}
		other := nearestTo(list, small)
		keep, drop := min(small, other), max(small, other)
		list[keep].merge(list[drop], zones)
		list = slices.Delete(list, drop, drop+1)
	}
	return list
}

// nearestTo relies on clusters being in the order of their first members.
func nearestTo(list []*cluster, of int) int {
	best, bestSame, bestAway := -1, false, 0.0
	x, y := list[of].centre()
	for i, c := range list {
		if i == of {
			continue
		}
		cx, cy := c.centre()
		away := math.Round(math.Hypot(cx-x, cy-y) * 1000)
		same := c.zone == list[of].zone
		if best < 0 || same && !bestSame || same == bestSame && away < bestAway {
			best, bestSame, bestAway = i, same, away
		}
	}
	return best
}

// grouped makes the clusters of the next level: one of each cluster below, with that as its only member.
func grouped(below []*cluster) []*cluster {
	list := make([]*cluster, len(below))
	for i, b := range below {
		c := &cluster{members: []int32{int32(i)}, residents: b.residents, devices: b.devices, zone: b.zone}
		c.prior.merge(b.prior)
		c.flat.merge(b.flat)
		list[i] = c
	}
	return list
}

// joined merges all clusters of which key says the same, in order.
func joined(list []*cluster, zones throng.Zones, key func(*cluster) int32) []*cluster {
	first := make(map[int32]*cluster)
	var out []*cluster
	for _, c := range list {
		k := key(c)
		if to, ok := first[k]; ok {
			to.merge(c, zones)
			continue
		}
		first[k] = c
		out = append(out, c)
	}
	return out
}
