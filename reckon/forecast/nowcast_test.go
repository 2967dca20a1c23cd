package forecast_test

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/throng-stats/throng/reckon/forecast"
)

// fortnight are the days from Monday 2026-02-02 on, with a margin of 20.
func fortnight(values ...float64) []forecast.Day {
	var days []forecast.Day
	for i, v := range values {
		days = append(days, forecast.Day{Date: time.Date(2026, 2, 2+i, 0, 0, 0, 0, time.UTC).Format(time.DateOnly), Value: v, NoiseSD: 20})
	}
	return days
}

// TestWeekly is the worked check of methods.md, section 21.
func TestWeekly(t *testing.T) {
	days := fortnight(100, 104, 98, 101, 99, 103, 102, 90, 88, 80, 85, 84, 82, 86)
	got, err := forecast.Weekly(days)
	if err != nil || len(got) != 1 {
		t.Fatalf("got %v, %v", got, err)
	}
	c := got[0]
	if c.Week != "2026-02-09" || c.Before != 101 || c.Mean != 85 || c.Change != -16 || math.Abs(c.NoiseSD-10.690450) > 1e-6 {
		t.Errorf("got %+v, want 101 to 85: -16, sd 10.690450", c)
	}
	slices.Reverse(days)
	if again, err := forecast.Weekly(days); err != nil || fmt.Sprint(again) != fmt.Sprint(got) {
		t.Errorf("in another order: %v, %v", again, err)
	}
}

// TestWeeklyNeedsWholeWeeks: a day that is missing takes its week, and the comparison of the next.
func TestWeeklyNeedsWholeWeeks(t *testing.T) {
	days := fortnight(make([]float64, 28)...)
	got, err := forecast.Weekly(slices.Delete(slices.Clone(days), 9, 10))
	if err != nil || len(got) != 1 || got[0].Week != "2026-02-23" {
		t.Errorf("without a day of the second week: %v, %v", got, err)
	}
	for _, bad := range [][]forecast.Day{{{Date: "yesterday"}}, {days[0], days[0]}, {{Date: "2026-02-02", NoiseSD: math.NaN()}}} {
		if _, err := forecast.Weekly(bad); err == nil {
			t.Errorf("%+v was taken", bad)
		}
	}
	if got, err := forecast.Weekly(nil); got != nil || err != nil {
		t.Errorf("of nothing: %v, %v", got, err)
	}
}
