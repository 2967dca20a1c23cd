package signal

import (
	"math"
	"slices"
	"sync"
	"testing"

	"github.com/throng-stats/throng/synth/city"
	"github.com/throng-stats/throng/synth/dice"
	"github.com/throng-stats/throng/synth/people"
)

var ground = sync.OnceValue(func() *city.Plan { return city.New(4) })

func TestReceivedIsStrongestInFront(t *testing.T) {
	site := &city.Site{At: city.Point{}}
	mast := &city.Cell{Azimuth: 90, Directional: true, Height: 30, Tilt: 2, BeamH: 65, BeamV: 9, Power: 40, Range: 12000, Frequency: 800}
	level := func(x, y float64) float64 {
		at := city.Point{X: x, Y: y}
		return received(site, mast, at, at.Distance(site.At))
	}
	front, edge, back := level(2000, 0), level(2000*math.Cos(32.5*radian), 2000*math.Sin(32.5*radian)), level(-2000, 0)
	// 12 (32.5/65)^2 = 3 dB at the edge of the beam, 25 dB behind (TR 36.814, table A.2.1.1-2).
	if math.Abs(front-edge-3) > 1e-9 || math.Abs(front-back-25) > .5 {
		t.Errorf("front %.1f, edge %.1f, back %.1f dBm; want 3 and about 25 dB between", front, edge, back)
	}
	// Ten times the distance costs 35 dB, and a little less by the vertical pattern.
	if drop := level(1000, 0) - level(10000, 0); math.Abs(drop-35) > 3 {
		t.Errorf("one to ten kilometres cost %.1f dB, want about 35", drop)
	}
	if !math.IsInf(level(12001, 0), -1) {
		t.Error("a cell is heard beyond its range")
	}
}

// By hand: two cells 3.1 ln 3 dB apart are strongest 3 : 1.
func TestLogit(t *testing.T) {
	heard := logit(hearing{{cell: 8}, {cell: 9}}, [choices]float64{-80, -80 - fadingScale*math.Log(3)}, 2)
	if got := float64(heard[0].upTo) / math.MaxUint16; math.Abs(got-.75) > 1e-4 {
		t.Errorf("the stronger cell is drawn with %.4f, want 0.75", got)
	}
	if a, b := heard.pick(0), heard.pick(math.MaxUint16); a != 8 || b != 9 {
		t.Errorf("picked %d and %d, want 8 and 9", a, b)
	}
	deafened := logit(hearing{{cell: 8}}, [choices]float64{deaf - 1}, 1)
	if got := deafened.pick(7); got != NoCell {
		t.Errorf("picked cell %d where nothing is heard", got)
	}
}

// People are heard by near cells: in the mean under 3 km in the country of 220 sites on 2,380 km² (mean distance to the nearest
// of so many random points would be 1.6 km), and hardly anybody by none.
func TestHearsNearCells(t *testing.T) {
	plan, d := ground(), dice.New(1)
	radio := NewRadio(plan)
	sum, n, none, several := 0.0, 0.0, 0, 0
	for range 3000 {
		at := plan.Dwelling(int16(d.Pick(plan.Weight[:])), d).Point()
		cells, share := radio.Hears(at)
		total := 0.0
		for k, c := range cells {
			sum += share[k] * plan.Sites[plan.Cells[c].Site].At.Distance(at)
			total += share[k]
			if plan.Cells[c].Retired {
				t.Fatal("a retired cell is heard")
			}
		}
		n += total
		switch {
		case len(cells) == 0:
			none++
		case math.Abs(total-1) > 1e-9:
			t.Fatalf("probabilities sum to %v", total)
		case len(cells) > 1:
			several++
		}
	}
	if sum/n > 3000 || none > 30 || several < 2000 {
		t.Errorf("mean distance %.0f m, %d of 3,000 in the dark, %d hear several cells", sum/n, none, several)
	}
	if cells, _ := radio.Hears(city.Point{X: 4_000_000, Y: 3_000_000}); cells != nil {
		t.Error("cells are heard where no province is")
	}
}

func TestDevices(t *testing.T) {
	all := people.New(4, ground(), 20000, people.Calendar{Year: 2026, Weekday: 1, Festival: 15}, .4)
	list := Devices(4, all, 40)
	ids := map[uint64]bool{}
	holders, second, things, silent, rate := 0., 0., 0., 0., 0.
	for i := range all.List {
		if all.List[i].Holder && all.List[i].Role != people.Roamer {
			holders++
		}
	}
	for i, d := range list {
		if ids[d.ID] || d.ID == 0 || d.ID >= 1<<63 {
			t.Fatalf("device %d has the id %d", i, d.ID)
		}
		ids[d.ID] = true
		rate += float64(d.Rate)
		switch {
		case d.Person < 0:
			things++
		case d.Second:
			second++
		case d.Silent:
			silent++
		}
	}
	n := float64(len(list))
	// Five standard deviations of binomial counts.
	for _, c := range []struct {
		name      string
		got, want float64
		of        float64
	}{{"second subscriptions", second / holders, secondShare, holders}, {"silent phones", silent / n, silentShare, n}} {
		if math.Abs(c.got-c.want) > 5*math.Sqrt(c.want/c.of) {
			t.Errorf("%s: got %.4f, want %.4f", c.name, c.got, c.want)
		}
	}
	if math.Abs(things/(n-things)-machineShare) > .001 {
		t.Errorf("things: %.4f of phones, want %.4f", things/(n-things), machineShare)
	}
	if sd := 40 * math.Sqrt(math.Exp(rateSpread*rateSpread)-1); math.Abs(rate/n-40) > 5*sd/math.Sqrt(n) {
		t.Errorf("mean rate %.2f, want 40", rate/n)
	}
}

// The mean of the curve is 1, so that rates are per day.
func TestCurve(t *testing.T) {
	sum := 0.0
	for _, c := range curve {
		sum += c
	}
	if math.Abs(sum/24-1) > .005 {
		t.Errorf("mean of the activity curve %.4f, want 1", sum/24)
	}
}

// Every hour of a device is made by itself: the same rows in any order of making, all within the hour.
func TestHoursAreIndependent(t *testing.T) {
	plan := ground()
	radio, d := NewRadio(plan), dice.New(2)
	dev := &Device{ID: 77, MCC: Home, Rate: 500}
	a, b := plan.Dwelling(0, d), plan.Dwelling(1, d)
	stays := []people.Stay{{To: 30000, Spot: a}, {From: 34000, To: 60000, Spot: b}, {From: 60000, To: 86400, Spot: city.Spot{Zone: -1}, Gone: true, Network: 26201}}
	one, other := radio.NewMaker(1, 0), radio.NewMaker(1, 0)
	for _, clock := range []int{23, 9, 3} {
		other.Make(dev, stays, Hour{Index: clock, Clock: clock}, nil)
	}
	abroad, moving := 0, 0
	for h := range 24 {
		hour := Hour{Index: h, Start: int64(h) * 3_600_000, Clock: h}
		rows := one.Make(dev, stays, hour, nil)
		if !slices.Equal(rows, other.Make(dev, stays, hour, nil)) {
			t.Fatalf("hour %d depends on what was made before", h)
		}
		for _, r := range rows {
			second := r.Time / 1000
			if second/3600 != int64(h) || r.Order > 3_600_000+overtake {
				t.Fatalf("a row of second %d, order %d in hour %d", second, r.Order, h)
			}
			if (r.Network != 0) != (second >= 60000) || (r.Cell == NoCell) != (r.Network != 0) {
				t.Fatalf("second %d: network %d, cell %d", second, r.Network, r.Cell)
			}
			if r.Network != 0 {
				abroad++
			}
			if second >= 30000 && second < 34000 {
				moving++
			}
		}
	}
	// 500 rows a day give about 500/86,400 * 3 * 4,000 s on the way, at 1.1 to 1.2 of the mean activity.
	if abroad == 0 || moving < 40 || moving > 140 {
		t.Errorf("%d rows abroad, %d on the way; want some and about 75", abroad, moving)
	}
}

// Each kind is made at its rate, within five standard deviations of a Poisson count; the dirt scale multiplies all.
func TestSpoil(t *testing.T) {
	plan := ground()
	m := NewRadio(plan).NewMaker(1, 1)
	m.d.Reset(5)
	e := Event{ID: 5, Time: 1_000_000_000_000, Order: 10, Cell: uint16(m.dirt.host[0]), MCC: Home}
	rows := 0
	for k := range kinds {
		low := m.dirt.upTo[k] - rates[k]
		got := m.spoil(e, 10, low+rates[k]/2, nil)
		rows += len(got)
		last := got[len(got)-1]
		wrong := map[Kind]bool{
			Duplicate:   len(got) == 2 && last.Time == e.Time && last.Cell == e.Cell,
			UnknownCell: int(last.Cell) >= len(plan.Cells), RetiredCell: int(last.Cell) < len(plan.Cells) && plan.Cells[min(int(last.Cell), len(plan.Cells)-1)].Retired,
			BadSIM: last.MCC < 100 || last.MCC > 999, BadNetwork: last.Network != 0 && (last.Network < 10000 || last.Network > 999999),
			NullUnit: last.ID == 0, NullTime: last.Time == 0, NullCell: last.Cell == NoCell && last.Network == 0,
			Jump:        len(got) == 2 && last.Time != e.Time && m.dirt.region[last.Cell] != city.Host,
			SameInstant: len(got) == 2 && last.Time == e.Time && last.Cell != e.Cell,
			OutsideDay:  last.Time-e.Time >= 86_400_000 || last.Time-e.Time <= -86_400_000,
		}
		if !wrong[k] {
			t.Errorf("kind %d made %+v", k, got)
		}
	}
	if rows != int(kinds)+3 {
		t.Errorf("%d rows, want one of each kind and a second one of three", rows)
	}
	if clean := newDirt(plan, 0); clean.total != 0 {
		t.Errorf("a clean feed has %g dirt", clean.total)
	}
}
