// Package tourism sets published journeys, nights and spending beside each other by country and month: the tourism balance.
//
// What a holder of tickets and bookings published stands beside what a mobile network published, each with its own margin. It is
// arithmetic on released numbers: nothing is counted, nothing is spent. Amounts are in units of one currency.
package tourism

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/throng-stats/throng/reckon/compare"
)

// Numbers are released numbers by country.
type Numbers map[string]compare.Number

// Input is what was published about a month. A nil map is a table that nobody published.
type Input struct {
	// Home is the country whose balance it is, among the keys of the maps where rows have it.
	Home string
	// Spending, Trips and Nights are what a holder of tickets or bookings published, by destination: money of its customers, how
	// many of them went, their nights.
	Spending, Trips, Nights Numbers
	// Classes is spending abroad by class of expenditure (IRTS 2008), where the holder's categories are these.
	Classes Numbers
	// Abroad and Guests are what a mobile network published, in people: journeys of residents by country visited, nights of
	// guests by country of their SIM.
	Abroad, Guests Numbers
}

// Line is a destination.
type Line struct {
	Country                 string
	Spending, Trips, Nights *compare.Number // nil where nobody published it
	Rank                    compare.Rank    // by spending, or by trips where there is none; abroad alone
	Share                   compare.Ratio   // of all spending, or trips, abroad
	PerTrip, PerNight       compare.Ratio   // spending of one
}

// Exchange is money that goes out to a country and comes in from it.
type Exchange struct {
	Country  string
	Journeys *compare.Number // of residents to it
	Outflow  *compare.Number // what they spend: journeys x mean spending per trip of the holder's customers to that country
	Nights   *compare.Number // of guests from it
	Inflow   *compare.Number // what they spend: nights x mean spending per night at home
	Balance  *compare.Number // inflow less outflow
}

// Class is a class of expenditure and its share of all spending abroad.
type Class struct {
	Code     string
	Spending compare.Number
	Share    compare.Ratio
}

// Result is the balance of a month.
type Result struct {
	Lines     []Line     // destinations abroad, the largest first; at home behind them, without rank and share
	Exchanges []Exchange // countries, the largest outflow first
	Total     Exchange   // of all countries; empty where no exchange is known
	Classes   []Class    // in the order of their size
	Assumed   []string   // what is taken for granted, for people
}

// Balance makes the tourism balance (docs/method/tourism-balance.md). Means are ratios with Fieller's interval; where the noise
// leaves no mean there is no flow of money either. It refuses an input without any destination.
func Balance(in Input) (Result, error) {
	main := in.Spending
	if main == nil {
		main = in.Trips
	}
	if len(main) == 0 {
		return Result{}, fmt.Errorf("tourism: nobody published spending or trips by destination; give a folder that has spending or bookings")
	}
	out := Result{Lines: in.lines(main), Classes: classes(in.Classes)}
	out.exchange(in)
	return out, nil
}

// lines ranks the destinations abroad and adds those at home.
func (in Input) lines(main Numbers) []Line {
	countries := slices.Sorted(maps.Keys(main))
	abroad := slices.DeleteFunc(slices.Clone(countries), func(c string) bool { return c == in.Home })
	var of []compare.Number
	for _, c := range abroad {
		of = append(of, main[c])
	}
	var lines []Line
	for _, s := range compare.Top(abroad, of) {
		line := in.line(s.Code)
		line.Rank, line.Share = s.Rank, s.Share
		lines = append(lines, line)
	}
	if _, ok := main[in.Home]; ok {
		line := in.line(in.Home)
		line.Share = compare.Over(compare.Number{}, compare.Number{})
		lines = append(lines, line)
	}
	return lines
}

func (in Input) line(country string) Line {
	l := Line{Country: country, Spending: in.Spending.at(country), Trips: in.Trips.at(country), Nights: in.Nights.at(country)}
	l.PerTrip, l.PerNight = over(l.Spending, l.Trips), over(l.Spending, l.Nights)
	return l
}

// at is the number of a country, or nil.
func (n Numbers) at(country string) *compare.Number {
	if one, ok := n[country]; ok {
		return &one
	}
	return nil
}

// over divides what is known; a ratio with Shown false stands for what is not.
func over(a, b *compare.Number) compare.Ratio {
	if a == nil || b == nil {
		return compare.Over(compare.Number{}, compare.Number{})
	}
	return compare.Over(*a, *b)
}

func classes(of Numbers) []Class {
	codes := slices.Sorted(maps.Keys(of))
	var numbers []compare.Number
	for _, c := range codes {
		numbers = append(numbers, of[c])
	}
	var out []Class
	for _, s := range compare.Top(codes, numbers) {
		out = append(out, Class{s.Code, s.Of, s.Share})
	}
	return out
}

// Times multiplies a number by a ratio whose noise is independent of it: sd^2 = x^2 sd_r^2 + r^2 sd_x^2 + sd_x^2 sd_r^2, exact for
// independent factors (Goodman 1960). Nil where the ratio is not reliable: below five standard deviations of its denominator the
// delta method says too little.
func Times(x *compare.Number, r compare.Ratio) *compare.Number {
	if x == nil || !r.Shown || !r.Reliable {
		return nil
	}
	return &compare.Number{Value: x.Value * r.Value, SD: math.Sqrt(x.Value*x.Value*r.SD*r.SD + r.Value*r.Value*x.SD*x.SD + x.SD*x.SD*r.SD*r.SD)}
}

// exchange sets outflow against inflow by country. The mean per night at home is one number for all countries, so the total
// inflow is the sum of the nights times the mean, not a sum of independent flows.
func (r *Result) exchange(in Input) {
	night := over(in.Spending.at(in.Home), in.Nights.at(in.Home))
	countries := map[string]bool{}
	for _, n := range []Numbers{in.Abroad, in.Guests} {
		for c := range n {
			countries[c] = c != in.Home
		}
	}
	var guests, journeys, out []compare.Number
	missing := false
	for _, c := range slices.Sorted(maps.Keys(countries)) {
		if !countries[c] {
			continue
		}
		e := Exchange{Country: c, Journeys: in.Abroad.at(c), Nights: in.Guests.at(c)}
		e.Outflow = Times(e.Journeys, over(in.Spending.at(c), in.Trips.at(c)))
		e.Inflow = Times(e.Nights, night)
		e.settle()
		r.Exchanges = append(r.Exchanges, e)
		if e.Nights != nil {
			guests = append(guests, *e.Nights)
		}
		if e.Journeys != nil {
			journeys = append(journeys, *e.Journeys)
			missing = missing || e.Outflow == nil
		}
		if e.Outflow != nil {
			out = append(out, *e.Outflow)
		}
	}
	slices.SortStableFunc(r.Exchanges, func(a, b Exchange) int { return cmp.Compare(size(b.Outflow), size(a.Outflow)) })
	r.total(guests, journeys, out, missing, night)
	r.assume(in, missing, night)
}

func size(n *compare.Number) float64 {
	if n == nil {
		return math.Inf(-1)
	}
	return n.Value
}

// settle takes the outflow off the inflow where both are known.
func (e *Exchange) settle() {
	if e.Inflow != nil && e.Outflow != nil {
		balance := compare.Minus(*e.Inflow, *e.Outflow)
		e.Balance = &balance
	}
}

func (r *Result) total(guests, journeys, out []compare.Number, missing bool, night compare.Ratio) {
	sum := func(list []compare.Number) *compare.Number {
		if len(list) == 0 {
			return nil
		}
		all := compare.Plus(list...)
		return &all
	}
	r.Total = Exchange{Journeys: sum(journeys), Outflow: sum(out), Nights: sum(guests)}
	if missing {
		r.Total.Outflow = nil // a sum with a part that is not known says too little
	}
	r.Total.Inflow = Times(r.Total.Nights, night)
	r.Total.settle()
}

// assume says what stands behind the flows of money.
func (r *Result) assume(in Input, missing bool, night compare.Ratio) {
	say := func(is bool, text string) {
		if is {
			r.Assumed = append(r.Assumed, text)
		}
	}
	say(r.hasFlow(func(e Exchange) *compare.Number { return e.Outflow }), "outflow: all residents who go to a country spend per journey what the holder's customers spend there per trip")
	say(r.hasFlow(func(e Exchange) *compare.Number { return e.Inflow }), "inflow: guests of every country spend per night what customers of the holder spend per night at home")
	say(missing, "outflow: of some countries the noise leaves no mean per trip, so the sum of all is not shown")
	say(in.Guests != nil && !(night.Shown && night.Reliable), "inflow: nobody published spending and nights at home, or too few of them, so there is none")
	say(in.Home == "", "no country is home: every destination counts as abroad")
}

func (r *Result) hasFlow(of func(Exchange) *compare.Number) bool {
	return slices.ContainsFunc(r.Exchanges, func(e Exchange) bool { return of(e) != nil })
}
