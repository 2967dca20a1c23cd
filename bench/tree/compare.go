package main

import (
	"math"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/throng-stats/throng/privacy/account"
	"github.com/throng-stats/throng/privacy/noise"
	"github.com/throng-stats/throng/reckon/balance"
	"github.com/throng-stats/throng/reckon/spread"
)

// budgets are what a day of a person may cost altogether, in nano-rho: a fifth of the standard, the standard, and two and
// a half times as much.
var budgets = []int64{20_000_000, 100_000_000, 250_000_000}

// bound is the squared sensitivity of a table of present: a device is in one cell an hour.
const bound = 24

// sigma2 is the variance of the noise of each cell: a table of present has .0078 of every .1 (privacy.md, section 9).
func sigma2(budget int64) uint64 { return account.Sigma2(bound, budget*78/1000) }

// Names of the estimators.
const (
	linear   = "linear"   // from the table total alone
	balanced = "balanced" // the same after blocks and areas, measured by gender, age and origin, have been balanced with it
	byEM     = "EM"       // from the table total alone
)

var estimators = []string{linear, balanced, byEM}

// score is the error of one way, estimator, budget and size of target.
type score struct {
	way, by, size string
	budget        int64
	sums
}

// sums of errors over targets, hours and draws.
type sums struct {
	n                            float64
	truth, diff, square, abs     float64
	scatter, without, withoutAbs float64 // squares of: noise about its mean; estimates from counts without noise
}

func (s *sums) add(o sums) {
	s.n += o.n
	s.truth += o.truth
	s.diff += o.diff
	s.square += o.square
	s.abs += o.abs
	s.scatter += o.scatter
	s.without += o.without
	s.withoutAbs += o.withoutAbs
}

// bias, rmse, noise and method are people per target and hour; rmse^2 = method^2 + noise^2.
func (s sums) bias() float64     { return s.diff / s.n }
func (s sums) rmse() float64     { return math.Sqrt(s.square / s.n) }
func (s sums) noise() float64    { return math.Sqrt(s.scatter / s.n) }
func (s sums) method() float64   { return math.Sqrt(max(0, s.square-s.scatter) / s.n) }
func (s sums) exactly() float64  { return math.Sqrt(s.without / s.n) }
func (s sums) relative() float64 { return s.abs / s.truth }

// compare estimates all targets from the counts of one way.
func (w *world) compare(o *options, u *way) ([]score, error) {
	m, err := spread.New(u.n, len(w.ground.zone), u.links)
	if err != nil {
		return nil, err
	}
	c := &comparison{world: w, way: u, links: m, draws: o.draws, seed: o.seed, share: w.shares(m, u)}
	var all []score
	for _, budget := range budgets {
		if err := c.prepare(budget); err != nil {
			return nil, err
		}
		for _, by := range estimators {
			if by == balanced && len(u.tree.Blocks) == 0 || by == byEM && len(u.tree.Blocks) == 0 {
				continue // zones have neither blocks above them nor ground in common
			}
			sizes := c.all(by)
			for _, t := range w.targets {
				if s, ok := sizes[t.size]; ok {
					all = append(all, score{way: u.name, by: by, size: t.size, budget: budget, sums: s})
					delete(sizes, t.size)
				}
			}
		}
	}
	return all, nil
}

// comparison is one way and budget at work.
type comparison struct {
	*world
	way   *way
	links *spread.Map
	share [][]float64 // by target, then unit: people in the target per device of the unit
	draws int
	seed  uint64

	budget        int64
	discrete      *noise.Discrete
	tree          *balance.Tree
	nodes         balance.Nodes
	block, areaOf float64 // variance of what breakdowns measure
}

// shares is the linear allocation of units to targets under the public prior.
func (w *world) shares(m *spread.Map, u *way) [][]float64 {
	share := make([][]float64, len(w.targets))
	for i := range share {
		share[i] = make([]float64, u.n)
	}
	one := make([]float64, u.n)
	for unit := range one {
		one[unit] = 1
		people := m.Linear(one, w.ground.prior)
		one[unit] = 0
		for i, t := range w.targets {
			for tile, n := range people {
				share[i][unit] += n * t.weight[tile]
			}
		}
	}
	return share
}

func (c *comparison) prepare(budget int64) (err error) {
	c.budget = budget
	s2 := sigma2(budget)
	c.discrete = noise.New(s2)
	if len(c.way.tree.Blocks) == 0 {
		return nil
	}
	gender, age := 1/(3*float64(s2)), 1/(float64(c.bands)*float64(s2))
	c.block, c.areaOf = 1/(gender+age), float64(c.origins)*float64(s2)
	c.tree, c.nodes, err = balance.Measurement(c.way.tree, float64(s2), c.block, c.areaOf)
	return err
}

// all works on all days and compared hours, on all cores, and returns the sums by size of target.
func (c *comparison) all(by string) map[string]sums {
	n := len(c.days) * len(c.hours)
	parts := make([]map[string]sums, n)
	var next atomic.Int64
	var group sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				parts[i] = c.hour(by, i)
			}
		})
	}
	group.Wait()
	total := map[string]sums{}
	for _, p := range parts { // in order, so that sums of floats are the same on any number of cores
		for size, s := range p {
			t := total[size]
			t.add(s)
			total[size] = t
		}
	}
	return total
}

// hour draws noise several times for one hour and compares each estimate.
func (c *comparison) hour(by string, i int) map[string]sums {
	counts := c.way.exact[i/len(c.hours)][c.hours[i%len(c.hours)]]
	exact := c.estimate(by, counts, nil)
	drawn := make([][]float64, c.draws)
	for d := range drawn {
		r := rand.New(rand.NewPCG(c.seed<<32+uint64(c.budget), uint64(i*c.draws+d))) // the same noise for every estimator
		drawn[d] = c.estimate(by, counts, r)
	}
	out := map[string]sums{}
	for k, t := range c.targets {
		s, truth, mean := sums{n: 1, truth: t.truth[i]}, t.truth[i], 0.0
		for _, e := range drawn {
			mean += e[k] / float64(c.draws)
		}
		for _, e := range drawn {
			n := float64(c.draws)
			s.diff += (e[k] - truth) / n
			s.square += (e[k] - truth) * (e[k] - truth) / n
			s.abs += math.Abs(e[k]-truth) / n
			s.scatter += (e[k] - mean) * (e[k] - mean) / (n - 1)
		}
		s.without, s.withoutAbs = (exact[k]-truth)*(exact[k]-truth), math.Abs(exact[k]-truth)
		size := out[t.size]
		size.add(s)
		out[t.size] = size
	}
	return out
}

// estimate is one estimate of all targets; nil for no noise.
func (c *comparison) estimate(by string, counts []float64, r *rand.Rand) []float64 {
	noisy, sd := append([]float64(nil), counts...), 0.0
	if r != nil {
		sd = math.Sqrt(float64(sigma2(c.budget)))
		for i := range noisy {
			noisy[i] += float64(c.discrete.Draw(r))
		}
	}
	switch by {
	case balanced:
		noisy = c.balance(counts, noisy, r)
	case byEM:
		people := c.links.EM(noisy, spread.Options{SD: sd, Prior: c.ground.heard}).People
		of := make([]float64, len(c.targets))
		for k, t := range c.targets {
			for tile, n := range people {
				of[k] += n * t.weight[tile]
			}
		}
		return of
	}
	of := make([]float64, len(c.targets))
	for k, share := range c.share {
		for unit, n := range noisy {
			of[k] += share[unit] * n
		}
	}
	return of
}

// balance is what a release publishes of leaves: blocks are measured by gender and by age, areas by origin, and all three
// with the leaves make one consistent estimate.
func (c *comparison) balance(counts, noisy []float64, r *rand.Rand) []float64 {
	y, h := make([]float64, c.tree.Len()), make([]float64, c.tree.Len())
	up := func(node int, n, variance float64) {
		if node >= 0 {
			y[node] += n
			if r != nil {
				y[node] += math.Sqrt(variance) * r.NormFloat64()
			}
		}
	}
	block, above := make([]float64, len(c.nodes.Block)), make([]float64, len(c.nodes.Area))
	for unit, n := range counts {
		b := c.way.tree.Leaves[unit].Block
		block[b] += n
		above[c.way.tree.Blocks[b].Up] += n
	}
	for i, n := range block {
		up(c.nodes.Block[i], n, c.block)
	}
	for i, n := range above {
		up(c.nodes.Area[i], n, c.areaOf)
	}
	for i, node := range c.nodes.Leaf {
		y[node] = noisy[i]
	}
	c.tree.Fit(y, h)
	for i, node := range c.nodes.Leaf {
		noisy[i] = h[node]
	}
	return noisy
}
