package attack

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/release/memory"
)

// standIn is a publisher that keeps the promise as the page states it, made here without the defence: whole Gaussian noise
// of variance D2 / 2 rho in every cell of the public domain, once. The tests break it in one way at a time.
type standIn struct {
	seed     uint64
	variance float64 // factor of the variance, 1 when right
	weight   float64 // factor before the noise, 1 when right
	shared   bool    // hours 2k and 2k+1 have the same noise
	smooth   bool    // noise is the moving average of two draws, scaled to the right variance
	touched  bool    // only cells that are not zero are published
	twice    bool    // a unit counts in the next zone too
	step     int64   // values are multiples of it; 0 when right
	again    bool    // every question gets fresh noise
	flood    bool    // every event counts
	answers  bool    // areas and windows are answered, each with noise of its own
	cells    bool    // of the products of companies: a unit counts in four times as many cells
	clamp    bool    // what it adds to a cell is not cut
	sums     bool    // sums have no noise
	still    bool    // of months: what a day moves is not charged
	each     bool    // of amounts by class each row counts by itself
	tables   bool    // each table is charged as if it were the only one
	alone    bool    // each live bin has the noise of one
	pairs    bool    // live bins of an hour have the noise of those of the hour before

	stores map[string]*memory.Store
	asked  int
}

func keeps() *standIn {
	return &standIn{seed: 1, variance: 1, weight: 1, stores: map[string]*memory.Store{}}
}

func broken(change func(*standIn)) *standIn {
	b := keeps()
	change(b)
	return b
}

func (b *standIn) publisher() Publisher {
	return Publisher{Name: "ours", Proven: true, Publish: b.publish, Expect: func(n int64) (float64, bool) { return float64(n), true }}
}

func (b *standIn) publish(w World) (release.Store, error) {
	if s := b.stores[w.Name]; s != nil && !b.again {
		return s, nil
	}
	b.asked++
	s := &memory.Store{}
	b.stores[w.Name] = s
	r := rand.New(rand.NewPCG(b.seed, uint64(b.asked)))
	if w.Product == Live {
		return s, b.bins(s, w, r)
	}
	for day := range w.Days {
		d, err := b.draft(w, day, r)
		if err != nil {
			return nil, err
		}
		if _, err := s.Put(d); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// bins publishes the live bins of a day. Their noise is that of all of them together.
func (b *standIn) bins(s *memory.Store, w World, r *rand.Rand) error {
	d2 := float64(Bins)
	if b.alone {
		d2 = 1
	}
	counts, sigma2 := w.presence(0), uint64(math.Ceil(d2/(2*w.Rho)))
	noise := make([][]int64, Bins)
	for k := range Bins {
		now := binOf(counts, w.Zones, k)
		raw := b.noisy(now, sigma2, r)
		noise[k] = make([]int64, w.Zones)
		for z := range raw {
			if noise[k][z] = raw[z] - now[z]; b.pairs && k/perHour%2 == 1 {
				noise[k][z] = noise[k-perHour][z]
				raw[z] = now[z] + noise[k][z]
			}
		}
		d := release.Draft{Manifest: binManifest(k)}
		t := release.Table{Kind: release.Measured, Shape: throng.Shape{Name: throng.LevelLeaf, Dims: []throng.Dim{zoneDim(w.Zones)}}, Sigma2: sigma2, Raw: raw}
		b.add(&d, t, now, 1, w.Rho/Bins)
		if _, err := s.Put(d); err != nil {
			return err
		}
	}
	return nil
}

func (b *standIn) draft(w World, day int, r *rand.Rand) (release.Draft, error) {
	p := w.Period(day)
	d := release.Draft{Manifest: release.Manifest{
		ID: fmt.Sprintf("%s-%s", w.Product, p.Name), Product: w.Product, Data: "synthetic", Unit: "device-day", Geo: release.GeoRef{ID: "audit", Version: "1"},
		Period: release.Period{Name: p.Name, Start: time.UnixMilli(p.Start).UTC(), End: time.UnixMilli(p.End).UTC(), TimeZone: "UTC"},
	}}
	d2 := uint64(Hours)
	var counts []int64
	var dims []throng.Dim
	switch {
	case w.Product == Present:
		if !b.flood {
			w.ByEvents = false
		}
		counts, dims = w.presence(day), []throng.Dim{zoneDim(w.Zones), hourDim(p)}
	case w.Product == Flows:
		d2 = 6
		counts, _, _ = w.trips(day)
		dims = []throng.Dim{zoneDim(w.Zones), zone2Dim(w.Zones)}
	case w.Product == Areas && b.answers:
		counts, dims = w.inAreas(), []throng.Dim{zoneDim(len(w.Areas))}
	case w.Product == Visitors && b.answers:
		counts, dims = w.visitors(day), []throng.Dim{zoneDim(w.Zones), hourDim(p)}
	case len(w.tables()) > 0:
		b.company(&d, w, day, r)
		return d, nil
	default:
		return d, fmt.Errorf("%s is no product of the stand-in: %w", w.Product, ErrRefused)
	}
	sigma2 := uint64(math.Ceil(float64(d2) / (2 * w.Rho)))
	t := release.Table{Kind: release.Measured, Shape: throng.Shape{Name: "total", Dims: dims}, Sigma2: sigma2, Raw: b.noisy(counts, sigma2, r)}
	b.add(&d, t, counts, d2, w.Rho)
	return d, nil
}

// company adds the tables of a company's product, each with a share of the loss.
func (b *standIn) company(d *release.Draft, w World, day int, r *rand.Rand) {
	list, rho := w.tables(), w.Rho
	if !b.tables {
		rho /= float64(w.released())
	}
	limits := make([]limit, len(list))
	for i, t := range list {
		limits[i] = t.limit
		if b.cells {
			limits[i].cells *= 4
		}
		if limits[i].each = b.each; b.each {
			limits[i].cells *= 4
		}
		if b.clamp && t.people != i {
			limits[i].per = 1 << 40
		}
	}
	for i, counts := range w.exact(day, list, limits) {
		if b.still {
			list[i].limit.move = 0
		}
		sigma2 := uint64(math.Ceil(list[i].limit.d2() / (2 * rho)))
		t := release.Table{Kind: release.Measured, Shape: w.shape(list[i]), Sigma2: sigma2, Raw: b.noisy(counts, sigma2, r)}
		if b.sums && list[i].people != i {
			copy(t.Raw, counts)
		}
		b.add(d, t, counts, uint64(list[i].limit.d2()), rho)
	}
}

// add adds a table to a draft.
func (b *standIn) add(d *release.Draft, t release.Table, counts []int64, d2 uint64, rho float64) {
	if b.touched {
		t.Kind, t.Method, t.Sigma2 = release.Estimate, baselineMethod, 0
		t.Estimate, t.NoiseSD, t.Status = make([]float64, len(counts)), make([]float64, len(counts)), make([]string, len(counts))
		for i, n := range counts {
			if t.Status[i] = hidden; n != 0 {
				t.Estimate[i], t.Status[i] = float64(t.Raw[i]), ""
			}
		}
		t.Raw = nil
	} else {
		d.Manifest.Parts = append(d.Manifest.Parts, release.Part{Table: t.Shape.Name, D2: d2, Sigma2: t.Sigma2, Rho: int64(rho * 1e9), Domain: release.Axes(t.Shape)})
	}
	d.Tables = append(d.Tables, t)
}

// noisy adds the noise, with what is broken about it.
func (b *standIn) noisy(counts []int64, sigma2 uint64, r *rand.Rand) []int64 {
	sigma := math.Sqrt(float64(sigma2) * b.variance)
	out := make([]int64, len(counts))
	draw := r.NormFloat64
	before, value := draw(), 0.0
	for i, n := range counts {
		if b.twice && i >= Hours {
			n += counts[i-Hours]
		}
		switch z := draw(); {
		case b.shared && i%2 == 1:
		case b.smooth:
			value, before = (z+before)/math.Sqrt2, z
		default:
			value = z
		}
		out[i] = int64(math.Round(float64(n)*b.weight + sigma*value))
		if b.step > 1 {
			out[i] = out[i] / b.step * b.step
		}
	}
	return out
}

// releaseStore is what publishers hand out.
type releaseStore = release.Store
