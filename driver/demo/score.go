package demo

import (
	"math"
	"slices"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/driver"
	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/synth"
)

// Score compares all published cells of one table, over the days of a demo, with the truth. All figures are people per
// cell unless they are shares.
type Score struct {
	Product, Table string
	Cells          int
	Truth          float64  // mean of the truth
	Bias           float64  // mean of estimate less truth
	Error          float64  // root mean square of estimate less truth
	Noise          float64  // root mean square of the noise: from its published variance, exact
	Method         float64  // what is left of Error without Noise: sqrt(Error^2 - Noise^2), 0 when noise explains all
	Relative       float64  // sum of absolute differences by the sum of the truth
	Margin         float64  // mean stated margin: 1.96 noise_sd
	Inside         float64  // share of cells whose truth lies inside the stated margin
	Correlation    *float64 `json:",omitempty"` // of a matrix: of estimate and truth over its cells
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
	s := Score{Product: t.product, Table: t.table, Cells: t.n, Truth: t.truth / n, Bias: t.diff / n, Error: math.Sqrt(t.square / n),
		Noise: math.Sqrt(t.noise2 / n), Relative: t.absolute / max(t.truth, 1), Margin: t.margin / n, Inside: float64(t.inside) / n, Correlation: t.correlation()}
	s.Method = math.Sqrt(max(0, s.Error*s.Error-s.Noise*s.Noise))
	return s
}

// scores collects the tallies of a demo.
type scores struct {
	job   *driver.Job
	order []*tally
	young []string                       // bands that are counted as not known
	trips map[string]map[[2]string]int64 // by month: the trips of its days by pair
}

func newScores(job *driver.Job) *scores {
	s := &scores{job: job, trips: map[string]map[[2]string]int64{}}
	for _, code := range job.Contract.Bands().Codes() {
		if !slices.Contains(job.Classes.Age, code) {
			s.young = append(s.young, code)
		}
	}
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

func (s *scores) all() []Score {
	var out []Score
	for _, t := range s.order {
		if t.n > 0 {
			out = append(out, t.score())
		}
	}
	return out
}

// add compares the releases of one day.
func (s *scores) add(store release.Store, day string, truth *synth.Truth) error {
	list, err := store.List()
	if err != nil {
		return err
	}
	slices.Reverse(list)
	s.addTrips(day[:7], truth)
	for _, m := range list {
		if m.Period.Name != day {
			continue
		}
		for _, p := range m.Parts {
			t, err := store.Table(m.ID, "linear", p.Table)
			if err != nil {
				return err
			}
			switch m.Product {
			case "present":
				s.present(t, truth)
			case "flows-hour", "flows-day":
				if p.Table == "total" { // the truth does not know why
					s.flows(m.Product, t, truth)
				}
			}
		}
	}
	return nil
}

// present compares the finest zones, hour by hour. Zones of which the region sees ten sites only are left out: their
// people are not the holder's to measure.
func (s *scores) present(t release.Table, truth *synth.Truth) {
	if t.Shape.Name == throng.DimRole {
		return // the truth of a day has no roles
	}
	tally := s.of("present", t.Shape.Name)
	at := make([]int, len(t.Shape.Dims))
	finest := s.measured()
	for cell, estimate := range t.Estimate {
		t.Shape.At(uint64(cell), at)
		zone, hour, class := t.Shape.Dims[0].Codes[at[0]], t.Shape.Dims[1].Codes[at[1]], ""
		if !slices.Contains(finest, zone) {
			continue
		}
		if len(at) > 2 {
			class = t.Shape.Dims[2].Codes[at[2]]
		}
		if class == throng.Unknown || class == throng.Other { // the truth knows everybody
			continue
		}
		mean, _, ok := truth.Present(t.Shape.Name, zone, hour, class)
		if ok {
			tally.add(estimate, t.NoiseSD[cell], mean)
		}
	}
}

// addTrips adds the trips of a day to those of its month.
func (s *scores) addTrips(month string, truth *synth.Truth) {
	if s.trips[month] == nil {
		s.trips[month] = map[[2]string]int64{}
	}
	for _, r := range truth.Rows {
		if r.Table == synth.TruthTrips {
			s.trips[month][[2]string{r.Zone, r.Zone2}] += r.Count
		}
	}
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

// flows compares trips between municipalities, by hour or by day.
func (s *scores) flows(product string, t release.Table, truth *synth.Truth) {
	tally := s.of(product, t.Shape.Name)
	at := make([]int, len(t.Shape.Dims))
	finest := s.measured()
	byDay := map[[2]string]int64{}
	for _, r := range truth.Rows {
		if r.Table == synth.TruthTrips {
			byDay[[2]string{r.Zone, r.Zone2}] += r.Count
		}
	}
	for cell, estimate := range t.Estimate {
		t.Shape.At(uint64(cell), at)
		from, to := t.Shape.Dims[0].Codes[at[0]], t.Shape.Dims[1].Codes[at[1]]
		if from == to || !slices.Contains(finest, from) || !slices.Contains(finest, to) {
			continue
		}
		trips := byDay[[2]string{from, to}]
		if len(at) > 2 {
			trips = truth.Trips(from, to, t.Shape.Dims[2].Codes[at[2]])
		}
		tally.pair(estimate, t.NoiseSD[cell], float64(trips))
	}
}
