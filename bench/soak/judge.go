package main

import (
	"fmt"
	"math"
)

// judge prints what became of the memory, and fails when it grows.
func judge(minutes []sample, limit float64) error {
	last := minutes[len(minutes)/3:]
	grows := false
	for _, line := range []struct {
		name string
		of   func(sample) float64
	}{{"resident memory", func(s sample) float64 { return s.resident }}, {"live heap", func(s sample) float64 { return s.heap }}, {"devices", func(s sample) float64 { return s.devices }}} {
		var v []float64
		for _, s := range last {
			v = append(v, line.of(s))
		}
		growth, twice := growthOf(v)
		verdict := verdictOf(growth, twice, limit)
		grows = grows || verdict == "growing" && line.name != "devices"
		fmt.Printf("%s: %+.1f %% (± %.1f) over the last %d minutes: %s (limit %.0f %%)\n", line.name, growth, twice, len(last), verdict, limit)
	}
	if grows {
		return fmt.Errorf("memory grows")
	}
	return nil
}

// growthOf fits a straight line by least squares and gives the growth from its first to its last point, and two standard errors of it,
// in percent of the mean.
func growthOf(v []float64) (growth, twice float64) {
	n := float64(len(v))
	var mx, my, xx, xy float64
	for i, y := range v {
		mx, my = mx+float64(i)/n, my+y/n
	}
	for i, y := range v {
		xx += (float64(i) - mx) * (float64(i) - mx)
		xy += (float64(i) - mx) * (y - my)
	}
	slope, rest := xy/xx, 0.
	for i, y := range v {
		d := y - my - slope*(float64(i)-mx)
		rest += d * d
	}
	span := (n - 1) / my * 100
	return slope * span, 2 * math.Sqrt(rest/(n-2)/xx) * span
}

// verdictOf is the named rule.
func verdictOf(growth, twice, limit float64) string {
	switch {
	case growth+twice < limit:
		return "flat"
	case growth-twice > limit:
		return "growing"
	}
	return "undecided"
}
