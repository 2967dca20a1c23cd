package antenna

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/locate"
	"github.com/throng-stats/throng/locate/zone"
)

// BuildReport says what became of a plan. It speaks of the holder's antennas and stays with the holder.
type BuildReport struct {
	Cells, Sites          int
	Leaves, Blocks, Areas int
	Tiles                 int // on which any cell is heard
	Shares                int // rows of the public table
	Orphans               int // cells that are heard nowhere but on their own tile
	Bare                  int // cells without antenna data, heard where they are nearest
	PriorFallbacks        int // cells whose prior is 0 wherever they are heard; they got the uniform one
	OutsideZones          int // cells whose dominant ground lies outside all zones
	ResidentsHeard        float64
	ResidentsTotal        float64
	SmallLeaves           int      // below MinLeaf, because the whole ground is
	SmallBlocks           int      // below MinBlock: breakdowns by gender and age must not be counted there
	SmallAreas            int      // below MinArea: breakdowns by origin must not be counted there
	Notes                 []string // what was left out, in words
}

// builder holds what the steps of Build share.
type builder struct {
	opt     Options
	cells   []Cell // sorted by id
	public  tables
	locator *zone.Locator
	survey  *survey
	foot    *Footprint
	zoneOf  []int32   // by tile of the footprint
	people  []float64 // by tile: public residents
	prior   []float64 // by tile
	report  BuildReport
}

// Build works out the ground of a cell plan: what each cell hears, the leaves in which anybody is ever counted, the blocks
// and areas above them, and how much of a leaf lies on which tile. It uses the plan and public tables only, so it may be
// done before any row is read; the same plan and zones in another order give the same ground.
func Build(plan []Cell, zones *zone.Set, opt Options) (*locate.Ground, BuildReport, error) {
	return groundOf(plan, zones, opt, (*builder).hear)
}

// groundOf has everything that does not ask how the footprints are made.
func groundOf(plan []Cell, zones *zone.Set, opt Options, footprints func(*builder) error) (*locate.Ground, BuildReport, error) {
	opt = opt.ensureDefaults(zones)
	if err := opt.validate(); err != nil {
		return nil, BuildReport{}, err
	}
	cells, err := sortedCells(plan)
	if err != nil {
		return nil, BuildReport{}, err
	}
	public, err := opt.fill(zones)
	if err != nil {
		return nil, BuildReport{}, err
	}
	b := &builder{opt: opt, cells: cells, public: public, locator: zones.Locator(opt.Plane, opt.Tile)}
	if err := footprints(b); err != nil {
		return nil, BuildReport{}, err
	}
	if err := b.settle(); err != nil {
		return nil, BuildReport{}, err
	}
	leaves, err := b.hideProtected(b.sites())
	if err != nil {
		return nil, BuildReport{}, err
	}
	leaves, blocks, areas := b.merge(leaves)
	g := b.ground(leaves, blocks, areas)
	g.Index()
	return g, b.finish(g), nil
}

func sortedCells(plan []Cell) ([]Cell, error) {
	if len(plan) == 0 {
		return nil, fmt.Errorf("ground: the cell plan has no cell; want at least one")
	}
	cells := slices.Clone(plan)
	slices.SortFunc(cells, func(a, b Cell) int { return strings.Compare(a.ID, b.ID) })
	for i, c := range cells {
		if i > 0 && c.ID == cells[i-1].ID {
			return nil, fmt.Errorf("ground: cell %.40q occurs twice in the plan; leave one out", c.ID)
		}
		if !(math.Abs(c.Lat) <= 90 && math.Abs(c.Lon) <= 180) {
			return nil, fmt.Errorf("ground: cell %.40q stands at %v, %v, want degrees", c.ID, c.Lat, c.Lon)
		}
	}
	return cells, nil
}

// hear makes the footprints of a model of propagation.
func (b *builder) hear() error {
	b.survey = newSurvey(b.cells, b.opt.Plane, b.opt.Tile)
	b.foot, b.report.Orphans = b.survey.footprint()
	for _, bare := range b.survey.bare {
		if bare {
			b.report.Bare++
		}
	}
	return nil
}

// settle puts zones, residents and the prior on the tiles. Residents are spread over all tiles of their zone, heard or not:
// evenly, or as the public grid of land use says.
func (b *builder) settle() error {
	use, err := b.opt.landUse()
	if err != nil {
		return err
	}
	n := len(b.foot.Tiles)
	b.zoneOf, b.people, b.prior = make([]int32, n), make([]float64, n), make([]float64, n)
	even, used := make([]float64, b.public.zones.Len()), make([]float64, b.public.zones.Len()) // per tile, per weight
	for i, people := range b.public.residents {
		if people > 0 {
			tiles, weight := 0, 0.0
			b.locator.Tiles(int32(i), func(e, n int32) { tiles++; weight += use[[2]int32{e, n}] })
			even[i] = people / math.Max(1, float64(tiles))
			if weight > 0 {
				used[i], even[i] = (1-landUseFloor)*people/weight, landUseFloor*even[i]
			}
		}
	}
	for t, tile := range b.foot.Tiles {
		b.zoneOf[t] = b.locator.Tile(tile[0], tile[1])
		if z := b.zoneOf[t]; z >= 0 {
			b.people[t] = even[z] + used[z]*use[tile]
		}
		b.prior[t] = 1
		if b.opt.Prior == PriorResidents {
			b.prior[t] = b.people[t]
		}
	}
	return nil
}

// tileCentre is the middle of a tile of the footprint.
func (b *builder) tileCentre(t int) (x, y float64) {
	half := float64(b.opt.Tile) / 2
	return float64(b.foot.Tiles[t][0]) + half, float64(b.foot.Tiles[t][1]) + half
}

// sites makes the smallest clusters, one of each site.
func (b *builder) sites() []*cluster {
	list := make([]*cluster, countOf(b.survey.site))
	for i := range list {
		list[i] = &cluster{members: []int32{int32(i)}}
	}
	for t, pairs := range b.foot.Pairs {
		x, y := b.tileCentre(t)
		z := b.zoneOf[t]
		share := 0.0
		if z >= 0 {
			share = b.public.share[z]
		}
		for _, p := range pairs {
			c := list[b.survey.site[p.Cell]]
			c.residents += p.P * b.people[t]
			c.devices += p.P * b.people[t] * share
			c.prior.add(p.P*b.prior[t], x, y, z)
			c.flat.add(p.P, x, y, z)
		}
	}
	for _, c := range list {
		c.zone = c.best().dominant(b.public.zones)
	}
	b.report.Sites = len(list)
	return list
}

// merge makes leaves, blocks and areas.
func (b *builder) merge(leaves []*cluster) (_, blocks, areas []*cluster) {
	zones := b.public.zones
	devices := func(c *cluster) float64 { return c.devices }
	residents := func(c *cluster) float64 { return c.residents }
	if len(b.opt.Residents) == 0 {
		b.report.Notes = append(b.report.Notes, "no table of residents: leaves are sites, blocks are zones, areas are zones above; the least residents of leaves, blocks and areas are not ensured")
		blocks = joined(grouped(leaves), zones, func(c *cluster) int32 { return c.zone })
		areas = joined(grouped(blocks), zones, func(c *cluster) int32 {
			if c.zone >= 0 && zones.Parent(int(c.zone)) >= 0 {
				return int32(zones.Parent(int(c.zone)))
			}
			return c.zone
		})
		return leaves, blocks, areas
	}
	leaves = mergeUntil(leaves, zones, devices, b.opt.MinLeaf)
	blocks = mergeUntil(grouped(leaves), zones, residents, b.opt.MinBlock)
	areas = mergeUntil(grouped(blocks), zones, residents, b.opt.MinArea)
	return leaves, blocks, areas
}

// finish counts what the report says.
func (b *builder) finish(g *locate.Ground) BuildReport {
	r := b.report
	r.Cells, r.Tiles, r.Shares = len(b.cells), len(b.foot.Tiles), len(g.Shares)
	r.Leaves, r.Blocks, r.Areas = len(g.Tree.Leaves), len(g.Tree.Blocks), len(g.Tree.Areas)
	r.ResidentsTotal = b.public.total
	for _, p := range g.Places {
		if p.Zone < 0 {
			r.OutsideZones++
		}
	}
	for _, leaf := range g.Tree.Leaves {
		r.ResidentsHeard += leaf.Residents
	}
	if len(b.opt.Residents) == 0 {
		return r
	}
	r.SmallBlocks, r.SmallAreas = below(g.Tree.Blocks, b.opt.MinBlock), below(g.Tree.Areas, b.opt.MinArea)
	if r.SmallBlocks > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("the whole ground has fewer than %.0f residents; leave out gender and age", b.opt.MinBlock))
	}
	if r.SmallAreas > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("the whole ground has fewer than %.0f residents; leave out origin", b.opt.MinArea))
	}
	if r.SmallLeaves > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("the whole ground has fewer than %.0f residents x share", b.opt.MinLeaf))
	}
	return r
}

func below(blocks []throng.Block, least float64) int {
	n := 0
	for _, b := range blocks {
		if b.Residents < least {
			n++
		}
	}
	return n
}
