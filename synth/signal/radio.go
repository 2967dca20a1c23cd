package signal

import (
	"math"
	"runtime"
	"sync"

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
)

// choice is a cell and the probability, in 1/65,535, that this one or an earlier one is heard best.
type choice struct{ cell, upTo uint16 }

type hearing [choices]choice

// raster covers one province with tiles.
type raster struct {
	x0, y0, step float64
	nx, ny       int
	tile         []hearing
}

// Radio says which cells a phone hears. It does not change after NewRadio and may be read by many goroutines.
type Radio struct {
	plan    *city.Plan
	rasters [city.Provinces]raster
}

// NewRadio computes for each tile of the ground which cells are heard, and how often each is the strongest when fast
// fading is added. The maximum of values with Gumbel noise is a logit, so one table look-up draws the strongest cell.
func NewRadio(plan *city.Plan) *Radio {
	r := &Radio{plan: plan}
	for i := range r.rasters {
		r.rasters[i] = r.newRaster(i)
	}
	return r
}

func (r *Radio) newRaster(region int) raster {
	low, high := city.Point{X: math.Inf(1), Y: math.Inf(1)}, city.Point{X: math.Inf(-1), Y: math.Inf(-1)}
	var sites []int
	for i, s := range r.plan.Sites {
		if s.Region == region {
			sites = append(sites, i)
			low.X, low.Y = min(low.X, s.At.X), min(low.Y, s.At.Y)
			high.X, high.Y = max(high.X, s.At.X), max(high.Y, s.At.Y)
		}
	}
	rim, step := 3000.0, hostTile
	if region != city.Host {
		rim, step = 8000, homeTile
	}
	g := raster{
		x0: low.X - rim, y0: low.Y - rim, step: step,
		nx: int((high.X-low.X+2*rim)/step) + 1, ny: int((high.Y-low.Y+2*rim)/step) + 1,
	}
	g.tile = make([]hearing, g.nx*g.ny)
	var group sync.WaitGroup
	bands := runtime.GOMAXPROCS(0)
	for band := range bands {
		group.Go(func() {
			for j := band; j < g.ny; j += bands {
				for i := range g.nx {
					at := city.Point{X: g.x0 + step*(float64(i)+.5), Y: g.y0 + step*(float64(j)+.5)}
					g.tile[j*g.nx+i] = r.hear(at, sites, uint64(region)<<40|uint64(j)<<20|uint64(i))
				}
			}
		})
	}
	group.Wait()
	return g
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

// at is what is heard at a point; nil where no province is.
func (r *Radio) at(p city.Point) *hearing {
	for k := range r.rasters {
		g := &r.rasters[k]
		i, j := int((p.X-g.x0)/g.step), int((p.Y-g.y0)/g.step)
		if p.X >= g.x0 && p.Y >= g.y0 && i < g.nx && j < g.ny {
			return &g.tile[j*g.nx+i]
		}
	}
	return nil
}

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
