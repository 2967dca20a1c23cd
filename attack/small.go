package attack

import (
	"fmt"
	"math"

	"github.com/throng-stats/throng/synth/dice"
)

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
	answers, err := p.ask(w, asks)
	if err != nil {
		return refused(p, err)
	}
	t, err := one(p, w, "total")
	if err != nil {
		return Finding{}, err
	}
	f := Finding{Value: float64(answers), Draws: asks + len(p.Again)}
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

// ask asks for a world that often, and in every other way once, and counts the different answers, byte for byte.
func (p Publisher) ask(w World, asks int) (different int, err error) {
	answers := map[string]bool{}
	ways := append([]Way(nil), p.Again...)
	for i := range asks + len(ways) {
		how := Way{"simply", p.Publish}
		if i >= asks {
			how = ways[i-asks]
		}
		store, err := how.Ask(w)
		if err != nil {
			return 0, fmt.Errorf("asked again (%s): %w", how.Name, err)
		}
		list, err := store.List()
		if err != nil {
			return 0, err
		}
		text := ""
		for _, m := range list {
			for _, f := range m.Files {
				text += f.Path + f.SHA256
			}
		}
		answers[text] = true
	}
	return len(answers), nil
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
	f := Finding{Value: float64(right) / float64(w.Zones), Draws: w.Zones}
	return demand(p, f, bound, errors49*shareError(bound, w.Zones), hides(p, .99)), nil
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
