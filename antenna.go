package throng

// Leaf is the smallest ground on which anybody is ever counted: one antenna site, or several thin or protected sites
// merged before counting. Where it lies is public; which antennas it is made of is not.
type Leaf struct {
	ID        string  // made from its place in the tree, tells nothing about antennas
	Block     int     // index into Tree.Blocks
	Zone      int     // index of its dominant finest zone in Zones, -1 when none
	X, Y      float64 // centre of what it hears, metres in the plane of the geography
	Area      float64 // square metres of what it hears
	Residents float64 // public residents in what it hears
}

// Block is a set of leaves with enough public residents for a breakdown to be counted on it.
type Block struct {
	ID        string
	Up        int // of a block: index into Tree.Areas; of an area: -1
	Residents float64
}

// Tree is the public measurement tree: leaves lie in blocks, blocks in areas. Totals are measured on leaves, gender and
// age on blocks (at least 2,000 residents), origin on areas (at least 5,000): privacy.md, section 27.
// Leaves are sorted by id, and so are blocks and areas.
type Tree struct {
	Leaves []Leaf
	Blocks []Block
	Areas  []Block
}

// LeafIDs, BlockIDs and AreaIDs list the codes of the zone dimension of tables that are counted on that level.
func (t Tree) LeafIDs() []string {
	ids := make([]string, len(t.Leaves))
	for i := range ids {
		ids[i] = t.Leaves[i].ID
	}
	return ids
}

// BlockIDs lists the ids of the blocks in their order.
func (t Tree) BlockIDs() []string { return blockIDs(t.Blocks) }

// AreaIDs lists the ids of the areas in their order.
func (t Tree) AreaIDs() []string { return blockIDs(t.Areas) }

func blockIDs(blocks []Block) []string {
	ids := make([]string, len(blocks))
	for i := range ids {
		ids[i] = blocks[i].ID
	}
	return ids
}

// Share says how much of what is counted in a leaf is put on one tile of the grid. The shares of a leaf sum to 1, so a
// device that is counted once is given out once.
type Share struct {
	Leaf   int32   // index into Tree.Leaves
	E, N   int32   // lower left corner of the tile, metres in the plane of the geography
	Zone   int32   // index of the finest zone that holds the tile's centre, -1 outside all zones
	Weight float64 // 0..1
}
