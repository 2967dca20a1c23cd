package quiet_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/locate"
	"github.com/throng-stats/throng/locate/quiet"
)

// ground is a row of seven leaves with a place each, on one row of tiles:
//
//	zone    a 900   b 30,000   c 29,100   d 20,000   e 20,000   f 60,000   (outside)
//	county  C1 60,000                      C2 40,000            C3 60,000
//	region  R 160,000
//
// Leaf c hears a tenth of d, so what is quiet in d takes c with it.
func ground(t *testing.T) *locate.Ground {
	t.Helper()
	zones, err := throng.NewZones([]throng.Zone{
		{ID: "R", Level: 0, Residents: 160_000},
		{ID: "C1", Parent: "R", Level: 1, Residents: 60_000}, {ID: "C2", Parent: "R", Level: 1, Residents: 40_000}, {ID: "C3", Parent: "R", Level: 1, Residents: 60_000},
		{ID: "a", Parent: "C1", Level: 2, Residents: 900, Factor: 2}, {ID: "b", Parent: "C1", Level: 2, Residents: 30_000, Factor: 2},
		{ID: "c", Parent: "C1", Level: 2, Residents: 29_100, Factor: 4}, {ID: "d", Parent: "C2", Level: 2, Residents: 20_000, Factor: 2},
		{ID: "e", Parent: "C2", Level: 2, Residents: 20_000, Factor: 2}, {ID: "f", Parent: "C3", Level: 2, Residents: 60_000, Factor: 2},
	})
	if err != nil {
		t.Fatal(err)
	}
	g := &locate.Ground{Zones: zones}
	for i, id := range []string{"a", "b", "c", "d", "e", "f", ""} {
		z, residents := -1, 0.0
		if id != "" {
			z, _ = zones.Index(id)
			residents = float64(zones.At(z).Residents)
		}
		g.Tree.Leaves = append(g.Tree.Leaves, throng.Leaf{ID: fmt.Sprintf("l%d", i), Block: i / 2, Zone: z, X: float64(i) * 1000, Area: 1e6, Residents: residents})
		g.Shares = append(g.Shares, throng.Share{Leaf: int32(i), E: int32(i) * 1000, Zone: int32(z), Weight: 1})
		g.Places = append(g.Places, locate.Place{ID: fmt.Sprintf("p%d", i), Leaf: int32(i), Zone: int32(z)})
	}
	d, _ := zones.Index("d")
	g.Shares[2].Weight = .9
	g.Shares = append(g.Shares[:3], append([]throng.Share{{Leaf: 2, E: 3000, Zone: int32(d), Weight: .1}}, g.Shares[3:]...)...)
	for i := range 4 {
		sum := 0.0
		for _, l := range g.Tree.Leaves {
			if l.Block == i {
				sum += l.Residents
			}
		}
		g.Tree.Blocks = append(g.Tree.Blocks, throng.Block{ID: fmt.Sprintf("b%d", i), Up: i / 2, Residents: sum})
	}
	g.Tree.Areas = []throng.Block{{ID: "A0", Up: -1, Residents: 100_000}, {ID: "A1", Up: -1, Residents: 60_000}}
	g.Index()
	return g
}

// draw writes a ground in lines: the tree, where each place went, and the finest zones.
func draw(g *locate.Ground) string {
	var b strings.Builder
	for _, l := range g.Tree.Leaves {
		block := g.Tree.Blocks[l.Block]
		fmt.Fprintf(&b, "%s<%s<%s ", l.ID, block.ID, g.Tree.Areas[block.Up].ID)
	}
	b.WriteString("|")
	for _, p := range g.Places {
		zone := "-"
		if p.Zone >= 0 {
			zone = g.Zones.At(int(p.Zone)).ID
		}
		fmt.Fprintf(&b, " %s:%s/%s", p.ID, g.Tree.Leaves[p.Leaf].ID, zone)
	}
	return b.String() + " | " + strings.Join(g.Zones.IDs(g.Zones.Finest()...), " ")
}

func TestJoin(t *testing.T) {
	for _, one := range []struct{ areas, want, zones string }{
		{"", "l0<b0<A0 l1<b0<A0 l2<b1<A0 l3<b1<A0 l4<b2<A1 l5<b2<A1 l6<b3<A1 | p0:l0/a p1:l1/b p2:l2/c p3:l3/d p4:l4/e p5:l5/f p6:l6/- | a b c d e f", ""},
		// a lies in C1, the smallest zone with 50,000: its three leaves are one, and so are the blocks they lie in.
		{"a", "C1-q01<C1-qb01<A0 l3<C1-qb01<A0 l4<b2<A1 l5<b2<A1 l6<b3<A1 | p0:C1-q01/C1 p1:C1-q01/C1 p2:C1-q01/C1 p3:l3/d p4:l4/e p5:l5/f p6:l6/- | C1 d e f", "C1"},
		// f is large enough by itself.
		{"f", "l0<b0<A0 l1<b0<A0 l2<b1<A0 l3<b1<A0 l4<b2<A1 l5<b2<A1 l6<b3<A1 | p0:l0/a p1:l1/b p2:l2/c p3:l3/d p4:l4/e p5:l5/f p6:l6/- | a b c d e f", "f"},
		// C2 is too small, so that d is counted with the whole region; the leaf outside all zones stays.
		{"d", "R-q01<R-qb01<R-qa01 l6<b3<R-qa01 | p0:R-q01/R p1:R-q01/R p2:R-q01/R p3:R-q01/R p4:R-q01/R p5:R-q01/R p6:l6/- | R", "R"},
		// The upper of two zones stands.
		{"a d", "R-q01<R-qb01<R-qa01 l6<b3<R-qa01 | p0:R-q01/R p1:R-q01/R p2:R-q01/R p3:R-q01/R p4:R-q01/R p5:R-q01/R p6:l6/- | R", "R"},
		// Two that do not touch stay apart.
		{"a f", "C1-q01<C1-qb01<A0 l3<C1-qb01<A0 l4<b2<A1 l5<b2<A1 l6<b3<A1 | p0:C1-q01/C1 p1:C1-q01/C1 p2:C1-q01/C1 p3:l3/d p4:l4/e p5:l5/f p6:l6/- | C1 d e f", "C1 f"},
	} {
		g := ground(t)
		joined, err := quiet.Join(g, strings.Fields(one.areas))
		if err != nil {
			t.Fatal(err)
		}
		if got := draw(joined.Ground); got != one.want {
			t.Errorf("%q: got\n%s\nwant\n%s", one.areas, got, one.want)
		}
		if got := strings.Join(joined.Zones, " "); got != one.zones {
			t.Errorf("%q: zones %q, want %q", one.areas, got, one.zones)
		}
		whole(t, one.areas, g, joined.Ground)
	}
}

// whole checks what holds of every ground: shares sum to 1 and lie in finest zones, and no resident is lost.
func whole(t *testing.T, name string, old, g *locate.Ground) {
	t.Helper()
	sum := make([]float64, len(g.Tree.Leaves))
	finest := map[int32]bool{-1: true}
	for _, i := range g.Zones.Finest() {
		finest[int32(i)] = true
	}
	for _, s := range g.Shares {
		sum[s.Leaf] += s.Weight
		if !finest[s.Zone] {
			t.Errorf("%q: a share lies in zone %d, which is no finest one", name, s.Zone)
		}
	}
	for i, got := range sum {
		if math.Abs(got-1) > 1e-9 {
			t.Errorf("%q: the shares of leaf %d sum to %v", name, i, got)
		}
	}
	for what, of := range map[string]func(throng.Tree) float64{
		"leaves": func(t throng.Tree) (n float64) {
			for _, l := range t.Leaves {
				n += l.Residents
			}
			return n
		},
		"blocks": func(t throng.Tree) (n float64) {
			for _, b := range t.Blocks {
				n += b.Residents
			}
			return n
		},
		"areas": func(t throng.Tree) (n float64) {
			for _, b := range t.Areas {
				n += b.Residents
			}
			return n
		},
	} {
		if got, want := of(g.Tree), of(old.Tree); math.Abs(got-want) > 1e-6 {
			t.Errorf("%q: %s have %v residents, want %v", name, what, got, want)
		}
	}
}

// TestLeafThatHearsAQuietAreaJoins: with d large enough by itself, the leaf of c still hears a tenth of it.
func TestLeafThatHearsAQuietAreaJoins(t *testing.T) {
	g := ground(t)
	list := make([]throng.Zone, g.Zones.Len())
	for i := range list {
		list[i] = g.Zones.At(i)
		if list[i].ID == "d" {
			list[i].Residents = 50_000
		}
	}
	g.Zones, _ = throng.NewZones(list)
	g.Tree.Leaves[3].Residents = 50_000
	joined, err := quiet.Join(g, []string{"d"})
	if err != nil {
		t.Fatal(err)
	}
	want := "d-q01<b1<A0 l0<b0<A0 l1<b0<A0 l4<b2<A1 l5<b2<A1 l6<b3<A1 | p0:l0/a p1:l1/b p2:d-q01/c p3:d-q01/d p4:l4/e p5:l5/f p6:l6/- | a b c d e f"
	if got := draw(joined.Ground); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestFactorOfAJoinedZone: 900 and 30,000 people with a device for two, 29,100 with one for four.
func TestFactorOfAJoinedZone(t *testing.T) {
	joined, err := quiet.Join(ground(t), []string{"b"})
	if err != nil {
		t.Fatal(err)
	}
	i, _ := joined.Ground.Zones.Index("C1")
	want := 60_000 / (30_900./2 + 29_100./4)
	if got := joined.Ground.Zones.At(i).Factor; math.Abs(got-want) > 1e-9 {
		t.Errorf("got %v people per device, want %v", got, want)
	}
	if joined.Within != 3 {
		t.Errorf("got %d finest zones within, want 3", joined.Within)
	}
}

func TestJoinRefuses(t *testing.T) {
	g := ground(t)
	if _, err := quiet.Join(g, []string{"nowhere"}); err == nil || !strings.Contains(err.Error(), "no zone of this geography") {
		t.Errorf("an unknown area: got %v", err)
	}
	for i := range g.Tree.Leaves {
		g.Tree.Leaves[i].Residents /= 10
	}
	if _, err := quiet.Join(g, []string{"a"}); err == nil || !strings.Contains(err.Error(), "50000 public residents whom antennas hear") {
		t.Errorf("a region in which 16,000 are heard: got %v", err)
	}
}

// TestMute: places in the zone that stands for the quiet area lie outside all zones, and the domain stays.
func TestMute(t *testing.T) {
	g := ground(t)
	muted, err := quiet.Mute(g, []string{"a"})
	if err != nil {
		t.Fatal(err)
	}
	want := "l0<b0<A0 l1<b0<A0 l2<b1<A0 l3<b1<A0 l4<b2<A1 l5<b2<A1 l6<b3<A1 | p0:l0/- p1:l1/- p2:l2/- p3:l3/d p4:l4/e p5:l5/f p6:l6/- | a b c d e f"
	if got := draw(muted); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if p := g.Places[0].Zone; p < 0 {
		t.Error("the ground itself was changed")
	}
}
