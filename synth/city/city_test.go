package city

import (
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/synth/dice"
)

// The first three rows are computed by hand from Snyder's formulas and agree with published transformers.
func TestProject(t *testing.T) {
	for _, c := range []struct{ lat, lon, x, y float64 }{
		{50, 5, 3962799.451, 2999718.853},
		{38.7223, -9.1393, 2665519.214, 1946764.045},
		{59.4370, 24.7536, 5153013.447, 4124198.393},
		{52, 10, 4321000, 3210000},
	} {
		p := Project(Degrees{c.lon, c.lat})
		if math.Abs(p.X-c.x) > .001 || math.Abs(p.Y-c.y) > .001 {
			t.Errorf("%v, %v: got %.3f, %.3f, want %.3f, %.3f", c.lat, c.lon, p.X, p.Y, c.x, c.y)
		}
		back := Unproject(p)
		if math.Abs(back.Lat-c.lat) > 1e-9 || math.Abs(back.Lon-c.lon) > 1e-9 {
			t.Errorf("%v, %v: came back as %v", c.lat, c.lon, back)
		}
	}
}

func TestZonesAreValid(t *testing.T) {
	for seed := range uint64(6) {
		p := New(seed)
		list := make([]throng.Zone, len(p.Zones))
		for i, z := range p.Zones {
			list[i] = z.Zone
		}
		zones, err := throng.NewZones(list)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if got := len(zones.Finest()); got != Finest {
			t.Errorf("seed %d: %d finest zones, want %d", seed, got, Finest)
		}
		for _, z := range p.Zones {
			checkRings(t, seed, z)
		}
		checkBorders(t, seed, p)
	}
}

// checkRings wants outer rings counter-clockwise, holes clockwise, no point twice on a ring and no crossing edges.
func checkRings(t *testing.T, seed uint64, z Zone) {
	t.Helper()
	if len(z.Outline) == 0 {
		t.Errorf("seed %d: zone %s has no ground", seed, z.ID)
	}
	for _, polygon := range z.Outline {
		for k, ring := range polygon {
			if (ring.Area() > 0) != (k == 0) {
				t.Errorf("seed %d: ring %d of zone %s winds the wrong way", seed, k, z.ID)
			}
			seen := map[Point]bool{}
			for _, at := range ring {
				if seen[at] {
					t.Errorf("seed %d: zone %s touches itself at %v", seed, z.ID, at)
				}
				seen[at] = true
			}
			if len(ring) < 400 && crosses(ring) {
				t.Errorf("seed %d: a ring of zone %s crosses itself", seed, z.ID)
			}
		}
	}
}

func crosses(r Ring) bool {
	side := func(a, b, c Point) float64 { return (b.X-a.X)*(c.Y-a.Y) - (b.Y-a.Y)*(c.X-a.X) }
	for i := range r {
		a, b := r[i], r[(i+1)%len(r)]
		for j := i + 2; j < len(r); j++ {
			c, d := r[j], r[(j+1)%len(r)]
			if d != a && side(a, b, c)*side(a, b, d) < 0 && side(c, d, a)*side(c, d, b) < 0 {
				return true
			}
		}
	}
	return false
}

// checkBorders: every edge of a municipality is, reversed, an edge of exactly one other, or an edge of the province. So the
// zones fill the province without gaps or overlaps; the same for counties.
func checkBorders(t *testing.T, seed uint64, p *Plan) {
	t.Helper()
	for level := 2; level <= 3; level++ {
		edges := map[[2]Point]int{}
		for _, z := range p.Zones {
			if z.Level == level {
				eachEdge(z, func(a, b Point) { edges[[2]Point{a, b}]++ })
			}
		}
		eachEdge(p.Zones[1], func(a, b Point) { edges[[2]Point{b, a}]++ })
		for e, n := range edges {
			if n != 1 || edges[[2]Point{e[1], e[0]}] != 1 {
				t.Errorf("seed %d, level %d: edge %v is not shared by exactly two", seed, level, e)
			}
		}
	}
}

func eachEdge(z Zone, see func(a, b Point)) {
	for _, polygon := range z.Outline {
		for _, ring := range polygon {
			for i := range ring {
				see(ring[i], ring[(i+1)%len(ring)])
			}
		}
	}
}

// Municipalities touch each other or nobody; every one has a neighbour, and none has itself.
func TestTouch(t *testing.T) {
	p, pairs := New(7), 0
	for a := range int16(Finest) {
		near := 0
		for b := range int16(Finest) {
			if p.Touch(a, b) != p.Touch(b, a) || p.Touch(a, b) && a == b {
				t.Errorf("zones %d and %d touch one way only", a, b)
			}
			if p.Touch(a, b) {
				near++
			}
		}
		if municipality := a < Municipalities; municipality != (near > 0) {
			t.Errorf("zone %d has %d neighbours", a, near)
		}
		pairs += near
	}
	// A planar map of n zones has at most 3n - 6 borders.
	if pairs/2 < Municipalities-1 || pairs/2 > 3*Municipalities-6 {
		t.Errorf("%d borders of %d municipalities", pairs/2, Municipalities)
	}
}

func TestPlanIsPlausible(t *testing.T) {
	p := New(7)
	area := 0.0
	for _, polygon := range p.Zones[1].Outline {
		for _, ring := range polygon {
			area += ring.Area()
		}
	}
	t.Logf("host %.0f km², %d sites, %d cells", area/1e6, len(p.Sites), len(p.Cells))
	if area < 1.8e9 || area > 3e9 {
		t.Errorf("the host has %.0f km², want about 2,360 (an ellipse of 60 x 50 km)", area/1e6)
	}
	hosts, macro := 0, 0
	for _, s := range p.Sites {
		if s.Region == Host {
			hosts++
			if !s.Micro {
				macro++
			}
		} else if p.ZoneAt(s.At) != HomeZone(s.Region) {
			t.Errorf("site %s lies outside its home province", s.ID)
		}
	}
	if hosts < 212 || hosts > 225 || len(p.Sites)-hosts != 50 || macro < 100 {
		t.Errorf("%d sites in the host (%d masts), %d at home; want about 220 and 50", hosts, macro, len(p.Sites)-hosts)
	}
	d := dice.New(1)
	for zone := range int16(Finest) {
		for range 50 {
			if at := p.Dwelling(zone, d); at.Zone != zone || p.ZoneAt(at.Point()) != zone {
				t.Fatalf("a dwelling of zone %d lies in %d", zone, at.Zone)
			}
		}
	}
	for _, at := range append(p.Gates, p.Dorms...) {
		if at.Zone < 0 {
			t.Errorf("%v lies outside all zones", at)
		}
	}
}

// ZoneAt by cells of the lattice agrees with the published outline, for points that are not on a border.
func TestZoneAtAgreesWithOutline(t *testing.T) {
	p, d := New(3), dice.New(2)
	for range 4000 {
		at := Point{hostCentre.X + d.Between(-36000, 36000), hostCentre.Y + d.Between(-32000, 32000)}
		want := -1
		for i := range Municipalities {
			z, in := p.Zones[1+Provinces+Counties+i], false
			for _, polygon := range z.Outline {
				for _, ring := range polygon {
					in = in != ring.holds(at)
				}
			}
			if in {
				want = i
			}
		}
		if got := int(p.ZoneAt(at)); got != want {
			t.Errorf("%v: got zone %d, want %d", at, got, want)
		}
	}
}

func TestSameSeedSameGround(t *testing.T) {
	if !reflect.DeepEqual(New(5), New(5)) {
		t.Error("two grounds of seed 5 differ")
	}
	if reflect.DeepEqual(New(5).Zones, New(6).Zones) {
		t.Error("seeds 5 and 6 give one ground")
	}
}

// Labels of a 6 x 6 lattice: zone 0 touches itself at a corner, both ways; a zone has a stray cell; the groups of zones 0 and 2 and
// of 1 and 3 touch at a corner; there is a hole.
func TestTidy(t *testing.T) {
	for name, picture := range map[string]string{
		"pinch":      "...... .0000. .0010. .2200. .2222. ......",
		"other way":  "...... .0000. .0100. .0022. .2222. ......",
		"stray cell": "...... .0010. .0000. .1111. .1111. ......",
		"group":      "...... .0011. .0011. .3322. .3322. ......",
		"hole":       "...... .0000. .0.00. .0000. .1111. ......",
	} {
		l := newLattice(Point{}, 100, 6, 6, dice.New(1))
		for j, line := range strings.Fields(picture) {
			for i, sign := range line {
				if sign != '.' {
					l.label[j*6+i] = int16(sign - '0')
				}
			}
		}
		group := func(label int16) int16 {
			if label < 0 {
				return outside
			}
			return label % 2
		}
		l.tidy(group)
		if l.joinPieces() || l.openPinches(func(label int16) int16 { return label }) || l.openPinches(group) {
			t.Errorf("%s: not tidy: %v", name, l.label)
		}
		for zone := range int16(4) {
			if outline := l.outline(func(label int16) bool { return label == zone }); len(outline) > 1 {
				t.Errorf("%s: zone %d has %d pieces", name, zone, len(outline))
			} else if len(outline) == 1 {
				checkRings(t, 0, Zone{Outline: outline})
				checkArea(t, name, l, zone, outline[0])
			}
		}
	}
}

// checkArea: the rings of a zone enclose what its cells do. A corner with two ways on would lose a part.
func checkArea(t *testing.T, name string, l *lattice, zone int16, polygon Polygon) {
	t.Helper()
	want, got, w := 0.0, 0.0, l.nx+1
	for cell, label := range l.label {
		if at := cell/l.nx*w + cell%l.nx; label == zone {
			want += Ring{l.corner[at], l.corner[at+1], l.corner[at+w+1], l.corner[at+w]}.Area()
		}
	}
	for _, ring := range polygon {
		got += ring.Area()
	}
	if math.Abs(got-want) > 1e-6 {
		t.Errorf("%s: the rings of zone %d enclose %.0f m², its cells %.0f", name, zone, got, want)
	}
}
