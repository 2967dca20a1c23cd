package attack

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/throng-stats/throng/synth/dice"
)

// Seeds are fixed, so no test here lies; with fresh randomness each bound would be reported as broken with a probability
// of at most 1e-6.
const seed = 7

// TestPublishers runs every attack at a tenth of its size: publishers without a bound fall where the page says so, the
// stand-in that keeps the promise holds.
func TestPublishers(t *testing.T) {
	if testing.Short() {
		t.Skip("statistics of one goroutine, minutes under the race detector")
	}
	stands := map[string]bool{"2 T15": true, "2 K5S": true, "9 T15": true, "12 T15": true, "C T15": true, "D T15": true, "7l T15": true, "Cl T15": true}
	for _, a := range Attacks() {
		for _, p := range append(Baselines(), keeps().publisher()) {
			f, err := a.Run(p, Size{Seed: seed, Part: .1})
			if err != nil {
				t.Fatalf("attack %s on %s: %v", a.Number, p.Name, err)
			}
			want := Falls
			switch {
			case p.Proven:
				want = Holds
			case stands[a.Number+" "+p.Name]:
				want = Stands
			}
			if got := f.Verdict(); got != want || f.Fails() {
				t.Errorf("attack %s on %s: %s with %.4f (bound %.4f + %.4f, least %.4f) %v, want %s", a.Number, p.Name, got, f.Value, f.Bound, f.Slack, f.Least, f.Extra, want)
			}
			if p.Proven && f.Alarm > 2e-5 {
				t.Errorf("attack %s: a sound publisher is called broken with a probability of %g", a.Number, f.Alarm)
			}
		}
	}
}

// TestBrokenPublishers breaks one thing of the stand-in at a time: the attack that is named must notice.
func TestBrokenPublishers(t *testing.T) {
	if testing.Short() {
		t.Skip("statistics of one goroutine, minutes under the race detector")
	}
	for _, c := range []struct {
		what   string
		change func(*standIn)
		by     string
		part   float64
	}{
		{"half the variance", func(b *standIn) { b.variance = .5 }, "1", 1},
		{"half the variance", func(b *standIn) { b.variance = .5 }, "8w", .25},
		{"half the variance", func(b *standIn) { b.variance = .5 }, "C", .2},
		{"half the variance", func(b *standIn) { b.variance = .5 }, "D", 1},
		{"a tenth of the variance", func(b *standIn) { b.variance = .1 }, "3", 1},
		{"a tenth of the variance", func(b *standIn) { b.variance = .1 }, "12", 1},
		{"no noise worth the name", func(b *standIn) { b.variance = .002 }, "9", .2},
		{"counted in two zones", func(b *standIn) { b.twice = true }, "C", .2},
		{"a weight of 1.5 before the noise", func(b *standIn) { b.weight = 1.5 }, "C", .2},
		{"a weight of 1.5 before the noise", func(b *standIn) { b.weight = 1.5 }, "D", 1},
		{"one draw for two hours", func(b *standIn) { b.shared = true }, "C", .2},
		{"noise of a moving average", func(b *standIn) { b.smooth = true }, "C", 1},
		{"only cells with people published", func(b *standIn) { b.touched = true }, "12", .1},
		{"only cells with people published", func(b *standIn) { b.touched = true }, "C", .2},
		{"fresh noise for each question", func(b *standIn) { b.again = true }, "7", .1},
		{"windows answered on demand", func(b *standIn) { b.answers = true }, "4", .1},
		{"every event counts", func(b *standIn) { b.flood = true }, "6", .5},
		{"half the variance", func(b *standIn) { b.variance = .5 }, "Cl", .25},
		{"each live bin with the noise of one", func(b *standIn) { b.alone = true }, "7l", .25},
		{"each live bin with the noise of one", func(b *standIn) { b.alone = true }, "8l", .1},
		{"one draw for two bins of two hours", func(b *standIn) { b.pairs = true }, "Cl", .25},
		{"values on a lattice of two", func(b *standIn) { b.step = 2 }, "11", .2},
	} {
		t.Run(fmt.Sprintf("%s: attack %s", c.what, c.by), func(t *testing.T) {
			f, err := find(c.by).Run(broken(c.change).publisher(), Size{Seed: seed, Part: c.part})
			if err != nil {
				t.Fatal(err)
			}
			if f.Verdict() != Broken {
				t.Errorf("%s with %.4f (bound %.4f + %.4f) %v %s, want %s", f.Verdict(), f.Value, f.Bound, f.Slack, f.Extra, f.Detail, Broken)
			}
		})
	}
}

func find(number string) Attack {
	for _, a := range Attacks() {
		if a.Number == number {
			return a
		}
	}
	panic("no attack " + number)
}

// TestTooMuchNoiseIsNoticed: an attack that finds nothing where something must be found says that it is weak, so that its
// silence is not taken for safety.
func TestTooMuchNoiseIsNoticed(t *testing.T) {
	for _, number := range []string{"1", "8"} {
		f, err := find(number).Run(broken(func(b *standIn) { b.variance = 1000 }).publisher(), Size{Seed: seed, Part: .4})
		if err != nil || f.Verdict() != Weak {
			t.Errorf("attack %s: %s with %.4f (%v), want %s", number, f.Verdict(), f.Value, err, Weak)
		}
	}
	nothing := baseline("exact", rule{func(int64) bool { return false }, 1})
	for _, number := range []string{"1", "3", "4", "5", "6", "7", "8", "9", "11", "12", "C", "D"} {
		f, err := find(number).Run(nothing, Size{Seed: seed, Part: .05})
		if err != nil || f.Verdict() != Weak {
			t.Errorf("attack %s on a publisher who shows nothing: %s with %.4f (%v), want %s", number, f.Verdict(), f.Value, err, Weak)
		}
	}
}

// TestErrorsAreNotRefusals: what goes wrong is told, and never taken for a protection.
func TestErrorsAreNotRefusals(t *testing.T) {
	boom := errors.New("the disk is full")
	for _, a := range append(Attacks(), OnCompanies()...) {
		p := keeps().publisher()
		p.Publish = func(World) (releaseStore, error) { return nil, boom }
		if _, err := a.Run(p, Size{Seed: seed, Part: .05}); !errors.Is(err, boom) {
			t.Errorf("attack %s: got %v, want the error of the publisher", a.Number, err)
		}
	}
}

func TestVerdict(t *testing.T) {
	no := math.NaN()
	for _, c := range []struct {
		f    Finding
		want Verdict
	}{
		{Finding{Value: .62, Bound: .61, Slack: .02, Least: no}, Holds},
		{Finding{Value: .64, Bound: .61, Slack: .02, Least: no}, Broken},
		{Finding{Value: no, Bound: .61, Slack: .02, Least: no}, Broken},
		{Finding{Value: .5, Bound: .61, Slack: .02, Least: .59}, Weak},
		{Finding{Value: 1, Bound: no, Least: .95}, Falls},
		{Finding{Value: .9, Bound: no, Least: .95}, Weak},
		{Finding{Value: .9, Bound: no, Least: no}, Stands},
		{Finding{Bound: no, Least: no, Refuse: "no"}, Refused},
		{Finding{Value: 0, Bound: 1, Least: no, Extra: []Check{{Name: "x", OK: false}}}, Broken},
		{Finding{Value: 0, Bound: 1, Least: no, Extra: []Check{{Name: "x", OK: false, Control: true}}}, Weak},
	} {
		if got := c.f.Verdict(); got != c.want {
			t.Errorf("%+v: got %s, want %s", c.f, got, c.want)
		}
	}
}

// TestWorldsAreRepeatable: the same seed invents the same first world, another seed another one.
func TestWorldsAreRepeatable(t *testing.T) {
	seen := errors.New("seen")
	for _, a := range Attacks() {
		var digest [3]uint64
		for i, s := range []uint64{seed, seed, seed + 1} {
			p := Publisher{Name: "exact", Expect: Exact().Expect, Publish: func(w World) (releaseStore, error) {
				digest[i] = digestOf(w)
				return nil, seen
			}}
			if _, err := a.Run(p, Size{Seed: s, Part: .05}); !errors.Is(err, seen) {
				t.Fatal(err)
			}
		}
		if digest[0] != digest[1] {
			t.Errorf("attack %s: the same seed gave two worlds", a.Number)
		}
		if fixed := strings.Contains(" 6 7 8 8l 8w ", " "+a.Number+" "); !fixed && digest[0] == digest[2] {
			t.Errorf("attack %s: two seeds gave one world", a.Number)
		}
	}
}

// digestOf mixes everything that a world says into one number.
func digestOf(w World) uint64 {
	h := dice.Hash(uint64(w.Days), uint64(w.Zones), uint64(len(w.Units)))
	for _, u := range w.Units {
		h = dice.Hash(h, uint64(u.Events))
		for _, s := range u.Sales {
			h = dice.Hash(h, uint64(s.Day), uint64(s.Zone), uint64(s.Code), uint64(s.Cents))
		}
		for _, s := range u.Stays {
			h = dice.Hash(h, uint64(s.Zone), uint64(s.From), uint64(s.To))
		}
	}
	for _, area := range w.Areas {
		for _, z := range area {
			h = dice.Hash(h, uint64(z))
		}
	}
	return h
}
