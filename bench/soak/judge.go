package main

import (
	"fmt"
	"math"
	"slices"
)

// judge prints what became of the memory, and fails when it grows. A day takes so many minutes; 1 where a minute holds days.
func judge(minutes []sample, day int, limit float64) error {
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
		growth, twice := growthOf(v, day)
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
// in percent of the mean. Nights and noons are not growth: of each minute of the day the line has a level of its own, which is the same as to take
// the mean of that minute off both sides first (Frisch and Waugh 1933).
func growthOf(v []float64, day int) (growth, twice float64) {
	x := make([]float64, len(v))
	mean := 0.
	for i, y := range v {
		x[i] = float64(i)
		mean += y / float64(len(v))
	}
	x, v = lessMeans(x, day), lessMeans(v, day)
	var xx, xy, rest float64
	for i := range v {
		xx, xy = xx+x[i]*x[i], xy+x[i]*v[i]
	}
	slope := xy / xx
	for i := range v {
		rest += (v[i] - slope*x[i]) * (v[i] - slope*x[i])
	}
	span := float64(len(v)-1) / mean * 100
	return slope * span, 2 * math.Sqrt(rest/float64(len(v)-day-1)/xx) * span
}

// lessMeans takes the mean of every n-th value off these values.
func lessMeans(v []float64, n int) []float64 {
	out := slices.Clone(v)
	for from := range n {
		mean, of := 0., 0.
		for i := from; i < len(v); i += n {
			mean, of = mean+v[i], of+1
		}
		for i := from; i < len(v); i += n {
			out[i] -= mean / of
		}
	}
	return out
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
