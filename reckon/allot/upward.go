package allot

import (
	"fmt"
	"slices"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/release"
)

// upward says, for one level of the tree, in which node each leaf lies and how much of its residents the leaf has.
type upward struct {
	node  []int32   // by leaf; -1 when the leaf lies in none
	omega []float64 // by leaf: its share of the residents of the node, equal shares when there are none
	nodes int
}

// uprights prepares blocks and areas.
func uprights(t throng.Tree) (map[string]upward, error) {
	block := upward{node: make([]int32, len(t.Leaves)), nodes: len(t.Blocks)}
	above := upward{node: make([]int32, len(t.Leaves)), nodes: len(t.Areas)}
	for i, leaf := range t.Leaves {
		block.node[i], above.node[i] = -1, -1
		if leaf.Block < -1 || leaf.Block >= len(t.Blocks) && len(t.Blocks) > 0 {
			return nil, fmt.Errorf("allot: leaf %s lies in block %d of %d; make the geography again", leaf.ID, leaf.Block, len(t.Blocks))
		}
		if leaf.Block < 0 || len(t.Blocks) == 0 {
			continue
		}
		up := t.Blocks[leaf.Block].Up
		if up < -1 || up >= len(t.Areas) {
			return nil, fmt.Errorf("allot: block %s lies in area %d of %d; make the geography again", t.Blocks[leaf.Block].ID, up, len(t.Areas))
		}
		block.node[i], above.node[i] = int32(leaf.Block), int32(up)
	}
	block.weigh(t.Leaves)
	above.weigh(t.Leaves)
	return map[string]upward{throng.LevelBlock: block, throng.LevelArea: above}, nil
}

// weigh computes omega.
func (u *upward) weigh(leaves []throng.Leaf) {
	residents, count := make([]float64, u.nodes), make([]float64, u.nodes)
	for i, node := range u.node {
		if node >= 0 {
			residents[node] += leaves[i].Residents
			count[node]++
		}
	}
	u.omega = make([]float64, len(leaves))
	for i, node := range u.node {
		switch {
		case node < 0:
		case residents[node] > 0:
			u.omega[i] = leaves[i].Residents / residents[node]
		default:
			u.omega[i] = 1 / count[node]
		}
	}
}

// Up lifts an area to a level of the tree on which breakdowns are measured (throng.LevelBlock or LevelArea): how many
// people a device of each block (or area) stands for here, if the devices of a block are spread as its residents are.
// The slice has one place a block or area.
func (x *Index) Up(a Area, level string) []float64 {
	u, ok := x.upward[level]
	if !ok {
		panic(fmt.Sprintf("allot: level %q is neither %s nor %s", level, throng.LevelBlock, throng.LevelArea))
	}
	lifted := make([]float64, u.nodes)
	for i, leaf := range a.Leaf {
		if node := u.node[leaf]; node >= 0 {
			lifted[node] += u.omega[leaf] * a.Weight[i]
		}
	}
	return lifted
}

// Calibrated reports whether the public shares of the geography give people per device by class of a dimension, gender or age,
// for any of some codes.
func (x *Index) Calibrated(dim string, codes []string) bool {
	return slices.ContainsFunc(codes, func(code string) bool { return x.classes.Has(dim, code) })
}

// UpClass is Up for the devices of one class of a dimension: a device of the class stands for the people of the class. A class
// without factors of its own, such as not known, is taken for everybody, and ok is false.
func (x *Index) UpClass(a Area, level, dim, code string) (lifted []float64, ok bool) {
	if !x.classes.Has(dim, code) {
		return x.Up(a, level), false
	}
	u, factor := x.upward[level], make(map[int32]float64)
	lifted = make([]float64, u.nodes)
	add := func(leaf, z int32, share float64) {
		if node := u.node[leaf]; node >= 0 {
			f, known := factor[z]
			if !known {
				f = x.Factor(int(z))
				if of, own := x.classes.Of(int(z), dim, code); own {
					f = of
				}
				factor[z] = f
			}
			lifted[node] += u.omega[leaf] * share * f
		}
	}
	for _, p := range a.pieces {
		add(p.leaf, p.zone, p.share)
	}
	if a.pieces == nil {
		for i, leaf := range a.Leaf {
			add(leaf, int32(x.tree.Leaves[leaf].Zone), a.Share[i])
		}
	}
	return lifted, true
}

// Node returns, for each leaf, its block or area; -1 when it lies in none. The slice is shared: do not change it.
func (x *Index) Node(level string) []int32 { return x.upward[level].node }

// census sorts the residents' table by zone. Rows of zones that the geography does not have are not read.
func (x *Index) census(rows []release.Residents) {
	x.residents = make([][]release.Residents, x.zones.Len())
	for _, r := range rows {
		if z, ok := x.zones.Index(r.Zone); ok {
			x.residents[z] = append(x.residents[z], r)
		}
	}
}

// Composition is the public composition of the residents of an area by gender or age, over the given codes, summing to
// 1. Residents of a zone that is only partly inside count by that part. Without public residents of these codes, and for
// every other dimension, all codes are equal. Where devices are calibrated by class, residents of bands that are not among the
// codes are in the code of those who are not known, as their devices are.
func (x *Index) Composition(a Area, dim string, codes []string) []float64 {
	people, place := make([]float64, len(codes)), make(map[string]int, len(codes))
	for i, c := range codes {
		place[c] = i
	}
	rest, fold := place[throng.Unknown]
	fold = fold && x.Calibrated(dim, codes)
	total := 0.0
	for k, z := range a.Zone {
		for _, r := range x.residents[z] {
			code := ""
			switch dim {
			case throng.DimGender:
				code = r.Gender
			case throng.DimAge:
				code = r.Age
			}
			i, ok := place[code]
			if !ok && fold {
				i, ok = rest, true
			}
			if ok && code != "" {
				people[i] += a.Part[k] * float64(r.People)
				total += a.Part[k] * float64(r.People)
			}
		}
	}
	for i := range people {
		if total > 0 {
			people[i] /= total
		} else {
			people[i] = 1 / float64(len(codes))
		}
	}
	return people
}

// Residents is the number of public residents of an area: those of its zones by their parts, or those of its leaves by
// their shares when zones have none. 0 means that no residents are known.
func (x *Index) Residents(a Area) float64 {
	of := 0.0
	for k, z := range a.Zone {
		of += a.Part[k] * float64(x.zones.At(int(z)).Residents)
	}
	if of > 0 {
		return of
	}
	for k, leaf := range a.Leaf {
		of += a.Share[k] * x.tree.Leaves[leaf].Residents
	}
	return of
}
