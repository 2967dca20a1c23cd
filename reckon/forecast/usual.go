package forecast

import (
	"fmt"
	"math"
)

// Value is a released number and its noise.
type Value struct {
	Value   float64
	NoiseSD float64
}

// Weeks are the same hour of the same weekday in past weeks, one value a week; a holiday is left out by the caller, or compared with
// Sundays.
type Weeks []Value

// Usual is what an hour of a weekday is usually like: the mean of past weeks, its noise, and how much weeks differ, noise included.
type Usual struct {
	Weeks   int
	Mean    float64
	NoiseSD float64 // of the mean
	Spread  float64 // sample standard deviation of weeks; NaN of one week
}

// Usual takes the mean of at least one week.
func (w Weeks) Usual() (Usual, error) {
	if len(w) == 0 {
		return Usual{}, fmt.Errorf("forecast: no past week is there to compare with; want at least one")
	}
	n := float64(len(w))
	u := Usual{Weeks: len(w)}
	for _, v := range w {
		if math.IsNaN(v.Value) || math.IsInf(v.Value, 0) || !(v.NoiseSD >= 0) || math.IsInf(v.NoiseSD, 1) {
			return Usual{}, fmt.Errorf("forecast: got %v with a margin of %v, want numbers", v.Value, v.NoiseSD)
		}
		u.Mean += v.Value / n
		u.NoiseSD += v.NoiseSD * v.NoiseSD
	}
	u.NoiseSD = math.Sqrt(u.NoiseSD) / n
	square := 0.0
	for _, v := range w {
		square += (v.Value - u.Mean) * (v.Value - u.Mean)
	}
	u.Spread = math.Sqrt(square / (n - 1)) // NaN of one week
	return u, nil
}

// Difference is how a value differs from what is usual.
type Difference struct {
	People  float64
	Percent float64 // NaN where the usual is not reliably above zero (5 times its noise)
	NoiseSD float64 // of People
}

// Compare says how an hour differs from the usual one.
func (u Usual) Compare(v Value) Difference {
	d := Difference{People: v.Value - u.Mean, Percent: math.NaN(), NoiseSD: math.Hypot(v.NoiseSD, u.NoiseSD)}
	if u.Mean > 5*u.NoiseSD {
		d.Percent = 100 * d.People / u.Mean
	}
	return d
}

// Interval is a forecast: its value and the 95 % interval of the next week's released value.
type Interval struct{ Value, Low, High float64 }

// Forecast carries the usual value forward. If weeks are independent draws of one normal law, the next one lies inside mean ± t
// spread sqrt(1 + 1/n) with 95 %, t the quantile of Student's law with n-1 degrees of freedom (Hahn and Meeker, Statistical
// Intervals, 1991, section 4.7). Growth and seasons are not in it. It needs two weeks.
func (u Usual) Forecast() (Interval, error) {
	if u.Weeks < 2 {
		return Interval{}, fmt.Errorf("forecast: an interval needs at least two past weeks, got %d", u.Weeks)
	}
	half := student(u.Weeks-1) * u.Spread * math.Sqrt(1+1/float64(u.Weeks))
	return Interval{u.Mean, u.Mean - half, u.Mean + half}, nil
}

// students are the quantiles .975 of Student's law with 1, 2, ... degrees of freedom.
var students = [...]float64{12.7062, 4.30265, 3.18245, 2.77645, 2.57058, 2.44691, 2.36462, 2.30600, 2.26216, 2.22814, 2.20099, 2.17881}

// student is that quantile; beyond the table by the expansion of Cornish and Fisher, right to four digits there.
func student(freedom int) float64 {
	if freedom <= len(students) {
		return students[freedom-1]
	}
	const z = 1.959964
	n := float64(freedom)
	return z + (z*z*z+z)/(4*n) + (5*math.Pow(z, 5)+16*z*z*z+3*z)/(96*n*n)
}

// Share is the share of one released number in another, such as customers in potential customers.
type Share struct {
	Share    float64
	NoiseSD  float64
	Reliable bool // the whole is more than five times its noise; else Share means nothing
}

// ShareOf divides a part by a whole: sd = s sqrt((sd_c/c)^2 + (sd_p/p)^2), by the delta method (methods.md, section 21).
func ShareOf(part, whole Value) Share {
	s := part.Value / whole.Value
	return Share{s, math.Hypot(part.NoiseSD/whole.Value, s*whole.NoiseSD/whole.Value), whole.Value > 5*whole.NoiseSD}
}
