package quiet

import (
	"cmp"
	"slices"
	"strings"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/locate"
)

// joinTree fills the tree, the shares and the places of the joined ground.
func joinTree(old, out *locate.Ground, groups []group, zoneOf []int) {
	areas, areaOf := joinBlocks(old.Tree.Areas, touched(old, groups, func(block int) int { return old.Tree.Blocks[block].Up }), old.Zones, "-qa01")
	blocks, blockOf := joinBlocks(old.Tree.Blocks, touched(old, groups, func(block int) int { return block }), old.Zones, "-qb01")
	for i, to := range blockOf {
		blocks[to].Up = areaOf[old.Tree.Blocks[i].Up]
	}
	leaves, leafOf, weight := joinLeaves(old, groups, blockOf, zoneOf)
	out.Tree = throng.Tree{Leaves: leaves, Blocks: blocks, Areas: areas}
	out.Shares = joinShares(old.Shares, leafOf, weight, zoneOf)
	out.Places = slices.Clone(old.Places)
	for i, p := range out.Places {
		out.Places[i].Leaf = int32(leafOf[p.Leaf])
		if p.Zone >= 0 {
			out.Places[i].Zone = int32(zoneOf[p.Zone])
		}
	}
}

// part is nodes of one level that become one.
type part struct {
	group group
	nodes []int
}

// touched lists, for every group, the blocks or areas that hold a leaf of it; groups that touch the same one are together.
func touched(g *locate.Ground, groups []group, up func(block int) int) []part {
	var parts []part
	for _, one := range groups {
		p := part{group: one}
		for i, in := range one.leaves {
			if in {
				p.nodes = append(p.nodes, up(g.Tree.Leaves[i].Block))
			}
		}
		for i := 0; i < len(parts); {
			if slices.ContainsFunc(parts[i].nodes, func(n int) bool { return slices.Contains(p.nodes, n) }) {
				p.group.anchors = append(slices.Clone(p.group.anchors), parts[i].group.anchors...)
				p.nodes = append(p.nodes, parts[i].nodes...)
				parts = slices.Delete(parts, i, i+1)
				continue
			}
			i++
		}
		slices.Sort(p.nodes)
		p.nodes = slices.Compact(p.nodes)
		parts = append(parts, p)
	}
	return parts
}

// joinBlocks makes each part one block, in the order of ids, and says where every old one went.
func joinBlocks(old []throng.Block, parts []part, zones throng.Zones, mark string) ([]throng.Block, []int) {
	into := make([]int, len(old)) // the first node of the part, or the node itself
	ids := make([]string, len(old))
	for i, b := range old {
		into[i], ids[i] = i, b.ID
	}
	for _, p := range parts {
		for _, n := range p.nodes {
			into[n] = p.nodes[0]
		}
		if len(p.nodes) > 1 {
			ids[p.nodes[0]] = p.group.name(zones, mark)
		}
	}
	order := ordered(into, ids)
	list, at := make([]throng.Block, len(order)), places(order, into)
	for i, k := range at {
		list[k] = throng.Block{ID: ids[into[i]], Up: -1, Residents: list[k].Residents + old[i].Residents}
	}
	return list, at
}

// ordered lists the nodes that stay, by their ids.
func ordered(into []int, ids []string) []int {
	var order []int
	for i, to := range into {
		if i == to {
			order = append(order, i)
		}
	}
	slices.SortFunc(order, func(a, b int) int { return strings.Compare(ids[a], ids[b]) })
	return order
}

// places says where each old node went in the order of those that stay.
func places(order, into []int) []int {
	rank, at := make(map[int]int, len(order)), make([]int, len(into))
	for k, i := range order {
		rank[i] = k
	}
	for i, to := range into {
		at[i] = rank[to]
	}
	return at
}

// joinLeaves makes each group one leaf. weight is how much each old leaf counts in its new one: by residents, or by ground
// where nobody lives.
func joinLeaves(old *locate.Ground, groups []group, blockOf, zoneOf []int) ([]throng.Leaf, []int, []float64) {
	leaves := old.Tree.Leaves
	into, ids, weight := make([]int, len(leaves)), make([]string, len(leaves)), make([]float64, len(leaves))
	joined := make([]throng.Leaf, len(leaves))
	for i, leaf := range leaves {
		into[i], ids[i], weight[i] = i, leaf.ID, 1
		leaf.Block = blockOf[leaf.Block]
		if leaf.Zone >= 0 {
			leaf.Zone = zoneOf[leaf.Zone]
		}
		joined[i] = leaf
	}
	for _, g := range groups {
		first := slices.Index(g.leaves, true)
		joined[first] = oneLeaf(leaves, g, weight)
		joined[first].Block = blockOf[leaves[first].Block]
		joined[first].Zone = zoneOf[g.largest(old.Zones)]
		for i, in := range g.leaves {
			if in {
				into[i] = first
			}
		}
		ids[first] = joined[first].ID
		if g.size() > 1 {
			ids[first] = g.name(old.Zones, "-q01")
		}
	}
	order := ordered(into, ids)
	list := make([]throng.Leaf, len(order))
	for k, i := range order {
		list[k] = joined[i]
		list[k].ID = ids[i]
	}
	return list, places(order, into), weight
}

func (g group) size() int {
	n := 0
	for _, in := range g.leaves {
		if in {
			n++
		}
	}
	return n
}

// largest is the zone of a group in which most people live.
func (g group) largest(zones throng.Zones) int {
	return slices.MaxFunc(g.anchors, func(a, b int) int { return cmp.Compare(zones.At(a).Residents, zones.At(b).Residents) })
}

// oneLeaf adds up the leaves of a group and notes the weight of each.
func oneLeaf(leaves []throng.Leaf, g group, weight []float64) throng.Leaf {
	var sum throng.Leaf
	for i, in := range g.leaves {
		if in {
			sum.Residents += leaves[i].Residents
			sum.Area += leaves[i].Area
			if sum.ID == "" {
				sum.ID = leaves[i].ID
			}
		}
	}
	for i, in := range g.leaves {
		if !in {
			continue
		}
		switch {
		case sum.Residents > 0:
			weight[i] = leaves[i].Residents / sum.Residents
		case sum.Area > 0:
			weight[i] = leaves[i].Area / sum.Area
		default:
			weight[i] = 1 / float64(g.size())
		}
		sum.X += weight[i] * leaves[i].X
		sum.Y += weight[i] * leaves[i].Y
	}
	return sum
}

// joinShares adds up the shares of joined leaves tile by tile. With residents as prior the sum is the share of the joined
// leaf as it would have been worked out from the antennas.
func joinShares(old []throng.Share, leafOf []int, weight []float64, zoneOf []int) []throng.Share {
	type key struct{ leaf, e, n int32 }
	at := make(map[key]int, len(old))
	var list []throng.Share
	for _, s := range old {
		w := weight[s.Leaf] * s.Weight
		if w == 0 {
			continue
		}
		s.Leaf = int32(leafOf[s.Leaf])
		if s.Zone >= 0 {
			s.Zone = int32(zoneOf[s.Zone])
		}
		k := key{s.Leaf, s.E, s.N}
		if i, ok := at[k]; ok {
			list[i].Weight += w
			continue
		}
		at[k] = len(list)
		s.Weight = w
		list = append(list, s)
	}
	slices.SortFunc(list, func(a, b throng.Share) int {
		return cmp.Or(cmp.Compare(a.Leaf, b.Leaf), cmp.Compare(a.E, b.E), cmp.Compare(a.N, b.N))
	})
	return list
}
