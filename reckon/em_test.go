package reckon

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/privacy/result"
	"github.com/throng-stats/throng/reckon/balance"
	"github.com/throng-stats/throng/reckon/spread"
	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/release/storetest"
)

// TestSpreaderFindsTheProbabilities makes shares from known probabilities and residents and wants both back, and of tiles that
// one leaf alone hears the same sum as one by one.
func TestSpreaderFindsTheProbabilities(t *testing.T) {
	const leaves, tiles = 6, 40
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 1))
		p, prior := make([][]float64, tiles), make([]float64, tiles)
		for i := range p {
			p[i], prior[i] = make([]float64, leaves), 10+100*r.Float64()
			sum := 0.0
			for l := range p[i] {
				if l == i%leaves || r.IntN(3) == 0 {
					p[i][l] = .05 + r.Float64()
					sum += p[i][l]
				}
			}
			for l := range p[i] {
				p[i][l] /= sum
			}
		}
		zones, _ := throng.NewZones([]throng.Zone{{ID: "Z"}})
		geo := release.Geography{ID: "g", Version: "1", Tile: 100, Zones: zones}
		var want []spread.Link
		for l := range leaves {
			leaf := throng.Leaf{ID: fmt.Sprint("l", l)}
			for i := range p {
				leaf.Residents += p[i][l] * prior[i]
			}
			for i := range p {
				if p[i][l] > 0 {
					geo.Shares = append(geo.Shares, throng.Share{Leaf: int32(l), E: int32(i), Weight: p[i][l] * prior[i] / leaf.Residents})
				}
			}
			geo.Tree.Leaves = append(geo.Tree.Leaves, leaf)
		}
		geo.Tree.Blocks, geo.Tree.Areas = []throng.Block{{ID: "b"}}, []throng.Block{{ID: "a", Up: -1}}
		s, err := newSpreader(geo)
		if err != nil {
			t.Fatal(err)
		}
		heard := func(i int32) (leaves, last int) {
			for l, v := range p[i] {
				if v > 0 {
					leaves, last = leaves+1, l
				}
			}
			return leaves, last
		}
		at := map[int]int{}             // the spreader numbers tiles as it meets them, and those of one leaf are one
		together := func(i int32) int { // place of a tile in the spreader
			leaves, last := heard(i)
			key := int(i)
			if leaves == 1 {
				key = -1 - last
			}
			if _, ok := at[key]; !ok {
				at[key] = len(at)
			}
			return at[key]
		}
		for _, share := range geo.Shares {
			together(share.E)
		}
		joined := make([]float64, len(at))
		for i := range p {
			joined[together(int32(i))] += prior[i]
			for l, v := range p[i] {
				if v > 0 {
					want = append(want, spread.Link{Cell: l, Tile: i, P: v})
				}
			}
		}
		near(t, "prior", s.prior, joined)
		m, err := spread.New(leaves, tiles, want)
		if err != nil {
			t.Fatal(err)
		}
		counts := []float64{30, 10, -4, 80, 5, 50}
		clear(joined)
		for i, v := range m.EM(counts, spread.Options{SD: 5, Prior: prior}).People {
			joined[together(int32(i))] += v
		}
		near(t, fmt.Sprint("seed ", seed), s.links.EM(counts, spread.Options{SD: 5, Prior: s.prior}).People, joined)
	}
}

// TestEMOfFiveDevices is the example of docs/method/present-population.md by EM. Tiles are heard by one leaf each, so that P = 1, and the
// devices expected on them are 3,000/2, 500/2 and 1,500/3: 2/3, 1/9 and 2/9 of all. With sd 2 at 2 leaves and 6 devices
// r = 2/3 and alpha = 2/9. Each step gives leaf 1 its 5 devices and leaf 2 its 1 again, then pulls: tile 1 has
// (5 + 2/9*6*2/3)/(1+2/9) = 4.818182, and the others the rest of 6 in proportion 1 to 2.
func TestEMOfFiveDevices(t *testing.T) {
	of, err := EM(village(t), fiveDevices(), EMOptions{Redraws: 4000})
	if err != nil {
		t.Fatal(err)
	}
	one := (5 + 2./9*6*2/3) / (1 + 2./9)
	two := 6 - one
	total := table(t, of, "total")
	near(t, "total", total.Estimate, []float64{2*one + two/3*2 + two*2/3*3, 2*one + two/3*2, two * 2 / 3 * 3})
	if !slices.Equal(total.Status, []string{balance.Modelled, balance.Modelled, balance.Modelled}) || total.Method != MethodEM || !math.IsNaN(total.AllocSD[0]) {
		t.Errorf("status %q, method %q, alloc sd %v", total.Status, total.Method, total.AllocSD)
	}
	// The linear estimate with these shares has the margin 2*sqrt(2*2 + (2/3)*(2/3)) = 4.2; redraws are clipped at zero,
	// pulled and scaled, so that theirs is only near it.
	if sd := total.NoiseSD[1]; sd < 3.2 || sd > 5.2 {
		t.Errorf("the margin of X is %v, want 3.2 to 5.2", sd)
	}
}

// em is a table of EM on the ground that the tests of stores use.
func em(t *testing.T, geo release.Geography, noisy []result.Table, o EMOptions) release.Table {
	t.Helper()
	of, err := EM(geo, noisy, o)
	if err != nil {
		t.Fatal(err)
	}
	return table(t, of, "total")
}

// TestEMCanBePublished: beside the linear estimates, in one release.
func TestEMCanBePublished(t *testing.T) {
	geo := storetest.Geography(6, 2)
	noisy := truth(geo)
	linear, err := Estimates(ProductPresent, geo, noisy)
	if err != nil {
		t.Fatal(err)
	}
	one := em(t, geo, noisy, EMOptions{Redraws: 10})
	d := storetest.Draft("one", 3, 1)
	d.Manifest.Parts, d.Tables = nil, append(append(Measured(noisy), linear...), one)
	for _, n := range noisy {
		d.Manifest.Parts = append(d.Manifest.Parts, release.Part{Table: n.Shape.Name, Sigma2: n.Sigma2, Domain: release.Axes(n.Shape)})
	}
	if err := d.Check(); err != nil {
		t.Error(err)
	}
	if one.Path() != "estimate/em/total.parquet" {
		t.Errorf("the table is at %s", one.Path())
	}
	if !slices.EqualFunc(one.Shape.Dims, table(t, linear, "total").Shape.Dims, func(a, b throng.Dim) bool { return a.Name == b.Name && slices.Equal(a.Codes, b.Codes) }) {
		t.Error("the dimensions are not those of the linear total")
	}
	checkParents(t, geo, []release.Table{one})
}

// TestEMIsAFunctionOfItsSeed: margins are those of the seed, estimates depend on none, an hour not on the others.
func TestEMIsAFunctionOfItsSeed(t *testing.T) {
	geo := storetest.Geography(6, 2)
	noisy := truth(geo)
	a, b, c := em(t, geo, noisy, EMOptions{Redraws: 10, Seed: 1}), em(t, geo, noisy, EMOptions{Redraws: 10, Seed: 1}), em(t, geo, noisy, EMOptions{Redraws: 10, Seed: 2})
	if !slices.Equal(a.NoiseSD, b.NoiseSD) || slices.Equal(a.NoiseSD, c.NoiseSD) || !slices.Equal(a.Estimate, c.Estimate) {
		t.Error("margins are not a function of the seed, or estimates are")
	}
}

// TestEstimatesByEM: EM stands beside the linear estimates and changes none of them; made again, it is the same to the last
// digit, because its seed comes from the counts: others have another.
func TestEstimatesByEM(t *testing.T) {
	geo := storetest.Geography(6, 2)
	noisy := truth(geo)
	plain, err := Estimates(ProductPresent, geo, noisy)
	if err != nil {
		t.Fatal(err)
	}
	o := Options{EM: true, Redraws: 10}
	first, err := EstimatesWith(ProductPresent, geo, noisy, o)
	if err != nil || len(first) != len(plain)+1 || first[len(plain)].Method != MethodEM {
		t.Fatalf("%d tables beside %d, %v; want one more, by %s", len(first), len(plain), err, MethodEM)
	}
	again, _ := EstimatesWith(ProductPresent, geo, noisy, o)
	for i := range first {
		if !slices.Equal(first[i].Estimate, again[i].Estimate) || !slices.Equal(first[i].NoiseSD, again[i].NoiseSD) {
			t.Errorf("table %s by %s is another when it is made again", first[i].Shape.Name, first[i].Method)
		}
		if i < len(plain) && (first[i].Method != Method || !slices.Equal(first[i].Estimate, plain[i].Estimate)) {
			t.Errorf("table %s: EM changed the linear estimate", first[i].Shape.Name)
		}
	}
	total, err := leafTotals(geo, noisy)
	if err != nil {
		t.Fatal(err)
	}
	seed := SeedOf(total)
	total.Raw = slices.Clone(total.Raw)
	total.Raw[1]++
	if SeedOf(total) == seed {
		t.Error("other counts have the same seed")
	}
}

// TestEMMargins draws a release 300 times and compares how far the estimates scatter with the mean margin that one release
// states. A margin comes from counts that are noisy already, so that it is not exact: within 15 %. The noise is seeded.
func TestEMMargins(t *testing.T) {
	geo := storetest.Geography(6, 2)
	exact := truth(geo)
	total := exact[slices.IndexFunc(exact, func(t result.Table) bool { return t.Shape.Name == "total" })]
	total.Sigma2 = 400
	r := rand.New(rand.NewPCG(3, 3))
	const draws = 300
	n := geo.Zones.Len() * len(total.Shape.Dims[1].Codes)
	sum, square, stated := make([]float64, n), make([]float64, n), make([]float64, n)
	for range draws {
		noisy := total
		noisy.Raw = slices.Clone(total.Raw)
		for i := range noisy.Raw {
			noisy.Raw[i] += 200 + int64(math.Round(20*r.NormFloat64()))
		}
		one := em(t, geo, []result.Table{noisy}, EMOptions{Redraws: 10, Seed: r.Uint64()})
		for i, v := range one.Estimate {
			sum[i] += v / draws
			square[i] += v * v / draws
			stated[i] += one.NoiseSD[i] * one.NoiseSD[i] / draws
		}
	}
	for i := range sum {
		actual := math.Sqrt((square[i] - sum[i]*sum[i]) * draws / (draws - 1))
		if ratio := math.Sqrt(stated[i]) / actual; ratio < .85 || ratio > 1.15 {
			t.Errorf("cell %d: estimates scatter by %.1f, the release states %.1f", i, actual, math.Sqrt(stated[i]))
		}
	}
}

// TestEMRefuses: what it refuses, and that it says what to do.
func TestEMRefuses(t *testing.T) {
	geo := village(t)
	good := fiveDevices()
	change := func(f func(*result.Table)) []result.Table {
		one := good[0]
		f(&one)
		return []result.Table{one}
	}
	for name, c := range map[string]struct {
		measured []result.Table
		o        EMOptions
		want     string
	}{
		"few redraws": {good, EMOptions{Redraws: 2}, "at least 10"},
		"no total":    {good[1:], EMOptions{}, "no measured table total"},
		"by gender":   {change(func(t *result.Table) { t.Shape = good[1].Shape; t.Shape.Name = "total" }), EMOptions{}, "not by leaf and time"},
		"other ground": {change(func(t *result.Table) {
			t.Shape.Dims = []throng.Dim{{Name: throng.DimZone, Level: throng.LevelLeaf, Codes: []string{"1"}}, t.Shape.Dims[1]}
		}), EMOptions{}, "not those of the geography"},
		"no variance":   {change(func(t *result.Table) { t.Sigma2 = 0 }), EMOptions{}, "positive variance"},
		"missing cells": {change(func(t *result.Table) { t.Raw = t.Raw[1:] }), EMOptions{}, "1 of 2 cells"},
	} {
		if _, err := EM(geo, c.measured, c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
	geo.Shares[1].Weight = 2
	if _, err := EM(geo, good, EMOptions{}); err == nil {
		t.Error("shares that do not sum to 1 were accepted")
	}
}

// TestEMWithoutResidents: without public residents the ground that leaves hear takes their place; a leaf without shares
// stands in its zone.
func TestEMWithoutResidents(t *testing.T) {
	geo := village(t)
	geo.Tree.Leaves[0] = throng.Leaf{ID: "1", Zone: 1, Area: 300}
	geo.Tree.Leaves[1] = throng.Leaf{ID: "2", Zone: 2, Area: 200}
	geo.Shares = nil
	total := em(t, geo, fiveDevices(), EMOptions{Redraws: 10})
	one := (5 + 2./9*6*9/13) / (1 + 2./9) // 300/2 to 200/3 is 9 to 4
	near(t, "total", total.Estimate[1:], []float64{2 * one, 3 * (6 - one)})
}
