package balance

import (
	"math"

	"github.com/throng-stats/throng"
)

// Nodes says which node of a Tree stands for each leaf, block and area of a measurement tree; node 0 is the root.
type Nodes struct {
	Leaf, Block, Area []int
}

// Measurement makes the tree of a release of present: the root, areas, blocks and leaves. leafVariance is that of every
// leaf; blockVariance and areaVariance are those of the totals that breakdowns measure there, +Inf when there are none.
// A block without leaves, and an area without blocks, is left out (its node is -1): there is nobody in it to add up.
func Measurement(of throng.Tree, leafVariance, blockVariance, areaVariance float64) (*Tree, Nodes, error) {
	n := Nodes{Leaf: make([]int, len(of.Leaves)), Block: make([]int, len(of.Blocks)), Area: make([]int, len(of.Areas))}
	block, area := make([]bool, len(of.Blocks)), make([]bool, len(of.Areas))
	for _, leaf := range of.Leaves {
		if leaf.Block < 0 || len(of.Blocks) == 0 {
			continue
		}
		block[leaf.Block] = true
		if up := of.Blocks[leaf.Block].Up; up >= 0 {
			area[up] = true
		}
	}
	parent, variance := []int{-1}, []float64{math.Inf(1)}
	node := func(up int, s float64) int {
		parent, variance = append(parent, up), append(variance, s)
		return len(parent) - 1
	}
	for i := range of.Areas {
		if n.Area[i] = -1; area[i] {
			n.Area[i] = node(0, areaVariance)
		}
	}
	for i, b := range of.Blocks {
		if n.Block[i] = -1; block[i] {
			up := 0
			if b.Up >= 0 {
				up = n.Area[b.Up]
			}
			n.Block[i] = node(up, blockVariance)
		}
	}
	for i, leaf := range of.Leaves {
		up := 0
		if leaf.Block >= 0 && len(of.Blocks) > 0 {
			up = n.Block[leaf.Block]
		}
		n.Leaf[i] = node(up, leafVariance)
	}
	tree, err := New(parent, variance)
	return tree, n, err
}
