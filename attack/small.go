package attack

import (
	"fmt"
	"math"

	"github.com/throng-stats/throng/synth/dice"
)

// Support is attack 5, small support: a threshold on the number of people protects the count, not the mean beside it.
//
// Procedure: 500 zones with 16 to 60 people of whom one spends; mean times count. Statistic: share of the amounts found
// to 1 %. Bound: a publisher with a proven loss gives at most 1 %. It publishes sums and counts, no means: the attack takes the
// sum as it stands.
func Support(p Publisher, s Size) (Finding, error) {
	s.EnsureDefaults()
	d := dice.New(s.Seed, streamSupport)
	w := World{Name: "spending", Product: Spending, Days: 1, Zones: s.of(500, 50), Rho: .05}
	spent := make([]float64, w.Zones)
	for z := range w.Zones {
		w.residents(int32(z), int64(15+d.IntN(45)), 1)
		cents := int64(d.LogNormal(9000, 1)) + 100
		w.Units = append(w.Units, Unit{Stays: []Stay{{int32(z), 0, Hours}}, Cents: cents})
		spent[z] = float64(cents)
	}
	store, err := p.Publish(w)
	if err != nil {
		return refused(p, err)
	}
	count, err := read(store, w, 0, "total")
	if err != nil {
		return Finding{}, err
	}
	if p.Proven {
		return demand(p, Finding{Value: near(count.value, spent), Draws: w.Zones}, .01, errors49*shareError(.01, w.Zones), .99), nil
	}
	mean, err := read(store, w, 0, "mean")
	if err != nil {
		return Finding{}, err
	}
	scale, _ := p.Expect(1000)
	right := 0
	for z := range w.Zones {
		if mean.shown[z] && math.Abs(mean.value[z]*count.value[z]*1000/scale/spent[z]-1) <= .01 {
			right++
		}
	}
	f := Finding{Value: float64(right) / float64(w.Zones), Draws: w.Zones}
	return demand(p, f, .01, errors49*shareError(.01, w.Zones), .99), nil
}

// near is the share of values that are within 1 % of the truth.
func near(values, truth []float64) float64 {
	right := 0
	for i, v := range values {
		if math.Abs(v/truth[i]-1) <= .01 {
			right++
		}
	}
	return float64(right) / float64(len(values))
}

// Heavy is attack 6, the heavy contributor: one device with 5,000 events in an empty zone. A threshold on events takes it
// for a crowd.
//
// Procedure: 200 empty zones with one such device each. Statistic: what it changes a cell by, on average over its 24
// hours. Bound: 1, so that the squared norm of the change is at most D2 = 24; the exact check without noise is layer A
// (driver/embedded: TestFloodAndPingPong).
func Heavy(p Publisher, s Size) (Finding, error) {
	s.EnsureDefaults()
	w := World{Name: "heavy", Product: Present, Days: 1, Zones: s.of(200, 20), Rho: .1, ByEvents: true}
	for z := range w.Zones {
		w.Units = append(w.Units, Unit{Stays: []Stay{{int32(z), 0, Hours}}, Events: (5000 + Hours - 1) / Hours})
	}
	t, err := one(p, w, "total")
	if err != nil {
		return refused(p, err)
	}
	mean, _ := moments(t.value)
	f := Finding{Value: mean, Draws: len(t.value)}
	return demand(p, f, 1, errors49*math.Sqrt(claimed(w.Rho)/float64(len(t.value))), 16), nil
}

// Averaging is attack 7, averaging and retry: whoever may ask again until the noise cancels has no noise before him.
//
// Procedure: a zone with 37 people is asked for 2,000 times, and again after every mishap that the publisher names
// (restart, another driver, a crash). Statistic: number of different answers, byte for byte; 1 is the bound, exactly. A
// publisher without noise falls when its first answer is the truth. Positive control: with fresh noise for each question
// the mean of 2,000 answers must come within 4.9 sigma / sqrt 2000 of 37.
func Averaging(p Publisher, s Size) (Finding, error) {
	s.EnsureDefaults()
	const people = 37
	asks := s.of(2000, 20)
	w := World{Name: "averaging", Product: Present, Days: 1, Zones: 1, Rho: .1}
	w.residents(0, people, 1)
	answers := map[string]int{}
	ask := func(how Way) error {
		store, err := how.Ask(w)
		if err != nil {
			return fmt.Errorf("asked again (%s): %w", how.Name, err)
		}
		list, err := store.List()
		if err != nil {
			return err
		}
		text := ""
		for _, m := range list {
			for _, f := range m.Files {
				text += f.Path + f.SHA256
			}
		}
		answers[text]++
		return nil
	}
	for range asks {
		if err := ask(Way{"simply", p.Publish}); err != nil {
			return refused(p, err)
		}
	}
	for _, way := range p.Again {
		if err := ask(way); err != nil {
			return Finding{}, err
		}
	}
	t, err := one(p, w, "total")
	if err != nil {
		return Finding{}, err
	}
	f := Finding{Value: float64(len(answers)), Draws: asks + len(p.Again)}
	if !p.Proven {
		f.Value, f.Detail = 0, "the truth at the first question"
		if scale, _ := p.Expect(1000); t.shown[0] && math.Abs(t.value[0]*1000/scale-people) < 1e-6 {
			f.Value = 1
		}
		return demand(p, f, 1, 0, 1), nil
	}
	mean, near := averageControl(s, people, asks)
	f.Detail = fmt.Sprintf("fresh noise for each question would give %.2f for %d", mean, people)
	f.Extra = []Check{{"fresh noise for each question finds the truth", near, true}}
	return demand(p, f, 1, 0, math.NaN()), nil
}

// averageControl averages fresh noise.
func averageControl(s Size, people float64, asks int) (mean float64, near bool) {
	d := dice.New(s.Seed, streamAveraging)
	sigma := math.Sqrt(claimed(.1))
	for range asks {
		mean += math.Round(d.Normal(people, sigma)) / float64(asks)
	}
	return mean, math.Abs(mean-people) <= errors49*sigma/math.Sqrt(float64(asks))
}

// Singleton is attack 12, the singleton after scaling: a threshold that is applied after factors protects nobody, because
// one device is .95 x 5.4 = 5.13 >= 5 people.
//
// Procedure: 20,000 empty zones, one device in the first hour or none, by a fair coin; guess from that cell. Statistic:
// share of right guesses. Bound: Phi(1 / 2 sigma), sigma2 = 24 / 2 rho. T15 hides the device and need not fall.
func Singleton(p Publisher, s Size) (Finding, error) {
	s.EnsureDefaults()
	w := World{Name: "singleton", Product: Present, Days: 1, Zones: s.of(20_000, 1000), Rho: .1}
	in := w.coins(dice.New(s.Seed, streamSingleton), []Stay{{0, 0, 1}})
	t, err := one(p, w, "total")
	if err != nil {
		return refused(p, err)
	}
	right := 0
	for z := range w.Zones {
		if guess := p.score(t.value[z*Hours], t.shown[z*Hours], 0, 1) > 0; guess == in[z] {
			right++
		}
	}
	bound := single(claimed(w.Rho))
	least := .99
	if p.Name == "T15" {
		least = math.NaN()
	}
	f := Finding{Value: float64(right) / float64(w.Zones), Draws: w.Zones}
	return demand(p, f, bound, errors49*shareError(bound, w.Zones), least), nil
}

// coins puts a unit with these stays into every zone where a fair coin says so.
func (w *World) coins(d *dice.Dice, stays []Stay) []bool {
	in := make([]bool, w.Zones)
	for z := range in {
		if in[z] = d.Chance(.5); !in[z] {
			continue
		}
		own := make([]Stay, len(stays))
		for i, st := range stays {
			own[i] = Stay{int32(z), st.From, st.To}
		}
		w.Units = append(w.Units, Unit{Stays: own})
	}
	return in
}
