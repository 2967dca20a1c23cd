package demo

import (
	"math"
	"slices"

	"github.com/throng-stats/throng/driver"
	"github.com/throng-stats/throng/reckon/forecast"
	"github.com/throng-stats/throng/synth"
)

// Score compares all published cells of one table, over the days of a demo, with the truth. All figures are people per
// cell unless they are shares.
type Score struct {
	Product, Table string
	Cells          int
	Truth          float64 // mean of the truth
	Bias           float64 // mean of estimate less truth
	Error          float64 // root mean square of estimate less truth
	Noise          float64 // root mean square of the noise: from its published variance, exact
	Method         float64 // what is left of Error without Noise: sqrt(Error^2 - Noise^2), 0 when noise explains all
	Relative       float64 // sum of absolute differences by the sum of the truth
	Margin         float64 // mean stated margin: 1.96 noise_sd
	Inside         float64 // share of cells whose truth lies inside the stated margin
	// Again is the share of cells in which the first day, published a second time with noise of its own, differs by no more than
	// the margin of a difference, 1.96 sqrt(2) noise_sd: how often the margin holds the noise, which is what privacy.md, section
	// 14, computes. Nil for tables of a month.
	Again       *float64 `json:",omitempty"`
	Drawn       int      `json:",omitempty"` // cells of Again
	Correlation *float64 `json:",omitempty"` // of a matrix: of estimate and truth over its cells

	// Of feeds of companies:
	Feed     string   `json:",omitempty"` // folder of the feed
	Bounded  *float64 `json:",omitempty"` // share of cells whose truth within the bounds lies inside the stated margin
	Computed *float64 `json:",omitempty"` // what that share is expected to be (privacy.md, section 14)
	Cut      *float64 `json:",omitempty"` // share of the truth that bounds and rows that cannot be read take off
}

// tally sums what a score is made of.
type tally struct {
	product, table              string
	n, inside                   int
	truth, diff, square, noise2 float64
	absolute, margin            float64
	pairs                       bool
	estimates, truths, crossed  float64 // of a matrix: sums of squares and of products
	sum                         float64 // of estimates
	drawn, held                 int     // cells of the day that was published twice, and those whose margin holds the noise

	feed             string
	bound, hit       int     // cells with a truth within the bounds, and those in which it lies inside
	within, expected float64 // sums of that truth, and of the chance that it lies inside
}

// bounded compares a cell with its truth within the bounds; it lies inside with the chance of the noise alone.
func (t *tally) bounded(estimate, sd, truth, chance float64) {
	t.bound++
	t.within += truth
	t.expected += chance
	if math.Abs(estimate-truth) <= 1.96*sd {
		t.hit++
	}
}

// twice compares a cell with the same one published a second time. The difference of the two is noise alone.
func (t *tally) twice(one, other, sd, otherSD float64) {
	if !(sd > 0) {
		return
	}
	t.drawn++
	if math.Abs(one-other) <= 1.96*math.Hypot(sd, otherSD) {
		t.held++
	}
}

// pair adds a cell of a matrix.
func (t *tally) pair(estimate, sd, truth float64) {
	t.add(estimate, sd, truth)
	t.pairs = true
	t.sum += estimate
	t.estimates += estimate * estimate
	t.truths += truth * truth
	t.crossed += estimate * truth
}

// correlation is Pearson's, nil of what is no matrix, or of one that is the same everywhere.
func (t *tally) correlation() *float64 {
	n := float64(t.n)
	r := (n*t.crossed - t.sum*t.truth) / math.Sqrt((n*t.estimates-t.sum*t.sum)*(n*t.truths-t.truth*t.truth))
	if !t.pairs || math.IsNaN(r) {
		return nil
	}
	return &r
}

func (t *tally) add(estimate, sd, truth float64) {
	d := estimate - truth
	t.n++
	t.truth += truth
	t.diff += d
	t.square += d * d
	t.noise2 += sd * sd
	t.absolute += math.Abs(d)
	t.margin += 1.96 * sd
	if math.Abs(d) <= 1.96*sd {
		t.inside++
	}
}

func (t *tally) score() Score {
	n := float64(t.n)
	s := Score{Feed: t.feed, Product: t.product, Table: t.table, Cells: t.n, Truth: t.truth / n, Bias: t.diff / n, Error: math.Sqrt(t.square / n),
		Noise: math.Sqrt(t.noise2 / n), Relative: t.absolute / max(t.truth, 1), Margin: t.margin / n, Inside: float64(t.inside) / n, Correlation: t.correlation()}
	s.Method = math.Sqrt(max(0, s.Error*s.Error-s.Noise*s.Noise))
	if t.drawn > 0 {
		held := float64(t.held) / float64(t.drawn)
		s.Again, s.Drawn = &held, t.drawn
	}
	if t.bound > 0 {
		inside, expected, cut := float64(t.hit)/float64(t.bound), t.expected/float64(t.bound), 1-t.within/max(t.truth, 1e-9)
		s.Bounded, s.Computed, s.Cut = &inside, &expected, &cut
	}
	return s
}

// scores collects the tallies of a demo.
type scores struct {
	job    *driver.Job
	order  []*tally
	finest []string                            // the municipalities
	trips  map[string]map[synth.Pair]int64     // by month: the trips of its days by pair
	nights map[string]map[string]*nightsOfDays // by month and origin
	homes  map[string]map[synth.Pair]int64     // by month: the true moves since the month before
	days   map[string][]forecast.Day           // by origin: the true nights in the host of each day
	left   map[string]*beyond                  // by product
	here   map[string]presence                 // by municipality: everybody's hours there
}

// presence are hours of people in a zone, summed.
type presence struct{ estimate, variance, truth float64 }

func newScores(job *driver.Job) *scores {
	s := &scores{job: job, trips: map[string]map[synth.Pair]int64{}, nights: map[string]map[string]*nightsOfDays{},
		homes: map[string]map[synth.Pair]int64{}, days: map[string][]forecast.Day{}, left: map[string]*beyond{}, here: map[string]presence{}}
	s.finest = s.measured()
	return s
}

func (s *scores) of(product, table string) *tally {
	for _, t := range s.order {
		if t.product == product && t.table == table {
			return t
		}
	}
	t := &tally{product: product, table: table}
	s.order = append(s.order, t)
	return t
}

// all lists the scores in the order of the products of the contract.
func (s *scores) all() []Score {
	products := s.job.Contract.Products
	slices.SortStableFunc(s.order, func(a, b *tally) int {
		return slices.Index(products, a.product) - slices.Index(products, b.product)
	})
	var out []Score
	for _, t := range s.order {
		if t.n > 0 {
			out = append(out, t.score())
		}
	}
	return out
}

// measured lists the finest zones of the deepest level: the municipalities.
func (s *scores) measured() []string {
	zones, deepest := s.job.Ground.Zones, 0
	for _, i := range zones.Finest() {
		deepest = max(deepest, zones.At(i).Level)
	}
	var ids []string
	for _, i := range zones.Finest() {
		if zones.At(i).Level == deepest {
			ids = append(ids, zones.At(i).ID)
		}
	}
	return ids
}
