package antenna

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/locate"
)

// leastWeight is the part of a leaf's best tile below which a tile is left out of the public shares: it keeps the table
// small, and what is left out of a leaf is put on its other tiles.
const leastWeight = 1e-4

// ground assembles the product from the clusters of the three levels.
func (b *builder) ground(leaves, blocks, areas []*cluster) *locate.Ground {
	g := &locate.Ground{Zones: b.public.zones}
	leafIDs, leafAt := b.names(leaves, "")
	blockIDs, blockAt := b.names(blocks, "b")
	areaIDs, areaAt := b.names(areas, "a")
	g.Tree.Areas = make([]throng.Block, len(areas))
	for k, c := range areas {
		g.Tree.Areas[areaAt[k]] = throng.Block{ID: areaIDs[k], Up: -1, Residents: c.residents}
	}
	g.Tree.Blocks = make([]throng.Block, len(blocks))
	for k, c := range blocks {
		g.Tree.Blocks[blockAt[k]] = throng.Block{ID: blockIDs[k], Residents: c.residents}
	}
	for k, c := range areas {
		for _, m := range c.members {
			g.Tree.Blocks[blockAt[m]].Up = areaAt[k]
		}
	}
	g.Tree.Leaves = make([]throng.Leaf, len(leaves))
	leafOf := make([]int32, b.report.Sites)
	for k, c := range leaves {
		g.Tree.Leaves[leafAt[k]] = throng.Leaf{ID: leafIDs[k], Zone: int(c.zone), Residents: c.residents}
		if len(b.opt.Residents) > 0 && c.devices < b.opt.MinLeaf {
			b.report.SmallLeaves++
		}
		for _, m := range c.members {
			leafOf[m] = int32(leafAt[k])
		}
	}
	for k, c := range blocks {
		for _, m := range c.members {
			g.Tree.Leaves[leafAt[m]].Block = blockAt[k]
		}
	}
	b.shares(g, leafOf)
	b.places(g, leafOf)
	return g
}

// names gives the clusters of one level their ids: the id of the dominant zone, a mark for the level and the rank of the
// cluster in the zone from south to north. They tell nothing about antennas. at is the place of each cluster in the order
// of ids.
func (b *builder) names(list []*cluster, mark string) (ids []string, at []int) {
	order := make([]int, len(list))
	inZone := make(map[int32]int)
	for i, c := range list {
		order[i] = i
		inZone[c.zone]++
	}
	slices.SortStableFunc(order, func(i, k int) int {
		xi, yi := list[i].centre()
		xk, yk := list[k].centre()
		return cmp.Or(cmp.Compare(list[i].zone, list[k].zone), cmp.Compare(yi, yk), cmp.Compare(xi, xk))
	})
	ids, at = make([]string, len(list)), make([]int, len(list))
	rank := make(map[int32]int)
	for _, i := range order {
		z := list[i].zone
		rank[z]++
		width := max(2, len(strconv.Itoa(inZone[z])))
		ids[i] = fmt.Sprintf("%s-%s%0*d", b.zoneName(z), mark, width, rank[z])
	}
	slices.SortFunc(order, func(i, k int) int { return strings.Compare(ids[i], ids[k]) })
	for place, i := range order {
		at[i] = place
	}
	return ids, at
}

// zoneName is the id of a zone, or a word that is no zone's id for ground outside all zones.
func (b *builder) zoneName(z int32) string {
	if z >= 0 {
		return b.public.zones.At(int(z)).ID
	}
	name := "out"
	for slices.ContainsFunc(b.public.zones.IDs(), func(id string) bool { return strings.EqualFold(id, name) }) {
		name += "_"
	}
	return name
}

// part is how much of a leaf is on a tile: P of the methods, section 6, summed over the cells of the leaf.
type part struct {
	tile int
	p    float64
}

// shares spreads each leaf over its tiles by the posterior under the prior and measures what it hears.
func (b *builder) shares(g *locate.Ground, leafOf []int32) {
	parts := make([][]part, len(g.Tree.Leaves))
	for t, pairs := range b.foot.Pairs {
		for _, p := range pairs {
			leaf := leafOf[b.survey.site[p.Cell]]
			list := parts[leaf]
			if n := len(list); n > 0 && list[n-1].tile == t {
				list[n-1].p += p.P
				continue
			}
			parts[leaf] = append(list, part{t, p.P})
		}
	}
	square := float64(b.opt.Tile) * float64(b.opt.Tile)
	for i := range g.Tree.Leaves {
		leaf := &g.Tree.Leaves[i]
		for _, p := range parts[i] {
			leaf.Area += p.p * square
		}
		for k, weight := range b.weights(parts[i]) {
			if weight == 0 {
				continue
			}
			t := parts[i][k].tile
			x, y := b.tileCentre(t)
			leaf.X += weight * x
			leaf.Y += weight * y
			g.Shares = append(g.Shares, throng.Share{Leaf: int32(i), E: b.foot.Tiles[t][0], N: b.foot.Tiles[t][1], Zone: b.zoneOf[t], Weight: weight})
		}
	}
}

// weights is the posterior of a leaf on its tiles: it sums to 1, and small parts are 0. Where the prior is 0 on all of its
// tiles it is the uniform one.
func (b *builder) weights(parts []part) []float64 {
	w := make([]float64, len(parts))
	best := 0.0
	for i, p := range parts {
		w[i] = p.p * b.prior[p.tile]
		best = max(best, w[i])
	}
	if best == 0 {
		for i, p := range parts {
			w[i] = p.p
			best = max(best, w[i])
		}
	}
	sum := 0.0
	for i := range w {
		if w[i] < leastWeight*best {
			w[i] = 0
		}
		sum += w[i]
	}
	for i := range w {
		w[i] /= sum
	}
	return w
}

// places lists the cells with their leaf, their dominant zone and who is near.
func (b *builder) places(g *locate.Ground, leafOf []int32) {
	q, fallbacks := b.foot.Posterior(b.prior, len(b.cells))
	b.report.PriorFallbacks = fallbacks
	moments := make([]moment, len(b.cells))
	for t, pairs := range b.foot.Pairs {
		x, y := b.tileCentre(t)
		for k, p := range pairs {
			moments[p.Cell].add(q[t][k], x, y, b.zoneOf[t])
		}
	}
	g.Places = make([]locate.Place, len(b.cells))
	for i, c := range b.cells {
		site := b.survey.site[i]
		g.Places[i] = locate.Place{ID: c.ID, Lat: c.Lat, Lon: c.Lon, From: c.From, Until: c.Until,
			Leaf: leafOf[site], Zone: moments[i].dominant(b.public.zones), Site: site}
		if b.opt.Clock != nil {
			g.Places[i].Clock = b.opt.Clock(c)
		}
	}
	g.Near = b.foot.Near(len(b.cells))
}
