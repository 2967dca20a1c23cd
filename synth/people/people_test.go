package people

import (
	"math"
	"sync"
	"testing"

	"github.com/throng-stats/throng/synth/city"
)

// monday: day 0 is a Monday, the feast on day 15.
var monday = Calendar{Year: 2026, Weekday: 1, Festival: 15}

var crowd = sync.OnceValue(func() *All { return New(3, city.New(3), 20000, monday, .4) })

func TestCalendar(t *testing.T) {
	for day, want := range map[int]bool{0: true, 4: true, 5: false, 6: false, 7: true, 14: false, 15: false, 16: false, 17: true, -1: false, -3: true} {
		if got := monday.Workday(day); got != want {
			t.Errorf("day %d: workday %v, want %v", day, got, want)
		}
	}
}

func TestBlocksCoverAllDays(t *testing.T) {
	for _, c := range []struct{ day, length, late, number, first int }{
		{0, 7, 0, 0, 0}, {6, 7, 0, 0, 0}, {7, 7, 0, 1, 7}, {-1, 7, 0, -1, -7}, {-7, 7, 0, -1, -7}, {-8, 7, 0, -2, -14}, {2, 7, 3, -1, -4}, {3, 7, 3, 0, 3},
	} {
		if n, first := block(c.day, c.length, c.late); int64(n) != int64(c.number) || first != c.first {
			t.Errorf("day %d, late %d: block %d from %d, want %d from %d", c.day, c.late, int64(n), first, c.number, c.first)
		}
	}
}

func TestJourney(t *testing.T) {
	j := journey{3, 5} // out on day 3, back on day 5: the nights after 3 and 4
	for day, want := range map[int]bool{3: false, 4: true, 5: true, 6: false} {
		if j.covers(day) != want {
			t.Errorf("the midnight with which day %d begins: away %v, want %v", day, !want, want)
		}
	}
}

// By hand: 1 km as the crow flies is 1.3 km on foot at 4.5 km/h and a minute, 1,100 s; 100 km are 130 km at 95 km/h and four
// minutes, 5,166 s.
func TestTravelSeconds(t *testing.T) {
	at := func(x float32) city.Spot { return city.Spot{X: x} }
	for metres, want := range map[float32]int32{1000: 1100, 100_000: 5166} {
		if got := TravelSeconds(at(0), at(metres)); got != want {
			t.Errorf("%.0f m: %d s, want %d", metres, got, want)
		}
	}
	last := int32(0)
	for metres := float32(1300); metres < 59_000; metres += 500 {
		if got := TravelSeconds(at(0), at(metres)); got <= last {
			t.Fatalf("%.0f m take %d s, less than a shorter way", metres, got)
		} else {
			last = got
		}
	}
}

func TestBetweenEndsWhereItShould(t *testing.T) {
	a, b := city.Spot{X: 100, Y: 200}, city.Spot{X: 5100, Y: 200}
	for f, x := range map[float64]float64{0: 100, 1: 5100} {
		if got := Between(a, b, f); math.Abs(got.X-x) > 1e-6 || math.Abs(got.Y-200) > 1e-6 {
			t.Errorf("part %g: %v", f, got)
		}
	}
	if mid := Between(a, b, .5); math.Abs(math.Abs(mid.Y-200)-600) > 1e-6 {
		t.Errorf("the bow is %.0f m, want 12 %% of 5,000", mid.Y-200)
	}
}

func TestHouseholds(t *testing.T) {
	a := crowd()
	sizes := map[uint32]int{}
	for i := range a.List {
		p := &a.List[i]
		if p.Role != Resident {
			continue
		}
		sizes[p.House]++
		first := a.List[i-sizes[p.House]+1]
		if first.House != p.House || first.Home != p.Home {
			t.Fatalf("person %d does not live with the household", i)
		}
		if sizes[p.House] == 1 && 2026-int(p.Birth) < 18 {
			t.Fatalf("household %d begins with a child", p.House)
		}
	}
	mean := 15000 / float64(len(sizes))
	if math.Abs(mean-2.14) > .08 { // .37 + .66 + .42 + .44 + .25; five standard deviations over 7,000 households
		t.Errorf("%.3f people a household, want 2.14", mean)
	}
}

// Night shifts, journeys, visits and being abroad all happen, and nobody is in the host and elsewhere at once.
func TestEverybodyIsSomewhere(t *testing.T) {
	a := crowd()
	d := a.Diarist()
	count := map[Role]map[whereabouts]int{Resident: {}, Worker: {}, Visitor: {}, Roamer: {}}
	for i := range a.List {
		for day := 20; day < 34; day++ {
			n := d.night(i, day)
			count[a.List[i].Role][n.at]++
			gone := n.at == abroad || n.at == absent
			if gone != (n.spot.Zone < 0) || (n.network != 0) != (n.at == abroad) {
				t.Fatalf("person %d, night before day %d: %+v", i, day, n)
			}
			inHost := n.at == atHome || n.at == atWork || n.at == atHotel
			if inHost != (n.spot.Zone >= 0 && int(n.spot.Zone) < city.Municipalities) {
				t.Fatalf("person %d sleeps in zone %d as %v", i, n.spot.Zone, n.at)
			}
		}
	}
	for role, all := range map[Role][]whereabouts{
		Resident: {atHome, atWork, atAway, abroad, absent}, Worker: {atHome, atWork, atAway}, Visitor: {atAway, atHotel}, Roamer: {atHotel, absent},
	} {
		for _, at := range all {
			if count[role][at] == 0 {
				t.Errorf("no night of role %d is spent as %d", role, at)
			}
		}
	}
	// 24 % of fortnights times 1.9 nights of 14 (mean of 1 + min(3, exponential of mean 1.5, rounded down)): .24 * 2 / 14.
	nights := 0
	for _, n := range count[Resident] {
		nights += n
	}
	away := float64(nights-count[Resident][atHome]-count[Resident][atWork]) / float64(nights)
	if away < .025 || away > .05 {
		t.Errorf("residents spend %.4f of nights away, want about .035", away)
	}
}

func TestChildrenMostlyHaveNoPhone(t *testing.T) {
	a := crowd()
	phones, children := 0.0, 0.0
	for i := range a.List {
		if p := &a.List[i]; p.Role == Resident && 2026-int(p.Birth) < 12 {
			children++
			if p.Holder {
				phones++
			}
		}
	}
	if phones/children > .08 {
		t.Errorf("%.3f of children under 12 have a phone of the holder", phones/children)
	}
}
