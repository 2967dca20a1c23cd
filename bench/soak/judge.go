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
		growth, margin := growthOf(v, day)
		verdict := verdictOf(growth, margin, limit)
		grows = grows || verdict == "growing" && line.name != "devices"
		fmt.Printf("%s: %+.1f %% (± %.1f) over the last %d minutes: %s (limit %.0f %%)\n", line.name, growth, margin, len(last), verdict, limit)
	}
	if grows {
		return fmt.Errorf("memory grows")
	}
	return nil
}

// growthOf fits a straight line by least squares and gives the growth from its first to its last point, and its margin of 95 %
// (Student's t), in percent of the mean. Nights and noons are not growth: of each minute of the day the line has a level of its own, which is the same as to take
// the mean of that minute off both sides first (Frisch and Waugh 1933).
func growthOf(v []float64, day int) (growth, margin float64) {
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
	span, free := float64(len(v)-1)/mean*100, float64(len(v)-day-1)
	return slope * span, student(free) * math.Sqrt(rest/free/xx) * span
}

// student is the 97.5 % quantile of Student's t with so many degrees of freedom, at least 4, to a hundredth (Abramowitz and Stegun 26.7.5).
func student(free float64) float64 {
	const x = 1.959964
	return x + (math.Pow(x, 3)+x)/4/free + (5*math.Pow(x, 5)+16*math.Pow(x, 3)+3*x)/96/free/free +
		(3*math.Pow(x, 7)+19*math.Pow(x, 5)+17*math.Pow(x, 3)-15*x)/384/math.Pow(free, 3)
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
func verdictOf(growth, margin, limit float64) string {
	switch {
	case growth+margin < limit:
		return "flat"
	case growth-margin > limit:
		return "growing"
	}
	return "undecided"
}
