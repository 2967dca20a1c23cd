// Package forecast makes statements about weeks from released days: who has come and gone.
//
// It reads released numbers only, costs no privacy, and carries the exact noise of what it says.
package forecast

import (
	"fmt"
	"math"
	"time"
)

// Day is one released number: the nights of people of one origin in one zone, say, on a civil day.
type Day struct {
	Date    string  // 2026-02-03
	Value   float64 // people, signed
	NoiseSD float64
}

// Change is how a week differs from the week before: the nowcast of movers. A positive one is arrivals less departures.
type Change struct {
	Week    string  // Monday of the week, 2026-02-09
	Before  float64 // mean of the week before
	Mean    float64 // mean of the week
	MeanSD  float64 // its noise
	Change  float64 // Mean less Before
	NoiseSD float64 // of Change: sqrt(2/7) of a day's where all days have the same
}

// Weekly compares every whole week, Monday to Sunday, with the whole week before it (methods.md, section 21, movers nowcast).
// Days come in any order; a week with a day missing is left out, and so is the one after it. It refuses a day that is there
// twice or is none.
func Weekly(days []Day) ([]Change, error) {
	type week struct {
		sum, variance float64
		days          int
	}
	weeks, seen := map[string]*week{}, map[string]bool{}
	first, last := "", ""
	for _, d := range days {
		at, err := time.Parse(time.DateOnly, d.Date)
		if err != nil || seen[d.Date] || !(d.NoiseSD >= 0) || math.IsInf(d.NoiseSD, 1) || math.IsNaN(d.Value) {
			return nil, fmt.Errorf("forecast: got the day %.20q with %v and margin %v, twice or not a day; want each civil day once, with numbers", d.Date, d.Value, d.NoiseSD)
		}
		seen[d.Date] = true
		monday := at.AddDate(0, 0, -(int(at.Weekday())+6)%7).Format(time.DateOnly)
		w := weeks[monday]
		if w == nil {
			w = &week{}
			weeks[monday] = w
		}
		w.sum += d.Value
		w.variance += d.NoiseSD * d.NoiseSD
		w.days++
		if first == "" || monday < first {
			first = monday
		}
		last = max(last, monday)
	}
	var out []Change
	for at := first; at != "" && at < last; {
		day, _ := time.Parse(time.DateOnly, at) // made above
		next := day.AddDate(0, 0, 7).Format(time.DateOnly)
		if a, b := weeks[at], weeks[next]; a != nil && b != nil && a.days == 7 && b.days == 7 {
			out = append(out, Change{Week: next, Before: a.sum / 7, Mean: b.sum / 7, MeanSD: math.Sqrt(b.variance) / 7, Change: (b.sum - a.sum) / 7, NoiseSD: math.Sqrt(a.variance+b.variance) / 7})
		}
		at = next
	}
	return out, nil
}
