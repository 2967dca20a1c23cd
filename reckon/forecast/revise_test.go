package forecast_test

import (
	"math"
	"testing"
	"time"

	"github.com/throng-stats/throng/reckon/forecast"
)

// steps are days from Monday 2026-02-02 to Sunday 2026-03-29, every week alike, with a margin of 7 a day.
func steps(t *testing.T, weeks ...float64) []forecast.Change {
	t.Helper()
	var days []forecast.Day
	for w, v := range weeks {
		for d := range 7 {
			days = append(days, forecast.Day{Date: time.Date(2026, 2, 2+7*w+d, 0, 0, 0, 0, time.UTC).Format(time.DateOnly), Value: v, NoiseSD: 7})
		}
	}
	changes, err := forecast.Weekly(days)
	if err != nil {
		t.Fatal(err)
	}
	return changes
}

// TestRevise is the worked example of docs/method/nowcast.md: weeks at 1000, 1000, 400, 400, 900, 900, 900, 900, then a month that
// closes with 30 moves away, noise 40. February is 27 days in weeks 1 to 4, March 29 in weeks 4 to 8, of which the first is in week 4.
func TestRevise(t *testing.T) {
	weeks := steps(t, 1000, 1000, 400, 400, 900, 900, 900, 900)
	got, err := forecast.Revise(weeks, forecast.Moves{Month: "2026-03", Net: -30, NoiseSD: 40})
	if err != nil {
		t.Fatal(err)
	}
	february, march := (14*1000.+13*400)/27, (1*400.+28*900)/29
	near := func(what string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 1e-6 {
			t.Errorf("%s is %.6f, want %.6f", what, got, want)
		}
	}
	near("the nowcast is the difference of the months", got.Nowcast.Net, march-february)
	near("what passed", got.Passing.Net, march-february+30)
	near("its noise", got.Passing.NoiseSD, math.Hypot(got.Nowcast.NoiseSD, 40))
	// Noise of the means of months: a day of a week has seven days' weight in the week's mean.
	variance := 0.0
	for _, share := range []float64{-7. / 27, -7. / 27, -7. / 27, 1./29 - 6./27, 7. / 29, 7. / 29, 7. / 29, 7. / 29} {
		variance += share * share * 7 // 49/7 is the variance of a week's mean
	}
	near("the noise of the nowcast", got.Nowcast.NoiseSD, math.Sqrt(variance))
	weight := map[string]float64{"2026-02-09": 1 - 20./27, "2026-02-16": 1 - 13./27, "2026-02-23": 1 - 6./27, "2026-03-02": 28. / 29, "2026-03-09": 21. / 29, "2026-03-16": 14. / 29, "2026-03-23": 7. / 29}
	sum := 0.0
	for i, w := range got.Weeks {
		sum += weight[w.Week] * w.Change
		if math.Abs(w.Change) > 20 && w.Change*weeks[i].Change < 0 {
			t.Errorf("%s: %.1f became %.1f", w.Week, weeks[i].Change, w.Change)
		}
	}
	v := variance + math.Pow(forecast.Apart*((1-13./27)*600+28./29*500), 2)
	near("the gain", got.Gain, v/(v+1600))
	near("the month revised", got.Revised.Net, got.Nowcast.Net-got.Gain*got.Passing.Net)
	near("its noise", got.Revised.NoiseSD, math.Sqrt((1-got.Gain)*(1-got.Gain)*variance+got.Gain*got.Gain*1600))
	near("the revised weeks", sum, got.Revised.Net)
	exact, err := forecast.Revise(weeks, forecast.Moves{Month: "2026-03", Net: -30})
	if err != nil || exact.Gain != 1 || math.Abs(exact.Weeks[1].Change+699.107757) > 1e-6 || math.Abs(exact.Weeks[3].Change-346.212101) > 1e-6 {
		t.Errorf("without noise of the homes: %+v, %v, want the fall of 600 to be 699 and the rise of 500 to be 346", exact, err)
	}
	if len(got.Weeks) != 7 {
		t.Errorf("got %+v, want seven weeks", got.Weeks)
	}
	near("revised, of the page", got.Revised.Net, 10.811170)
	near("the fall, of the page", got.Weeks[1].Change, -679.049471)
	near("the rise, of the page", got.Weeks[3].Change, 377.337028)
}

// TestReviseNothing: weeks that agree with the homes stay, and what cannot be revised is refused.
func TestReviseNothing(t *testing.T) {
	weeks := steps(t, 1000, 1000, 400, 400, 900, 900, 900, 900)
	first, _ := forecast.Revise(weeks, forecast.Moves{Month: "2026-03"})
	same, err := forecast.Revise(weeks, forecast.Moves{Month: "2026-03", Net: first.Nowcast.Net})
	if err != nil {
		t.Fatal(err)
	}
	for i, w := range same.Weeks {
		if math.Abs(w.Change-weeks[i].Change) > 1e-9 {
			t.Errorf("%s: %v became %v", w.Week, weeks[i].Change, w.Change)
		}
	}
	for what, try := range map[string]func() error{
		"a month before the weeks": func() error { _, err := forecast.Revise(weeks, forecast.Moves{Month: "2026-01"}); return err },
		"no month":                 func() error { _, err := forecast.Revise(weeks, forecast.Moves{Month: "March"}); return err },
		"no weeks":                 func() error { _, err := forecast.Revise(nil, forecast.Moves{Month: "2026-03"}); return err },
		"no number": func() error {
			_, err := forecast.Revise(weeks, forecast.Moves{Month: "2026-03", Net: math.NaN()})
			return err
		},
		"a week missing": func() error {
			_, err := forecast.Revise(append(append([]forecast.Change{}, weeks[:3]...), weeks[4:]...), forecast.Moves{Month: "2026-03"})
			return err
		},
	} {
		if try() == nil {
			t.Errorf("%s was taken", what)
		}
	}
}
