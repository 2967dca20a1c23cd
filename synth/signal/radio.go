package signal

import (
	"math"
	"sync/atomic"

	"github.com/throng-stats/throng/synth/city"
	"github.com/throng-stats/throng/synth/dice"
)

// NoCell marks an event without a cell.
const NoCell = math.MaxUint16

// The numbers of the radio model. Path losses and spreads after 3GPP TR 38.901, table 7.4.1-1 (UMa NLOS in its simple form, UMi
// street canyon NLOS; the country is a power law of 3.5 from UMa's first metre), sector patterns after TR 36.814, table
// A.2.1.1-2. It is not the model that estimates footprints from the plan: the truth must not be computed by the code
// under test.
const (
	choices     = 6      // cells that a place can hear
	masts       = 10     // nearest masts that are tried
	window      = 15.0   // dB below the strongest at which a cell is given up
	deaf        = -125.0 // dBm; nothing weaker is heard
	fadingScale = 3.1    // dB; logistic scale of a fast fading of 4 dB (4 * sqrt(6)/pi), ours
	siteShadow  = 5.0    // dB, common to the cells of a site
	cellShadow  = 4.0    // dB, of one cell; together 6.4 (TR 38.901: 6 to 8)
	hostTile    = 200.0  // metres over which shadowing is constant
	homeTile    = 500.0
	rim         = 8000.0 // metres beyond the outermost sites
)

// choice is a cell and the probability, in 1/65,535, that this one or an earlier one is heard best.
type choice struct{ cell, upTo uint16 }

type hearing [choices]choice

// raster covers one province with tiles. A tile is computed when the first phone is in it; whoever computes it gets the
// same, so it does not matter who is first.
type raster struct {
	x0, y0, step float64
	nx, ny       int
	key          uint64 // of the province, in hashes
	sites        []int
	tile         []atomic.Pointer[hearing]
}

// Radio says which cells a phone hears: for each tile of the ground the strongest cells, and how often each is the strongest
// when fast fading is added. The maximum of values with Gumbel noise is a logit, so one table look-up draws the strongest
// cell. It may be used by many goroutines.
type Radio struct {
	plan    *city.Plan
	rasters [city.Provinces]raster
}

// NewRadio prepares the radio model of a plan.
func NewRadio(plan *city.Plan) *Radio {
	r := &Radio{plan: plan}
	for region := range r.rasters {
		g := &r.rasters[region]
		low, high := city.Point{X: math.Inf(1), Y: math.Inf(1)}, city.Point{X: math.Inf(-1), Y: math.Inf(-1)}
		for i, s := range plan.Sites {
			if s.Region == region {
				g.sites = append(g.sites, i)
				low.X, low.Y = min(low.X, s.At.X), min(low.Y, s.At.Y)
				high.X, high.Y = max(high.X, s.At.X), max(high.Y, s.At.Y)
			}
		}
		g.key, g.step = uint64(region)<<40, hostTile
		if region != city.Host {
			g.step = homeTile
		}
		g.x0, g.y0 = low.X-rim, low.Y-rim
		g.nx, g.ny = int((high.X-low.X+2*rim)/g.step)+1, int((high.Y-low.Y+2*rim)/g.step)+1
		g.tile = make([]atomic.Pointer[hearing], g.nx*g.ny)
	}
	return r
}

// at is what is heard at a point; nil where no province is.
func (r *Radio) at(p city.Point) *hearing {
	for k := range r.rasters {
		g := &r.rasters[k]
		i, j := int((p.X-g.x0)/g.step), int((p.Y-g.y0)/g.step)
		if p.X < g.x0 || p.Y < g.y0 || i >= g.nx || j >= g.ny {
			continue
		}
		tile := &g.tile[j*g.nx+i]
		if known := tile.Load(); known != nil {
			return known
		}
		middle := city.Point{X: g.x0 + g.step*(float64(i)+.5), Y: g.y0 + g.step*(float64(j)+.5)}
		heard := r.hear(middle, g.sites, g.key|uint64(j)<<20|uint64(i))
		tile.Store(&heard)
		return &heard
	}
	return nil
}

// hear lists the strongest cells at a point.
func (r *Radio) hear(at city.Point, sites []int, tile uint64) hearing {
	var near [masts]struct {
		site int
		far  float64
	}
	n := 0
	var level [choices]float64
	var heard hearing
	count := 0
	consider := func(site int, far float64) {
		s := &r.plan.Sites[site]
		common := siteShadow * normal(dice.Hash(r.plan.Seed, 50, tile, uint64(site)))
		for _, c := range s.Cells {
			l := received(s, &r.plan.Cells[c], at, far) + common + cellShadow*normal(dice.Hash(r.plan.Seed, 51, tile, uint64(c)))
			k := min(count, choices-1)
			if count == choices && l <= level[k] {
				continue
			}
			for ; k > 0 && level[k-1] < l; k-- {
				level[k], heard[k] = level[k-1], heard[k-1]
			}
			level[k], heard[k] = l, choice{cell: uint16(c)}
			count = min(count+1, choices)
		}
	}
	for _, i := range sites {
		far := r.plan.Sites[i].At.Distance(at)
		if r.plan.Sites[i].Micro {
			if far < 900 {
				consider(i, far)
			}
			continue
		}
		k := min(n, masts-1)
		if n == masts && far >= near[k].far {
			continue
		}
		for ; k > 0 && near[k-1].far > far; k-- {
			near[k] = near[k-1]
		}
		near[k].site, near[k].far = i, far
		n = min(n+1, masts)
	}
	for _, m := range near[:n] {
		consider(m.site, m.far)
	}
	return logit(heard, level, count)
}

// logit turns levels into running probabilities. A tile that hears nothing has upTo 0 everywhere.
func logit(heard hearing, level [choices]float64, count int) hearing {
	if count == 0 || level[0] < deaf {
		return hearing{}
	}
	var weight [choices]float64
	sum := 0.0
	for k := range count {
		if level[k] > max(deaf, level[0]-window) {
			weight[k] = math.Exp((level[k] - level[0]) / fadingScale)
			sum += weight[k]
		}
	}
	at := 0.0
	for k := range heard {
		at += weight[k]
		heard[k].upTo = uint16(math.Round(at / sum * math.MaxUint16))
	}
	return heard
}

// normal makes a nearly normal number of a hash: the sum of four uniform ones, scaled to variance 1.
func normal(h uint64) float64 {
	sum := float64(h&0xffff) + float64(h>>16&0xffff) + float64(h>>32&0xffff) + float64(h>>48)
	return (sum/65536 - 2) * math.Sqrt(3)
}

// received is the mean level of a cell at a point that is far metres from its site, in dBm.
func received(s *city.Site, c *city.Cell, at city.Point, far float64) float64 {
	if far > c.Range {
		return math.Inf(-1)
	}
	height := c.Height - 1.5
	slant, ghz := math.Log10(max(10, math.Hypot(far, height))), math.Log10(c.Frequency/1000)
	gain, loss := 15.0, 28+35*slant+20*ghz
	switch {
	case s.Micro:
		gain, loss = 8, 22.4+35.3*slant+21.3*ghz
	case s.Urban:
		loss = 13.54 + 39.08*slant + 20*ghz
	}
	if c.Technology == "5G" {
		gain += 6 // networks prefer this layer: a cell individual offset, ours
	}
	down := math.Atan2(height, far)/radian - c.Tilt
	pattern := min(20, 12*(down/(c.BeamV+1))*(down/(c.BeamV+1)))
	if c.Directional {
		side := math.Remainder(math.Atan2(at.X-s.At.X, at.Y-s.At.Y)/radian-c.Azimuth, 360)
		pattern += min(25, 12*(side/c.BeamH)*(side/c.BeamH))
	}
	return 10*math.Log10(c.Power) + 30 + gain - loss - min(25, pattern)
}

const radian = math.Pi / 180

// pick draws the strongest cell with 16 random bits; NoCell where nothing is heard.
func (h *hearing) pick(bits uint16) uint16 {
	if h == nil {
		return NoCell
	}
	for k := range h {
		if bits <= h[k].upTo && h[k].upTo > 0 {
			return h[k].cell
		}
	}
	return NoCell
}

// Hears lists the cells that a phone at a point may be served by, strongest first, with the probability of each.
func (r *Radio) Hears(p city.Point) (cells []int, share []float64) {
	h := r.at(p)
	if h == nil {
		return nil, nil
	}
	before := uint16(0)
	for _, c := range h {
		if c.upTo > before {
			cells = append(cells, int(c.cell))
			share = append(share, float64(c.upTo-before)/math.MaxUint16)
		}
		before = max(before, c.upTo)
	}
	return cells, share
}
