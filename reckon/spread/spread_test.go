package spread_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/throng-stats/throng/reckon/spread"
)

func near(t *testing.T, what string, got, want []float64) {
	t.Helper()
	for i := range want {
		if math.Abs(got[i]-want[i]) > 1e-6 {
			t.Errorf("%s: got %v, want %v", what, got, want)
			return
		}
	}
}

func mustMap(t *testing.T, cells, tiles int, links []spread.Link) *spread.Map {
	t.Helper()
	m, err := spread.New(cells, tiles, links)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// plan of the worked check of methods.md, section 8: A1 1, A2 .6, B2 .4, B3 .75, C3 .25, C4 1.
var plan = []spread.Link{{0, 0, 1}, {0, 1, .6}, {1, 1, .4}, {1, 2, .75}, {2, 2, .25}, {2, 3, 1}}

func TestEM(t *testing.T) {
	flat := mustMap(t, 3, 3, []spread.Link{{0, 0, .5}, {1, 0, .5}, {0, 1, .2}, {1, 1, .3}, {2, 1, .5}, {2, 2, 1}})
	fragile := mustMap(t, 3, 3, []spread.Link{{0, 0, 1}, {0, 1, .625}, {0, 2, .75}, {1, 1, .125}, {2, 1, .25}, {2, 2, .25}})
	m := mustMap(t, 3, 4, plan)
	for _, c := range []struct {
		name   string
		m      *spread.Map
		counts []float64
		o      spread.Options
		steps  int
		want   []float64
	}{
		{"one step", m, []float64{30, 10, 0}, spread.Options{Least: 1, Most: 1}, 1, []float64{18.75, 14.728261, 6.521739, 0}},
		{"two steps", m, []float64{30, 10, 0}, spread.Options{Least: 2, Most: 2}, 2, []float64{20.390071, 15.073639, 4.536290, 0}},
		{"default", m, []float64{30, 10, 0}, spread.Options{}, 20, []float64{15.741736, 24.143071, .115193, 0}},
		{"three cells", m, []float64{30, 10, 5}, spread.Options{}, 10, []float64{21.473055, 14.198899, 5.774846, 3.553200}},
		{"flat start", flat, []float64{4, 6, 10}, spread.Options{}, 10, []float64{6.322720, 7.262147, 6.415132}},
		{"one device less", fragile, []float64{3, 0, 4}, spread.Options{}, 35, []float64{0, .480573, 6.519427}},
		{"one device more", fragile, []float64{3, 1, 4}, spread.Options{}, 25, []float64{.000002, 7.368179, .631819}},
	} {
		got := c.m.EM(c.counts, c.o)
		near(t, c.name, got.People, c.want)
		if got.Iterations != c.steps {
			t.Errorf("%s: got %d steps, want %d", c.name, got.Iterations, c.steps)
		}
	}
}

// The rows with noise; the check shows them before they are scaled to the signed sum, 36 of 40.
func TestEMWithNoise(t *testing.T) {
	m := mustMap(t, 3, 4, plan)
	for _, c := range []struct {
		sd    float64
		steps int
		want  []float64
	}{{5, 13, []float64{18.333544, 18.210754, 2.798768, .656934}}, {20, 10, []float64{15.111634, 12.173491, 7.714874, 5}}} {
		got := m.EM([]float64{30, 10, -4}, spread.Options{SD: c.sd})
		for i := range got.People {
			got.People[i] *= 40. / 36
		}
		near(t, "sd", got.People, c.want)
		if got.Iterations != c.steps {
			t.Errorf("sd %v: got %d steps, want %d", c.sd, got.Iterations, c.steps)
		}
	}
}

func TestClasses(t *testing.T) {
	m := mustMap(t, 3, 4, plan)
	u := m.EM([]float64{30, 10, 0}, spread.Options{}).People
	near(t, "residents", m.Step([]float64{24, 9, 0}, u), []float64{12.498575, 20.421624, .079801, 0})
	near(t, "inbound", m.Step([]float64{6, 1, 0}, u), []float64{3.124644, 3.866489, .008867, 0})
}

func TestLinear(t *testing.T) {
	fragile := mustMap(t, 3, 3, []spread.Link{{0, 0, 1}, {0, 1, .625}, {0, 2, .75}, {1, 1, .125}, {2, 1, .25}, {2, 2, .25}})
	near(t, "one less", fragile.Linear([]float64{3, 0, 4}, nil), []float64{1.263158, 2.789474, 2.947368})
	near(t, "one more", fragile.Linear([]float64{3, 1, 4}, nil), []float64{1.263158, 3.789474, 2.947368})
	// With a uniform prior it is the first step; a prior that vanishes on a cell is not used for it.
	near(t, "first step", mustMap(t, 3, 4, plan).Linear([]float64{30, 10, 0}, []float64{1, 1, 1, 1}), []float64{18.75, 14.728261, 6.521739, 0})
	near(t, "no prior", mustMap(t, 3, 4, plan).Linear([]float64{0, 0, 10}, []float64{1, 1, 0, 0}), []float64{0, 0, 2, 8})
}

func TestReference(t *testing.T) {
	people, reached, steps := spread.Reference(3, 8, plan, []float64{30, 10, 0}, 20, 10_000)
	near(t, "10,000", people, []float64{18.75, 14.728261, 6.521739, 0})
	if steps != 1 || reached[3] || !reached[2] {
		t.Errorf("got %d steps and the tiles %v, want 1 and the first three", steps, reached)
	}
	people, _, steps = spread.Reference(3, 8, plan, []float64{30, 10, 0}, 20, .5)
	near(t, "0.5", people, []float64{16.038365, 23.769902, .191733})
	if steps != 18 {
		t.Errorf("got %d steps, want 18", steps)
	}
	// A pair listed twice counts twice (D18), devices at a cell without tiles are lost (D17), no step leaves all tiles.
	people, _, _ = spread.Reference(2, 2, []spread.Link{{0, 0, .5}, {0, 0, .5}, {0, 1, .5}}, []float64{30, 7}, 1, 0)
	near(t, "twice", people, []float64{20, 10})
	if _, reached, steps = spread.Reference(3, 8, plan, []float64{30, 10, 0}, 0, 0); steps != 0 || !reached[7] {
		t.Errorf("no step: got %d steps, %v", steps, reached)
	}
}

// The default against the reference where both do the same: tiles of cells with devices only, one step.
func TestEMKeepsMass(t *testing.T) {
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 8))
		var links []spread.Link
		counts := make([]float64, 6)
		for c := range counts {
			counts[c] = float64(r.IntN(50))
			for tile := range 20 {
				if r.IntN(4) == 0 || tile == c {
					links = append(links, spread.Link{Cell: c, Tile: tile, P: r.Float64()})
				}
			}
		}
		total := 0.0
		for _, n := range counts {
			total += n
		}
		got := mustMap(t, 6, 20, links).EM(counts, spread.Options{})
		sum := 0.0
		for _, p := range got.People {
			sum += p
		}
		if math.Abs(sum-total) > 1e-9*total {
			t.Fatalf("seed %d: got %v people of %v", seed, sum, total)
		}
		one := mustMap(t, 6, 20, links).EM(counts, spread.Options{Least: 1, Most: 1})
		want, _, _ := spread.Reference(6, 20, links, counts, 1, 0)
		near(t, "first step", one.People, want) // a flat start is flat whatever its height
	}
}

func TestUnlocatedAndRefused(t *testing.T) {
	m := mustMap(t, 2, 1, []spread.Link{{0, 0, 1}})
	if got := m.EM([]float64{5, 3}, spread.Options{}); got.Unlocated != 3 || got.People[0] != 5 {
		t.Errorf("got %+v, want 5 people and 3 unlocated", got)
	}
	if got := m.EM([]float64{-5, 3}, spread.Options{SD: 4}); got.People[0] != 0 {
		t.Errorf("no positive count: got %+v, want nobody", got)
	}
	if _, err := spread.New(1, 1, []spread.Link{{0, 0, .5}, {0, 0, .5}}); err == nil {
		t.Error("a pair that occurs twice was accepted")
	}
	if _, err := spread.New(1, 1, []spread.Link{{0, 1, .5}}); err == nil {
		t.Error("a tile that is not there was accepted")
	}
}
