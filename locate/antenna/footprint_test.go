package antenna

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/throng-stats/throng/locate/area"
)

// pruned is the example of the methods, section 5: tiles 1 to 4, cells A to D.
func pruned(most int) []heard {
	tiles := [][]heard{
		{{cell: 0, s: .80}, {cell: 1, s: .75}, {cell: 2, s: .71}, {cell: 3, s: .009}},
		{{cell: 0, s: .50}, {cell: 1, s: .46}, {cell: 2, s: .44}},
		{{cell: 0, s: .01}, {cell: 1, s: .0101}},
		{{cell: 2, s: .9}, {cell: 0, s: .9}},
	}
	var all []heard
	for i, list := range tiles {
		for _, h := range prune(list, most) {
			h.e = int32(i+1) * 100
			all = append(all, h)
		}
	}
	return all
}

func pairNames(f *Footprint) string {
	var out []string
	for t, pairs := range f.Pairs {
		for _, p := range pairs {
			out = append(out, fmt.Sprintf("%c%d", 'A'+p.Cell, f.Tiles[t][0]/100))
		}
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

func TestPruningOfATile(t *testing.T) {
	if got, want := pairNames(assemble(pruned(10), 100)), "A1 A2 A4 B1 B2 B3 C4"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := pairNames(assemble(pruned(1), 100)), "A1 A2 A4 B3"; got != want {
		t.Errorf("one a tile: got %s, want %s", got, want)
	}
}

func TestPruningKeepsExactlyNinetyPercent(t *testing.T) {
	got := prune([]heard{{cell: 0, s: .5}, {cell: 1, s: .45}, {cell: 2, s: .4499}}, 10)
	if len(got) != 2 || got[1].cell != 1 {
		t.Errorf("got %v, want the cells 0 and 1", got)
	}
}

// 100 s/s rounds to less than 100 for this s: a limit of all of the best does not drop the best.
func TestPruningKeepsTheBest(t *testing.T) {
	for _, s := range []float64{0.34035584659796175, 0.18579897653316482, 0.7100340431067171, 1, 1e-9} {
		if got := pruneTo([]heard{{cell: 3, s: s}, {cell: 4, s: s / 2}}, 0, 100, 10); len(got) != 1 || got[0].cell != 3 {
			t.Errorf("%v: got %v, want the best alone", s, got)
		}
	}
}

// The table of the methods, section 6.
func TestConnectionAndPosterior(t *testing.T) {
	f := assemble(pruned(10), 100)
	uniform, _ := f.Posterior([]float64{1, 1, 1, 1}, 4)
	skewed, _ := f.Posterior([]float64{.4, .1, .3, .2}, 4)
	want := []struct {
		name       string
		p, q, qToo float64
	}{
		{"A1", .516129, .335811, .575820}, {"B1", .483871, .246491, .357453}, {"A2", .520833, .338872, .145267}, {"B2", .479167, .244094, .088494},
		{"B3", 1, .509415, .554052}, {"A4", .5, .325317, .278913}, {"C4", .5, 1, 1},
	}
	k := 0
	for i, pairs := range f.Pairs {
		for j, p := range pairs {
			near(t, "P "+want[k].name, p.P, want[k].p, digits)
			near(t, "Q "+want[k].name, uniform[i][j], want[k].q, digits)
			near(t, "Q with a prior "+want[k].name, skewed[i][j], want[k].qToo, digits)
			k++
		}
	}
	q, fallbacks := f.Posterior([]float64{1, 1, 1, 0}, 4)
	if fallbacks != 1 || q[3][1] != 1 {
		t.Errorf("a cell without prior: got %d fallbacks and Q %v, want 1 and the uniform 1", fallbacks, q[3])
	}
}

// The table of the methods, section 7: centres A (50,50), (150,50); B (350,50); C (350,250); D (450,350), (550,350).
func TestNear(t *testing.T) {
	f := assemble([]heard{{0, 0, 0, 1}, {100, 0, 0, 1}, {300, 0, 1, 1}, {300, 200, 2, 1}, {400, 300, 3, 1}, {500, 300, 3, 1}}, 100)
	want := [][]uint32{{0, 1}, {0, 1, 2}, {1, 2, 3}, {2, 3}}
	if got := f.Near(4); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// Distances of the same example.
func TestDistance(t *testing.T) {
	f := assemble([]heard{{0, 0, 0, 1}, {100, 0, 0, 1}, {300, 0, 1, 1}, {300, 200, 2, 1}, {400, 300, 3, 1}, {500, 300, 3, 1}}, 100)
	for _, c := range []struct {
		a, b int32
		want float64
	}{{0, 1, 0}, {0, 2, 82.84}, {0, 3, 224.26}, {1, 3, 116.23}, {2, 3, 0}, {3, 0, 224.26}} {
		near(t, "distance", f.Distance(c.a, c.b), c.want, .005)
	}
}

func TestGroupID(t *testing.T) {
	if got, want := GroupID([]uint32{12, 11}), "97083d1d246893721af370ed4f9b6662"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// The fast way against every pair of tiles.
func TestNearEqualsThePlainWay(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	for range 10 {
		var all []heard
		seen := map[[3]int32]bool{}
		for range 60 {
			k := [3]int32{rng.Int32N(14) * 500, rng.Int32N(14) * 500, rng.Int32N(12)}
			if !seen[k] {
				seen[k] = true
				all = append(all, heard{k[0], k[1], k[2], 1})
			}
		}
		f := assemble(all, 500)
		want := make([][]uint32, 12)
		for a := range int32(12) {
			for b := range int32(12) {
				if a == b || f.Distance(a, b) == 0 {
					want[a] = append(want[a], uint32(b))
				}
			}
		}
		if got := f.Near(12); !reflect.DeepEqual(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
	}
}

// cellAt puts a bare cell x and y metres from the centre of a plane at the equator.
func cellAt(id string, x, y float64) Cell {
	lat, lon := area.Plane{}.Inverse(x, y)
	return NewCell(id, lat, lon)
}

func TestSitesAreChainsOf25Metres(t *testing.T) {
	cells := []Cell{cellAt("a", 0, 0), cellAt("b", 500, 0), cellAt("c", 20, 0), cellAt("d", 40, 0), cellAt("e", 530, 0), cellAt("f", 9000, 0)}
	cells[1].Site, cells[5].Site = "S", "S"
	v := newSurvey(cells, area.Plane{}, 100)
	if want := []int32{0, 1, 0, 0, 2, 1}; !slices.Equal(v.site, want) {
		t.Errorf("got %v, want %v", v.site, want)
	}
}

func TestBareCellsHearWhereTheyAreNearest(t *testing.T) {
	cells := []Cell{cellAt("a", 50, 50), cellAt("b", 2050, 50), cellAt("c", 2051, 50), cellAt("z", 40_000, 50)}
	f, orphans := Footprints(cells, area.Plane{}, 100)
	if orphans != 0 {
		t.Errorf("got %d orphans, want none", orphans)
	}
	for i, tile := range f.Tiles {
		x := float64(tile[0]) + 50
		var want []int32
		switch {
		case x <= 1050: // at 1050 both are 1000 m away: the smaller site
			want = []int32{0}
		case x < 20_000:
			want = []int32{1, 2}
		default:
			want = []int32{3}
		}
		var got []int32
		for _, p := range f.Pairs[i] {
			got = append(got, p.Cell)
			near(t, "P", p.P, 1/float64(len(want)), 1e-15)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("tile at %v: got %v, want %v", tile, got, want)
		}
	}
	if n := len(f.Tiles); n < 7854+7854 || n > 3*7900 { // pi 50^2 tiles a disc of 5 km, of which two overlap
		t.Errorf("got %d tiles", n)
	}
}

func TestOrphansHearTheirOwnTile(t *testing.T) {
	strong, weak := cellAt("a", 50, 50), cellAt("b", 150, 50)
	strong.Type, weak.Type = macrocell, microcell
	weak.Power = 1e-9
	f, orphans := Footprints([]Cell{strong, weak}, area.Plane{}, 100)
	at := slices.Index(f.Tiles, [2]int32{100, 0})
	if orphans != 1 || len(f.Pairs[at]) != 2 || f.Pairs[at][1].S != 1 {
		t.Errorf("got %d orphans and %v, want 1, heard with 1 where it stands", orphans, f.Pairs[at])
	}
}

// Going square by square and leaving out what pruning would drop must give what asking every cell at every tile gives.
func TestFootprintEqualsThePlainWay(t *testing.T) {
	rng := rand.New(rand.NewPCG(13, 14))
	cells := make([]Cell, 80)
	for i := range cells {
		cells[i] = cellAt(fmt.Sprintf("%02d", i), rng.Float64()*30_000-15_000, rng.Float64()*30_000-15_000)
		cells[i].Type = []string{macrocell, microcell, picocell}[rng.IntN(3)]
		cells[i].Directional, cells[i].Azimuth = rng.IntN(2) == 0, rng.Float64()*360
	}
	got, _ := Footprints(cells, area.Plane{}, 500)
	v := newSurvey(cells, area.Plane{}, 500)
	var all []heard
	for e := int32(-30_000); e < 30_000; e += 500 {
		for n := int32(-30_000); n < 30_000; n += 500 {
			var list []heard
			for i, r := range v.radios {
				dx, dy := float64(e)+250-v.x[i], float64(n)+250-v.y[i]
				if math.Hypot(dx, dy) <= r.Range {
					list = append(list, heard{e, n, int32(i), Dominance(r.Strength(dx, dy))})
				}
			}
			all = append(all, prune(list, mostCells)...)
		}
	}
	all, _ = v.addOrphans(all)
	if want := assemble(all, 500); !reflect.DeepEqual(got, want) {
		t.Errorf("got %d tiles, want %d, or other pairs", len(got.Tiles), len(want.Tiles))
	}
	for _, pairs := range got.Pairs {
		sum := 0.0
		for _, p := range pairs {
			sum += p.P
		}
		near(t, "sum of P on a tile", sum, 1, 1e-12)
	}
}
