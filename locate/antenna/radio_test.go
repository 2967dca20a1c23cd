package antenna

import (
	"math"
	"math/rand/v2"
	"testing"
)

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s: got %.9f, want %.9f", what, got, want)
	}
}

// digits is half of the last digit of the tables of the methods, section 5, and a little.
const digits = 6e-7

func TestBeamLosses(t *testing.T) {
	for _, c := range []struct{ width, sigma float64 }{{65, 72.584933}, {9, 9.802990}, {30, 32.676639}} {
		near(t, "sigma", NewBeam(c.width, -30).sigma, c.sigma, digits)
	}
	for _, c := range []struct{ x, want float64 }{{0, 0}, {16.25, -.778424}, {32.5, -3}, {65, -10.389721}, {90, -16.871062},
		{180, -30}, {270, -16.871062}, {-32.5, -3}} {
		near(t, "loss of a beam of 65 degrees", NewBeam(65, -30).Loss(c.x), c.want, digits)
	}
	near(t, "loss of 120 degrees at 60", NewBeam(120, -30).Loss(60), -3.333333, digits)
	near(t, "loss of 120 degrees at 90", NewBeam(120, -30).Loss(90), -7.5, digits)
	near(t, "loss of a round beam", NewBeam(360, -30).Loss(90), 0, 0)
	// The bell curve exists up to 113.842 degrees and is there the parabola.
	near(t, "loss at the limit", NewBeam(113.84, -30).Loss(90), NewBeam(113.85, -30).Loss(90), .01)
}

func TestOmnidirectionalDominance(t *testing.T) {
	macro, micro := NewCell("a", 0, 0), NewCell("b", 0, 0)
	macro.Type, micro.Type = macrocell, microcell
	r := macro.Radio()
	near(t, "dBm at 3000", r.Strength(3000, 0), -90.392861, digits)
	near(t, "and back", strengthOf(Dominance(-90.392861)), -90.392861, digits)
	for _, c := range []struct {
		cell    Cell
		d, want float64
	}{{macro, 150, .999960}, {macro, 850, .989306}, {macro, 3000, .603825}, {macro, 5000, .224030}, {micro, 100, .867762}, {micro, 300, .021261}} {
		r := c.cell.Radio()
		near(t, "dominance", Dominance(r.Strength(c.d*.6, -c.d*.8)), c.want, digits)
	}
}

// A directional macrocell, 10 W, 30 m, azimuth 90, tilt 5, beams 65 and 9.
func TestDirectionalDominance(t *testing.T) {
	cell := NewCell("a", 0, 0)
	cell.Type, cell.Directional, cell.Azimuth = macrocell, true, 90
	r := cell.Radio()
	for _, c := range []struct{ x, y, alpha, eps, across, upright, dBm, s float64 }{
		{1000, 0, 0, -3.281642, 0, -1.634730, -74.142056, .975195},
		{1000, 1000, -45.034129, -3.784755, -5.506800, -2.154598, -85.809374, .792181},
		{0, 1000, -89.850191, -3.281642, -16.833728, -1.634730, -90.975784, .575626},
		{-1000, 0, 180, -3.281642, -30, -1.634730, -104.142056, .088797},
		{300, -200, 33.560659, -.243659, -3.188574, -.009266, -59.140458, .998736},
		{-100, 0, 180, 11.699244, -30, -15.282279, -80.984025, .909141},
	} {
		alpha, eps := r.angles(c.x, c.y)
		near(t, "alpha", math.Abs(alpha), math.Abs(c.alpha), digits) // 180 and -180 are one direction
		near(t, "eps", eps, c.eps, digits)
		near(t, "loss across", r.Across.Loss(alpha), c.across, digits)
		near(t, "loss upright", r.Upright.Loss(eps), c.upright, digits)
		near(t, "dBm", r.Strength(c.x, c.y), c.dBm, digits)
		near(t, "dominance", Dominance(r.Strength(c.x, c.y)), c.s, digits)
	}
}

// The last column of the same table: the beams of the reference pipeline.
func TestReferenceBeams(t *testing.T) {
	for _, c := range []struct{ width, sigma float64 }{{65, 71.10}, {9, 8.46}, {30, 32.58}, {120, 179.10}} {
		near(t, "sigma", ReferenceBeam(c.width, -30).sigma, c.sigma, 1e-9)
	}
	r := Radio{Power: 10, PathLoss: 3.75, Range: 10_000, Height: 30, Directional: true, Azimuth: 90, Tilt: 5,
		Across: ReferenceBeam(65, -30), Upright: ReferenceBeam(9, -30)}
	for _, c := range []struct{ x, y, s float64 }{{1000, 0, .972447}, {1000, 1000, .761769}, {0, 1000, .531008}, {-1000, 0, .080446}} {
		near(t, "dominance", Dominance(r.Strength(c.x, c.y)), c.s, digits)
	}
}

// The angles against the formulas as the methods write them, case by case.
func TestAnglesEqualTheLongWay(t *testing.T) {
	rng := rand.New(rand.NewPCG(19, 20))
	for range 2000 {
		r := Radio{Height: 1 + 60*rng.Float64(), Azimuth: 360 * rng.Float64(), Tilt: 90 * rng.Float64()}
		dx, dy := 400*rng.Float64()-200, 400*rng.Float64()-200
		d := math.Hypot(dx, dy)
		delta := math.Atan2(dx, dy) - r.Azimuth*degree
		a, b := d*math.Sin(delta), d*math.Cos(delta)
		slant, lam := math.Hypot(b, r.Height), math.Atan2(r.Height, math.Abs(b))/degree
		var e float64
		switch {
		case b > 0:
			e = slant * math.Cos((lam-r.Tilt)*degree)
		case lam+r.Tilt < 90:
			e = -slant * math.Cos((lam+r.Tilt)*degree)
		default:
			e = slant * math.Cos((180-lam-r.Tilt)*degree)
		}
		alpha, _ := r.angles(dx, dy)
		near(t, "alpha", math.Remainder(alpha-math.Atan2(a, e)/degree, 360), 0, 1e-8)
	}
}

func TestUsualValuesByType(t *testing.T) {
	for _, c := range []struct {
		kind                           string
		power, reach, pathLoss, height float64
	}{{macrocell, 10, 10_000, 3.75, 30}, {"", 10, 10_000, 3.75, 30}, {microcell, 5, 1_000, 6, 8}, {picocell, 5, 5_000, 3.75, 8}, {femtocell, 5, 5_000, 3.75, 8}} {
		cell := NewCell("a", 0, 0)
		cell.Type = c.kind
		r := cell.Radio()
		if r.Power != c.power || r.Range != c.reach || r.PathLoss != c.pathLoss || r.Height != c.height || r.Tilt != 5 {
			t.Errorf("%s: got %+v", c.kind, r)
		}
	}
}
